//! Drops by programs of somebody else, in front of our taps and behind them.

use super::scene::Scene;
use super::truth::{PACKETS, assert_dropped, host, spray, spray_with, while_traced};
use anyhow::Result;
use netobs_tests::ability::may_skip;
use netobs_tests::foreign::{Cgroup, Chain, Direction, Fate, Matching, TcProgram};
use netobs_tests::node::Family;
use netobs_tests::observer::Observer;
use netobs_tests::pod::Pod;
use netobs_tests::traffic::udp;

/// A foreign program that drops what goes to a port.
struct Case {
    chain: Chain,
    direction: Direction,
    port: u16,
}

impl Case {
    fn all() -> Vec<Self> {
        let tcx = [Chain::TcxFirst, Chain::TcxLast]
            .into_iter()
            .filter(|_| !may_skip("tcx"));
        let chains = tcx.chain([Chain::Clsact { priority: 7 }]);
        let both = chains.flat_map(|chain| [(chain, Direction::Ingress), (chain, Direction::Egress)]);
        let numbered = both.zip(6001..);
        numbered
            .map(|((chain, direction), port)| Self { chain, direction, port })
            .collect()
    }

    /// The program stands where a's packets come into the node, or where they leave it to b.
    fn pod<'a>(&self, scene: &'a Scene) -> &'a Pod {
        match self.direction {
            Direction::Ingress => &scene.a,
            Direction::Egress => &scene.b,
        }
    }

    fn attach(&self, scene: &Scene) -> Result<TcProgram> {
        let interface = self.pod(scene).host_interface();
        let matching = Matching::DestinationPort(self.port);
        TcProgram::attach(&scene.node, interface, self.direction, self.chain, matching, Fate::Drop)
    }

    const fn reason(&self) -> &'static str {
        match self.direction {
            Direction::Ingress => "TC_INGRESS",
            Direction::Egress => "TC_EGRESS",
        }
    }

    /// Whether our tap at the same place came first.
    fn is_behind_us(&self) -> bool {
        self.chain != Chain::TcxFirst
    }
}

#[test]
fn drops_of_foreign_tc_programs_are_told_in_front_of_us_and_behind() -> Result<()> {
    let scene = Scene::routed()?;
    let observer = Observer::start(&scene.node)?;
    let cases = Case::all();
    let programs = cases
        .iter()
        .map(|case| case.attach(&scene))
        .collect::<Result<Vec<_>>>()?;
    let ((), traced) = while_traced(|| {
        let sprays = cases
            .iter()
            .flat_map(|case| Family::BOTH.map(|family| scene.b.socket_address(family, case.port)));
        sprays.into_iter().try_for_each(|to| spray(&scene.a, to))
    })?;
    let observed = observer.stop()?;
    for (case, program) in cases.iter().zip(&programs) {
        let what = format!("{:?} {:?}", case.chain, case.direction);
        assert_eq!(program.matched()?, 2 * PACKETS, "{what}");
        assert!(program.is_attached()?, "{what}");
        for family in Family::BOTH {
            let flow = observed.of_port("udp", scene.b.address(family), case.port)?;
            let drop = assert_dropped(flow, case.reason(), &traced);
            assert_eq!(
                (drop.place.as_str(), drop.interface),
                ("node", host(case.pod(&scene))),
                "{what}"
            );
            assert_eq!(drop.arrived_by, host(&scene.a), "{what}");
            let seen_at_a = case.direction == Direction::Egress || case.is_behind_us();
            assert_eq!(
                flow.sent().packets,
                if seen_at_a { PACKETS } else { 0 },
                "{what} {flow:?}"
            );
            let seen_at_b = case.direction == Direction::Egress && case.is_behind_us();
            assert_eq!(
                flow.destination().interface,
                seen_at_b.then(|| host(&scene.b)).flatten(),
                "{what}"
            );
        }
    }
    Ok(())
}

#[test]
fn drops_of_a_cgroups_program_are_told_inside_of_the_pod() -> Result<()> {
    let scene = Scene::routed()?;
    let observer = Observer::start(&scene.node)?;
    let cgroup = Cgroup::with_egress_program(Fate::Drop)?;
    let ((), traced) = while_traced(|| {
        Family::BOTH.into_iter().try_for_each(|family| {
            let to = scene.b.socket_address(family, 3000);
            let member = cgroup.run(|| udp::Sender::unconnected(&scene.a, to))?;
            spray_with(&member);
            Ok(())
        })
    })?;
    let observed = observer.stop()?;
    assert_eq!(cgroup.matched()?, 2 * PACKETS);
    for family in Family::BOTH {
        let flow = observed.of_port("udp", scene.b.address(family), 3000)?;
        let drop = assert_dropped(flow, "BPF_CGROUP_EGRESS", &traced);
        assert_eq!(
            (drop.place.as_str(), drop.namespace),
            ("inside", Some(scene.a.inode()?))
        );
        assert_eq!(drop.interface_index, Some(scene.a.ifindex().into()));
        assert_eq!(flow.source().ip, scene.a.address(family));
        assert_eq!(flow.sent().packets, 0, "none left the pod");
    }
    Ok(())
}
