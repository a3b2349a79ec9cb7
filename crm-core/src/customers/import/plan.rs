//! Plans the writes of all rows of a batch before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::super::input::NewCustomer;
use super::super::model::Customer;
use super::super::validate;
use super::columns::Columns;
use super::headers::Field;
use super::known::{Key, Known, Lookup};
use super::options::{ImportMode, ImportOptions, MatchBy};
use super::report::{ImportFault, Outcome};
use super::rows::{self, ParsedRow, Row};
use crate::base::error::{Conflict, Result};
use crate::base::ids::{CustomerId, UserId};
use crate::base::text::fold;
use crate::companies::{CompanySettings, DuplicatePolicy};
use crate::scope::actor::{Action, Actor, ActorRef, Resource};
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

/// The plan of a batch.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Tags to create.
    pub new_tags: Vec<CustomerTag>,
    pub steps: Vec<Step>,
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
    let match_by = options.matches().then_some(options.match_by);
    known.load(scope, rows, Lookup { match_by, unique_emails }).await?;
    let (crm, actor, now) = (&scope.crm, scope.actor(), scope.crm.now());
    let (settings, new_tags) = (&company.settings, Vec::new());
    let mut planner = Planner { crm, actor, settings, unique_emails, options, columns, known, now, new_tags };
    let mut plan = Plan::default();
    for (index, row) in rows.iter().enumerate() {
        // In a host's transaction this is the host's thread.
        if index % ROWS_AT_ONCE == ROWS_AT_ONCE - 1 {
            tokio::task::yield_now().await;
        }
        let planned = match &row.input {
            Ok(input) => planner.row(row.number, input),
            Err(faults) => Err(faults.clone()),
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
    Ok(Plan { new_tags: planner.new_tags, ..plan })
}

/// Plans rows against the known customers and the rows before them.
struct Planner<'p> {
    crm: &'p Crm,
    actor: &'p Actor,
    settings: &'p CompanySettings,
    unique_emails: bool,
    options: &'p ImportOptions,
    columns: &'p Columns,
    known: &'p mut Known,
    now: DateTime<Utc>,
    new_tags: Vec<CustomerTag>,
}

impl Planner<'_> {
    fn row(&mut self, number: u64, input: &ParsedRow) -> Result<Planned, Vec<ImportFault>> {
        match self.target(number, input)? {
            Some(id) => self.update(number, input, id),
            None => self.create(number, input),
        }
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
            // Our own export with added rows at the end, which have no id.
            if self.options.match_by == MatchBy::Id && self.options.mode == ImportMode::Upsert {
                return Ok(None);
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
            MatchBy::ExternalRef => {
                let system = self.options.external_system.as_deref();
                let own = || input.part.external_refs.iter().flatten().find(|own| Some(own.system.as_str()) == system);
                let reference = input.reference.as_ref().or_else(own)?;
                Key::Reference { system: reference.system.clone(), id: reference.id.clone() }
            }
        };
        Some(self.known.having(&key))
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
        let owner = input.owner.as_ref();
        warnings.extend(owner.and_then(|owner| rows::give(owner, &mut draft, before.owner_id, row, self.columns)));
        let is_same = draft == NewCustomer::from(&before);
        let mut after = before.clone();
        if !is_same {
            let validated = draft.validated().map_err(|faults| rows::of_violations(row, &faults, self.columns))?;
            validated.write(&mut after, self.settings);
            if let Some(owner) = owner {
                owner.name(&mut after);
            }
            self.authorize(row, after.owner_id)?;
            self.check_unique(row, Some(&before), &after)?;
            // Stamped like the write, so that a later row of the batch can change it again.
            after.version = before.version + 1;
            after.updated_at = self.now.max(before.updated_at + TimeDelta::microseconds(1));
        }
        match self.tags(row, input, &after)? {
            Some(tags) => after.tags = tags,
            None if is_same => return Ok(Planned { outcome: Outcome::Unchanged, step: None, warnings }),
            None => {}
        }
        self.known.put(after.clone());
        let step = Step::Update { before: Box::new(before), after: Box::new(after) };
        Ok(Planned { outcome: Outcome::Updated, step: Some(step), warnings })
    }

    /// The tags that a row adds to a customer. `None` if it has no tags, or only those that the customer has.
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
        if wanted.keys().eq(&had) {
            return Ok(None);
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
        Ok(Some(tags.collect()))
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
        let owner = input.owner.as_ref();
        let warnings = owner.and_then(|owner| rows::give(owner, &mut draft, owner_id, row, self.columns));
        self.authorize(row, draft.owner_id.or(owner_id))?;
        let mut keys = Vec::new();
        for email in draft.email.iter().filter(|_| self.unique_emails) {
            keys.push((Key::Email(email.clone()), Field::Email, Conflict::CustomerEmailTaken));
        }
        for reference in draft.external_refs.iter().flatten() {
            let key = Key::Reference { system: reference.system.clone(), id: reference.id.clone() };
            keys.push((key, Field::ExternalRefs, Conflict::ExternalRefTaken));
        }
        let mut new_keys = Vec::new();
        for (key, field, conflict) in keys {
            if self.known.having(&key).iter().any(|other| *other != id) {
                return Err(self.conflict(row, field, conflict));
            }
            new_keys.push(key);
        }
        let is_new = self.known.traces.note(id, &draft, input.tags.as_deref(), &new_keys);
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
        if self.unique_emails
            && let Some(email) = &after.email
            && before.is_none_or(|before| before.email.as_ref() != Some(email))
            && taken(&Key::Email(email.clone()))
        {
            return Err(self.conflict(row, Field::Email, Conflict::CustomerEmailTaken));
        }
        let is_new = |reference: &&_| before.is_none_or(|before| !before.external_refs.contains(reference));
        for reference in after.external_refs.iter().filter(is_new) {
            if taken(&Key::Reference { system: reference.system.clone(), id: reference.id.clone() }) {
                return Err(self.conflict(row, Field::ExternalRefs, Conflict::ExternalRefTaken));
            }
        }
        Ok(())
    }
}

/// Merges a row into a customer: empty cells keep the value.
fn overlaid(part: &NewCustomer, before: &Customer) -> NewCustomer {
    let mut part = part.clone();
    rows::name_organization(&mut part, Some(before.kind));
    let base = NewCustomer::from(before);
    let NewCustomer {
        kind,
        name,
        first_name,
        last_name,
        email,
        phone,
        organization_name,
        job_title,
        website,
        address,
        address_line2,
        city,
        state,
        zip_code,
        country,
        status,
        owner_id,
        source,
        external_refs,
        custom_fields,
        metadata,
        is_archived,
    } = part;
    // A name that was built from its parts changes with them.
    let follows = name.is_none() && validate::name_of_parts(&base) == base.name;
    let mut draft = NewCustomer {
        kind: kind.or(base.kind),
        name: name.or(base.name),
        first_name: first_name.or(base.first_name),
        last_name: last_name.or(base.last_name),
        email: email.or(base.email),
        phone: phone.or(base.phone),
        organization_name: organization_name.or(base.organization_name),
        job_title: job_title.or(base.job_title),
        website: website.or(base.website),
        address: address.or(base.address),
        address_line2: address_line2.or(base.address_line2),
        city: city.or(base.city),
        state: state.or(base.state),
        zip_code: zip_code.or(base.zip_code),
        country: country.or(base.country),
        status: status.or(base.status),
        owner_id: owner_id.or(base.owner_id),
        source: source.or(base.source),
        external_refs: external_refs.or(base.external_refs),
        custom_fields: custom_fields.or(base.custom_fields),
        metadata: metadata.or(base.metadata),
        is_archived: is_archived.or(base.is_archived),
    };
    if follows {
        draft.name = validate::name_of_parts(&draft);
    }
    draft
}
