//! What a file has in a row, for a file of the rows that were not imported: it can be mended and imported again.

use super::columns::Columns;
use super::records::Record;
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
    pub fn new(columns: &Columns, record: &Record<'_>, delimiter: char) -> Self {
        if record.fault.is_some() || record.len() > columns.list.len() {
            return Self { text: record.raw.to_owned(), delimiter, is_whole: false };
        }
        let cells = columns.list.iter().enumerate().filter(|(_, column)| column.header != ERROR_COLUMN);
        let text = joined(cells.map(|(index, _)| record.cell(index)), delimiter);
        Self { text, delimiter, is_whole: true }
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
        format!("{MARK}{}\r\n", joined(headers.chain([ERROR_COLUMN]), self.delimiter))
    }
}

fn reason(fault: &ImportFault) -> String {
    match &fault.column {
        Some(column) => format!("{column}: {}", fault.message),
        None => fault.message.clone(),
    }
}

fn joined<'c>(cells: impl Iterator<Item = &'c str>, delimiter: char) -> String {
    cells.map(|text| cell(text, delimiter)).collect::<Vec<_>>().join(&delimiter.to_string())
}

fn cell(text: &str, delimiter: char) -> String {
    if text.contains([delimiter, '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
