//! A lead as it is read and written: its own row, and the one among the customers.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::convert::REVERTIBLE_FOR;
use super::model::{Lead, LeadConversion, LeadDealLink, LeadRating, LeadUtm};
use super::response::Response;
use super::row::{ActiveModel, Entity};
use crate::base::error::{Conflict, Kind, Result};
use crate::base::ids::{CustomerId, CustomerMergeId, DealId, LeadAssignmentRuleId, LeadId, UserId};
use crate::base::money::Money;
use crate::base::text::fold;
use crate::customers::{Customer, of_lead};
use crate::lead_assignment_rules::{Decision, LeadRuleRef};
use crate::lead_statuses::LeadStatusType;
use crate::scope::actor::{ActorKind, ActorRef, Resource};
use crate::scope::company::Company;
use crate::scope::{CompanyTx, Envelope, FromRow, Record, RowReader, Trashable};

/// What only a lead has.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub id: LeadId,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Copies of the customer's row, for lists: as they were when the lead was last written.
    pub name_key: String,
    pub owner_id: Option<UserId>,
    pub is_archived: bool,
    pub status: String,
    pub status_name: String,
    pub status_type: LeadStatusType,
    /// Whether the status demands a reason for the loss.
    pub requires_reason: bool,
    pub status_changed_at: DateTime<Utc>,
    pub status_reason: Option<String>,
    pub source_detail: Option<String>,
    pub utm: LeadUtm,
    pub referred_by: Option<String>,
    pub rating: Option<LeadRating>,
    pub priority: Option<i64>,
    pub estimated_value: Option<Money>,
    pub expected_close_date: Option<NaiveDate>,
    pub lost_reason: Option<String>,
    pub lost_notes: Option<String>,
    pub do_not_call: bool,
    pub do_not_email: bool,
    /// As it was when it was last computed, which no write of the lead does by itself.
    pub score: i64,
    pub assigned_at: Option<DateTime<Utc>>,
    /// The rule that has given it to its owner.
    pub rule_id: Option<LeadAssignmentRuleId>,
    pub rule_name: Option<String>,
    pub response: Response,
    pub conversion: Option<LeadConversion>,
    /// The merge into a customer who was there.
    pub merge_id: Option<CustomerMergeId>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub delete_batch_id: Option<Uuid>,
    pub created_by: ActorRef,
    pub updated_by: ActorRef,
}

/// A lead that is read, or about to be written. Both rows are written together, with one version.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub own: Own,
    pub customer: Customer,
}

impl Held {
    /// A lead with nothing in it but an id.
    pub fn fresh(tx: &CompanyTx<'_>) -> Self {
        let customer = of_lead::fresh(tx);
        let by = ActorRef::from(tx.actor());
        let own = Own {
            id: LeadId(customer.id.0),
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            name_key: String::new(),
            owner_id: None,
            is_archived: false,
            status: String::new(),
            status_name: String::new(),
            status_type: LeadStatusType::default(),
            requires_reason: false,
            status_changed_at: tx.now(),
            status_reason: None,
            source_detail: None,
            utm: LeadUtm::default(),
            referred_by: None,
            rating: None,
            priority: None,
            estimated_value: None,
            expected_close_date: None,
            lost_reason: None,
            lost_notes: None,
            do_not_call: false,
            do_not_email: false,
            score: 0,
            assigned_at: None,
            rule_id: None,
            rule_name: None,
            response: Response::default(),
            conversion: None,
            merge_id: None,
            deleted_at: None,
            delete_batch_id: None,
            created_by: by.clone(),
            updated_by: by,
        };
        Self { own, customer }
    }

    /// Refuses a write of a lead that was converted.
    pub fn ensure_unconverted(&self) -> Result<(), Conflict> {
        if self.own.conversion.is_some() { Err(Conflict::LeadConverted) } else { Ok(()) }
    }

    /// Notes when it was given to another owner.
    pub fn note_owner(&mut self, before: Option<&Self>, now: DateTime<Utc>) {
        if before.and_then(|before| before.customer.owner_id) != self.customer.owner_id {
            self.own.assigned_at = self.customer.owner_id.map(|_| now);
            (self.own.rule_id, self.own.rule_name) = (None, None);
        }
    }

    /// Gives it to the user that a rule has chosen.
    pub fn give(&mut self, decision: Decision, now: DateTime<Utc>) {
        let Decision { rule, owner } = decision;
        (self.customer.owner_id, self.customer.owner) = (Some(owner.id), Some(owner));
        self.own.assigned_at = Some(now);
        (self.own.rule_id, self.own.rule_name) = (Some(rule.id), rule.name);
        self.copy_for_lists();
    }

    /// Copies what lists go by, as every write does.
    pub fn copy_for_lists(&mut self) {
        self.own.name_key = fold(&self.customer.name);
        self.own.owner_id = self.customer.owner_id;
        self.own.is_archived = self.customer.is_archived;
    }

    /// The lead as it is shown.
    pub fn into_lead(self) -> Lead {
        let Self { own, customer } = self;
        Lead {
            id: own.id,
            version: own.version,
            kind: customer.kind,
            name: customer.name,
            salutation: customer.salutation,
            first_name: customer.first_name,
            last_name: customer.last_name,
            email: customer.email,
            phone: customer.phone,
            phone_e164: customer.phone_e164,
            organization_name: customer.organization_name,
            job_title: customer.job_title,
            language: customer.language,
            time_zone: customer.time_zone,
            industry: customer.industry,
            employee_band: customer.employee_band,
            annual_revenue: customer.annual_revenue,
            website: customer.website,
            address: customer.address,
            address_line2: customer.address_line2,
            city: customer.city,
            state: customer.state,
            zip_code: customer.zip_code,
            country: customer.country,
            country_code: customer.country_code,
            emails: customer.emails,
            phones: customer.phones,
            addresses: customer.addresses,
            description: customer.description,
            status: own.status,
            status_name: own.status_name,
            status_type: own.status_type,
            status_changed_at: own.status_changed_at,
            status_reason: own.status_reason,
            source: customer.source,
            source_detail: own.source_detail,
            utm: own.utm,
            referred_by: own.referred_by,
            rating: own.rating,
            priority: own.priority,
            owner_id: customer.owner_id,
            owner: customer.owner,
            assigned_at: own.assigned_at,
            assigned_by_rule: own.rule_id.map(|id| LeadRuleRef { id, name: own.rule_name }),
            respond_by: own.response.respond_by,
            first_responded_at: own.response.first_responded_at,
            response_state: own.response.state,
            estimated_value: own.estimated_value,
            expected_close_date: own.expected_close_date,
            lost_reason: own.lost_reason,
            lost_notes: own.lost_notes,
            do_not_call: own.do_not_call,
            do_not_email: own.do_not_email,
            score: own.score,
            external_refs: customer.external_refs,
            tags: customer.tags,
            last_contact_at: customer.last_contact_at,
            next_follow_up_at: customer.next_follow_up_at,
            custom_fields: customer.custom_fields,
            metadata: customer.metadata,
            is_archived: customer.is_archived,
            conversion: own.conversion,
            created_at: own.created_at,
            updated_at: own.updated_at,
            created_by: own.created_by,
            updated_by: own.updated_by,
            deleted_at: own.deleted_at,
        }
    }
}

impl Serialize for Held {
    /// As it is shown, which is what history keeps.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.clone().into_lead().serialize(serializer)
    }
}

impl FromRow for Held {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let own = Own::read(row)?;
        Ok(Self { own, customer: Customer::from_row(row)? })
    }
}

impl Own {
    /// Stamps a write of this row alone.
    pub fn stamp(&mut self, version: i64, at: DateTime<Utc>, by: ActorRef) {
        if version == 1 {
            (self.created_at, self.created_by) = (at, by.clone());
        }
        (self.version, self.updated_at, self.updated_by) = (version, at, by);
    }

    fn read(row: &mut RowReader<'_>) -> Result<Self> {
        let id: LeadId = row.take("id")?;
        Ok(Self {
            id,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            name_key: row.take("name_key")?,
            owner_id: row.take("owner_id")?,
            is_archived: row.take("is_archived")?,
            status: row.take("status")?,
            status_type: row.take("status_type")?,
            status_changed_at: row.take("status_changed_at")?,
            status_reason: row.take("status_reason")?,
            source_detail: row.take("source_detail")?,
            utm: LeadUtm {
                source: row.take("utm_source")?,
                medium: row.take("utm_medium")?,
                campaign: row.take("utm_campaign")?,
                term: row.take("utm_term")?,
                content: row.take("utm_content")?,
            },
            referred_by: row.take("referred_by")?,
            rating: row.take("rating")?,
            priority: row.take("priority")?,
            estimated_value: row.money(["estimated_value", "estimated_value_currency"])?,
            expected_close_date: row.take("expected_close_date")?,
            lost_reason: row.take("lost_reason")?,
            lost_notes: row.take("lost_notes")?,
            do_not_call: row.take("do_not_call")?,
            do_not_email: row.take("do_not_email")?,
            score: row.take("score")?,
            assigned_at: row.take("assigned_at")?,
            rule_id: row.take("assigned_by_rule_id")?,
            response: Response {
                respond_by: row.take("respond_by")?,
                first_responded_at: row.take("first_responded_at")?,
                state: row.take("response_state")?,
                due_at: row.take("response_due_at")?,
            },
            conversion: conversion(row, id)?,
            merge_id: row.take("customer_merge_id")?,
            deleted_at: row.take("deleted_at")?,
            delete_batch_id: row.take("delete_batch_id")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
            status_name: row.take::<Option<String>>("status_name")?.unwrap_or_default(),
            requires_reason: row.take::<Option<bool>>("requires_reason")?.unwrap_or_default(),
            rule_name: row.take("rule_name")?,
        })
    }
}

fn conversion(row: &mut RowReader<'_>, id: LeadId) -> Result<Option<LeadConversion>> {
    let at: Option<DateTime<Utc>> = row.take("converted_at")?;
    let kind: Option<ActorKind> = row.take("converted_by_kind")?;
    let user: Option<UserId> = row.take("converted_by_id")?;
    let customer: Option<CustomerId> = row.take("converted_customer_id")?;
    let organization_id: Option<CustomerId> = row.take("converted_organization_id")?;
    let deal_id: Option<DealId> = row.take("converted_deal_id")?;
    let deal_link: Option<LeadDealLink> = row.take("converted_deal_link")?;
    let (Some(at), Some(kind), Some(customer_id)) = (at, kind, customer) else {
        return Ok(None);
    };
    Ok(Some(LeadConversion {
        at,
        by: ActorRef { kind, id: user },
        customer_id,
        is_merged: customer_id.0 != id.0,
        organization_id,
        deal_id,
        deal_link: deal_id.map(|_| deal_link.unwrap_or(LeadDealLink::Added)),
        revertible_until: at + REVERTIBLE_FOR,
    }))
}

impl Envelope for Held {
    fn id(&self) -> Uuid {
        self.own.id.0
    }

    fn version(&self) -> i64 {
        self.own.version
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.own.updated_at
    }

    fn stamp(&mut self, version: i64, at: DateTime<Utc>, by: ActorRef) {
        self.copy_for_lists();
        self.own.stamp(version, at, by.clone());
        self.customer.stamp(version, at, by);
    }
}

impl Record for Held {
    type Entity = Entity;
    const KIND: Kind = Kind::Lead;
    const UNTRACKED_FIELDS: &'static [&'static str] = Lead::UNTRACKED;

    fn trim_history(&self, members: &mut Map<String, Value>) {
        of_lead::trim_history(&self.customer, members);
    }

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let own = &self.own;
        let conversion = own.conversion.as_ref();
        let LeadUtm { source, medium, campaign, term, content } = own.utm.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(own.id.0),
            version: Set(own.version),
            created_at: Set(own.created_at),
            updated_at: Set(own.updated_at),
            name_key: Set(own.name_key.clone()),
            owner_id: Set(own.owner_id.map(Into::into)),
            is_archived: Set(own.is_archived),
            status: Set(own.status.clone()),
            status_type: Set(own.status_type.to_string()),
            status_changed_at: Set(own.status_changed_at),
            status_reason: Set(own.status_reason.clone()),
            source_detail: Set(own.source_detail.clone()),
            utm_source: Set(source),
            utm_medium: Set(medium),
            utm_campaign: Set(campaign),
            utm_term: Set(term),
            utm_content: Set(content),
            referred_by: Set(own.referred_by.clone()),
            rating: Set(own.rating.map(|rating| rating.to_string())),
            priority: Set(own.priority),
            estimated_value: Set(own.estimated_value.map(|value| value.amount)),
            estimated_value_currency: Set(own.estimated_value.map(|value| value.currency.to_string())),
            expected_close_date: Set(own.expected_close_date),
            lost_reason: Set(own.lost_reason.clone()),
            lost_notes: Set(own.lost_notes.clone()),
            do_not_call: Set(own.do_not_call),
            do_not_email: Set(own.do_not_email),
            score: Set(own.score),
            assigned_at: Set(own.assigned_at),
            assigned_by_rule_id: Set(own.rule_id.map(Into::into)),
            respond_by: Set(own.response.respond_by),
            respond_key: Set(own.response.key()),
            first_responded_at: Set(own.response.first_responded_at),
            response_state: Set(own.response.state.map(|state| state.to_string())),
            response_due_at: Set(own.response.due_at),
            converted_at: Set(conversion.map(|conversion| conversion.at)),
            converted_by_kind: Set(conversion.map(|conversion| conversion.by.kind.to_string())),
            converted_by_id: Set(conversion.and_then(|conversion| conversion.by.id).map(Into::into)),
            converted_customer_id: Set(conversion.map(|conversion| conversion.customer_id.0)),
            converted_organization_id: Set(conversion
                .and_then(|conversion| conversion.organization_id)
                .map(Into::into)),
            converted_deal_id: Set(conversion.and_then(|conversion| conversion.deal_id).map(Into::into)),
            converted_deal_link: Set(conversion
                .and_then(|conversion| conversion.deal_link)
                .map(|link| link.to_string())),
            customer_merge_id: Set(own.merge_id.map(Into::into)),
            deleted_at: Set(own.deleted_at),
            delete_batch_id: Set(own.delete_batch_id),
            created_by_kind: Set(own.created_by.kind.to_string()),
            created_by_id: Set(own.created_by.id.map(Into::into)),
            updated_by_kind: Set(own.updated_by.kind.to_string()),
            updated_by_id: Set(own.updated_by.id.map(Into::into)),
        })
    }
}

impl Trashable for Held {
    const RESOURCE: Resource = Resource::Leads;

    fn owner_id(&self) -> Option<UserId> {
        self.customer.owner_id
    }

    fn is_trashed(&self) -> bool {
        self.own.deleted_at.is_some()
    }
}
