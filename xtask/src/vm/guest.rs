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

/// The tests' exit status, if this is the guest's last line.
pub(crate) fn status(line: &str) -> Option<i32> {
    line.trim().strip_prefix(MARK)?.trim().parse().ok()
}

fn quoted(argument: &str) -> String {
    format!("'{}'", argument.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_is_read_from_the_marked_line_only() {
        assert_eq!(status("netobs-vm-status: 0\r"), Some(0));
        assert_eq!(status("netobs-vm-status: 101\r"), Some(101));
        assert_eq!(status("echo \"netobs-vm-status: $?\""), None);
        assert_eq!(status("test result: ok"), None);
    }

    #[test]
    fn arguments_reach_the_tests_as_they_are() {
        let arguments = ["it's".to_owned(), "--exact".to_owned()];
        assert!(init(&arguments).contains("/bin/kernels 'it'\\''s' '--exact'\n"));
    }
}
