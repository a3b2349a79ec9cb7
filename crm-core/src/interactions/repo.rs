//! The operations on interactions.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{Condition, FromQueryResult, QuerySelect};
use uuid::Uuid;

use super::completion::{self, Completion};
use super::input::{InteractionPatch, NewInteraction};
use super::model::{CompletedInteraction, Interaction, InteractionStatus, Participant, ParticipantKind};
use super::participants;
use super::query::{InteractionQuery, order, sort_key};
use super::row;
use super::tell::tell;
use super::whose::{AnyCustomer, Whose};
use crate::ai;
use crate::base::error::{Conflict, Error, Kind, Result, Violations};
use crate::base::ids::{CustomerId, InteractionId, LeadId, UserId};
use crate::base::patch::Patch;
use crate::customers::{self, Party};
use crate::lead_scoring::{self, Touch};
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::visibility::Parties;
use crate::scope::{Change, CompanyScope, CompanyTx, Record, Trashable, is_live, read_page};

/// The interactions with a customer or a lead, or with all of them. Obtained from [`CompanyScope::interactions`],
/// [`CompanyScope::lead_interactions`] and [`CompanyScope::all_interactions`].
///
/// All users who see the customer or the lead see them.
#[derive(Debug)]
pub struct Interactions<'s, 'c, W = CustomerId> {
    scope: &'s mut CompanyScope<'c>,
    whose: W,
}

/// The interactions with a lead. Obtained from [`CompanyScope::lead_interactions`].
pub type LeadInteractions<'s, 'c> = Interactions<'s, 'c, LeadId>;

/// The interactions with all customers and leads, each by its own id. Obtained from [`CompanyScope::all_interactions`].
pub type AllInteractions<'s, 'c> = Interactions<'s, 'c, AnyCustomer>;

impl<'c> CompanyScope<'c> {
    /// The interactions with a customer.
    pub fn interactions(&mut self, customer: CustomerId) -> Interactions<'_, 'c> {
        Interactions { scope: self, whose: customer }
    }

    /// The interactions with a lead.
    pub fn lead_interactions(&mut self, lead: LeadId) -> LeadInteractions<'_, 'c> {
        Interactions { scope: self, whose: lead }
    }

    /// The interactions with all customers and leads that the actor sees.
    pub fn all_interactions(&mut self) -> AllInteractions<'_, 'c> {
        Interactions { scope: self, whose: AnyCustomer }
    }
}

impl AllInteractions<'_, '_> {
    /// Adds an interaction with the customer or the lead that the input names.
    ///
    /// # Errors
    /// Those of [`Interactions::create`], but an unknown customer is an [`Error::Invalid`] at `/customerId`.
    pub async fn create(&mut self, customer: CustomerId, new: NewInteraction) -> Result<Interaction> {
        self.add(Party::Any(customer), new).await.map_err(|error| match error {
            Error::NotFound { kind: Kind::Customer, .. } => {
                Violations::one("/customerId", "customer_unknown", "the company has no such customer").into()
            }
            error => error,
        })
    }
}

impl Interactions<'_, '_> {
    /// Adds an interaction.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such customer; [`Error::Forbidden`]; [`Error::Invalid`] with all faults.
    #[tracing::instrument(name = "interactions.create", skip_all, fields(company.id = %self.scope.company_id(), customer.id = %self.whose))]
    pub async fn create(&mut self, new: NewInteraction) -> Result<Interaction> {
        self.add(self.whose.into(), new).await
    }
}

impl LeadInteractions<'_, '_> {
    /// Adds an interaction.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such lead; [`Error::Forbidden`]; [`Error::Invalid`] with all faults.
    #[tracing::instrument(name = "lead_interactions.create", skip_all, fields(company.id = %self.scope.company_id(), lead.id = %self.whose))]
    pub async fn create(&mut self, new: NewInteraction) -> Result<Interaction> {
        self.add(self.whose.into(), new).await
    }
}

impl<W: Whose> Interactions<'_, '_, W> {
    async fn add(&mut self, party: Party, new: NewInteraction) -> Result<Interaction> {
        self.ensure_mirrored(Action::Create, new.owner_id.value(), new.participants.as_deref()).await?;
        self.scope.write(async |tx| create(tx, party, new).await).await
    }

    /// One interaction, unless it is in the trash.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, id: InteractionId) -> Result<Interaction> {
        authorize_read(self.scope, self.whose, false).await?;
        let live =
            self.scope.find::<row::Entity>().by_id(id).filter(self.condition(false)?).filter(is_live(row::TABLE));
        let found = live.select(&row::COLUMNS).one().await?;
        found.ok_or_else(|| Error::not_found(Kind::Interaction, id))
    }

    /// A page of interactions. One statement, which counts as well, and one more if a customer has no interaction.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such customer; [`Error::Malformed`] for a filter with unknown fields or wrong
    /// values, and for a cursor of another list; [`Error::Forbidden`] for the trash without the right to restore.
    #[tracing::instrument(name = "interactions.list", skip_all, fields(company.id = %self.scope.company_id(), customer.id = self.whose.party().map(|party| tracing::field::display(party.id()))))]
    pub async fn list(&self, query: &InteractionQuery, request: &PageRequest) -> Result<Page<Interaction>> {
        authorize_read(self.scope, self.whose, query.trashed).await?;
        let condition = self.condition(query.trashed)?.add(query.condition(self.scope)?);
        let party = self.whose.party();
        let page = list(self.scope, &condition, query, party.map(Party::id), request).await?;
        if let Some(party) = party.filter(|_| page.data.is_empty()) {
            customers::ensure_visible(self.scope, party).await?;
        }
        Ok(page)
    }

    /// Replaces all writable fields; `expected` is the version that the caller has seen.
    ///
    /// # Errors
    /// Those of [`Interactions::create`]; [`Error::NotFound`]; [`Error::Stale`]; [`Conflict::InteractionClosed`] for another
    /// status of what is closed.
    pub async fn replace(
        &mut self,
        id: InteractionId,
        new: NewInteraction,
        expected: Option<i64>,
    ) -> Result<Interaction> {
        self.ensure_mirrored(Action::Update, new.owner_id.value(), new.participants.as_deref()).await?;
        self.scope
            .write(async |tx| {
                let party = hold(tx, self.whose, id, Action::Update).await?;
                write(tx, Some(party), id, expected, |_| new).await
            })
            .await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`Interactions::replace`].
    #[tracing::instrument(name = "interactions.update", skip_all, fields(company.id = %self.scope.company_id(), interaction.id = %id))]
    pub async fn update(
        &mut self,
        id: InteractionId,
        patch: InteractionPatch,
        expected: Option<i64>,
    ) -> Result<Interaction> {
        self.ensure_mirrored(Action::Update, patch.owner_id.value(), patch.participants.value().map(Vec::as_slice))
            .await?;
        self.scope
            .write(async |tx| {
                let party = match patch.is_move() {
                    true => Some(hold(tx, self.whose, id, Action::Update).await?),
                    false => self.whose.party(),
                };
                write(tx, party, id, expected, |interaction| patch.apply(interaction)).await
            })
            .await
    }

    /// Completes an interaction, says what came of it, and plans what follows, all or nothing. Said again in the same words
    /// it writes nothing and gives the same, whatever version is expected.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`]; [`Error::Invalid`] with all faults; [`Error::Stale`];
    /// [`Conflict::AlreadyCompleted`] if it was completed in other words or in another way;
    /// [`Conflict::InteractionClosed`] if it was cancelled or not kept.
    #[tracing::instrument(name = "interactions.complete", skip_all, fields(company.id = %self.scope.company_id(), interaction.id = %id))]
    pub async fn complete(
        &mut self,
        id: InteractionId,
        said: Completion,
        expected: Option<i64>,
    ) -> Result<CompletedInteraction> {
        self.ensure_mirrored(Action::Update, said.follow_up.as_ref().and_then(|next| next.owner_id.value()), None)
            .await?;
        self.scope.write(async |tx| complete(tx, self.whose, id, said, expected).await).await
    }

    /// Moves an interaction to the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn delete(&mut self, id: InteractionId, expected: Option<i64>) -> Result<()> {
        self.scope
            .write(async |tx| {
                let party = hold(tx, self.whose, id, Action::Delete).await?;
                let before = locked(tx, Some(party), id).await?;
                tx.authorize_write(&before, Action::Delete, expected)?;
                let mut after = before.clone();
                (after.deleted_at, after.delete_batch_id) = (Some(tx.now()), Some(tx.id()));
                tx.update(&before, &mut after, Change::Deleted).await?;
                lead_scoring::touched(tx, party, Touch::Activity).await
            })
            .await
    }

    /// Brings an interaction back from the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Conflict::NotInTrash`].
    pub async fn restore(&mut self, id: InteractionId) -> Result<Interaction> {
        self.scope
            .write(async |tx| {
                let party = hold(tx, self.whose, id, Action::Restore).await?;
                let before = locked(tx, Some(party), id).await?;
                tx.authorize_write(&before, Action::Restore, None)?;
                let mut after = before.clone();
                (after.deleted_at, after.delete_batch_id) = (None, None);
                tx.update(&before, &mut after, Change::Restored).await?;
                lead_scoring::touched(tx, party, Touch::Activity).await?;
                Ok(after)
            })
            .await
    }

    /// Mirrors the users that are named before the transaction, so that it holds no connection while the directory is
    /// asked. An actor who will be refused causes no such request.
    async fn ensure_mirrored(
        &mut self,
        action: Action,
        owner: Option<&UserId>,
        participants: Option<&[Participant]>,
    ) -> Result<()> {
        if self.scope.is_hosted() || self.scope.reach(Resource::Interactions, action).is_err() {
            return Ok(());
        }
        let users = participants.into_iter().flatten().filter(|one| one.kind == ParticipantKind::User);
        let users: BTreeSet<UserId> = users.filter_map(|one| Some(one.id?.into())).chain(owner.copied()).collect();
        for user in users {
            self.scope.users().ensure_mirrored(user).await?;
        }
        Ok(())
    }

    /// The interactions that the actor sees.
    fn condition(&self, trashed: bool) -> Result<Condition> {
        let Some(party) = self.whose.party() else {
            return within_reach(self.scope, trashed);
        };
        let with_customer = Expr::col((row::TABLE, "customer_id")).eq(party.id().0);
        let visible = customers::is_visible(self.scope, party)?;
        Ok(self.scope.actor().visible(&super::ACCESS)?.add(with_customer).add(visible))
    }
}

async fn authorize_read(scope: &CompanyScope<'_>, whose: impl Whose, trashed: bool) -> Result<()> {
    scope.company().await?;
    let of = whose.party().map_or(Resource::Customers, Party::resource);
    for resource in [Resource::Interactions, of] {
        scope.authorize_read(resource, Action::Read).await?;
    }
    if trashed {
        scope.authorize_read(Resource::Interactions, Action::Restore).await?;
    }
    Ok(())
}

/// Interactions that the actor sees, with any customer or lead.
pub(super) fn within_reach(scope: &CompanyScope<'_>, trashed: bool) -> Result<Condition> {
    let condition = scope.actor().visible(&super::ACCESS)?;
    // What is not in the trash has a customer or a lead that is not.
    if !trashed && scope.actor().sees_all_parties() {
        return Ok(condition);
    }
    let of = scope.actor().visible_parties(Parties::Both, |id| id.equals((row::TABLE, "customer_id")))?;
    Ok(condition.add(Expr::exists(of)))
}

/// Fails unless the actor sees this interaction, which is not in the trash.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_visible(scope: &CompanyScope<'_>, id: InteractionId) -> Result<()> {
    let interaction =
        scope.find::<row::Entity>().by_id(id).filter(within_reach(scope, false)?).filter(is_live(row::TABLE));
    match interaction.count(Some(1)).await? {
        0 => Err(Error::not_found(Kind::Interaction, id)),
        _ => Ok(()),
    }
}

impl Trashable for Interaction {
    const RESOURCE: Resource = Resource::Interactions;

    fn owner_id(&self) -> Option<UserId> {
        self.owner_id
    }

    fn is_trashed(&self) -> bool {
        self.deleted_at.is_some()
    }
}

async fn list(
    scope: &CompanyScope<'_>,
    condition: &Condition,
    query: &InteractionQuery,
    customer: Option<CustomerId>,
    request: &PageRequest,
) -> Result<Page<Interaction>> {
    let find = || scope.find::<row::Entity>().filter(condition.clone()).select(&row::EXCERPT);
    let key = |interaction: &Interaction| (sort_key(query.sort, interaction), interaction.id.0);
    let me = query.owner.map(|_| scope.actor().user_id());
    let digest = page::digest(&("interactions", query, customer, me))?;
    read_page(find, &order(query.sort), &digest, request, key).await
}

/// An interaction that is about to be written, in the trash or not; with any customer or lead if none is given.
pub(super) async fn locked(tx: &CompanyTx<'_>, party: Option<Party>, id: InteractionId) -> Result<Interaction> {
    let of = || Expr::col((row::TABLE, "customer_id"));
    let among = party.map_or(Parties::Both, Party::among);
    let parties = tx.actor().visible_parties(among, |column| match party {
        Some(party) => column.eq(party.id().0),
        None => column.eq(of()),
    });
    let parties = parties.map_err(|_| Error::not_found(Kind::Interaction, id))?;
    let is_of = party.map(|party| of().eq(party.id().0));
    let rows = tx.find().filter(Condition::all().add_option(is_of)).filter(Expr::exists(parties));
    tx.lock(rows.select(&row::COLUMNS), id).await
}

async fn create(tx: &mut CompanyTx<'_>, party: Party, mut new: NewInteraction) -> Result<Interaction> {
    if new.owner_id.is_absent() {
        new.owner_id = completion::user(tx.actor()).into();
    }
    permit_new(tx, new.owner_id)?;
    let new = new.validated(None, tx.now())?;
    customers::lock_party(tx, party).await?;
    let interaction = add(tx, party.id(), new, "").await?;
    if interaction.status == InteractionStatus::Completed {
        lead_scoring::touched(tx, party, Touch::Activity).await?;
    }
    Ok(interaction)
}

fn permit_new(tx: &CompanyTx<'_>, owner: Patch<UserId>) -> Result<()> {
    let owner = match owner {
        Patch::Set(owner) => Some(owner),
        Patch::Absent | Patch::Clear => None,
    };
    tx.authorize(Resource::Interactions, Action::Create, owner, None)
}

/// Adds what was checked, for a customer or a lead that is held.
async fn add(tx: &mut CompanyTx<'_>, customer: CustomerId, new: NewInteraction, at: &str) -> Result<Interaction> {
    let by = ActorRef::from(tx.actor());
    let mut interaction = Interaction::blank(tx.id().into(), customer, tx.now(), by);
    new.write(&mut interaction);
    participants::resolve(tx, None, &mut interaction, at).await?;
    let job = ai::plan(tx, None, &mut interaction);
    tx.stamp_new(&mut interaction);
    tx.insert(&interaction).await?;
    tell(tx, None, &interaction)?;
    ai::enqueue(tx, job).await?;
    Ok(interaction)
}

/// Holds the customer or the lead, for a write after which the interaction may count for something else, and tells which it is.
async fn hold(tx: &CompanyTx<'_>, whose: impl Whose, id: InteractionId, action: Action) -> Result<Party> {
    tx.authorize_any(Resource::Interactions, action, id.0)?;
    if let Some(party) = whose.party() {
        customers::lock_party(tx, party).await?;
        return Ok(party);
    }
    let not_found = || Error::not_found(Kind::Interaction, id);
    let party = Party::Any(customer_of(tx, id).await?.ok_or_else(not_found)?);
    match customers::lock_party(tx, party).await {
        Ok(_) => Ok(party),
        // The caller has not named the customer, and learns nothing of it.
        Err(Error::NotFound { .. }) => Err(not_found()),
        Err(error) => Err(error),
    }
}

/// The customer of an interaction, which never changes.
async fn customer_of(tx: &CompanyTx<'_>, id: InteractionId) -> Result<Option<CustomerId>> {
    let interaction = tx.find::<row::Entity>().by_id(id);
    let interaction = interaction.map(|select| select.select_only().column(row::Column::CustomerId));
    Ok(interaction.one::<CustomerOf>().await?.map(|of| of.customer_id.into()))
}

#[derive(FromQueryResult)]
struct CustomerOf {
    customer_id: Uuid,
}

async fn write(
    tx: &mut CompanyTx<'_>,
    party: Option<Party>,
    id: InteractionId,
    expected: Option<i64>,
    change: impl FnOnce(&Interaction) -> NewInteraction,
) -> Result<Interaction> {
    tx.authorize_any(Resource::Interactions, Action::Update, id.0)?;
    let before = locked(tx, party, id).await?;
    tx.authorize_write(&before, Action::Update, expected)?;
    let draft = change(&before);
    if draft.status.is_some_and(|status| !before.status.may_become(status)) {
        return Err(Conflict::InteractionClosed.into());
    }
    let mut after = before.clone();
    draft.validated(Some(&before), tx.now())?.write(&mut after);
    tx.authorize(Resource::Interactions, Action::Update, after.owner_id, Some(id.0))?;
    participants::resolve(tx, Some(&before), &mut after, "").await?;
    let job = ai::plan(tx, Some(&before), &mut after);
    if !tx.update(&before, &mut after, Change::Updated).await? {
        return Ok(before);
    }
    tell(tx, Some(&before), &after)?;
    ai::enqueue(tx, job).await?;
    // Without a party it counts for nothing else than before.
    if let Some(party) = party.filter(|_| before.stats_delta() != after.stats_delta()) {
        lead_scoring::touched(tx, party, Touch::Activity).await?;
    }
    Ok(after)
}

async fn complete(
    tx: &mut CompanyTx<'_>,
    whose: impl Whose,
    id: InteractionId,
    said: Completion,
    expected: Option<i64>,
) -> Result<CompletedInteraction> {
    let party = hold(tx, whose, id, Action::Update).await?;
    let before = locked(tx, Some(party), id).await?;
    tx.authorize_write(&before, Action::Update, None)?;
    let mut said = said.validated()?;
    let digest = said.digest()?;
    // A caller who repeats a request has not seen the answer to the first one, nor the new version.
    if before.completion_digest.as_ref() == Some(&digest) {
        let follow_up = planned_after(tx, &before).await?;
        return Ok(CompletedInteraction { interaction: before, follow_up });
    }
    CompanyTx::expect_version(&before, expected)?;
    match before.status {
        InteractionStatus::Completed => return Err(Conflict::AlreadyCompleted.into()),
        closed if !closed.may_become(InteractionStatus::Completed) => return Err(Conflict::InteractionClosed.into()),
        _ => {}
    }
    let plan = said.follow_up.take().map(|follow_up| follow_up.plan(&before, tx.actor()));
    let mut after = before.clone();
    said.apply(&before).validated(Some(&before), tx.now())?.write(&mut after);
    let follow_up = match plan {
        Some(plan) => Some(add_planned(tx, party.id(), plan).await?),
        None => None,
    };
    after.follow_up_id = follow_up.as_ref().map(|follow_up| follow_up.id);
    after.completion_digest = Some(digest);
    let job = ai::plan(tx, Some(&before), &mut after);
    tx.update(&before, &mut after, Change::Updated).await?;
    tell(tx, Some(&before), &after)?;
    ai::enqueue(tx, job).await?;
    lead_scoring::touched(tx, party, Touch::Activity).await?;
    Ok(CompletedInteraction { interaction: after, follow_up })
}

async fn add_planned(tx: &mut CompanyTx<'_>, customer: CustomerId, plan: NewInteraction) -> Result<Interaction> {
    permit_new(tx, plan.owner_id)?;
    let plan = plan.validated(None, tx.now())?;
    add(tx, customer, plan, "/followUp").await
}

/// The interaction that was planned with this one's completion, if it is still there.
async fn planned_after(tx: &CompanyTx<'_>, completed: &Interaction) -> Result<Option<Interaction>> {
    let Some(id) = completed.follow_up_id else {
        return Ok(None);
    };
    let follow_up = tx.find::<row::Entity>().by_id(id).filter(is_live(row::TABLE)).select(&row::COLUMNS);
    let follow_up: Option<Interaction> = follow_up.one().await?;
    Ok(follow_up.filter(|follow_up| tx.actor().may(Resource::Interactions, Action::Read, follow_up.owner_id)))
}
