//! Query parameters of possible duplicates.

use crm_core::customers::{DuplicateQuery, DuplicateStatus, Score};
use crm_core::ids::CustomerId;
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::{ApiError, Code};

/// The filters of a list of pairs.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only pairs with this status; `open` if absent.
    #[param(inline, nullable = false)]
    status: Option<DuplicateStatus>,
    /// Only pairs with at least this score, from 0 to 1.
    #[param(nullable = false, minimum = 0, maximum = 1)]
    min_score: Option<f64>,
    /// Only pairs of this customer.
    #[param(nullable = false)]
    customer_id: Option<CustomerId>,
}

impl ListParameters {
    pub fn query(self) -> Result<DuplicateQuery, ApiError> {
        let Self { status, min_score, customer_id } = self;
        Ok(DuplicateQuery { status, min_score: score(min_score)?, customer_id })
    }
}

/// Which candidates are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CandidateParameters {
    /// Only candidates with at least this score, from 0 to 1; that of your company's settings if absent.
    #[param(nullable = false, minimum = 0, maximum = 1)]
    min_score: Option<f64>,
}

impl CandidateParameters {
    pub fn least(self) -> Result<Option<Score>, ApiError> {
        score(self.min_score)
    }
}

fn score(number: Option<f64>) -> Result<Option<Score>, ApiError> {
    let invalid = || ApiError::of_parameter(Code::ParameterInvalid, "minScore", "expected a number from 0 to 1");
    number.map(|number| Score::new(number).ok_or_else(invalid)).transpose()
}
