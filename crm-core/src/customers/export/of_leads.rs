//! What an export of leads takes of the rows that they have among the customers.

use std::borrow::Cow;

use super::super::model::Customer;
use super::csv::{COLUMNS, cells};
use super::{Exported, vcard};
use crate::base::error::Result;

/// The cells of a row, in the order of the columns of customers.
pub(crate) fn cells_of_lead(row: &Customer) -> Result<Vec<Cow<'_, str>>> {
    Ok(cells(row)?.into())
}

/// Where the cell of a column is among them.
pub(crate) fn position_of(column: &str) -> Option<usize> {
    COLUMNS.iter().position(|name| *name == column)
}

/// A card of an address book.
pub(crate) fn card_of_lead(row: Customer) -> Vec<u8> {
    vcard::cards(&[Exported { customer: row, notes: None }])
}
