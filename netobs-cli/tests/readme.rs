//! What the README shows is what the program says.
use std::{fs, process::Command};

#[test]
fn the_readme_shows_what_explain_says_of_the_example() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let shown = fs::read_to_string(format!("{root}/README.md")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_netobs"))
        .current_dir(root)
        .args(["explain", "-f", "examples/missing-label.yaml"])
        .args(["--from", "ops-utils/backup", "--to", "prod-a/api", "--port", "8080/tcp"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(shown.contains(&said), "the README shows something else than:\n{said}");
}
