//! Files that are no table of text: what they are, and what to do with them.

/// How far into an archive the names of its parts are looked for, in bytes.
const LOOKED_AT: usize = 16 * 1024;

/// What a file is by its first bytes, with what to do; `None` if it may be a table.
pub(super) fn foreign(start: &[u8]) -> Option<&'static str> {
    binary(start).or_else(|| textual(start))
}

fn binary(start: &[u8]) -> Option<&'static str> {
    let head = &start[..start.len().min(LOOKED_AT)];
    let has = |needle: &[u8]| head.windows(needle.len()).any(|bytes| bytes == needle);
    if start.starts_with(b"PK\x03\x04") {
        let is_workbook = has(b"[Content_Types].xml") || has(b"xl/") || has(b"opendocument.spreadsheet");
        return Some(if is_workbook {
            "this is a spreadsheet (XLSX or ODS); open it, and save the sheet as CSV"
        } else {
            "this is a zip archive; unpack it, and import the CSV file in it"
        });
    }
    let known: [(&[u8], &str); 6] = [
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "this is an old Excel file (XLS); open it, and save the sheet as CSV"),
        (b"%PDF", "this is a PDF document, which has no table to import; export the data as CSV"),
        (b"\x1F\x8B", "this is a file compressed with gzip; unpack it, and import the CSV file in it"),
        (b"BZh", "this is a file compressed with bzip2; unpack it, and import the CSV file in it"),
        (b"7z\xBC\xAF\x27\x1C", "this is a 7z archive; unpack it, and import the CSV file in it"),
        (b"{\\rtf", "this is a text document (RTF); export the data as CSV"),
    ];
    known.iter().find(|(mark, _)| start.starts_with(mark)).map(|(_, what)| *what)
}

fn textual(start: &[u8]) -> Option<&'static str> {
    let start = start[..start.len().min(512)].trim_ascii_start();
    let begins = |mark: &str| start.len() >= mark.len() && start[..mark.len()].eq_ignore_ascii_case(mark.as_bytes());
    if begins("BEGIN:VCARD") {
        return Some("this is a vCard file; export the contacts as CSV");
    }
    if begins("BEGIN:VCALENDAR") {
        return Some("this is a calendar (iCalendar), which has no customers");
    }
    if ["<!doctype", "<html", "<table", "<head", "<meta", "<body"].into_iter().any(begins) {
        return Some(
            "this is a web page (HTML), perhaps one that asks to log in; download the file again, or open it in a \
             spreadsheet program and save it as CSV",
        );
    }
    if begins("<?xml") || begins("<") && start.ends_with(b">") {
        return Some("this is an XML file; export the data as CSV");
    }
    let second = start.get(1..).and_then(|rest| rest.trim_ascii_start().first());
    match (start.first(), second) {
        (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{')) => {
            Some("this is a JSON file; export the data as CSV, or send the customers to the API one by one")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::foreign;

    #[test]
    fn files_are_called_by_their_names() {
        for (start, name) in [
            (&b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ida Berg\r\nEND:VCARD\r\n"[..], "vCard"),
            (b"\r\n<!DOCTYPE html><html><body>Log in</body></html>", "HTML"),
            (b"<table><tr><td>Name</td></tr></table>", "HTML"),
            (b"<?xml version=\"1.0\"?><contacts/>", "XML"),
            (b"[\n  {\"name\": \"Ida\"}\n]", "JSON"),
            (b"{\"name\": \"Ida\"}\n{\"name\": \"Bo\"}", "JSON"),
            (b"\x1F\x8B\x08\0\0\0\0\0", "gzip"),
            (b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml", "XLSX"),
            (b"PK\x03\x04\x14\0\0\0\x08\0Connections.csv", "zip"),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", "XLS"),
            (b"%PDF-1.7\n", "PDF"),
        ] {
            assert!(foreign(start).is_some_and(|what| what.contains(name)), "{name}: {:?}", foreign(start));
        }
        for start in [&b"Name,Email\n"[..], b"", b"\"Name\";\"Email\"", b"[Name],[Email]", b"<Name>,Email\n", b"{x},y"]
        {
            assert_eq!(foreign(start), None, "{}", String::from_utf8_lossy(start));
        }
    }
}
