//! History: the values of a record before and after each change.

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
    /// The id of the change.
    pub id: ChangeId,
    /// The time of the change.
    pub at: DateTime<Utc>,
    /// The action: `created`, `updated`, `deleted`, `restored`, `purged` or `erased`; `merged` or
    /// `unmerged` for the customers of a merge; `converted` or `unconverted` for a lead; for a customer's tags, `tagged` or
    /// `untagged`, and for what a language model has made of an interaction, `summarized` or `ai_updated`, which do not
    /// change the record's version.
    pub action: String,
    /// The actor.
    pub actor: ActorRef,
    /// The id of the request, if known.
    pub request_id: Option<String>,
    /// The version of the record after the change.
    pub version: i64,
    /// The fields that changed.
    pub changes: Vec<FieldChange>,
    /// The origin of background writes: `import`.
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

/// The changes of one record, newest first. Changes that are private to another user are left out.
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

/// Removes the history of purged records, because it contains their values. `ids`: one id, or a select of several.
pub(crate) fn purge(tx: &mut CompanyTx<'_>, kind: Kind, ids: impl FnOnce(Expr) -> Expr) {
    let delete = Query::delete()
        .from_table("crm_changes")
        .and_where(Expr::col("company_id").eq(tx.actor().company().0))
        .and_where(Expr::col("entity").eq(kind.as_str()))
        .and_where(ids(Expr::col("entity_id")))
        .to_owned();
    tx.defer([Deferred::Delete(delete)]);
}

/// Hides the history, the events and the audit entries of a record, including those of refusals, from all users except
/// `user`.
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
        // Written exactly as in the index of the events of notes.
        update.and_where(Expr::cust(format!("entity = '{kind}'")));
    }
    tx.defer([Deferred::Insert(still_counted(tx, kind, id)?)]);
    // Refusals have the resource of the right, not the kind of the record.
    tx.defer(updates.into_iter().chain([hide("crm_audit")]).map(Deferred::Update));
    Ok(())
}

/// Counts hidden events without a position as if they were not private, because they were counted so before: a revision
/// must never repeat.
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
