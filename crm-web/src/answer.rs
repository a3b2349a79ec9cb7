//! Responses: a body with its status, entity tag and location.

use actix_web::body::BoxBody;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETag, EntityTag, HeaderValue, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Responder};
use crm_core::Error;
use crm_core::ai::InteractionAi;
use crm_core::capture_forms::CaptureForm;
use crm_core::companies::Settings;
use crm_core::consents::Consent;
use crm_core::custom_fields::CustomField;
use crm_core::customers::{Customer, CustomerLink, DuplicatePair, WrittenCustomer};
use crm_core::deals::{Deal, DealItems};
use crm_core::import_mappings::ImportMapping;
use crm_core::interactions::{CompletedInteraction, Interaction};
use crm_core::jobs::{Job, JobSchedule};
use crm_core::lead_assignment_rules::LeadAssignmentRule;
use crm_core::lead_scoring::LeadScoringRule;
use crm_core::leads::{ConvertedLead, Lead, LeadStatus, WrittenLead};
use crm_core::notes::Note;
use crm_core::pipelines::Pipeline;
use crm_core::preferences::Preferences;
use crm_core::saved_views::SavedView;
use crm_core::suppressions::Suppression;
use crm_core::tags::Tag;
use crm_core::tasks::Task;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::etag;
use crate::problem::ApiError;

/// The result of a handler.
pub type ApiResult = Result<ApiResponse, ApiError>;

/// A record with a version.
pub trait Versioned: Serialize {
    /// The version.
    fn version(&self) -> i64;
}

impl Versioned for Settings {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for Customer {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for CustomerLink {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for WrittenCustomer {
    fn version(&self) -> i64 {
        self.customer.version
    }
}

impl Versioned for DuplicatePair {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for Note {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for Consent {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for Suppression {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for Tag {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for CustomField {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for ImportMapping {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for SavedView {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for Preferences {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for Interaction {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for Task {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for Pipeline {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for Deal {
    fn version(&self) -> i64 {
        self.version
    }
}

/// They have the version of their deal.
impl Versioned for DealItems {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for JobSchedule {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for Lead {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for LeadStatus {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for CaptureForm {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for LeadScoringRule {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for LeadAssignmentRule {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for WrittenLead {
    fn version(&self) -> i64 {
        self.lead.version
    }
}

/// With the version of the lead.
impl Versioned for ConvertedLead {
    fn version(&self) -> i64 {
        self.lead.version
    }
}

/// Written apart from the interaction, so it has a version of its own.
impl Versioned for InteractionAi {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for Job {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for CompletedInteraction {
    fn version(&self) -> i64 {
        self.interaction.version
    }
}

/// A successful response. It can be stored under an idempotency key, and returned again unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiResponse {
    status: u16,
    /// The version of the record in the body.
    version: Option<i64>,
    /// The id of a created record; its path is below the path of the request.
    created: Option<Uuid>,
    body: Option<String>,
    #[serde(skip)]
    replayed: bool,
}

impl ApiResponse {
    /// 200 with a body that has no version.
    ///
    /// # Errors
    /// [`Error::Internal`] if the body cannot be written as JSON.
    pub fn ok(body: &impl Serialize) -> Result<Self, Error> {
        Self::new(StatusCode::OK, Some(body))
    }

    /// 200 with a body that is JSON already.
    pub(crate) fn json(body: String) -> Self {
        Self { status: StatusCode::OK.as_u16(), body: Some(body), ..Self::no_content() }
    }

    /// The body; empty without one.
    pub(crate) fn into_body(self) -> String {
        self.body.unwrap_or_default()
    }

    /// 200 with a record and its entity tag.
    ///
    /// # Errors
    /// [`Error::Internal`] if the record cannot be written as JSON.
    pub fn tagged(record: &impl Versioned) -> Result<Self, Error> {
        Ok(Self { version: Some(record.version()), ..Self::ok(record)? })
    }

    /// 201 with a created record, its entity tag and its location.
    ///
    /// # Errors
    /// [`Error::Internal`] if the record cannot be written as JSON.
    pub fn created(id: impl Into<Uuid>, record: &impl Versioned) -> Result<Self, Error> {
        let answer = Self::new(StatusCode::CREATED, Some(record))?;
        Ok(Self { version: Some(record.version()), created: Some(id.into()), ..answer })
    }

    /// 201 with a created record that has no version, and its location.
    ///
    /// # Errors
    /// [`Error::Internal`] if the record cannot be written as JSON.
    pub fn added(id: impl Into<Uuid>, record: &impl Serialize) -> Result<Self, Error> {
        Ok(Self { created: Some(id.into()), ..Self::new(StatusCode::CREATED, Some(record))? })
    }

    /// 202 with a record that has no version, and on which a job works now.
    ///
    /// # Errors
    /// [`Error::Internal`] if the record cannot be written as JSON.
    pub fn started(record: &impl Serialize) -> Result<Self, Error> {
        Self::new(StatusCode::ACCEPTED, Some(record))
    }

    /// 202 with the record of what will be done.
    ///
    /// # Errors
    /// [`Error::Internal`] if the record cannot be written as JSON.
    pub fn accepted(record: &impl Versioned) -> Result<Self, Error> {
        Ok(Self { version: Some(record.version()), ..Self::new(StatusCode::ACCEPTED, Some(record))? })
    }

    /// 204 without a body.
    #[must_use]
    pub const fn no_content() -> Self {
        Self { status: 204, version: None, created: None, body: None, replayed: false }
    }

    fn new(status: StatusCode, body: Option<&impl Serialize>) -> Result<Self, Error> {
        let body = body.map(serde_json::to_string).transpose().map_err(|error| Error::Internal(error.into()))?;
        Ok(Self { status: status.as_u16(), body, ..Self::no_content() })
    }

    /// The same response, marked as a replay.
    #[must_use]
    pub(crate) fn replayed(self) -> Self {
        Self { replayed: true, ..self }
    }

    fn tag(&self) -> Option<EntityTag> {
        Some(etag::of(self.version?, self.body.as_deref()?))
    }
}

impl Responder for ApiResponse {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let tag = self.tag();
        let mut response = HttpResponse::build(StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK));
        // Records are personal data: only the client's own cache may store them, and must revalidate them.
        response.insert_header((CACHE_CONTROL, HeaderValue::from_static("private, no-cache")));
        if let Some(tag) = &tag {
            response.insert_header(ETag(tag.clone()));
        }
        if let Some(id) = self.created {
            // Below the path of the request, so that it is right under every prefix of a host.
            response.insert_header((LOCATION, format!("{}/{id}", request.path().trim_end_matches('/'))));
        }
        if self.replayed {
            response.insert_header(("Idempotency-Replayed", "true"));
        }
        if request.method() == Method::GET && tag.is_some_and(|tag| etag::is_known(request, &tag)) {
            return response.status(StatusCode::NOT_MODIFIED).finish();
        }
        match self.body {
            Some(body) => response.insert_header((CONTENT_TYPE, "application/json")).body(body),
            None => response.finish(),
        }
    }
}
