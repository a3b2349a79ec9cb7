//! At which step an import is.

use crm_core::customers::{ImportReport, StoredImport};
use crm_core::jobs::{Job, JobState};

/// The step.
#[derive(Debug)]
pub(super) enum State {
    /// Its columns have to be looked at; with the code of the error of a dry run.
    New(Option<String>),
    /// A job works on it.
    Runs(Job),
    /// The dry run is done.
    Checked(ImportReport),
    /// The import is done, was cancelled, or has failed. Its job is deleted after some days.
    Ended(Option<Job>),
}

pub(super) fn state(import: &StoredImport, job: Option<Job>) -> State {
    match job {
        Some(job) if job.state.is_unfinished() => State::Runs(job),
        job if import.is_begun() => State::Ended(job),
        Some(job) if job.state == JobState::Failed => State::New(job.last_error),
        Some(_) | None => match &import.report {
            Some(report) => State::Checked(report.clone()),
            None => State::New(None),
        },
    }
}
