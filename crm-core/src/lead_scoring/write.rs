//! Stores scores with their leads.

use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Query};
use sea_orm::{FromQueryResult, QueryOrder, QuerySelect};
use serde_json::json;
use uuid::Uuid;

use super::facts::{self, Facts};
use super::features::{Trait, traits};
use super::job::ScoreLeads;
use super::score::explain;
use super::store;
use crate::base::error::Result;
use crate::base::ids::LeadId;
use crate::customers::Party;
use crate::jobs::{self, NewJob};
use crate::leads::{self, TABLE as LEADS};
use crate::query::dialect::any_of;
use crate::scope::{CompanyTx, is_live};

/// How many leads one transaction scores.
const BATCH: u64 = 200;

/// What may change the score of a lead besides a write of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    /// An interaction: points decay from the last one.
    Activity,
    /// Its tags, where rules look at them.
    Tags,
}

/// Scores a lead that this transaction has just written, and gives the score that it has now. `stored` is the one before.
pub(crate) async fn score_written(tx: &mut CompanyTx<'_>, id: LeadId, stored: i64) -> Result<i64> {
    if !tx.company.scoring.is_on {
        return Ok(stored);
    }
    let scores = score(tx, vec![id.0]).await?;
    Ok(scores.first().map_or(stored, |scored| scored.score))
}

/// Scores leads that this transaction has just written.
pub(crate) async fn rescore(tx: &mut CompanyTx<'_>, ids: Vec<Uuid>) -> Result<()> {
    if !tx.company.scoring.is_on || ids.is_empty() {
        return Ok(());
    }
    score(tx, ids).await.map(drop)
}

/// Enqueues a job that scores a lead again, if what has been done with it can matter. A job, because the times of contacts and
/// the tags are written when this transaction ends, and because the lead is not held by it.
pub(crate) async fn touched(tx: &mut CompanyTx<'_>, party: Party, touch: Touch) -> Result<()> {
    let scoring = tx.company.scoring;
    let matters = match touch {
        Touch::Activity => scoring.decays,
        Touch::Tags => scoring.reads_tags,
    };
    let is_lead = match party {
        Party::Customer(_) => false,
        Party::Lead(_) => matters,
        Party::Any(id) => matters && tx.find::<leads::Entity>().by_id(id).count(Some(1)).await? > 0,
    };
    if !is_lead {
        return Ok(());
    }
    let job = NewJob::new(ScoreLeads::KIND, json!({ "leadId": party.id() }));
    jobs::enqueue(tx, vec![job]).await.map(drop)
}

/// Scores the next leads by id. Gives the last of them, and how many scores have changed.
pub(super) async fn score_next(tx: &mut CompanyTx<'_>, after: Uuid) -> Result<Option<(Uuid, usize)>> {
    let held = hold(tx, Expr::col((LEADS, "id")).gt(after)).await?;
    let Some(last) = held.last().copied() else {
        return Ok(None);
    };
    let scores = score(tx, held).await?;
    Ok(Some((last, scores.iter().filter(|scored| scored.has_changed()).count())))
}

/// Scores one lead, if it is there and was not converted.
pub(super) async fn score_one(tx: &mut CompanyTx<'_>, id: LeadId) -> Result<()> {
    let held = hold(tx, Expr::col((LEADS, "id")).eq(id.0)).await?;
    if held.is_empty() { Ok(()) } else { score(tx, held).await.map(drop) }
}

#[derive(FromQueryResult)]
struct Held {
    id: Uuid,
}

/// Holds leads before the rules are read, so that the last one to score a lead does so by the newest rules. In the order of
/// their ids, so that all wait in the same order.
async fn hold(tx: &CompanyTx<'_>, which: Expr) -> Result<Vec<Uuid>> {
    let unconverted = Expr::col((LEADS, "converted_at")).is_null();
    let rows = tx.find::<leads::Entity>().filter(which).filter(is_live(LEADS)).filter(unconverted);
    let rows = rows.map(|select| {
        let select = select.select_only().expr_as(Expr::col((LEADS, "id")), "id");
        select.order_by_asc(Expr::col((LEADS, "id")))
    });
    let held: Vec<Held> = rows.for_no_key_update().fetch_up_to(BATCH).await?;
    Ok(held.into_iter().map(|held| held.id).collect())
}

/// A lead that was scored.
struct Scored {
    id: Uuid,
    before: i64,
    score: i64,
}

impl Scored {
    const fn has_changed(&self) -> bool {
        self.before != self.score
    }
}

/// Scores leads that are held, and stores the scores that differ: four statements at most.
async fn score(tx: &mut CompanyTx<'_>, ids: Vec<Uuid>) -> Result<Vec<Scored>> {
    let (most, company) = (ids.len() as u64, tx.company.clone());
    let rules = store::active_rules(tx.find()).await?;
    let met = facts::met(&rules, &company, tx.is_postgres());
    let meant = any_of(Expr::col((LEADS, "id")), ids, tx.is_postgres());
    let unconverted = Expr::col((LEADS, "converted_at")).is_null();
    let rows = facts::select(tx.find().filter(meant).filter(unconverted), met);
    let found: Vec<Facts> = rows.fetch_up_to(most).await?;
    let all: Vec<Trait> = found.iter().flat_map(traits).collect();
    let weights = store::weights(tx.find(), &all, tx.is_postgres()).await?;
    let scored = |facts: &Facts| Scored {
        id: facts.id,
        before: facts.score,
        score: explain(facts, &rules, &weights, &company, tx.now()).score,
    };
    let scores: Vec<Scored> = found.iter().map(scored).collect();
    store_changed(tx, &scores).await?;
    Ok(scores)
}

async fn store_changed(tx: &mut CompanyTx<'_>, scores: &[Scored]) -> Result<()> {
    let changed: Vec<&Scored> = scores.iter().filter(|scored| scored.has_changed()).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let of_each = changed
        .iter()
        .fold(CaseStatement::new(), |cases, scored| cases.case(Expr::col("id").eq(scored.id), scored.score))
        .finally(Expr::col("score"));
    let update = Query::update()
        .table(LEADS)
        .value("score", of_each)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("id"), changed.iter().map(|scored| scored.id).collect(), tx.is_postgres()))
        .to_owned();
    tx.execute(&update).await.map(drop)
}
