//! A published set of public keys, and the keys that can verify a token.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// No service has more keys than this.
const MOST: usize = 64;
/// The minimum length of an RSA modulus in base64url: 2048 bits, which RFC 7518 (section 3.3) requires.
const SHORTEST_MODULUS: usize = 342;

/// Public keys.
#[derive(Debug)]
pub(super) struct KeySet {
    keys: Vec<Key>,
    /// The published form, to detect changes.
    published: Vec<u8>,
}

impl PartialEq for KeySet {
    fn eq(&self, other: &Self) -> bool {
        self.published == other.published
    }
}

/// A public key, and its algorithms.
#[derive(Debug)]
pub(super) struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    pub(super) decoding: DecodingKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Parses a set. Keys for other purposes, and of unknown kinds, are skipped. Returns the reason if no key is left.
    pub(super) fn read(text: &[u8]) -> Result<Self, &'static str> {
        let document: Document = serde_json::from_slice(text).map_err(|_| "it is not a set of keys")?;
        if document.keys.len() > MOST {
            return Err("it has too many keys");
        }
        let keys: Vec<Key> = document.keys.into_iter().filter_map(Key::read).collect();
        if keys.is_empty() {
            Err("it has no key that signs tokens")
        } else {
            Ok(Self { keys, published: text.to_vec() })
        }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The keys that may have signed a token with this header.
    pub(super) fn of(&self, id: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &Key> {
        // A key without an id matches every token.
        let is_named = move |key: &&Key| id.is_none() || key.id.is_none() || key.id.as_deref() == id;
        self.keys.iter().filter(is_named).filter(move |key| key.algorithms.contains(&algorithm))
    }

    /// Whether a token that matches no key may be signed with a newer key.
    pub(super) fn may_miss(&self, id: Option<&str>) -> bool {
        id.is_none() || self.keys.iter().all(|key| key.id.as_deref() != id)
    }
}

impl Key {
    fn read(published: Value) -> Option<Self> {
        let jwk = Jwk::deserialize(published).ok()?;
        let common = &jwk.common;
        let signs = common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature);
        let verifies =
            common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        let possible = possible(&jwk.algorithm).filter(|_| signs && verifies)?;
        let algorithms: Vec<Algorithm> = match common.key_algorithm {
            Some(algorithm) => possible.iter().copied().filter(|one| KeyAlgorithm::from(*one) == algorithm).collect(),
            None => possible.to_vec(),
        };
        let decoding = DecodingKey::from_jwk(&jwk).ok().filter(|_| !algorithms.is_empty())?;
        Some(Self { id: jwk.common.key_id, algorithms, decoding })
    }
}

/// The algorithms of a key. None if it is a secret: a published secret is known to all.
fn possible(key: &AlgorithmParameters) -> Option<&'static [Algorithm]> {
    match key {
        AlgorithmParameters::RSA(key) if key.n.len() >= SHORTEST_MODULUS => Some(RSA),
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => Some(&[Algorithm::ES256]),
            EllipticCurve::P384 => Some(&[Algorithm::ES384]),
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Some(&[Algorithm::EdDSA]),
        _ => None,
    }
}

const RSA: &[Algorithm] =
    &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512];
