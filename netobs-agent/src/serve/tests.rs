//! The room as its clients meet it.
mod causes;
mod flows;
mod gone;
mod inventory;
mod listener;
pub(super) mod scene;
mod secure;
mod services;
mod sides;
mod slow;
mod web;
