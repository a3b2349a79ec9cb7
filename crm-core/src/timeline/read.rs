//! Reading a timeline: one statement, whatever it is made of.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::TimelineRequest;
use super::model::{TimelineEntry, TimelineKind, TimelineQuery};
use crate::base::error::{Kind, Result};
use crate::base::ids::{CustomerId, LeadId};
use crate::customers::{self, Party};
use crate::deals::Standing;
use crate::history::{self, Change};
use crate::leads::Leads;
use crate::query::page::{self, Count, Key, Page, PageRequest};
use crate::scope::actor::{Action, Resource};
use crate::scope::parameters::Parameters;
use crate::scope::visibility::Access;
use crate::scope::{COMPANY, CompanyScope, FromRow, RowReader, SelectList};
use crate::tasks::Calendar;

/// How a timeline shows what hangs on the customer.
pub(crate) struct Branch {
    pub kind: TimelineKind,
    /// The column with the time at which a row stands in the timeline.
    pub at: &'static str,
    /// Who sees it.
    pub access: &'static Access,
    /// What [`Self::read`] takes from a row, on PostgreSQL and elsewhere.
    pub columns: fn(bool) -> &'static SelectList,
    pub read: fn(&mut RowReader<'_>) -> Result<TimelineEntry>,
}

/// One of the tables that entries come from: which rows, by which time, and how they are read.
struct Part {
    /// What the rows are called in the statement.
    name: &'static str,
    table: &'static str,
    at: &'static str,
    /// Each finds rows by an index of its own, and no row meets two of them.
    conditions: Vec<String>,
    /// The column with the customer.
    customer: &'static str,
    columns: &'static SelectList,
    read: fn(&mut RowReader<'_>) -> Result<TimelineEntry>,
}

impl Part {
    /// The time and id of its newest rows, no more than the page needs.
    fn newest(&self, bounds: &str) -> String {
        let Self { name, table, at, conditions, customer, .. } = self;
        let bounds = bounds.replace("{at}", at);
        let newest = |(number, condition): (usize, &String)| {
            format!(
                "SELECT * FROM (SELECT {at} AS at, id, {customer} AS customer, '{name}' AS name FROM {table} \
                 WHERE company_id = $1 AND {condition}{bounds} ORDER BY {at} DESC, id DESC LIMIT $3) \
                 AS {name}_entries_{number}"
            )
        };
        conditions.iter().enumerate().map(newest).collect::<Vec<_>>().join(" UNION ALL ")
    }

    /// The rows themselves, for those of them that are the newest of all.
    fn join(&self) -> String {
        let Self { name, table, .. } = self;
        format!(" LEFT JOIN {table} ON newest.name = '{name}' AND {table}.company_id = $1 AND {table}.id = newest.id")
    }
}

impl customers::Customers<'_, '_> {
    /// The timeline of a customer, the newest first: their changes, the notes on them, the interactions with them, the
    /// deals, the tasks for them, and what the host adds; of one who was a lead, also what happened before. Of a customer in the
    /// trash it tells those who may restore. One statement, one more if it is counted or empty, and one more for the names
    /// of people who are included.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound); [`Error::Malformed`](crate::Error::Malformed) for a cursor of another
    /// list; what a [`TimelineSource`](super::TimelineSource) says.
    pub async fn timeline(
        &self,
        id: CustomerId,
        query: &TimelineQuery,
        request: &PageRequest,
    ) -> Result<Page<TimelineEntry>> {
        read(self.scope(), id.into(), query, request).await
    }
}

impl Leads<'_, '_> {
    /// The timeline of a lead that was not converted, as [`Customers::timeline`](customers::Customers::timeline) gives it;
    /// the host adds nothing. That of a converted one is part of the customer's.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound); [`Error::Malformed`](crate::Error::Malformed) for a cursor of another list.
    pub async fn timeline(
        &self,
        id: LeadId,
        query: &TimelineQuery,
        request: &PageRequest,
    ) -> Result<Page<TimelineEntry>> {
        let query = TimelineQuery { include_people: false, ..query.clone() };
        read(self.scope(), id.into(), &query, request).await
    }
}

async fn read(
    scope: &CompanyScope<'_>,
    party: Party,
    query: &TimelineQuery,
    request: &PageRequest,
) -> Result<Page<TimelineEntry>> {
    let company = scope.company().await?;
    let now = scope.crm.now();
    let (calendar, standing) = (Calendar::of(&company, now), Standing::of(&company, now, scope.actor()));
    scope.authorize_read(party.resource(), Action::Read).await?;
    let (order, digest) = (page::newest_first("at"), page::digest(&("timeline", party.id(), query))?);
    let start = page::start(&order, &digest, request)?;
    let after = match &start.after {
        Some((Key::Time(at), id)) => Some((*at, *id)),
        _ => None,
    };
    let most = start.offset + request.limit + 1;
    // What the host adds cannot be skipped over in the database.
    let is_alone = scope.crm.0.timeline_sources.is_empty();
    let (skipped, left_out) = if is_alone { (start.offset, 0) } else { (0, start.offset) };
    let mut entries = own(scope, party, query, after, (most, skipped)).await?;
    entries.iter_mut().filter_map(|entry| entry.task.as_mut()).for_each(|task| calendar.judge(task));
    entries.iter_mut().filter_map(|entry| entry.deal.as_mut()).for_each(|deal| standing.judge(deal));
    entries.extend(external(scope, party, query, after, most).await?);
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.id)));
    let skipped = usize::try_from(left_out).unwrap_or(usize::MAX);
    let data: Vec<TimelineEntry> = entries.into_iter().skip(skipped).collect();
    if data.is_empty() {
        customers::ensure_history_visible(scope, party).await?;
    }
    let data = if query.include_people { named(scope, party.id(), data).await? } else { data };
    let page = page::end(data, &order, &digest, request, &start, |entry| (Key::Time(entry.at), entry.id))?;
    let bound = match request.count {
        Count::None => return Ok(page),
        Count::Capped => Some(page::COUNT_CAP + 1),
        Count::Exact => None,
    };
    let most = bound.unwrap_or(u64::from(u32::MAX));
    let counted = count(scope, party, query, most).await? + count_external(scope, party, query, most).await?;
    Ok(page.counted(counted, bound.is_some()))
}

/// The entries with the names of their customers. What the host adds is of the customer who was asked for.
async fn named(
    scope: &CompanyScope<'_>,
    asked: CustomerId,
    mut entries: Vec<TimelineEntry>,
) -> Result<Vec<TimelineEntry>> {
    let ids: BTreeSet<Uuid> = entries.iter().map(|entry| entry.of.unwrap_or(asked).0).collect();
    let customers = customers::linked(scope, ids.into_iter().collect()).await?;
    for entry in &mut entries {
        entry.customer = customers.get(&entry.of.unwrap_or(asked)).cloned();
    }
    Ok(entries)
}

/// The entries that the host adds.
async fn external(
    scope: &CompanyScope<'_>,
    party: Party,
    query: &TimelineQuery,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<TimelineEntry>> {
    let Some(request) = request_to_sources(scope, party, query, before, limit).await? else {
        return Ok(Vec::new());
    };
    let mut entries = Vec::new();
    for source in &scope.crm.0.timeline_sources {
        let told = source.entries(&request).await?.into_iter().filter(|entry| request.means(entry));
        entries.extend(told.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(TimelineEntry::from));
    }
    Ok(entries)
}

/// How many entries the host adds.
async fn count_external(scope: &CompanyScope<'_>, party: Party, query: &TimelineQuery, most: u64) -> Result<u64> {
    let Some(request) = request_to_sources(scope, party, query, None, most).await? else {
        return Ok(0);
    };
    let mut count = 0;
    for source in &scope.crm.0.timeline_sources {
        count += source.count(&request).await?.min(most);
    }
    Ok(count)
}

/// What sources are asked, unless there are none or nothing of theirs is wanted.
async fn request_to_sources(
    scope: &CompanyScope<'_>,
    party: Party,
    query: &TimelineQuery,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Option<TimelineRequest>> {
    let Party::Customer(customer) = party else {
        return Ok(None);
    };
    if scope.crm.0.timeline_sources.is_empty() || !query.wants(TimelineKind::External) {
        return Ok(None);
    }
    // A source is only asked about customers that the actor sees.
    customers::ensure_history_visible(scope, customer).await?;
    let (company, user) = (scope.company_id(), scope.actor().user_id());
    Ok(Some(TimelineRequest { company, customer, user, from: query.from, to: query.to, before, limit }))
}

/// Where entries come from, as far as they are wanted and the actor may read them.
fn parts(scope: &CompanyScope<'_>, party: Party, query: &TimelineQuery, parameters: &mut Parameters) -> Vec<Part> {
    let actor = scope.actor();
    let of_children = customers::CHILDREN.iter().filter_map(|child| child.timeline.as_ref());
    let of_children = of_children
        .filter(|branch| query.wants(branch.kind) && !actor.owners(branch.access.resource, Action::Read).are_none());
    let mut parts: Vec<Part> = changes(scope, party, query, parameters).into_iter().collect();
    for Branch { kind, at, access, columns, read } in of_children {
        let visible = actor.visible_sql(access, parameters);
        let whose = whose(scope, "customer_id", query, parameters);
        let conditions = vec![format!("{whose} AND deleted_at IS NULL{visible}")];
        let (name, table, customer) = (kind.as_str(), access.table, "customer_id");
        let columns = columns(scope.is_postgres());
        parts.push(Part { name, table, at, conditions, customer, columns, read: *read });
    }
    parts
}

/// The condition that a row is the customer's, or of one of those people that the actor sees.
fn whose(scope: &CompanyScope<'_>, column: &str, query: &TimelineQuery, parameters: &mut Parameters) -> String {
    if !query.include_people {
        return format!("{column} = $2");
    }
    let own = scope.actor().owners(Resource::Customers, Action::Read).sql("p.owner_id", |me| parameters.add(me));
    format!(
        "{column} IN (SELECT p.id FROM crm_customers AS p WHERE p.company_id = $1 \
         AND (p.id = $2 OR (p.organization_id = $2 AND p.deleted_at IS NULL{own})))"
    )
}

/// The changes of the customer, also from when they were a lead, or of the lead.
fn changes(scope: &CompanyScope<'_>, party: Party, query: &TimelineQuery, parameters: &mut Parameters) -> Option<Part> {
    const APART: &str = "action NOT IN ('deleted', 'restored', 'tagged', 'untagged')";
    let kinds = [
        (TimelineKind::Change, format!("(origin IS NULL AND {APART})")),
        (TimelineKind::Import, format!("(origin = 'import' AND {APART})")),
        (TimelineKind::Trash, "action IN ('deleted', 'restored')".to_owned()),
        (TimelineKind::Tag, "action IN ('tagged', 'untagged')".to_owned()),
    ];
    let wanted: Vec<&str> = kinds.iter().filter(|(kind, _)| query.wants(*kind)).map(|(_, sql)| sql.as_str()).collect();
    if wanted.is_empty() {
        return None;
    }
    let kinds = if wanted.len() == kinds.len() { String::new() } else { format!(" AND ({})", wanted.join(" OR ")) };
    let private = scope.actor().private_records().sql("private_to", |me| parameters.add(me));
    let whose = whose(scope, "entity_id", query, parameters);
    let entities: &[Kind] = match party {
        Party::Lead(_) => &[Kind::Lead],
        Party::Customer(_) | Party::Any(_) => &[Kind::Customer, Kind::Lead],
    };
    Some(Part {
        name: "change",
        table: "crm_changes",
        at: "occurred_at",
        conditions: entities.iter().map(|kind| format!("entity = '{kind}' AND {whose}{private}{kinds}")).collect(),
        customer: "entity_id",
        columns: &history::COLUMNS,
        read: |row| Ok(Change::from_row(row)?.into()),
    })
}

/// Conditions that hold for all parts; `{at}` stands for the time of a row.
fn bounds(
    scope: &CompanyScope<'_>,
    party: Party,
    query: &TimelineQuery,
    after: Option<(DateTime<Utc>, Uuid)>,
    parameters: &mut Parameters,
) -> Result<String> {
    let mut bounds = customers::history_visible_sql(scope, party, |value| parameters.add(value));
    if let Some(from) = query.from {
        bounds.push_str(&format!(" AND {{at}} >= {}", parameters.add(from)));
    }
    if let Some(to) = query.to {
        bounds.push_str(&format!(" AND {{at}} < {}", parameters.add(to)));
    }
    if let Some((at, id)) = after {
        let (at, id) = (parameters.add(at), parameters.add(id));
        // The bound on the time alone says the same again, for SQLite, which uses no index for row values.
        bounds.push_str(&format!(" AND ({{at}}, id) < ({at}, {id}) AND {{at}} <= {at}"));
    }
    Ok(bounds)
}

/// `$1` is the company, `$2` the customer or the lead, `$3` how many rows of each part.
fn parameters(scope: &CompanyScope<'_>, party: Party, rows: u64) -> Result<Parameters> {
    let rows = i64::try_from(rows).map_err(crate::Error::internal)?;
    Ok(Parameters::new([scope.company_id().0.into(), party.id().0.into(), rows.into()]))
}

async fn own(
    scope: &CompanyScope<'_>,
    party: Party,
    query: &TimelineQuery,
    after: Option<(DateTime<Utc>, Uuid)>,
    (most, skipped): (u64, u64),
) -> Result<Vec<TimelineEntry>> {
    let mut parameters = parameters(scope, party, most)?;
    let bounds = bounds(scope, party, query, after, &mut parameters)?;
    let parts = parts(scope, party, query, &mut parameters);
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let of_each =
        |text: &dyn Fn(&Part) -> String, between: &str| parts.iter().map(text).collect::<Vec<_>>().join(between);
    let sql = format!(
        "WITH newest AS (SELECT * FROM ({}) AS merged ORDER BY at DESC, id DESC LIMIT {} OFFSET {skipped}) \
         SELECT newest.name AS entry_name, newest.customer AS entry_customer, {} FROM newest{} ORDER BY newest.at DESC, newest.id DESC",
        of_each(&|part| part.newest(&bounds), " UNION ALL "),
        most - skipped,
        of_each(&|part| part.columns.sql.replace(COMPANY, "$1"), ", "),
        of_each(&Part::join, ""),
    );
    let rows = parameters.rows(scope, &sql).await?;
    rows.iter().map(|row| entry(&parts, RowReader::new(row))).collect()
}

/// A row has the columns of all parts, those of the others without values.
fn entry(parts: &[Part], mut row: RowReader<'_>) -> Result<TimelineEntry> {
    let (name, of): (String, CustomerId) = (row.take("entry_name")?, row.take("entry_customer")?);
    for part in parts {
        if part.name == name {
            return Ok(TimelineEntry { of: Some(of), ..(part.read)(&mut row)? });
        }
        row.skip(part.columns.columns);
    }
    Err(crate::Error::internal("an entry is of one of the parts"))
}

async fn count(scope: &CompanyScope<'_>, party: Party, query: &TimelineQuery, most: u64) -> Result<u64> {
    let mut parameters = parameters(scope, party, most)?;
    let bounds = bounds(scope, party, query, None, &mut parameters)?;
    let parts = parts(scope, party, query, &mut parameters);
    if parts.is_empty() {
        return Ok(0);
    }
    let newest: Vec<String> = parts.iter().map(|part| part.newest(&bounds)).collect();
    let sql = format!("SELECT count(*) AS count FROM ({}) AS merged", newest.join(" UNION ALL "));
    let rows = parameters.rows(scope, &sql).await?;
    let count: i64 = rows.first().map(|row| row.try_get("", "count")).transpose()?.unwrap_or_default();
    Ok(u64::try_from(count).unwrap_or_default())
}
