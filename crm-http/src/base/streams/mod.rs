//! What the service keeps for those who follow events: the key of their cursors, and how many streams are open.

mod cursor;
mod open_streams;

pub use cursor::CursorKey;
pub use open_streams::StreamLimits;
pub(crate) use open_streams::{OpenStreams, Seat, describe_metrics};
