//! A row of `crm_quotas`.

use std::sync::LazyLock;

use sea_orm::entity::prelude::*;

use super::model::Quota;
use super::subject::QuotaSubject;
use crate::base::error::{Error, Result};
use crate::base::ids::{TeamId, UserId};
use crate::scope::{FromRow, RowReader, SelectList};
use crate::users::{TeamRef, UserRef};

pub(super) const TABLE: &str = "crm_quotas";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_quotas")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub subject_kind: String,
    pub subject_id: Uuid,
    pub month: String,
    pub amount: i64,
    pub currency: String,
    pub set_at: ChronoDateTimeUtc,
    pub set_by_kind: String,
    pub set_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const USER_NAME: &str = "(SELECT display_name FROM crm_users \
     WHERE crm_users.company_id = $company AND crm_users.id = crm_quotas.subject_id)";

const TEAM_NAME: &str = "(SELECT name FROM crm_teams \
     WHERE crm_teams.company_id = $company AND crm_teams.id = crm_quotas.subject_id)";

pub(super) static COLUMNS: LazyLock<SelectList> = LazyLock::new(|| {
    SelectList::new::<Entity>(&[Column::CompanyId], &[("user_name", USER_NAME), ("team_name", TEAM_NAME)])
});

impl FromRow for Quota {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let (id, kind): (Uuid, String) = (row.take("id")?, row.take("subject_kind")?);
        let subject: Uuid = row.take("subject_id")?;
        let month = row.take::<String>("month")?.parse().map_err(Error::internal)?;
        let amount = row.money(["amount", "currency"])?;
        let amount = amount.ok_or_else(|| Error::internal("a quota has an amount"))?;
        let (set_at, set_by) = (row.take("set_at")?, row.actor(["set_by_kind", "set_by_id"])?);
        let (display_name, name) = (row.take("user_name")?, row.take("team_name")?);
        let (user, team) = match kind.as_str() {
            QuotaSubject::USER => (Some(UserRef { id: UserId(subject), display_name }), None),
            QuotaSubject::TEAM => (None, Some(TeamRef { id: TeamId(subject), name })),
            other => return Err(Error::internal(format!("no quota is that of a {other}"))),
        };
        let (user_id, team_id) = (user.as_ref().map(|user| user.id), team.as_ref().map(|team| team.id));
        Ok(Self { user_id, user, team_id, team, month, amount, set_at, set_by, id })
    }
}
