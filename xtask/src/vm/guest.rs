//! What happens inside the guest: its init script, and the line by which it tells the outcome.

pub(crate) const BUSYBOX: &str = "/bin/busybox";
pub(crate) const TOOLS: &str = "/tools";
pub(crate) const TESTS: &str = "/bin/kernels";
pub(crate) const AGENT: &str = "/bin/netobs-agent";

/// Begins the guest's last line; the tests' exit status follows.
const MARK: &str = "netobs-vm-status:";

/// Loaded at start because nothing asks for them by name later, or not from inside a namespace.
const MODULES: &str = "veth dummy bridge br_netfilter 8021q sch_ingress cls_bpf nf_tables nft_ct nft_reject_inet \
                       nft_reject_ipv4 nft_reject_ipv6 nft_chain_nat nft_fib_inet nf_conntrack nf_conntrack_netlink sctp tun";

/// The first process; it ends by resetting the machine, which ends qemu.
pub(crate) fn init(arguments: &[String]) -> String {
    let arguments: Vec<String> = arguments.iter().map(|argument| quoted(argument)).collect();
    let arguments = arguments.join(" ");
    format!(
        "#!{BUSYBOX} sh
{BUSYBOX} mkdir -p /bin /sbin /dev /proc /sys /tmp /run /root /etc
{BUSYBOX} --install -s /bin
export PATH={TOOLS}:/bin HOME=/root TMPDIR=/tmp NETOBS_AGENT={AGENT} RUST_BACKTRACE=1
ln -s /bin/modprobe /sbin/modprobe
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/shm /dev/pts /run/netns
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
echo /sbin/modprobe > /proc/sys/kernel/modprobe
ip link set lo up
modprobe -a {MODULES}
cd /tmp
{TESTS} {arguments}
echo \"{MARK} $?\"
reboot -f
"
    )
}

/// How the tests in the guest went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    NothingRan,
    Failed(i32),
}

/// What a line of the console says about that; what is said first counts.
pub(crate) fn outcome(line: &str) -> Option<Outcome> {
    let line = line.trim();
    if line.starts_with("test result: ok. 0 passed") {
        return Some(Outcome::NothingRan);
    }
    let status = line.strip_prefix(MARK)?.trim().parse().ok()?;
    Some(if status == 0 {
        Outcome::Passed
    } else {
        Outcome::Failed(status)
    })
}

fn quoted(argument: &str) -> String {
    format!("'{}'", argument.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_is_read_from_the_marked_line_only() {
        assert_eq!(outcome("netobs-vm-status: 0\r"), Some(Outcome::Passed));
        assert_eq!(outcome("netobs-vm-status: 101\r"), Some(Outcome::Failed(101)));
        assert_eq!(outcome("echo \"netobs-vm-status: $?\""), None);
        assert_eq!(outcome("test result: ok. 3 passed; 0 failed\r"), None);
    }

    #[test]
    fn a_run_in_which_no_test_ran_has_not_passed() {
        assert_eq!(
            outcome("test result: ok. 0 passed; 0 failed; 0 ignored\r"),
            Some(Outcome::NothingRan)
        );
    }

    #[test]
    fn arguments_reach_the_tests_as_they_are() {
        let arguments = ["it's".to_owned(), "--exact".to_owned()];
        assert!(init(&arguments).contains("/bin/kernels 'it'\\''s' '--exact'\n"));
    }
}
