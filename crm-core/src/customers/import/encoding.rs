//! Decodes a file to text.
//!
//! A byte order mark decides; without one, the zero bytes of UTF-16 do. Otherwise the file is read as UTF-8, and single
//! invalid bytes as Windows-1252: one wrong byte does not break a file. If more is invalid than valid, the whole file
//! is Windows-1252.

use std::io::{self, Read};

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::base::string_enum::string_enum;

/// The number of bytes per read.
const CHUNK: usize = 64 * 1024;
/// The number of bytes checked for the zero bytes of UTF-16.
const LOOKED_AT: usize = 1024;

string_enum! {
    /// The encoding of a file.
    #[derive(Default)]
    ImportEncoding {
        /// UTF-8, perhaps with single bytes of Windows-1252.
        #[default]
        Utf8 = "utf8",
        /// UTF-16, the low byte first.
        Utf16Le = "utf16_le",
        /// UTF-16, the high byte first.
        Utf16Be = "utf16_be",
        /// Windows-1252, which includes ISO-8859-1.
        Windows1252 = "windows1252",
    }
}

/// The text of a file, piece by piece.
pub(super) struct Text<R> {
    source: R,
    decoding: Decoding,
    /// Bytes that are not decoded yet.
    bytes: Vec<u8>,
    deferred: bool,
}

enum Decoding {
    Utf16(Decoder),
    /// UTF-8 with Windows-1252 in between; the numbers of valid characters and of invalid bytes.
    Mixed {
        utf8: usize,
        other: usize,
    },
}

impl<R: Read> Text<R> {
    /// Reads enough of a file to detect its encoding.
    pub fn new(source: R) -> io::Result<Self> {
        let decoding = Decoding::Mixed { utf8: 0, other: 0 };
        let mut text = Self { source, decoding, bytes: Vec::with_capacity(CHUNK), deferred: false };
        text.read()?;
        let (decoding, mark) = detect(&text.bytes);
        text.decoding = decoding;
        text.bytes.drain(..mark);
        Ok(text)
    }

    /// The first bytes, without a byte order mark.
    pub fn start(&self) -> &[u8] {
        &self.bytes
    }

    /// The encoding, by what is decoded so far.
    pub fn encoding(&self) -> ImportEncoding {
        match &self.decoding {
            Decoding::Utf16(decoder) if decoder.encoding() == UTF_16BE => ImportEncoding::Utf16Be,
            Decoding::Utf16(_) => ImportEncoding::Utf16Le,
            Decoding::Mixed { utf8, other } if other > utf8 => ImportEncoding::Windows1252,
            Decoding::Mixed { .. } => ImportEncoding::Utf8,
        }
    }

    /// The whole text; `None` if it has more bytes than this.
    pub fn whole(mut self, most: usize) -> io::Result<Option<String>> {
        let mut text = String::new();
        while self.read_into(&mut text)? {
            if text.len() > most {
                return Ok(None);
            }
        }
        Ok(Some(text))
    }

    /// The whole file as it is, without a byte order mark; `None` if it has more bytes than this.
    pub fn into_bytes(mut self, most: usize) -> io::Result<Option<Vec<u8>>> {
        let missing = (most + 1).saturating_sub(self.bytes.len()) as u64;
        self.source.take(missing).read_to_end(&mut self.bytes)?;
        Ok((self.bytes.len() <= most).then_some(self.bytes))
    }

    /// Adds the next piece. Returns false at the end.
    pub fn read_into(&mut self, text: &mut String) -> io::Result<bool> {
        let before = text.len();
        while text.len() == before {
            if self.deferred && self.bytes.is_empty() {
                return Ok(false);
            }
            self.read()?;
            self.decode(text);
        }
        Ok(true)
    }

    fn read(&mut self) -> io::Result<()> {
        if self.deferred || self.bytes.len() >= CHUNK {
            return Ok(());
        }
        let missing = (CHUNK - self.bytes.len()) as u64;
        self.source.by_ref().take(missing).read_to_end(&mut self.bytes)?;
        self.deferred = self.bytes.len() < CHUNK;
        Ok(())
    }

    fn decode(&mut self, text: &mut String) {
        match &mut self.decoding {
            Decoding::Utf16(decoder) => {
                text.reserve(decoder.max_utf8_buffer_length(self.bytes.len()).unwrap_or_default());
                let (_, read, _) = decoder.decode_to_string(&self.bytes, text, self.deferred);
                self.bytes.drain(..read);
            }
            Decoding::Mixed { utf8, other } => {
                let whole = self.bytes.len() - if self.deferred { 0 } else { incomplete(&self.bytes) };
                mixed(&self.bytes[..whole], (utf8, other), text);
                self.bytes.drain(..whole);
            }
        }
    }
}

/// The text of the beginning of a file, whose last character may be incomplete.
pub(super) fn decoded(start: &[u8]) -> String {
    let mut text = String::new();
    let (decoding, mark) = detect(start);
    let start = &start[mark..];
    match decoding {
        Decoding::Utf16(mut decoder) => {
            text.reserve(decoder.max_utf8_buffer_length(start.len()).unwrap_or_default());
            let _ = decoder.decode_to_string(start, &mut text, false);
        }
        Decoding::Mixed { .. } => mixed(start, (&mut 0, &mut 0), &mut text),
    }
    text
}

fn mixed(bytes: &[u8], (utf8, other): (&mut usize, &mut usize), text: &mut String) {
    for chunk in bytes.utf8_chunks() {
        *utf8 += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        *other += chunk.invalid().len();
    }
    if *other > *utf8 {
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(bytes).0);
        return;
    }
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
}

/// The number of bytes at the end that are an incomplete character.
fn incomplete(bytes: &[u8]) -> usize {
    (1..=3.min(bytes.len()))
        .find(|&length| {
            let end = &bytes[bytes.len() - length..];
            std::str::from_utf8(end).is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
        })
        .unwrap_or_default()
}

/// The encoding of a file, and the length of its byte order mark.
fn detect(start: &[u8]) -> (Decoding, usize) {
    let utf16 = |encoding: &'static encoding_rs::Encoding| Decoding::Utf16(encoding.new_decoder_without_bom_handling());
    let utf8 = Decoding::Mixed { utf8: 0, other: 0 };
    match start {
        [0xEF, 0xBB, 0xBF, ..] => (utf8, 3),
        [0xFF, 0xFE, ..] => (utf16(UTF_16LE), 2),
        [0xFE, 0xFF, ..] => (utf16(UTF_16BE), 2),
        _ => match zeros(&start[..start.len().min(LOOKED_AT)]) {
            (true, false) => (utf16(UTF_16BE), 0),
            (false, true) => (utf16(UTF_16LE), 0),
            _ => (utf8, 0),
        },
    }
}

/// Whether the first bytes of most pairs are zero and no second ones, or the reverse. A header is mostly ASCII, which
/// UTF-16 encodes as a zero and the letter.
fn zeros(start: &[u8]) -> (bool, bool) {
    let pairs = start.chunks_exact(2);
    let (count, mut first, mut second) = (pairs.len(), 0, 0);
    for pair in pairs {
        first += usize::from(pair[0] == 0);
        second += usize::from(pair[1] == 0);
    }
    let most = |zeros: usize| count > 0 && zeros * 2 > count;
    (most(first) && second == 0, most(second) && first == 0)
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Text};

    fn text(bytes: &[u8]) -> String {
        let mut text = String::new();
        let mut file = Text::new(bytes).unwrap();
        while file.read_into(&mut text).unwrap() {}
        text
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn marks_decide() {
        assert_eq!(text("\u{feff}Zoë".as_bytes()), "Zoë");
        assert_eq!(text(&utf16("\u{feff}Zoë", u16::to_le_bytes)), "Zoë");
        assert_eq!(text(&utf16("\u{feff}Zoë", u16::to_be_bytes)), "Zoë");
        assert_eq!(text(b""), "");
        assert_eq!(text(b"\xEF\xBB\xBF"), "");
    }

    #[test]
    fn zeros_tell_utf16() {
        let header = "First Name,Last Name\nZoë,東京";
        assert_eq!(text(&utf16(header, u16::to_le_bytes)), header);
        assert_eq!(text(&utf16(header, u16::to_be_bytes)), header);
        assert_eq!(text(b"a\0b\0\0c"), "a\0b\0\0c");
    }

    #[test]
    fn what_is_no_utf8_is_windows_1252() {
        assert_eq!(text(b"Zo\xEB;5 \x80\nM\xFCller"), "Zoë;5 €\nMüller");
        assert_eq!(text(b"STRA\xDF\x94 \xFC\xE9"), "STRAß” üé");
    }

    #[test]
    fn one_wrong_byte_does_not_spoil_a_file() {
        let mut bytes = "Zoë Müller, Łódź".as_bytes().to_vec();
        bytes.push(0xEB);
        assert_eq!(text(&bytes), "Zoë Müller, Łódźë");
        let mut long = "a".repeat(3 * CHUNK).into_bytes();
        long.push(0xEB);
        assert!(text(&long).ends_with("aë"));
    }

    #[test]
    fn characters_may_lie_across_pieces() {
        for shift in 0..4 {
            let long = "a".repeat(shift) + &"東😀é".repeat(CHUNK / 4);
            assert_eq!(text(long.as_bytes()), long);
            let marked = format!("\u{feff}{long}");
            assert_eq!(text(&utf16(&marked, u16::to_le_bytes)), long);
        }
    }
}
