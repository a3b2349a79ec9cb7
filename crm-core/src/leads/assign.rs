//! Giving leads to users: one, or many at once.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use sea_orm::{FromQueryResult, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::model::Lead;
use super::patch::LeadPatch;
use super::repo::{Leads, visible};
use super::row::{self, TABLE};
use crate::base::error::{Kind, Result, Violations};
use crate::base::ids::{LeadId, UserId};
use crate::base::string_enum::string_enum;
use crate::customers::TABLE as CUSTOMERS;
use crate::history::FieldChange;
use crate::journal::ChangeRecord;
use crate::lead_scoring;
use crate::notifications::{self, NotificationKind, NotifiedRecord};
use crate::query::dialect::any_of;
use crate::scope::actor::{Action, Resource};
use crate::scope::{Change, CompanyTx};
use crate::users;

/// How many leads are given to a user at once.
pub const MAX_ASSIGNED: usize = 500;

/// Leads to give to a user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssignLeads {
    /// The leads, at most 500.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 500))]
    pub lead_ids: Vec<LeadId>,
    /// The user who works on them from now on; nobody if absent. Also accepted as `assignedAgent`.
    #[serde(alias = "assignedAgent")]
    pub owner_id: Option<UserId>,
}

string_enum! {
    /// What became of a lead that was to be given to a user.
    LeadAssignment {
        /// The user has it now.
        Assigned = "assigned",
        /// The user had it before.
        Unchanged = "unchanged",
        /// There is no such lead.
        NotFound = "not_found",
        /// You may not change it.
        Forbidden = "forbidden",
        /// It was converted, and is written no more.
        Converted = "converted",
    }
}

/// One lead, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AssignedLead {
    /// The lead.
    pub lead_id: LeadId,
    /// What became of it.
    pub outcome: LeadAssignment,
}

/// What became of each lead, in the order in which they were named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AssignedLeads {
    /// How many the user has now and had not before.
    pub assigned: usize,
    /// Each lead.
    pub leads: Vec<AssignedLead>,
}

impl Leads<'_, '_> {
    /// Gives a lead to a user, or to nobody; `expected` is the version that the caller has seen.
    ///
    /// # Errors
    /// Those of [`Leads::update`].
    pub async fn assign(&mut self, id: LeadId, owner: Option<UserId>, expected: Option<i64>) -> Result<Lead> {
        self.update(id, LeadPatch { owner_id: owner.into(), ..LeadPatch::default() }, expected).await
    }

    /// Gives leads to a user, or to nobody, in few statements, whatever their number. Leads that cannot be given are left as
    /// they are, and told.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) without the right to change leads, or to give them to this user;
    /// [`Error::Invalid`](crate::Error::Invalid) for no leads, for more than [`MAX_ASSIGNED`], and for an unknown user.
    #[tracing::instrument(name = "leads.assign_all", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn assign_all(&mut self, request: AssignLeads) -> Result<AssignedLeads> {
        request.check()?;
        self.ensure_owner_mirrored(Action::Update, request.owner_id).await?;
        self.0.write(async |tx| assign_all(tx, request).await).await
    }
}

impl AssignLeads {
    fn check(&self) -> Result<(), Violations> {
        if self.lead_ids.is_empty() {
            return Err(Violations::one("/leadIds", "required", "name the leads"));
        }
        if self.lead_ids.len() > MAX_ASSIGNED {
            return Err(Violations::one("/leadIds", "too_many", format!("at most {MAX_ASSIGNED} leads at once")));
        }
        Ok(())
    }
}

/// What decides of a lead whether it can be given away.
#[derive(Clone, Copy, Debug, FromQueryResult)]
struct Target {
    id: Uuid,
    version: i64,
    updated_at: DateTime<Utc>,
    owner_id: Option<Uuid>,
    converted_at: Option<DateTime<Utc>>,
}

impl Target {
    fn outcome(&self, tx: &CompanyTx<'_>, to: Option<UserId>) -> LeadAssignment {
        let owner = self.owner_id.map(UserId::from);
        if self.converted_at.is_some() {
            LeadAssignment::Converted
        } else if owner == to {
            LeadAssignment::Unchanged
        } else if tx.actor().may(Resource::Leads, Action::Update, owner) {
            LeadAssignment::Assigned
        } else {
            LeadAssignment::Forbidden
        }
    }
}

async fn assign_all(tx: &mut CompanyTx<'_>, request: AssignLeads) -> Result<AssignedLeads> {
    let AssignLeads { lead_ids, owner_id } = request;
    tx.authorize(Resource::Leads, Action::Update, owner_id, None)?;
    if let Some(owner) = owner_id {
        users::owner(tx, owner, "/ownerId").await?;
    }
    let targets = locked(tx, &lead_ids).await?;
    let of_each: HashMap<Uuid, LeadAssignment> =
        targets.iter().map(|target| (target.id, target.outcome(tx, owner_id))).collect();
    let is_given = |target: &Target| of_each.get(&target.id) == Some(&LeadAssignment::Assigned);
    let given: Vec<Target> = targets.into_iter().filter(is_given).collect();
    write(tx, &given, owner_id).await?;
    lead_scoring::rescore(tx, given.iter().map(|target| target.id).collect()).await?;
    let told = |id: &LeadId| AssignedLead {
        lead_id: *id,
        outcome: of_each.get(&id.0).copied().unwrap_or(LeadAssignment::NotFound),
    };
    Ok(AssignedLeads { assigned: given.len(), leads: lead_ids.iter().map(told).collect() })
}

/// The leads outside the trash that the actor sees, held in the order of their ids, so that all wait in the same order.
async fn locked(tx: &CompanyTx<'_>, ids: &[LeadId]) -> Result<Vec<Target>> {
    use row::Column as C;
    const COLUMNS: [C; 5] = [C::Id, C::Version, C::UpdatedAt, C::OwnerId, C::ConvertedAt];
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let most = ids.len() as u64;
    let column = |name: &'static str| Expr::col((TABLE, name));
    let rows = row::customers_first(tx, visible(tx.find(), tx.actor()), ids.clone());
    let rows = rows.filter(any_of(column("id"), ids, tx.is_postgres()));
    let rows = rows.filter(column("deleted_at").is_null());
    let rows = rows.map(|select| row::joined(select.select_only().columns(COLUMNS)).order_by_asc(C::Id));
    rows.for_no_key_update().fetch_up_to(most).await
}

/// Writes the owner into both rows of each lead, and records it.
async fn write(tx: &mut CompanyTx<'_>, targets: &[Target], owner: Option<UserId>) -> Result<()> {
    if targets.is_empty() {
        return Ok(());
    }
    let after_all = targets.iter().map(|target| target.updated_at + TimeDelta::microseconds(1));
    let at = after_all.fold(tx.now(), std::cmp::max);
    let assigned_at = owner.map(|_| at);
    let own = stamped(tx, TABLE, targets, owner, at)
        .value("assigned_at", assigned_at)
        .value("assigned_by_rule_id", None::<Uuid>)
        .to_owned();
    let customers = stamped(tx, CUSTOMERS, targets, owner, at);
    for update in [own, customers] {
        tx.execute(&update).await?;
    }
    for target in targets {
        let from = target.owner_id.map(UserId::from);
        tx.touch(Kind::Lead, target.id);
        tx.record_change(ChangeRecord {
            kind: Kind::Lead,
            id: Some(target.id),
            version: target.version + 1,
            action: Change::Updated.as_str(),
            at,
            changes: vec![FieldChange { field: "ownerId".to_owned(), from: json!(from), to: json!(owner) }],
            details: None,
            private_to: None,
            customer: None,
            origin: tx.origin,
            tags: Vec::new(),
            customers: Vec::new(),
        });
    }
    let ids: Vec<Uuid> = targets.iter().map(|target| target.id).collect();
    match owner {
        Some(owner) => notifications::tell_each(tx, (NotificationKind::Assigned, NotifiedRecord::Lead), &ids, owner),
        None => Ok(()),
    }
}

fn stamped(
    tx: &CompanyTx<'_>,
    table: &'static str,
    targets: &[Target],
    owner: Option<UserId>,
    at: DateTime<Utc>,
) -> UpdateStatement {
    let ids: Vec<Uuid> = targets.iter().map(|target| target.id).collect();
    Query::update()
        .table(table)
        .values([
            ("owner_id", owner.map(Uuid::from).into()),
            ("version", Expr::col("version").add(1)),
            ("updated_at", at.into()),
            ("updated_by_kind", tx.actor().kind().as_str().into()),
            ("updated_by_id", tx.actor().user_id().map(Uuid::from).into()),
        ])
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("id"), ids, tx.is_postgres()))
        .to_owned()
}
