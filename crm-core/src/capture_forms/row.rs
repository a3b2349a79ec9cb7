//! A row of `crm_capture_forms`.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sqlx::types::Json as SqlxJson;

use super::model::{CaptureForm, Secret};
use crate::base::error::{Error, Kind, Result};
use crate::base::text::fold;
use crate::scope::company::Company;
use crate::scope::{FromRow, Record, RowReader, SelectList};
use crate::users::UserRef;

pub(super) const TABLE: &str = "crm_capture_forms";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_capture_forms")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub name: String,
    pub name_key: String,
    pub key: String,
    pub secret: String,
    pub fields: Json,
    pub origins: Json,
    pub source: Option<String>,
    pub owner_id: Option<Uuid>,
    pub tags: Json,
    pub status: Option<String>,
    pub consent_text: Option<String>,
    pub consent_version: i64,
    pub redirect_url: Option<String>,
    pub requires_challenge: bool,
    pub on_duplicate: String,
    pub is_active: bool,
    pub submissions: i64,
    pub rejected: i64,
    pub last_submitted_at: Option<ChronoDateTimeUtc>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const OWNER_NAME: &str = "(SELECT display_name FROM crm_users \
     WHERE crm_users.company_id = $company AND crm_users.id = crm_capture_forms.owner_id)";

const OWNER_IS_ACTIVE: &str = "(SELECT is_active FROM crm_users \
     WHERE crm_users.company_id = $company AND crm_users.id = crm_capture_forms.owner_id)";

const STATUS_IS_ARCHIVED: &str = "(SELECT statuses.is_archived FROM crm_lead_statuses AS statuses \
     WHERE statuses.company_id = $company AND statuses.code = crm_capture_forms.status)";

/// What is read of a form, with what has become of its owner and its status.
pub(super) fn columns() -> &'static SelectList {
    static COLUMNS: LazyLock<SelectList> = LazyLock::new(|| {
        let others = [
            ("owner_name", OWNER_NAME),
            ("owner_is_active", OWNER_IS_ACTIVE),
            ("status_is_archived", STATUS_IS_ARCHIVED),
        ];
        SelectList::new::<Entity>(&[Column::CompanyId, Column::NameKey], &others)
    });
    &COLUMNS
}

impl FromRow for CaptureForm {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let mut form = Self {
            id: row.take("id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            name: row.take("name")?,
            key: row.take("key")?,
            secret: Secret(row.take("secret")?),
            fields: row.take::<SqlxJson<_>>("fields")?.0,
            origins: row.take::<SqlxJson<_>>("origins")?.0,
            source: row.take("source")?,
            owner_id: row.take("owner_id")?,
            tags: row.take::<SqlxJson<_>>("tags")?.0,
            status: row.take("status")?,
            consent_text: row.take("consent_text")?,
            consent_version: row.take("consent_version")?,
            redirect_url: row.take("redirect_url")?,
            requires_challenge: row.take("requires_challenge")?,
            on_duplicate: row.take("on_duplicate")?,
            is_active: row.take("is_active")?,
            submissions: row.take("submissions")?,
            rejected: row.take("rejected")?,
            last_submitted_at: row.take("last_submitted_at")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
            owner: None,
            is_owner_active: false,
            is_status_there: false,
        };
        let display_name = row.take("owner_name")?;
        form.owner = form.owner_id.map(|id| UserRef { id, display_name });
        form.is_owner_active = row.take::<Option<bool>>("owner_is_active")?.unwrap_or_default();
        form.is_status_there = row.take::<Option<bool>>("status_is_archived")? == Some(false);
        Ok(form)
    }
}

crate::scope::envelope!(CaptureForm);

impl Record for CaptureForm {
    type Entity = Entity;
    const KIND: Kind = Kind::CaptureForm;
    const UNTRACKED_FIELDS: &'static [&'static str] = CaptureForm::UNTRACKED;

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let form = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(form.id.0),
            version: Set(form.version),
            created_at: Set(form.created_at),
            updated_at: Set(form.updated_at),
            name_key: Set(fold(&form.name)),
            name: Set(form.name),
            key: Set(form.key),
            secret: Set(form.secret.0),
            fields: Set(serde_json::to_value(form.fields).map_err(Error::internal)?),
            origins: Set(serde_json::to_value(form.origins).map_err(Error::internal)?),
            source: Set(form.source),
            owner_id: Set(form.owner_id.map(Into::into)),
            tags: Set(serde_json::to_value(form.tags).map_err(Error::internal)?),
            status: Set(form.status),
            consent_text: Set(form.consent_text),
            consent_version: Set(form.consent_version),
            redirect_url: Set(form.redirect_url),
            requires_challenge: Set(form.requires_challenge),
            on_duplicate: Set(form.on_duplicate.to_string()),
            is_active: Set(form.is_active),
            submissions: Set(form.submissions),
            rejected: Set(form.rejected),
            last_submitted_at: Set(form.last_submitted_at),
            created_by_kind: Set(form.created_by.kind.to_string()),
            created_by_id: Set(form.created_by.id.map(Into::into)),
            updated_by_kind: Set(form.updated_by.kind.to_string()),
            updated_by_id: Set(form.updated_by.id.map(Into::into)),
        })
    }
}
