//! Hashes of passwords, and the rules for new ones.
