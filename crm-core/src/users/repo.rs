//! Reads and refreshes the mirror of users.

use std::collections::{HashMap, HashSet};

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};

use super::{User, UserProfile, UserRef};
use crate::base::error::{Error, Kind, Result, Violations};
use crate::base::ids::UserId;
use crate::base::text;
use crate::query::dialect::any_of;
use crate::query::page::{self, Key, KeyKind, Order, Page, PageRequest};
use crate::scope::actor::{Action, Actor, Resource};
use crate::scope::reindex::{BATCH, Batch};
use crate::scope::user::{self, NOT_COMPARED, upsert};
use crate::scope::{CompanyScope, CompanyTx, read_page};
use uuid::Uuid;

/// The users of the company. Obtained from [`CompanyScope::users`].
#[derive(Debug)]
pub struct Users<'s, 'c>(pub(super) &'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The users of the company that the CRM knows.
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
        let key = |row: &user::Model| (Key::Text(row.name_key.clone()), row.id);
        let digest = page::digest(&"users")?;
        read_page(|| self.0.find::<user::Entity>(), &order, &digest, request, key).await?.try_map(|row| Ok(row.into()))
    }

    /// One user.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the CRM does not know the user.
    pub async fn get(&self, id: UserId) -> Result<User> {
        self.may_read().await?;
        let row: Option<user::Model> = self.0.find::<user::Entity>().by_id(id).one().await?;
        row.map(User::from).ok_or_else(|| Error::not_found(Kind::User, id))
    }

    /// Updates the mirror of a user, for example when the host adds or retires one.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to update users.
    pub async fn mirror(&mut self, profile: &UserProfile) -> Result<()> {
        self.0
            .write(async |tx| {
                tx.authorize_any(Resource::Users, Action::Update, profile.id.0)?;
                let mut statement = upsert(tx.actor().company(), profile, tx.now());
                statement.on_conflict.update_columns([user::Column::IsActive]);
                tx.execute(&statement.into_query()).await.map(drop)
            })
            .await
    }

    /// Makes sure that the mirror has a user before a record is assigned to them: an unknown user is read from the
    /// [`UserDirectory`](super::UserDirectory) and mirrored. Users that the directory does not know are not looked up
    /// again for ten seconds.
    ///
    /// Writes on a pool and [`CompanyScope::once`] call it automatically. Call it before your own transaction: inside
    /// one it does nothing, because the directory may be slow or need a connection itself. It also does nothing for an
    /// actor who may not assign records.
    ///
    /// # Errors
    /// [`Error::CompanyClosed`]; [`Error::Unavailable`]; the error of the directory.
    pub async fn ensure_mirrored(&mut self, id: UserId) -> Result<()> {
        let crm = &self.0.crm.0;
        // The acting user is mirrored by their own write.
        if crm.directory.is_none() || self.0.actor().user_id() == Some(id) || !may_assign(self.0.actor()) {
            return Ok(());
        }
        let user = (self.0.company_id(), id);
        if crm.users.contains_key(&user) || crm.unknown_users.contains_key(&user) || self.0.is_hosted() {
            return Ok(());
        }
        self.0.company().await?;
        if self.0.find::<user::Entity>().by_id(id).count(Some(1)).await? > 0 {
            self.0.crm.0.users.insert(user, NOT_COMPARED).await;
            return Ok(());
        }
        self.look_up(id).await.map(drop)
    }

    /// Looks up a user in the directory who is not in the mirror; returns whether the directory knows them. Not inside
    /// a transaction.
    pub(crate) async fn look_up(&mut self, id: UserId) -> Result<bool> {
        let (crm, user) = (self.0.crm.clone(), (self.0.company_id(), id));
        let Some(directory) = crm.0.directory.as_ref().filter(|_| !crm.0.unknown_users.contains_key(&user)) else {
            return Ok(false);
        };
        let Some(profile) = directory.find(user.0, id).await? else {
            crm.0.unknown_users.insert(user, ()).await;
            return Ok(false);
        };
        self.0.write(async |tx| tx.execute(&upsert(user.0, &profile, tx.now()).into_query()).await).await?;
        crm.0.users.insert(user, NOT_COMPARED).await;
        Ok(true)
    }

    pub(super) async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::Users, Action::Read).await.map(drop)
    }
}

/// At most `limit` users, for callers that have to find many by name.
pub(crate) async fn some(scope: &CompanyScope<'_>, limit: u64) -> Result<Vec<User>> {
    let rows: Vec<user::Model> = scope.find::<user::Entity>().fetch_up_to(limit).await?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// Users with their names, by id; users that are not in the mirror have no name.
pub(crate) async fn load_user_refs(scope: &CompanyScope<'_>, ids: Vec<Uuid>) -> Result<HashMap<Uuid, UserRef>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut users: HashMap<Uuid, UserRef> =
        ids.iter().map(|id| (*id, UserRef { id: (*id).into(), display_name: None })).collect();
    let known = any_of(Expr::col("id"), ids, scope.is_postgres());
    for row in scope.find::<user::Entity>().filter(known).fetch_up_to::<user::Model>(users.len() as u64).await? {
        users.insert(row.id, UserRef { id: row.id.into(), display_name: row.display_name });
    }
    Ok(users)
}

/// Those of these users that the mirror has.
pub(crate) async fn known(tx: &CompanyTx<'_>, ids: Vec<Uuid>) -> Result<HashSet<UserId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let (most, is_asked) = (ids.len() as u64, any_of(Expr::col("id"), ids, tx.is_postgres()));
    let rows: Vec<user::Model> = tx.find::<user::Entity>().filter(is_asked).fetch_up_to(most).await?;
    Ok(rows.into_iter().map(|row| UserId(row.id)).collect())
}

/// Whether the actor may assign any records to a user.
fn may_assign(actor: &Actor) -> bool {
    let may = |resource, action| actor.reach(resource, action).is_some();
    [Resource::Customers, Resource::Interactions, Resource::Tasks, Resource::Deals, Resource::Leads]
        .into_iter()
        .any(|resource| may(resource, Action::Create) || may(resource, Action::Update))
}

/// The owner of a record. The directory was called before the transaction ([`Users::ensure_mirrored`]).
///
/// # Errors
/// [`Error::Invalid`] if the mirror does not have the user, or they are inactive.
pub(crate) async fn owner(tx: &CompanyTx<'_>, id: UserId, pointer: &str) -> Result<UserRef> {
    let row: Option<user::Model> = tx.find::<user::Entity>().by_id(id).one().await?;
    match row {
        Some(row) if row.is_active => Ok(UserRef { id, display_name: row.display_name }),
        Some(_) => Err(unknown(pointer).into()),
        None => Err(unseen(tx, id, pointer).into()),
    }
}

/// The violation for an unknown user.
pub(crate) fn unknown(pointer: &str) -> Violations {
    Violations::one(pointer, "user_unknown", "the company has no such active user")
}

/// The violation for a user that is not in the mirror; the directory may know them.
pub(crate) fn unseen(tx: &CompanyTx<'_>, id: UserId, pointer: &str) -> Violations {
    if let Some(trace) = &tx.trace {
        trace.unknown(id);
    }
    unknown(pointer)
}

/// Recomputes the keys of the next users after an id.
pub(crate) async fn reindex(tx: &mut CompanyTx<'_>, after: Uuid) -> Result<Batch> {
    let next = tx.find::<user::Entity>().filter(Expr::col("id").gt(after));
    let rows: Vec<user::Model> =
        next.map(|select| select.order_by_asc(user::Column::Id)).for_no_key_update().fetch_up_to(BATCH).await?;
    let mut batch = Batch { last: rows.last().map(|row| row.id), ..Batch::default() };
    for row in rows {
        let key = text::fold(row.display_name.as_deref().or(row.email.as_deref()).unwrap_or_default());
        batch.write(tx, ("crm_users", row.id), [("name_key", Some(row.name_key), Some(key))]).await?;
    }
    Ok(batch)
}
