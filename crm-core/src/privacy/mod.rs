//! The personal data of customers and leads: what there is, handing it out, and erasing it.
//!
//! - [`TABLES`] and [`COMPANY_TABLES`] say of every column whether it holds personal data of customers and leads. What is not
//!   listed fails a test, and the erasure goes by the list.
//! - [`Privacy::personal_data`] gives everything that is known of a person, private notes of all users included. It is in the
//!   audit trail, and needs a right of its own.
//! - [`Privacy::erase`] removes it for good, with the customers that were merged into the person and the lead that they were,
//!   and answers with a certificate. A dry run does the same and takes it back.
//! - Where deals or numbers over leads need the row, it stays without anything that tells who it was. Otherwise it goes.
//! - Entries of the history stay without their values. The audit trail has no values, and is left as it is.
//! - A *legal hold* keeps a customer from being erased and purged. A host can refuse an erasure: [`ErasureGuard`].

mod certificate;
mod company_tables;
mod erase;
mod eraser;
mod history;
mod input;
pub(crate) mod legal_hold;
mod personal_data;
mod personal_tables;
mod registry;
mod subject;

pub use certificate::{ErasedTable, ErasureCertificate, ErasureMethod, ErasureOutcome};
pub use company_tables::COMPANY_TABLES;
pub use input::{EraseSubject, MAX_REASON, SetLegalHold};
pub use legal_hold::LegalHold;
pub use personal_data::{PersonalChange, PersonalData, PersonalRole};
pub use personal_tables::TABLES;
pub use registry::{ENVELOPE, Erased, PersonalTable};
pub use subject::Subject;

pub use crate::scope::erasure_guard::{ErasureGuard, ErasureRequest};

use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::scope::CompanyScope;

/// The name of a customer or lead who was erased.
pub const ERASED_NAME: &str = "Erased customer";

/// The personal data of the company's customers and leads. Obtained from [`CompanyScope::privacy`].
#[derive(Debug)]
pub struct Privacy<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The personal data of the company's customers and leads.
    pub fn privacy(&mut self) -> Privacy<'_, 'c> {
        Privacy(self)
    }
}

impl Privacy<'_, '_> {
    /// Everything that is known of a customer or a lead, in the trash or not. That it was handed out is in the audit trail.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden); [`Error::NotFound`](crate::Error::NotFound);
    /// [`Error::CustomerMerged`](crate::Error::CustomerMerged);
    /// [`Conflict::LeadConverted`](crate::Conflict::LeadConverted) for a lead who is a customer by now.
    #[tracing::instrument(name = "privacy.personal_data", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn personal_data(&mut self, subject: impl Into<Subject>) -> Result<PersonalData> {
        let subject = subject.into();
        self.0.write(async |tx| personal_data::read(tx, subject).await).await
    }

    /// Erases a customer or a lead, in the trash or not, with all that is known of them. That cannot be undone.
    ///
    /// # Errors
    /// Those of [`Privacy::personal_data`]; [`Error::Invalid`](crate::Error::Invalid) without a reason, and for one that names
    /// the person; [`Conflict::LegalHold`](crate::Conflict::LegalHold);
    /// [`Error::ErasureRefused`](crate::Error::ErasureRefused) by an [`ErasureGuard`].
    #[tracing::instrument(name = "privacy.erase", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn erase(&mut self, subject: impl Into<Subject>, request: EraseSubject) -> Result<ErasureCertificate> {
        erase::erase(self.0, subject.into(), request.validated()?).await
    }

    /// Whether a customer is under a legal hold, and why.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden); [`Error::NotFound`](crate::Error::NotFound);
    /// [`Error::CustomerMerged`](crate::Error::CustomerMerged).
    pub async fn legal_hold(&mut self, id: CustomerId) -> Result<LegalHold> {
        legal_hold::read(self.0, id).await
    }

    /// Puts a customer under a legal hold, or ends it. The reason is in the audit trail.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden); [`Error::NotFound`](crate::Error::NotFound);
    /// [`Error::CustomerMerged`](crate::Error::CustomerMerged); [`Error::Invalid`](crate::Error::Invalid) without a reason, and
    /// for one that names the customer.
    pub async fn set_legal_hold(&mut self, id: CustomerId, hold: SetLegalHold) -> Result<LegalHold> {
        let hold = hold.validated()?;
        self.0.write(async |tx| legal_hold::set(tx, id, hold).await).await
    }
}
