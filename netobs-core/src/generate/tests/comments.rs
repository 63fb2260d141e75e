//! What comments say of selectors that select more than they are meant to.
use expect_test::{Expect, expect};

use super::{full, generate};
use crate::{
    event::Protocol,
    generate::Request,
    policy::Direction,
    render,
    scene::seen::{Seen, dns, monitoring},
};

#[test]
fn a_workload_without_lasting_labels_opens_its_namespace_and_a_comment_says_so() {
    let seen = Seen::default()
        .workload("shop/api", "app=api", "")
        .workload("batch/report", "job-name=report-1,controller-uid=7", "")
        .workload("batch/import", "", "")
        .workload("shop/bare", "pod-template-hash=7", "")
        .edge("batch/report", "shop/api", 80, 9)
        .edge("batch/import", "shop/api", 80, 9)
        .edge("shop/bare", "shop/api", 81, 9)
        .edge_with("shop/api", "service sys/dns", Protocol::Udp, 53, 9, dns);
    check(
        seen,
        &full(),
        &expect![[r#"
        default-deny:
        allow-dns:
        Every pod of sys is selected, as it is not known which pods serve service sys/dns.
        allow-api:
        Every pod of batch is selected, as batch/import has no lasting label.
        Every pod of batch is selected, as batch/report has no lasting label.
        Every pod of shop is selected, as shop/bare has no lasting label.
        allow-bare:
        Every pod of the namespace is selected, as no lasting label tells bare from others.
    "#]],
    );
}

#[test]
fn where_all_of_a_namespace_is_meant_no_comment_is_needed() {
    let seen = Seen::default()
        .workload("shop/api", "", "")
        .workload("shop/web", "", "")
        .workload("ops/prom", "app=prom", "")
        .edge_with("ops/prom", "shop/api", Protocol::Tcp, 9100, 9, monitoring)
        .edge("shop/web", "shop/api", 80, 9);
    let request = Request {
        open_inside: true,
        ..full()
    };
    check(
        seen,
        &request,
        &expect![[r#"
        default-deny:
        allow-same-namespace:
        allow-monitoring:
    "#]],
    );
}

/// The comments of all policies, without those that only tell what was seen.
fn check(seen: Seen, request: &Request, expected: &Expect) {
    let listing = seen.finish();
    let mut lines = Vec::new();
    for draft in generate(&listing, request).drafts {
        lines.push(format!("{}:", draft.name));
        lines.extend(render::generate::purpose(&draft).into_iter().skip(1));
        for direction in [Direction::Ingress, Direction::Egress] {
            for rule in draft.rules(direction).into_iter().flatten() {
                let told = render::generate::rule(rule, false, &listing);
                lines.extend(told.into_iter().filter(|line| !line.contains(" connections until ")));
            }
        }
    }
    expected.assert_eq(&(lines.join("\n") + "\n"));
}
