//! Labels that come and go, and how much of that is remembered.
use super::*;
use crate::{
    change::{Change, Key},
    directory::Directory,
    fixtures::{applied, at, deleted, namespace, pod},
};

struct Past {
    directory: Directory,
    history: LabelHistory,
}

impl Past {
    fn of(changes: impl IntoIterator<Item = (u64, Change)>) -> Self {
        let extent = Extent {
            changes: 4,
            age: Duration::from_secs(100),
        };
        let mut past = Self {
            directory: Directory::new(Duration::from_secs(60)),
            history: LabelHistory::new(extent),
        };
        for (secs, change) in changes {
            for turn in past.directory.apply(&change, at(secs)) {
                past.history.hear(&turn, at(secs));
            }
        }
        past
    }

    fn lost(&self, object: &ObjectRef, key: &str) -> Option<String> {
        let lost = self.history.lost(object, key)?;
        Some(format!("{} until {}", lost.value, lost.until.0 / 1_000_000_000))
    }
}

fn shop() -> ObjectRef {
    ObjectRef::Namespace("shop".into())
}

fn shop_pod(name: &str) -> ObjectRef {
    ObjectRef::Pod {
        namespace: "shop".into(),
        name: name.into(),
    }
}

#[test]
fn a_label_that_was_taken_away_is_remembered_with_its_value() {
    let past = Past::of([
        (0, namespace("shop", "env=prod,tier=web")),
        (10, namespace("shop", "tier=web")),
    ]);
    assert_eq!(past.lost(&shop(), "env").as_deref(), Some("prod until 10"));
    assert_eq!(past.lost(&shop(), "tier"), None);
}

#[test]
fn a_changed_value_is_a_loss_of_the_old_one_and_a_new_label_is_none() {
    let past = Past::of([
        (0, applied(pod("shop/web-0", "10.244.0.5", "env=prod"))),
        (10, applied(pod("shop/web-0", "10.244.0.5", "env=test,new=yes"))),
    ]);
    assert_eq!(past.lost(&shop_pod("web-0"), "env").as_deref(), Some("prod until 10"));
    assert_eq!(past.lost(&shop_pod("web-0"), "new"), None);
    assert_eq!(past.history.of(&shop_pod("web-0")).count(), 2);
}

#[test]
fn a_namespace_that_is_made_anew_without_a_label_has_lost_it() {
    let past = Past::of([
        (0, namespace("shop", "env=prod")),
        (10, Change::Deleted(Key::Namespace("shop".into()))),
        (12, namespace("shop", "")),
    ]);
    assert_eq!(past.lost(&shop(), "env").as_deref(), Some("prod until 10"));
}

#[test]
fn a_pod_made_from_a_changed_template_has_lost_what_its_workload_had() {
    let mut later = pod("shop/web-1", "10.244.0.6", "app=web,pod-template-hash=2");
    later.started = Some(at(20));
    let mut listed_late = pod("shop/web-2", "10.244.0.7", "app=web");
    listed_late.started = Some(at(0));
    let past = Past::of([
        (
            10,
            applied(pod("shop/web-0", "10.244.0.5", "app=web,env=prod,pod-template-hash=1")),
        ),
        (11, applied(listed_late)),
        (21, applied(later)),
        (22, deleted("web-0")),
    ]);
    assert_eq!(past.lost(&shop_pod("web-1"), "env").as_deref(), Some("prod until 21"));
    assert_eq!(past.lost(&shop_pod("web-1"), "pod-template-hash"), None);
    assert_eq!(past.lost(&shop_pod("web-2"), "env"), None);
}

#[test]
fn only_so_many_changes_are_kept_and_the_rest_is_counted() {
    let past = Past::of((0..10).map(|secs| (secs, namespace("shop", &format!("v={secs}")))));
    assert_eq!((past.history.len(), past.history.forgotten()), (4, 5));
    assert_eq!(past.lost(&shop(), "v").as_deref(), Some("8 until 9"));
}

#[test]
fn what_is_old_is_forgotten() {
    let mut past = Past::of([(0, namespace("shop", "env=prod")), (10, namespace("shop", ""))]);
    past.history.expire(at(111));
    assert!(past.history.is_empty());
    assert_eq!((past.lost(&shop(), "env"), past.history.forgotten()), (None, 0));
}
