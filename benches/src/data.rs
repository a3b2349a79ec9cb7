//! The data of the benchmark: companies with many customers each.

use anyhow::{Context, Result, ensure};
use crm_core::Crm;
use crm_core::actor::{Actor, Role};
use crm_core::customers::{ImportMode, ImportOptions};
use crm_core::ids::{CompanyId, CustomerId, UserId};
use crm_core::sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use uuid::Uuid;

use crate::rows::Rows;
use crate::statements::new_customer;

/// The number of customers that are read one by one. pgbench takes 128 scripts.
const ASKED_FOR: usize = 100;

/// The measured company, some of its customers, and the search words.
pub(crate) struct Data {
    pub company: CompanyId,
    pub user: UserId,
    pub customers: Vec<CustomerId>,
    pub words: Vec<String>,
    /// The columns of a customer in an answer.
    pub columns: Vec<String>,
}

impl Data {
    pub fn actor(&self) -> Actor {
        actor(self.company, self.user)
    }
}

fn actor(company: CompanyId, user: UserId) -> Actor {
    Actor::user(company, user, Role::Admin).with_profile(Some("Bench".to_owned()), None)
}

/// One connection, so that a temporary table stays where it is.
pub(crate) async fn connect(url: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false).max_connections(1).test_before_acquire(false);
    Ok(Database::connect(options).await?)
}

/// Migrates, imports the rows into one company, and multiplies them until so many companies have so many customers together.
pub(crate) async fn fill(url: &str, rows: Rows, customers: usize, companies: usize) -> Result<Data> {
    let db = connect(url).await?;
    migration::up(&db).await?;
    let (company, user): (CompanyId, UserId) = (Uuid::new_v4().into(), Uuid::new_v4().into());
    let mut scope = Crm::default().on(actor(company, user), &db);
    let options = ImportOptions { mode: ImportMode::Create, ..ImportOptions::default() };
    let report = scope.customers().import(std::io::Cursor::new(rows.csv), options).await?;
    ensure!(report.created > 0 && report.created <= rows.count as u64, "no row was imported");
    multiply(&db, company, user, customers, companies).await?;
    let ids =
        format!("SELECT id FROM crm_customers WHERE company_id = '{company}' ORDER BY md5(id::text) LIMIT {ASKED_FOR}");
    let ids: Vec<Uuid> = values(&db, &ids).await?;
    let columns = "SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() \
                   AND table_name = 'crm_customers' AND column_name NOT IN ('company_id', 'search_text') \
                   AND column_name NOT LIKE '%\\_key' ORDER BY ordinal_position";
    let columns = values(&db, columns).await?;
    Ok(Data { company, user, customers: ids.into_iter().map(Into::into).collect(), words: rows.last_names, columns })
}

/// Copies the customers of `company` with SQL: through the core, millions would take hours.
async fn multiply(
    db: &DatabaseConnection,
    company: CompanyId,
    user: UserId,
    customers: usize,
    companies: usize,
) -> Result<()> {
    db.execute_unprepared(&format!(
        "CREATE TEMP TABLE base AS SELECT *, row_number() OVER () AS number FROM crm_customers WHERE company_id = '{company}'"
    ))
    .await?;
    let text_indexes = drop_text_indexes(db).await?;
    let columns = all_columns(db).await?;
    let [per_company, base] = [customers / companies, count(db, "SELECT count(*) FROM base").await?];
    for number in 0..companies {
        let (into, owner) = if number == 0 { (company, user) } else { another(db).await? };
        let (first, missing) = if number == 0 { (1, per_company.saturating_sub(base)) } else { (0, per_company) };
        let selected: Vec<String> = columns.iter().map(|column| copy_of(column, into, owner)).collect();
        db.execute_unprepared(&format!(
            "INSERT INTO crm_customers ({}) SELECT {} FROM generate_series({first}, {first} + {missing} / {base}) AS copy, base \
             ORDER BY copy, number LIMIT {missing}",
            columns.join(", "),
            selected.join(", ")
        ))
        .await?;
        contact_points(db, into).await?;
        tag(db, into).await?;
    }
    for definition in text_indexes {
        db.execute_unprepared(&definition).await?;
    }
    db.execute_unprepared("DROP TABLE base").await?;
    db.execute_unprepared("VACUUM ANALYZE").await?;
    Ok(())
}

/// Drops the indexes of customers' texts, which are faster to build than to fill; gives their definitions.
pub(crate) async fn drop_text_indexes(db: &DatabaseConnection) -> Result<Vec<String>> {
    let definitions =
        "SELECT indexdef FROM pg_indexes WHERE tablename = 'crm_customers' AND indexdef LIKE '%USING gin%'";
    let definitions: Vec<String> = values(db, definitions).await?;
    let names =
        "SELECT indexname::text FROM pg_indexes WHERE tablename = 'crm_customers' AND indexdef LIKE '%USING gin%'";
    for name in values::<String>(db, names).await? {
        db.execute_unprepared(&format!("DROP INDEX {name}")).await?;
    }
    Ok(definitions)
}

/// The columns of the table of customers.
pub(crate) async fn all_columns(db: &DatabaseConnection) -> Result<Vec<String>> {
    let columns = "SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() \
                   AND table_name = 'crm_customers' ORDER BY ordinal_position";
    values(db, columns).await
}

/// A company with its user, who are there once a customer was added.
async fn another(db: &DatabaseConnection) -> Result<(CompanyId, UserId)> {
    let (company, user): (CompanyId, UserId) = (Uuid::new_v4().into(), Uuid::new_v4().into());
    Crm::default().on(actor(company, user), db).customers().create(new_customer()).await?;
    Ok((company, user))
}

/// A column of a copy. Ids stay in the order of time, and every second customer has an owner.
fn copy_of(column: &str, company: CompanyId, owner: UserId) -> String {
    let at = "(base.created_at - copy * interval '37 minutes' - number * interval '1 second')";
    match column {
        "company_id" => format!("'{company}'::uuid"),
        "id" => format!(
            "(lpad(to_hex((extract(epoch FROM {at}) * 1000)::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 3) || \
             '8' || substr(md5(random()::text), 1, 15))::uuid"
        ),
        "created_at" | "updated_at" => at.to_owned(),
        "email" | "email_key" => format!("copy || '.' || base.{column}"),
        "owner_id" => format!("CASE WHEN number % 2 = 0 THEN '{owner}'::uuid END"),
        _ => format!("base.{column}"),
    }
}

/// The rows of e-mail addresses and numbers, where the import has not made them.
async fn contact_points(db: &DatabaseConnection, company: CompanyId) -> Result<()> {
    db.execute_unprepared(&format!(
        "INSERT INTO crm_customer_contact_points (company_id, customer_id, kind, position, value, normalized, email_key, \
         is_primary, is_invalid, is_opted_out) \
         SELECT company_id, id, 'email', 0, email, email, email_key, TRUE, FALSE, FALSE FROM crm_customers \
         WHERE company_id = '{company}' AND email IS NOT NULL UNION ALL \
         SELECT company_id, id, 'phone', 0, phone, phone_e164, NULL, TRUE, FALSE, FALSE FROM crm_customers \
         WHERE company_id = '{company}' AND phone IS NOT NULL ON CONFLICT DO NOTHING"
    ))
    .await?;
    Ok(())
}

/// Ten tags, of which every third customer has one.
async fn tag(db: &DatabaseConnection, company: CompanyId) -> Result<()> {
    db.execute_unprepared(&format!(
        "INSERT INTO crm_tags (company_id, id, version, created_at, updated_at, name, name_key, search_text, created_by_kind, \
         updated_by_kind) SELECT '{company}', gen_random_uuid(), 1, now(), now(), 'Group ' || n, 'group ' || n, 'group ' || n, \
         'system', 'system' FROM generate_series(1, 10) AS n; \
         INSERT INTO crm_customer_tags (company_id, customer_id, tag_id, added_at, added_by_kind) \
         SELECT '{company}', customers.id, tags.id, now(), 'system' FROM (SELECT id, row_number() OVER (ORDER BY id) AS number \
         FROM crm_customers WHERE company_id = '{company}') AS customers JOIN (SELECT id, row_number() OVER (ORDER BY id) AS number \
         FROM crm_tags WHERE company_id = '{company}') AS tags ON tags.number = 1 + customers.number % 10 \
         WHERE customers.number % 3 = 0"
    ))
    .await?;
    Ok(())
}

async fn count(db: &DatabaseConnection, sql: &str) -> Result<usize> {
    let counted: Vec<i64> = values(db, sql).await?;
    Ok(usize::try_from(*counted.first().context("no count")?)?)
}

/// The first column of all rows.
async fn values<T: crm_core::sea_orm::TryGetable>(db: &DatabaseConnection, sql: &str) -> Result<Vec<T>> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
}
