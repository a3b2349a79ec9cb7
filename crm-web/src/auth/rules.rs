//! The rules for tokens: validity, issuer and audience, for all ways of verification.

use chrono::Utc;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde_json::Value;

use super::AuthError;

/// The maximum clock difference of issuer and service, in seconds.
const SKEW: u32 = 30;

pub(super) const EXPIRED: AuthError = AuthError::Invalid("the token has expired");
pub(super) const IMMATURE: AuthError = AuthError::Invalid("the token is not valid yet");
pub(super) const OTHER_ISSUER: AuthError = AuthError::Invalid("the token has another issuer");
pub(super) const OTHER_AUDIENCE: AuthError = AuthError::Invalid("the token is for another audience");
const LACKS_CLAIM: AuthError = AuthError::Invalid("the token lacks a claim");
pub(super) const NO_ACCESS_TOKEN: AuthError = AuthError::Invalid("the token is not an access token");
pub(super) const NOT_GENUINE: AuthError = AuthError::Invalid("the token is not genuine");

/// The required issuer and audience of tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenRules {
    /// The required issuer (`iss`); any if absent.
    pub issuer: Option<String>,
    /// The required audience (`aud`); any if absent.
    pub audience: Option<String>,
}

impl TokenRules {
    /// The rules of a signed token, for the library that checks them.
    pub(super) fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = SKEW.into();
        validation.validate_nbf = true;
        let mut required = vec!["exp"];
        if let Some(issuer) = &self.issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        // Without an expected audience the library refuses tokens that have one; we accept them.
        validation.validate_aud = self.audience.is_some();
        if let Some(audience) = &self.audience {
            validation.set_audience(&[audience]);
            required.push("aud");
        }
        validation.set_required_spec_claims(&required);
        validation
    }

    /// Checks claims that the service has verified. Times may be missing, because the service has checked them.
    pub(super) fn check(&self, claims: &Value) -> Result<(), AuthError> {
        let now = Utc::now().timestamp();
        if let Some(expires) = seconds(claims, "exp")?
            && expires < now - i64::from(SKEW)
        {
            return Err(EXPIRED);
        }
        if let Some(begins) = seconds(claims, "nbf")?
            && begins > now + i64::from(SKEW)
        {
            return Err(IMMATURE);
        }
        expect(&self.issuer, claims.get("iss"), OTHER_ISSUER)?;
        expect(&self.audience, claims.get("aud"), OTHER_AUDIENCE)
    }
}

/// Whether a claim is the expected value, or a list that contains it.
fn expect(expected: &Option<String>, claim: Option<&Value>, otherwise: AuthError) -> Result<(), AuthError> {
    let Some(expected) = expected else {
        return Ok(());
    };
    let holds = match claim {
        None | Some(Value::Null) => return Err(LACKS_CLAIM),
        Some(Value::String(one)) => one == expected,
        Some(Value::Array(several)) => several.iter().any(|one| one == expected.as_str()),
        Some(_) => false,
    };
    if holds { Ok(()) } else { Err(otherwise) }
}

/// A claim with a time, in seconds since 1970 (RFC 7519, section 2).
pub(super) fn seconds(claims: &Value, name: &str) -> Result<Option<i64>, AuthError> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let whole = value.as_i64();
            // Floats outside this range are not times.
            #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
            let rounded = value.as_f64().filter(|seconds| (0.0..1e12).contains(seconds)).map(|seconds| seconds as i64);
            whole.or(rounded).map(Some).ok_or(AuthError::Invalid("the token has an invalid time"))
        }
    }
}

/// Other tokens of the issuer (RFC 8725, section 3.11) are refused by their type.
fn is_access_token(header: &Header) -> Result<(), Refusal> {
    const TYPES: &[&str] = &["jwt", "at+jwt", "application/at+jwt"];
    match &header.typ {
        Some(of) if !TYPES.iter().any(|name| name.eq_ignore_ascii_case(of)) => Err(Refusal::Rule(NO_ACCESS_TOKEN)),
        _ => Ok(()),
    }
}

/// The claims of a signed token that meets the rules.
pub(super) fn verified(token: &str, key: &DecodingKey, validation: &Validation) -> Result<Value, Refusal> {
    let verified = jsonwebtoken::decode::<Value>(token, key, validation).map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature => Refusal::Signature,
        ErrorKind::ExpiredSignature => Refusal::Rule(EXPIRED),
        ErrorKind::ImmatureSignature => Refusal::Rule(IMMATURE),
        ErrorKind::InvalidIssuer => Refusal::Rule(OTHER_ISSUER),
        ErrorKind::InvalidAudience => Refusal::Rule(OTHER_AUDIENCE),
        ErrorKind::MissingRequiredClaim(_) => Refusal::Rule(LACKS_CLAIM),
        _ => Refusal::Rule(NOT_GENUINE),
    })?;
    // RFC 7515, section 4.1.11: an unknown critical header must be refused.
    if verified.header.crit.is_some() {
        return Err(Refusal::Rule(AuthError::Invalid("the token has an unknown critical header")));
    }
    is_access_token(&verified.header)?;
    Ok(verified.claims)
}

/// The reason why a signed token is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is not signed with this key; perhaps with another one.
    Signature,
    /// It violates a rule.
    Rule(AuthError),
}

impl From<Refusal> for AuthError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Signature => NOT_GENUINE,
            Refusal::Rule(error) => error,
        }
    }
}

/// The maximum length of a token. Proxies accept headers of at most 8 KiB.
const LONGEST: usize = 8 * 1024;

/// Refuses texts that cannot be tokens before the service is called: RFC 6750, section 2.1, allows few characters.
pub(super) fn check_format(token: &str) -> Result<(), AuthError> {
    if token.len() > LONGEST {
        return Err(AuthError::Invalid("the token is too long"));
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.bytes().all(is_letter) { Ok(()) } else { Err(NOT_GENUINE) }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use serde_json::{Value, json};

    use super::{TokenRules, check_format};

    fn holds(claims: Value) -> bool {
        let rules = TokenRules { issuer: Some("https://id".to_owned()), audience: Some("crm".to_owned()) };
        let mut all = json!({ "iss": "https://id", "aud": ["erp", "crm"] });
        crm_core::patch::merge(&mut all, claims);
        rules.check(&all).is_ok()
    }

    #[test]
    fn the_claims_of_others_keep_the_same_rules() {
        let at = |seconds: i64| Utc::now().timestamp() + seconds;
        for good in [
            json!({}),
            json!({ "aud": "crm" }),
            json!({ "exp": at(60) }),
            json!({ "exp": at(-20) }),
            json!({ "exp": 4e9 }),
            json!({ "nbf": at(20) }),
        ] {
            assert!(holds(good.clone()), "{good}");
        }
        for bad in [
            json!({ "iss": null }),
            json!({ "iss": "https://id/" }),
            json!({ "iss": 7 }),
            json!({ "aud": null }),
            json!({ "aud": "CRM" }),
            json!({ "aud": [] }),
            json!({ "exp": at(-40) }),
            json!({ "exp": 0 }),
            json!({ "exp": "tomorrow" }),
            json!({ "exp": -1.5 }),
            json!({ "nbf": at(45) }),
        ] {
            assert!(!holds(bad.clone()), "{bad}");
        }
        assert!(TokenRules::default().check(&json!({})).is_ok());
    }

    #[test]
    fn what_can_be_no_token_is_refused_at_once() {
        assert!(check_format("eyJ0.eyJz-_~+/==").is_ok());
        assert!(check_format(&"a".repeat(8 * 1024)).is_ok());
        for bad in ["a b", "a\"b", "ä", "a\u{0}b", &"a".repeat(8 * 1024 + 1)] {
            assert!(check_format(bad).is_err());
        }
    }
}
