//! The pages of possible duplicates: the list of pairs with the scan, and two customers side by side.

mod list;
mod pair;

use actix_web::web::{self, ServiceConfig};
use crm_core::customers::{DuplicateEvidence, Score};

use crate::web::Frame;

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/duplicates", web::get().to(list::show))
        .route("/duplicates/scan", web::post().to(list::scan))
        .route("/duplicates/{id}", web::get().to(pair::show))
        .route("/duplicates/{id}/dismiss", web::post().to(pair::dismiss))
        .route("/duplicates/{id}/reopen", web::post().to(pair::reopen));
}

/// A reason in words.
struct Reason {
    words: String,
    /// The share that it alone makes, or takes away.
    percent: String,
    is_against: bool,
    left: Option<String>,
    right: Option<String>,
}

impl Reason {
    fn of(frame: &Frame, evidence: &DuplicateEvidence) -> Self {
        let is_against = evidence.weight < 0.0;
        Self {
            words: frame.named("duplicate-reason", evidence.reason.as_str()),
            percent: format!("{}{:.0} %", if is_against { "−" } else { "" }, evidence.weight.abs() * 100.0),
            is_against,
            left: evidence.left.clone(),
            right: evidence.right.clone(),
        }
    }
}

/// A score as people read it: whole percent, never more than there are.
fn percent(score: Score) -> u16 {
    score.thousandths() / 10
}
