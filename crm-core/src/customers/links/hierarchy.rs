//! The rules of the hierarchy of organizations, which hold for concurrent writers too.

use sea_orm::Value;
use uuid::Uuid;

use crate::base::error::{Error, Result, Violations};
use crate::base::ids::CustomerId;
use crate::query::dialect::lock_key;
use crate::scope::CompanyTx;

/// How many levels there are at most, the highest parent included.
pub(super) const MAX_DEPTH: i64 = 10;
const CYCLE: &str = "hierarchy_cycle";
const TOO_DEEP: &str = "hierarchy_too_deep";

/// One transaction at a time changes the hierarchy of a company: two of them could make a cycle of which neither sees the
/// other's half. To be called before customers are held. SQLite has one writer.
pub(super) async fn lock(tx: &mut CompanyTx<'_>) -> Result<()> {
    if tx.is_postgres() {
        let key = lock_key(Uuid::new_v5(&tx.company.id.0, b"crm:hierarchy"));
        tx.query_sql("SELECT pg_advisory_xact_lock($1)", vec![Value::from(key)]).await?;
    }
    Ok(())
}

/// `$1` is the company, `$2` the child, `$3` its parent, `$4` one level more than there may be.
const LEVELS: &str = "WITH RECURSIVE above (id, parent_id, level) AS (\
        SELECT p.id, p.parent_id, CAST(1 AS bigint) FROM crm_customers AS p WHERE p.company_id = $1 AND p.id = $3 \
        UNION ALL \
        SELECT p.id, p.parent_id, above.level + 1 FROM above \
        JOIN crm_customers AS p ON p.company_id = $1 AND p.id = above.parent_id WHERE above.level < $4\
    ), below (id, level) AS (\
        SELECT c.id, CAST(1 AS bigint) FROM crm_customers AS c WHERE c.company_id = $1 AND c.id = $2 \
        UNION ALL \
        SELECT c.id, below.level + 1 FROM below \
        JOIN crm_customers AS c ON c.company_id = $1 AND c.parent_id = below.id AND c.merged_into_id IS NULL \
        WHERE below.level < $4\
    ) SELECT (SELECT max(level) FROM above) AS above, (SELECT max(level) FROM below) AS below, \
      (SELECT count(*) FROM above WHERE id = $2) AS cycles";

/// Refuses a parent that is below its child, and more levels than there may be. What is in the trash counts, because it may
/// come back; customers who were merged into others do not.
pub(super) async fn check(tx: &mut CompanyTx<'_>, child: CustomerId, parent: CustomerId) -> Result<()> {
    let values = vec![tx.company.id.0.into(), child.0.into(), parent.0.into(), (MAX_DEPTH + 1).into()];
    let rows = tx.query_sql(LEVELS, values).await?;
    let row = rows.first().ok_or_else(|| Error::internal("an aggregate has a row"))?;
    let level = |column: &str| -> Result<i64> { Ok(row.try_get::<Option<i64>>("", column)?.unwrap_or_default()) };
    if level("cycles")? > 0 {
        let detail = "the parent is below this organization";
        return Err(Violations::one("/toId", CYCLE, detail).into());
    }
    if level("above")? + level("below")? > MAX_DEPTH {
        return Err(Violations::one("/toId", TOO_DEEP, format!("a hierarchy has at most {MAX_DEPTH} levels")).into());
    }
    Ok(())
}

/// What is wrong with a hierarchy.
pub(super) struct Fault {
    pub code: &'static str,
    pub detail: String,
    /// The child of the organization that is asked for, on the way to what is wrong.
    pub child: Option<CustomerId>,
}

/// The levels above and below each of some organizations, and the child that leads to itself, or else to the deepest.
/// `$1` is the company, `$2` one level more than there may be.
fn levels_of(organizations: usize) -> String {
    let ids: Vec<String> = (3..organizations + 3).map(|number| format!("(${number})")).collect();
    format!(
        "WITH RECURSIVE roots (id) AS (VALUES {}), \
         above (root, id, parent_id, level) AS (\
            SELECT p.id, p.id, p.parent_id, CAST(1 AS bigint) FROM roots \
            JOIN crm_customers AS p ON p.company_id = $1 AND p.id = roots.id \
            UNION ALL \
            SELECT above.root, p.id, p.parent_id, above.level + 1 FROM above \
            JOIN crm_customers AS p ON p.company_id = $1 AND p.id = above.parent_id WHERE above.level < $2\
         ), below (root, top, id, level) AS (\
            SELECT roots.id, c.id, c.id, CAST(1 AS bigint) FROM roots \
            JOIN crm_customers AS c ON c.company_id = $1 AND c.parent_id = roots.id AND c.merged_into_id IS NULL \
            UNION ALL \
            SELECT below.root, below.top, c.id, below.level + 1 FROM below \
            JOIN crm_customers AS c ON c.company_id = $1 AND c.parent_id = below.id AND c.merged_into_id IS NULL \
            WHERE below.level < $2\
         ) SELECT (SELECT max(level) FROM above WHERE above.root = roots.id) AS above, \
            (SELECT max(level) FROM below WHERE below.root = roots.id) AS below, \
            (SELECT count(*) FROM below WHERE below.root = roots.id AND below.id = roots.id) AS cycles, \
            (SELECT below.top FROM below WHERE below.root = roots.id \
                ORDER BY CASE WHEN below.id = below.root THEN 0 ELSE 1 END, below.level DESC LIMIT 1) AS child \
         FROM roots",
        ids.join(", ")
    )
}

/// What is wrong with the hierarchy around some organizations whose parents and children have changed.
pub(super) async fn fault(tx: &mut CompanyTx<'_>, organizations: &[CustomerId]) -> Result<Option<Fault>> {
    let mut values: Vec<Value> = vec![tx.company.id.0.into(), (MAX_DEPTH + 1).into()];
    values.extend(organizations.iter().map(|id| Value::from(id.0)));
    for row in tx.query_sql(&levels_of(organizations.len()), values).await? {
        let number = |column: &str| -> Result<i64> { Ok(row.try_get::<Option<i64>>("", column)?.unwrap_or_default()) };
        let child = row.try_get::<Option<Uuid>>("", "child")?.map(CustomerId::from);
        if number("cycles")? > 0 {
            let detail = "an organization would be below itself".to_owned();
            return Ok(Some(Fault { code: CYCLE, detail, child }));
        }
        if number("above")? + number("below")? > MAX_DEPTH {
            let detail = format!("a hierarchy would have more than {MAX_DEPTH} levels");
            return Ok(Some(Fault { code: TOO_DEEP, detail, child }));
        }
    }
    Ok(None)
}
