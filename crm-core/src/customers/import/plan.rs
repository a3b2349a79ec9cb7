//! Plans the writes of all rows of a batch before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::super::contact_points::CustomerEmail;
use super::super::input::NewCustomer;
use super::super::links;
use super::super::model::Customer;
use super::super::repo::field_check;
use super::columns::Columns;
use super::headers::Field;
use super::known::{Key, Known, Lookup, emails};
use super::options::{ImportMode, ImportOptions, MatchBy};
use super::overlay::overlaid;
use super::report::{ImportFault, Outcome};
use super::rows::{self, Input, ParsedRow, Row};
use super::trace::RowTexts;
use crate::base::custom_field::Demanded;
use crate::base::error::{Conflict, Result};
use crate::base::ids::{CustomerId, UserId};
use crate::base::text::fold;
use crate::companies::DuplicatePolicy;
use crate::custom_fields::{CustomFieldEntity, References};
use crate::scope::actor::{Action, Actor, ActorRef, Resource};
use crate::scope::company::Company;
use crate::scope::{CompanyScope, Crm, Envelope};
use crate::tags::{CustomerTag, MAX_TAGS};

/// The number of rows planned before the task yields.
const ROWS_AT_ONCE: usize = 50;

/// A planned write.
#[derive(Debug)]
pub(super) enum Step {
    Create(Box<Customer>),
    Update { before: Box<Customer>, after: Box<Customer> },
}

impl Step {
    /// The customer, if it is new.
    pub fn created(&self) -> Option<&Customer> {
        match self {
            Self::Create(customer) => Some(customer),
            Self::Update { .. } => None,
        }
    }

    /// The same, to be completed.
    pub fn created_mut(&mut self) -> Option<&mut Customer> {
        match self {
            Self::Create(customer) => Some(customer),
            Self::Update { .. } => None,
        }
    }

    /// The customer that it writes.
    pub const fn customer(&self) -> CustomerId {
        match self {
            Self::Create(customer) | Self::Update { after: customer, .. } => customer.id,
        }
    }
}

/// The plan of a batch.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Tags to create.
    pub new_tags: Vec<CustomerTag>,
    pub steps: Vec<Step>,
    /// Notes to add, after all steps.
    pub notes: Vec<(CustomerId, String)>,
    /// In the order of the rows, with their warnings.
    pub outcomes: Vec<(Outcome, Vec<ImportFault>)>,
}

/// The plan of a valid row.
struct Planned {
    outcome: Outcome,
    step: Option<Step>,
    warnings: Vec<ImportFault>,
}

/// Reads what the rows of a batch refer to, and plans the writes.
pub(super) async fn plan(
    scope: &CompanyScope<'_>,
    options: &ImportOptions,
    columns: &Columns,
    rows: &[Row],
    known: &mut Known,
) -> Result<Plan> {
    let company = scope.company().await?;
    let unique_emails = company.settings.duplicate_policy == DuplicatePolicy::Reject;
    known.load(scope, rows, Lookup { options, unique_emails }).await?;
    let (crm, actor, now) = (&scope.crm, scope.actor(), scope.crm.now());
    let objects = rows.iter().filter_map(Row::parsed).flat_map(ParsedRow::custom_objects);
    let references = References::known(scope, &company.fields, objects).await?;
    let (company, new_tags, notes) = (&*company, Vec::new(), Vec::new());
    let mut planner =
        Planner { crm, actor, company, references, unique_emails, options, columns, known, now, new_tags, notes };
    let mut plan = Plan::default();
    for (index, row) in rows.iter().enumerate() {
        // In a host's transaction this is the host's thread.
        if index % ROWS_AT_ONCE == ROWS_AT_ONCE - 1 {
            tokio::task::yield_now().await;
        }
        let planned = match &row.input {
            Input::Parsed(input) => planner.row(row.number, input),
            Input::Faulty(faults) => Err(faults.clone()),
            Input::Skipped => Ok(Planned { outcome: Outcome::Skipped, step: None, warnings: Vec::new() }),
        };
        match planned {
            Ok(Planned { outcome, step, warnings }) => {
                plan.steps.extend(step);
                plan.outcomes.push((outcome, [row.warnings.as_slice(), &warnings].concat()));
            }
            Err(faults) => plan.outcomes.push((Outcome::Failed(faults), Vec::new())),
        }
        // The rows of a batch keep their order in lists.
        planner.now += TimeDelta::microseconds(1);
    }
    Ok(Plan { new_tags: planner.new_tags, notes: planner.notes, ..plan })
}

/// Plans rows against the known customers and the rows before them.
struct Planner<'p> {
    crm: &'p Crm,
    actor: &'p Actor,
    company: &'p Company,
    /// The users and customers that custom fields name.
    references: References,
    unique_emails: bool,
    options: &'p ImportOptions,
    columns: &'p Columns,
    known: &'p mut Known,
    now: DateTime<Utc>,
    new_tags: Vec<CustomerTag>,
    notes: Vec<(CustomerId, String)>,
}

impl Planner<'_> {
    fn row(&mut self, number: u64, input: &ParsedRow) -> Result<Planned, Vec<ImportFault>> {
        self.check_references(number, input)?;
        match self.target(number, input)? {
            Some(id) => self.update(number, input, id),
            None => self.create(number, input),
        }
    }

    /// Refuses users and customers that are not there.
    fn check_references(&self, row: u64, input: &ParsedRow) -> Result<(), Vec<ImportFault>> {
        let fault = |(key, value): (&String, &Value)| {
            let rules = self.company.fields.get(CustomFieldEntity::Customer, key)?;
            let (code, message) = self.references.fault(rules, value)?;
            Some(ImportFault::new(row, self.columns.header_of_custom(key), code, message))
        };
        let faults: Vec<_> = input.custom_objects().flatten().filter_map(fault).collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn fault(&self, row: u64, field: Option<Field>, code: &str, message: &str) -> Vec<ImportFault> {
        vec![ImportFault::new(row, field.and_then(|field| self.columns.header_of(field)), code, message)]
    }

    fn conflict(&self, row: u64, field: Field, conflict: Conflict) -> Vec<ImportFault> {
        self.fault(row, Some(field), conflict.code(), &conflict.to_string())
    }

    /// The customer that a row changes; `None` for a new one.
    fn target(&self, row: u64, input: &ParsedRow) -> Result<Option<CustomerId>, Vec<ImportFault>> {
        if !self.options.matches() {
            return Ok(None);
        }
        let field = match self.options.match_by {
            MatchBy::Email => Field::Email,
            MatchBy::Phone => Field::Phone,
            MatchBy::ExternalRef => Field::ExternalRefs,
            MatchBy::Id => Field::Id,
        };
        let Some(found) = self.found(input) else {
            if self.options.mode == ImportMode::Upsert {
                return self.otherwise_found(row, input);
            }
            let message = "the row has no valid value to match a customer by";
            return Err(self.fault(row, Some(field), "match_key_missing", message));
        };
        match found.as_slice() {
            [id] => Ok(Some(*id)),
            [] if self.options.mode == ImportMode::Upsert && self.options.match_by != MatchBy::Id => Ok(None),
            [] => Err(self.fault(row, Some(field), "not_found", "there is no such customer")),
            _ => Err(self.fault(row, Some(field), "match_ambiguous", "several customers have this value")),
        }
    }

    /// The customers with the row's key; empty if the row has none.
    fn found(&self, input: &ParsedRow) -> Option<Vec<CustomerId>> {
        let key = match self.options.match_by {
            MatchBy::Id => {
                let id = input.id?;
                return Some(Some(id).filter(|id| self.known.is_known(*id)).into_iter().collect());
            }
            MatchBy::Email => Key::Email(input.part.email.clone()?),
            MatchBy::Phone => Key::Phone(input.phone_e164.clone()?),
            MatchBy::ExternalRef => Key::of(input.own_reference(self.options)?),
        };
        Some(self.known.having(&key))
    }

    /// The customer of a row without the value that others are matched by: by its id in the other system, its e-mail
    /// address, or its number and name. Without a match the row is new.
    fn otherwise_found(&self, row: u64, input: &ParsedRow) -> Result<Option<CustomerId>, Vec<ImportFault>> {
        // Our own export with added rows at the end, which have no id.
        if self.options.match_by == MatchBy::Id {
            return Ok(None);
        }
        let reference = input.own_reference(self.options).map(|reference| (Field::ExternalRefs, Key::of(reference)));
        let email = input.part.email.clone().map(|email| (Field::Email, Key::Email(email)));
        for (field, key) in reference.into_iter().chain(email) {
            match self.known.having(&key).as_slice() {
                [] => {}
                [id] => return Ok(Some(*id)),
                _ => return Err(self.fault(row, Some(field), "match_ambiguous", "several customers have this value")),
            }
        }
        // Colleagues share a number.
        let name = input.fresh.as_ref().and_then(|fresh| fresh.as_ref().ok()).map(|fresh| fold(&fresh.customer.name));
        let phone = input.phone_e164.clone().map(|phone| self.known.having(&Key::Phone(phone))).unwrap_or_default();
        let is_same = |id: &&CustomerId| self.known.get(**id).map(|other| fold(&other.name)) == name;
        let mut same = phone.iter().filter(|_| name.is_some()).filter(is_same);
        Ok(same.next().copied().filter(|_| same.next().is_none()))
    }

    /// The notes of a row that the customer does not have. Gives false if there is none.
    fn add_notes(&mut self, input: &ParsedRow, id: CustomerId) -> bool {
        let before = self.notes.len();
        for note in &input.notes {
            if self.known.notes.insert((id, note.clone())) {
                self.notes.push((id, note.clone()));
            }
        }
        self.notes.len() > before
    }

    fn create(&mut self, row: u64, input: &ParsedRow) -> Result<Planned, Vec<ImportFault>> {
        let Some(fresh) = &input.fresh else {
            return Err(self.fault(row, None, "not_found", "there is no such customer"));
        };
        let rows::Fresh { customer, warnings } = fresh.clone()?;
        self.authorize(row, customer.owner_id)?;
        let mut customer = Customer { id: self.crm.id(self.now).into(), ..customer };
        customer.stamp(1, self.now, ActorRef::from(self.actor));
        self.check_unique(row, None, &customer)?;
        if let Some(tags) = self.tags(row, input, &customer)? {
            customer.tags = tags;
        }
        self.add_notes(input, customer.id);
        self.known.put(customer.clone());
        Ok(Planned { outcome: Outcome::Created, step: Some(Step::Create(Box::new(customer))), warnings })
    }

    fn update(&mut self, row: u64, input: &ParsedRow, id: CustomerId) -> Result<Planned, Vec<ImportFault>> {
        let Some(before) = self.known.get(id).cloned() else {
            return self.update_again(row, input, id);
        };
        self.authorize(row, before.owner_id)?;
        let mut warnings = Vec::new();
        let mut draft = overlaid(&input.part, &before);
        draft.external_refs = rows::joined(draft.external_refs, input.reference.as_ref());
        draft.custom_fields.get_or_insert_default().extend(input.custom.clone());
        input.further.add_to(&mut draft, Some(&before), &self.company.settings);
        let owner = input.owner.as_ref();
        warnings.extend(owner.and_then(|owner| rows::give(owner, &mut draft, before.owner_id, row, self.columns)));
        let mut is_same = draft == NewCustomer::from(&before);
        let mut after = before.clone();
        if !is_same {
            let touched = input.custom_objects().flat_map(Map::keys).cloned().collect();
            let check = field_check(self.company, Some(&before), Demanded::Of(&touched));
            let validated = draft.validated(Some(&before), &self.company.settings, Some(&check));
            let validated = validated.map_err(|faults| rows::of_violations(row, &faults, self.columns))?;
            validated.write(&mut after, &self.company.settings);
            if let Some(owner) = owner {
                owner.name(&mut after);
            }
            if links::keeps_linked_name(&before, &mut after) {
                let message = "the name of the person's primary organization stays; end their link first";
                let field = Some(Field::OrganizationName);
                warnings.extend(self.fault(row, field, "organization_linked", message));
            }
            // A list may come out as it was, though its cell says less.
            is_same = after == before;
        }
        if !is_same {
            self.authorize(row, after.owner_id)?;
            self.check_unique(row, Some(&before), &after)?;
            // Stamped like the write, so that a later row of the batch can change it again.
            after.version = before.version + 1;
            after.updated_at = self.now.max(before.updated_at + TimeDelta::microseconds(1));
        }
        match self.tags(row, input, &after)? {
            Some(tags) => after.tags = tags,
            None if is_same => {
                let is_noted = self.add_notes(input, id);
                let outcome = if is_noted { Outcome::Updated } else { Outcome::Unchanged };
                return Ok(Planned { outcome, step: None, warnings });
            }
            None => {}
        }
        self.add_notes(input, id);
        self.known.put(after.clone());
        let step = Step::Update { before: Box::new(before), after: Box::new(after) };
        Ok(Planned { outcome: Outcome::Updated, step: Some(step), warnings })
    }

    /// The tags of a customer after a row, which in our own export has all of them. `None` if they stay the same.
    fn tags(
        &mut self,
        row: u64,
        input: &ParsedRow,
        customer: &Customer,
    ) -> Result<Option<Vec<CustomerTag>>, Vec<ImportFault>> {
        let Some(names) = &input.tags else {
            return Ok(None);
        };
        let had: BTreeSet<String> = customer.tags.iter().map(CustomerTag::key).collect();
        let wanted: BTreeMap<String, &String> = names.iter().map(|name| (fold(name), name)).collect();
        let is_all = self.columns.is_own;
        if if is_all { wanted.keys().eq(&had) } else { wanted.keys().all(|key| had.contains(key)) } {
            return Ok(None);
        }
        let kept: Vec<CustomerTag> = if is_all { Vec::new() } else { customer.tags.clone() };
        let wanted: BTreeMap<String, &String> =
            wanted.into_iter().filter(|(key, _)| is_all || !had.contains(key)).collect();
        if kept.len() + wanted.len() > MAX_TAGS {
            let message = format!("a customer has at most {MAX_TAGS} tags");
            return Err(self.fault(row, Some(Field::Tags), "too_many", &message));
        }
        if !self.actor.may(Resource::Tags, Action::Attach, customer.owner_id) {
            return Err(self.fault(
                row,
                Some(Field::Tags),
                "forbidden",
                "the caller may not change the customer's tags",
            ));
        }
        let is_known = |key: &String| self.known.tags.contains_key(key);
        if !self.actor.may(Resource::Tags, Action::Create, None) && !wanted.keys().all(is_known) {
            return Err(self.fault(row, Some(Field::Tags), "tag_unknown", "there is no such tag"));
        }
        let tags = wanted.into_iter().map(|(key, name)| {
            let tag = self.known.tags.entry(key).or_insert_with(|| {
                let tag = CustomerTag { id: self.crm.id(self.now).into(), name: name.clone(), color: None };
                self.new_tags.push(tag.clone());
                tag
            });
            tag.clone()
        });
        let mut tags: Vec<CustomerTag> = kept.into_iter().chain(tags).collect();
        tags.sort_by_cached_key(CustomerTag::key);
        Ok(Some(tags))
    }

    /// A row that matches a customer of an earlier batch of a dry run.
    fn update_again(&mut self, row: u64, input: &ParsedRow, id: CustomerId) -> Result<Planned, Vec<ImportFault>> {
        let Some(trace) = self.known.traces.get(id) else {
            return Err(self.fault(row, None, "not_found", "there is no such customer"));
        };
        let (kind, owner_id) = (trace.kind, trace.owner_id);
        self.authorize(row, owner_id)?;
        let mut draft = input.part.clone();
        rows::name_organization(&mut draft, Some(kind));
        draft.external_refs = rows::joined(draft.external_refs, input.reference.as_ref());
        draft.custom_fields.get_or_insert_default().extend(input.custom.clone());
        input.further.add_to(&mut draft, None, &self.company.settings);
        let owner = input.owner.as_ref();
        let warnings = owner.and_then(|owner| rows::give(owner, &mut draft, owner_id, row, self.columns));
        self.authorize(row, draft.owner_id.or(owner_id))?;
        let mut keys = Vec::new();
        for email in emails(&draft).filter(|_| self.unique_emails) {
            keys.push((Key::Email(email.to_owned()), Field::Email, Conflict::CustomerEmailTaken));
        }
        for reference in draft.external_refs.iter().flatten() {
            keys.push((Key::of(reference), Field::ExternalRefs, Conflict::ExternalRefTaken));
        }
        let mut new_keys = Vec::new();
        for (key, field, conflict) in keys {
            if self.known.having(&key).iter().any(|other| *other != id) {
                return Err(self.conflict(row, field, conflict));
            }
            new_keys.push(key);
        }
        let tags = input.tags.as_deref();
        let (all_tags, some_tags) = if self.columns.is_own { (tags, None) } else { (None, tags) };
        let texts = RowTexts { all_tags, some_tags: some_tags.unwrap_or_default(), notes: &input.notes };
        let is_new = self.known.traces.note(id, &draft, texts, &new_keys);
        let outcome = if is_new { Outcome::Updated } else { Outcome::Unchanged };
        Ok(Planned { outcome, step: None, warnings: warnings.into_iter().collect() })
    }

    fn authorize(&self, row: u64, owner: Option<UserId>) -> Result<(), Vec<ImportFault>> {
        if self.actor.may(Resource::Customers, Action::Import, owner) {
            return Ok(());
        }
        Err(self.fault(row, None, "forbidden", "the customer has another owner"))
    }

    /// Refuses an e-mail address or a reference that another customer has.
    fn check_unique(&self, row: u64, before: Option<&Customer>, after: &Customer) -> Result<(), Vec<ImportFault>> {
        let taken = |key: &Key| self.known.having(key).iter().any(|id| *id != after.id);
        let had = |email: &str| before.is_some_and(|had| had.emails.iter().any(|one| one.address == email));
        for CustomerEmail { address, is_primary, .. } in after.emails.iter().filter(|_| self.unique_emails) {
            if !had(address) && taken(&Key::Email(address.clone())) {
                let field = if *is_primary == Some(true) { Field::Email } else { Field::Emails };
                return Err(self.conflict(row, field, Conflict::CustomerEmailTaken));
            }
        }
        let is_new = |reference: &&_| before.is_none_or(|before| !before.external_refs.contains(reference));
        for reference in after.external_refs.iter().filter(is_new) {
            if taken(&Key::of(reference)) {
                return Err(self.conflict(row, Field::ExternalRefs, Conflict::ExternalRefTaken));
            }
        }
        Ok(())
    }
}
