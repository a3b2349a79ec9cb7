//! Maps ids of an issuer to ids of the CRM.

use crm_core::ids::{CompanyId, UserId};
use uuid::{Uuid, Variant, Version};

use super::AuthError;

const SPACES: AuthError = AuthError::Invalid("the token names an id with spaces around it");
const UNUSUAL: AuthError = AuthError::Invalid("the token names a UUID that is not in lower case with hyphens");
const EMPTY_UUID: AuthError = AuthError::Invalid("the token names the nil or the max UUID");
const RESERVED: AuthError = AuthError::Invalid("the token names a UUID of version 5, which keys of the issuer become");
const NO_UUID: AuthError = AuthError::Invalid("the token names an id that is no UUID");

/// The form of a claim that names a company or a user.
///
/// With each form, two different claims never become the same id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdClaim {
    /// A UUID, which is used unchanged, or another key, which is mapped to a UUID of version 5 together with its
    /// issuer. A UUID of version 5 is refused: it could be the mapped key of another company.
    #[default]
    Any,
    /// A UUID of any version, which is used unchanged. Other keys are refused.
    Uuid,
    /// A key of the issuer, which is mapped to a UUID of version 5, even if it is a UUID.
    Key,
}

impl IdClaim {
    /// The id of the company with this `key` of `issuer`.
    pub(super) fn company(self, issuer: &str, key: &str) -> Result<CompanyId, AuthError> {
        Ok(self.uuid(key)?.map_or_else(|| CompanyId::from_foreign(namespace(issuer), key), CompanyId))
    }

    /// The id of the user with this `key` of `issuer`.
    pub(super) fn user(self, issuer: &str, key: &str) -> Result<UserId, AuthError> {
        Ok(self.uuid(key)?.map_or_else(|| UserId::from_foreign(namespace(issuer), key), UserId))
    }

    /// The claim as a UUID, if it is used unchanged.
    fn uuid(self, key: &str) -> Result<Option<Uuid>, AuthError> {
        if key.trim() != key {
            return Err(SPACES);
        }
        match (self, Uuid::try_parse(key)) {
            (Self::Key, _) | (Self::Any, Err(_)) => Ok(None),
            (Self::Uuid, Err(_)) => Err(NO_UUID),
            (_, Ok(id)) if id.to_string() != key => Err(UNUSUAL),
            (_, Ok(id)) if id.is_nil() || id.is_max() => Err(EMPTY_UUID),
            (Self::Any, Ok(id)) if is_mapped(id) => Err(RESERVED),
            (Self::Any | Self::Uuid, Ok(id)) => Ok(Some(id)),
        }
    }
}

/// Whether this UUID could be a mapped key.
fn is_mapped(id: Uuid) -> bool {
    id.get_version() == Some(Version::Sha1) && id.get_variant() == Variant::RFC4122
}

/// The namespace of an issuer's keys. An issuer is a URL or a name; both give a stable namespace.
fn namespace(issuer: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, issuer.as_bytes())
}

#[cfg(test)]
mod tests {
    use crm_core::ids::CompanyId;
    use uuid::Uuid;

    use super::{EMPTY_UUID, IdClaim, NO_UUID, RESERVED, SPACES, UNUSUAL};

    const PLAIN: &str = "0190d9a8-3f00-7000-8000-000000000001";

    fn company(claim: IdClaim, key: &str) -> Result<CompanyId, super::AuthError> {
        claim.company("https://id", key)
    }

    #[test]
    fn keys_become_the_ids_that_they_always_became() {
        let of = |key| CompanyId(Uuid::new_v5(&Uuid::new_v5(&Uuid::NAMESPACE_URL, b"https://id"), key));
        for claim in [IdClaim::Any, IdClaim::Key] {
            assert_eq!(company(claim, "acme"), Ok(of(b"acme")));
        }
        assert_eq!(company(IdClaim::Any, PLAIN), Ok(PLAIN.parse().unwrap()));
        assert_eq!(company(IdClaim::Key, PLAIN), Ok(of(PLAIN.as_bytes())));
        assert_eq!(company(IdClaim::Uuid, "acme"), Err(NO_UUID));
    }

    #[test]
    fn no_uuid_opens_what_a_key_has_become() {
        let mapped = company(IdClaim::Any, "acme").unwrap();
        assert_eq!(company(IdClaim::Any, &mapped.to_string()), Err(RESERVED));
        assert_ne!(company(IdClaim::Key, &mapped.to_string()), Ok(mapped));
        // Without mapped keys there is no ambiguity.
        assert_eq!(company(IdClaim::Uuid, &mapped.to_string()), Ok(mapped));
    }

    #[test]
    fn a_uuid_is_written_in_one_way() {
        let id: Uuid = PLAIN.parse().unwrap();
        let others = [PLAIN.to_uppercase(), id.simple().to_string(), id.braced().to_string(), id.urn().to_string()];
        for other in others {
            assert_eq!(company(IdClaim::Any, &other), Err(UNUSUAL), "{other}");
            assert_eq!(company(IdClaim::Uuid, &other), Err(UNUSUAL), "{other}");
        }
        for claim in [IdClaim::Any, IdClaim::Uuid, IdClaim::Key] {
            for key in [&format!(" {PLAIN}"), &format!("{PLAIN}\u{a0}"), "acme\n"] {
                assert_eq!(company(claim, key), Err(SPACES), "{key:?}");
            }
        }
        for id in [Uuid::nil(), Uuid::max()] {
            assert_eq!(company(IdClaim::Any, &id.to_string()), Err(EMPTY_UUID));
            assert_eq!(company(IdClaim::Uuid, &id.to_string()), Err(EMPTY_UUID));
        }
    }
}
