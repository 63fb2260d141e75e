//! Connections joined, judged and told.
