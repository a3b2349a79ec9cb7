//! The operations on the scoring of leads.

use serde_json::{Map, json};

use super::facts::{self, Facts};
use super::features::{OTHER_VALUES, shown, traits};
use super::input::{LeadScoringRulePatch, NewLeadScoringRule};
use super::job::{ScoreLeads, schedule};
use super::learn::NEEDED;
use super::model::{LeadScore, LeadScoringModel, LeadScoringQuality, LeadScoringRule, LeadScoringWeight};
use super::query::{LeadScoringRuleQuery, order, sort_key};
use super::score::explain;
use super::store::{self, MAX_RULES};
use super::{row, weight_row};
use crate::base::error::{Conflict, Error, Kind, Result};
use crate::base::ids::{LeadId, LeadScoringRuleId};
use crate::jobs::{self, Job, NewJob};
use crate::leads::{self, Leads, TABLE as LEADS};
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, is_live, read_page};

/// How the company's leads are scored. Obtained from [`CompanyScope::lead_scoring`].
#[derive(Debug)]
pub struct LeadScoring<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// How the company's leads are scored.
    pub fn lead_scoring(&mut self) -> LeadScoring<'_, 'c> {
        LeadScoring(self)
    }
}

impl LeadScoring<'_, '_> {
    /// Adds a rule. A job scores the leads by it; what is written from now on is scored by it at once in this process, and within
    /// five seconds in others.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults; [`Conflict::TooManyLeadScoringRules`];
    /// [`Conflict::TooManyJobSchedules`] if there is no room for the job's schedule.
    #[tracing::instrument(name = "lead_scoring.create_rule", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create_rule(&mut self, new: NewLeadScoringRule) -> Result<LeadScoringRule> {
        self.0.write(async |tx| create(tx, new).await).await
    }

    /// One rule.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`].
    pub async fn get_rule(&self, id: LeadScoringRuleId) -> Result<LeadScoringRule> {
        self.may_read().await?;
        let rule = self.0.find::<row::Entity>().select(&row::COLUMNS).by_id(id);
        rule.one().await?.ok_or_else(|| Error::not_found(Kind::LeadScoringRule, id))
    }

    /// A page of rules. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Malformed`] for a cursor of another list.
    pub async fn list_rules(
        &self,
        query: &LeadScoringRuleQuery,
        request: &PageRequest,
    ) -> Result<Page<LeadScoringRule>> {
        self.may_read().await?;
        let find = || self.0.find::<row::Entity>().select(&row::COLUMNS).filter(query.condition());
        let key = |rule: &LeadScoringRule| (sort_key(query.sort, rule), rule.id.0);
        let digest = page::digest(&("lead_scoring_rules", query))?;
        read_page(find, &order(query.sort), &digest, request, key).await
    }

    /// Changes some fields of a rule; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`LeadScoring::create_rule`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "lead_scoring.update_rule", skip_all, fields(company.id = %self.0.company_id(), rule.id = %id))]
    pub async fn update_rule(
        &mut self,
        id: LeadScoringRuleId,
        patch: LeadScoringRulePatch,
        expected: Option<i64>,
    ) -> Result<LeadScoringRule> {
        self.0.write(async |tx| update(tx, id, patch, expected).await).await
    }

    /// Deletes a rule for good.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "lead_scoring.delete_rule", skip_all, fields(company.id = %self.0.company_id(), rule.id = %id))]
    pub async fn delete_rule(&mut self, id: LeadScoringRuleId, expected: Option<i64>) -> Result<()> {
        self.0.write(async |tx| delete(tx, id, expected).await).await
    }

    /// What the company has learned from its leads, in two statements.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn model(&self) -> Result<LeadScoringModel> {
        self.may_read().await?;
        let model = store::model(self.0.find()).await?;
        let weights = store::all_weights(self.0.find()).await?;
        Ok(LeadScoringModel {
            version: model.as_ref().map_or(0, |model| model.version),
            is_ready: model.as_ref().is_some_and(|model| model.is_ready),
            built_at: model.as_ref().map(|model| model.built_at),
            won: model.as_ref().map_or(0, |model| model.won),
            lost: model.as_ref().map_or(0, |model| model.lost),
            needed: NEEDED,
            weights: weights.into_iter().map(LeadScoringWeight::from).collect(),
        })
    }

    /// How good the model is, on leads that were held out when it was built.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn quality(&self) -> Result<LeadScoringQuality> {
        self.may_read().await?;
        store::model(self.0.find()).await?.as_ref().map_or_else(|| Ok(LeadScoringQuality::default()), store::quality)
    }

    /// Starts a job that learns from the company's leads and scores them all. If one that was started so is waiting or running,
    /// it is returned.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Conflict::TooManyJobSchedules`] if there is no room for the job's schedule.
    #[tracing::instrument(name = "lead_scoring.rebuild", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn rebuild(&mut self) -> Result<Job> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::LeadScoring, Action::Update, None, None)?;
                schedule(tx).await?;
                let job = NewJob::new(ScoreLeads::KIND, json!({})).unique("rebuild");
                tx.scope().jobs().enqueue(job).await
            })
            .await
    }

    async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::LeadScoring, Action::Read).await.map(drop)
    }
}

impl From<weight_row::Model> for LeadScoringWeight {
    fn from(row: weight_row::Model) -> Self {
        let weight_row::Model { feature, value, weight, won, lost, .. } = row;
        Self { term: feature, value: shown(&value), is_other: value == OTHER_VALUES, weight, won, lost }
    }
}

impl Leads<'_, '_> {
    /// The score of a lead as it is computed now, with the terms that it is made of; also of one that was converted, which keeps
    /// the score that it had then. Three statements.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[tracing::instrument(name = "leads.score", skip_all, fields(company.id = %self.scope().company_id(), lead.id = %id))]
    pub async fn score(&self, id: LeadId) -> Result<LeadScore> {
        let scope = self.scope();
        let company = scope.company().await?;
        scope.authorize_read(Resource::Leads, Action::Read).await?;
        let rules = store::active_rules(scope.find()).await?;
        let met = facts::met(&rules, &company, scope.is_postgres());
        let rows = leads::visible(scope.find(), scope.actor()).by_id(id).filter(is_live(LEADS));
        let found: Option<Facts> = facts::select(rows, met).one().await?;
        let facts = found.ok_or_else(|| Error::not_found(Kind::Lead, id))?;
        let weights = store::weights(scope.find(), &traits(&facts), scope.is_postgres()).await?;
        Ok(explain(&facts, &rules, &weights, &company, scope.crm.now()))
    }
}

async fn locked(tx: &CompanyTx<'_>, id: LeadScoringRuleId) -> Result<LeadScoringRule> {
    let rule = tx.find::<row::Entity>().select(&row::COLUMNS).by_id(id).for_no_key_update();
    rule.one().await?.ok_or_else(|| Error::not_found(Kind::LeadScoringRule, id))
}

async fn create(tx: &mut CompanyTx<'_>, new: NewLeadScoringRule) -> Result<LeadScoringRule> {
    tx.authorize(Resource::LeadScoring, Action::Create, None, None)?;
    let new = new.validated(tx)?;
    if tx.find::<row::Entity>().count(Some(MAX_RULES)).await? >= MAX_RULES {
        return Err(Conflict::TooManyLeadScoringRules.into());
    }
    let mut rule = blank(tx);
    new.write(&mut rule);
    tx.insert(&rule).await?;
    if rule.is_active {
        apply(tx).await?;
    }
    Ok(rule)
}

async fn update(
    tx: &mut CompanyTx<'_>,
    id: LeadScoringRuleId,
    patch: LeadScoringRulePatch,
    expected: Option<i64>,
) -> Result<LeadScoringRule> {
    tx.authorize(Resource::LeadScoring, Action::Update, None, Some(id.0))?;
    let before = locked(tx, id).await?;
    CompanyTx::expect_version(&before, expected)?;
    let mut after = before.clone();
    patch.apply(&before).validated(tx)?.write(&mut after);
    if !tx.update(&before, &mut after, Change::Updated).await? {
        return Ok(before);
    }
    if effect(&before) != effect(&after) {
        apply(tx).await?;
    }
    Ok(after)
}

async fn delete(tx: &mut CompanyTx<'_>, id: LeadScoringRuleId, expected: Option<i64>) -> Result<()> {
    tx.authorize(Resource::LeadScoring, Action::Delete, None, Some(id.0))?;
    let rule = locked(tx, id).await?;
    CompanyTx::expect_version(&rule, expected)?;
    tx.delete(&rule);
    if rule.is_active {
        apply(tx).await?;
    }
    Ok(())
}

/// What of a rule scores depend on; nothing of one that does not count.
fn effect(rule: &LeadScoringRule) -> Option<(&Map<String, serde_json::Value>, i64, Option<i64>)> {
    rule.is_active.then_some((&rule.condition, rule.points, rule.decay_days))
}

/// Scores all leads by the rules as they are now, after the write. Each change has a job of its own: one that runs already may
/// have passed some leads.
async fn apply(tx: &mut CompanyTx<'_>) -> Result<()> {
    tx.company_written();
    schedule(tx).await?;
    jobs::enqueue(tx, vec![NewJob::new(ScoreLeads::KIND, json!({ "rulesOnly": true }))]).await.map(drop)
}

/// A rule with nothing in it but an id.
fn blank(tx: &CompanyTx<'_>) -> LeadScoringRule {
    let by = ActorRef::from(tx.actor());
    let mut rule = LeadScoringRule {
        id: tx.id().into(),
        version: 1,
        name: String::new(),
        description: None,
        condition: Map::new(),
        points: 0,
        decay_days: None,
        is_active: true,
        position: 0,
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
    };
    tx.stamp_new(&mut rule);
    rule
}
