//! Generated policies as a file that a person can read, change and apply.
use netobs_core::{
    generate::{Draft, DraftRule, Plan, Status},
    inventory::Listing,
    policy::Direction,
    render,
};

use crate::{
    network_policy::write,
    writer::{Item, document},
};

/// All of them, one document each, with comments on what each part rests on.
pub fn yaml(plan: &Plan, listing: &Listing) -> String {
    let mut text = String::new();
    let mut head = render::generate::head(plan, listing);
    for draft in &plan.drafts {
        if text.is_empty() {
            head.push(String::new());
        } else {
            text.push_str("---\n");
            head.clear();
        }
        head.extend(render::generate::purpose(draft));
        text += &policy(plan, draft, listing, &head);
    }
    if text.is_empty() {
        for line in head {
            text += format!("# {line}").trim_end();
            text.push('\n');
        }
    }
    text
}

fn policy(plan: &Plan, draft: &Draft, listing: &Listing, notes: &[String]) -> String {
    let rules = |direction| {
        let rules = draft.rules(direction)?;
        let alone = rules.iter().all(|one| one.status == Status::SeenOnce);
        Some(rules.iter().map(|one| item(one, alone, direction, listing)).collect())
    };
    let (ingress, egress) = (rules(Direction::Ingress), rules(Direction::Egress));
    let object = write::object(&draft.name, Some(&plan.namespace), &draft.subject, ingress, egress);
    document(notes, &object)
}

fn item(rule: &DraftRule, alone: bool, direction: Direction, listing: &Listing) -> Item {
    Item {
        notes: render::generate::rule(rule, alone, listing),
        value: write::rule(&rule.written(), direction).into(),
        is_comment: rule.status == Status::SeenOnce,
    }
}
