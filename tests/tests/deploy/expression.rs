//! Names of metrics and labels in PromQL.

use std::collections::BTreeSet;

/// What an expression speaks of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) metrics: BTreeSet<String>,
    /// Each with the metric in whose braces it stands; those of `by` and the like have none.
    pub(super) labels: BTreeSet<(Option<String>, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Sign(char),
}

const GROUPING: [&str; 7] = ["by", "without", "on", "ignoring", "group_left", "group_right", "offset"];
const OPERATORS: [&str; 5] = ["and", "or", "unless", "bool", "atan2"];

/// Good for what is written here: no metric is named by `__name__`.
pub(super) fn named(expression: &str) -> Named {
    let tokens = tokens(expression);
    let mut named = Named::default();
    let (mut metric, mut within) = (None, Within::Nothing);
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        match token {
            Token::Sign('{') => within = Within::Braces,
            Token::Sign('[') => within = Within::Brackets,
            Token::Sign('(') if tokens[..at].last().is_some_and(is_grouping) => within = Within::Grouping,
            Token::Sign('}' | ']') => within = Within::Nothing,
            Token::Sign(')') if within == Within::Grouping => within = Within::Nothing,
            Token::Word(word) => match within {
                Within::Braces => drop(named.labels.insert((metric.clone(), word.clone()))),
                Within::Grouping => drop(named.labels.insert((None, word.clone()))),
                Within::Brackets => {}
                Within::Nothing if is_metric(word, next) => {
                    named.metrics.insert(word.clone());
                    metric = Some(word.clone());
                }
                Within::Nothing => {}
            },
            Token::Sign(_) => {}
        }
    }
    named
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Nothing,
    Braces,
    Brackets,
    Grouping,
}

fn is_grouping(token: &Token) -> bool {
    matches!(token, Token::Word(word) if GROUPING.contains(&word.as_str()))
}

/// Functions are followed by a parenthesis or by how they group.
fn is_metric(word: &str, next: Option<&Token>) -> bool {
    let is_number = word.starts_with(|letter: char| letter.is_ascii_digit());
    let is_function = next == Some(&Token::Sign('(')) || next.is_some_and(is_grouping);
    !is_number && !is_function && !OPERATORS.contains(&word) && !GROUPING.contains(&word)
}

fn tokens(expression: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut letters = expression.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '"' {
            // No quote is escaped in one here.
            letters.by_ref().find(|letter| *letter == '"');
        } else if letter.is_ascii_alphanumeric() || "_:$.".contains(letter) {
            let mut word = letter.to_string();
            while let Some(more) = letters.next_if(|more| more.is_ascii_alphanumeric() || "_:.".contains(*more)) {
                word.push(more);
            }
            tokens.push(Token::Word(word));
        } else if !letter.is_whitespace() {
            tokens.push(Token::Sign(letter));
        }
    }
    tokens
}

#[test]
fn names_are_told_from_functions_operators_values_and_durations() {
    let of = named(
        "sum by (job, place) (increase(a_total{place!=\"b\", job=~\"c_d\"}[10m])) > 1e3 * 7 \
         and on (instance) group by (x) (last_over_time(e[1d])) unless f or vector(0)",
    );
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(of.metrics, words(&["a_total", "e", "f"]));
    let inside: BTreeSet<_> = of.labels.iter().filter(|(metric, _)| metric.is_some()).collect();
    let a = Some("a_total".to_owned());
    assert_eq!(
        inside,
        [&(a.clone(), "job".to_owned()), &(a, "place".to_owned())].into()
    );
    let grouped = of.labels.iter().filter(|(metric, _)| metric.is_none());
    let grouped: BTreeSet<_> = grouped.map(|(_, label)| label.clone()).collect();
    assert_eq!(grouped, words(&["instance", "job", "place", "x"]));
}
