//! Export: all customers that a query means, as CSV or as lines of JSON, a piece at a time.
//!
//! No connection is held between the pieces. The customers come in the order in which they were added, so that one who
//! is changed meanwhile is neither left out nor repeated.

mod csv;

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use super::model::Customer;
use super::query::{CustomerQuery, CustomerSort, CustomerSortKey, order, sort_key};
use super::repo::visible;
use super::row;
use crate::base::error::{Error, Kind, Result};
use crate::base::string_enum::string_enum;
use crate::query::page::{Count, Page, PageRequest, Position};
use crate::scope::actor::{Action, Reach, Resource};
use crate::scope::{CompanyScope, read_page};

/// How many customers a piece has.
const PAGE: u64 = 500;

string_enum! {
    /// How an export is written.
    #[derive(Default)]
    ExportFormat {
        /// A table for spreadsheets, which [`Customers::import`](super::Customers::import) reads again: UTF-8 with a byte
        /// order mark; objects and lists as JSON in their cells; cells that a spreadsheet would execute begin with an
        /// apostrophe.
        #[default]
        Csv = "csv",
        /// One customer per line, as JSON.
        Ndjson = "ndjson",
    }
}

impl ExportFormat {
    /// The media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}

/// An export that has begun. It owns its scope, so it can be the body of an answer.
pub struct CustomerExport<'c> {
    scope: CompanyScope<'c>,
    query: CustomerQuery,
    reach: Reach,
    format: ExportFormat,
    next: Next,
}

impl fmt::Debug for CustomerExport<'_> {
    /// Says nothing of the filter, in which names may stand.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomerExport")
            .field("scope", &self.scope)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// What comes next.
enum Next {
    Start,
    Page(Position),
    Nothing,
}

impl<'c> CompanyScope<'c> {
    /// Begins to export the customers that `query` means; its sort is of no account. The export is audited before the
    /// first piece is read.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to export, and for the trash without the right to restore;
    /// [`Error::Malformed`] for a filter with unknown fields or wrong values.
    #[tracing::instrument(name = "customers.export", skip_all, fields(company.id = %self.company_id()))]
    pub async fn export_customers(mut self, query: CustomerQuery, format: ExportFormat) -> Result<CustomerExport<'c>> {
        self.authorize(Resource::Customers, Action::Export).await?;
        if query.trashed {
            self.authorize(Resource::Customers, Action::Restore).await?;
        }
        // An export holds no more than its user may read.
        let export = self.reach(Resource::Customers, Action::Export)?;
        let reach = self.authorize_read(Resource::Customers, Action::Read).await?.min(export);
        let sort = CustomerSort { key: CustomerSortKey::CreatedAt, descending: false };
        let query = CustomerQuery { sort, ..query };
        query.condition(&self)?;
        let filter = query.digest(&self)?;
        self.audit_action(Kind::Customer, "exported", json!({ "format": format, "filter": filter })).await?;
        Ok(CustomerExport { scope: self, query, reach, format, next: Next::Start })
    }
}

impl CustomerExport<'_> {
    /// How it is written.
    #[must_use]
    pub const fn format(&self) -> ExportFormat {
        self.format
    }

    /// The next piece of the file. Nothing at the end.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is; [`Error::CompanyClosed`] if the company was closed meanwhile. The export
    /// is incomplete then.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let position = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Start if self.format == ExportFormat::Csv => {
                self.next = Next::Page(Position::Number(1));
                return csv::header().map(Some);
            }
            Next::Start => Position::Number(1),
            Next::Page(position) => position,
            Next::Nothing => return Ok(None),
        };
        let page = self.read(position).await?;
        if let Some(cursor) = page.next_cursor {
            self.next = Next::Page(Position::Cursor(cursor));
        }
        if page.data.is_empty() {
            return Ok(None);
        }
        match self.format {
            ExportFormat::Csv => csv::rows(&page.data).map(Some),
            ExportFormat::Ndjson => lines(&page.data).map(Some),
        }
    }

    async fn read(&self, position: Position) -> Result<Page<Customer>> {
        let scope = &self.scope;
        scope.company().await?;
        let (condition, postgres) = (self.query.condition(scope)?, scope.is_postgres());
        let find = || {
            let rows = visible(scope.find::<row::Entity>(), scope, self.reach).filter(condition.clone());
            rows.select(row::columns(postgres))
        };
        let sort = self.query.sort;
        let key = |customer: &Customer| (sort_key(sort, customer), customer.id.0);
        let request = PageRequest { limit: PAGE, position, count: Count::None };
        read_page(find, &order(sort), &self.query.digest(scope)?, &request, key).await
    }
}

fn lines(customers: &[Customer]) -> Result<Vec<u8>> {
    let mut lines = Vec::new();
    for customer in customers {
        serde_json::to_writer(&mut lines, customer).map_err(Error::internal)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
