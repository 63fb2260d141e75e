//! Completions for each shell.
use super::program::netobs;

#[test]
fn each_shell_is_told_of_all_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = netobs(&["completions", shell]);
        let script = ran.succeeded();
        for command in ["causes", "flows", "status", "explain", "audit", "namespace"] {
            assert!(script.contains(command), "{shell} lacks {command}");
        }
    }
}

#[test]
fn help_tells_of_exit_codes_and_gives_examples() {
    assert!(netobs(&["--help"]).succeeded().contains("3 an agent cannot be reached"));
    for command in ["causes", "flows", "status", "explain"] {
        assert!(
            netobs(&[command, "--help"]).succeeded().contains("Examples:"),
            "{command}"
        );
    }
}
