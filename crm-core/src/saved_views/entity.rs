//! The entities whose lists have saved views.

use serde_json::{Map, Value};

use crate::base::error::{Error, Malformed, Result, Violations};
use crate::base::string_enum::string_enum;
use crate::base::validation;
use crate::customers::{self, CustomerOrder};
use crate::deals::{self, DealSort};
use crate::interactions::{self, InteractionSort};
use crate::leads::{self, LeadSort};
use crate::scope::CompanyScope;
use crate::scope::actor::Resource;
use crate::scope::company::Company;
use crate::tasks::{self, TaskSort};

/// The maximum number of columns of a list.
const MAX_COLUMNS: usize = 60;

string_enum! {
    /// The entity of a list.
    ViewEntity {
        /// Customers.
        Customers = "customers",
        /// Interactions with any customer.
        Interactions = "interactions",
        /// Tasks.
        Tasks = "tasks",
        /// Deals with any customer.
        Deals = "deals",
        /// Leads.
        Leads = "leads",
    }
}

impl ViewEntity {
    /// The names of the columns that a list can show: members of its records.
    #[must_use]
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Customers => &[
                "name",
                "kind",
                "organizationName",
                "jobTitle",
                "department",
                "industry",
                "employeeBand",
                "annualRevenue",
                "birthDate",
                "language",
                "timeZone",
                "taxId",
                "email",
                "phone",
                "website",
                "address",
                "zipCode",
                "city",
                "state",
                "country",
                "status",
                "lifecycleStage",
                "relationship",
                "ownerId",
                "tags",
                "source",
                "sourceCreatedAt",
                "description",
                "lastContactAt",
                "nextFollowUpAt",
                "isArchived",
                "createdAt",
                "updatedAt",
            ],
            Self::Interactions => &[
                "type",
                "subject",
                "customerId",
                "direction",
                "status",
                "outcome",
                "ownerId",
                "participants",
                "scheduledAt",
                "startedAt",
                "completedAt",
                "occurredAt",
                "durationSeconds",
                "location",
                "followUpAt",
                "createdAt",
                "updatedAt",
            ],
            // The day of a task that is due by a date stands in the column `dueAt` as well.
            Self::Tasks => &[
                "title",
                "type",
                "status",
                "priority",
                "dueAt",
                "startAt",
                "assigneeId",
                "customerId",
                "checklist",
                "result",
                "origin",
                "completedAt",
                "createdAt",
                "updatedAt",
            ],
            Self::Deals => &[
                "name",
                "customerId",
                "pipelineId",
                "stageId",
                "stageEnteredAt",
                "status",
                "amount",
                "probability",
                "weightedAmount",
                "expectedCloseDate",
                "closedAt",
                "lostReason",
                "competitor",
                "source",
                "type",
                "nextStep",
                "nextStepAt",
                "ownerId",
                "createdAt",
                "updatedAt",
            ],
            Self::Leads => &[
                "name",
                "kind",
                "organizationName",
                "jobTitle",
                "email",
                "phone",
                "website",
                "industry",
                "employeeBand",
                "annualRevenue",
                "language",
                "timeZone",
                "address",
                "zipCode",
                "city",
                "state",
                "country",
                "description",
                "status",
                "statusType",
                "statusChangedAt",
                "statusReason",
                "source",
                "sourceDetail",
                "referredBy",
                "rating",
                "priority",
                "ownerId",
                "assignedAt",
                "estimatedValue",
                "expectedCloseDate",
                "lostReason",
                "tags",
                "lastContactAt",
                "nextFollowUpAt",
                "isArchived",
                "createdAt",
                "updatedAt",
            ],
        }
    }

    /// Whether a list can show this column: a member of its records, or a custom field of a customer (`customFields.tier`).
    #[must_use]
    pub fn has_column(self, name: &str) -> bool {
        let is_custom = || name.strip_prefix("customFields.").is_some_and(validation::is_key);
        self.columns().contains(&name) || (self == Self::Customers && is_custom())
    }

    const fn more_columns(self) -> &'static str {
        match self {
            Self::Customers => ", customFields.<key>",
            Self::Interactions | Self::Tasks | Self::Deals | Self::Leads => "",
        }
    }

    /// What an actor must be able to read to see views of the entity.
    #[must_use]
    pub const fn resource(self) -> Resource {
        match self {
            Self::Customers => Resource::Customers,
            Self::Interactions => Resource::Interactions,
            Self::Tasks => Resource::Tasks,
            Self::Deals => Resource::Deals,
            Self::Leads => Resource::Leads,
        }
    }

    /// A query that can be run, in the form in which it is stored. Faults are added with pointers below `/query`.
    pub(super) fn checked_query(
        self,
        scope: &CompanyScope<'_>,
        company: &Company,
        query: &Map<String, Value>,
        violations: &mut Violations,
    ) -> Result<Map<String, Value>> {
        let checked = match self {
            Self::Customers => customers::checked_query(scope, company, query),
            Self::Interactions => interactions::checked_query(scope, query),
            Self::Tasks => tasks::checked_query(scope, company, query),
            Self::Deals => deals::checked_query(scope, query),
            Self::Leads => leads::checked_query(scope, company, query),
        };
        match checked {
            Ok(query) => return Ok(query),
            Err(Error::Invalid(faults)) => {
                for fault in faults.0 {
                    violations.add(format!("/query{}", fault.pointer), fault.code, fault.detail);
                }
            }
            Err(Error::Malformed(Malformed { code, at, detail })) => {
                violations.add(format!("/query/{at}"), code, detail);
            }
            Err(other) => return Err(other),
        }
        Ok(Map::new())
    }

    /// Checks an order of the list.
    pub(super) fn check_sort(self, sort: &str, violations: &mut Violations) {
        let checked = match self {
            Self::Customers => sort.parse::<CustomerOrder>().map(drop),
            Self::Interactions => sort.parse::<InteractionSort>().map(drop),
            Self::Tasks => sort.parse::<TaskSort>().map(drop),
            Self::Deals => sort.parse::<DealSort>().map(drop),
            Self::Leads => sort.parse::<LeadSort>().map(drop),
        };
        if let Err(fault) = checked {
            violations.add("/sort", fault.code, fault.detail);
        }
    }

    /// Checks the columns of the list, which are at `pointer`.
    pub(crate) fn check_columns(self, columns: &[String], pointer: &str, violations: &mut Violations) {
        if columns.len() > MAX_COLUMNS {
            violations.add(pointer, "too_long", format!("at most {MAX_COLUMNS} columns"));
            return;
        }
        for (index, column) in columns.iter().enumerate() {
            if !self.has_column(column) {
                let detail = format!("expected one of {}{}", self.columns().join(", "), self.more_columns());
                violations.add(format!("{pointer}/{index}"), "column_unknown", detail);
            } else if columns[..index].contains(column) {
                violations.add(format!("{pointer}/{index}"), "duplicate", "the list has this column already");
            }
        }
    }
}
