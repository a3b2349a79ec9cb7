//! The workbook: the columns of the CSV table, as texts that no spreadsheet executes.
//!
//! Its rows are written to temporary files, so the memory does not depend on their number. A workbook is whole only when its
//! last row is known.

use std::fs::File;
use std::io::{Read, Seek};

use chrono::Datelike;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::super::formula;
use super::Exported;
use super::csv::{COLUMNS, NOTES, cells, notes};
use crate::base::error::{Error, Malformed, Result};

/// The most rows of a sheet, with its header.
const MAX_ROWS: u32 = 1_048_576;
/// The first year whose days have the same numbers in all spreadsheet programs.
const FIRST_YEAR: i32 = 1901;
/// The size of a piece of the file, in bytes.
const PIECE: usize = 256 * 1024;

/// A workbook that is being written.
pub(super) struct Book {
    workbook: Workbook,
    with_notes: bool,
    /// The next row of the last sheet.
    row: u32,
    day: Format,
}

impl Book {
    pub fn new(with_notes: bool) -> Result<Self> {
        let day = Format::new().set_num_format("yyyy-mm-dd");
        let mut book = Self { workbook: Workbook::new(), with_notes, row: 0, day };
        book.add_sheet()?;
        Ok(book)
    }

    fn add_sheet(&mut self) -> Result<()> {
        let sheet = self.workbook.add_worksheet_with_constant_memory().map_err(Error::internal)?;
        sheet.set_freeze_panes(1, 0).map_err(Error::internal)?;
        for (column, name) in (0..).zip(COLUMNS.into_iter().chain(self.with_notes.then_some(NOTES))) {
            sheet.write_string(0, column, name).map_err(Error::internal)?;
        }
        self.row = 1;
        Ok(())
    }

    /// Adds customers.
    pub fn add(&mut self, customers: &[Exported]) -> Result<()> {
        for customer in customers {
            if self.row == MAX_ROWS {
                self.add_sheet()?;
            }
            self.add_row(customer)?;
            self.row += 1;
        }
        Ok(())
    }

    fn add_row(&mut self, exported: &Exported) -> Result<()> {
        let (Self { workbook, row, day, .. }, customer) = (self, &exported.customer);
        let last = workbook.worksheets().len() - 1;
        let sheet = workbook.worksheet_from_index(last).map_err(Error::internal)?;
        let names = COLUMNS.into_iter().chain([NOTES]);
        for (column, (name, cell)) in (0..).zip(names.zip(cells(customer)?.into_iter().chain(notes(exported)?))) {
            let birthday = customer.birth_date.filter(|date| name == "birthDate" && date.year() >= FIRST_YEAR);
            let written = match birthday {
                Some(date) => sheet.write_datetime_with_format(*row, column, date, day).map(drop),
                None if cell.is_empty() => Ok(()),
                None => sheet.write_string(*row, column, formula::marked(&cell)).map(drop),
            };
            written.map_err(|error| refused(error, name))?;
        }
        Ok(())
    }

    /// Writes the whole file.
    pub fn finish(mut self) -> Result<File> {
        let mut file = tempfile::tempfile().map_err(Error::internal)?;
        self.workbook.save_to_writer(&file).map_err(Error::internal)?;
        file.rewind().map_err(Error::internal)?;
        Ok(file)
    }
}

fn refused(error: XlsxError, column: &str) -> Error {
    match error {
        XlsxError::MaxStringLengthExceeded => {
            let detail = format!("{column} of a customer is longer than a cell of a workbook; export CSV or NDJSON");
            Malformed::new("cell_too_long", "format", detail).into()
        }
        error => Error::internal(error),
    }
}

/// The next piece of a file; empty at its end.
pub(super) fn piece(file: &mut File) -> Result<Vec<u8>> {
    let mut piece = Vec::with_capacity(PIECE);
    file.take(PIECE as u64).read_to_end(&mut piece).map_err(Error::internal)?;
    Ok(piece)
}
