//! Introspection (RFC 7662): services ask about a token.

use serde_json::{Value, json};

use super::claims::Claims;
use super::state;
use super::verification::genuine;
use crate::api_keys;
use crate::base::error::{Error, Result};
use crate::base::service::UserManagement;

impl UserManagement {
    /// What is known about a token or an API key, as of now; `{"active": false}` for anything that is not in force. The
    /// host authenticates the asking service before (RFC 7662, section 2.1).
    ///
    /// # Errors
    /// Those of the database.
    pub async fn introspect(&self, token: &str) -> Result<Value> {
        if api_keys::is_key(token) {
            return match api_keys::claims(self, token).await? {
                Some(claims) => answer(&claims),
                None => Ok(inactive()),
            };
        }
        match genuine(self, token).await? {
            Some(genuine) if state::is_in_force(self, &genuine).await? => answer(&genuine.claims),
            _ => Ok(inactive()),
        }
    }
}

/// RFC 7662, section 2.2: nothing is told about tokens that are not in force.
fn inactive() -> Value {
    json!({ "active": false })
}

/// The answer for a token in force.
fn answer(claims: &Claims) -> Result<Value> {
    let mut answer = serde_json::to_value(claims).map_err(Error::internal)?;
    answer["active"] = true.into();
    answer["token_type"] = "Bearer".into();
    Ok(answer)
}
