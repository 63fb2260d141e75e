//! Finds fields that Kubernetes does not know: misspelt ones, which it would refuse and a lenient reader would overlook.
use serde_json::Value;

/// The paths of what `given` has and `understood`, the same object after it was read, has not.
pub(crate) fn find(given: &Value, understood: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    walk(given, understood, "", &mut paths);
    paths
}

fn walk(given: &Value, understood: &Value, path: &str, paths: &mut Vec<String>) {
    match (given, understood) {
        (Value::Object(given), Value::Object(understood)) => {
            for (key, value) in given {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                match understood.get(key) {
                    Some(understood) => walk(value, understood, &path, paths),
                    None if value.is_null() => {}
                    None => paths.push(path),
                }
            }
        }
        (Value::Array(given), Value::Array(understood)) => {
            for (index, (given, understood)) in given.iter().zip(understood).enumerate() {
                walk(given, understood, &format!("{path}[{index}]"), paths);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_not_understood_is_found() {
        let given = json!({"spec": {"rules": [{"a": 1}, {"b": 2, "c": null}], "extra": {}}});
        let understood = json!({"spec": {"rules": [{"a": 1}, {}]}});
        assert_eq!(find(&given, &understood), ["spec.extra", "spec.rules[1].b"]);
    }
}
