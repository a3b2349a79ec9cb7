//! The input for preferences.

use serde::Deserialize;

use super::model::{DashboardPreferences, Density, ListPreferences, NotificationPreferences, Preferences, Theme};
use crate::base::error::Violations;
use crate::base::ids::SavedViewId;
use crate::base::patch::Patch;
use crate::base::{places, text};
use crate::notifications::NotificationKind;
use crate::saved_views::ViewEntity;

/// The maximum number of tiles.
const MAX_TILES: usize = 50;
/// The maximum length of a tile's name, in bytes.
const MAX_TILE_LENGTH: usize = 64;

/// A change of preferences (RFC 7396): absent fields stay unchanged, `null` restores the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreferencesPatch {
    /// The language, as a BCP 47 tag such as `de` or `en-GB`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 35, example = "en-GB"))]
    pub language: Patch<String>,
    /// The colours.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Theme>))]
    pub theme: Patch<Theme>,
    /// The time zone (IANA).
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "Europe/Berlin"))]
    pub time_zone: Patch<String>,
    /// How close the rows of lists are.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Density>))]
    pub density: Patch<Density>,
    /// Whether the side bar shows icons only.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    pub sidebar_collapsed: Patch<bool>,
    /// The dashboard; its tiles are replaced as a whole.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<DashboardPreferences>))]
    pub dashboard: Patch<DashboardPreferences>,
    /// The lists by their entity.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ListsPatch>))]
    pub lists: Patch<ListsPatch>,
    /// How the user wants to be notified.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<NotificationPreferencesPatch>))]
    pub notifications: Patch<NotificationPreferencesPatch>,
}

/// A change of the preferences of lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListsPatch {
    /// The list of customers.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ListPreferencesPatch>))]
    pub customers: Patch<ListPreferencesPatch>,
    /// The list of interactions.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ListPreferencesPatch>))]
    pub interactions: Patch<ListPreferencesPatch>,
    /// The list of tasks.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ListPreferencesPatch>))]
    pub tasks: Patch<ListPreferencesPatch>,
    /// The list of deals.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ListPreferencesPatch>))]
    pub deals: Patch<ListPreferencesPatch>,
    /// The list of leads.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<ListPreferencesPatch>))]
    pub leads: Patch<ListPreferencesPatch>,
}

/// A change of how a user wants to be notified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotificationPreferencesPatch {
    /// The kinds of notifications that are also sent by e-mail; replaces all.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<NotificationKind>>, max_items = 6))]
    pub email: Patch<Vec<NotificationKind>>,
    /// Whether reminders by e-mail are sent by e-mail.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    pub email_reminders: Patch<bool>,
    /// Whether an e-mail each morning says what is due.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    pub digest: Patch<bool>,
}

/// A change of the preferences of one list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListPreferencesPatch {
    /// The columns in their order; at most 60.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<String>>, max_items = 60))]
    pub columns: Patch<Vec<String>>,
    /// The saved view to begin with.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<SavedViewId>))]
    pub saved_view_id: Patch<SavedViewId>,
}

impl PreferencesPatch {
    /// The saved views that it refers to, and where.
    pub(super) fn saved_views(&self) -> impl Iterator<Item = (SavedViewId, ViewEntity, String)> {
        let lists = self.lists.value().map(|lists| {
            [
                (ViewEntity::Customers, &lists.customers),
                (ViewEntity::Interactions, &lists.interactions),
                (ViewEntity::Tasks, &lists.tasks),
                (ViewEntity::Deals, &lists.deals),
                (ViewEntity::Leads, &lists.leads),
            ]
        });
        lists.into_iter().flatten().filter_map(|(entity, list)| {
            Some((*list.value()?.saved_view_id.value()?, entity, format!("/lists/{entity}/savedViewId")))
        })
    }

    /// Checks all values, and writes them into the preferences.
    pub(super) fn apply(self, preferences: &mut Preferences) -> Result<(), Violations> {
        let Self { language, theme, time_zone, density, sidebar_collapsed, dashboard, lists, notifications } = self;
        let mut violations = Violations::default();
        let fault = ("/language", "language_invalid", "expected a language tag such as de or en-GB");
        checked(language, text::language_tag, fault, &mut violations).apply(&mut preferences.language);
        let zone = |zone: &str| places::time_zone(zone).map(|zone| zone.name().to_owned());
        let fault = ("/timeZone", "time_zone_unknown", "expected an IANA zone such as Europe/Berlin");
        checked(time_zone, zone, fault, &mut violations).apply(&mut preferences.time_zone);
        theme.apply(&mut preferences.theme);
        density.apply(&mut preferences.density);
        sidebar_collapsed.apply(&mut preferences.sidebar_collapsed);
        if let Some(dashboard) = dashboard.value() {
            check_tiles(dashboard, &mut violations);
        }
        dashboard.apply(&mut preferences.dashboard);
        match lists {
            Patch::Absent => {}
            Patch::Clear => preferences.lists = Default::default(),
            Patch::Set(ListsPatch { customers, interactions, tasks, deals, leads }) => {
                let held = &mut preferences.lists;
                apply_list(customers, &mut held.customers, ViewEntity::Customers, &mut violations);
                apply_list(interactions, &mut held.interactions, ViewEntity::Interactions, &mut violations);
                apply_list(tasks, &mut held.tasks, ViewEntity::Tasks, &mut violations);
                apply_list(deals, &mut held.deals, ViewEntity::Deals, &mut violations);
                apply_list(leads, &mut held.leads, ViewEntity::Leads, &mut violations);
            }
        }
        match notifications {
            Patch::Absent => {}
            Patch::Clear => preferences.notifications = NotificationPreferences::default(),
            Patch::Set(patch) => patch.apply(&mut preferences.notifications, &mut violations),
        }
        violations.into_result()
    }
}

impl NotificationPreferencesPatch {
    fn apply(self, held: &mut NotificationPreferences, violations: &mut Violations) {
        let Self { email, email_reminders, digest } = self;
        for (index, kind) in email.value().into_iter().flatten().enumerate() {
            if email.value().is_some_and(|kinds| kinds[..index].contains(kind)) {
                violations.add(format!("/notifications/email/{index}"), "duplicate", "this kind is there already");
            }
        }
        email.apply(&mut held.email);
        email_reminders.apply(&mut held.email_reminders);
        digest.apply(&mut held.digest);
    }
}

fn checked(
    patch: Patch<String>,
    read: impl FnOnce(&str) -> Option<String>,
    (pointer, code, detail): (&str, &str, &str),
    violations: &mut Violations,
) -> Patch<String> {
    let Patch::Set(text) = patch else { return patch };
    match read(text.trim()) {
        Some(value) => Patch::Set(value),
        None => {
            violations.add(pointer, code, detail);
            Patch::Absent
        }
    }
}

fn apply_list(
    patch: Patch<ListPreferencesPatch>,
    list: &mut Option<ListPreferences>,
    entity: ViewEntity,
    violations: &mut Violations,
) {
    match patch {
        Patch::Absent => {}
        Patch::Clear => *list = None,
        Patch::Set(ListPreferencesPatch { columns, saved_view_id }) => {
            if let Some(columns) = columns.value() {
                entity.check_columns(columns, &format!("/lists/{entity}/columns"), violations);
            }
            let list = list.get_or_insert_default();
            columns.apply(&mut list.columns);
            saved_view_id.apply(&mut list.saved_view_id);
        }
    }
}

fn check_tiles(dashboard: &DashboardPreferences, violations: &mut Violations) {
    const AT: &str = "/dashboard/tiles";
    let tiles = &dashboard.tiles;
    if tiles.len() > MAX_TILES {
        violations.add(AT, "too_long", format!("at most {MAX_TILES} tiles"));
        return;
    }
    for (index, tile) in tiles.iter().enumerate() {
        let is_name = |letter: u8| letter.is_ascii_alphanumeric() || b"-_.".contains(&letter);
        if tile.id.is_empty() || tile.id.len() > MAX_TILE_LENGTH || !tile.id.bytes().all(is_name) {
            let detail = "a tile's name has 1 to 64 letters, digits, hyphens, underscores and dots";
            violations.add(format!("{AT}/{index}/id"), "tile_invalid", detail);
        } else if tiles[..index].iter().any(|other| other.id == tile.id) {
            violations.add(format!("{AT}/{index}/id"), "duplicate", "the dashboard has this tile already");
        }
    }
}
