//! Pages together are the complete list, despite concurrent writes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crm_core::customers::{Customer, CustomerQuery, CustomerSort, NewCustomer};
use crm_core::ids::CustomerId;
use crm_core::page::{Count, Page, PageRequest, Position, TotalRelation};
use crm_core::text::fold;
use crm_core::{CompanyScope, Crm};
use serde_json::{Value, json};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::chance::Chance;
use crate::support::{TestCrm, malformed, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            pages_together_are_the_whole_in_every_order,
            pages_by_number_and_by_cursor_agree,
            names_are_in_order_whatever_their_case_and_letters,
            a_cursor_belongs_to_its_sort_and_filter,
            a_cursor_that_was_tampered_with_is_refused,
            a_list_is_counted_as_asked,
            under_concurrent_writes_nothing_unchanged_is_skipped_or_repeated,
        ];
        plain: [a_page_has_bounds, a_sort_is_one_of_the_known]
    );
}

const SORTS: [&str; 6] = ["createdAt", "-createdAt", "updatedAt", "-updatedAt", "name", "-name"];

fn query(sort: &str) -> CustomerQuery {
    CustomerQuery { sort: sort.parse().expect("a sort"), ..CustomerQuery::default() }
}

/// Customers with many ties: a few names and a few moments for all of them.
async fn populate(database: &TestDatabase, count: usize) -> anyhow::Result<(TestCrm, Vec<Customer>)> {
    let mut chance = Chance::new(Chance::seed());
    let clock = FixedClock::default();
    let crm = TestCrm::with(database, Crm::builder().clock(clock.clone()));
    let mut scope = crm.admin();
    let mut customers = Vec::new();
    for _ in 0..count {
        clock.advance(Duration::from_millis(chance.below(2) as u64));
        let name = chance.one(&["Ann", "ann", "Änn", "Bob", "bob  ", "Łódź", "東京"]);
        let city = chance.maybe(&["Boston", "Berlin"]);
        let mut customer = scope.customers().create(NewCustomer { city, ..NewCustomer::organization(name) }).await?;
        if chance.once_in(4) {
            customer = scope.customers().update(customer.id, patch(|p| &mut p.state, "x".to_owned()), None).await?;
        }
        customers.push(customer);
    }
    Ok((crm, customers))
}

/// All pages of a list, by its cursors.
async fn walk(scope: &mut CompanyScope<'_>, query: &CustomerQuery, limit: u64) -> crm_core::Result<Vec<Customer>> {
    let (mut read, mut request) = (Vec::new(), PageRequest::default().limit(limit));
    loop {
        let page = scope.customers().list(query, &request).await?;
        assert!(page.data.len() as u64 <= limit);
        let full = page.data.len() as u64 == limit;
        read.extend(page.data);
        let Some(cursor) = page.next_cursor else { return Ok(read) };
        assert!(full, "only the last page is short");
        request = PageRequest::after(cursor).limit(limit);
    }
}

fn sorted(customers: &[Customer], sort: &str) -> Vec<CustomerId> {
    let mut customers: Vec<&Customer> = customers.iter().collect();
    let (descending, key) = sort.strip_prefix('-').map_or((false, sort), |key| (true, key));
    customers.sort_by(|one, other| {
        let order = match key {
            "createdAt" => one.created_at.cmp(&other.created_at),
            "updatedAt" => one.updated_at.cmp(&other.updated_at),
            _ => fold(&one.name).cmp(&fold(&other.name)),
        };
        order.then(one.id.cmp(&other.id))
    });
    if descending {
        customers.reverse();
    }
    customers.into_iter().map(|customer| customer.id).collect()
}

fn ids(customers: &[Customer]) -> Vec<CustomerId> {
    customers.iter().map(|customer| customer.id).collect()
}

async fn pages_together_are_the_whole_in_every_order(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, customers) = populate(&database, 45).await?;
    let mut scope = crm.admin();
    for sort in SORTS {
        let expected = sorted(&customers, sort);
        for limit in [1, 2, 7, 15, 44, 45, 46, 100] {
            let read = walk(&mut scope, &query(sort), limit).await?;
            assert_eq!(ids(&read), expected, "{sort}, {limit} at a time");
        }
        let filter = r#"{"field": "city", "op": "eq", "value": "boston"}"#;
        let filtered = CustomerQuery { filter: Some(filter.parse()?), ..query(sort) };
        let in_boston = |customer: &&Customer| customer.city.as_deref() == Some("Boston");
        let expected: Vec<Customer> = customers.iter().filter(in_boston).cloned().collect();
        let read = walk(&mut scope, &filtered, 4).await?;
        assert_eq!(ids(&read), sorted(&expected, sort), "{sort}, filtered");
    }
    Ok(())
}

async fn pages_by_number_and_by_cursor_agree(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, customers) = populate(&database, 31).await?;
    let mut scope = crm.admin();
    for sort in SORTS {
        let mut read: Vec<CustomerId> = Vec::new();
        for number in 1..=8 {
            let request = PageRequest::new(Some(Position::Number(number)), Some(4), None)?;
            let page = scope.customers().list(&query(sort), &request).await?;
            assert_eq!((page.number, page.limit, page.total), (Some(number), 4, Some(31)));
            if let Some(cursor) = &page.next_cursor {
                let after = scope.customers().list(&query(sort), &PageRequest::after(cursor).limit(4)).await?;
                let request = PageRequest::new(Some(Position::Number(number + 1)), Some(4), None)?;
                let next = scope.customers().list(&query(sort), &request).await?;
                assert_eq!((after.data, after.number), (next.data, None));
            }
            assert_eq!(page.next_cursor.is_none(), number == 8);
            read.extend(ids(&page.data));
        }
        assert_eq!(read, sorted(&customers, sort));
        let beyond = PageRequest::new(Some(Position::Number(9)), Some(4), None)?;
        let page = scope.customers().list(&query(sort), &beyond).await?;
        assert_eq!((page.data.len(), page.next_cursor, page.total), (0, None, Some(31)));
    }
    Ok(())
}

async fn names_are_in_order_whatever_their_case_and_letters(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for name in ["zoë", "Ärger", "arger 2", "Zoe 2", "Éclair", "100%", "東京", "_x", "a b", "a-b", "ab"] {
        crm.named(name).await?;
    }
    let expected = ["100%", "_x", "a b", "a-b", "ab", "Ärger", "arger 2", "Éclair", "zoë", "Zoe 2", "東京"];
    assert_eq!(crm.names(&query("name")).await?, expected);
    Ok(())
}

async fn a_cursor_belongs_to_its_sort_and_filter(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = populate(&database, 5).await?;
    let mut scope = crm.admin();
    let filter = |value: &str| format!(r#"{{"field": "city", "op": "ne", "value": "{value}"}}"#).parse();
    let own = CustomerQuery { filter: Some(filter("x")?), ..query("name") };
    let cursor = scope.customers().list(&own, &PageRequest::default().limit(1)).await?.next_cursor;
    let request = PageRequest::after(cursor.expect("a second page"));
    scope.customers().list(&own, &request.clone().limit(100).count(Count::Exact)).await?;
    for other in [
        query("name"),
        CustomerQuery { sort: "-name".parse()?, ..own.clone() },
        CustomerQuery { sort: "createdAt".parse()?, ..own.clone() },
        CustomerQuery { filter: Some(filter("y")?), ..own.clone() },
        CustomerQuery { is_archived: Some(true), ..own.clone() },
        CustomerQuery { trashed: true, ..own.clone() },
        CustomerQuery { owner: Some("none".parse()?), ..own.clone() },
    ] {
        assert_eq!(malformed(scope.customers().list(&other, &request).await), "cursor_invalid", "{other:?}");
    }
    assert_eq!(malformed(scope.users().list(&request).await), "cursor_invalid");
    Ok(())
}

async fn a_cursor_that_was_tampered_with_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = populate(&database, 3).await?;
    let mut scope = crm.admin();
    for sort in ["createdAt", "name"] {
        let page: Page<Customer> = scope.customers().list(&query(sort), &PageRequest::default().limit(1)).await?;
        let cursor = page.next_cursor.expect("a second page");
        let content: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&cursor)?)?;
        let encode = |content: &Value| URL_SAFE_NO_PAD.encode(content.to_string());
        assert_eq!(encode(&content).len(), cursor.len(), "this is how a cursor is made");
        let with = |name: &str, value: Value| {
            let mut content = content.clone();
            content[name] = value;
            encode(&content)
        };
        let mut tampered = vec![
            String::new(),
            "nonsense".to_owned(),
            "!".to_owned(),
            cursor[1..].to_owned(),
            format!("{cursor}AA"),
            encode(&json!({})),
            encode(&json!([])),
            with("v", json!(2)),
            with("i", json!("x")),
            with("s", json!("-name")),
            with("k", json!({ "n": 7 })),
            with("k", json!(null)),
            with("k", json!({ "x": "a\0b" })),
            with("k", json!({ "t": "-100000-01-01T00:00:00Z" })),
            with("k", json!({ "t": "+200000-01-01T00:00:00Z" })),
        ];
        tampered.push(with(
            "k",
            if sort == "name" { json!({ "t": "2026-06-01T00:00:00Z" }) } else { json!({ "x": "ann" }) },
        ));
        for cursor in tampered {
            let answer = scope.customers().list(&query(sort), &PageRequest::after(&cursor)).await;
            assert_eq!(
                malformed(answer),
                "cursor_invalid",
                "{:?}",
                URL_SAFE_NO_PAD.decode(&cursor).map(String::from_utf8)
            );
        }
    }
    Ok(())
}

/// Fills a company behind the CRM's back: a thousand customers by the API would take longer than their count.
async fn fill(crm: &TestCrm, customer: &Customer, times: usize) -> anyhow::Result<()> {
    use sea_orm::{ConnectionTrait, Statement};
    let numbers = match crm.backend {
        testkit::Backend::Postgres => format!("generate_series(1, {times}) AS numbers (n)"),
        testkit::Backend::Sqlite => format!(
            "(WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {times}) SELECT n FROM numbers) AS numbers"
        ),
    };
    let id = if crm.backend == testkit::Backend::Postgres { "gen_random_uuid()" } else { "randomblob(16)" };
    let columns = "version, created_at, updated_at, kind, name, name_key, status, custom_fields, metadata, is_archived, \
         search_text, created_by_kind, updated_by_kind";
    let sql = format!(
        "INSERT INTO crm_customers (company_id, id, {columns}) SELECT company_id, {id}, {columns} \
         FROM crm_customers, {numbers} WHERE company_id = $1 AND id = $2"
    );
    let values = [crm.company.0.into(), customer.id.0.into()];
    crm.db.execute_raw(Statement::from_sql_and_values(crm.db.get_database_backend(), sql, values)).await?;
    Ok(())
}

async fn a_list_is_counted_as_asked(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let mut total = async |count: Option<Count>, position: Position| -> anyhow::Result<_> {
        let page = scope
            .customers()
            .list(&CustomerQuery::default(), &PageRequest::new(Some(position), Some(1), count)?)
            .await?;
        Ok((page.total, page.total_relation, page.next_cursor))
    };
    let exactly = |number| (Some(number), Some(TotalRelation::Eq));
    fill(&crm, &customer, 999).await?;
    let first = || Position::Number(1);
    assert_eq!(two(&total(None, first()).await?), exactly(1_000));
    fill(&crm, &customer, 1).await?;
    // By number up to a thousand, by cursor not at all, exactly on request.
    let (number, relation, cursor) = total(None, first()).await?;
    assert_eq!((number, relation), (Some(1_000), Some(TotalRelation::Gte)));
    let cursor = || Position::Cursor(cursor.clone().expect("a second page"));
    assert_eq!(two(&total(None, cursor()).await?), (None, None));
    for position in [first(), cursor()] {
        assert_eq!(two(&total(Some(Count::Exact), position.clone()).await?), exactly(1_001));
        assert_eq!(two(&total(Some(Count::Capped), position.clone()).await?), (Some(1_000), Some(TotalRelation::Gte)));
        assert_eq!(two(&total(Some(Count::None), position).await?), (None, None));
    }
    Ok(())
}

fn two<A: Clone, B: Clone, C>((one, other, _): &(A, B, C)) -> (A, B) {
    (one.clone(), other.clone())
}

async fn under_concurrent_writes_nothing_unchanged_is_skipped_or_repeated(
    database: TestDatabase,
) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for number in 0..60 {
        crm.named(["Ann", "Bob", "Zoë"][number % 3]).await?;
    }
    let mut changing = BTreeSet::new();
    for _ in 0..12 {
        changing.insert(crm.named("Moves about").await?.id);
    }
    let all = walk(&mut crm.admin(), &query("createdAt"), 100).await?;
    let unchanged: BTreeSet<CustomerId> = ids(&all).into_iter().filter(|id| !changing.contains(id)).collect();
    assert_eq!(unchanged.len(), 60);

    let mut scope = crm.admin();
    let mut writer =
        Writer { scope: crm.admin(), chance: Chance::new(7), changing: changing.iter().copied().collect() };
    for sort in SORTS {
        let mut seen: BTreeMap<CustomerId, usize> = BTreeMap::new();
        for customer in walk_while_writing(&mut scope, &mut writer, &query(sort)).await? {
            *seen.entry(customer.id).or_default() += 1;
        }
        for id in &unchanged {
            assert_eq!(seen.get(id), Some(&1), "{sort}");
        }
        // What is sorted by a key that never changes comes once, changed or not.
        if sort.ends_with("createdAt") {
            assert!(changing.iter().all(|id| seen.get(id) == Some(&1)), "{sort}");
        }
    }
    Ok(())
}

/// Adds customers, and moves others about.
struct Writer {
    scope: CompanyScope<'static>,
    chance: Chance,
    changing: Vec<CustomerId>,
}

impl Writer {
    async fn write(&mut self) -> crm_core::Result<()> {
        let name = self.chance.one(&["Aaron", "Bob", "Moe", "Zz"]);
        self.scope.customers().create(NewCustomer::organization(name)).await?;
        let moved = self.changing[self.chance.below(self.changing.len())];
        let name = format!("{name} {}", self.chance.below(1_000));
        self.scope.customers().update(moved, patch(|p| &mut p.name, name), None).await.map(|_| ())
    }
}

/// All pages of a list, each read during concurrent writes. The writes stop after some pages, because a list that grows
/// as fast as it is read has no end.
async fn walk_while_writing(
    scope: &mut CompanyScope<'_>,
    writer: &mut Writer,
    query: &CustomerQuery,
) -> anyhow::Result<Vec<Customer>> {
    let (mut read, mut request) = (Vec::new(), PageRequest::default().limit(7));
    for pages in 0.. {
        let customers = scope.customers();
        let page = match pages {
            0..=20 => {
                let (page, written) = tokio::join!(customers.list(query, &request), writer.write());
                written?;
                page?
            }
            _ => customers.list(query, &request).await?,
        };
        read.extend(page.data);
        let Some(cursor) = page.next_cursor else { break };
        request = PageRequest::after(cursor).limit(7);
    }
    Ok(read)
}

fn a_page_has_bounds() {
    let new = |position, limit| PageRequest::new(position, limit, None);
    for limit in [0, 101, u64::MAX] {
        assert_eq!(malformed(new(None, Some(limit))), "limit_invalid");
    }
    assert_eq!(malformed(new(Some(Position::Number(0)), None)), "page_invalid");
    for (number, limit) in [(501, 20), (101, 100), (10_001, 1), (u64::MAX, 100)] {
        let refused = new(Some(Position::Number(number)), Some(limit));
        let hint = refused.as_ref().expect_err("too deep").to_string();
        assert!(hint.contains("10000") && hint.contains("nextCursor"), "{hint}");
        assert_eq!(malformed(refused), "page_too_deep");
    }
    for (number, limit) in [(500, 20), (100, 100), (10_000, 1)] {
        new(Some(Position::Number(number)), Some(limit)).expect("the last page");
    }
    new(Some(Position::Cursor("any".to_owned())), Some(100)).expect("cursors go on for ever");
}

fn a_sort_is_one_of_the_known() {
    for sort in SORTS {
        sort.parse::<CustomerSort>().expect("a sort");
    }
    for sort in ["", "-", "Name", "email", "--name", "+name", "created_at", "name,id", "name desc"] {
        assert_eq!(sort.parse::<CustomerSort>().expect_err("no sort").code, "sort_invalid");
    }
}
