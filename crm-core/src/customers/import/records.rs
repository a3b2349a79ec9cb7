//! From text to the cells of a row (RFC 4180, leniently read).

use std::io::{self, Read};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::encoding::Text;

/// How many columns a file may have.
pub(super) const MOST_COLUMNS: usize = 1_000;
/// How large a row may be, in bytes. A quotation mark that is not closed makes one row of all that follows.
const LARGEST_ROW: usize = 4 * 1024 * 1024;

/// The rows of a file that have anything in them.
pub(super) struct Records<R> {
    source: Text<R>,
    text: String,
    /// How much of the text has been taken.
    taken: usize,
    parser: Reader,
    cells: Vec<u8>,
    ends: Vec<usize>,
    /// The row as a spreadsheet counts: blank lines count, and line breaks in a cell do not.
    row: u64,
    after_return: bool,
}

/// The cells of one row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'r> {
    pub row: u64,
    cells: &'r [u8],
    ends: &'r [usize],
    /// Why it has no cells.
    pub excess: Option<Excess>,
}

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Excess {
    Bytes,
    Cells,
}

impl Record<'_> {
    /// A cell as it stands in the file; nothing for one that is not there.
    pub fn cell(&self, index: usize) -> &str {
        let Some(end) = self.ends.get(index) else {
            return "";
        };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        // Cut at ASCII characters, UTF-8 stays UTF-8.
        std::str::from_utf8(&self.cells[start..*end]).unwrap_or_default()
    }

    /// How large it is, in bytes.
    pub fn bytes(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }
}

impl<R: Read> Records<R> {
    pub fn new(source: Text<R>) -> io::Result<Self> {
        let mut records = Self {
            source,
            text: String::new(),
            taken: 0,
            parser: Reader::new(),
            cells: vec![0; 8 * 1024],
            ends: vec![0; MOST_COLUMNS + 1],
            row: 0,
            after_return: false,
        };
        records.refill()?;
        let delimiter = records.named_delimiter().unwrap_or_else(|| delimiter(&records.text));
        records.parser = ReaderBuilder::new().delimiter(delimiter).build();
        Ok(records)
    }

    /// Takes the line `sep=;`, with which spreadsheets tell each other the delimiter.
    fn named_delimiter(&mut self) -> Option<u8> {
        let named = self.text.strip_prefix("sep=")?.as_bytes();
        match *named {
            [delimiter @ (b',' | b';' | b'\t'), b'\r' | b'\n', ..] => {
                self.taken = "sep=;".len();
                // Its line does not count: no spreadsheet shows it.
                self.skip_line_break();
                Some(delimiter)
            }
            _ => None,
        }
    }

    fn skip_line_break(&mut self) {
        let rest = &self.text[self.taken..];
        self.taken += if rest.starts_with("\r\n") { 2 } else { 1 };
    }

    /// The next row. Nothing at the end.
    pub fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        if !self.skip_blank_lines()? {
            return Ok(None);
        }
        self.row += 1;
        let (mut bytes, mut count, mut excess) = (0, 0, None);
        loop {
            let input = &self.text.as_bytes()[self.taken..];
            let (result, read, written, ended) =
                self.parser.read_record(input, &mut self.cells[bytes..], &mut self.ends[count..]);
            self.after_return = read > 0 && input[read - 1] == b'\r';
            (self.taken, bytes, count) = (self.taken + read, bytes + written, count + ended);
            match result {
                ReadRecordResult::InputEmpty => _ = self.refill()?,
                ReadRecordResult::OutputFull if bytes < LARGEST_ROW => {
                    self.cells.resize((bytes * 2).min(LARGEST_ROW), 0);
                }
                // Read on, to the end of the row, without keeping anything.
                ReadRecordResult::OutputFull => (bytes, excess) = (0, excess.or(Some(Excess::Bytes))),
                ReadRecordResult::OutputEndsFull => (count, excess) = (0, excess.or(Some(Excess::Cells))),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        let count = if excess.is_some() { 0 } else { count };
        Ok(Some(Record { row: self.row, cells: &self.cells, ends: &self.ends[..count], excess }))
    }

    fn skip_blank_lines(&mut self) -> io::Result<bool> {
        loop {
            match self.text.as_bytes().get(self.taken).copied() {
                Some(b'\n') if self.after_return => self.after_return = false,
                Some(b'\n') => self.row += 1,
                Some(b'\r') => (self.row, self.after_return) = (self.row + 1, true),
                Some(_) => return Ok(true),
                None if self.refill()? => continue,
                None => return Ok(false),
            }
            self.taken += 1;
        }
    }

    /// Gets the next piece of text once the last is used up. False at the end.
    fn refill(&mut self) -> io::Result<bool> {
        self.text.clear();
        self.taken = 0;
        self.source.read_into(&mut self.text)
    }
}

/// The one of `,`, `;` and tab that stands most often in the first line, outside of quotes.
fn delimiter(text: &str) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in text.trim_start_matches(['\r', '\n']).bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(delimiter, _)| *delimiter == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // The first of the most frequent ones.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| delimiter)
}

#[cfg(test)]
mod tests {
    use super::{Excess, LARGEST_ROW, MOST_COLUMNS, Records, Text};

    fn rows(file: &str) -> Vec<(u64, Vec<String>)> {
        let mut records = Records::new(Text::new(file.as_bytes()).unwrap()).unwrap();
        let mut rows = Vec::new();
        while let Some(record) = records.next().unwrap() {
            rows.push((record.row, (0..record.len()).map(|index| record.cell(index).to_owned()).collect()));
        }
        rows
    }

    fn row(number: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (number, cells.iter().map(|&cell| cell.to_owned()).collect())
    }

    #[test]
    fn rows_are_counted_as_spreadsheets_do() {
        for end in ["\n", "\r\n", "\r"] {
            let file = ["a,b", "\"1\n2\r\n3\",x", "", "", "4,\"y \"\"z\"\"\""].join(end);
            let expected = [row(1, &["a", "b"]), row(2, &["1\n2\r\n3", "x"]), row(5, &["4", "y \"z\""])];
            assert_eq!(rows(&file), expected, "{end:?}");
            assert_eq!(rows(&(file + end)), expected, "{end:?}");
        }
        assert!(rows("").is_empty());
        assert!(rows("\r\n\n").is_empty());
        assert_eq!(rows("\n\na"), [row(3, &["a"])]);
    }

    #[test]
    fn rows_may_be_ragged() {
        assert_eq!(
            rows("a,b\n1\n1,2,3\n,"),
            [row(1, &["a", "b"]), row(2, &["1"]), row(3, &["1", "2", "3"]), row(4, &["", ""])]
        );
    }

    #[test]
    fn the_header_tells_the_delimiter() {
        assert_eq!(rows("a;\"b,c,d\";e")[0].1, ["a", "b,c,d", "e"]);
        assert_eq!(rows("a\tb c\td")[0].1, ["a", "b c", "d"]);
        assert_eq!(rows("a,b;c,d")[0].1, ["a", "b;c", "d"]);
        assert_eq!(rows("name\nx;y")[1].1, ["x;y"]);
        assert_eq!(rows("sep=;\r\na,b;c"), [row(1, &["a,b", "c"])]);
    }

    #[test]
    fn a_row_may_be_long_but_not_too_long() {
        let long = "x".repeat(LARGEST_ROW / 2);
        assert_eq!(rows(&format!("a,b\n{long},{long}x\n1,2"))[1].1.len(), 0);
        assert_eq!(rows(&format!("a,b\n{long},1\n1,2"))[1].1[0].len(), long.len());
        let wide = ",".repeat(MOST_COLUMNS * 3);
        let file = format!("a,b\n\"{long}{long}\"\n{wide}\n1,2");
        let mut records = Records::new(Text::new(file.as_bytes()).unwrap()).unwrap();
        let mut excess = Vec::new();
        while let Some(record) = records.next().unwrap() {
            excess.push(record.excess);
        }
        assert_eq!(excess, [None, Some(Excess::Bytes), Some(Excess::Cells), None]);
    }

    #[test]
    fn rows_may_lie_across_pieces() {
        let line = "aé,\"b\nc\",\r\n";
        let file = line.repeat(20_000);
        let rows = rows(&file);
        assert_eq!(rows.len(), 20_000);
        assert!(rows.iter().all(|(_, cells)| *cells == ["aé", "b\nc", ""]));
        assert_eq!(rows.last().map(|(row, _)| *row), Some(20_000));
    }
}
