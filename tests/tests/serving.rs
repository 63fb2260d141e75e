//! The agent as those meet it who ask it: many subscribers at once, metrics against the truth, and settings that cannot work.

mod serving {
    mod bad_settings;
    mod metrics;
    mod profile;
    mod subscribers;
}
