//! What it takes to take in the CRM, and what there is to see.

use std::process::Command;

use testkit::{Suite, TestDatabase};

use crate::{HERE, accountant, customers, invoice, open};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        empty: [opening_the_erp_twice_changes_nothing, the_program_shows_a_day_at_the_erp];
        plain: [the_crm_is_taken_in_within_fifty_lines]
    );
}

fn the_crm_is_taken_in_within_fifty_lines() {
    let lines = include_str!("../../src/crm.rs").lines().count();
    assert!(lines < 50, "{lines} lines");
}

async fn opening_the_erp_twice_changes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, _) = open(&database).await?;
    let mary = accountant(&erp, HERE).await?;
    erp.book(&mary, invoice(1, "Lee & Co")).await?;
    let (again, db) = open(&database).await?;
    again.book(&mary, invoice(2, "Lee & Co")).await?;
    assert_eq!(customers(&db).await?.len(), 1);
    Ok(())
}

/// On a new database and on one that it has seen before.
async fn the_program_shows_a_day_at_the_erp(database: TestDatabase) -> anyhow::Result<()> {
    for number in 1..=2 {
        let output = Command::new(env!("CARGO_BIN_EXE_host-erp")).env("DATABASE_URL", &database.url).output()?;
        let told = String::from_utf8(output.stdout)?;
        assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
        for expected in [
            format!("invoice {number}, and \"Lee & Co, branch {number}\" is active in the CRM"),
            "The same number once more: refused".to_owned(),
            "Tom, who may not:          refused (not allowed: create customers)".to_owned(),
            format!("Customers in the CRM: {number}, invoices in the ERP: {number}."),
            format!("The ERP has heard from the CRM of \"Lee & Co, branch {number}, renamed\"."),
            "not hear again: 0 more.".to_owned(),
        ] {
            assert!(told.contains(&expected), "{expected:?} in:\n{told}");
        }
    }
    Ok(())
}
