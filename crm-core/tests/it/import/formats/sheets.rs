//! Workbooks (XLSX).

use chrono::{NaiveDate, NaiveTime};
use crm_core::customers::{DateOrder, ImportOptions, MatchBy};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::super::{counts, create, faults, upsert, warnings};
use super::refusal;
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        cells_have_their_types,
        rows_have_the_numbers_of_the_sheet,
        the_first_sheet_with_rows_is_read,
        text_around_a_table_is_no_row,
        rows_are_matched_as_those_of_a_table,
        what_is_guarded_in_a_table_is_so_in_a_workbook,
        a_sheet_may_be_large,
    ]);
}

/// A workbook with one sheet of texts.
pub fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            if !cell.is_empty() {
                sheet.write_string(row, column, *cell).unwrap();
            }
        }
    }
    workbook.save_to_buffer().unwrap()
}

async fn cells_have_their_types(database: TestDatabase) -> anyhow::Result<()> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let header = [
        "Name",
        "Birthday",
        "Created",
        "Phone",
        "Score",
        "Whole",
        "VIP",
        "Opens",
        "Total",
        "Sum",
        "Broken",
        "Renewal Date",
    ];
    for (column, name) in (0..).zip(header) {
        sheet.write_string(0, column, name)?;
    }
    let date = |format: &str| Format::new().set_num_format(format);
    let at = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
    sheet.write_string(1, 0, "Ida Berg")?;
    sheet.write_datetime_with_format(1, 1, NaiveDate::from_ymd_opt(1987, 10, 6).unwrap(), &date("dd/mm/yy"))?;
    sheet.write_datetime_with_format(1, 2, at.and_hms_opt(9, 30, 0).unwrap(), &date("d mmm yyyy h:mm"))?;
    sheet.write_number(1, 3, 4_681_234_567.0)?;
    sheet.write_number(1, 4, 0.1 + 0.2)?;
    sheet.write_number(1, 5, 7.0)?;
    sheet.write_boolean(1, 6, true)?;
    sheet.write_datetime_with_format(1, 7, NaiveTime::from_hms_opt(8, 15, 0).unwrap(), &date("hh:mm"))?;
    sheet.write_datetime_with_format(1, 8, ExcelDateTime::from_serial_datetime(1.5)?, &date("[h]:mm:ss"))?;
    sheet.write_formula(1, 9, Formula::new("=1+2").set_result("3"))?;
    sheet.write_formula(1, 10, Formula::new("=1/0").set_result("#DIV/0!"))?;
    sheet.write_datetime_with_format(1, 11, at, &date("yyyy-mm-dd"))?;
    let crm = TestCrm::new(&database);
    let report = crm.import(workbook.save_to_buffer()?, &create()).await?;
    assert_eq!((counts(&report), report.warnings), ([1, 0, 0, 0], 0), "{report:?}");
    let ida = crm.all().await?.remove(0);
    assert_eq!(ida.birth_date, NaiveDate::from_ymd_opt(1987, 10, 6));
    assert_eq!(ida.source_created_at.unwrap().to_rfc3339(), "2026-01-05T09:30:00+00:00");
    assert_eq!(ida.phone.as_deref(), Some("4681234567"));
    let custom = json!({
        "score": "0.3", "whole": "7", "vip": "true", "opens": "08:15:00", "total": "36:00:00", "sum": "3",
        "broken": "#DIV/0!", "renewalDate": "2026-01-05",
    });
    assert_eq!(json!(ida.custom_fields), custom);
    Ok(())
}

async fn rows_have_the_numbers_of_the_sheet(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rows: [&[&str]; 7] = [
        &["Name", "Email"],
        &["Ann", "ann@example.com"],
        &[],
        &["Bad", "nobody"],
        &["", ""],
        &["Bob", "bob@example.com", "too much"],
        &["Cem\nÖz", "cem@example.com"],
    ];
    let report = crm.import(workbook(&rows), &create()).await?;
    assert_eq!(faults(&report), [(4, Some("Email"), "email_invalid"), (6, None, "too_many_cells")]);
    assert_eq!(warnings(&report), [(7, Some("Name"), "line_breaks_removed")]);
    assert_eq!(report.columns[1].field.as_deref(), Some("email"));
    assert_eq!(counts(&report), [2, 0, 0, 2]);
    Ok(())
}

async fn the_first_sheet_with_rows_is_read(database: TestDatabase) -> anyhow::Result<()> {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Empty")?;
    let title = workbook.add_worksheet().set_name("Title")?;
    title.write_string(0, 0, "Customers of Kaffe AB")?;
    let hidden = workbook.add_worksheet().set_name("Hidden")?;
    hidden.set_hidden(true);
    for (name, person) in [("Leute", "Ann"), ("Others", "Bob")] {
        let sheet = workbook.add_worksheet().set_name(name)?;
        sheet.write_string(0, 0, "Name")?;
        sheet.write_string(1, 0, person)?;
    }
    let hidden = workbook.worksheet_from_name("Hidden")?;
    hidden.write_string(0, 0, "Name")?;
    hidden.write_string(1, 0, "Nobody")?;
    let file = workbook.save_to_buffer()?;
    let crm = TestCrm::new(&database);
    crm.import(file.clone(), &create()).await?;
    let sheet = |name: &str| ImportOptions { sheet: Some(name.to_owned()), ..create() };
    crm.import(file.clone(), &sheet("others")).await?;
    let names: Vec<String> = crm.all().await?.into_iter().map(|customer| customer.name).collect();
    assert_eq!(names, ["Ann", "Bob"]);
    let unknown = refusal(crm.import(file, &sheet("Nothing")).await);
    assert!(unknown.starts_with("sheet_unknown: ") && unknown.contains("Leute, Others"), "{unknown}");
    // Other files have no sheets.
    assert_eq!(counts(&crm.import("Name\nCem\n", &sheet("Others")).await?), [1, 0, 0, 0]);
    let long = refusal(crm.import("Name\nCem\n", &sheet(&"x".repeat(32))).await);
    assert!(long.starts_with("parameter_invalid"), "{long}");
    Ok(())
}

async fn text_around_a_table_is_no_row(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rows: [&[&str]; 7] = [
        &["Customers, as of today"],
        &[],
        &["First Name", "Last Name", "Company"],
        &["Ida", "Berg", "Kaffe AB"],
        &["Bo", "Ström", ""],
        &[],
        &["Confidential"],
    ];
    let report = crm.import(workbook(&rows), &create()).await?;
    assert_eq!((counts(&report), report.skipped), ([2, 0, 0, 0], 1));
    assert_eq!(warnings(&report), [(7, None, "footer")]);
    Ok(())
}

async fn rows_are_matched_as_those_of_a_table(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rows: [&[&str]; 3] =
        [&["Mail", "Wer", "Datum"], &["a@b.example", "Ann", "3/4/26"], &["c@d.example", "Cem", ""]];
    let mapping = [("Wer", Some("name")), ("Datum", Some("customFields.metOn"))];
    let mapping = mapping.map(|(header, field)| (header.to_owned(), field.map(str::to_owned))).into();
    let options = ImportOptions { mapping, date_order: Some(DateOrder::Dmy), dry_run: true, ..upsert(MatchBy::Email) };
    assert_eq!(counts(&crm.import(workbook(&rows), &options).await?), [2, 0, 0, 0]);
    assert_eq!(crm.count("crm_customers").await?, 0);
    let options = ImportOptions { dry_run: false, ..options };
    assert_eq!(counts(&crm.import(workbook(&rows), &options).await?), [2, 0, 0, 0]);
    assert_eq!(counts(&crm.import(workbook(&rows), &options).await?), [0, 0, 2, 0]);
    assert_eq!(json!(crm.all().await?[0].custom_fields)["metOn"], "2026-04-03");
    Ok(())
}

async fn what_is_guarded_in_a_table_is_so_in_a_workbook(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    // As a spreadsheet saves our own CSV file, and as people type numbers.
    let rows: [&[&str]; 3] = [&["Name", "Phone"], &["'=Ann", "'+46 8 111 11 11"], &["=Bob", "+46 8 222 22 22"]];
    crm.import(workbook(&rows), &create()).await?;
    let all = crm.all().await?;
    assert_eq!((all[0].name.as_str(), all[0].phone.as_deref()), ("=Ann", Some("+46 8 111 11 11")));
    assert_eq!((all[1].name.as_str(), all[1].phone.as_deref()), ("=Bob", Some("+46 8 222 22 22")));
    Ok(())
}

async fn a_sheet_may_be_large(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, "Name")?;
    for row in 1..=1_200 {
        sheet.write_string(row, 0, format!("Customer {row}"))?;
    }
    assert_eq!(counts(&crm.import(workbook.save_to_buffer()?, &create()).await?), [1_200, 0, 0, 0]);
    let all = crm.all().await?;
    assert!((1..).zip(&all).all(|(row, customer)| customer.name == format!("Customer {row}")));
    Ok(())
}
