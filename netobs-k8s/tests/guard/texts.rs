//! What a reader sees.
use std::collections::BTreeSet;

use expect_test::expect;
use netobs_core::guard::Wishes;
use netobs_k8s::guard::{Mode, gatekeeper, kyverno, vap};

use super::{exempt, guarding};

#[test]
fn the_api_servers_own_policy_says_why_each_label_is_asked_for_and_who_lacks_it() {
    let seen = [
        ("shop", "env=prod"),
        ("pay", "env=test"),
        ("typo", "env=prdo"),
        ("bare", ""),
    ];
    let text = vap(&guarding(&["env=prod"], &seen, &exempt(&["tools"])), Mode::Audit);
    expect![[r##"
        # Keeps the labels of namespaces that network policies select on. Kubernetes 1.30 or newer.
        # It only tells what it would refuse; written with --enforce, it refuses.
        #
        # env: required, and then kept as it is; NetworkPolicy shop/p0 selects on it
        #   3 of 4 namespaces have it
        #   prod: selected by policies, and 1 namespace has it
        #   test: selected by no policy, and 1 namespace has it
        #
        # Namespaces that are there and would be refused if they were made today;
        # changes that leave the label as it is are not refused to them:
        #   namespace bare has no label env
        #   namespace typo has env=prdo; perhaps: kubectl label namespace typo env=prod --overwrite
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata:
          name: netobs-namespace-labels
        spec:
          failurePolicy: Fail
          matchConstraints:
            resourceRules:
              - apiGroups: [""]
                apiVersions: [v1]
                operations: [CREATE, UPDATE]
                resources: [namespaces]
          matchConditions:
            - name: is-not-exempt
              expression: "!(object.metadata.name in ['kube-node-lease', 'kube-public', 'kube-system', 'tools'])"
            - name: is-not-being-deleted
              expression: "!has(object.metadata.deletionTimestamp)"
          variables:
            - name: now
              expression: "has(object.metadata.labels) ? object.metadata.labels : {}"
            - name: before
              expression: "request.operation == 'UPDATE' && has(oldObject.metadata.labels) ? oldObject.metadata.labels : {}"
          validations:
            - expression: "request.operation == 'UPDATE' && ('env' in variables.now) == ('env' in variables.before) && (!('env' in variables.now) || variables.now['env'] == variables.before['env']) || 'env' in variables.now && variables.now['env'] in ['prod', 'test']"
              message: "the namespace needs the label env with one of prod, test: NetworkPolicy shop/p0 selects on it"
            - expression: "!('env' in variables.before && variables.before['env'] in ['prod', 'test']) || 'env' in variables.now && variables.now['env'] == variables.before['env']"
              message: "the namespace's label env must not be removed or changed: NetworkPolicy shop/p0 selects on it"
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata:
          name: netobs-namespace-labels
        spec:
          policyName: netobs-namespace-labels
          validationActions: [Warn, Audit]
    "##]].assert_eq(&text);
}

#[test]
fn a_cluster_policy_asks_the_same() {
    let wishes = Wishes {
        optional: BTreeSet::from(["open".into()]),
        ..Wishes::default()
    };
    let text = kyverno(&guarding(&["open=", "team"], &[], &wishes), Mode::Enforce);
    expect![[r##"
        # Keeps the labels of namespaces that network policies select on. Kyverno 1.13 or newer.
        # It refuses.
        #
        # open: kept as it is where it is; NetworkPolicy shop/p0 selects on it
        # team: required, with any value; NetworkPolicy shop/p1 selects on it
        apiVersion: kyverno.io/v1
        kind: ClusterPolicy
        metadata:
          name: netobs-namespace-labels
          annotations:
            policies.kyverno.io/title: Labels of namespaces that network policies select on
            policies.kyverno.io/category: Network
            policies.kyverno.io/subject: Namespace
        spec:
          background: true
          rules:
            - name: labels
              match:
                any:
                  - resources:
                      kinds: [Namespace]
                      operations: [CREATE, UPDATE]
              exclude:
                any:
                  - resources:
                      names: [kube-node-lease, kube-public, kube-system]
              celPreconditions:
                - name: is-not-exempt
                  expression: "!(object.metadata.name in ['kube-node-lease', 'kube-public', 'kube-system'])"
                - name: is-not-being-deleted
                  expression: "!has(object.metadata.deletionTimestamp)"
              validate:
                failureAction: Enforce
                allowExistingViolations: false
                cel:
                  variables:
                    - name: now
                      expression: "has(object.metadata.labels) ? object.metadata.labels : {}"
                    - name: before
                      expression: "request.operation == 'UPDATE' && has(oldObject.metadata.labels) ? oldObject.metadata.labels : {}"
                  expressions:
                    - expression: "!('open' in variables.before) || 'open' in variables.now && variables.now['open'] == variables.before['open']"
                      message: "the namespace's label open must not be removed or changed: NetworkPolicy shop/p0 selects on it"
                    - expression: "request.operation == 'UPDATE' && ('team' in variables.now) == ('team' in variables.before) && (!('team' in variables.now) || variables.now['team'] == variables.before['team']) || 'team' in variables.now"
                      message: "the namespace needs the label team: NetworkPolicy shop/p1 selects on it"
                    - expression: "!('team' in variables.before) || 'team' in variables.now"
                      message: "the namespace's label team must not be removed: NetworkPolicy shop/p1 selects on it"
    "##]].assert_eq(&text);
}

#[test]
fn a_constraint_fills_the_template_in() {
    let text = gatekeeper(&guarding(&["env in (prod,test)"], &[], &exempt(&[])), Mode::Audit);
    let (_, constraint) = text.split_once("---\n").unwrap();
    expect![[r##"
        # The API server knows this kind a few seconds after it was given the template above.
        apiVersion: constraints.gatekeeper.sh/v1beta1
        kind: NetobsNamespaceLabels
        metadata:
          name: netobs-namespace-labels
        spec:
          enforcementAction: warn
          match:
            kinds:
              - apiGroups: [""]
                kinds: [Namespace]
            excludedNamespaces: [kube-node-lease, kube-public, kube-system]
          parameters:
            labels:
              - key: env
                required: true
                fixed: true
                values: [prod, test]
                lacking: "the namespace needs the label env with one of prod, test: NetworkPolicy shop/p0 selects on it"
                changing: "the namespace's label env must not be removed or changed: NetworkPolicy shop/p0 selects on it"
    "##]].assert_eq(constraint);
}
