//! Shared parts of the tests: a new company with a user in each role, and reads behind the API.

use std::fmt::Debug;

use crm_core::actor::{Actor, Role};
use crm_core::customers::{Customer, CustomerPatch, CustomerQuery, NewCustomer};
use crm_core::ids::{CompanyId, UserId};
use crm_core::page::{Page, PageRequest};
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Crm, CrmBuilder, Error};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use testkit::{Backend, TestDatabase};
use uuid::Uuid;

/// Fails unless the value has this form; shows what it is instead.
macro_rules! assert_matches {
    ($value:expr, $pattern:pat $(if $guard:expr)?) => {
        match $value {
            $pattern $(if $guard)? => {}
            other => panic!("expected {}, got {other:?}", stringify!($pattern)),
        }
    };
}
pub(crate) use assert_matches;

/// A company of its own, so that no other test is in the way.
pub struct TestCrm {
    pub crm: Crm,
    pub db: DatabaseConnection,
    pub backend: Backend,
    pub company: CompanyId,
}

impl TestCrm {
    pub fn new(database: &TestDatabase) -> Self {
        Self::with(database, Crm::builder())
    }

    pub fn with(database: &TestDatabase, builder: CrmBuilder) -> Self {
        let (company, crm) = (CompanyId(Uuid::new_v4()), testkit::with_language_model(builder).build());
        Self { crm, db: database.connection.clone(), backend: database.backend, company }
    }

    /// Another company in the same database, served by the same process.
    pub fn other_company(&self) -> Self {
        let company = CompanyId(Uuid::new_v4());
        Self { crm: self.crm.clone(), db: self.db.clone(), backend: self.backend, company }
    }

    /// The same company, served by another process: no cache is shared.
    pub fn other_process(&self) -> Self {
        let crm = testkit::with_language_model(Crm::builder()).build();
        Self { crm, db: self.db.clone(), backend: self.backend, company: self.company }
    }

    /// The company's user in this role.
    pub fn user(&self, role: Role) -> UserId {
        UserId::from_foreign(self.company.0, role.as_str())
    }

    pub fn actor(&self, role: Role) -> Actor {
        let name = format!("The {role}");
        Actor::user(self.company, self.user(role), role).with_profile(Some(name), None)
    }

    pub fn scope(&self, role: Role) -> CompanyScope<'static> {
        self.crm.on(self.actor(role), &self.db)
    }

    pub fn admin(&self) -> CompanyScope<'static> {
        self.scope(Role::Admin)
    }

    /// Lets the CRM see this user, as if they had written something.
    pub async fn ensure_mirrored(&self, role: Role) -> crm_core::Result<UserId> {
        let profile = crm_core::users::UserProfile {
            id: self.user(role),
            display_name: Some(format!("The {role}")),
            email: None,
            is_active: true,
        };
        self.admin().users().mirror(&profile).await?;
        Ok(profile.id)
    }

    pub async fn create(&self, new: NewCustomer) -> crm_core::Result<Customer> {
        self.admin().customers().create(new).await
    }

    /// A customer with this name.
    pub async fn named(&self, name: &str) -> crm_core::Result<Customer> {
        self.create(NewCustomer::organization(name)).await
    }

    pub async fn get(&self, customer: &Customer) -> crm_core::Result<Customer> {
        self.admin().customers().get(customer.id).await
    }

    /// The names of the customers that a query gives the admin, in its order.
    pub async fn names(&self, query: &CustomerQuery) -> crm_core::Result<Vec<String>> {
        Ok(names(&self.admin().customers().list(query, &PageRequest::default().limit(100)).await?))
    }

    /// How many rows of the company a table has.
    pub async fn count(&self, table: &'static str) -> anyhow::Result<i64> {
        let query = Query::select()
            .expr_as(Func::count(Expr::val(1)), "count")
            .from(table)
            .and_where(Expr::col("company_id").eq(self.company.0))
            .to_owned();
        let row = self.db.query_one(&query).await?.ok_or_else(|| anyhow::anyhow!("no count"))?;
        Ok(row.try_get("", "count")?)
    }

    /// How many rows the three records have: changes, audit, outbox.
    pub async fn records(&self) -> anyhow::Result<[i64; 3]> {
        Ok([self.count("crm_changes").await?, self.count("crm_audit").await?, self.count("crm_outbox").await?])
    }

    /// All rows of the company in a table, as text, to look for what must not be there.
    pub async fn dump(&self, table: &str) -> anyhow::Result<String> {
        let rows = match self.backend {
            Backend::Postgres => format!("SELECT dumped::text AS row FROM {table} AS dumped WHERE company_id = $1"),
            Backend::Sqlite => {
                let columns = format!(
                    "SELECT group_concat('quote(' || name || ')', ' || ') AS columns FROM pragma_table_info('{table}')"
                );
                let columns =
                    self.db.query_one_raw(Statement::from_string(sea_orm::DbBackend::Sqlite, columns)).await?;
                let columns: String = columns.ok_or_else(|| anyhow::anyhow!("no table"))?.try_get("", "columns")?;
                format!("SELECT {columns} AS row FROM {table} WHERE company_id = $1")
            }
        };
        let values = [sea_orm::Value::from(self.company.0)];
        let rows = self.db.query_all_raw(Statement::from_sql_and_values(self.db.get_database_backend(), rows, values));
        let rows = rows.await?.iter().map(|row| row.try_get("", "row")).collect::<Result<Vec<String>, _>>()?;
        Ok(rows.join("\n"))
    }

    /// Sets a column of the company's mirror behind the CRM's back.
    pub async fn set_state(&self, state: &str) -> anyhow::Result<()> {
        let update = Query::update()
            .table("crm_companies")
            .value("state", state)
            .and_where(Expr::col("company_id").eq(self.company.0))
            .to_owned();
        anyhow::ensure!(self.db.execute(&update).await?.rows_affected() == 1, "the company has no mirror");
        Ok(())
    }
}

/// The names on a page.
pub fn names(page: &Page<Customer>) -> Vec<String> {
    page.data.iter().map(|customer| customer.name.clone()).collect()
}

/// A patch of one field.
pub fn patch<T>(field: fn(&mut CustomerPatch) -> &mut Patch<T>, value: impl Into<Option<T>>) -> CustomerPatch {
    let mut patch = CustomerPatch::default();
    *field(&mut patch) = value.into().into();
    patch
}

/// A patch as a client writes it.
pub fn merge_patch(json: serde_json::Value) -> CustomerPatch {
    serde_json::from_value(json).expect("a merge patch")
}

/// The pointers and codes of an error's violations.
pub fn violations<T: Debug>(result: crm_core::Result<T>) -> Vec<(String, String)> {
    match result {
        Err(Error::Invalid(violations)) => {
            violations.0.into_iter().map(|violation| (violation.pointer, violation.code)).collect()
        }
        other => panic!("expected violations, got {other:?}"),
    }
}

/// The code of the one violation at `pointer`.
pub fn violation<T: Debug>(result: crm_core::Result<T>, pointer: &str) -> String {
    let mut found = violations(result);
    assert!(found.len() == 1 && found[0].0 == pointer, "expected one violation at {pointer}, got {found:?}");
    found.remove(0).1
}

/// The code of a malformed request.
pub fn malformed<T: Debug>(result: crm_core::Result<T>) -> &'static str {
    match result {
        Err(Error::Malformed(malformed)) => malformed.code,
        other => panic!("expected a malformed request, got {other:?}"),
    }
}
