//! What a rule is by which leads are assigned.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::base::ids::{LeadAssignmentRuleId, TeamId, UserId};
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;

string_enum! {
    /// How a rule chooses among its users.
    #[derive(Default)]
    LeadAssignmentStrategy {
        /// There is one user.
        #[default]
        Fixed = "fixed",
        /// One after the other, so that all get as many leads as the others.
        RoundRobin = "round_robin",
        /// The one with the fewest open leads; among several the one whose turn it is.
        LeastLoaded = "least_loaded",
        /// The one that goes with the value of a field of the lead.
        ByField = "by_field",
    }
}

/// The user that goes with a value of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadFieldUser {
    /// The value, compared as filters do; numbers, `true` and `false` as text. Of a list, one of its values.
    #[cfg_attr(feature = "openapi", schema(example = "DE", min_length = 1, max_length = 250))]
    pub value: String,
    /// The user.
    pub user_id: UserId,
}

/// A rule, as leads show it that it has assigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeadRuleRef {
    /// The id.
    pub id: LeadAssignmentRuleId,
    /// The name; absent if the rule was deleted.
    pub name: Option<String>,
}

/// A rule by which leads are assigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LeadAssignmentRule {
    /// The id.
    pub id: LeadAssignmentRuleId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// The name.
    pub name: String,
    /// What the rule is for.
    pub description: Option<String>,
    /// The filter that leads meet to which the rule applies, as the list of leads takes it; absent for all leads.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub condition: Option<Map<String, Value>>,
    /// How it chooses among the users.
    pub strategy: LeadAssignmentStrategy,
    /// The users, in the order of their turns; none with the strategy `by_field`, and if there is a team.
    pub user_ids: Vec<UserId>,
    /// The team whose members get the leads in place of users, as known to the user-management service.
    pub team_id: Option<TeamId>,
    /// The field of leads that decides, with the strategy `by_field`.
    pub field: Option<String>,
    /// The users that go with values of the field.
    pub field_users: Vec<LeadFieldUser>,
    /// How many open leads a user has at most before they are passed over; absent for any number.
    pub capacity: Option<i64>,
    /// True if the rule only applies in the company's working hours.
    pub working_hours_only: bool,
    /// The place among the other rules, from 0: they are asked in this order.
    pub position: i64,
    /// True if it is asked.
    pub is_active: bool,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who wrote it last.
    pub updated_by: ActorRef,
}

impl LeadAssignmentRule {
    /// All users that it names, and where.
    pub(super) fn users(&self) -> impl Iterator<Item = (UserId, String)> {
        let of_pool = self.user_ids.iter().enumerate().map(|(index, user)| (*user, format!("/userIds/{index}")));
        let of_field = self.field_users.iter().enumerate();
        let of_field = of_field.map(|(index, entry)| (entry.user_id, format!("/fieldUsers/{index}/userId")));
        of_pool.chain(of_field)
    }
}
