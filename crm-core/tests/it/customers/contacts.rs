//! The times of contact: fields, orders and filters agree, for all that an actor may see.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::clock::Clock;
use crm_core::customers::{Customer, CustomerQuery, ImportOptions, NewCustomer};
use crm_core::interactions::{Completion, InteractionType, NewInteraction};
use crm_core::page::{Count, PageRequest, Position};
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Crm};
use sea_orm::{ConnectionTrait, Statement};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::chance::Chance;
use crate::support::{TestCrm, malformed};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        pages_by_a_time_of_contact_are_the_whole_list_for_everyone,
        customers_are_filtered_by_their_times_of_contact,
        many_customers_are_filtered_by_their_times_of_contact,
        a_cursor_of_a_time_of_contact_leads_nowhere_else,
    ]);
}

const SORTS: [&str; 4] = ["lastContactAt", "-lastContactAt", "nextFollowUpAt", "-nextFollowUpAt"];

/// Customers with few moments of contact for all, many without one, and some interactions in the trash.
async fn populate(database: &TestDatabase, seed: u64) -> anyhow::Result<TestCrm> {
    let (mut chance, clock) = (Chance::new(seed), FixedClock::default());
    let crm = TestCrm::with(database, Crm::builder().clock(clock.clone()));
    let owners =
        [Some(crm.ensure_mirrored(Role::SalesRep).await?), Some(crm.ensure_mirrored(Role::Admin).await?), None];
    let mut scope = crm.admin();
    for number in 0..34 {
        clock.advance(Duration::from_millis(chance.below(2) as u64));
        let owner_id = owners[chance.below(3)];
        let new = NewCustomer { owner_id, ..NewCustomer::organization(format!("Customer {number}")) };
        let customer = scope.customers().create(new).await?.id;
        for _ in 0..chance.below(4) {
            let at = clock.now() + TimeDelta::days(chance.below(6) as i64 - 3);
            let owner_id = Patch::from(owners[chance.below(3)]);
            let call = NewInteraction { owner_id, ..NewInteraction::of(InteractionType::Call, "Call") };
            let call = match chance.below(3) {
                0 => NewInteraction { completed_at: Some(at.min(clock.now())), ..call },
                1 => NewInteraction { follow_up_at: Some(at), ..call },
                _ => call.planned(at),
            };
            let mut interactions = scope.interactions(customer);
            let made = interactions.create(call).await?;
            match chance.below(6) {
                0 => interactions.delete(made.id, None).await?,
                1 if made.completed_at.is_none() => {
                    drop(interactions.complete(made.id, Completion::default(), None).await?);
                }
                _ => {}
            }
        }
        if chance.once_in(9) {
            scope.customers().delete(customer, None).await?;
        }
    }
    Ok(crm)
}

/// Those who see all interactions, only their own, none, and only the interactions of nobody.
fn actors(crm: &TestCrm) -> Vec<Actor> {
    let rights = |interactions: Option<Permission>| {
        let others = Role::SalesRep.permissions().filter(|right| right.resource != Resource::Interactions);
        crm.actor(Role::SalesRep).with_permissions(others.chain(interactions))
    };
    let own = Permission::own(Resource::Interactions, Action::Read);
    let own_customers = [own, Permission::own(Resource::Customers, Action::Read)];
    vec![
        crm.actor(Role::Admin),
        rights(Some(own)),
        rights(None),
        crm.actor(Role::SalesRep).with_permissions(own_customers),
        Actor::system(crm.company).with_permissions(own_customers),
    ]
}

fn by(sort: &str) -> CustomerQuery {
    CustomerQuery { sort: sort.parse().expect("a sort"), ..CustomerQuery::default() }
}

fn time(customer: &Customer, sort: &str) -> Option<DateTime<Utc>> {
    if sort.ends_with("lastContactAt") { customer.last_contact_at } else { customer.next_follow_up_at }
}

/// In order: those without the time last, in either direction.
fn sorted(customers: &[Customer], sort: &str) -> Vec<Customer> {
    let mut customers = customers.to_vec();
    customers.sort_by(|one, other| {
        let (one_at, other_at) = (time(one, sort), time(other, sort));
        let order = (one_at, one.id).cmp(&(other_at, other.id));
        let order = if sort.starts_with('-') { order.reverse() } else { order };
        one_at.is_none().cmp(&other_at.is_none()).then(order)
    });
    customers
}

/// All customers that the actor sees, each with the times that the statistics of the customer tell.
async fn seen(scope: &mut CompanyScope<'_>) -> anyhow::Result<Vec<Customer>> {
    let request = PageRequest::default().limit(100);
    let customers = scope.customers().list(&CustomerQuery::default(), &request).await?.data;
    for customer in &customers {
        let activity = scope.stats().activity(customer.id, None).await?;
        let times = (activity.last_contact_at, activity.next_contact_at);
        assert_eq!((customer.last_contact_at, customer.next_follow_up_at), times, "{}", customer.name);
        assert_eq!(&scope.customers().get(customer.id).await?, customer);
    }
    Ok(customers)
}

async fn pages_by_a_time_of_contact_are_the_whole_list_for_everyone(database: TestDatabase) -> anyhow::Result<()> {
    let crm = populate(&database, Chance::seed()).await?;
    for (actor, number) in actors(&crm).into_iter().zip(0..) {
        let mut scope = crm.crm.on(actor, &crm.db);
        let all = seen(&mut scope).await?;
        assert_eq!(all.iter().any(|one| one.last_contact_at.is_some()), number != 2, "{number}");
        for sort in SORTS {
            let expected = sorted(&all, sort);
            for limit in [1, 3, 8, all.len() as u64, 100] {
                let read = pages(&mut scope, &by(sort), limit).await?;
                assert_eq!(read, expected, "{sort}, {limit} at a time, actor {number}");
            }
            for (page, expected) in expected.chunks(5).enumerate() {
                let request = PageRequest::new(Some(Position::Number(page as u64 + 1)), Some(5), Some(Count::Exact))?;
                let page = scope.customers().list(&by(sort), &request).await?;
                assert_eq!((&*page.data, page.total), (expected, Some(all.len() as u64)), "{sort}");
            }
        }
    }
    Ok(())
}

/// Bounds of the last contact, and of the next.
type Bounds = (Option<DateTime<Utc>>, Option<DateTime<Utc>>, Option<DateTime<Utc>>);

fn within((after, before, next): Bounds, sort: &str) -> CustomerQuery {
    CustomerQuery {
        last_contact_after: after.map(Into::into),
        last_contact_before: before.map(Into::into),
        next_follow_up_before: next.map(Into::into),
        ..by(sort)
    }
}

fn is_within(customer: &Customer, (after, before, next): Bounds) -> bool {
    let last = customer.last_contact_at;
    after.is_none_or(|after| last.is_some_and(|last| last >= after))
        && before.is_none_or(|before| last.is_some_and(|last| last < before))
        && next.is_none_or(|next| customer.next_follow_up_at.is_some_and(|at| at < next))
}

/// Each bound alone and with the others, in each order, page by page and counted.
async fn customers_are_filtered_by_their_times_of_contact(database: TestDatabase) -> anyhow::Result<()> {
    let mut chance = Chance::new(Chance::seed() + 1);
    let crm = populate(&database, Chance::seed() + 1).await?;
    for actor in actors(&crm) {
        let mut scope = crm.crm.on(actor, &crm.db);
        let all = seen(&mut scope).await?;
        for bounded in 0..8 {
            let mut bound = |number: u8| {
                let day = FixedClock::default_time() + TimeDelta::days(chance.below(6) as i64 - 2);
                (bounded >> number & 1 == 1).then_some(day)
            };
            let bounds = (bound(0), bound(1), bound(2));
            for sort in SORTS.into_iter().chain(["-createdAt", "name"]) {
                let mut expected = match SORTS.contains(&sort) {
                    true => sorted(&all, sort),
                    false => pages(&mut scope, &by(sort), 100).await?,
                };
                expected.retain(|one| is_within(one, bounds));
                let query = within(bounds, sort);
                for limit in [1 + chance.below(4) as u64, 100] {
                    assert_eq!(pages(&mut scope, &query, limit).await?, expected, "{query:?}, {limit} at a time");
                }
                let request = PageRequest::new(Some(Position::Number(2)), Some(3), Some(Count::Exact))?;
                let page = scope.customers().list(&query, &request).await?;
                let second: Vec<Customer> = expected.iter().skip(3).take(3).cloned().collect();
                assert_eq!((page.total, page.data), (Some(expected.len() as u64), second), "{query:?}");
            }
        }
    }
    Ok(())
}

/// A whole list, so many at a time.
async fn pages(scope: &mut CompanyScope<'_>, query: &CustomerQuery, limit: u64) -> anyhow::Result<Vec<Customer>> {
    let (mut read, mut request) = (Vec::new(), PageRequest::default().limit(limit));
    loop {
        let page = scope.customers().list(query, &request).await?;
        read.extend(page.data);
        let Some(cursor) = page.next_cursor else { return Ok(read) };
        request = PageRequest::after(cursor).limit(limit);
    }
}

/// More customers within the bounds than are looked up one by one.
async fn many_customers_are_filtered_by_their_times_of_contact(database: TestDatabase) -> anyhow::Result<()> {
    const CUSTOMERS: usize = 5_100;
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    let csv = (0..CUSTOMERS).fold("Name\n".to_owned(), |csv, number| format!("{csv}Customer {number:04}\n"));
    let imported = scope.customers().import(std::io::Cursor::new(csv), ImportOptions::default()).await?;
    assert_eq!(imported.created, CUSTOMERS as u64);
    // Other tests read the first 10,000 events of all companies.
    let events = Statement::from_sql_and_values(
        crm.db.get_database_backend(),
        "DELETE FROM crm_outbox WHERE company_id = $1",
        [crm.company.0.into()],
    );
    crm.db.execute_raw(events).await?;
    let last = FixedClock::default_time();
    let next = last + TimeDelta::days(1);
    let contacts = Statement::from_sql_and_values(
        crm.db.get_database_backend(),
        "INSERT INTO crm_customer_stats \
         (company_id, customer_id, notes, interactions, completed, last_contact_at, next_follow_up_at) \
         SELECT company_id, id, 0, 1, 1, $1, CASE WHEN name LIKE '%7' THEN $2 END FROM crm_customers \
         WHERE company_id = $3 AND name <> 'Customer 0000'",
        [last.into(), next.into(), crm.company.0.into()],
    );
    crm.db.execute_raw(contacts).await?;
    let bounds = (None, Some(last + TimeDelta::days(1)), None);
    let names = |customers: Vec<Customer>| customers.into_iter().map(|one| one.name).collect::<Vec<_>>();
    let numbered =
        |numbers: std::ops::Range<usize>| numbers.map(|one| format!("Customer {one:04}")).collect::<Vec<_>>();
    let page = |number| PageRequest::new(Some(Position::Number(number)), Some(50), Some(Count::Exact));
    let first = scope.customers().list(&within(bounds, "name"), &page(1)?).await?;
    assert_eq!((first.total, names(first.data)), (Some(CUSTOMERS as u64 - 1), numbered(1..51)));
    let request = PageRequest::after(first.next_cursor.expect("a second page")).limit(50);
    for request in [request, page(2)?] {
        assert_eq!(names(scope.customers().list(&within(bounds, "name"), &request).await?.data), numbered(51..101));
    }
    // Of 5,100 customers 510 have a follow-up, and come first.
    let due = scope.customers().list(&within(bounds, "nextFollowUpAt"), &page(10)?).await?;
    assert!(due.data.iter().all(|one| one.next_follow_up_at == Some(next)));
    let mixed = scope.customers().list(&within(bounds, "nextFollowUpAt"), &page(11)?).await?;
    assert_eq!(mixed.data.iter().filter(|one| one.next_follow_up_at.is_some()).count(), 10);
    assert_eq!((mixed.total, mixed.data.len()), (Some(CUSTOMERS as u64 - 1), 50));
    let none = (None, Some(last), None);
    assert_eq!(scope.customers().list(&within(none, "-name"), &page(1)?).await?.total, Some(0));
    Ok(())
}

async fn a_cursor_of_a_time_of_contact_leads_nowhere_else(database: TestDatabase) -> anyhow::Result<()> {
    let crm = populate(&database, Chance::seed() + 2).await?;
    let mut scope = crm.admin();
    for sort in SORTS {
        let page = scope.customers().list(&by(sort), &PageRequest::default().limit(1)).await?;
        let request = PageRequest::after(page.next_cursor.expect("a second page"));
        for other in SORTS.into_iter().chain(["name", "-createdAt"]).filter(|other| *other != sort) {
            assert_eq!(malformed(scope.customers().list(&by(other), &request).await), "cursor_invalid");
        }
        let filtered = CustomerQuery { last_contact_before: Some(FixedClock::default_time().into()), ..by(sort) };
        assert_eq!(malformed(scope.customers().list(&filtered, &request).await), "cursor_invalid");
    }
    Ok(())
}
