//! What preferences are.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::ids::SavedViewId;
use crate::base::rights::ActorRef;
use crate::base::string_enum::string_enum;
use crate::notifications::NotificationKind;
use crate::saved_views::ViewEntity;

string_enum! {
    /// The colours of a client.
    Theme {
        /// As the user's system.
        System = "system",
        /// Dark text on a light ground.
        Light = "light",
        /// Light text on a dark ground.
        Dark = "dark",
    }
}

string_enum! {
    /// How close the rows of a list are.
    Density {
        /// With space between rows.
        Comfortable = "comfortable",
        /// As many rows as possible.
        Compact = "compact",
    }
}

string_enum! {
    /// How wide a tile of a dashboard is.
    TileSize {
        /// Half of the row.
        Half = "half",
        /// All of it.
        Full = "full",
    }
}

/// A tile of a dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TilePreference {
    /// The client's name of the tile: letters, digits, `-`, `_` and `.`, at most 64.
    #[cfg_attr(feature = "openapi", schema(max_length = 64, example = "new-customers"))]
    pub id: String,
    /// Whether it is not shown; `false` if absent.
    #[serde(default)]
    pub hidden: bool,
    /// How wide it is; absent for the default of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<TileSize>,
    /// Whether it has only what is the user's own; absent for the default of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mine: Option<bool>,
}

/// A user's dashboard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DashboardPreferences {
    /// The tiles in their order; at most 50. Tiles that are not named come after them.
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    pub tiles: Vec<TilePreference>,
}

/// How a user wants a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListPreferences {
    /// The columns in their order; absent for the default.
    pub columns: Option<Vec<String>>,
    /// The saved view to begin with. It may have been deleted since.
    pub saved_view_id: Option<SavedViewId>,
}

/// How a user wants each list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ListsPreferences {
    /// The list of customers.
    pub customers: Option<ListPreferences>,
    /// The list of interactions.
    pub interactions: Option<ListPreferences>,
    /// The list of tasks.
    pub tasks: Option<ListPreferences>,
    /// The list of deals.
    pub deals: Option<ListPreferences>,
    /// The list of leads.
    pub leads: Option<ListPreferences>,
}

impl ListsPreferences {
    /// The list of an entity, if the user has chosen something.
    #[must_use]
    pub const fn of(&self, entity: ViewEntity) -> Option<&ListPreferences> {
        match entity {
            ViewEntity::Customers => self.customers.as_ref(),
            ViewEntity::Interactions => self.interactions.as_ref(),
            ViewEntity::Tasks => self.tasks.as_ref(),
            ViewEntity::Deals => self.deals.as_ref(),
            ViewEntity::Leads => self.leads.as_ref(),
        }
    }
}

/// How a user wants to be notified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NotificationPreferences {
    /// The kinds of notifications that are also sent by e-mail, if they are unread after two minutes; absent for none.
    pub email: Option<Vec<NotificationKind>>,
    /// Whether reminders by e-mail are sent by e-mail; `true` if absent. Otherwise they are notifications.
    pub email_reminders: Option<bool>,
    /// Whether an e-mail at eight each morning says what is due, what is overdue, and how many notifications are
    /// unread; `false` if absent.
    pub digest: Option<bool>,
}

/// The preferences of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Preferences {
    /// Counts the writes; 0 before the first. Part of the ETag.
    pub version: i64,
    /// The language, as a BCP 47 tag such as `de` or `en-GB`.
    pub language: Option<String>,
    /// The colours.
    pub theme: Option<Theme>,
    /// The time zone (IANA).
    pub time_zone: Option<String>,
    /// How close the rows of lists are.
    pub density: Option<Density>,
    /// Whether the side bar shows icons only.
    pub sidebar_collapsed: Option<bool>,
    /// The dashboard.
    pub dashboard: Option<DashboardPreferences>,
    /// The lists by their entity.
    pub lists: ListsPreferences,
    /// How they want to be notified.
    #[serde(default)]
    pub notifications: NotificationPreferences,
    /// When they were first written.
    pub created_at: Option<DateTime<Utc>>,
    /// When they were last written.
    pub updated_at: Option<DateTime<Utc>>,
    /// Whose they are.
    #[serde(skip)]
    pub(super) user: Uuid,
    /// Who wrote them: the user.
    #[serde(skip)]
    pub(super) by: Option<ActorRef>,
    /// When the next digest is due, if they want one.
    #[serde(skip)]
    pub(super) digest_at: Option<DateTime<Utc>>,
}
