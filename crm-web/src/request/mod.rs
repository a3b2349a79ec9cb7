//! Extractors of handlers. Their errors are [`ApiError`](crate::problem::ApiError)s with a location.

mod address_limit;
mod body;
mod cached;
mod caller;
mod child;
mod deadline;
mod fields;
mod head;
mod id;
mod idempotency;
mod if_match;
mod origin;
mod query;
mod replacement;
mod target;
mod upload;

pub use crate::request_id::RequestId;
pub use address_limit::limit_addresses;
pub use body::{JsonBody, OptionalBody};
pub use caller::Caller;
pub use child::ChildBody;
pub use deadline::{deadline_of, request_arrived, request_timeout, timed_out};
pub use fields::FieldsBody;
pub use head::{head_as_get, take_as_get};
pub use id::{Id, PathId};
pub use id::{UnknownId, unknown_id};
pub use idempotency::IdempotencyKeyHeader;
pub use if_match::IfMatch;
pub use origin::BrowserOrigin;
pub use query::{Flatten, Flattened, FromQuery, ListParams, NoParameters, Query};
pub use query::{parsed, separated, time};
pub use replacement::{PutBody, PutFields};
pub use target::expect_well_formed;
pub use upload::Upload;
pub use upload::form_config;
