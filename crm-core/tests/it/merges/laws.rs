//! The law: a merge that is undone has changed nothing but versions, times and the records of what was done.

use std::collections::BTreeMap;

use crm_core::Error;
use crm_core::actor::Role;
use crm_core::companies::{DuplicatePolicy, SettingsPatch};
use crm_core::consents::{ContactChannel, NewConsent};
use crm_core::customers::{
    Customer, CustomerAddress, CustomerEmail, CustomerPhone, ExternalRef, NewCustomer, NewCustomerLink,
};
use crm_core::interactions::NewInteraction;
use crm_core::notes::{NewNote, NoteVisibility};
use crm_core::patch::Patch;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use testkit::{Backend, Suite, TestDatabase};

use super::{REFUSE, of};
use crate::chance::Chance;
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_merge_that_is_undone_was_never_there,
        links_are_as_before_a_merge_that_is_undone,
    ]);
}

/// What tells of a merge, and not of the customers.
pub(super) const TOLD: &[&str] =
    &["crm_audit", "crm_changes", "crm_customer_merges", "crm_event_heads", "crm_outbox", "crm_users"];

/// What each write of a customer stamps.
const STAMPS: &[&str] = &["version", "updated_at", "updated_by_kind", "updated_by_id"];

/// All rows of the company in all tables but for some of these, by table.
pub(super) async fn store(crm: &TestCrm, without: &[&str]) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let mut store = BTreeMap::new();
    for (table, columns) in columns(crm).await? {
        let is_told = without.contains(&table.as_str());
        if !is_told && columns.iter().any(|column| column == "company_id") {
            let skipped: &[&str] = if table == "crm_customers" && !without.is_empty() { STAMPS } else { &[] };
            let columns = columns.iter().filter(|column| !skipped.contains(&column.as_str()));
            store.insert(table.clone(), rows(crm, &table, columns).await?);
        }
    }
    Ok(store)
}

pub(super) async fn columns(crm: &TestCrm) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let sql = match crm.backend {
        Backend::Postgres => {
            "SELECT table_name AS t, column_name AS c FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name LIKE 'crm\\_%' ORDER BY table_name, column_name"
        }
        Backend::Sqlite => {
            "SELECT m.name AS t, columns.name AS c FROM sqlite_master AS m, pragma_table_info(m.name) AS columns \
             WHERE m.type = 'table' AND m.name LIKE 'crm\\_%' ESCAPE '\\' ORDER BY m.name, columns.name"
        }
    };
    let mut tables = BTreeMap::<String, Vec<String>>::new();
    for row in crm.db.query_all_raw(Statement::from_string(crm.db.get_database_backend(), sql)).await? {
        tables.entry(row.try_get("", "t")?).or_default().push(row.try_get("", "c")?);
    }
    Ok(tables)
}

async fn rows<'c>(
    crm: &TestCrm,
    table: &str,
    columns: impl Iterator<Item = &'c String>,
) -> anyhow::Result<Vec<String>> {
    let column = |name: &String| match crm.backend {
        Backend::Postgres => format!("'{name}=' || coalesce(\"{name}\"::text, 'NULL')"),
        Backend::Sqlite => format!("'{name}=' || quote(\"{name}\")"),
    };
    let row = columns.map(column).collect::<Vec<_>>().join(" || ' ' || ");
    // A row of zeros says no more than none.
    let empty = match table {
        "crm_customer_stats" => " AND (notes > 0 OR interactions > 0)",
        _ => "",
    };
    let sql = format!("SELECT {row} AS row FROM \"{table}\" WHERE company_id = $1{empty}");
    let values = [crm.company.0.into()];
    let statement = Statement::from_sql_and_values(crm.db.get_database_backend(), sql, values);
    let rows = crm.db.query_all_raw(statement).await?;
    let mut rows = rows.iter().map(|row| Ok(row.try_get("", "row")?)).collect::<anyhow::Result<Vec<String>>>()?;
    rows.sort_unstable();
    Ok(rows)
}

const CITIES: [&str; 3] = ["Boston", "Berlin", "Malmö"];
const TAGS: [&str; 4] = ["VIP", "New", "Newsletter", "Partner"];
const PHONES: [&str; 3] = ["+1 212 555 2368", "+12125552368", "+49 30 901820"];

fn any_customer(
    chance: &mut Chance,
    number: usize,
    policy: DuplicatePolicy,
    owners: &[crm_core::ids::UserId],
) -> NewCustomer {
    let mut emails = Vec::new();
    for place in 0..chance.below(3) {
        let shared = policy == DuplicatePolicy::Allow && chance.once_in(2);
        let address = if shared { format!("{place}@example.com") } else { format!("{number}.{place}@example.com") };
        emails.push(CustomerEmail { is_opted_out: chance.once_in(4), ..CustomerEmail::new(address) });
    }
    let phones = (0..chance.below(2)).map(|_| CustomerPhone::new(chance.one(&PHONES))).collect();
    let addresses = (0..chance.below(2)).map(|_| CustomerAddress {
        city: chance.maybe(&CITIES),
        country: Some("US".to_owned()),
        ..Default::default()
    });
    let addresses = addresses.collect();
    let custom = json!({ "tier": chance.maybe(&["gold", "silver"]), "size": chance.below(3) });
    NewCustomer {
        emails: Some(emails),
        phones: Some(phones),
        addresses: Some(addresses),
        job_title: chance.maybe(&["Buyer", "Owner"]),
        description: chance.maybe(&["Pays late", "Pays at once"]),
        owner_id: (!chance.once_in(3)).then(|| owners[chance.below(owners.len())]),
        external_refs: chance.once_in(2).then(|| vec![ExternalRef::new("erp", number.to_string())]),
        custom_fields: custom.as_object().cloned(),
        is_archived: Some(chance.once_in(5)),
        ..NewCustomer::person(chance.one(&["Ann", "Anna"]), format!("Lee {number}"))
    }
}

async fn fill(crm: &TestCrm, chance: &mut Chance, customer: &Customer) -> anyhow::Result<()> {
    for tag in TAGS.into_iter().filter(|_| chance.once_in(2)).collect::<Vec<_>>() {
        crm.admin().customer_tags(customer.id).add([tag]).await?;
    }
    for _ in 0..chance.below(3) {
        let visibility = chance.once_in(3).then_some(NoteVisibility::Private);
        let role = if chance.once_in(2) { Role::SalesRep } else { Role::Admin };
        let note = crm.scope(role).notes(customer.id).create(NewNote { visibility, ..NewNote::text("Noted") }).await?;
        if chance.once_in(4) {
            crm.scope(role).notes(customer.id).delete(note.id, None).await?;
        }
    }
    for _ in 0..chance.below(3) {
        let at = chrono::Utc::now() + chrono::TimeDelta::hours(chance.below(200) as i64 - 100);
        let new = NewInteraction { scheduled_at: Some(at), ..NewInteraction::default() };
        crm.admin().interactions(customer.id).create(new).await?;
    }
    let consent = NewConsent::granted("newsletter", ContactChannel::Email);
    crm.admin().consents(customer.id).create(consent).await?;
    Ok(())
}

async fn a_merge_that_is_undone_was_never_there(database: TestDatabase) -> anyhow::Result<()> {
    let seed = Chance::seed();
    let mut chance = Chance::new(seed);
    for policy in [DuplicatePolicy::Reject, DuplicatePolicy::Allow] {
        let crm = TestCrm::new(&database);
        let settings = SettingsPatch { duplicate_policy: Patch::Set(policy), ..SettingsPatch::default() };
        crm.admin().settings().update(settings, None).await?;
        let owners = [crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Manager).await?];
        let mut customers = Vec::new();
        for number in 0..6 {
            let customer = crm.create(any_customer(&mut chance, number, policy, &owners)).await?;
            fill(&crm, &mut chance, &customer).await?;
            customers.push(customer);
        }
        let mut linked = customers.clone();
        for number in 0..3 {
            linked.push(crm.organization(&format!("Firm {number}")).await);
        }
        any_links(&crm, &mut chance, &linked, 40).await?;
        for round in 0..12 {
            let first = chance.below(customers.len());
            let losers = 1 + chance.below(3);
            let (survivor, others) = (&customers[first], (1..=losers).map(|step| &customers[(first + step) % 6]));
            let others: Vec<&Customer> = others.collect();
            let case = format!("seed {seed}, {policy} round {round}: {first} of {losers}");
            let mut request = of(survivor, &others);
            for field in ["name", "jobTitle", "email", "phone", "address", "ownerId", "customFields.tier"] {
                if chance.once_in(3) {
                    request.fields.insert(field.to_owned(), others[chance.below(others.len())].id);
                }
            }
            let before = store(&crm, TOLD).await?;
            let merge = crm.merge(request).await?;
            // Sometimes the survivor is merged into yet another customer.
            let last = &customers[(first + 4) % 6];
            let further = if chance.once_in(2) { crm.merge(of(last, &[survivor])).await?.id } else { None };
            assert_ne!(store(&crm, TOLD).await?, before, "{case}");
            if further.is_some() {
                crm.undo(further, REFUSE).await.map_err(|error| anyhow::anyhow!("{case}: {error}"))?;
            }
            crm.undo(merge.id, REFUSE).await.map_err(|error| anyhow::anyhow!("{case}: {error}"))?;
            let after = store(&crm, TOLD).await?;
            for (table, rows) in &before {
                assert_eq!(Some(rows), after.get(table), "{case}: {table}");
            }
        }
    }
    Ok(())
}

const LABELS: [&str; 8] = ["employee", "owner", "family", "partner", "referred_by", "parent", "parent", "Aufsichtsrat"];

/// Links between random customers; those that the rules refuse are not there.
pub(super) async fn any_links(
    crm: &TestCrm,
    chance: &mut Chance,
    customers: &[Customer],
    count: usize,
) -> anyhow::Result<()> {
    for _ in 0..count {
        let (from, to) = (customers[chance.below(customers.len())].id, customers[chance.below(customers.len())].id);
        let day = |chance: &mut Chance| format!("20{}-0{}-01", 10 + chance.below(9), 1 + chance.below(9)).parse().ok();
        let has_ended = chance.once_in(3);
        let started_on = if chance.once_in(2) { day(chance) } else { None };
        let new = NewCustomerLink {
            title: chance.maybe(&["Buyer", "Head of purchasing"]),
            is_primary: Some(!has_ended && chance.once_in(2)),
            is_inactive: has_ended.then_some(true),
            ended_on: if has_ended && started_on.is_none() { day(chance) } else { None },
            started_on,
            ..NewCustomerLink::to(to, chance.one(&LABELS))
        };
        match crm.link(from, new).await {
            Ok(_) | Err(Error::Invalid(_) | Error::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// People and organizations, alive and in the trash, with links of all kinds. A merge that the hierarchy refuses changes
/// nothing, as every refusal.
async fn links_are_as_before_a_merge_that_is_undone(database: TestDatabase) -> anyhow::Result<()> {
    for seed in Chance::seed()..Chance::seed() + 3 {
        let (crm, mut chance) = (TestCrm::new(&database), Chance::new(seed));
        let mut customers = Vec::new();
        for number in 0..6 {
            customers.push(crm.organization(&format!("Firm {number}")).await);
        }
        for number in 0..4 {
            customers.push(crm.person(&format!("Person {number}")).await);
        }
        any_links(&crm, &mut chance, &customers, 120).await?;
        crm.admin().customers().delete(customers[5].id, None).await?;
        crm.admin().customers().delete(customers[9].id, None).await?;
        let (mut merged, mut refused) = (0, 0);
        for round in 0..16 {
            // Of organizations or of people.
            let (start, alive) = if chance.once_in(3) { (6, 3) } else { (0, 5) };
            let first = chance.below(alive);
            let at = |step: usize| &customers[start + (first + step) % alive];
            let others: Vec<&Customer> = (1..=1 + chance.below(2)).map(at).collect();
            let mut request = of(at(0), &others);
            if chance.once_in(3) {
                request.fields.insert("organizationName".to_owned(), others[0].id);
            }
            if chance.once_in(3) {
                request.fields.insert("name".to_owned(), others[0].id);
            }
            let case = format!("seed {seed}, round {round}: {first} of {}", others.len());
            let before = store(&crm, TOLD).await?;
            match crm.merge(request).await {
                Ok(merge) => {
                    merged += 1;
                    crm.undo(merge.id, REFUSE).await.map_err(|error| anyhow::anyhow!("{case}: {error}"))?;
                }
                Err(Error::Invalid(_)) => refused += 1,
                Err(error) => anyhow::bail!("{case}: {error}"),
            }
            let after = store(&crm, TOLD).await?;
            for (table, rows) in &before {
                assert_eq!(Some(rows), after.get(table), "{case}: {table}");
            }
        }
        assert!(merged > refused, "seed {seed}: {merged} merged, {refused} refused");
    }
    Ok(())
}
