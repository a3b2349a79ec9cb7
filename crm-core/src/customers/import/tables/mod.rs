//! Files as tables: a header and rows, whatever the format is.
//!
//! A CSV file is read piece by piece. The other formats are read as a whole, so their size is bounded: the columns of
//! cards and objects are only known at the end, and a workbook names its parts there.

mod archive;
mod card;
mod cards;
mod header;
mod members;
mod objects;
mod sheet;

use std::io::Read;

use super::encoding::{ImportEncoding, Text};
use super::format::{self, Content, ImportFormat};
use super::options::ImportOptions;
use super::record::{Fault, Record};
use super::records::Records;
use super::rows;
use crate::base::error::{Error, Malformed, Result};

pub(in super::super) use cards::PRODUCT;
pub(super) use cards::{OWN_UID_COLUMN, UID_COLUMN};
pub(super) use header::{Candidate, LOOKED_AT};

/// The maximum size of a file that is read as a whole, in bytes.
pub(super) const MAX_WHOLE: usize = 20 * 1024 * 1024;

/// Takes a table.
pub(super) trait Visit {
    /// Takes the format, and what separates the cells of a table of text, before the header.
    fn format(&mut self, _format: ImportFormat, _delimiter: Option<char>) {}

    /// Takes the header, before all rows.
    fn header(&mut self, header: &Record<'_>) -> Result<()>;

    /// Takes a row. Returns false if no more are wanted.
    fn row(&mut self, record: &Record<'_>) -> Result<bool>;

    /// Takes the encoding of a table of text, as far as it was read, after the rows.
    fn encoding(&mut self, _encoding: ImportEncoding) {}

    /// Whether the text of rows without cells is wanted.
    fn keeps_text(&self) -> bool {
        false
    }

    /// Whether what is certainly no text is refused.
    fn refuses_binary(&self) -> bool {
        false
    }
}

/// Shows a file as a table.
pub(super) fn visit(file: impl Read, options: &ImportOptions, visitor: &mut impl Visit) -> Result<()> {
    let text = Text::new(file).map_err(Error::internal)?;
    match format::content(text.start(), options.format) {
        Content::Table => table(text, visitor),
        Content::Cards => {
            visitor.format(ImportFormat::Vcard, None);
            cards::visit(&whole(text)?, visitor)
        }
        Content::Objects => {
            visitor.format(ImportFormat::Json, None);
            objects::visit(&whole(text)?, visitor)
        }
        Content::Archive => {
            visitor.format(ImportFormat::Xlsx, None);
            sheet::visit(bytes(text)?, options.sheet.as_deref(), visitor)
        }
        Content::Compound => Err(file_invalid(format::compound(&bytes(text)?))),
        Content::Foreign(what) => Err(file_invalid(&what)),
    }
}

fn table<R: Read>(text: Text<R>, visitor: &mut impl Visit) -> Result<()> {
    let mut records = Records::new(text).map_err(Error::internal)?;
    if visitor.refuses_binary() && records.is_binary() {
        return Err(file_invalid("this is not a text file; save the table as CSV"));
    }
    visitor.format(ImportFormat::Csv, Some(records.delimiter()));
    let header = records.next().map_err(Error::internal)?;
    let header = header.ok_or_else(|| file_invalid("the file is empty; its first line names the columns"))?;
    if let Some(fault) = header.fault.filter(|fault| *fault != Fault::Cells) {
        let detail = rows::of_record(1, fault).message;
        return Err(file_invalid(&format!("the header cannot be read: {detail}")));
    }
    visitor.header(&header)?;
    if visitor.keeps_text() {
        records.keep_raw();
    }
    while let Some(record) = records.next().map_err(Error::internal)? {
        if !visitor.row(&record)? {
            break;
        }
    }
    visitor.encoding(records.encoding());
    Ok(())
}

fn whole<R: Read>(text: Text<R>) -> Result<String> {
    text.whole(MAX_WHOLE).map_err(Error::internal)?.ok_or_else(too_large)
}

fn bytes<R: Read>(text: Text<R>) -> Result<Vec<u8>> {
    text.into_bytes(MAX_WHOLE).map_err(Error::internal)?.ok_or_else(too_large)
}

fn too_large() -> Error {
    file_invalid(&format!("a file other than CSV has at most {} MiB", MAX_WHOLE / 1024 / 1024))
}

pub(super) fn file_invalid(detail: &str) -> Error {
    Malformed::new("file_invalid", "file", detail).into()
}
