//! Reading and refreshing the mirror.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, InsertStatement, OnConflict};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryTrait};

use super::{User, UserProfile, UserRef, row};
use crate::actor::{Action, Actor, Resource};
use crate::dialect::any_of;
use crate::error::{Error, Kind, Result, Violations};
use crate::ids::{CompanyId, UserId};
use crate::page::{self, Key, KeyKind, Order, Page, PageRequest};
use crate::scope::{CompanyScope, CompanyTx, Crm, Database, Find};
use crate::text;
use uuid::Uuid;

/// The digest of no profile.
const NOT_COMPARED: u64 = 0;

/// The users of the company. Obtained from [`CompanyScope::users`].
#[derive(Debug)]
pub struct Users<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The users of the company, as far as the CRM has seen them.
    pub fn users(&mut self) -> Users<'_, 'c> {
        Users(self)
    }
}

impl Users<'_, '_> {
    /// A page of users, by name.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a cursor of another list.
    pub async fn list(&self, request: &PageRequest) -> Result<Page<User>> {
        self.may_read().await?;
        let order = Order {
            name: "displayName".into(),
            key: Expr::col("name_key"),
            kind: KeyKind::Text,
            id: Expr::col("id"),
            descending: false,
            computed: false,
        };
        let key = |row: &row::Model| (Key::Text(row.name_key.clone()), row.id);
        let digest = page::digest(&"users")?;
        page::read(|| self.0.find::<row::Entity>(), &order, &digest, request, key).await?.try_map(|row| Ok(row.into()))
    }

    /// One user.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the CRM has not seen him.
    pub async fn get(&self, id: UserId) -> Result<User> {
        self.may_read().await?;
        let row: Option<row::Model> = self.0.find::<row::Entity>().by_id(id).one().await?;
        row.map(User::from).ok_or_else(|| Error::not_found(Kind::User, id))
    }

    /// Tells the CRM what is known of a user elsewhere, for instance when the host adds or retires one.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to update users.
    pub async fn mirror(&mut self, profile: &UserProfile) -> Result<()> {
        let mut tx = self.0.begin().await?;
        let outcome = mirror(&mut tx, profile).await;
        tx.finish(outcome).await
    }

    /// Lets the CRM know a user before a record is assigned to them: a user it has not seen is looked up in the
    /// [`UserDirectory`](super::UserDirectory), and mirrored if they are known there. Users that are not known are not looked
    /// up again for ten seconds.
    ///
    /// Writes on a pool and [`CompanyScope::once`] do so by themselves. Call it before a transaction of your own: inside one
    /// the directory is not asked, since it may be slow, or need a connection itself. Inside a transaction, and for an actor
    /// who may assign nothing, it does nothing.
    ///
    /// # Errors
    /// [`Error::CompanyClosed`]; [`Error::Unavailable`]; what the directory gives if it cannot be asked.
    pub async fn meet(&mut self, id: UserId) -> Result<()> {
        let crm = &self.0.crm.0;
        // The acting user is mirrored by their own write.
        if crm.directory.is_none() || self.0.actor().user_id() == Some(id) || !may_assign(self.0.actor()) {
            return Ok(());
        }
        let user = (self.0.company_id(), id);
        if crm.users.contains_key(&user) || crm.strangers.contains_key(&user) || self.0.is_hosted() {
            return Ok(());
        }
        self.0.company().await?;
        if self.0.find::<row::Entity>().by_id(id).count(Some(1)).await? > 0 {
            self.0.crm.0.users.insert(user, NOT_COMPARED).await;
            return Ok(());
        }
        self.look_up(id).await.map(drop)
    }

    /// Asks the directory for a user whom the mirror does not have, and tells whether they are known there. Not inside a
    /// transaction.
    pub(crate) async fn look_up(&mut self, id: UserId) -> Result<bool> {
        let (crm, user) = (self.0.crm.clone(), (self.0.company_id(), id));
        let Some(directory) = crm.0.directory.as_ref().filter(|_| !crm.0.strangers.contains_key(&user)) else {
            return Ok(false);
        };
        let Some(profile) = directory.find(user.0, id).await? else {
            crm.0.strangers.insert(user, ()).await;
            return Ok(false);
        };
        let mut tx = self.0.begin().await?;
        let statement = upsert(user.0, &profile, tx.now()).into_query();
        let outcome = tx.execute(&statement).await;
        tx.finish(outcome).await?;
        crm.0.users.insert(user, NOT_COMPARED).await;
        Ok(true)
    }

    async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.reach(Resource::Users, Action::Read).map(|_| ())
    }
}

async fn mirror(tx: &mut CompanyTx<'_>, profile: &UserProfile) -> Result<()> {
    tx.permit_any(Resource::Users, Action::Update, profile.id.0)?;
    let mut statement = upsert(tx.actor().company(), profile, tx.now());
    statement.on_conflict.update_columns([row::Column::IsActive]);
    tx.execute(&statement.into_query()).await?;
    Ok(())
}

/// Mirrors the acting user before his first write, and when his profile has changed.
///
/// He is looked for first: to write his row in a host's transaction would make all others of his wait for its end.
pub(crate) async fn mirror_actor(db: Database<'_>, crm: &Crm, actor: &Actor) -> Result<()> {
    let Some(id) = actor.user else {
        return Ok(());
    };
    let mut hasher = DefaultHasher::new();
    (&actor.display_name, &actor.email).hash(&mut hasher);
    let (profile, known) = (hasher.finish(), &crm.0.users);
    if known.get(&(actor.company, id)).await == Some(profile) {
        return Ok(());
    }
    let (display_name, email) = (actor.display_name.clone(), actor.email.clone());
    let seen = tidy(&UserProfile { id, display_name, email, is_active: true });
    let row: Option<row::Model> = Find::<row::Entity>::new(db, actor.company).by_id(id).one().await?;
    if !row.is_some_and(|row| is_up_to_date(&row, &seen)) {
        // Whether he is retired is not his token's to say.
        db.execute(&upsert(actor.company, &seen, crm.now()).into_query()).await?;
    }
    // What a transaction has written may never be committed.
    if let Database::Pool(_) = db {
        known.insert((actor.company, id), profile).await;
    }
    Ok(())
}

/// True if the mirror has all that is known now.
fn is_up_to_date(row: &row::Model, seen: &UserProfile) -> bool {
    let holds = |known: &Option<String>, now: &Option<String>| now.is_none() || known == now;
    holds(&row.display_name, &seen.display_name) && holds(&row.email, &seen.email)
}

/// At most `limit` users, for those who have to find many by name.
pub(crate) async fn some(scope: &CompanyScope<'_>, limit: u64) -> Result<Vec<User>> {
    let rows: Vec<row::Model> = scope.find::<row::Entity>().some(limit).await?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// Users with their names, by id; those whom the mirror does not have as well, without one.
pub(crate) async fn named(scope: &CompanyScope<'_>, ids: Vec<Uuid>) -> Result<HashMap<Uuid, UserRef>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut users: HashMap<Uuid, UserRef> =
        ids.iter().map(|id| (*id, UserRef { id: (*id).into(), display_name: None })).collect();
    let known = any_of(Expr::col("id"), ids, scope.is_postgres());
    for row in scope.find::<row::Entity>().filter(known).some::<row::Model>(users.len() as u64).await? {
        users.insert(row.id, UserRef { id: row.id.into(), display_name: row.display_name });
    }
    Ok(users)
}

/// True if there is anything that the actor may assign to a user.
fn may_assign(actor: &Actor) -> bool {
    let may = |resource, action| actor.reach(resource, action).is_some();
    [Resource::Customers, Resource::Interactions]
        .into_iter()
        .any(|resource| may(resource, Action::Create) || may(resource, Action::Update))
}

/// The user that a record is to belong to. The directory was asked before the transaction ([`Users::meet`]).
///
/// # Errors
/// [`Error::Invalid`] if the mirror does not have them, or they are no longer active.
pub(crate) async fn owner(tx: &CompanyTx<'_>, id: UserId, pointer: &str) -> Result<UserRef> {
    let row: Option<row::Model> = tx.find::<row::Entity>().by_id(id).one().await?;
    match row {
        Some(row) if row.is_active => Ok(UserRef { id, display_name: row.display_name }),
        Some(_) => Err(unknown(pointer).into()),
        None => Err(unseen(tx, id, pointer).into()),
    }
}

/// That there is no such user, as a fault of a value.
pub(crate) fn unknown(pointer: &str) -> Violations {
    Violations::one(pointer, "user_unknown", "this is no active user of the company")
}

/// The same of a user whom the mirror does not have; the directory may know them.
pub(crate) fn unseen(tx: &CompanyTx<'_>, id: UserId, pointer: &str) -> Violations {
    if let Some(trace) = &tx.trace {
        trace.unknown(id);
    }
    unknown(pointer)
}

/// A profile without what no name has: it comes from tokens and directories, which others fill.
fn tidy(profile: &UserProfile) -> UserProfile {
    let UserProfile { id, display_name, email, is_active } = profile;
    let tidy = |text: &Option<String>| text.as_deref().and_then(text::tidy);
    UserProfile { id: *id, display_name: tidy(display_name), email: tidy(email), is_active: *is_active }
}

/// Adds a user to the mirror, or refreshes him; what is not known now does not wipe what was known.
fn upsert(company: CompanyId, profile: &UserProfile, now: DateTime<Utc>) -> Upsert {
    let profile = tidy(profile);
    let name_key = text::fold(profile.display_name.as_deref().or(profile.email.as_deref()).unwrap_or_default());
    let known = |column: &'static str| (column, Expr::cust(format!("COALESCE(excluded.{column}, crm_users.{column})")));
    let row = row::ActiveModel {
        company_id: Set(company.0),
        id: Set(profile.id.into()),
        display_name: Set(profile.display_name),
        name_key: Set(name_key),
        email: Set(profile.email),
        is_active: Set(profile.is_active),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let mut conflict = OnConflict::columns([row::Column::CompanyId, row::Column::Id]);
    conflict.values([known("display_name"), known("email")]);
    // The key is made of the name, or of the address where there is no name.
    conflict.value(
        "name_key",
        Expr::cust(
            "CASE WHEN excluded.display_name IS NULL AND (crm_users.display_name IS NOT NULL OR excluded.email IS NULL) \
             THEN crm_users.name_key ELSE excluded.name_key END",
        ),
    );
    conflict.update_columns([row::Column::UpdatedAt]);
    Upsert { row, on_conflict: conflict }
}

/// An insert that refreshes what is there.
struct Upsert {
    row: row::ActiveModel,
    on_conflict: OnConflict,
}

impl Upsert {
    fn into_query(self) -> InsertStatement {
        row::Entity::insert(self.row).on_conflict(self.on_conflict).into_query()
    }
}
