//! Preferences: how a user wants the CRM to look.
//!
//! - They belong to a user of a company, are made by the first write, and are visible to that user only, also in
//!   history, events and audit trail.
//! - All keys are known and typed, lists are short, and the whole has less than 16 KB. A preference without a value is the
//!   default of the client.
//! - Services and the system have none.

mod digests;
mod input;
mod model;
mod repo;
mod row;

pub(crate) use digests::take_due_digests;
pub use input::{ListPreferencesPatch, ListsPatch, NotificationPreferencesPatch, PreferencesPatch};
pub use model::{
    DashboardPreferences, Density, ListPreferences, ListsPreferences, NotificationPreferences, Preferences, Theme,
    TilePreference, TileSize,
};
pub use repo::PreferencesRepository;
pub(crate) use repo::of_users;

crate::scope::company_owned!(row, UserId, Version);
