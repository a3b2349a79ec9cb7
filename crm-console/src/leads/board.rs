//! The board: the statuses side by side, with the latest leads of each.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::ids::LeadStatusId;
use crm_core::leads::{LeadBoardStatus, LeadRating};

use super::card::{self, Card};
use super::table::forms;
use super::{SECTION, state};
use crate::base::fields::Fields;
use crate::customers::Choice;
use crate::deals::hidden;
use crate::lists::Filter;
use crate::web::{Frame, PageResult, Visit, html};

#[derive(Template)]
#[template(path = "leads/board.html")]
struct BoardPage {
    frame: Frame,
    /// Mine, nobody's or everybody's, and the board or the list: the address, and the label.
    whose: Vec<Choice>,
    forms: Vec<Choice>,
    filters: Vec<Filter>,
    /// What the form of filters keeps.
    kept: Vec<(String, String)>,
    text: String,
    /// Where the form of filters goes.
    here: String,
    columns: Vec<Column>,
    is_empty: bool,
    add: Option<String>,
    /// Where the statuses are changed.
    settings: Option<String>,
}

struct Column {
    id: LeadStatusId,
    name: String,
    kind: &'static str,
    color: Option<String>,
    /// Whether leads can get this status.
    takes: bool,
    count: String,
    cards: Vec<Card>,
    /// That there are more, and the list of all.
    more: Option<(String, String)>,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let fields = state::of_board(&visit.query);
    let board = visit.scope().leads().board(&state::listed(&fields)).await?;
    let frame = visit.frame.clone().within(SECTION);
    let here = frame.url(SECTION);
    let back = card::back(&format!("{here}{}", fields.query()));
    let filters = vec![ratings(&frame, &fields)];
    let may = |resource, action| visit.actor().reach(resource, action).is_some();
    let page = BoardPage {
        whose: whose(&frame, &fields),
        forms: forms(&frame, &fields, true),
        kept: hidden(&fields, &filters),
        text: fields.text("q").to_owned(),
        is_empty: board.statuses.iter().all(|status| status.count == 0),
        columns: board.statuses.iter().map(|status| column(&visit, status, &fields, &back)).collect(),
        add: may(Resource::Leads, Action::Create).then(|| format!("{}{back}", frame.url("leads/new"))),
        settings: may(Resource::LeadStatuses, Action::Update).then(|| frame.url("settings/lead-statuses")),
        filters,
        here,
        frame,
    };
    html(StatusCode::OK, &page)
}

/// The choice of ratings, which the list has as well.
pub(super) fn ratings(frame: &Frame, fields: &Fields) -> Filter {
    let choice = |name: &&str| Choice {
        value: (*name).to_owned(),
        label: frame.named("rating", name),
        is_chosen: fields.all("rating").any(|held| held == *name),
    };
    Filter::many("rating", frame.t("leads-filter-rating"), LeadRating::NAMES.iter().map(choice).collect())
}

fn whose(frame: &Frame, fields: &Fields) -> Vec<Choice> {
    let here = frame.url(SECTION);
    let choice = |(owner, name): (&str, &str)| Choice {
        value: format!("{here}{}", fields.with("owner", owner).query()),
        label: frame.named("leads-whose", name),
        is_chosen: fields.text("owner") == owner,
    };
    [("", "all"), ("me", "me"), ("none", "none")].map(choice).into()
}

fn column(visit: &Visit, told: &LeadBoardStatus, shown: &Fields, back: &str) -> Column {
    let (frame, status) = (&visit.frame, &told.status);
    let count = frame.language().number(i64::try_from(told.count).unwrap_or(i64::MAX));
    let left = usize::try_from(told.count).unwrap_or(usize::MAX).saturating_sub(told.leads.len());
    let list = shown.with("status", &status.code).query();
    let words = if told.is_capped { frame.t("leads-more-all") } else { frame.n("leads-more", &left) };
    Column {
        id: status.id,
        name: status.name.clone(),
        kind: status.status_type.as_str(),
        color: status.color.clone(),
        takes: !status.is_archived,
        count: if told.is_capped { format!("{count}+") } else { count },
        cards: told.leads.iter().map(|lead| Card::of(visit, lead, back)).collect(),
        more: (left > 0).then(|| (words, format!("{}{list}", frame.url("leads/table")))),
    }
}
