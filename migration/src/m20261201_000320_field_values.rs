//! The values of custom fields that are unique or have an index, as rows beside the JSON column.

use sea_orm_migration::prelude::*;

use crate::columns::{boolean, index, key_text, number, optional, reference, table, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FIELDS: &str = "crm_custom_fields";
const VALUES: &str = "crm_customer_field_values";
const FLAGS: [&str; 2] = ["is_unique", "is_indexed"];
/// The job that writes the rows, until it is done.
const JOB: &str = "index_job_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let flags = FLAGS.map(|flag| boolean(flag).default(false).take());
        for column in flags.into_iter().chain([optional(uuid(JOB))]) {
            manager.alter_table(Table::alter().table(FIELDS).add_column(column).to_owned()).await?;
        }
        manager.create_table(values(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(VALUES).to_owned()).await?;
        for column in FLAGS.into_iter().chain([JOB]) {
            manager.alter_table(Table::alter().table(FIELDS).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

fn values(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("customer_id"),
        key_text(manager, "field_key"),
        // Of a list of options each has a row.
        number("position"),
        // The beginning of a text: long ones would not fit into an index.
        optional(key_text(manager, "text_value")),
        optional(ColumnDef::new("number_value").double().not_null().take()),
        optional(key_text(manager, "unique_key")),
        // False in the trash, where the value is free for others.
        boolean("is_unique"),
    ];
    let customer = ("crm_customers", &["company_id", "id"][..]);
    table(VALUES, &["company_id", "customer_id", "field_key", "position"], columns)
        .foreign_key(&mut reference(
            "crm_customer_field_values_customer_fkey",
            (VALUES, &["company_id", "customer_id"]),
            customer,
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 3] {
    let columns = |last: &'static str| ["company_id", "field_key", last];
    [
        index("crm_customer_field_values_text_idx", VALUES, &columns("text_value")),
        index("crm_customer_field_values_number_idx", VALUES, &columns("number_value")),
        index("crm_customer_field_values_unique_key", VALUES, &columns("unique_key"))
            .unique()
            .and_where(Expr::col("is_unique"))
            .to_owned(),
    ]
}
