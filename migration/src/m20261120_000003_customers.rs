//! Customers, their references in other systems, and their search index.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::columns::{actor, boolean, index, json, key_text, number, optional, reference, table, text, time, uuid};
use crate::trigrams;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(customers(manager)).await?;
        manager.create_table(external_refs()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let db = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Postgres {
            // Unless a host's migrator has created it.
            trigrams::require(db).await.map_err(|error| DbErr::Migration(error.to_string()))?;
            db.execute_unprepared(&postgres_search(&trigrams::schema(db).await?)).await?;
        } else {
            db.execute_unprepared(SQLITE_SEARCH).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            manager.get_connection().execute_unprepared("DROP TABLE crm_customer_search").await?;
            manager.get_connection().execute_unprepared("DROP TABLE crm_customer_search_documents").await?;
        }
        for table in ["crm_customer_external_refs", "crm_customers"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn customers(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("kind"),
        text("name"),
        key_text(manager, "name_key"),
        optional(text("first_name")),
        optional(text("last_name")),
        optional(key_text(manager, "email")),
        optional(key_text(manager, "email_key")),
        optional(text("phone")),
        optional(key_text(manager, "phone_e164")),
        optional(text("organization_name")),
        optional(key_text(manager, "organization_key")),
        optional(text("job_title")),
        optional(text("website")),
        optional(text("address")),
        optional(text("address_line2")),
        optional(text("city")),
        optional(key_text(manager, "city_key")),
        optional(text("state")),
        optional(text("zip_code")),
        optional(text("country")),
        optional(key_text(manager, "country_code")),
        key_text(manager, "status"),
        optional(uuid("owner_id")),
        optional(key_text(manager, "source")),
        json("custom_fields"),
        json("metadata"),
        boolean("is_archived"),
        optional(time("deleted_at")),
        optional(uuid("delete_batch_id")),
        text("search_text"),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table("crm_customers", &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_customers_company_fkey",
            ("crm_customers", &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .foreign_key(&mut reference(
            "crm_customers_owner_fkey",
            ("crm_customers", &["company_id", "owner_id"]),
            ("crm_users", &["company_id", "id"]),
            ForeignKeyAction::NoAction,
        ))
        .to_owned()
}

fn external_refs() -> TableCreateStatement {
    table(
        "crm_customer_external_refs",
        &["company_id", "customer_id", "system", "external_id"],
        vec![
            uuid("company_id"),
            uuid("customer_id"),
            text("system"),
            text("external_id"),
            optional(uuid("delete_batch_id")),
        ],
    )
    .foreign_key(&mut reference(
        "crm_customer_external_refs_customer_fkey",
        ("crm_customer_external_refs", &["company_id", "customer_id"]),
        ("crm_customers", &["company_id", "id"]),
        ForeignKeyAction::Cascade,
    ))
    .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let live = |name: &'static str, columns: &[&'static str]| {
        index(name, "crm_customers", columns).and_where(Expr::col("deleted_at").is_null()).to_owned()
    };
    vec![
        live("crm_customers_created_idx", &["company_id", "created_at", "id"]),
        live("crm_customers_updated_idx", &["company_id", "updated_at", "id"]),
        live("crm_customers_name_idx", &["company_id", "name_key", "id"]),
        live("crm_customers_status_idx", &["company_id", "status", "created_at", "id"]),
        live("crm_customers_owner_idx", &["company_id", "owner_id", "created_at", "id"]),
        live("crm_customers_email_idx", &["company_id", "email"]),
        live("crm_customers_phone_idx", &["company_id", "phone_e164"]),
        Index::create()
            .name("crm_customers_email_key")
            .table("crm_customers")
            .col("company_id")
            .col("email_key")
            .unique()
            .to_owned(),
        Index::create()
            .name("crm_customers_trash_idx")
            .table("crm_customers")
            .col("company_id")
            .col("deleted_at")
            .col("id")
            .and_where(Expr::col("deleted_at").is_not_null())
            .to_owned(),
        Index::create()
            .name("crm_customer_external_refs_key")
            .table("crm_customer_external_refs")
            .col("company_id")
            .col("system")
            .col("external_id")
            .unique()
            .and_where(Expr::col("delete_batch_id").is_null())
            .to_owned(),
    ]
}

/// One index over company and text: a search touches only its own company's entries.
fn postgres_search(trigrams: &str) -> String {
    format!(
        "CREATE INDEX crm_customers_search_idx ON crm_customers \
         USING gin (company_id, search_text {trigrams}.gin_trgm_ops) WHERE deleted_at IS NULL"
    )
}

/// The full-text index reads its text from a table with its own integer key: the implicit row id of `crm_customers` may
/// change with VACUUM. Triggers keep the two in sync, in the writer's transaction.
const SQLITE_SEARCH: &str = "
CREATE TABLE crm_customer_search_documents (
    document_id INTEGER PRIMARY KEY,
    company_id uuid_text NOT NULL,
    customer_id uuid_text NOT NULL,
    search_text text NOT NULL,
    CONSTRAINT crm_customer_search_documents_customer_fkey FOREIGN KEY (company_id, customer_id)
        REFERENCES crm_customers (company_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX crm_customer_search_documents_key ON crm_customer_search_documents (company_id, customer_id);
CREATE VIRTUAL TABLE crm_customer_search USING fts5 (
    search_text, content = 'crm_customer_search_documents', content_rowid = 'document_id',
    tokenize = 'trigram case_sensitive 1'
);
CREATE TRIGGER crm_customers_search_insert AFTER INSERT ON crm_customers BEGIN
    INSERT INTO crm_customer_search_documents (company_id, customer_id, search_text)
    VALUES (new.company_id, new.id, new.search_text);
END;
CREATE TRIGGER crm_customers_search_update AFTER UPDATE OF search_text ON crm_customers
WHEN old.search_text IS NOT new.search_text BEGIN
    UPDATE crm_customer_search_documents SET search_text = new.search_text
    WHERE company_id = new.company_id AND customer_id = new.id;
END;
CREATE TRIGGER crm_customer_search_documents_insert AFTER INSERT ON crm_customer_search_documents BEGIN
    INSERT INTO crm_customer_search (rowid, search_text) VALUES (new.document_id, new.search_text);
END;
CREATE TRIGGER crm_customer_search_documents_update AFTER UPDATE ON crm_customer_search_documents BEGIN
    INSERT INTO crm_customer_search (crm_customer_search, rowid, search_text)
    VALUES ('delete', old.document_id, old.search_text);
    INSERT INTO crm_customer_search (rowid, search_text) VALUES (new.document_id, new.search_text);
END;
CREATE TRIGGER crm_customer_search_documents_delete AFTER DELETE ON crm_customer_search_documents BEGIN
    INSERT INTO crm_customer_search (crm_customer_search, rowid, search_text)
    VALUES ('delete', old.document_id, old.search_text);
END;
";
