//! What leads out of the node is not taken for a pod's, though it is a veth as well.

use anyhow::{Result, ensure};
use netobs_tests::foreign::Direction;
use netobs_tests::netns::Netns;
use netobs_tests::node::{Node, UPLINK};
use netobs_tests::observer::{Observer, PATIENCE};
use netobs_tests::truth;
use std::thread;
use std::time::{Duration, Instant};

/// A node with one veth for each thing that CNIs and hosts do with their ends of veths.
struct Wired {
    node: Node,
    elsewhere: Netns,
}

impl Wired {
    fn new(names: &[&str], more: &str) -> Result<Self> {
        let wired = Self {
            node: Node::routed()?,
            elsewhere: Netns::create("elsewhere")?,
        };
        wired.add(names)?;
        wired.node.ip(more)?;
        Ok(wired)
    }

    fn add(&self, names: &[&str]) -> Result<()> {
        let veths = names.iter().map(|name| {
            let peer = format!("type veth peer name p-{name} netns {}", self.elsewhere.path());
            format!("link add {name} {peer}\nlink set {name} up\n")
        });
        self.node.ip(&veths.collect::<String>())
    }

    /// How many programs are at it, from it and to it.
    fn taps(&self, interface: &str) -> Result<(usize, usize)> {
        let at = |direction| truth::attached(&self.node, interface, direction);
        Ok((at(Direction::Ingress)?.len(), at(Direction::Egress)?.len()))
    }

    fn assert_watched(&self, interfaces: &[&str], are: bool) -> Result<()> {
        for interface in interfaces {
            assert_eq!(self.taps(interface)?, taps_where(are), "{interface}");
        }
        Ok(())
    }

    fn await_watched(&self, interface: &str, is: bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.taps(interface)? != taps_where(is) {
            let taps = self.taps(interface)?;
            ensure!(Instant::now() < deadline, "{interface} has {taps:?} taps");
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

const fn taps_where(is_watched: bool) -> (usize, usize) {
    if is_watched { (1, 1) } else { (0, 0) }
}

#[test]
fn veths_that_carry_a_default_route_or_an_address_of_a_network_lead_out() -> Result<()> {
    let uplinks = ["network4", "network6", "default4", "default6", "hop1", "hop2"];
    let pods = ["gateway", "route", "table", "unreach"];
    let wired = Wired::new(
        &[uplinks.as_slice(), &pods].concat(),
        "addr add 192.0.2.1/24 dev network4\n\
         addr add 2001:db8:1::1/64 dev network6 nodad\n\
         route add default dev default4 metric 1001\n\
         route add ::/0 via fe80::1 dev default6 metric 1001\n\
         route add default metric 1002 nexthop dev hop1 nexthop dev hop2\n\
         addr add 169.254.7.1/32 dev gateway\naddr add 2001:db8:7::1/128 dev gateway nodad\n\
         route add 198.51.100.7/32 dev route scope link\nroute add 2001:db8:8::7/128 dev route\n\
         route add default dev table table 100\n\
         route add unreachable default metric 1003\n",
    )?;
    let observer = Observer::start(&wired.node)?;
    wired.assert_watched(&[UPLINK], false)?;
    wired.assert_watched(&uplinks, false)?;
    wired.assert_watched(&pods, true)?;
    let observed = observer.stop()?;
    let told = format!("interface=\"{UPLINK}\"");
    let said = |line: &&str| line.contains("leads out of the node") && line.contains(&told);
    assert_eq!(observed.log.lines().filter(said).count(), 1, "{}", observed.log);
    Ok(())
}

#[test]
fn what_lies_beneath_an_interface_with_a_default_route_leads_out_and_other_ports_do_not() -> Result<()> {
    let (uplinks, pods) = (["beneath", "port"], ["podport", "podmac"]);
    let wired = Wired::new(
        &[uplinks.as_slice(), &pods].concat(),
        "link add link beneath name above type macvlan mode bridge\nlink set above up\n\
         route add default dev above metric 1001\n\
         link set port address 02:0b:00:00:00:07\n\
         link add out address 02:0b:00:00:00:07 type bridge\nlink set out up\n\
         link set port master out\nlink set podport master out\n\
         route add default dev out metric 1002\n\
         tuntap add dev card mode tap\n\
         link set podmac address 02:0b:00:00:00:08\n\
         link add lan address 02:0b:00:00:00:08 type bridge\nlink set lan up\n\
         link set card master lan\nlink set podmac master lan\n\
         route add default dev lan metric 1003\n",
    )?;
    let observer = Observer::start(&wired.node)?;
    wired.assert_watched(&uplinks, false)?;
    wired.assert_watched(&pods, true)?;
    let taps = || truth::attached(&wired.node, "podport", Direction::Ingress);
    let before = taps()?;
    wired.node.ip("link set podport nomaster\n")?;
    wired.add(&["next"])?;
    wired.await_watched("next", true)?;
    assert_eq!(taps()?, before, "a port that leaves its bridge is there as before");
    observer.stop().map(drop)
}

#[test]
fn an_uplink_that_is_configured_later_is_let_go_and_one_that_is_none_any_more_is_watched() -> Result<()> {
    let wired = Wired::new(&["late", "later", "latest"], "")?;
    let observer = Observer::start(&wired.node)?;
    wired.assert_watched(&["late", "later", "latest"], true)?;
    for (interface, change) in [
        ("late", "route {} default dev late metric 1001"),
        ("later", "addr {} 2001:db8:1::1/64 dev later nodad"),
        ("latest", "route {} ::/0 via fe80::1 dev latest metric 1001"),
    ] {
        for (verb, is_watched) in [("add", false), ("del", true), ("add", false)] {
            wired.node.ip(&change.replace("{}", verb))?;
            wired.await_watched(interface, is_watched)?;
        }
    }
    observer.stop().map(drop)
}

#[test]
fn an_uplink_that_is_asked_for_is_watched_all_the_same() -> Result<()> {
    let wired = Wired::new(&[], "")?;
    let observer = Observer::start_with(&wired.node, |command| {
        command.args(["--interface", UPLINK]);
    })?;
    wired.assert_watched(&[UPLINK], true)?;
    wired.node.ip("addr add 192.0.2.1/24 dev uplink\n")?;
    thread::sleep(Duration::from_millis(100));
    wired.assert_watched(&[UPLINK], true)?;
    observer.stop().map(drop)
}
