//! What the agent may say at WARN and above: that of which docs/troubleshooting.md tells the cause and the remedy.

const PAGE: &str = include_str!("../../../docs/troubleshooting.md");
/// Stands for what differs from case to case.
const VARIES: char = '…';

/// Whether a line of the log needs an explanation and has none.
pub(super) fn is_unexplained(line: &str) -> bool {
    told(line).is_some_and(|message| !messages().any(|known| fits(message, known)))
}

/// What a line of the log at WARN or ERROR says.
fn told(line: &str) -> Option<&str> {
    let (time, rest) = line.split_once('Z')?;
    let is_time = time.len() > 18 && time.chars().all(|c| c.is_ascii_digit() || "-T:.".contains(c));
    let rest = rest.trim_start();
    let message = rest.strip_prefix("WARN ").or_else(|| rest.strip_prefix("ERROR "))?;
    is_time.then_some(message)
}

fn messages() -> impl Iterator<Item = &'static str> {
    PAGE.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .map(|(message, _)| message)
}

/// Whether the parts of the message that never differ are there, in their order.
fn fits(said: &str, known: &str) -> bool {
    let mut rest = said;
    known.split(VARIES).all(|part| match rest.find(part) {
        Some(at) => {
            rest = rest.get(at + part.len()..).unwrap_or_default();
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::is_unexplained;

    #[test]
    fn only_warnings_and_errors_that_the_page_does_not_have_are_unexplained() {
        let at = "2026-11-28T04:51:04.160531Z";
        assert!(is_unexplained(&format!("{at}  WARN something odd")));
        assert!(is_unexplained(&format!("{at} ERROR something odd")));
        assert!(!is_unexplained(&format!("{at}  INFO something odd")));
        assert!(!is_unexplained("what a panic says, or another program"));
        assert!(!is_unexplained(&format!(
            "{at} ERROR the address 127.0.0.1:4250 is taken: another agent or program listens there"
        )));
    }
}
