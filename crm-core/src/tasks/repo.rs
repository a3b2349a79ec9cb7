//! The operations on tasks.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{FromQueryResult, QuerySelect};
use uuid::Uuid;

use super::completion::TaskCompletion;
use super::due::Calendar;
use super::input::{NewTask, TaskPatch};
use super::model::{Task, TaskStatus};
use super::query::{TaskQuery, order, sort_key};
use super::{collaborators, references, row, series, timers};
use crate::base::error::{Conflict, Error, Kind, Result, Violations};
use crate::base::ids::{CustomerId, DealId, TaskId, UserId};
use crate::base::patch::Patch;
use crate::customers::{self, Party};
use crate::notifications::{self, Notice, NotificationKind};
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, Actor, ActorKind, ActorRef, Resource};
use crate::scope::visibility::Parties;
use crate::scope::{Change, CompanyScope, CompanyTx, Trashable, is_live, read_page};

/// The maximum number of collaborators of a task.
const MAX_COLLABORATORS: usize = 20;

/// The tasks of the company. Obtained from [`CompanyScope::tasks`].
///
/// All users who may read tasks see those without a customer, and those for customers and leads that they see.
#[derive(Debug)]
pub struct Tasks<'s, 'c> {
    pub(super) scope: &'s mut CompanyScope<'c>,
}

impl<'c> CompanyScope<'c> {
    /// The tasks of the company.
    pub fn tasks(&mut self) -> Tasks<'_, 'c> {
        Tasks { scope: self }
    }
}

impl Tasks<'_, '_> {
    /// Adds a task.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults, such as an unknown customer.
    #[tracing::instrument(name = "tasks.create", skip_all, fields(company.id = %self.scope.company_id()))]
    pub async fn create(&mut self, new: NewTask) -> Result<Task> {
        self.ensure_mirrored(Action::Create, &new.assignee_id, new.collaborator_ids.as_deref()).await?;
        self.scope.write(async |tx| create(tx, new).await).await
    }

    /// One task, unless it is in the trash.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, id: TaskId) -> Result<Task> {
        let calendar = self.calendar(false).await?;
        let tasks = self.scope.find::<row::Entity>().by_id(id).filter(within_reach(self.scope, false)?);
        let found: Option<Task> = tasks.filter(is_live(row::TABLE)).select(&row::COLUMNS).one().await?;
        found.map(|task| calendar.judged(task)).ok_or_else(|| Error::not_found(Kind::Task, id))
    }

    /// A page of tasks. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a filter with unknown fields or wrong values, and for a cursor of another list;
    /// [`Error::Forbidden`] for the trash without the right to restore.
    #[tracing::instrument(name = "tasks.list", skip_all, fields(company.id = %self.scope.company_id()))]
    pub async fn list(&self, query: &TaskQuery, request: &PageRequest) -> Result<Page<Task>> {
        let calendar = self.calendar(query.trashed).await?;
        let condition = within_reach(self.scope, query.trashed)?.add(query.condition(self.scope, calendar)?);
        let find = || self.scope.find::<row::Entity>().filter(condition.clone()).select(&row::EXCERPT);
        let key = |task: &Task| (sort_key(query.sort, task), task.id.0);
        let me = query.assignee.or(query.collaborator).map(|_| self.scope.actor().user_id());
        let digest = page::digest(&("tasks", query, me))?;
        let page = read_page(find, &order(query.sort), &digest, request, key).await?;
        Ok(page.map(|task| calendar.judged(task)))
    }

    /// Replaces all writable fields; `expected` is the version that the caller has seen.
    ///
    /// # Errors
    /// Those of [`Tasks::create`]; [`Error::NotFound`]; [`Error::Stale`]; [`Conflict::TaskClosed`] for another status
    /// of what is closed.
    pub async fn replace(&mut self, id: TaskId, new: NewTask, expected: Option<i64>) -> Result<Task> {
        self.ensure_mirrored(Action::Update, &new.assignee_id, new.collaborator_ids.as_deref()).await?;
        let (customer, deal, parent) = (new.customer_id, new.deal_id, new.parent_task_id);
        let writing = Writing { id, customer, deal, parent, moves_series: true, expected, held: None };
        self.write(writing, |_| new.clone()).await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`Tasks::replace`].
    #[tracing::instrument(name = "tasks.update", skip_all, fields(company.id = %self.scope.company_id(), task.id = %id))]
    pub async fn update(&mut self, id: TaskId, patch: TaskPatch, expected: Option<i64>) -> Result<Task> {
        let collaborators = patch.collaborator_ids.value().map(Vec::as_slice);
        self.ensure_mirrored(Action::Update, &patch.assignee_id, collaborators).await?;
        let (customer, deal) = (patch.customer_id.value().copied(), patch.deal_id.value().copied());
        let (parent, moves_series) = (patch.parent_task_id.value().copied(), !patch.recurrence.is_absent());
        let writing = Writing { id, customer, deal, parent, moves_series, expected, held: None };
        self.write(writing, |task| patch.clone().apply(task)).await
    }

    /// Writes a change, once more if it turns out that the customer of the task has to be held.
    async fn write(&mut self, mut writing: Writing, change: impl Fn(&Task) -> NewTask + Send + Sync) -> Result<Task> {
        loop {
            match self.scope.write(async |tx| write(tx, writing, &change).await).await? {
                Ok(task) => return Ok(task),
                Err(Unheld(customer)) => writing.held = Some(customer),
            }
        }
    }

    /// Completes a task, and records its result. A task that recurs is followed by the next one of its series. Said
    /// again in the same words it writes nothing and gives the same, whatever version is expected.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`]; [`Error::Invalid`] with all faults; [`Error::Stale`];
    /// [`Conflict::AlreadyCompleted`] if it was completed in other words or in another way; [`Conflict::TaskClosed`] if
    /// it was canceled.
    #[tracing::instrument(name = "tasks.complete", skip_all, fields(company.id = %self.scope.company_id(), task.id = %id))]
    pub async fn complete(&mut self, id: TaskId, said: TaskCompletion, expected: Option<i64>) -> Result<Task> {
        let mut held = None;
        loop {
            let said = said.clone();
            let written = self.scope.write(async |tx| complete(tx, (id, held), said, expected).await).await?;
            match written {
                Ok(task) => return Ok(task),
                Err(Unheld(customer)) => held = Some(customer),
            }
        }
    }

    /// Opens a closed task again: it is not started, and has no result. An open task stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`]; [`Error::Stale`].
    #[tracing::instrument(name = "tasks.reopen", skip_all, fields(company.id = %self.scope.company_id(), task.id = %id))]
    pub async fn reopen(&mut self, id: TaskId, expected: Option<i64>) -> Result<Task> {
        self.scope.write(async |tx| reopen(tx, id, expected).await).await
    }

    /// Moves a task to the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn delete(&mut self, id: TaskId, expected: Option<i64>) -> Result<()> {
        self.scope
            .write(async |tx| {
                tx.authorize_any(Resource::Tasks, Action::Delete, id.0)?;
                let before = locked(tx, id).await?;
                tx.authorize_write(&before, Action::Delete, expected)?;
                let mut after = before.clone();
                (after.deleted_at, after.delete_batch_id) = (Some(tx.now()), Some(tx.id()));
                tx.update(&before, &mut after, Change::Deleted).await?;
                timers::set(tx, Some(&before), &after);
                Ok(())
            })
            .await
    }

    /// Brings a task back from the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Conflict::NotInTrash`].
    pub async fn restore(&mut self, id: TaskId) -> Result<Task> {
        self.scope.write(async |tx| restore(tx, id).await).await
    }

    /// Mirrors the users that are named before the transaction, so that it holds no connection while the directory is
    /// asked. An actor who will be refused, or who names too many, causes no such request.
    async fn ensure_mirrored(
        &mut self,
        action: Action,
        assignee: &Patch<UserId>,
        collaborators: Option<&[UserId]>,
    ) -> Result<()> {
        let collaborators = collaborators.filter(|users| users.len() <= MAX_COLLABORATORS).unwrap_or_default();
        if self.scope.is_hosted() || self.scope.reach(Resource::Tasks, action).is_err() {
            return Ok(());
        }
        for user in assignee.value().into_iter().chain(collaborators) {
            self.scope.users().ensure_mirrored(*user).await?;
        }
        Ok(())
    }

    /// The company's days, for an actor who may read tasks, and the trash if that is asked for.
    pub(super) async fn calendar(&self, trashed: bool) -> Result<Calendar> {
        let company = self.scope.company().await?;
        self.scope.authorize_read(Resource::Tasks, Action::Read).await?;
        if trashed {
            self.scope.authorize_read(Resource::Tasks, Action::Restore).await?;
        }
        Ok(Calendar::of(&company, self.scope.crm.now()))
    }
}

/// Tasks that the actor sees.
pub(super) fn within_reach(scope: &CompanyScope<'_>, trashed: bool) -> Result<Condition> {
    let condition = scope.actor().visible(&super::ACCESS)?;
    // What is not in the trash has a customer or a lead that is not.
    if !trashed && scope.actor().sees_all_parties() {
        return Ok(condition);
    }
    Ok(condition.add(of_visible_customer(scope.actor())))
}

/// Tasks without a customer, and those for customers and leads outside the trash that the actor sees.
pub(super) fn of_visible_customer(actor: &Actor) -> Expr {
    let has_none = Expr::col((row::TABLE, "customer_id")).is_null();
    match actor.visible_parties(Parties::Both, |id| id.equals((row::TABLE, "customer_id"))) {
        Ok(customer) => has_none.or(Expr::exists(customer)),
        Err(_) => has_none,
    }
}

/// Fails unless the actor sees this task, which is not in the trash.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_visible(scope: &CompanyScope<'_>, id: TaskId) -> Result<()> {
    let task = scope.find::<row::Entity>().by_id(id).filter(within_reach(scope, false)?).filter(is_live(row::TABLE));
    match task.count(Some(1)).await? {
        0 => Err(Error::not_found(Kind::Task, id)),
        _ => Ok(()),
    }
}

impl Trashable for Task {
    const RESOURCE: Resource = Resource::Tasks;

    fn owner_id(&self) -> Option<UserId> {
        self.assignee_id
    }

    fn is_trashed(&self) -> bool {
        self.deleted_at.is_some()
    }

    fn is_shared_with(&self, user: UserId) -> bool {
        self.collaborator_ids.contains(&user)
    }
}

/// A task that is about to be written, in the trash or not.
async fn locked(tx: &CompanyTx<'_>, id: TaskId) -> Result<Task> {
    let is_linked = Condition::all().add_option(tx.actor().sees_link(&super::ACCESS));
    let rows = tx.find().filter(of_visible_customer(tx.actor())).filter(is_linked);
    tx.lock(rows.select(&row::COLUMNS), id).await
}

/// Holds a customer or lead that a task is for, so that it is not deleted meanwhile. To be called before the task is locked.
async fn hold(tx: &CompanyTx<'_>, customer: CustomerId) -> Result<()> {
    match customers::lock_party(tx, Party::Any(customer)).await {
        Ok(_) => Ok(()),
        Err(Error::NotFound { .. } | Error::CustomerMerged { .. }) => {
            Err(Violations::one("/customerId", "customer_unknown", "the company has no such customer").into())
        }
        Err(error) => Err(error),
    }
}

/// The same for the customer of a task, which the caller has not named, and of which they learn nothing.
async fn hold_own(tx: &CompanyTx<'_>, customer: CustomerId, id: TaskId) -> Result<()> {
    hold(tx, customer).await.map_err(|error| match error {
        Error::Invalid(_) => Error::not_found(Kind::Task, id),
        error => error,
    })
}

/// Nothing was written: the next task of the series is for this customer, who has to be held before the task is locked.
struct Unheld(CustomerId);

/// What is written, and how.
#[derive(Clone, Copy)]
struct Writing {
    id: TaskId,
    /// The customer that the change names, if it names one.
    customer: Option<CustomerId>,
    /// The deal that the change names, if it names one.
    deal: Option<DealId>,
    /// The task that this one is to be part of, if the change names one.
    parent: Option<TaskId>,
    /// Whether another time or day is one of the whole series.
    moves_series: bool,
    expected: Option<i64>,
    /// The customer of the task, if they have to be held.
    held: Option<CustomerId>,
}

fn calendar(tx: &CompanyTx<'_>) -> Calendar {
    Calendar::of(&tx.company, tx.now())
}

async fn create(tx: &mut CompanyTx<'_>, mut new: NewTask) -> Result<Task> {
    if new.assignee_id.is_absent() {
        new.assignee_id = tx.actor().user_id().filter(|_| tx.actor().kind() == ActorKind::User).into();
    }
    tx.authorize(Resource::Tasks, Action::Create, new.assignee_id.value().copied(), None)?;
    let (calendar, by) = (calendar(tx), ActorRef::from(tx.actor()));
    let mut new = new.validated(None, calendar)?;
    new.customer_id = named_customer(tx, new.customer_id, new.deal_id).await?;
    if let Some(customer) = new.customer_id {
        hold(tx, customer).await?;
    }
    let parent = references::hold_parent(tx, None, new.parent_task_id).await?;
    let mut task = Task::blank(tx.id().into(), tx.now(), by.clone());
    new.write(&mut task, calendar, by);
    series::settle(None, &mut task, true, calendar);
    references::resolve(tx, None, &mut task).await?;
    if task.parent_task_id.is_some() {
        references::check_parent(tx, &task, parent.as_ref()).await?;
    }
    Ok(calendar.judged(add(tx, task).await?))
}

/// The customer that is named: that of the deal, if a deal is named and no customer.
async fn named_customer(
    tx: &mut CompanyTx<'_>,
    customer: Option<CustomerId>,
    deal: Option<DealId>,
) -> Result<Option<CustomerId>> {
    match (customer, deal) {
        (None, Some(deal)) => references::customer_of_deal(tx, deal).await,
        _ => Ok(customer),
    }
}

/// Stores a new task.
async fn add(tx: &mut CompanyTx<'_>, mut task: Task) -> Result<Task> {
    tx.stamp_new(&mut task);
    tx.insert(&task).await?;
    timers::set(tx, None, &task);
    collaborators::set(tx, None, &task);
    tell_workers(tx, None, &task)?;
    Ok(task)
}

async fn write(
    tx: &mut CompanyTx<'_>,
    writing: Writing,
    change: impl FnOnce(&Task) -> NewTask,
) -> Result<Result<Task, Unheld>> {
    let Writing { id, moves_series, expected, held, .. } = writing;
    tx.authorize_any(Resource::Tasks, Action::Update, id.0)?;
    let customer = named_customer(tx, writing.customer, writing.deal).await?;
    match (customer, held) {
        (Some(customer), _) => hold(tx, customer).await?,
        (None, Some(own)) => hold_own(tx, own, id).await?,
        (None, None) => {}
    }
    let parent = references::hold_parent(tx, Some(id), writing.parent).await?;
    let before = locked(tx, id).await?;
    tx.authorize_write(&before, Action::Update, expected)?;
    let mut draft = change(&before);
    draft.customer_id = draft.customer_id.or(customer);
    if draft.status.is_some_and(|status| !before.status.may_become(status)) {
        return Err(Conflict::TaskClosed.into());
    }
    let (calendar, by) = (calendar(tx), ActorRef::from(tx.actor()));
    let mut after = before.clone();
    draft.validated(Some(&before), calendar)?.write(&mut after, calendar, by);
    series::settle(Some(&before), &mut after, moves_series, calendar);
    tx.authorize(Resource::Tasks, Action::Update, after.assignee_id, Some(id.0))?;
    references::resolve(tx, Some(&before), &mut after).await?;
    if after.parent_task_id.is_some() && after.parent_task_id != before.parent_task_id {
        references::check_parent(tx, &after, parent.as_ref()).await?;
    }
    if let Some(customer) = series::to_hold(&before, &after, customer.or(held)) {
        return Ok(Err(Unheld(customer)));
    }
    Ok(Ok(store(tx, before, after).await?))
}

/// Stores a change, and adds the next task of the series if it has completed one.
async fn store(tx: &mut CompanyTx<'_>, before: Task, mut after: Task) -> Result<Task> {
    let calendar = calendar(tx);
    let next = series::follow(tx, &before, &mut after, calendar);
    if !tx.update(&before, &mut after, Change::Updated).await? {
        return Ok(calendar.judged(before));
    }
    timers::set(tx, Some(&before), &after);
    collaborators::set(tx, Some(&before), &after);
    tell_workers(tx, Some(&before), &after)?;
    if let Some(next) = next {
        add(tx, next).await?;
    }
    Ok(calendar.judged(after))
}

/// Notifies a new assignee and new collaborators of what is to be done.
fn tell_workers(tx: &mut CompanyTx<'_>, before: Option<&Task>, after: &Task) -> Result<()> {
    let known: BTreeSet<UserId> = before.into_iter().flat_map(Task::workers).collect();
    let new = after.workers().filter(|user| after.status.is_open() && !known.contains(user));
    notifications::tell(tx, Notice::of_task(NotificationKind::Assigned, after.id), new)
}

async fn complete(
    tx: &mut CompanyTx<'_>,
    (id, held): (TaskId, Option<CustomerId>),
    said: TaskCompletion,
    expected: Option<i64>,
) -> Result<Result<Task, Unheld>> {
    tx.authorize_any(Resource::Tasks, Action::Update, id.0)?;
    if let Some(customer) = held {
        hold_own(tx, customer, id).await?;
    }
    let before = locked(tx, id).await?;
    tx.authorize_write(&before, Action::Update, None)?;
    let said = said.validated(tx.now())?;
    let digest = said.digest()?;
    // A caller who repeats a request has not seen the answer to the first one, nor the new version.
    if before.completion_digest.as_ref() == Some(&digest) {
        return Ok(Ok(calendar(tx).judged(before)));
    }
    CompanyTx::expect_version(&before, expected)?;
    match before.status {
        TaskStatus::Completed => return Err(Conflict::AlreadyCompleted.into()),
        status if !status.is_open() => return Err(Conflict::TaskClosed.into()),
        _ => {}
    }
    let mut after = before.clone();
    said.write(&mut after, tx.now(), ActorRef::from(tx.actor()));
    after.completion_digest = Some(digest);
    if let Some(customer) = series::to_hold(&before, &after, held) {
        return Ok(Err(Unheld(customer)));
    }
    Ok(Ok(store(tx, before, after).await?))
}

async fn reopen(tx: &mut CompanyTx<'_>, id: TaskId, expected: Option<i64>) -> Result<Task> {
    tx.authorize_any(Resource::Tasks, Action::Update, id.0)?;
    let before = locked(tx, id).await?;
    tx.authorize_write(&before, Action::Update, expected)?;
    let calendar = calendar(tx);
    if before.status.is_open() {
        return Ok(calendar.judged(before));
    }
    let mut after = before.clone();
    after.move_to(TaskStatus::NotStarted, tx.now(), ActorRef::from(tx.actor()));
    after.result = None;
    tx.update(&before, &mut after, Change::Updated).await?;
    timers::set(tx, Some(&before), &after);
    Ok(calendar.judged(after))
}

async fn restore(tx: &mut CompanyTx<'_>, id: TaskId) -> Result<Task> {
    tx.authorize_any(Resource::Tasks, Action::Restore, id.0)?;
    let of = customer_of(tx, id).await?.ok_or_else(|| Error::not_found(Kind::Task, id))?;
    if let Some(customer) = of.customer_id {
        hold_own(tx, customer.into(), id).await?;
    }
    let before = locked(tx, id).await?;
    tx.authorize_write(&before, Action::Restore, None)?;
    let mut after = before.clone();
    (after.deleted_at, after.delete_batch_id) = (None, None);
    tx.update(&before, &mut after, Change::Restored).await?;
    timers::set(tx, Some(&before), &after);
    Ok(calendar(tx).judged(after))
}

/// The customer of a task, if the task exists. A task in the trash keeps it.
async fn customer_of(tx: &CompanyTx<'_>, id: TaskId) -> Result<Option<CustomerOf>> {
    let task = tx.find::<row::Entity>().by_id(id);
    task.map(|select| select.select_only().column(row::Column::CustomerId)).one::<CustomerOf>().await
}

#[derive(FromQueryResult)]
struct CustomerOf {
    customer_id: Option<Uuid>,
}
