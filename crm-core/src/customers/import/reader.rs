//! The blocking part of an import: reads, decodes and validates a file on a separate thread, and passes on batches.

use std::io::Read;
use std::sync::Arc;

use super::columns::Columns;
use super::footer::{self, Likeness};
use super::record::Record;
use super::report::ImportFault;
use super::rows::{Input, Row, RowReader};
use super::source::Source;
use super::tables::{self, Visit};
use crate::base::error::{Error, Result};

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
pub(super) fn read(file: impl Read, reader: &RowReader, take: impl FnMut(Batch) -> bool) -> Result<Arc<Columns>> {
    let rows = Vec::with_capacity(BATCH_ROWS);
    let mut reading = Reading { reader, columns: None, rows, bytes: 0, ends: Ends::default(), take, is_wanted: true };
    tables::visit(file, &reader.options, &mut reading)?;
    reading.finish()
}

/// A file that is being read.
struct Reading<'r, F> {
    reader: &'r RowReader,
    columns: Option<Arc<Columns>>,
    rows: Vec<Row>,
    bytes: usize,
    ends: Ends,
    take: F,
    is_wanted: bool,
}

impl<F: FnMut(Batch) -> bool> Visit for Reading<'_, F> {
    fn header(&mut self, header: &Record<'_>) -> Result<()> {
        self.columns = Some(Arc::new(Columns::new(header, &self.reader.options, &self.reader.company.fields)?));
        Ok(())
    }

    fn row(&mut self, record: &Record<'_>) -> Result<bool> {
        let columns = self.columns.clone().ok_or_else(|| Error::internal("a row before the header"))?;
        if self.reader.resumes_after.is_some_and(|last| record.row <= last) {
            return Ok(true);
        }
        self.bytes += record.bytes();
        let row = self.reader.read(&columns, record).map(|mut row| {
            row.source = self.reader.resumes_after.map(|_| Source::new(&columns, record));
            row
        });
        self.ends.take(record, row, columns.list.len(), &mut self.rows);
        if self.rows.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES {
            let rows = std::mem::replace(&mut self.rows, Vec::with_capacity(BATCH_ROWS));
            self.bytes = 0;
            self.is_wanted = (self.take)(Batch { columns, rows });
        }
        Ok(self.is_wanted)
    }

    fn keeps_text(&self) -> bool {
        self.reader.resumes_after.is_some()
    }
}

impl<F: FnMut(Batch) -> bool> Reading<'_, F> {
    fn finish(mut self) -> Result<Arc<Columns>> {
        let columns = self.columns.ok_or_else(|| Error::internal("a table without a header"))?;
        self.ends.finish(&mut self.rows);
        if self.is_wanted && !self.rows.is_empty() {
            (self.take)(Batch { columns: columns.clone(), rows: self.rows });
        }
        Ok(columns)
    }
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
        if !record.form.is_sheet {
            batch.push(row);
            return;
        }
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
