//! Many leads become customers, each on its own.

use serde::{Deserialize, Serialize};

use super::convert::{ConvertLead, convert};
use super::repo::{Leads, locked};
use crate::base::error::{Error, Result, Violations};
use crate::base::ids::{CustomerId, LeadId};
use crate::base::string_enum::string_enum;
use crate::companies::DuplicatePolicy;
use crate::customers::CustomerKind;
use crate::lead_statuses::LeadStatusRef;
use crate::scope::CompanyTx;
use crate::scope::actor::{Action, Resource};

/// How many leads are converted at once.
pub const MAX_CONVERTED: usize = 100;

/// Leads that become new customers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConvertLeads {
    /// The leads, at most 100.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 100))]
    pub lead_ids: Vec<LeadId>,
    /// Whether people are linked with an organization that is added with the name in `organizationName`, where they have one;
    /// false if absent.
    pub add_organization: Option<bool>,
    /// The status that they get, of the type `won`. If absent, they keep one of this type, or get the first that there is.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "qualified"))]
    pub status: Option<LeadStatusRef>,
    /// What to do with those that may be customers already, instead of what the company's settings say.
    pub duplicates: Option<DuplicatePolicy>,
}

string_enum! {
    /// What became of a lead that was to be converted.
    LeadConversionOutcome {
        /// It is a customer now.
        Converted = "converted",
        /// It was converted before.
        AlreadyConverted = "already_converted",
        /// There is no such lead.
        NotFound = "not_found",
        /// You may not convert it.
        Forbidden = "forbidden",
        /// It cannot be converted as it is; the problem says why.
        Conflict = "conflict",
    }
}

/// Why a lead cannot be converted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeadConversionProblem {
    /// The stable code, as a conversion of the lead alone has it.
    #[cfg_attr(feature = "openapi", schema(example = "customer_email_taken"))]
    pub code: String,
    /// The description.
    pub detail: String,
    /// The field, where the value of one breaks a rule.
    pub pointer: Option<String>,
}

/// One lead, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConvertedLeadOutcome {
    /// The lead.
    pub lead_id: LeadId,
    /// What became of it.
    pub outcome: LeadConversionOutcome,
    /// The customer, if it is one.
    pub customer_id: Option<CustomerId>,
    /// Why it could not be converted.
    pub problem: Option<LeadConversionProblem>,
}

/// What became of each lead, in the order in which they were named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConvertedLeads {
    /// How many are customers now and were not before.
    pub converted: usize,
    /// Each lead.
    pub leads: Vec<ConvertedLeadOutcome>,
}

impl Leads<'_, '_> {
    /// Makes leads new customers, each in a transaction of its own: what cannot be converted is told, and holds up no other.
    /// A call that was interrupted can be repeated.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to change leads; [`Error::Invalid`] for no leads, and for more than
    /// [`MAX_CONVERTED`]; [`Error::Unavailable`] if the database is, after which some leads may have been converted.
    #[tracing::instrument(name = "leads.convert_all", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn convert_all(&mut self, request: ConvertLeads) -> Result<ConvertedLeads> {
        request.check()?;
        self.0.authorize(Resource::Leads, Action::Update).await?;
        let mut leads = Vec::with_capacity(request.lead_ids.len());
        for id in &request.lead_ids {
            leads.push(self.convert_one(*id, &request).await?);
        }
        let converted = leads.iter().filter(|lead| lead.outcome == LeadConversionOutcome::Converted).count();
        Ok(ConvertedLeads { converted, leads })
    }

    async fn convert_one(&mut self, id: LeadId, request: &ConvertLeads) -> Result<ConvertedLeadOutcome> {
        let done = self.0.write(async |tx| convert_one(tx, id, request).await).await;
        let (outcome, customer_id, problem) = match done {
            Ok((outcome, customer)) => (outcome, Some(customer), None),
            Err(Error::NotFound { .. }) => (LeadConversionOutcome::NotFound, None, None),
            Err(Error::Forbidden { .. }) => (LeadConversionOutcome::Forbidden, None, None),
            Err(error) => (LeadConversionOutcome::Conflict, None, Some(problem(error)?)),
        };
        Ok(ConvertedLeadOutcome { lead_id: id, outcome, customer_id, problem })
    }
}

async fn convert_one(
    tx: &mut CompanyTx<'_>,
    id: LeadId,
    request: &ConvertLeads,
) -> Result<(LeadConversionOutcome, CustomerId)> {
    let lead = locked(tx, id, Action::Update).await?;
    tx.authorize_write(&lead, Action::Update, None)?;
    if let Some(conversion) = lead.own.conversion {
        return Ok((LeadConversionOutcome::AlreadyConverted, conversion.customer_id));
    }
    let has_organization = lead.customer.organization_name.is_some() && lead.customer.kind == CustomerKind::Person;
    let how = ConvertLead {
        add_organization: request.add_organization.filter(|_| has_organization),
        status: request.status.clone(),
        duplicates: request.duplicates,
        ..ConvertLead::default()
    };
    let converted = convert(tx, id, how, None).await?;
    Ok((LeadConversionOutcome::Converted, converted.customer.id))
}

/// What a lead is told to be the matter with; errors that are not the lead's stay errors.
fn problem(error: Error) -> Result<LeadConversionProblem> {
    let (code, pointer, detail) = match error {
        Error::Conflict(conflict) => (conflict.code().to_owned(), None, conflict.to_string()),
        Error::Invalid(mut violations) if !violations.0.is_empty() => {
            let first = violations.0.swap_remove(0);
            (first.code, Some(first.pointer), first.detail)
        }
        error @ Error::PossibleDuplicate { .. } => ("possible_duplicate".to_owned(), None, error.to_string()),
        error => return Err(error),
    };
    Ok(LeadConversionProblem { code, detail, pointer })
}

impl ConvertLeads {
    fn check(&self) -> Result<(), Violations> {
        if self.lead_ids.is_empty() {
            return Err(Violations::one("/leadIds", "required", "name the leads"));
        }
        if self.lead_ids.len() > MAX_CONVERTED {
            return Err(Violations::one("/leadIds", "too_many", format!("at most {MAX_CONVERTED} leads at once")));
        }
        Ok(())
    }
}
