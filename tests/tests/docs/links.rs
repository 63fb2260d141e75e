//! Links from page to page, and to files.

use super::page::{self, Page};
use anyhow::Result;
use std::fs;
use std::path::Path;

#[test]
fn links_lead_to_files_and_headings_that_exist() -> Result<()> {
    let mut broken = Vec::new();
    let mut followed = 0;
    for page in page::pages()? {
        for link in links(&page).filter(|link| !link.contains("://")) {
            followed += 1;
            if !leads_somewhere(&page, link) {
                broken.push(format!("{}: {link}", page.path));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
    assert!(followed > 30, "only {followed} links were found");
    Ok(())
}

fn links(page: &Page) -> impl Iterator<Item = &str> {
    page.text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(link, _)| link))
}

fn leads_somewhere(page: &Page, link: &str) -> bool {
    let (path, heading) = link
        .split_once('#')
        .map_or((link, None), |(path, heading)| (path, Some(heading)));
    let folder = Path::new(&page.path).parent().unwrap_or(Path::new(""));
    let relative = if path.is_empty() {
        page.path.clone().into()
    } else {
        folder.join(path)
    };
    let file = page::root().join(relative);
    match heading {
        None => file.exists(),
        Some(heading) => fs::read_to_string(file).is_ok_and(|text| headings(&text).any(|one| one == heading)),
    }
}

/// As they are written behind a `#`: in small letters, without punctuation, with `-` for spaces.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let kept = |character: char| match character {
            ' ' => Some('-'),
            '-' | '_' => Some(character),
            _ => character.is_alphanumeric().then(|| character.to_ascii_lowercase()),
        };
        line.trim_start_matches('#').trim().chars().filter_map(kept).collect()
    })
}

#[test]
fn a_link_to_what_is_not_there_is_found() {
    let page = Page {
        path: "docs/a.md".to_owned(),
        text: "[one](netobs.md) [two](none.md) [three](explain.md#how-policies-are-read) [four](explain.md#none)"
            .to_owned(),
    };
    let found: Vec<bool> = links(&page).map(|link| leads_somewhere(&page, link)).collect();
    assert_eq!(found, [true, false, true, false]);
}
