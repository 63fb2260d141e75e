//! How causes of several agents are joined and shown.

mod joining;
mod messages;
mod shapes;
mod watching;
