//! The rights of a person in the ERP. The CRM does not use them.

use crate::tables::Job;

/// What one may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Look things up.
    Look,
    /// Book invoices, and so write their recipients.
    Book,
    /// Do as one likes.
    Rule,
}

impl Job {
    /// What comes with the job.
    pub const fn rights(self) -> &'static [Right] {
        match self {
            Self::Clerk => &[Right::Look],
            Self::Bookkeeper => &[Right::Look, Right::Book],
            Self::Boss => &[Right::Rule],
        }
    }
}
