//! Customers of another system: all are imported, with every cell. `CRM_TEST_FULL=true` takes all ten thousand.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use crm_core::customers::{Customer, DateOrder, ExportFormat, ImportOptions, MatchBy};
use testkit::{Suite, TestDatabase, bounded};

use super::{counts, upsert};
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [every_cell_arrives]);
}

/// Where each column of the file goes.
const COLUMNS: [(&str, &str); 12] = [
    ("Index", "customFields.index"),
    ("Customer Id", "customFields.customerId"),
    ("First Name", "firstName"),
    ("Last Name", "lastName"),
    ("Company", "organizationName"),
    ("City", "city"),
    ("Country", "country"),
    ("Phone 1", "phone"),
    ("Phone 2", "phones"),
    ("Email", "email"),
    ("Subscription Date", "customFields.subscriptionDate"),
    ("Website", "website"),
];

async fn every_cell_arrives(database: TestDatabase) -> anyhow::Result<()> {
    let count = bounded(1_000, 10_000);
    let file = start(&file()?, count)?;
    let rows = parsed(&file)?;
    assert_eq!(rows.len(), count);
    let (all, written) = (u64::try_from(count)?, i64::try_from(count)?);
    let crm = TestCrm::new(&database);
    let options = ImportOptions { date_order: Some(DateOrder::Dmy), ..upsert(MatchBy::Email) };

    let dry = ImportOptions { dry_run: true, ..options.clone() };
    let rehearsed = timed("dry run", count, crm.import(file.clone(), &dry)).await?;
    assert_eq!(counts(&rehearsed), [all, 0, 0, 0]);
    let report = timed("import", count, crm.import(file.clone(), &options)).await?;
    assert_eq!((counts(&report), report.warnings), ([all, 0, 0, 0], 0), "{:?}", report.errors.first());
    let fields: Vec<_> =
        report.columns.iter().map(|column| (column.column.as_str(), column.field.as_deref().unwrap_or(""))).collect();
    assert_eq!(fields, COLUMNS);

    let customers = crm.all().await?;
    assert_eq!(customers.len(), count);
    for (customer, row) in customers.iter().zip(&rows) {
        for (column, field) in COLUMNS {
            assert_eq!(cell(customer, field), expected(column, &row[column]), "{column}");
        }
    }
    let records = crm.records().await?;
    assert_eq!(records, [written, written + 1, written]);

    let again = timed("second upsert", count, crm.import(file, &options)).await?;
    assert_eq!(counts(&again), [0, 0, all, 0]);
    assert_eq!(crm.all().await?, customers);
    assert_eq!(crm.records().await?, [written, written + 2, written]);

    let exported = timed("export", count, export(&crm)).await?;
    let by_id = upsert(MatchBy::Id);
    let back = timed("import of the export", count, crm.import(exported, &by_id)).await?;
    assert_eq!(counts(&back), [0, 0, all, 0], "{:?}", back.errors.first());
    Ok(())
}

async fn export(crm: &TestCrm) -> crm_core::Result<Vec<u8>> {
    crm.export(crm_core::customers::CustomerQuery::default(), ExportFormat::Csv).await
}

/// Shows how fast something is: `cargo test --release … every_cell_arrives -- --nocapture`.
async fn timed<T>(what: &str, rows: usize, work: impl Future<Output = T>) -> T {
    let start = Instant::now();
    let done = work.await;
    eprintln!("{what}: {:.0} rows/s", rows as f64 / start.elapsed().as_secs_f64());
    done
}

/// The value of a field as text.
fn cell(customer: &Customer, field: &str) -> String {
    let json = serde_json::to_value(customer).expect("a customer is JSON");
    let pointer = match field {
        "phones" => "/phones/1/number".to_owned(),
        field => format!("/{}", field.replace('.', "/")),
    };
    json.pointer(&pointer).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

/// What a cell should have become.
fn expected(column: &str, cell: &str) -> String {
    match column {
        "Email" => cell.to_lowercase(),
        "Subscription Date" => cell.split('-').rev().collect::<Vec<_>>().join("-"),
        _ => cell.to_owned(),
    }
}

/// The header and the first rows.
fn start(file: &[u8], count: usize) -> anyhow::Result<Vec<u8>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in reader.byte_records().take(count + 1) {
        writer.write_byte_record(&record?)?;
    }
    Ok(writer.into_inner()?)
}

/// The real file if it exists (`CRM_TEST_DATA`, or next to the workspace), otherwise a similar one.
fn file() -> anyhow::Result<Vec<u8>> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let directory = std::env::var_os("CRM_TEST_DATA").map_or_else(beside, PathBuf::from);
    match std::fs::read(directory.join("customers-10000.csv")) {
        Ok(file) => Ok(file),
        Err(_) => generated(),
    }
}

fn generated() -> anyhow::Result<Vec<u8>> {
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(COLUMNS.map(|(column, _)| column))?;
    let of = |list: &[&'static str], number: usize| list[number % list.len()];
    for number in 1..=10_000 {
        let (first, last) =
            (of(&["Heather", "Zoë", "Łukasz", "O'Neil"], number), of(&["Lee", "Müller", "Ray"], number));
        file.write_record([
            &number.to_string(),
            &format!("{:015X}", number * 7_919),
            first,
            last,
            of(&["Mosley-David", "Horn, Shepard and Watson", "Lee \"& Co\""], number),
            of(&["Lake Jeffborough", "São Paulo", "East Jordan"], number),
            of(&["Norway", "Falkland Islands (Malvinas)", "Macao", "Germany"], number),
            of(&["043-797-5229", "+1-134-348-0265x9132", "(567)135-1918"], number),
            of(&["-5361", "915.112.1727", "001-184-153-9683x1497"], number),
            &format!("Customer{number}@Example.NET"),
            &format!("{:02}-{:02}-{}", number % 28 + 1, number % 12 + 1, 2020 + number % 3),
            of(&["http://www.escobar.org/", "https://tyler-pugh.info/"], number),
        ])?;
    }
    Ok(file.into_inner()?)
}

fn parsed(file: &[u8]) -> anyhow::Result<Vec<BTreeMap<String, String>>> {
    Ok(csv::Reader::from_reader(file).deserialize().collect::<Result<_, _>>()?)
}
