//! What the story says.

use crate::demo::client::Calls;
use crate::demo::role::Role;
use crate::demo::scenario::Scenario;
use crate::demo::stage::Stage;
use std::env;

/// What somebody does to a label they know nothing of.
pub(super) const TIDY: &str = "kubectl label namespace ops-utils env-";

pub(super) const NOTHING_TO_MEND: &str =
    "No label mends this: whoever enforces policies on this node (the CNI) has to. Here, nobody does.";

/// Who plays, and what the policies are.
pub(super) fn cast(scenario: Scenario) -> String {
    let ops = match scenario {
        Scenario::MissingLabel | Scenario::NotEnforced => "no label env",
        Scenario::Drift | Scenario::NoDns => "env=prod",
        Scenario::Typo => "enviroment=prod",
        Scenario::Annotation => "env=prod, an annotation",
    };
    let mut text = format!(
        "A node on this machine: its pods, packets, rules and eBPF programs are real; its API server is a double.\n\n\
         \x20 namespace prod-a       env=prod                  api, which serves HTTP on 8080\n\
         \x20 namespace prod-b       env=prod                  web, which calls api\n\
         \x20 namespace ops-utils    {ops:<25} backup, which calls api, too\n\
         \x20 namespace kube-system                            coredns, which they ask for api's address\n\n\
         \x20 NetworkPolicy prod-a/default-deny                admits nobody to prod-a\n\
         \x20 NetworkPolicy prod-a/allow-prod                  admits namespaces with env=prod on 8080/TCP\n"
    );
    if scenario == Scenario::NoDns {
        text += "\x20 NetworkPolicy prod-b/default-deny                lets nothing out of prod-b\n\
                 \x20 NetworkPolicy prod-b/allow-api                   lets it call namespaces with env=prod on 8080/TCP\n";
    }
    if scenario == Scenario::NotEnforced {
        text += "\nThe API server has accepted these policies. Nobody enforces them.\n";
    }
    text
}

/// What became of the calls of both clients.
pub(super) fn traffic(when: &str, [web, backup]: [Calls; 2]) -> String {
    let line = |role: Role, calls: Calls| {
        let who = format!("{}/{}", role.namespace(), role.deployment());
        format!("  {who:<17} {}\n", outcome(calls))
    };
    format!("{when}:\n\n{}{}", line(Role::Web, web), line(Role::Backup, backup))
}

/// Commands for another terminal.
pub(super) fn to_try(stage: &Stage) -> String {
    let own = env::current_dir().unwrap_or_default();
    let cli = stage.netobs(&[]).get_program().to_owned();
    let cli = std::path::Path::new(&cli);
    let cli = cli.strip_prefix(&own).unwrap_or(cli).display().to_string();
    let server = format!("--server unix://{}", stage.socket().display());
    let commands = [
        "causes --follow",
        "flows --follow",
        "flows --verdict dropped -o wide",
        "explain --from ops-utils/BACKUP --to prod-a/API --port 8080/tcp",
        "status",
    ];
    let named = |command: &str| {
        command
            .replace("BACKUP", &Role::Backup.pod())
            .replace("API", &Role::Api.pod())
    };
    let lines = commands.map(|command| format!("  {cli} {server} {}\n", named(command)));
    format!(
        "Everything stays as it is until Ctrl-C. In another terminal, as root:\n\n{}",
        lines.concat()
    )
}

fn outcome(calls: Calls) -> String {
    let mut parts = vec![format!("{} calls", calls.made())];
    for (count, what) in [
        (calls.answered, "answered"),
        (calls.silent, "without an answer"),
        (calls.nameless, "failed, for the name of api could not be resolved"),
    ] {
        if count == calls.made() && count > 0 {
            parts.push(format!("all {what}"));
        } else if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_names_what_happened_and_nothing_else() {
        let calls = |answered, nameless, silent| {
            outcome(Calls {
                answered,
                nameless,
                silent,
            })
        };
        assert_eq!(calls(7, 0, 0), "7 calls, all answered");
        assert_eq!(calls(5, 0, 2), "7 calls, 5 answered, 2 without an answer");
        assert_eq!(
            calls(0, 3, 0),
            "3 calls, all failed, for the name of api could not be resolved"
        );
        assert_eq!(calls(0, 0, 0), "0 calls");
    }
}
