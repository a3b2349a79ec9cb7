//! Who visits a page, and from where.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono_tz::Tz;
use crm_core::CompanyScope;
use crm_core::actor::{Action, Actor, Resource};
use crm_core::companies::LostReason;
use crm_core::ids::UserId;
use crm_core::notifications::Notifications;
use crm_core::preferences::Preferences;
use crm_web::problem::ApiError;
use crm_web::request::Caller;
use secrecy::SecretString;

use super::frame::Frame;
use super::notice;
use crate::base::fields::Fields;
use crate::console::Console;
use crate::login::Visitor;
use crate::session::{Held, SessionId, cookie};

/// The path under which the console is mounted, without a slash at its end.
#[derive(Clone, Debug)]
pub(crate) struct Prefix(pub Arc<str>);

impl Prefix {
    /// The prefix of a request, as the gate found it.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or(Self("".into()))
    }
}

/// The console of a request.
///
/// # Errors
/// An internal error outside of its pages.
pub(crate) fn console(request: &HttpRequest) -> Result<Console, ApiError> {
    let console = request.app_data::<Data<Console>>().map(|console| console.get_ref().clone());
    console.ok_or_else(|| ApiError::internal("a page is mounted without its console"))
}

/// Whether cookies are for HTTPS only.
pub(crate) fn is_secure(console: &Console, request: &HttpRequest) -> bool {
    console.secure.unwrap_or_else(|| request.connection_info().scheme() == "https")
}

/// The browser of a request, as trusted proxies report it.
pub(crate) fn visitor(console: &Console, request: &HttpRequest) -> Visitor {
    let limits = console.rate_limits.as_ref().or(console.service.rate_limits());
    let address = match limits {
        Some(limits) => limits.client_address(request),
        None => request.peer_addr().map(|address| address.ip().to_canonical()),
    };
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    Visitor { address: address.map(|address| address.to_string()), user_agent: user_agent.map(str::to_owned) }
}

/// A path of this console, or nothing: addresses of others must not come in through a form or a query.
pub(crate) fn local_path<'p>(prefix: &Prefix, path: &'p str) -> Option<&'p str> {
    let rest = path.strip_prefix(&*prefix.0)?;
    let is_path = rest.starts_with('/') && !path.starts_with("//") && !rest.starts_with("//");
    (is_path && !path.contains(['\\', '\r', '\n', '\t'])).then_some(path)
}

/// The path and query of a request.
pub(crate) fn wanted(request: &HttpRequest) -> String {
    request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned()
}

/// A visit by a person who is logged in.
pub(crate) struct Visit {
    caller: Caller,
    /// What is around the page.
    pub frame: Frame,
    /// How the person wants pages to look.
    pub preferences: Preferences,
    /// The query string, without what the frame tells of it.
    pub query: Fields,
    /// The time zone of the company; the one of the frame is the person's.
    pub zone: Tz,
    /// Whether the company has a language model switched on.
    pub has_language_model: bool,
    /// Why the company loses deals, if it has chosen reasons.
    pub lost_reasons: Vec<LostReason>,
    token: Option<SecretString>,
    session: Option<SessionId>,
}

impl Visit {
    /// The CRM for this person.
    pub(crate) fn scope(&self) -> CompanyScope<'static> {
        self.caller.scope()
    }

    /// The person.
    pub(crate) fn actor(&self) -> &Actor {
        self.caller.actor()
    }

    /// The access token of the session, where the console has one.
    pub(crate) fn token(&self) -> Option<&SecretString> {
        self.token.as_ref()
    }

    /// Ends the session: its access token was refused.
    pub(crate) async fn end_session(&self) -> Result<(), ApiError> {
        match (self.frame.console.sessions(), &self.session) {
            (Some(sessions), Some(session)) => sessions.end(session).await.map(|_| ()),
            _ => Ok(()),
        }
    }

    /// Whether a page should offer it. The core decides again when it is done.
    pub(crate) fn may(&self, resource: Resource, action: Action, owner: Option<UserId>) -> bool {
        self.actor().may(resource, action, owner)
    }

    /// Refuses the page of a form that the person may not send.
    ///
    /// # Errors
    /// That it is forbidden.
    pub(crate) fn authorize(&self, resource: Resource, action: Action, owner: Option<UserId>) -> Result<(), ApiError> {
        if self.may(resource, action, owner) {
            Ok(())
        } else {
            Err(crm_core::Error::Forbidden { action, resource, id: None }.into())
        }
    }

    async fn of(request: HttpRequest) -> Result<Self, ApiError> {
        let console = console(&request)?;
        let caller = Caller::of(&request).await?;
        let mut scope = caller.scope();
        let (of_company, has_language_model, lost_reasons) = match scope.settings().get().await {
            Ok(settings) => {
                let is_consented = settings.language_model.is_some_and(|model| model.is_consented);
                (settings.time_zone, settings.ai_enabled && is_consented, settings.lost_reasons)
            }
            // Who may not read settings sees UTC.
            Err(crm_core::Error::Forbidden { .. }) => (String::new(), false, Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let preferences = scope.preferences().get().await?;
        let zone = preferences.time_zone.as_ref().unwrap_or(&of_company);
        let mut frame = Frame::of(&request, console, Some(caller.actor()), zone).preferring(&preferences);
        // Only a whole page has a bell.
        if request.method().is_safe() && !frame.is_live {
            frame.unread = unread(&scope.notifications()).await?;
        }
        let token = request.extensions().get::<Held>().map(|held| held.access_token.clone());
        let session = cookie::session(&request, is_secure(&frame.console, &request));
        let query = notice::without(&Fields::parse(request.query_string().as_bytes()));
        let zone = of_company.parse().unwrap_or(Tz::UTC);
        Ok(Self { caller, frame, preferences, query, zone, has_language_model, lost_reasons, token, session })
    }
}

/// How many notifications of the person are unread.
///
/// # Errors
/// Those of the core.
pub(crate) async fn unread(notifications: &Notifications<'_, '_>) -> crm_core::Result<usize> {
    Ok(usize::try_from(notifications.unread_count().await?).unwrap_or(usize::MAX))
}

impl FromRequest for Visit {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        Box::pin(Self::of(request.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Prefix, local_path};

    #[test]
    fn only_paths_of_the_console_are_taken() {
        let (root, erp) = (Prefix("".into()), Prefix("/erp/crm".into()));
        assert_eq!(local_path(&root, "/customers?q=a"), Some("/customers?q=a"));
        assert_eq!(local_path(&erp, "/erp/crm/"), Some("/erp/crm/"));
        for bad in ["", "//evil.example", "https://evil.example", "/\\evil.example", "customers", "/\t/evil.example"] {
            assert_eq!(local_path(&root, bad), None, "{bad}");
        }
        for bad in ["/customers", "/erp/crm.evil.example", "/erp/crm//evil.example"] {
            assert_eq!(local_path(&erp, bad), None, "{bad}");
        }
    }
}
