//! Which way a packet passes a pod's interface.

/// From the pod: what the host's end of the veth receives.
pub const FROM_POD: usize = 0;
/// To the pod: what the host's end of the veth sends.
pub const TO_POD: usize = 1;
