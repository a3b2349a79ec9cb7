//! Reads the cells of a row into the fields of a customer.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::formula;
use super::super::input::NewCustomer;
use super::super::model::{Customer, CustomerKind, CustomerStatus, ExternalRef};
use super::super::validate;
use super::columns::{Column, Columns, Target};
use super::dates;
use super::headers::Field;
use super::options::{ImportMode, ImportOptions, MatchBy};
use super::owners::{Owner, Owners};
use super::records::{self, Record};
use super::report::ImportFault;
use super::source::Source;
use crate::base::error::{Violation, Violations};
use crate::base::ids::{CustomerId, UserId};
use crate::base::json::exact_numbers;
use crate::base::text::fold;
use crate::base::{places, text, validation};
use crate::companies::CompanySettings;
use crate::tags::{MAX_TAGS, stored_name};

/// The maximum length of the value of a custom field, in bytes: no object could hold a longer one.
const MAX_CUSTOM_LENGTH: usize = 16 * 1024;

/// A non-empty row.
#[derive(Debug)]
pub(super) struct Row {
    pub number: u64,
    pub input: Result<Box<ParsedRow>, Vec<ImportFault>>,
    pub warnings: Vec<ImportFault>,
    /// What the file has, if it is kept.
    pub source: Option<Source>,
}

/// The parsed values of a row; an empty cell has none.
#[derive(Debug, Default)]
pub(super) struct ParsedRow {
    pub id: Option<CustomerId>,
    /// The fields, trimmed and validated one by one; custom fields and references only from our own export.
    pub part: NewCustomer,
    pub custom: Map<String, Value>,
    pub reference: Option<ExternalRef>,
    /// The names of all tags of the customer, if the row has tags.
    pub tags: Option<Vec<String>>,
    pub owner: Option<Owner>,
    /// The telephone number in international form, if rows are matched by it.
    pub phone_e164: Option<String>,
    /// The customer that the row creates if there is no match.
    pub fresh: Option<Result<Fresh, Vec<ImportFault>>>,
}

/// A customer made from a row, without id and times.
#[derive(Clone, Debug)]
pub(super) struct Fresh {
    pub customer: Customer,
    pub warnings: Vec<ImportFault>,
}

/// Reads rows; contains everything that is the same for all rows.
#[derive(Debug)]
pub(super) struct RowReader {
    pub options: Arc<ImportOptions>,
    pub settings: CompanySettings,
    pub owners: Owners,
    /// An empty customer.
    pub blank: Customer,
    /// Rows keep what the file has, and rows up to this number were imported before.
    pub resumes_after: Option<u64>,
}

impl RowReader {
    /// Parses a record; `None` if it is empty.
    pub fn read(&self, columns: &Columns, record: &Record<'_>) -> Option<Row> {
        if let Some(fault) = record.fault {
            return Some(faulty(of_record(record.row, fault)));
        }
        let has_content = |index: usize| !record.cell(index).trim().is_empty();
        if (columns.0.len()..record.len()).any(has_content) {
            return Some(faulty(of_record(record.row, records::Fault::Cells)));
        }
        let warnings = record.doubtful.map(|line| {
            let message = format!("a cell that begins in line {line} may contain another row");
            ImportFault::new(record.row, None, "quote_doubtful", message)
        });
        let warnings = warnings.into_iter().collect();
        let mut cells = Cells { reader: self, columns, record, input: Box::default(), faults: vec![], warnings };
        let mut any = false;
        for (index, column) in columns.0.iter().enumerate() {
            if has_content(index) {
                any = true;
                cells.take(column, formula::unguarded(record.cell(index)));
            }
        }
        any.then(|| cells.finish())
    }
}

fn faulty(fault: ImportFault) -> Row {
    Row { number: fault.row, input: Err(vec![fault]), warnings: Vec::new(), source: None }
}

/// The error of a record without cells.
pub(super) fn of_record(row: u64, fault: records::Fault) -> ImportFault {
    let (code, message) = match fault {
        records::Fault::Bytes => ("too_long", "a row has at most 4 MiB".to_owned()),
        records::Fault::Cells => ("too_many_cells", "the row has more cells than the header".to_owned()),
        records::Fault::NotClosed { line } => (
            "quote_not_closed",
            format!("the quotation mark that opens in line {line} is not closed, or only by one of another row"),
        ),
        records::Fault::TextAfterQuote { line } => (
            "text_after_quote",
            format!("text follows a closing quotation mark in line {line}; within a cell, quotation marks are doubled"),
        ),
        records::Fault::InDoubt { line } => (
            "quote_not_closed",
            format!("the row may belong to the cell in line {line} whose quotation mark is not closed"),
        ),
    };
    ImportFault::new(row, None, code, message)
}

/// A row that is being read.
struct Cells<'r> {
    reader: &'r RowReader,
    columns: &'r Columns,
    record: &'r Record<'r>,
    input: Box<ParsedRow>,
    faults: Vec<ImportFault>,
    warnings: Vec<ImportFault>,
}

impl Cells<'_> {
    fn take(&mut self, column: &Column, cell: &str) {
        let input = match &column.target {
            Target::Nothing => return,
            Target::Field(field) => self.field(*field, column, cell),
            Target::Reference => {
                let system = self.reader.options.external_system.as_deref().unwrap_or_default();
                self.input.reference = Some(ExternalRef::new(system, cell.trim()));
                Ok(())
            }
            Target::Custom { key, is_date } => self.custom(key, *is_date, column, cell),
        };
        if let Err((code, message)) = input {
            self.faults.push(ImportFault::new(self.record.row, Some(&column.header), code, message));
        }
    }

    fn warn(&mut self, column: &Column, code: &str, message: &str) {
        self.warnings.push(ImportFault::new(self.record.row, Some(&column.header), code, message));
    }

    fn field(&mut self, field: Field, column: &Column, cell: &str) -> Result<(), Fault> {
        let part = &mut self.input.part;
        match field {
            Field::Id => self.input.id = Some(cell.trim().parse().map_err(|_| fault("id_invalid", "expected a UUID"))?),
            Field::Kind => part.kind = Some(kind(cell)?),
            Field::Status => part.status = Some(cell.parse::<CustomerStatus>().map_err(unknown_name)?),
            Field::IsArchived => part.is_archived = Some(flag(cell)?),
            Field::ExternalRefs => part.external_refs = Some(json(cell)?),
            Field::CustomFields => part.custom_fields = Some(json(cell)?),
            Field::Metadata => part.metadata = Some(json(cell)?),
            Field::Tags => self.input.tags = tags(cell)?,
            Field::Owner => self.input.owner = Some(self.reader.owners.find(cell)),
            _ => self.line(field, column, cell),
        }
        Ok(())
    }

    /// A text of one line. An address of several lines fills its first and second line; elsewhere a line break becomes
    /// a blank.
    fn line(&mut self, field: Field, column: &Column, cell: &str) {
        let mut lines: Vec<&str> =
            cell.split(['\r', '\n', '\t']).map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.len() > 1 {
            self.warn(column, "line_breaks_removed", "the field has one line; the lines of the cell were joined");
        }
        let part = &mut self.input.part;
        if field == Field::Address && lines.len() > 1 {
            second_line(part, &lines.split_off(1));
        }
        if field == Field::AddressLine2 {
            return second_line(part, &lines);
        }
        if let Some(slot) = slot(part, field) {
            *slot = Some(lines.join(" "));
        }
    }

    fn custom(&mut self, key: &str, is_date: bool, column: &Column, cell: &str) -> Result<(), Fault> {
        if cell.len() > MAX_CUSTOM_LENGTH {
            return Err(fault("too_long", "at most 16 KiB"));
        }
        if !text::is_block(cell) {
            return Err(fault(validation::CONTROL.0, validation::CONTROL.1));
        }
        let mut value = cell.to_owned();
        if let (true, Some(order)) = (is_date, self.reader.options.date_order) {
            match dates::iso(cell, order) {
                Some(date) => value = date,
                None => {
                    let message = format!("not a date in the order {order}; stored as typed");
                    self.warn(column, "date_invalid", &message);
                }
            }
        }
        self.input.custom.insert(key.to_owned(), Value::String(value));
        Ok(())
    }

    /// Two cells have different values for the same custom field.
    fn check_custom(&mut self) {
        let Some(members) = &self.input.part.custom_fields else {
            return;
        };
        for column in &self.columns.0 {
            if let Target::Custom { key, .. } = &column.target
                && let (Some(one), Some(other)) = (members.get(key), self.input.custom.get(key))
                && one != other
            {
                let message = format!("customFields has another value for {key}; use mapping for this column");
                self.faults.push(ImportFault::new(self.record.row, Some(&column.header), "duplicate", message));
            }
        }
    }

    fn finish(mut self) -> Row {
        let number = self.record.row;
        self.check_custom();
        if let Some(reference) = self.input.reference.take() {
            let alone = NewCustomer { external_refs: Some(vec![reference]), ..NewCustomer::default() };
            if let Some(alone) = self.validated(alone) {
                self.input.reference = alone.external_refs.and_then(|mut refs| refs.pop());
            }
        }
        let part = std::mem::take(&mut self.input.part);
        self.input.part = self.validated(part).unwrap_or_default();
        if !self.faults.is_empty() {
            return Row { number, input: Err(self.faults), warnings: self.warnings, source: None };
        }
        let RowReader { options, settings, .. } = self.reader;
        if options.matches() && options.match_by == MatchBy::Phone {
            let country = self.input.part.country.as_deref().and_then(places::country_code);
            let phone = self.input.part.phone.as_deref();
            self.input.phone_e164 =
                phone.and_then(|phone| validate::international(phone, country.as_deref(), settings));
        }
        if options.mode != ImportMode::Update {
            self.input.fresh = Some(self.fresh());
        }
        Row { number, input: Ok(self.input), warnings: self.warnings, source: None }
    }

    fn validated(&mut self, part: NewCustomer) -> Option<NewCustomer> {
        let (number, columns) = (self.record.row, self.columns);
        let validated = part.checked_part();
        validated.map_err(|violations| self.faults.extend(of_violations(number, &violations, columns))).ok()
    }

    fn fresh(&self) -> Result<Fresh, Vec<ImportFault>> {
        let number = self.record.row;
        let RowReader { options, settings, blank, .. } = self.reader;
        let mut warnings = Vec::new();
        let mut new = self.input.part.clone();
        new.kind = Some(new.kind.or(options.default_kind).unwrap_or_else(|| likely_kind(&new)));
        name_organization(&mut new, None);
        if new.name.is_none() && validate::name_of_parts(&new).is_none() && new.email.is_some() {
            new.name.clone_from(&new.email);
            let message = "the row has no name; the e-mail address is used instead";
            warnings.push(ImportFault::new(number, None, "name_missing", message));
        }
        new.external_refs = joined(new.external_refs, self.input.reference.as_ref());
        new.custom_fields.get_or_insert_default().extend(self.input.custom.clone());
        let owner = self.input.owner.as_ref();
        warnings.extend(owner.and_then(|owner| give(owner, &mut new, None, number, self.columns)));
        let validated = new.validated().map_err(|violations| of_violations(number, &violations, self.columns))?;
        let mut customer = blank.clone();
        validated.write(&mut customer, settings);
        if let Some(owner) = owner {
            owner.name(&mut customer);
        }
        Ok(Fresh { customer, warnings })
    }
}

/// Assigns a customer to an owner; a warning if there is no such user.
pub(super) fn give(
    owner: &Owner,
    new: &mut NewCustomer,
    current: Option<UserId>,
    row: u64,
    columns: &Columns,
) -> Option<ImportFault> {
    if owner.give(new, current) {
        return None;
    }
    let message = "the company has no such active user; stored in customFields.owner";
    Some(ImportFault::new(row, columns.header(&Target::Field(Field::Owner)), "owner_unknown", message))
}

/// A row with an organization name and no person's name describes the organization.
fn likely_kind(new: &NewCustomer) -> CustomerKind {
    let no_person = new.name.is_none() && new.first_name.is_none() && new.last_name.is_none();
    if no_person && new.organization_name.is_some() { CustomerKind::Organization } else { CustomerKind::Person }
}

/// For an organization, the cell with the organization name is the customer's name. `current` is its kind so far.
pub(super) fn name_organization(part: &mut NewCustomer, current: Option<CustomerKind>) {
    if part.kind.or(current) == Some(CustomerKind::Organization) && part.name.is_none() {
        part.name = part.organization_name.take();
    }
}

/// Adds a reference, unless it is there already.
pub(super) fn joined(refs: Option<Vec<ExternalRef>>, one_more: Option<&ExternalRef>) -> Option<Vec<ExternalRef>> {
    let Some(one_more) = one_more else {
        return refs;
    };
    let mut refs = refs.unwrap_or_default();
    if !refs.contains(one_more) {
        refs.push(one_more.clone());
        refs.sort();
    }
    Some(refs)
}

/// The violations of rules, at the columns of the fields.
pub(super) fn of_violations(row: u64, violations: &Violations, columns: &Columns) -> Vec<ImportFault> {
    let fault = |violation: &Violation| {
        let field = violation.pointer.split('/').nth(1).and_then(Field::named);
        let header = field.and_then(|field| columns.header_of(field));
        ImportFault::new(row, header, &violation.code, violation.detail.clone())
    };
    violations.0.iter().map(fault).collect()
}

type Fault = (&'static str, String);

fn fault(code: &'static str, message: impl Into<String>) -> Fault {
    (code, message.into())
}

fn unknown_name(error: crate::base::string_enum::UnknownName) -> Fault {
    fault("unknown_name", error.to_string())
}

/// Person or organization, also in the words of other systems.
fn kind(cell: &str) -> Result<CustomerKind, Fault> {
    match cell.trim().to_lowercase().as_str() {
        "individual" | "contact" => Ok(CustomerKind::Person),
        "organisation" | "company" | "business" | "account" => Ok(CustomerKind::Organization),
        _ => cell.parse().map_err(unknown_name),
    }
}

fn flag(cell: &str) -> Result<bool, Fault> {
    match cell.trim().to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "x" => Ok(true),
        "false" | "no" | "n" | "0" => Ok(false),
        _ => Err(fault("boolean_invalid", "expected true or false")),
    }
}

fn json<T: serde::de::DeserializeOwned>(cell: &str) -> Result<T, Fault> {
    // The parser's own message could contain the value of the cell.
    let value =
        serde_json::from_str(cell).map_err(|_| fault("json_invalid", "expected JSON as an export writes it"))?;
    match exact_numbers(cell).map_err(|mut inexact| inexact.0.pop()) {
        Err(Some(inexact)) => Err(fault("number_inexact", inexact.detail)),
        _ => Ok(value),
    }
}

/// The names of tags, as the export writes them: they contain no comma or semicolon.
fn tags(cell: &str) -> Result<Option<Vec<String>>, Fault> {
    let mut names: Vec<String> = Vec::new();
    for name in cell.split([';', ',']).filter(|name| !name.trim().is_empty()) {
        let name = stored_name(name).map_err(|(code, message)| fault(code, message))?;
        if !names.iter().any(|other| fold(other) == fold(&name)) {
            names.push(name);
        }
    }
    if names.len() > MAX_TAGS {
        return Err(fault("too_many", format!("a customer has at most {MAX_TAGS} tags")));
    }
    Ok(Some(names).filter(|names| !names.is_empty()))
}

/// The second address line may come from the column of the first and from its own.
fn second_line(part: &mut NewCustomer, lines: &[&str]) {
    let before = part.address_line2.take();
    part.address_line2 =
        Some(before.as_deref().into_iter().chain(lines.iter().copied()).collect::<Vec<_>>().join(", "));
}

fn slot(part: &mut NewCustomer, field: Field) -> Option<&mut Option<String>> {
    Some(match field {
        Field::Name => &mut part.name,
        Field::FirstName => &mut part.first_name,
        Field::LastName => &mut part.last_name,
        Field::Email => &mut part.email,
        Field::Phone => &mut part.phone,
        Field::OrganizationName => &mut part.organization_name,
        Field::JobTitle => &mut part.job_title,
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
        | Field::Status
        | Field::Owner
        | Field::ExternalRefs
        | Field::Tags
        | Field::CustomFields
        | Field::Metadata
        | Field::IsArchived => return None,
    })
}
