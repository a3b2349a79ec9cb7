//! Maps the columns of a file to fields.

use std::collections::HashSet;

use super::headers::{self, Field};
use super::options::{ImportOptions, MatchBy};
use super::records::{Fault, MAX_COLUMNS, Record};
use super::report::ImportColumn;
use super::source::ERROR_COLUMN;
use crate::base::error::Malformed;
use crate::base::validation;

/// The maximum length of the name of a custom field, in bytes: what a filter can refer to.
const MAX_KEY_LENGTH: usize = 64;
/// The maximum length of a header, in characters.
const MAX_HEADER_LENGTH: usize = 250;
/// Columns of our export that are ignored: they are derived, or set by the CRM.
const READ_ONLY: &[&str] = &[
    "id",
    "version",
    "phoneE164",
    "countryCode",
    "owner",
    "ownerName",
    "createdAt",
    "updatedAt",
    "createdBy",
    "updatedBy",
    "deletedAt",
];
/// The custom field for owners that the CRM does not know.
pub(super) const OWNER_KEY: &str = "owner";

/// The target of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Field(Field),
    /// The id in the external system.
    Reference,
    /// A custom field.
    Custom {
        key: String,
        is_date: bool,
    },
    Nothing,
}

/// A column: its header, or its number without one, and its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub header: String,
    pub target: Target,
}

impl Column {
    fn field(&self) -> Option<String> {
        match &self.target {
            Target::Field(field) => Some(field.name().to_owned()),
            Target::Reference => Some("externalRef".to_owned()),
            Target::Custom { key, .. } => Some(format!("customFields.{key}")),
            Target::Nothing => None,
        }
    }
}

/// The columns of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns(pub Vec<Column>);

impl Columns {
    /// Maps the columns by the header of the file.
    pub fn new(header: &Record<'_>, options: &ImportOptions) -> Result<Self, Malformed> {
        let columns = Self::unchecked(header, options)?;
        columns.check(options)?;
        Ok(columns)
    }

    /// The same, also without the columns that an import needs.
    pub fn unchecked(header: &Record<'_>, options: &ImportOptions) -> Result<Self, Malformed> {
        if header.fault == Some(Fault::Cells) || header.len() > MAX_COLUMNS {
            let detail = format!("a file has at most {MAX_COLUMNS} columns");
            return Err(Malformed::new("too_many_columns", "file", detail));
        }
        let headers: Vec<String> = (0..header.len())
            .map(|index| header.cell(index).trim().chars().take(MAX_HEADER_LENGTH).collect())
            .collect();
        let targets = Assignment::new(&headers, options).run()?;
        let columns = headers.into_iter().zip(targets).enumerate().map(|(index, (header, target))| {
            let header = if header.is_empty() { number(index) } else { header };
            Column { header, target }
        });
        Ok(Self(columns.collect()))
    }

    fn check(&self, options: &ImportOptions) -> Result<(), Malformed> {
        let known = |column: &Column| matches!(column.target, Target::Field(_) | Target::Reference);
        if !self.0.iter().any(known) {
            let detail = "the first line must name the columns, and none of them was recognized; use mapping to name \
                          them";
            return Err(Malformed::new("header_unknown", "file", detail));
        }
        let wanted = match options.match_by {
            _ if !options.matches() => return Ok(()),
            MatchBy::Email => Target::Field(Field::Email),
            MatchBy::Phone => Target::Field(Field::Phone),
            MatchBy::Id => Target::Field(Field::Id),
            MatchBy::ExternalRef => Target::Reference,
        };
        // References may also be in the column that our export writes.
        let own =
            options.match_by == MatchBy::ExternalRef && self.header(&Target::Field(Field::ExternalRefs)).is_some();
        if own || self.header(&wanted).is_some() {
            return Ok(());
        }
        let detail = format!("no column of the file is {}; use mapping to name the column", options.match_by);
        Err(Malformed::new("match_column_missing", "matchBy", detail))
    }

    /// The header of the column that fills `target`.
    pub fn header(&self, target: &Target) -> Option<&str> {
        self.0.iter().find(|column| column.target == *target).map(|column| column.header.as_str())
    }

    /// The header of the column for a field.
    pub fn header_of(&self, field: Field) -> Option<&str> {
        let own = self.header(&Target::Field(field));
        if field == Field::ExternalRefs { own.or_else(|| self.header(&Target::Reference)) } else { own }
    }

    /// The columns and their fields, for the report.
    pub fn described(&self) -> Vec<ImportColumn> {
        self.0.iter().map(|column| ImportColumn { column: column.header.clone(), field: column.field() }).collect()
    }
}

fn number(index: usize) -> String {
    format!("column{}", index + 1)
}

/// Assigns targets to headers: the caller's mapping first, then fields, then custom fields.
struct Assignment<'a> {
    headers: &'a [String],
    options: &'a ImportOptions,
    targets: Vec<Option<Target>>,
    keys: HashSet<String>,
}

impl<'a> Assignment<'a> {
    fn new(headers: &'a [String], options: &'a ImportOptions) -> Self {
        Self { headers, options, targets: vec![None; headers.len()], keys: HashSet::new() }
    }

    fn run(mut self) -> Result<Vec<Target>, Malformed> {
        self.mapped()?;
        let own = self.is_own_export();
        for index in 0..self.headers.len() {
            if self.targets[index].is_none() {
                self.targets[index] = self.recognised(index, own);
            }
        }
        if self.has(&Target::Field(Field::Owner)) {
            self.keys.insert(OWNER_KEY.to_owned());
        }
        let natural: Vec<String> = (0..self.headers.len()).map(|index| self.natural_key(index)).collect();
        let mut targets = Vec::with_capacity(self.headers.len());
        for (index, target) in std::mem::take(&mut self.targets).into_iter().enumerate() {
            targets.push(target.unwrap_or_else(|| self.custom(index, &natural)));
        }
        Ok(targets)
    }

    fn has(&self, target: &Target) -> bool {
        self.targets.iter().flatten().any(|taken| taken == target)
    }

    /// The mapping of the caller.
    fn mapped(&mut self) -> Result<(), Malformed> {
        for (header, target) in &self.options.mapping {
            let at = |detail: String| Malformed::new("mapping_invalid", format!("mapping/{header}"), detail);
            let index = self.column(header).ok_or_else(|| at("the file has no such column".to_owned()))?;
            let target = match target.as_deref().map(str::trim).filter(|target| !target.is_empty()) {
                None => Target::Nothing,
                Some(name) => self.target(name, index).map_err(&at)?,
            };
            if self.targets[index].is_some() {
                return Err(at("another entry maps the same column".to_owned()));
            }
            let is_taken = match &target {
                Target::Nothing => false,
                Target::Custom { key, .. } => !self.keys.insert(key.clone()),
                Target::Field(_) | Target::Reference => self.has(&target),
            };
            if is_taken {
                return Err(at("another column is mapped to the same field".to_owned()));
            }
            self.targets[index] = Some(target);
        }
        Ok(())
    }

    /// The column with this header, exactly, by its number (`#3`), or ignoring case and punctuation.
    fn column(&self, header: &str) -> Option<usize> {
        let header = header.trim();
        let exact = self.headers.iter().position(|other| other == header);
        let number = || header.strip_prefix('#')?.parse::<usize>().ok()?.checked_sub(1);
        exact.or_else(|| number().filter(|index| *index < self.headers.len())).or_else(|| {
            let plain = headers::plain(header);
            self.headers.iter().position(|other| !plain.is_empty() && headers::plain(other) == plain)
        })
    }

    fn target(&self, name: &str, index: usize) -> Result<Target, String> {
        if let Some(key) = name.strip_prefix("customFields.") {
            if !validation::is_key(key) {
                return Err(validation::KEY_RULE.to_owned());
            }
            return Ok(Target::Custom { key: key.to_owned(), is_date: headers::is_date(&self.headers[index]) });
        }
        if name == "externalRef" {
            return match self.options.external_system {
                Some(_) => Ok(Target::Reference),
                None => Err("externalSystem must name the system of the ids".to_owned()),
            };
        }
        Field::named(name).map(Target::Field).ok_or_else(|| {
            "unknown field, expected a writable field of a customer, customFields.<name>, externalRef, tags or id"
                .to_owned()
        })
    }

    /// Whether the file is our own export. Only then are ids ours.
    fn is_own_export(&self) -> bool {
        let has = |name: &str| self.headers.iter().any(|header| header == name);
        let by_id = self.options.matches() && self.options.match_by == MatchBy::Id;
        by_id || has("customFields") || (has("id") && has("version"))
    }

    /// The field of a header, if no other column has it.
    fn recognised(&self, index: usize, own: bool) -> Option<Target> {
        let header = self.headers[index].as_str();
        let free = |target: Target| Some(target).filter(|target| !self.has(target));
        if self.options.matches() && self.options.match_by == MatchBy::Id && headers::plain(header) == "id" {
            return free(Target::Field(Field::Id));
        }
        if header == ERROR_COLUMN {
            return Some(Target::Nothing);
        }
        if own {
            if READ_ONLY.contains(&header) {
                return Some(Target::Nothing);
            }
            if let Some(field) = Field::named(header) {
                return free(Target::Field(field));
            }
        }
        if self.options.external_system.is_some()
            && headers::is_reference(header)
            && let Some(reference) = free(Target::Reference)
        {
            return Some(reference);
        }
        Field::spelt(header).and_then(|field| free(Target::Field(field)))
    }

    /// The custom field of a header.
    fn natural_key(&self, index: usize) -> String {
        let key = headers::camel_case(&self.headers[index]).unwrap_or_else(|| number(index));
        key[..key.floor_char_boundary(MAX_KEY_LENGTH)].to_owned()
    }

    /// A custom field that no other column fills. A second column with the same name gets a number.
    fn custom(&mut self, index: usize, natural: &[String]) -> Target {
        let key = &natural[index];
        let is_second = natural[..index].contains(key);
        let free = if !is_second && !self.keys.contains(key) {
            key.clone()
        } else {
            let stem = &key[..key.floor_char_boundary(MAX_KEY_LENGTH - 4)];
            (2..=MAX_COLUMNS * 3)
                .map(|number| format!("{stem}{number}"))
                .find(|key| !self.keys.contains(key) && !natural.contains(key))
                .unwrap_or_else(|| number(index))
        };
        self.keys.insert(free.clone());
        Target::Custom { key: free, is_date: headers::is_date(&self.headers[index]) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoding::Text;
    use super::super::options::{ImportMode, ImportOptions, MatchBy};
    use super::super::records::Records;
    use super::Columns;
    use crate::base::error::Malformed;

    fn columns(header: &str, options: &ImportOptions) -> Result<Vec<String>, Malformed> {
        let mut records = Records::new(Text::new(header.as_bytes()).unwrap()).unwrap();
        let header = records.next().unwrap().unwrap();
        let described = Columns::new(&header, options)?.described();
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
    fn the_first_column_of_a_field_wins() {
        assert_eq!(
            named("First Name,Phone 1,Phone 2,Mobile,Email"),
            ["firstName", "phone", "customFields.phone2", "customFields.mobile", "email"]
        );
    }

    #[test]
    fn no_two_columns_share_a_custom_field() {
        assert_eq!(
            named("Name,Phone,Phone,Phone 2,Tag,Tag,tag,,,Owner,Tag 2"),
            [
                "name",
                "phone",
                "customFields.phone3",
                "customFields.phone2",
                "customFields.tag",
                "customFields.tag3",
                "customFields.tag4",
                "customFields.column8",
                "customFields.column9",
                "ownerId",
                "customFields.tag2",
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
        let header = "Nom,Name,Note,Remark,Secret,Email,Birth Date";
        assert_eq!(
            columns(header, &options).unwrap(),
            [
                "name",
                "customFields.name",
                "customFields.remark",
                "customFields.remark2",
                "-",
                "-",
                "customFields.birthDate"
            ]
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
            mapping(&[("Nom", Some("customFields.x")), ("Birth Date", Some("customFields.x"))]),
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
            ["customFields.id", "name", "customFields.createdAt", "customFields.metadata"]
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
