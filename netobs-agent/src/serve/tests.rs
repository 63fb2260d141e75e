//! The room as its clients meet it.
mod flows;
mod scene;
