//! Files of other programs, with their header rows as they write them: what lands where.

mod address_books;
mod companies;
mod languages;
mod sales;

use crm_core::customers::{Customer, ImportOptions, ImportReport};
use crm_core::notes::NoteQuery;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::create;
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    address_books::register(suite);
    companies::register(suite);
    languages::register(suite);
    sales::register(suite);
}

/// What has become of a file.
struct Landed {
    crm: TestCrm,
    report: ImportReport,
    customers: Vec<Customer>,
}

/// Imports a file into an empty company.
async fn land(database: &TestDatabase, file: impl Into<Vec<u8>>, options: &ImportOptions) -> anyhow::Result<Landed> {
    let crm = TestCrm::new(database);
    let report = crm.import(file, options).await?;
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    let customers = crm.all().await?;
    Ok(Landed { crm, report, customers })
}

async fn landed(database: &TestDatabase, file: impl Into<Vec<u8>>) -> anyhow::Result<Landed> {
    land(database, file, &create()).await
}

impl Landed {
    /// Fails unless the customer has these values; of lists, what they are called by.
    #[track_caller]
    fn has(&self, index: usize, expected: Value) {
        let customer = &self.customers[index];
        let mut told = json!(customer);
        for (list, member) in [("tags", "name"), ("emails", "address"), ("phones", "number"), ("addresses", "city")] {
            let values = told[list].as_array().into_iter().flatten().map(|entry| entry[member].clone()).collect();
            told[list] = Value::Array(values);
        }
        for (field, value) in expected.as_object().expect("fields") {
            assert_eq!(&told[field], value, "{field} of {}: {told:#}", customer.name);
        }
    }

    /// The texts of the customer's notes.
    async fn notes(&self, index: usize) -> anyhow::Result<Vec<String>> {
        let mut scope = self.crm.admin();
        let notes = scope.notes(self.customers[index].id).list(&NoteQuery::default(), &Default::default()).await?;
        Ok(notes.data.into_iter().map(|note| note.body).collect())
    }

    /// The code of each warning with its row.
    fn warned(&self) -> Vec<(u64, &str)> {
        self.report.warning_details.iter().map(|warning| (warning.row, warning.code.as_str())).collect()
    }
}
