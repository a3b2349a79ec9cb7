//! Export: the contents of files, who may export, and that files can be imported again.

use chrono::{DateTime, NaiveDate};
use crm_core::Error;
use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::{
    AddressKind, ContactLabel, Customer, CustomerAddress, CustomerEmail, CustomerKind, CustomerPhone, CustomerQuery,
    CustomerSearch, CustomerStatus, EmployeeBand, ExportFormat, ExternalRef, LifecycleStage, MatchBy, NewCustomer,
};
use crm_core::filter::{Filter, Op};
use crm_core::money::{MAX_AMOUNT, Money};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use testkit::{Suite, TestDatabase};

use crate::import::{counts, create, upsert};
use crate::support::{TestCrm, assert_matches, malformed};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_table_has_a_column_for_every_field,
        lines_are_customers_as_the_api_shows_them,
        an_export_has_what_its_query_means,
        an_export_has_all_that_a_search_finds,
        only_some_may_export_and_it_is_audited,
        pages_go_on_where_they_ended,
        what_a_spreadsheet_would_execute_is_guarded,
        export_and_import_are_identity,
    ]);
}

impl TestCrm {
    /// Exports as the admin.
    pub async fn export(&self, what: impl Into<CustomerSearch>, format: ExportFormat) -> crm_core::Result<Vec<u8>> {
        let mut export = self.admin().export_customers(what, format).await?;
        let mut file = Vec::new();
        while let Some(chunk) = export.next_chunk().await? {
            file.extend(chunk);
        }
        Ok(file)
    }

    async fn table(&self) -> anyhow::Result<Vec<Vec<String>>> {
        let file = self.export(CustomerQuery::default(), ExportFormat::Csv).await?;
        let text = String::from_utf8(file)?;
        let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let rows = reader.records().map(|record| Ok(record?.iter().map(str::to_owned).collect()));
        rows.collect()
    }
}

async fn a_table_has_a_column_for_every_field(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let owner = crm.ensure_mirrored(Role::SalesRep).await?;
    let customer = crm
        .create(NewCustomer {
            email: Some("ann@example.com".into()),
            owner_id: Some(owner),
            external_refs: Some(vec![ExternalRef::new("erp", "1")]),
            custom_fields: json!({ "tier": "gold" }).as_object().cloned(),
            ..NewCustomer::person("Ann", "Lee, \"MD\"")
        })
        .await?;
    let table = crm.table().await?;
    let cell = |name: &str| {
        let index = table[0].iter().position(|column| column == name).expect("a column");
        table[1][index].clone()
    };
    assert!(NewCustomer::FIELDS.iter().all(|field| table[0].iter().any(|column| column == field)));
    assert_eq!((cell("emails"), cell("phones"), cell("addresses")), Default::default(), "the flat fields tell all");
    assert_eq!((cell("id"), cell("version"), cell("kind")), (customer.id.to_string(), "1".into(), "person".into()));
    assert_eq!((cell("name"), cell("lastName")), ("Ann Lee, \"MD\"".into(), "Lee, \"MD\"".into()));
    assert_eq!((cell("ownerId"), cell("ownerName")), (owner.to_string(), "The sales_rep".into()));
    assert_eq!((cell("customFields"), cell("metadata")), ("{\"tier\":\"gold\"}".into(), String::new()));
    assert_eq!(cell("externalRefs"), "[{\"system\":\"erp\",\"id\":\"1\"}]");
    assert_eq!((cell("isArchived"), cell("status"), cell("phone")), ("false".into(), "prospect".into(), String::new()));
    assert_eq!(cell("createdAt").parse::<chrono::DateTime<chrono::Utc>>()?, customer.created_at);
    Ok(())
}

async fn lines_are_customers_as_the_api_shows_them(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    assert_eq!(crm.export(CustomerQuery::default(), ExportFormat::Ndjson).await?, b"");
    let written = [crm.named("A\u{2028}B").await?, crm.named("C").await?];
    let file = String::from_utf8(crm.export(CustomerQuery::default(), ExportFormat::Ndjson).await?)?;
    let lines: Vec<Customer> = file.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!(lines, written);
    Ok(())
}

async fn an_export_has_what_its_query_means(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let names = async |query: CustomerQuery| -> anyhow::Result<Vec<String>> {
        let file = String::from_utf8(crm.export(query, ExportFormat::Ndjson).await?)?;
        Ok(file
            .lines()
            .map(|line| serde_json::from_str::<Customer>(line).map(|one| one.name))
            .collect::<Result<_, _>>()?)
    };
    for (name, status, is_archived) in [
        ("A", CustomerStatus::Active, false),
        ("B", CustomerStatus::Active, true),
        ("C", CustomerStatus::Blocked, false),
    ] {
        let new =
            NewCustomer { status: Some(status), is_archived: Some(is_archived), ..NewCustomer::organization(name) };
        crm.create(new).await?;
    }
    let gone = crm.named("D").await?;
    crm.admin().customers().delete(gone.id, None).await?;
    assert_eq!(names(CustomerQuery::default()).await?, ["A", "C"]);
    let active = CustomerQuery { status: vec![CustomerStatus::Active], ..CustomerQuery::default() };
    assert_eq!(names(active).await?, ["A"]);
    assert_eq!(names(CustomerQuery { is_archived: Some(true), ..CustomerQuery::default() }).await?, ["B"]);
    assert_eq!(names(CustomerQuery { trashed: true, ..CustomerQuery::default() }).await?, ["D"]);
    let filter = Some(Filter::leaf("name", Op::Eq, "c"));
    assert_eq!(names(CustomerQuery { filter, ..CustomerQuery::default() }).await?, ["C"]);
    let unknown = CustomerQuery { filter: Some(Filter::leaf("nmae", Op::Eq, "c")), ..CustomerQuery::default() };
    let before = crm.records().await?;
    assert_eq!(malformed(crm.export(unknown, ExportFormat::Csv).await), "filter_invalid");
    assert_eq!(crm.records().await?, before);
    Ok(())
}

async fn an_export_has_all_that_a_search_finds(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rows: String = (0..1_100).map(|number| format!("Harbour {number},Oslo\nStation {number},Bergen\n")).collect();
    crm.import(format!("Name,City\n{rows}"), &create()).await?;
    let search = |text: &str| CustomerSearch { text: text.into(), ..CustomerSearch::default() };
    let file = String::from_utf8(crm.export(search("harb osl"), ExportFormat::Ndjson).await?)?;
    let names: Vec<String> =
        file.lines().map(|line| Ok(serde_json::from_str::<Customer>(line)?.name)).collect::<anyhow::Result<_>>()?;
    assert_eq!(names.len(), 1_100);
    assert!(names.iter().enumerate().all(|(number, name)| *name == format!("Harbour {number}")));
    let status = vec![CustomerStatus::Blocked];
    let narrowed = CustomerSearch { query: CustomerQuery { status, ..CustomerQuery::default() }, ..search("harbour") };
    assert_eq!(crm.export(narrowed, ExportFormat::Ndjson).await?, b"");
    for bad in ["&", &"x".repeat(201)] {
        assert_matches!(crm.export(search(bad), ExportFormat::Csv).await, Err(Error::Malformed(_)));
    }
    let audit = crm.admin().audit().list(None, &Default::default()).await?;
    let exported = audit.data.iter().filter(|entry| entry.action == "exported");
    let told: Vec<String> = exported.map(|entry| Value::from(entry.details.clone()).to_string()).collect();
    assert_eq!(told.len(), 2);
    assert!(told[0] != told[1] && told.iter().all(|details| !details.contains("harb")));
    Ok(())
}

async fn only_some_may_export_and_it_is_audited(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (me, other) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Manager).await?);
    for (name, owner) in [("Mine", Some(me)), ("Other", Some(other)), ("Free", None)] {
        crm.create(NewCustomer { owner_id: owner, ..NewCustomer::organization(name) }).await?;
    }
    for role in Role::ALL {
        let export = crm.scope(*role).export_customers(CustomerQuery::default(), ExportFormat::Csv).await;
        match role {
            Role::Admin | Role::Manager => assert!(export.is_ok()),
            _ => assert_matches!(export, Err(Error::Forbidden { .. })),
        }
    }
    let audit = crm.admin().audit().list(None, &Default::default()).await?;
    let entries = |action: &str| audit.data.iter().filter(|entry| entry.action == action).collect::<Vec<_>>();
    assert_eq!((entries("exported").len(), entries("export").len()), (2, 3));
    assert_eq!(entries("exported")[0].details["format"], "csv");

    let own = |action| Permission::own(Resource::Customers, action);
    let permissions = [own(Action::Export), Permission::all(Resource::Customers, Action::Read)];
    let actor = Actor::user(crm.company, me, Role::SalesRep).with_permissions(permissions);
    let scope = crm.crm.on(actor, &crm.db);
    let mut export = scope.export_customers(CustomerQuery::default(), ExportFormat::Ndjson).await?;
    let chunk = String::from_utf8(export.next_chunk().await?.unwrap_or_default())?;
    assert!(chunk.contains("Mine") && chunk.contains("Free") && !chunk.contains("Other"));
    Ok(())
}

async fn pages_go_on_where_they_ended(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rows: String = (0..1_100).map(|number| format!("Customer {number}\n")).collect();
    crm.import(format!("Name\n{rows}"), &create()).await?;
    let mut export = crm.admin().export_customers(CustomerQuery::default(), ExportFormat::Ndjson).await?;
    let mut names = Vec::new();
    while let Some(chunk) = export.next_chunk().await? {
        for line in String::from_utf8(chunk)?.lines() {
            names.push(serde_json::from_str::<Customer>(line)?.name);
        }
        // A customer that is changed meanwhile is neither left out nor repeated.
        let customer = crm.all().await?.remove(names.len() - 1);
        let patch = crate::support::merge_patch(json!({ "city": "Oslo" }));
        crm.admin().customers().update(customer.id, patch, None).await?;
    }
    assert_eq!(names.len(), 1_100);
    assert!(names.iter().enumerate().all(|(number, name)| *name == format!("Customer {number}")));
    assert_eq!(export.next_chunk().await?, None);
    Ok(())
}

async fn what_a_spreadsheet_would_execute_is_guarded(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for start in ["=", "+", "-", "@", "'=", "''@", "＝"] {
        crm.create(NewCustomer { phone: Some(format!("{start}1")), ..NewCustomer::organization(format!("{start}x")) })
            .await?;
    }
    let table = crm.table().await?;
    let harmless = |cell: &String| !cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    assert!(table.iter().flatten().all(harmless));
    Ok(())
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

/// Some hundred customers, written, exported, read by another company, and written over themselves.
async fn export_and_import_are_identity(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
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
    let before = crm.all().await?;
    let has_more = before.iter().filter(|one| one.emails.len() > 1 || one.phones.len() > 1 || one.addresses.len() > 1);
    assert!(has_more.count() > 30, "few have more than flat fields tell");
    let file = crm.export(CustomerQuery::default(), ExportFormat::Csv).await?;

    let back = crm.import(file.clone(), &upsert(MatchBy::Id)).await?;
    assert_eq!(counts(&back), [0, 0, written, 0], "{:?}", back.errors.first());
    assert_eq!(crm.all().await?, before);

    let other = crm.other_company();
    let report = other.import(file.clone(), &create()).await?;
    assert_eq!((counts(&report), report.warnings), ([written, 0, 0, 0], 0), "{:?}", report.errors.first());
    let (originals, copies) = (crm.all().await?, other.all().await?);
    for (original, copy) in originals.iter().zip(&copies) {
        assert_eq!(NewCustomer::from(original), NewCustomer::from(copy));
        assert_eq!((&original.phone_e164, &original.country_code), (&copy.phone_e164, &copy.country_code));
        let names = |customer: &Customer| customer.tags.iter().map(|tag| tag.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(original), names(copy));
    }
    // By address as well: none changes anything. Rows without one are matched by another key, or are new.
    let report = other.import(file, &upsert(MatchBy::Email)).await?;
    let with_email = copies.iter().filter(|copy| copy.email.is_some()).count() as u64;
    assert_eq!(report.updated, 0);
    assert!(report.unchanged >= with_email, "{report:?}");
    Ok(())
}
