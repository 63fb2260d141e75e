//! What is in `deploy/`: rendered by kubectl and helm, judged by Kubernetes' schemas, promtool and Prometheus, and tried on an
//! agent.

mod deploy {
    mod accepted;
    mod alerts;
    mod asked;
    mod chart;
    mod custom;
    mod dashboard;
    mod denied;
    mod elsewhere;
    mod expression;
    mod parity;
    mod pod;
    mod rendered;
    mod running;
    mod scene;
    mod schema;
    mod scrape;
    mod tools;
    mod users;
}
