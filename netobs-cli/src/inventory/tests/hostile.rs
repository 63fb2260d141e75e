//! Names that would mean something to whatever reads the output.
use super::*;

/// Its name is what a file says, whatever Kubernetes would have said of it.
fn named(name: &str) -> String {
    let name = serde_json::to_string(name).unwrap();
    SHOP.replace(r#""namespace ops-utils has no label env""#, &name)
        .replace(r#""name":"frontend""#, &format!(r#""name":{name}"#))
}

#[test]
fn csv_quotes_what_it_must_and_doubles_quotes() {
    let csv = shown_of(&named("a,\"b\"\r\nc"), Shape::Csv, &[]);
    assert!(csv.contains(",\"a,\"\"b\"\"\r\nc\","), "{csv}");
    assert_eq!(fields(&csv).iter().map(Vec::len).collect::<Vec<_>>(), [27; 15]);
}

#[test]
fn no_name_is_a_formula_to_a_spreadsheet() {
    for (name, shown) in [
        ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
        ("@SUM(1)", "'@SUM(1)"),
        ("-1+2", "'-1+2"),
        ("+1", "'+1"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("a;=1", "a;'=1"),
        ("a-b=c", "a-b=c"),
    ] {
        let csv = shown_of(&named(name), Shape::Csv, &[]);
        let all = fields(&csv);
        assert!(all.iter().flatten().any(|field| field == shown), "{csv}");
        let begins = |field: &String| field.starts_with(['=', '+', '-', '@', '\t', '\r']);
        assert!(!all.iter().flatten().any(begins), "{csv}");
        if shown != name {
            assert!(csv.contains(&format!("\"{}\"", shown.replace('"', "\"\""))), "{csv}");
        }
    }
}

#[test]
fn a_table_has_a_line_an_edge_and_nothing_that_steers_a_terminal() {
    let plain = shown(Shape::Table, &[]).lines().count();
    let table = shown_of(&named("a\nb\u{1b}[2J"), Shape::Table, &[]);
    assert_eq!(table.lines().count(), plain);
    assert!(!table.contains('\u{1b}'));
}

#[test]
fn mermaid_is_told_no_more_than_names() {
    let text = shown_of(
        &named("x\"] --> e0;\n  click e0 \"javascript:alert(1)\" `<b>` #quot;"),
        Shape::Mermaid,
        &[],
    );
    assert_eq!(text.lines().count(), shown(Shape::Mermaid, &[]).lines().count());
    for line in text.lines() {
        let quotes = line.matches('"').count();
        assert!(quotes == 0 || quotes == 2, "{line}");
        assert!(!line.contains(['<', '`']), "{line}");
    }
    assert!(
        text.contains("#34;#93; --#62; e0#59;   click e0 #34;javascript:alert(1)#34; #96;#60;b#62;#96; #35;quot#59;"),
        "{text}"
    );
}

#[test]
fn dot_is_told_no_more_than_names() {
    let text = shown_of(&named("x\\\" -> e0;\n\\N <b>"), Shape::Dot, &[]);
    assert_eq!(text.lines().count(), shown(Shape::Dot, &[]).lines().count());
    assert!(text.contains(r#"label="x\\\" -> e0; \\N <b>""#), "{text}");
}

/// As RFC 4180 reads them, without a line of the writer's code.
fn fields(csv: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut characters = csv.chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match (character, quoted) {
            ('"', true) if characters.peek() == Some(&'"') => field.extend(characters.next()),
            ('"', _) => quoted = !quoted,
            (',', false) => record.push(std::mem::take(&mut field)),
            ('\r', false) if characters.next_if_eq(&'\n').is_some() => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            (other, _) => field.push(other),
        }
    }
    assert!(record.is_empty() && field.is_empty() && !quoted);
    records
}
