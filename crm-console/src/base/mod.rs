//! The ground: knows neither requests nor the CRM's records.

pub mod amounts;
pub mod assets;
pub mod bars;
pub mod chart;
pub mod fields;
pub mod icons;
pub mod initials;
pub mod language;
pub mod markdown;
pub mod moment;
pub mod qr;
