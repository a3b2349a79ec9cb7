//! A row of `crm_notifications`, and how a notification is read with the title of its record.

use std::sync::LazyLock;

use sea_orm::entity::prelude::*;

use super::model::Notification;
use crate::base::error::Result;
use crate::base::rights::ActorKind;
use crate::scope::{FromRow, RowReader, SelectList};
use crate::users::UserRef;

pub(super) const TABLE: &str = "crm_notifications";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_notifications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub kind: String,
    pub record_kind: String,
    pub record_id: Uuid,
    pub count: i64,
    pub group_key: String,
    pub created_at: ChronoDateTimeUtc,
    pub read_at: Option<ChronoDateTimeUtc>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub mail_at: Option<ChronoDateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const TITLE: &str = "CASE crm_notifications.record_kind \
     WHEN 'task' THEN (SELECT tasks.title FROM crm_tasks AS tasks \
     WHERE tasks.company_id = $company AND tasks.id = crm_notifications.record_id) \
     WHEN 'note' THEN (SELECT notes.title FROM crm_customer_notes AS notes \
     WHERE notes.company_id = $company AND notes.id = crm_notifications.record_id) \
     WHEN 'interaction' THEN (SELECT interactions.subject FROM crm_customer_interactions AS interactions \
     WHERE interactions.company_id = $company AND interactions.id = crm_notifications.record_id) \
     WHEN 'lead' THEN (SELECT leads.name FROM crm_customers AS leads \
     WHERE leads.company_id = $company AND leads.id = crm_notifications.record_id) \
     ELSE (SELECT deals.name FROM crm_deals AS deals \
     WHERE deals.company_id = $company AND deals.id = crm_notifications.record_id) END";

const CUSTOMER: &str = "CASE crm_notifications.record_kind \
     WHEN 'task' THEN (SELECT tasks.customer_id FROM crm_tasks AS tasks \
     WHERE tasks.company_id = $company AND tasks.id = crm_notifications.record_id) \
     WHEN 'note' THEN (SELECT notes.customer_id FROM crm_customer_notes AS notes \
     WHERE notes.company_id = $company AND notes.id = crm_notifications.record_id) \
     WHEN 'interaction' THEN (SELECT interactions.customer_id FROM crm_customer_interactions AS interactions \
     WHERE interactions.company_id = $company AND interactions.id = crm_notifications.record_id) \
     WHEN 'lead' THEN crm_notifications.record_id \
     ELSE (SELECT deals.customer_id FROM crm_deals AS deals \
     WHERE deals.company_id = $company AND deals.id = crm_notifications.record_id) END";

const ACTOR_NAME: &str = "(SELECT display_name FROM crm_users \
     WHERE crm_users.company_id = $company AND crm_users.id = crm_notifications.actor_id)";

/// What is read of a notification: a list is one statement.
pub(super) static COLUMNS: LazyLock<SelectList> = LazyLock::new(|| {
    SelectList::new::<Entity>(
        &[Column::CompanyId, Column::UserId, Column::GroupKey, Column::MailAt],
        &[("title", TITLE), ("customer_id", CUSTOMER), ("actor_name", ACTOR_NAME)],
    )
});

impl FromRow for Notification {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let mut notification = Self {
            id: row.take("id")?,
            kind: row.take("kind")?,
            record_kind: row.take("record_kind")?,
            record_id: row.take("record_id")?,
            count: row.take("count")?,
            created_at: row.take("created_at")?,
            read_at: row.take("read_at")?,
            actor: None,
            title: None,
            customer_id: None,
        };
        let by = row.actor(["actor_kind", "actor_id"])?;
        (notification.title, notification.customer_id) = (row.take("title")?, row.take("customer_id")?);
        let display_name = row.take("actor_name")?;
        let user = by.id.filter(|_| by.kind == ActorKind::User);
        notification.actor = user.map(|id| UserRef { id, display_name });
        Ok(notification)
    }
}
