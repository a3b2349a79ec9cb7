//! What a write makes of a lead: checked with all faults at once, and written.

use chrono::{Datelike, NaiveDate};
use validator::{Validate, ValidationError};

use super::held::{Held, Own};
use super::input::NewLead;
use super::model::{LeadRating, LeadUtm};
use crate::base::error::Violations;
use crate::base::money::Money;
use crate::base::string_enum::canonical;
use crate::base::text::{self, Unprintable};
use crate::base::validation::{self, Read, normalise};
use crate::customers::{Customer, NewCustomer, of_lead};
use crate::lead_statuses::LeadStatusRef;
use crate::scope::CompanyTx;

/// Takes over the fields that leads share with customers.
macro_rules! shared_fields {
    ($from:ident => $into:ident, $rest:expr) => {
        $into {
            kind: $from.kind,
            name: $from.name,
            salutation: $from.salutation,
            first_name: $from.first_name,
            last_name: $from.last_name,
            email: $from.email,
            phone: $from.phone,
            organization_name: $from.organization_name,
            job_title: $from.job_title,
            language: $from.language,
            time_zone: $from.time_zone,
            industry: $from.industry,
            employee_band: $from.employee_band,
            annual_revenue: $from.annual_revenue,
            website: $from.website,
            address: $from.address,
            address_line2: $from.address_line2,
            city: $from.city,
            state: $from.state,
            zip_code: $from.zip_code,
            country: $from.country,
            emails: $from.emails,
            phones: $from.phones,
            addresses: $from.addresses,
            description: $from.description,
            source: $from.source,
            owner_id: $from.owner_id,
            external_refs: $from.external_refs,
            custom_fields: $from.custom_fields,
            metadata: $from.metadata,
            is_archived: $from.is_archived,
            ..$rest
        }
    };
}

pub(super) use shared_fields;

/// A lead after a write: the part that customers have as well, and the rest.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub person: NewCustomer,
    pub own: NewOwn,
}

/// What only a lead has, as it is asked for.
#[derive(Clone, Debug, Default, Validate)]
pub(super) struct NewOwn {
    pub status: Option<LeadStatusRef>,
    #[validate(length(max = 500))]
    pub status_reason: Option<String>,
    #[validate(length(max = 250))]
    pub source_detail: Option<String>,
    #[validate(nested)]
    pub utm: LeadUtm,
    #[validate(length(max = 250))]
    pub referred_by: Option<String>,
    pub rating: Option<LeadRating>,
    #[validate(range(min = 0, max = 3))]
    pub priority: Option<i64>,
    #[validate(nested)]
    pub estimated_value: Option<Money>,
    #[validate(custom(function = "date"))]
    pub expected_close_date: Option<NaiveDate>,
    #[validate(length(max = 64))]
    pub lost_reason: Option<String>,
    #[validate(length(max = 2_000))]
    pub lost_notes: Option<String>,
    pub do_not_call: bool,
    pub do_not_email: bool,
}

/// The range of plausible days.
fn date(date: &NaiveDate) -> Result<(), ValidationError> {
    if (1900..=9998).contains(&date.year()) {
        return Ok(());
    }
    Err(validation::invalid("out_of_range", "expected a day of the years 1900 to 9998"))
}

/// A word of an open list, in its stored form.
fn word(text: &str) -> Result<Option<String>, Unprintable> {
    Ok(text::line(text)?.map(|word| canonical(&word)))
}

impl From<&Own> for NewOwn {
    /// The input that leaves it as it is.
    fn from(own: &Own) -> Self {
        let own = own.clone();
        Self {
            status: None,
            status_reason: own.status_reason,
            source_detail: own.source_detail,
            utm: own.utm,
            referred_by: own.referred_by,
            rating: own.rating,
            priority: own.priority,
            estimated_value: own.estimated_value,
            expected_close_date: own.expected_close_date,
            lost_reason: own.lost_reason,
            lost_notes: own.lost_notes,
            do_not_call: own.do_not_call,
            do_not_email: own.do_not_email,
        }
    }
}

impl NewOwn {
    /// The same, with what is said of other values.
    pub fn overlaid(self, own: &NewLead) -> Self {
        let utm = own.utm.clone().unwrap_or_default();
        Self {
            status: own.status.clone(),
            status_reason: own.status_reason.clone().or(self.status_reason),
            source_detail: own.source_detail.clone().or(self.source_detail),
            utm: LeadUtm {
                source: utm.source.or(self.utm.source),
                medium: utm.medium.or(self.utm.medium),
                campaign: utm.campaign.or(self.utm.campaign),
                term: utm.term.or(self.utm.term),
                content: utm.content.or(self.utm.content),
            },
            referred_by: own.referred_by.clone().or(self.referred_by),
            rating: own.rating.or(self.rating),
            priority: own.priority.or(self.priority),
            estimated_value: own.estimated_value.or(self.estimated_value),
            expected_close_date: own.expected_close_date.or(self.expected_close_date),
            lost_reason: own.lost_reason.clone().or(self.lost_reason),
            lost_notes: own.lost_notes.clone().or(self.lost_notes),
            do_not_call: own.do_not_call.unwrap_or(self.do_not_call),
            do_not_email: own.do_not_email.unwrap_or(self.do_not_email),
        }
    }
}

impl NewLead {
    /// The lead that is asked for. Fields of customers that a lead does not show stay as they are.
    pub(super) fn into_draft(self, before: Option<&Customer>) -> Draft {
        let kept = before.map(NewCustomer::from).unwrap_or_default();
        let person = shared_fields!(self => NewCustomer, kept);
        let own = NewOwn {
            status: self.status,
            status_reason: self.status_reason,
            source_detail: self.source_detail,
            utm: self.utm.unwrap_or_default(),
            referred_by: self.referred_by,
            rating: self.rating,
            priority: self.priority,
            estimated_value: self.estimated_value,
            expected_close_date: self.expected_close_date,
            lost_reason: self.lost_reason,
            lost_notes: self.lost_notes,
            do_not_call: self.do_not_call.unwrap_or_default(),
            do_not_email: self.do_not_email.unwrap_or_default(),
        };
        Draft { person, own }
    }
}

impl Draft {
    /// Writes it into the lead, if it has no fault, and gives the status that it names.
    pub fn write(
        self,
        tx: &CompanyTx<'_>,
        before: Option<&Held>,
        lead: &mut Held,
    ) -> Result<Option<LeadStatusRef>, Violations> {
        let mut violations = Violations::default();
        let own = self.own.checked(&mut violations);
        let person = match of_lead::checked(tx, before.map(|before| &before.customer), self.person) {
            Ok(person) => person,
            Err(mut faults) => {
                faults.0.extend(violations.0);
                return Err(faults);
            }
        };
        violations.into_result()?;
        of_lead::write(tx, person, &mut lead.customer);
        Ok(own.write(&mut lead.own))
    }
}

impl NewOwn {
    /// Trims all texts, clears empty ones, and checks every rule that does not depend on the status.
    fn checked(mut self, violations: &mut Violations) -> Self {
        for (field, pointer, read) in self.texts() {
            normalise(field, pointer, read, violations);
        }
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", violations);
        }
        self
    }

    fn texts(&mut self) -> [(&mut Option<String>, &'static str, Read); 10] {
        let LeadUtm { source, medium, campaign, term, content } = &mut self.utm;
        [
            (&mut self.status_reason, "/statusReason", text::line),
            (&mut self.source_detail, "/sourceDetail", text::line),
            (source, "/utm/source", text::line),
            (medium, "/utm/medium", text::line),
            (campaign, "/utm/campaign", text::line),
            (term, "/utm/term", text::line),
            (content, "/utm/content", text::line),
            (&mut self.referred_by, "/referredBy", text::line),
            (&mut self.lost_reason, "/lostReason", word),
            (&mut self.lost_notes, "/lostNotes", text::block),
        ]
    }

    fn write(self, own: &mut Own) -> Option<LeadStatusRef> {
        own.status_reason = self.status_reason;
        own.source_detail = self.source_detail;
        own.utm = self.utm;
        own.referred_by = self.referred_by;
        own.rating = self.rating;
        own.priority = self.priority;
        own.estimated_value = self.estimated_value;
        own.expected_close_date = self.expected_close_date;
        own.lost_reason = self.lost_reason;
        own.lost_notes = self.lost_notes;
        own.do_not_call = self.do_not_call;
        own.do_not_email = self.do_not_email;
        self.status
    }
}
