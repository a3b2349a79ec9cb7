//! The operations on custom fields.

use sea_orm::sea_query::ExprTrait;

use super::input::{CustomFieldPatch, NewCustomField};
use super::model::CustomField;
use super::query::{CustomFieldQuery, order, sort_key};
use super::row::{self, column};
use super::{CustomFieldEntity, CustomFieldType, index};
use crate::base::error::{Conflict, Error, Kind, Result};
use crate::base::ids::CustomFieldId;
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, read_page};

/// How many custom fields a company has at most for an entity.
const MAX_FIELDS: u64 = 200;

/// The custom fields of the company. Obtained from [`CompanyScope::custom_fields`].
#[derive(Debug)]
pub struct CustomFields<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The custom fields of the company.
    pub fn custom_fields(&mut self) -> CustomFields<'_, 'c> {
        CustomFields(self)
    }
}

impl CustomFields<'_, '_> {
    /// Adds a custom field. Records that are there already keep their values.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults;
    /// [`Conflict::CustomFieldKeyTaken`](crate::Conflict::CustomFieldKeyTaken) if another field has the key.
    #[tracing::instrument(name = "custom_fields.create", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create(&mut self, new: NewCustomField) -> Result<CustomField> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::CustomFields, Action::Create, None, None)?;
                let mut field = blank(tx);
                new.validated(None)?.write(&mut field);
                ensure_room(tx, field.entity).await?;
                index::prepare(tx, None, Some(&mut field)).await?;
                tx.insert(&field).await?;
                tx.company_written();
                Ok(field)
            })
            .await
    }

    /// One custom field.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, id: CustomFieldId) -> Result<CustomField> {
        self.may_read().await?;
        let field = self.0.find::<row::Entity>().select(&row::COLUMNS).by_id(id);
        field.one().await?.ok_or_else(|| Error::not_found(Kind::CustomField, id))
    }

    /// A page of custom fields. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a cursor of another list.
    #[tracing::instrument(name = "custom_fields.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &CustomFieldQuery, request: &PageRequest) -> Result<Page<CustomField>> {
        self.may_read().await?;
        let find = || {
            let mut rows = self.0.find::<row::Entity>().filter(column("is_archived").eq(query.is_archived));
            if let Some(entity) = query.entity {
                rows = rows.filter(column("entity").eq(entity.as_str()));
            }
            rows.select(&row::COLUMNS)
        };
        let key = |field: &CustomField| (sort_key(query.sort, field), field.id.0);
        read_page(find, &order(query.sort), &page::digest(&("custom_fields", query))?, request, key).await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`CustomFields::create`], also for another key or type; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "custom_fields.update", skip_all, fields(company.id = %self.0.company_id(), custom_field.id = %id))]
    pub async fn update(
        &mut self,
        id: CustomFieldId,
        patch: CustomFieldPatch,
        expected: Option<i64>,
    ) -> Result<CustomField> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::CustomFields, Action::Update, None, Some(id.0))?;
                let before = locked(tx, id).await?;
                CompanyTx::expect_version(&before, expected)?;
                let mut after = before.clone();
                patch.apply(&before).validated(Some(&before))?.write(&mut after);
                index::prepare(tx, Some(&before), Some(&mut after)).await?;
                tx.company_written();
                Ok(if tx.update(&before, &mut after, Change::Updated).await? { after } else { before })
            })
            .await
    }

    /// Deletes a custom field for good. The values of records stay, and are free from then on.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "custom_fields.delete", skip_all, fields(company.id = %self.0.company_id(), custom_field.id = %id))]
    pub async fn delete(&mut self, id: CustomFieldId, expected: Option<i64>) -> Result<()> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::CustomFields, Action::Delete, None, Some(id.0))?;
                let field = locked(tx, id).await?;
                CompanyTx::expect_version(&field, expected)?;
                index::prepare(tx, Some(&field), None).await?;
                tx.delete(&field);
                tx.company_written();
                Ok(())
            })
            .await
    }

    async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::CustomFields, Action::Read).await.map(drop)
    }
}

async fn locked(tx: &CompanyTx<'_>, id: CustomFieldId) -> Result<CustomField> {
    let field = tx.find::<row::Entity>().select(&row::COLUMNS).by_id(id).for_update();
    field.one().await?.ok_or_else(|| Error::not_found(Kind::CustomField, id))
}

/// Fails if the company has as many fields as it may have.
async fn ensure_room(tx: &CompanyTx<'_>, entity: CustomFieldEntity) -> Result<()> {
    let fields = tx.find::<row::Entity>().filter(column("entity").eq(entity.as_str()));
    match fields.count(Some(MAX_FIELDS)).await? {
        MAX_FIELDS.. => Err(Conflict::TooManyCustomFields.into()),
        _ => Ok(()),
    }
}

/// A custom field with nothing in it but an id.
fn blank(tx: &CompanyTx<'_>) -> CustomField {
    let by = ActorRef::from(tx.actor());
    let mut field = CustomField {
        id: tx.id().into(),
        version: 1,
        entity: CustomFieldEntity::Customer,
        key: String::new(),
        label: String::new(),
        description: None,
        field_type: CustomFieldType::Text,
        options: Vec::new(),
        is_required: false,
        default: None,
        minimum: None,
        maximum: None,
        pattern: None,
        is_searchable: false,
        is_unique: false,
        is_indexed: false,
        index_job_id: None,
        is_personal_data: false,
        position: 0,
        group: None,
        is_archived: false,
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
    };
    tx.stamp_new(&mut field);
    field
}
