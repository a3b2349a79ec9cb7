//! Import: parsing, validation and writes.

mod dialects;
mod employers;
mod formats;
mod hostile;
mod mappings;
mod matching;
mod previews;
mod real_file;
mod reported;
mod reports;
mod reverting;
mod stored;
mod tags;
mod understanding;
mod workload;

use std::io::Cursor;

use crm_core::actor::Role;
use crm_core::customers::{Customer, CustomerQuery, ImportMode, ImportOptions, ImportReport, MatchBy};
use crm_core::page::PageRequest;

use crate::support::TestCrm;

pub fn register(suite: &mut testkit::Suite) {
    understanding::register(suite);
    mappings::register(suite);
    matching::register(suite);
    previews::register(suite);
    reported::register(suite);
    dialects::register(suite);
    employers::register(suite);
    formats::register(suite);
    reports::register(suite);
    reverting::register(suite);
    stored::register(suite);
    hostile::register(suite);
    real_file::register(suite);
    tags::register(suite);
    workload::register(suite);
}

impl TestCrm {
    /// Imports a file as the manager.
    pub async fn import(&self, file: impl Into<Vec<u8>>, options: &ImportOptions) -> crm_core::Result<ImportReport> {
        self.scope(Role::Manager).customers().import(Cursor::new(file.into()), options.clone()).await
    }

    /// All customers, in the order in which they were added.
    pub async fn all(&self) -> crm_core::Result<Vec<Customer>> {
        let query = CustomerQuery { sort: "createdAt".parse()?, ..CustomerQuery::default() };
        let (mut all, mut request) = (Vec::new(), PageRequest::default().limit(100));
        loop {
            let page = self.admin().customers().list(&query, &request).await?;
            all.extend(page.data);
            match page.next_cursor {
                Some(cursor) => request = PageRequest::after(cursor).limit(100),
                None => return Ok(all),
            }
        }
    }
}

/// New customers only.
pub fn create() -> ImportOptions {
    ImportOptions::default()
}

/// New and known customers.
pub fn upsert(match_by: MatchBy) -> ImportOptions {
    ImportOptions { mode: ImportMode::Upsert, match_by, ..ImportOptions::default() }
}

/// Created, updated, unchanged, failed.
pub fn counts(report: &ImportReport) -> [u64; 4] {
    [report.created, report.updated, report.unchanged, report.failed]
}

/// The row, column and code of each fault.
pub fn faults(report: &ImportReport) -> Vec<(u64, Option<&str>, &str)> {
    report.errors.iter().map(|fault| (fault.row, fault.column.as_deref(), fault.code.as_str())).collect()
}

/// The row, column and code of each warning.
pub fn warnings(report: &ImportReport) -> Vec<(u64, Option<&str>, &str)> {
    report.warning_details.iter().map(|fault| (fault.row, fault.column.as_deref(), fault.code.as_str())).collect()
}
