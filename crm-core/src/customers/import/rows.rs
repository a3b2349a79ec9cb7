//! Rows, and the customers that they make.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};

use super::super::input::NewCustomer;
use super::super::model::{Customer, CustomerKind, ExternalRef};
use super::super::repo::field_check;
use super::super::validate;
use super::cells::Cells;
use super::columns::Columns;
use super::further::Further;
use super::headers::Field;
use super::lead_fields::LeadField;
use super::options::{ImportOptions, MatchBy};
use super::owners::{Owner, Owners};
use super::record::{Fault, Notice, Record};
use super::report::ImportFault;
use super::source::Source;
use crate::base::custom_field::Demanded;
use crate::base::error::{Violation, Violations};
use crate::base::ids::{CustomerId, UserId};
use crate::leads::NewLead;
use crate::scope::company::Company;

/// A non-empty row.
#[derive(Debug)]
pub(super) struct Row {
    pub number: u64,
    pub input: Input,
    pub warnings: Vec<ImportFault>,
    /// What the file has, if it is kept.
    pub source: Option<Source>,
}

/// What a row is.
#[derive(Debug)]
pub(super) enum Input {
    Parsed(Box<ParsedRow>),
    Faulty(Vec<ImportFault>),
    /// It is not to be imported; its warning says why.
    Skipped,
}

impl Row {
    /// The values, if it is imported.
    pub fn parsed(&self) -> Option<&ParsedRow> {
        match &self.input {
            Input::Parsed(input) => Some(input),
            Input::Faulty(_) | Input::Skipped => None,
        }
    }
}

/// The parsed values of a row; an empty cell has none.
#[derive(Debug, Default)]
pub(super) struct ParsedRow {
    pub id: Option<CustomerId>,
    /// The fields, trimmed and validated one by one; custom fields and references only from our own export.
    pub part: NewCustomer,
    pub custom: Map<String, Value>,
    pub reference: Option<ExternalRef>,
    /// The names of tags: of all that the customer has in our own export, otherwise of some.
    pub tags: Option<Vec<String>>,
    /// Texts of shared notes.
    pub notes: Vec<String>,
    /// Contact points beside the main ones.
    pub further: Further,
    pub owner: Option<Owner>,
    /// The telephone number in international form, if the row is matched by it.
    pub phone_e164: Option<String>,
    /// The customer that the row creates if there is no match.
    pub fresh: Option<Result<Fresh, Vec<ImportFault>>>,
    /// What the row says of a lead.
    pub lead: Option<Box<LeadRow>>,
}

/// What the row of a lead has beside what customers have.
#[derive(Debug, Default)]
pub(super) struct LeadRow {
    /// The fields that only leads have.
    pub own: NewLead,
    /// What a new lead is made of if there is no match, with its warnings.
    pub fresh: Option<(NewCustomer, Vec<ImportFault>)>,
}

impl ParsedRow {
    /// Whether the row has a value of the field by which rows are matched.
    pub fn has_key(&self, options: &ImportOptions) -> bool {
        match options.match_by {
            MatchBy::Id => self.id.is_some(),
            MatchBy::Email => self.part.email.is_some(),
            MatchBy::Phone => self.phone_e164.is_some(),
            MatchBy::ExternalRef => self.own_reference(options).is_some(),
        }
    }

    /// The custom fields, of columns of their own and of our own export.
    pub fn custom_objects(&self) -> impl Iterator<Item = &Map<String, Value>> {
        std::iter::once(&self.custom).chain(&self.part.custom_fields)
    }

    /// The name of what the row makes if it matches nothing.
    pub fn fresh_name(&self) -> Option<String> {
        let customer = self.fresh.as_ref().and_then(|fresh| fresh.as_ref().ok()).map(|fresh| &fresh.customer.name);
        let lead = self.lead.as_ref().and_then(|lead| lead.fresh.as_ref()).map(|(new, _)| new);
        customer.cloned().or_else(|| lead.and_then(|new| new.name.clone().or_else(|| validate::name_of_parts(new))))
    }

    /// All e-mail addresses of the row.
    pub fn emails(&self) -> impl Iterator<Item = &str> {
        let lists = self.part.emails.iter().flatten().chain(&self.further.emails);
        self.part.email.as_deref().into_iter().chain(lists.map(|email| email.address.as_str()))
    }

    /// The id in the system of the file.
    pub fn own_reference(&self, options: &ImportOptions) -> Option<&ExternalRef> {
        let system = options.external_system.as_deref();
        let own = || self.part.external_refs.iter().flatten().find(|own| Some(own.system.as_str()) == system);
        self.reference.as_ref().or_else(own)
    }
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
    pub company: Arc<Company>,
    pub owners: Owners,
    /// An empty customer.
    pub blank: Customer,
    /// The actor may add notes.
    pub may_note: bool,
    /// Rows keep what the file has, and rows up to this number were imported before.
    pub resumes_after: Option<u64>,
    /// The columns about which something was told that is told once.
    pub told: Mutex<HashSet<String>>,
}

impl RowReader {
    /// Parses a record; `None` if it is empty.
    pub fn read(&self, columns: &Columns, record: &Record<'_>) -> Option<Row> {
        if let Some(fault) = record.fault {
            return Some(faulty(of_record(record.row, fault)));
        }
        let has_content = |index: usize| !record.cell(index).trim().is_empty();
        if (columns.list.len()..record.len()).any(has_content) {
            return Some(faulty(of_record(record.row, Fault::Cells)));
        }
        let warnings = record.notice.map(|notice| of_notice(record.row, notice));
        Cells::new(self, columns, record, warnings.into_iter().collect()).read()
    }

    /// The customer that a row makes.
    pub fn fresh(&self, number: u64, input: &ParsedRow, columns: &Columns) -> Result<Fresh, Vec<ImportFault>> {
        let Self { company, blank, .. } = self;
        let settings = &company.settings;
        let (new, warnings) = self.draft(number, input, columns);
        let check = field_check(company, None, Demanded::All);
        let validated = new
            .validated(None, settings, Some(&check))
            .map_err(|violations| of_violations(number, &violations, columns))?;
        let mut customer = blank.clone();
        validated.write(&mut customer, settings);
        if let Some(owner) = &input.owner {
            owner.name(&mut customer);
        }
        Ok(Fresh { customer, warnings })
    }

    /// What a row makes that matches nothing, before it is checked.
    pub fn draft(&self, number: u64, input: &ParsedRow, columns: &Columns) -> (NewCustomer, Vec<ImportFault>) {
        let Self { options, company, .. } = self;
        let mut warnings = Vec::new();
        let mut new = input.part.clone();
        new.kind = Some(new.kind.or(options.default_kind).unwrap_or_else(|| likely_kind(&new)));
        name_organization(&mut new, None);
        if new.name.is_none() && validate::name_of_parts(&new).is_none() && new.email.is_some() {
            new.name.clone_from(&new.email);
            let message = "the row has no name; the e-mail address is used instead";
            warnings.push(ImportFault::new(number, None, "name_missing", message));
        }
        new.external_refs = joined(new.external_refs, input.reference.as_ref());
        new.custom_fields.get_or_insert_default().extend(input.custom.clone());
        input.further.add_to(&mut new, None, &company.settings);
        let owner = input.owner.as_ref();
        warnings.extend(owner.and_then(|owner| give(owner, &mut new, None, number, columns)));
        (new, warnings)
    }
}

fn faulty(fault: ImportFault) -> Row {
    Row { number: fault.row, input: Input::Faulty(vec![fault]), warnings: Vec::new(), source: None }
}

/// The error of a record without cells.
pub(super) fn of_record(row: u64, fault: Fault) -> ImportFault {
    let (code, message) = match fault {
        Fault::Bytes => ("too_long", "a row has at most 4 MiB".to_owned()),
        Fault::Cells => ("too_many_cells", "the row has more cells than the header".to_owned()),
        Fault::NotClosed { line } => (
            "quote_not_closed",
            format!("the quotation mark that opens in line {line} is not closed, or only by one of another row"),
        ),
        Fault::TextAfterQuote { line } => (
            "text_after_quote",
            format!("text follows a closing quotation mark in line {line}; within a cell, quotation marks are doubled"),
        ),
        Fault::InDoubt { line } => (
            "quote_not_closed",
            format!("the row may belong to the cell in line {line} whose quotation mark is not closed"),
        ),
        Fault::CardNotEnded => ("card_not_ended", "the card has no END:VCARD, so it may be cut off".to_owned()),
        Fault::NoObject => ("json_invalid", "not a JSON object".to_owned()),
    };
    ImportFault::new(row, None, code, message)
}

fn of_notice(row: u64, notice: Notice) -> ImportFault {
    let (code, message) = match notice {
        Notice::Doubtful { line } => {
            ("quote_doubtful", format!("a cell that begins in line {line} may contain another row"))
        }
        Notice::MediaLeftOut => ("media_left_out", "pictures, sounds and keys are not imported".to_owned()),
    };
    ImportFault::new(row, None, code, message)
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
    Some(ImportFault::new(row, columns.header_of(Field::Owner), "owner_unknown", message))
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
        let mut names = violation.pointer.split('/').skip(1);
        let field = names.next().and_then(Field::named);
        let custom = names.next().filter(|_| field == Some(Field::CustomFields));
        let header = custom.and_then(|key| columns.header_of_custom(key));
        let header = header.or_else(|| field.and_then(|field| columns.header_of(field)));
        let lead_field = LeadField::at(&violation.pointer);
        let header = header.or_else(|| lead_field.and_then(|field| columns.header_of_lead(field)));
        ImportFault::new(row, header, &violation.code, violation.detail.clone())
    };
    violations.0.iter().map(fault).collect()
}
