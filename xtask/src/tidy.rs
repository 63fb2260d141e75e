//! `tidy`: the rules of the house that the compiler does not hold, checked over the whole repository.

mod figures;
mod files;
mod finding;
mod imports;
mod manifests;
mod mask;
mod messages;
mod orphans;
mod tree;
mod walls;

use anyhow::{Result, bail};

use crate::run;
use finding::Finding;
use tree::Tree;

const CHECKS: [fn(&Tree) -> Vec<Finding>; 14] = [
    files::check_first_sentence,
    files::check_length,
    files::check_name,
    files::check_line_ends,
    files::check_ignored,
    orphans::check,
    walls::check_rooms,
    walls::check_spawns,
    walls::check_core,
    walls::check_unsafe,
    manifests::check_lints,
    manifests::check_core,
    figures::check,
    messages::check,
];

pub(crate) fn tidy() -> Result<()> {
    let tree = Tree::read(run::root())?;
    let findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(&tree)).collect();
    for finding in &findings {
        println!("{finding}");
    }
    println!("tidy: {}", figures::summary(&tree));
    if !findings.is_empty() {
        bail!("tidy found {} things to mend", findings.len());
    }
    Ok(())
}
