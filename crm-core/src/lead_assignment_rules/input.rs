//! The input for rules by which leads are assigned.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use validator::Validate;

use super::model::{LeadAssignmentRule, LeadAssignmentStrategy, LeadFieldUser};
use crate::base::error::{Malformed, Violations};
use crate::base::ids::{TeamId, UserId};
use crate::base::patch::{apply_fields, patch};
use crate::base::text::{self, fold};
use crate::base::validation;
use crate::leads;
use crate::query::filter::Filter;
use crate::scope::CompanyTx;

/// The maximum number of users of a rule, and of values of its field.
const MAX_USERS: usize = 100;
/// The maximum length of a value, in characters.
const MAX_VALUE: usize = 250;

/// A rule to add by which leads are assigned. An absent or `null` field has no value, unless the field describes a default.
///
/// ```
/// use crm_core::ids::UserId;
/// use crm_core::lead_assignment_rules::NewLeadAssignmentRule;
///
/// # let [ann, bob] = [1, 2].map(|user| UserId(uuid::Uuid::from_u128(user)));
/// let in_turn = NewLeadAssignmentRule { capacity: Some(50), ..NewLeadAssignmentRule::in_turn("Sales", [ann, bob]) };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLeadAssignmentRule {
    /// The name.
    #[validate(length(max = 100))]
    #[cfg_attr(feature = "openapi", schema(example = "Leads from Germany", max_length = 100))]
    pub name: Option<String>,
    /// What the rule is for.
    #[validate(length(max = 1000))]
    #[cfg_attr(feature = "openapi", schema(example = "The team in Hamburg", max_length = 1000))]
    pub description: Option<String>,
    /// The filter that leads meet to which the rule applies, as the list of leads takes it, without `me`; all leads if absent.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>, example = json!({ "field": "countryCode", "op": "eq", "value": "DE" })))]
    pub condition: Option<Map<String, Value>>,
    /// How it chooses among the users; `fixed` if absent.
    pub strategy: Option<LeadAssignmentStrategy>,
    /// The users, in the order of their turns: one with the strategy `fixed`, up to 100 with `round_robin` and
    /// `least_loaded` unless there is a team, none with `by_field`.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub user_ids: Option<Vec<UserId>>,
    /// The team whose members get the leads in place of users, by what they are when a lead comes: at most 500, in the order
    /// of their ids. Only with the strategies `round_robin` and `least_loaded`.
    pub team_id: Option<TeamId>,
    /// The field of leads that decides, as filters name it; only with the strategy `by_field`, which needs it.
    #[validate(length(max = 200))]
    #[cfg_attr(feature = "openapi", schema(example = "countryCode", max_length = 200))]
    pub field: Option<String>,
    /// The users that go with values of the field, up to 100; only with the strategy `by_field`. The first value that a lead
    /// has counts.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub field_users: Option<Vec<LeadFieldUser>>,
    /// How many open leads a user has at most before they are passed over; any number if absent.
    #[validate(range(min = 1, max = 1_000_000))]
    #[cfg_attr(feature = "openapi", schema(example = 50, minimum = 1, maximum = 1_000_000))]
    pub capacity: Option<i64>,
    /// Whether the rule only applies in the company's working hours; false if absent.
    pub working_hours_only: Option<bool>,
    /// The place among the other rules, from 0: they are asked in this order; 0 if absent.
    #[validate(range(min = 0, max = 1_000_000))]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    pub position: Option<i64>,
    /// Whether it is asked; true if absent.
    pub is_active: Option<bool>,
}

impl NewLeadAssignmentRule {
    /// The read-only fields of a [`LeadAssignmentRule`].
    pub(super) const READ_ONLY: &'static [&'static str] =
        &["id", "version", "createdAt", "updatedAt", "createdBy", "updatedBy"];

    /// All leads for one user.
    pub fn fixed(name: impl Into<String>, user: UserId) -> Self {
        Self { name: Some(name.into()), user_ids: Some(vec![user]), ..Self::default() }
    }

    /// All leads for the members of a team, one after the other.
    pub fn in_team(name: impl Into<String>, team: TeamId) -> Self {
        Self {
            name: Some(name.into()),
            strategy: Some(LeadAssignmentStrategy::RoundRobin),
            team_id: Some(team),
            ..Self::default()
        }
    }

    /// All leads for these users, one after the other.
    pub fn in_turn(name: impl Into<String>, users: impl IntoIterator<Item = UserId>) -> Self {
        Self {
            name: Some(name.into()),
            strategy: Some(LeadAssignmentStrategy::RoundRobin),
            user_ids: Some(users.into_iter().collect()),
            ..Self::default()
        }
    }

    /// All users that it names, at most as many as a rule can have.
    pub(super) fn named_users(&self) -> BTreeSet<UserId> {
        let of_pool = self.user_ids.iter().flatten().take(MAX_USERS).copied();
        let of_field = self.field_users.iter().flatten().take(MAX_USERS).map(|entry| entry.user_id);
        of_pool.chain(of_field).collect()
    }

    /// Trims all texts, and checks every rule but that for users.
    pub(super) fn validated(mut self, tx: &CompanyTx<'_>) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        validation::normalise(&mut self.name, "/name", text::line, &mut violations);
        validation::normalise(&mut self.description, "/description", text::line, &mut violations);
        validation::normalise(&mut self.field, "/field", text::line, &mut violations);
        if violations.0.iter().all(|fault| fault.pointer != "/name")
            && self.name.as_deref().is_none_or(|name| fold(name).is_empty())
        {
            violations.add("/name", "required", "a rule needs a name");
        }
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        if let Err(fault) = self.check_condition(tx) {
            violations.add("/condition", fault.code, fault.detail);
        }
        match self.strategy.unwrap_or_default() {
            LeadAssignmentStrategy::ByField => self.check_field(tx, &mut violations),
            strategy => self.check_pool(strategy, &mut violations),
        }
        violations.into_result()?;
        Ok(self)
    }

    fn check_condition(&self, tx: &CompanyTx<'_>) -> Result<(), Malformed> {
        match &self.condition {
            Some(condition) => {
                let filter = Filter::from_json(&Value::Object(condition.clone()))?;
                leads::rule_condition(&filter, &tx.company, tx.is_postgres()).map(drop)
            }
            None => Ok(()),
        }
    }

    fn check_pool(&self, strategy: LeadAssignmentStrategy, violations: &mut Violations) {
        let users = self.user_ids.as_deref().unwrap_or_default();
        let most = if strategy == LeadAssignmentStrategy::Fixed { 1 } else { MAX_USERS };
        if self.team_id.is_some() && strategy == LeadAssignmentStrategy::Fixed {
            violations.add("/teamId", "unexpected", "only with the strategies round_robin and least_loaded");
        } else if self.team_id.is_some() && !users.is_empty() {
            violations.add("/teamId", "unexpected", "a rule has users or a team");
        }
        match users.len() {
            0 if self.team_id.is_some() => {}
            0 => violations.add("/userIds", "required", "name the users who get the leads, or a team"),
            count if count > most => {
                violations.add("/userIds", "too_many", format!("at most {most} with this strategy"))
            }
            _ => {}
        }
        for (index, user) in users.iter().enumerate().take(MAX_USERS) {
            if users[..index].contains(user) {
                violations.add(format!("/userIds/{index}"), "duplicate", "the rule has this user already");
            }
        }
        if self.field.is_some() {
            violations.add("/field", "unexpected", "only with the strategy by_field");
        }
        if self.field_users.as_ref().is_some_and(|entries| !entries.is_empty()) {
            violations.add("/fieldUsers", "unexpected", "only with the strategy by_field");
        }
    }

    fn check_field(&mut self, tx: &CompanyTx<'_>, violations: &mut Violations) {
        if self.user_ids.as_ref().is_some_and(|users| !users.is_empty()) {
            violations.add("/userIds", "unexpected", "with the strategy by_field the users stand in fieldUsers");
        }
        if self.team_id.is_some() {
            violations.add("/teamId", "unexpected", "only with the strategies round_robin and least_loaded");
        }
        let entries = self.field_users.get_or_insert_default();
        match entries.len() {
            0 => violations.add("/fieldUsers", "required", "name the users who get the leads"),
            count if count > MAX_USERS => {
                violations.add("/fieldUsers", "too_many", format!("at most {MAX_USERS}"));
                return;
            }
            _ => {}
        }
        let Some(field) = &self.field else {
            violations.add("/field", "required", "name the field that decides");
            return;
        };
        for (index, entry) in entries.iter_mut().enumerate() {
            let at = format!("/fieldUsers/{index}/value");
            let mut value = Some(std::mem::take(&mut entry.value));
            validation::normalise(&mut value, &at, text::line, violations);
            entry.value = value.unwrap_or_default();
            if entry.value.is_empty() {
                violations.add(at, "required", "a value is required");
            } else if entry.value.chars().count() > MAX_VALUE {
                violations.add(at, "too_long", format!("at most {MAX_VALUE} long"));
            } else if let Err(fault) = leads::has_value(field, &entry.value, &tx.company, tx.is_postgres()) {
                violations.add(at, fault.code, fault.detail);
            }
        }
    }

    /// Writes validated input into a rule.
    pub(super) fn write(self, rule: &mut LeadAssignmentRule) {
        let Self {
            name,
            description,
            condition,
            strategy,
            user_ids,
            team_id,
            field,
            field_users,
            capacity,
            working_hours_only,
            position,
            is_active,
        } = self;
        rule.name = name.unwrap_or_default();
        rule.description = description;
        rule.condition = condition;
        rule.strategy = strategy.unwrap_or_default();
        rule.user_ids = user_ids.unwrap_or_default();
        rule.team_id = team_id;
        rule.field = field;
        rule.field_users = field_users.unwrap_or_default();
        rule.capacity = capacity;
        rule.working_hours_only = working_hours_only.unwrap_or_default();
        rule.position = position.unwrap_or_default();
        rule.is_active = is_active.unwrap_or(true);
    }
}

patch! {
    /// A change of a rule by which leads are assigned (RFC 7396): absent fields stay unchanged, `null` clears a field. The
    /// condition and the lists are replaced as a whole.
    LeadAssignmentRulePatch {
        /// The name.
        name: String [max_length = 100],
        /// What the rule is for.
        description: String [max_length = 1000],
        /// The filter that leads meet to which the rule applies; `null` for all leads.
        condition: Map<String, Value> as Object,
        /// How it chooses among the users.
        strategy: LeadAssignmentStrategy,
        /// The users, in the order of their turns; replaces all.
        user_ids: Vec<UserId> [max_items = 100],
        /// The team whose members get the leads in place of users.
        team_id: TeamId,
        /// The field of leads that decides.
        field: String [max_length = 200],
        /// The users that go with values of the field; replaces all.
        field_users: Vec<LeadFieldUser> [max_items = 100],
        /// How many open leads a user has at most before they are passed over.
        capacity: i64 [minimum = 1, maximum = 1_000_000],
        /// Whether the rule only applies in the company's working hours.
        working_hours_only: bool,
        /// The place among the other rules, from 0.
        position: i64 [minimum = 0, maximum = 1_000_000],
        /// Whether it is asked.
        is_active: bool,
    }
}

impl LeadAssignmentRulePatch {
    /// All users that it names, at most as many as a rule can have.
    pub(super) fn named_users(&self) -> BTreeSet<UserId> {
        let named = NewLeadAssignmentRule {
            user_ids: self.user_ids.value().cloned(),
            field_users: self.field_users.value().cloned(),
            ..NewLeadAssignmentRule::default()
        };
        named.named_users()
    }

    /// The rule after the change.
    pub(super) fn apply(self, rule: &LeadAssignmentRule) -> NewLeadAssignmentRule {
        let rule = rule.clone();
        let mut draft = NewLeadAssignmentRule {
            name: Some(rule.name),
            description: rule.description,
            condition: rule.condition,
            strategy: Some(rule.strategy),
            user_ids: Some(rule.user_ids),
            team_id: rule.team_id,
            field: rule.field,
            field_users: Some(rule.field_users),
            capacity: rule.capacity,
            working_hours_only: Some(rule.working_hours_only),
            position: Some(rule.position),
            is_active: Some(rule.is_active),
        };
        apply_fields!(
            self => draft: name, description, condition, strategy, user_ids, team_id, field, field_users, capacity,
            working_hours_only, position, is_active
        );
        draft
    }
}
