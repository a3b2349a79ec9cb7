//! The operations on tags.

use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, LockType, OnConflict, Order, Query};
use sea_orm::{QueryOrder, QueryTrait, Select};
use serde_json::{Value, json};

use super::input::{NewTag, TagPatch};
use super::model::Tag;
use super::query::{TagQuery, order, sort_key};
use super::row::{self, ASSIGNMENTS};
use crate::base::error::{Conflict, Error, Kind, Result, Violations};
use crate::base::ids::TagId;
use crate::customers;
use crate::history::FieldChange;
use crate::journal::ChangeRecord;
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, change_record_of, read_page};

/// How many tags a company has at most.
const MAX_TAGS: u64 = 10_000;

/// The tags of the company. Obtained from [`CompanyScope::tags`].
#[derive(Debug)]
pub struct Tags<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The tags of the company.
    pub fn tags(&mut self) -> Tags<'_, 'c> {
        Tags(self)
    }
}

impl Tags<'_, '_> {
    /// Adds a tag.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults; [`Conflict::TagNameTaken`](crate::Conflict::TagNameTaken) if
    /// another tag has the name.
    #[tracing::instrument(name = "tags.create", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create(&mut self, new: NewTag) -> Result<Tag> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Tags, Action::Create, None, None)?;
                ensure_room(tx, 1).await?;
                let mut tag = blank(tx, String::new());
                new.validated()?.write(&mut tag);
                tx.insert(&tag).await?;
                Ok(tag)
            })
            .await
    }

    /// One tag.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, id: TagId) -> Result<Tag> {
        self.may_read().await?;
        let tag = row::with_usage(self.0.find::<row::Entity>().by_id(id), self.0.actor());
        tag.one().await?.ok_or_else(|| Error::not_found(Kind::Tag, id))
    }

    /// A page of tags, each with its use. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a text that is longer than any name, and for a cursor of another list.
    #[tracing::instrument(name = "tags.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &TagQuery, request: &PageRequest) -> Result<Page<Tag>> {
        self.may_read().await?;
        let condition = query.condition(self.0.is_postgres())?;
        let find = || {
            let rows = row::with_usage(self.0.find::<row::Entity>(), self.0.actor());
            match condition.clone() {
                Some(condition) => rows.filter(condition),
                None => rows,
            }
        };
        let key = |tag: &Tag| (sort_key(query.sort, tag), tag.id.0);
        let order = order(query.sort, self.0.actor());
        read_page(find, &order, &page::digest(&("tags", query))?, request, key).await
    }

    /// The names of the first `most` tags by name. It counts no use, which takes long where many customers have tags.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn names(&self, most: u64) -> Result<Vec<String>> {
        self.may_read().await?;
        let tags = self.0.find::<row::Entity>().select(&row::NAMES);
        let by_name = |select: Select<row::Entity>| select.order_by_asc(row::Column::NameKey);
        let names: Vec<row::Name> = tags.map(by_name).fetch_up_to(most).await?;
        Ok(names.into_iter().map(|name| name.0).collect())
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing. All customers show the new name and colour at once.
    ///
    /// # Errors
    /// Those of [`Tags::create`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "tags.update", skip_all, fields(company.id = %self.0.company_id(), tag.id = %id))]
    pub async fn update(&mut self, id: TagId, patch: TagPatch, expected: Option<i64>) -> Result<Tag> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Tags, Action::Update, None, Some(id.0))?;
                let before = locked_one(tx, id).await?;
                CompanyTx::expect_version(&before, expected)?;
                let mut after = before.clone();
                patch.apply(&before).validated()?.write(&mut after);
                Ok(if tx.update(&before, &mut after, Change::Updated).await? { after } else { before })
            })
            .await
    }

    /// Merges a tag into another: the other's customers are then those who had either, and the tag is gone. Gives the other
    /// one. Needs the rights to change and to delete tags.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`]; [`Error::Invalid`] if `into` is the tag itself or none of
    /// the company's.
    #[tracing::instrument(name = "tags.merge", skip_all, fields(company.id = %self.0.company_id(), tag.id = %id, into.id = %into))]
    pub async fn merge(&mut self, id: TagId, into: TagId, expected: Option<i64>) -> Result<Tag> {
        self.0.write(async |tx| merge(tx, id, into, expected).await).await
    }

    /// Deletes a tag for good, and takes it off all customers.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "tags.delete", skip_all, fields(company.id = %self.0.company_id(), tag.id = %id))]
    pub async fn delete(&mut self, id: TagId, expected: Option<i64>) -> Result<()> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Tags, Action::Delete, None, Some(id.0))?;
                let tag = locked_one(tx, id).await?;
                CompanyTx::expect_version(&tag, expected)?;
                tx.delete(&tag);
                Ok(())
            })
            .await
    }

    async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::Tags, Action::Read).await.map(drop)
    }
}

/// Fails if the company would have more tags than it may with so many new ones.
pub(super) async fn ensure_room(tx: &CompanyTx<'_>, new: usize) -> Result<()> {
    let tags = tx.find::<row::Entity>().count(Some(MAX_TAGS)).await?;
    if tags + new as u64 > MAX_TAGS {
        return Err(Conflict::TooManyTags.into());
    }
    Ok(())
}

/// A tag with this name and nothing else.
pub(super) fn blank(tx: &CompanyTx<'_>, name: String) -> Tag {
    let by = ActorRef::from(tx.actor());
    let mut tag = Tag {
        id: tx.id().into(),
        version: 1,
        name,
        color: None,
        description: None,
        usage_count: 0,
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
    };
    tx.stamp_new(&mut tag);
    tag
}

/// Tags that are about to be written, in the order of their ids, so that all wait for them in the same order.
async fn locked(tx: &CompanyTx<'_>, ids: &[TagId]) -> Result<Vec<Tag>> {
    let is_one = Expr::col((row::TABLE, "id")).is_in(ids.iter().map(|id| id.0));
    let rows = row::with_usage(tx.find::<row::Entity>().filter(is_one), tx.actor());
    rows.map(|select| select.order_by_asc(row::Column::Id)).for_update().fetch_up_to(ids.len() as u64).await
}

async fn locked_one(tx: &CompanyTx<'_>, id: TagId) -> Result<Tag> {
    locked(tx, &[id]).await?.pop().ok_or_else(|| Error::not_found(Kind::Tag, id))
}

async fn merge(tx: &mut CompanyTx<'_>, id: TagId, into: TagId, expected: Option<i64>) -> Result<Tag> {
    for action in [Action::Update, Action::Delete] {
        tx.authorize(Resource::Tags, action, None, Some(id.0))?;
    }
    let tags = locked(tx, &[id, into]).await?;
    let of = |id: TagId| tags.iter().find(|tag| tag.id == id);
    let source = of(id).ok_or_else(|| Error::not_found(Kind::Tag, id))?;
    CompanyTx::expect_version(source, expected)?;
    if id == into {
        return Err(Violations::one("/into", "same_tag", "a tag cannot be merged into itself").into());
    }
    if of(into).is_none() {
        return Err(Violations::one("/into", "tag_unknown", "there is no such tag").into());
    }
    hold_customers(tx, id).await?;
    let moved = tx.execute(&reassign_all(tx, id, into)?).await?;
    // What the source's customers have of it goes with it.
    let merged = vec![FieldChange { field: "mergedInto".to_owned(), from: Value::Null, to: json!(into) }];
    let entry = change_record_of(source, "merged", tx.after(source), merged);
    let details = Some(json!({ "mergedInto": into, "customers": moved }));
    tx.remove_as(source, ChangeRecord { details, tags: vec![into], ..entry });
    // Read again for its use.
    locked_one(tx, into).await
}

/// Keeps the customers who have a tag as they are: none goes to the trash meanwhile, or comes back from it.
async fn hold_customers(tx: &mut CompanyTx<'_>, tag: TagId) -> Result<()> {
    if !tx.is_postgres() {
        return Ok(());
    }
    let company = tx.actor().company().0;
    let tagged = Query::select()
        .column("customer_id")
        .from(ASSIGNMENTS)
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("tag_id").eq(tag.0))
        .to_owned();
    let customers = Query::select()
        .expr(Expr::val(1))
        .from(customers::TABLE)
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("id").in_subquery(tagged))
        .order_by("id", Order::Asc)
        .lock(LockType::NoKeyUpdate)
        .to_owned();
    tx.query(&customers).await.map(drop)
}

/// Gives all customers who have one tag another one as well.
fn reassign_all(tx: &CompanyTx<'_>, from: TagId, to: TagId) -> Result<InsertStatement> {
    let kept = ["company_id", "customer_id", "added_at", "added_by_kind", "added_by_id", "delete_batch_id"];
    let assignments = Query::select()
        .columns(kept)
        .expr(Expr::val(to.0))
        .from(ASSIGNMENTS)
        .and_where(Expr::col("company_id").eq(tx.actor().company().0))
        .and_where(Expr::col("tag_id").eq(from.0))
        .to_owned();
    let mut insert = Query::insert();
    insert
        .into_table(ASSIGNMENTS)
        .columns(kept.into_iter().chain(["tag_id"]))
        .select_from(assignments)
        .map_err(Error::internal)?
        .on_conflict(OnConflict::columns(["company_id", "customer_id", "tag_id"]).do_nothing().to_owned());
    Ok(insert)
}

/// The statement that adds tags, unless there are others with their names.
pub(super) fn insert_unless_there(tx: &CompanyTx<'_>, tags: &[Tag]) -> Result<InsertStatement> {
    use sea_orm::EntityTrait;

    use crate::scope::Record;
    let rows = tags.iter().map(|tag| tag.row(&tx.company)).collect::<Result<Vec<_>>>()?;
    let mut insert = row::Entity::insert_many(rows).into_query();
    insert.on_conflict(OnConflict::columns(["company_id", "name_key"]).do_nothing().to_owned());
    Ok(insert)
}
