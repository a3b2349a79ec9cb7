//! The lowest layer: errors, ids, text, time and the like. It does not know companies.

pub mod clock;
pub(crate) mod company_state;
pub(crate) mod custom_field;
pub mod decimal;
pub(crate) mod error;
pub(crate) mod hash;
pub(crate) mod hex;
pub mod ids;
pub mod json;
pub(crate) mod lead_rating;
pub mod money;
pub mod patch;
pub mod places;
pub(crate) mod rights;
pub(crate) mod score;
pub mod string_enum;
pub mod text;
pub(crate) mod validation;
pub(crate) mod web;
pub(crate) mod working_hours;
