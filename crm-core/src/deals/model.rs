//! What a deal is.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contact_row::StoredContact;
use super::contacts::DealContact;
use super::items::DealItem;
use crate::base::decimal::Rate;
use crate::base::ids::{CustomerId, DealId, PipelineId, PipelineStageId, UserId};
use crate::base::money::Money;
use crate::base::string_enum::string_enum;
use crate::customers::ExternalRef;
use crate::pipelines::{LockedStage, StageKind};
use crate::scope::actor::ActorRef;
use crate::users::UserRef;

string_enum! {
    /// How a deal stands: the kind of its stage.
    DealStatus {
        /// It is being worked on.
        Open = "open",
        /// It was won.
        Won = "won",
        /// It was lost.
        Lost = "lost",
    }
}

impl From<StageKind> for DealStatus {
    fn from(kind: StageKind) -> Self {
        match kind {
            StageKind::Open => Self::Open,
            StageKind::Won => Self::Won,
            StageKind::Lost => Self::Lost,
        }
    }
}

string_enum! {
    /// What kind of business a deal is.
    DealType {
        /// With a new customer.
        NewBusiness = "new_business",
        /// More of it with a customer who has bought before.
        ExistingBusiness = "existing_business",
        /// The renewal of a contract.
        Renewal = "renewal",
    }
}

string_enum! {
    /// How often a recurring amount comes.
    RecurringInterval {
        /// Every month.
        Month = "month",
        /// Every three months.
        Quarter = "quarter",
        /// Every year.
        Year = "year",
    }
}

/// A deal with a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Deal {
    /// The id.
    pub id: DealId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// The customer.
    pub customer_id: CustomerId,
    /// The customer's name.
    pub customer_name: String,
    /// The name.
    pub name: String,
    /// The pipeline.
    pub pipeline_id: PipelineId,
    /// The stage.
    pub stage_id: PipelineStageId,
    /// The stage's name.
    pub stage_name: String,
    /// When it entered the stage.
    pub stage_entered_at: DateTime<Utc>,
    /// How many whole days it has been in the stage.
    pub days_in_stage: i64,
    /// True if it is open, and has been in the stage for as many days as the stage or the pipeline allows.
    pub is_rotten: bool,
    /// The place among the deals of the stage: keys are compared byte by byte.
    pub position: String,
    /// How it stands: the kind of the stage.
    pub status: DealStatus,
    /// What it is worth.
    pub amount: Option<Money>,
    /// True if the amount is the sum of the items.
    pub amount_from_items: bool,
    /// The same in your company's base currency, rounded half-even: by the current rate while the deal is open, by that
    /// of its end afterwards; absent without a rate.
    pub base_amount: Option<Money>,
    /// What one unit of the amount's currency is worth in the base currency.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "0.9259"))]
    pub rate: Option<Rate>,
    /// The day of the rate; absent if both currencies are the same.
    pub rate_date: Option<NaiveDate>,
    /// Who has given the rate.
    pub rate_source: Option<String>,
    /// What is sold, line by line; at most 200.
    pub items: Vec<DealItem>,
    /// The customers who have a say in it, as far as you may read them; at most 50.
    pub contacts: Vec<DealContact>,
    /// The probability of its own, in percent, where it has one.
    pub probability: Option<i64>,
    /// How likely it is won, in percent: its own probability while it is open, or that of the stage.
    pub effective_probability: i64,
    /// The amount times the probability, rounded half-even.
    pub weighted_amount: Option<Money>,
    /// What it brings again and again, besides the amount.
    pub recurring_amount: Option<Money>,
    /// How often that comes.
    pub recurring_interval: Option<RecurringInterval>,
    /// The day on which it is expected to be won or lost.
    pub expected_close_date: Option<NaiveDate>,
    /// When it was won or lost.
    pub closed_at: Option<DateTime<Utc>>,
    /// Why it was lost, as a word of your company.
    pub lost_reason: Option<String>,
    /// What is to be said of the loss.
    pub lost_notes: Option<String>,
    /// Who else wants to sell.
    pub competitor: Option<String>,
    /// Where it came from, as a word of your company.
    pub source: Option<String>,
    /// What kind of business it is.
    #[serde(rename = "type")]
    pub deal_type: Option<DealType>,
    /// What is to be done next.
    pub next_step: Option<String>,
    /// When that is to be done.
    pub next_step_at: Option<DateTime<Utc>>,
    /// What it is about.
    pub description: Option<String>,
    /// The quote in another system, for example an ERP.
    pub quote_ref: Option<ExternalRef>,
    /// The order in another system.
    pub order_ref: Option<ExternalRef>,
    /// The invoices in other systems; at most 100.
    pub invoice_refs: Vec<ExternalRef>,
    /// The user who is responsible for it.
    pub owner_id: Option<UserId>,
    /// The same user with their name.
    pub owner: Option<UserRef>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who wrote it last.
    pub updated_by: ActorRef,
    /// When it was put into the trash.
    pub deleted_at: Option<DateTime<Utc>>,
    /// What was put into the trash together comes back together.
    #[serde(skip)]
    pub(crate) delete_batch_id: Option<Uuid>,
    /// When an event told that it is rotten in its stage.
    #[serde(skip)]
    pub(crate) rotten_at: Option<DateTime<Utc>>,
    /// How many days the stage or the pipeline allows, until the deal is judged.
    #[serde(skip)]
    pub(crate) rotten_days: Option<i64>,
    /// The probability of the stage, in percent.
    #[serde(skip)]
    pub(crate) stage_probability: i64,
    /// The contacts that the actor does not see, and before the deal is judged all of them.
    #[serde(skip)]
    pub(crate) hidden_contacts: Vec<StoredContact>,
}

impl Deal {
    /// The members of the JSON form that are derived or of the envelope, and so no part of history.
    pub(super) const UNTRACKED: &'static [&'static str] = &[
        "id",
        "version",
        "customerId",
        "customerName",
        "stageName",
        "stageEnteredAt",
        "daysInStage",
        "isRotten",
        "baseAmount",
        "rate",
        "rateDate",
        "rateSource",
        "effectiveProbability",
        "weightedAmount",
        "owner",
        "createdAt",
        "updatedAt",
        "createdBy",
        "updatedBy",
        "deletedAt",
    ];

    /// A deal in this stage with nothing in it but an id.
    pub(super) fn blank(
        id: DealId,
        customer: CustomerId,
        stage: &LockedStage,
        now: DateTime<Utc>,
        by: ActorRef,
    ) -> Self {
        let status = DealStatus::from(stage.kind);
        Self {
            id,
            version: 1,
            customer_id: customer,
            customer_name: String::new(),
            name: String::new(),
            pipeline_id: stage.pipeline_id,
            stage_id: stage.id,
            stage_name: stage.name.clone(),
            stage_entered_at: now,
            days_in_stage: 0,
            is_rotten: false,
            position: String::new(),
            status,
            amount: None,
            amount_from_items: false,
            base_amount: None,
            rate: None,
            rate_date: None,
            rate_source: None,
            items: Vec::new(),
            contacts: Vec::new(),
            probability: None,
            effective_probability: stage.probability,
            weighted_amount: None,
            recurring_amount: None,
            recurring_interval: None,
            expected_close_date: None,
            closed_at: (status != DealStatus::Open).then_some(now),
            lost_reason: None,
            lost_notes: None,
            competitor: None,
            source: None,
            deal_type: None,
            next_step: None,
            next_step_at: None,
            description: None,
            quote_ref: None,
            order_ref: None,
            invoice_refs: Vec::new(),
            owner_id: None,
            owner: None,
            created_at: now,
            updated_at: now,
            created_by: by.clone(),
            updated_by: by,
            deleted_at: None,
            delete_batch_id: None,
            rotten_at: None,
            rotten_days: None,
            stage_probability: stage.probability,
            hidden_contacts: Vec::new(),
        }
    }

    /// True if the deal is in the trash.
    #[must_use]
    pub const fn is_trashed(&self) -> bool {
        self.deleted_at.is_some()
    }

    /// Puts the deal into another stage. A reason of a loss ends with the loss.
    pub(super) fn enter(&mut self, stage: &LockedStage, at: DateTime<Utc>) {
        let (before, after) = (self.status, DealStatus::from(stage.kind));
        self.pipeline_id = stage.pipeline_id;
        self.stage_id = stage.id;
        self.stage_name.clone_from(&stage.name);
        self.stage_probability = stage.probability;
        self.stage_entered_at = at;
        (self.days_in_stage, self.is_rotten, self.rotten_at) = (0, false, None);
        self.status = after;
        self.closed_at = match after {
            DealStatus::Open => None,
            _ => self.closed_at.filter(|_| before == after).or(Some(at)),
        };
        if after != DealStatus::Lost {
            (self.lost_reason, self.lost_notes) = (None, None);
        }
    }

    /// Computes what follows from the other fields.
    pub(super) fn settle(&mut self) {
        let own = self.probability.filter(|_| self.status == DealStatus::Open);
        self.effective_probability = own.unwrap_or(self.stage_probability);
        self.weighted_amount = self.amount.map(|amount| amount.percent(self.effective_probability));
    }
}
