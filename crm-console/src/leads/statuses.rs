//! The statuses of the company's leads, and those that a lead can get.

use crm_core::lead_statuses::{LeadStatus, LeadStatusQuery, LeadStatusType};
use crm_core::leads::Lead;
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::{CompanyScope, Error};

use crate::deals::{Group, Stage};

/// The statuses in their order.
pub(super) struct Statuses(pub Vec<LeadStatus>);

impl Statuses {
    /// Reads them, archived ones as well; none for those who may not.
    ///
    /// # Errors
    /// Those of the list of statuses.
    pub(super) async fn read(scope: &mut CompanyScope<'_>) -> Result<Self, Error> {
        // A company has no more than come at once.
        let request = PageRequest::default().limit(MAX_PAGE);
        match scope.lead_statuses().list(&LeadStatusQuery::default(), &request).await {
            Err(Error::Forbidden { .. }) => Ok(Self(Vec::new())),
            page => Ok(Self(page?.data)),
        }
    }

    /// The status with this id.
    pub(super) fn with_id(&self, id: &str) -> Option<&LeadStatus> {
        self.0.iter().find(|status| status.id.to_string() == id)
    }

    /// The status of a lead.
    pub(super) fn of(&self, lead: &Lead) -> Option<&LeadStatus> {
        self.0.iter().find(|status| status.code == lead.status)
    }

    /// The statuses that a lead can get, its own among them.
    pub(super) fn next<'s>(&'s self, lead: &Lead) -> impl Iterator<Item = &'s LeadStatus> {
        let (code, from) = (lead.status.clone(), lead.status_type);
        let can_be = move |status: &LeadStatus| !status.is_archived && from.may_become(status.status_type);
        self.0.iter().filter(move |status| status.code == code || can_be(status))
    }

    /// The same to choose one.
    pub(super) fn choices(&self, lead: &Lead, chosen: &str) -> Vec<Group> {
        let choice = |status: &LeadStatus| Stage {
            value: status.id.to_string(),
            label: status.name.clone(),
            is_chosen: status.id.to_string() == chosen,
            is_lost: status.status_type == LeadStatusType::Lost,
        };
        vec![Group { label: None, stages: self.next(lead).map(choice).collect() }]
    }
}
