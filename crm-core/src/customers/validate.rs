//! From input to stored values: normalises and validates, and reports all errors at once.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use validator::{Validate, ValidationError};

use super::contact_points;
use super::input::NewCustomer;
use super::model::{Customer, CustomerKind, ExternalRef};
use crate::base::custom_field::FieldCheck;
use crate::base::error::Violations;
use crate::base::text::{self, Unprintable};
use crate::base::validation::{self, CONTROL, normalise};
use crate::base::{clock, json, places};
use crate::companies::CompanySettings;

/// A person's name, built from its parts; without any name the employer or the e-mail address is used.
pub(super) fn name_of_parts(draft: &NewCustomer) -> Option<String> {
    let parts = [&draft.first_name, &draft.middle_name, &draft.last_name, &draft.name_suffix];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// A telephone number in international form, read with the country of the company, or else of the customer.
pub(super) fn international(phone: &str, country_code: Option<&str>, settings: &CompanySettings) -> Option<String> {
    let default_country = settings.default_country.as_deref();
    places::phone_e164(phone, default_country)
        .or_else(|| places::phone_e164(phone, country_code.filter(|code| Some(*code) != default_country)?.into()))
}

/// A person's date of birth.
pub(super) fn birth_date(date: &NaiveDate) -> Result<(), ValidationError> {
    if (1800..=9999).contains(&date.year()) {
        Ok(())
    } else {
        Err(validation::invalid("out_of_range", "not before 1800"))
    }
}

impl NewCustomer {
    /// Checks every rule that needs neither a database nor the definitions of custom fields, as [`Customers::create`](super::Customers::create) does.
    ///
    /// # Errors
    /// All faults at once.
    pub fn check(&self) -> Result<(), Violations> {
        self.clone().validated(None, &CompanySettings::default(), None).map(drop)
    }

    /// Trims and composes all texts, clears empty ones, and checks every rule; those of custom fields by their definitions.
    /// `before` is the customer who is changed.
    pub(super) fn validated(
        mut self,
        before: Option<&Customer>,
        settings: &CompanySettings,
        custom: Option<&FieldCheck<'_>>,
    ) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        if let Some(check) = custom {
            check.apply(&mut self.custom_fields, "/customFields", &mut violations);
        }
        self.compose(&mut violations);
        if self.name.is_none() {
            let detail = match self.kind.unwrap_or_default() {
                CustomerKind::Person => "a person needs a name, a first name or a last name",
                CustomerKind::Organization => "an organization needs a name",
            };
            violations.add("/name", "required", detail);
        }
        self.check_limits(&mut violations);
        contact_points::settle(&mut self, before, settings, &mut violations);
        self.accepted(violations)
    }

    /// Validates what is typed so far of a customer, which need not be complete.
    pub(super) fn of_unsaved(mut self, settings: &CompanySettings) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        self.compose(&mut violations);
        self.check_limits(&mut violations);
        contact_points::settle(&mut self, None, settings, &mut violations);
        self.accepted(violations)
    }

    /// Validates some fields of a customer, which need not form a complete customer.
    pub(super) fn checked_part(mut self) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        self.normalise(&mut violations);
        self.check_limits(&mut violations);
        self.accepted(violations)
    }

    /// Normalises all values, and makes a name that is missing of its parts.
    fn compose(&mut self, violations: &mut Violations) {
        self.normalise(violations);
        if self.name.is_none() {
            self.name = name_of_parts(self);
        }
    }

    fn normalise(&mut self, violations: &mut Violations) {
        for (field, pointer) in self.lines() {
            normalise(field, pointer, text::line, violations);
        }
        self.email = self.email.take().map(|email| text::email(&email));
        normalise(&mut self.description, "/description", text::block, violations);
        self.check_language_and_zone(violations);
        if let Some(time) = &mut self.source_created_at {
            match clock::stored(*time) {
                Some(stored) => *time = stored,
                None => violations.add("/sourceCreatedAt", "out_of_range", "expected a time of the years 1 to 9999"),
            }
        }
        self.check_references(violations);
        contact_points::normalise(self, violations);
        json::normalise(&mut self.custom_fields, "/customFields", violations);
        json::normalise(&mut self.metadata, "/metadata", violations);
    }

    fn check_limits(&self, violations: &mut Violations) {
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", violations);
        }
    }

    fn accepted(mut self, violations: Violations) -> Result<Self, Violations> {
        violations.into_result()?;
        self.external_refs.iter_mut().for_each(|references| references.sort());
        Ok(self)
    }

    /// All one-line texts with their pointers.
    fn lines(&mut self) -> [(&mut Option<String>, &'static str); 24] {
        [
            (&mut self.name, "/name"),
            (&mut self.salutation, "/salutation"),
            (&mut self.first_name, "/firstName"),
            (&mut self.middle_name, "/middleName"),
            (&mut self.last_name, "/lastName"),
            (&mut self.name_suffix, "/nameSuffix"),
            (&mut self.email, "/email"),
            (&mut self.phone, "/phone"),
            (&mut self.organization_name, "/organizationName"),
            (&mut self.job_title, "/jobTitle"),
            (&mut self.department, "/department"),
            (&mut self.language, "/language"),
            (&mut self.time_zone, "/timeZone"),
            (&mut self.industry, "/industry"),
            (&mut self.tax_id, "/taxId"),
            (&mut self.website, "/website"),
            (&mut self.address, "/address"),
            (&mut self.address_line2, "/addressLine2"),
            (&mut self.city, "/city"),
            (&mut self.state, "/state"),
            (&mut self.zip_code, "/zipCode"),
            (&mut self.country, "/country"),
            (&mut self.relationship, "/relationship"),
            (&mut self.source, "/source"),
        ]
    }

    fn check_language_and_zone(&mut self, violations: &mut Violations) {
        if let Some(language) = &mut self.language {
            match text::language_tag(language) {
                Some(tag) => *language = tag,
                None => violations.add("/language", "language_invalid", "expected a language tag such as de or en-GB"),
            }
        }
        if let Some(zone) = &mut self.time_zone {
            match places::time_zone(zone) {
                Some(known) => *zone = known.name().to_owned(),
                None => violations.add("/timeZone", "time_zone_unknown", "expected an IANA zone such as Europe/Berlin"),
            }
        }
    }

    fn check_references(&mut self, violations: &mut Violations) {
        let Some(references) = &mut self.external_refs else {
            return;
        };
        for (index, reference) in references.iter_mut().enumerate() {
            for (text, name) in [(&mut reference.system, "system"), (&mut reference.id, "id")] {
                match text::line(text) {
                    Ok(line) => *text = line.unwrap_or_default(),
                    Err(Unprintable) => violations.add(format!("/externalRefs/{index}/{name}"), CONTROL.0, CONTROL.1),
                }
            }
        }
        // Sorted only after all errors have been reported by index.
        let distinct: BTreeSet<&ExternalRef> = references.iter().collect();
        if distinct.len() < references.len() {
            violations.add("/externalRefs", "duplicate", "the same reference is listed twice");
        }
    }

    /// Writes validated input into a customer, with the derived fields. The caller sets the owner's name.
    pub(super) fn write(self, customer: &mut Customer, settings: &CompanySettings) {
        let Self {
            kind,
            name,
            salutation,
            first_name,
            middle_name,
            last_name,
            name_suffix,
            email,
            phone,
            organization_name,
            job_title,
            department,
            birth_date,
            language,
            time_zone,
            industry,
            employee_band,
            annual_revenue,
            tax_id,
            website,
            address,
            address_line2,
            city,
            state,
            zip_code,
            country,
            emails,
            phones,
            addresses,
            status,
            lifecycle_stage,
            relationship,
            owner_id,
            source,
            source_created_at,
            description,
            external_refs,
            custom_fields,
            metadata,
            is_archived,
        } = self;
        customer.kind = kind.unwrap_or_default();
        customer.name = name.unwrap_or_default();
        customer.salutation = salutation;
        customer.first_name = first_name;
        customer.middle_name = middle_name;
        customer.last_name = last_name;
        customer.name_suffix = name_suffix;
        customer.email = email;
        customer.country_code = country.as_deref().and_then(places::country_code);
        customer.phone_e164 =
            phone.as_deref().and_then(|phone| international(phone, customer.country_code.as_deref(), settings));
        customer.phone = phone;
        customer.organization_name = organization_name;
        customer.job_title = job_title;
        customer.department = department;
        customer.birth_date = birth_date;
        customer.language = language;
        customer.time_zone = time_zone;
        customer.industry = industry;
        customer.employee_band = employee_band;
        customer.annual_revenue = annual_revenue;
        customer.tax_id = tax_id;
        customer.website = website;
        customer.address = address;
        customer.address_line2 = address_line2;
        customer.city = city;
        customer.state = state;
        customer.zip_code = zip_code;
        customer.country = country;
        customer.emails = emails.unwrap_or_default();
        customer.phones = phones.unwrap_or_default();
        customer.addresses = addresses.unwrap_or_default();
        customer.status = status.unwrap_or_default();
        customer.lifecycle_stage = lifecycle_stage;
        customer.relationship = relationship;
        customer.owner_id = owner_id;
        customer.source = source;
        customer.source_created_at = source_created_at;
        customer.description = description;
        customer.external_refs = external_refs.unwrap_or_default();
        customer.custom_fields = custom_fields.unwrap_or_default();
        customer.metadata = metadata.unwrap_or_default();
        customer.is_archived = is_archived.unwrap_or_default();
        customer.set_unique_email_key(settings);
    }
}

impl ExternalRef {
    /// A reference.
    pub fn new(system: impl Into<String>, id: impl Into<String>) -> Self {
        Self { system: system.into(), id: id.into() }
    }
}
