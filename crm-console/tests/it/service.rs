//! The user-management service itself, in this process, and a console that manages users in it.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpServer};
use async_trait::async_trait;
use crm_console::accounts::{RemoteAccounts, RemoteAccountsOptions};
use crm_console::login::{PasswordLogin, PasswordLoginOptions};
use crm_console::{Console, migrations};
use crm_core::Crm;
use crm_core::actor::{Actor, Role};
use crm_core::ids::{CompanyId, UserId};
use crm_web::auth::{AuthError, Authenticator, bearer_token};
use crm_web::limits::{RateLimitOptions, RateLimits};
use crm_web::seal::SealKey;
use secrecy::SecretString;
use testkit::{Backend, TestDatabase, empty};
use tokio::sync::OnceCell;
use user_management::users::ImportedUser;
use user_management::{Client, Options, UserManagement, http};
use uuid::Uuid;

use crate::support::{Browser, open};

const SECRET: &str = "a secret of the tests, of more than 32 bytes";
pub const PASSWORD: &str = "the sea was calm today";
/// Hashed once: it takes as long as it is meant to.
static HASH: OnceCell<SecretString> = OnceCell::const_new();

/// Verifies the tokens of the service, as the CRM does.
#[derive(Clone)]
struct Verified(UserManagement);

#[async_trait(?Send)]
impl Authenticator for Verified {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
        let caller = self.0.verify(bearer_token(request.headers())?, Client::default()).await;
        let caller = caller.map_err(|_| AuthError::Invalid("the token is not genuine, or was revoked"))?;
        Ok(Actor::user(caller.company, caller.user, caller.role).with_profile(Some("Pat Person".to_owned()), None))
    }
}

/// The service with two companies, and the CRM's database.
pub struct World {
    pub um: UserManagement,
    pub url: String,
    pub acme: CompanyId,
    pub zoo: CompanyId,
    database: TestDatabase,
    _um_database: TestDatabase,
}

impl World {
    pub async fn new(database: TestDatabase) -> Self {
        migrations::up(&database.connection).await.unwrap();
        let um_database = empty(Backend::Sqlite).await.unwrap();
        user_management::migrations::up(&um_database.connection).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let options = Options { issuer: url.clone(), ..Options::default() };
        let um = UserManagement::builder(options, SECRET.into()).on(um_database.connection.clone());
        // As the program does: the keys are there before the first user signs in.
        um.jwks().await.unwrap();
        // The console is on this machine, and tells which browser asks.
        let trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        let limits = RateLimitOptions { trusted_proxies, ..RateLimitOptions::default() };
        let service = http::Service::new(um.clone(), Vec::new(), RateLimits::new(limits, None));
        let server = HttpServer::new(move || App::new().configure(http::configure(service.clone())));
        tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
        let (acme, zoo) = (CompanyId(Uuid::new_v4()), CompanyId(Uuid::new_v4()));
        um.import_company(acme, "Acme").await.unwrap();
        um.import_company(zoo, "Zoo").await.unwrap();
        Self { um, url, acme, zoo, database, _um_database: um_database }
    }

    /// Adds a user who has a password.
    pub async fn add(&self, company: CompanyId, email: &str, name: &str, role: Role) -> UserId {
        let hash = HASH.get_or_init(async || self.um.hash_password(PASSWORD.into()).await.unwrap()).await;
        let id = UserId(Uuid::new_v4());
        let imported = ImportedUser {
            id: Some(id),
            email: email.to_owned(),
            name: Some(name.to_owned()),
            role,
            password_hash: Some(hash.clone()),
        };
        self.um.import_user(company, imported).await.unwrap();
        id
    }

    pub fn console(&self, accounts: &str) -> Console {
        let service =
            crm_web::Service::new(Crm::default(), self.database.connection.clone(), Verified(self.um.clone()));
        let login = PasswordLogin::new(PasswordLoginOptions::new(&self.url)).unwrap();
        let options =
            RemoteAccountsOptions { timeout: Duration::from_millis(2000), ..RemoteAccountsOptions::new(accounts) };
        Console::new(service).with_login(login, SealKey::random()).with_accounts(RemoteAccounts::new(options).unwrap())
    }

    /// A browser in which this user is logged in.
    pub async fn browser(&self, email: &str) -> Browser {
        self.browser_on(email, &self.url).await
    }

    /// The same, but users are asked for at another address.
    pub async fn browser_on(&self, email: &str, accounts: &str) -> Browser {
        let browser = open(self.console(accounts)).await;
        let answer = browser.post("/log-in", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }
}
