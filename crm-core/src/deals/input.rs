//! The input for deals.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::contacts::DealContact;
use super::model::{Deal, DealType, RecurringInterval};
use super::validate;
use crate::base::ids::{PipelineId, PipelineStageId, UserId};
use crate::base::money::Money;
use crate::base::patch::{Patch, apply_fields, patch};
use crate::customers::ExternalRef;

/// A deal to add, or all writable fields of one to replace. An absent or `null` field has no value, unless the field
/// describes a default.
///
/// ```
/// use crm_core::deals::NewDeal;
/// use crm_core::money::Money;
///
/// let amount = Money { amount: 1_250_000, currency: "EUR".parse()? };
/// let deal = NewDeal { amount: Some(amount), ..NewDeal::named("200 units for Boston") };
/// # Ok::<(), crm_core::money::UnknownCurrency>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewDeal {
    /// The name.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "200 units for Boston", min_length = 1, max_length = 250))]
    pub name: Option<String>,
    /// The pipeline in which a new deal begins; the default if absent. Later it is changed with the stage.
    pub pipeline_id: Option<PipelineId>,
    /// The stage in which a new deal begins; the first open one of the pipeline if absent. Later it is changed by a
    /// move.
    pub stage_id: Option<PipelineStageId>,
    /// What it is worth.
    #[validate(nested)]
    pub amount: Option<Money>,
    /// Whether the amount is the sum of the items; false if absent. Then it cannot be given.
    pub amount_from_items: Option<bool>,
    /// The customers who have a say in it; at most 50.
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    pub contacts: Option<Vec<DealContact>>,
    /// A probability of its own, in percent; while it is absent, that of the stage holds.
    #[validate(range(min = 0, max = 100))]
    #[cfg_attr(feature = "openapi", schema(example = 60, minimum = 0, maximum = 100))]
    pub probability: Option<i64>,
    /// What it brings again and again, besides the amount; with an interval.
    #[validate(nested)]
    pub recurring_amount: Option<Money>,
    /// How often that comes.
    pub recurring_interval: Option<RecurringInterval>,
    /// The day on which it is expected to be won or lost.
    #[validate(custom(function = validate::date))]
    pub expected_close_date: Option<NaiveDate>,
    /// Why it was lost, for example `price`, `competitor`, `no_budget`, `timing` or `no_answer`; your company can use
    /// its own words, or choose some by its setting `lostReasons`. Only lost deals have a reason, and they need one.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "price", max_length = 64))]
    pub lost_reason: Option<String>,
    /// What is to be said of the loss; only of lost deals.
    #[validate(length(max = 2_000))]
    #[cfg_attr(feature = "openapi", schema(max_length = 2_000))]
    pub lost_notes: Option<String>,
    /// Who else wants to sell.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "Smith & Sons", max_length = 250))]
    pub competitor: Option<String>,
    /// Where it came from, for example `referral` or `trade_fair`; your company can use its own words.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "referral", max_length = 64))]
    pub source: Option<String>,
    /// What kind of business it is.
    #[serde(rename = "type")]
    pub deal_type: Option<DealType>,
    /// What is to be done next.
    #[validate(length(max = 500))]
    #[cfg_attr(feature = "openapi", schema(example = "Send the contract", max_length = 500))]
    pub next_step: Option<String>,
    /// When that is to be done.
    #[validate(custom(function = validate::time))]
    pub next_step_at: Option<DateTime<Utc>>,
    /// What it is about; up to 4,000 characters.
    #[validate(length(max = 4_000))]
    #[cfg_attr(feature = "openapi", schema(max_length = 4_000))]
    pub description: Option<String>,
    /// The quote in another system, for example an ERP.
    #[validate(nested)]
    pub quote_ref: Option<ExternalRef>,
    /// The order in another system.
    #[validate(nested)]
    pub order_ref: Option<ExternalRef>,
    /// The invoices in other systems; at most 100.
    #[validate(nested)]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub invoice_refs: Option<Vec<ExternalRef>>,
    /// The owner; `null` for no owner. If absent, you own a new deal, and an existing one keeps its owner.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<UserId>))]
    pub owner_id: Patch<UserId>,
}

impl NewDeal {
    /// The writable fields by their JSON names. A PUT requires all of them.
    pub const FIELDS: &'static [&'static str] = &[
        "name",
        "amount",
        "amountFromItems",
        "contacts",
        "probability",
        "recurringAmount",
        "recurringInterval",
        "expectedCloseDate",
        "lostReason",
        "lostNotes",
        "competitor",
        "source",
        "type",
        "nextStep",
        "nextStepAt",
        "description",
        "quoteRef",
        "orderRef",
        "invoiceRefs",
        "ownerId",
    ];

    /// The fields of a [`Deal`] that a PUT ignores. The stage is changed by [`Deals::move_to`](super::Deals::move_to).
    pub const READ_ONLY: &'static [&'static str] = &[
        "id",
        "version",
        "customerId",
        "customerName",
        "pipelineId",
        "stageId",
        "stageName",
        "stageEnteredAt",
        "daysInStage",
        "isRotten",
        "position",
        "status",
        "baseAmount",
        "rate",
        "rateDate",
        "rateSource",
        "items",
        "effectiveProbability",
        "weightedAmount",
        "closedAt",
        "owner",
        "createdAt",
        "updatedAt",
        "createdBy",
        "updatedBy",
        "deletedAt",
    ];

    /// A deal with this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

impl From<&Deal> for NewDeal {
    /// The input that would produce this deal.
    fn from(deal: &Deal) -> Self {
        let deal = deal.clone();
        Self {
            name: Some(deal.name),
            pipeline_id: Some(deal.pipeline_id),
            stage_id: Some(deal.stage_id),
            amount: deal.amount,
            amount_from_items: Some(deal.amount_from_items),
            contacts: Some(deal.contacts),
            probability: deal.probability,
            recurring_amount: deal.recurring_amount,
            recurring_interval: deal.recurring_interval,
            expected_close_date: deal.expected_close_date,
            lost_reason: deal.lost_reason,
            lost_notes: deal.lost_notes,
            competitor: deal.competitor,
            source: deal.source,
            deal_type: deal.deal_type,
            next_step: deal.next_step,
            next_step_at: deal.next_step_at,
            description: deal.description,
            quote_ref: deal.quote_ref,
            order_ref: deal.order_ref,
            invoice_refs: Some(deal.invoice_refs),
            owner_id: deal.owner_id.into(),
        }
    }
}

patch! {
    /// A change of a deal (RFC 7396): absent fields stay unchanged, `null` clears a field. The stage is changed by a
    /// move.
    DealPatch {
        /// The name.
        name: String [max_length = 250],
        /// What it is worth.
        amount: Money,
        /// Whether the amount is the sum of the items; `null` for false.
        amount_from_items: bool,
        /// All customers who have a say in it; `null` for none.
        contacts: Vec<DealContact> [max_items = 50],
        /// A probability of its own, in percent; `null` for that of the stage.
        probability: i64 [minimum = 0, maximum = 100],
        /// What it brings again and again, besides the amount.
        recurring_amount: Money,
        /// How often that comes.
        recurring_interval: RecurringInterval,
        /// The day on which it is expected to be won or lost.
        expected_close_date: NaiveDate,
        /// Why it was lost.
        lost_reason: String [max_length = 64],
        /// What is to be said of the loss.
        lost_notes: String [max_length = 2_000],
        /// Who else wants to sell.
        competitor: String [max_length = 250],
        /// Where it came from.
        source: String [max_length = 64],
        /// What kind of business it is.
        #[serde(rename = "type")]
        deal_type: DealType,
        /// What is to be done next.
        next_step: String [max_length = 500],
        /// When that is to be done.
        next_step_at: DateTime<Utc>,
        /// What it is about.
        description: String [max_length = 4_000],
        /// The quote in another system.
        quote_ref: ExternalRef,
        /// The order in another system.
        order_ref: ExternalRef,
        /// All invoices in other systems; `null` for none.
        invoice_refs: Vec<ExternalRef> [max_items = 100],
        /// The owner; `null` for no owner.
        owner_id: UserId,
    }
}

impl DealPatch {
    /// The deal after the change.
    pub(super) fn apply(self, deal: &Deal) -> NewDeal {
        let mut draft = NewDeal::from(deal);
        apply_fields!(self => draft:
            name, amount, amount_from_items, contacts, probability, recurring_amount, recurring_interval,
            expected_close_date, lost_reason, lost_notes, competitor, source, deal_type, next_step, next_step_at,
            description, quote_ref, order_ref, invoice_refs; owner_id
        );
        if !owner_id.is_absent() {
            draft.owner_id = owner_id;
        }
        draft
    }
}
