//! History: what a record was before and after each change.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query};
use sea_orm::sqlx::types::Json;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{ChangeId, UserId};
use crate::base::rights::ActorRef;
pub use crate::journal::changes::FieldChange;
use crate::journal::{Deferred, changes as row};
use crate::query::page::{self, Key, Page, PageRequest};
use crate::scope::{CompanyScope, CompanyTx, FromRow, RowReader, SelectList, read_page};

crate::scope::company_owned!(row, Id, EntityVersion);

/// One change of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Its id.
    pub id: ChangeId,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What was done: `created`, `updated`, `deleted`, `restored` or `purged`; with a customer's tags, `tagged` or `untagged`,
    /// which leaves the customer's version as it was.
    pub action: String,
    /// Who did it.
    pub actor: ActorRef,
    /// On whose request, where one is known.
    pub request_id: Option<String>,
    /// The version the record got.
    pub version: i64,
    /// The fields that changed.
    pub changes: Vec<FieldChange>,
    /// What wrote it, where that is not a user at their desk: `import`.
    pub origin: Option<String>,
}

/// What is read of a change.
pub(crate) static COLUMNS: LazyLock<SelectList> = LazyLock::new(|| {
    use row::Column as C;
    SelectList::new::<row::Entity>(&[C::CompanyId, C::Entity, C::EntityId, C::PrivateTo], &[])
});

impl FromRow for Change {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("id")?,
            at: row.take("occurred_at")?,
            action: row.take("action")?,
            request_id: row.take("request_id")?,
            actor: row.actor(["actor_kind", "actor_id"])?,
            version: row.take("entity_version")?,
            changes: row.take::<Json<_>>("changes")?.0,
            origin: row.take("origin")?,
        })
    }
}

/// The changes of one record, newest first. What is private to somebody else is left out.
pub(crate) async fn of_record(
    scope: &CompanyScope<'_>,
    kind: Kind,
    id: Uuid,
    request: &PageRequest,
) -> Result<Page<Change>> {
    scope.company().await?;
    let find = || {
        let rows = scope.find::<row::Entity>().select(&COLUMNS).filter(scope.not_private(Expr::col("private_to")));
        rows.filter(Expr::col("entity").eq(kind.as_str())).filter(Expr::col("entity_id").eq(id))
    };
    let order = page::newest_first("occurred_at");
    let digest = page::digest(&(kind, id))?;
    read_page(find, &order, &digest, request, |change: &Change| (Key::Time(change.at), change.id.0)).await
}

/// Removes the history of records that are gone for good, because it holds what they held. `ids`: one id, or a select of
/// several.
pub(crate) fn purge(tx: &mut CompanyTx<'_>, kind: Kind, ids: impl FnOnce(Expr) -> Expr) {
    let delete = Query::delete()
        .from_table("crm_changes")
        .and_where(Expr::col("company_id").eq(tx.actor().company().0))
        .and_where(Expr::col("entity").eq(kind.as_str()))
        .and_where(ids(Expr::col("entity_id")))
        .to_owned();
    tx.defer([Deferred::Delete(delete)]);
}

/// Hides what was recorded of a record from everybody but `user`: its history, its events, and its entries in the audit
/// trail, those of refusals too.
pub(crate) fn make_private(tx: &mut CompanyTx<'_>, kind: Kind, id: Uuid, user: UserId) -> Result<()> {
    let company = tx.actor().company().0;
    let hide = |table: &'static str| {
        let mut update = Query::update();
        update.table(table).value("private_to", user.0);
        update.and_where(Expr::col("company_id").eq(company)).and_where(Expr::col("entity_id").eq(id));
        update
    };
    let mut updates = ["crm_changes", "crm_outbox"].map(hide);
    for update in &mut updates {
        // As the index of the events of notes has it.
        update.and_where(Expr::cust(format!("entity = '{kind}'")));
    }
    tx.defer([Deferred::Insert(still_counted(tx, kind, id)?)]);
    // Refusals are about what the right is about, and not about a kind of record.
    tx.defer(updates.into_iter().chain([hide("crm_audit")]).map(Deferred::Update));
    Ok(())
}

/// Counts events without a position that are hidden among those that are not private, as they were counted before: a revision
/// never comes back.
fn still_counted(tx: &CompanyTx<'_>, kind: Kind, id: Uuid) -> Result<InsertStatement> {
    let company = tx.actor().company().0;
    let hidden = Query::select()
        .expr(Expr::val(company))
        .expr(Expr::val(0_i64))
        .expr(Expr::cust("-count(*)"))
        .expr(Expr::val(tx.now()))
        .from("crm_outbox")
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("entity_id").eq(id))
        .and_where(Expr::cust(format!("entity = '{kind}'")))
        .and_where(Expr::col("position").is_null())
        .and_where(Expr::col("private_to").is_null())
        .to_owned();
    let added = Expr::cust("crm_event_heads.private_events + excluded.private_events");
    let mut insert = Query::insert();
    insert
        .into_table("crm_event_heads")
        .columns(["company_id", "position", "private_events", "moved_at"])
        .on_conflict(OnConflict::column("company_id").value("private_events", added).to_owned());
    insert.select_from(hidden).map_err(Error::internal)?;
    Ok(insert)
}
