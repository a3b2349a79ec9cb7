//! Reads the cells of a row.

mod contacts;
mod leads;

use serde_json::Value;

use super::super::input::NewCustomer;
use super::super::model::{CustomerKind, CustomerStatus, ExternalRef};
use super::super::validate;
use super::columns::{Column, Columns, Target};
use super::headers::Field;
use super::meaning::{Place, PlaceKind, Point};
use super::options::{ImportMode, MatchBy, OptedOut};
use super::points::{Found, FoundPart, Points};
use super::record::Record;
use super::report::ImportFault;
use super::rows::{Input, ParsedRow, Row, RowReader, of_violations};
use super::values::{self, is_nothing};
use super::{dates, fields};
use crate::base::custom_field::FieldRules;
use crate::base::places;
use crate::base::{text, validation};
use crate::custom_fields::{CustomFieldEntity, CustomFieldType};
use crate::notes::MAX_NOTE;

/// The maximum length of the value of a custom field, in bytes: no object could hold a longer one.
const MAX_CUSTOM_LENGTH: usize = 16 * 1024;
/// The maximum length of a description, in characters. A longer one is a note.
const MAX_DESCRIPTION: usize = 2_000;

/// An error or a warning: its code and message.
pub(super) type Fault = (&'static str, String);

pub(super) fn fault(code: &'static str, message: impl Into<String>) -> Fault {
    (code, message.into())
}

/// A row that is being read.
pub(super) struct Cells<'r> {
    reader: &'r RowReader,
    columns: &'r Columns,
    record: &'r Record<'r>,
    input: Box<ParsedRow>,
    faults: Vec<ImportFault>,
    warnings: Vec<ImportFault>,
    points: Points,
    birth: [Option<String>; 3],
    /// The row is not imported, although nothing is wrong with it.
    is_skipped: bool,
}

impl<'r> Cells<'r> {
    pub fn new(
        reader: &'r RowReader,
        columns: &'r Columns,
        record: &'r Record<'r>,
        warnings: Vec<ImportFault>,
    ) -> Self {
        Self {
            reader,
            columns,
            record,
            input: Box::default(),
            faults: Vec::new(),
            warnings,
            points: Points::default(),
            birth: [const { None }; 3],
            is_skipped: false,
        }
    }

    /// Reads all cells; `None` if the row is empty.
    pub fn read(mut self) -> Option<Row> {
        let mut any = false;
        for (index, column) in self.columns.list.iter().enumerate() {
            if self.record.cell(index).trim().is_empty() {
                continue;
            }
            any = true;
            let cell = self.record.value(index);
            // `Null` is a name, and our own export has no placeholders.
            let is_name = cell == "Null" && matches!(column.target, Target::Field(Field::Name | Field::LastName));
            if self.columns.is_own || is_name || !is_nothing(cell) {
                self.take(index, column, cell);
            }
        }
        any.then(|| self.finish())
    }

    fn take(&mut self, index: usize, column: &Column, cell: &str) {
        let input = match &column.target {
            Target::Nothing => return,
            Target::Field(field) => self.field(*field, column, cell),
            Target::Lead(field) => self.lead_field(*field, column, cell),
            Target::Email { place, .. } => {
                self.found(Point::Email, *place, index, self.entries(cell, values::emails));
                Ok(())
            }
            Target::Phone { place, .. } => {
                self.found(Point::Phone, *place, index, self.entries(cell, values::phones));
                Ok(())
            }
            Target::Address { part, block, .. } => {
                self.points.add_part(*block, FoundPart { part: *part, value: cell.to_owned(), column: index });
                Ok(())
            }
            Target::Label(point, place) => {
                if let Some((label, is_starred)) = values::label(cell) {
                    // A label of one's own is kept as well.
                    if PlaceKind::of_label(&label).is_none() {
                        self.keep_text(index, &label);
                    }
                    self.points.label(*point, *place, (label, is_starred));
                }
                Ok(())
            }
            Target::CallingCode(place) => {
                self.points.calling_code(*place, cell);
                Ok(())
            }
            Target::IsOrganization => self.is_organization(column, cell),
            Target::Deleted => {
                self.deleted(column, cell);
                Ok(())
            }
            Target::OptedOut => self.opted_out(column, cell, values::flag(cell) != Some(false)),
            Target::Subscription => self.opted_out(column, cell, fields::says_opted_out(cell)),
            Target::BirthPart(part) => {
                self.birth[*part as usize] = Some(cell.trim().to_owned());
                Ok(())
            }
            Target::Reference => {
                let system = self.reader.options.external_system.as_deref().unwrap_or_default();
                self.input.reference = Some(ExternalRef::new(system, cell.trim()));
                Ok(())
            }
            Target::Custom { is_date } => self.custom(*is_date, column, cell),
        };
        if let Err((code, message)) = input {
            self.faults.push(ImportFault::new(self.record.row, Some(&column.header), code, message));
        }
    }

    fn warn(&mut self, column: &Column, code: &str, message: &str) {
        self.warnings.push(ImportFault::new(self.record.row, Some(&column.header), code, message));
    }

    /// The values of a cell; our own export writes one, as it is stored.
    fn entries(&self, cell: &str, read: fn(&str) -> Vec<values::Entry>) -> Vec<values::Entry> {
        if self.columns.is_own { vec![values::Entry::plain(cell)] } else { read(cell) }
    }

    fn found(&mut self, point: Point, place: Place, column: usize, entries: Vec<values::Entry>) {
        for (position, values::Entry { value, label }) in entries.into_iter().enumerate() {
            self.points.add(point, Found { place, value, label, column, is_further: position > 0 });
        }
    }

    fn field(&mut self, field: Field, column: &Column, cell: &str) -> Result<(), Fault> {
        let order = self.reader.options.date_order;
        let part = &mut self.input.part;
        match field {
            Field::Id => self.input.id = Some(cell.trim().parse().map_err(|_| fault("id_invalid", "expected a UUID"))?),
            Field::IsArchived => part.is_archived = Some(fields::flag(cell)?),
            Field::Emails => part.emails = Some(fields::json(cell)?),
            Field::Phones => part.phones = Some(fields::json(cell)?),
            Field::Addresses => part.addresses = Some(fields::json(cell)?),
            Field::ExternalRefs => part.external_refs = Some(fields::json(cell)?),
            Field::CustomFields => part.custom_fields = Some(fields::json(cell)?),
            Field::Metadata => part.metadata = Some(fields::json(cell)?),
            Field::Tags => return self.tags(column, cell),
            Field::Notes => return self.note(column, cell),
            Field::Description if cell.chars().count() > MAX_DESCRIPTION && !self.columns.is_own => {
                return self.note(column, cell);
            }
            Field::Description => part.description = Some(cell.to_owned()),
            Field::Owner => self.input.owner = Some(self.reader.owners.find(cell)),
            Field::Kind => {
                let kind = fields::kind(cell);
                return self.or_kept(column, cell, kind, |input, kind| input.part.kind = Some(kind));
            }
            Field::Status => {
                let status = cell.parse::<CustomerStatus>().map_err(fields::unknown_name);
                return self.or_kept(column, cell, status, |input, status| input.part.status = Some(status));
            }
            Field::LifecycleStage => {
                let stage = fields::stage(cell);
                return self.or_kept(column, cell, stage, |input, stage| input.part.lifecycle_stage = Some(stage));
            }
            Field::EmployeeBand => {
                let band = fields::employees(cell);
                return self.or_kept(column, cell, band, |input, band| input.part.employee_band = Some(band));
            }
            Field::AnnualRevenue => {
                let money = fields::money(cell);
                return self.or_kept(column, cell, money, |input, money| input.part.annual_revenue = Some(money));
            }
            Field::Language => {
                let language = fields::language(cell);
                return self.or_kept(column, cell, language, |input, language| input.part.language = Some(language));
            }
            Field::TimeZone => {
                let zone = fields::zone(cell);
                return self.or_kept(column, cell, zone, |input, zone| input.part.time_zone = Some(zone));
            }
            Field::BirthDate => {
                let date = fields::birth_date(cell, order);
                return self.or_kept(column, cell, date, |input, date| input.part.birth_date = Some(date));
            }
            Field::SourceCreatedAt => {
                let time = fields::moment(cell, order);
                return self.or_kept(column, cell, time, |input, time| input.part.source_created_at = Some(time));
            }
            _ => self.line(field, column, cell),
        }
        Ok(())
    }

    /// A value that the field does not take is kept among the custom fields, with a warning. Our own export has none.
    fn or_kept<T>(
        &mut self,
        column: &Column,
        cell: &str,
        value: Result<T, Fault>,
        set: impl FnOnce(&mut ParsedRow, T),
    ) -> Result<(), Fault> {
        match value {
            Ok(value) => set(&mut self.input, value),
            Err(fault) if self.columns.is_own => return Err(fault),
            Err((code, message)) => {
                let message = format!("{message}; kept in customFields.{}", column.key);
                self.warn(column, code, &message);
                self.custom(false, column, cell)?;
            }
        }
        Ok(())
    }

    fn is_organization(&mut self, column: &Column, cell: &str) -> Result<(), Fault> {
        let kind = |is_one| if is_one { CustomerKind::Organization } else { CustomerKind::Person };
        let flag = fields::flag(cell).map(kind);
        self.or_kept(column, cell, flag, |input, kind| input.part.kind = input.part.kind.or(Some(kind)))
    }

    fn deleted(&mut self, column: &Column, cell: &str) {
        if values::flag(cell) != Some(false) {
            self.is_skipped = true;
            self.warn(column, "row_deleted", "the other system has deleted it, so the row is not imported");
        }
    }

    fn opted_out(&mut self, column: &Column, cell: &str, is_opted_out: bool) -> Result<(), Fault> {
        // What a program notes beside the wish, such as its time, is kept.
        if !is_opted_out || values::flag(cell).is_none() {
            if values::flag(cell) != Some(false) {
                self.custom(false, column, cell)?;
            }
            if !is_opted_out {
                return Ok(());
            }
        }
        if self.reader.options.opted_out == OptedOut::Skip {
            self.is_skipped = true;
            self.warn(column, "opted_out", "the customer wants no e-mails, so the row is not imported");
        } else if !std::mem::replace(&mut self.input.further.is_opted_out, true) {
            self.warn(column, "opted_out", "the customer wants no e-mails; imported with the address opted out");
        }
        Ok(())
    }

    /// A note, or a custom field of users who may not add notes.
    fn note(&mut self, column: &Column, cell: &str) -> Result<(), Fault> {
        if !self.reader.may_note {
            return self.custom(false, column, cell);
        }
        for note in values::notes(cell) {
            let Ok(note) = text::block(&note) else { return Err(fault(validation::CONTROL.0, validation::CONTROL.1)) };
            if note.as_ref().is_some_and(|note| note.chars().count() > MAX_NOTE) {
                return Err(fault("too_long", format!("at most {MAX_NOTE} long")));
            }
            if let Some(note) = note.filter(|note| !self.input.notes.contains(note)) {
                self.input.notes.push(note);
            }
        }
        Ok(())
    }

    /// Names that no tag can have are kept, with a warning.
    fn tags(&mut self, column: &Column, cell: &str) -> Result<(), Fault> {
        if self.columns.is_own {
            let names = fields::tags(cell.split([';', ',']).map(str::to_owned))?;
            self.input.tags = Some(names).filter(|names| !names.is_empty());
            return Ok(());
        }
        let all = self.input.tags.take().unwrap_or_default();
        let names = fields::tags(all.iter().cloned().chain(values::tags(cell)));
        match names {
            Ok(names) => self.input.tags = Some(names).filter(|names| !names.is_empty()),
            Err((code, message)) => {
                self.input.tags = Some(all).filter(|names| !names.is_empty());
                let message = format!("{message}; kept in customFields.{}", column.key);
                self.warn(column, code, &message);
                self.custom(false, column, cell)?;
            }
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
            fields::second_line(part, &lines.split_off(1));
        }
        if field == Field::AddressLine2 {
            return fields::second_line(part, &lines);
        }
        if let Some(slot) = fields::slot(part, field) {
            *slot = Some(lines.join(" "));
        }
    }

    fn custom(&mut self, is_date: bool, column: &Column, cell: &str) -> Result<(), Fault> {
        if cell.len() > MAX_CUSTOM_LENGTH {
            return Err(fault("too_long", "at most 16 KiB"));
        }
        if !text::is_block(cell) {
            return Err(fault(validation::CONTROL.0, validation::CONTROL.1));
        }
        let key = &column.key;
        if let Some(rules) = self.reader.company.fields.get(CustomFieldEntity::Customer, key) {
            if let Some(value) = self.defined(rules, cell)? {
                self.input.custom.insert(key.clone(), value);
            }
            return Ok(());
        }
        let mut value = cell.to_owned();
        if let Some(order) = self.reader.options.date_order {
            match dates::iso(cell, order) {
                Some(date) if is_date => value = date,
                None if is_date => {
                    let message = format!("not a date in the order {order}; stored as typed");
                    self.warn(column, "date_invalid", &message);
                }
                Some(_) => self.date_ignored(column),
                None => {}
            }
        }
        self.input.custom.insert(column.key.clone(), Value::String(value));
        Ok(())
    }

    /// The value of a custom field with a definition.
    fn defined(&self, rules: &FieldRules, cell: &str) -> Result<Option<Value>, Fault> {
        let RowReader { options, owners, .. } = self.reader;
        let read = match (rules.field_type, options.date_order) {
            (CustomFieldType::Date, Some(order)) => dates::iso(cell, order),
            (CustomFieldType::User, _) => owners.find(cell).id(None).map(|id| id.to_string()),
            _ => None,
        };
        rules.stored_cell(read.as_deref().unwrap_or(cell))
    }

    /// Told once for each column.
    fn date_ignored(&mut self, column: &Column) {
        let is_new = self.reader.told.lock().is_ok_and(|mut told| told.insert(column.key.clone()));
        if is_new {
            let message = "the column has dates, but its header does not say so; stored as typed";
            self.warn(column, "date_ignored", message);
        }
    }

    /// Two cells have different values for the same custom field.
    fn check_custom(&mut self) {
        let Some(members) = &self.input.part.custom_fields else {
            return;
        };
        for column in &self.columns.list {
            let key = &column.key;
            if let (Target::Custom { .. }, Some(one), Some(other)) =
                (&column.target, members.get(key), self.input.custom.get(key))
                && one != other
            {
                let message = format!("customFields has another value for {key}; use mapping for this column");
                self.faults.push(ImportFault::new(self.record.row, Some(&column.header), "duplicate", message));
            }
        }
    }

    /// The parts of a birthday in columns of their own. Without a year it is kept as it stands.
    fn birth_parts(&mut self) {
        let [year, month, day] = std::mem::take(&mut self.birth);
        let parts: Vec<String> = [year, month, day].into_iter().flatten().collect();
        if parts.is_empty() {
            return;
        }
        let text = parts.join("-");
        match (parts.len() == 3).then(|| dates::day(&text, None)).flatten() {
            Some(date) => self.input.part.birth_date = Some(date),
            None => _ = self.input.custom.insert("birthday".to_owned(), Value::String(text)),
        }
    }

    fn finish(mut self) -> Row {
        let number = self.record.row;
        if self.is_skipped {
            return Row { number, input: Input::Skipped, warnings: self.warnings, source: None };
        }
        self.emails();
        self.phones();
        self.addresses();
        self.birth_parts();
        if self.input.further.is_opted_out && self.input.part.email.is_none() {
            self.input.custom.insert("emailOptedOut".to_owned(), Value::Bool(true));
        }
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
            return Row { number, input: Input::Faulty(self.faults), warnings: self.warnings, source: None };
        }
        let RowReader { options, company, .. } = self.reader;
        if options.matches() && (options.match_by == MatchBy::Phone || !self.input.has_key(options)) {
            let country = self.input.part.country.as_deref().and_then(places::country_code);
            let phone = self.input.part.phone.as_deref();
            self.input.phone_e164 =
                phone.and_then(|phone| validate::international(phone, country.as_deref(), &company.settings));
        }
        if options.is_of_leads() {
            let fresh =
                (options.mode != ImportMode::Update).then(|| self.reader.draft(number, &self.input, self.columns));
            self.input.lead.get_or_insert_default().fresh = fresh;
        } else if options.mode != ImportMode::Update {
            self.input.fresh = Some(self.reader.fresh(number, &self.input, self.columns));
        }
        Row { number, input: Input::Parsed(self.input), warnings: self.warnings, source: None }
    }

    fn validated(&mut self, part: NewCustomer) -> Option<NewCustomer> {
        let (number, columns) = (self.record.row, self.columns);
        let validated = part.checked_part();
        validated.map_err(|violations| self.faults.extend(of_violations(number, &violations, columns))).ok()
    }
}
