//! A row of a file, whatever its format.

use super::super::formula;

/// The maximum number of columns.
pub(super) const MAX_COLUMNS: usize = 1_000;
/// The maximum size of a row, in bytes.
pub(super) const MAX_ROW: usize = 4 * 1024 * 1024;

/// The cells of one row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'r> {
    /// The number of the row in a spreadsheet, of the card or object otherwise.
    pub row: u64,
    pub cells: &'r Texts,
    /// The reason why the row has no cells.
    pub fault: Option<Fault>,
    /// What a warning tells about the row.
    pub notice: Option<Notice>,
    /// The text of the row, if it is kept.
    pub raw: &'r str,
    pub form: Form,
}

/// How the rows of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// What separates cells in a file of rows that were not imported.
    pub delimiter: char,
    /// Cells that a spreadsheet would execute have an apostrophe before them.
    pub is_guarded: bool,
    /// Lines of text may stand around the table.
    pub is_sheet: bool,
}

impl Form {
    /// Of cards and objects.
    pub const LIST: Self = Self { delimiter: ',', is_guarded: false, is_sheet: false };
    /// Of a workbook.
    pub const SHEET: Self = Self { is_sheet: true, ..Self::LIST };
}

/// The reason why a row cannot be read. Line numbers are those of a text editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The row has too many bytes.
    Bytes,
    /// The row has too many cells.
    Cells,
    /// The quotation mark that opens in this line is not closed, or only by one of another row.
    NotClosed { line: u64 },
    /// Text follows the quotation mark that closes a cell in this line.
    TextAfterQuote { line: u64 },
    /// The row may belong to the cell whose quotation mark opens in this line.
    InDoubt { line: u64 },
    /// The card has no end.
    CardNotEnded,
    /// The text is no JSON, or no object.
    NoObject,
}

/// What is told about a row that is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// A cell that begins in this line may contain another row.
    Doubtful { line: u64 },
    /// Pictures, sounds and keys are left out.
    MediaLeftOut,
}

/// The texts of cells, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Texts {
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Adds a byte to the cell that is written.
    pub fn add(&mut self, byte: u8) {
        self.text.push(byte);
    }

    /// Ends the cell that is written.
    pub fn end(&mut self) {
        self.ends.push(self.text.len());
    }

    /// Adds a cell.
    pub fn push(&mut self, cell: &str) {
        self.text.extend_from_slice(cell.as_bytes());
        self.end();
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }
}

impl<'r> Record<'r> {
    /// A row without peculiarities.
    pub fn new(row: u64, cells: &'r Texts, form: Form) -> Self {
        Self { row, cells, fault: None, notice: None, raw: "", form }
    }

    /// The raw text of a cell; empty if the cell does not exist.
    pub fn cell(&self, index: usize) -> &'r str {
        let Some(end) = self.cells.ends.get(index) else {
            return "";
        };
        let start = index.checked_sub(1).map_or(0, |before| self.cells.ends[before]);
        // Cutting at ASCII characters keeps the text valid UTF-8.
        std::str::from_utf8(&self.cells.text[start..*end]).unwrap_or_default()
    }

    /// The text of a cell without what guards it against spreadsheets.
    pub fn value(&self, index: usize) -> &'r str {
        if self.form.is_guarded { formula::unguarded(self.cell(index)) } else { self.cell(index) }
    }

    /// The size in bytes.
    pub fn bytes(&self) -> usize {
        self.cells.ends.last().copied().unwrap_or_default()
    }

    /// The number of cells.
    pub fn len(&self) -> usize {
        self.cells.len()
    }
}
