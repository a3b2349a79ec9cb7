//! What a file has in a row, for a file of the rows that were not imported: it can be mended and imported again.

use std::borrow::Cow;

use super::super::formula;
use super::columns::Columns;
use super::record::Record;
use super::report::ImportFault;

/// The last column of such a file, which an import ignores.
pub(super) const ERROR_COLUMN: &str = "Import error";
/// Tells spreadsheets that the file is in UTF-8.
const MARK: &str = "\u{feff}";

/// A row, without its line end.
#[derive(Clone, Debug)]
pub(super) struct Source {
    text: String,
    delimiter: char,
    /// The row has cells, so another one can be added.
    is_whole: bool,
}

impl Source {
    pub fn new(columns: &Columns, record: &Record<'_>) -> Self {
        let delimiter = record.form.delimiter;
        // What is no text with cells has no line of its own; the row then has nothing but the reasons.
        if record.form.is_guarded && (record.fault.is_some() || record.len() > columns.list.len()) {
            return Self { text: record.raw.to_owned(), delimiter, is_whole: false };
        }
        let cells = columns.list.iter().enumerate().filter(|(_, column)| column.header != ERROR_COLUMN);
        let cell = |index| {
            let cell = record.cell(index);
            if record.form.is_guarded { Cow::Borrowed(cell) } else { formula::guarded(cell) }
        };
        Self { text: joined(cells.map(|(index, _)| cell(index)), delimiter), delimiter, is_whole: true }
    }

    /// The row with the reasons, as a line.
    pub fn line(&self, faults: &[ImportFault]) -> String {
        if !self.is_whole {
            return format!("{}\r\n", self.text);
        }
        let reasons: Vec<String> = faults.iter().map(reason).collect();
        format!("{}{}{}\r\n", self.text, self.delimiter, cell(&reasons.join("; "), self.delimiter))
    }

    /// The line that names the columns.
    pub fn header(&self, columns: &Columns) -> String {
        let headers = columns.list.iter().map(|column| column.header.as_str()).filter(|header| *header != ERROR_COLUMN);
        format!("{MARK}{}\r\n", joined(headers.chain([ERROR_COLUMN]).map(Cow::Borrowed), self.delimiter))
    }
}

fn reason(fault: &ImportFault) -> String {
    match &fault.column {
        Some(column) => format!("{column}: {}", fault.message),
        None => fault.message.clone(),
    }
}

fn joined<'c>(cells: impl Iterator<Item = Cow<'c, str>>, delimiter: char) -> String {
    cells.map(|text| cell(&text, delimiter)).collect::<Vec<_>>().join(&delimiter.to_string())
}

fn cell(text: &str, delimiter: char) -> String {
    if text.contains([delimiter, '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
