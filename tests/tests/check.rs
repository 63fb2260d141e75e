//! `netobs check` and `netobs preview --watch` of a cluster in the lab, and what is read from an API server.

mod check {
    mod enforcement;
    mod image;
    mod in_force;
    mod probe;
    mod scene;
    mod tools;
}
