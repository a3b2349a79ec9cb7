//! The activity of the company's users: who did what to which record, newest first.
//!
//! It is read from the audit trail, and tells less: no refusals, no reads, and neither values nor details. What concerns a
//! private note is its author's alone.
//!
//! - Actors who may read the audit trail see the activity of all users.
//! - All others see what they have done themselves, and what concerns kinds of records of which they may read all.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::audit::{AuditQuery, Outcome};
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{AuditId, UserId};
use crate::base::rights::{ActorRef, Resource};
use crate::journal::audit::{self as row, Facts};
use crate::query::page::{self, Key, Page, PageRequest};
use crate::scope::actor::Actor;
use crate::scope::{CompanyScope, read_page};
use crate::users::{self, UserRef};

/// The kinds of records whose activity is told, and the kinds of which an actor has to see all for it.
const KINDS: &[(Kind, &[Resource])] = {
    use {Kind as K, Resource as R};
    &[
        (K::Customer, &[R::Customers]),
        (K::CustomerMerge, &[R::Customers]),
        (K::BulkAction, &[R::Customers]),
        (K::Link, &[R::Customers]),
        (K::Lead, &[R::Leads]),
        (K::Note, &[R::Notes, R::Customers, R::Leads]),
        (K::Interaction, &[R::Interactions, R::Customers, R::Leads]),
        (K::Consent, &[R::Consents, R::Customers, R::Leads]),
        (K::Suppression, &[R::Suppressions]),
        (K::Task, &[R::Tasks, R::Customers, R::Leads, R::Deals]),
        (K::Deal, &[R::Deals, R::Customers]),
        (K::Pipeline, &[R::Pipelines]),
        (K::LeadStatus, &[R::LeadStatuses]),
        (K::LeadScoringRule, &[R::LeadScoring]),
        (K::LeadAssignmentRule, &[R::LeadAssignmentRules]),
        (K::CaptureForm, &[R::CaptureForms]),
        (K::Tag, &[R::Tags]),
        (K::CustomField, &[R::CustomFields]),
    ]
};

/// Something that a user, a service or the system did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ActivityEntry {
    /// The id of the entry.
    pub id: AuditId,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: ActorRef,
    /// The user or service with its name; `null` for the system.
    pub user: Option<UserRef>,
    /// What was done: `created`, `updated`, `deleted`, `won`, `converted`, …
    #[cfg_attr(feature = "openapi", schema(example = "updated"))]
    pub action: String,
    /// The kind of the record.
    #[cfg_attr(feature = "openapi", schema(example = "deal"))]
    pub kind: String,
    /// The record; `null` if several records or none were concerned.
    pub record_id: Option<Uuid>,
    /// The names of the fields that changed.
    pub fields: Vec<String>,
}

/// Which activity is listed. The default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityQuery {
    /// Only what this user or service did.
    pub user: Option<UserId>,
    /// Only what was done to records of this kind.
    pub kind: Option<Kind>,
    /// Only this action.
    pub action: Option<String>,
    /// Only what was done to this record.
    pub record: Option<Uuid>,
    /// Only what was done at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Only what was done before this time.
    pub to: Option<DateTime<Utc>>,
}

/// The activity in the company. Obtained from [`CompanyScope::activity`].
#[derive(Debug)]
pub struct Activities<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The activity in the company, as far as the actor sees it.
    pub fn activity(&mut self) -> Activities<'_, 'c> {
        Activities(self)
    }
}

impl Activities<'_, '_> {
    /// A page of the activity, newest first: two statements, of which one names the users.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a cursor of another list.
    pub async fn list(&self, query: &ActivityQuery, request: &PageRequest) -> Result<Page<ActivityEntry>> {
        self.0.company().await?;
        let conditions = AuditQuery::from(query).conditions();
        let visible = visible(self.0.actor());
        let find = || {
            let rows = self.0.find::<row::Entity>().filter(self.0.not_private(Expr::col("private_to")));
            conditions.iter().cloned().fold(rows.filter(visible.clone()), |rows, condition| rows.filter(condition))
        };
        // What is visible depends on who asks.
        let digest = page::digest(&("activity", query, self.0.actor().user_id()))?;
        let key = |row: &row::Model| (Key::Time(row.occurred_at), row.id);
        let page = read_page(find, &page::newest_first("occurred_at"), &digest, request, key).await?;
        let mut ids: Vec<Uuid> = page.data.iter().filter_map(|row| row.actor_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let names = users::load_user_refs(self.0, ids).await?;
        page.try_map(|row| entry(row, |id| names.get(&id).cloned()))
    }
}

impl From<&ActivityQuery> for AuditQuery {
    /// What was done, without what was refused.
    fn from(query: &ActivityQuery) -> Self {
        let ActivityQuery { user, kind, action, record, from, to } = query.clone();
        Self {
            entity_id: record,
            entity: kind.map(|kind| kind.as_str().to_owned()),
            actor_id: user,
            action,
            outcome: Some(Outcome::Success),
            since: from,
            until: to,
        }
    }
}

/// The condition for entries that the actor sees, but for private ones.
fn visible(actor: &Actor) -> Condition {
    let of_kinds = |kinds: Vec<&'static str>| Expr::col("entity").is_in(kinds);
    let all = KINDS.iter().map(|(kind, _)| kind.as_str()).collect();
    let told = Condition::all().add(of_kinds(all));
    if actor.sees_all(Resource::Audit) {
        return told;
    }
    let seen = |(_, resources): &&(Kind, &[Resource])| resources.iter().all(|resource| actor.sees_all(*resource));
    let seen: Vec<&str> = KINDS.iter().filter(seen).map(|(kind, _)| kind.as_str()).collect();
    if seen.len() == KINDS.len() {
        return told;
    }
    let own = actor.user_id().map(|me| Expr::col("actor_id").eq(me.0));
    told.add(Condition::any().add(of_kinds(seen)).add_option(own))
}

fn entry(row: row::Model, user: impl Fn(Uuid) -> Option<UserRef>) -> Result<ActivityEntry> {
    let Facts { fields, details: _ } = serde_json::from_value(row.fields).map_err(Error::internal)?;
    Ok(ActivityEntry {
        id: row.id.into(),
        at: row.occurred_at,
        actor: ActorRef::read(&row.actor_kind, row.actor_id)?,
        user: row.actor_id.and_then(user),
        action: row.action,
        kind: row.entity,
        record_id: row.entity_id,
        fields: fields.into_iter().map(|field| field.field).collect(),
    })
}
