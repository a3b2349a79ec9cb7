//! Workbooks and cards of an export.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use chrono::NaiveDate;
use crm_core::customers::{Customer, CustomerQuery, ExportFormat, NewCustomer};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use crate::import::create;
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_workbook_has_texts_and_dates,
        a_workbook_of_many_customers_comes_in_pieces,
        cards_have_what_address_books_read,
        nobody_is_in_an_empty_file,
    ]);
}

type Rows = Vec<Vec<Data>>;

fn rows(file: Vec<u8>) -> anyhow::Result<Rows> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(file))?;
    let sheet = workbook.worksheet_range_at(0).ok_or_else(|| anyhow::anyhow!("no sheet"))??;
    Ok(sheet.rows().map(<[Data]>::to_vec).collect())
}

async fn a_workbook_has_texts_and_dates(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let new = NewCustomer {
        phone: Some("+46 8 111 11 11".to_owned()),
        birth_date: NaiveDate::from_ymd_opt(1987, 10, 6),
        description: Some("_x000D_ and\ntwo lines".to_owned()),
        city: Some("'=quoted".to_owned()),
        ..NewCustomer::organization("=1+1")
    };
    crm.create(new).await?;
    crm.create(NewCustomer { birth_date: NaiveDate::from_ymd_opt(1850, 1, 1), ..NewCustomer::organization("Old") })
        .await?;
    let file = crm.export(CustomerQuery::default(), ExportFormat::Xlsx).await?;
    let sheet = rows(file.clone())?;
    let place = |name: &str| sheet[0].iter().position(|cell| *cell == Data::String(name.to_owned())).unwrap();
    let cell = |row: usize, name: &str| sheet[row][place(name)].clone();
    let text = |text: &str| Data::String(text.to_owned());
    assert_eq!((cell(1, "name"), cell(1, "phone")), (text("=1+1"), text("+46 8 111 11 11")));
    assert_eq!((cell(1, "city"), cell(1, "version")), (text("''=quoted"), text("1")));
    assert!(matches!(cell(1, "birthDate"), Data::DateTime(date) if date.as_f64() == 32_056.0));
    assert_eq!(cell(2, "birthDate"), text("1850-01-01"));
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(file.clone()))?;
    let formulas = workbook.worksheet_formula("Sheet1")?;
    assert!(formulas.is_empty(), "a spreadsheet would execute something");
    let other = crm.other_company();
    other.import(file, &create()).await?;
    let one = other.all().await?.remove(0);
    assert_eq!((one.name.as_str(), one.city.as_deref()), ("=1+1", Some("'=quoted")));
    assert_eq!(one.description.as_deref(), Some("_x000D_ and\ntwo lines"));
    Ok(())
}

async fn a_workbook_of_many_customers_comes_in_pieces(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let names: String = (0..1_100).map(|number| format!("Customer {number}\n")).collect();
    crm.import(format!("Name\n{names}"), &create()).await?;
    let mut export = crm.admin().export_customers(CustomerQuery::default(), ExportFormat::Xlsx).await?;
    let (mut file, mut empty) = (Vec::new(), 0);
    while let Some(piece) = export.next_chunk().await? {
        empty += usize::from(piece.is_empty());
        file.extend(piece);
    }
    // One for each page of customers: no single piece takes as long as all of them.
    assert_eq!(empty, 3);
    let sheet = rows(file)?;
    assert_eq!(sheet.len(), 1_101);
    assert_eq!(sheet[1_100][3], Data::String("Customer 1099".to_owned()));
    assert_eq!(export.next_chunk().await?, None);
    Ok(())
}

async fn cards_have_what_address_books_read(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let new: NewCustomer = serde_json::from_value(json!({
        "kind": "person", "firstName": "Ida", "lastName": "Berg, née Ö;l", "salutation": "Dr.", "organizationName": "Kaffe AB",
        "department": "Sales", "jobTitle": "Buyer", "birthDate": "1987-10-06", "website": "https://kaffe.example",
        "emails": [{ "address": "ida@kaffe.example", "label": "work" }, { "address": "ida@home.example", "label": "home" }],
        "phones": [{ "number": "+46 70 123 45 67", "label": "mobile" }], "language": "sv", "timeZone": "Europe/Stockholm",
        "addresses": [{ "kind": "billing", "address": "1 Kai", "city": "Stockholm", "zipCode": "111 22", "country": "SE" }],
    }))?;
    let ida: Customer = crm.create(new).await?;
    crm.admin().customer_tags(ida.id).add(["VIP".to_owned(), "Press".to_owned()]).await?;
    let file = String::from_utf8(crm.export(CustomerQuery::default(), ExportFormat::Vcard).await?)?;
    for line in [
        "VERSION:4.0",
        &format!("UID:urn:uuid:{}", ida.id),
        "KIND:individual",
        "N:Berg\\, née Ö\\;l;Ida;;Dr.;",
        "ORG:Kaffe AB;Sales",
        "TITLE:Buyer",
        "BDAY:19871006",
        "EMAIL;TYPE=work;PREF=1:ida@kaffe.example",
        "EMAIL;TYPE=home:ida@home.example",
        "TEL;TYPE=cell;PREF=1:+46 70 123 45 67",
        "ADR;TYPE=billing;PREF=1:;;1 Kai;Stockholm;;111 22;SE",
        "URL:https://kaffe.example",
        "LANG:sv",
        "TZ:Europe/Stockholm",
        "CATEGORIES:Press,VIP",
    ] {
        assert!(file.lines().any(|own| own == line), "{line} is not in {file}");
    }
    Ok(())
}

async fn nobody_is_in_an_empty_file(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    assert_eq!(rows(crm.export(CustomerQuery::default(), ExportFormat::Xlsx).await?)?.len(), 1);
    assert!(crm.export(CustomerQuery::default(), ExportFormat::Vcard).await?.is_empty());
    Ok(())
}
