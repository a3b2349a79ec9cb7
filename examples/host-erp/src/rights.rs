//! What somebody may do in the ERP. The CRM has no part in it.

use crate::tables::Job;

/// What one may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Look things up.
    Look,
    /// Book invoices, and so write to whom they go.
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
