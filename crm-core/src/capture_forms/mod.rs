//! Capture forms: forms of a company's websites, whose visitors become leads.
//!
//! - A form has a random *key*, which stands in the pages that show it. It opens nothing but this: the form's texts, and one
//!   way to send it. A new key ends the old one.
//! - It names its *fields*: those of leads that are texts, and custom fields. Nothing else is taken from a visitor.
//! - It lists the *origins* of the pages that may send it from a browser.
//! - Against programs that fill in forms it has a field that people do not see, and a *challenge*: a signed time, which
//!   is good once, and only after some seconds. Who falls for either is told nothing, and counted.
//! - Nothing that a visitor is told depends on what the company has: [`OpenCaptureForm::submit`] gives the same whether there is a
//!   lead with the address or not.
//! - What was sent is kept with the lead as a [`CaptureSubmission`], with the text that the visitor has agreed to. No network
//!   address is kept.
//! - Leads are added by the system. Without an owner they are assigned by rules, as other leads are.
//! - A name is unique in the company, without case and accents. A company has at most 100 forms, which have no trash.

mod challenge;
mod fields;
mod fill;
mod input;
mod model;
mod open;
mod query;
mod repo;
mod row;
mod store;
mod submission;
mod submission_row;

pub use challenge::{CHALLENGE_LIFETIME, CaptureChallenge, SHORTEST_VISIT};
pub use fields::{CAPTURE_FIELDS, CUSTOM_FIELDS};
pub use input::{CaptureFormPatch, NewCaptureForm};
pub use model::{CaptureField, CaptureForm, DuplicateLeads};
pub use open::OpenCaptureForm;
pub(crate) use open::open;
pub use query::{CaptureFormQuery, CaptureFormSort, CaptureFormSortKey};
pub use repo::CaptureForms;
pub use submission::{CaptureOutcome, CaptureSubmission, LeadSubmissions, NewSubmission};
pub(crate) use submission_row::of_customers;

crate::scope::company_owned!(row, Id, Version);
crate::scope::company_owned!(submission_row, Id, SubmittedAt);
