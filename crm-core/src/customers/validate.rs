//! From input to stored values: normalises and validates, and reports all errors at once.

use std::collections::BTreeSet;

use validator::Validate;

use super::input::NewCustomer;
use super::model::{Customer, CustomerKind, ExternalRef};
use crate::base::error::Violations;
use crate::base::text::{self, Unprintable};
use crate::base::validation::{self, CONTROL, normalise};
use crate::base::{json, places};
use crate::companies::CompanySettings;

/// A person's name, built from its parts; without any name the employer or the e-mail address is used.
pub(super) fn name_of_parts(draft: &NewCustomer) -> Option<String> {
    let parts: Vec<&str> = [&draft.first_name, &draft.last_name].into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// A telephone number in international form, read with the country of the company, or else of the customer.
pub(super) fn international(phone: &str, country_code: Option<&str>, settings: &CompanySettings) -> Option<String> {
    let default_country = settings.default_country.as_deref();
    places::phone_e164(phone, default_country)
        .or_else(|| places::phone_e164(phone, country_code.filter(|code| Some(*code) != default_country)?.into()))
}

impl NewCustomer {
    /// Checks every rule that needs no database, as [`Customers::create`](super::Customers::create) does.
    ///
    /// # Errors
    /// All faults at once.
    pub fn check(&self) -> Result<(), Violations> {
        self.clone().validated().map(drop)
    }

    /// Trims and composes all texts, clears empty ones, and checks every rule.
    pub(super) fn validated(mut self) -> Result<Self, Violations> {
        let mut violations = self.normalise();
        if self.name.is_none() {
            self.name = name_of_parts(&self);
        }
        if self.name.is_none() {
            let detail = match self.kind.unwrap_or_default() {
                CustomerKind::Person => "a person needs a name, a first name or a last name",
                CustomerKind::Organization => "an organization needs a name",
            };
            violations.add("/name", "required", detail);
        }
        self.against_limits(violations)
    }

    /// Validates some fields of a customer, which need not form a complete customer.
    pub(super) fn checked_part(mut self) -> Result<Self, Violations> {
        let violations = self.normalise();
        self.against_limits(violations)
    }

    fn normalise(&mut self) -> Violations {
        let mut violations = Violations::default();
        for (field, pointer) in self.lines() {
            normalise(field, pointer, text::line, &mut violations);
        }
        self.email = self.email.take().map(|email| text::email(&email));
        self.source = self.source.take().map(|source| crate::base::string_enum::canonical(&source));
        self.check_references(&mut violations);
        json::normalise(&mut self.custom_fields, "/customFields", &mut violations);
        json::normalise(&mut self.metadata, "/metadata", &mut violations);
        violations
    }

    fn against_limits(mut self, mut violations: Violations) -> Result<Self, Violations> {
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        violations.into_result()?;
        self.external_refs.iter_mut().for_each(|references| references.sort());
        Ok(self)
    }

    /// All one-line texts with their pointers.
    fn lines(&mut self) -> [(&mut Option<String>, &'static str); 15] {
        [
            (&mut self.name, "/name"),
            (&mut self.first_name, "/firstName"),
            (&mut self.last_name, "/lastName"),
            (&mut self.email, "/email"),
            (&mut self.phone, "/phone"),
            (&mut self.organization_name, "/organizationName"),
            (&mut self.job_title, "/jobTitle"),
            (&mut self.website, "/website"),
            (&mut self.address, "/address"),
            (&mut self.address_line2, "/addressLine2"),
            (&mut self.city, "/city"),
            (&mut self.state, "/state"),
            (&mut self.zip_code, "/zipCode"),
            (&mut self.country, "/country"),
            (&mut self.source, "/source"),
        ]
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
            first_name,
            last_name,
            email,
            phone,
            organization_name,
            job_title,
            website,
            address,
            address_line2,
            city,
            state,
            zip_code,
            country,
            status,
            owner_id,
            source,
            external_refs,
            custom_fields,
            metadata,
            is_archived,
        } = self;
        customer.kind = kind.unwrap_or_default();
        customer.name = name.unwrap_or_default();
        customer.first_name = first_name;
        customer.last_name = last_name;
        customer.email = email;
        customer.country_code = country.as_deref().and_then(places::country_code);
        customer.phone_e164 =
            phone.as_deref().and_then(|phone| international(phone, customer.country_code.as_deref(), settings));
        customer.phone = phone;
        customer.organization_name = organization_name;
        customer.job_title = job_title;
        customer.website = website;
        customer.address = address;
        customer.address_line2 = address_line2;
        customer.city = city;
        customer.state = state;
        customer.zip_code = zip_code;
        customer.country = country;
        customer.status = status.unwrap_or_default();
        customer.owner_id = owner_id;
        customer.source = source;
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
