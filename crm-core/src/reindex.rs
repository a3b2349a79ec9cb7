//! Recomputes what is derived from text: search texts, and the keys by which names and addresses are compared.
//!
//! They are computed when a record is written. If a later version folds text differently, older records are found by
//! the old rules until they are recomputed.

use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use uuid::Uuid;

use crate::base::error::{Kind, Result};
use crate::scope::actor::Actor;
use crate::scope::reindex::{FoldedColumn, fold_column};
use crate::scope::{CompanyScope, Crm};
use crate::{customers, tags, users};

/// The name of a lead is that of its row among the customers, which are recomputed before.
const LEADS: FoldedColumn = FoldedColumn { table: "crm_leads", column: "name_key", text: ("crm_customers", "name") };
const DEALS: FoldedColumn = FoldedColumn { table: "crm_deals", column: "name_key", text: ("crm_deals", "name") };
const TASKS: FoldedColumn = FoldedColumn { table: "crm_tasks", column: "title_key", text: ("crm_tasks", "title") };

/// The result of [`Crm::reindex`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reindexed {
    /// The number of records written.
    pub written: u64,
    /// Records whose new key belongs to another record. They keep their old key: merge or change them, and run it
    /// again.
    pub conflicts: Vec<(Kind, Uuid)>,
}

/// All records of all companies.
pub(crate) async fn all(crm: &Crm, db: &DatabaseConnection) -> Result<Reindexed> {
    let mut done = Reindexed::default();
    let companies = Query::select().column("company_id").from("crm_companies").to_owned();
    for company in db.query_all(&companies).await? {
        let company: Uuid = company.try_get("", "company_id")?;
        let mut scope = crm.on(Actor::system(company.into()), db);
        for kind in [Kind::Tag, Kind::Customer, Kind::User, Kind::Lead, Kind::Deal, Kind::Task] {
            reindex(&mut scope, kind, &mut done).await?;
        }
    }
    Ok(done)
}

async fn reindex(scope: &mut CompanyScope<'_>, kind: Kind, done: &mut Reindexed) -> Result<()> {
    let mut after = Some(Uuid::nil());
    while let Some(last) = after {
        let batch = scope.write_unchecked(async |tx| match kind {
            Kind::Tag => tags::reindex(tx, last).await,
            Kind::User => users::reindex(tx, last).await,
            Kind::Lead => fold_column(tx, LEADS, last).await,
            Kind::Deal => fold_column(tx, DEALS, last).await,
            Kind::Task => fold_column(tx, TASKS, last).await,
            _ => customers::reindex(tx, last).await,
        });
        let batch = batch.await?;
        done.written += batch.written;
        done.conflicts.extend(batch.conflicts.into_iter().map(|id| (kind, id)));
        after = batch.last;
    }
    Ok(())
}
