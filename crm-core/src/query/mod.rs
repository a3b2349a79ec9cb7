//! What lists are asked for: filter, order and page.

pub(crate) mod dialect;
pub mod filter;
pub mod page;
pub mod sort;
