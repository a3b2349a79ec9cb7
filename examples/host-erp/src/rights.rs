//! The rights of a person in the ERP. The CRM does not use them.

use crate::tables::Job;

/// A right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Read everything.
    Look,
    /// Book invoices, and so write their recipients.
    Book,
    /// Everything.
    Rule,
}

impl Job {
    /// The rights of a job.
    pub const fn rights(self) -> &'static [Right] {
        match self {
            Self::Clerk => &[Right::Look],
            Self::Bookkeeper => &[Right::Look, Right::Book],
            Self::Boss => &[Right::Rule],
        }
    }
}
