//! What an entry of the do-not-contact list is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::base::ids::SuppressionId;
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;

string_enum! {
    /// What is not contacted.
    SuppressionKind {
        /// An e-mail address.
        Email = "email" | "address",
        /// All addresses at a domain, and at the domains below it.
        Domain = "domain",
        /// A telephone number.
        Phone = "phone" | "number",
    }
}

string_enum! {
    /// Why it is not contacted.
    #[derive(Default)]
    SuppressionReason {
        /// Its owner has asked for it.
        #[default]
        DoNotContact = "do_not_contact",
        /// Its owner has unsubscribed.
        Unsubscribe = "unsubscribe" | "unsubscribed",
        /// Messages to it come back.
        Bounce = "bounce",
        /// Its owner has complained about a message.
        Complaint = "complaint",
        /// The law or a court demands it.
        Legal = "legal",
        /// Nobody has it.
        Invalid = "invalid",
    }
}

string_enum! {
    /// Where an entry comes from.
    #[derive(Default)]
    SuppressionSource {
        /// A user has added it.
        #[default]
        Manual = "manual",
        /// It comes from a list.
        Import = "import",
        /// A program that sends messages has told of it.
        Webhook = "webhook",
        /// The CRM or its host has added it.
        System = "system",
    }
}

string_enum! {
    /// Why an entry is deleted.
    SuppressionRemoval {
        /// It was added by mistake.
        Mistake = "mistake",
        /// Its owner has asked for it.
        Request = "request",
        /// Another person has the address or the number by now.
        NewOwner = "new_owner",
        /// Another reason.
        Other = "other",
    }
}

/// An entry of the do-not-contact list. It is never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Suppression {
    /// The id.
    pub id: SuppressionId,
    /// Always 1.
    pub version: i64,
    /// What is not contacted.
    pub kind: SuppressionKind,
    /// The address in lower case with a readable domain, the domain, or the number in international form (E.164).
    #[cfg_attr(feature = "openapi", schema(example = "ann.lee@example.com"))]
    pub value: String,
    /// Why.
    pub reason: SuppressionReason,
    /// Where the entry comes from.
    pub source: SuppressionSource,
    /// A note.
    pub note: Option<String>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was added.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who added it.
    pub updated_by: ActorRef,
}

/// What became of many entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImportedSuppressions {
    /// How many were added.
    pub added: usize,
    /// How many were on the list, or were named twice.
    pub unchanged: usize,
}
