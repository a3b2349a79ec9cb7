//! What a file is, by its content.

use crate::base::string_enum::string_enum;

use super::encoding;

/// How much of a file tells what it is, in bytes.
const LOOKED_AT: usize = 4 * 1024;

string_enum! {
    /// The format of a file of customers.
    #[derive(Default)]
    ImportFormat {
        /// A table as text, with any of the usual delimiters.
        #[default]
        Csv = "csv",
        /// A workbook of Excel 2007 and later.
        Xlsx = "xlsx",
        /// Cards of an address book.
        Vcard = "vcard",
        /// An array of objects, or one object per line (NDJSON).
        Json = "json",
    }
}

impl ImportFormat {
    /// The format that a media type names; `None` for one that says nothing certain, as browsers send many.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Some(match essence.as_str() {
            "text/csv" | "text/tab-separated-values" => Self::Csv,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Self::Xlsx,
            "text/vcard" | "text/x-vcard" | "text/directory" => Self::Vcard,
            "application/json"
            | "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines" => Self::Json,
            _ => return None,
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Xlsx => "XLSX",
            Self::Vcard => "vCard",
            Self::Json => "JSON",
        }
    }
}

/// What a file is by its first bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// It may be a table.
    Table,
    Cards,
    Objects,
    /// A zip archive, which a workbook is.
    Archive,
    /// A compound file of Microsoft's older programs.
    Compound,
    /// Something else, with what to do.
    Foreign(String),
}

/// What a file is. What it is said to be counts only where its content could be a table.
pub(super) fn content(start: &[u8], said: Option<ImportFormat>) -> Content {
    if let Some(content) = binary(start) {
        return content;
    }
    let head = encoding::decoded(&start[..start.len().min(LOOKED_AT)]);
    match (textual(&head), said) {
        (Content::Table, Some(ImportFormat::Json)) if head.trim_start().starts_with(['[', '{']) => Content::Objects,
        (Content::Table, Some(said)) if said != ImportFormat::Csv && !head.trim().is_empty() => {
            let name = said.name();
            Content::Foreign(format!("the file is sent as {name}, but its content is none; check what was exported"))
        }
        (content, _) => content,
    }
}

fn binary(start: &[u8]) -> Option<Content> {
    if start.starts_with(b"PK\x03\x04") {
        return Some(Content::Archive);
    }
    if start.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Some(Content::Compound);
    }
    let known: [(&[u8], &str); 6] = [
        (b"%PDF", "this is a PDF document, which has no table to import; export the data as CSV or XLSX"),
        (b"\x1F\x8B", "this is a file compressed with gzip; unpack it, and import the file in it"),
        (b"BZh", "this is a file compressed with bzip2; unpack it, and import the file in it"),
        (b"7z\xBC\xAF\x27\x1C", "this is a 7z archive; unpack it, and import the file in it"),
        (b"PK\x05\x06", "this is an empty zip archive"),
        (b"{\\rtf", "this is a text document (RTF); export the data as CSV or XLSX"),
    ];
    known.iter().find(|(mark, _)| start.starts_with(mark)).map(|(_, what)| Content::Foreign((*what).to_owned()))
}

fn textual(head: &str) -> Content {
    let foreign = |what: &str| Content::Foreign(what.to_owned());
    let start = head.trim_start();
    let begins = |mark: &str| start.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
    if begins("BEGIN:VCARD") {
        return Content::Cards;
    }
    if begins("BEGIN:VCALENDAR") {
        return foreign("this is a calendar (iCalendar), which has no customers");
    }
    if ["<!doctype", "<html", "<table", "<head", "<meta", "<body"].into_iter().any(begins) {
        return foreign(
            "this is a web page (HTML), perhaps one that asks to log in; download the file again, or open it in a \
             spreadsheet program and save it as XLSX",
        );
    }
    if begins("<?xml") || begins("<") && start.lines().next().is_some_and(|line| line.trim_end().ends_with('>')) {
        return foreign("this is an XML file; export the data as CSV or XLSX");
    }
    let mut letters = start.chars().filter(|letter| !letter.is_whitespace());
    match (letters.next(), letters.next()) {
        (Some('{'), Some('"' | '}')) | (Some('['), Some('{')) => Content::Objects,
        _ => Content::Table,
    }
}

/// What a compound file is, by the names of its streams.
pub(super) fn compound(file: &[u8]) -> &'static str {
    let has = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        file.windows(name.len()).any(|bytes| bytes == name)
    };
    if has("EncryptedPackage") {
        "this workbook is protected with a password (encrypted); save it without one, and import that"
    } else if has("WordDocument") {
        "this is an old Word document (DOC); export the data as CSV or XLSX"
    } else {
        "this is an old Excel file (XLS); open it, and save it as XLSX or CSV"
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, ImportFormat, compound, content};

    #[test]
    fn files_are_told_by_their_content() {
        for (start, expected) in [
            (&b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ida Berg\r\nEND:VCARD\r\n"[..], Content::Cards),
            (b"[\n  {\"name\": \"Ida\"}\n]", Content::Objects),
            (b"{\"name\": \"Ida\"}\n{\"name\": \"Bo\"}", Content::Objects),
            (b"[\0{\0\"\0n\0\"\0:\x001\0}\0]\0", Content::Objects),
            (b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml", Content::Archive),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", Content::Compound),
            (b"Name,Email\n", Content::Table),
            (b"", Content::Table),
            (b"\"Name\";\"Email\"", Content::Table),
            (b"[Name],[Email]", Content::Table),
            (b"<Name>,Email\n", Content::Table),
            (b"{x},y", Content::Table),
        ] {
            // What it is called changes nothing.
            for said in [None, Some(ImportFormat::Csv)] {
                assert_eq!(content(start, said), expected, "{}", String::from_utf8_lossy(start));
            }
        }
    }

    #[test]
    fn other_files_are_called_by_their_names() {
        for (start, name) in [
            (&b"\r\n<!DOCTYPE html><html><body>Log in</body></html>"[..], "HTML"),
            (b"<table><tr><td>Name</td></tr></table>", "HTML"),
            (b"<?xml version=\"1.0\"?><contacts/>", "XML"),
            (b"\x1F\x8B\x08\0\0\0\0\0", "gzip"),
            (b"%PDF-1.7\n", "PDF"),
            (b"BEGIN:VCALENDAR\r\n", "iCalendar"),
        ] {
            let found = content(start, None);
            assert!(matches!(&found, Content::Foreign(what) if what.contains(name)), "{name}: {found:?}");
        }
        assert!(compound(b"\0E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0").contains("password"));
        assert!(compound(b"\0\0W\0o\0r\0k\0b\0o\0o\0k\0").contains("XLS"));
    }

    #[test]
    fn what_a_table_is_sent_as_is_heeded() {
        let said = |start: &[u8], said| content(start, Some(said));
        assert_eq!(said(b" [ ]", ImportFormat::Json), Content::Objects);
        assert!(matches!(said(b"Name,Email\n", ImportFormat::Vcard), Content::Foreign(what) if what.contains("vCard")));
        assert_eq!(ImportFormat::of_media_type("Text/VCard; charset=utf-8"), Some(ImportFormat::Vcard));
        assert_eq!(ImportFormat::of_media_type("application/vnd.ms-excel"), None);
    }
}
