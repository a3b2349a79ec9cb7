//! Headers of columns: in our own export, and in those of other systems.

use crate::base::text::fold;

/// A field that a column can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Kind,
    Name,
    Salutation,
    FirstName,
    MiddleName,
    LastName,
    NameSuffix,
    Email,
    Phone,
    OrganizationName,
    JobTitle,
    Department,
    BirthDate,
    Language,
    TimeZone,
    Industry,
    EmployeeBand,
    AnnualRevenue,
    TaxId,
    Website,
    Address,
    AddressLine2,
    City,
    State,
    ZipCode,
    Country,
    Emails,
    Phones,
    Addresses,
    Status,
    LifecycleStage,
    Relationship,
    Owner,
    Source,
    SourceCreatedAt,
    Description,
    ExternalRefs,
    Tags,
    Notes,
    CustomFields,
    Metadata,
    IsArchived,
}

/// All fields, with spellings whose words would mean something else. In the form of [`plain`].
const FIELDS: &[(Field, &str, &str)] = &[
    (Field::Id, "id", ""),
    (Field::Kind, "kind", "kind"),
    (Field::Name, "name", ""),
    (Field::Salutation, "salutation", ""),
    (Field::FirstName, "firstName", ""),
    (Field::MiddleName, "middleName", ""),
    (Field::LastName, "lastName", ""),
    (Field::NameSuffix, "nameSuffix", ""),
    (Field::Email, "email", ""),
    (Field::Phone, "phone", ""),
    (Field::OrganizationName, "organizationName", ""),
    (Field::JobTitle, "jobTitle", ""),
    (Field::Department, "department", ""),
    (Field::BirthDate, "birthDate", ""),
    (Field::Language, "language", "lang"),
    (Field::TimeZone, "timeZone", ""),
    (Field::Industry, "industry", ""),
    (Field::EmployeeBand, "employeeBand", "employeeband"),
    (Field::AnnualRevenue, "annualRevenue", ""),
    (Field::TaxId, "taxId", ""),
    (Field::Website, "website", ""),
    (Field::Address, "address", ""),
    (Field::AddressLine2, "addressLine2", ""),
    (Field::City, "city", ""),
    (Field::State, "state", ""),
    (Field::ZipCode, "zipCode", ""),
    (Field::Country, "country", ""),
    (Field::Emails, "emails", ""),
    (Field::Phones, "phones", ""),
    (Field::Addresses, "addresses", ""),
    (Field::Status, "status", ""),
    (Field::LifecycleStage, "lifecycleStage", ""),
    (Field::Relationship, "relationship", ""),
    (Field::Owner, "ownerId", ""),
    (Field::Source, "source", ""),
    (Field::SourceCreatedAt, "sourceCreatedAt", "sourcecreatedat"),
    (Field::Description, "description", ""),
    (Field::ExternalRefs, "externalRefs", ""),
    (Field::Tags, "tags", ""),
    (Field::Notes, "notes", ""),
    (Field::CustomFields, "customFields", ""),
    (Field::Metadata, "metadata", ""),
    (Field::IsArchived, "isArchived", "isarchived archived"),
];

/// Headers of ids in other systems.
const REFERENCES: &str = "id externalid externalref customerid customernumber customerno clientid contactid accountid \
     recordid contactrecordid companyid leadid personid organizationid";

impl Field {
    /// The field with this JSON name.
    pub fn named(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(_, own, _)| *own == name).map(|(field, ..)| *field)
    }

    /// The JSON name.
    pub fn name(self) -> &'static str {
        FIELDS.iter().find(|(field, ..)| *field == self).map_or("", |(_, name, _)| *name)
    }

    /// The field of a header with a spelling of its own.
    pub fn spelt(header: &str) -> Option<Self> {
        let plain = plain(header);
        FIELDS.iter().find(|(.., spellings)| is_one_of(spellings, &plain)).map(|(field, ..)| *field)
    }
}

/// Whether the column has ids of another system.
pub(super) fn is_reference(header: &str) -> bool {
    is_one_of(REFERENCES, &plain(header))
}

fn is_one_of(spellings: &str, plain: &str) -> bool {
    spellings.split(' ').any(|spelling| spelling == plain) && !plain.is_empty()
}

/// Letters and digits, without case and accents: `E-mail 1 - Value` becomes `email1value`.
pub(super) fn plain(header: &str) -> String {
    fold(header).chars().filter(|character| character.is_alphanumeric()).collect()
}

/// The header as the name of a custom field: `Subscription Date` becomes `subscriptionDate`, `VAT no.` becomes `vatNo`.
/// `None` without letters and digits.
pub(super) fn camel_case(header: &str) -> Option<String> {
    let mut camel = String::new();
    for word in words(header) {
        let shouted = word.chars().count() > 1 && !word.chars().any(char::is_lowercase);
        let word = if shouted { word.to_lowercase() } else { word.to_owned() };
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            if camel.is_empty() {
                camel.extend(first.to_lowercase());
            } else {
                camel.extend(first.to_uppercase());
            }
            camel.push_str(letters.as_str());
        }
    }
    (!camel.is_empty()).then_some(camel)
}

/// Whether the header indicates dates: by its last word, or as `Date registered` does.
pub(super) fn is_date(header: &str) -> bool {
    const LAST: &[&str] = &[
        "date",
        "dates",
        "datum",
        "on",
        "at",
        "time",
        "birthday",
        "birthdate",
        "anniversary",
        "since",
        "until",
        "dob",
        "created",
        "modified",
        "updated",
        "changed",
        "contacted",
        "registered",
        "joined",
        "added",
        "entered",
        "activity",
        "update",
        "geburtstag",
        "geburtsdatum",
        "erstellt",
        "geandert",
    ];
    const AFTER_DATE: &[&str] = &["of", "de", "di"];
    // `engageDate` and `Subscription Date` alike.
    let mut spaced = String::with_capacity(header.len());
    for character in header.chars() {
        if character.is_uppercase() && spaced.ends_with(char::is_lowercase) {
            spaced.push(' ');
        }
        spaced.push(character);
    }
    let words: Vec<String> = words(&spaced).map(fold).collect();
    let is_last = words.last().is_some_and(|word| LAST.contains(&word.as_str()));
    is_last
        || words.first().is_some_and(|word| word == "date")
            && words.get(1).is_some_and(|word| AFTER_DATE.contains(&word.as_str()))
}

fn words(header: &str) -> impl Iterator<Item = &str> {
    header.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{FIELDS, camel_case, is_date};
    use crate::customers::NewCustomer;

    #[test]
    fn every_writable_field_has_a_column() {
        let names: Vec<&str> =
            FIELDS.iter().map(|(_, name, _)| *name).filter(|name| !["id", "tags", "notes"].contains(name)).collect();
        assert_eq!(names, NewCustomer::FIELDS);
    }

    #[test]
    fn headers_become_members() {
        for (header, member) in [
            ("Subscription Date", "subscriptionDate"),
            ("Phone 2", "phone2"),
            ("Customer Id", "customerId"),
            ("customerId", "customerId"),
            ("year_established", "yearEstablished"),
            ("VAT no.", "vatNo"),
            ("Customer ID", "customerId"),
            ("E-mail 2 - Value", "eMail2Value"),
            ("Straße", "straße"),
            ("客户 编号", "客户编号"),
            ("Plan B", "planB"),
        ] {
            assert_eq!(camel_case(header).as_deref(), Some(member), "{header}");
        }
        assert_eq!(camel_case(" -- "), None);
    }

    #[test]
    fn dates_are_told_by_the_last_word() {
        for header in [
            "Subscription Date",
            "engage_date",
            "createdAt",
            "Created On",
            "Birthday",
            "closeDate",
            "Created",
            "Created Time",
            "Anniversary",
            "Last Contacted",
            "LAST_CHANGED",
            "Date registered",
            "Date of Signature",
        ] {
            assert!(is_date(header), "{header}");
        }
        for header in ["Date Format", "Candidate", "Location", "Flat", ""] {
            assert!(!is_date(header), "{header}");
        }
    }
}
