//! Exports with notes: the shared ones, in all formats, and back again.

use crm_core::Error;
use crm_core::actor::{Action, Permission, Resource, Role};
use crm_core::customers::{Customer, CustomerQuery, ExportFormat, ExportOptions};
use crm_core::notes::{NewNote, NoteQuery, NoteType, NoteVisibility};
use serde_json::Value;
use testkit::{Suite, TestDatabase};

use crate::import::create;
use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        notes_come_back_in_all_formats,
        private_and_deleted_notes_stay_where_they_are,
        notes_need_the_right_to_read_them,
    ]);
}

const TEXTS: [&str; 3] = ["Called; \"no answer\",\ntry later", "=SUM(A1)", "[draft]"];

impl TestCrm {
    async fn with_notes(&self, role: Role, format: ExportFormat) -> crm_core::Result<Vec<u8>> {
        let options = ExportOptions { format, include_notes: true };
        let mut export = self.scope(role).export_customers(CustomerQuery::default(), options).await?;
        let mut file = Vec::new();
        while let Some(chunk) = export.next_chunk().await? {
            file.extend(chunk);
        }
        Ok(file)
    }

    async fn bodies(&self, customer: &Customer) -> crm_core::Result<Vec<String>> {
        let page = self.admin().notes(customer.id).list(&NoteQuery::default(), &Default::default()).await?;
        let mut bodies: Vec<String> = page.data.into_iter().map(|note| note.body).collect();
        bodies.sort_unstable();
        Ok(bodies)
    }

    async fn customers(&self) -> crm_core::Result<Vec<Customer>> {
        Ok(self.admin().customers().list(&CustomerQuery::default(), &Default::default()).await?.data)
    }
}

async fn notes_come_back_in_all_formats(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = crm.named("Ann").await?;
    crm.named("Ben").await?;
    for text in TEXTS {
        crm.admin().notes(ann.id).create(NewNote::text(text)).await?;
    }
    let mut expected = TEXTS.map(str::to_owned).to_vec();
    expected.sort_unstable();
    for format in [ExportFormat::Csv, ExportFormat::Xlsx, ExportFormat::Ndjson, ExportFormat::Vcard] {
        let file = crm.with_notes(Role::Admin, format).await?;
        let other = TestCrm::new(&database);
        let report = other.import(file.as_slice(), &create()).await?;
        assert_eq!((report.created, report.failed), (2, 0), "{format}: {report:?}");
        for customer in other.customers().await? {
            let expected = if customer.name == "Ann" { expected.clone() } else { Vec::new() };
            assert_eq!(other.bodies(&customer).await?, expected, "{format}");
            assert!(customer.custom_fields.is_empty(), "{format}: {customer:?}");
        }
    }
    Ok(())
}

async fn private_and_deleted_notes_stay_where_they_are(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = crm.named("Ann").await?;
    let mut scope = crm.admin();
    let mut notes = scope.notes(ann.id);
    let private = NewNote { visibility: Some(NoteVisibility::Private), ..NewNote::text("Secret of the admin") };
    notes.create(private).await?;
    let deleted = notes.create(NewNote::text("Thrown away")).await?;
    notes.delete(deleted.id, None).await?;
    let titled = NewNote {
        title: Some("Visit".to_owned()),
        note_type: Some(NoteType::Meeting),
        ..NewNote::text("They want a second one")
    };
    notes.create(titled).await?;
    let file = String::from_utf8(crm.with_notes(Role::Admin, ExportFormat::Ndjson).await?)?;
    let line: Value = serde_json::from_str(&file)?;
    let notes = line["notes"].as_array().expect("notes");
    assert_eq!(notes.len(), 1, "{line}");
    assert_eq!((&notes[0]["type"], &notes[0]["title"]), (&"meeting".into(), &"Visit".into()));
    assert!(!file.contains("Secret") && !file.contains("Thrown"));
    let plain = String::from_utf8(crm.export(CustomerQuery::default(), ExportFormat::Ndjson).await?)?;
    assert!(!plain.contains("notes"));
    Ok(())
}

async fn notes_need_the_right_to_read_them(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Ann").await?;
    let may = [(Resource::Customers, Action::Export), (Resource::Customers, Action::Read)];
    let actor = crm.actor(Role::Viewer).with_permissions(may.map(|(of, action)| Permission::all(of, action)));
    let options = ExportOptions { format: ExportFormat::Csv, include_notes: true };
    let refused = crm.crm.on(actor.clone(), &crm.db).export_customers(CustomerQuery::default(), options).await;
    assert_matches!(refused, Err(Error::Forbidden { resource: Resource::Notes, .. }));
    crm.crm.on(actor, &crm.db).export_customers(CustomerQuery::default(), ExportFormat::Csv).await?;
    Ok(())
}
