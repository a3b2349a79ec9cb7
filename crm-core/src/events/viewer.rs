//! The events that an actor may see, as a condition in SQL and for rows in memory.

use sea_orm::sea_query::{Condition, Expr, ExprTrait};

use super::row;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::UserId;
use crate::base::rights::{Action, Resource};
use crate::scope::CompanyScope;
use crate::scope::actor::Actor;
use crate::scope::visibility::{Access, PrivateRecords};
use crate::{consents, deals, interactions, notes, tasks};

const TABLE: &str = "crm_outbox";

/// The events of customers and leads that concern tags.
const OF_TAGS: [&str; 4] = ["crm.customer.tagged", "crm.customer.untagged", "crm.lead.tagged", "crm.lead.untagged"];

/// An actor's view of the feed: without events that are private to others, and of records that they may not read.
#[derive(Debug)]
pub(super) struct Viewer {
    private: PrivateRecords,
    /// The kinds of records whose events are hidden.
    hidden: Vec<&'static str>,
    sees_tags: bool,
    /// Of which records, where the company's record access hides some; only the database knows who owns them.
    records: Option<Condition>,
}

impl Viewer {
    /// # Errors
    /// [`Error::Forbidden`] unless the actor has the right to read all customers: events do not contain the owner of a record.
    pub async fn of(scope: &CompanyScope<'_>) -> Result<Self> {
        let may_read = |resource| scope.actor().rights_to(resource, Action::Read).are_all();
        if !may_read(Resource::Customers) {
            let refusal = Error::Forbidden { action: Action::Read, resource: Resource::Customers, id: None };
            return Err(scope.refuse(refusal).await);
        }
        let is_hidden = |kind: &&Kind| resource(**kind).is_some_and(|resource| !may_read(resource));
        let hidden = Kind::ALL.iter().filter(is_hidden).map(|kind| kind.as_str()).collect();
        let records = (!scope.actor().sees_all(Resource::Customers)).then(|| of_seen_records(scope.actor()));
        Ok(Self { private: scope.actor().private_records(), hidden, sees_tags: may_read(Resource::Tags), records })
    }

    /// Whether the company's record access hides records from the actor.
    pub const fn is_narrowed(&self) -> bool {
        self.records.is_some()
    }

    /// The condition for visible rows of `crm_outbox`.
    pub fn condition(&self) -> Condition {
        let mut shown = Condition::all().add(self.private.condition(Expr::col("private_to")));
        if !self.hidden.is_empty() {
            shown = shown.add(Expr::col("entity").is_not_in(self.hidden.iter().copied()));
        }
        shown = shown.add_option(self.records.clone());
        if !self.sees_tags {
            shown = shown.add(Expr::col("event_type").is_not_in(OF_TAGS));
        }
        shown
    }

    /// Whether this row is visible to an actor who sees all records.
    pub fn sees(&self, row: &row::Model) -> bool {
        self.private.include(row.private_to.map(UserId))
            && !self.hidden.contains(&row.entity.as_str())
            && (self.sees_tags || !OF_TAGS.contains(&row.event_type.as_str()))
    }
}

/// The events of records that the actor sees, and of what belongs to the company as a whole. What is no longer there has no
/// events, nor has what concerns several customers.
fn of_seen_records(actor: &Actor) -> Condition {
    const PARTIES: [Kind; 2] = [Kind::Customer, Kind::Lead];
    const OF_SEVERAL: [Kind; 4] = [Kind::BulkAction, Kind::CustomerMerge, Kind::Duplicate, Kind::Link];
    let children: [(Kind, &'static Access); 5] = [
        (Kind::Note, &notes::ACCESS),
        (Kind::Interaction, &interactions::ACCESS),
        (Kind::Task, &tasks::ACCESS),
        (Kind::Deal, &deals::ACCESS),
        (Kind::Consent, &consents::ACCESS),
    ];
    let is_of = |kind: Kind| Expr::col((TABLE, "entity")).eq(kind.as_str());
    let id = (TABLE, "entity_id");
    let narrowed = PARTIES.into_iter().chain(OF_SEVERAL).chain(children.iter().map(|(kind, _)| *kind));
    let others = Expr::col((TABLE, "entity")).is_not_in(narrowed.map(Kind::as_str));
    let party = Expr::exists(actor.known_party(|party| party.equals(id)));
    let of_party = PARTIES.into_iter().map(|kind| is_of(kind).and(party.clone()));
    let of_child = children.into_iter().filter_map(|(kind, access)| {
        let record = actor.visible_record(access, |record| record.equals(id)).ok()?;
        Some(is_of(kind).and(Expr::exists(record)))
    });
    of_party.chain(of_child).fold(Condition::any().add(others), Condition::add)
}

/// The resource that must be readable to see events of this kind. The audit trail has no events.
const fn resource(kind: Kind) -> Option<Resource> {
    match kind {
        Kind::Company => Some(Resource::Settings),
        Kind::User => Some(Resource::Users),
        Kind::BulkAction | Kind::Customer | Kind::CustomerMerge | Kind::ImportMapping | Kind::Link => {
            Some(Resource::Customers)
        }
        Kind::Note => Some(Resource::Notes),
        Kind::Interaction => Some(Resource::Interactions),
        Kind::Consent => Some(Resource::Consents),
        Kind::Suppression => Some(Resource::Suppressions),
        Kind::Task => Some(Resource::Tasks),
        Kind::Deal => Some(Resource::Deals),
        Kind::Pipeline => Some(Resource::Pipelines),
        Kind::Lead => Some(Resource::Leads),
        Kind::LeadStatus => Some(Resource::LeadStatuses),
        Kind::LeadScoringRule => Some(Resource::LeadScoring),
        Kind::LeadAssignmentRule => Some(Resource::LeadAssignmentRules),
        Kind::CaptureForm => Some(Resource::CaptureForms),
        Kind::Tag => Some(Resource::Tags),
        Kind::Job | Kind::JobSchedule => Some(Resource::Jobs),
        Kind::SavedView => Some(Resource::SavedViews),
        Kind::Duplicate => Some(Resource::Duplicates),
        Kind::CustomField => Some(Resource::CustomFields),
        // They are private to their user.
        Kind::CalendarFeed | Kind::Import | Kind::Notification | Kind::Preferences => None,
        Kind::Audit => None,
    }
}
