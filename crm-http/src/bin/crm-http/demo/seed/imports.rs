//! The demo's stored imports.

use std::io::Cursor;

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::customers::ImportOptions;
use crm_core::ids::ImportId;
use crm_core::sea_orm::sea_query::{Expr, ExprTrait, Query};
use crm_core::sea_orm::{ConnectionTrait, DatabaseConnection};
use crm_http::examples;

use super::Seeder;

impl Seeder<'_, '_> {
    /// The stored files of the document's examples. One of them is imported by the next job.
    pub(super) async fn imports(&mut self) -> anyhow::Result<()> {
        let contacts = "Full name,E-mail\nNoor Haddad,noor.haddad@example.com\n";
        for (id, name, file) in [
            (examples::IMPORTED, "fair.csv", examples::IMPORTED_FILE),
            (examples::IMPORT_TO_DELETE, "old.csv", contacts),
            (examples::IMPORT, "contacts.csv", contacts),
        ] {
            self.randomness.choose(id);
            let import = self.tx.scope().imports().add(name, Cursor::new(file)).await?;
            anyhow::ensure!(import.id == ImportId(id), "the example {id} became {}", import.id);
        }
        self.tx.scope().imports().start(examples::IMPORTED.into(), ImportOptions::default()).await?;
        Ok(())
    }
}

/// Keeps the files for a day from now, and what was imported for thirty, because old ones are deleted.
pub(super) async fn renew(db: &DatabaseConnection, now: DateTime<Utc>) -> anyhow::Result<()> {
    let (day, month) = (now + TimeDelta::days(1), now + TimeDelta::days(30));
    let files = Query::update().table("crm_imports").value("expires_at", day).to_owned();
    let pieces = Query::update().table("crm_import_parts").value("expires_at", day).to_owned();
    let imported = Query::update()
        .table("crm_imports")
        .values([("expires_at", month.into()), ("revertible_until", month.into())])
        .and_where(Expr::col("revertible_until").is_not_null())
        .to_owned();
    for update in [files, pieces, imported] {
        db.execute(&update).await?;
    }
    Ok(())
}
