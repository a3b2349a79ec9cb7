//! The e-mail addresses, telephone numbers and postal addresses of customers, several of each.

use sea_orm_migration::prelude::*;

use crate::columns::{boolean, key_text, number, optional, reference, table, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CUSTOMERS: &str = "crm_customers";
const POINTS: &str = "crm_customer_contact_points";
const ADDRESSES: &str = "crm_customer_addresses";
const HAS_LISTS: &str = "has_contact_lists";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = boolean(HAS_LISTS).default(false).take();
        manager.alter_table(Table::alter().table(CUSTOMERS).add_column(column).to_owned()).await?;
        manager.create_table(points(manager)).await?;
        manager.create_table(addresses(manager)).await?;
        manager.get_connection().execute_unprepared(FILL).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [ADDRESSES, POINTS] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        manager.alter_table(Table::alter().table(CUSTOMERS).drop_column(HAS_LISTS).to_owned()).await
    }
}

fn points(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("customer_id"),
        key_text(manager, "kind"),
        number("position"),
        text("value"),
        // What is compared: the e-mail address, the number in international form if it makes one.
        optional(key_text(manager, "normalized")),
        // Unique; NULL for numbers, in the trash, and where the company allows duplicates.
        optional(key_text(manager, "email_key")),
        optional(text("label")),
        boolean("is_primary"),
        boolean("is_invalid"),
        boolean("is_opted_out"),
    ];
    table(POINTS, &["company_id", "customer_id", "kind", "position"], columns)
        .foreign_key(&mut to_customer("crm_customer_contact_points_customer_fkey", POINTS))
        .to_owned()
}

fn addresses(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("customer_id"),
        number("position"),
        text("kind"),
        optional(text("address")),
        optional(text("address_line2")),
        optional(text("city")),
        optional(text("state")),
        optional(text("zip_code")),
        optional(text("country")),
        optional(key_text(manager, "country_code")),
        boolean("is_primary"),
    ];
    table(ADDRESSES, &["company_id", "customer_id", "position"], columns)
        .foreign_key(&mut to_customer("crm_customer_addresses_customer_fkey", ADDRESSES))
        .to_owned()
}

fn to_customer(name: &'static str, from: &'static str) -> ForeignKeyCreateStatement {
    let customer = (CUSTOMERS, &["company_id", "id"][..]);
    reference(name, (from, &["company_id", "customer_id"]), customer, ForeignKeyAction::Cascade)
}

fn indexes() -> [IndexCreateStatement; 2] {
    [
        Index::create()
            .name("crm_customer_contact_points_email_key")
            .table(POINTS)
            .col("company_id")
            .col("email_key")
            .unique()
            .to_owned(),
        Index::create()
            .name("crm_customer_contact_points_normalized_idx")
            .table(POINTS)
            .col("company_id")
            .col("kind")
            .col("normalized")
            .to_owned(),
    ]
}

/// What the customers have so far is their primary address and number. A postal address needs no row before there is a
/// second one.
const FILL: &str = "
INSERT INTO crm_customer_contact_points (company_id, customer_id, kind, position, value, normalized, email_key,
    is_primary, is_invalid, is_opted_out)
SELECT company_id, id, 'email', 0, email, email, email_key, TRUE, FALSE, FALSE
FROM crm_customers WHERE email IS NOT NULL
UNION ALL
SELECT company_id, id, 'phone', 0, phone, phone_e164, NULL, TRUE, FALSE, FALSE
FROM crm_customers WHERE phone IS NOT NULL
";
