//! How the parser reads a packet, whatever holds it.

/// Bytes of a packet, from its link header on.
pub trait Bytes {
    /// The `N` bytes at `offset`, or `None` where the packet ends before them.
    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]>;
}

impl Bytes for [u8] {
    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        let end = offset.checked_add(N)?;
        self.get(offset..end)?.try_into().ok()
    }
}
