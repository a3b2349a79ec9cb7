//! The customers that the rows of a batch match or conflict with.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use super::super::contact_points;
use super::super::external_refs;
use super::super::input::NewCustomer;
use super::super::model::{Customer, ExternalRef};
use super::super::row;
use super::options::{ImportMode, ImportOptions, ImportRecords, MatchBy};
use super::rows::{ParsedRow, Row};
use super::trace::Traces;
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::base::text::fold;
use crate::notes;
use crate::query::dialect::{any_of, selected_by};
use crate::scope::visibility::Parties;
use crate::scope::{CompanyScope, is_live};
use crate::tags::{self, CustomerTag};

/// The page size of lookups. Batches rarely match so many customers.
const PAGE: usize = 2_000;

/// A key by which a customer is found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Email(String),
    Phone(String),
    Reference { system: String, id: String },
}

impl Key {
    pub fn of(reference: &ExternalRef) -> Self {
        Self::Reference { system: reference.system.clone(), id: reference.id.clone() }
    }
}

/// Customers by id and by key, after all rows so far.
#[derive(Debug, Default)]
pub(super) struct Known {
    customers: HashMap<CustomerId, Customer>,
    ids: HashMap<Key, Vec<CustomerId>>,
    /// The notes with texts of this batch that their customers have.
    pub notes: HashSet<(CustomerId, String)>,
    /// The tags of the rows of this batch, by folded name.
    pub tags: HashMap<String, CustomerTag>,
    /// The customers of earlier batches of a dry run.
    pub traces: Traces,
}

/// The lookups of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lookup<'o> {
    pub options: &'o ImportOptions,
    /// Addresses are unique.
    pub unique_emails: bool,
}

impl Lookup<'_> {
    fn matches(self, field: MatchBy) -> bool {
        self.options.matches() && self.options.match_by == field
    }

    /// Whether a row without the key that others are matched by may be matched by its e-mail address or number.
    fn is_in_need(self, input: &ParsedRow) -> bool {
        self.options.mode == ImportMode::Upsert && !input.has_key(self.options)
    }
}

pub(super) fn keys(customer: &Customer) -> impl Iterator<Item = Key> {
    let emails = customer.emails.iter().map(|email| Key::Email(email.address.clone()));
    let phones = customer.phones.iter().filter_map(|phone| phone.e164.clone()).map(Key::Phone);
    let references = customer.external_refs.iter().map(Key::of);
    emails.chain(phones).chain(references)
}

impl Known {
    /// The customers with this key.
    pub fn having(&self, key: &Key) -> Vec<CustomerId> {
        let here = self.ids.get(key).map_or(&[][..], Vec::as_slice);
        [here, self.traces.having(key)].concat()
    }

    pub fn is_known(&self, id: CustomerId) -> bool {
        self.customers.contains_key(&id) || self.traces.get(id).is_some()
    }

    /// The ids of those that are known from the database.
    pub fn ids(&self) -> Vec<Uuid> {
        self.customers.keys().map(|id| id.0).collect()
    }

    pub fn get(&self, id: CustomerId) -> Option<&Customer> {
        self.customers.get(&id)
    }

    /// Adds a customer, or replaces it with its new state.
    pub fn put(&mut self, customer: Customer) {
        self.remove(customer.id);
        for key in keys(&customer) {
            self.ids.entry(key).or_default().push(customer.id);
        }
        self.customers.insert(customer.id, customer);
    }

    fn remove(&mut self, id: CustomerId) {
        let Some(customer) = self.customers.remove(&id) else {
            return;
        };
        for key in keys(&customer) {
            if let Some(ids) = self.ids.get_mut(&key) {
                ids.retain(|other| *other != id);
                if ids.is_empty() {
                    self.ids.remove(&key);
                }
            }
        }
    }

    /// Ends a batch of a dry run: only digests of the customers are kept.
    pub fn end_batch<'w>(&mut self, written: impl Iterator<Item = &'w Customer>) {
        written.for_each(|customer| self.traces.put(customer));
        self.customers.clear();
        self.ids.clear();
        for (customer, note) in std::mem::take(&mut self.notes) {
            self.traces.note_text(customer, note);
        }
    }

    /// Reads all customers that the rows refer to: one statement per kind of key.
    pub async fn load(&mut self, scope: &CompanyScope<'_>, rows: &[Row], lookup: Lookup<'_>) -> Result<()> {
        let (postgres, records) = (scope.is_postgres(), lookup.options.records);
        let input = || rows.iter().filter_map(Row::parsed);
        let column = |name: &'static str| Expr::col((row::TABLE, name));
        // Tags before customers: all transactions that lock both use this order.
        let names: BTreeSet<String> =
            input().flat_map(|input| input.tags.iter().flatten()).map(|name| fold(name)).collect();
        let tags = tags::load_by_name(scope, names).await?;
        self.tags = tags.into_iter().map(|tag| (tag.key(), tag)).collect();
        let all_emails = lookup.unique_emails || lookup.matches(MatchBy::Email);
        let by_email = input().filter(|input| all_emails || lookup.is_in_need(input));
        let emails: BTreeSet<String> = by_email.flat_map(ParsedRow::emails).map(str::to_owned).collect();
        if !emails.is_empty() {
            let having = contact_points::having_email(scope.company_id().0, emails, postgres);
            self.fetch(scope, records, selected_by(column("id"), having, postgres)).await?;
        }
        let by_phone = input().filter(|input| lookup.matches(MatchBy::Phone) || lookup.is_in_need(input));
        let phones: BTreeSet<String> = by_phone.filter_map(|input| input.phone_e164.clone()).collect();
        if !phones.is_empty() {
            let having = contact_points::having_phone(scope.company_id().0, phones, postgres);
            self.fetch(scope, records, selected_by(column("id"), having, postgres)).await?;
        }
        if lookup.matches(MatchBy::Id) {
            let ids: BTreeSet<Uuid> = input().filter_map(|input| input.id).map(Into::into).collect();
            if !ids.is_empty() {
                self.fetch(scope, records, any_of(column("id"), ids.into_iter().collect(), postgres)).await?;
            }
        }
        // A lead claims no reference, so only those that rows are matched by count.
        if records == ImportRecords::Leads && !lookup.options.matches() {
            return Ok(());
        }
        for (system, ids) in references(input()) {
            let mut referenced = Query::select()
                .column("customer_id")
                .from(external_refs::TABLE)
                .and_where(Expr::col("company_id").eq(scope.company_id().0))
                .and_where(Expr::col("system").eq(system))
                .and_where(any_of(Expr::col("external_id"), ids.into_iter().collect(), postgres))
                .to_owned();
            // Those of leads are stamped as those in the trash are.
            let stamp = Expr::col("delete_batch_id");
            referenced.and_where(match records {
                ImportRecords::Customers => stamp.is_null(),
                ImportRecords::Leads => stamp.is_not_null(),
            });
            self.fetch(scope, records, column("id").in_subquery(referenced)).await?;
        }
        let notes: BTreeSet<String> = input().flat_map(|input| input.notes.iter().cloned()).collect();
        if lookup.options.matches() && !notes.is_empty() && !self.customers.is_empty() {
            let customers = self.customers.keys().map(|id| id.0).collect();
            self.notes.extend(notes::with_texts(scope, customers, notes.into_iter().collect()).await?);
        }
        Ok(())
    }

    async fn fetch(&mut self, scope: &CompanyScope<'_>, records: ImportRecords, condition: Expr) -> Result<()> {
        let postgres = scope.is_postgres();
        let is_one = match records {
            ImportRecords::Customers => is_live(row::TABLE),
            ImportRecords::Leads => scope.actor().is_visible_party(Parties::Leads)?,
        };
        let find = || {
            let live = scope.find::<row::Entity>().filter(is_one.clone()).filter(condition.clone());
            row::select(live, scope.actor(), postgres)
        };
        // No ORDER BY: it could keep the planner from using the index of the key, and is needed only for many rows.
        let rows: Vec<Customer> = find().fetch_up_to(PAGE as u64).await?;
        if rows.len() < PAGE {
            for row in rows {
                self.learn(row);
            }
            return Ok(());
        }
        let id = || Expr::col((row::TABLE, "id"));
        let mut last = Uuid::nil();
        loop {
            let page = find().filter(id().gt(last)).map(|select| select.order_by_asc(id()));
            let rows: Vec<Customer> = page.fetch_up_to(PAGE as u64).await?;
            let is_last = rows.len() < PAGE;
            last = rows.last().map_or(last, |row| row.id.0);
            for row in rows {
                self.learn_one_of_many(row);
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Adds a customer from the database, unless a dry run has changed it since.
    fn learn(&mut self, customer: Customer) {
        if self.traces.get(customer.id).is_none() {
            self.put(customer);
        }
    }

    /// Adds one of the customers with the same key. Two are ambiguous already; more would only cost memory.
    fn learn_one_of_many(&mut self, customer: Customer) {
        if keys(&customer).any(|key| self.ids.get(&key).map_or(0, Vec::len) < 2) {
            self.learn(customer);
        }
    }
}

/// All e-mail addresses of a row.
pub(super) fn emails(part: &NewCustomer) -> impl Iterator<Item = &str> {
    let list = part.emails.iter().flatten().map(|email| email.address.as_str());
    part.email.as_deref().into_iter().chain(list)
}

/// The ids in the rows, by system.
fn references<'r>(input: impl Iterator<Item = &'r ParsedRow>) -> BTreeMap<String, BTreeSet<String>> {
    let mut references: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for input in input {
        for reference in input.part.external_refs.iter().flatten().chain(&input.reference) {
            references.entry(reference.system.clone()).or_default().insert(reference.id.clone());
        }
    }
    references
}
