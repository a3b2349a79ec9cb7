//! A company with users, a clock that a test moves, and what the service tells others.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use crm_core::actor::Role;
use crm_core::clock::Clock;
use crm_core::ids::{CompanyId, UserId};
use crm_core::text::{email, fold};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult};
use testkit::{FixedClock, TestDatabase};
use user_management::sessions::{Login, SignedIn};
use user_management::{AccessChange, Caller, ChangePublisher, Client, Options, Result, UserManagement, migrations};
use uuid::Uuid;

pub const PASSWORD: &str = "the sea was calm today";
pub const ANN: &str = "ann@example.com";
pub const SECRET: &str = "a secret of the tests, of more than 32 bytes";

/// Hashed once: it takes as long as it is meant to.
static HASH: LazyLock<String> =
    LazyLock::new(|| Argon2::default().hash_password(PASSWORD.as_bytes()).unwrap().to_string());

/// Records what is told.
#[derive(Clone, Default)]
pub struct Told(Arc<Mutex<Vec<AccessChange>>>);

#[async_trait]
impl ChangePublisher for Told {
    async fn publish(&self, changes: &[AccessChange]) {
        self.0.lock().unwrap().extend_from_slice(changes);
    }
}

impl Told {
    pub fn take(&self) -> Vec<AccessChange> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The company Acme, whose administrator is Ann.
pub struct World {
    pub um: UserManagement,
    pub db: DatabaseConnection,
    pub clock: FixedClock,
    pub told: Told,
    pub company: CompanyId,
    pub ann: UserId,
}

impl World {
    pub async fn new(database: &TestDatabase) -> Self {
        Self::with(database, Options::default()).await
    }

    pub async fn with(database: &TestDatabase, options: Options) -> Self {
        let (db, clock, told) = (database.connection.clone(), FixedClock::default(), Told::default());
        migrations::up(&db).await.expect("the tables");
        let um = instance(&db, &clock, &told, options, SECRET);
        let mut world = Self { um, db, clock, told, company: Uuid::nil().into(), ann: Uuid::nil().into() };
        world.company = world.add_company("Acme").await;
        world.ann = world.add_user(ANN, Some(&HASH)).await;
        world.add_member(world.company, world.ann, Role::Admin).await;
        world
    }

    /// Another instance on the same database.
    pub fn instance(&self) -> UserManagement {
        instance(&self.db, &self.clock, &self.told, self.um.options().clone(), SECRET)
    }

    /// An instance with another secret.
    pub fn with_secret(&self, secret: &str) -> UserManagement {
        instance(&self.db, &self.clock, &self.told, self.um.options().clone(), secret)
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub async fn add_company(&self, name: &str) -> CompanyId {
        let (id, now) = (Uuid::now_v7(), self.now());
        let mut insert = Query::insert();
        insert.into_table("um_companies").columns([
            "id",
            "version",
            "created_at",
            "updated_at",
            "name",
            "name_key",
            "status",
        ]);
        insert.values_panic([
            id.into(),
            1_i64.into(),
            now.into(),
            now.into(),
            name.into(),
            fold(name).into(),
            "active".into(),
        ]);
        self.db.execute(&insert).await.expect("a company");
        id.into()
    }

    pub async fn add_user(&self, address: &str, hash: Option<&str>) -> UserId {
        let (id, now) = (Uuid::now_v7(), self.now());
        let name = address.split('@').next().unwrap();
        let mut insert = Query::insert();
        insert.into_table("um_users").columns([
            "id",
            "version",
            "created_at",
            "updated_at",
            "email",
            "name",
            "password_hash",
        ]);
        insert.values_panic([
            id.into(),
            1_i64.into(),
            now.into(),
            now.into(),
            email(address).into(),
            name.into(),
            hash.into(),
        ]);
        self.db.execute(&insert).await.expect("a user");
        id.into()
    }

    /// A user with the usual password.
    pub async fn add_member_of(&self, company: CompanyId, address: &str, role: Role) -> UserId {
        let user = self.add_user(address, Some(&HASH)).await;
        self.add_member(company, user, role).await;
        user
    }

    pub async fn add_member(&self, company: CompanyId, user: UserId, role: Role) {
        let now = self.now();
        let email: String = self.get("um_users", user.0, "email").await.try_get_by_index(0).unwrap();
        let mut insert = Query::insert();
        insert.into_table("um_memberships").columns([
            "company_id",
            "user_id",
            "version",
            "created_at",
            "updated_at",
            "name_key",
            "search_text",
            "role",
            "status",
            "permissions",
            "generation",
        ]);
        insert.values_panic([
            company.into(),
            user.into(),
            1_i64.into(),
            now.into(),
            now.into(),
            "name".into(),
            format!("name\n{email}").into(),
            role.into(),
            "active".into(),
            serde_json::json!([]).into(),
            1_i64.into(),
        ]);
        self.db.execute(&insert).await.expect("a membership");
    }

    /// Sets a column of the rows with this id.
    pub async fn set(
        &self,
        table: &'static str,
        key: (&'static str, Uuid),
        column: &'static str,
        value: impl Into<Expr>,
    ) {
        let update = Query::update().table(table).value(column, value).and_where(Expr::col(key.0).eq(key.1)).to_owned();
        assert!(self.db.execute(&update).await.expect("an update").rows_affected() > 0);
    }

    /// One value of the only row with this id.
    pub async fn get(&self, table: &'static str, id: Uuid, column: &'static str) -> QueryResult {
        let select = Query::select().column(column).from(table).and_where(Expr::col("id").eq(id)).to_owned();
        self.db.query_one(&select).await.expect("a query").expect("a row")
    }

    pub async fn count(&self, table: &'static str) -> usize {
        let select = Query::select().expr(Expr::val(1)).from(table).to_owned();
        self.db.query_all(&select).await.expect("a query").len()
    }

    pub async fn login(&self) -> SignedIn {
        self.um.login(login(ANN), &client()).await.expect("signed in")
    }

    pub async fn caller(&self, signed_in: &SignedIn) -> Caller {
        self.um.verify(&signed_in.access_token, client()).await.expect("a caller")
    }

    /// How the latest attempts ended, newest first.
    pub async fn outcomes(&self) -> Vec<String> {
        let select = Query::select()
            .column("outcome")
            .from("um_sign_ins")
            .order_by("at", sea_orm::Order::Desc)
            .order_by("id", sea_orm::Order::Desc)
            .to_owned();
        let rows = self.db.query_all(&select).await.expect("a query");
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }
}

fn instance(
    db: &DatabaseConnection,
    clock: &FixedClock,
    told: &Told,
    options: Options,
    secret: &str,
) -> UserManagement {
    UserManagement::builder(options, secret.into()).clock(clock.clone()).publisher(told.clone()).on(db.clone())
}

pub fn login(address: &str) -> Login {
    Login { email: address.to_owned(), password: PASSWORD.into(), company: None, code: None, device: None }
}

pub fn client() -> Client {
    Client { address: Some("192.0.2.1".to_owned()), user_agent: Some("tests".to_owned()), request_id: None }
}

pub fn client_at(address: &str) -> Client {
    Client { address: Some(address.to_owned()), ..client() }
}

/// The code of the error.
pub fn code<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result.expect_err("an error") {
        user_management::Error::Refused(refusal) => refusal.code().to_owned(),
        user_management::Error::Conflict(conflict) => conflict.code().to_owned(),
        user_management::Error::TooManyAttempts { .. } => "too_many_attempts".to_owned(),
        user_management::Error::NotFound(_) => "not_found".to_owned(),
        user_management::Error::Forbidden => "forbidden".to_owned(),
        user_management::Error::Stale { .. } => "stale".to_owned(),
        user_management::Error::Core(crm_core::Error::Invalid(violations)) => {
            violations.0.iter().map(|violation| violation.code.as_str()).collect::<Vec<_>>().join(",")
        }
        other => format!("{other:?}"),
    }
}
