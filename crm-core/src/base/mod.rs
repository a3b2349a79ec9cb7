//! The lowest layer: errors, ids, text, time and the like. It does not know companies.

pub mod clock;
pub(crate) mod company_state;
pub(crate) mod error;
pub mod ids;
pub mod json;
pub mod patch;
pub mod places;
pub(crate) mod rights;
pub mod string_enum;
pub mod text;
pub(crate) mod validation;
pub(crate) mod web;
