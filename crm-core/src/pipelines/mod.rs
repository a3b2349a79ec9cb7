//! Pipelines: the stages that a company's deals pass, in their order.
//!
//! - A stage has a stable code, which is unique in its pipeline, and a [kind](StageKind): the deals in it are open, won
//!   or lost. Code and kind of a stage never change; its name, probability, colour and place can.
//! - A stage can require fields of the deals that enter it.
//! - The stages are a part of their pipeline: they are read, written and told in history with it.
//! - A company with pipelines has one *default*, in which new deals begin. Its first pipeline is the default. A company
//!   without a pipeline gets the usual one with its first deal, or with the first look at the board.
//! - An *archived* pipeline or stage takes no more deals, and keeps those that are in it.
//! - A pipeline or a stage with deals, be they in the trash, cannot be deleted. Pipelines have no trash.
//! - A name is unique in the company, without case and accents. A company has at most 50 pipelines, and a pipeline at
//!   most 50 stages.

mod input;
mod model;
mod query;
mod repo;
mod row;
mod stage_row;
mod stages;
mod usual;

pub use input::{NewPipeline, NewPipelineStage, PipelinePatch};
pub use model::{Pipeline, PipelineStage, RequiredField, StageKind, StageRef};
pub use query::{PipelineQuery, PipelineSort, PipelineSortKey};
pub use repo::Pipelines;
pub(crate) use row::TABLE;
pub(crate) use stage_row::{TABLE as STAGES, required_fields};
pub(crate) use stages::{LockedStage, WhichPipeline, exists, lock_stage};
pub(crate) use usual::ensure_default;

crate::scope::company_owned!(row, Id, Version);
crate::scope::company_owned!(stage_row, Id, Position);
