//! What this process may do, what each ability is needed for, and what to do where one is missing.
use std::fs;

const NEEDED: [(u32, &str, &str); 3] = [
    (39, "CAP_BPF", "to load the programs and their maps"),
    (12, "CAP_NET_ADMIN", "to attach the taps to the pods' interfaces"),
    (
        38,
        "CAP_PERFMON",
        "to have the programs verified without the detours of speculative execution, and to read kernel structures",
    ),
];
/// CAP_SYS_ADMIN includes CAP_BPF and CAP_PERFMON.
const SYS_ADMIN: u32 = 21;
const NET_ADMIN: u32 = 12;

const LOCKDOWN: &str = "/sys/kernel/security/lockdown";

/// What probably keeps the kernel from letting us, as the end of a sentence; empty where nothing is known to.
pub(crate) fn remedy() -> String {
    let missing = missing();
    if missing.is_empty() {
        locked_down(&fs::read_to_string(LOCKDOWN).unwrap_or_default())
    } else {
        missing
    }
}

fn locked_down(modes: &str) -> String {
    if !modes.contains("[confidentiality]") {
        return String::new();
    }
    "; this kernel is locked down for confidentiality, and lets no program read its memory: boot it with \
     lockdown=integrity to see drops"
        .to_owned()
}

/// A sentence on the capabilities that are missing, empty where none is.
fn missing() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let held = status
        .lines()
        .find_map(|line| u64::from_str_radix(line.strip_prefix("CapEff:")?.trim(), 16).ok());
    held.map_or_else(String::new, describe)
}

fn describe(held: u64) -> String {
    let has = |number: u32| held & (1 << number) != 0;
    let lacks = |number: u32| !has(number) && (number == NET_ADMIN || !has(SYS_ADMIN));
    let missing = NEEDED.iter().filter(|(number, ..)| lacks(*number));
    let named: Vec<_> = missing
        .map(|(_, name, purpose)| format!("{name} is missing ({purpose})"))
        .collect();
    if named.is_empty() {
        return String::new();
    }
    format!(
        "; {}: add it to the container's securityContext.capabilities, or run as root",
        named.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::{describe, locked_down};

    #[test]
    fn only_a_lockdown_for_confidentiality_is_in_the_way() {
        assert_eq!(locked_down("none [integrity] confidentiality"), "");
        assert_eq!(locked_down(""), "");
        assert!(locked_down("none integrity [confidentiality]").contains("lockdown=integrity"));
    }

    #[test]
    fn nothing_is_missing_when_all_three_are_held() {
        assert_eq!(describe(1 << 39 | 1 << 38 | 1 << 12), "");
        assert_eq!(describe(1 << 21 | 1 << 12), "");
    }

    #[test]
    fn each_missing_capability_is_named_with_its_purpose() {
        let said = describe(1 << 39 | 1 << 12);
        assert!(
            said.contains("CAP_PERFMON is missing") && said.contains("kernel structures"),
            "{said}"
        );
        assert!(!said.contains("CAP_BPF") && !said.contains("CAP_NET_ADMIN"), "{said}");
        assert!(describe(1 << 21).contains("CAP_NET_ADMIN"));
    }
}
