//! Admission policies that keep the labels of namespaces, for the engines that enforce such policies.
use netobs_core::{
    guard::{Guard, GuardedLabel},
    render,
};

pub use self::{gatekeeper::gatekeeper, kyverno::kyverno, vap::vap};
use crate::writer::Yaml;

mod cel;
mod gatekeeper;
mod kyverno;
mod vap;

const NAME: &str = "netobs-namespace-labels";

/// What comes of an objection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is told, and the request is served.
    Audit,
    /// The request is refused.
    Enforce,
}

/// What stands at the head of the file: why each label is asked for, and who lacks it today.
fn head(guard: &Guard, mode: Mode, first: &str) -> Vec<String> {
    let mode = match mode {
        Mode::Audit => "It only tells what it would refuse; written with --enforce, it refuses.",
        Mode::Enforce => "It refuses.",
    };
    let mut lines = vec![first.to_owned(), mode.to_owned(), String::new()];
    lines.extend(guard.labels.iter().flat_map(render::guard::about));
    if !guard.refused.is_empty() {
        lines.push(String::new());
        lines.push("Namespaces that are there and would be refused if they were made today;".to_owned());
        lines.push("changes that leave the label as it is are not refused to them:".to_owned());
    }
    lines.extend(
        guard
            .refused
            .iter()
            .map(|one| format!("  {}", render::guard::refused(one))),
    );
    lines
}

fn exempt(guard: &Guard) -> Yaml {
    Yaml::Words(guard.exempt.iter().map(ToString::to_string).collect())
}

fn values(label: &GuardedLabel) -> Vec<String> {
    label.values.iter().map(|allowed| allowed.value.to_string()).collect()
}
