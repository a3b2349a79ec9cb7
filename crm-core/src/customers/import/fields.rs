//! The values of fields, as cells have them.

use chrono::{DateTime, NaiveDate, Utc};

use super::super::input::NewCustomer;
use super::super::model::{CustomerKind, EmployeeBand, LifecycleStage};
use super::cells::{Fault, fault};
use super::dates;
use super::headers::Field;
use super::meaning::Part;
use super::options::DateOrder;
use super::points::FoundPart;
use super::values;
use crate::base::json::exact_numbers;
use crate::base::money::Money;
use crate::base::places;
use crate::base::text::{self, fold};
use crate::tags::{MAX_TAGS, stored_name};

/// Names of languages and their tags; many programs write the name.
const LANGUAGES: [(&str, &str); 16] = [
    ("english", "en"),
    ("german", "de"),
    ("deutsch", "de"),
    ("french", "fr"),
    ("francais", "fr"),
    ("spanish", "es"),
    ("espanol", "es"),
    ("italian", "it"),
    ("italiano", "it"),
    ("dutch", "nl"),
    ("nederlands", "nl"),
    ("swedish", "sv"),
    ("svenska", "sv"),
    ("danish", "da"),
    ("portuguese", "pt"),
    ("polish", "pl"),
];

/// A word that a field does not accept.
pub(super) fn unknown_name(error: crate::base::string_enum::UnknownName) -> Fault {
    fault("unknown_name", error.to_string())
}

/// Person or organization, also in the words of other systems.
pub(super) fn kind(cell: &str) -> Result<CustomerKind, Fault> {
    match cell.trim().to_lowercase().as_str() {
        "individual" | "contact" => Ok(CustomerKind::Person),
        "organisation" | "company" | "business" | "account" => Ok(CustomerKind::Organization),
        _ => cell.parse().map_err(unknown_name),
    }
}

pub(super) fn flag(cell: &str) -> Result<bool, Fault> {
    values::flag(cell).ok_or_else(|| fault("boolean_invalid", "expected true or false"))
}

pub(super) fn json<T: serde::de::DeserializeOwned>(cell: &str) -> Result<T, Fault> {
    // The parser's own message could contain the value of the cell.
    let value =
        serde_json::from_str(cell).map_err(|_| fault("json_invalid", "expected JSON as an export writes it"))?;
    match exact_numbers(cell).map_err(|mut inexact| inexact.0.pop()) {
        Err(Some(inexact)) => Err(fault("number_inexact", inexact.detail)),
        _ => Ok(value),
    }
}

/// The stored names of tags, without repetition.
pub(super) fn tags(names: impl Iterator<Item = String>) -> Result<Vec<String>, Fault> {
    let mut tags: Vec<String> = Vec::new();
    for name in names.filter(|name| !name.trim().is_empty()) {
        let name = stored_name(&name).map_err(|(code, message)| fault(code, message))?;
        if !tags.iter().any(|other| fold(other) == fold(&name)) {
            tags.push(name);
        }
    }
    if tags.len() > MAX_TAGS {
        return Err(fault("too_many", format!("a customer has at most {MAX_TAGS} tags")));
    }
    Ok(tags)
}

/// Whether the state of a subscription says that the customer wants no e-mails.
pub(super) fn says_opted_out(cell: &str) -> bool {
    matches!(fold(cell).as_str(), "unsubscribed" | "opted out" | "opt out" | "optedout" | "cleaned" | "do not contact")
}

/// A stage, also as HubSpot spells it: `Sales Qualified Lead`.
pub(super) fn stage(cell: &str) -> Result<LifecycleStage, Fault> {
    cell.parse().or_else(|_| cell.replace([' ', '-', '_'], "").parse()).map_err(unknown_name)
}

/// A number of employees, or a range of ours.
pub(super) fn employees(cell: &str) -> Result<EmployeeBand, Fault> {
    const TOP: [u64; 7] = [10, 50, 200, 500, 1_000, 5_000, 10_000];
    let cell = cell.trim();
    let number = cell.replace([',', '.', ' ', '\u{a0}'], "").parse::<u64>().ok();
    let band = number.map(|number| EmployeeBand::ALL[TOP.iter().filter(|top| number > **top).count()]);
    let text = || cell.replace([' ', ','], "").replace(['–', '-'], "_").parse().map_err(unknown_name);
    band.map_or_else(text, Ok)
}

pub(super) fn number(cell: &str) -> Result<i64, Fault> {
    cell.trim().parse().map_err(|_| fault("number_invalid", "expected a whole number"))
}

pub(super) fn money(cell: &str) -> Result<Money, Fault> {
    cell.parse::<Money>().map_err(|error| fault("money_invalid", error.to_string()))
}

pub(super) fn language(cell: &str) -> Result<String, Fault> {
    let name = fold(cell);
    let tag = LANGUAGES.iter().find(|(own, _)| *own == name).map(|(_, tag)| (*tag).to_owned());
    // A longer word is the name of a language, not its tag.
    let is_tag = cell.trim().split(['-', '_']).next().is_some_and(|language| language.len() <= 3);
    let tag = tag.or_else(|| text::language_tag(cell.trim()).filter(|_| is_tag));
    tag.ok_or_else(|| fault("language_invalid", "expected a language tag such as de or en-GB"))
}

pub(super) fn zone(cell: &str) -> Result<String, Fault> {
    let zone = places::time_zone(cell).map(|zone| zone.name().to_owned());
    zone.ok_or_else(|| fault("time_zone_unknown", "expected an IANA zone such as Europe/Berlin"))
}

pub(super) fn birth_date(cell: &str, order: Option<DateOrder>) -> Result<NaiveDate, Fault> {
    dates::day(cell, order).ok_or_else(|| fault("date_invalid", "not a whole date that can be read in one way"))
}

pub(super) fn moment(cell: &str, order: Option<DateOrder>) -> Result<DateTime<Utc>, Fault> {
    dates::moment(cell, order).ok_or_else(|| fault("date_invalid", "not a time that can be read in one way"))
}

/// A part of an address as it is stored: `PO Box 5`, and `SE` for Odoo's `base.se`.
pub(super) fn part_text(found: &FoundPart) -> String {
    let text = found.value.trim();
    match found.part {
        Part::Box if !text.contains(char::is_alphabetic) => format!("PO Box {text}"),
        Part::Country => match text.strip_prefix("base.") {
            Some(code) if code.len() == 2 => code.to_uppercase(),
            _ => text.to_owned(),
        },
        _ => text.to_owned(),
    }
}

/// Whether a whole address says nothing that its parts do not say.
pub(super) fn repeats(whole: &str, parts: &[FoundPart]) -> bool {
    let said: Vec<String> = parts
        .iter()
        .filter(|found| found.part != Part::Formatted)
        .map(|found| text::fold_words(&found.value))
        .collect();
    let said = format!(" {} ", said.join(" "));
    text::fold_words(whole).split(' ').all(|word| said.contains(&format!(" {word} ")))
}

/// The second address line may come from the column of the first and from its own.
pub(super) fn second_line(part: &mut NewCustomer, lines: &[&str]) {
    let before = part.address_line2.take();
    part.address_line2 =
        Some(before.as_deref().into_iter().chain(lines.iter().copied()).collect::<Vec<_>>().join(", "));
}

/// Where a text of one line goes.
pub(super) fn slot(part: &mut NewCustomer, field: Field) -> Option<&mut Option<String>> {
    Some(match field {
        Field::Name => &mut part.name,
        Field::Salutation => &mut part.salutation,
        Field::FirstName => &mut part.first_name,
        Field::MiddleName => &mut part.middle_name,
        Field::LastName => &mut part.last_name,
        Field::NameSuffix => &mut part.name_suffix,
        Field::Email => &mut part.email,
        Field::Phone => &mut part.phone,
        Field::OrganizationName => &mut part.organization_name,
        Field::JobTitle => &mut part.job_title,
        Field::Department => &mut part.department,
        Field::Language => &mut part.language,
        Field::TimeZone => &mut part.time_zone,
        Field::Industry => &mut part.industry,
        Field::TaxId => &mut part.tax_id,
        Field::Relationship => &mut part.relationship,
        Field::Website => &mut part.website,
        Field::Address => &mut part.address,
        Field::AddressLine2 => &mut part.address_line2,
        Field::City => &mut part.city,
        Field::State => &mut part.state,
        Field::ZipCode => &mut part.zip_code,
        Field::Country => &mut part.country,
        Field::Source => &mut part.source,
        Field::Id
        | Field::Kind
        | Field::Emails
        | Field::Phones
        | Field::Addresses
        | Field::Status
        | Field::Owner
        | Field::ExternalRefs
        | Field::Tags
        | Field::Notes
        | Field::CustomFields
        | Field::Metadata
        | Field::BirthDate
        | Field::EmployeeBand
        | Field::AnnualRevenue
        | Field::LifecycleStage
        | Field::SourceCreatedAt
        | Field::Description
        | Field::IsArchived => return None,
    })
}
