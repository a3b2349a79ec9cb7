//! The columns of a file, and what each fills.

use std::cmp::Reverse;

use super::assignment::Assignment;
use super::headers::Field;
use super::lead_fields::LeadField;
use super::meaning::{BirthPart, Part, Place, Point};
use super::options::{ImportOptions, MatchBy};
use super::record::{Fault, MAX_COLUMNS, Record};
use super::report::{ImportColumn, ImportFault};
use crate::base::custom_field::CompanyFields;
use crate::base::error::Malformed;
use crate::base::string_enum::string_enum;

/// The maximum length of a header, in characters.
const MAX_HEADER_LENGTH: usize = 250;
/// The custom field for owners that the CRM does not know.
pub(super) const OWNER_KEY: &str = "owner";

string_enum! {
    /// Why a column is taken for a field.
    ImportReason {
        /// The mapping says so.
        Mapping = "mapping",
        /// A custom field of the company has this key or label.
        CustomField = "custom_field",
        /// The column is one of an export or of a file of faulty rows of this CRM.
        OwnFile = "own_file",
        /// The words of the header mean it.
        Header = "header",
        /// Nothing is known about the column, so it is kept as a custom field under its header.
        Unknown = "unknown",
    }
}

/// The target of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Field(Field),
    /// A field that only leads have.
    Lead(LeadField),
    /// An e-mail address. The first one that a row has is the primary one.
    Email {
        place: Place,
        /// It comes before the other columns of addresses.
        is_first: bool,
    },
    /// A telephone number, likewise.
    Phone {
        place: Place,
        is_first: bool,
    },
    /// A part of a postal address. Of several, the first one with any value is the primary one.
    Address {
        place: Place,
        part: Part,
        /// The index in [`Columns::blocks`].
        block: usize,
    },
    /// The label of an address or number.
    Label(Point, Place),
    /// The calling code of a telephone number.
    CallingCode(Place),
    IsOrganization,
    Deleted,
    OptedOut,
    Subscription,
    BirthPart(BirthPart),
    /// The id in the external system.
    Reference,
    /// A custom field.
    Custom {
        is_date: bool,
    },
    Nothing,
}

impl Target {
    /// The field that this fills.
    pub fn field(&self) -> Option<Field> {
        match self {
            Self::Field(field) => Some(*field),
            Self::Email { is_first, .. } => Some(if *is_first { Field::Email } else { Field::Emails }),
            Self::Phone { is_first, .. } => Some(if *is_first { Field::Phone } else { Field::Phones }),
            Self::Address { block: 0, part, .. } => Some(part.field()),
            Self::Address { .. } => Some(Field::Addresses),
            _ => None,
        }
    }
}

/// A column: its header, or its number without one, and its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub header: String,
    pub target: Target,
    /// The custom field for what the target does not take.
    pub key: String,
    pub reason: ImportReason,
}

impl Column {
    /// The name of the field in reports and mappings.
    pub fn field(&self) -> Option<String> {
        let name = match &self.target {
            Target::Label(Point::Email, _) => "emails.label",
            Target::Label(Point::Phone, _) => "phones.label",
            Target::Label(Point::Address, _) => "addresses.label",
            Target::CallingCode(_) => "phones.callingCode",
            Target::IsOrganization => "kind",
            Target::Deleted => "deleted",
            Target::OptedOut | Target::Subscription => "emails.optedOut",
            Target::BirthPart(_) => "birthDate",
            Target::Reference => "externalRef",
            Target::Custom { .. } => return Some(format!("customFields.{}", self.key)),
            Target::Nothing => return None,
            Target::Lead(field) => field.name(),
            Target::Field(_) | Target::Email { .. } | Target::Phone { .. } | Target::Address { .. } => {
                self.target.field().map_or("", Field::name)
            }
        };
        Some(name.to_owned())
    }
}

/// The headers of a file.
pub(super) fn headers_of(header: &Record<'_>) -> Result<Vec<String>, Malformed> {
    if header.fault == Some(Fault::Cells) || header.len() > MAX_COLUMNS {
        let detail = format!("a file has at most {MAX_COLUMNS} columns");
        return Err(Malformed::new("too_many_columns", "file", detail));
    }
    Ok((0..header.len()).map(|index| header.cell(index).trim().chars().take(MAX_HEADER_LENGTH).collect()).collect())
}

/// The columns of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub list: Vec<Column>,
    /// The places of the postal addresses, in the order in which they are taken.
    pub blocks: Vec<Place>,
    /// The file is our own export.
    pub is_own: bool,
}

impl Columns {
    /// Maps the columns by the header of the file.
    pub fn new(header: &Record<'_>, options: &ImportOptions, fields: &CompanyFields) -> Result<Self, Malformed> {
        let columns = Self::unchecked(header, options, fields)?;
        columns.check(options)?;
        Ok(columns)
    }

    /// The same, also without the columns that an import needs.
    pub fn unchecked(header: &Record<'_>, options: &ImportOptions, fields: &CompanyFields) -> Result<Self, Malformed> {
        Self::of(&headers_of(header)?, options, fields)
    }

    /// The columns with these headers.
    pub fn of(headers: &[String], options: &ImportOptions, fields: &CompanyFields) -> Result<Self, Malformed> {
        Assignment::new(headers, options, fields).run()
    }

    /// Refuses a file without the columns that an import needs.
    pub fn check(&self, options: &ImportOptions) -> Result<(), Malformed> {
        let known = |column: &Column| column.target.field().is_some() || column.target == Target::Reference;
        if !self.list.iter().any(known) {
            let detail = "a line at the start of the file must name the columns, and none of them was recognized; use \
                          mapping to name them";
            return Err(Malformed::new("header_unknown", "file", detail));
        }
        let wanted = match options.match_by {
            _ if !options.matches() => return Ok(()),
            MatchBy::Email => Field::Email,
            MatchBy::Phone => Field::Phone,
            MatchBy::Id => Field::Id,
            MatchBy::ExternalRef => Field::ExternalRefs,
        };
        if self.header_of(wanted).is_some() {
            return Ok(());
        }
        let detail = format!("no column of the file is {}; use mapping to name the column", options.match_by);
        Err(Malformed::new("match_column_missing", "matchBy", detail))
    }

    /// The header of the column for a field. References may also be in the column that our export writes.
    pub fn header_of(&self, field: Field) -> Option<&str> {
        let fills = |column: &&Column| match &column.target {
            Target::Reference => field == Field::ExternalRefs,
            target => target.field() == Some(field),
        };
        let best = self.list.iter().filter(fills).max_by_key(|column| Reverse(column.target == Target::Reference));
        best.map(|column| column.header.as_str())
    }

    /// A fault of a row, at the column of a field.
    pub fn fault(&self, row: u64, field: Option<Field>, code: &str, message: &str) -> Vec<ImportFault> {
        vec![ImportFault::new(row, field.and_then(|field| self.header_of(field)), code, message)]
    }

    /// The header of the column for a field of leads.
    pub fn header_of_lead(&self, field: LeadField) -> Option<&str> {
        let column = self.list.iter().find(|column| column.target == Target::Lead(field));
        column.map(|column| column.header.as_str())
    }

    /// The header of the column for a custom field.
    pub fn header_of_custom(&self, key: &str) -> Option<&str> {
        let is_of = |column: &&Column| matches!(column.target, Target::Custom { .. }) && column.key == key;
        self.list.iter().find(is_of).map(|column| column.header.as_str())
    }

    /// The columns and their fields, for the report.
    pub fn described(&self) -> Vec<ImportColumn> {
        self.list.iter().map(|column| ImportColumn { column: column.header.clone(), field: column.field() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoding::Text;
    use super::super::options::{ImportMode, ImportOptions, MatchBy};
    use super::super::records::Records;
    use super::Columns;
    use crate::base::custom_field::CompanyFields;
    use crate::base::error::Malformed;

    fn columns(header: &str, options: &ImportOptions) -> Result<Vec<String>, Malformed> {
        let mut records = Records::new(Text::new(header.as_bytes()).unwrap()).unwrap();
        let header = records.next().unwrap().unwrap();
        let described = Columns::new(&header, options, &CompanyFields::default())?.described();
        Ok(described.into_iter().map(|column| column.field.unwrap_or_else(|| "-".to_owned())).collect())
    }

    fn named(header: &str) -> Vec<String> {
        columns(header, &ImportOptions::default()).unwrap()
    }

    fn mapping(entries: &[(&str, Option<&str>)]) -> ImportOptions {
        let own = |(from, to): &(&str, Option<&str>)| ((*from).to_owned(), to.map(str::to_owned));
        ImportOptions { mapping: entries.iter().map(own).collect(), ..ImportOptions::default() }
    }

    #[test]
    fn the_best_column_of_a_field_is_first() {
        assert_eq!(
            named("First Name,Phone 1,Phone 2,Mobile,Email"),
            ["firstName", "phone", "phones", "phones", "email"]
        );
    }

    #[test]
    fn no_two_columns_share_a_custom_field() {
        assert_eq!(
            named("Name,Plan,Plan,Plan 2,Pet,Pet,pet,,,Owner,Pet 2"),
            [
                "name",
                "customFields.plan",
                "customFields.plan3",
                "customFields.plan2",
                "customFields.pet",
                "customFields.pet3",
                "customFields.pet4",
                "customFields.column8",
                "customFields.column9",
                "ownerId",
                "customFields.pet2",
            ]
        );
        let long = "x".repeat(300);
        let columns = named(&format!("Name,{long},{long}"));
        assert!(columns[1] != columns[2] && columns.iter().all(|column| column.len() <= 64 + "customFields.".len()));
    }

    #[test]
    fn a_mapping_is_obeyed() {
        let options = mapping(&[
            ("nom", Some("name")),
            ("Note", Some("customFields.remark")),
            ("SECRET", None),
            ("E-Mail", Some("")),
        ]);
        let header = "Nom,Name,Note,Remark,Secret,Email,Renewal Date";
        assert_eq!(
            columns(header, &options).unwrap(),
            ["name", "customFields.name", "customFields.remark", "notes", "-", "-", "customFields.renewalDate"]
        );
        for faulty in [
            mapping(&[("Nobody", Some("name"))]),
            mapping(&[("#8", Some("name"))]),
            mapping(&[("#0", Some("name"))]),
            mapping(&[("Nom", Some("nome"))]),
            mapping(&[("Nom", Some("version"))]),
            mapping(&[("Nom", Some("customFields."))]),
            mapping(&[("Nom", Some("externalRef"))]),
            mapping(&[("Nom", Some("name")), ("Note", Some("name"))]),
            mapping(&[("Nom", Some("name")), ("nom", Some("email"))]),
            mapping(&[("Nom", Some("customFields.x")), ("Renewal Date", Some("customFields.x"))]),
        ] {
            assert_eq!(columns(header, &faulty).unwrap_err().code, "mapping_invalid");
        }
    }

    #[test]
    fn columns_are_mapped_by_their_numbers() {
        let options = mapping(&[("#2", Some("lastName")), ("#3", None), ("#4", Some("customFields.x"))]);
        let targets = ["firstName", "lastName", "-", "customFields.x"];
        assert_eq!(columns("First Name,Name,Name,", &options).unwrap(), targets);
        let named = mapping(&[("#2", Some("name"))]);
        assert_eq!(columns("#2,Email", &named).unwrap(), ["name", "email"]);
    }

    #[test]
    fn the_faults_of_an_earlier_import_are_ignored() {
        assert_eq!(named("Name,Import error"), ["name", "-"]);
    }

    #[test]
    fn our_own_export_is_recognised() {
        let header = "id,version,name,email,phoneE164,ownerId,ownerName,tags,customFields,metadata,createdAt,Tier";
        let own = [
            "-",
            "-",
            "name",
            "email",
            "-",
            "ownerId",
            "-",
            "tags",
            "customFields",
            "metadata",
            "-",
            "customFields.tier",
        ];
        assert_eq!(named(header), own);
        let by_id = ImportOptions { mode: ImportMode::Upsert, match_by: MatchBy::Id, ..ImportOptions::default() };
        assert_eq!(columns(header, &by_id).unwrap()[0], "id");
        assert_eq!(columns("id,name,tags", &by_id).unwrap(), ["id", "name", "tags"]);
        assert_eq!(
            named("id,name,createdAt,metadata"),
            ["customFields.id", "name", "sourceCreatedAt", "customFields.metadata"]
        );
    }

    #[test]
    fn ids_of_another_system_are_references() {
        let options = ImportOptions { external_system: Some("erp".to_owned()), ..ImportOptions::default() };
        let header = "Index,Customer Id,Record ID,Name";
        assert_eq!(
            columns(header, &options).unwrap(),
            ["customFields.index", "externalRef", "customFields.recordId", "name"]
        );
        assert_eq!(named(header)[1], "customFields.customerId");
    }

    #[test]
    fn a_file_must_have_the_columns_it_needs() {
        let code = |header: &str, options: &ImportOptions| columns(header, options).unwrap_err().code;
        assert_eq!(code("Heather,Callahan,Oslo", &ImportOptions::default()), "header_unknown");
        let upsert = ImportOptions { mode: ImportMode::Upsert, ..ImportOptions::default() };
        assert_eq!(code("Name,Phone", &upsert), "match_column_missing");
        assert_eq!(code(&",".repeat(1_000), &ImportOptions::default()), "too_many_columns");
    }
}
