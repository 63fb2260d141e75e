//! Which way a packet passes a pod's interface.

/// From the pod: what the host's end of the veth receives.
pub const FROM_POD: u32 = 0;
/// To the pod: what the host's end of the veth sends.
pub const TO_POD: u32 = 1;
