//! What a host chooses of the console.

use std::fmt;
use std::sync::Arc;

use crm_core::ids::CompanyId;
use crm_web::Service;
use crm_web::limits::RateLimits;
use crm_web::seal::SealKey;

use crate::accounts::Accounts;
use crate::base::assets::Asset;
use crate::login::Login;
use crate::session::Sessions;

/// A user who can be logged in with one click. For demonstrations only.
#[derive(Clone, PartialEq, Eq)]
pub struct DemoUser {
    /// What the button says.
    pub label: String,
    /// The e-mail address.
    pub email: String,
    /// The password, which the page contains.
    pub password: String,
}

impl fmt::Debug for DemoUser {
    /// Prints no password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoUser").field("label", &self.label).finish_non_exhaustive()
    }
}

/// Tells the name of a company.
type CompanyName = Arc<dyn Fn(CompanyId) -> Option<String> + Send + Sync>;

/// How people log in.
#[derive(Clone)]
pub(crate) enum Mode {
    /// By the host: its [`Authenticator`](crm_web::auth::Authenticator) reads its own cookie.
    Host { log_in: Option<String>, log_out: Option<String> },
    /// By a page of the console.
    Own(Sessions),
}

/// The console: its pages, its log-in, its looks. Cheap to clone.
#[derive(Clone)]
pub struct Console {
    pub(crate) service: Service,
    pub(crate) mode: Mode,
    pub(crate) name: String,
    pub(crate) theme: Option<Arc<Asset>>,
    pub(crate) style_sheets: Vec<String>,
    pub(crate) demo_users: Vec<DemoUser>,
    pub(crate) secure: Option<bool>,
    pub(crate) company_name: Option<CompanyName>,
    pub(crate) rate_limits: Option<RateLimits>,
    pub(crate) accounts: Option<Arc<dyn Accounts>>,
    pub(crate) account_page: Option<String>,
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Console {
    /// A console on the service's CRM. People are logged in by the host: the service's authenticator reads its cookie.
    #[must_use]
    pub fn new(service: Service) -> Self {
        Self {
            service,
            mode: Mode::Host { log_in: None, log_out: None },
            name: "CRM".to_owned(),
            theme: None,
            style_sheets: Vec::new(),
            demo_users: Vec::new(),
            secure: None,
            company_name: None,
            rate_limits: None,
            accounts: None,
            account_page: None,
        }
    }

    /// Where the host logs people in and out. Who is not logged in is sent to the first address, with the wanted page
    /// as `next`; the user menu posts to the second.
    #[must_use]
    pub fn with_host_pages(mut self, log_in: impl Into<String>, log_out: impl Into<String>) -> Self {
        self.mode = Mode::Host { log_in: Some(log_in.into()), log_out: Some(log_out.into()) };
        self
    }

    /// Adds a log-in page. Sessions are in the service's database ([`migrations`](crate::migrations)), sealed with
    /// `key`, which all instances share; the service's authenticator verifies the access tokens as bearer tokens.
    #[must_use]
    pub fn with_login(mut self, login: impl Login, key: SealKey) -> Self {
        self.mode = Mode::Own(Sessions::new(Arc::new(login), self.service.database().clone(), key));
        self
    }

    /// Adds pages that manage users and teams, and a form for a forgotten password. They need the access token of a
    /// session, so they work with [`Self::with_login`] only.
    #[must_use]
    pub fn with_accounts(mut self, accounts: impl Accounts) -> Self {
        self.accounts = Some(Arc::new(accounts));
        self
    }

    /// Shows buttons that log these users in. For demonstrations only: the page contains the passwords.
    #[must_use]
    pub fn with_demo_users(mut self, users: Vec<DemoUser>) -> Self {
        self.demo_users = users;
        self
    }

    /// The same console on another pool of connections to the same database.
    #[must_use]
    pub fn with_service(mut self, service: Service) -> Self {
        self.service = service;
        self
    }

    /// The name in titles and above the menu. By default it is `CRM`.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Overrides the theme: CSS that sets custom properties, for example `:root { --accent: #0a7; }`.
    #[must_use]
    pub fn with_theme_css(mut self, css: impl AsRef<str>) -> Self {
        self.theme = Some(Arc::new(Asset::style_sheet("theme", css.as_ref().as_bytes())));
        self
    }

    /// Adds a style sheet of the same origin by its address.
    #[must_use]
    pub fn with_style_sheet(mut self, url: impl Into<String>) -> Self {
        self.style_sheets.push(url.into());
        self
    }

    /// Tells the names of companies, for the user menu.
    #[must_use]
    pub fn with_company_names(mut self, name: impl Fn(CompanyId) -> Option<String> + Send + Sync + 'static) -> Self {
        self.company_name = Some(Arc::new(name));
        self
    }

    /// Limits attempts to log in by the address that they come from. By default there are no limits.
    #[must_use]
    pub fn with_rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = Some(limits);
        self
    }

    /// Where people change their password and their account; the profile page links to it.
    #[must_use]
    pub fn with_account_page(mut self, url: impl Into<String>) -> Self {
        self.account_page = Some(url.into());
        self
    }

    /// Whether cookies are only sent over HTTPS. By default as the request came, or as the proxy in front says.
    #[must_use]
    pub fn with_secure_cookies(mut self, secure: bool) -> Self {
        self.secure = Some(secure);
        self
    }

    pub(crate) fn sessions(&self) -> Option<&Sessions> {
        match &self.mode {
            Mode::Own(sessions) => Some(sessions),
            Mode::Host { .. } => None,
        }
    }
}
