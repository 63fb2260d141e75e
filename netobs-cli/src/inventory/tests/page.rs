//! The page, as far as it can be read without a browser.
use expect_test::expect_file;

use super::*;

fn body(page: &str) -> &str {
    let body = page.split_once("<body>\n").unwrap().1;
    body.split_once("<script>").unwrap().0
}

#[test]
fn the_page_has_a_map_what_is_dropped_and_all_edges() {
    expect_file!["../../../tests/inventory/shop.body.html"].assert_eq(body(&shown(Shape::Html, &["shop"])));
}

#[test]
fn the_page_asks_nobody_for_anything() {
    let page = shown(Shape::Html, &[]);
    for asking in [
        "http:", "https:", "src=", "<link", "@import", "<base", "<iframe", "srcset",
    ] {
        assert!(!page.contains(asking), "{asking}");
    }
    assert!(
        page.match_indices("url(")
            .all(|(at, _)| page[at..].starts_with("url(#m-"))
    );
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn a_page_of_nothing_is_a_page() {
    let about = SHOP.lines().next().unwrap();
    let page = shown_of(about, Shape::Html, &[]);
    assert!(page.contains("<b>0</b> edges") && page.ends_with("</html>\n"));
    assert!(!page.contains("NaN") && !page.contains("inf"));
}

#[test]
fn no_arrow_and_no_end_is_drawn_nowhere() {
    let page = shown(Shape::Html, &[]);
    assert_eq!(page.matches("<g class=\"arrow").count(), 14);
    assert_eq!(page.matches("<a class=\"end ").count(), 13);
    assert_eq!(page.matches("<tr class=").count(), 14);
    assert!(!page.contains("NaN"));
}

#[test]
fn names_are_text_wherever_they_stand() {
    let hostile = "</title></script><img src=x onerror=alert(1)>\"'&";
    let name = serde_json::to_string(hostile).unwrap();
    let file = [
        "shop",
        "frontend",
        "node-a",
        "namespace ops-utils has no label env",
        "CronJob",
    ]
    .iter()
    .fold(SHOP.to_owned(), |file, known| {
        file.replace(&format!("\"{known}\""), &name)
    });
    let page = shown_of(&file, Shape::Html, &[]);
    let (calm, tags) = (shown(Shape::Html, &[]), |page: &str| page.matches('<').count());
    // Names that became the same are fewer options and ends, not more of anything.
    assert!(tags(body(&page)) <= tags(body(&calm)));
    assert!(!page.contains("<img"));
    assert!(!body(&page).contains("\"'&"));
    assert!(page.contains("&lt;/title&gt;&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"));
}
