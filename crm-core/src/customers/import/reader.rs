//! The blocking part of an import: reads, decodes and validates a file on a separate thread, and passes on batches.

use std::io::Read;
use std::sync::Arc;

use super::columns::Columns;
use super::encoding::Text;
use super::records::{Fault, Record, Records};
use super::rows::{self, Row, RowReader};
use super::source::Source;
use crate::base::error::{Error, Malformed, Result};

/// The number of rows per transaction.
const BATCH_ROWS: usize = 500;
/// The approximate maximum size of the text of a batch: large rows make small batches.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

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
    let columns = Arc::new(Columns::new(&header(&mut records)?, &reader.options)?);
    if reader.resumes_after.is_some() {
        records.keep_raw();
    }
    let (mut batch, mut bytes) = (Vec::with_capacity(BATCH_ROWS), 0);
    while let Some(record) = records.next().map_err(Error::internal)? {
        if reader.resumes_after.is_some_and(|last| record.row <= last) {
            continue;
        }
        bytes += record.bytes();
        if let Some(mut row) = reader.read(&columns, &record) {
            row.source = reader.resumes_after.map(|_| Source::new(&columns, &record, delimiter));
            batch.push(row);
        }
        if batch.len() < BATCH_ROWS && bytes < BATCH_BYTES {
            continue;
        }
        let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ROWS));
        bytes = 0;
        if !take(Batch { columns: columns.clone(), rows: full }) {
            return Ok(columns);
        }
    }
    if !batch.is_empty() {
        take(Batch { columns: columns.clone(), rows: batch });
    }
    Ok(columns)
}

/// Opens a file, unless it is certainly no table.
pub(super) fn open<R: Read>(file: R) -> Result<Records<R>> {
    let text = Text::new(file).map_err(Error::internal)?;
    // Spreadsheets are zip archives.
    if text.starts_with(b"PK\x03\x04") {
        return Err(file_invalid("this is a spreadsheet or an archive; save it as CSV"));
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
