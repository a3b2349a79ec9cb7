//! Headers of columns: in our own export, and in those of other systems.

use crate::base::text::fold;

/// A field that a column can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Kind,
    Name,
    FirstName,
    LastName,
    Email,
    Phone,
    OrganizationName,
    JobTitle,
    Website,
    Address,
    AddressLine2,
    City,
    State,
    ZipCode,
    Country,
    Status,
    Owner,
    Source,
    ExternalRefs,
    Tags,
    CustomFields,
    Metadata,
    IsArchived,
}

/// All fields, with their headers in other systems: HubSpot, Salesforce, Pipedrive, Zoho, Odoo, EspoCRM, SuiteCRM, the
/// contacts of Google and Outlook. In the form of [`plain`].
const FIELDS: &[(Field, &str, &str)] = &[
    (Field::Id, "id", ""),
    (Field::Kind, "kind", "kind customerkind customertype companytype"),
    (Field::Name, "name", "name fullname customername contactname clientname"),
    (Field::FirstName, "firstName", "firstname givenname forename first"),
    (Field::LastName, "lastName", "lastname surname familyname last"),
    (
        Field::Email,
        "email",
        "email emailaddress emailid mail email1 email1value email1address emailaddress1 emailwork \
         workemail primaryemail businessemail leademail",
    ),
    (
        Field::Phone,
        "phone",
        "phone phonenumber phone1 phone1value telephone telephonenumber tel businessphone workphone \
         phonework officephone primaryphone mainphone mobile mobilephone mobilenumber mobilephonenumber \
         phonemobile cell cellphone homephone phonehome contactnumber",
    ),
    (
        Field::OrganizationName,
        "organizationName",
        "organizationname organisationname organization organisation company companyname companyaccount \
         account accountname organization1name associatedcompany relatedcompany parentname employer \
         businessname",
    ),
    (
        Field::JobTitle,
        "jobTitle",
        "jobtitle title jobposition position function organizationtitle organization1title designation",
    ),
    (
        Field::Website,
        "website",
        "website websiteurl url web weburl webpage homepage website1value websitelink companywebsite \
         companydomainname",
    ),
    (
        Field::Address,
        "address",
        "address address1 addressline1 street street1 streetaddress mailingstreet billingstreet \
         businessstreet addressstreet billingaddressstreet primaryaddressstreet address1street \
         postaladdress organizationaddress",
    ),
    (
        Field::AddressLine2,
        "addressLine2",
        "addressline2 address2 street2 streetaddress2 businessstreet2 address1extendedaddress",
    ),
    (
        Field::City,
        "city",
        "city town locality mailingcity billingcity businesscity addresscity billingaddresscity \
         primaryaddresscity address1city",
    ),
    (
        Field::State,
        "state",
        "state stateregion stateprovince region province county mailingstate mailingstateprovince \
         billingstate billingstateprovince businessstate addressstate billingaddressstate \
         primaryaddressstate address1region stateidname",
    ),
    (
        Field::ZipCode,
        "zipCode",
        "zip zipcode postalcode postcode zippostalcode mailingzip mailingpostalcode mailingzippostalcode \
         billingzip billingcode billingpostalcode billingzippostalcode businesspostalcode \
         addresspostalcode billingaddresspostalcode primaryaddresspostalcode address1postalcode",
    ),
    (
        Field::Country,
        "country",
        "country countryname countryregion nation mailingcountry billingcountry businesscountry \
         businesscountryregion addresscountry billingaddresscountry primaryaddresscountry \
         address1country countryidname",
    ),
    (Field::Status, "status", "status customerstatus"),
    (
        Field::Owner,
        "ownerId",
        "owner ownerid ownername owneremail contactowner leadowner accountowner companyowner \
         organizationowner recordowner assignedto assigneduser assignedusername assigneduserid \
         salesperson salesrep accountmanager",
    ),
    (Field::Source, "source", "source leadsource originalsource customersource"),
    (Field::ExternalRefs, "externalRefs", ""),
    (Field::Tags, "tags", ""),
    (Field::CustomFields, "customFields", ""),
    (Field::Metadata, "metadata", ""),
    (Field::IsArchived, "isArchived", "isarchived archived"),
];

/// Headers of ids in other systems.
const REFERENCES: &str = "id externalid externalref customerid customernumber customerno clientid contactid accountid \
     recordid contactrecordid companyid leadid personid organizationid";

/// Prefixes that some systems add to headers: `Person - Email`.
const PREFIXES: &[&str] = &["person", "contact", "customer", "client"];

impl Field {
    /// The field with this JSON name.
    pub fn named(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(_, own, _)| *own == name).map(|(field, ..)| *field)
    }

    /// The JSON name.
    pub fn name(self) -> &'static str {
        FIELDS.iter().find(|(field, ..)| *field == self).map_or("", |(_, name, _)| *name)
    }

    /// The field of a header of another system.
    pub fn spelt(header: &str) -> Option<Self> {
        let plain = plain(header);
        let find =
            |plain: &str| FIELDS.iter().find(|(.., spellings)| is_one_of(spellings, plain)).map(|(field, ..)| *field);
        find(&plain).or_else(|| {
            let rest = PREFIXES.iter().find_map(|prefix| plain.strip_prefix(prefix))?;
            // The state of a contact in another system is not the status of a customer.
            find(rest).filter(|field| *field != Self::Status)
        })
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

/// Whether the last word of the header indicates dates.
pub(super) fn is_date(header: &str) -> bool {
    const WORDS: &[&str] = &["date", "on", "at", "birthday", "birthdate", "since", "until", "dob"];
    // `engageDate` and `Subscription Date` alike.
    let mut spaced = String::with_capacity(header.len());
    for character in header.chars() {
        if character.is_uppercase() && spaced.ends_with(char::is_lowercase) {
            spaced.push(' ');
        }
        spaced.push(character);
    }
    words(&spaced).last().is_some_and(|word| WORDS.contains(&word.to_lowercase().as_str()))
}

fn words(header: &str) -> impl Iterator<Item = &str> {
    header.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{FIELDS, Field, camel_case, is_date, plain};
    use crate::customers::NewCustomer;

    #[test]
    fn every_writable_field_has_a_column() {
        let names: Vec<&str> =
            FIELDS.iter().map(|(_, name, _)| *name).filter(|name| !["id", "tags"].contains(name)).collect();
        assert_eq!(names, NewCustomer::FIELDS);
    }

    #[test]
    fn spellings_are_plain_and_unique() {
        let mut all: Vec<&str> = FIELDS.iter().flat_map(|(.., spellings)| spellings.split_whitespace()).collect();
        assert!(all.iter().all(|spelling| plain(spelling) == *spelling));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn the_headers_of_other_systems_are_known() {
        for (header, field) in [
            ("First Name", Field::FirstName),
            ("SURNAME", Field::LastName),
            ("E-mail 1 - Value", Field::Email),
            ("E-Mail", Field::Email),
            ("Phone 1", Field::Phone),
            ("Person - Phone - Work", Field::Phone),
            ("Person - Organization", Field::OrganizationName),
            ("Organization - Name", Field::OrganizationName),
            ("Company / Account", Field::OrganizationName),
            ("Mailing Zip/Postal Code", Field::ZipCode),
            ("State/Region", Field::State),
            ("primary_address_postalcode", Field::ZipCode),
            ("Contact owner", Field::Owner),
            ("Account.Name", Field::OrganizationName),
            ("Lead Source", Field::Source),
            ("Web Page", Field::Website),
        ] {
            assert_eq!(Field::spelt(header), Some(field), "{header}");
        }
        for header in ["Phone 2", "Lead Status", "Contact Status", "Tags", "Customer Id", "", "Name 2", "客户"] {
            assert_eq!(Field::spelt(header), None, "{header}");
        }
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
        for header in ["Subscription Date", "engage_date", "createdAt", "Created On", "Birthday", "closeDate"] {
            assert!(is_date(header), "{header}");
        }
        for header in ["Date Format", "Candidate", "Location", "Flat", ""] {
            assert!(!is_date(header), "{header}");
        }
    }
}
