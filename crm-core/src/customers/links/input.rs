//! The input for links.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::label;
use super::model::CustomerLink;
use crate::base::error::Violations;
use crate::base::ids::CustomerId;
use crate::base::patch::{apply_fields, patch};
use crate::base::{text, validation};

/// A link to add. An absent or `null` field has no value.
///
/// ```
/// use crm_core::customers::NewCustomerLink;
/// # let lee = crm_core::ids::CustomerId(uuid::Uuid::from_u128(1));
///
/// let job = NewCustomerLink { is_primary: Some(true), ..NewCustomerLink::to(lee, "employee") };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCustomerLink {
    /// The customer that the link goes from; the one in the path if absent. The person of a person and an organization is
    /// always this end, so that either can be given.
    pub from_id: Option<CustomerId>,
    /// The customer that the link goes to; the one in the path if absent.
    pub to_id: Option<CustomerId>,
    /// What `fromId` is to `toId`: `employee`, `owner`, `director`, `decision_maker`, `accountant`, `family`, `partner`,
    /// `reseller`, `referred_by`, `other`, `parent` of an organization, or a word of your own.
    #[validate(length(max = 40))]
    #[cfg_attr(feature = "openapi", schema(example = "employee", min_length = 1, max_length = 40))]
    pub label: Option<String>,
    /// What a person is called there.
    #[validate(length(max = 120))]
    #[cfg_attr(feature = "openapi", schema(example = "Head of purchasing", max_length = 120))]
    pub title: Option<String>,
    /// Whether it is the link to the person's primary organization, instead of the one that is; false if absent.
    pub is_primary: Option<bool>,
    /// Whether it no longer holds; true from the last day on.
    pub is_inactive: Option<bool>,
    /// The first day.
    #[validate(custom(function = "within_reason"))]
    pub started_on: Option<NaiveDate>,
    /// The last day.
    #[validate(custom(function = "within_reason"))]
    pub ended_on: Option<NaiveDate>,
}

/// The days that a link can begin and end.
fn within_reason(day: &NaiveDate) -> Result<(), validator::ValidationError> {
    if (1800..=9999).contains(&day.year()) {
        Ok(())
    } else {
        Err(validation::invalid("out_of_range", "not before 1800"))
    }
}

impl NewCustomerLink {
    /// The read-only fields of a [`CustomerLink`].
    pub(super) const READ_ONLY: &'static [&'static str] =
        &["id", "version", "customer", "createdAt", "updatedAt", "createdBy", "updatedBy"];

    /// A link to this customer.
    pub fn to(customer: CustomerId, label: impl Into<String>) -> Self {
        Self { to_id: Some(customer), label: Some(label.into()), ..Self::default() }
    }

    /// A link from this customer.
    pub fn from(customer: CustomerId, label: impl Into<String>) -> Self {
        Self { from_id: Some(customer), label: Some(label.into()), ..Self::default() }
    }

    /// The two ends, one of which is the customer in the path, and the pointer to the other one.
    pub(super) fn ends(&self, customer: CustomerId) -> Result<(CustomerId, CustomerId, &'static str), Violations> {
        let (from, to) = (self.from_id.unwrap_or(customer), self.to_id.unwrap_or(customer));
        let is_given_from = self.from_id.is_some() && self.to_id.is_none_or(|to| to == customer);
        let pointer = if is_given_from { "/fromId" } else { "/toId" };
        if self.from_id.is_none() && self.to_id.is_none() {
            return Err(Violations::one("/toId", "required", "a link needs another customer: toId or fromId"));
        }
        if from == to {
            return Err(Violations::one(pointer, "self_link", "a customer is not linked with itself"));
        }
        if ![from, to].contains(&customer) {
            return Err(Violations::one("/fromId", "other_customers", "one end is the customer in the path"));
        }
        Ok((from, to, pointer))
    }

    /// Trims all texts, settles what depends on the day, and checks every rule.
    pub(super) fn validated(mut self, today: NaiveDate) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        validation::normalise(&mut self.label, "/label", text::line, &mut violations);
        validation::normalise(&mut self.title, "/title", text::line, &mut violations);
        match self.label.as_deref() {
            Some(typed) if !label::key(typed).is_empty() => self.label = Some(label::stored(typed)),
            _ => violations.add("/label", "required", "a link needs a label, for instance employee"),
        }
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        if self.started_on.zip(self.ended_on).is_some_and(|(first, last)| last < first) {
            violations.add("/endedOn", "before_start", "the last day is not before the first");
        }
        let has_ended = self.ended_on.is_some_and(|last| last <= today);
        if has_ended && self.is_inactive == Some(false) {
            violations.add("/isInactive", "ended", "what has ended is inactive; clear endedOn to go on");
        }
        let is_inactive = has_ended || self.is_inactive == Some(true);
        if is_inactive && self.is_primary == Some(true) {
            violations.add("/isPrimary", "inactive", "an inactive link is not the primary one");
        }
        self.is_inactive = Some(is_inactive);
        violations.into_result()?;
        Ok(self)
    }

    /// Writes validated input into a link, whose ends stay.
    pub(super) fn write(self, link: &mut CustomerLink) {
        let Self { from_id: _, to_id: _, label, title, is_primary, is_inactive, started_on, ended_on } = self;
        link.label = label.unwrap_or_default();
        link.title = title;
        link.is_inactive = is_inactive.unwrap_or_default();
        link.is_primary = is_primary.unwrap_or_default() && !link.is_inactive;
        link.started_on = started_on;
        link.ended_on = ended_on;
    }
}

patch! {
    /// A change of a link (RFC 7396): absent fields stay unchanged, `null` clears a field. The ends stay.
    CustomerLinkPatch {
        /// What `fromId` is to `toId`. `parent` stays `parent`, and nothing else becomes it.
        label: String [max_length = 40],
        /// What a person is called there.
        title: String [max_length = 120],
        /// Whether it is the link to the person's primary organization, instead of the one that is.
        is_primary: bool,
        /// Whether it no longer holds; true from the last day on. What is inactive is not primary.
        is_inactive: bool,
        /// The first day.
        started_on: NaiveDate,
        /// The last day.
        ended_on: NaiveDate,
    }
}

impl CustomerLinkPatch {
    /// The link after the change. What is not said of `isPrimary` and `isInactive` follows from the rest.
    pub(super) fn apply(self, link: &CustomerLink) -> NewCustomerLink {
        let mut draft = NewCustomerLink {
            from_id: None,
            to_id: None,
            label: Some(link.label.clone()),
            title: link.title.clone(),
            is_primary: None,
            is_inactive: Some(link.is_inactive),
            started_on: link.started_on,
            ended_on: link.ended_on,
        };
        if self.is_inactive.is_absent() {
            draft.is_inactive = Some(true).filter(|_| link.is_inactive);
        }
        apply_fields!(self => draft: label, title, is_primary, is_inactive, started_on, ended_on);
        draft
    }
}
