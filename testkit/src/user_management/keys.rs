//! Keys that sign, and how they are published.

#![expect(clippy::expect_used, reason = "a test that gets no key, token or answer cannot go on")]

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, EncodingKey, Header};
use serde_json::Value;
use uuid::Uuid;

/// A key as it is published.
pub type PublicKey = Jwk;

/// A private key.
pub(crate) struct SigningKey {
    pub(crate) id: String,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl SigningKey {
    pub(crate) fn generate(algorithm: Algorithm) -> Self {
        let key = match algorithm.family() {
            AlgorithmFamily::Rsa => rsa(),
            AlgorithmFamily::Ec => ec(algorithm),
            AlgorithmFamily::Ed => {
                let key = Ed25519KeyPair::generate().expect("an Ed25519 key");
                let der: Pkcs8V1Der<'_> = key.as_der().expect("its PKCS#8 form");
                EncodingKey::from_ed_der(der.as_ref())
            }
            AlgorithmFamily::Hmac => panic!("a secret is no pair of keys"),
        };
        Self { id: Uuid::new_v4().to_string(), algorithm, key }
    }

    pub(crate) fn header(&self) -> Header {
        Header { kid: Some(self.id.clone()), ..Header::new(self.algorithm) }
    }

    pub(crate) fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.key).expect("a token")
    }

    pub(crate) fn public(&self) -> PublicKey {
        let mut public = Jwk::from_encoding_key(&self.key, self.algorithm).expect("its public half");
        public.common.key_id = Some(self.id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        public
    }
}

/// The library wants the inner form, which it finds in PEM.
fn rsa() -> EncodingKey {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key");
    let der: Pkcs8V1Der<'_> = key.as_der().expect("its PKCS#8 form");
    let text = STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a private key")
}

fn ec(algorithm: Algorithm) -> EncodingKey {
    let curve = match algorithm {
        Algorithm::ES384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        _ => &ECDSA_P256_SHA256_FIXED_SIGNING,
    };
    let key = EcdsaKeyPair::generate(curve).expect("an EC key");
    EncodingKey::from_ec_der(key.to_pkcs8v1().expect("its PKCS#8 form").as_ref())
}
