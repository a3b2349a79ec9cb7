//! The claims of access tokens.

use std::fmt;

use crm_core::actor::Role;
use jsonwebtoken::Header;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::error::{Error, Result};
use crate::base::service::UserManagement;
use crate::keys::Signer;

/// The type of access tokens (RFC 9068, section 2.1), so that no other token of an issuer passes for one.
pub(super) const TYPE: &str = "at+jwt";
/// The client of tokens that users sign in for (RFC 9068, section 2.2).
const CLIENT: &str = "user-management";

/// The claims of an access token. Two members with one name are refused when it is read.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Claims {
    pub iss: String,
    pub aud: String,
    /// The user, or the API key.
    pub sub: Uuid,
    #[serde(rename = "client_id")]
    pub client_id: String,
    pub company_id: Uuid,
    pub role: Role,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    pub exp: i64,
    pub jti: Uuid,
    /// The session, or the API key again.
    pub sid: Uuid,
    /// The generation of the membership; absent for an API key.
    #[serde(rename = "gen", default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_kind: Option<String>,
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").field("sub", &self.sub).field("sid", &self.sid).finish_non_exhaustive()
    }
}

impl Claims {
    /// The claims of a subject in a company, from now on.
    pub(crate) fn new(um: &UserManagement, company: Uuid, subject: Uuid, role: Role, session: Uuid) -> Self {
        let (now, options) = (um.now(), um.options());
        Self {
            iss: options.issuer.clone(),
            aud: options.audience.clone(),
            sub: subject,
            client_id: CLIENT.to_owned(),
            company_id: company,
            role,
            permissions: Vec::new(),
            name: None,
            email: None,
            iat: now.timestamp(),
            nbf: None,
            exp: (now + um.lifetime(options.access_token)).timestamp(),
            jti: um.id(),
            sid: session,
            generation: None,
            actor_kind: None,
        }
    }
}

/// Signs a token.
pub(crate) fn sign(signer: &Signer, claims: &Claims) -> Result<String> {
    let mut header = Header::new(signer.algorithm);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(signer.kid.clone());
    // The error of the library names no claims.
    jsonwebtoken::encode(&header, claims, &signer.key).map_err(Error::internal)
}
