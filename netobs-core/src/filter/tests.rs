//! Each field alone and with others.
