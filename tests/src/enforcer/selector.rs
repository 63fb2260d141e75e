//! Label selectors, as the API reference of `LabelSelector` has them.

use super::cluster::Labels;
use anyhow::{Result, bail};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

/// Whether all of `matchLabels` and `matchExpressions` hold; an empty selector takes everything.
pub(super) fn selects(selector: &LabelSelector, labels: &Labels) -> Result<bool> {
    let pairs = selector.match_labels.iter().flatten();
    let mut all = pairs.into_iter().all(|(key, value)| labels.get(key) == Some(value));
    for requirement in selector.match_expressions.iter().flatten() {
        all &= holds(requirement, labels)?;
    }
    Ok(all)
}

fn holds(requirement: &LabelSelectorRequirement, labels: &Labels) -> Result<bool> {
    let found = labels.get(&requirement.key);
    let values = requirement.values.as_deref().unwrap_or_default();
    let is_among = found.is_some_and(|value| values.contains(value));
    Ok(match requirement.operator.as_str() {
        "In" => is_among,
        "NotIn" => !is_among,
        "Exists" => found.is_some(),
        "DoesNotExist" => found.is_none(),
        other => bail!("{other} is no operator of a selector"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn selects_env_prod(selector: Value) -> Result<bool> {
        let labels = Labels::from([("env".to_owned(), "prod".to_owned())]);
        selects(&serde_json::from_value(selector)?, &labels)
    }

    #[test]
    fn an_empty_selector_takes_everything() -> Result<()> {
        assert!(selects_env_prod(json!({}))?);
        Ok(())
    }

    #[test]
    fn all_requirements_must_hold() -> Result<()> {
        assert!(selects_env_prod(json!({"matchLabels": {"env": "prod"}}))?);
        assert!(!selects_env_prod(json!({"matchLabels": {"env": "prod", "team": "a"}}))?);
        let absent =
            json!({"matchLabels": {"env": "prod"}, "matchExpressions": [{"key": "env", "operator": "DoesNotExist"}]});
        assert!(!selects_env_prod(absent)?);
        Ok(())
    }

    #[test]
    fn not_in_holds_for_what_has_no_such_label() -> Result<()> {
        let expression = |key: &str, operator: &str| json!({"matchExpressions": [{"key": key, "operator": operator, "values": ["prod"]}]});
        assert!(selects_env_prod(expression("env", "In"))?);
        assert!(!selects_env_prod(expression("env", "NotIn"))?);
        assert!(selects_env_prod(expression("team", "NotIn"))?);
        assert!(!selects_env_prod(expression("team", "In"))?);
        Ok(())
    }

    #[test]
    fn an_operator_that_is_none_is_an_error() {
        assert!(selects_env_prod(json!({"matchExpressions": [{"key": "env", "operator": "Like"}]})).is_err());
    }
}
