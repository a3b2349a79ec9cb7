//! What a list can be narrowed by: menus of choices.

use crate::customers::Choice;

/// A menu of the form above a list.
pub(crate) struct Filter {
    /// The name in the address.
    pub name: &'static str,
    pub label: String,
    pub choices: Vec<Choice>,
    /// Whether one choice excludes the others.
    pub is_single: bool,
    /// How many are chosen that narrow the list.
    pub chosen: usize,
}

impl Filter {
    /// Several of these may be chosen.
    pub(crate) fn many(name: &'static str, label: String, choices: Vec<Choice>) -> Self {
        let chosen = choices.iter().filter(|choice| choice.is_chosen).count();
        Self { name, label, choices, is_single: false, chosen }
    }

    /// One of these is chosen: `any`, which narrows nothing, if it is no other.
    pub(crate) fn single(name: &'static str, label: String, any: Choice, choices: Vec<Choice>) -> Self {
        let mut filter = Self { is_single: true, ..Self::many(name, label, choices) };
        filter.choices.insert(0, Choice { is_chosen: filter.chosen == 0, ..any });
        filter
    }
}
