//! A sheet of a workbook (XLSX), row by row. Its numbers, dates and truth values become texts as CSV has them.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::super::super::formula;
use super::super::record::{Fault, Form, MAX_COLUMNS, MAX_ROW, Record, Texts};
use super::archive::{self, broken};
use super::{Candidate, LOOKED_AT, Visit, file_invalid};
use crate::base::error::{Error, Malformed, Result};

type Workbook = Xlsx<Cursor<Vec<u8>>>;

/// The most bytes of all cells of a sheet. Cells share texts, so a small file could have many more.
const MAX_TEXT: usize = 512 * 1024 * 1024;
/// The digits of a number that a spreadsheet program shows.
const DIGITS: usize = 15;

/// Shows the sheet of this name, or the first visible one that has rows.
pub(super) fn visit(file: Vec<u8>, sheet: Option<&str>, visitor: &mut impl Visit) -> Result<()> {
    archive::check(&file)?;
    // A file made to break its reader is a broken file.
    let read = AssertUnwindSafe(|| {
        let mut workbook = Workbook::new(Cursor::new(file)).map_err(|error| fault(&error))?;
        let names = sheets(&workbook, sheet)?;
        // A sheet with nothing but a title is the last resort.
        for least in [2, 1] {
            for name in &names {
                if Rows::new(visitor, least).read(&mut workbook, name)? {
                    return Ok(());
                }
            }
        }
        Err(file_invalid("the workbook has no sheet with rows; its first row names the columns"))
    });
    catch_unwind(read).unwrap_or_else(|_| Err(broken()))
}

fn fault(error: &XlsxError) -> Error {
    match error {
        XlsxError::Password => {
            file_invalid("this workbook is protected with a password (encrypted); save it without one")
        }
        _ => broken(),
    }
}

/// The names of the sheets that may be meant.
fn sheets(workbook: &Workbook, wanted: Option<&str>) -> Result<Vec<String>> {
    let all = workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let Some(wanted) = wanted else {
        let visible = all.filter(|sheet| sheet.visible == SheetVisible::Visible);
        return Ok(visible.map(|sheet| sheet.name.clone()).collect());
    };
    let names: Vec<String> = all.map(|sheet| sheet.name.clone()).collect();
    let same = |name: &&String| name.trim().to_lowercase() == wanted.trim().to_lowercase();
    match names.iter().find(|name| *name == wanted).or_else(|| names.iter().find(same)) {
        Some(name) => Ok(vec![name.clone()]),
        None => {
            let detail = format!("the workbook has no sheet of this name; it has: {}", names.join(", "));
            Err(Malformed::new("sheet_unknown", "sheet", detail).into())
        }
    }
}

/// The rows of a sheet on their way to a visitor. The first ones are held until it is clear which one is the header.
struct Rows<'v, V> {
    visitor: &'v mut V,
    row: Line,
    held: Vec<(u64, Texts, Option<Fault>)>,
    /// The first row, and the best one after it.
    best: Option<(usize, Candidate)>,
    /// The fewest rows that are a table.
    least: usize,
    is_open: bool,
    size: usize,
}

/// A row whose cells come one by one.
#[derive(Default)]
struct Line {
    number: u64,
    cells: Vec<String>,
    is_too_wide: bool,
}

impl Line {
    fn put(&mut self, column: usize, text: &str) {
        if column > MAX_COLUMNS {
            self.is_too_wide = true;
            return;
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        // Our own export marks texts that an import would change.
        formula::unguarded(text).clone_into(&mut self.cells[column]);
    }

    fn texts(&mut self) -> (Texts, Option<Fault>) {
        let mut texts = Texts::default();
        self.cells.iter().for_each(|cell| texts.push(cell));
        self.cells.clear();
        let size = Record::new(0, &texts, Form::SHEET).bytes();
        let fault = if size > MAX_ROW { Some(Fault::Bytes) } else { self.is_too_wide.then_some(Fault::Cells) };
        self.is_too_wide = false;
        if fault.is_some() {
            texts.clear();
        }
        (texts, fault)
    }
}

impl<'v, V: Visit> Rows<'v, V> {
    fn new(visitor: &'v mut V, least: usize) -> Self {
        Self { visitor, row: Line::default(), held: Vec::new(), best: None, least, is_open: false, size: 0 }
    }

    /// Returns false if the sheet has no rows.
    fn read(mut self, workbook: &mut Workbook, sheet: &str) -> Result<bool> {
        let mut cells = match workbook.worksheet_cells_reader(sheet) {
            Err(XlsxError::NotAWorksheet(_)) => return Ok(false),
            cells => cells.map_err(|error| fault(&error))?,
        };
        while let Some(cell) = cells.next_cell().map_err(|error| fault(&error))? {
            let (row, column) = cell.get_position();
            let Some(text) = text(cell.get_value()) else { continue };
            if text.trim().is_empty() {
                continue;
            }
            let number = u64::from(row) + 1;
            if number < self.row.number {
                return Err(broken());
            }
            if number > self.row.number && !self.end_row()? {
                return Ok(true);
            }
            self.row.number = number;
            self.size += text.len();
            if self.size > MAX_TEXT {
                let most = MAX_TEXT / 1024 / 1024;
                return Err(file_invalid(&format!("the sheet has more than {most} MiB of text")));
            }
            self.row.put(usize::try_from(column).unwrap_or(usize::MAX), &text);
        }
        if !self.end_row()? {
            return Ok(true);
        }
        Ok(self.is_open || self.held.len() >= self.least && self.open()?.is_some())
    }

    /// Passes the row on. Returns false if no more are wanted.
    fn end_row(&mut self) -> Result<bool> {
        if self.row.number == 0 {
            return Ok(true);
        }
        let number = self.row.number;
        let (texts, fault) = self.row.texts();
        if self.is_open {
            return self.pass(number, &texts, fault);
        }
        let candidate = Candidate::new(&Record::new(number, &texts, Form::SHEET));
        let is_header = match &self.best {
            None => {
                self.best = Some((0, candidate));
                false
            }
            Some((_, first)) => first.is_beaten_by(&candidate),
        };
        if is_header {
            self.held.clear();
        }
        self.held.push((number, texts, fault));
        if is_header || self.held.len() == LOOKED_AT {
            return Ok(self.open()?.unwrap_or(true));
        }
        Ok(true)
    }

    /// Passes on what was held, which begins with the header. `None` if there is nothing.
    fn open(&mut self) -> Result<Option<bool>> {
        if self.is_open {
            return Ok(Some(true));
        }
        let mut held = std::mem::take(&mut self.held).into_iter();
        let Some((number, texts, fault)) = held.next() else { return Ok(None) };
        self.is_open = true;
        self.visitor.header(&Record { fault, ..Record::new(number, &texts, Form::SHEET) })?;
        for (number, texts, fault) in held {
            if !self.pass(number, &texts, fault)? {
                return Ok(Some(false));
            }
        }
        Ok(Some(true))
    }

    fn pass(&mut self, number: u64, texts: &Texts, fault: Option<Fault>) -> Result<bool> {
        self.visitor.row(&Record { fault, ..Record::new(number, texts, Form::SHEET) })
    }
}

/// The text of a cell, as a CSV file has it; `None` without a value.
fn text(value: &DataRef<'_>) -> Option<String> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => self::number(*number),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(is_true) => is_true.to_string(),
        DataRef::DateTime(time) => moment(*time),
        DataRef::DateTimeIso(text) => text.trim_end_matches("T00:00:00").to_owned(),
        DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
    })
}

/// A number with the digits that a spreadsheet program shows, and without an exponent.
fn number(number: f64) -> String {
    let rounded = format!("{number:.*e}", DIGITS - 1).parse().unwrap_or(number);
    if rounded == 0.0 { "0".to_owned() } else { format!("{rounded}") }
}

/// A date, a time of day, both, or a duration.
fn moment(time: ExcelDateTime) -> String {
    let value = time.as_f64();
    if !value.is_finite() {
        return String::new();
    }
    if time.is_duration() {
        let seconds = (value * 86_400.0).round();
        let sign = if seconds < 0.0 { "-" } else { "" };
        let seconds = seconds.abs() as u64;
        return format!("{sign}{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let clock = match milli {
        0 => format!("{hour:02}:{minute:02}:{second:02}"),
        milli => format!("{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    };
    if (0.0..1.0).contains(&value) {
        clock
    } else if (hour, minute, second, milli) == (0, 0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {clock}")
    }
}

#[cfg(test)]
mod tests {
    use calamine::{ExcelDateTime, ExcelDateTimeType};

    use super::{moment, number};

    #[test]
    fn numbers_are_shown_as_spreadsheets_do() {
        for (value, text) in [
            (7.0, "7"),
            (-0.0, "0"),
            (0.1 + 0.2, "0.3"),
            (4_930_901_820.0, "4930901820"),
            (1e21, "1000000000000000000000"),
            (-12.5, "-12.5"),
            (1e-7, "0.0000001"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn dates_are_iso() {
        let at = |value, kind| moment(ExcelDateTime::new(value, kind, false));
        for (value, text) in
            [(45_943.0, "2025-10-13"), (45_943.5, "2025-10-13 12:00:00"), (0.25, "06:00:00"), (61.0, "1900-03-01")]
        {
            assert_eq!(at(value, ExcelDateTimeType::DateTime), text);
        }
        assert_eq!(at(1.5, ExcelDateTimeType::TimeDelta), "36:00:00");
        assert_eq!(moment(ExcelDateTime::new(1.0, ExcelDateTimeType::DateTime, true)), "1904-01-02");
    }
}
