//! The demo's data: two companies over twelve months, always the same.

mod ai;
mod bulk;
mod calendar;
mod capture_forms;
mod consents;
mod currency_rates;
mod custom_fields;
mod deals;
mod duplicates;
mod import_mappings;
mod imports;
mod interactions;
mod jobs;
mod lead_assignment_rules;
mod leads;
mod links;
mod merges;
mod notifications;
mod quotas;
mod saved_views;
mod tags;
mod tasks;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use crm_core::companies::SettingsPatch;
use crm_core::customers::{CustomerKind, CustomerPatch, CustomerQuery, CustomerStatus, ExternalRef, NewCustomer};
use crm_core::ids::{CustomerId, NoteId, UserId};
use crm_core::jobs::JobOptions;
use crm_core::money::Currency;
use crm_core::notes::NewNote;
use crm_core::page::{Count, PageRequest};
use crm_core::patch::Patch;
use crm_core::sea_orm::DatabaseConnection;
use crm_core::{CompanyScope, CompanyTx, Crm};
use crm_http::examples;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use uuid::Uuid;

use super::clock::SeededRandomness;
use super::names::{AMERICA, Address, EUROPE, FIRMS, FIRST, JOBS, LAST, NOTES, SOURCES, STREETS, TRADES};
use super::people::{Company, Person};
use crate::clock::SetClock;

pub(super) use ai::summarise;

/// The number of customers per company, without those of the examples.
const CUSTOMERS: u32 = 240;
/// The number of days over which they were added.
const DAYS: i64 = 365;

/// Fills an empty company, with one transaction per company.
pub(super) async fn fill(database: &DatabaseConnection) -> anyhow::Result<()> {
    let now = Utc::now();
    for company in Company::ALL {
        let seed = u64::from(company == Company::Globex);
        let (clock, randomness) = (SetClock::at(now - TimeDelta::days(DAYS)), SeededRandomness::new(seed));
        let crm = Crm::builder().clock(clock.clone()).randomness(randomness.clone()).build();
        let admin = company.people().next().context("a company has people")?;
        let mut scope = crm.on(admin.actor(), database);
        if is_filled(&mut scope).await? {
            continue;
        }
        let people: Vec<&Person> = company.people().collect();
        let mut tx = scope.begin().await?;
        let random = StdRng::seed_from_u64(seed);
        let (clock_of_seed, firms) = (clock.clone(), Vec::new());
        let mut seeder = Seeder { tx: &mut tx, clock: clock_of_seed, randomness, random, company, people, now, firms };
        seeder.company().await?;
        seeder.examples().await?;
        seeder.customers().await?;
        seeder.leads().await?;
        seeder.duplicates().await?;
        seeder.current_rates().await?;
        seeder.quotas().await?;
        tx.commit().await?;
        clock.set(now);
        notifications::tell(&crm, database, company).await?;
        calendar::share(&crm, database, company).await?;
        bulk::renew(database, now).await?;
        merges::renew(database, now).await?;
        // At the time of the examples only the import is due.
        clock.set(examples::ADDED_AT.parse()?);
        crm.run_due_jobs(database, &JobOptions::default()).await?;
        imports::renew(database, now).await?;
    }
    Ok(())
}

async fn is_filled(scope: &mut CompanyScope<'_>) -> anyhow::Result<bool> {
    let request = PageRequest::default().limit(1).count(Count::None);
    Ok(!scope.customers().list(&CustomerQuery::default(), &request).await?.data.is_empty())
}

struct Seeder<'s, 't> {
    tx: &'s mut CompanyTx<'t>,
    clock: SetClock,
    randomness: SeededRandomness,
    random: StdRng,
    company: Company,
    people: Vec<&'static Person>,
    now: DateTime<Utc>,
    /// The organizations so far.
    firms: Vec<CustomerId>,
}

impl Seeder<'_, '_> {
    /// The company's users and settings.
    async fn company(&mut self) -> crm_core::Result<()> {
        for person in &self.people {
            self.tx.scope().users().mirror(&person.profile()).await?;
        }
        let (country, zone, currency) = match self.company {
            Company::Acme => ("US", "America/New_York", "USD"),
            Company::Globex => ("DE", "Europe/Berlin", "EUR"),
        };
        let patch = SettingsPatch {
            default_country: Patch::Set(country.to_owned()),
            time_zone: Patch::Set(zone.to_owned()),
            base_currency: Patch::from(currency.parse::<Currency>().ok()),
            ..SettingsPatch::default()
        };
        self.tx.scope().settings().update(patch, None).await?;
        self.old_rates().await
    }

    /// The customers of the document's examples.
    async fn examples(&mut self) -> anyhow::Result<()> {
        self.clock.set(examples::ADDED_AT.parse()?);
        self.custom_fields().await?;
        let main: NewCustomer = serde_json::from_value(examples::customer_fields())?;
        let sales = self.user("sales");
        self.example(examples::CUSTOMER, NewCustomer { owner_id: sales, ..main }).await?;
        for (id, name) in [
            (examples::TO_DELETE, "Closed Branch Office"),
            (examples::TO_RESTORE, "Reopened Branch Office"),
            (examples::TO_PURGE, "Test Entry"),
        ] {
            self.example(id, NewCustomer::organization(name)).await?;
        }
        self.tx.scope().customers().delete(examples::TO_RESTORE.into(), None).await?;
        self.tags().await?;
        self.saved_views().await?;
        self.import_mappings().await?;
        self.imports().await?;
        self.example_links().await?;
        self.example_notes().await?;
        self.example_interactions().await?;
        self.example_tasks().await?;
        self.pipelines().await?;
        self.example_deals().await?;
        self.lead_statuses().await?;
        self.lead_scoring_rules().await?;
        self.example_leads().await?;
        self.capture_forms().await?;
        self.lead_assignment_rules().await?;
        self.consents().await?;
        self.suppressions().await?;
        self.jobs().await?;
        self.bulk_action().await?;
        self.merges().await?;
        self.converted_lead().await
    }

    async fn example_notes(&mut self) -> anyhow::Result<()> {
        let main: NewNote = serde_json::from_value(examples::note_fields())?;
        for (id, new) in [
            (examples::NOTE, main),
            (examples::NOTE_TO_DELETE, NewNote::text("Noted twice.")),
            (examples::NOTE_TO_RESTORE, NewNote::text("Thrown away too soon.")),
        ] {
            self.randomness.choose(id);
            let note = self.tx.scope().notes(examples::CUSTOMER.into()).create(new).await?;
            anyhow::ensure!(note.id == NoteId(id), "the example {id} became {}", note.id);
        }
        let (customer, thrown) = (examples::CUSTOMER.into(), examples::NOTE_TO_RESTORE.into());
        Ok(self.tx.scope().notes(customer).delete(thrown, None).await?)
    }

    async fn example(&mut self, id: Uuid, new: NewCustomer) -> anyhow::Result<()> {
        self.randomness.choose(id);
        let customer = self.tx.scope().customers().create(new).await?;
        anyhow::ensure!(customer.id == CustomerId(id), "the example {id} became {}", customer.id);
        Ok(())
    }

    /// All other customers, growing in number over the months.
    async fn customers(&mut self) -> crm_core::Result<()> {
        for number in 0..CUSTOMERS {
            let progress = (f64::from(number) / f64::from(CUSTOMERS)).sqrt();
            #[expect(clippy::cast_possible_truncation, reason = "minutes of a year")]
            let minutes = (progress * (DAYS * 24 * 60) as f64) as i64 + self.random.random_range(0..600);
            let added = (self.now - TimeDelta::days(DAYS) + TimeDelta::minutes(minutes)).min(self.now);
            self.clock.set(added);
            let new = self.customer(number);
            let customer = self.tx.scope().customers().create(new).await?;
            self.link(customer.id, customer.kind, number).await?;
            // Every other 24th is deleted later, and archived ones are out of sight.
            if customer.kind == CustomerKind::Organization && !matches!(number % 24, 11 | 23) && self.firms.len() < 12 {
                self.firms.push(customer.id);
            }
            self.tag(customer.id, number).await?;
            self.notes(customer.id, number, added).await?;
            self.interactions(customer.id, number, added).await?;
            self.tasks(customer.id, number, added).await?;
            self.deals(customer.id, number, added).await?;
            self.later(customer.id, number, added).await?;
        }
        Ok(())
    }

    /// Notes about every other customer, from the weeks after it was added.
    async fn notes(&mut self, id: CustomerId, number: u32, added: DateTime<Utc>) -> crm_core::Result<()> {
        let mut at = added;
        for _ in 0..[0, 1, 0, 2, 0, 3][number as usize % 6] {
            at += TimeDelta::minutes(self.random.random_range(30..60 * 24 * 20));
            if at > self.now {
                break;
            }
            self.clock.set(at);
            let (note_type, text) = *self.pick(NOTES);
            let new = NewNote { note_type: Some(note_type), ..NewNote::text(text) };
            self.tx.scope().notes(id).create(new).await?;
        }
        Ok(())
    }

    /// The status of a customer: most stay prospects, some buy, leave, are archived or deleted.
    async fn later(&mut self, id: CustomerId, number: u32, added: DateTime<Utc>) -> crm_core::Result<()> {
        let days = self.random.random_range(2..40);
        self.clock.set((added + TimeDelta::days(days)).min(self.now));
        let become_ = |status| CustomerPatch { status: Patch::Set(status), ..CustomerPatch::default() };
        let mut scope = self.tx.scope();
        match number % 24 {
            1 | 5 | 9 | 13 | 17 => {
                scope.customers().update(id, become_(CustomerStatus::Active), None).await.map(|_| ())
            }
            7 | 19 => scope.customers().update(id, become_(CustomerStatus::Inactive), None).await.map(|_| ()),
            11 => {
                let archive = CustomerPatch { is_archived: Patch::Set(true), ..CustomerPatch::default() };
                scope.customers().update(id, archive, None).await.map(|_| ())
            }
            23 if number % 48 == 23 => scope.customers().delete(id, None).await,
            _ => Ok(()),
        }
    }

    fn customer(&mut self, number: u32) -> NewCustomer {
        let address = *self.pick(match self.company {
            Company::Acme => AMERICA,
            Company::Globex => EUROPE,
        });
        let firm = format!("{} {}", self.pick(FIRMS), self.pick(TRADES));
        let customer = if number % 10 < 3 { self.organization(firm, number) } else { self.person(firm, number) };
        self.with_address(customer, address, number)
    }

    fn organization(&mut self, firm: String, number: u32) -> NewCustomer {
        let domain = format!("{}{number}.example.com", plain(&firm));
        let mut custom_fields = json_object(json!({ "employees": self.random.random_range(1..80) * 5 }));
        custom_fields.extend(self.contract(number));
        NewCustomer {
            email: Some(format!("office@{domain}")),
            website: Some(format!("https://www.{domain}")),
            custom_fields: Some(custom_fields),
            ..NewCustomer::organization(format!("{firm} {}", if number.is_multiple_of(2) { "GmbH" } else { "Inc." }))
        }
    }

    fn person(&mut self, firm: String, number: u32) -> NewCustomer {
        let (first, last) = (*self.pick(FIRST), *self.pick(LAST));
        NewCustomer {
            email: Some(format!("{}.{}{number}@example.com", plain(first), plain(last))),
            organization_name: (!number.is_multiple_of(4)).then_some(firm),
            job_title: (!number.is_multiple_of(4)).then(|| (*self.pick(JOBS)).to_owned()),
            ..NewCustomer::person(first, last)
        }
    }

    fn with_address(&mut self, new: NewCustomer, address: Address, number: u32) -> NewCustomer {
        let (city, state, zip_code, country, phone) = address;
        let status = match number % 6 {
            0 | 1 => CustomerStatus::Active,
            5 if number % 60 == 5 => CustomerStatus::Blocked,
            _ => CustomerStatus::Prospect,
        };
        let reference = |id| vec![ExternalRef { system: "erp".to_owned(), id }];
        NewCustomer {
            phone: Some(format!("{phone}{:04}", self.random.random_range(100..9999))),
            address: Some(format!("{} {}", self.random.random_range(1..180), self.pick(STREETS))),
            city: Some(city.to_owned()),
            state: Some(state.to_owned()),
            zip_code: Some(zip_code.to_owned()),
            country: Some(country.to_owned()),
            status: Some(status),
            owner_id: self.owner(number),
            source: Some((*self.pick(SOURCES)).to_owned()),
            external_refs: (status == CustomerStatus::Active).then(|| reference(format!("D-{}", 20_000 + number))),
            ..new
        }
    }

    /// Sales owns half of the customers, the manager some; the others have no owner.
    fn owner(&self, number: u32) -> Option<UserId> {
        let login = match number % 5 {
            0..=2 => "sales",
            3 => "manager",
            _ => return None,
        };
        self.user(login)
    }

    fn user(&self, login: &str) -> Option<UserId> {
        self.people.iter().find(|person| person.login == login).map(|person| person.id())
    }

    fn pick<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        // Some records for lists that would be empty.
        list.choose(&mut self.random).unwrap_or(&list[0])
    }
}

/// Letters only, as used in addresses.
fn plain(text: &str) -> String {
    crm_core::text::fold(text).chars().filter(char::is_ascii_alphanumeric).collect()
}

fn json_object(value: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    match value {
        serde_json::Value::Object(members) => members,
        _ => serde_json::Map::new(),
    }
}
