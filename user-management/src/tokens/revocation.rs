//! Revocation (RFC 7009): a client gives a token back.

use crate::api_keys;
use crate::base::error::{Error, Result};
use crate::base::ids::SessionId;
use crate::base::service::UserManagement;
use crate::sessions::{self, EndReason};

use super::verification::genuine;

impl UserManagement {
    /// Ends the session of an access token or a refresh token. A token that is unknown or has expired needs no
    /// revocation (RFC 7009, section 2.2).
    ///
    /// # Errors
    /// [`Error::Forbidden`] for an API key and its tokens, which administrators revoke; those of the database.
    pub async fn revoke(&self, token: &str) -> Result<()> {
        if api_keys::is_key(token) {
            return Err(Error::Forbidden);
        }
        let session = match genuine(self, token).await? {
            Some(genuine) if genuine.claims.actor_kind.is_some() => return Err(Error::Forbidden),
            Some(genuine) => Some(SessionId(genuine.claims.sid)),
            None => sessions::of_refresh_token(self, token).await?,
        };
        match session {
            Some(session) => sessions::end(self, session, EndReason::Revoked).await,
            None => Ok(()),
        }
    }
}
