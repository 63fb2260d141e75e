//! Changes as commands to run.
use super::patch;
use crate::{
    explain::ObjectRef,
    suggest::{Change, Suggestion},
};

/// All of a suggestion's, in the order in which they are to be run.
pub fn commands(suggestion: &Suggestion) -> Vec<String> {
    suggestion.changes.iter().map(command).collect()
}

pub fn command(change: &Change) -> String {
    match change {
        Change::SetLabel {
            object,
            key,
            value,
            before,
        } => {
            let overwrite = if before.is_some() { " --overwrite" } else { "" };
            format!(
                "kubectl label {} {}{overwrite}",
                object_words(object),
                quoted(&format!("{key}={value}"))
            )
        }
        Change::RemoveLabel { object, key, .. } => {
            format!("kubectl label {} {}", object_words(object), quoted(&format!("{key}-")))
        }
        Change::AddRule { policy, .. } | Change::AddPort { policy, .. } => {
            let namespace = policy
                .namespace
                .as_ref()
                .map(|namespace| format!(" -n {}", quoted(namespace)));
            format!(
                "kubectl patch {}{} {} --type=json -p {}",
                policy.kind.to_ascii_lowercase(),
                namespace.unwrap_or_default(),
                quoted(&policy.name),
                quoted(&patch::of(change))
            )
        }
    }
}

fn object_words(object: &ObjectRef) -> String {
    match object {
        ObjectRef::Namespace(name) => format!("namespace {}", quoted(name)),
        ObjectRef::Pod { namespace, name } => format!("pod -n {} {}", quoted(namespace), quoted(name)),
    }
}

/// As a shell takes it for one word. Names from a cluster need none; a manifest may hold anything.
fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:@,+".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_set_replaced_and_taken_away() {
        let object = ObjectRef::Namespace("ops-utils".into());
        let set = |before: Option<&str>| {
            let before = before.map(Into::into);
            command(&Change::SetLabel {
                object: object.clone(),
                key: "env".into(),
                value: "prod".into(),
                before,
            })
        };
        assert_eq!(set(None), "kubectl label namespace ops-utils env=prod");
        assert_eq!(
            set(Some("test")),
            "kubectl label namespace ops-utils env=prod --overwrite"
        );
        let pod = ObjectRef::Pod {
            namespace: "ops".into(),
            name: "job-1".into(),
        };
        let remove = Change::RemoveLabel {
            object: pod,
            key: "legacy".into(),
            before: "x".into(),
        };
        assert_eq!(command(&remove), "kubectl label pod -n ops job-1 legacy-");
    }

    #[test]
    fn what_a_shell_would_run_is_quoted() {
        assert_eq!(quoted("a; rm -rf '/'"), r"'a; rm -rf '\''/'\'''");
        assert_eq!(quoted(""), "''");
    }
}
