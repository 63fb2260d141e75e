//! Runs the `kubectl` commands that are suggested, on the double, as strictly as `kubectl` does.

use crate::apiserver::ApiServer;
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

/// Runs a command line as it stands in a suggestion: `kubectl label …` or `kubectl patch … --type=json …`.
pub fn kubectl(server: &ApiServer, command: &str) -> Result<()> {
    let done = || {
        let words = words(command)?;
        let (arguments, options) = sorted(&words)?;
        let namespace = option(&options, "-n").unwrap_or_default();
        match arguments.as_slice() {
            ["kubectl", "label", kind, name, change] => {
                let overwrite = options.contains(&("--overwrite", ""));
                label(server, (plural(kind)?, namespace, name), change, overwrite)
            }
            ["kubectl", "patch", kind, name] => {
                ensure!(
                    option(&options, "--type") == Some("json"),
                    "only JSON patches are known here"
                );
                let patch = option(&options, "-p").context("a patch is given with -p")?;
                patch_json(server, (plural(kind)?, namespace, name), &serde_json::from_str(patch)?)
            }
            _ => bail!("there is no such command here"),
        }
    };
    done().with_context(|| format!("run `{command}`"))
}

/// Kind, namespace and name.
type Reference<'a> = (&'static str, &'a str, &'a str);

fn label(server: &ApiServer, (kind, namespace, name): Reference<'_>, change: &str, overwrite: bool) -> Result<()> {
    if let Some(key) = change.strip_suffix('-') {
        return server.label(kind, namespace, name, key, None).map(drop);
    }
    let (key, value) = change.split_once('=').context("a label is KEY=VALUE or KEY-")?;
    let object = server
        .get(kind, namespace, name)
        .with_context(|| format!("no {kind} {name}"))?;
    if let Some(before) = object["metadata"]["labels"][key].as_str() {
        ensure!(
            overwrite || before == value,
            "'{key}' already has a value ({before}), and --overwrite is false"
        );
    }
    server.label(kind, namespace, name, key, Some(value)).map(drop)
}

/// RFC 6902, of which suggestions have `add`.
fn patch_json(server: &ApiServer, (kind, namespace, name): Reference<'_>, patch: &Value) -> Result<()> {
    let mut object = server
        .get(kind, namespace, name)
        .with_context(|| format!("no {kind} {namespace}/{name}"))?;
    for operation in patch.as_array().context("a patch is a list")? {
        ensure!(operation["op"] == "add", "only `add` is known here");
        let path = operation["path"].as_str().context("an operation has a path")?;
        let (parent, last) = path.rsplit_once('/').context("a path begins with /")?;
        let parent = object
            .pointer_mut(parent)
            .with_context(|| format!("there is no {parent}"))?;
        let value = operation["value"].clone();
        if let Value::Object(fields) = parent {
            fields.insert(last.to_owned(), value);
        } else if let (Value::Array(items), "-") = (&mut *parent, last) {
            items.push(value);
        } else {
            bail!("cannot add {last} to {parent}");
        }
    }
    server.apply(&object).map(drop)
}

fn plural(kind: &str) -> Result<&'static str> {
    Ok(match kind {
        "namespace" => "namespaces",
        "pod" => "pods",
        "networkpolicy" => "networkpolicies",
        other => bail!("{other} is no kind known here"),
    })
}

/// An option and its value.
type Given<'a> = (&'a str, &'a str);

/// Arguments, and options.
fn sorted(words: &[String]) -> Result<(Vec<&str>, Vec<Given<'_>>)> {
    let (mut arguments, mut options) = (Vec::new(), Vec::new());
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "-n" | "-p" => options.push((word, words.next().with_context(|| format!("{word} has a value"))?)),
            _ if word.starts_with("--") => options.push(word.split_once('=').unwrap_or((word, ""))),
            _ => arguments.push(word),
        }
    }
    Ok((arguments, options))
}

fn option<'a>(options: &[Given<'a>], name: &str) -> Option<&'a str> {
    options.iter().find(|(one, _)| *one == name).map(|(_, value)| *value)
}

/// The words of a command line, as a shell divides it: by spaces, but not within single quotes.
fn words(line: &str) -> Result<Vec<String>> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().extend(characters.next()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next().context("a quote ends")? {
                        '\'' => break,
                        quoted => word.push(quoted),
                    }
                }
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn server() -> Result<ApiServer> {
        let server = ApiServer::start()?;
        server.apply(
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ops", "labels": {"tier": "1"}}}),
        )?;
        server.apply(&json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"namespace": "ops", "name": "deny"},
            "spec": {"podSelector": {}, "policyTypes": ["Egress"]},
        }))?;
        Ok(server)
    }

    #[test]
    fn a_label_is_set_and_taken_away_and_replaced_only_when_asked_to() -> Result<()> {
        let server = server()?;
        let labels = || Some(server.get("namespaces", "", "ops")?["metadata"]["labels"].clone());
        kubectl(&server, "kubectl label namespace ops env=prod")?;
        assert_eq!(labels().map(|labels| labels["env"].clone()), Some("prod".into()));
        let refused = kubectl(&server, "kubectl label namespace ops tier=2");
        assert!(refused.is_err_and(|error| format!("{error:#}").contains("already has a value (1)")));
        kubectl(&server, "kubectl label namespace ops tier=2 --overwrite")?;
        assert_eq!(labels().map(|labels| labels["tier"].clone()), Some("2".into()));
        kubectl(&server, "kubectl label namespace ops tier-")?;
        assert_eq!(labels().map(|labels| labels["tier"].clone()), Some(Value::Null));
        Ok(())
    }

    #[test]
    fn rules_are_added_to_a_policy() -> Result<()> {
        let server = server()?;
        let first = r#"kubectl patch networkpolicy -n ops deny --type=json -p '[{"op":"add","path":"/spec/egress","value":[{}]}]'"#;
        let next = r#"kubectl patch networkpolicy -n ops deny --type=json -p '[{"op":"add","path":"/spec/egress/-","value":{"to":[]}}]'"#;
        kubectl(&server, first)?;
        kubectl(&server, next)?;
        let policy = server
            .get("networkpolicies", "ops", "deny")
            .context("the policy is there")?;
        assert_eq!(policy["spec"]["egress"], json!([{}, {"to": []}]));
        Ok(())
    }

    #[test]
    fn what_is_not_there_or_not_known_is_an_error() -> Result<()> {
        let server = server()?;
        for command in [
            "kubectl label namespace none env=prod",
            "kubectl delete namespace ops",
            "kubectl label secret x y=z",
            "kubectl patch networkpolicy -n ops deny -p '{}'",
            "kubectl label namespace 'ops",
        ] {
            assert!(kubectl(&server, command).is_err(), "{command}");
        }
        Ok(())
    }

    #[test]
    fn quoted_words_are_as_a_shell_has_them() -> Result<()> {
        assert_eq!(words(r"a  'b c' d\'e 'it'\''s' ''")?, ["a", "b c", "d'e", "it's", ""]);
        Ok(())
    }
}
