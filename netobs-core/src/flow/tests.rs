//! Connections joined, judged and told.
mod joining;
mod limits;
mod properties;
mod story;
mod telling;
mod verdicts;
