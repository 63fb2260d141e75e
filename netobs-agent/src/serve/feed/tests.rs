//! What the feed keeps, and what readers miss.
