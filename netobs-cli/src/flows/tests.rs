//! How flows are asked for and shown.
