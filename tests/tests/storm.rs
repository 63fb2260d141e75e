//! A storm of hostile clients, by itself: whatever runs beside it would be short of processors.

mod storm {
    mod hostile;
    mod loopback;
}
