//! Opportunities become deals, each by its sales agent and at the days of the file.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context;
use chrono::{DateTime, Utc};
use crm_core::customers::ExternalRef;
use crm_core::deals::{DealItem, DealMove, DealQuery, DealStatus, NewDeal, NewDealItems};
use crm_core::decimal::Quantity;
use crm_core::ids::{DealId, PipelineId, PipelineStageId};
use crm_core::money::Money;
use crm_core::page::PageRequest;
use crm_core::pipelines::{NewPipeline, NewPipelineStage, Pipeline, PipelineQuery, StageKind};
use crm_core::sea_orm::DatabaseConnection;
use crm_core::{CompanyScope, CompanyTx, Crm};

use super::super::import::bar;
use super::SYSTEM;
use super::accounts::Organizations;
use super::files::{Opportunity, Sales, Stage};
use super::people::People;
use crate::clock::SetClock;

/// How many deals are written in one transaction.
const AT_ONCE: usize = 100;

/// The stages of the file, in the pipeline.
struct Stages {
    pipeline: PipelineId,
    prospecting: PipelineStageId,
    engaging: PipelineStageId,
    won: PipelineStageId,
    lost: PipelineStageId,
}

/// A deal that is there.
#[derive(Clone, Copy)]
enum Known {
    Trashed,
    Live { id: DealId, status: DealStatus, stage: PipelineStageId },
}

/// What became of the deals.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Done {
    pub added: u64,
    pub moved: u64,
    pub unchanged: u64,
    pub trashed: u64,
}

/// What is known before the deals are written.
pub(super) struct Deals<'s> {
    sales: &'s Sales,
    organizations: &'s Organizations,
    stages: Stages,
    known: HashMap<String, Known>,
}

impl<'s> Deals<'s> {
    /// Finds or adds the pipeline, and reads which deals it has.
    pub async fn prepare(
        scope: &mut CompanyScope<'_>,
        pipeline: &str,
        sales: &'s Sales,
        organizations: &'s Organizations,
    ) -> anyhow::Result<Self> {
        let stages = Stages::of(&found(scope, pipeline).await?)?;
        let mut known = HashMap::new();
        for trashed in [true, false] {
            let query = DealQuery { pipeline: Some(stages.pipeline), trashed, ..DealQuery::default() };
            let mut request = PageRequest::default().limit(100);
            loop {
                let page = scope.deals().list(&query, &request).await?;
                for deal in page.data {
                    let Some(reference) = deal.quote_ref.filter(|reference| reference.system == SYSTEM) else {
                        continue;
                    };
                    let live = Known::Live { id: deal.id, status: deal.status, stage: deal.stage_id };
                    known.insert(reference.id, if trashed { Known::Trashed } else { live });
                }
                let Some(cursor) = page.next_cursor else { break };
                request = PageRequest::after(cursor).limit(100);
            }
        }
        Ok(Self { sales, organizations, stages, known })
    }

    /// Writes them, agent by agent.
    pub async fn import(
        &self,
        crm: &Crm,
        database: &DatabaseConnection,
        (clock, people): (&SetClock, &People),
        lost_reason: &str,
    ) -> anyhow::Result<Done> {
        let mut by_agent: BTreeMap<&str, Vec<&Opportunity>> = BTreeMap::new();
        for row in &self.sales.opportunities {
            by_agent.entry(&row.agent).or_default().push(row);
        }
        let (mut done, bar) = (Done::default(), bar(self.sales.opportunities.len() as u64));
        for (agent, mut rows) in by_agent {
            let actor = people.actor(agent)?;
            rows.sort_by_key(|row| self.begun(row));
            for some in rows.chunks(AT_ONCE) {
                let mut scope = crm.on(actor.clone(), database);
                let mut tx = scope.begin().await?;
                for row in some {
                    let written = self.write(&mut tx, clock, row, lost_reason).await;
                    done.count(written.with_context(|| format!("the opportunity {}", row.id))?);
                }
                tx.commit().await?;
                bar.inc(some.len() as u64);
            }
        }
        bar.finish_and_clear();
        Ok(done)
    }

    /// When it began. The file has no day of those that have only been found: they stood so on its last day.
    fn begun(&self, row: &Opportunity) -> DateTime<Utc> {
        match row.stage {
            Stage::Prospecting => self.sales.last_day,
            Stage::Engaging { since } | Stage::Won { since, .. } | Stage::Lost { since, .. } => since,
        }
    }

    async fn write(
        &self,
        tx: &mut CompanyTx<'_>,
        clock: &SetClock,
        row: &Opportunity,
        lost_reason: &str,
    ) -> anyhow::Result<Written> {
        let (id, is_new) = match self.known.get(&row.id) {
            Some(Known::Trashed) => return Ok(Written::Trashed),
            Some(Known::Live { status, .. }) if *status != DealStatus::Open => return Ok(Written::Unchanged),
            Some(Known::Live { id, stage, .. }) => {
                if self.is_at(row, *stage) {
                    return Ok(Written::Unchanged);
                }
                (*id, false)
            }
            None => (self.add(tx, clock, row).await?, true),
        };
        let (to, at) = match row.stage {
            Stage::Prospecting => return Ok(Written::of(is_new)),
            Stage::Engaging { .. } if is_new => return Ok(Written::Added),
            Stage::Engaging { since } => (DealMove::to(self.stages.engaging), since),
            Stage::Won { at, .. } => (DealMove::to(self.stages.won), at),
            Stage::Lost { at, .. } => {
                let lost_reason = Some(lost_reason.to_owned());
                (DealMove { lost_reason, ..DealMove::to(self.stages.lost) }, at)
            }
        };
        clock.set(at);
        if !is_new && let Stage::Won { value, .. } = row.stage {
            tx.scope().deals().replace_items(id, items(row, value), None).await?;
        }
        tx.scope().deals().move_to(id, to, None).await?;
        Ok(Written::of(is_new))
    }

    /// Whether an open deal is in the stage that the file says.
    fn is_at(&self, row: &Opportunity, stage: PipelineStageId) -> bool {
        match row.stage {
            Stage::Prospecting => true,
            Stage::Engaging { .. } => stage != self.stages.prospecting,
            Stage::Won { .. } | Stage::Lost { .. } => false,
        }
    }

    async fn add(&self, tx: &mut CompanyTx<'_>, clock: &SetClock, row: &Opportunity) -> anyhow::Result<DealId> {
        clock.set(self.begun(row));
        let customer = self.organizations.of(row.account.as_deref())?;
        let begins_in = match row.stage {
            Stage::Prospecting => self.stages.prospecting,
            _ => self.stages.engaging,
        };
        let name = match &row.account {
            Some(account) => format!("{} for {account}", row.product),
            None => row.product.clone(),
        };
        let new = NewDeal {
            pipeline_id: Some(self.stages.pipeline),
            stage_id: Some(begins_in),
            amount_from_items: Some(true),
            quote_ref: Some(ExternalRef::new(SYSTEM, &row.id)),
            ..NewDeal::named(name)
        };
        let deal = tx.scope().deals().create(customer, new).await?;
        let price = match row.stage {
            Stage::Won { value, .. } => value,
            _ => row.list_price,
        };
        tx.scope().deals().replace_items(deal.id, items(row, price), None).await?;
        Ok(deal.id)
    }
}

/// What became of a deal.
#[derive(Clone, Copy)]
enum Written {
    Added,
    Moved,
    Unchanged,
    Trashed,
}

impl Written {
    const fn of(is_new: bool) -> Self {
        if is_new { Self::Added } else { Self::Moved }
    }
}

impl Done {
    const fn count(&mut self, written: Written) {
        match written {
            Written::Added => self.added += 1,
            Written::Moved => self.moved += 1,
            Written::Unchanged => self.unchanged += 1,
            Written::Trashed => self.trashed += 1,
        }
    }
}

impl Stages {
    fn of(pipeline: &Pipeline) -> anyhow::Result<Self> {
        let stage = |name: &str| {
            let found = pipeline.stages.iter().find(|stage| stage.name.eq_ignore_ascii_case(name));
            let missing =
                || format!("the pipeline {} has no stage {name}; name another one with --into", pipeline.name);
            found.map(|stage| stage.id).with_context(missing)
        };
        Ok(Self {
            pipeline: pipeline.id,
            prospecting: stage("Prospecting")?,
            engaging: stage("Engaging")?,
            won: stage("Won")?,
            lost: stage("Lost")?,
        })
    }
}

async fn found(scope: &mut CompanyScope<'_>, name: &str) -> anyhow::Result<Pipeline> {
    let mut request = PageRequest::default().limit(100);
    loop {
        let page = scope.pipelines().list(&PipelineQuery::default(), &request).await?;
        if let Some(found) = page.data.into_iter().find(|pipeline| pipeline.name.eq_ignore_ascii_case(name)) {
            return Ok(found);
        }
        let Some(cursor) = page.next_cursor else { break };
        request = PageRequest::after(cursor).limit(100);
    }
    let stages = vec![
        NewPipelineStage::open("Prospecting", 10),
        NewPipelineStage::open("Engaging", 50),
        NewPipelineStage::of(StageKind::Won, "Won"),
        NewPipelineStage::of(StageKind::Lost, "Lost"),
    ];
    Ok(scope.pipelines().create(NewPipeline { stages: Some(stages), ..NewPipeline::named(name) }).await?)
}

/// One product at this price.
fn items(row: &Opportunity, price: Money) -> NewDealItems {
    let product_ref = Some(ExternalRef::new(SYSTEM, &row.product));
    NewDealItems::of(vec![DealItem { product_ref, ..DealItem::of(&row.product, Quantity::ONE, price) }])
}
