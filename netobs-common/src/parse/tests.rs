//! Packets built after the RFCs, and what the parser says of them.
mod build;
mod ethernet;
mod ipv4;
mod ipv6;
mod properties;
mod transport;
mod truncation;
