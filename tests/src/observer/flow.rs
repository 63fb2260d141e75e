//! A flow as the agent's JSON has it.

use crate::rules::Count;
use serde_json::Value;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// What was told last of a flow.
pub struct Flow(Value);

/// One end of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub ip: IpAddr,
    pub port: Option<u16>,
    /// The name of its pod's interface on the node.
    pub interface: Option<String>,
}

/// Drops of a flow, of one reason and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub reason: String,
    /// `sent` or `replied`: what of the flow was dropped.
    pub of: String,
    pub place: String,
    /// The inode of the namespace, if it is not the node's.
    pub namespace: Option<u64>,
    pub interface: Option<String>,
    pub interface_index: Option<u64>,
    pub arrived_by: Option<String>,
    pub count: Count,
}

impl Flow {
    pub(super) fn new(line: Value) -> Self {
        Self(line)
    }

    pub(super) fn id(&self) -> Option<u64> {
        self.0["id"].as_u64()
    }

    pub fn protocol(&self) -> &str {
        self.text("protocol")
    }

    pub fn source(&self) -> End {
        End::of(&self.0["source"])
    }

    pub fn destination(&self) -> End {
        End::of(&self.0["destination"])
    }

    /// `request`, `answer`, `ports` or `first_packet`.
    pub fn initiator_by(&self) -> &str {
        self.text("initiator_by")
    }

    pub fn verdict(&self) -> &str {
        self.text("verdict")
    }

    pub fn evidence(&self) -> &str {
        self.text("evidence")
    }

    pub fn sent(&self) -> Count {
        count(&self.0["sent"])
    }

    pub fn replied(&self) -> Count {
        count(&self.0["replied"])
    }

    /// Identifier, type and code of ICMP.
    pub fn icmp(&self) -> Option<[u64; 3]> {
        let icmp = &self.0["icmp"];
        Some([
            icmp["identifier"].as_u64()?,
            icmp["type"].as_u64()?,
            icmp["code"].as_u64()?,
        ])
    }

    /// Whether it is of fragments whose ports are not known.
    pub fn is_fragment(&self) -> bool {
        self.0["fragment"] == true
    }

    pub fn drops(&self) -> Vec<Dropped> {
        self.0["drops"]
            .as_array()
            .into_iter()
            .flatten()
            .map(Dropped::of)
            .collect()
    }

    fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl End {
    fn of(end: &Value) -> Self {
        let ip = end["ip"].as_str().and_then(|ip| ip.parse().ok());
        Self {
            ip: ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            port: end["port"].as_u64().and_then(|port| port.try_into().ok()),
            interface: name(&end["interface"]),
        }
    }
}

impl Dropped {
    fn of(drop: &Value) -> Self {
        let text = |field: &str| drop[field].as_str().unwrap_or_default().to_owned();
        Self {
            reason: text("reason"),
            of: text("of"),
            place: text("place"),
            namespace: drop["namespace"].as_u64(),
            interface: name(&drop["interface"]),
            interface_index: drop["interface"]["index"].as_u64(),
            arrived_by: name(&drop["arrived_by"]),
            count: count(drop),
        }
    }
}

fn name(interface: &Value) -> Option<String> {
    interface["name"].as_str().map(str::to_owned)
}

fn count(of: &Value) -> Count {
    Count {
        packets: of["packets"].as_u64().unwrap_or_default(),
        bytes: of["bytes"].as_u64().unwrap_or_default(),
    }
}
