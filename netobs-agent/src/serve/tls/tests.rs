//! Certificates good, bad and renewed.
