//! What a capture form is.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::base::ids::{CaptureFormId, UserId};
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;
use crate::users::UserRef;

string_enum! {
    /// What becomes of a submission whose e-mail address an open lead has already.
    #[derive(Default)]
    DuplicateLeads {
        /// Another lead is added.
        #[default]
        Create = "create",
        /// The lead gets what it lacks; nothing that it has is changed.
        Update = "update",
        /// Nothing is kept.
        Skip = "skip",
    }
}

/// A field of a capture form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaptureField {
    /// A field of leads such as `email`, or `customFields.` with the key of a custom field of your company.
    #[cfg_attr(feature = "openapi", schema(example = "email", min_length = 1, max_length = 120))]
    pub key: String,
    /// What visitors read; up to 100 characters.
    #[cfg_attr(feature = "openapi", schema(example = "Your e-mail address", min_length = 1, max_length = 100))]
    pub label: String,
    /// Whether it must be filled in.
    #[serde(default)]
    pub is_required: bool,
}

/// What signs the challenges of a form.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Secret(pub String);

impl fmt::Debug for Secret {
    /// Prints nothing of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// A form of a website that makes leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CaptureForm {
    /// The id.
    pub id: CaptureFormId,
    /// Counts the writes, from 1; part of the ETag. Submissions do not count.
    pub version: i64,
    /// The name; unique in the company without case and accents.
    pub name: String,
    /// The key, by which pages send the form. It is public.
    pub key: String,
    /// The fields, in their order.
    pub fields: Vec<CaptureField>,
    /// The origins of the pages that may send it from a browser.
    pub origins: Vec<String>,
    /// The source that its leads get.
    pub source: Option<String>,
    /// The user who gets its leads; nobody in particular if absent.
    pub owner_id: Option<UserId>,
    /// The same user with their name.
    pub owner: Option<UserRef>,
    /// The names of the tags that its leads get.
    pub tags: Vec<String>,
    /// The code of the status that its leads begin in; the default one if absent.
    pub status: Option<String>,
    /// What visitors have to agree to; nothing if absent.
    pub consent_text: Option<String>,
    /// Counts the texts that visitors were asked to agree to.
    pub consent_version: i64,
    /// Where visitors without JavaScript are sent afterwards; to a page of thanks if absent.
    pub redirect_url: Option<String>,
    /// Whether a submission needs a challenge. Pages without JavaScript cannot fetch one.
    pub requires_challenge: bool,
    /// What becomes of a submission whose e-mail address an open lead has already.
    pub on_duplicate: DuplicateLeads,
    /// False if it takes no submissions.
    pub is_active: bool,
    /// How many submissions were taken.
    pub submissions: i64,
    /// How many were refused in silence: of programs, too quick, or sent twice.
    pub rejected: i64,
    /// When the last one was taken.
    pub last_submitted_at: Option<DateTime<Utc>>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who wrote it last.
    pub updated_by: ActorRef,
    #[serde(skip)]
    pub(super) secret: Secret,
    /// Whether the owner still uses the CRM.
    #[serde(skip)]
    pub(super) is_owner_active: bool,
    /// Whether the status is there, and takes leads.
    #[serde(skip)]
    pub(super) is_status_there: bool,
}

impl CaptureForm {
    /// The fields that are no part of history: those of the envelope, what is derived, and what submissions count.
    pub(super) const UNTRACKED: &'static [&'static str] = &[
        "id",
        "version",
        "owner",
        "consentVersion",
        "submissions",
        "rejected",
        "lastSubmittedAt",
        "createdAt",
        "updatedAt",
        "createdBy",
        "updatedBy",
    ];
}
