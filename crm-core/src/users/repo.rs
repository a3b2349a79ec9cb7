//! Reading and refreshing the mirror.

use std::collections::HashMap;

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};

use super::{User, UserProfile, UserRef};
use crate::base::error::{Error, Kind, Result, Violations};
use crate::base::ids::UserId;
use crate::base::text;
use crate::query::dialect::any_of;
use crate::query::page::{self, Key, KeyKind, Order, Page, PageRequest};
use crate::scope::actor::{Action, Resource};
use crate::scope::reindex::{BATCH, Batch};
use crate::scope::user::{self, NOT_COMPARED, tidy, upsert};
use crate::scope::{CompanyScope, CompanyTx, read_page};
use uuid::Uuid;

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
        let key = |row: &user::Model| (Key::Text(row.name_key.clone()), row.id);
        let digest = page::digest(&"users")?;
        read_page(|| self.0.find::<user::Entity>(), &order, &digest, request, key).await?.try_map(|row| Ok(row.into()))
    }

    /// One user.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the CRM has not seen him.
    pub async fn get(&self, id: UserId) -> Result<User> {
        self.may_read().await?;
        let row: Option<user::Model> = self.0.find::<user::Entity>().by_id(id).one().await?;
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

    /// Lets the CRM know a user before a record is assigned to him: whom it has not seen it looks up in the
    /// [`UserDirectory`](super::UserDirectory), and mirrors whom that knows.
    ///
    /// Writes on a pool do so by themselves. Call it before a transaction of your own, or [`CompanyScope::once`], so that
    /// the directory is not asked while that holds a connection.
    ///
    /// # Errors
    /// [`Error::CompanyClosed`]; [`Error::Unavailable`]; what the directory gives if it cannot be asked.
    pub async fn meet(&mut self, id: UserId) -> Result<()> {
        let (crm, user) = (self.0.crm.clone(), (self.0.company_id(), id));
        let Some(directory) = &crm.0.directory else {
            return Ok(());
        };
        // Who acts is mirrored by his own write.
        if self.0.actor().user_id() == Some(id) || crm.0.users.contains_key(&user) {
            return Ok(());
        }
        self.0.company().await?;
        if self.0.find::<user::Entity>().by_id(id).count(Some(1)).await? == 0 {
            let Some(profile) = directory.find(user.0, id).await? else {
                return Ok(());
            };
            let mut tx = self.0.begin().await?;
            let statement = upsert(user.0, &profile, tx.now()).into_query();
            let outcome = tx.execute(&statement).await;
            tx.finish(outcome).await?;
        }
        if !self.0.is_hosted() {
            crm.0.users.insert(user, NOT_COMPARED).await;
        }
        Ok(())
    }

    async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.reach(Resource::Users, Action::Read).map(|_| ())
    }
}

async fn mirror(tx: &mut CompanyTx<'_>, profile: &UserProfile) -> Result<()> {
    tx.permit_any(Resource::Users, Action::Update, profile.id.0)?;
    let mut statement = upsert(tx.actor().company(), profile, tx.now());
    statement.on_conflict.update_columns([user::Column::IsActive]);
    tx.execute(&statement.into_query()).await?;
    Ok(())
}

/// At most `limit` users, for those who have to find many by name.
pub(crate) async fn some(scope: &CompanyScope<'_>, limit: u64) -> Result<Vec<User>> {
    let rows: Vec<user::Model> = scope.find::<user::Entity>().some(limit).await?;
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
    for row in scope.find::<user::Entity>().filter(known).some::<user::Model>(users.len() as u64).await? {
        users.insert(row.id, UserRef { id: row.id.into(), display_name: row.display_name });
    }
    Ok(users)
}

/// Who a record is to belong to. On a pool the directory was asked before the transaction ([`Users::meet`]).
///
/// # Errors
/// [`Error::Invalid`] if neither the mirror nor the directory knows him, or he is no longer active.
pub(crate) async fn owner(tx: &mut CompanyTx<'_>, id: UserId, pointer: &str) -> Result<UserRef> {
    let row: Option<user::Model> = tx.find::<user::Entity>().by_id(id).one().await?;
    let known = match row {
        Some(row) => Some((row.is_active, row.display_name)),
        None if tx.is_hosted() => looked_up(tx, id).await?.map(|profile| (profile.is_active, profile.display_name)),
        None => None,
    };
    match known {
        Some((true, display_name)) => Ok(UserRef { id, display_name }),
        _ => Err(unknown(pointer).into()),
    }
}

/// A user whom only the directory knows, mirrored in this transaction.
async fn looked_up(tx: &mut CompanyTx<'_>, id: UserId) -> Result<Option<UserProfile>> {
    let (crm, company) = (tx.crm().clone(), tx.actor().company());
    let Some(directory) = &crm.0.directory else {
        return Ok(None);
    };
    let Some(profile) = directory.find(company, id).await? else {
        return Ok(None);
    };
    let statement = upsert(company, &profile, tx.now()).into_query();
    tx.execute(&statement).await?;
    Ok(Some(tidy(&profile)))
}

/// That there is no such user, as a fault of a value.
pub(crate) fn unknown(pointer: &str) -> Violations {
    Violations::one(pointer, "user_unknown", "this is no active user of the company")
}

/// Derives the keys of the next users after an id anew.
pub(crate) async fn reindex(tx: &mut CompanyTx<'_>, after: Uuid) -> Result<Batch> {
    let next = tx.find::<user::Entity>().filter(Expr::col("id").gt(after));
    let rows: Vec<user::Model> = next.map(|select| select.order_by_asc(user::Column::Id)).locked().some(BATCH).await?;
    let mut batch = Batch { last: rows.last().map(|row| row.id), ..Batch::default() };
    for row in rows {
        let key = text::fold(row.display_name.as_deref().or(row.email.as_deref()).unwrap_or_default());
        batch.write(tx, ("crm_users", row.id), [("name_key", Some(row.name_key), Some(key))]).await?;
    }
    Ok(batch)
}
