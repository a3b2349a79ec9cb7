//! Splits text into rows and cells (RFC 4180).
//!
//! Quotation marks are parsed strictly: an unclosed one would turn all following rows into one cell. A row with such a
//! mark is an error, and reading continues with the line after the one in which the mark opens.

use std::io::{self, Read};

use super::encoding::{ImportEncoding, Text};
use super::layout::{Layout, layout};
use super::quotes::{self, Likeness};
use super::record::{Fault, Form, MAX_COLUMNS, MAX_ROW, Notice, Record, Texts};

/// The non-empty rows of a file.
pub(super) struct Records<R> {
    source: Text<R>,
    text: String,
    /// The number of bytes that were consumed.
    taken: usize,
    delimiter: u8,
    /// The number of columns of the header; 0 before it is read.
    columns: usize,
    /// The number of cells of the last row: rows may be shorter than the header.
    usual: usize,
    cells: Texts,
    /// The row number of a spreadsheet: blank lines count, line breaks in a cell do not.
    row: u64,
    /// The line number of a text editor.
    line: u64,
    /// The line of an unclosed quotation mark, until a following row is certainly a row.
    doubt: Option<u64>,
    /// The text of the last row, if it is kept.
    raw: Option<String>,
}

/// The result of scanning a row.
#[derive(Clone, Copy, Debug, Default)]
struct Scan {
    /// The length in bytes, or up to the error.
    length: usize,
    broken: Option<Broken>,
    /// The first quoted cell: the line where it opens, and its index.
    spanning: Option<(usize, usize)>,
    /// An unquoted cell contains a quotation mark.
    has_stray_quote: bool,
    too_many: bool,
}

#[derive(Clone, Copy, Debug)]
enum Broken {
    TooLong,
    /// The quotation mark that opens here.
    Quote(usize),
}

impl<R: Read> Records<R> {
    /// Starts with the header, wherever it is.
    pub fn new(source: Text<R>) -> io::Result<Self> {
        let mut records = Self::plain(source, b',')?;
        let named = records.named_delimiter()?;
        let Layout { delimiter, header } = layout(&records.text[records.taken..], named);
        records.delimiter = delimiter;
        while records.row + 1 < header {
            if records.take_line_end()? {
                records.row += 1;
            } else if records.next()?.is_none() {
                break;
            }
        }
        (records.columns, records.usual, records.doubt) = (0, 0, None);
        Ok(records)
    }

    /// Starts with the first row.
    pub fn plain(source: Text<R>, delimiter: u8) -> io::Result<Self> {
        let mut records = Self {
            source,
            text: String::new(),
            taken: 0,
            delimiter,
            columns: 0,
            usual: 0,
            cells: Texts::default(),
            row: 0,
            line: 1,
            doubt: None,
            raw: None,
        };
        records.refill()?;
        Ok(records)
    }

    /// Keeps the text of rows, for rows without cells.
    pub fn keep_raw(&mut self) {
        self.raw = Some(String::new());
    }

    /// The delimiter of cells.
    pub fn delimiter(&self) -> char {
        self.delimiter.into()
    }

    /// The encoding of the text so far.
    pub fn encoding(&self) -> ImportEncoding {
        self.source.encoding()
    }

    /// Whether the file starts as no text does.
    pub fn is_binary(&self) -> bool {
        self.text.contains('\0')
    }

    /// Consumes the line `sep=;`, which declares the delimiter for spreadsheets and is not a row. It may be quoted.
    fn named_delimiter(&mut self) -> io::Result<Option<u8>> {
        let line = self.text.split(['\r', '\n']).next().unwrap_or_default();
        let bare = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line);
        let named = bare.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).map(|_| &bare.as_bytes()[4..]);
        match named {
            Some([delimiter]) if !delimiter.is_ascii_alphanumeric() && *delimiter != b'"' => {
                let delimiter = *delimiter;
                self.taken = line.len();
                self.take_line_end()?;
                Ok(Some(delimiter))
            }
            _ => Ok(None),
        }
    }

    /// The next row; `None` at the end.
    pub fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        while self.take_line_end()? {
            self.row += 1;
        }
        if self.byte(0)?.is_none() {
            return Ok(None);
        }
        self.row += 1;
        if let Some(raw) = &mut self.raw {
            raw.clear();
        }
        let scan = self.scan()?;
        let (fault, doubtful) = self.judge(scan)?;
        self.take_line_end()?;
        match fault {
            Some(_) => self.cells.clear(),
            None => self.usual = self.cells.len(),
        }
        if self.columns == 0 {
            self.columns = self.cells.len();
        }
        let raw = self.raw.as_deref().unwrap_or_default();
        let form = Form { delimiter: self.delimiter.into(), is_guarded: true, is_sheet: true };
        let notice = doubtful.map(|line| Notice::Doubtful { line });
        Ok(Some(Record { row: self.row, cells: &self.cells, fault, notice, raw, form }))
    }

    /// Scans the cells of a row, up to the end of its last line, without consuming it.
    fn scan(&mut self) -> io::Result<Scan> {
        self.cells.clear();
        let mut scan = Scan::default();
        loop {
            let start = scan.length;
            let is_quoted = self.byte(start)? == Some(b'"');
            if is_quoted {
                self.scan_quoted(&mut scan)?
            } else {
                self.scan_plain(&mut scan)?
            }
            if is_quoted && scan.spanning.is_none() && has_line_break(self.ahead(start, scan.length)) {
                scan.spanning = Some((start, self.cells.len()));
            }
            if scan.broken.is_some() {
                return Ok(scan);
            }
            if self.cells.len() > MAX_COLUMNS {
                scan.too_many = true;
                self.cells.clear();
            }
            self.cells.end();
            if self.byte(scan.length)? != Some(self.delimiter) {
                return Ok(scan);
            }
            scan.length += 1;
        }
    }

    fn scan_plain(&mut self, scan: &mut Scan) -> io::Result<()> {
        while let Some(byte) = self.byte(scan.length)? {
            if byte == self.delimiter || matches!(byte, b'\r' | b'\n') {
                break;
            }
            if scan.length >= MAX_ROW {
                scan.broken = Some(Broken::TooLong);
                break;
            }
            scan.has_stray_quote |= byte == b'"';
            self.cells.add(byte);
            scan.length += 1;
        }
        Ok(())
    }

    fn scan_quoted(&mut self, scan: &mut Scan) -> io::Result<()> {
        let opened = scan.length;
        scan.broken = Some(Broken::Quote(opened));
        scan.length += 1;
        loop {
            let Some(byte) = self.byte(scan.length)?.filter(|_| scan.length < MAX_ROW) else {
                return Ok(());
            };
            scan.length += 1;
            if byte == b'"' {
                if self.byte(scan.length)? != Some(b'"') {
                    break;
                }
                scan.length += 1;
            }
            self.cells.add(byte);
        }
        while self.byte(scan.length)? == Some(b' ') {
            scan.length += 1;
        }
        match self.byte(scan.length)? {
            None | Some(b'\r' | b'\n') => scan.broken = None,
            Some(byte) if byte == self.delimiter => scan.broken = None,
            Some(_) => {}
        }
        Ok(())
    }

    /// Consumes the row, or only the line of its error. Returns the error, and the line of a doubtful cell.
    fn judge(&mut self, scan: Scan) -> io::Result<(Option<Fault>, Option<u64>)> {
        match scan.broken {
            Some(Broken::Quote(opened)) => return Ok((Some(self.break_off(opened, scan.length)?), None)),
            Some(Broken::TooLong) => {
                self.take(scan.length);
                self.skip_line()?;
                return Ok((Some(Fault::Bytes), None));
            }
            None => {}
        }
        let mut doubtful = None;
        if let Some((opened, cell)) = scan.spanning {
            let lines = self.ahead(opened, scan.length);
            match quotes::likeness(lines, cell, self.delimiter, self.columns) {
                Likeness::Rows => return Ok((Some(self.break_off(opened, scan.length)?), None)),
                Likeness::OneRow => doubtful = Some(self.line + line_breaks(self.ahead(0, opened))),
                Likeness::Text => {}
            }
        }
        self.take(scan.length);
        if scan.too_many {
            return Ok((Some(Fault::Cells), None));
        }
        let cells = self.cells.len();
        let is_usual = cells == self.columns || (cells == self.usual && cells > 1);
        let is_surely_a_row = is_usual && !scan.has_stray_quote;
        match self.doubt.take_if(|_| is_surely_a_row) {
            None => Ok((self.doubt.map(|line| Fault::InDoubt { line }), doubtful)),
            Some(_) => Ok((None, doubtful)),
        }
    }

    /// Consumes the row up to the end of the line where a quotation mark opens. `end` is the scanned length.
    fn break_off(&mut self, opened: usize, end: usize) -> io::Result<Fault> {
        let spans = has_line_break(self.ahead(opened, end));
        let is_closed = !spans && self.byte(end)?.is_some();
        self.take(opened);
        let line = self.line;
        let rest = self.ahead(0, end - opened).split(['\r', '\n']).next().unwrap_or_default();
        // With an even number of quotation marks, the following lines belong to no cell of this row.
        let is_odd = rest.matches('"').count() % 2 == 1;
        self.skip_line()?;
        if end >= MAX_ROW && !spans {
            return Ok(Fault::Bytes);
        }
        if is_odd {
            self.doubt = Some(line);
        }
        Ok(if is_closed { Fault::TextAfterQuote { line } } else { Fault::NotClosed { line } })
    }

    fn take(&mut self, length: usize) {
        self.line += line_breaks(self.ahead(0, length));
        self.keep(length);
        self.taken += length;
    }

    /// Keeps the text that is consumed next.
    fn keep(&mut self, length: usize) {
        if let Some(mut raw) = self.raw.take() {
            raw.push_str(self.ahead(0, length));
            self.raw = Some(raw);
        }
    }

    /// A part of the text that is not consumed yet.
    fn ahead(&self, start: usize, end: usize) -> &str {
        let end = self.text.floor_char_boundary(self.taken + end);
        self.text.get(self.taken + start..end).unwrap_or_default()
    }

    /// Skips to the end of the line, without storing it.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            match self.text[self.taken..].find(['\r', '\n']) {
                Some(end) => {
                    self.keep(end);
                    self.taken += end;
                    return Ok(());
                }
                None => {
                    self.keep(self.text.len() - self.taken);
                    self.taken = self.text.len();
                }
            }
            if !self.refill()? {
                return Ok(());
            }
        }
    }

    /// Consumes one line end, if there is one.
    fn take_line_end(&mut self) -> io::Result<bool> {
        let length = match self.byte(0)? {
            Some(b'\n') => 1,
            Some(b'\r') if self.byte(1)? == Some(b'\n') => 2,
            Some(b'\r') => 1,
            _ => return Ok(false),
        };
        (self.taken, self.line) = (self.taken + length, self.line + 1);
        Ok(true)
    }

    /// A byte that is not consumed yet; `None` at the end of the file.
    fn byte(&mut self, offset: usize) -> io::Result<Option<u8>> {
        loop {
            if let Some(byte) = self.text.as_bytes().get(self.taken + offset) {
                return Ok(Some(*byte));
            }
            if !self.refill()? {
                return Ok(None);
            }
        }
    }

    /// Reads the next piece of text. Returns false at the end.
    fn refill(&mut self) -> io::Result<bool> {
        self.text.drain(..self.taken);
        self.taken = 0;
        self.source.read_into(&mut self.text)
    }
}

fn has_line_break(text: &str) -> bool {
    text.contains(['\r', '\n'])
}

/// The number of line ends in a text.
fn line_breaks(text: &str) -> u64 {
    let ends = text.bytes().filter(|byte| matches!(byte, b'\r' | b'\n')).count() - text.matches("\r\n").count();
    ends as u64
}

#[cfg(test)]
mod tests;
