//! The main menu.

use crm_core::actor::{Action, Actor, Resource};

/// An entry of the menu.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The section of the pages behind it, which is also their name in messages: `customers` is `customers-title`.
    pub section: &'static str,
    /// The path below the mount.
    pub path: &'static str,
    pub icon: &'static str,
    /// True if it stands in the bar at the bottom of a telephone. The others are behind its last entry.
    pub is_main: bool,
    /// The right that shows it.
    right: (Resource, Action),
}

const fn entry(
    section: &'static str,
    path: &'static str,
    icon: &'static str,
    is_main: bool,
    right: (Resource, Action),
) -> Entry {
    Entry { section, path, icon, is_main, right }
}

const ENTRIES: &[Entry] = &[
    entry("dashboard", "", "gauge", true, (Resource::Customers, Action::Read)),
    entry("customers", "customers", "users", true, (Resource::Customers, Action::Read)),
];

/// The entries for an actor.
pub(crate) fn entries(actor: &Actor) -> Vec<Entry> {
    ENTRIES.iter().filter(|entry| actor.reach(entry.right.0, entry.right.1).is_some()).copied().collect()
}
