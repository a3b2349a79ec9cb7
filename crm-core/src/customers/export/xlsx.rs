//! The workbook: the columns of the CSV table, as texts that no spreadsheet executes.
//!
//! Its rows are written to temporary files, so the memory does not depend on their number. A workbook is whole only when its
//! last row is known.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek};

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::super::formula;
use crate::base::error::{Error, Malformed, Result};

/// The most rows of a sheet, with its header.
const MAX_ROWS: u32 = 1_048_576;
/// The first year whose days have the same numbers in all spreadsheet programs.
const FIRST_YEAR: i32 = 1901;
/// The size of a piece of the file, in bytes.
const PIECE: usize = 256 * 1024;

/// A workbook that is being written.
pub(crate) struct Book {
    workbook: Workbook,
    columns: Vec<&'static str>,
    /// The next row of the last sheet.
    row: u32,
    day: Format,
}

impl Book {
    pub fn new(columns: impl IntoIterator<Item = &'static str>) -> Result<Self> {
        let day = Format::new().set_num_format("yyyy-mm-dd");
        let columns = columns.into_iter().collect();
        let mut book = Self { workbook: Workbook::new(), columns, row: 0, day };
        book.add_sheet()?;
        Ok(book)
    }

    fn add_sheet(&mut self) -> Result<()> {
        let sheet = self.workbook.add_worksheet_with_constant_memory().map_err(Error::internal)?;
        sheet.set_freeze_panes(1, 0).map_err(Error::internal)?;
        for (column, name) in (0..).zip(&self.columns) {
            sheet.write_string(0, column, *name).map_err(Error::internal)?;
        }
        self.row = 1;
        Ok(())
    }

    /// Adds a row. The cells of `days` are dates, if all spreadsheet programs know them.
    pub fn add<'c>(
        &mut self,
        cells: impl IntoIterator<Item = Cow<'c, str>>,
        days: &[(&str, Option<NaiveDate>)],
    ) -> Result<()> {
        if self.row == MAX_ROWS {
            self.add_sheet()?;
        }
        let Self { workbook, columns, row, day } = self;
        let last = workbook.worksheets().len() - 1;
        let sheet = workbook.worksheet_from_index(last).map_err(Error::internal)?;
        for (column, (name, cell)) in (0..).zip(columns.iter().zip(cells)) {
            let date = days.iter().find(|(of, _)| of == name).and_then(|(_, date)| *date);
            let written = match date.filter(|date| date.year() >= FIRST_YEAR) {
                Some(date) => sheet.write_datetime_with_format(*row, column, date, day).map(drop),
                None if cell.is_empty() => Ok(()),
                None => sheet.write_string(*row, column, formula::marked(&cell)).map(drop),
            };
            written.map_err(|error| refused(error, name))?;
        }
        *row += 1;
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
            let detail = format!("{column} of a record is longer than a cell of a workbook; export CSV or NDJSON");
            Malformed::new("cell_too_long", "format", detail).into()
        }
        error => Error::internal(error),
    }
}

/// The next piece of a file, and the file; `None` at its end.
pub(crate) async fn next_piece(mut file: File) -> Result<Option<(Vec<u8>, File)>> {
    let work = move || piece(&mut file).map(|piece| (piece, file));
    let (piece, file) = tokio::task::spawn_blocking(work).await.map_err(Error::internal)??;
    Ok(if piece.is_empty() { None } else { Some((piece, file)) })
}

fn piece(file: &mut File) -> Result<Vec<u8>> {
    let mut piece = Vec::with_capacity(PIECE);
    file.take(PIECE as u64).read_to_end(&mut piece).map_err(Error::internal)?;
    Ok(piece)
}
