//! Keys of cached claims, and their encryption in a shared store.

use std::fmt;

use super::VerifiedClaims;
use crate::seal::{LENGTH, SealKey, hexadecimal};

/// The purpose of the seal.
const FACTS: &[u8] = b"facts";
/// The label of digests. It changes with the form of claims, so that no entry of another version is found.
const TOKEN: &[u8] = b"token, with session and permissions";

/// The digest of a token under a secret key. It cannot be used as a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::auth) struct TokenKey([u8; LENGTH]);

impl TokenKey {
    /// The name in a store: hexadecimal.
    pub(super) fn name(&self) -> String {
        hexadecimal(&self.0)
    }
}

/// The secret of digests and seals. Instances with the same secret and the same settings share entries.
#[derive(Clone)]
pub struct FactsKey(SealKey);

impl fmt::Debug for FactsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FactsKey")
    }
}

impl Default for FactsKey {
    /// A random key of this process.
    fn default() -> Self {
        Self(SealKey::random())
    }
}

impl FactsKey {
    /// A key derived from `secret`.
    #[must_use]
    pub fn of(secret: &[u8]) -> Self {
        Self(SealKey::of(secret))
    }

    /// The key for claims verified with these settings: with others, the same token may have other claims.
    pub(in crate::auth) fn for_settings(&self, settings: &str) -> Self {
        Self::of(&self.0.digest(&[b"settings", settings.as_bytes()]))
    }

    /// The key of a token. `generation` separates claims verified with other keys.
    pub(in crate::auth) fn of_token(&self, generation: u64, token: &str) -> TokenKey {
        TokenKey(self.0.digest(&[TOKEN, &generation.to_be_bytes(), token.as_bytes()]))
    }

    /// Encrypts claims for a store, because they contain names and addresses. Bound to this token, so that entries
    /// cannot be swapped.
    pub(super) fn seal(&self, token: &TokenKey, facts: &VerifiedClaims) -> Option<Vec<u8>> {
        self.0.seal(FACTS, &token.0, serde_json::to_vec(facts).ok()?)
    }

    /// Decrypts an entry of a store; `None` if it is not genuine.
    pub(super) fn open(&self, token: &TokenKey, sealed: &[u8]) -> Option<VerifiedClaims> {
        serde_json::from_slice(&self.0.open(FACTS, &token.0, sealed)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::facts;
    use super::FactsKey;

    #[test]
    fn keys_belong_to_a_secret_a_token_and_settings() {
        let (one, same, other) = (FactsKey::of(b"one"), FactsKey::of(b"one"), FactsKey::of(b"other"));
        let name = |key: &FactsKey, generation, token| key.of_token(generation, token).name();
        assert_eq!(name(&one, 0, "a"), name(&same, 0, "a"));
        assert_ne!(name(&one, 0, "a"), name(&one, 0, "b"));
        assert_ne!(name(&one, 0, "a"), name(&one, 1, "a"));
        assert_ne!(name(&one, 0, "a"), name(&other, 0, "a"));
        assert_ne!(name(&one, 0, "a"), name(&one.for_settings("x"), 0, "a"));
        assert_ne!(name(&FactsKey::default(), 0, "a"), name(&FactsKey::default(), 0, "a"));
        assert_eq!(name(&one, 0, "a").len(), 64);
    }

    #[test]
    fn what_was_changed_is_not_opened() {
        let key = FactsKey::of(b"secret");
        let (ann, ben) = (key.of_token(0, "ann"), key.of_token(0, "ben"));
        let facts = facts();
        let sealed = key.seal(&ann, &facts).unwrap();
        assert_eq!(key.open(&ann, &sealed), Some(facts));
        assert_eq!(key.open(&ben, &sealed), None);
        assert_eq!(FactsKey::of(b"other").open(&ann, &sealed), None);
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert_eq!(key.open(&ann, &changed), None, "{position}");
        }
        for length in [0, 1, 11, 12, 27, 28, sealed.len() - 1] {
            assert_eq!(key.open(&ann, &sealed[..length]), None, "{length}");
        }
    }

    #[test]
    fn what_is_sealed_cannot_be_read() {
        let key = FactsKey::of(b"secret");
        let (token, facts) = (key.of_token(0, "ann"), facts());
        let [one, other] = [(); 2].map(|()| key.seal(&token, &facts).unwrap());
        assert_ne!(one, other, "two sealings of the same claims differ");
        for part in ["acme", "ann", "Ann Lee", "ann@example.com", "admin", "company"] {
            assert!(!one.windows(part.len()).any(|window| window == part.as_bytes()), "{part}");
        }
    }
}
