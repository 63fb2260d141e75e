//! The room as its clients meet it.
mod causes;
mod flows;
mod inventory;
mod listener;
pub(super) mod scene;
mod secure;
mod services;
mod slow;
mod web;
