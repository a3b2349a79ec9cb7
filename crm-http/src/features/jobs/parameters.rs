//! Parameters and bodies of jobs.

use crm_core::jobs::{JobQuery, JobState};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which jobs to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only jobs in this state; `failed` lists the dead letters.
    #[param(inline, nullable = false)]
    state: Option<JobState>,
    /// Only jobs of this kind.
    #[param(nullable = false, max_length = 200)]
    kind: Option<String>,
}

impl From<ListParameters> for JobQuery {
    fn from(ListParameters { state, kind }: ListParameters) -> Self {
        Self { state, kind }
    }
}

/// A job to start.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct JobStart {
    /// The kind: `crm.recount` recomputes the numbers and times of contacts that are stored with each customer.
    #[schema(example = "crm.recount", max_length = 200)]
    pub kind: String,
}
