//! Rows of a file of leads: they are matched to leads, and written as leads are. Nothing of them is unique.
//!
//! A dry run does the same and takes it back, so its batches do not see each other.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::input::NewCustomer;
use super::super::party::Party;
use super::columns::Columns;
use super::known::{Known, Lookup};
use super::labels::Labels;
use super::lead_fields::LeadField;
use super::matching::Matching;
use super::options::ImportOptions;
use super::overlay::overlaid;
use super::plan::unknown_references;
use super::report::{ImportFault, Outcome};
use super::rows::{self, Input, ParsedRow, Row};
use crate::base::error::{Error, Result};
use crate::base::ids::{CustomerId, LeadId, UserId};
use crate::custom_fields::References;
use crate::lead_scoring;
use crate::leads::{self, ImportedLead, NewLead, Statuses};
use crate::scope::CompanyTx;
use crate::scope::actor::{Action, Resource};
use crate::scope::company::Company;
use crate::tags::CustomerTag;
use crate::{notes, tags};

/// What became of a row, with its warnings.
type Told = (Outcome, Vec<ImportFault>);

/// Why a row is not written: for faults of its own, or because the batch cannot be written.
enum Refusal {
    Row(Vec<ImportFault>),
    Batch(Error),
}

impl From<Vec<ImportFault>> for Refusal {
    fn from(faults: Vec<ImportFault>) -> Self {
        Self::Row(faults)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Batch(error)
    }
}

/// Writes the rows of a batch, and tells what became of each.
pub(super) async fn write_rows(
    tx: &mut CompanyTx<'_>,
    options: &ImportOptions,
    columns: &Columns,
    rows: &[Row],
) -> Result<Vec<Told>> {
    let mut known = Known::default();
    known.load(&tx.scope(), rows, Lookup { options, unique_emails: false }).await?;
    let company = tx.company.clone();
    let objects = rows.iter().filter_map(Row::parsed).flat_map(ParsedRow::custom_objects);
    let references = References::known(&tx.scope(), &company.fields, objects).await?;
    let leads = leads::leads_by_id(tx, known.ids()).await?;
    let mut batch = Batch {
        options,
        columns,
        company,
        references,
        at: tx.now(),
        known,
        leads,
        statuses: Statuses::default(),
        new: Vec::new(),
        changed: Vec::new(),
        new_tags: Vec::new(),
        retagged: Vec::new(),
        notes: Vec::new(),
    };
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        outcomes.push(batch.outcome(tx, row).await?);
        // The rows of a batch keep their order in lists.
        batch.at += TimeDelta::microseconds(1);
    }
    batch.finish(tx).await?;
    Ok(outcomes)
}

/// A batch that is being written.
struct Batch<'b> {
    options: &'b ImportOptions,
    columns: &'b Columns,
    company: Arc<Company>,
    /// The users and customers that custom fields name.
    references: References,
    at: DateTime<Utc>,
    known: Known,
    /// The leads that rows match, as they are after the rows so far.
    leads: HashMap<CustomerId, ImportedLead>,
    statuses: Statuses,
    /// Those that are added when all rows were read.
    new: Vec<CustomerId>,
    /// Those that were there and are written.
    changed: Vec<CustomerId>,
    new_tags: Vec<CustomerTag>,
    /// Those that were there and get other tags.
    retagged: Vec<(LeadId, Vec<CustomerTag>)>,
    notes: Vec<(CustomerId, String)>,
}

impl Batch<'_> {
    async fn outcome(&mut self, tx: &mut CompanyTx<'_>, row: &Row) -> Result<Told> {
        let input = match &row.input {
            Input::Parsed(input) => input,
            Input::Faulty(faults) => return Ok((Outcome::Failed(faults.clone()), Vec::new())),
            Input::Skipped => return Ok((Outcome::Skipped, row.warnings.clone())),
        };
        match self.row(tx, row.number, input).await {
            Ok((outcome, warnings)) => Ok((outcome, [row.warnings.as_slice(), &warnings].concat())),
            Err(Refusal::Row(faults)) => Ok((Outcome::Failed(faults), Vec::new())),
            Err(Refusal::Batch(error)) => Err(error),
        }
    }

    async fn row(&mut self, tx: &mut CompanyTx<'_>, number: u64, input: &ParsedRow) -> Result<Told, Refusal> {
        let faults = unknown_references(&self.company, &self.references, self.columns, (number, input));
        if !faults.is_empty() {
            return Err(faults.into());
        }
        match Matching::of(self.options, self.columns).target(&self.known, number, input)? {
            Some(id) => self.update(tx, number, input, id).await,
            None => self.create(tx, number, input).await,
        }
    }

    async fn create(&mut self, tx: &mut CompanyTx<'_>, number: u64, input: &ParsedRow) -> Result<Told, Refusal> {
        let Some((new, warnings)) = input.lead.as_ref().and_then(|lead| lead.fresh.clone()) else {
            return Err(self.missing(number));
        };
        self.authorize(tx, number, new.owner_id)?;
        let mut lead = ImportedLead::fresh(tx);
        self.write(tx, number, input, (None, &mut lead), new).await?;
        lead.stamp_new(tx, self.at);
        let id = lead.customer().id;
        if let Some(tags) = self.tags(tx, number, input, &lead)? {
            lead.set_tags(tags);
        }
        self.add_notes(input, id);
        self.known.put(lead.customer().clone());
        self.leads.insert(id, lead);
        self.new.push(id);
        Ok((Outcome::Created, warnings))
    }

    async fn update(
        &mut self,
        tx: &mut CompanyTx<'_>,
        number: u64,
        input: &ParsedRow,
        id: CustomerId,
    ) -> Result<Told, Refusal> {
        let Some(before) = self.leads.get(&id).cloned() else {
            return Err(self.missing(number));
        };
        self.authorize(tx, number, before.customer().owner_id)?;
        let (draft, warnings) = self.draft(number, input, &before);
        let mut after = before.clone();
        self.write(tx, number, input, (Some(&before), &mut after), draft).await?;
        self.authorize(tx, number, after.customer().owner_id)?;
        let is_new = self.new.contains(&id);
        let mut is_written = match is_new {
            true => !after.is_same(&before),
            false => after.store(tx, &before).await?,
        };
        if let Some(tags) = self.tags(tx, number, input, &after)? {
            after.set_tags(tags.clone());
            if !is_new {
                self.retagged.push((LeadId(id.0), tags));
            }
            is_written = true;
        }
        if is_written && !is_new {
            self.changed.push(id);
        }
        is_written |= self.add_notes(input, id);
        self.known.put(after.customer().clone());
        self.leads.insert(id, after);
        Ok((if is_written { Outcome::Updated } else { Outcome::Unchanged }, warnings))
    }

    /// What a row makes of a lead: empty cells keep the value.
    fn draft(&self, number: u64, input: &ParsedRow, before: &ImportedLead) -> (NewCustomer, Vec<ImportFault>) {
        let before = before.customer();
        let mut draft = overlaid(&input.part, before);
        draft.external_refs = rows::joined(draft.external_refs, input.reference.as_ref());
        draft.custom_fields.get_or_insert_default().extend(input.custom.clone());
        input.further.add_to(&mut draft, Some(before), &self.company.settings);
        let owner = input.owner.as_ref();
        let given = owner.and_then(|owner| rows::give(owner, &mut draft, before.owner_id, number, self.columns));
        (draft, given.into_iter().collect())
    }

    async fn write(
        &mut self,
        tx: &mut CompanyTx<'_>,
        number: u64,
        input: &ParsedRow,
        (before, lead): (Option<&ImportedLead>, &mut ImportedLead),
        draft: NewCustomer,
    ) -> Result<(), Refusal> {
        let nothing = NewLead::default();
        let own = input.lead.as_ref().map_or(&nothing, |lead| &lead.own);
        if let Err(error) = lead.write(tx, before, (draft, own), &mut self.statuses).await {
            return Err(self.refused(number, error));
        }
        if let Some(owner) = &input.owner {
            owner.name(lead.customer_mut());
        }
        Ok(())
    }

    /// What is the matter with a row, or with more than that.
    fn refused(&self, number: u64, error: Error) -> Refusal {
        match error {
            Error::Invalid(violations) => Refusal::Row(rows::of_violations(number, &violations, self.columns)),
            Error::Conflict(conflict) => {
                let column = self.columns.header_of_lead(LeadField::Status);
                Refusal::Row(vec![ImportFault::new(number, column, conflict.code(), conflict.to_string())])
            }
            error => Refusal::Batch(error),
        }
    }

    fn missing(&self, number: u64) -> Refusal {
        self.columns.fault(number, None, "not_found", "there is no such record").into()
    }

    fn authorize(&self, tx: &CompanyTx<'_>, number: u64, owner: Option<UserId>) -> Result<(), Vec<ImportFault>> {
        if tx.actor().may(Resource::Leads, Action::Import, owner) {
            return Ok(());
        }
        Err(self.columns.fault(number, None, "forbidden", "the lead has another owner"))
    }

    fn tags(
        &mut self,
        tx: &CompanyTx<'_>,
        number: u64,
        input: &ParsedRow,
        lead: &ImportedLead,
    ) -> Result<Option<Vec<CustomerTag>>, Vec<ImportFault>> {
        let labels = Labels {
            crm: tx.crm(),
            actor: tx.actor(),
            columns: self.columns,
            now: self.at,
            known: &mut self.known.tags,
            new_tags: &mut self.new_tags,
        };
        labels.of(number, input, lead.customer())
    }

    /// The notes of a row that the lead does not have. Gives false if there is none.
    fn add_notes(&mut self, input: &ParsedRow, id: CustomerId) -> bool {
        let before = self.notes.len();
        for note in &input.notes {
            if self.known.notes.insert((id, note.clone())) {
                self.notes.push((id, note.clone()));
            }
        }
        self.notes.len() > before
    }

    /// Adds what is new, in few statements.
    async fn finish(mut self, tx: &mut CompanyTx<'_>) -> Result<()> {
        tags::create(tx, &self.new_tags).await?;
        let mut new = Vec::with_capacity(self.new.len());
        for id in &self.new {
            new.extend(self.leads.remove(id));
        }
        leads::write_new(tx, new).await?;
        for (lead, tags) in &self.retagged {
            tags::replace(tx, Party::Lead(*lead), tags).await?;
        }
        let written = self.new.iter().chain(&self.changed).map(|id| id.0).collect();
        lead_scoring::rescore(tx, written).await?;
        notes::add_all(tx, &self.notes).await.map(drop)
    }
}
