//! What is handed out to a person: everything that is known of them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::history::records_of;
use super::subject::{Held, Subject, hold};
use crate::base::error::{Error, Result};
use crate::base::ids::{CustomerId, DealId};
use crate::base::rights::{Action, ActorRef};
use crate::base::text;
use crate::capture_forms::{self, CaptureSubmission};
use crate::consents::{self, Consent};
use crate::customers::{self, Customer, CustomerLink, CustomerMerge};
use crate::deals::{self, Deal};
use crate::history::FieldChange;
use crate::interactions::{self, Interaction};
use crate::journal::changes as change_row;
use crate::leads::{self, Lead};
use crate::notes::{self, Note};
use crate::query::dialect::any_of;
use crate::scope::{CompanyOwned, CompanyTx, Find, FromRow};
use crate::suppressions::{self, Suppression};
use crate::tasks::{self, Task};

/// How many rows are read at once.
const BATCH: u64 = 1_000;

/// Everything that is known of a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PersonalData {
    /// When this was put together.
    pub generated_at: DateTime<Utc>,
    /// The id of the customer or lead.
    pub subject_id: CustomerId,
    /// The ids of the customers that were merged into it.
    pub merged_ids: Vec<CustomerId>,
    /// The customer with contact points, addresses, custom fields, references and tags; `null` for a lead.
    pub customer: Option<Customer>,
    /// The customers that were merged into it, as long as they are kept.
    pub merged_customers: Vec<Customer>,
    /// The lead, and those that the person was.
    pub leads: Vec<Lead>,
    /// What was sent with forms.
    pub submissions: Vec<CaptureSubmission>,
    /// The ledger of consents.
    pub consents: Vec<Consent>,
    /// What the do-not-contact list has of the person's addresses and numbers.
    pub suppressions: Vec<Suppression>,
    /// All notes, the private ones of all users too.
    pub notes: Vec<Note>,
    /// All interactions.
    pub interactions: Vec<Interaction>,
    /// All tasks.
    pub tasks: Vec<Task>,
    /// All deals with the person.
    pub deals: Vec<Deal>,
    /// The deals in which the person has a say.
    pub deal_roles: Vec<PersonalRole>,
    /// The links with others.
    pub links: Vec<CustomerLink>,
    /// The merges into the person.
    pub merges: Vec<CustomerMerge>,
    /// The changes of all of that, the earliest first.
    pub history: Vec<PersonalChange>,
}

/// What the person has to do with a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PersonalRole {
    /// The deal, perhaps one with another customer.
    pub deal_id: DealId,
    /// What the person has to do with it.
    #[cfg_attr(feature = "openapi", schema(example = "decision_maker"))]
    pub role: String,
    /// Whether the person is asked first.
    pub is_primary: bool,
}

/// A change of a record of the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PersonalChange {
    /// The kind of the record.
    #[cfg_attr(feature = "openapi", schema(example = "note"))]
    pub entity: String,
    /// The id of the record.
    pub entity_id: Option<Uuid>,
    /// When.
    pub at: DateTime<Utc>,
    /// What was done.
    #[cfg_attr(feature = "openapi", schema(example = "updated"))]
    pub action: String,
    /// Who did it.
    pub actor: ActorRef,
    /// The version of the record after the change.
    pub version: i64,
    /// The fields that changed.
    pub changes: Vec<FieldChange>,
}

impl TryFrom<change_row::Model> for PersonalChange {
    type Error = Error;

    fn try_from(row: change_row::Model) -> Result<Self> {
        let change_row::Model { entity, entity_id, occurred_at, action, actor_kind, actor_id, .. } = row;
        Ok(Self {
            entity,
            entity_id,
            at: occurred_at,
            action,
            actor: ActorRef::read(&actor_kind, actor_id)?,
            version: row.entity_version,
            changes: serde_json::from_value(row.changes).map_err(Error::internal)?,
        })
    }
}

/// All of it, with an entry in the audit trail.
pub(super) async fn read(tx: &mut CompanyTx<'_>, subject: Subject) -> Result<PersonalData> {
    let held = hold(tx, subject, Action::Disclose).await?;
    let subject_id = held.customer.id;
    tx.audit(subject.kind(), "disclosed", json!({ "subjectId": subject_id, "mergedIds": &held.ids[1..] }));
    let deal_roles = roles(tx, &held).await?;
    let (tx, ids) = (&*tx, held.uuids());
    let (mut customer, mut merged_customers, mut listed) = (None, Vec::new(), BTreeSet::new());
    for row in customers::rows_of(tx, &ids).await? {
        listed.extend(listed_as(&row));
        match row {
            row if row.is_lead => {}
            row if row.id == subject_id => customer = Some(row),
            row => merged_customers.push(row),
        }
    }
    Ok(PersonalData {
        generated_at: tx.now(),
        subject_id,
        merged_ids: held.ids[1..].to_vec(),
        customer,
        merged_customers,
        leads: leads::rows_of(tx, &ids).await?,
        submissions: all(|| capture_forms::of_customers(tx, &ids), |row: &CaptureSubmission| row.id.0).await?,
        consents: all(|| consents::of_customers(tx, &ids), |row: &Consent| row.id.0).await?,
        suppressions: suppressions::entries_of(tx, listed.into_iter().collect()).await?,
        notes: all(|| notes::of_customers(tx, &ids), |row: &Note| row.id.0).await?,
        interactions: all(|| interactions::of_customers(tx, &ids), |row: &Interaction| row.id.0).await?,
        tasks: all(|| tasks::of_customers(tx, &ids), |row: &Task| row.id.0).await?,
        deals: all(|| deals::of_customers(tx, &ids), |row: &Deal| row.id.0).await?,
        deal_roles,
        links: customers::links::links_of(tx, &ids).await?,
        merges: customers::merges_of(tx, &ids).await?,
        history: history(tx, &ids).await?,
    })
}

/// The addresses and numbers of a customer, as the do-not-contact list may have them.
fn listed_as(customer: &Customer) -> Vec<String> {
    let emails = customer.emails.iter().map(|email| text::email(&email.address));
    emails.chain(customer.phones.iter().filter_map(|phone| phone.e164.clone())).collect()
}

/// All rows, in the order of their ids.
async fn all<'t, E, M>(find: impl Fn() -> Find<'t, E>, id: fn(&M) -> Uuid) -> Result<Vec<M>>
where
    E: CompanyOwned,
    M: FromRow,
{
    let mut all: Vec<M> = Vec::new();
    loop {
        let rows = match all.last() {
            Some(last) => find().filter(E::id_column().gt(id(last))),
            None => find(),
        };
        let rows: Vec<M> = rows.map(|select| select.order_by_asc(E::id_column())).fetch_up_to(BATCH).await?;
        let is_last = (rows.len() as u64) < BATCH;
        all.extend(rows);
        if is_last {
            return Ok(all);
        }
    }
}

async fn history(tx: &CompanyTx<'_>, ids: &[Uuid]) -> Result<Vec<PersonalChange>> {
    let mut changes: Vec<PersonalChange> = Vec::new();
    for (kind, records) in records_of(tx.company.id.0, ids, tx.is_postgres()) {
        let of_kind = Expr::col("entity").eq(kind.as_str());
        let find = || tx.find::<change_row::Entity>().filter(of_kind.clone()).filter(records.clone());
        for row in all(find, |row: &change_row::Model| row.id).await? {
            changes.push(row.try_into()?);
        }
    }
    changes.sort_by_key(|change| change.at);
    Ok(changes)
}

async fn roles(tx: &mut CompanyTx<'_>, held: &Held) -> Result<Vec<PersonalRole>> {
    let roles = Query::select()
        .columns(["deal_id", "role", "is_primary"])
        .from(deals::CONTACTS)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("customer_id"), held.uuids(), tx.is_postgres()))
        .to_owned();
    let role = |row: &sea_orm::QueryResult| -> Result<PersonalRole> {
        let deal_id: Uuid = row.try_get("", "deal_id")?;
        let (role, is_primary) = (row.try_get("", "role")?, row.try_get("", "is_primary")?);
        Ok(PersonalRole { deal_id: deal_id.into(), role, is_primary })
    };
    tx.query(&roles).await?.iter().map(role).collect()
}
