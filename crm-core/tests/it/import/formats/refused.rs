//! Files that are refused, each by its name, and files that are made to do harm.

use std::io::{Cursor, Write as _};

use crm_core::customers::{ImportFormat, ImportOptions};
use testkit::{Suite, TestDatabase};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::super::create;
use super::refusal;
use super::sheets::workbook;
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        other_files_are_called_by_their_names,
        what_unpacks_to_too_much_is_refused,
        broken_workbooks_are_refused,
        what_a_file_is_sent_as_is_compared,
    ]);
}

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        archive.start_file(*name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A workbook of one sheet, with other texts and cells than a program writes.
fn made(shared: &str, sheet: &str) -> Vec<u8> {
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relations = |entries: &str| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{entries}</Relationships>"
        )
    };
    let root =
        relations(&format!("<Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/>"));
    let inner =
        relations(&format!("<Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/>"));
    let book = format!(
        "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"{office}\">\
         <sheets><sheet name=\"One\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    archive(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", inner.as_bytes()),
        ("xl/sharedStrings.xml", shared.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

async fn other_files_are_called_by_their_names(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let compound = |stream: &str| [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &[0; 600], &utf16(stream)].concat();
    for (file, name) in [
        (compound("Workbook"), "XLS"),
        (compound("EncryptedPackage"), "password"),
        (compound("WordDocument"), "Word"),
        (b"%PDF-1.7\n%\xE2\xE3".to_vec(), "PDF"),
        (b"\x1F\x8B\x08\0\0\0\0\0".to_vec(), "gzip"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>".to_vec(), "HTML"),
        (b"<?xml version=\"1.0\"?><contacts/>".to_vec(), "XML"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".to_vec(), "iCalendar"),
        (archive(&[("Connections.csv", b"Name\nAnn\n")]), "zip archive"),
        (archive(&[("mimetype", b"x"), ("content.xml", b"<x/>")]), "ODS"),
        (archive(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")]), "document"),
        (archive(&[("[Content_Types].xml", b"<x/>"), ("xl/workbook.bin", b"x")]), "XLSB"),
        (b"PK\x03\x04\x14\0\x06\0[Content_Types].xml".to_vec(), "broken"),
        (b"PK\x03\x04rest".to_vec(), "zip archive"),
        (b"{\"a\": ".to_vec(), "JSON"),
    ] {
        let told = refusal(crm.import(file, &create()).await);
        assert!(told.starts_with("file_invalid: ") && told.contains(name), "{name}: {told}");
    }
    Ok(())
}

async fn what_unpacks_to_too_much_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = archive(&[("[Content_Types].xml", b"<x/>"), ("xl/styles.xml", &vec![b' '; 17 * 1024 * 1024])]);
    assert!(file.len() < 100_000);
    let told = refusal(crm.import(file, &create()).await);
    assert!(told.contains("too large when it is unpacked"), "{told}");
    // Memory is set aside for as many texts as the file says.
    for count in ["18446744073709551615", "99999999999"] {
        let shared = format!("<sst uniqueCount=\"{count}\"><si><t>Name</t></si></sst>");
        let told = refusal(crm.import(made(&shared, ""), &create()).await);
        assert!(told.contains("broken"), "{told}");
    }
    let large = vec![b'x'; 21 * 1024 * 1024];
    let told = refusal(crm.import([b"{\"name\": \"".as_slice(), &large, b"\"}"].concat(), &create()).await);
    assert!(told.contains("at most 20 MiB"), "{told}");
    Ok(())
}

async fn broken_workbooks_are_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let whole = workbook(&[&["Name", "Email"], &["Ann", "ann@example.com"]]);
    let texts = "<sst><si><t>Name</t></si><si><t>Ann</t></si></sst>";
    let sheet = |dimension: &str, cells: &str| {
        format!("<worksheet><dimension ref=\"{dimension}\"/><sheetData>{cells}</sheetData></worksheet>")
    };
    let name = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>";
    let ann = "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>1</v></c></row>";
    let good = sheet("A1:A2", &format!("{name}{ann}"));
    assert_eq!(crm.import(made(texts, &good), &create()).await?.created, 1);
    for cells in [
        sheet("A1:A2", &format!("{name}<row r=\"2\"><c r=\"A2\" t=\"s\"><v>9</v></c></row>")),
        sheet("A1:A2", &format!("{ann}{name}")),
        sheet("Z9:A1", &format!("{name}{ann}")),
        "<worksheet><sheetData><row>".to_owned(),
        String::new(),
    ] {
        let told = refusal(crm.import(made(texts, &cells), &create()).await);
        assert!(told.starts_with("file_invalid: "), "{told}");
    }
    // Cut off, or with a wrong byte: refused or read, and never a failure of the service.
    for place in (0..whole.len()).step_by(whole.len() / 60) {
        let mut wrong = whole.clone();
        wrong[place] ^= 0x55;
        for file in [whole[..place].to_vec(), wrong] {
            match crm.import(file, &ImportOptions { dry_run: true, ..create() }).await {
                Ok(_) | Err(crm_core::Error::Malformed(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

async fn what_a_file_is_sent_as_is_compared(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let said = |format| ImportOptions { format: Some(format), ..create() };
    // The content decides where it tells what it is.
    for (file, format) in [
        ("{\"name\": \"Ann\"}", ImportFormat::Csv),
        ("BEGIN:VCARD\r\nFN:Bob\r\nEND:VCARD\r\n", ImportFormat::Json),
        ("Name\nCem\n", ImportFormat::Csv),
    ] {
        assert_eq!(crm.import(file, &said(format)).await?.created, 1, "{file}");
    }
    for format in [ImportFormat::Xlsx, ImportFormat::Vcard, ImportFormat::Json] {
        let told = refusal(crm.import("Name\nAnn\n", &said(format)).await);
        assert!(told.starts_with("file_invalid: the file is sent as"), "{told}");
    }
    Ok(())
}
