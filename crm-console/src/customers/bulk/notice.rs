//! What the list says of a bulk action: what it did and the way back, or how far its job is.

use crm_core::customers::{BulkOutcome, BulkUndone};
use crm_core::ids::{BulkActionId, JobId};
use crm_core::jobs::{Job, JobState};
use crm_core::{CompanyScope, Conflict, Error, Result};

use super::{conflict_text, counted, refusals};
use crate::base::fields::Fields;
use crate::web::Frame;

/// Where the address of the list has it.
pub(in super::super) const PARAMETER: &str = "bulk";

/// What is said above the list.
pub(in super::super) struct Notice {
    pub text: String,
    pub details: Vec<String>,
    /// Where the form goes that undoes it.
    pub undo: Option<String>,
    pub running: Option<Running>,
}

/// A job that is not done yet.
pub(in super::super) struct Running {
    pub percent: i64,
    /// The address that shows how far it is.
    pub here: String,
    pub cancel: String,
}

impl Notice {
    pub(super) fn done(outcome: &BulkOutcome) -> String {
        let id = outcome.id.map(|id| id.to_string()).unwrap_or_default();
        let refused: u64 = outcome.refused.iter().map(|refusal| refusal.count).sum();
        format!("done.{}.{}.{refused}.{id}", outcome.changed, outcome.unchanged)
    }

    pub(super) fn undone(undone: &BulkUndone) -> String {
        let refused: u64 = undone.refused.iter().map(|refusal| refusal.count).sum();
        format!("undone.{}.{}.{refused}", undone.restored, undone.skipped)
    }

    pub(super) fn started(job: JobId) -> String {
        format!("started.{job}")
    }

    pub(super) fn undoing(job: JobId) -> String {
        format!("undoing.{job}")
    }

    pub(super) fn refused(conflict: Conflict) -> String {
        format!("refused.{}", conflict.code())
    }

    /// The notice of an address; nothing for one that says nothing.
    pub(in super::super) async fn read(
        scope: &mut CompanyScope<'_>,
        frame: &Frame,
        query: &Fields,
    ) -> Result<Option<Self>> {
        let parts: Vec<&str> = query.text(PARAMETER).split('.').collect();
        let number = |place: usize| parts.get(place).and_then(|part| part.parse::<u64>().ok());
        let page = Page { frame, fields: query.without(PARAMETER, None).without("cursor", None) };
        Ok(match (parts.first().copied().unwrap_or_default(), number(1), number(2), number(3)) {
            ("done", Some(changed), Some(unchanged), Some(refused)) => {
                let id = parts.get(4).and_then(|id| id.parse().ok());
                Some(page.done(changed, unchanged, refused, id))
            }
            ("undone", Some(restored), Some(skipped), Some(refused)) => Some(page.undone(restored, skipped, refused)),
            (kind @ ("started" | "undoing"), ..) => {
                let Some(id) = parts.get(1).and_then(|id| id.parse::<JobId>().ok()) else { return Ok(None) };
                match scope.jobs().get(id).await {
                    Ok(job) => Some(page.job(&job, kind == "undoing")),
                    Err(Error::NotFound { .. } | Error::Forbidden { .. }) => None,
                    Err(error) => return Err(error),
                }
            }
            ("refused", ..) => parts.get(1).and_then(|code| conflict_text(frame, code)).map(Self::of),
            _ => None,
        })
    }

    const fn of(text: String) -> Self {
        Self { text, details: Vec::new(), undo: None, running: None }
    }
}

/// The list that the notice is on.
struct Page<'f> {
    frame: &'f Frame,
    fields: Fields,
}

impl Page<'_> {
    fn done(&self, changed: u64, unchanged: u64, refused: u64, id: Option<BulkActionId>) -> Notice {
        let frame = self.frame;
        let mut details = Vec::new();
        if unchanged > 0 {
            details.push(counted(frame, "bulk-already-so", unchanged));
        }
        if refused > 0 {
            details.push(counted(frame, "bulk-refused", refused));
        }
        let undo = id.map(|id| self.undo(id));
        Notice { text: counted(frame, "bulk-changed", changed), details, undo, running: None }
    }

    fn undone(&self, restored: u64, skipped: u64, refused: u64) -> Notice {
        let frame = self.frame;
        let mut details = Vec::new();
        if skipped > 0 {
            details.push(counted(frame, "bulk-skipped", skipped));
        }
        if refused > 0 {
            details.push(counted(frame, "bulk-refused", refused));
        }
        Notice { details, ..Notice::of(counted(frame, "bulk-restored", restored)) }
    }

    fn undo(&self, id: BulkActionId) -> String {
        self.frame.url(&format!("customers/bulk/{id}/undo{}", self.fields.query()))
    }

    fn job(&self, job: &Job, is_undo: bool) -> Notice {
        let frame = self.frame;
        let kind = if is_undo { "undoing" } else { "started" };
        let here = self.fields.with(PARAMETER, &format!("{kind}.{}", job.id)).query();
        match job.state {
            JobState::Waiting | JobState::Running => Notice {
                running: Some(Running {
                    percent: job.progress,
                    here: frame.url(&format!("customers{here}")),
                    cancel: frame.url(&format!("customers/bulk/{}/cancel{here}", job.id)),
                }),
                ..Notice::of(frame.w(if is_undo { "bulk-undoing" } else { "bulk-running" }, &job.progress.to_string()))
            },
            JobState::Done => self.result(job, is_undo),
            JobState::Failed | JobState::Cancelled => Notice {
                undo: (!is_undo).then(|| self.undo(BulkActionId(job.id.0))),
                ..Notice::of(frame.t("bulk-stopped"))
            },
        }
    }

    fn result(&self, job: &Job, is_undo: bool) -> Notice {
        let result = job.result.clone().unwrap_or_default();
        let (outcome, undone) = if is_undo {
            (None, serde_json::from_value::<BulkUndone>(result).ok())
        } else {
            (serde_json::from_value::<BulkOutcome>(result).ok(), None)
        };
        if let Some(outcome) = outcome {
            let notice = self.done(outcome.changed, outcome.unchanged, 0, outcome.id);
            let details = notice.details.into_iter().chain(refusals(self.frame, &outcome.refused)).collect();
            return Notice { details, ..notice };
        }
        let undone = undone.map(|undone| {
            let notice = self.undone(undone.restored, undone.skipped, 0);
            let details = notice.details.into_iter().chain(refusals(self.frame, &undone.refused)).collect();
            Notice { details, ..notice }
        });
        undone.unwrap_or_else(|| Notice::of(self.frame.t("bulk-stopped")))
    }
}
