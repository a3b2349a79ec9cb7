//! The tags of the company, each with how many customers have it.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::page::{Count, PageRequest, Position, TotalRelation};
use crm_core::tags::{Tag, TagQuery, TagSort, TagSortKey};

use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::web::{Frame, PageResult, Visit, html};

/// How many tags come at once.
const ROWS: u64 = 50;
/// The longest text that names are searched for.
const LONGEST: usize = 64;

#[derive(Template)]
#[template(path = "tags/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    columns: Vec<Column>,
    text: String,
    sort: String,
    total: Option<String>,
    more: Option<String>,
    /// Where a tag is added.
    add: String,
    may_create: bool,
    may_update: bool,
    may_delete: bool,
}

struct Row {
    tag: Tag,
    /// The customers who have it.
    customers: String,
    count: String,
    url: String,
    /// The way back for its forms.
    back: String,
    created: Shown,
}

impl Row {
    /// The address of one of its forms.
    fn form(&self, name: &str) -> String {
        format!("{}/{name}{}", self.url, self.back)
    }
}

/// A column that sorts: its name in messages, the address, the order it is in, and its class.
struct Column {
    name: &'static str,
    url: String,
    order: &'static str,
    class: &'static str,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let fields = visit.query.without("cursor", None);
    let text: String = fields.text("q").chars().take(LONGEST).collect();
    let sort = fields.get("sort").and_then(|sort| sort.parse().ok()).unwrap_or_default();
    let query = TagQuery { text: Some(text.clone()), sort };
    let cursor = visit.query.get("cursor").map(|cursor| Position::Cursor(cursor.to_owned()));
    let count = if cursor.is_some() { Count::None } else { Count::Capped };
    let request = PageRequest::new(cursor, Some(ROWS), Some(count))?;
    let page = visit.scope().tags().list(&query, &request).await?;
    let frame = visit.frame.clone().within("tags");
    let here = frame.url("tags");
    let back = Fields::default().with("back", &format!("{here}{}", fields.query())).query();
    let may = |action| visit.actor().reach(Resource::Tags, action).is_some();
    let list = ListPage {
        more: page.next_cursor.as_deref().map(|cursor| format!("{here}{}", fields.with("cursor", cursor).query())),
        total: page.total.map(|total| {
            let is_more = page.total_relation == Some(TotalRelation::Gte);
            let name = if is_more { "tags-count-at-least" } else { "tags-count" };
            frame.n(name, &usize::try_from(total).unwrap_or(usize::MAX))
        }),
        rows: page.data.into_iter().map(|tag| row(&frame, tag, &back)).collect(),
        columns: columns(&here, &fields, sort),
        add: format!("{}{back}", frame.url("tags/new")),
        sort: fields.text("sort").to_owned(),
        may_create: may(Action::Create),
        may_update: may(Action::Update),
        may_delete: may(Action::Delete),
        text,
        frame,
    };
    html(StatusCode::OK, &list)
}

fn row(frame: &Frame, tag: Tag, back: &str) -> Row {
    Row {
        customers: frame.url(&format!("customers{}", Fields::default().with("tag", &tag.name).query())),
        count: frame.language().number(i64::try_from(tag.usage_count).unwrap_or(i64::MAX)),
        url: frame.url(&format!("tags/{}", tag.id)),
        back: back.to_owned(),
        created: frame.calendar.relative(tag.created_at),
        tag,
    }
}

fn columns(here: &str, fields: &Fields, sort: TagSort) -> Vec<Column> {
    // The first click on a number or a time shows the greatest.
    let column = |(name, key, by, falls, class): (&'static str, TagSortKey, &str, bool, &'static str)| {
        let is_active = sort.key == key;
        let descending = if is_active { !sort.descending } else { falls };
        let sign = if descending { "-" } else { "" };
        let order = match (is_active, sort.descending) {
            (false, _) => "none",
            (true, true) => "descending",
            (true, false) => "ascending",
        };
        Column { name, url: format!("{here}{}", fields.with("sort", &format!("{sign}{by}")).query()), order, class }
    };
    [
        ("field-name", TagSortKey::Name, "name", false, ""),
        ("customers-title", TagSortKey::UsageCount, "usageCount", true, "right"),
        ("field-created-at", TagSortKey::CreatedAt, "createdAt", true, "right"),
    ]
    .map(column)
    .into()
}
