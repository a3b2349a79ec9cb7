//! What a file is taken for before it is imported.

use std::io::Cursor;

use crm_core::Error;
use crm_core::actor::Role;
use crm_core::customers::{DateOrder, ImportEncoding, ImportMode, ImportOptions, ImportPreview, ImportReason, MatchBy};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{create, upsert};
use crate::support::{TestCrm, assert_matches, malformed};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        the_layout_and_the_columns_are_told,
        faults_and_warnings_are_those_of_a_dry_run,
        only_the_first_rows_are_looked_at,
        what_is_proposed_can_be_sent_back,
        a_file_that_cannot_be_imported_is_told_with_its_columns,
        what_is_no_table_is_refused,
        nothing_is_written_and_only_those_who_may_import_look,
    ]);
}

impl TestCrm {
    async fn preview(&self, file: impl Into<Vec<u8>>, options: &ImportOptions) -> crm_core::Result<ImportPreview> {
        self.scope(Role::Manager).customers().preview_import(Cursor::new(file.into()), options.clone()).await
    }
}

/// The field and the reason of each column.
fn fields(preview: &ImportPreview) -> Vec<(&str, ImportReason)> {
    preview.columns.iter().map(|column| (column.field.as_deref().unwrap_or("-"), column.reason)).collect()
}

fn mapped(entries: &[(&str, Option<&str>)]) -> ImportOptions {
    let own = |(from, to): &(&str, Option<&str>)| ((*from).to_owned(), to.map(str::to_owned));
    ImportOptions { mapping: entries.iter().map(own).collect(), ..create() }
}

async fn the_layout_and_the_columns_are_told(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seats = json!({ "key": "seats", "label": "Number of seats", "type": "integer" });
    crm.admin().custom_fields().create(serde_json::from_value(seats)?).await?;
    let file = b"Contacts of the fair\n\nVorname;Nachname;E-Mail;Number of Seats;Haustier;;Farbe\n\
        Zo\xEB;\xC5ngstr\xF6m;zoe@example.com;3;;;\nIda;Berg;;;Katze;;\nZo\xEB;Lind;;;Katze;;\n";
    let preview =
        crm.preview(file.as_slice(), &mapped(&[("Haustier", Some("customFields.pet")), ("Farbe", None)])).await?;
    let layout =
        (preview.format.as_str(), preview.encoding.map(|encoding| encoding.as_str()), preview.delimiter.as_deref());
    assert_eq!(layout, ("csv", Some("windows1252"), Some(";")));
    assert_eq!((preview.header_row, preview.rows), (3, 3));
    assert_eq!(
        fields(&preview),
        [
            ("firstName", ImportReason::Header),
            ("lastName", ImportReason::Header),
            ("email", ImportReason::Header),
            ("customFields.seats", ImportReason::CustomField),
            ("customFields.pet", ImportReason::Mapping),
            ("customFields.column6", ImportReason::Unknown),
            ("-", ImportReason::Mapping),
        ]
    );
    let first = &preview.columns[0];
    assert_eq!((first.number, first.column.as_str(), first.is_empty), (1, "Vorname", false));
    assert_eq!(first.samples, ["Zoë", "Ida"], "each value once, in the order of the file");
    assert_eq!((preview.columns[5].column.as_str(), preview.columns[5].is_empty), ("", true));
    assert_eq!(preview.ignored, ["Farbe"]);
    assert_eq!((&preview.problem, preview.errors.len()), (&None, 0), "{preview:?}");
    let long = format!("Name\n{}\n", "Ä".repeat(300));
    let preview = crm.preview(long.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>(), &create()).await?;
    assert_eq!((preview.encoding, preview.columns[0].samples[0].chars().count()), (Some(ImportEncoding::Utf16Be), 200));
    let exported = "id,version,name,email\n,,Ann,\n";
    let preview = crm.preview(exported, &create()).await?;
    assert_eq!(fields(&preview)[0], ("-", ImportReason::OwnFile));
    Ok(())
}

async fn faults_and_warnings_are_those_of_a_dry_run(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.import("Name,Email\nAnn,ann@example.com\nBob,bob@example.com\n", &create()).await?;
    let file = "Name,Email,Owner,Joined,Note\nAnn,ann@example.com,,05/06/2026,x\nBob,wrong,Nobody,01/02/2026,\n\
                ,cem@example.com,Nobody,,\nDan,bob@example.com,,,,too many\n\nConfidential\n";
    for options in [create(), upsert(MatchBy::Email), ImportOptions { date_order: Some(DateOrder::Dmy), ..create() }] {
        let preview = crm.preview(file, &options).await?;
        let report = crm.import(file, &ImportOptions { dry_run: true, ..options }).await?;
        assert!(!report.errors.is_empty());
        assert_eq!((preview.errors, preview.warnings), (report.errors, report.warning_details));
    }
    Ok(())
}

async fn only_the_first_rows_are_looked_at(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rows: String =
        (1..=700).map(|number| format!("Firm {number},{}\n", if number > 99 { "wrong" } else { "" })).collect();
    let preview = crm.preview(format!("Name,Email\n{rows}"), &create()).await?;
    assert_eq!(preview.rows, 100);
    assert_eq!(preview.errors.iter().map(|fault| fault.row).collect::<Vec<_>>(), [101], "row 101 is the hundredth");
    assert_eq!(preview.columns[0].samples, ["Firm 1", "Firm 2", "Firm 3", "Firm 4", "Firm 5"]);
    Ok(())
}

async fn what_is_proposed_can_be_sent_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let system = ImportOptions { external_system: Some("erp".to_owned()), ..create() };
    let by_id = ImportOptions { mode: ImportMode::Upsert, match_by: MatchBy::Id, ..create() };
    for (header, options) in [
        ("First Name,Last Name,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Value,Labels,Notes", create()),
        ("Name,Birth Year,Birth Month,Birth Day,Phone,Phone Country Code,Is a Company,Company", create()),
        ("Name,Mailing Street,Mailing City,Other Street,Other City,Home ZipCode,Email Opt Out,ISDELETED", create()),
        ("Name,Email,Email,,Name,#2,Plan,plan,PLAN", create()),
        ("Index,Customer Id,Record ID,Name", system),
        ("id,version,name,email,phoneE164,ownerId,ownerName,tags,customFields,metadata,createdAt,Tier", by_id),
        ("Vorname,Name,Straße geschäftlich,Ort geschäftlich,Anrede,Geburtstag,客户 编号", create()),
        ("A,City,Street", mapped(&[("A", Some("name")), ("Street", Some("city"))])),
        (&format!("Name,Email,{}", "x".repeat(300)), create()),
    ] {
        let file = format!("{header}\nAnn\n");
        let preview = crm.preview(file.as_str(), &options).await?;
        let sent = ImportOptions { mapping: preview.mapping.clone(), ..options.clone() };
        let again = crm.preview(file.as_str(), &sent).await?;
        let of =
            |preview: &ImportPreview| preview.columns.iter().map(|column| column.field.clone()).collect::<Vec<_>>();
        assert_eq!(of(&again), of(&preview), "{header}: {:?}", preview.mapping);
        assert!(preview.mapping.len() + 1 >= options.mapping.len().max(1), "{header}");
        assert_eq!(again.mapping, preview.mapping);
    }
    let preview = crm.preview("Name,Mail,Tier,\nAnn\n", &mapped(&[("Mail", Some("email")), ("#4", None)])).await?;
    assert_eq!(
        json!(preview.mapping),
        json!({ "Name": "name", "Mail": "email", "Tier": "customFields.tier", "#4": null })
    );
    Ok(())
}

async fn a_file_that_cannot_be_imported_is_told_with_its_columns(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let preview = crm.preview("A,B\nAnn,wrong\n", &create()).await?;
    assert_eq!(preview.problem.as_ref().map(|problem| problem.code.as_str()), Some("header_unknown"));
    assert_eq!((preview.columns.len(), preview.columns[1].samples.as_slice()), (2, ["wrong".to_owned()].as_slice()));
    let preview = crm.preview("Name,Phone\nAnn,\n", &upsert(MatchBy::Email)).await?;
    assert_eq!(preview.problem.map(|problem| problem.code).as_deref(), Some("match_column_missing"));
    Ok(())
}

async fn what_is_no_table_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for file in [&b""[..], b"PK\x03\x04rest", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0"] {
        assert_eq!(malformed(crm.preview(file, &create()).await), "file_invalid");
    }
    let faulty = mapped(&[("Nobody", Some("name"))]);
    assert_eq!(malformed(crm.preview("Name\nAnn\n", &faulty).await), "mapping_invalid");
    let by_reference = upsert(MatchBy::ExternalRef);
    assert_eq!(malformed(crm.preview("Name\nAnn\n", &by_reference).await), "parameter_invalid");
    Ok(())
}

async fn nothing_is_written_and_only_those_who_may_import_look(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Bob").await?;
    let before = (crm.records().await?, crm.count("crm_customers").await?, crm.count("crm_tags").await?);
    crm.preview("Name,Tags,Notes\nAnn,new,a note\n", &create()).await?;
    assert_eq!((crm.records().await?, crm.count("crm_customers").await?, crm.count("crm_tags").await?), before);
    for role in [Role::SalesRep, Role::Support, Role::Viewer] {
        let refused = crm.scope(role).customers().preview_import(Cursor::new("Name\nAnn\n"), create()).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
    }
    Ok(())
}
