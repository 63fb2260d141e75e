//! Any text as a selector: what is read is written and read again as the same.
#![no_main]
use libfuzzer_sys::fuzz_target;
use netobs_core::labels::{Labels, Selector};

fuzz_target!(|text: &str| {
    let Ok(selector) = text.parse::<Selector>() else {
        return;
    };
    let again: Selector = selector.to_string().parse().expect("what was written can be read");
    assert_eq!(again, selector, "{text:?}");
    let labels = Labels::of([("a", "b"), ("env", "prod")]);
    assert_eq!(selector.matches(&labels), selector.unmet(&labels).next().is_none());
});
