//! Connections joined, judged and told.
mod end_of_time;
mod joining;
mod limits;
mod properties;
mod story;
mod telling;
mod verdicts;
