//! What the table and the map can be narrowed to; the page's script makes it work, and shows it.
use std::collections::BTreeSet;

use super::Text;
use crate::inventory::{
    Shown,
    words::{self, SEEN_ONCE, each_verdict},
};

pub(super) fn form(shown: &Shown<'_>) -> String {
    let edges = &shown.listing.edges;
    let ends = edges.iter().flat_map(|edge| [&edge.key.source, &edge.key.destination]);
    let namespaces: BTreeSet<_> = ends
        .filter_map(|place| place.namespace())
        .map(|name| name.as_str())
        .collect();
    let marks: BTreeSet<_> = edges.iter().flat_map(words::marks).collect();
    let recognised = marks.iter().any(|mark| *mark != SEEN_ONCE);
    let verdicts: Vec<_> = each_verdict(netobs_core::inventory::Verdicts::default())
        .map(|(word, _)| word)
        .into_iter()
        .filter(|word| edges.iter().any(|edge| verdict_words(edge).contains(word)))
        .collect();
    let own = recognised.then_some(("own", "without what every cluster has"));
    let named = |word: &'static str| (word, word);
    format!(
        "<form id=\"filters\" role=\"search\" hidden>\n\
         <label>Find <input type=\"search\" id=\"q\" placeholder=\"name, port, cause …\" autocomplete=\"off\"></label>\n\
         {}{}{}\
         <button type=\"button\" id=\"at\" hidden></button>\n<button type=\"reset\">Show all</button>\n\
         <output id=\"count\" aria-live=\"polite\"></output>\n</form>\n",
        select("ns", "Namespace", namespaces.into_iter().map(|name| (name, name))),
        select("v", "Verdict", verdicts.into_iter().map(named)),
        select("m", "Kind", own.into_iter().chain(marks.into_iter().map(named))),
    )
}

/// Each that at least one connection met.
pub(super) fn verdict_words(edge: &netobs_core::inventory::Edge) -> Vec<&'static str> {
    let there = each_verdict(edge.verdicts).into_iter().filter(|(_, count)| *count > 0);
    let there: Vec<_> = there.map(|(word, _)| word).collect();
    if there.is_empty() { vec!["dropped"] } else { there }
}

fn select<'a>(id: &str, label: &str, options: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let options: String = options
        .map(|(value, shown)| format!("<option value=\"{}\">{}</option>", Text(value), Text(shown)))
        .collect();
    format!("<label>{label} <select id=\"{id}\"><option value=\"\">all</option>{options}</select></label>\n")
}
