//! Assigning a lead: to a user by name, or by the company's rules.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::held::Held;
use super::model::Lead;
use super::repo::{Leads, locked, put, tell_owner};
use super::row::TABLE;
use crate::base::error::{Result, Violations};
use crate::base::ids::{LeadAssignmentRuleId, LeadId, UserId};
use crate::customers::TABLE as CUSTOMERS;
use crate::lead_assignment_rules::{self, Asked, ExplainedRule};
use crate::notifications::{self, NotificationKind, NotifiedRecord};
use crate::query::dialect::any_of;
use crate::scope::actor::Action;
use crate::scope::{Change, CompanyTx};

/// Who gets a lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssignLead {
    /// The user; nobody if absent, unless the rules decide. Also accepted as `assignedAgent`.
    #[serde(alias = "assignedAgent")]
    pub owner_id: Option<UserId>,
    /// Whether the assignment rules of your company decide; false if absent. If none does, the lead stays as it is.
    pub by_rules: Option<bool>,
    /// Whether the answer tells what each rule says; false if absent. Only with `byRules`.
    pub explain: Option<bool>,
    /// Only tell what would come of it, and change nothing; false if absent. Only with `byRules`.
    pub dry_run: Option<bool>,
}

/// A lead that was assigned, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WrittenLead {
    /// The lead.
    #[serde(flatten)]
    pub lead: Lead,
    /// What each active rule says, in their order. Absent unless it is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Vec<ExplainedRule>>,
}

impl AssignLead {
    fn is_by_rules(&self) -> bool {
        self.by_rules == Some(true)
    }

    fn check(&self) -> Result<(), Violations> {
        let mut violations = Violations::default();
        if self.is_by_rules() && self.owner_id.is_some() {
            violations.add("/ownerId", "unexpected", "the rules decide, or you do");
        }
        for (pointer, is_asked) in [("/explain", self.explain), ("/dryRun", self.dry_run)] {
            if is_asked == Some(true) && !self.is_by_rules() {
                violations.add(pointer, "unexpected", "only rules are explained and tried");
            }
        }
        violations.into_result()
    }
}

impl Leads<'_, '_> {
    /// Gives a lead to a user, or to nobody, or to the user that the company's rules choose; `expected` is the version that the caller
    /// has seen. A dry run does the same and takes it back.
    ///
    /// By rules a lead can become that of a user that the actor may not give it to: the company has decided so.
    ///
    /// # Errors
    /// Those of [`Leads::update`]; [`Error::Invalid`](crate::Error::Invalid) for what does not go together.
    #[tracing::instrument(name = "leads.assign_by", skip_all, fields(company.id = %self.0.company_id(), lead.id = %id))]
    pub async fn assign_by(&mut self, id: LeadId, how: AssignLead, expected: Option<i64>) -> Result<WrittenLead> {
        how.check()?;
        if !how.is_by_rules() {
            let lead = self.assign(id, how.owner_id, expected).await?;
            return Ok(WrittenLead { lead, explanation: None });
        }
        match how.dry_run {
            Some(true) => self.0.rehearse(async |tx| assign(tx, id, how, expected).await).await,
            _ => self.0.write(async |tx| assign(tx, id, how, expected).await).await,
        }
    }
}

async fn assign(tx: &mut CompanyTx<'_>, id: LeadId, how: AssignLead, expected: Option<i64>) -> Result<WrittenLead> {
    let before = locked(tx, id, Action::Update).await?;
    tx.authorize_write(&before, Action::Update, expected)?;
    before.ensure_unconverted()?;
    let (decision, explained) = lead_assignment_rules::decide(tx, id).await?;
    let mut after = before.clone();
    if let Some(decision) = decision.filter(|decision| before.customer.owner_id != Some(decision.owner.id)) {
        after.give(decision, tx.now());
    }
    let is_written = put(tx, &before, &mut after, Change::Updated).await?;
    if is_written {
        tell_owner(tx, Some(&before), &after)?;
    }
    let lead = if is_written { after } else { before }.into_lead();
    Ok(WrittenLead { lead, explanation: (how.explain == Some(true)).then_some(explained) })
}

/// Gives a new lead without an owner, whose rows are written, to the user that the rules choose.
pub(super) async fn assign_new(tx: &mut CompanyTx<'_>, lead: &mut Held) -> Result<()> {
    if lead.customer.owner_id.is_some() {
        return Ok(());
    }
    let (Some(decision), _) = lead_assignment_rules::decide(tx, lead.own.id).await? else {
        return Ok(());
    };
    let before = lead.clone();
    lead.give(decision, tx.now());
    tx.update_part(&before, &*lead).await?;
    tx.update_part(&before.customer, &lead.customer).await
}

/// The same for many, in a number of statements that does not depend on theirs.
pub(super) async fn assign_all_new(tx: &mut CompanyTx<'_>, leads: &mut [Held]) -> Result<()> {
    let unowned = leads.iter().filter(|lead| lead.customer.owner_id.is_none());
    let asked: Vec<Asked> = unowned.map(|lead| Asked { lead: lead.own.id, is_open: lead.is_open() }).collect();
    let mut decisions = lead_assignment_rules::decide_all(tx, &asked).await?;
    let mut of_each: BTreeMap<(LeadAssignmentRuleId, UserId), Vec<Uuid>> = BTreeMap::new();
    for lead in leads.iter_mut() {
        if let Some(decision) = decisions.remove(&lead.own.id) {
            of_each.entry((decision.rule.id, decision.owner.id)).or_default().push(lead.own.id.0);
            lead.give(decision, tx.now());
        }
    }
    for ((rule, owner), ids) in of_each {
        let customers = owned(tx, CUSTOMERS, owner, ids.clone());
        let own =
            owned(tx, TABLE, owner, ids).value("assigned_at", tx.now()).value("assigned_by_rule_id", rule.0).to_owned();
        for update in [own, customers] {
            tx.execute(&update).await?;
        }
    }
    Ok(())
}

fn owned(tx: &CompanyTx<'_>, table: &'static str, owner: UserId, ids: Vec<Uuid>) -> UpdateStatement {
    Query::update()
        .table(table)
        .value("owner_id", owner.0)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("id"), ids, tx.is_postgres()))
        .to_owned()
}

/// Notifies the owners of new leads, in few statements.
pub(super) fn tell_owners(tx: &mut CompanyTx<'_>, leads: &[Held]) -> Result<()> {
    let mut of_owners: BTreeMap<UserId, Vec<Uuid>> = BTreeMap::new();
    for lead in leads {
        if let Some(owner) = lead.customer.owner_id {
            of_owners.entry(owner).or_default().push(lead.own.id.0);
        }
    }
    for (owner, ids) in of_owners {
        notifications::tell_each(tx, (NotificationKind::Assigned, NotifiedRecord::Lead), &ids, owner)?;
    }
    Ok(())
}
