//! An inventory may say anything: names that would be markup, scripts or commands are names.
use std::process::Command;

use serde_json::json;

use super::{
    drawn::{Folder, text},
    inventory::{edge, file, with, workload},
};

/// Each would leave an attribute on the page, if it ran.
const NAMES: [&str; 6] = [
    "<img src=x onerror=document.documentElement.dataset.owned=1>",
    "</script><script>document.documentElement.dataset.owned=1</script>",
    "\" onmouseover=\"document.documentElement.dataset.owned=1\" autofocus onfocus=\"document.documentElement.dataset.owned=1",
    "<svg/onload=document.documentElement.dataset.owned=1>",
    "</style><style>body{display:none}</style>",
    "\\\" -> e0 \\N\n}<b>&quot;{{7*7}}`",
];

fn inventory() -> String {
    file(NAMES.iter().enumerate().map(|(index, name)| {
        let next = NAMES[(index + 1) % NAMES.len()];
        let cause = json!({"id": "1", "kind": "CAUSE_KIND_LABEL", "headline": name});
        let service = json!({"namespace": name, "name": next});
        let edge = edge(&workload(name, name), &workload(next, next), 80, "dropped");
        with(with(edge, "cause", cause), "service", service)
    }))
}

#[test]
fn no_name_runs_as_a_script_or_becomes_markup() {
    let folder = Folder::new("names");
    let page = folder.draw(&inventory(), "html");
    for hash in [
        "",
        "#at=e0",
        "#at=a1",
        "#q=%3Cimg%20src=x%20onerror=alert(1)%3E&at=%22%5D&ns=%3Csvg%3E",
    ] {
        let dom = folder.open(&page, hash);
        assert!(dom.contains(" edges<"), "the page's own script did not run");
        assert!(!dom.contains("data-owned"), "{hash}");
        assert!(!dom.contains("<img") && !dom.contains("<svg/"), "{hash}");
        let (scripts, styles) = (dom.matches("<script").count(), dom.matches("<style").count());
        assert_eq!((scripts, styles), (1, 1), "{hash}");
        assert_eq!(dom.matches("<tr class=").count(), NAMES.len(), "{hash}");
    }
}

#[test]
fn graphviz_draws_names_as_they_are() {
    let folder = Folder::new("dot-names");
    let dot = folder.draw(&inventory(), "dot");
    let svg = text(&Command::new("dot").arg("-Tsvg").arg(dot).output().unwrap());
    assert_eq!(svg.matches("class=\"edge\"").count(), NAMES.len());
    assert_eq!(svg.matches("class=\"node\"").count(), NAMES.len());
}
