//! The room as its clients meet it.
