//! Mirrors users: the acting user before the first write, and users of the directory.

mod row;

use std::hash::{DefaultHasher, Hash, Hasher};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Condition, Expr, InsertStatement, OnConflict};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, IdenStatic, QueryTrait};

pub(crate) use row::{Column, Entity, Model};

use super::{Actor, Crm, Database, Find};
use crate::base::error::Result;
use crate::base::ids::{CompanyId, UserId};
use crate::base::text;

super::company_owned!(row, Id, UpdatedAt);

/// The profile of a user in another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserProfile {
    /// The id of the user.
    pub id: UserId,
    /// The name of the user.
    pub display_name: Option<String>,
    /// The e-mail address of the user.
    pub email: Option<String>,
    /// Whether the user still uses the CRM.
    pub is_active: bool,
}

/// Finds users that the CRM does not know: in the host's own table, or in the user-management service.
///
/// It is never called inside a transaction, so it may be slow, and may use the same pool of connections. Before your
/// own transaction, or one of [`CompanyScope::begin`](crate::CompanyScope::begin), call
/// [`Users::ensure_mirrored`](crate::users::Users::ensure_mirrored).
#[async_trait]
pub trait UserDirectory: Send + Sync + 'static {
    /// The user of the company with this id, if there is one.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::Error::Internal) or another error if the directory fails.
    async fn find(&self, company: CompanyId, user: UserId) -> Result<Option<UserProfile>>;
}

/// The digest of an empty profile.
pub(crate) const NOT_COMPARED: u64 = 0;

/// Mirrors the acting user before their first write, and when their profile has changed.
///
/// The row is read first: an update in a host's transaction would block all other writes of the user until it ends.
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
        // A token does not contain whether the user is active.
        db.execute(&upsert(actor.company, &seen, crm.now()).into_query()).await?;
    }
    // The transaction may never be committed, so nothing is remembered.
    if let Database::Pool(_) = db {
        known.insert((actor.company, id), profile).await;
    }
    Ok(())
}

/// Whether the mirror is up to date.
fn is_up_to_date(row: &row::Model, seen: &UserProfile) -> bool {
    let holds = |known: &Option<String>, now: &Option<String>| now.is_none() || known == now;
    holds(&row.display_name, &seen.display_name) && holds(&row.email, &seen.email)
}

/// The profile without invalid characters, because tokens and directories are not validated.
pub(crate) fn tidy(profile: &UserProfile) -> UserProfile {
    let UserProfile { id, display_name, email, is_active } = profile;
    let tidy = |text: &Option<String>| text.as_deref().and_then(text::tidy);
    UserProfile { id: *id, display_name: tidy(display_name), email: tidy(email), is_active: *is_active }
}

/// Adds a user to the mirror, or refreshes the row; missing values do not overwrite known ones.
pub(crate) fn upsert(company: CompanyId, profile: &UserProfile, now: DateTime<Utc>) -> Upsert {
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
    // The key is made of the name, or of the address if there is no name.
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

/// Adds users of the directory to the mirror in one statement, or sets all that differs: a missing value is cleared. No two
/// profiles may have the same id.
pub(crate) fn replace(company: CompanyId, profiles: &[UserProfile], now: DateTime<Utc>) -> InsertStatement {
    const VALUES: [row::Column; 4] =
        [row::Column::DisplayName, row::Column::NameKey, row::Column::Email, row::Column::IsActive];
    let rows = profiles.iter().map(|profile| upsert(company, profile, now).row);
    let differs = VALUES.map(|column| {
        let name = column.as_str();
        // NULL is a value here, for both databases.
        Expr::cust(format!("crm_users.{name} IS DISTINCT FROM excluded.{name}"))
    });
    let mut conflict = OnConflict::columns([row::Column::CompanyId, row::Column::Id]);
    conflict.update_columns(VALUES).update_column(row::Column::UpdatedAt);
    // Most pages repeat what is known: such a row is not written.
    conflict.action_cond_where(differs.into_iter().fold(Condition::any(), Condition::add));
    row::Entity::insert_many(rows).on_conflict(conflict).into_query()
}

/// An insert that updates an existing row.
pub(crate) struct Upsert {
    row: row::ActiveModel,
    pub(crate) on_conflict: OnConflict,
}

impl Upsert {
    pub(crate) fn into_query(self) -> InsertStatement {
        row::Entity::insert(self.row).on_conflict(self.on_conflict).into_query()
    }
}
