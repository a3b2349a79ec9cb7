//! Export: the contents of files, who may export, and that files can be imported again.

mod identity;
mod with_notes;
mod workbooks;

use crm_core::Error;
use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::{
    Customer, CustomerQuery, CustomerSearch, CustomerStatus, ExportFormat, ExternalRef, NewCustomer,
};
use crm_core::filter::{Filter, Op};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::import::create;
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
    ]);
    identity::register(suite);
    with_notes::register(suite);
    workbooks::register(suite);
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
