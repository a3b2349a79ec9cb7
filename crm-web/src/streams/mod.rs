//! What the service keeps for those who follow events: the key of their cursors, and how many streams are open.

mod cursor;
mod open_streams;

pub use cursor::CursorKey;
pub(crate) use open_streams::describe_metrics;
pub use open_streams::{OpenStreams, Seat, StreamLimits};
