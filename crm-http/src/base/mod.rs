//! What every operation uses: who calls, what a request holds, how it is answered or refused, and what instances share.
//! Knows no operation.

pub(crate) mod answer;
pub mod auth;
pub(crate) mod breaker;
pub mod cache;
pub(crate) mod etag;
pub(crate) mod headers;
pub mod limits;
pub mod page;
pub mod problem;
pub mod redis;
pub mod request;
pub(crate) mod request_id;
pub(crate) mod seal;
pub(crate) mod service;
pub(crate) mod streams;
pub(crate) mod timeout;
