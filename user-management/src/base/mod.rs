//! What every feature uses: errors, ids, settings, who calls, secrets. Knows no feature.

pub(crate) mod caller;
pub(crate) mod changes;
pub(crate) mod error;
pub mod ids;
pub(crate) mod input;
pub(crate) mod mailer;
pub(crate) mod options;
pub(crate) mod ring;
pub(crate) mod secrets;
pub(crate) mod service;
pub(crate) mod signing_key;
