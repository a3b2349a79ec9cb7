//! What a file is taken for before it is imported: its layout, its columns, and what is wrong with its first rows.

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::repo::Customers;
use super::columns::{Column, Columns, ImportReason, Target, headers_of};
use super::encoding::ImportEncoding;
use super::format::ImportFormat;
use super::known::Known;
use super::options::{ImportOptions, ImportRecords};
use super::plan::plan;
use super::reader::{self, Batch};
use super::record::Record;
use super::report::{ImportFault, ImportReport};
use super::rows::RowReader;
use super::signature::signature;
use super::tables::{self, Visit};
use super::{row_reader, within};
use crate::base::custom_field::CompanyFields;
use crate::base::error::{Error, Malformed, Result};
use crate::base::validation;
use crate::import_mappings::{self, ImportMapping};
use crate::scope::CompanyScope;
use crate::scope::actor::{Action, Resource};

/// The number of rows that are looked at.
const ROWS: u64 = 100;
/// The number of values of a column that are shown.
const SAMPLES: usize = 5;
/// The maximum length of a value, in characters.
const MAX_SAMPLE: usize = 200;

/// What a file is taken for, and what is wrong with its first rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImportPreview {
    /// The format of the file.
    pub format: ImportFormat,
    /// The encoding of a table of text; absent for other formats.
    pub encoding: Option<ImportEncoding>,
    /// The character between the cells of a table of text; absent for other formats.
    pub delimiter: Option<String>,
    /// The number of the row that names the columns, as a spreadsheet counts; 0 for cards and objects.
    pub header_row: u64,
    /// The number of rows that were looked at: the first 100.
    pub rows: u64,
    /// The columns, in the order of the file.
    pub columns: Vec<PreviewedColumn>,
    /// The headers of the columns that are not imported.
    pub ignored: Vec<String>,
    /// Why the file cannot be imported with these options; the rows are not checked then.
    pub problem: Option<ImportProblem>,
    /// The errors of the rows. A row with an error would not be imported.
    pub errors: Vec<ImportFault>,
    /// The warnings about rows that would be imported or left out.
    pub warnings: Vec<ImportFault>,
    /// The fields of the columns, as `mapping` takes them.
    pub mapping: BTreeMap<String, Option<String>>,
    /// The digest of the headers, by which saved mappings are found.
    pub signature: String,
    /// The mapping that your company has saved for files with these headers.
    pub saved_mapping: Option<ImportMapping>,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PreviewedColumn {
    /// The number of the column, from 1.
    pub number: u64,
    /// The header of the column as the file has it; empty without one.
    pub column: String,
    /// The field: `email`, `customFields.phone2`, `externalRef`; absent if the column is ignored.
    pub field: Option<String>,
    /// Why the column is taken for this field.
    pub reason: ImportReason,
    /// The first different values of the column, at most 5. Long ones are cut.
    pub samples: Vec<String>,
    /// Whether no row that was looked at has a value.
    pub is_empty: bool,
}

/// Why a file cannot be imported with the options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImportProblem {
    /// The code that the import would answer with: `header_unknown` or `match_column_missing`.
    pub code: String,
    /// The description.
    pub message: String,
}

impl From<Malformed> for ImportProblem {
    fn from(Malformed { code, detail, .. }: Malformed) -> Self {
        Self { code: code.to_owned(), message: detail }
    }
}

impl Customers<'_, '_> {
    /// Tells what an import would take a file for, and what is wrong with its first rows. Writes nothing.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to import; [`Error::Malformed`] for a file that is no table, and for a
    /// faulty mapping. A file without the columns that the import needs has a [`ImportPreview::problem`].
    #[tracing::instrument(name = "customers.preview_import", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn preview_import(
        &mut self,
        file: impl Read + Seek + Send + 'static,
        options: ImportOptions,
    ) -> Result<ImportPreview> {
        self.0.authorize(Resource::Customers, Action::Import).await?;
        let options = ImportOptions { records: ImportRecords::Customers, ..options };
        Box::pin(preview(self.0, file, options.validated()?)).await
    }
}

/// The preview of a file, for an actor who may import.
pub(super) async fn preview(
    scope: &CompanyScope<'_>,
    file: impl Read + Seek + Send + 'static,
    options: ImportOptions,
) -> Result<ImportPreview> {
    let (limit, options) = (options.batch_time, Arc::new(options));
    let rows = within(limit, row_reader(scope, options.clone(), None)).await?;
    let read = tokio::task::spawn_blocking(move || look(file, &rows));
    let (mut preview, batch) = read.await.map_err(Error::internal)??;
    if let Some(Batch { columns, rows }) = batch {
        let mut known = Known::default();
        let plan = within(limit, Box::pin(plan(scope, &options, &columns, &rows, &mut known))).await?;
        let mut report = ImportReport::default();
        plan.outcomes.into_iter().for_each(|(outcome, warnings)| report.count(outcome, warnings));
        (preview.errors, preview.warnings) = (report.errors, report.warning_details);
    }
    preview.saved_mapping = within(limit, import_mappings::with_signature(scope, &preview.signature)).await?;
    Ok(preview)
}

/// Reads the beginning of a file, and parses its first rows if it has the columns that an import needs.
fn look(mut file: impl Read + Seek, reader: &RowReader) -> Result<(ImportPreview, Option<Batch>)> {
    let mut look = Look::new(reader);
    tables::visit(&mut file, &reader.options, &mut look)?;
    let Look { preview, headers, columns, samples, last, .. } = look;
    let columns = columns.ok_or_else(|| Error::internal("a table without a header"))?;
    let preview = ImportPreview {
        ignored: ignored(&columns),
        problem: columns.check(&reader.options).err().map(ImportProblem::from),
        mapping: proposal(&headers, &columns, &reader.options, &reader.company.fields),
        signature: signature(headers.iter().map(String::as_str)),
        columns: previewed(headers, columns, samples),
        ..preview
    };
    let batch = if preview.problem.is_none() { first_rows(file, reader, last)? } else { None };
    Ok((preview, batch))
}

/// The beginning of a file.
struct Look<'r> {
    reader: &'r RowReader,
    preview: ImportPreview,
    headers: Vec<String>,
    columns: Option<Columns>,
    samples: Vec<Vec<String>>,
    /// The number of the last row.
    last: u64,
}

impl<'r> Look<'r> {
    fn new(reader: &'r RowReader) -> Self {
        let (headers, samples) = (Vec::new(), Vec::new());
        Self { reader, preview: ImportPreview::default(), headers, columns: None, samples, last: 0 }
    }
}

impl Visit for Look<'_> {
    fn format(&mut self, format: ImportFormat, delimiter: Option<char>) {
        (self.preview.format, self.preview.delimiter) = (format, delimiter.map(String::from));
    }

    fn encoding(&mut self, encoding: ImportEncoding) {
        self.preview.encoding = Some(encoding);
    }

    fn header(&mut self, header: &Record<'_>) -> Result<()> {
        (self.preview.header_row, self.last) = (header.row, header.row);
        self.headers = headers_of(header)?;
        self.columns = Some(Columns::of(&self.headers, &self.reader.options, &self.reader.company.fields)?);
        self.samples = vec![Vec::new(); self.headers.len()];
        Ok(())
    }

    fn row(&mut self, record: &Record<'_>) -> Result<bool> {
        (self.preview.rows, self.last) = (self.preview.rows + 1, record.row);
        self.samples.iter_mut().enumerate().for_each(|(index, values)| sample(values, record.cell(index)));
        Ok(self.preview.rows < ROWS)
    }

    fn refuses_binary(&self) -> bool {
        true
    }
}

/// The rows up to this one, as the import reads them.
fn first_rows(mut file: impl Read + Seek, reader: &RowReader, last: u64) -> Result<Option<Batch>> {
    file.rewind().map_err(Error::internal)?;
    let mut first = None;
    reader::read(file, reader, |mut batch| {
        batch.rows.retain(|row| row.number <= last);
        first = Some(batch);
        false
    })?;
    Ok(first)
}

fn sample(values: &mut Vec<String>, cell: &str) {
    let value: String = cell.trim().chars().take(MAX_SAMPLE).collect();
    if values.len() < SAMPLES && !value.is_empty() && !values.contains(&value) {
        values.push(value);
    }
}

fn ignored(columns: &Columns) -> Vec<String> {
    let ignored = columns.list.iter().filter(|column| column.target == Target::Nothing);
    ignored.map(|column| column.header.clone()).collect()
}

fn previewed(headers: Vec<String>, columns: Columns, samples: Vec<Vec<String>>) -> Vec<PreviewedColumn> {
    let column = |(number, ((header, column), samples)): (u64, ((String, Column), Vec<String>))| PreviewedColumn {
        number,
        column: header,
        field: column.field(),
        reason: column.reason,
        is_empty: samples.is_empty(),
        samples,
    };
    (1..).zip(headers.into_iter().zip(columns.list).zip(samples)).map(column).collect()
}

/// The mapping of the caller with what is recognized of the other columns, if the file is understood in the same way with
/// it; the mapping of the caller otherwise.
fn proposal(
    headers: &[String],
    columns: &Columns,
    options: &ImportOptions,
    fields: &CompanyFields,
) -> BTreeMap<String, Option<String>> {
    let is_mappable = |column: &&Column| match &column.target {
        Target::Custom { .. } => validation::is_key(&column.key),
        _ => true,
    };
    let entry =
        |(index, column): (usize, &Column)| Some((name_of(headers, index)?, Some(column).filter(is_mappable)?.field()));
    let whole = columns.list.iter().enumerate().filter_map(entry).collect();
    let with_it = ImportOptions { mapping: whole, ..options.clone() };
    let is_same = |other: &Columns| {
        let same = |(one, other): (&Column, &Column)| (&one.target, &one.key) == (&other.target, &other.key);
        columns.list.iter().zip(&other.list).all(same) && columns.blocks == other.blocks
    };
    match Columns::of(headers, &with_it, fields) {
        Ok(other) if is_same(&other) => with_it.mapping,
        _ => options.mapping.clone(),
    }
}

/// The name of a column in mappings: its header, or its number where the header is empty or not the only one.
fn name_of(headers: &[String], index: usize) -> Option<String> {
    let count = |name: &str| headers.iter().filter(|header| *header == name).count();
    let header = &headers[index];
    if !header.is_empty() && count(header) == 1 {
        return Some(header.clone());
    }
    Some(format!("#{}", index + 1)).filter(|number| count(number) == 0)
}
