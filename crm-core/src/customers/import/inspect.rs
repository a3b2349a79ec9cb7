//! Whether a file can be imported, before it is.

use std::io::Read;

use super::columns::Columns;
use super::options::ImportOptions;
use super::record::Record;
use super::tables::{Visit, visit};
use crate::base::custom_field::CompanyFields;
use crate::base::error::{Malformed, Result};

/// Refuses options with which the file cannot be imported.
pub(super) fn check(file: impl Read, options: &ImportOptions, fields: &CompanyFields) -> Result<()> {
    visit(file, options, &mut Check(options, fields))
}

struct Check<'p>(&'p ImportOptions, &'p CompanyFields);

impl Visit for Check<'_> {
    fn header(&mut self, header: &Record<'_>) -> Result<()> {
        Columns::new(header, self.0, self.1).map(drop).map_err(Into::into)
    }

    fn row(&mut self, _: &Record<'_>) -> Result<bool> {
        Ok(false)
    }
}

/// Refuses options with which a file with these columns cannot be imported.
pub(crate) fn check_columns(
    headers: &[String],
    options: &ImportOptions,
    fields: &CompanyFields,
) -> Result<(), Malformed> {
    Columns::of(headers, options, fields)?.check(options)
}

/// The number of rows below the header. Refuses what is no table.
pub(super) fn count(file: impl Read, options: &ImportOptions) -> Result<u64> {
    let mut count = Count(0);
    visit(file, options, &mut count)?;
    Ok(count.0)
}

struct Count(u64);

impl Visit for Count {
    fn header(&mut self, header: &Record<'_>) -> Result<()> {
        Columns::unchecked(header, &ImportOptions::default(), &CompanyFields::default()).map(drop).map_err(Into::into)
    }

    fn row(&mut self, _: &Record<'_>) -> Result<bool> {
        self.0 += 1;
        Ok(true)
    }

    fn refuses_binary(&self) -> bool {
        true
    }
}
