//! Packets as bytes, and what the parser says of them.
