//! The operations on the do-not-contact list.

use std::collections::HashSet;

use sea_orm::sea_query::Expr;
use sea_orm::{FromQueryResult, QuerySelect};
use serde_json::json;

use super::input::{NewSuppression, NewSuppressions};
use super::model::{
    ImportedSuppressions, Suppression, SuppressionKind, SuppressionReason, SuppressionRemoval, SuppressionSource,
};
use super::query::{SuppressionQuery, order, sort_key};
use super::row;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::SuppressionId;
use crate::journal::ChangeRecord;
use crate::query::dialect::any_of;
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, Find, change_record_of, read_page};

/// The do-not-contact list of the company. Obtained from [`CompanyScope::suppressions`].
#[derive(Debug)]
pub struct Suppressions<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The do-not-contact list of the company.
    pub fn suppressions(&mut self) -> Suppressions<'_, 'c> {
        Suppressions(self)
    }
}

impl Suppressions<'_, '_> {
    /// Adds an entry.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults;
    /// [`Conflict::SuppressionExists`](crate::Conflict::SuppressionExists).
    #[tracing::instrument(name = "suppressions.create", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create(&mut self, new: NewSuppression) -> Result<Suppression> {
        self.0.write(async |tx| create(tx, new).await).await
    }

    /// Adds many entries: all of them, but for those that the list has already, or none.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to import; [`Error::Invalid`] with all faults, and for more than
    /// [`MAX_SUPPRESSIONS`](super::MAX_SUPPRESSIONS).
    #[tracing::instrument(name = "suppressions.import", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn import(&mut self, new: NewSuppressions) -> Result<ImportedSuppressions> {
        self.0.write(async |tx| import(tx, new).await).await
    }

    /// One entry.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`].
    pub async fn get(&self, id: SuppressionId) -> Result<Suppression> {
        self.may_read().await?;
        let entry = self.0.find::<row::Entity>().select(&row::COLUMNS).by_id(id);
        entry.one().await?.ok_or_else(|| Error::not_found(Kind::Suppression, id))
    }

    /// A page of the list. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Malformed`] for a cursor of another list.
    #[tracing::instrument(name = "suppressions.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &SuppressionQuery, request: &PageRequest) -> Result<Page<Suppression>> {
        self.may_read().await?;
        let company = self.0.company().await?;
        let condition = query.condition(company.settings.default_country.as_deref(), self.0.is_postgres());
        let find = || self.0.find::<row::Entity>().select(&row::COLUMNS).filter(condition.clone());
        let key = |entry: &Suppression| (sort_key(query.sort, entry), entry.id.0);
        let digest = page::digest(&("suppressions", query))?;
        read_page(find, &order(query.sort), &digest, request, key).await
    }

    /// Deletes an entry for good: what it was about may be contacted again. The reason is in the audit trail. `expected` is the
    /// version that the caller has seen.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "suppressions.delete", skip_all, fields(company.id = %self.0.company_id(), suppression.id = %id))]
    pub async fn delete(
        &mut self,
        id: SuppressionId,
        why: Option<SuppressionRemoval>,
        expected: Option<i64>,
    ) -> Result<()> {
        self.0.write(async |tx| delete(tx, id, why, expected).await).await
    }

    async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::Suppressions, Action::Read).await.map(drop)
    }
}

#[derive(FromQueryResult)]
struct Listed {
    value: String,
}

/// Those of some addresses, numbers and domains, in their normalised form, that are on the list.
pub(crate) async fn among(scope: &CompanyScope<'_>, values: Vec<String>) -> Result<HashSet<String>> {
    listed(scope.find(), values, scope.is_postgres()).await
}

/// The entries of some addresses and numbers in their normalised form, without those of domains: for what is handed out to
/// a person.
pub(crate) async fn entries_of(tx: &CompanyTx<'_>, values: Vec<String>) -> Result<Vec<Suppression>> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let most = values.len() as u64;
    let theirs = any_of(Expr::col((row::TABLE, "value")), values, tx.is_postgres());
    tx.find::<row::Entity>().filter(theirs).select(&row::COLUMNS).fetch_up_to(most).await
}

async fn listed(rows: Find<'_, row::Entity>, values: Vec<String>, postgres: bool) -> Result<HashSet<String>> {
    if values.is_empty() {
        return Ok(HashSet::new());
    }
    let most = values.len() as u64;
    let rows = rows.filter(any_of(Expr::col((row::TABLE, "value")), values, postgres));
    let rows = rows.map(|select| select.select_only().column(row::Column::Value));
    let found: Vec<Listed> = rows.fetch_up_to(most).await?;
    Ok(found.into_iter().map(|listed| listed.value).collect())
}

async fn create(tx: &mut CompanyTx<'_>, new: NewSuppression) -> Result<Suppression> {
    tx.authorize(Resource::Suppressions, Action::Create, None, None)?;
    let new = new.validated(tx.company.settings.default_country.as_deref())?;
    let mut entry = blank(tx);
    new.write(&mut entry, SuppressionSource::Manual);
    tx.insert(&entry).await?;
    Ok(entry)
}

async fn import(tx: &mut CompanyTx<'_>, new: NewSuppressions) -> Result<ImportedSuppressions> {
    tx.authorize(Resource::Suppressions, Action::Import, None, None)?;
    let new = new.validated(tx.company.settings.default_country.as_deref())?;
    let (named, values) = (new.len(), new.iter().map(|entry| entry.value.clone()).collect());
    let mut known = listed(tx.find(), values, tx.is_postgres()).await?;
    let mut entries = Vec::new();
    for new in new {
        if known.insert(new.value.clone()) {
            let mut entry = blank(tx);
            new.write(&mut entry, SuppressionSource::Import);
            entries.push(entry);
        }
    }
    tx.insert_all(&entries).await?;
    Ok(ImportedSuppressions { added: entries.len(), unchanged: named - entries.len() })
}

async fn delete(
    tx: &mut CompanyTx<'_>,
    id: SuppressionId,
    why: Option<SuppressionRemoval>,
    expected: Option<i64>,
) -> Result<()> {
    tx.authorize(Resource::Suppressions, Action::Delete, None, Some(id.0))?;
    let rows = tx.find::<row::Entity>().select(&row::COLUMNS).by_id(id).for_no_key_update();
    let entry: Suppression = rows.one().await?.ok_or_else(|| Error::not_found(Kind::Suppression, id))?;
    CompanyTx::expect_version(&entry, expected)?;
    let told = change_record_of(&entry, Change::Deleted.as_str(), tx.after(&entry), Vec::new());
    let details = why.map(|why| json!({ "reason": why }));
    tx.remove_as(&entry, ChangeRecord { details, ..told });
    Ok(())
}

/// An entry with nothing in it but an id.
fn blank(tx: &CompanyTx<'_>) -> Suppression {
    let by = ActorRef::from(tx.actor());
    let mut entry = Suppression {
        id: tx.id().into(),
        version: 1,
        kind: SuppressionKind::Email,
        value: String::new(),
        reason: SuppressionReason::default(),
        source: SuppressionSource::default(),
        note: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
    };
    tx.stamp_new(&mut entry);
    entry
}
