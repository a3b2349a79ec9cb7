//! Calendar feeds: a user's tasks and planned interactions, for the calendar program of their choice.
//!
//! - A feed has an *address with a secret*, which is shown once, and is stored as a digest. With the address the feed
//!   is read without logging in. A user has one at a time: a new one replaces it.
//! - It shows what is the user's own: open tasks that are due and that are assigned to them or on which they
//!   collaborate, and planned interactions that they own. 90 days back and 365 ahead, at most 1,000 of each.
//! - It shows them with the rights that the user had when the address was made. It ends when the user is inactive or
//!   gone, and while the company is closed.
//! - An entry has a title, a time and a place, and nothing else of the record.

mod file;
mod model;
mod repo;
mod row;
mod secret;

pub(crate) use file::read;
pub use repo::CalendarFeeds;
pub use secret::CalendarSecret;

crate::scope::company_owned!(row, UserId, Version);
