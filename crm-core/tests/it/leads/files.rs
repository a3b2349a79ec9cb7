//! Leads come from files, and go to files.

use crm_core::actor::Role;
use crm_core::customers::{
    ContactLabel, CustomerEmail, EmployeeBand, ExportFormat, ExternalRef, ImportMode, ImportOptions,
    ImportOrganizations, ImportReport, MatchBy, NewCustomer,
};
use crm_core::deals::NewDeal;
use crm_core::leads::{Lead, LeadQuery, LeadRating, LeadStatusType, LeadUtm, NewLead};
use crm_core::page::PageRequest;
use crm_core::sea_orm::ConnectionTrait;
use crm_core::sea_orm::sea_query::{Expr, ExprTrait, Query};
use crm_core::tasks::NewTask;
use crm_core::{Error, Result};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::{add, ann, convert, customers, named, names};
use crate::support::{TestCrm, assert_matches, malformed};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        rows_become_leads,
        rows_change_the_leads_that_they_match,
        faults_are_of_their_rows,
        a_dry_run_tells_and_writes_nothing,
        an_export_makes_the_same_leads_elsewhere,
        an_export_has_what_its_query_means,
        only_some_import_and_export,
        keys_of_names_are_recomputed,
    ]);
}

async fn import(crm: &TestCrm, file: &str, options: ImportOptions) -> Result<ImportReport> {
    let file = std::io::Cursor::new(file.as_bytes().to_vec());
    crm.admin().leads().import(file, options).await
}

fn upsert() -> ImportOptions {
    ImportOptions { mode: ImportMode::Upsert, ..ImportOptions::default() }
}

async fn export(crm: &TestCrm, query: LeadQuery, format: ExportFormat) -> Result<Vec<u8>> {
    let mut export = crm.admin().export_leads(query, format).await?;
    let mut file = Vec::new();
    while let Some(chunk) = export.next_chunk().await? {
        file.extend(chunk);
    }
    Ok(file)
}

async fn all(crm: &TestCrm) -> Result<Vec<Lead>> {
    let query = LeadQuery { sort: "name".parse()?, ..LeadQuery::default() };
    Ok(crm.admin().leads().list(&query, &PageRequest::default().limit(100)).await?.data)
}

async fn rows_become_leads(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "First Name,Last Name,Email,Company,Lead Status,Rating,Estimated Value,utm_campaign,Do Not Call,Tags,Shoe\n\
                Ann,Lee,ann@example.com,Lee & Co,In Progress,hot,1250 EUR,spring,yes,VIP; Press,38\n\
                Ben,Ray,ben@example.com,,,sunny,12,,,,\n";
    let report = import(&crm, file, ImportOptions::default()).await?;
    assert_eq!((report.created, report.failed, report.warnings), (2, 0, 2), "{report:?}");
    let fields: Vec<&str> = report.columns.iter().filter_map(|column| column.field.as_deref()).collect();
    let expected =
        ["firstName", "lastName", "email", "organizationName", "status", "rating", "estimatedValue", "utmCampaign"];
    assert_eq!(fields[..8], expected);
    let [ben, ann] = <[Lead; 2]>::try_from({
        let mut leads = all(&crm).await?;
        leads.sort_by_key(|lead| std::cmp::Reverse(lead.name.clone()));
        leads
    })
    .expect("two leads");
    assert_eq!((ann.status.as_str(), ann.status_type), ("in_progress", LeadStatusType::Ongoing));
    assert_eq!((ann.rating, ann.do_not_call), (Some(LeadRating::Hot), true));
    assert_eq!(ann.estimated_value, Some("1250 EUR".parse()?));
    assert_eq!(ann.utm.campaign.as_deref(), Some("spring"));
    assert_eq!(ann.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["Press", "VIP"]);
    assert_eq!(ann.custom_fields["shoe"], "38");
    // What a field does not take is kept.
    assert_eq!((ben.status.as_str(), ben.rating), ("new", None));
    assert_eq!((&ben.custom_fields["rating"], &ben.custom_fields["estimatedValue"]), (&json!("sunny"), &json!("12")));
    assert!(customers(&crm).await?.is_empty());
    let history = crm.admin().leads().history(ann.id, &PageRequest::default()).await?;
    assert!(history.data.iter().any(|entry| entry.action == "created"), "{history:?}");
    Ok(())
}

async fn rows_change_the_leads_that_they_match(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer =
        crm.create(NewCustomer { email: Some("ann@example.com".into()), ..NewCustomer::person("Ann", "Lee") });
    let customer = customer.await?;
    let lead = add(&crm, NewLead { source_detail: Some("Boat show".into()), ..ann() }).await?;
    let file = "Email,Name,Job Title,Status,Tags\n\
                ann@example.com,,Buyer,contacted,VIP\n\
                ann@example.com,,Head of purchasing,,\n\
                cem@example.com,Cem Oz,,,\n\
                cem@example.com,,Pilot,,\n";
    let report = import(&crm, file, upsert()).await?;
    assert_eq!((report.created, report.updated, report.failed), (1, 3, 0), "{report:?}");
    let changed = crm.admin().leads().get(lead.id).await?;
    assert_eq!((changed.job_title.as_deref(), changed.status.as_str()), (Some("Head of purchasing"), "contacted"));
    assert_eq!(
        (changed.source_detail.as_deref(), changed.version),
        (Some("Boat show"), 3),
        "empty cells keep the value"
    );
    assert_eq!(changed.tags[0].name, "VIP");
    assert_eq!(
        all(&crm).await?[1].job_title.as_deref(),
        Some("Pilot"),
        "a row can change one that an earlier row adds"
    );
    assert_eq!(crm.get(&customer).await?, customer, "a customer is no lead");
    let again = import(&crm, file, upsert()).await?;
    assert_eq!((again.created, again.failed), (0, 0));
    let same = "Email,Job Title\nann@example.com,Head of purchasing\n";
    assert_eq!(import(&crm, same, upsert()).await?.unchanged, 1);
    // A reference of the file's system finds a lead, which claims none.
    let by_reference = ImportOptions {
        mode: ImportMode::Update,
        match_by: MatchBy::ExternalRef,
        external_system: Some("fair".to_owned()),
        ..ImportOptions::default()
    };
    let report = import(&crm, "ID,City\n4711,Oslo\n4712,Rome\n", by_reference).await?;
    assert_eq!((report.updated, report.failed, report.errors[0].code.as_str()), (1, 1, "not_found"));
    // One that was converted is the customer's.
    let done = named(&crm, "Done").await?;
    convert(&crm, &done, Default::default()).await?;
    let by_id = ImportOptions { mode: ImportMode::Update, match_by: MatchBy::Id, ..ImportOptions::default() };
    let report = import(&crm, &format!("id,city\n{},Oslo\n", done.id), by_id).await?;
    assert_eq!((report.updated, report.errors[0].code.as_str()), (0, "not_found"));
    Ok(())
}

async fn faults_are_of_their_rows(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "Name,Email,Status,Lost Reason,Priority\n\
                One,one@example.com,nowhere,,\n\
                Two,wrong,,,\n\
                Three,three@example.com,unqualified,no_budget,2\n\
                Four,four@example.com,new,no_budget,\n\
                Five,five@example.com,new,,9\n\
                Six,six@example.com,,,\n";
    let report = import(&crm, file, ImportOptions::default()).await?;
    assert_eq!((report.created, report.failed), (2, 4), "{report:?}");
    let faults: Vec<_> =
        report.errors.iter().map(|fault| (fault.row, fault.column.as_deref(), fault.code.as_str())).collect();
    let (status, reason, priority) = (Some("Status"), Some("Lost Reason"), Some("Priority"));
    assert_eq!(faults[0], (2, status, "status_unknown"));
    assert_eq!((faults[1].0, faults[1].1), (3, Some("Email")));
    assert_eq!(faults[2], (5, reason, "unexpected"));
    assert_eq!((faults[3].0, faults[3].1), (6, priority));
    assert_eq!(names(&crm, LeadQuery { sort: "name".parse()?, ..LeadQuery::default() }).await?, ["Six", "Three"]);
    // Two leads with one address are two.
    add(&crm, NewLead { email: Some("six@example.com".into()), ..NewLead::organization("Seven") }).await?;
    let report = import(&crm, "Email,City\nsix@example.com,Oslo\n", upsert()).await?;
    assert_eq!(report.errors[0].code, "match_ambiguous");
    // The table of moves holds as well.
    let back = import(&crm, "Email,Status\nthree@example.com,qualified\n", upsert()).await?;
    assert_eq!((back.errors[0].code.as_str(), back.errors[0].column.as_deref()), ("lead_status_move", status));
    let linked = ImportOptions { organizations: ImportOrganizations::Create, ..ImportOptions::default() };
    assert_eq!(malformed(import(&crm, "Name\nAnn\n", linked).await), "parameter_invalid");
    Ok(())
}

async fn a_dry_run_tells_and_writes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    add(&crm, ann()).await?;
    let before = crm.records().await?;
    let file = "Email,Name,City,Tags\nann@example.com,Ann Lee,Oslo,VIP\nben@example.com,Ben Ray,Rome,Press\n";
    let tried = import(&crm, file, ImportOptions { dry_run: true, ..upsert() }).await?;
    assert_eq!((tried.dry_run, tried.created, tried.updated), (true, 1, 1));
    assert_eq!(crm.records().await?, before);
    let done = import(&crm, file, upsert()).await?;
    assert_eq!((done.dry_run, done.created, done.updated, done.columns), (false, 1, 1, tried.columns));
    Ok(())
}

/// Leads with everything that an export carries.
fn rich() -> [NewLead; 3] {
    let everything = NewLead {
        salutation: Some("Dr.".into()),
        email: Some("ann@example.com".into()),
        phone: Some("+1 212 555 2368".into()),
        organization_name: Some("=Lee & Co".into()),
        job_title: Some("Buyer".into()),
        language: Some("en-US".into()),
        time_zone: Some("America/New_York".into()),
        industry: Some("Shipping".into()),
        website: Some("https://lee.example.com".into()),
        address: Some("12 Harbour Street".into()),
        city: Some("Boston".into()),
        country: Some("US".into()),
        emails: Some(vec![
            CustomerEmail { is_primary: Some(true), ..CustomerEmail::new("ann@example.com") },
            CustomerEmail { label: Some(ContactLabel::Home), ..CustomerEmail::new("ann@home.example") },
        ]),
        description: Some("Asked for 200 units.\nIn May.".into()),
        status: Some("in_progress".into()),
        status_reason: Some("Wants an offer".into()),
        source: Some("trade fair".into()),
        source_detail: Some("Boat show".into()),
        utm: Some(LeadUtm { source: Some("mail".into()), content: Some("top, \"left\"".into()), ..LeadUtm::default() }),
        referred_by: Some("Smith & Sons".into()),
        rating: Some(LeadRating::Warm),
        priority: Some(2),
        estimated_value: "1250.50 EUR".parse().ok(),
        expected_close_date: "2026-09-30".parse().ok(),
        do_not_call: Some(true),
        external_refs: Some(vec![ExternalRef::new("fair", "4711")]),
        custom_fields: json!({ "tier": "gold" }).as_object().cloned(),
        metadata: json!({ "form": 7 }).as_object().cloned(),
        ..NewLead::person("Ann", "Lee")
    };
    let lost = NewLead {
        employee_band: Some(EmployeeBand::ALL[2]),
        annual_revenue: "3000000 USD".parse().ok(),
        status: Some("unqualified".into()),
        lost_reason: Some("no_budget".into()),
        lost_notes: Some("Next year\nperhaps".into()),
        do_not_email: Some(true),
        ..NewLead::organization("Quay & Sons")
    };
    [everything, lost, NewLead::organization("'quoted'")]
}

/// A lead without what is of its company and of its time.
fn carried(lead: Lead) -> Value {
    let mut shown = serde_json::to_value(&lead).expect("JSON");
    let members = shown.as_object_mut().expect("an object");
    for name in ["id", "statusChangedAt", "assignedAt", "createdAt", "updatedAt", "createdBy", "updatedBy"] {
        members.remove(name);
    }
    members.insert("tags".to_owned(), lead.tags.iter().map(|tag| json!(tag.name)).collect());
    shown
}

async fn an_export_makes_the_same_leads_elsewhere(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for new in rich() {
        let lead = add(&crm, new).await?;
        crm.admin().lead_tags(lead.id).add(["VIP", "Press"]).await?;
    }
    let written: Vec<Value> = all(&crm).await?.into_iter().map(carried).collect();
    for format in [ExportFormat::Csv, ExportFormat::Ndjson, ExportFormat::Xlsx] {
        let file = export(&crm, LeadQuery::default(), format).await?;
        let elsewhere = crm.other_company();
        let report =
            elsewhere.admin().leads().import(std::io::Cursor::new(file.clone()), ImportOptions::default()).await?;
        assert_eq!((report.created, report.failed), (3, 0), "{format}: {report:?}");
        let read: Vec<Value> = all(&elsewhere).await?.into_iter().map(carried).collect();
        assert_eq!(read, written, "{format}");
        // And where the leads are, nothing changes.
        let by_id = ImportOptions { match_by: MatchBy::Id, mode: ImportMode::Update, ..ImportOptions::default() };
        let report = crm.admin().leads().import(std::io::Cursor::new(file), by_id).await?;
        assert_eq!((report.unchanged, report.failed), (3, 0), "{format}: {report:?}");
    }
    Ok(())
}

async fn an_export_has_what_its_query_means(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    add(&crm, NewLead { rating: Some(LeadRating::Hot), ..ann() }).await?;
    let done = named(&crm, "Done").await?;
    convert(&crm, &done, Default::default()).await?;
    let text = async |query: LeadQuery| -> anyhow::Result<String> {
        Ok(String::from_utf8(export(&crm, query, ExportFormat::Ndjson).await?)?)
    };
    let hot = text(LeadQuery { rating: vec![LeadRating::Hot], ..LeadQuery::default() }).await?;
    assert!(hot.lines().count() == 1 && hot.contains("Ann"), "{hot}");
    assert_eq!(text(LeadQuery { search: Some("nobody".into()), ..LeadQuery::default() }).await?, "");
    let converted = text(LeadQuery { converted: true, ..LeadQuery::default() }).await?;
    assert!(converted.lines().count() == 1 && converted.contains("Done"), "{converted}");
    let cards = String::from_utf8(export(&crm, LeadQuery::default(), ExportFormat::Vcard).await?)?;
    assert!(cards.contains("FN:Ann Lee"), "{cards}");
    Ok(())
}

async fn only_some_import_and_export(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for role in [Role::SalesRep, Role::Support, Role::Viewer] {
        let refused = crm.scope(role).leads().import(std::io::empty(), ImportOptions::default()).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
        let refused = crm.scope(role).export_leads(LeadQuery::default(), ExportFormat::Csv).await;
        assert_matches!(refused.map(drop), Err(Error::Forbidden { .. }));
    }
    Ok(())
}

async fn keys_of_names_are_recomputed(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = named(&crm, "Ångström").await?;
    let customer = crm.named("Lee & Co").await?;
    let mut admin = crm.admin();
    admin.deals().create(customer.id, NewDeal::named("Öresund")).await?;
    admin.tasks().create(NewTask::titled("Écrire")).await?;
    let keys = [("crm_leads", "name_key"), ("crm_deals", "name_key"), ("crm_tasks", "title_key")];
    let mut stored = Vec::new();
    for (table, column) in keys {
        stored.push(crm.dump(table).await?);
        let update = Query::update()
            .table(table)
            .value(column, "older")
            .and_where(Expr::col("company_id").eq(crm.company.0))
            .to_owned();
        crm.db.execute(&update).await?;
    }
    assert!(crm.crm.reindex(&crm.db).await?.written >= 3);
    for ((table, _), before) in keys.into_iter().zip(stored) {
        assert_eq!(crm.dump(table).await?, before, "{table}");
    }
    assert_eq!(crm.admin().leads().get(lead.id).await?, lead);
    Ok(())
}
