//! The filter language: matches and errors.

mod bounds;
pub mod model;

use std::time::Duration;

use crm_core::actor::Role;
use crm_core::customers::{
    Customer, CustomerKind, CustomerQuery, CustomerStatus, ExternalRef, LifecycleStage, NewCustomer,
};
use crm_core::filter::Filter;
use crm_core::page::{Count, PageRequest};
use crm_core::{CompanyScope, Crm};
use serde_json::{Value, json};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::chance::Chance;
use crate::support::{TestCrm, patch};
use model::{TAGS, TEXTS, random_filter};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_filter_finds_what_a_plain_evaluation_finds,
        shorthands_are_filters,
        text_is_compared_without_case_and_accents,
        signs_of_patterns_stand_for_themselves,
        json_is_compared_by_type_and_value,
    ]);
    bounds::register(suite);
}

/// Customers of all kinds, with ties and gaps in every field.
async fn populate(crm: &TestCrm, clock: &FixedClock, chance: &mut Chance) -> anyhow::Result<Vec<Customer>> {
    let allow = serde_json::from_value(json!({ "duplicatePolicy": "allow", "defaultCountry": "DE" }))?;
    crm.admin().settings().update(allow, None).await?;
    let owners = [
        crm.ensure_mirrored(Role::Admin).await?,
        crm.ensure_mirrored(Role::Manager).await?,
        crm.ensure_mirrored(Role::SalesRep).await?,
    ];
    let mut scope = crm.admin();
    let mut customers = Vec::new();
    for number in 0..50 {
        clock.advance(Duration::from_millis(chance.below(3) as u64 * 250));
        let references: Vec<ExternalRef> = (0..chance.below(3))
            .map(|nth| ExternalRef::new(chance.one(&["erp", "shop", "ERP"]), format!("{number}.{nth}")))
            .collect();
        let mut members = serde_json::Map::new();
        for key in ["tier", "a.b", "n"] {
            members.extend((!chance.once_in(3)).then(|| (key.to_owned(), model::random_json(chance))));
        }
        let new = NewCustomer {
            kind: Some(CustomerKind::ALL[chance.below(2)]),
            name: Some(chance.one(TEXTS).to_owned()),
            email: chance.maybe(&["ann@example.com", "bob@münchen.example", "a_b@straße.example", "x@y.example"]),
            phone: chance.maybe(&["030 901820", "+1 212 555 2368", "call me", "12"]),
            organization_name: chance.maybe(TEXTS),
            job_title: chance.maybe(&["CEO", "ceo", "Clerk"]),
            birth_date: chance
                .maybe(&["1987-10-06", "2001-02-28", "1999-12-31"])
                .map(|date| date.parse().expect("a date")),
            lifecycle_stage: (!chance.once_in(3)).then(|| LifecycleStage::ALL[chance.below(3)]),
            city: chance.maybe(TEXTS),
            state: chance.maybe(&["Bayern", "bayern", "MA"]),
            zip_code: chance.maybe(&["02110", "2110", "10115"]),
            country: chance.maybe(&["DE", "Germany", "US", "Atlantis"]),
            status: Some(CustomerStatus::ALL[chance.below(4)]),
            owner_id: (!chance.once_in(3)).then(|| owners[chance.below(3)]),
            source: chance.maybe(&["referral", "Web Site", "web-site"]),
            external_refs: Some(references),
            custom_fields: Some(members),
            is_archived: Some(chance.once_in(5)),
            ..NewCustomer::default()
        };
        let mut customer = scope.customers().create(new).await?;
        if chance.once_in(3) {
            clock.advance(Duration::from_millis(250));
            let change = patch(|p| &mut p.address, number.to_string());
            customer = scope.customers().update(customer.id, change, None).await?;
        }
        let tags: Vec<&str> = (0..chance.below(4)).map(|_| chance.one(&TAGS[..4])).collect();
        customer.tags = scope.customer_tags(customer.id).add(tags).await?;
        customers.push(customer);
    }
    Ok(customers)
}

async fn found(scope: &mut CompanyScope<'_>, filter: &Filter) -> crm_core::Result<(Vec<Customer>, Option<u64>)> {
    let query = CustomerQuery { filter: Some(filter.clone()), ..CustomerQuery::default() };
    let request = PageRequest::default().limit(100).count(Count::Exact);
    let page = scope.customers().list(&query, &request).await?;
    Ok((page.data, page.total))
}

async fn a_filter_finds_what_a_plain_evaluation_finds(database: TestDatabase) -> anyhow::Result<()> {
    let seed = Chance::seed();
    let mut hits = 0;
    for round in 0..4 {
        let mut chance = Chance::new(seed + round);
        let clock = FixedClock::default();
        let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
        let customers = populate(&crm, &clock, &mut chance).await?;
        let me = crm.user(Role::Admin);
        let mut scope = crm.admin();
        for _ in 0..200 {
            let filter = random_filter(&mut chance, &customers, 4);
            let written = serde_json::to_string(&filter)?;
            assert_eq!(written.parse::<Filter>()?, filter, "what is written is read again");
            let archived = filter.mentions("isArchived");
            let mut expected: Vec<Customer> = customers
                .iter()
                .filter(|customer| archived || !customer.is_archived)
                .filter(|customer| model::matches(&filter, *customer, me))
                .cloned()
                .collect();
            let told = |error| anyhow::anyhow!("seed {seed}, round {round}: {written}: {error:?}");
            let (mut found, total) = found(&mut scope, &filter).await.map_err(told)?;
            expected.sort_by_key(|customer| customer.id);
            found.sort_by_key(|customer| customer.id);
            assert_eq!(found, expected, "seed {seed}, round {round}: {written}");
            assert_eq!(total, Some(expected.len() as u64), "seed {seed}, round {round}: {written}");
            hits += usize::from(!expected.is_empty() && expected.len() < customers.len());
        }
    }
    assert!(hits > 300, "only {hits} filters tell customers apart");
    Ok(())
}

async fn shorthands_are_filters(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let customers = populate(&crm, &clock, &mut Chance::new(Chance::seed())).await?;
    let middle = customers[25].created_at;
    let query = CustomerQuery {
        filter: Some(r#"{"field": "city", "op": "is_null", "value": false}"#.parse()?),
        kind: vec![CustomerKind::Person],
        status: vec![CustomerStatus::Active, CustomerStatus::Prospect],
        created_from: Some(middle.into()),
        ..CustomerQuery::default()
    };
    let expects = |customer: &&Customer| {
        customer.city.is_some()
            && customer.kind == CustomerKind::Person
            && [CustomerStatus::Active, CustomerStatus::Prospect].contains(&customer.status)
    };
    for is_archived in [None, Some(true), Some(false)] {
        for before in [false, true] {
            let mut query = CustomerQuery { is_archived, ..query.clone() };
            if before {
                (query.created_from, query.created_to) = (None, Some(middle.into()));
            }
            let mut expected: Vec<_> = customers
                .iter()
                .filter(|customer| expects(customer) && customer.is_archived == is_archived.unwrap_or(false))
                .filter(|customer| (customer.created_at < middle) == before)
                .map(|customer| customer.id)
                .collect();
            let page = crm.admin().customers().list(&query, &PageRequest::default().limit(100)).await?;
            let mut found: Vec<_> = page.data.iter().map(|customer| customer.id).collect();
            expected.sort();
            found.sort();
            assert_eq!(found, expected);
        }
    }
    Ok(())
}

async fn filtered(crm: &TestCrm, filter: Value) -> crm_core::Result<Vec<String>> {
    let query = CustomerQuery { filter: Some(Filter::from_json(&filter)?), ..CustomerQuery::default() };
    let mut names = crm.names(&query).await?;
    names.sort();
    Ok(names)
}

async fn text_is_compared_without_case_and_accents(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for name in ["Ångström GmbH", "angstrom  gmbh", "Straße", "ΟΔΟΣ", "Zoë"] {
        crm.named(name).await?;
    }
    let name = |op: &str, value: &str| json!({ "field": "name", "op": op, "value": value });
    assert_eq!(filtered(&crm, name("eq", "ANGSTROM GMBH")).await?, ["angstrom  gmbh", "Ångström GmbH"]);
    assert_eq!(filtered(&crm, name("starts_with", "STRASS")).await?, ["Straße"]);
    assert_eq!(filtered(&crm, name("contains", "ström g")).await?, ["angstrom  gmbh", "Ångström GmbH"]);
    assert_eq!(filtered(&crm, name("eq", "οδος")).await?, ["ΟΔΟΣ"]);
    assert_eq!(filtered(&crm, name("gt", "T")).await?, ["Zoë", "ΟΔΟΣ"]);
    let without =
        NewCustomer { email: Some("ann@münchen.example".into()), ..NewCustomer::organization("With address") };
    crm.create(without).await?;
    for (op, value) in [
        ("eq", "Ann@München.example"),
        ("eq", " ann@mu\u{308}nchen.example"),
        ("contains", "@MÜNCH"),
        ("starts_with", "ANN@mün"),
    ] {
        let filter = json!({ "field": "email", "op": op, "value": value });
        assert_eq!(filtered(&crm, filter).await?, ["With address"], "{op} {value}");
    }
    // Another letter is another address.
    let other = json!({ "field": "email", "op": "eq", "value": "ann@munchen.example" });
    assert_eq!(filtered(&crm, other).await?, Vec::<String>::new());
    Ok(())
}

async fn signs_of_patterns_stand_for_themselves(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for name in ["100% sure", "100 sure", "a_b", "aXb", "back\\slash", "back slash", "star*", "quo\"te", "o'brien"] {
        crm.named(name).await?;
    }
    for (value, expected) in [
        ("0%", "100% sure"),
        ("_", "a_b"),
        ("\\", "back\\slash"),
        ("*", "star*"),
        ("\"", "quo\"te"),
        ("o'b", "o'brien"),
    ] {
        let filter = json!({ "field": "name", "op": "contains", "value": value });
        assert_eq!(filtered(&crm, filter).await?, [expected]);
    }
    for (value, expected) in [("100%", "100% sure"), ("a_b", "a_b"), ("back\\", "back\\slash")] {
        let filter = json!({ "field": "name", "op": "starts_with", "value": value });
        assert_eq!(filtered(&crm, filter).await?, [expected]);
    }
    Ok(())
}

async fn json_is_compared_by_type_and_value(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let values = [
        ("one", json!(1)),
        ("one as text", json!("1")),
        ("true", json!(true)),
        ("true as text", json!("true")),
        ("null", json!(null)),
        ("list", json!([1])),
        ("large", json!(i64::MAX)),
        ("fraction", json!(2.5)),
        ("object", json!({ "a": 1 })),
        ("text", json!("Gold")),
    ];
    for (name, value) in &values {
        let fields = json!({ "key": value, "with \u{1F600} and space": value, "a.b": value });
        crm.create(NewCustomer { custom_fields: fields.as_object().cloned(), ..NewCustomer::organization(*name) })
            .await?;
    }
    crm.named("missing").await?;
    for key in ["customFields.key", "customFields.with \u{1F600} and space", "customFields.a.b"] {
        let eq = |value: Value| json!({ "field": key, "op": "eq", "value": value });
        for (value, expected) in [
            (json!(1), vec!["one"]),
            (json!(1.0), vec!["one"]),
            (json!("1"), vec!["one as text"]),
            (json!(true), vec!["true"]),
            (json!("true"), vec!["true as text"]),
            (json!(false), vec![]),
            (json!(i64::MAX), vec!["large"]),
            (json!(2.5), vec!["fraction"]),
            (json!("gold"), vec![]),
            (json!("Gold"), vec!["text"]),
        ] {
            assert_eq!(filtered(&crm, eq(value.clone())).await?, expected, "{value}");
        }
        let missing = json!({ "field": key, "op": "is_null" });
        assert_eq!(filtered(&crm, missing.clone()).await?, ["missing", "null"]);
        assert_eq!(filtered(&crm, json!({ "not": missing })).await?.len(), values.len() - 1);
    }
    Ok(())
}
