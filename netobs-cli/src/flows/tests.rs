//! How flows are asked for and shown.

mod messages;
mod requests;
mod shapes;
