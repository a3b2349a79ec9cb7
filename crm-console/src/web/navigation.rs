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
    /// The rights that show it, any of them.
    rights: &'static [(Resource, Action)],
}

const fn entry(
    section: &'static str,
    path: &'static str,
    icon: &'static str,
    is_main: bool,
    rights: &'static [(Resource, Action)],
) -> Entry {
    Entry { section, path, icon, is_main, rights }
}

const ENTRIES: &[Entry] = &[
    entry("dashboard", "", "gauge", true, &[(Resource::Customers, Action::Read)]),
    entry("customers", "customers", "users", true, &[(Resource::Customers, Action::Read)]),
    entry("leads", "leads", "user-plus", false, &[(Resource::Leads, Action::Read)]),
    entry("interactions", "interactions", "calendar-check", true, &[(Resource::Interactions, Action::Read)]),
    entry("tasks", "tasks", "list-checks", false, &[(Resource::Tasks, Action::Read)]),
    entry("deals", "deals", "circle-dollar-sign", false, &[(Resource::Deals, Action::Read)]),
    entry("reports", "reports", "chart-column", false, &[(Resource::Customers, Action::Read)]),
    entry("activities", "activity", "activity", false, &[(Resource::Customers, Action::Read)]),
    entry("tags", "tags", "tag", false, &[(Resource::Tags, Action::Read)]),
    entry("duplicates", "duplicates", "copy", false, &[(Resource::Duplicates, Action::Update)]),
    entry("import", "customers/import", "upload", false, &[(Resource::Customers, Action::Import)]),
    entry("trash", "trash", "trash-2", false, RESTORES),
    // The settings come last.
    entry("settings", "settings", "settings", false, &[(Resource::Settings, Action::Read)]),
];

/// What is in the trash.
const RESTORES: &[(Resource, Action)] = &[
    (Resource::Customers, Action::Restore),
    (Resource::Leads, Action::Restore),
    (Resource::Interactions, Action::Restore),
    (Resource::Deals, Action::Restore),
    (Resource::Notes, Action::Restore),
    (Resource::Tasks, Action::Restore),
];

/// The entries for an actor.
pub(crate) fn entries(actor: &Actor) -> Vec<Entry> {
    let may = |(resource, action): &(Resource, Action)| actor.reach(*resource, *action).is_some();
    ENTRIES.iter().filter(|entry| entry.rights.iter().any(may)).copied().collect()
}

/// What the command palette offers beside customers.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub url: String,
    pub icon: &'static str,
    pub label: String,
}

/// The keys, and the name of the message for what they do.
pub(crate) const SHORTCUTS: &[(&str, &str)] = &[
    ("Ctrl K", "shortcut-palette"),
    ("/", "shortcut-search"),
    ("c", "shortcut-add"),
    ("j", "shortcut-next"),
    ("k", "shortcut-previous"),
    ("Enter", "shortcut-save"),
    ("Ctrl Enter", "shortcut-send"),
    ("Esc", "shortcut-leave"),
    ("?", "shortcut-help"),
];
