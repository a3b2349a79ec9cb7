//! What the list and the board show: all of it is in the address.

use crm_core::deals::{DealQuery, DealSort, DealSortKey};
use crm_core::ids::PipelineId;
use crm_core::saved_views::ViewEntity;

use crate::base::fields::Fields;
use crate::lists::{List, Parameter, many, one, readable};

/// The list of deals.
pub(super) static DEALS: List = List {
    entity: ViewEntity::Deals,
    path: "deals/table",
    first: "name",
    usual: &["name", "customerId", "stageId", "amount", "probability", "expectedCloseDate", "ownerId", "updatedAt"],
    few: 9,
    parameters: &[
        one("q"),
        Parameter { api: "pipelineId", ..one("pipeline") },
        Parameter { api: "stageId", ..many("stage") },
        many("status"),
        Parameter { api: "ownerId", ..one("owner") },
        Parameter { api: "customerId", ..one("customer") },
        Parameter { api: "contactId", ..one("contact") },
        one("currency"),
        one("amountFrom"),
        one("amountTo"),
        one("expectedCloseFrom"),
        one("expectedCloseTo"),
        one("isRotten"),
        one("filter"),
    ],
    with_view: &[],
};

/// The longest text that names are searched for.
const LONGEST: usize = 250;

/// The order of those who have chosen none.
const NEXT: DealSort = DealSort { key: DealSortKey::ExpectedCloseDate, descending: false };

/// What is listed. A value that cannot be read is left out: it comes from an address that was typed.
pub(super) fn listed(fields: &Fields) -> DealQuery {
    let mut query = readable(DEALS.query_of(fields), DealQuery::from_json);
    // Amounts are compared in one currency, or not at all.
    if query.currency.is_none() {
        (query.amount_from, query.amount_to) = (None, None);
    }
    query.text = query.text.map(|text| text.chars().take(LONGEST).collect());
    query.sort = fields.get("sort").and_then(|sort| sort.parse().ok()).unwrap_or(NEXT);
    query
}

/// The names of what narrows a board, in addresses.
const OF_BOARD: [&str; 3] = ["pipeline", "owner", "q"];

/// The address of a board, without what it does not know.
pub(super) fn of_board(fields: &Fields) -> Fields {
    let known = OF_BOARD.into_iter().filter_map(|name| Some((name, fields.get(name)?)));
    known.fold(Fields::default(), |fields, (name, value)| fields.and(name, value))
}

/// The pipeline of a board, the default if there is none; and what narrows it.
pub(super) fn on_board(fields: &Fields) -> (Option<PipelineId>, DealQuery) {
    let pipeline = fields.get("pipeline").and_then(|id| id.parse().ok());
    let query = listed(&fields.without("pipeline", None));
    (pipeline, DealQuery { owner: query.owner, text: query.text, ..DealQuery::default() })
}
