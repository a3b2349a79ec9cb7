//! What every page uses: who visits, the frame around the page, and what happens before and after a handler.

mod body;
mod confirm;
mod failure;
mod frame;
mod gate;
mod guard;
mod navigation;
mod notice;
mod page;
mod people;
mod visit;

pub(crate) use body::Form;
pub(crate) use confirm::ConfirmPage;
pub(crate) use failure::message;
pub(crate) use frame::Frame;
pub(crate) use gate::gate;
pub(crate) use navigation::Command;
pub(crate) use notice::{COMPLETED, CONVERTED};
pub(crate) use page::{PageResult, html, see_other};
pub(crate) use people::People;
pub(crate) use visit::{Prefix, Visit, console, is_secure, local_path, unread, visitor};
