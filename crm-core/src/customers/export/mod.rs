//! Export: all customers that match a query or a search, as a table (CSV), a workbook (XLSX), cards (vCard) or lines of
//! JSON, piece by piece.
//!
//! No connection is held between the pieces. The customers are in the order in which they were added, so that a
//! concurrent change neither skips nor repeats one.

mod csv;
mod of_leads;
mod vcard;
mod xlsx;

use std::borrow::Cow;
use std::fmt;
use std::fs::File;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::json;

pub(crate) use self::csv::{guarded_rows, header_row};
use super::model::Customer;
use super::query::{CustomerSort, CustomerSortKey, order, sort_key};
use super::row;
use super::search::{self, CustomerSearch};
use super::visible::visible;
use crate::base::error::{Error, Kind, Result};
use crate::base::rights::ActorRef;
use crate::base::string_enum::string_enum;
use crate::notes::{self, Note, NoteType};
use crate::query::page::{self, Count, Page, PageRequest, Position};
use crate::scope::actor::{Action, Resource};
use crate::scope::visibility::Owners;
use crate::scope::{CompanyScope, read_page};
pub(crate) use of_leads::{card_of_lead, cells_of_lead, position_of};
pub(crate) use xlsx::{Book, next_piece};

/// The order, in which a concurrent change neither skips nor repeats a customer.
const OLDEST: CustomerSort = CustomerSort { key: CustomerSortKey::CreatedAt, descending: false };
/// The number of customers per piece.
const PAGE: u64 = 500;
/// The same with notes, which can be long.
const PAGE_WITH_NOTES: u64 = 100;

string_enum! {
    /// The format of an export.
    #[derive(Default)]
    ExportFormat {
        /// A table for spreadsheets, which [`Customers::import`](super::Customers::import) reads: UTF-8 with a byte
        /// order mark; objects and lists as JSON in their cells; cells that a spreadsheet would execute are prefixed
        /// with an apostrophe.
        #[default]
        Csv = "csv",
        /// One customer per line, as JSON.
        Ndjson = "ndjson",
        /// The same table as a workbook: texts that no spreadsheet executes, and birthdays as dates.
        Xlsx = "xlsx",
        /// Cards for address books (vCard 4.0), with what these can hold: names, the firm, ways to reach the customer, tags,
        /// language and time zone.
        Vcard = "vcard" | "vcf",
    }
}

impl ExportFormat {
    /// The media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Vcard => "text/vcard; charset=utf-8",
        }
    }

    /// What names of such files end with.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Vcard => "vcf",
            format => format.as_str(),
        }
    }
}

/// What an export has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// The format.
    pub format: ExportFormat,
    /// Whether each customer has its shared notes. Private ones are never exported.
    pub include_notes: bool,
}

impl From<ExportFormat> for ExportOptions {
    fn from(format: ExportFormat) -> Self {
        Self { format, include_notes: false }
    }
}

/// A customer, and its notes if they are wanted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Exported {
    #[serde(flatten)]
    customer: Customer,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<Vec<ExportedNote>>,
}

/// What an export tells of a note.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedNote {
    #[serde(rename = "type")]
    note_type: NoteType,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    body: String,
    created_at: DateTime<Utc>,
    created_by: ActorRef,
}

impl ExportedNote {
    /// The note as one text.
    fn text(&self) -> Cow<'_, str> {
        match &self.title {
            Some(title) => Cow::Owned(format!("{title}\n\n{}", self.body)),
            None => Cow::Borrowed(&self.body),
        }
    }
}

impl From<Note> for ExportedNote {
    fn from(note: Note) -> Self {
        let Note { note_type, title, body, created_at, created_by, .. } = note;
        Self { note_type, title, body, created_at, created_by }
    }
}

/// A running export. It owns its scope, so it can be the body of an answer.
pub struct CustomerExport<'c> {
    scope: CompanyScope<'c>,
    search: CustomerSearch,
    owners: Owners,
    options: ExportOptions,
    book: Option<Book>,
    next: Next,
}

impl fmt::Debug for CustomerExport<'_> {
    /// Does not print what is searched for, which may contain names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomerExport")
            .field("scope", &self.scope)
            .field("options", &self.options)
            .finish_non_exhaustive()
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
    /// Starts an export of the customers that match a query, or a search; the sort is ignored. Without words, a search is
    /// its query. The export is audited before the first piece is read.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to export, for the trash without the right to restore, and for notes without
    /// the right to read them;
    /// [`Error::Malformed`] for a filter with unknown fields or wrong values, and for a text without words.
    #[tracing::instrument(name = "customers.export", skip_all, fields(company.id = %self.company_id()))]
    pub async fn export_customers(
        mut self,
        search: impl Into<CustomerSearch>,
        options: impl Into<ExportOptions>,
    ) -> Result<CustomerExport<'c>> {
        let (CustomerSearch { text, query }, options) = (search.into(), options.into());
        self.authorize(Resource::Customers, Action::Export).await?;
        if query.trashed {
            self.authorize(Resource::Customers, Action::Restore).await?;
        }
        if options.include_notes {
            self.authorize_read(Resource::Notes, Action::Read).await?;
        }
        // The export contains only what its user may read.
        let export = self.actor().owners(Resource::Customers, Action::Export);
        let owners = self.readable_owners(Resource::Customers).await?.and(export);
        let search = CustomerSearch { text, query };
        search::condition(&self, &search).await?;
        let filter = digest(&self, &search)?;
        let ExportOptions { format, include_notes } = options;
        let details = json!({ "format": format, "filter": filter, "notes": include_notes });
        self.audit_action(Kind::Customer, "exported", details).await?;
        Ok(CustomerExport { scope: self, search, owners, options, book: None, next: Next::Start })
    }
}

/// What tells one search from another.
fn digest(scope: &CompanyScope<'_>, search: &CustomerSearch) -> Result<String> {
    let query = search.query.digest(scope)?;
    if search.text.is_empty() { Ok(query) } else { page::digest(&(&search.text, query)) }
}

impl CustomerExport<'_> {
    /// The format.
    #[must_use]
    pub const fn format(&self) -> ExportFormat {
        self.options.format
    }

    /// The next piece of the file; `None` at the end. A workbook is whole at its end only: until then its pieces are empty.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is; [`Error::CompanyClosed`] if the company was closed meanwhile;
    /// [`Error::Malformed`] if a customer has a text that is too long for a workbook. The file is then incomplete.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let ExportOptions { format, include_notes } = self.options;
        let position = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Start if format == ExportFormat::Csv => {
                self.next = Next::Page(Position::Number(1));
                return csv::header(include_notes).map(Some);
            }
            Next::Start => Position::Number(1),
            Next::Page(position) => position,
            Next::File(file) => return self.file(file).await,
            Next::Nothing => return Ok(None),
        };
        let page = self.read(position).await?;
        let is_last = page.next_cursor.is_none();
        if let Some(cursor) = page.next_cursor {
            self.next = Next::Page(Position::Cursor(cursor));
        }
        let customers = self.with_notes(page.data).await?;
        if format == ExportFormat::Xlsx {
            return self.bind(customers, is_last).await.map(Some);
        }
        if customers.is_empty() {
            return Ok(None);
        }
        match format {
            ExportFormat::Csv | ExportFormat::Xlsx => csv::rows(&customers).map(Some),
            ExportFormat::Ndjson => lines(&customers).map(Some),
            ExportFormat::Vcard => Ok(Some(vcard::cards(&customers))),
        }
    }

    async fn with_notes(&self, customers: Vec<Customer>) -> Result<Vec<Exported>> {
        if !self.options.include_notes {
            return Ok(customers.into_iter().map(|customer| Exported { customer, notes: None }).collect());
        }
        let ids = customers.iter().map(|customer| customer.id.0).collect();
        let mut notes = notes::shared_of(&self.scope, ids).await?;
        let exported = |customer: Customer| {
            let notes = notes.remove(&customer.id).unwrap_or_default();
            Exported { notes: Some(notes.into_iter().map(ExportedNote::from).collect()), customer }
        };
        Ok(customers.into_iter().map(exported).collect())
    }

    /// Adds customers to the workbook, and writes it with the last ones.
    async fn bind(&mut self, customers: Vec<Exported>, is_last: bool) -> Result<Vec<u8>> {
        let (book, with_notes) = (self.book.take(), self.options.include_notes);
        let work = move || {
            let mut book = book.map_or_else(|| Book::new(csv::columns(with_notes)), Ok)?;
            for exported in &customers {
                let cells = csv::cells(&exported.customer)?.into_iter().chain(csv::notes(exported)?);
                book.add(cells, &[("birthDate", exported.customer.birth_date)])?;
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

    async fn read(&self, position: Position) -> Result<Page<Customer>> {
        let scope = &self.scope;
        scope.company().await?;
        let (condition, postgres) = (search::condition(scope, &self.search).await?, scope.is_postgres());
        let find = || {
            let rows = visible(scope.find::<row::Entity>(), &self.owners).filter(condition.clone());
            row::select(rows, scope.actor(), postgres)
        };
        let key = |customer: &Customer| (sort_key(OLDEST, customer), customer.id.0);
        let limit = if self.options.include_notes { PAGE_WITH_NOTES } else { PAGE };
        let request = PageRequest { limit, position, count: Count::None };
        read_page(find, &order(OLDEST), &digest(scope, &self.search)?, &request, key).await
    }
}

fn lines(customers: &[Exported]) -> Result<Vec<u8>> {
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
