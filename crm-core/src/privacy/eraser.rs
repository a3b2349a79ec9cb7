//! The statements of an erasure, which go by the list of tables.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, SelectStatement};
use serde_json::json;
use uuid::Uuid;

use super::ERASED_NAME;
use super::certificate::{ErasedTable, ErasureMethod};
use super::erase::ERASED;
use super::history::{blanked, records_of};
use super::personal_tables::TABLES;
use super::registry::{Erased, PersonalTable};
use super::subject::Held;
use crate::base::error::{Kind, Result};
use crate::base::ids::CustomerId;
use crate::base::text::fold;
use crate::customers::Customer;
use crate::journal::{ChangeRecord, FieldChange, idempotency};
use crate::query::dialect::any_of;
use crate::scope::{CompanyTx, change_record_of};

/// The name of a deal of a person who was erased.
const ERASED_DEAL: &str = "Erased deal";
/// What is looked for in files is at least so long.
const MIN_TERM: usize = 5;

/// Erases one person.
pub(super) struct Eraser<'e, 's> {
    tx: &'e mut CompanyTx<'s>,
    customer: &'e Customer,
    ids: Vec<Uuid>,
    kept: Vec<Uuid>,
    gone: Vec<Uuid>,
    erased: Vec<ErasedTable>,
}

impl<'e, 's> Eraser<'e, 's> {
    pub fn new(tx: &'e mut CompanyTx<'s>, held: &'e Held, kept: &BTreeSet<Uuid>) -> Self {
        let (kept, gone): (Vec<Uuid>, Vec<Uuid>) = held.uuids().into_iter().partition(|id| kept.contains(id));
        Self { tx, customer: &held.customer, ids: held.uuids(), kept, gone, erased: Vec::new() }
    }

    /// What refers to records comes before them, so that foreign keys hold at every step.
    pub async fn erase(mut self) -> Result<Vec<ErasedTable>> {
        self.record_deals().await?;
        self.forget_in_tasks().await?;
        self.forget_copies().await?;
        for table in TABLES {
            match table.erased {
                Erased::Never | Erased::Kept | Erased::WithParent => {}
                Erased::Rows(columns) => self.delete(table.name, self.any(columns, &self.ids)).await?,
                Erased::Columns(column) => self.blank(table, column, false).await?,
                Erased::Record(column) => self.blank(table, column, true).await?,
                Erased::History => self.blank_history(table.name).await?,
                Erased::Answers => self.delete_answers(table.name).await?,
                Erased::Jobs => self.delete_jobs(table.name).await?,
                Erased::Files => self.delete_files(table.name).await?,
            }
        }
        Ok(self.erased)
    }

    fn of_company(&self) -> Expr {
        Expr::col("company_id").eq(self.tx.company.id.0)
    }

    /// One of the columns has one of the ids.
    fn any(&self, columns: &[&'static str], ids: &[Uuid]) -> Expr {
        let postgres = self.tx.is_postgres();
        let any = columns.iter().map(|column| any_of(Expr::col(*column), ids.to_vec(), postgres));
        any.reduce(ExprTrait::or).unwrap_or_else(|| Expr::cust("1 = 0"))
    }

    fn note(&mut self, table: &str, method: ErasureMethod, rows: u64) {
        let same = |erased: &&mut ErasedTable| erased.table == table && erased.method == method;
        match self.erased.iter_mut().find(same) {
            Some(erased) => erased.rows += rows,
            None if rows > 0 => self.erased.push(ErasedTable { table: table.to_owned(), method, rows }),
            None => {}
        }
    }

    async fn delete(&mut self, table: &'static str, condition: Expr) -> Result<()> {
        let delete = Query::delete().from_table(table).and_where(self.of_company()).and_where(condition).to_owned();
        let rows = self.tx.execute(&delete).await?;
        self.note(table, ErasureMethod::Deleted, rows);
        Ok(())
    }

    /// Rows of those who go are deleted; of those who stay, the personal columns are emptied.
    async fn blank(&mut self, table: &PersonalTable, column: &'static str, is_record: bool) -> Result<()> {
        if !self.gone.is_empty() {
            self.delete(table.name, self.any(&[column], &self.gone)).await?;
        }
        if self.kept.is_empty() {
            return Ok(());
        }
        let mut update = Query::update();
        update.table(table.name).values(table.personal.iter().map(|column| (*column, emptied(table.name, column))));
        if is_record {
            let by = self.tx.actor();
            let (kind, id) = (by.kind().as_str(), by.user_id().map(Uuid::from));
            update.values([
                ("version", Expr::col("version").add(1)),
                ("updated_at", Expr::val(self.tx.after(self.customer))),
                ("updated_by_kind", Expr::val(kind)),
                ("updated_by_id", Expr::val(id)),
            ]);
        }
        if matches!(table.name, "crm_customers" | "crm_leads") {
            // Out of the lists: there is nobody to deal with any more.
            update.value("is_archived", true);
        }
        update.and_where(self.of_company()).and_where(self.any(&[column], &self.kept));
        let rows = self.tx.execute(&update).await?;
        self.note(table.name, ErasureMethod::Blanked, rows);
        Ok(())
    }

    /// Entries stay, so that it is known what happened when; their values go.
    async fn blank_history(&mut self, table: &'static str) -> Result<()> {
        let postgres = self.tx.is_postgres();
        for (kind, records) in records_of(self.tx.company.id.0, &self.ids, postgres) {
            let blank = Query::update()
                .table(table)
                .value("changes", blanked(postgres))
                .and_where(self.of_company())
                .and_where(Expr::col("entity").eq(kind.as_str()))
                .and_where(records)
                .to_owned();
            let rows = self.tx.execute(&blank).await?;
            self.note(table, ErasureMethod::Blanked, rows);
        }
        Ok(())
    }

    async fn delete_answers(&mut self, table: &'static str) -> Result<()> {
        for id in self.ids.clone() {
            let answers = idempotency::delete_answers_about(&self.tx.recorder(), id);
            let rows = self.tx.execute(&answers).await?;
            self.note(table, ErasureMethod::Deleted, rows);
        }
        Ok(())
    }

    /// Jobs that have ended and name the person. Those that are still to run find nobody.
    async fn delete_jobs(&mut self, table: &'static str) -> Result<()> {
        let text = |column: &'static str| Expr::from(Func::cast_as(Expr::col(column), "text"));
        let names = |column: &'static str, id: &Uuid| text(column).like(format!("%{id}%"));
        let any = self.ids.iter().flat_map(|id| [names("payload", id), names("result", id)]);
        let named = any.reduce(ExprTrait::or).unwrap_or_else(|| Expr::cust("1 = 0"));
        self.delete(table, Expr::col("due_at").is_null().and(named)).await
    }

    /// The files of imports that have written the person, and those that have an address or the name of the person in plain
    /// text.
    async fn delete_files(&mut self, table: &'static str) -> Result<()> {
        let imports: SelectStatement = Query::select()
            .column("import_id")
            .from("crm_import_changes")
            .and_where(self.of_company())
            .and_where(self.any(&["customer_id"], &self.ids))
            .to_owned();
        let postgres = self.tx.is_postgres();
        let holds = |term: &str| {
            let sql = if postgres { "position($1 IN content) > 0" } else { "instr(content, ?) > 0" };
            Expr::cust_with_values(sql, [term.as_bytes().to_vec()])
        };
        let emails = self.customer.emails.iter().map(|email| email.address.as_str());
        let terms = emails.chain(self.customer.email.as_deref()).chain([self.customer.name.as_str()]);
        let terms: BTreeSet<&str> = terms.filter(|term| term.len() >= MIN_TERM).collect();
        let condition = terms.into_iter().map(holds).fold(Expr::col("import_id").in_subquery(imports), ExprTrait::or);
        self.delete(table, condition).await
    }

    /// Tasks that stay refer to nothing that goes.
    async fn forget_in_tasks(&mut self) -> Result<()> {
        for (column, table) in [("interaction_id", "crm_customer_interactions"), ("parent_task_id", "crm_tasks")] {
            let gone = Query::select()
                .column("id")
                .from(table)
                .and_where(self.of_company())
                .and_where(self.any(&["customer_id"], &self.ids))
                .to_owned();
            let theirs = self.any(&["customer_id"], &self.ids);
            let forget = Query::update()
                .table("crm_tasks")
                .value(column, Expr::cust("NULL"))
                .and_where(self.of_company())
                .and_where(Expr::col("customer_id").is_null().or(theirs.not()))
                .and_where(Expr::col(column).in_subquery(gone))
                .to_owned();
            self.tx.execute(&forget).await?;
        }
        Ok(())
    }

    /// What other customers keep of their links with the person.
    async fn forget_copies(&mut self) -> Result<()> {
        for copy in ["organization_id", "parent_id"] {
            let forget = Query::update()
                .table("crm_customers")
                .value(copy, Expr::cust("NULL"))
                .and_where(self.of_company())
                .and_where(self.any(&[copy], &self.ids))
                .to_owned();
            self.tx.execute(&forget).await?;
        }
        Ok(())
    }

    /// Deals stay with their amounts, so each has an entry of its own.
    async fn record_deals(&mut self) -> Result<()> {
        let deals = Query::select()
            .columns(["id", "version", "customer_id"])
            .from("crm_deals")
            .and_where(self.of_company())
            .and_where(self.any(&["customer_id"], &self.ids))
            .to_owned();
        let at = self.tx.after(self.customer);
        for row in self.tx.query(&deals).await? {
            let (id, customer): (Uuid, Uuid) = (row.try_get("", "id")?, row.try_get("", "customer_id")?);
            let version: i64 = row.try_get("", "version")?;
            let fields = ["name", "description", "nextStep", "lostNotes", "competitor"];
            let entry = change_record_of(self.customer, ERASED, at, fields.map(without_values).into());
            self.tx.record_change(ChangeRecord {
                kind: Kind::Deal,
                id: Some(id),
                version: version + 1,
                customer: Some(CustomerId(customer)),
                ..entry
            });
        }
        Ok(())
    }
}

fn without_values(field: &str) -> FieldChange {
    FieldChange { field: field.to_owned(), from: json!(null), to: json!(null) }
}

/// What stands in a personal column of a row that stays.
fn emptied(table: &str, column: &str) -> Expr {
    let name = if table == "crm_deals" { ERASED_DEAL } else { ERASED_NAME };
    match column {
        "name" => Expr::val(name),
        "name_key" | "search_text" => Expr::val(fold(name)),
        "custom_fields" | "metadata" => Expr::val(json!({})),
        _ => Expr::cust("NULL"),
    }
}
