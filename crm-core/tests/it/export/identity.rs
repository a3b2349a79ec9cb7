//! What is exported and imported again is what it was.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate};
use crm_core::Error;
use crm_core::customers::{
    AddressKind, ContactLabel, Customer, CustomerAddress, CustomerEmail, CustomerKind, CustomerPhone, CustomerQuery,
    CustomerStatus, EmployeeBand, ExportFormat, ExternalRef, LifecycleStage, MatchBy, NewCustomer,
};
use crm_core::money::{MAX_AMOUNT, Money};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use testkit::{Suite, TestDatabase};

use crate::import::{counts, create, upsert};
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        export_and_import_are_identity,
        cards_keep_what_they_hold,
    ]);
}

/// Texts with all that may go wrong on the way: formulas, quotes, delimiters, scripts, blanks of all kinds.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[=+\\-@'\"＝]{1,3}[a-z0-9 ,;'\"]{0,8}",
        "[a-zA-Z ,;\"'=\\\\/<>%_&]{1,20}",
        "\\PC{1,20}",
        Just("NULL".to_owned()),
        Just("\u{feff}bom".to_owned()),
        Just("true".to_owned()),
        Just("0012".to_owned()),
    ]
}

fn maybe<T: std::fmt::Debug + Clone + 'static>(
    strategy: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Option<T>> {
    proptest::option::weighted(0.6, strategy)
}

fn object() -> impl Strategy<Value = Option<Map<String, Value>>> {
    let value = prop_oneof![
        "\\PC{0,12}".prop_map(Value::from),
        text().prop_map(Value::from),
        "[\t\r\n=+a]{0,5}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        (-1_000_000..1_000_000_i32).prop_map(|number| json!(f64::from(number) / 64.0)),
        Just(Value::Null),
        proptest::collection::vec(any::<u32>(), 0..3).prop_map(|list| json!(list)),
    ];
    maybe(proptest::collection::btree_map("[a-zA-Z=. ]{0,8}", value, 0..4).prop_map(|map| map.into_iter().collect()))
}

/// Whether an entry of a list says that it is the primary one.
fn flag() -> impl Strategy<Value = Option<bool>> {
    proptest::sample::select(vec![None, None, None, Some(false), Some(true)])
}

fn lists()
-> impl Strategy<Value = (Option<Vec<CustomerEmail>>, Option<Vec<CustomerPhone>>, Option<Vec<CustomerAddress>>)> {
    let label = || proptest::option::of(proptest::sample::select(ContactLabel::ALL));
    let email = ("[a-z]{2,8}@[a-z]{2,8}\\.example", label(), flag(), any::<bool>(), any::<bool>());
    let email = email.prop_map(|(address, label, is_primary, is_invalid, is_opted_out)| CustomerEmail {
        address,
        label,
        is_primary,
        is_invalid,
        is_opted_out,
    });
    let number = prop_oneof![text(), "\\+49 30 [1-9][0-9]{6}", "[0-9]{3} [0-9]{4}"];
    let phone = (number, label(), flag(), any::<bool>(), any::<bool>());
    let phone = phone.prop_map(|(number, label, is_primary, is_invalid, is_opted_out)| CustomerPhone {
        number,
        label,
        is_primary,
        is_invalid,
        is_opted_out,
        ..CustomerPhone::default()
    });
    let kind = proptest::sample::select(AddressKind::ALL);
    let address = (kind, maybe(text()), maybe(text()), text(), maybe("[A-Z0-9=+-]{1,8}"), maybe(text()), flag());
    let address = address.prop_map(|(kind, address, address_line2, city, zip_code, country, is_primary)| {
        let city = Some(city);
        CustomerAddress {
            kind,
            address,
            address_line2,
            city,
            zip_code,
            country,
            is_primary,
            ..CustomerAddress::default()
        }
    });
    let few = || 0..3_usize;
    (
        maybe(proptest::collection::vec(email, few())),
        maybe(proptest::collection::vec(phone, few())),
        maybe(proptest::collection::vec(address, few())),
    )
}

fn customer() -> impl Strategy<Value = NewCustomer> {
    let references = proptest::collection::btree_set(("[a-z]{1,5}", text()), 0..3);
    let names = (text(), maybe(text()), maybe(text()), maybe(text()), maybe(text()), maybe(text()));
    let places = (maybe(text()), maybe(text()), maybe(text()), maybe(text()), maybe("[A-Z0-9=+-]{1,8}"), maybe(text()));
    let more = (
        maybe((1800..2100_i32, 1..366_u32).prop_map(|(year, day)| NaiveDate::from_yo_opt(year, day).expect("a date"))),
        maybe(proptest::sample::select(vec!["de", "en-GB", "zh-Hant-TW"]).prop_map(str::to_owned)),
        maybe(proptest::sample::select(vec!["Europe/Berlin", "UTC"]).prop_map(str::to_owned)),
        maybe(proptest::sample::select(EmployeeBand::ALL)),
        maybe(
            (0..=MAX_AMOUNT, proptest::sample::select(vec!["EUR", "JPY", "KWD"]))
                .prop_map(|(amount, currency)| Money { amount, currency: currency.parse().expect("a currency") }),
        ),
        maybe(proptest::sample::select(LifecycleStage::ALL)),
        maybe(
            (0..4_000_000_000_000_000_i64).prop_map(|micros| DateTime::from_timestamp_micros(micros).expect("a time")),
        ),
        proptest::collection::vec(maybe(text()), 8),
    );
    let rest = (
        maybe("[a-z0-9+=-]{1,10}@[a-z]{1,8}\\.example"),
        maybe("https?://[a-z]{1,10}\\.example/[a-z]{0,5}"),
        maybe(text()),
        proptest::option::of(proptest::sample::select(CustomerStatus::ALL)),
        references,
        object(),
        object(),
    );
    (names, places, rest, more, lists()).prop_map(|(names, places, rest, more, (emails, phones, addresses))| {
        let (birth_date, language, time_zone, employee_band, annual_revenue, lifecycle_stage, source_created_at, texts) = more;
        let mut texts = texts.into_iter();
        let mut text = || texts.next().flatten();
        let (name, first_name, last_name, organization_name, job_title, phone) = names;
        let (address, address_line2, city, state, zip_code, country) = places;
        let (email, website, source, status, references, custom_fields, metadata) = rest;
        let references = references.into_iter().map(|(system, id)| ExternalRef::new(system, id)).collect();
        NewCustomer {
            kind: None,
            name: Some(name),
            salutation: text(),
            first_name,
            middle_name: text(),
            last_name,
            name_suffix: text(),
            email,
            phone,
            organization_name,
            job_title,
            department: text(),
            birth_date,
            language,
            time_zone,
            industry: text(),
            employee_band,
            annual_revenue,
            tax_id: text(),
            website,
            address,
            address_line2,
            city,
            state,
            zip_code,
            country,
            emails,
            phones,
            addresses,
            status,
            lifecycle_stage,
            relationship: text(),
            owner_id: None,
            source,
            source_created_at,
            description: text(),
            external_refs: Some(references),
            custom_fields,
            metadata,
            is_archived: None,
        }
    })
}

/// Writes some hundred customers with tags.
async fn fill(crm: &TestCrm) -> anyhow::Result<Vec<Customer>> {
    let mut runner = TestRunner::default();
    let strategy = (customer(), proptest::collection::vec(text(), 0..4), proptest::sample::select(CustomerKind::ALL));
    let (mut written, mut tagged) = (0, 0);
    for _ in 0..300 {
        let tree = strategy.new_tree(&mut runner).map_err(|reason| anyhow::anyhow!("{reason}"))?;
        let (new, tags, kind) = tree.current();
        match crm.create(NewCustomer { kind: Some(kind), ..new }).await {
            Ok(customer) => {
                written += 1;
                for tag in tags {
                    // As above: not every text is the name of a tag.
                    tagged += usize::from(crm.admin().customer_tags(customer.id).add([tag]).await.is_ok());
                }
            }
            // Not all that may go wrong on the way may be stored in the first place.
            Err(Error::Invalid(_) | Error::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    assert!(written > 100 && tagged > 100, "only {written} customers and {tagged} tags are valid");
    Ok(crm.all().await?)
}

fn tags(customer: &Customer) -> Vec<String> {
    customer.tags.iter().map(|tag| tag.name.clone()).collect()
}

/// Some hundred customers, written, exported, read by another company, and written over themselves.
async fn export_and_import_are_identity(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let before = fill(&crm).await?;
    let written = before.len() as u64;
    let has_more = before.iter().filter(|one| one.emails.len() > 1 || one.phones.len() > 1 || one.addresses.len() > 1);
    assert!(has_more.count() > 30, "few have more than flat fields tell");
    for format in [ExportFormat::Csv, ExportFormat::Xlsx, ExportFormat::Ndjson] {
        let file = crm.export(CustomerQuery::default(), format).await?;
        let back = crm.import(file.clone(), &upsert(MatchBy::Id)).await?;
        assert_eq!(counts(&back), [0, 0, written, 0], "{format}: {:?}", back.errors.first());
        assert_eq!(crm.all().await?, before, "{format}");

        let other = crm.other_company();
        let report = other.import(file.clone(), &create()).await?;
        assert_eq!(
            (counts(&report), report.warnings),
            ([written, 0, 0, 0], 0),
            "{format}: {:?}",
            report.errors.first()
        );
        let copies = other.all().await?;
        for (original, copy) in before.iter().zip(&copies) {
            assert_eq!(NewCustomer::from(original), NewCustomer::from(copy), "{format}");
            assert_eq!((&original.phone_e164, &original.country_code), (&copy.phone_e164, &copy.country_code));
            assert_eq!(tags(original), tags(copy), "{format}");
        }
        // By address as well: none changes anything. Rows without one are matched by another key, or are new.
        let report = other.import(file, &upsert(MatchBy::Email)).await?;
        let with_email = copies.iter().filter(|copy| copy.email.is_some()).count() as u64;
        assert_eq!(report.updated, 0, "{format}");
        assert!(report.unchanged >= with_email, "{format}: {report:?}");
    }
    Ok(())
}

/// What a card holds of a customer, without what makes no difference there: the order of further addresses, and whether
/// a number at work is that of the office.
fn held(customer: &Customer) -> Value {
    let label = |label: Option<ContactLabel>| match label {
        Some(ContactLabel::Office) => Some(ContactLabel::Work),
        label => label,
    };
    let emails: BTreeSet<_> = customer.emails.iter().map(|email| (&email.address, label(email.label))).collect();
    let phones: BTreeSet<_> = customer.phones.iter().map(|phone| (&phone.number, label(phone.label))).collect();
    let address = |at: &CustomerAddress| {
        let CustomerAddress { kind, address, address_line2, city, state, zip_code, country, .. } = at;
        json!([kind, address, address_line2, city, state, zip_code, country]).to_string()
    };
    let addresses: BTreeSet<String> = customer.addresses.iter().map(address).collect();
    json!({
        "kind": customer.kind,
        "names": [&customer.name, json!([customer.salutation, customer.first_name, customer.middle_name, customer.last_name,
            customer.name_suffix])],
        "job": [&customer.organization_name, &customer.job_title, &customer.department],
        "main": [&customer.email, &customer.phone, &customer.website, &customer.language, &customer.time_zone],
        "at": [&customer.address, &customer.address_line2, &customer.city, &customer.state, &customer.zip_code,
            &customer.country],
        "birthDate": customer.birth_date,
        "lists": [json!(emails), json!(phones), json!(addresses)],
        // The reader of cards takes blanks after an escaped letter for one.
        "tags": tags(customer).iter().map(|name| words(name)).collect::<Vec<_>>(),
    })
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a card tells which address and number is the main one. Nobody calls a fax machine.
fn is_clear(customer: &Customer) -> bool {
    let (emails, phones, addresses) = (&customer.emails, &customer.phones, &customer.addresses);
    let is_main = |is_primary: Option<bool>| is_primary == Some(true);
    let is_called = |label: Option<ContactLabel>| label != Some(ContactLabel::Fax);
    (emails.is_empty() || emails.iter().any(|email| is_main(email.is_primary) && is_called(email.label)))
        && (phones.is_empty() || phones.iter().any(|phone| is_main(phone.is_primary) && is_called(phone.label)))
        && (addresses.is_empty() || addresses.iter().any(|address| is_main(address.is_primary)))
}

async fn cards_keep_what_they_hold(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let before = fill(&crm).await?;
    let file = crm.export(CustomerQuery::default(), ExportFormat::Vcard).await?;
    let text = std::str::from_utf8(&file)?;
    assert!(text.lines().all(|line| line.len() <= 75) && text.matches("BEGIN:VCARD\r\n").count() == before.len());
    let other = crm.other_company();
    let report = other.import(file.clone(), &create()).await?;
    assert_eq!(counts(&report), [before.len() as u64, 0, 0, 0], "{:?}", report.errors.first());
    let copies = other.all().await?;
    let mut compared = 0;
    for (original, copy) in before.iter().zip(&copies).filter(|(original, _)| is_clear(original)) {
        assert_eq!(held(original), held(copy));
        compared += 1;
    }
    assert!(compared > 50, "only {compared} cards are clear");
    // A card has the id of its customer.
    let report = crm.import(file, &upsert(MatchBy::Id)).await?;
    assert_eq!((report.created, report.failed), (0, 0), "{:?}", report.errors.first());
    Ok(())
}
