//! What is encoded is what the slow way would have encoded.
