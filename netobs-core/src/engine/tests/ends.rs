//! Stories of whom an address belongs to, and of what is said while that, or what is in force, is not certain.
use expect_test::expect;

use super::{stories::shop, *};
use crate::{
    change::{Backend, EndpointSlice, PodUid, Scoped, SlicePort},
    fixtures::{deleted, namespaces, policy, service},
};

/// A service of the pods of prod-a that listens on 80 where they listen on 8080.
fn api_service() -> [Change; 2] {
    api_service_with([Backend {
        addresses: [ip("10.244.0.10")].into(),
        pod: Some(PodUid("api-0".into())),
    }])
}

fn api_service_with<const N: usize>(backends: [Backend; N]) -> [Change; 2] {
    let service = service("prod-a/api", "10.96.0.10", 80);
    let slice = EndpointSlice {
        name: Scoped {
            name: "api-x7k2p".into(),
            ..service.name.clone()
        },
        service: Some("api".into()),
        ports: [SlicePort {
            name: None,
            port: Some(8080),
            protocol: Protocol::Tcp,
        }]
        .into(),
        backends: backends.into(),
    };
    [
        Object::Service(Arc::new(service)),
        Object::EndpointSlice(Arc::new(slice)),
    ]
    .map(Change::Applied)
}

#[test]
fn what_was_asked_of_a_service_and_the_drop_on_the_way_to_its_pod_are_one() {
    let mut story = Story::of(shop().into_iter().chain(api_service()));
    story.client_port = Some(41_000);
    story
        .silence("ops-utils/backup-0", "10.96.0.10", 80)
        .drop("ops-utils/backup-0", "prod-a/api-0", 8080, 3);
    expect![[r#"
        10:00:01 ops-utils/backup-0 to service api:80 Unanswered, PerhapsRefused, through service api, cause 1
        namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
          active; 1 connection never answered, 2026-03-01T10:00:00Z to 2026-03-01T10:00:01Z
          from StatefulSet ops-utils/backup (1)
          to StatefulSet prod-a/api (1) on 8080/TCP (1)
          kubectl label namespace ops-utils env=prod
          also opens: ops-utils/backup-0 to all pods of prod-a on any port (NetworkPolicy prod-a/allow-prod)
        10:00:02 ops-utils/backup-0 to prod-a/api-0:8080 Dropped, Refused, through service api, as flow 1, cause 1
        namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
          active; 3 packets dropped, 1 connection never answered, 2026-03-01T10:00:00Z to 2026-03-01T10:00:02Z
          from StatefulSet ops-utils/backup (4)
          to StatefulSet prod-a/api (4) on 8080/TCP (4)
          kubectl label namespace ops-utils env=prod
          also opens: ops-utils/backup-0 to all pods of prod-a on any port (NetworkPolicy prod-a/allow-prod)
    "#]]
    .assert_eq(story.read());
}

#[test]
fn a_node_reaches_its_own_pods_and_a_stranger_near_them_is_not_taken_for_an_outsider_at_once() {
    let mut story = Story::of(shop());
    story.engine.handle_own_addresses(&"node-1".into(), [ip("10.244.0.1")]);
    story
        .tell(&policy("prod-a/allow-prod", Some(vec![]), None))
        .after(60)
        .pass("10.244.0.1", "prod-a/api-0", 8080)
        .drop("10.244.0.2", "prod-a/api-0", 8080, 1)
        .after(60)
        .drop("10.244.0.2", "prod-a/api-0", 8080, 1);
    expect![[r#"
        10:01:00 node node-1 to prod-a/api-0:8080 Forwarded, Plain
        10:01:02 10.244.0.2? to prod-a/api-0:8080 Dropped, Refused, cause 1
        unknown addresses to StatefulSet prod-a/api on 8080/TCP: no ingress rule of NetworkPolicy prod-a/allow-prod is for it
          active; 1 packet dropped, 2026-03-01T10:01:02Z to 2026-03-01T10:01:02Z
          from 10.244.0.2 (1)
          to StatefulSet prod-a/api (1) on 8080/TCP (1)
        10:02:04 10.244.0.2 to prod-a/api-0:8080 Dropped, Refused, cause 2
        outside the cluster to StatefulSet prod-a/api on 8080/TCP: no ingress rule of NetworkPolicy prod-a/allow-prod is for it
          active; 1 packet dropped, 2026-03-01T10:02:04Z to 2026-03-01T10:02:04Z
          from 10.244.0.2 (1)
          to StatefulSet prod-a/api (1) on 8080/TCP (1)
          kubectl patch networkpolicy -n prod-a allow-prod --type=json -p '[{"op":"add","path":"/spec/ingress","value":[{"from":[{"ipBlock":{"cidr":"10.244.0.2/32"}}],"ports":[{"protocol":"TCP","port":8080}]}]}]'
    "#]].assert_eq(story.read());
}

#[test]
fn before_all_is_listed_nothing_is_said_of_policies() {
    let mut story = Story::of(shop());
    story.engine = Engine::new(Limits::default(), Reasons::default());
    story.drop("10.244.0.12", "10.244.0.10", 8080, 1);
    expect![[r#"
        10:00:00 10.244.0.12? to 10.244.0.10?:8080 Dropped, Plain
    "#]]
    .assert_eq(story.read());
}

#[test]
fn policies_that_changed_a_moment_ago_are_not_blamed_for_what_is_still_as_before() {
    let mut story = Story::of(shop());
    story
        .tell(&policy("prod-b/default-deny", None, Some(vec![])))
        .pass("prod-b/web-0", "prod-a/api-0", 8080)
        .tell(&policy("prod-b/default-deny", None, Some(vec![namespaces("")])))
        .drop("prod-b/web-0", "prod-a/api-0", 8080, 1);
    expect![[r#"
        10:00:00 prod-b/web-0 to prod-a/api-0:8080 Forwarded, Settling
        10:00:02 prod-b/web-0 to prod-a/api-0:8080 Dropped, Settling
    "#]]
    .assert_eq(story.read());
}

#[test]
fn a_pod_is_replaced_and_its_address_given_to_another_namespace() {
    let mut story = Story::of(shop());
    let mut thief = pod("ops-utils/thief-0", "10.244.0.11", "");
    thief.started = Some(at(MORNING + 5));
    story
        .pass("prod-b/web-0", "prod-a/api-0", 8080)
        .tell(&deleted("web-0"))
        .after(1)
        .drop("10.244.0.11", "prod-a/api-0", 8080, 1)
        .tell(&applied(thief))
        .after(1)
        .drop("10.244.0.11", "prod-a/api-0", 8080, 1);
    expect![[r#"
        10:00:00 prod-b/web-0 to prod-a/api-0:8080 Forwarded, Plain
        10:00:03 10.244.0.11? to prod-a/api-0:8080 Dropped, Undecidable
        10:00:06 ops-utils/thief-0 to prod-a/api-0:8080 Dropped, Refused, cause 1
        namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
          active; 1 packet dropped, 2026-03-01T10:00:06Z to 2026-03-01T10:00:06Z
          from StatefulSet ops-utils/thief (1)
          to StatefulSet prod-a/api (1) on 8080/TCP (1)
          kubectl label namespace ops-utils env=prod
          also opens: ops-utils/thief-0, ops-utils/backup-0 to all pods of prod-a on any port (NetworkPolicy prod-a/allow-prod)
    "#]].assert_eq(story.read());
}

#[test]
fn an_address_was_given_away_before_anybody_told_us() {
    let mut story = Story::of(shop());
    story.pass("prod-b/web-0", "prod-a/api-0", 8080);
    story.interface = Some(Ifindex(77));
    let mut thief = pod("ops-utils/thief-0", "10.244.0.11", "");
    thief.started = Some(at(MORNING + 1));
    story
        .silence("10.244.0.11", "prod-a/api-0", 8080)
        .tell(&applied(thief))
        .silence("10.244.0.11", "prod-a/api-0", 8080);
    expect![[r#"
        10:00:00 prod-b/web-0 to prod-a/api-0:8080 Forwarded, Plain
        10:00:03 10.244.0.11? to prod-a/api-0:8080 Unanswered, Plain
        10:00:05 ops-utils/thief-0 to prod-a/api-0:8080 Unanswered, PerhapsRefused, cause 1
        namespace ops-utils has no label env; NetworkPolicy prod-a/allow-prod wants env=prod
          active; 1 connection never answered, 2026-03-01T10:00:04Z to 2026-03-01T10:00:05Z
          from StatefulSet ops-utils/thief (1)
          to StatefulSet prod-a/api (1) on 8080/TCP (1)
          kubectl label namespace ops-utils env=prod
          also opens: ops-utils/thief-0, ops-utils/backup-0 to all pods of prod-a on any port (NetworkPolicy prod-a/allow-prod)
    "#]].assert_eq(story.read());
}

#[test]
fn labels_that_changed_a_moment_ago_are_not_blamed_either_and_those_of_others_do_not_matter() {
    let mut story = Story::of(shop());
    story
        .tell(&namespace("prod-b", ""))
        .pass("prod-b/web-0", "prod-a/api-0", 8080)
        .pass("ops-utils/backup-0", "prod-a/api-0", 8080);
    let flows = story.read().lines().filter(|line| line.starts_with("10:"));
    expect![[r#"
        10:00:00 prod-b/web-0 to prod-a/api-0:8080 Forwarded, Settling
        10:00:02 ops-utils/backup-0 to prod-a/api-0:8080 Forwarded, NotEnforced, cause 1"#]]
    .assert_eq(&flows.collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_kernel_is_asked_who_began_what_was_there_before_us() {
    let mut story = Story::of(shop());
    let mut reading = story.tap("prod-a/api-0", "prod-b/web-0", 40_000);
    reading.tuple.source_port = 45_000;
    reading.from_pod = Direction {
        flags: TcpFlags(TcpFlags::ACK),
        syn: false,
        ..reading.from_pod
    };
    story.engine.handle_event(&Event::Tap(reading));
    story.now = story.now.plus(Duration::from_secs(1));
    let unsure = std::iter::from_fn(|| story.engine.poll_unsure(story.now));
    assert_eq!(unsure.collect::<Vec<_>>(), [reading.tuple]);
    story.engine.handle_beginner(&reading.tuple.reversed());
    story.after(0);
    expect![[r#"
        10:00:00 prod-b/web-0 to prod-a/api-0:45000 Forwarded, Plain
    "#]]
    .assert_eq(story.read());
}

#[test]
fn of_a_service_nothing_is_said_that_does_not_hold_for_all_behind_it() {
    let pod = Backend {
        addresses: [ip("10.244.0.10")].into(),
        pod: Some(PodUid("api-0".into())),
    };
    let outside = Backend {
        addresses: [ip("198.51.100.7")].into(),
        pod: None,
    };
    let mut story = Story::of(shop().into_iter().chain(api_service_with([pod, outside])));
    story.silence("ops-utils/backup-0", "10.96.0.10", 80);
    expect![[r#"
        10:00:01 ops-utils/backup-0 to service api:80 Unanswered, Plain, through service api
    "#]]
    .assert_eq(story.read());
}
