//! Recomputes the search texts and keys of tags.

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use super::row::{self, TABLE};
use crate::base::error::Result;
use crate::base::text::fold;
use crate::customers::search_text;
use crate::scope::CompanyTx;
use crate::scope::reindex::{BATCH, Batch, is_taken};

/// The next tags after an id.
pub(crate) async fn reindex(tx: &mut CompanyTx<'_>, after: Uuid) -> Result<Batch> {
    let next = tx.find::<row::Entity>().filter(Expr::col((TABLE, "id")).gt(after));
    let rows: Vec<row::Model> =
        next.map(|select| select.order_by_asc(row::Column::Id)).for_no_key_update().fetch_up_to(BATCH).await?;
    let mut batch = Batch { last: rows.last().map(|row| row.id), ..Batch::default() };
    for row in rows {
        let mut key = fold(&row.name);
        // A name that folds to nothing keeps its own text as key, so that it stays unique.
        if key.is_empty() {
            key.clone_from(&row.name_key);
        }
        if key != row.name_key && is_taken(tx, (TABLE, row.id), "name_key", &key).await? {
            batch.conflicts.push(row.id);
            key.clone_from(&row.name_key);
        }
        let columns = [
            ("name_key", Some(row.name_key), Some(key)),
            ("search_text", Some(row.search_text), Some(search_text([row.name.as_str()]))),
        ];
        batch.write(tx, (TABLE, row.id), columns).await?;
    }
    Ok(batch)
}
