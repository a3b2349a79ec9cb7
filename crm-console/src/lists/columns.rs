//! The columns of a list: their headings, their cells, and the dialogue in which they are chosen and put into order.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use crm_core::patch::Patch;
use crm_core::preferences::{ListPreferencesPatch, ListsPatch, PreferencesPatch};
use crm_core::saved_views::ViewEntity;
use crm_core::tags::CustomerTag;
use crm_web::problem::ApiError;

use super::views::state_of;
use super::{List, Listed};
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::customers::field_label;
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

/// A column beside the members of the records: a custom field.
pub(crate) struct CustomColumn {
    pub name: String,
    pub label: String,
}

/// The heading of a column.
pub(crate) struct Column {
    pub name: String,
    pub label: String,
    /// The address of the list in the order of the column, if it sorts.
    pub sort: Option<String>,
    /// `ascending` or `descending`, if the list is in its order.
    pub order: &'static str,
}

impl Column {
    /// `active` says whether a list that sorts by this column falls, if it is in its order.
    pub(crate) fn new(
        frame: &Frame,
        list: &List,
        fields: &Fields,
        (name, label): (&str, String),
        sorts: bool,
        active: Option<bool>,
    ) -> Self {
        // Times begin with the latest, names with A, and what is due with the next.
        let falls = active.map_or(is_time(name) && !matches!(name, "nextFollowUpAt" | "dueAt"), |falls| !falls);
        let sort = format!("{}{name}", if falls { "-" } else { "" });
        Self {
            name: name.to_owned(),
            label,
            sort: sorts.then(|| format!("{}{}", frame.url(list.path), fields.with("sort", &sort).query())),
            order: match active {
                None => "none",
                Some(true) => "descending",
                Some(false) => "ascending",
            },
        }
    }

    pub(crate) fn is_time(&self) -> bool {
        is_time(&self.name)
    }
}

/// The value of a record in a column.
pub(crate) enum Cell {
    Text(String),
    /// A link within the console, or to what it is not: an address that is dialled or written to.
    Link {
        url: String,
        text: String,
    },
    Status {
        value: &'static str,
        label: String,
    },
    /// Where an interaction or a task stands.
    State {
        value: &'static str,
        label: String,
    },
    Tags(Vec<CustomerTag>),
    Time {
        shown: Shown,
        is_late: bool,
    },
}

/// Whether a column has times.
fn is_time(name: &str) -> bool {
    name.ends_with("At")
}

/// The name of a column that is a member of the records.
pub(crate) fn label(frame: &Frame, list: &List, name: &str) -> String {
    match (list.entity, name) {
        (ViewEntity::Interactions, "occurredAt") => frame.t("field-when"),
        (ViewEntity::Interactions, "durationSeconds") => frame.t("field-minutes"),
        (ViewEntity::Interactions | ViewEntity::Tasks | ViewEntity::Deals, "customerId") => frame.t("field-customer"),
        _ => field_label(frame, name),
    }
}

#[derive(Template)]
#[template(path = "lists/columns.html")]
struct ColumnsPage {
    frame: Frame,
    action: String,
    back: String,
    state: String,
    /// The name of the column that is always there.
    first: String,
    chosen: Vec<Line>,
    others: Vec<Line>,
}

struct Line {
    name: String,
    label: String,
    /// The button that has the keyboard: `up` or `down`.
    focus: &'static str,
    is_first: bool,
    is_last: bool,
}

/// The dialogue.
pub(super) async fn show<L: Listed>(visit: Visit) -> PageResult {
    let columns = L::LIST.columns_of(&visit.query, &visit.preferences);
    page::<L>(&visit, &visit.query, columns, None).await
}

async fn page<L: Listed>(
    visit: &Visit,
    state: &Fields,
    columns: Vec<String>,
    moved: Option<(&str, &str)>,
) -> PageResult {
    let (list, custom) = (L::LIST, L::custom_columns(visit).await?);
    let name_of = |frame: &Frame, name: &str| match custom.iter().find(|column| column.name == name) {
        Some(column) => column.label.clone(),
        None => label(frame, list, name),
    };
    let frame = visit.frame.clone().within(list.section());
    let count = columns.len();
    let line = |(place, name): (usize, &str)| {
        let (is_first, is_last) = (place == 1, place + 1 == count);
        // At the end of its way, a column can only go back.
        let focus = match moved {
            Some((moved, "up")) if moved == name => {
                if is_first {
                    "down"
                } else {
                    "up"
                }
            }
            Some((moved, _)) if moved == name => {
                if is_last {
                    "up"
                } else {
                    "down"
                }
            }
            _ => "",
        };
        Line { label: name_of(&frame, name), name: name.to_owned(), focus, is_first, is_last }
    };
    let all = list.entity.columns().iter().copied().chain(custom.iter().map(|column| column.name.as_str()));
    let others = all.filter(|name| !columns.iter().any(|column| column == name));
    let page = ColumnsPage {
        action: frame.url(&format!("{}/columns", list.path)),
        back: format!("{}{}", frame.url(list.path), state.query()),
        state: state.query(),
        first: label(&frame, list, list.first),
        others: others.map(|name| line((0, name))).collect(),
        chosen: columns.iter().map(String::as_str).enumerate().skip(1).map(line).collect(),
        frame,
    };
    html(StatusCode::OK, &page)
}

/// Moves a column of the dialogue, or keeps the columns and shows the list with them.
pub(super) async fn choose<L: Listed>(visit: Visit, form: Form) -> PageResult {
    let (list, state) = (L::LIST, state_of(&form.0));
    let mut columns = list.known(form.0.all("column"));
    for (direction, step) in [("up", -1_isize), ("down", 1)] {
        if let Some(name) = form.0.get(direction) {
            let place = columns.iter().position(|column| *column == name);
            let next = place.and_then(|place| place.checked_add_signed(step));
            if let (Some(place), Some(next)) = (place, next.filter(|next| (1..columns.len()).contains(next))) {
                columns.swap(place, next);
            }
            return page::<L>(&visit, &state, columns, Some((name, direction))).await;
        }
    }
    let is_usual = form.0.get("usual").is_some();
    keep(&visit, list, &state, (!is_usual).then_some(columns)).await
}

/// A list with columns in its address, a saved view, keeps them there; any other in the preferences of the user.
async fn keep(
    visit: &Visit,
    list: &'static List,
    state: &Fields,
    columns: Option<Vec<String>>,
) -> Result<HttpResponse, ApiError> {
    let here = visit.frame.url(list.path);
    if state.get("columns").is_some() {
        let state = match columns {
            Some(columns) => state.with("columns", &columns.join(",")),
            None => state.without("columns", None),
        };
        return Ok(see_other(format!("{here}{}", state.query())));
    }
    let patch = ListPreferencesPatch { columns: columns.into(), ..ListPreferencesPatch::default() };
    visit.scope().preferences().update(of_list(list, patch), None).await?;
    Ok(see_other(format!("{here}{}", state.query())))
}

/// A change of what a user wants of one list.
pub(super) fn of_list(list: &List, patch: ListPreferencesPatch) -> PreferencesPatch {
    let lists = match list.entity {
        ViewEntity::Customers => ListsPatch { customers: Patch::Set(patch), ..ListsPatch::default() },
        ViewEntity::Interactions => ListsPatch { interactions: Patch::Set(patch), ..ListsPatch::default() },
        ViewEntity::Tasks => ListsPatch { tasks: Patch::Set(patch), ..ListsPatch::default() },
        ViewEntity::Deals => ListsPatch { deals: Patch::Set(patch), ..ListsPatch::default() },
        ViewEntity::Leads => ListsPatch { leads: Patch::Set(patch), ..ListsPatch::default() },
    };
    PreferencesPatch { lists: Patch::Set(lists), ..PreferencesPatch::default() }
}
