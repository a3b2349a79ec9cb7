//! From input to stored values: normalises, applies defaults and validates, and reports all errors at once.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use validator::{Validate, ValidationError};

use super::contacts;
use super::input::NewDeal;
use super::model::{Deal, DealStatus};
use crate::base::clock;
use crate::base::error::Violations;
use crate::base::patch::Patch;
use crate::base::string_enum::canonical;
use crate::base::text::{self, Unprintable, fold};
use crate::base::validation::{self, Read, invalid, normalise};
use crate::companies::CompanySettings;
use crate::customers::ExternalRef;
use crate::pipelines::{LockedStage, RequiredField};

/// The maximum number of invoices of a deal.
pub(super) const MAX_INVOICES: usize = 100;

/// The range of plausible times.
pub(super) fn time(time: &DateTime<Utc>) -> Result<(), ValidationError> {
    if clock::stored(*time).is_some_and(|time| time.year() >= 1900) {
        return Ok(());
    }
    Err(invalid("out_of_range", "expected a time of the years 1900 to 9999"))
}

/// The range of plausible days. The last day there is stands for no day in the order of lists.
pub(super) fn date(date: &NaiveDate) -> Result<(), ValidationError> {
    if (1900..=9998).contains(&date.year()) {
        return Ok(());
    }
    Err(invalid("out_of_range", "expected a day of the years 1900 to 9998"))
}

/// A word of an open list, in its stored form.
pub(super) fn word(text: &str) -> Result<Option<String>, Unprintable> {
    Ok(text::line(text)?.map(|word| canonical(&word)))
}

/// Trims a text of one line that is required; that it is there is checked elsewhere.
pub(super) fn line(text: &mut String, pointer: &str, violations: &mut Violations) {
    let mut stored = Some(std::mem::take(text));
    normalise(&mut stored, pointer, text::line, violations);
    *text = stored.unwrap_or_default();
}

/// Trims the texts of a reference to another system.
pub(super) fn reference(reference: &mut ExternalRef, pointer: &str, violations: &mut Violations) {
    line(&mut reference.system, &format!("{pointer}/system"), violations);
    line(&mut reference.id, &format!("{pointer}/id"), violations);
}

impl NewDeal {
    /// Trims all texts, clears empty ones, and checks every rule that does not depend on the stage. `before` is the
    /// stored deal, if it exists.
    pub(super) fn validated(mut self, before: Option<&Deal>) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let texts: [(&mut Option<String>, &str, Read); 7] = [
            (&mut self.name, "/name", text::line),
            (&mut self.lost_reason, "/lostReason", word),
            (&mut self.lost_notes, "/lostNotes", text::block),
            (&mut self.competitor, "/competitor", text::line),
            (&mut self.source, "/source", word),
            (&mut self.next_step, "/nextStep", text::line),
            (&mut self.description, "/description", text::block),
        ];
        for (field, pointer, read) in texts {
            normalise(field, pointer, read, &mut violations);
        }
        self.next_step_at = self.next_step_at.map(|time| clock::stored(time).unwrap_or(time));
        self.check_references(&mut violations);
        if self.recurring_amount.is_some() != self.recurring_interval.is_some() {
            let missing = if self.recurring_amount.is_some() { "/recurringInterval" } else { "/recurringAmount" };
            violations.add(missing, "required", "an amount that comes again has an interval");
        }
        contacts::settle(self.contacts.as_deref_mut().unwrap_or_default(), &mut violations);
        let is_told = violations.0.iter().any(|violation| violation.pointer == "/name");
        if !is_told && self.name.as_deref().is_none_or(|name| fold(name).is_empty()) {
            violations.add("/name", "required", "a deal needs a name");
        }
        if let Some(before) = before.filter(|_| self.owner_id.is_absent()) {
            self.owner_id = before.owner_id.into();
        }
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        violations.into_result()?;
        Ok(self)
    }

    fn check_references(&mut self, violations: &mut Violations) {
        for (given, pointer) in [(&mut self.quote_ref, "/quoteRef"), (&mut self.order_ref, "/orderRef")] {
            if let Some(given) = given {
                reference(given, pointer, violations);
            }
        }
        let invoices = self.invoice_refs.as_deref_mut().unwrap_or_default();
        if invoices.len() > MAX_INVOICES {
            return violations.add("/invoiceRefs", "too_many", format!("at most {MAX_INVOICES} invoices"));
        }
        for (index, invoice) in invoices.iter_mut().enumerate() {
            reference(invoice, &format!("/invoiceRefs/{index}"), violations);
        }
        let distinct: BTreeSet<&ExternalRef> = invoices.iter().collect();
        if distinct.len() < invoices.len() {
            violations.add("/invoiceRefs", "duplicate", "the same invoice is listed twice");
        }
    }

    /// Writes validated input into a deal, but for its stage. The caller sets the owner's name.
    pub(super) fn write(self, deal: &mut Deal) {
        let Self {
            name,
            pipeline_id: _,
            stage_id: _,
            amount,
            amount_from_items,
            contacts,
            probability,
            recurring_amount,
            recurring_interval,
            expected_close_date,
            lost_reason,
            lost_notes,
            competitor,
            source,
            deal_type,
            next_step,
            next_step_at,
            description,
            quote_ref,
            order_ref,
            invoice_refs,
            owner_id,
        } = self;
        deal.name = name.unwrap_or_default();
        deal.amount = amount;
        deal.amount_from_items = amount_from_items.unwrap_or_default();
        deal.contacts = contacts.unwrap_or_default();
        deal.probability = probability;
        deal.recurring_amount = recurring_amount;
        deal.recurring_interval = recurring_interval;
        deal.expected_close_date = expected_close_date;
        deal.lost_reason = lost_reason;
        deal.lost_notes = lost_notes;
        deal.competitor = competitor;
        deal.source = source;
        deal.deal_type = deal_type;
        deal.next_step = next_step;
        deal.next_step_at = next_step_at;
        deal.description = description;
        deal.quote_ref = quote_ref;
        deal.order_ref = order_ref;
        deal.invoice_refs = invoice_refs.unwrap_or_default();
        deal.owner_id = match owner_id {
            Patch::Absent | Patch::Clear => None,
            Patch::Set(owner) => Some(owner),
        };
    }
}

impl Deal {
    /// Checks what a deal needs that enters a stage: the fields that the stage requires, and a reason of a loss.
    pub(super) fn check_entry(
        &self,
        before: Option<&Self>,
        stage: &LockedStage,
        settings: &CompanySettings,
    ) -> Result<(), Violations> {
        let mut violations = self.check_loss(before, settings).err().unwrap_or_default();
        for field in &stage.required_fields {
            let (name, is_there) = self.required(*field);
            if !is_there {
                violations.add(format!("/{name}"), "required_by_stage", "the stage requires a value");
            }
        }
        violations.into_result()
    }

    /// The name of a field in JSON, and whether the deal has a value for it.
    fn required(&self, field: RequiredField) -> (&'static str, bool) {
        match field {
            RequiredField::Amount => ("amount", self.amount.is_some()),
            RequiredField::Items => ("items", !self.items.is_empty()),
            RequiredField::Contacts => ("contacts", !self.contacts.is_empty() || !self.hidden_contacts.is_empty()),
            RequiredField::RecurringAmount => ("recurringAmount", self.recurring_amount.is_some()),
            RequiredField::ExpectedCloseDate => ("expectedCloseDate", self.expected_close_date.is_some()),
            RequiredField::Competitor => ("competitor", self.competitor.is_some()),
            RequiredField::Source => ("source", self.source.is_some()),
            RequiredField::Type => ("type", self.deal_type.is_some()),
            RequiredField::NextStep => ("nextStep", self.next_step.is_some()),
            RequiredField::NextStepAt => ("nextStepAt", self.next_step_at.is_some()),
            RequiredField::Description => ("description", self.description.is_some()),
            RequiredField::QuoteRef => ("quoteRef", self.quote_ref.is_some()),
            RequiredField::OrderRef => ("orderRef", self.order_ref.is_some()),
            RequiredField::OwnerId => ("ownerId", self.owner_id.is_some()),
        }
    }

    /// Checks that a lost deal has a reason, and no other one has. A new reason is one of those that the company has
    /// chosen, if it has.
    pub(super) fn check_loss(&self, before: Option<&Self>, settings: &CompanySettings) -> Result<(), Violations> {
        let mut violations = Violations::default();
        if self.status == DealStatus::Lost {
            let is_chosen =
                |reason: &String| settings.lost_reasons.iter().any(|one| one.code == *reason && !one.is_archived);
            match &self.lost_reason {
                None => violations.add("/lostReason", "required", "a lost deal needs a reason"),
                Some(_) if before.is_some_and(|before| before.lost_reason == self.lost_reason) => {}
                Some(reason) if settings.lost_reasons.is_empty() || is_chosen(reason) => {}
                Some(_) => violations.add("/lostReason", "lost_reason_unknown", "the company has no such reason"),
            }
            return violations.into_result();
        }
        if self.lost_reason.is_some() {
            violations.add("/lostReason", "unexpected", "only a lost deal has a reason");
        }
        if self.lost_notes.is_some() {
            violations.add("/lostNotes", "unexpected", "only a lost deal has notes on its loss");
        }
        violations.into_result()
    }
}
