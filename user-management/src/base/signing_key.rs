//! A key: how it is made, sealed, opened and published.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};

use super::error::{Error, Result};
use super::options::SigningAlgorithm;
use super::secrets;
use crate::rows::signing_key::Model;
use crm_web::seal::SealKey;

/// What private keys are sealed for.
const PURPOSE: &[u8] = b"signing-key";

/// The algorithm in the words of the library.
pub(crate) const fn algorithm(of: SigningAlgorithm) -> Algorithm {
    match of {
        SigningAlgorithm::EdDsa => Algorithm::EdDSA,
        SigningAlgorithm::Es256 => Algorithm::ES256,
    }
}

/// A new key. Its id is its thumbprint (RFC 7638).
pub(crate) fn generate(
    of: SigningAlgorithm,
    seal: &SealKey,
    now: DateTime<Utc>,
    signs_from: DateTime<Utc>,
) -> Result<Model> {
    let pkcs8 = pkcs8(of).map_err(Error::internal)?;
    let mut public = Jwk::from_encoding_key(&encoding(of, &pkcs8), algorithm(of)).map_err(Error::internal)?;
    let id = public.thumbprint(ThumbprintHash::SHA256).map_err(Error::internal)?;
    public.common.key_id = Some(id.clone());
    public.common.public_key_use = Some(PublicKeyUse::Signature);
    let sealed = seal.seal(PURPOSE, &secrets::name(id.as_bytes()), pkcs8);
    Ok(Model {
        algorithm: of.to_string(),
        public_key: serde_json::to_value(public).map_err(Error::internal)?,
        private_key: STANDARD.encode(sealed.ok_or_else(|| Error::internal("a key cannot be encrypted"))?),
        created_at: now,
        signs_from,
        signs_until: None,
        published_until: None,
        id,
    })
}

/// The private half; `None` if it was sealed with another secret.
pub(crate) fn open(row: &Model, of: SigningAlgorithm, seal: &SealKey) -> Option<EncodingKey> {
    let sealed = STANDARD.decode(&row.private_key).ok()?;
    let pkcs8 = seal.open(PURPOSE, &secrets::name(row.id.as_bytes()), &sealed)?;
    Some(encoding(of, &pkcs8))
}

fn pkcs8(of: SigningAlgorithm) -> Result<Vec<u8>, aws_lc_rs::error::Unspecified> {
    Ok(match of {
        SigningAlgorithm::EdDsa => {
            let der: Pkcs8V1Der<'_> = Ed25519KeyPair::generate()?.as_der()?;
            der.as_ref().to_vec()
        }
        SigningAlgorithm::Es256 => {
            let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
            key.to_pkcs8v1()?.as_ref().to_vec()
        }
    })
}

fn encoding(of: SigningAlgorithm, pkcs8: &[u8]) -> EncodingKey {
    match of {
        SigningAlgorithm::EdDsa => EncodingKey::from_ed_der(pkcs8),
        SigningAlgorithm::Es256 => EncodingKey::from_ec_der(pkcs8),
    }
}
