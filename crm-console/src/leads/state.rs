//! What the list and the board show: all of it is in the address.

use crm_core::leads::LeadQuery;
use crm_core::saved_views::ViewEntity;

use crate::base::fields::Fields;
use crate::lists::{List, Parameter, many, one, readable};

/// The list of leads.
pub(super) static LEADS: List = List {
    entity: ViewEntity::Leads,
    path: "leads/table",
    first: "name",
    usual: &["name", "organizationName", "status", "rating", "source", "ownerId", "estimatedValue", "createdAt"],
    few: 9,
    parameters: &[
        Parameter { api: "search", ..one("q") },
        many("status"),
        many("statusType"),
        many("rating"),
        many("kind"),
        Parameter { api: "ownerId", ..one("owner") },
        one("source"),
        one("email"),
        many("tag"),
        one("isArchived"),
        one("converted"),
        one("createdFrom"),
        one("createdTo"),
        one("filter"),
    ],
    with_view: &[],
};

/// The longest text that is searched for.
const LONGEST: usize = 200;

/// What is listed. A value that cannot be read is left out: it comes from an address that was typed.
pub(super) fn listed(fields: &Fields) -> LeadQuery {
    let mut query = readable(LEADS.query_of(fields), LeadQuery::from_json);
    query.search = query.search.as_deref().and_then(searched);
    query.sort = fields.get("sort").and_then(|sort| sort.parse().ok()).unwrap_or_default();
    query
}

/// What is searched for; nothing in a text without letters and digits, which finds nobody.
pub(super) fn searched(text: &str) -> Option<String> {
    let has_words = text.chars().any(char::is_alphanumeric);
    has_words.then(|| text.chars().take(LONGEST).collect())
}

/// The names of what narrows a board, in addresses.
const OF_BOARD: [&str; 3] = ["owner", "rating", "q"];

/// The address of a board, without what it does not know.
pub(super) fn of_board(fields: &Fields) -> Fields {
    let known = OF_BOARD.into_iter().flat_map(|name| fields.all(name).map(move |value| (name, value)));
    known.fold(Fields::default(), |fields, (name, value)| fields.and(name, value))
}
