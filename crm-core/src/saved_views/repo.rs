//! The operations on saved views.

use sea_orm::sea_query::{Condition, Expr, ExprTrait};

use super::entity::ViewEntity;
use super::input::{NewSavedView, SavedViewPatch};
use super::model::{SavedView, ViewVisibility};
use super::query::{SavedViewQuery, order, sort_key};
use super::row;
use crate::base::error::{Conflict, Error, Kind, Result, Violations};
use crate::base::ids::{SavedViewId, UserId};
use crate::history;
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorKind, ActorRef, Resource};
use crate::scope::visibility::Access;
use crate::scope::{Change, CompanyScope, CompanyTx, Find, Record, read_page};
use crate::users::UserRef;

/// How many views a user has at most.
const MAX_VIEWS: u64 = 200;

/// The saved views of the company. Obtained from [`CompanyScope::saved_views`].
///
/// Users see the shared ones and their own private ones; another user's private view is not found.
#[derive(Debug)]
pub struct SavedViews<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The saved views of the company.
    pub fn saved_views(&mut self) -> SavedViews<'_, 'c> {
        SavedViews(self)
    }
}

impl SavedViews<'_, '_> {
    /// Adds a view. Its owner is the actor, if the actor is a user.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults;
    /// [`Conflict::SavedViewNameTaken`](crate::Conflict::SavedViewNameTaken) if the owner has another view with the name.
    #[tracing::instrument(name = "saved_views.create", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create(&mut self, new: NewSavedView) -> Result<SavedView> {
        self.0.write(async |tx| create(tx, new).await).await
    }

    /// One view.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, id: SavedViewId) -> Result<SavedView> {
        self.authorize_read().await?;
        let view = visible(self.0)?.select(&row::COLUMNS).by_id(id);
        view.one().await?.ok_or_else(|| Error::not_found(Kind::SavedView, id))
    }

    /// A page of views. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a cursor of another list.
    #[tracing::instrument(name = "saved_views.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &SavedViewQuery, request: &PageRequest) -> Result<Page<SavedView>> {
        self.authorize_read().await?;
        let visible_rows = visible_to(self.0)?;
        let find = || {
            let mut rows = self.0.find::<row::Entity>().filter(visible_rows.clone());
            if let Some(entity) = query.entity {
                rows = rows.filter(column("entity").eq(entity.as_str()));
            }
            match query.visibility {
                Some(ViewVisibility::Shared) => rows = rows.filter(column("private_to").is_null()),
                Some(ViewVisibility::Private) => rows = rows.filter(column("private_to").is_not_null()),
                None => {}
            }
            rows.select(&row::COLUMNS)
        };
        let key = |view: &SavedView| (sort_key(query.sort, view), view.id.0);
        let digest = page::digest(&("saved_views", query))?;
        read_page(find, &order(query.sort), &digest, request, key).await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`SavedViews::create`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "saved_views.update", skip_all, fields(company.id = %self.0.company_id(), saved_view.id = %id))]
    pub async fn update(&mut self, id: SavedViewId, patch: SavedViewPatch, expected: Option<i64>) -> Result<SavedView> {
        self.0.write(async |tx| update(tx, id, patch, expected).await).await
    }

    /// Deletes a view for good.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "saved_views.delete", skip_all, fields(company.id = %self.0.company_id(), saved_view.id = %id))]
    pub async fn delete(&mut self, id: SavedViewId, expected: Option<i64>) -> Result<()> {
        self.0
            .write(async |tx| {
                let view = locked(tx, id, Action::Delete).await?;
                tx.authorize_write(&view, Action::Delete, expected)?;
                tx.delete(&view);
                Ok(())
            })
            .await
    }

    async fn authorize_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::SavedViews, Action::Read).await.map(drop)
    }
}

const ACCESS: Access =
    Access { table: row::TABLE, resource: Resource::SavedViews, owner: "owner_id", has_private: true, link: None };

fn column(name: &'static str) -> Expr {
    Expr::col((row::TABLE, name))
}

/// Views that the actor may see: of entities that they may read, and not private to another user.
fn visible_to(scope: &CompanyScope<'_>) -> Result<Condition> {
    let may_read = |entity: &&ViewEntity| scope.actor().reach(entity.resource(), Action::Read).is_some();
    let entities = ViewEntity::ALL.iter().filter(may_read).map(|entity| entity.as_str());
    Ok(scope.actor().visible(&ACCESS)?.add(column("entity").is_in(entities)))
}

fn visible<'s>(scope: &'s CompanyScope<'_>) -> Result<Find<'s, row::Entity>> {
    Ok(scope.find::<row::Entity>().filter(visible_to(scope)?))
}

/// Fails unless the actor sees this view, of this entity where one is given.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_visible(
    scope: &CompanyScope<'_>,
    entity: Option<ViewEntity>,
    id: SavedViewId,
) -> Result<()> {
    let mut view = visible(scope)?.by_id(id);
    if let Some(entity) = entity {
        view = view.filter(column("entity").eq(entity.as_str()));
    }
    match view.count(Some(1)).await? {
        0 => Err(Error::not_found(Kind::SavedView, id)),
        _ => Ok(()),
    }
}

/// A view that is about to be written. What the actor does not see is not there.
async fn locked(tx: &mut CompanyTx<'_>, id: SavedViewId, action: Action) -> Result<SavedView> {
    tx.authorize_any(Resource::SavedViews, action, id.0)?;
    let visible = visible_to(&tx.scope())?;
    tx.lock(tx.find().filter(visible).select(&row::COLUMNS), id).await
}

async fn create(tx: &mut CompanyTx<'_>, new: NewSavedView) -> Result<SavedView> {
    let by = ActorRef::from(tx.actor());
    let owner_id = by.id.filter(|_| by.kind == ActorKind::User);
    tx.authorize(Resource::SavedViews, Action::Create, owner_id, None)?;
    let display_name = tx.actor().display_name.clone();
    let mut view = SavedView {
        id: tx.id().into(),
        version: 1,
        entity: ViewEntity::Customers,
        name: String::new(),
        description: None,
        visibility: ViewVisibility::default(),
        query: serde_json::Map::new(),
        sort: None,
        columns: Vec::new(),
        position: 0,
        owner_id,
        owner: owner_id.map(|id| UserRef { id, display_name }),
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
    };
    let company = tx.company.clone();
    new.validated(&tx.scope(), &company)?.write(&mut view);
    check_visibility(&view)?;
    ensure_entity(tx, view.entity)?;
    ensure_room(tx, owner_id).await?;
    tx.stamp_new(&mut view);
    tx.insert(&view).await?;
    Ok(view)
}

async fn update(
    tx: &mut CompanyTx<'_>,
    id: SavedViewId,
    patch: SavedViewPatch,
    expected: Option<i64>,
) -> Result<SavedView> {
    let before = locked(tx, id, Action::Update).await?;
    tx.authorize_write(&before, Action::Update, expected)?;
    let mut after = before.clone();
    let company = tx.company.clone();
    patch.apply(&before).validated(&tx.scope(), &company)?.write(&mut after);
    if before.visibility != after.visibility {
        change_visibility(tx, &after)?;
    }
    Ok(if tx.update(&before, &mut after, Change::Updated).await? { after } else { before })
}

/// A private view needs an owner.
fn check_visibility(view: &SavedView) -> Result<()> {
    if view.visibility == ViewVisibility::Private && view.owner_id.is_none() {
        return Err(Violations::one("/visibility", "owner_required", "only a user's view can be private").into());
    }
    Ok(())
}

/// Only its owner says who sees a view. Its history from when it was shared becomes private to the owner as well.
fn change_visibility(tx: &mut CompanyTx<'_>, after: &SavedView) -> Result<()> {
    check_visibility(after)?;
    if after.owner_id != tx.actor().user_id() {
        return Err(Error::Forbidden { action: Action::Update, resource: Resource::SavedViews, id: Some(after.id.0) });
    }
    if let Some(owner) = after.private_to() {
        history::make_private(tx, Kind::SavedView, after.id.0, owner)?;
    }
    Ok(())
}

/// Who may not read an entity has no views of it.
fn ensure_entity(tx: &CompanyTx<'_>, entity: ViewEntity) -> Result<()> {
    let resource = entity.resource();
    match tx.actor().reach(resource, Action::Read) {
        Some(_) => Ok(()),
        None => Err(Error::Forbidden { action: Action::Read, resource, id: None }),
    }
}

async fn ensure_room(tx: &CompanyTx<'_>, owner: Option<UserId>) -> Result<()> {
    let owner = match owner {
        Some(owner) => column("owner_id").eq(owner.0),
        None => column("owner_id").is_null(),
    };
    match tx.find::<row::Entity>().filter(owner).count(Some(MAX_VIEWS)).await? {
        MAX_VIEWS.. => Err(Conflict::TooManySavedViews.into()),
        _ => Ok(()),
    }
}
