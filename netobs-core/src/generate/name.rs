//! Names for policies, each once.
use std::collections::BTreeSet;

use super::{Draft, Purpose};

/// As long as a name may be, less what a number adds to it.
const LONGEST: usize = 240;

pub(super) fn name(drafts: &mut [Draft]) {
    let mut taken = BTreeSet::new();
    for draft in drafts {
        let base = base(&draft.purpose);
        let numbered = (2_usize..).map(|number| format!("{base}-{number}"));
        let name = std::iter::once(base.clone())
            .chain(numbered)
            .find(|name| !taken.contains(name));
        let name = name.unwrap_or(base);
        draft.name = name.as_str().into();
        taken.insert(name);
    }
}

fn base(purpose: &Purpose) -> String {
    match purpose {
        Purpose::DefaultDeny => "default-deny".to_owned(),
        Purpose::Dns => "allow-dns".to_owned(),
        Purpose::SameNamespace => "allow-same-namespace".to_owned(),
        Purpose::Monitoring => "allow-monitoring".to_owned(),
        Purpose::Workloads { names, .. } => {
            let first = names.first().map_or("", |name| name.as_str());
            format!("allow-{}", as_name(first))
        }
    }
}

/// Owners of other kinds may be named as no policy may.
fn as_name(name: &str) -> String {
    let fits =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || ".-".contains(character);
    let name = name.to_ascii_lowercase();
    let name: String = name
        .chars()
        .map(|character| if fits(character) { character } else { '-' })
        .take(LONGEST)
        .collect();
    let name = name.trim_matches(['-', '.']);
    // Two dots, or a dot beside a dash, end a part of the name with nothing or with a dash.
    name.replace("..", "-").replace("-.", "-").replace(".-", "-")
}
