//! Prometheus' text format.
use std::fmt::{Display, Write as _};

#[derive(Default)]
pub(super) struct Page(String);

/// One metric, with a value for each set of labels.
pub(super) struct Family<'a> {
    page: &'a mut String,
    name: &'static str,
}

impl Page {
    pub(super) fn counter(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "counter", help)
    }

    pub(super) fn gauge(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "gauge", help)
    }

    pub(super) fn finish(self) -> String {
        self.0
    }

    fn family(&mut self, name: &'static str, kind: &str, help: &str) -> Family<'_> {
        write(
            &mut self.0,
            format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"),
        );
        Family {
            page: &mut self.0,
            name,
        }
    }
}

impl Family<'_> {
    /// Without labels.
    pub(super) fn is(self, value: impl Display) {
        write(self.page, format_args!("{} {value}\n", self.name));
    }

    pub(super) fn with(&mut self, labels: &[(&str, &str)], value: impl Display) {
        write(self.page, format_args!("{}{{", self.name));
        for (index, (key, label)) in labels.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write(self.page, format_args!("{comma}{key}=\"{}\"", Escaped(label)));
        }
        write(self.page, format_args!("}} {value}\n"));
    }
}

/// Writing to a string cannot fail.
fn write(page: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = page.write_fmt(text);
}

struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '\\' => out.write_str("\\\\")?,
                '"' => out.write_str("\\\"")?,
                '\n' => out.write_str("\\n")?,
                other => out.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_quoted_and_escaped() {
        let mut page = Page::default();
        page.gauge("netobs_things", "Things.")
            .with(&[("kind", "a\"b\\c\nd"), ("other", "plain")], 3);
        page.counter("netobs_all_total", "All.").is(4);
        let expected = "# HELP netobs_things Things.\n# TYPE netobs_things gauge\n\
                        netobs_things{kind=\"a\\\"b\\\\c\\nd\",other=\"plain\"} 3\n\
                        # HELP netobs_all_total All.\n# TYPE netobs_all_total counter\nnetobs_all_total 4\n";
        assert_eq!(page.finish(), expected);
    }
}
