//! Label selectors as Kubernetes writes them.
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use netobs_core::labels::{Interner, Operator, Requirement, Selector, check_key, check_value};

use crate::problems::Problems;

/// A requirement that is invalid becomes one that nothing meets, so that a broken selector never selects more than was meant.
pub(crate) fn convert(
    selector: &LabelSelector,
    field: &str,
    problems: &mut Problems,
    interner: &mut Interner,
) -> Selector {
    let mut requirements = Vec::new();
    for (key, value) in selector.match_labels.iter().flatten() {
        let field = || format!("{field}.matchLabels.{key}");
        let valid = check(check_key(key), &field, problems) & check(check_value(value), &field, problems);
        let values = if valid {
            vec![interner.symbol(value)]
        } else {
            Vec::new()
        };
        requirements.push(Requirement {
            key: interner.symbol(key),
            operator: Operator::In,
            values,
        });
    }
    for (index, expression) in selector.match_expressions.iter().flatten().enumerate() {
        let field = format!("{field}.matchExpressions[{index}]");
        requirements.push(convert_expression(expression, &field, problems, interner));
    }
    Selector::new(requirements)
}

fn convert_expression(
    expression: &LabelSelectorRequirement,
    field: &str,
    problems: &mut Problems,
    interner: &mut Interner,
) -> Requirement {
    let key = interner.symbol(&expression.key);
    let values = expression.values.as_deref().unwrap_or_default();
    match understand(expression, values, field, problems) {
        Some(operator) => {
            let mut values: Vec<_> = values.iter().map(|value| interner.symbol(value)).collect();
            values.sort();
            values.dedup();
            Requirement { key, operator, values }
        }
        None => Requirement {
            key,
            operator: Operator::In,
            values: Vec::new(),
        },
    }
}

/// `None` if it is invalid, which is then among the problems.
fn understand(
    expression: &LabelSelectorRequirement,
    values: &[String],
    field: &str,
    problems: &mut Problems,
) -> Option<Operator> {
    let mut valid = check(check_key(&expression.key), &|| format!("{field}.key"), problems);
    for (index, value) in values.iter().enumerate() {
        valid &= check(check_value(value), &|| format!("{field}.values[{index}]"), problems);
    }
    let operator = match expression.operator.as_str() {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        other => {
            let problem = format!("{other:?} is no operator; there are In, NotIn, Exists and DoesNotExist");
            problems.error(format!("{field}.operator"), problem);
            return None;
        }
    };
    match (operator, values.is_empty()) {
        (Operator::In | Operator::NotIn, true) => {
            problems.error(
                format!("{field}.values"),
                format!("{} needs at least one value", expression.operator),
            );
            valid = false;
        }
        (Operator::Exists | Operator::DoesNotExist, false) => {
            problems.error(
                format!("{field}.values"),
                format!("{} takes no values", expression.operator),
            );
            valid = false;
        }
        (Operator::In | Operator::NotIn, false) | (Operator::Exists | Operator::DoesNotExist, true) => {}
    }
    valid.then_some(operator)
}

fn check(result: Result<(), &'static str>, field: &dyn Fn() -> String, problems: &mut Problems) -> bool {
    match result {
        Ok(()) => true,
        Err(reason) => {
            problems.error(field(), reason);
            false
        }
    }
}
