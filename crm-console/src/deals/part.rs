//! The form of a part of a deal: an item, a contact, or what the deal is called in other systems.

use askama::Template;

use super::form::{self, Line};
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults};
use crate::web::{Frame, Visit};

/// The form, in a dialogue or on a page of its own.
#[derive(Template)]
#[template(path = "deals/part.html")]
pub(super) struct PartPage {
    pub frame: Frame,
    pub title: String,
    /// What the part belongs to.
    pub about: String,
    pub action: String,
    pub back: String,
    /// The version of the deal that was seen.
    pub version: i64,
    /// What the part was called then.
    pub was: String,
    pub lines: Vec<Line>,
    pub others: Vec<String>,
    /// True if the deal has changed since the form was made.
    pub is_stale: bool,
    /// False if the part has gone or is another one by now.
    pub may_save: bool,
}

/// A field: its name in the form, its label, how it is typed, and the longest text.
pub(super) struct Spec(pub &'static str, pub &'static str, pub &'static str, pub u32);

/// The lines of a form, with these values.
pub(super) fn lines(
    visit: &Visit,
    specs: &[Spec],
    (values, faults): (&Fields, &Faults),
    choices: impl Fn(&str) -> Vec<Choice>,
) -> Vec<Line> {
    let first = specs.iter().find(|spec| faults.at(spec.0).is_some()).or(specs.first());
    let focus = first.map_or("", |spec| spec.0);
    let line = |spec: &Spec| Line {
        name: spec.0,
        label: visit.frame.t(spec.1),
        input: spec.2,
        value: values.text(spec.0).to_owned(),
        choices: choices(spec.0),
        offered: form::offered(visit, spec.0),
        most: spec.3,
        // Numbers are short.
        is_wide: spec.3 >= 250,
        is_of_lost: false,
        is_focused: spec.0 == focus,
        fault: faults.at(spec.0),
    };
    specs.iter().map(line).collect()
}

/// The faults that have no line.
pub(super) fn others(specs: &[Spec], faults: &Faults) -> Vec<String> {
    faults.elsewhere(&specs.iter().map(|spec| spec.0).collect::<Vec<_>>())
}
