//! Ids in paths.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::str::FromStr;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use crm_core::ids::{
    BulkActionId, CaptureFormId, ConsentId, CustomFieldId, CustomerId, CustomerMergeId, DealId, DuplicateId, ImportId,
    ImportMappingId, InteractionId, JobId, JobScheduleId, LeadAssignmentRuleId, LeadId, LeadScoringRuleId,
    LeadStatusId, LinkId, NoteId, NotificationId, PipelineId, SavedViewId, SuppressionId, TagId, TaskId, UserId,
};

use crate::problem::{ApiError, Code};

/// An id in a path, with its own parameter name.
pub trait PathId: FromStr {
    /// The name of the path parameter.
    const NAME: &'static str;
}

impl PathId for BulkActionId {
    const NAME: &'static str = "bulkActionId";
}

impl PathId for CustomerId {
    const NAME: &'static str = "customerId";
}

impl PathId for LinkId {
    const NAME: &'static str = "linkId";
}

impl PathId for CustomerMergeId {
    const NAME: &'static str = "customerMergeId";
}

impl PathId for DuplicateId {
    const NAME: &'static str = "duplicateId";
}

impl PathId for ConsentId {
    const NAME: &'static str = "consentId";
}

impl PathId for SuppressionId {
    const NAME: &'static str = "suppressionId";
}

impl PathId for NoteId {
    const NAME: &'static str = "noteId";
}

impl PathId for NotificationId {
    const NAME: &'static str = "notificationId";
}

impl PathId for InteractionId {
    const NAME: &'static str = "interactionId";
}

impl PathId for TaskId {
    const NAME: &'static str = "taskId";
}

impl PathId for PipelineId {
    const NAME: &'static str = "pipelineId";
}

impl PathId for DealId {
    const NAME: &'static str = "dealId";
}

impl PathId for LeadId {
    const NAME: &'static str = "leadId";
}

impl PathId for LeadScoringRuleId {
    const NAME: &'static str = "leadScoringRuleId";
}

impl PathId for LeadStatusId {
    const NAME: &'static str = "leadStatusId";
}

impl PathId for LeadAssignmentRuleId {
    const NAME: &'static str = "leadAssignmentRuleId";
}

impl PathId for CaptureFormId {
    const NAME: &'static str = "captureFormId";
}

impl PathId for CustomFieldId {
    const NAME: &'static str = "customFieldId";
}

impl PathId for ImportId {
    const NAME: &'static str = "importId";
}

impl PathId for ImportMappingId {
    const NAME: &'static str = "importMappingId";
}

impl PathId for SavedViewId {
    const NAME: &'static str = "savedViewId";
}

impl PathId for JobId {
    const NAME: &'static str = "jobId";
}

impl PathId for JobScheduleId {
    const NAME: &'static str = "jobScheduleId";
}

impl PathId for TagId {
    const NAME: &'static str = "tagId";
}

impl PathId for UserId {
    const NAME: &'static str = "userId";
}

/// The number of characters of a UUID in hyphenated form, and of no other form.
const HYPHENATED: usize = 36;

/// An id from the path, in the form of answers. Other text is a 404 like an unknown id; so are other forms of a UUID,
/// because a record has one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id<T>(pub T);

impl<T> Deref for Id<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: PathId> FromRequest for Id<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let text = request.match_info().get(T::NAME).filter(|text| text.len() == HYPHENATED);
        let id = text.and_then(|text| text.parse().ok());
        ready(id.map(Self).ok_or_else(|| unknown_id(request)))
    }
}

/// What is answered to a path whose id names nothing: app data of a scope, which knows its other routes.
#[derive(Clone, Copy, Debug)]
pub struct UnknownId(pub fn(&HttpRequest) -> ApiError);

/// Why the path of this request names no record.
#[must_use]
pub fn unknown_id(request: &HttpRequest) -> ApiError {
    match request.app_data::<UnknownId>() {
        Some(UnknownId(answer)) => answer(request),
        None => ApiError::new(Code::NotFound, "nothing has this id"),
    }
}
