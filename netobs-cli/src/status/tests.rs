//! How statuses are shown.
