//! Keyed digests and seals, for values in stores that others could read and write.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

type Digest = Hmac<Sha256>;
/// The length of digests, in bytes.
pub const LENGTH: usize = 32;

/// The secret of digests and seals. Instances with the same secret understand each other's values.
#[derive(Clone)]
pub struct SealKey(Digest);

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

impl SealKey {
    /// A key derived from `secret`.
    #[must_use]
    pub fn of(secret: &[u8]) -> Self {
        // HMAC accepts keys of any length.
        Self(Digest::new_from_slice(secret).unwrap_or_else(|_| Digest::new(&Default::default())))
    }

    /// A random key of this process.
    #[must_use]
    pub fn random() -> Self {
        Self::of(&rand::random::<[u8; LENGTH]>())
    }

    /// The digest of these parts. Each is hashed with its length, so that different lists never give the same input.
    #[must_use]
    pub fn digest(&self, parts: &[&[u8]]) -> [u8; LENGTH] {
        let digest = parts.iter().fold(self.0.clone(), |digest, part| {
            digest.chain_update((part.len() as u64).to_be_bytes()).chain_update(part)
        });
        digest.finalize().into_bytes().into()
    }

    /// Encrypts a text for a store. Bound to this name, so that values cannot be swapped.
    #[must_use]
    pub fn seal(&self, purpose: &[u8], name: &[u8; LENGTH], mut text: Vec<u8>) -> Option<Vec<u8>> {
        let nonce = self.cipher(purpose, name)?.seal_in_place_append_tag(Aad::empty(), &mut text).ok()?;
        Some([&nonce.as_ref()[..], &text].concat())
    }

    /// Decrypts a value of a store; `None` if it is not genuine.
    #[must_use]
    pub fn open(&self, purpose: &[u8], name: &[u8; LENGTH], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let (nonce, mut text) = (Nonce::try_assume_unique_for_key(nonce).ok()?, text.to_vec());
        let length = self.cipher(purpose, name)?.open_in_place(nonce, Aad::empty(), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }

    /// One cipher per name: so few texts are encrypted with one key that random nonces never repeat.
    fn cipher(&self, purpose: &[u8], name: &[u8; LENGTH]) -> Option<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.digest(&[purpose, name])).ok()
    }
}

/// A digest in hexadecimal.
#[must_use]
pub fn hexadecimal(digest: &[u8; LENGTH]) -> String {
    hex::encode(digest)
}
