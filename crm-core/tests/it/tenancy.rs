//! A company cannot access another company's rows.

use crm_core::actor::Role;
use crm_core::customers::{Customer, CustomerQuery, CustomerSearch, ExternalRef, NewCustomer};
use crm_core::page::{Count, PageRequest};
use crm_core::{Error, IdempotencyKey, Once};
use sea_orm::{ConnectionTrait, Statement};
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        no_read_shows_another_companys_rows,
        no_write_reaches_another_companys_rows,
        no_filter_opens_another_company,
        a_cursor_of_another_company_shows_ones_own,
        the_same_content_lives_in_both_companies,
        the_database_refuses_references_across_companies,
    ]);
}

/// Two companies with the same content, and the customer of each.
async fn pair(database: &TestDatabase) -> anyhow::Result<(TestCrm, Customer, TestCrm, Customer)> {
    let here = TestCrm::new(database);
    let there = here.other_company();
    let mut customers = Vec::new();
    for crm in [&here, &there] {
        let owner = crm.ensure_mirrored(Role::SalesRep).await?;
        let new = NewCustomer {
            email: Some("lee@example.com".into()),
            phone: Some("+1 212 555 2368".into()),
            owner_id: Some(owner),
            external_refs: Some(vec![ExternalRef::new("erp", "1")]),
            ..NewCustomer::organization("Lee & Co")
        };
        let customer = crm.create(new).await?;
        crm.admin()
            .customers()
            .update(customer.id, crate::support::patch(|p| &mut p.city, "Boston".to_owned()), None)
            .await?;
        customers.push(crm.get(&customer).await?);
    }
    let (of_there, of_here) = (customers.remove(1), customers.remove(0));
    Ok((here, of_here, there, of_there))
}

fn assert_not_found<T: std::fmt::Debug>(result: crm_core::Result<T>) {
    assert_matches!(result, Err(Error::NotFound { .. }));
}

async fn no_read_shows_another_companys_rows(database: TestDatabase) -> anyhow::Result<()> {
    let (here, own, there, foreign) = pair(&database).await?;
    let request = PageRequest::default().count(Count::Exact);
    for role in Role::ALL {
        let mut scope = here.scope(*role);
        assert_not_found(scope.customers().get(foreign.id).await);
        assert_not_found(scope.customers().history(foreign.id, &request).await);
        assert_eq!(scope.customers().by_external("erp", "1").await?, own);
        assert_not_found(scope.users().get(there.user(Role::SalesRep)).await);

        let page = scope.customers().list(&CustomerQuery::default(), &request).await?;
        assert_eq!((page.data, page.total), (vec![own.clone()], Some(1)));
        for text in ["lee", "lee@example.com", "2125552368", "1", "boston"] {
            let search = CustomerSearch { text: text.into(), query: CustomerQuery::default() };
            let page = scope.customers().search(&search, &request).await?;
            assert!(page.data.iter().all(|found| found.customer == own) && page.total == Some(page.data.len() as u64));
        }
        let users = scope.users().list(&PageRequest::default().limit(100)).await?.data;
        assert!(users.iter().all(|user| Role::ALL.iter().any(|role| here.user(*role) == user.id)));
    }
    let mut admin = here.admin();
    assert_eq!(admin.customers().history(own.id, &request).await?.total, Some(2));
    assert_eq!(admin.audit().list(Some(foreign.id.0), &request).await?.data, []);
    let audited = admin.audit().list(None, &PageRequest::default().limit(100)).await?.data;
    assert!(audited.iter().all(|entry| entry.entity_id != Some(foreign.id.0)));
    there.admin().settings().update(serde_json::from_str(r#"{"defaultCountry": "DE"}"#)?, None).await?;
    assert_eq!(admin.settings().get().await?.default_country, None);
    Ok(())
}

async fn no_write_reaches_another_companys_rows(database: TestDatabase) -> anyhow::Result<()> {
    let (here, _, there, foreign) = pair(&database).await?;
    let before = there.records().await?;
    let mut scope = here.admin();
    let mut customers = scope.customers();
    assert_not_found(customers.update(foreign.id, Default::default(), None).await);
    assert_not_found(customers.update(foreign.id, Default::default(), Some(9)).await);
    assert_not_found(customers.replace(foreign.id, NewCustomer::organization("Lee"), None).await);
    assert_not_found(customers.delete(foreign.id, None).await);
    assert_not_found(customers.restore(foreign.id).await);
    assert_not_found(customers.purge(foreign.id, None).await);
    there.admin().customers().delete(foreign.id, None).await?;
    assert_not_found(customers.restore(foreign.id).await);
    assert_not_found(customers.purge(foreign.id, None).await);
    assert_eq!(there.records().await?, before.map(|count| count + 1));
    Ok(())
}

async fn no_filter_opens_another_company(database: TestDatabase) -> anyhow::Result<()> {
    let (here, own, there, foreign) = pair(&database).await?;
    let id = foreign.id;
    let owner = there.user(Role::SalesRep);
    let filters = [
        format!(r#"{{"field": "id", "op": "eq", "value": "{id}"}}"#),
        format!(
            r#"{{"any": [{{"field": "id", "op": "eq", "value": "{id}"}}, {{"field": "ownerId", "op": "eq", "value": "{owner}"}}]}}"#
        ),
        format!(r#"{{"not": {{"field": "id", "op": "eq", "value": "{id}"}}}}"#),
        r#"{"any": [{"field": "name", "op": "contains", "value": ""}, {"all": []}]}"#.to_owned(),
        r#"{"field": "externalSystem", "op": "has_any", "value": ["erp"]}"#.to_owned(),
        r#"{"not": {"any": []}}"#.to_owned(),
    ];
    for filter in filters {
        let query = CustomerQuery { filter: Some(filter.parse()?), ..CustomerQuery::default() };
        let page = here.admin().customers().list(&query, &PageRequest::default()).await?;
        assert!(page.data.iter().all(|customer| customer.id == own.id), "{filter}");
    }
    Ok(())
}

async fn a_cursor_of_another_company_shows_ones_own(database: TestDatabase) -> anyhow::Result<()> {
    let (here, own, there, _) = pair(&database).await?;
    there.named("Another").await?;
    let page = there.admin().customers().list(&CustomerQuery::default(), &PageRequest::default().limit(1)).await?;
    let cursor = page.next_cursor.expect("a second page");
    let page = here.admin().customers().list(&CustomerQuery::default(), &PageRequest::after(cursor)).await?;
    assert!(page.data.iter().all(|customer| customer.id == own.id));
    Ok(())
}

async fn the_same_content_lives_in_both_companies(database: TestDatabase) -> anyhow::Result<()> {
    let (here, _, there, _) = pair(&database).await?;
    let key = IdempotencyKey::new("create", "key", "")?;
    for crm in [&here, &there] {
        let user = crm_core::ids::UserId::from_foreign(uuid::Uuid::nil(), "4711");
        let actor = crm_core::actor::Actor::user(crm.company, user, Role::Admin);
        let mut scope = crm.crm.on(actor, &crm.db);
        let done =
            scope.once(&key, async |scope| scope.customers().create(NewCustomer::organization("Once")).await).await?;
        assert_matches!(done, Once::Done(_));
        assert_eq!(scope.users().get(user).await?.id, user);
    }
    Ok(())
}

async fn the_database_refuses_references_across_companies(database: TestDatabase) -> anyhow::Result<()> {
    let (here, own, there, foreign) = pair(&database).await?;
    let sales = there.user(Role::SalesRep);
    let uuid = sea_orm::Value::from;
    let attempts: [(&str, Vec<sea_orm::Value>); 4] = [
        (
            "UPDATE crm_customers SET owner_id = $1 WHERE company_id = $2 AND id = $3",
            vec![uuid(sales.0), uuid(here.company.0), uuid(own.id.0)],
        ),
        (
            "INSERT INTO crm_customer_external_refs (company_id, customer_id, system, external_id) VALUES ($1, $2, 'x', 'x')",
            vec![uuid(here.company.0), uuid(foreign.id.0)],
        ),
        (
            "UPDATE crm_customers SET company_id = $1 WHERE company_id = $2 AND id = $3",
            vec![uuid(here.company.0), uuid(there.company.0), uuid(foreign.id.0)],
        ),
        (
            "UPDATE crm_users SET company_id = $1 WHERE company_id = $2",
            vec![uuid(here.company.0), uuid(there.company.0)],
        ),
    ];
    for (sql, values) in attempts {
        let statement = Statement::from_sql_and_values(here.db.get_database_backend(), sql, values);
        let error = here.db.execute_raw(statement).await.expect_err(sql);
        let refused = error.sql_err().is_some() || error.to_string().to_uppercase().contains("CONSTRAINT");
        assert!(refused, "{sql}: {error}");
    }
    assert_eq!(there.get(&foreign).await?, foreign);
    Ok(())
}
