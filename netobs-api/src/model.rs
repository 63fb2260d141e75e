//! From the contract's types to netobs' own, with an answer to whoever asks for what there is not.
pub use self::{
    bad::BadFilter,
    cause::cause_filter,
    explain::{EndRef, ExplainQuestion, explain_question},
    flow::filter,
    gathering::Gathering,
    inventory::{InventoryReader, inventory_filter},
};

mod bad;
mod cause;
mod end;
mod explain;
mod flow;
mod gathering;
mod inventory;
mod place;
#[cfg(test)]
mod tests;
mod value;
mod values;
