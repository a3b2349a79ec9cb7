//! Tells a long answer that its token was revoked meanwhile.

use std::fmt;
use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest};
use tokio::sync::watch;

use super::Revocations;
use crate::auth::VerifiedClaims;

/// The token of a request, for answers that outlast it.
#[derive(Clone)]
pub struct TokenWatch {
    facts: Arc<VerifiedClaims>,
    revocations: Revocations,
    revoked: watch::Receiver<()>,
}

impl fmt::Debug for TokenWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenWatch").field("facts", &self.facts).finish_non_exhaustive()
    }
}

/// The verified claims of a request.
#[derive(Clone)]
struct Verified(Arc<VerifiedClaims>, Revocations);

impl TokenWatch {
    /// Notes the claims of a request, so that they can be watched.
    pub(in crate::auth) fn note(request: &HttpRequest, facts: Arc<VerifiedClaims>, revocations: &Revocations) {
        request.extensions_mut().insert(Verified(facts, revocations.clone()));
    }

    /// The token of an authenticated request; `None` for an authenticator of a host.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<Self> {
        let Verified(facts, revocations) = request.extensions().get::<Verified>()?.clone();
        let mut revoked = revocations.0.revoked.subscribe();
        // What was revoked since the request was authenticated is found by the first look.
        revoked.mark_changed();
        Some(Self { facts, revocations, revoked })
    }

    /// Whether the token is revoked. Looks only if any token was revoked since the last look.
    pub fn is_revoked(&mut self) -> bool {
        let is_news = self.revoked.has_changed().unwrap_or_default();
        if is_news {
            self.revoked.mark_unchanged();
        }
        is_news && self.revocations.include(&self.facts)
    }

    /// Waits until the token is revoked.
    pub async fn revoked(&mut self) {
        loop {
            // The watch has the sender.
            let _ = self.revoked.changed().await;
            if self.revocations.include(&self.facts) {
                return;
            }
        }
    }
}
