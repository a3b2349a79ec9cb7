//! What a zip archive has in it, before anything reads it as a workbook: its parts are unpacked once and counted, so that a
//! small file cannot fill the memory.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::file_invalid;
use crate::base::error::{Error, Result};

/// The most bytes that all parts have together.
const MAX_UNPACKED: u64 = 256 * 1024 * 1024;
/// The most bytes of the texts that cells share, which are held in memory.
const MAX_SHARED: u64 = 64 * 1024 * 1024;
/// The most bytes of a part that may be held in memory.
const MAX_OTHER: u64 = 16 * 1024 * 1024;
/// What is never held in memory as a whole: sheets, and what an import does not read.
const STREAMED: [&str; 9] = [
    "worksheets/",
    "media/",
    "pivotcache",
    "calcchain",
    "comments",
    "drawing",
    "externallinks",
    "embeddings",
    "customxml",
];
/// The most parts.
const MAX_PARTS: usize = 5_000;
/// The fewest bytes of one text in the table of texts: `<si/>`.
const SMALLEST_TEXT: u64 = 5;

/// Refuses an archive that is no workbook, or whose parts are too large.
pub(super) fn check(file: &[u8]) -> Result<()> {
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(|_| not_opened(file))?;
    let names = archive.file_names().map(|name| name.map(|name| name.to_lowercase()));
    let names: Vec<String> = names.collect::<Result<_, _>>().map_err(|_| broken())?;
    if let Some(what) = other(&names) {
        return Err(file_invalid(what));
    }
    if archive.len() > MAX_PARTS {
        return Err(bomb());
    }
    let mut unpacked = 0;
    for index in 0..archive.len() {
        let is_encrypted = archive.by_index_raw(index).map_err(|_| broken())?.encrypted();
        if is_encrypted {
            return Err(file_invalid("this workbook is protected with a password (encrypted); save it without one"));
        }
        let mut part = archive.by_index(index).map_err(|_| broken())?;
        let name = part.name().map_err(|_| broken())?.to_lowercase();
        unpacked += unpack(&mut part, &name, MAX_UNPACKED - unpacked)?;
    }
    Ok(())
}

/// What the archive is, if it is no workbook.
fn other(names: &[String]) -> Option<&'static str> {
    let begins = |folder: &str| names.iter().any(|name| name.starts_with(folder));
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    if has("xl/workbook.bin") {
        Some("this is a binary workbook (XLSB); open it, and save it as XLSX or CSV")
    } else if has("[content_types].xml") && !begins("word/") && !begins("ppt/") {
        None
    } else if has("[content_types].xml") {
        Some("this is a document or a presentation; export the data as CSV or XLSX")
    } else if has("mimetype") && has("content.xml") {
        Some("this is an OpenDocument file (ODS); open it, and save it as XLSX or CSV")
    } else {
        Some("this is a zip archive; unpack it, and import the file in it")
    }
}

/// Unpacks a part to nowhere, and gives its size.
fn unpack(part: &mut impl Read, name: &str, left: u64) -> Result<u64> {
    let is_shared = name.ends_with("sharedstrings.xml");
    let most = match () {
        () if is_shared => MAX_SHARED,
        () if STREAMED.iter().any(|part| name.contains(part)) => MAX_UNPACKED,
        () => MAX_OTHER,
    };
    let (mut size, mut counts) = (0, Counts::default());
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = part.read(&mut piece).map_err(|_| broken())?;
        if length == 0 {
            break;
        }
        size += length as u64;
        if size > most.min(left) {
            return Err(bomb());
        }
        if is_shared {
            counts.take(&piece[..length]);
        }
    }
    // Memory is set aside for as many texts as the part says.
    if is_shared && counts.highest() > size / SMALLEST_TEXT + 1 {
        return Err(broken());
    }
    Ok(size)
}

/// The numbers of texts that a part says it has, in whatever encoding and place.
#[derive(Debug, Default)]
struct Counts {
    /// The last letters, without those of two bytes.
    tail: Vec<u8>,
    highest: u64,
    is_odd: bool,
}

impl Counts {
    const NAME: &'static [u8] = b"uniqueCount";
    /// More than a name, blanks and a number need.
    const KEPT: usize = 256;

    fn take(&mut self, piece: &[u8]) {
        // Escape sequences can hide a word in some encodings; XML has none.
        self.is_odd |= piece.contains(&0x1B);
        self.tail.extend(piece.iter().copied().filter(|byte| *byte != 0));
        for (start, _) in self.tail.windows(Self::NAME.len()).enumerate().filter(|(_, word)| *word == Self::NAME) {
            let rest = self.tail[start + Self::NAME.len()..].iter().take(Self::KEPT / 2);
            self.is_odd |= rest.len() == Self::KEPT / 2 && !rest.clone().any(u8::is_ascii_digit);
            let digits = rest.skip_while(|byte| !byte.is_ascii_digit()).take_while(|byte| byte.is_ascii_digit());
            let number =
                digits.fold(0_u64, |all, digit| all.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
            self.highest = self.highest.max(number);
        }
        self.tail.drain(..self.tail.len().saturating_sub(Self::KEPT));
    }

    const fn highest(&self) -> u64 {
        if self.is_odd { u64::MAX } else { self.highest }
    }
}

/// An archive that is cut off, by what its beginning tells.
fn not_opened(file: &[u8]) -> Error {
    let has = |name: &[u8]| file.windows(name.len()).any(|bytes| bytes == name);
    if has(b"[Content_Types].xml") || has(b"xl/") {
        return broken();
    }
    file_invalid("this is a zip archive that is broken or incomplete; unpack it, and import the file in it")
}

pub(super) fn broken() -> Error {
    file_invalid("this workbook is broken or incomplete; open it in a spreadsheet program, and save it again as XLSX")
}

fn bomb() -> Error {
    let unpacked = MAX_UNPACKED / 1024 / 1024;
    file_invalid(&format!(
        "the workbook is too large when it is unpacked ({unpacked} MiB at most); save the sheet as CSV"
    ))
}

#[cfg(test)]
mod tests {
    use super::Counts;

    fn highest(pieces: &[&[u8]]) -> u64 {
        let mut counts = Counts::default();
        pieces.iter().for_each(|piece| counts.take(piece));
        counts.highest()
    }

    #[test]
    fn numbers_of_texts_are_found_wherever_they_stand() {
        assert_eq!(highest(&[b"<sst count=\"9\" uniqueCount=\"7\"><si/></sst>"]), 7);
        assert_eq!(highest(&[b"<sst unique", b"Count = '12", b"34'>"]), 1_234);
        assert_eq!(highest(&[b"u\0n\0i\0q\0u\0e\0C\0o\0u\0n\0t\0=\0\"\x005\0\"\0"]), 5);
        assert_eq!(highest(&[b"<!-- uniqueCount=\"1\" --><sst uniqueCount=\"99999999999999999999999\">"]), u64::MAX);
        assert_eq!(highest(&[b"unique\x1b(BCount=\"5\""]), u64::MAX);
        assert_eq!(highest(&[b"<sst>"]), 0);
    }
}
