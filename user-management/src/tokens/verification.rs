//! Verifies access tokens at this service: their signature, and whether they are still in force.

use crm_core::ids::{CompanyId, UserId};
use jsonwebtoken::Validation;

use super::claims::{Claims, TYPE};
use super::state;
use crate::base::caller::{Caller, Client};
use crate::base::error::{Refusal, Result};
use crate::base::ids::SessionId;
use crate::base::service::UserManagement;

/// The maximum clock difference of instances, in seconds.
const LEEWAY: i64 = 30;
/// The maximum length of a token. Proxies accept headers of at most 8 KiB.
const LONGEST: usize = 8 * 1024;

/// A token that we have signed, and that is valid at this time.
pub(super) struct Genuine {
    pub claims: Claims,
    pub kid: String,
}

impl UserManagement {
    /// The caller of a user's access token. The session and the membership are read, so that log-out and suspension act
    /// at once. Tokens of API keys are refused: they are for other services.
    ///
    /// # Errors
    /// [`Refusal::Token`] if the token is not genuine, has expired or was revoked; those of the database.
    pub async fn verify(&self, token: &str, client: Client) -> Result<Caller> {
        let genuine = genuine(self, token).await?.ok_or(Refusal::Token)?;
        let role = state::role_in_force(self, &genuine).await?.ok_or(Refusal::Token)?;
        let claims = genuine.claims;
        Ok(Caller {
            company: CompanyId(claims.company_id),
            user: UserId(claims.sub),
            role,
            session: Some(SessionId(claims.sid)),
            client,
        })
    }
}

/// Checks everything that the token itself tells; `None` if a rule is broken (RFC 9068, section 4; RFC 8725).
pub(super) async fn genuine(um: &UserManagement, token: &str) -> Result<Option<Genuine>> {
    if token.len() > LONGEST {
        return Ok(None);
    }
    let header = jsonwebtoken::decode_header(token).ok().filter(|header| {
        let is_access_token = header.typ.as_deref().is_some_and(|of| of.eq_ignore_ascii_case(TYPE));
        // RFC 7515, section 4.1.11: an unknown critical header must be refused.
        is_access_token && header.crit.is_none()
    });
    let Some((kid, algorithm)) = header.and_then(|header| Some((header.kid?, header.alg))) else {
        return Ok(None);
    };
    let Some(key) = um.verifying_key(&kid).await?.filter(|key| key.algorithm == algorithm) else {
        return Ok(None);
    };
    // Times are compared with our clock, below.
    let mut validation = Validation::new(key.algorithm);
    validation.validate_exp = false;
    validation.set_issuer(&[&um.options().issuer]);
    validation.set_audience(&[&um.options().audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let verified = jsonwebtoken::decode::<Claims>(token, &key.key, &validation);
    let claims = verified.ok().map(|verified| verified.claims).filter(|claims| is_timely(um, claims));
    Ok(claims.map(|claims| Genuine { claims, kid }))
}

fn is_timely(um: &UserManagement, claims: &Claims) -> bool {
    let now = um.now().timestamp();
    let begins = claims.nbf.unwrap_or(claims.iat).max(claims.iat);
    now <= claims.exp.saturating_add(LEEWAY) && begins <= now.saturating_add(LEEWAY)
}
