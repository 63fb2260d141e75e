//! A right that a user lacks, with the commands that give it.

/// A verb over resources, such as list of pods and networkpolicies.networking.k8s.io.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Right<'a> {
    pub(crate) verb: &'a str,
    pub(crate) resources: &'a [&'a str],
    /// What the role is called that gives it.
    pub(crate) role: &'a str,
}

impl Right<'_> {
    /// For whoever the refusal names.
    pub(crate) fn commands(&self, refusal: &str) -> String {
        let Self { verb, resources, role } = self;
        format!(
            "`kubectl create clusterrole {role} --verb={verb} --resource={}` and `kubectl create clusterrolebinding {role} \
             --clusterrole={role} {}`, by somebody who may, give that right",
            resources.join(","),
            subject(refusal)
        )
    }
}

/// As `kubectl create clusterrolebinding` takes it.
fn subject(refusal: &str) -> String {
    let user = refusal
        .split_once("User \"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(user, _)| user);
    let Some(user) = user else {
        return "--user=USER".to_owned();
    };
    match user.strip_prefix("system:serviceaccount:") {
        Some(account) => format!("--serviceaccount={account}"),
        None => format!("--user={user}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_for_whoever_was_refused() {
        let right = Right {
            verb: "list",
            resources: &["pods", "networkpolicies.networking.k8s.io"],
            role: "netobs-read",
        };
        let commands = |refusal| right.commands(refusal);
        let alice = commands("pods is forbidden: User \"alice\" cannot list resource \"pods\"");
        assert!(
            alice.contains("--resource=pods,networkpolicies.networking.k8s.io`"),
            "{alice}"
        );
        assert!(alice.contains("--clusterrole=netobs-read --user=alice`"), "{alice}");
        let account = commands("User \"system:serviceaccount:ci:previewer\" cannot list resource");
        assert!(account.contains("--serviceaccount=ci:previewer`"), "{account}");
        assert!(commands("no").contains("--user=USER`"));
    }
}
