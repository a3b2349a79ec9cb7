//! The first response to a lead: by when it is promised, what counts as one, and what happens if there is none.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{DatabaseConnection, FromQueryResult, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::held::Held;
use super::model::LeadResponseState;
use super::row::{self, TABLE};
use crate::base::error::Result;
use crate::base::ids::{CustomerId, UserId};
use crate::base::text::word_key;
use crate::companies::{CompanySettings, LeadResponseTarget};
use crate::jobs;
use crate::journal::Deferred;
use crate::lead_statuses::LeadStatusType;
use crate::notifications::{self, NotificationKind, NotifiedRecord};
use crate::query::dialect::any_of;
use crate::scope::actor::Actor;
use crate::scope::jobs::Alarm;
use crate::scope::{CompanyTx, Crm};
use crate::working_time::WorkingTime;

/// The maximum number of leads of a company in one transaction; the others follow at the next look.
const BATCH: u64 = 100;

/// How it stands with the first response to a lead.
#[derive(Clone, Debug, Default)]
pub(super) struct Response {
    pub respond_by: Option<DateTime<Utc>>,
    pub first_responded_at: Option<DateTime<Utc>>,
    pub state: Option<LeadResponseState>,
    /// When it is told that there was none.
    pub due_at: Option<DateTime<Utc>>,
}

impl Response {
    /// The place in the order; that of leads that need no response is the last.
    pub fn key(&self) -> i64 {
        self.respond_by.map_or(i64::MAX, |at| at.timestamp_micros())
    }
}

impl Held {
    /// Promises a first response by the first target of the company that the lead meets, unless it is won or lost already.
    pub fn promise_response(&mut self, settings: &CompanySettings, now: DateTime<Utc>) {
        if !self.is_open() {
            return;
        }
        let target = settings.lead_response_targets.iter().find(|target| self.meets(target));
        let time = WorkingTime::new(settings.working_hours.as_ref(), settings.zone());
        let by = target.and_then(|target| time.after(now, TimeDelta::minutes(target.minutes)));
        let state = by.map(|_| LeadResponseState::FirstResponseDue);
        self.own.response = Response { respond_by: by, first_responded_at: None, state, due_at: by };
    }

    /// Whether it is worked on: it is neither won nor lost.
    pub fn is_open(&self) -> bool {
        !matches!(self.own.status_type, LeadStatusType::Won | LeadStatusType::Lost)
    }

    fn meets(&self, target: &LeadResponseTarget) -> bool {
        let source = self.customer.source.as_deref().map(word_key);
        target.rating.is_none_or(|rating| self.own.rating == Some(rating))
            && target.priority.is_none_or(|least| self.own.priority.is_some_and(|priority| priority >= least))
            && target.source.as_deref().is_none_or(|wanted| source == Some(word_key(wanted)))
    }
}

/// Notes a response at this time, if it is the first one to a lead; a customer who is no lead has none. It changes no version:
/// the lead itself stays as it is.
pub(crate) fn note_response(tx: &mut CompanyTx<'_>, lead: CustomerId, at: DateTime<Utc>) {
    let column = |name: &'static str| Expr::col(name);
    let state = Expr::case(column("respond_by").is_null(), Expr::cust("NULL"))
        .case(column("respond_by").gte(at), LeadResponseState::Fulfilled.as_str())
        .finally(LeadResponseState::Failed.as_str());
    let update = Query::update()
        .table(TABLE)
        .value("first_responded_at", at)
        .value("response_state", state)
        .value("response_due_at", None::<DateTime<Utc>>)
        .and_where(column("company_id").eq(tx.company.id.0))
        .and_where(column("id").eq(lead.0))
        .and_where(column("first_responded_at").is_null())
        .and_where(column("converted_at").is_null())
        .and_where(column("created_at").lte(at))
        .to_owned();
    tx.defer([Deferred::Update(update)]);
}

/// Leads that were not answered in time. Each is marked and told of in one transaction, so once, by whichever worker has it.
pub(crate) struct LeadResponses;

#[async_trait]
impl Alarm for LeadResponses {
    async fn ring(&self, crm: &Crm, db: &DatabaseConnection) -> Result<()> {
        for company in jobs::companies_with_due(crm, db, (TABLE, "response_due_at")).await? {
            let outcome = crm.on(Actor::system(company), db).write(async |tx| fail_due(tx).await).await;
            jobs::note_failure(company, outcome);
        }
        Ok(())
    }
}

/// A lead of which the response is late.
#[derive(Debug, FromQueryResult)]
struct Late {
    id: Uuid,
    owner_id: Option<Uuid>,
    status_type: String,
    converted_at: Option<DateTime<Utc>>,
    deleted_at: Option<DateTime<Utc>>,
}

impl Late {
    /// The owner, unless the lead has come to an end or is in the trash.
    fn told(&self) -> Option<UserId> {
        let is_closed = [LeadStatusType::Won, LeadStatusType::Lost].iter().any(|of| of.as_str() == self.status_type);
        let is_gone = self.converted_at.is_some() || self.deleted_at.is_some();
        self.owner_id.filter(|_| !is_closed && !is_gone).map(Into::into)
    }
}

/// Marks what is late, but for what another worker has at this moment, and tells the owners.
async fn fail_due(tx: &mut CompanyTx<'_>) -> Result<()> {
    use row::Column as C;
    const COLUMNS: [C; 5] = [C::Id, C::OwnerId, C::StatusType, C::ConvertedAt, C::DeletedAt];
    let late = tx.find::<row::Entity>().filter(Expr::col((TABLE, "response_due_at")).lte(tx.now()));
    let late = late.map(|select| select.select_only().columns(COLUMNS).order_by_asc(C::ResponseDueAt)).skip_locked();
    let late: Vec<Late> = late.fetch_up_to(BATCH).await?;
    if late.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = late.iter().map(|lead| lead.id).collect();
    let update = Query::update()
        .table(TABLE)
        .value("response_state", LeadResponseState::Failed.as_str())
        .value("response_due_at", None::<DateTime<Utc>>)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("id"), ids, tx.is_postgres()))
        .to_owned();
    tx.execute(&update).await?;
    let mut of_owners: BTreeMap<UserId, Vec<Uuid>> = BTreeMap::new();
    for lead in &late {
        if let Some(owner) = lead.told() {
            of_owners.entry(owner).or_default().push(lead.id);
        }
    }
    for (owner, leads) in of_owners {
        notifications::tell_each(tx, (NotificationKind::ResponseFailed, NotifiedRecord::Lead), &leads, owner)?;
    }
    Ok(())
}
