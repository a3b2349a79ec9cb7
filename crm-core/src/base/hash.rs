//! A hash that is stored: the same in every version of the program.

use sha2::{Digest, Sha256};

/// The first eight bytes of the SHA-256 of a text.
pub(crate) fn stable_hash(text: &str) -> i64 {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).fold(0_i64, |hash, byte| (hash << 8) | i64::from(*byte))
}
