//! Digests and random tokens.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A random token of 256 bits, as text for URLs and cookies.
pub(crate) fn token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// The digest under which a token is stored. A token is random, so that a plain digest cannot be reversed.
pub(crate) fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// The name of a sealed value, for [`SealKey`](crm_web::seal::SealKey).
pub(crate) fn name(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// Whether two secrets are the same. The time it takes does not depend on what they have in common.
pub(crate) fn are_equal(one: &str, other: &str) -> bool {
    verify_slices_are_equal(&Sha256::digest(one), &Sha256::digest(other)).is_ok()
}
