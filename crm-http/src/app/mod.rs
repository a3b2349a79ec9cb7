//! What is made of the operations: their document and its pages, and a service of its own with all that is around it.

#[cfg(feature = "server")]
pub mod config;
pub mod directory;
pub(crate) mod document;
#[cfg(feature = "openapi-examples")]
pub mod examples;
pub mod relay;
#[cfg(feature = "server")]
pub mod server;
pub(crate) mod service;
pub mod workers;
