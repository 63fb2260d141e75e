//! What `netobs inventory` draws, read by the programs that it is drawn for: a browser and Graphviz.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod browser {
    mod drawn;
    mod hostile;
    mod inventory;
    mod page;
}
