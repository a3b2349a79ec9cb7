//! What a pipeline and a stage are.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::ids::{PipelineId, PipelineStageId};
use crate::base::string_enum::{canonical, string_enum};
use crate::scope::actor::ActorRef;

string_enum! {
    /// What a stage says of the deals in it.
    #[derive(Default)]
    StageKind {
        /// They are being worked on.
        #[default]
        Open = "open",
        /// They were won.
        Won = "won",
        /// They were lost.
        Lost = "lost",
    }
}

/// A field of a deal that a stage can require, by its name in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RequiredField {
    /// What it is worth.
    Amount,
    /// What is sold, line by line.
    Items,
    /// Who has a say in it.
    Contacts,
    /// What it brings again and again.
    RecurringAmount,
    /// The day on which it is expected to be closed.
    ExpectedCloseDate,
    /// Who else wants to sell.
    Competitor,
    /// Where it came from.
    Source,
    /// What kind of business it is.
    Type,
    /// What is to be done next.
    NextStep,
    /// When that is to be done.
    NextStepAt,
    /// What it is about.
    Description,
    /// The quote in another system.
    QuoteRef,
    /// The order in another system.
    OrderRef,
    /// The user who is responsible for it.
    OwnerId,
}

/// A stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PipelineStage {
    /// The id.
    pub id: PipelineStageId,
    /// The stable code, for programs; unique in the pipeline.
    pub code: String,
    /// The name.
    pub name: String,
    /// What it says of the deals in it.
    pub kind: StageKind,
    /// How likely its deals are won, in percent.
    pub probability: i64,
    /// After how many days in the stage a deal has been there too long; those of the pipeline if absent.
    pub rotten_days: Option<i64>,
    /// What a deal needs when it enters the stage.
    pub required_fields: Vec<RequiredField>,
    /// The colour, as `#rrggbb` in lower case.
    pub color: Option<String>,
    /// True if it takes no more deals.
    pub is_archived: bool,
}

/// A pipeline with its stages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Pipeline {
    /// The id.
    pub id: PipelineId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// The name; unique in the company without case and accents.
    pub name: String,
    /// What the pipeline is for.
    pub description: Option<String>,
    /// True for the one in which new deals begin.
    pub is_default: bool,
    /// The place among the other pipelines, from 0.
    pub position: i64,
    /// True if it takes no more deals.
    pub is_archived: bool,
    /// After how many days in an open stage a deal has been there too long, unless the stage has days of its own.
    pub rotten_days: Option<i64>,
    /// The stages, in their order.
    pub stages: Vec<PipelineStage>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who wrote it last.
    pub updated_by: ActorRef,
}

impl Pipeline {
    /// Whether deals can be too long in one of its stages.
    pub(super) fn can_rot(&self) -> bool {
        let is_open = |stage: &&PipelineStage| stage.kind == StageKind::Open;
        self.stages.iter().filter(is_open).any(|stage| stage.rotten_days.or(self.rotten_days).is_some())
    }
}

/// A reference to a stage by id, or by its code. A text that is a UUID is an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageRef {
    /// By its id.
    Id(PipelineStageId),
    /// By its code.
    Code(String),
}

impl FromStr for StageRef {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.trim().parse().map_or_else(|_| Self::Code(canonical(text)), Self::Id))
    }
}

impl fmt::Display for StageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Code(code) => f.write_str(code),
        }
    }
}

impl From<&str> for StageRef {
    fn from(text: &str) -> Self {
        text.parse().unwrap_or_else(|never: Infallible| match never {})
    }
}

impl From<PipelineStageId> for StageRef {
    fn from(id: PipelineStageId) -> Self {
        Self::Id(id)
    }
}

impl Serialize for StageRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StageRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::from(text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::StageRef;

    #[test]
    fn what_reads_as_an_id_is_one() {
        assert!(matches!(StageRef::from(" 019eca9d-cdc0-7000-8000-000000000201"), StageRef::Id(_)));
        assert_eq!(StageRef::from("Needs analysis"), StageRef::Code("needs_analysis".to_owned()));
    }
}
