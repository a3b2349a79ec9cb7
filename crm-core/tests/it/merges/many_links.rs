//! An organization with very many people is merged, and taken apart again.

use std::collections::BTreeMap;

use crm_core::page::{Count, PageRequest};
use crm_core::{customers::CustomerQuery, jobs::JobOptions};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use testkit::{Backend, Suite, TestDatabase};

use super::laws::columns;
use super::{REFUSE, of};
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [ten_thousand_people_are_merged_and_are_back]);
}

const MANY: u64 = 10_000;

/// Copies the only person of the company, with their link, until there are many.
async fn copy_people(crm: &TestCrm, person: uuid::Uuid) -> anyhow::Result<()> {
    let columns: BTreeMap<String, Vec<String>> = columns(crm).await?;
    let copy = |table: &str, changed: &[(&str, &str)]| {
        let names = columns[table].iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let values = columns[table].iter().map(|name| {
            let change = changed.iter().find(|(column, _)| column == name);
            change.map_or_else(|| format!("t.\"{name}\""), |(_, value)| (*value).to_owned())
        });
        format!("INSERT INTO {table} ({names}) SELECT {} FROM {table} AS t", values.collect::<Vec<_>>().join(", "))
    };
    let (id, numbers) = match crm.backend {
        Backend::Postgres => ("gen_random_uuid()", "generate_series(2, $3::bigint)".to_owned()),
        Backend::Sqlite => (
            "randomblob(16)",
            "(WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < $3) SELECT i FROM n)"
                .to_owned(),
        ),
    };
    let people = copy("crm_customers", &[("id", id)]);
    let people = format!("{people}, {numbers} AS numbers WHERE t.company_id = $1 AND t.id = $2");
    let links = copy("crm_customer_links", &[("id", id), ("from_id", "p.id")]);
    let links = format!(
        "{links}, crm_customers AS p WHERE t.company_id = $1 AND t.from_id = $2 AND p.company_id = $1 \
            AND p.organization_id = t.to_id AND p.id <> $2"
    );
    let values = || vec![crm.company.0.into(), person.into()];
    let backend = crm.db.get_database_backend();
    let mut with_count = values();
    with_count.push(i64::try_from(MANY)?.into());
    crm.db.execute_raw(Statement::from_sql_and_values(backend, people, with_count)).await?;
    crm.db.execute_raw(Statement::from_sql_and_values(backend, links, values())).await?;
    // As autovacuum does within a minute; until then PostgreSQL may take an index for the lookups that is no help.
    crm.db.execute_unprepared("ANALYZE").await?;
    Ok(())
}

async fn ten_thousand_people_are_merged_and_are_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lee, old, ann) = (crm.organization("Lee").await, crm.organization("Old").await, crm.person("Ann").await);
    crm.employ(&ann, &old).await;
    copy_people(&crm, ann.id.0).await?;
    let people = async |of: &crm_core::customers::Customer, name: &str| {
        let filter = json!({ "all": [
            { "field": "organizationId", "op": "eq", "value": of.id },
            { "field": "organizationName", "op": "eq", "value": name },
        ] });
        let query = CustomerQuery { filter: filter.to_string().parse().ok(), ..CustomerQuery::default() };
        let request = PageRequest::default().limit(1).count(Count::Exact);
        crm.admin().customers().list(&query, &request).await.map(|page| page.total)
    };
    let merge = crm.merge(of(&lee, &[&old])).await?;
    assert_eq!(merge.links.moved, MANY);
    assert_eq!(
        (people(&lee, "Lee").await?, people(&lee, "Old").await?),
        (Some(100), Some(MANY - 100)),
        "the rest later"
    );
    assert_eq!(crm.admin().stats().activity_with_people(lee.id, None).await?.people, Some(MANY));
    // The undoing comes before the job, which then has nothing to do.
    crm.undo(merge.id, REFUSE).await?;
    crm.crm.run_due_jobs(&crm.db, &JobOptions::default()).await?;
    assert_eq!((people(&old, "Old").await?, people(&lee, "Lee").await?), (Some(MANY), Some(0)));
    Ok(())
}
