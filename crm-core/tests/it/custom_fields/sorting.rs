//! Lists in the order of custom fields: by pages they are the whole, and customers without a value come last.

use std::time::Duration;

use crm_core::Crm;
use crm_core::customers::{Customer, CustomerQuery, CustomerStatus, NewCustomer};
use crm_core::ids::CustomerId;
use crm_core::page::{Count, PageRequest, Position};
use crm_core::text::fold;
use serde_json::{Value, json};
use testkit::{FixedClock, Suite, TestDatabase};

use super::{change, object};
use crate::chance::Chance;
use crate::support::{TestCrm, malformed};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        pages_together_are_the_whole_in_the_order_of_a_field,
        values_that_change_move_their_customers,
        a_field_without_an_order_or_an_index_is_refused,
    ]);
}

const KEYS: [&str; 4] = ["tier", "seats", "renewal", "deal"];

fn query(sort: &str) -> CustomerQuery {
    CustomerQuery { sort: sort.parse().expect("a sort"), ..CustomerQuery::default() }
}

/// A company whose fields have their indexes.
async fn indexed(database: &TestDatabase) -> anyhow::Result<(TestCrm, FixedClock)> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(database, Crm::builder().clock(clock.clone()));
    for (field_type, key) in [("text", "tier"), ("decimal", "seats"), ("date", "renewal"), ("money", "deal")] {
        let field = crm.of_type(field_type, key).await?;
        crm.admin().custom_fields().update(field.id, change(json!({ "isIndexed": true })), None).await?;
    }
    clock.advance(Duration::from_secs(90));
    crm.run_jobs().await?;
    Ok((crm, clock))
}

async fn populate(crm: &TestCrm, count: usize) -> anyhow::Result<Vec<Customer>> {
    let (mut chance, mut customers) = (Chance::new(Chance::seed()), Vec::new());
    for _ in 0..count {
        let mut fields = json!({});
        if chance.once_in(2) {
            fields["tier"] = json!(chance.one(&["gold", "Gold", "Ärger", "silver", "zinc", "Bronze", "東"]));
        }
        if chance.once_in(2) {
            fields["seats"] = json!([-1.5, 0.1, 3.0, 10.0, 1e17][chance.below(5)]);
        }
        if chance.once_in(2) {
            fields["renewal"] = json!(chance.one(&["2026-01-31", "2025-12-01", "2026-02-01"]));
        }
        if chance.once_in(3) {
            fields["deal"] = json!({ "amount": chance.below(5), "currency": "EUR" });
        }
        let status = if chance.once_in(3) { CustomerStatus::Active } else { CustomerStatus::Prospect };
        let custom_fields = Some(object(fields));
        let new = NewCustomer { custom_fields, status: Some(status), ..NewCustomer::organization("Lee & Co") };
        customers.push(crm.create(new).await?);
    }
    Ok(customers)
}

/// The value of a customer that the order compares.
fn compared(customer: &Customer, key: &str) -> Option<(String, f64)> {
    match customer.custom_fields.get(key)? {
        Value::String(text) => Some((fold(text), 0.0)),
        Value::Number(number) => Some((String::new(), number.as_f64().expect("a number"))),
        money => Some((String::new(), money["amount"].as_f64().expect("an amount"))),
    }
}

fn sorted(customers: &[Customer], sort: &str) -> Vec<CustomerId> {
    let (descending, key) = sort.strip_prefix('-').map_or((false, sort), |key| (true, key));
    let key = key.strip_prefix("customFields.").expect("a custom field");
    let mut customers: Vec<&Customer> = customers.iter().collect();
    customers.sort_by(|one, other| {
        let (a, b) = (compared(one, key), compared(other, key));
        let order = match (&a, &b) {
            (Some(a), Some(b)) => a.0.as_bytes().cmp(b.0.as_bytes()).then(a.1.total_cmp(&b.1)),
            // Those without a value come last in either direction.
            (a, b) => return b.is_some().cmp(&a.is_some()).then(by_id(one, other, descending)),
        };
        let order = order.then(one.id.0.cmp(&other.id.0));
        if descending { order.reverse() } else { order }
    });
    customers.iter().map(|customer| customer.id).collect()
}

fn by_id(one: &Customer, other: &Customer, descending: bool) -> std::cmp::Ordering {
    let order = one.id.0.cmp(&other.id.0);
    if descending { order.reverse() } else { order }
}

async fn walked(crm: &TestCrm, query: &CustomerQuery, limit: u64) -> crm_core::Result<Vec<CustomerId>> {
    let (mut scope, mut read, mut request) = (crm.admin(), Vec::new(), PageRequest::default().limit(limit));
    loop {
        let page = scope.customers().list(query, &request).await?;
        read.extend(page.data.iter().map(|customer| customer.id));
        let Some(cursor) = page.next_cursor else { return Ok(read) };
        request = PageRequest::after(cursor).limit(limit);
    }
}

async fn pages_together_are_the_whole_in_the_order_of_a_field(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = indexed(&database).await?;
    let customers = populate(&crm, 60).await?;
    for key in KEYS {
        for sort in [format!("customFields.{key}"), format!("-customFields.{key}")] {
            let (query, expected) = (query(&sort), sorted(&customers, &sort));
            for limit in [1, 7, 60, 100] {
                assert_eq!(walked(&crm, &query, limit).await?, expected, "{sort} by {limit}");
            }
            let mut by_number = Vec::new();
            for number in 1..=9 {
                let request = PageRequest::new(Some(Position::Number(number)), Some(7), Some(Count::Exact))?;
                let page = crm.admin().customers().list(&query, &request).await?;
                assert_eq!(page.total, Some(60));
                by_number.extend(page.data.iter().map(|customer| customer.id));
            }
            assert_eq!(by_number, expected, "{sort} by number");
            let active: Vec<Customer> =
                customers.iter().filter(|customer| customer.status == CustomerStatus::Active).cloned().collect();
            let filtered = CustomerQuery { status: vec![CustomerStatus::Active], ..query };
            assert_eq!(walked(&crm, &filtered, 4).await?, sorted(&active, &sort), "{sort}, filtered");
        }
    }
    let page = crm.admin().customers().list(&query("customFields.tier"), &PageRequest::default().limit(5)).await?;
    let next = PageRequest::after(page.next_cursor.expect("a next page"));
    for other in ["-customFields.tier", "customFields.renewal", "name"] {
        assert_eq!(malformed(crm.admin().customers().list(&query(other), &next).await), "cursor_invalid");
    }
    Ok(())
}

async fn values_that_change_move_their_customers(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = indexed(&database).await?;
    let mut customers = Vec::new();
    for tier in ["b", "a", "c"] {
        let custom_fields = Some(object(json!({ "tier": tier })));
        customers.push(crm.create(NewCustomer { custom_fields, ..NewCustomer::organization(tier) }).await?);
    }
    let names = async |crm: &TestCrm| -> crm_core::Result<String> {
        let page = crm.admin().customers().list(&query("customFields.tier"), &PageRequest::default()).await?;
        Ok(page.data.into_iter().map(|customer| customer.name).collect())
    };
    assert_eq!(names(&crm).await?, "abc");
    customers[1] = crm.set(&customers[1], json!({ "tier": "D" })).await?;
    assert_eq!(names(&crm).await?, "bca");
    customers[0] = crm.set(&customers[0], json!({ "tier": null })).await?;
    assert_eq!(names(&crm).await?, "cab");
    crm.admin().customers().delete(customers[2].id, None).await?;
    assert_eq!(names(&crm).await?, "ab");
    Ok(())
}

async fn a_field_without_an_order_or_an_index_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = indexed(&database).await?;
    crm.of_type("text", "plain").await?;
    let many = crm.of_type("multi_select", "many").await?;
    crm.admin().custom_fields().update(many.id, change(json!({ "isIndexed": true })), None).await?;
    let late = crm.of_type("integer", "late").await?;
    crm.admin().custom_fields().update(late.id, change(json!({ "isIndexed": true })), None).await?;
    let list = async |sort: &str| crm.admin().customers().list(&query(sort), &PageRequest::default()).await;
    for sort in ["customFields.plain", "customFields.many", "-customFields.late", "customFields.unknown"] {
        assert_eq!(malformed(list(sort).await), "sort_invalid", "{sort}");
    }
    assert!("customFields.".parse::<crm_core::customers::CustomerOrder>().is_err());
    clock.advance(Duration::from_secs(90));
    crm.run_jobs().await?;
    list("customFields.late").await?;
    Ok(())
}
