//! The blocking part of an import: reads, decodes and validates a file on a separate thread, and passes on batches.

use std::io::Read;
use std::sync::Arc;

use super::columns::Columns;
use super::encoding::Text;
use super::footer::{self, Likeness};
use super::format;
use super::records::{Fault, Record, Records};
use super::report::ImportFault;
use super::rows::{self, Input, Row, RowReader};
use super::source::Source;
use crate::base::error::{Error, Malformed, Result};

/// The number of rows per transaction.
const BATCH_ROWS: usize = 500;
/// The approximate maximum size of the text of a batch: large rows make small batches.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// The most lines below a table. If there are more, they are rows.
const MOST_LINES: usize = 20;

/// Rows that are written together.
#[derive(Debug)]
pub(super) struct Batch {
    pub columns: Arc<Columns>,
    pub rows: Vec<Row>,
}

/// Reads a file to its end, or until `take` stops it. Returns its columns.
pub(super) fn read(file: impl Read, reader: &RowReader, mut take: impl FnMut(Batch) -> bool) -> Result<Arc<Columns>> {
    let mut records = open(file)?;
    let delimiter = records.delimiter();
    let columns = Arc::new(Columns::new(&header(&mut records)?, &reader.options, &reader.company.fields)?);
    if reader.resumes_after.is_some() {
        records.keep_raw();
    }
    let (mut batch, mut bytes) = (Vec::with_capacity(BATCH_ROWS), 0);
    let mut ends = Ends::default();
    while let Some(record) = records.next().map_err(Error::internal)? {
        if reader.resumes_after.is_some_and(|last| record.row <= last) {
            continue;
        }
        bytes += record.bytes();
        let row = reader.read(&columns, &record).map(|mut row| {
            row.source = reader.resumes_after.map(|_| Source::new(&columns, &record, delimiter));
            row
        });
        ends.take(&record, row, columns.list.len(), &mut batch);
        if batch.len() < BATCH_ROWS && bytes < BATCH_BYTES {
            continue;
        }
        let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ROWS));
        bytes = 0;
        if !take(Batch { columns: columns.clone(), rows: full }) {
            return Ok(columns);
        }
    }
    ends.finish(&mut batch);
    if !batch.is_empty() {
        take(Batch { columns: columns.clone(), rows: batch });
    }
    Ok(columns)
}

/// Tells the lines below a table from its rows: they are held until it is clear that no row follows.
#[derive(Debug, Default)]
struct Ends {
    held: Vec<Row>,
    has_words: bool,
    /// The number of the last row that was not empty.
    last: u64,
    is_after_gap: bool,
}

impl Ends {
    fn take(&mut self, record: &Record<'_>, row: Option<Row>, columns: usize, batch: &mut Vec<Row>) {
        let Some(row) = row else { return };
        self.is_after_gap |= self.last > 0 && record.row > self.last + 1;
        self.last = record.row;
        match footer::likeness(record, columns) {
            Likeness::Footer => {
                self.has_words = true;
                self.held.push(skipped(row));
            }
            Likeness::Line { has_words } if self.is_after_gap && self.held.len() < MOST_LINES => {
                self.has_words |= has_words;
                self.held.push(row);
            }
            Likeness::Line { .. } | Likeness::Row => {
                (self.is_after_gap, self.has_words) = (false, false);
                batch.append(&mut self.held);
                batch.push(row);
            }
        }
    }

    fn finish(&mut self, batch: &mut Vec<Row>) {
        let held = std::mem::take(&mut self.held);
        batch.extend(held.into_iter().map(|row| if self.has_words { skipped(row) } else { row }));
    }
}

/// A line below the table.
fn skipped(row: Row) -> Row {
    let message = "the line stands below the table, so it is not imported";
    let warnings = vec![ImportFault::new(row.number, None, "footer", message)];
    Row { input: Input::Skipped, warnings, ..row }
}

/// Opens a file, unless it is certainly no table.
pub(super) fn open<R: Read>(file: R) -> Result<Records<R>> {
    let text = Text::new(file).map_err(Error::internal)?;
    if let Some(what) = format::foreign(text.start()) {
        return Err(file_invalid(what));
    }
    Records::new(text).map_err(Error::internal)
}

/// The first line.
pub(super) fn header<R: Read>(records: &mut Records<R>) -> Result<Record<'_>> {
    let header = records.next().map_err(Error::internal)?;
    let header = header.ok_or_else(|| file_invalid("the file is empty; its first line names the columns"))?;
    match header.fault.filter(|fault| *fault != Fault::Cells) {
        Some(fault) => Err(file_invalid(&format!("the header cannot be read: {}", rows::of_record(1, fault).message))),
        None => Ok(header),
    }
}

pub(super) fn file_invalid(detail: &str) -> Error {
    Malformed::new("file_invalid", "file", detail).into()
}
