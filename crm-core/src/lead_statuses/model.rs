//! What a status of leads is.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::ids::LeadStatusId;
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;

string_enum! {
    /// What a status says of the leads that have it.
    #[derive(Default)]
    LeadStatusType {
        /// Nobody has worked on them yet.
        #[default]
        Open = "open",
        /// They are being worked on.
        Ongoing = "ongoing" | "in_progress",
        /// They wait.
        OnHold = "on_hold",
        /// They are worth a deal: they are, or will be, customers.
        Won = "won" | "qualified",
        /// Nothing comes of them.
        Lost = "lost" | "unqualified",
    }
}

impl LeadStatusType {
    /// Whether a lead with a status of this type can get one of the other type. Another status of the same type always can
    /// follow; nobody goes back to *open*, but for who was lost.
    ///
    /// ```
    /// use crm_core::lead_statuses::LeadStatusType;
    ///
    /// assert!(LeadStatusType::Open.may_become(LeadStatusType::Won));
    /// assert!(!LeadStatusType::Won.may_become(LeadStatusType::Open));
    /// ```
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Open => true,
            Self::Ongoing => matches!(next, Self::Ongoing | Self::OnHold | Self::Won | Self::Lost),
            Self::OnHold => matches!(next, Self::OnHold | Self::Ongoing | Self::Lost),
            Self::Won => matches!(next, Self::Won | Self::Ongoing | Self::Lost),
            Self::Lost => matches!(next, Self::Lost | Self::Open | Self::Ongoing),
        }
    }
}

/// A status of leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LeadStatus {
    /// The id.
    pub id: LeadStatusId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// The stable code, for programs; unique in the company.
    pub code: String,
    /// The name; unique in the company without case and accents.
    pub name: String,
    /// What the status means.
    pub description: Option<String>,
    /// What it says of the leads that have it.
    #[serde(rename = "type")]
    pub status_type: LeadStatusType,
    /// True for the one in which new leads begin.
    pub is_default: bool,
    /// True if a lead that gets it needs a reason for its loss.
    pub requires_reason: bool,
    /// The place among the other statuses, from 0.
    pub position: i64,
    /// The colour, as `#rrggbb` in lower case.
    pub color: Option<String>,
    /// True if it takes no more leads.
    pub is_archived: bool,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who wrote it last.
    pub updated_by: ActorRef,
}

/// A reference to a status by id, or by its code or name. A text that is a UUID is an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeadStatusRef {
    /// By its id.
    Id(LeadStatusId),
    /// By its code, or by its name without case and accents.
    Text(String),
}

impl FromStr for LeadStatusRef {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let text = text.trim();
        Ok(text.parse().map_or_else(|_| Self::Text(text.to_owned()), Self::Id))
    }
}

impl fmt::Display for LeadStatusRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<&str> for LeadStatusRef {
    fn from(text: &str) -> Self {
        text.parse().unwrap_or_else(|never: Infallible| match never {})
    }
}

impl From<LeadStatusId> for LeadStatusRef {
    fn from(id: LeadStatusId) -> Self {
        Self::Id(id)
    }
}

impl Serialize for LeadStatusRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LeadStatusRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::from(text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::{LeadStatusRef, LeadStatusType};

    #[test]
    fn what_reads_as_an_id_is_one() {
        assert!(matches!(LeadStatusRef::from(" 019eca9d-cdc0-7000-8000-000000000201"), LeadStatusRef::Id(_)));
        assert_eq!(LeadStatusRef::from(" In Progress "), LeadStatusRef::Text("In Progress".to_owned()));
    }

    #[test]
    fn every_type_stays_what_it_is_and_can_be_lost() {
        for from in LeadStatusType::ALL {
            assert!(from.may_become(*from) && from.may_become(LeadStatusType::Lost), "{from}");
        }
    }

    #[test]
    fn only_a_lost_lead_is_open_again() {
        let reopens = LeadStatusType::ALL.iter().filter(|from| from.may_become(LeadStatusType::Open));
        assert_eq!(reopens.collect::<Vec<_>>(), [&LeadStatusType::Open, &LeadStatusType::Lost]);
    }

    #[test]
    fn who_waits_is_worked_on_before_they_are_won() {
        assert!(!LeadStatusType::OnHold.may_become(LeadStatusType::Won));
        assert!(!LeadStatusType::Lost.may_become(LeadStatusType::Won));
    }
}
