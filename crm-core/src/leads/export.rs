//! Export: all leads that match a query, as a table (CSV), a workbook (XLSX), cards (vCard) or lines of JSON, piece by piece.
//! They are in the order in which they were added, so that a concurrent change neither skips nor repeats one.

mod table;

use std::fmt;
use std::fs::File;

use sea_orm::sea_query::{Expr, ExprTrait};
use serde_json::json;

use super::held::Held;
use super::query::{LeadQuery, LeadSort, LeadSortKey, order, sort_key};
use super::repo::visible;
use super::row::{self, TABLE};
use crate::base::error::{Error, Kind, Result};
use crate::customers::{Book, ExportFormat, card_of_lead, guarded_rows, header_row, next_piece};
use crate::query::page::{Count, Page, PageRequest, Position};
use crate::scope::actor::{Action, Resource};
use crate::scope::{CompanyScope, Envelope, read_page};

/// The order, in which a concurrent change neither skips nor repeats a lead.
const OLDEST: LeadSort = LeadSort { key: LeadSortKey::CreatedAt, descending: false };
/// The number of leads per piece.
const PAGE: u64 = 500;

/// A running export of leads. It owns its scope, so it can be the body of an answer.
pub struct LeadExport<'c> {
    scope: CompanyScope<'c>,
    query: LeadQuery,
    format: ExportFormat,
    book: Option<Book>,
    next: Next,
}

impl fmt::Debug for LeadExport<'_> {
    /// Does not print what is searched for, which may contain names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeadExport").field("scope", &self.scope).field("format", &self.format).finish_non_exhaustive()
    }
}

/// The state of an export.
enum Next {
    Start,
    Page(Position),
    /// A workbook that is written.
    File(File),
    Nothing,
}

impl<'c> CompanyScope<'c> {
    /// Starts an export of the leads that match a query; the sort is ignored. The export is audited before the first piece is
    /// read. [`Leads::import`](super::Leads::import) reads its tables, workbooks and lines again.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to export, and for the trash without the right to restore;
    /// [`Error::Malformed`] for a filter with unknown fields or wrong values, and for a search without words.
    #[tracing::instrument(name = "leads.export", skip_all, fields(company.id = %self.company_id()))]
    pub async fn export_leads(mut self, query: LeadQuery, format: ExportFormat) -> Result<LeadExport<'c>> {
        self.authorize(Resource::Leads, Action::Export).await?;
        self.authorize_read(Resource::Leads, Action::Read).await?;
        if query.trashed {
            self.authorize(Resource::Leads, Action::Restore).await?;
        }
        let company = self.company().await?;
        query.condition(&self, &company)?;
        let details = json!({ "format": format, "filter": query.digest(&self)? });
        self.audit_action(Kind::Lead, "exported", details).await?;
        Ok(LeadExport { scope: self, query, format, book: None, next: Next::Start })
    }
}

impl LeadExport<'_> {
    /// The format.
    #[must_use]
    pub const fn format(&self) -> ExportFormat {
        self.format
    }

    /// The next piece of the file; `None` at the end. A workbook is whole at its end only: until then its pieces are empty.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is; [`Error::CompanyClosed`] if the company was closed meanwhile;
    /// [`Error::Malformed`] if a lead has a text that is too long for a workbook. The file is then incomplete.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let position = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Start if self.format == ExportFormat::Csv => {
                self.next = Next::Page(Position::Number(1));
                return header_row(table::COLUMNS.into_iter()).map(Some);
            }
            Next::Start => Position::Number(1),
            Next::Page(position) => position,
            Next::File(file) => return self.file(file).await,
            Next::Nothing => return Ok(None),
        };
        let Page { data: leads, next_cursor, .. } = self.read(position).await?;
        let is_last = next_cursor.is_none();
        if let Some(cursor) = next_cursor {
            self.next = Next::Page(Position::Cursor(cursor));
        }
        if self.format == ExportFormat::Xlsx {
            return self.bind(leads, is_last).await.map(Some);
        }
        if leads.is_empty() {
            return Ok(None);
        }
        match self.format {
            ExportFormat::Csv | ExportFormat::Xlsx => guarded_rows(&leads, table::cells).map(Some),
            ExportFormat::Ndjson => lines(leads).map(Some),
            ExportFormat::Vcard => Ok(Some(leads.into_iter().flat_map(|lead| card_of_lead(lead.customer)).collect())),
        }
    }

    /// Adds leads to the workbook, and writes it with the last ones.
    async fn bind(&mut self, leads: Vec<Held>, is_last: bool) -> Result<Vec<u8>> {
        let book = self.book.take();
        let work = move || {
            let mut book = book.map_or_else(|| Book::new(table::COLUMNS), Ok)?;
            for lead in &leads {
                book.add(table::cells(lead)?, &[("expectedCloseDate", lead.own.expected_close_date)])?;
            }
            if is_last { book.finish().map(Next::File).map(|file| (None, Some(file))) } else { Ok((Some(book), None)) }
        };
        let (book, file) = tokio::task::spawn_blocking(work).await.map_err(Error::internal)??;
        self.book = book;
        if let Some(file) = file {
            self.next = file;
        }
        Ok(Vec::new())
    }

    async fn file(&mut self, file: File) -> Result<Option<Vec<u8>>> {
        let Some((piece, file)) = next_piece(file).await? else {
            return Ok(None);
        };
        self.next = Next::File(file);
        Ok(Some(piece))
    }

    /// A page of what its user may export of what they may read.
    async fn read(&self, position: Position) -> Result<Page<Held>> {
        let scope = &self.scope;
        let company = scope.company().await?;
        let mut condition = self.query.condition(scope, &company)?;
        let exported = scope.actor().owners(Resource::Leads, Action::Export);
        if let Some(own) = exported.condition(Expr::col((TABLE, "owner_id"))) {
            condition = condition.and(own);
        }
        let find = || {
            let rows = visible(scope.find::<row::Entity>(), scope.actor()).filter(condition.clone());
            row::select(rows, scope.actor(), scope.is_postgres())
        };
        let key = |lead: &Held| (sort_key(OLDEST, lead), lead.id());
        let request = PageRequest { limit: PAGE, position, count: Count::None };
        read_page(find, &order(OLDEST), &self.query.digest(scope)?, &request, key).await
    }
}

fn lines(leads: Vec<Held>) -> Result<Vec<u8>> {
    let mut lines = Vec::new();
    for lead in leads {
        serde_json::to_writer(&mut lines, &lead.into_lead()).map_err(Error::internal)?;
        lines.push(b'\n');
    }
    Ok(lines)
}
