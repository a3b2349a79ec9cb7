//! A console that manages users and teams in the user-management service, which runs in this process.

use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use actix_web::{App, HttpRequest, HttpServer, rt};
use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use crm_console::Console;
use crm_console::accounts::{Accounts, NewAccount, RemoteAccounts, RemoteAccountsOptions, TeamPatch};
use crm_console::login::{Credentials, Login, PasswordLogin, PasswordLoginOptions, Visitor, Way};
use crm_core::Crm;
use crm_core::actor::{Actor, Role};
use crm_core::ids::UserId;
use crm_web::Service;
use crm_web::auth::{AuthError, Authenticator, bearer_token};
use crm_web::limits::{RateLimitOptions, RateLimits};
use crm_web::seal::SealKey;
use secrecy::{ExposeSecret, SecretString};
use testkit::{Backend, TestDatabase};
use tokio::sync::OnceCell;
use totp_rs::Totp;
use user_management::users::ImportedUser;
use user_management::{Client, Options, UserManagement};

use crate::house::{House, Ids, PASSWORD, READERS, address, listen};
use crate::people::{PEOPLE, actor};

const SECRET: &str = "a secret of the tests, of more than 32 bytes";

/// The one of this process; its people are those of the example.
pub async fn shared() -> Result<&'static House> {
    static SHARED: OnceCell<House> = OnceCell::const_new();
    SHARED.get_or_try_init(start).await
}

async fn start() -> Result<House> {
    let database = testkit::own(Backend::Sqlite).await?;
    crm_console::migrations::up(&database.connection).await?;
    let users = testkit::empty(Backend::Sqlite).await?;
    user_management::migrations::up(&users.connection).await?;
    let (told, started) = mpsc::channel();
    thread::spawn(move || rt::System::new().block_on(serve(database, users, told)));
    let (service, origin) = started.recv().context("the console does not start")?;
    Ok(House { ids: ids(&service).await?, origin })
}

/// Serves both until the process ends, and tells where they are.
async fn serve(database: TestDatabase, users: TestDatabase, told: mpsc::Sender<(String, String)>) -> Result<()> {
    let (connection, users) = (database.connect(4).await?, users.connect(4).await?);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let um = UserManagement::builder(Options { issuer: url.clone(), ..Options::default() }, SECRET.into()).on(users);
    people(&um).await?;
    let service =
        user_management::http::Service::new(um.clone(), Vec::new(), RateLimits::new(RateLimitOptions::default(), None));
    let accounts = HttpServer::new(move || App::new().configure(user_management::http::configure(service.clone())));
    let accounts = accounts.workers(1).disable_signals().listen(listener)?.run();

    let login = PasswordLogin::new(PasswordLoginOptions::new(&url))?;
    let console = Console::new(Service::new(Crm::default(), connection, Verified(um)))
        .with_login(login, SealKey::random())
        .with_accounts(RemoteAccounts::new(RemoteAccountsOptions::new(&url))?);
    let (console, origin) = listen(console)?;
    told.send((url, origin))?;
    tokio::select! {
        served = accounts => Ok(served?),
        served = console => Ok(served?),
    }
}

/// The people of the example, who have their password here.
async fn people(um: &UserManagement) -> Result<()> {
    um.jwks().await?;
    um.import_company(READERS.id(), READERS.name).await?;
    let hash = um.hash_password(PASSWORD.into()).await?;
    for (place, (first, last, role)) in PEOPLE.into_iter().enumerate() {
        let user = ImportedUser {
            id: actor(READERS, PEOPLE[place]).user_id(),
            email: address(READERS, place),
            name: Some(format!("{first} {last}")),
            role,
            password_hash: Some(hash.clone()),
        };
        um.import_user(READERS.id(), user).await?;
    }
    Ok(())
}

/// Verifies the tokens of the service.
struct Verified(UserManagement);

#[async_trait(?Send)]
impl Authenticator for Verified {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
        let caller = self.0.verify(bearer_token(request.headers())?, Client::default()).await;
        let caller = caller.map_err(|_| AuthError::Invalid("the token is not genuine, or was revoked"))?;
        let all = PEOPLE.map(|person| actor(READERS, person));
        all.into_iter()
            .find(|one| one.user_id() == Some(caller.user))
            .ok_or(AuthError::Invalid("there is no such user"))
    }
}

/// An invited user, a user with a second factor, and a team.
async fn ids(url: &str) -> Result<Ids> {
    let accounts = RemoteAccounts::new(RemoteAccountsOptions::new(url))?;
    let (admin, sue) = (token(url, 0).await?, token(url, 3).await?);
    let begun = accounts.begin_second_factor(&sue).await?;
    let totp = Totp::from_url(begun.otpauth_url.expose_secret())?;
    let code = totp.generate(u64::try_from(chrono::Utc::now().timestamp())?).to_string();
    accounts.confirm_second_factor(&sue, &code).await?;
    let new = NewAccount {
        email: "nora@acme.example".to_owned(),
        name: Some("Nora Nielsen".to_owned()),
        role: Some(Role::SalesRep),
    };
    let invited = accounts.invite(&admin, &new).await?.account.id;
    let team = accounts.create_team(&admin, "Sales North").await?;
    let member_ids: Vec<UserId> = PEOPLE[1..4].iter().filter_map(|person| actor(READERS, *person).user_id()).collect();
    let parent_id = Some(accounts.create_team(&admin, "Sales").await?.id);
    let patch = TeamPatch { name: team.name.clone(), manager_id: member_ids.first().copied(), parent_id, member_ids };
    let team = accounts.update_team(&admin, &team.id, &patch, team.version).await?;
    let user = actor(READERS, PEOPLE[3]).user_id().context("a user")?;
    Ok(vec![("{invited}", invited.to_string()), ("{team}", team.id.to_string()), ("{user}", user.to_string())])
}

/// The access token of the person at this place.
async fn token(url: &str, place: usize) -> Result<SecretString> {
    let login = PasswordLogin::new(PasswordLoginOptions::new(url))?;
    let Way::Form(form) = login.way() else { bail!("no form") };
    let credentials = Credentials {
        email: address(READERS, place),
        password: PASSWORD.into(),
        code: None,
        device: None,
        visitor: Visitor::default(),
    };
    Ok(form.log_in(credentials).await?.access_token)
}
