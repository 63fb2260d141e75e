//! The page in a real browser: its script runs, and what is asked for in the address is what is shown.
use std::process::Command;

use super::{
    drawn::{Folder, text},
    inventory::{edge, file, shop, workload},
};

/// Rows that are shown, and arrows that are drawn.
fn seen(dom: &str) -> (usize, usize) {
    let count = |start: &str, off: &str| tags(dom, start).filter(|tag| !tag.contains(off)).count();
    (count("<tr class=", "hidden"), count("<g class=\"arrow", " off"))
}

/// Arrows and ends that stand out.
fn hot(dom: &str) -> (usize, usize) {
    let count = |start: &str| tags(dom, start).filter(|tag| tag.contains(" hot")).count();
    (count("<g class=\"arrow"), count("<a class=\"end "))
}

fn tags<'a>(dom: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    dom.match_indices(start)
        .map(|(at, _)| dom[at..].split_once('>').unwrap().0)
}

#[test]
fn rows_and_arrows_are_those_that_the_address_asks_for() {
    let folder = Folder::new("filter");
    let page = folder.draw(&shop(), "html");
    for (hash, shown, count) in [
        ("", (4, 4), ">4 edges<"),
        ("#v=dropped", (1, 1), ">1 of 4 edges<"),
        ("#q=shop+5432", (2, 2), ">2 of 4 edges<"),
        ("#q=label+env", (1, 1), ">1 of 4 edges<"),
        ("#ns=kube-system", (1, 1), ">1 of 4 edges<"),
        ("#m=dns", (1, 1), ">1 of 4 edges<"),
        ("#m=own&ns=shop", (3, 3), ">3 of 4 edges<"),
        ("#q=nothing-like-that", (0, 0), ">0 of 4 edges<"),
    ] {
        let dom = folder.open(&page, hash);
        assert_eq!(seen(&dom), shown, "{hash}");
        assert!(dom.contains(count), "{hash}");
    }
}

#[test]
fn what_was_chosen_on_the_map_narrows_the_table_and_stands_out() {
    let folder = Folder::new("chosen");
    let page = folder.draw(&shop(), "html");
    let dom = folder.open(&page, "");
    let id = dom
        .split_once("<title>shop/api (Deployment)")
        .unwrap()
        .0
        .rsplit_once("id=\"")
        .unwrap()
        .1;
    let id = id.split_once('"').unwrap().0;
    let dom = folder.open(&page, &format!("#at={id}"));
    assert_eq!(seen(&dom), (3, 4));
    assert_eq!(hot(&dom), (3, 4));
}

#[test]
fn a_thousand_edges_are_shown() {
    let pods: Vec<_> = (0..120)
        .map(|number| workload(&format!("n{}", number % 12), &format!("w{number}")))
        .collect();
    let pairs = (0..1_000).map(|number| (number % 120, (number * 7 + number / 120 + 1) % 120));
    let edges = pairs
        .zip(1_u16..)
        .map(|((from, to), port)| edge(&pods[from], &pods[to], port, "forwarded"));
    let folder = Folder::new("thousand");
    let dom = folder.open(&folder.draw(&file(edges), "html"), "");
    assert!(dom.contains(">1000 edges<"));
    assert_eq!(seen(&dom).0, 1_000);
}

#[test]
fn graphviz_draws_the_graph() {
    let folder = Folder::new("dot");
    let dot = folder.draw(&shop(), "dot");
    let svg = text(&Command::new("dot").arg("-Tsvg").arg(dot).output().unwrap());
    assert_eq!(svg.matches("class=\"edge\"").count(), 4);
    assert_eq!(svg.matches("class=\"cluster\"").count(), 3);
    assert!(svg.contains("5432/TCP dropped: namespace ops has no label env"));
}
