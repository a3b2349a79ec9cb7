//! The people of an organization have its name, also after it is renamed.

use async_trait::async_trait;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QueryOrder, QuerySelect};
use serde_json::json;
use uuid::Uuid;

use super::super::model::{Customer, CustomerKind};
use super::super::row;
use super::guard::OnlyName;
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::jobs::{self, NewJob};
use crate::scope::jobs::{JobDone, JobError, JobHandler, RunningJob};
use crate::scope::parameters::Parameters;
use crate::scope::{Change, CompanyTx, Find, is_live};

/// How many people are renamed together with their organization. The others follow by a job.
const AT_ONCE: u64 = 100;
/// How many people the job renames in a transaction.
const BATCH: u64 = 250;

/// Gives the people of an organization its name, if it has changed.
pub(in super::super) async fn rename(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer) -> Result<()> {
    if before.name == after.name || after.kind != CustomerKind::Organization {
        return Ok(());
    }
    follow(tx, &[after.id]).await
}

/// Gives the people of these organizations their names.
pub(super) async fn follow(tx: &mut CompanyTx<'_>, organizations: &[CustomerId]) -> Result<()> {
    let names = with_others(tx, organizations).await?;
    let mut left = AT_ONCE;
    for (id, name) in &names {
        // Who is being written by others is left to the job: to wait here, with the organization held, could be a deadlock.
        let people = row::select(others(tx, *id, name), tx.actor(), tx.is_postgres());
        let people: Vec<Customer> = in_order(people).skip_locked().fetch_up_to(left).await?;
        left = left.saturating_sub(people.len() as u64);
        write(tx, people, name).await?;
    }
    if names.is_empty() {
        return Ok(());
    }
    let late: Vec<NewJob> =
        with_others(tx, organizations).await?.into_iter().map(|(id, _)| RenamePeople::job(id)).collect();
    match late.is_empty() {
        true => Ok(()),
        false => jobs::enqueue(tx, late).await.map(drop),
    }
}

/// Those of some organizations that have people with another name for them.
async fn with_others(tx: &mut CompanyTx<'_>, organizations: &[CustomerId]) -> Result<Vec<(CustomerId, String)>> {
    let mut parameters = Parameters::new([tx.company.id.0.into()]);
    let ids = organizations.iter().map(|id| parameters.add(id.0)).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT o.id, o.name FROM crm_customers AS o WHERE o.company_id = $1 AND o.id IN ({ids}) AND EXISTS (\
            SELECT 1 FROM crm_customers AS p WHERE p.company_id = $1 AND p.organization_id = o.id \
                AND p.deleted_at IS NULL AND (p.organization_name <> o.name OR p.organization_name IS NULL)) \
         ORDER BY o.id"
    );
    let rows = tx.query_sql(&sql, parameters.into_values()).await?;
    rows.iter().map(|row| Ok((row.try_get::<Uuid>("", "id")?.into(), row.try_get("", "name")?))).collect()
}

/// The people of an organization who have another name for it. Those in the trash follow when they come back.
fn others<'t>(tx: &'t CompanyTx<'_>, organization: CustomerId, name: &str) -> Find<'t, row::Entity> {
    let column = |column: &'static str| Expr::col((row::TABLE, column));
    let differs = column("organization_name").ne(name).or(column("organization_name").is_null());
    let people = tx.find().filter(column("organization_id").eq(organization.0));
    people.filter(is_live(row::TABLE)).filter(differs)
}

fn in_order(people: Find<'_, row::Entity>) -> Find<'_, row::Entity> {
    people.map(|select| select.order_by_asc(row::Column::Id))
}

async fn write(tx: &mut CompanyTx<'_>, people: Vec<Customer>, name: &str) -> Result<()> {
    for before in people {
        let mut after = Customer { organization_name: Some(name.to_owned()), ..before.clone() };
        tx.update(&before, &mut after, Change::Updated).await?;
    }
    Ok(())
}

/// Gives the people of a renamed organization its name, batch by batch. Each is a write of the person, with a version,
/// history and an event; to do it twice changes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct RenamePeople;

impl RenamePeople {
    /// The kind.
    pub const KIND: &'static str = "crm.rename_people";

    /// Jobs of one organization run one after the other, so that the last name stays.
    fn job(organization: CustomerId) -> NewJob {
        NewJob::new(Self::KIND, json!(organization)).of_record(organization.to_string())
    }
}

#[async_trait]
impl JobHandler for RenamePeople {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let organization: CustomerId = job.payload()?;
        let mut people = 0;
        loop {
            let renamed = job.scope().write(async |tx| next_batch(tx, organization).await).await?;
            if renamed == 0 {
                return job.begin().await?.complete(json!({ "people": people })).await;
            }
            people += renamed;
            job.progress(0, Some(&format!("{people} people"))).await?;
        }
    }
}

async fn next_batch(tx: &mut CompanyTx<'_>, organization: CustomerId) -> Result<usize> {
    let rows = tx.find::<row::Entity>().by_id(organization);
    let known: Option<OnlyName> = rows.map(|select| select.select_only().column(row::Column::Name)).one().await?;
    let Some(OnlyName { name }) = known else {
        return Ok(0);
    };
    let people = row::select(others(tx, organization, &name), tx.actor(), tx.is_postgres());
    let people: Vec<Customer> = in_order(people).for_no_key_update().fetch_up_to(BATCH).await?;
    let renamed = people.len();
    write(tx, people, &name).await?;
    Ok(renamed)
}
