//! What is asked of namespaces, and what is then refused.
use expect_test::{Expect, expect};

use super::{Guard, Wishes, guard};
use crate::{
    explain::{NamespaceFacts, Snapshot},
    fixtures::{brought, labels, namespaces, policy},
    policy::{PolicySet, Rule},
};

#[test]
fn a_label_that_policies_select_on_is_asked_for_with_the_values_in_use() {
    let cluster = cluster(&[
        ("shop", "env=prod"),
        ("pay", "env=test"),
        ("typo", "env=prdo"),
        ("bare", ""),
    ]);
    check(
        &guard(&set(&["env=prod"]), &cluster, &Wishes::default()),
        &expect![[r#"
            env required, fixed: prod (selected, 1), test (1); 3 of 4
            refused: bare env=- meant -
            refused: typo env=prdo meant prod
        "#]],
    );
}

#[test]
fn a_label_that_marks_a_few_namespaces_is_not_asked_of_the_others() {
    let cluster = cluster(&[("a", "monitoring=yes"), ("b", ""), ("c", ""), ("d", ""), ("e", "")]);
    check(
        &guard(&set(&["monitoring=yes"]), &cluster, &Wishes::default()),
        &expect![[r#"
            monitoring optional, fixed: ; 1 of 5
        "#]],
    );
    let wishes = Wishes {
        require: ["monitoring".into()].into(),
        values: [("monitoring".into(), ["no".into()].into())].into(),
        exempt: ["b".into()].into(),
        ..Wishes::default()
    };
    check(
        &guard(&set(&["monitoring=yes"]), &cluster, &wishes),
        &expect![[r#"
            monitoring required, fixed: no (0), yes (selected, 1); 1 of 4
            refused: c monitoring=- meant -
            refused: d monitoring=- meant -
            refused: e monitoring=- meant -
        "#]],
    );
}

#[test]
fn a_label_that_is_required_by_hand_is_asked_for_though_no_policy_selects_on_it() {
    let cluster = cluster(&[("shop", "team=a"), ("pay", ""), ("ops", "")]);
    let mut wishes = Wishes {
        require: ["team".into()].into(),
        ..Wishes::default()
    };
    let by_hand = guard(&set(&["env!=old"]), &cluster, &wishes);
    check(
        &by_hand,
        &expect![[r#"
            env optional, fixed: ; 0 of 3
            team required: ; 1 of 3
            refused: ops team=- meant -
            refused: pay team=- meant -
        "#]],
    );
    assert_eq!(by_hand.labels[1].policies, []);
    wishes.values = [("team".into(), ["b".into()].into())].into();
    check(
        &guard(&PolicySet::default(), &cluster, &wishes),
        &expect![[r#"
            team required: a (1), b (0); 1 of 3
            refused: ops team=- meant -
            refused: pay team=- meant -
        "#]],
    );
}

#[test]
fn wishes_about_labels_that_nothing_is_about_are_idle() {
    let wishes = Wishes {
        require: ["team".into(), "kubernetes.io/metadata.name".into()].into(),
        optional: ["env".into(), "tier".into()].into(),
        values: [
            ("team".into(), ["a".into()].into()),
            ("environment".into(), ["prod".into()].into()),
        ]
        .into(),
        ..Wishes::default()
    };
    let guard = guard(&set(&["env=prod"]), &Snapshot::default(), &wishes);
    let idle: Vec<_> = guard.idle.iter().map(crate::render::guard::idle).collect();
    expect![[r#"
        no policy selects namespaces by the label environment (env, perhaps?), so it is not guarded; --require environment asks for it all the same
        the label kubernetes.io/metadata.name needs no guard: the API server gives it to every namespace and keeps it
        no policy selects namespaces by the label tier, so it is not guarded; --require tier asks for it all the same"#]]
    .assert_eq(&idle.join("\n"));
}

#[test]
fn any_value_will_do_where_a_policy_asks_only_for_the_key() {
    let cluster = cluster(&[("shop", "team=a"), ("pay", "")]);
    check(
        &guard(&set(&["team"]), &cluster, &Wishes::default()),
        &expect![[r#"
            team required: ; 1 of 2
            refused: pay team=- meant -
        "#]],
    );
    check(
        &guard(&set(&["team", "team=a"]), &cluster, &Wishes::default()),
        &expect![[r#"
            team required, fixed: ; 1 of 2
            refused: pay team=- meant -
        "#]],
    );
}

#[test]
fn a_label_that_policies_only_shun_is_kept_as_it_is() {
    check(
        &guard(
            &set(&["stage!=old", "!legacy"]),
            &Snapshot::default(),
            &Wishes::default(),
        ),
        &expect![[r#"
            legacy optional: ; 0 of 0
            stage optional, fixed: ; 0 of 0
        "#]],
    );
}

#[test]
fn the_label_that_the_server_keeps_is_not_guarded_and_system_namespaces_are_exempt() {
    let cluster = cluster(&[("kube-system", "")]);
    let guard = guard(
        &set(&["kubernetes.io/metadata.name=shop,env=prod"]),
        &cluster,
        &Wishes::default(),
    );
    check(
        &guard,
        &expect![[r#"
            env required, fixed: prod (selected, 0); 0 of 0
        "#]],
    );
    assert!(guard.objections("kube-system", None, &labels("")).is_empty());
}

#[test]
fn a_new_namespace_needs_the_label_and_an_old_one_keeps_it() {
    let guard = guard(&set(&["env in (prod,test)"]), &Snapshot::default(), &Wishes::default());
    let told = |before: Option<&str>, now: &str| {
        let before = before.map(labels);
        let objections = guard.objections("shop", before.as_ref(), &labels(now));
        let words: Vec<_> = objections.iter().map(|(_, one)| format!("{one:?}")).collect();
        words.join("+")
    };
    assert_eq!(told(None, "env=prod"), "");
    assert_eq!(told(None, "env=dev"), "Lacks");
    assert_eq!(told(None, ""), "Lacks");
    assert_eq!(told(Some("env=prod"), "env=prod,team=a"), "");
    assert_eq!(told(Some("env=prod"), "env=test"), "Changes");
    assert_eq!(told(Some("env=prod"), ""), "Lacks+Changes");
    // Who never had it may be changed in other ways, and may be mended.
    assert_eq!(told(Some(""), "team=a"), "");
    assert_eq!(told(Some("env=production"), "env=prod"), "");
    assert_eq!(told(Some("env=production"), ""), "Lacks");
}

fn check(guard: &Guard, expected: &Expect) {
    let mut text = String::new();
    for label in &guard.labels {
        let values = label.values.iter().map(|value| {
            let selected = if value.selected { "selected, " } else { "" };
            format!("{} ({selected}{})", value.value, value.carried)
        });
        text += &format!(
            "{} {}{}: {}; {} of {}\n",
            label.key,
            if label.required { "required" } else { "optional" },
            if label.fixed { ", fixed" } else { "" },
            values.collect::<Vec<_>>().join(", "),
            label.carried,
            label.namespaces,
        );
    }
    for one in &guard.refused {
        let or_dash = |value: &Option<crate::labels::Symbol>| value.as_ref().map_or("-".into(), ToString::to_string);
        let (found, meant) = (or_dash(&one.found), or_dash(&one.meant));
        text += &format!("refused: {} {}={found} meant {meant}\n", one.namespace, one.key);
    }
    expected.assert_eq(&text);
}

fn cluster(list: &[(&str, &str)]) -> Snapshot {
    let mut cluster = Snapshot::default();
    for (name, own) in list {
        let facts = NamespaceFacts {
            labels: labels(own).with("kubernetes.io/metadata.name".into(), (*name).into()),
            ..NamespaceFacts::default()
        };
        cluster.namespaces.insert((*name).into(), facts);
    }
    cluster
}

fn set(selectors: &[&str]) -> PolicySet {
    let rules: Vec<Rule> = selectors.iter().map(|selector| namespaces(selector)).collect();
    [brought(&policy("shop/p", Some(rules), None))].into_iter().collect()
}
