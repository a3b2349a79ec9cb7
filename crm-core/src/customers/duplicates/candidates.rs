//! The customers that may be the same as one.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait, Statement, Value};
use uuid::Uuid;

use super::super::model::Customer;
use super::super::row;
use super::super::visible::visible;
use super::MAX_BLOCK;
use super::compare::{compare_records, score_of};
use super::keys::keys;
use super::load;
use super::model::{DuplicateCandidate, DuplicateCandidates};
use super::record::MatchRecord;
use super::store::KEYS;
use crate::base::error::Result;
use crate::base::score::Score;
use crate::query::dialect::any_of;
use crate::scope::CompanyScope;
use crate::scope::actor::{Action, Resource};

/// How many candidates are named.
const MAX_CANDIDATES: usize = 20;

/// The customers outside the trash that score at least `least`, but for the customer itself. Three statements.
pub(in super::super) async fn find(
    scope: &CompanyScope<'_>,
    record: &MatchRecord,
    itself: Option<Uuid>,
    least: Score,
) -> Result<DuplicateCandidates> {
    let mut ids = with_common_keys(scope, record).await?;
    if let Some(itself) = itself {
        ids.remove(&itself);
    }
    let postgres = scope.is_postgres();
    let compared = load::compared(scope.find(), ids.into_iter().collect(), postgres).await?;
    let owners = scope.actor().owners(Resource::Customers, Action::Read);
    let (mut found, mut hidden_count) = (Vec::new(), 0);
    for load::Compared(customer) in compared {
        let other = MatchRecord::of(&customer);
        let score = score_of(record, &other);
        match score >= least {
            true if owners.include(customer.owner_id) => found.push((score, customer.id, other)),
            true => hidden_count += 1,
            false => {}
        }
    }
    found.sort_unstable_by(|(score, id, _), (other, other_id, _)| other.cmp(score).then(id.cmp(other_id)));
    found.truncate(MAX_CANDIDATES);
    let ids: BTreeSet<Uuid> = found.iter().map(|(_, id, _)| id.0).collect();
    let mut customers = customers(scope, ids).await?;
    let data = found.into_iter().filter_map(|(score, id, other)| {
        let evidence = compare_records(record, &other).evidence;
        Some(DuplicateCandidate { customer: customers.remove(&id.0)?, score, evidence })
    });
    Ok(DuplicateCandidates { data: data.collect(), hidden_count })
}

/// Customers outside the trash that the actor sees, by their ids. One statement.
pub(super) async fn customers(scope: &CompanyScope<'_>, ids: BTreeSet<Uuid>) -> Result<BTreeMap<Uuid, Customer>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (most, postgres) = (ids.len() as u64, scope.is_postgres());
    let of = any_of(Expr::col((row::TABLE, "id")), ids.into_iter().collect(), postgres);
    let owners = scope.actor().owners(Resource::Customers, Action::Read);
    let rows = visible(scope.find::<row::Entity>(), &owners).filter(of).filter(crate::scope::is_live(row::TABLE));
    let found: Vec<Customer> = row::select(rows, scope.actor(), postgres).fetch_up_to(most).await?;
    Ok(found.into_iter().map(|customer| (customer.id.0, customer)).collect())
}

/// The customers that have a key in common with a record. What too many have in common is no key.
async fn with_common_keys(scope: &CompanyScope<'_>, record: &MatchRecord) -> Result<BTreeSet<Uuid>> {
    let mut values: Vec<Value> = vec![scope.company_id().0.into()];
    let mut blocks: Vec<String> = Vec::new();
    let limit = MAX_BLOCK + 1;
    let mut block = |from: &str, value: Value| {
        values.push(value);
        let (number, parameter) = (blocks.len(), values.len());
        blocks.push(format!(
            "SELECT {number} AS block, customer_id FROM (SELECT customer_id FROM {from} = ${parameter} LIMIT {limit}) AS block_{number}"
        ));
    };
    for key in keys(record) {
        block(&format!("{KEYS} WHERE company_id = $1 AND match_key"), key.into());
    }
    let points =
        |kind: &str| format!("crm_customer_contact_points WHERE company_id = $1 AND kind = '{kind}' AND normalized");
    for email in &record.emails {
        block(&points("email"), email.as_str().into());
    }
    for phone in record.phones.iter().filter_map(|phone| phone.e164.as_deref()) {
        block(&points("phone"), phone.into());
    }
    if blocks.is_empty() {
        return Ok(BTreeSet::new());
    }
    let backend = scope.database().get_database_backend();
    let statement = Statement::from_sql_and_values(backend, blocks.join(" UNION ALL "), values);
    let mut members: BTreeMap<i32, Vec<Uuid>> = BTreeMap::new();
    for found in scope.database().query_all_raw(statement).await? {
        members.entry(found.try_get("", "block")?).or_default().push(found.try_get("", "customer_id")?);
    }
    Ok(members.into_values().filter(|block| block.len() <= MAX_BLOCK).flatten().collect())
}
