//! What the tests share: a service on a fixed clock, with a mailer and a publisher that remember.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use crm_core::actor::Role;
use crm_core::ids::{CompanyId, UserId};
use crm_core::page::PageRequest;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use secrecy::{ExposeSecret, SecretString};
use testkit::{FixedClock, TestDatabase};
use user_management::companies::Company;
use user_management::ids::SessionId;
use user_management::links::Link;
use user_management::mail::{Mail, MailError, Mailer};
use user_management::users::{NewUser, User, UserQuery};
use user_management::{
    AccessChange, Caller, ChangePublisher, Client, Conflict, Error, Options, UserManagement, migrations,
};

/// A password that keeps the rules.
pub const PASSWORD: &str = "correct horse battery 7 staple";

/// A service, and what it sent and told.
#[derive(Clone)]
pub struct Service {
    pub um: UserManagement,
    pub db: DatabaseConnection,
    pub clock: FixedClock,
    pub mails: Mails,
    pub told: Told,
}

/// A service without a mailer.
pub async fn service(database: &TestDatabase) -> Service {
    build(database, false).await
}

/// A service that sends mail.
pub async fn mailing(database: &TestDatabase) -> Service {
    build(database, true).await
}

async fn build(database: &TestDatabase, has_mailer: bool) -> Service {
    migrations::up(&database.connection).await.expect("the tables");
    let (clock, mails, told) = (FixedClock::default(), Mails::default(), Told::default());
    let builder = UserManagement::builder(Options::default(), "a secret of at least thirty-two bytes".into());
    let builder = builder.clock(clock.clone()).publisher(told.clone());
    let builder = if has_mailer { builder.mailer(mails.clone()) } else { builder };
    let db = database.connection.clone();
    Service { um: builder.on(db.clone()), db, clock, mails, told }
}

impl Service {
    /// A company, and its administrator.
    pub async fn company(&self, name: &str, email: &str) -> (Company, Caller) {
        let created = self.um.create_company(name, NewUser::with_email(email), Some(secret(PASSWORD))).await;
        let (company, user, link) = created.expect("a company");
        assert!(link.is_none());
        let admin = caller(company.id, user.id, Role::Admin);
        (company, admin)
    }

    /// An invited user, and the link.
    pub async fn invited(&self, admin: &Caller, new: NewUser) -> (User, Link) {
        let (user, link) = self.um.users(admin).invite(new).await.expect("an invitation");
        (user, link.expect("a link"))
    }

    /// A user who has accepted.
    pub async fn member(&self, admin: &Caller, email: &str, role: Role) -> (User, Caller) {
        let new = NewUser { role: Some(role), ..NewUser::with_email(email) };
        let (user, link) = self.invited(admin, new).await;
        self.um.accept_invitation(&link.token, None, Some(secret(PASSWORD))).await.expect("accepted");
        let user = self.um.users(admin).get(user.id).await.expect("a user");
        let caller = caller(admin.company, user.id, role);
        (user, caller)
    }

    /// A user who has accepted a mail, and their id.
    pub async fn member_by_mail(&self, admin: &Caller, email: &str) -> (User, UserId) {
        self.um.users(admin).invite(NewUser::with_email(email)).await.expect("invited");
        let token = token_of(&self.mails.next().await.text);
        let user = self.um.accept_invitation(&token, None, Some(secret(PASSWORD))).await.expect("accepted");
        let id = user.id;
        (user, id)
    }

    /// The addresses of the users of a company.
    pub async fn emails(&self, caller: &Caller, query: &UserQuery) -> Vec<String> {
        let page = self.um.users(caller).list(query, &PageRequest::default()).await.expect("a page");
        page.data.into_iter().map(|user| user.email).collect()
    }

    /// The generation of a member's tokens.
    pub async fn generation(&self, member: &Caller) -> i64 {
        let sql = format!(
            "SELECT generation FROM um_memberships WHERE company_id = {} AND user_id = {}",
            self.id(member.company.0),
            self.id(member.user.0)
        );
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        let row = self.db.query_one_raw(statement).await.expect("a query").expect("a member");
        row.try_get("", "generation").expect("a number")
    }

    /// An id as the database writes it.
    fn id(&self, id: uuid::Uuid) -> String {
        match self.db.get_database_backend() {
            DbBackend::Sqlite => format!("x'{}'", id.simple()),
            _ => format!("'{id}'"),
        }
    }

    /// Adds a session of a member.
    pub async fn sign_in(&self, member: &Caller) -> SessionId {
        let id = uuid::Uuid::now_v7();
        let sql = format!(
            "INSERT INTO um_sessions (id, user_id, company_id, created_at, last_used_at, expires_at) \
             VALUES ({}, {}, {}, '2026-06-01 12:00:00+00:00', '2026-06-01 12:00:00+00:00', '2026-07-01 12:00:00+00:00')",
            self.id(id),
            self.id(member.user.0),
            self.id(member.company.0)
        );
        self.db.execute_unprepared(&sql).await.expect("a session");
        id.into()
    }

    /// Lets time pass.
    pub fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// A user who calls.
pub fn caller(company: CompanyId, user: UserId, role: Role) -> Caller {
    let client = Client { address: Some("192.0.2.7".into()), request_id: Some("r-1".into()), ..Client::default() };
    Caller { company, user, role, session: None, client }
}

/// A secret.
pub fn secret(text: &str) -> SecretString {
    text.to_owned().into()
}

/// The token in the address of a link.
pub fn token_of(text: &str) -> SecretString {
    let (_, token) = text.split_once("#token=").expect("a token");
    token
        .chars()
        .take_while(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter))
        .collect::<String>()
        .into()
}

/// The token of a link.
pub fn token(link: &Link) -> String {
    link.token.expose_secret().to_owned()
}

/// The conflict that an operation failed with.
pub fn conflict<T>(result: Result<T, Error>) -> Conflict {
    match result.err().expect("a conflict") {
        Error::Conflict(conflict) => conflict,
        error => panic!("no conflict: {error:?}"),
    }
}

/// The pointers and codes of an input that was refused.
pub fn violations<T>(result: Result<T, Error>) -> Vec<(String, String)> {
    match result.err().expect("violations") {
        Error::Core(crm_core::Error::Invalid(violations)) => {
            violations.0.into_iter().map(|violation| (violation.pointer, violation.code)).collect()
        }
        error => panic!("no violations: {error:?}"),
    }
}

/// As [`violations`] gives them.
pub fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

/// Remembers mail; fails if told to.
#[derive(Clone, Default)]
pub struct Mails {
    sent: Arc<Mutex<Vec<Mail>>>,
    pub is_down: Arc<std::sync::atomic::AtomicBool>,
}

impl Mails {
    /// What was sent since the last call.
    pub fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for a mail.
    pub async fn next(&self) -> Mail {
        let mut mails = Vec::new();
        let arrived = testkit::eventually(Duration::from_secs(20), async || {
            mails = self.take();
            !mails.is_empty()
        });
        assert!(arrived.await, "no mail");
        mails.remove(0)
    }
}

#[async_trait]
impl Mailer for Mails {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        if self.is_down.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(MailError("down".into()));
        }
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
        Ok(())
    }
}

/// Remembers changes.
#[derive(Clone, Default)]
pub struct Told(Arc<Mutex<Vec<AccessChange>>>);

impl Told {
    /// What was told since the last call.
    pub fn take(&self) -> Vec<AccessChange> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl ChangePublisher for Told {
    async fn publish(&self, changes: &[AccessChange]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(changes);
    }
}
