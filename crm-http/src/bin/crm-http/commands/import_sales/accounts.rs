//! Accounts become organizations, by an import like any other; then subsidiaries get their parents.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Cursor;

use anyhow::{Context, ensure};
use crm_core::CompanyScope;
use crm_core::customers::{CustomerKind, ImportMode, ImportOptions, MatchBy, NewCustomerLink};
use crm_core::ids::CustomerId;

use super::super::import::tell;
use super::SYSTEM;
use super::files::{Account, Sales};

/// The organization of opportunities without an account.
const UNKNOWN: &str = "Account not known";
/// The digits of a million.
const MILLION: usize = 6;

/// The columns, and the fields that they fill.
const COLUMNS: [(&str, &str); 8] = [
    ("Reference", "externalRef"),
    ("Name", "name"),
    ("Industry", "industry"),
    ("Employee band", "employeeBand"),
    ("Employees", "customFields.employees"),
    ("Revenue", "annualRevenue"),
    ("Country", "country"),
    ("Established", "customFields.yearEstablished"),
];

/// The organizations, by the names of the accounts.
pub(super) struct Organizations {
    by_name: HashMap<String, CustomerId>,
}

impl Organizations {
    /// The organization of an account, or the one for all that have none.
    pub fn of(&self, account: Option<&str>) -> anyhow::Result<CustomerId> {
        let name = account.unwrap_or(UNKNOWN);
        self.by_name.get(name).copied().with_context(|| format!("there is no organization {name}"))
    }
}

/// Adds what is not there, and changes what differs.
pub(super) async fn import(scope: &mut CompanyScope<'_>, sales: &Sales) -> anyhow::Result<Organizations> {
    let known: BTreeSet<&str> = sales.accounts.iter().map(|account| account.name.as_str()).collect();
    let named = sales.opportunities.iter().map(|row| row.account.as_deref().unwrap_or(UNKNOWN));
    let others: BTreeSet<&str> = named.filter(|name| !known.contains(name)).collect();
    let options = ImportOptions {
        mode: ImportMode::Upsert,
        match_by: MatchBy::ExternalRef,
        external_system: Some(SYSTEM.to_owned()),
        default_kind: Some(CustomerKind::Organization),
        mapping: COLUMNS.map(|(column, field)| (column.to_owned(), Some(field.to_owned()))).into(),
        ..ImportOptions::default()
    };
    let report = scope.customers().import(Cursor::new(table(sales, &others)?), options).await?;
    tell(&report);
    ensure!(report.failed == 0, "not all accounts can be imported");
    let mut by_name = HashMap::new();
    for name in known.union(&others) {
        let organization = scope.customers().by_external(SYSTEM, name).await;
        by_name.insert((*name).to_owned(), organization.with_context(|| format!("the account {name}"))?.id);
    }
    let organizations = Organizations { by_name };
    link_parents(scope, &sales.accounts, &organizations).await?;
    Ok(organizations)
}

fn table(sales: &Sales, others: &BTreeSet<&str>) -> anyhow::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(COLUMNS.map(|(column, _)| column))?;
    for account in &sales.accounts {
        let Account { name, sector, year_established, employees, country, .. } = account;
        let revenue = match account.revenue.as_str() {
            "" => String::new(),
            millions => format!("{} {}", whole(millions), sales.currency),
        };
        table.write_record([name, name, sector, employees, employees, &revenue, country, year_established])?;
    }
    for name in others {
        table.write_record([*name, *name, "", "", "", "", "", ""])?;
    }
    table.into_inner().map_err(|error| anyhow::anyhow!("{}", error.error()))
}

/// A number of millions as a whole number: `1100.04` is `1100040000`.
fn whole(millions: &str) -> String {
    let (whole, part) = millions.split_once('.').unwrap_or((millions, ""));
    let part: String = part.chars().take(MILLION).collect();
    format!("{whole}{part:0<MILLION$}")
}

/// Subsidiaries keep a parent that they have from elsewhere.
async fn link_parents(
    scope: &mut CompanyScope<'_>,
    accounts: &[Account],
    organizations: &Organizations,
) -> anyhow::Result<()> {
    let parents: BTreeMap<&str, &str> =
        accounts.iter().filter_map(|account| Some((account.name.as_str(), account.parent.as_deref()?))).collect();
    for (child, parent) in parents {
        let (child, parent) = (organizations.of(Some(child))?, organizations.of(Some(parent))?);
        if scope.customers().get(child).await?.parent_id.is_none() {
            scope.links(child).create(NewCustomerLink::to(parent, "parent")).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn millions_are_whole_numbers() {
        assert_eq!((whole("1100.04").as_str(), whole("7").as_str()), ("1100040000", "7000000"));
        assert_eq!(whole("0.000001"), "0000001");
    }
}
