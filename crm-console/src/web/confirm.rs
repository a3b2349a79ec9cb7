//! The question before what cannot be undone.

use askama::Template;

use super::frame::Frame;

/// A form that does it.
#[derive(Template)]
#[template(path = "confirm.html")]
pub(crate) struct ConfirmPage {
    pub frame: Frame,
    /// Where the form goes, and where one comes back to.
    pub action: String,
    pub back: String,
    pub title: String,
    pub text: String,
    /// What the button says.
    pub label: String,
    /// The version of the record that was seen.
    pub version: i64,
    /// True if one comes back to the dialogue that shows the page.
    pub stays: bool,
}
