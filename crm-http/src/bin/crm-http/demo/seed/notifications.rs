//! What the administrators of the demo are told of by others.

use anyhow::Context;
use crm_core::Crm;
use crm_core::notes::NewNote;
use crm_core::patch::Patch;
use crm_core::sea_orm::sea_query::{Expr, ExprTrait, Query};
use crm_core::sea_orm::{ConnectionTrait, DatabaseConnection};
use crm_core::tasks::NewTask;
use crm_http::examples;

use super::{Company, Person};

/// What a year has told them was read. Then there is a task for the administrator, whose notification is that of the
/// document's examples, and a note that mentions them.
pub(super) async fn tell(crm: &Crm, database: &DatabaseConnection, company: Company) -> anyhow::Result<()> {
    let person = |login: &str| company.people().find(|person| person.login == login).context("a person of the demo");
    let (admin, sales): (&Person, &Person) = (person("admin")?, person("sales")?);
    for person in company.people() {
        crm.on(person.actor(), database).notifications().read_all().await?;
    }
    let mut scope = crm.on(sales.actor(), database);
    let task = NewTask::titled("Approve the discount for Harbour & Sons");
    let task = scope.tasks().create(NewTask { assignee_id: Patch::Set(admin.id()), ..task }).await?;
    let note = format!("@[{}](user:{}), they ask for net 60. Can we do that?", admin.name, admin.id());
    scope.notes(examples::CUSTOMER.into()).create(NewNote::text(note)).await?;
    let named = Query::update()
        .table("crm_notifications")
        .value("id", examples::NOTIFICATION)
        .and_where(Expr::col("company_id").eq(company.id().0))
        .and_where(Expr::col("record_id").eq(task.id.0))
        .to_owned();
    database.execute(&named).await?;
    Ok(())
}
