//! What a file is taken for, before it is imported.

use std::io::Read;

use serde::{Deserialize, Serialize};

use super::columns::Columns;
use super::options::ImportOptions;
use super::reader::{file_invalid, header, open};
use super::report::ImportColumn;
use crate::base::custom_field::CompanyFields;
use crate::base::error::{Error, Result};

/// The maximum length of a cell in a preview, in characters.
const MAX_CELL: usize = 200;

/// The columns of a file, what each was taken for, and the first rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImportPreview {
    /// The columns and their fields.
    pub columns: Vec<ImportColumn>,
    /// The cells of the first rows, as many as there are columns. Long ones are cut.
    pub rows: Vec<Vec<String>>,
}

/// Looks at the beginning of a file.
pub(super) fn preview(
    file: impl Read,
    options: &ImportOptions,
    fields: &CompanyFields,
    most: usize,
) -> Result<ImportPreview> {
    let mut records = open(file)?;
    let columns = Columns::unchecked(&header(&mut records)?, options, fields)?;
    let mut rows = Vec::new();
    while let Some(record) = records.next().map_err(Error::internal)?.filter(|_| rows.len() < most) {
        let cells = (0..columns.list.len()).map(|index| record.cell(index).trim().chars().take(MAX_CELL).collect());
        rows.push(cells.collect());
    }
    Ok(ImportPreview { columns: columns.described(), rows })
}

/// Refuses options with which the file cannot be imported.
pub(super) fn check(file: impl Read, options: &ImportOptions, fields: &CompanyFields) -> Result<()> {
    let mut records = open(file)?;
    Columns::new(&header(&mut records)?, options, fields)?;
    Ok(())
}

/// The number of rows below the header. Refuses what is no table.
pub(super) fn count(file: impl Read) -> Result<u64> {
    let mut records = open(file)?;
    if records.is_binary() {
        return Err(file_invalid("this is not a text file; save the table as CSV"));
    }
    Columns::unchecked(&header(&mut records)?, &ImportOptions::default(), &CompanyFields::default())?;
    let mut rows = 0;
    while records.next().map_err(Error::internal)?.is_some() {
        rows += 1;
    }
    Ok(rows)
}
