//! Under what facts are kept, and how they are sealed where others could write.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::TokenFacts;

type Digest = Hmac<Sha256>;
const LENGTH: usize = 32;

/// The digest of a token, under a key that nobody outside knows. It opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::auth) struct TokenKey([u8; LENGTH]);

impl TokenKey {
    /// As it is called in a store: hexadecimal.
    pub(super) fn name(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The secret behind digests and seals. Instances with the same secret and the same settings find each other's facts.
#[derive(Clone)]
pub struct FactsKey(Digest);

impl fmt::Debug for FactsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FactsKey")
    }
}

impl Default for FactsKey {
    /// A key that only this process knows.
    fn default() -> Self {
        Self::of(&rand::random::<[u8; LENGTH]>())
    }
}

impl FactsKey {
    /// A key that everybody knows who knows `secret`.
    #[must_use]
    pub fn of(secret: &[u8]) -> Self {
        // HMAC takes keys of any length.
        Self(Digest::new_from_slice(secret).unwrap_or_else(|_| Digest::new(&Default::default())))
    }

    /// The key for facts that were found under these settings: with others, the same token may say something else.
    pub(in crate::auth) fn for_settings(&self, settings: &str) -> Self {
        Self::of(&self.digest(&[b"settings", settings.as_bytes()]))
    }

    /// The key of a token. `generation` tells apart what was verified with other keys.
    pub(in crate::auth) fn of_token(&self, generation: u64, token: &str) -> TokenKey {
        TokenKey(self.digest(&[b"token", &generation.to_be_bytes(), token.as_bytes()]))
    }

    /// Facts as they are given to a store: encrypted, because they hold names and addresses, and for this token only, so that
    /// they cannot be exchanged.
    pub(super) fn seal(&self, token: &TokenKey, facts: &TokenFacts) -> Option<Vec<u8>> {
        let mut text = serde_json::to_vec(facts).ok()?;
        let nonce = self.cipher(token)?.seal_in_place_append_tag(Aad::empty(), &mut text).ok()?;
        Some([&nonce.as_ref()[..], &text].concat())
    }

    /// What a store gave back; `None` if it is not what it was given.
    pub(super) fn open(&self, token: &TokenKey, sealed: &[u8]) -> Option<TokenFacts> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let (nonce, mut text) = (Nonce::try_assume_unique_for_key(nonce).ok()?, text.to_vec());
        let text = self.cipher(token)?.open_in_place(nonce, Aad::empty(), &mut text).ok()?;
        serde_json::from_slice(text).ok()
    }

    /// A cipher for each token: so few texts are encrypted under one key that its random nonces never meet.
    fn cipher(&self, token: &TokenKey) -> Option<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.digest(&[b"facts", &token.0])).ok()
    }

    fn digest(&self, parts: &[&[u8]]) -> [u8; LENGTH] {
        self.over(parts).finalize().into_bytes().into()
    }

    /// Each part with its length, so that no two lists of parts are the same text.
    fn over(&self, parts: &[&[u8]]) -> Digest {
        parts.iter().fold(self.0.clone(), |digest, part| {
            digest.chain_update((part.len() as u64).to_be_bytes()).chain_update(part)
        })
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
        assert_ne!(one, other, "nobody can tell whether two are the same");
        for part in ["acme", "ann", "Ann Lee", "ann@example.com", "admin", "company"] {
            assert!(!one.windows(part.len()).any(|window| window == part.as_bytes()), "{part}");
        }
    }
}
