//! Reads what is compared of many customers, and nothing else of them.

use std::sync::LazyLock;

use chrono::DateTime;
use sea_orm::sea_query::Expr;
use uuid::Uuid;

use super::super::contact_points::{self, ADDRESSES_POSTGRES, ADDRESSES_SQLITE, POINTS_POSTGRES, POINTS_SQLITE};
use super::super::model::Customer;
use super::super::row::{Entity, TABLE};
use crate::base::error::Result;
use crate::base::rights::{ActorKind, ActorRef};
use crate::query::dialect::any_of;
use crate::scope::{Find, FromRow, RowReader, SelectList, is_live};

const COLUMNS: &[&str] = &[
    "id",
    "kind",
    "name",
    "first_name",
    "middle_name",
    "last_name",
    "name_suffix",
    "email",
    "phone",
    "phone_e164",
    "organization_name",
    "birth_date",
    "tax_id",
    "website",
    "address",
    "city",
    "zip_code",
    "owner_id",
];

fn list_of(points: &str, addresses: &str) -> SelectList {
    let columns: Vec<String> = COLUMNS.iter().map(|column| format!("\"{TABLE}\".\"{column}\"")).collect();
    let sql = format!("{}, {points} AS \"contact_points\", {addresses} AS \"addresses\"", columns.join(", "));
    SelectList { sql, columns: COLUMNS.len() + 2 }
}

fn columns(postgres: bool) -> &'static SelectList {
    static POSTGRES: LazyLock<SelectList> = LazyLock::new(|| list_of(POINTS_POSTGRES, ADDRESSES_POSTGRES));
    static SQLITE: LazyLock<SelectList> = LazyLock::new(|| list_of(POINTS_SQLITE, ADDRESSES_SQLITE));
    if postgres { &POSTGRES } else { &SQLITE }
}

/// A customer with no more than what is compared, and its owner.
pub(super) struct Compared(pub Customer);

impl FromRow for Compared {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let by = ActorRef { kind: ActorKind::System, id: None };
        let mut customer = Customer::blank(row.take("id")?, DateTime::UNIX_EPOCH, by);
        customer.kind = row.take("kind")?;
        customer.name = row.take("name")?;
        customer.first_name = row.take("first_name")?;
        customer.middle_name = row.take("middle_name")?;
        customer.last_name = row.take("last_name")?;
        customer.name_suffix = row.take("name_suffix")?;
        customer.email = row.take("email")?;
        customer.phone = row.take("phone")?;
        customer.phone_e164 = row.take("phone_e164")?;
        customer.organization_name = row.take("organization_name")?;
        customer.birth_date = row.take("birth_date")?;
        customer.tax_id = row.take("tax_id")?;
        customer.website = row.take("website")?;
        customer.address = row.take("address")?;
        customer.city = row.take("city")?;
        customer.zip_code = row.take("zip_code")?;
        customer.owner_id = row.take("owner_id")?;
        let (points, addresses): (Option<String>, Option<String>) =
            (row.take("contact_points")?, row.take("addresses")?);
        contact_points::fill(&mut customer, points.as_deref(), addresses.as_deref())?;
        Ok(Self(customer))
    }
}

/// Those of some customers that are outside the trash.
pub(super) async fn compared(rows: Find<'_, Entity>, ids: Vec<Uuid>, postgres: bool) -> Result<Vec<Compared>> {
    let most = ids.len() as u64;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let of = any_of(Expr::col((TABLE, "id")), ids, postgres);
    rows.filter(of).filter(is_live(TABLE)).select(columns(postgres)).fetch_up_to(most).await
}
