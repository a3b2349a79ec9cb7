//! The operations on saved mappings.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QueryOrder, Select};

use super::input::NewImportMapping;
use super::model::ImportMapping;
use super::query::{ImportMappingQuery, order, sort_key};
use super::row;
use crate::base::error::{Conflict, Error, Kind, Result};
use crate::base::ids::ImportMappingId;
use crate::customers::{ImportMode, ImportOrganizations, MatchBy, OptedOut};
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, read_page};

/// How many saved mappings a company has at most.
const MAX_MAPPINGS: u64 = 200;

/// The saved mappings of the company. Obtained from [`CompanyScope::import_mappings`].
#[derive(Debug)]
pub struct ImportMappings<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The saved mappings of the company, for actors who may import customers.
    pub fn import_mappings(&mut self) -> ImportMappings<'_, 'c> {
        ImportMappings(self)
    }
}

impl ImportMappings<'_, '_> {
    /// Saves a mapping.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults;
    /// [`Conflict::ImportMappingNameTaken`](crate::Conflict::ImportMappingNameTaken) if another one has the name.
    #[tracing::instrument(name = "import_mappings.create", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create(&mut self, new: NewImportMapping) -> Result<ImportMapping> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Customers, Action::Import, None, None)?;
                let mut mapping = blank(tx);
                new.validated(&tx.company.fields)?.write(&mut mapping);
                ensure_room(tx).await?;
                tx.insert(&mapping).await?;
                Ok(mapping)
            })
            .await
    }

    /// One saved mapping.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`].
    pub async fn get(&self, id: ImportMappingId) -> Result<ImportMapping> {
        self.may_read().await?;
        let mapping = self.0.find::<row::Entity>().select(&row::COLUMNS).by_id(id);
        mapping.one().await?.ok_or_else(|| Error::not_found(Kind::ImportMapping, id))
    }

    /// A page of saved mappings. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Malformed`] for a cursor of another list.
    #[tracing::instrument(name = "import_mappings.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &ImportMappingQuery, request: &PageRequest) -> Result<Page<ImportMapping>> {
        self.may_read().await?;
        let find = || {
            let rows = self.0.find::<row::Entity>().select(&row::COLUMNS);
            match &query.signature {
                Some(signature) => rows.filter(column("signature").eq(signature.as_str())),
                None => rows,
            }
        };
        let key = |mapping: &ImportMapping| (sort_key(query.sort, mapping), mapping.id.0);
        read_page(find, &order(query.sort), &page::digest(&("import_mappings", query))?, request, key).await
    }

    /// Replaces all writable fields; `expected` is the version that the caller has seen. What changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`ImportMappings::create`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "import_mappings.replace", skip_all, fields(company.id = %self.0.company_id(), import_mapping.id = %id))]
    pub async fn replace(
        &mut self,
        id: ImportMappingId,
        new: NewImportMapping,
        expected: Option<i64>,
    ) -> Result<ImportMapping> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Customers, Action::Import, None, Some(id.0))?;
                let before = locked(tx, id).await?;
                CompanyTx::expect_version(&before, expected)?;
                let mut after = before.clone();
                new.validated(&tx.company.fields)?.write(&mut after);
                Ok(if tx.update(&before, &mut after, Change::Updated).await? { after } else { before })
            })
            .await
    }

    /// Deletes a saved mapping for good. Imports that have used it stay as they are.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "import_mappings.delete", skip_all, fields(company.id = %self.0.company_id(), import_mapping.id = %id))]
    pub async fn delete(&mut self, id: ImportMappingId, expected: Option<i64>) -> Result<()> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Customers, Action::Import, None, Some(id.0))?;
                let mapping = locked(tx, id).await?;
                CompanyTx::expect_version(&mapping, expected)?;
                tx.delete(&mapping);
                Ok(())
            })
            .await
    }

    async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::Customers, Action::Import).await.map(drop)
    }
}

/// The mapping for files with this signature; of several the one that was written last.
pub(crate) async fn with_signature(scope: &CompanyScope<'_>, signature: &str) -> Result<Option<ImportMapping>> {
    let newest =
        |select: Select<row::Entity>| select.order_by_desc(row::Column::UpdatedAt).order_by_desc(row::Column::Id);
    let rows = scope.find::<row::Entity>().filter(column("signature").eq(signature)).select(&row::COLUMNS).map(newest);
    Ok(rows.fetch_up_to(1).await?.pop())
}

fn column(name: &'static str) -> Expr {
    Expr::col((row::TABLE, name))
}

async fn locked(tx: &CompanyTx<'_>, id: ImportMappingId) -> Result<ImportMapping> {
    let mapping = tx.find::<row::Entity>().select(&row::COLUMNS).by_id(id).for_update();
    mapping.one().await?.ok_or_else(|| Error::not_found(Kind::ImportMapping, id))
}

/// Fails if the company has as many saved mappings as it may have.
async fn ensure_room(tx: &CompanyTx<'_>) -> Result<()> {
    match tx.find::<row::Entity>().count(Some(MAX_MAPPINGS)).await? {
        MAX_MAPPINGS.. => Err(Conflict::TooManyImportMappings.into()),
        _ => Ok(()),
    }
}

/// A saved mapping with nothing in it but an id.
fn blank(tx: &CompanyTx<'_>) -> ImportMapping {
    let by = ActorRef::from(tx.actor());
    let mut mapping = ImportMapping {
        id: tx.id().into(),
        version: 1,
        name: String::new(),
        signature: String::new(),
        columns: Vec::new(),
        mapping: std::collections::BTreeMap::new(),
        mode: ImportMode::default(),
        match_by: MatchBy::default(),
        external_system: None,
        date_order: None,
        default_kind: None,
        opted_out: OptedOut::default(),
        organizations: ImportOrganizations::default(),
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
    };
    tx.stamp_new(&mut mapping);
    mapping
}
