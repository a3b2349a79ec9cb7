//! The parameters of lists: filter, order and page.

pub(crate) mod dialect;
pub(crate) mod excerpt;
pub mod filter;
pub(crate) mod members;
pub mod page;
pub mod sort;
