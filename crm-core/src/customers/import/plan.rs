//! Plans the writes of all rows of a batch before anything is written.

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
use super::labels::Labels;
use super::matching::Matching;
use super::options::ImportOptions;
use super::overlay::overlaid;
use super::report::{ImportFault, Outcome};
use super::rows::{self, Input, ParsedRow, Row};
use super::trace::RowTexts;
use crate::base::custom_field::Demanded;
use crate::base::error::{Conflict, Result};
use crate::base::ids::{CustomerId, UserId};
use crate::companies::DuplicatePolicy;
use crate::custom_fields::{CustomFieldEntity, References};
use crate::scope::actor::{Action, Actor, ActorRef, Resource};
use crate::scope::company::Company;
use crate::scope::{CompanyScope, Crm, Envelope};
use crate::tags::CustomerTag;

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

/// The users and customers in custom fields of a row that are not there.
pub(super) fn unknown_references(
    company: &Company,
    references: &References,
    columns: &Columns,
    (row, input): (u64, &ParsedRow),
) -> Vec<ImportFault> {
    let fault = |(key, value): (&String, &Value)| {
        let rules = company.fields.get(CustomFieldEntity::Customer, key)?;
        let (code, message) = references.fault(rules, value)?;
        Some(ImportFault::new(row, columns.header_of_custom(key), code, message))
    };
    input.custom_objects().flatten().filter_map(fault).collect()
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
        let faults = unknown_references(self.company, &self.references, self.columns, (number, input));
        if !faults.is_empty() {
            return Err(faults);
        }
        match Matching::of(self.options, self.columns).target(self.known, number, input)? {
            Some(id) => self.update(number, input, id),
            None => self.create(number, input),
        }
    }

    fn labels(&mut self) -> Labels<'_> {
        let Self { crm, actor, columns, now, .. } = *self;
        Labels { crm, actor, columns, now, known: &mut self.known.tags, new_tags: &mut self.new_tags }
    }

    fn fault(&self, row: u64, field: Option<Field>, code: &str, message: &str) -> Vec<ImportFault> {
        self.columns.fault(row, field, code, message)
    }

    fn conflict(&self, row: u64, field: Field, conflict: Conflict) -> Vec<ImportFault> {
        self.fault(row, Some(field), conflict.code(), &conflict.to_string())
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
        if let Some(tags) = self.labels().of(row, input, &customer)? {
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
        self.authorize_known(row, before.owner_id)?;
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
        match self.labels().of(row, input, &after)? {
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

    /// A row that matches a customer of an earlier batch of a dry run.
    fn update_again(&mut self, row: u64, input: &ParsedRow, id: CustomerId) -> Result<Planned, Vec<ImportFault>> {
        let Some(trace) = self.known.traces.get(id) else {
            return Err(self.fault(row, None, "not_found", "there is no such customer"));
        };
        let (kind, owner_id) = (trace.kind, trace.owner_id);
        self.authorize_known(row, owner_id)?;
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

    /// The same for a customer that is there already, who is not for those who read customers, but not this one.
    fn authorize_known(&self, row: u64, owner: Option<UserId>) -> Result<(), Vec<ImportFault>> {
        let seen = self.actor.owners(Resource::Customers, Action::Read);
        if !seen.are_none() && !seen.include(owner) {
            return Err(self.fault(row, None, "not_found", "there is no such customer"));
        }
        self.authorize(row, owner)
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
