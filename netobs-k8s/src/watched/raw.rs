//! Finds the parts of a JSON text without reading them, so that a part that is wrong spoils no other.

/// The text of one field of an object. `None` too if the text is cut before it.
pub(super) fn field<'a>(text: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut rest = text.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start();
    loop {
        let (key, after) = value(rest)?;
        let after = after.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let (found, after) = value(after)?;
        if key.strip_prefix(b"\"").and_then(|key| key.strip_suffix(b"\"")) == Some(name.as_bytes()) {
            return Some(found);
        }
        rest = after.trim_ascii_start().strip_prefix(b",")?.trim_ascii_start();
    }
}

/// The texts of the items of a list. `None` if it is no list, or cut.
pub(super) fn items(text: &[u8]) -> Option<Vec<&[u8]>> {
    let mut items = Vec::new();
    let mut rest = text.trim_ascii_start().strip_prefix(b"[")?.trim_ascii_start();
    if rest.starts_with(b"]") {
        return Some(items);
    }
    loop {
        let (item, after) = value(rest)?;
        items.push(item);
        let after = after.trim_ascii_start();
        match after.first()? {
            b',' => rest = after.get(1..)?.trim_ascii_start(),
            b']' => return Some(items),
            _ => return None,
        }
    }
}

/// The first value, and what is after it.
fn value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = match text.first()? {
        b'"' => end_of_string(text)?,
        b'{' | b'[' => end_of_nested(text)?,
        _ => text
            .iter()
            .position(|byte| b",]}: \t\r\n".contains(byte))
            .unwrap_or(text.len()),
    };
    (end > 0).then(|| text.split_at(end))
}

fn end_of_string(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += text.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

fn end_of_nested(text: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        let next = text.get(at..)?;
        at += next
            .iter()
            .position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']'))?;
        match text[at] {
            b'"' => {
                at += end_of_string(&text[at..])?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            _ => depth -= 1,
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(found: Option<&[u8]>) -> Option<&str> {
        found.map(|found| std::str::from_utf8(found).unwrap())
    }

    #[test]
    fn fields_are_found_behind_whatever_comes_before_them() {
        let object = br#" { "a" : "x\"}{" , "b":[{"c":"]"},2], "c" : {"d":{}} ,"e":null,"f":-1.5e3}"#;
        assert_eq!(text(field(object, "a")), Some(r#""x\"}{""#));
        assert_eq!(text(field(object, "b")), Some(r#"[{"c":"]"},2]"#));
        assert_eq!(text(field(object, "c")), Some(r#"{"d":{}}"#));
        assert_eq!(text(field(object, "e")), Some("null"));
        assert_eq!(text(field(object, "f")), Some("-1.5e3"));
        assert_eq!(field(object, "d"), None);
        assert_eq!(field(b"{}", "a"), None);
    }

    #[test]
    fn items_are_told_apart_without_being_understood() {
        let list = br#"[ {"a":"[,"} , {"b":nonsense}, 3 ,"x"]"#;
        let found: Vec<_> = items(list).unwrap().into_iter().map(|item| text(Some(item))).collect();
        assert_eq!(found, [r#"{"a":"[,"}"#, r#"{"b":nonsense}"#, "3", r#""x""#].map(Some));
        assert_eq!(items(b" [ ] "), Some(vec![]));
    }

    #[test]
    fn a_text_cut_anywhere_is_never_taken_for_whole() {
        let list = br#"[{"a":"\\","b":[1,{"c":"d"}]},{"e":"f"}]"#;
        for end in 0..list.len() {
            assert_eq!(items(&list[..end]), None, "{:?}", text(Some(&list[..end])));
        }
        assert!(items(list).is_some());
    }

    #[test]
    fn what_is_no_json_at_all_is_not_found_in() {
        for garbage in [
            &b""[..],
            b"<html>",
            b"{",
            b"{,",
            b"{\"a\"",
            b"{\"a\":}",
            b"]",
            b"{]:",
            b"\"\\",
        ] {
            assert_eq!((field(garbage, "a"), items(garbage)), (None, None), "{garbage:?}");
        }
    }
}
