//! What the pages say can be run: that it runs, or that it says what it takes, and that its options exist.

mod docs {
    mod commands;
    mod inline;
    mod links;
    mod page;
    mod stage;
    mod usage;
}
