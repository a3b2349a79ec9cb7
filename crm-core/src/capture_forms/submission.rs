//! What visitors send, and what is kept of it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use serde::{Deserialize, Serialize};

use super::submission_row::{self, TABLE};
use crate::base::error::Result;
use crate::base::ids::{CaptureFormId, CaptureSubmissionId, LeadId};
use crate::base::string_enum::string_enum;
use crate::leads::{self, LeadUtm};
use crate::query::page::{self, Key, KeyKind, Order, Page, PageRequest};
use crate::scope::actor::{Action, Resource};
use crate::scope::{CompanyScope, read_page};

/// What a visitor has sent.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSubmission {
    /// What was filled in, by the keys of the form's fields.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(example = json!({ "email": "ann.lee@example.com" })))]
    pub fields: BTreeMap<String, String>,
    /// Whether the visitor agrees to the text of the form, where it has one.
    pub consent: Option<bool>,
    /// The challenge of the form, where it needs one.
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub challenge: Option<String>,
    /// A field that people do not see. Who fills it in is a program, and nothing is kept.
    #[cfg_attr(feature = "openapi", schema(example = ""))]
    pub company_fax: Option<String>,
    /// The marks of the campaign that brought the visitor.
    pub utm: Option<LeadUtm>,
    /// The page that the visitor came to first, or the one with the form. Its query is not kept.
    #[cfg_attr(feature = "openapi", schema(example = "https://www.example.com/contact", max_length = 2_048))]
    pub landing_page: Option<String>,
    /// The page that led there. Its query is not kept.
    #[cfg_attr(feature = "openapi", schema(max_length = 2_048))]
    pub referrer: Option<String>,
}

impl fmt::Debug for NewSubmission {
    /// Prints nothing that the visitor has typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSubmission").field("fields", &self.fields.len()).finish_non_exhaustive()
    }
}

string_enum! {
    /// What became of a submission.
    CaptureOutcome {
        /// A lead was added.
        Created = "created",
        /// A lead that was there got what it lacked.
        Updated = "updated",
    }
}

/// What was sent with a form, as it is kept with the lead. It is never changed, and goes with the lead.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CaptureSubmission {
    /// The id.
    pub id: CaptureSubmissionId,
    /// The form, which may have been deleted since.
    pub form_id: CaptureFormId,
    /// The name that the form had.
    pub form_name: String,
    /// When it was sent.
    pub submitted_at: DateTime<Utc>,
    /// What became of it.
    pub outcome: CaptureOutcome,
    /// What was filled in, by the keys of the form's fields.
    pub fields: BTreeMap<String, String>,
    /// What the visitor has agreed to, in the words of then.
    pub consent_text: Option<String>,
    /// Which of the form's texts that was.
    pub consent_version: Option<i64>,
    /// The page that the visitor came to.
    pub landing_page: Option<String>,
    /// The page that led there.
    pub referrer: Option<String>,
}

impl fmt::Debug for CaptureSubmission {
    /// Prints nothing that the visitor has typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureSubmission").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What was sent by a lead with forms. Obtained from [`CompanyScope::lead_submissions`].
#[derive(Debug)]
pub struct LeadSubmissions<'s, 'c> {
    scope: &'s mut CompanyScope<'c>,
    lead: LeadId,
}

impl<'c> CompanyScope<'c> {
    /// What was sent by a lead with capture forms.
    pub fn lead_submissions(&mut self, lead: LeadId) -> LeadSubmissions<'_, 'c> {
        LeadSubmissions { scope: self, lead }
    }
}

impl LeadSubmissions<'_, '_> {
    /// A page of submissions, the latest first; those of a converted lead too.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such lead; [`Error::Forbidden`](crate::Error::Forbidden);
    /// [`Error::Malformed`](crate::Error::Malformed) for a cursor of another list.
    #[tracing::instrument(name = "capture_submissions.list", skip_all, fields(company.id = %self.scope.company_id(), lead.id = %self.lead))]
    pub async fn list(&self, request: &PageRequest) -> Result<Page<CaptureSubmission>> {
        let scope = &*self.scope;
        scope.company().await?;
        scope.authorize_read(Resource::Leads, Action::Read).await?;
        leads::ensure_visible(scope, self.lead).await?;
        let of_lead = Expr::col((TABLE, "lead_id")).eq(self.lead.0);
        let find = || scope.find::<submission_row::Entity>().select(&submission_row::COLUMNS).filter(of_lead.clone());
        let order = Order {
            name: "submittedAt".into(),
            key: Expr::col((TABLE, "submitted_at")),
            kind: KeyKind::Time,
            id: Expr::col((TABLE, "id")),
            descending: true,
            computed: false,
        };
        let key = |submission: &CaptureSubmission| (Key::Time(submission.submitted_at), submission.id.0);
        read_page(find, &order, &page::digest(&("capture_submissions", self.lead))?, request, key).await
    }
}
