//! Maps the claims of a verified token to an actor.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use crm_core::actor::{Actor, ActorKind, Role};
use serde_json::{Map, Value, json};

use super::{AuthError, IdClaim, VerifiedClaims, extra_rights, rules};

/// The refusal of a token without a company.
pub const NO_COMPANY: AuthError = AuthError::Invalid("the token names no company");

/// The mapping of token roles to roles of the CRM, ignoring case.
///
/// Written `their=ours`, separated by commas: `user=sales_rep,owner=admin`. The five roles of the CRM cannot be mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleMap(BTreeMap<String, Role>);

impl Default for RoleMap {
    /// Maps `user`, `agent` and `sales` to sales representative.
    fn default() -> Self {
        let others = ["user", "agent", "sales"].map(|name| (name.to_owned(), Role::SalesRep));
        let own = Role::ALL.iter().map(|role| (role.to_string(), *role));
        Self(own.chain(others).collect())
    }
}

impl RoleMap {
    /// The role of the CRM for a role in a token.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<Role> {
        self.0.get(&name.trim().to_lowercase()).copied().or_else(|| name.parse().ok())
    }
}

impl FromStr for RoleMap {
    type Err = String;

    /// Adds to the default. A built-in role cannot be mapped, because it must mean the same everywhere.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut map = Self::default();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (theirs, ours) = pair.split_once('=').ok_or_else(|| format!("\"{pair}\" is not written their=ours"))?;
            let role = ours.parse::<Role>().map_err(|error| format!("\"{}\": {error}", ours.trim()))?;
            if theirs.parse::<Role>().is_ok_and(|own| own != role) {
                let theirs = theirs.trim();
                return Err(format!("\"{theirs}\" always means itself; what can be mapped are the words of others"));
            }
            map.0.insert(theirs.trim().to_lowercase(), role);
        }
        Ok(map)
    }
}

/// The identity to put into a token.
#[derive(Clone, PartialEq, Eq)]
pub struct CallerFacts {
    /// The company: a UUID, or any key of the issuer.
    pub company: String,
    /// The user: a UUID, or any key of the issuer.
    pub user: String,
    /// The user's role.
    pub role: String,
    /// The user's name.
    pub name: Option<String>,
    /// The user's e-mail address.
    pub email: Option<String>,
}

impl fmt::Debug for CallerFacts {
    /// An identity without name and address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { company, user, role, .. } = self;
        f.debug_struct("CallerFacts")
            .field("company", company)
            .field("user", user)
            .field("role", role)
            .finish_non_exhaustive()
    }
}

/// The claims of a token: JSON pointers (RFC 6901), of which the first that exists is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimMapping {
    /// The claim with the company.
    pub company: Vec<String>,
    /// The form of the company claim.
    pub company_as: IdClaim,
    /// The claim with the user.
    pub user: Vec<String>,
    /// The form of the user claim.
    pub user_as: IdClaim,
    /// The claim with the role, or with a list of roles, of which the one with the most rights is used.
    pub role: Vec<String>,
    /// The claim with rights beside those of the role: a list of `resource:action` and `resource:action:own`.
    pub permissions: Vec<String>,
    /// The claim with the user's name.
    pub name: Vec<String>,
    /// The claim with the user's e-mail address.
    pub email: Vec<String>,
    /// The mapping of roles.
    pub roles: RoleMap,
}

impl Default for ClaimMapping {
    fn default() -> Self {
        let pointers = |text: &str| text.split(',').map(str::to_owned).collect();
        Self {
            company: pointers("/companyId,/company_id"),
            company_as: IdClaim::default(),
            user: pointers("/sub"),
            user_as: IdClaim::default(),
            role: pointers("/role,/user/role"),
            permissions: pointers("/permissions"),
            name: pointers("/name"),
            email: pointers("/email"),
            roles: RoleMap::default(),
        }
    }
}

impl ClaimMapping {
    /// The actor of verified claims. Keys that are not UUIDs are mapped to ids together with their issuer, so that keys
    /// of different issuers never collide; see [`IdClaim`].
    ///
    /// # Errors
    /// [`AuthError::Invalid`] if company or user are missing or have a wrong form, [`AuthError::RoleUnknown`] without a
    /// known role.
    pub fn actor(&self, claims: &Value) -> Result<Actor, AuthError> {
        self.actor_of(&self.facts(claims, Utc::now()))
    }

    /// The verified claims, with the time of verification.
    #[must_use]
    pub fn facts(&self, claims: &Value, verified_at: DateTime<Utc>) -> VerifiedClaims {
        let time = |name| DateTime::from_timestamp(rules::seconds(claims, name).ok().flatten()?, 0);
        VerifiedClaims {
            issuer: claims.get("iss").and_then(Value::as_str).unwrap_or_default().to_owned(),
            company: key(claims, &self.company),
            user: key(claims, &self.user),
            roles: roles(claims, &self.role),
            permissions: extra_rights::permissions(find(claims, &self.permissions)),
            is_service: claims.get("actorKind").and_then(Value::as_str) == Some(ActorKind::Service.as_str()),
            name: text(claims, &self.name),
            email: text(claims, &self.email),
            session: claims.get("sid").and_then(Value::as_str).map(str::to_owned),
            generation: claims.get("gen").and_then(Value::as_i64),
            issued_at: time("iat"),
            expires_at: time("exp"),
            verified_at,
        }
    }

    /// The actor of the verified claims; see [`actor`](Self::actor).
    ///
    /// # Errors
    /// [`AuthError::Invalid`] if company or user are missing or have a wrong form, [`AuthError::RoleUnknown`] without a
    /// known role.
    pub fn actor_of(&self, facts: &VerifiedClaims) -> Result<Actor, AuthError> {
        let company = facts.company.as_ref().ok_or(NO_COMPANY)?;
        let user = facts.user.as_ref().ok_or(AuthError::Invalid("the token names no user"))?;
        let role = facts.roles.iter().filter_map(|name| self.roles.role(name)).min().ok_or(AuthError::RoleUnknown)?;
        let company = self.company_as.company(&facts.issuer, company)?;
        let user = self.user_as.user(&facts.issuer, user)?;
        let actor = if facts.is_service { Actor::service } else { Actor::user }(company, user, role);
        let actor = actor.with_more_permissions(facts.permissions.iter().copied());
        Ok(actor.with_profile(facts.name.clone(), facts.email.clone()))
    }

    /// Claims for a token with this identity: each value at the first of its pointers.
    #[must_use]
    pub fn claims(&self, facts: &CallerFacts) -> Map<String, Value> {
        let CallerFacts { company, user, role, name, email } = facts;
        let mut claims = Value::Object(Map::new());
        let facts = [
            (&self.company, Some(company)),
            (&self.user, Some(user)),
            (&self.role, Some(role)),
            (&self.name, name.as_ref()),
            (&self.email, email.as_ref()),
        ];
        for (pointers, fact) in facts {
            if let (Some(pointer), Some(fact)) = (pointers.first(), fact) {
                let names = pointer.trim_start_matches('/').rsplit('/');
                let nested = names.fold(Value::from(fact.as_str()), |inner, name| json!({ name: inner }));
                crm_core::patch::merge(&mut claims, nested);
            }
        }
        match claims {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }
}

fn find<'c>(claims: &'c Value, pointers: &[String]) -> Option<&'c Value> {
    pointers.iter().find_map(|pointer| claims.pointer(pointer)).filter(|value| !value.is_null())
}

/// One role, or a list of them.
fn roles(claims: &Value, pointers: &[String]) -> Vec<String> {
    match find(claims, pointers) {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// The claim with a company or a user; issuers with integer keys send numbers. Other numbers are refused: they are
/// rounded when parsed, so two of them could become the same key.
fn key(claims: &Value, pointers: &[String]) -> Option<String> {
    key_of(find(claims, pointers)?)
}

/// An id as its issuer writes it.
pub(super) fn key_of(value: &Value) -> Option<String> {
    let key = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        _ => return None,
    };
    (!key.is_empty()).then_some(key)
}

/// A claim with a text for display.
fn text(claims: &Value, pointers: &[String]) -> Option<String> {
    let text = find(claims, pointers)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use crm_core::actor::{Action, Actor, Permission, Resource, Role};
    use crm_core::ids::{CompanyId, UserId};
    use serde_json::{Value, json};

    use super::{AuthError, ClaimMapping, IdClaim, RoleMap};

    const COMPANY: &str = "0190d9a8-3f00-7000-8000-000000000001";
    const USER: &str = "0190d9a8-3f00-7000-8000-000000000002";

    fn actor(claims: Value) -> Result<Actor, AuthError> {
        ClaimMapping::default().actor(&claims)
    }

    fn role(role: Value) -> Result<Role, AuthError> {
        let actor = actor(json!({ "companyId": COMPANY, "sub": USER, "role": role }))?;
        let is = |role: &Role| {
            actor == Actor::user(actor.company(), actor.user_id().unwrap(), *role).with_profile(None, None)
        };
        Ok(Role::ALL.iter().copied().find(is).unwrap())
    }

    #[test]
    fn claims_are_found_by_pointer() {
        let found = actor(json!({ "companyId": COMPANY, "sub": USER, "user": { "role": "manager" }, "name": "Ann" }));
        let (company, user): (CompanyId, UserId) = (COMPANY.parse().unwrap(), USER.parse().unwrap());
        let expected = Actor::user(company, user, Role::Manager).with_profile(Some("Ann".to_owned()), None);
        assert_eq!(found, Ok(expected));
    }

    #[test]
    fn rights_beside_the_role_and_the_kind_are_read() {
        let claims = json!({
            "companyId": COMPANY, "sub": USER, "role": "viewer", "actorKind": "service",
            "permissions": ["customers:create:own", "rockets:launch"],
        });
        let (company, user): (CompanyId, UserId) = (COMPANY.parse().unwrap(), USER.parse().unwrap());
        let expected = Actor::service(company, user, Role::Viewer)
            .with_more_permissions([Permission::own(Resource::Customers, Action::Create)]);
        assert_eq!(actor(claims.clone()), Ok(expected));
        let without = ClaimMapping { permissions: Vec::new(), ..ClaimMapping::default() };
        assert_eq!(without.actor(&claims), Ok(Actor::service(company, user, Role::Viewer)));
    }

    #[test]
    fn foreign_keys_are_mapped_through_their_issuer() {
        let of = |issuer: &str, company: Value| {
            actor(json!({ "iss": issuer, "companyId": company, "sub": "ann", "role": "admin" })).unwrap()
        };
        assert_eq!(of("https://a", json!(4711)), of("https://a", json!("4711")));
        assert_ne!(of("https://a", json!(4711)).company(), of("https://b", json!(4711)).company());
        assert_ne!(of("https://a", json!(4711)).company(), of("https://a", json!(4712)).company());
        assert_ne!(of("https://a", json!("acme")).company(), of("https://a", json!("Acme")).company());
    }

    #[test]
    fn company_and_user_have_rules_of_their_own() {
        let mapped = actor(json!({ "companyId": COMPANY, "sub": "ann", "role": "admin" })).unwrap();
        let claims = json!({ "companyId": COMPANY, "sub": mapped.user_id().unwrap(), "role": "admin" });
        assert!(matches!(actor(claims.clone()), Err(AuthError::Invalid(_))));
        let only_uuids = ClaimMapping { user_as: IdClaim::Uuid, ..ClaimMapping::default() };
        assert_eq!(only_uuids.actor(&claims), Ok(mapped));
        let only_companies = ClaimMapping { company_as: IdClaim::Uuid, ..ClaimMapping::default() };
        assert!(matches!(only_companies.actor(&claims), Err(AuthError::Invalid(_))));
    }

    #[test]
    fn what_is_missing_is_refused() {
        assert!(matches!(actor(json!({ "sub": USER, "role": "admin" })), Err(AuthError::Invalid(_))));
        assert!(matches!(actor(json!({ "companyId": COMPANY, "role": "admin" })), Err(AuthError::Invalid(_))));
        for company in [json!({}), json!(""), json!(12345678901234567890123.0), json!(0.5), json!([COMPANY])] {
            let refused = actor(json!({ "companyId": company, "sub": USER, "role": "admin" }));
            assert!(matches!(refused, Err(AuthError::Invalid(_))), "{company}");
        }
        assert_eq!(actor(json!({ "companyId": COMPANY, "sub": USER })), Err(AuthError::RoleUnknown));
    }

    #[test]
    fn roles_are_mapped_in_any_case() {
        assert_eq!(role(json!("Admin")), Ok(Role::Admin));
        assert_eq!(role(json!("Sales Rep")), Ok(Role::SalesRep));
        assert_eq!(role(json!("USER")), Ok(Role::SalesRep));
        assert_eq!(role(json!(["viewer", "manager", "other"])), Ok(Role::Manager));
        assert_eq!(role(json!("root")), Err(AuthError::RoleUnknown));
        let map: RoleMap = "Owner=admin, clerk = support".parse().unwrap();
        assert_eq!(map.role("owner"), Some(Role::Admin));
        assert_eq!(map.role("clerk"), Some(Role::Support));
        assert_eq!(map.role("agent"), Some(Role::SalesRep));
        assert!("owner".parse::<RoleMap>().is_err());
        assert!("owner=king".parse::<RoleMap>().is_err());
    }

    #[test]
    fn our_own_roles_mean_themselves() {
        for other in ["admin=viewer", "Viewer=admin", "boss=admin, sales rep=manager", "Sales-Rep=admin"] {
            let fault = other.parse::<RoleMap>().unwrap_err();
            assert!(fault.contains("always means itself"), "{other}: {fault}");
        }
        let map: RoleMap = "admin=admin, Sales Rep=sales_rep".parse().unwrap();
        assert_eq!((map.role("admin"), map.role("Sales Rep")), (Some(Role::Admin), Some(Role::SalesRep)));
    }
}
