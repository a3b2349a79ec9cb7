//! Where the table of a file begins, and by what its cells are separated: some programs write text before the header.

use super::encoding::Text;
use super::records::Records;
use super::tables::{Candidate, LOOKED_AT};

/// The characters that separate cells, the likelier ones first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How a file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub delimiter: u8,
    /// The row number of the header.
    pub header: u64,
}

/// The layout of a file that begins with this text. `named` is the delimiter that the file names itself.
pub(super) fn layout(head: &str, named: Option<u8>) -> Layout {
    let usual = named.unwrap_or_else(|| most_frequent(head));
    let mut best = header(head, usual);
    let mut delimiter = usual;
    for other in DELIMITERS.into_iter().filter(|other| named.is_none() && *other != usual) {
        let candidate = header(head, other);
        if candidate.known >= 2 && candidate.known > best.known {
            (best, delimiter) = (candidate, other);
        }
    }
    Layout { delimiter, header: best.row }
}

/// The first row, unless a later one is much more like a header.
fn header(head: &str, delimiter: u8) -> Candidate {
    let Ok(mut records) = Text::new(head.as_bytes()).and_then(|text| Records::plain(text, delimiter)) else {
        return Candidate::default();
    };
    let mut first: Option<Candidate> = None;
    for _ in 0..LOOKED_AT {
        let Ok(Some(record)) = records.next() else { break };
        let candidate = Candidate::new(&record);
        match &first {
            None => first = Some(candidate),
            Some(first) if first.is_beaten_by(&candidate) => return candidate,
            Some(_) => {}
        }
    }
    first.unwrap_or_default()
}

/// The most frequent delimiter in the first line, outside of quotes.
fn most_frequent(text: &str) -> u8 {
    let mut counts = DELIMITERS.map(|delimiter| (delimiter, 0));
    let mut quoted = false;
    for byte in text.trim_start_matches(['\r', '\n']).bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(delimiter, _)| *delimiter == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // The first one among equally frequent ones.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| delimiter)
}

#[cfg(test)]
mod tests {
    use super::{Layout, layout};

    fn of(head: &str) -> (char, u64) {
        let Layout { delimiter, header } = layout(head, None);
        (delimiter.into(), header)
    }

    #[test]
    fn the_header_is_found_below_other_text() {
        let linked_in = "Notes:\n\"When you export your data, some may be missing.\"\n\n\
                         First Name,Last Name,URL,Email Address,Company,Position,Connected On\nOda,Lind,,,,,\n";
        assert_eq!(of(linked_in), (',', 4));
        assert_eq!(of("Contacts of Kaffe AB, 5 Jan 2026\n\nVorname;Nachname;Firma\nIda;Berg;Kaffe AB\n"), (';', 3));
        assert_eq!(of("Customer list,,\n,,\nName,Email,Phone\nIda,,\n"), (',', 3));
    }

    #[test]
    fn the_first_row_is_the_header_in_doubt() {
        assert_eq!(of("Name,Email\nFirst Name,Last Name\n"), (',', 1));
        assert_eq!(of("Name\nx;y\n"), (',', 1));
        assert_eq!(of("\n\nHeather,Callahan\nIda,Berg\n"), (',', 3));
        assert_eq!(of("Name|Email|Phone\nIda||\n"), ('|', 1));
        assert_eq!(of("a;\"b,c,d\";e\n"), (';', 1));
        assert_eq!(of(""), (',', 0));
    }
}
