//! Traffic of real sockets, on both kinds of network and in both IP versions.

use anyhow::Result;
use netobs_tests::node::{Family, Node};
use netobs_tests::packet::Ends;
use netobs_tests::pod::Pod;
use netobs_tests::rules::{Count, Hook};
use netobs_tests::traffic::ping::ping;
use netobs_tests::traffic::stream::Stream;
use netobs_tests::traffic::tcp::{self, Answer, Connection, Towards};
use netobs_tests::traffic::udp;
use netobs_tests::truth::protocol_counters;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(300);

/// A node with two pods, and the IP version to be used between them.
struct Pair {
    node: Node,
    a: Pod,
    b: Pod,
    family: Family,
}

fn each_pair(test: impl Fn(&Pair) -> Result<()>) -> Result<()> {
    for start in [Node::routed, Node::bridged] {
        for family in Family::BOTH {
            let node = start()?;
            let (a, b) = (node.pod("a")?, node.pod("b")?);
            test(&Pair { node, a, b, family })?;
        }
    }
    Ok(())
}

impl Pair {
    /// Counts what is forwarded to `b` as `there`, what comes from it as `back`.
    fn count(&self, matches: &str) -> Result<()> {
        let (ip, b) = (self.family.nft(), self.b.address(self.family));
        self.node
            .count("there", Hook::Forward, &format!("{ip} daddr {b} {matches}"))?;
        self.node
            .count("back", Hook::Forward, &format!("{ip} saddr {b} {matches}"))
    }

    fn counted(&self) -> Result<(Count, Count)> {
        Ok((self.node.counted("there")?, self.node.counted("back")?))
    }

    /// Bytes of an IP packet around a UDP datagram or an ICMP echo.
    fn header_bytes(&self) -> u64 {
        match self.family {
            Family::V4 => 20 + 8,
            Family::V6 => 40 + 8,
        }
    }

    fn ends(&self) -> Ends {
        Ends {
            source: self.a.address(self.family),
            destination: self.b.address(self.family),
        }
    }
}

#[test]
fn tcp_between_pods_is_counted_as_its_sockets_say() -> Result<()> {
    each_pair(|pair| {
        pair.count("meta l4proto tcp")?;
        let told = tcp::exchange(
            &pair.a,
            &pair.b,
            pair.b.socket_address(pair.family, 80),
            100_000,
            300_000,
        )?;
        let (there, back) = pair.counted()?;
        let (client, server) = (told.client_counts, told.server_counts);
        assert_eq!(there.packets, u64::from(client.segments_out));
        assert_eq!(back.packets, u64::from(client.segments_in));
        assert_eq!(
            client.segments_in,
            server.segments_out + 1,
            "the SYN-ACK has no socket yet"
        );
        assert_eq!(
            (server.bytes_received, client.bytes_received),
            (100_001, 300_001),
            "a FIN counts as a byte"
        );
        assert!(there.bytes > 100_000 && back.bytes > 300_000);
        assert_eq!(told.client.ip(), pair.a.address(pair.family));
        Ok(())
    })
}

#[test]
fn a_connection_held_open_says_what_was_sent_so_far() -> Result<()> {
    each_pair(|pair| {
        let connection = Connection::open(&pair.a, &pair.b, pair.b.socket_address(pair.family, 81))?;
        connection.send(Towards::Server, 10_000)?;
        pair.count("meta l4proto tcp")?;
        let before = connection.counts()?.client_counts;
        connection.send(Towards::Client, 50_000)?;
        let told = connection.reset()?;
        let (there, back) = pair.counted()?;
        let client = told.client_counts;
        assert_eq!(back.packets, u64::from(client.segments_in - before.segments_in));
        assert_eq!(
            there.packets,
            u64::from(client.segments_out - before.segments_out) + 1,
            "and the RST"
        );
        assert_eq!(told.server_counts.bytes_received, 10_000);
        Ok(())
    })
}

#[test]
fn with_offloads_one_counted_packet_is_many_segments() -> Result<()> {
    use netobs_tests::node::{Network, Offloads};
    let node = Node::start(Network::Routed, Offloads::On)?;
    let pair = Pair {
        a: node.pod("a")?,
        b: node.pod("b")?,
        node,
        family: Family::V4,
    };
    pair.count("meta l4proto tcp")?;
    let to = pair.b.socket_address(pair.family, 80);
    let segments = tcp::exchange(&pair.a, &pair.b, to, 1_000_000, 1)?
        .client_counts
        .segments_out;
    let (there, _) = pair.counted()?;
    assert!(there.packets * 2 < u64::from(segments), "{there:?} {segments}");
    assert!(there.bytes > 1_000_000);
    Ok(())
}

#[test]
fn udp_is_counted_as_sent_and_received() -> Result<()> {
    each_pair(|pair| {
        pair.count("udp dport 53")?;
        let to = pair.b.socket_address(pair.family, 53);
        let receiver = udp::Receiver::bind(&pair.b, to)?;
        let sent = udp::Sender::unconnected(&pair.a, to)?.send(100, 512)?;
        let received = receiver.receive(sent.packets)?;
        assert_eq!((received.packets, received.bytes), (sent.packets, sent.bytes));
        let bytes = sent.bytes + sent.packets * pair.header_bytes();
        assert_eq!(pair.counted()?.0, Count { packets: 100, bytes });
        Ok(())
    })
}

#[test]
fn a_segmented_buffer_arrives_as_the_datagrams_it_is() -> Result<()> {
    each_pair(|pair| {
        pair.count("udp dport 4433")?;
        let to = pair.b.socket_address(pair.family, 4433);
        let receiver = udp::Receiver::bind(&pair.b, to)?;
        let sent = udp::Sender::connected(&pair.a, to)?.send_segmented(12_500, 1000)?;
        assert_eq!((sent.packets, sent.bytes), (13, 12_500));
        let received = receiver.receive(sent.packets)?;
        assert_eq!((received.packets, received.bytes), (sent.packets, sent.bytes));
        assert_eq!(pair.counted()?.0.packets, 13);
        Ok(())
    })
}

#[test]
fn a_full_socket_drops_the_rest_and_says_so() -> Result<()> {
    each_pair(|pair| {
        let to = pair.b.socket_address(pair.family, 514);
        let receiver = udp::Receiver::with_small_buffer(&pair.b, to)?;
        let sent = udp::Sender::connected(&pair.a, to)?.send(200, 1000)?;
        let received = receiver.drain(SOON)?.packets;
        assert!(received > 0 && received < sent.packets, "{received}");
        assert_eq!(u64::from(receiver.dropped()?), sent.packets - received);
        let name = if pair.family == Family::V4 {
            "Udp.RcvbufErrors"
        } else {
            "Udp6RcvbufErrors"
        };
        assert_eq!(protocol_counters(&pair.b)?[name], sent.packets - received);
        Ok(())
    })
}

#[test]
fn a_closed_port_refuses_tcp_with_one_syn_sent() -> Result<()> {
    each_pair(|pair| {
        pair.count("tcp flags syn")?;
        let attempt = tcp::attempt(&pair.a, pair.b.socket_address(pair.family, 9), SOON)?;
        assert_eq!((attempt.answer, attempt.syns), (Answer::Refused, 1));
        assert_eq!(pair.counted()?.0.packets, 1);
        Ok(())
    })
}

#[test]
fn every_echo_request_has_its_reply() -> Result<()> {
    each_pair(|pair| {
        pair.count("meta l4proto { icmp, icmpv6 } @th,0,8 { 0, 8, 128, 129 }")?;
        let pinged = ping(&pair.a, pair.ends(), 4711, 20, 56, SOON)?;
        assert_eq!((pinged.requests, pinged.replies), (20, 20));
        let (there, back) = pair.counted()?;
        assert_eq!(
            there,
            Count {
                packets: 20,
                bytes: 20 * (56 + pair.header_bytes())
            }
        );
        assert_eq!(back, there);
        Ok(())
    })
}

#[test]
fn a_pod_reaches_the_outside_and_the_outside_a_pod() -> Result<()> {
    each_pair(|pair| {
        let (outside, out) = (pair.node.outside(), pair.node.outside_addresses().of(pair.family));
        pair.node
            .count("uplink", Hook::Forward, "meta l4proto tcp oifname uplink")?;
        let there = tcp::exchange(&pair.a, outside, (out, 443).into(), 1000, 1000)?;
        let back = tcp::exchange(outside, &pair.b, pair.b.socket_address(pair.family, 443), 1000, 1000)?;
        let left = there.client_counts.segments_out + back.client_counts.segments_in;
        assert_eq!(pair.node.counted("uplink")?.packets, u64::from(left));
        Ok(())
    })
}

#[test]
fn the_node_itself_reaches_a_pod_and_a_pod_the_node() -> Result<()> {
    each_pair(|pair| {
        pair.node.count("probe", Hook::Output, "tcp dport 8080")?;
        pair.node.count("asked", Hook::Input, "tcp dport 10250")?;
        let probe = tcp::exchange(&pair.node, &pair.a, pair.a.socket_address(pair.family, 8080), 100, 100)?;
        assert_eq!(
            pair.node.counted("probe")?.packets,
            u64::from(probe.client_counts.segments_out)
        );
        let kubelet = (pair.node.addresses().of(pair.family), 10_250).into();
        let asked = tcp::exchange(&pair.a, &pair.node, kubelet, 100, 100)?;
        assert_eq!(
            pair.node.counted("asked")?.packets,
            u64::from(asked.client_counts.segments_out)
        );
        Ok(())
    })
}

#[test]
fn an_undisturbed_stream_loses_nothing() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let stream = Stream::start(&a, &b, b.socket_address(Family::V4, 5000), 2000)?;
    std::thread::sleep(Duration::from_secs(1));
    let streamed = stream.stop()?;
    assert!(streamed.sent > 500, "{streamed:?}");
    assert_eq!((streamed.lost(), streamed.out_of_order), (0, 0), "{streamed:?}");
    assert!(streamed.largest_gap > Duration::from_micros(100), "{streamed:?}");
    Ok(())
}
