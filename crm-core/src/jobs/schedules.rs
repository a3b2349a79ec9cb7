//! Schedules: jobs that are enqueued by the clock, in the company's time zone.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cron;
use super::enqueue::enqueue;
use super::input::NewJob;
use super::model::Job;
use super::repo::Jobs;
use super::worker::is_closed;
use crate::base::error::{Conflict, Error, Kind, Result, Violations};
use crate::base::ids::{CompanyId, JobScheduleId};
use crate::base::patch::{Patch, patch};
use crate::base::rights::ActorRef;
use crate::scope::actor::{Action, Actor, Resource};
use crate::scope::company::Company;
use crate::scope::{Change, CompanyTx, Crm, Record, company_owned, envelope};

/// The maximum number of schedules of a company.
pub const MAX_SCHEDULES: u64 = 100;
const TABLE: &str = "crm_job_schedules";

mod schedule_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "crm_job_schedules")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub company_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
        pub name: String,
        pub cron: String,
        pub kind: String,
        pub payload: Json,
        pub next_run_at: Option<ChronoDateTimeUtc>,
        pub created_by_kind: String,
        pub created_by_id: Option<Uuid>,
        pub updated_by_kind: String,
        pub updated_by_id: Option<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

company_owned!(schedule_row, Id, Version);

/// A schedule to add or to change.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJobSchedule {
    /// The name, unique in the company.
    pub name: String,
    /// Minute, hour, day of the month, month and day of the week, as in cron: `0 9 * * MON-FRI`. In the company's time
    /// zone: a time that is skipped when clocks change is due when the gap ends, and a repeated one the first time.
    pub cron: String,
    /// The kind of its jobs.
    pub kind: String,
    /// The payload of its jobs.
    pub payload: Value,
    /// Whether it is switched on.
    pub is_enabled: bool,
}

impl NewJobSchedule {
    /// A schedule that is switched on.
    #[must_use]
    pub fn new(name: impl Into<String>, cron: impl Into<String>, kind: impl Into<String>) -> Self {
        let (name, cron, kind) = (name.into(), cron.into(), kind.into());
        Self { name, cron, kind, payload: Value::Null, is_enabled: true }
    }
}

/// A schedule of jobs. At most one of its jobs waits or runs; times that passed meanwhile are made up for by one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct JobSchedule {
    /// The id.
    pub id: JobScheduleId,
    /// Counts the writes, from 1.
    pub version: i64,
    /// The name, unique in the company.
    pub name: String,
    /// Minute, hour, day of the month, month and day of the week, in the company's time zone.
    #[cfg_attr(feature = "openapi", schema(example = "30 2 * * *"))]
    pub cron: String,
    /// The kind of its jobs.
    pub kind: String,
    /// The payload of its jobs.
    #[serde(skip)]
    pub payload: Value,
    /// Whether it is switched on.
    pub is_enabled: bool,
    /// When the next job is enqueued, if it is switched on and there is a next time.
    pub next_run_at: Option<DateTime<Utc>>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who wrote it last.
    pub updated_by: ActorRef,
}

patch! {
    /// A change of a schedule: an absent field stays unchanged.
    JobSchedulePatch {
        /// Whether it is switched on. When it is switched on, the next job is enqueued at the next time from now.
        is_enabled: bool,
    }
}

envelope!(JobSchedule);

impl JobSchedule {
    /// Its next job: at most one waits or runs.
    fn job(&self) -> NewJob {
        let job = NewJob::new(self.kind.clone(), self.payload.clone());
        NewJob { schedule: Some(self.id), ..job.unique(format!("schedule:{}", self.id)) }
    }
}

impl Record for JobSchedule {
    type Entity = schedule_row::Entity;
    const KIND: Kind = Kind::JobSchedule;
    const UNTRACKED_FIELDS: &'static [&'static str] =
        &["id", "version", "nextRunAt", "createdAt", "updatedAt", "createdBy", "updatedBy"];

    fn row(&self, company: &Company) -> Result<schedule_row::ActiveModel> {
        let schedule = self.clone();
        Ok(schedule_row::ActiveModel {
            company_id: Set(company.id.0),
            id: Set(schedule.id.0),
            version: Set(schedule.version),
            created_at: Set(schedule.created_at),
            updated_at: Set(schedule.updated_at),
            name: Set(schedule.name),
            cron: Set(schedule.cron),
            kind: Set(schedule.kind),
            payload: Set(schedule.payload),
            next_run_at: Set(schedule.next_run_at),
            created_by_kind: Set(schedule.created_by.kind.to_string()),
            created_by_id: Set(schedule.created_by.id.map(Into::into)),
            updated_by_kind: Set(schedule.updated_by.kind.to_string()),
            updated_by_id: Set(schedule.updated_by.id.map(Into::into)),
        })
    }
}

impl TryFrom<schedule_row::Model> for JobSchedule {
    type Error = Error;

    fn try_from(row: schedule_row::Model) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            version: row.version,
            name: row.name,
            cron: row.cron,
            kind: row.kind,
            payload: row.payload,
            is_enabled: row.next_run_at.is_some(),
            next_run_at: row.next_run_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            created_by: ActorRef::read(&row.created_by_kind, row.created_by_id)?,
            updated_by: ActorRef::read(&row.updated_by_kind, row.updated_by_id)?,
        })
    }
}

impl Jobs<'_, '_> {
    /// The schedules of the company, by name.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to start jobs.
    pub async fn schedules(&mut self) -> Result<Vec<JobSchedule>> {
        self.0.company().await?;
        self.0.authorize(Resource::Jobs, Action::Create).await?;
        let rows = self.0.find::<schedule_row::Entity>();
        let rows: Vec<schedule_row::Model> =
            rows.map(|select| select.order_by_asc(schedule_row::Column::Name)).fetch_up_to(MAX_SCHEDULES).await?;
        rows.into_iter().map(JobSchedule::try_from).collect()
    }

    /// One schedule.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to start jobs; [`Error::NotFound`].
    pub async fn get_schedule(&mut self, id: JobScheduleId) -> Result<JobSchedule> {
        self.0.company().await?;
        self.0.authorize(Resource::Jobs, Action::Create).await?;
        let row: Option<schedule_row::Model> = self.0.find::<schedule_row::Entity>().by_id(id).one().await?;
        row.ok_or_else(|| Error::not_found(Kind::JobSchedule, id))?.try_into()
    }

    /// Switches a schedule on or off; `expected` is the version that the caller has seen.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to start jobs; [`Error::NotFound`]; [`Error::Stale`]; [`Error::Invalid`].
    #[tracing::instrument(name = "jobs.update_schedule", skip_all, fields(company.id = %self.0.company_id(), %id))]
    pub async fn update_schedule(
        &mut self,
        id: JobScheduleId,
        patch: JobSchedulePatch,
        expected: Option<i64>,
    ) -> Result<JobSchedule> {
        self.0.write(async |tx| update(tx, id, patch, expected).await).await
    }

    /// Enqueues a job of a schedule now, also of one that is switched off; its next time stays. If one of its jobs waits
    /// or runs, that job is returned.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to start jobs; [`Error::NotFound`].
    #[tracing::instrument(name = "jobs.run_schedule", skip_all, fields(company.id = %self.0.company_id(), %id))]
    pub async fn run_schedule(&mut self, id: JobScheduleId) -> Result<Job> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Jobs, Action::Create, None, None)?;
                let job = locked(tx, id).await?.job();
                let job = enqueue(tx, vec![job]).await?.pop();
                job.ok_or_else(|| Error::internal("a job stands for each new one"))?.try_into()
            })
            .await
    }

    /// Adds a schedule, or changes the one with this name.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to start jobs; [`Error::Invalid`];
    /// [`Conflict::TooManyJobSchedules`](crate::Conflict::TooManyJobSchedules).
    #[tracing::instrument(name = "jobs.schedule", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn schedule(&mut self, new: NewJobSchedule) -> Result<JobSchedule> {
        self.0.write(async |tx| schedule(tx, new).await).await
    }

    /// Deletes the schedule with this name, if there is one. Its waiting job stays.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to start jobs.
    #[tracing::instrument(name = "jobs.unschedule", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn unschedule(&mut self, name: &str) -> Result<()> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Jobs, Action::Create, None, None)?;
                if let Some(schedule) = named(tx, name).await? {
                    tx.delete(&schedule);
                }
                Ok(())
            })
            .await
    }
}

async fn named(tx: &CompanyTx<'_>, name: &str) -> Result<Option<JobSchedule>> {
    let rows = tx.find::<schedule_row::Entity>().filter(Expr::col("name").eq(name)).for_no_key_update();
    rows.one::<schedule_row::Model>().await?.map(JobSchedule::try_from).transpose()
}

async fn locked(tx: &CompanyTx<'_>, id: JobScheduleId) -> Result<JobSchedule> {
    let row: Option<schedule_row::Model> =
        tx.find::<schedule_row::Entity>().by_id(id).for_no_key_update().one().await?;
    row.ok_or_else(|| Error::not_found(Kind::JobSchedule, id))?.try_into()
}

async fn update(
    tx: &mut CompanyTx<'_>,
    id: JobScheduleId,
    JobSchedulePatch { is_enabled }: JobSchedulePatch,
    expected: Option<i64>,
) -> Result<JobSchedule> {
    tx.authorize(Resource::Jobs, Action::Create, None, None)?;
    let before = locked(tx, id).await?;
    CompanyTx::expect_version(&before, expected)?;
    let is_enabled = match is_enabled {
        Patch::Absent => before.is_enabled,
        Patch::Set(is_enabled) => is_enabled,
        Patch::Clear => return Err(Violations::one("/isEnabled", "required", "true or false").into()),
    };
    if is_enabled == before.is_enabled {
        return Ok(before);
    }
    let parsed = cron::parse(&before.cron).filter(|_| is_enabled);
    let next = parsed.and_then(|cron| cron::next(&cron, time_zone(tx), tx.now()));
    let mut after = JobSchedule { is_enabled: next.is_some(), next_run_at: next, ..before.clone() };
    Ok(if tx.update(&before, &mut after, Change::Updated).await? { after } else { before })
}

async fn schedule(tx: &mut CompanyTx<'_>, new: NewJobSchedule) -> Result<JobSchedule> {
    tx.authorize(Resource::Jobs, Action::Create, None, None)?;
    let mut violations = Violations::default();
    if cron::parse(&new.cron).is_none() {
        violations.add("/cron", "cron_invalid", "expected five fields, such as 0 9 * * MON-FRI");
    }
    if !(1..=200).contains(&new.name.chars().count()) {
        violations.add("/name", "too_long", "1 to 200 characters");
    }
    violations.into_result()?;
    NewJob::new(new.kind.clone(), new.payload.clone()).check()?;
    if let Some(before) = named(tx, &new.name).await? {
        let next = first_run(tx, &new);
        let NewJobSchedule { cron, kind, payload, .. } = new;
        let mut after =
            JobSchedule { cron, kind, payload, is_enabled: next.is_some(), next_run_at: next, ..before.clone() };
        // Its payload is no part of the history, but may be all that changes.
        if !tx.update(&before, &mut after, Change::Updated).await? {
            store_next(tx, &after).await?;
        }
        return Ok(after);
    }
    add(tx, new).await
}

/// Adds a schedule of the CRM's own, unless the company has one with its name or for its kind, which may be switched off.
///
/// # Errors
/// [`Conflict::TooManyJobSchedules`](crate::Conflict::TooManyJobSchedules).
pub(crate) async fn ensure_scheduled(tx: &mut CompanyTx<'_>, new: NewJobSchedule) -> Result<()> {
    let is_same = Expr::col("name").eq(new.name.as_str()).or(Expr::col("kind").eq(new.kind.as_str()));
    match tx.find::<schedule_row::Entity>().filter(is_same).count(Some(1)).await? {
        0 => add(tx, new).await.map(drop),
        _ => Ok(()),
    }
}

/// When a schedule starts its first job.
fn first_run(tx: &CompanyTx<'_>, new: &NewJobSchedule) -> Option<DateTime<Utc>> {
    cron::parse(&new.cron).filter(|_| new.is_enabled).and_then(|cron| cron::next(&cron, time_zone(tx), tx.now()))
}

async fn add(tx: &mut CompanyTx<'_>, new: NewJobSchedule) -> Result<JobSchedule> {
    if tx.find::<schedule_row::Entity>().count(Some(MAX_SCHEDULES)).await? >= MAX_SCHEDULES {
        return Err(Conflict::TooManyJobSchedules.into());
    }
    let next = first_run(tx, &new);
    let NewJobSchedule { name, cron, kind, payload, .. } = new;
    let by = ActorRef::from(tx.actor());
    let mut schedule = JobSchedule {
        id: tx.id().into(),
        version: 1,
        name,
        cron,
        kind,
        payload,
        is_enabled: next.is_some(),
        next_run_at: next,
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
    };
    tx.stamp_new(&mut schedule);
    tx.insert(&schedule).await?;
    Ok(schedule)
}

fn time_zone<'t>(tx: &'t CompanyTx<'_>) -> &'t str {
    &tx.company.settings.time_zone
}

async fn store_next(tx: &mut CompanyTx<'_>, schedule: &JobSchedule) -> Result<()> {
    let update = Query::update()
        .table(TABLE)
        .value("next_run_at", schedule.next_run_at)
        .value("payload", schedule.payload.clone())
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("id").eq(schedule.id.0))
        .to_owned();
    tx.execute(&update).await.map(drop)
}

/// Plans all schedules anew, because the company's time zone has changed.
pub(crate) async fn reschedule(tx: &mut CompanyTx<'_>, zone: &str) -> Result<()> {
    let rows = tx.find::<schedule_row::Entity>().filter(Expr::col("next_run_at").is_not_null()).for_no_key_update();
    for row in rows.fetch_up_to::<schedule_row::Model>(MAX_SCHEDULES).await? {
        let mut schedule = JobSchedule::try_from(row)?;
        schedule.next_run_at = cron::parse(&schedule.cron).and_then(|cron| cron::next(&cron, zone, tx.now()));
        store_next(tx, &schedule).await?;
    }
    Ok(())
}

/// Enqueues the jobs of all due schedules.
pub(super) async fn fire_due(crm: &Crm, db: &DatabaseConnection) -> Result<()> {
    let due = Query::select()
        .distinct()
        .column("company_id")
        .from(TABLE)
        .and_where(Expr::col("next_run_at").lte(crm.now()))
        .to_owned();
    for row in db.query_all(&due).await? {
        let company = CompanyId(row.try_get("", "company_id")?);
        if !is_closed(crm, db, company).await? {
            crm.on(Actor::system(company), db).write(async |tx| fire(tx).await).await?;
        }
    }
    Ok(())
}

/// A second worker waits, and then finds that nothing is due any more.
async fn fire(tx: &mut CompanyTx<'_>) -> Result<()> {
    let rows = tx.find::<schedule_row::Entity>().filter(Expr::col("next_run_at").lte(tx.now())).for_no_key_update();
    let rows: Vec<schedule_row::Model> = rows.fetch_up_to(MAX_SCHEDULES).await?;
    let mut jobs = Vec::new();
    for row in rows {
        let mut schedule = JobSchedule::try_from(row)?;
        jobs.push(schedule.job());
        let next = cron::parse(&schedule.cron).and_then(|cron| cron::next(&cron, time_zone(tx), tx.now()));
        schedule.next_run_at = next;
        store_next(tx, &schedule).await?;
    }
    enqueue(tx, jobs).await.map(drop)
}
