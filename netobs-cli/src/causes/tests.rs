//! How causes of several agents are joined and shown.
