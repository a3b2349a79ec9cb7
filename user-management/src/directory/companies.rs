//! The feed of companies.

use chrono::{DateTime, Utc};
use crm_core::ids::CompanyId;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use super::MAX;
use crate::base::error::{Error, Result};
use crate::base::service::UserManagement;
use crate::companies::CompanyStatus;
use crate::rows::company::{Column, Entity, Model};

/// A company, as other services know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DirectoryCompany {
    /// The company.
    pub company_id: CompanyId,
    /// The name.
    pub name: String,
    /// The status.
    pub status: CompanyStatus,
    /// Whether its users may sign in.
    pub is_active: bool,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// The position of a company in the feed.
pub type DirectoryCompanyPosition = (DateTime<Utc>, CompanyId);

impl TryFrom<Model> for DirectoryCompany {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        let status: CompanyStatus = row.status.parse().map_err(Error::internal)?;
        let (company_id, is_active) = (row.id.into(), status == CompanyStatus::Active);
        Ok(Self { company_id, name: row.name, status, is_active, updated_at: row.updated_at })
    }
}

impl UserManagement {
    /// The companies that changed since then, at most `limit` (up to 500). To go on, pass the position of the last
    /// one as `after`. For services that were authenticated by their own credentials.
    ///
    /// # Errors
    /// Those of the database.
    #[tracing::instrument(name = "um.directory.companies", skip_all)]
    pub async fn directory_companies(
        &self,
        changed_since: Option<DateTime<Utc>>,
        after: Option<DirectoryCompanyPosition>,
        limit: u64,
    ) -> Result<Vec<DirectoryCompany>> {
        let mut select = Entity::find().filter(Column::ConfirmUntil.is_null());
        if let Some(since) = changed_since {
            select = select.filter(Column::UpdatedAt.gte(since));
        }
        if let Some((at, company)) = after {
            let position = Expr::tuple([Expr::col(Column::UpdatedAt), Expr::col(Column::Id)]);
            select = select.filter(position.gt(Expr::tuple([Expr::val(at), Expr::val(company.0)])));
        }
        let ordered = select.order_by_asc(Column::UpdatedAt).order_by_asc(Column::Id);
        let rows = ordered.limit(limit.clamp(1, MAX)).all(self.db()).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}
