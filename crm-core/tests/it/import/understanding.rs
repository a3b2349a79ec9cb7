//! The customers made from rows.

use crm_core::actor::Role;
use crm_core::companies::SettingsPatch;
use crm_core::customers::{CustomerKind, CustomerStatus, DateOrder, ExternalRef, ImportOptions};
use crm_core::patch::Patch;
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{counts, create, faults, warnings};
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        cells_fill_the_fields_their_headers_name,
        what_has_no_field_is_kept_among_the_custom_fields,
        organizations_are_told_by_what_is_missing,
        an_address_stands_in_for_a_missing_name,
        dates_of_custom_fields_become_iso,
        owners_are_found_by_id_address_and_name,
        the_order_of_the_file_is_the_order_of_lists,
        lines_are_joined_and_told,
        a_mapping_says_what_columns_are,
        each_customer_gets_history_audit_and_event,
    ]);
}

async fn cells_fill_the_fields_their_headers_name(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "First Name,Surname,E-mail,Phone 1,Company,Title,URL,Mailing Street,Address 2,Town,State/Region,\
                Postal Code,Country/Region,Status,Lead Source,Archived,Customer Type\n\
                Ann,Lee,Ann@Example.COM ,+1 212 555 2368,Lee & Co,CEO,lee.example.com,12 Harbour Street,3rd floor,\
                Boston,MA,02110,USA,Active,Web Site,no,Individual\n";
    let report = crm.import(file, &create()).await?;
    assert_eq!(counts(&report), [1, 0, 0, 0], "{report:?}");
    let all = crm.all().await?;
    let ann = &all[0];
    assert_eq!((ann.kind, ann.name.as_str(), ann.status), (CustomerKind::Person, "Ann Lee", CustomerStatus::Active));
    assert_eq!((ann.email.as_deref(), ann.phone_e164.as_deref()), (Some("ann@example.com"), Some("+12125552368")));
    assert_eq!((ann.organization_name.as_deref(), ann.job_title.as_deref()), (Some("Lee & Co"), Some("CEO")));
    assert_eq!((ann.address.as_deref(), ann.address_line2.as_deref()), (Some("12 Harbour Street"), Some("3rd floor")));
    assert_eq!(
        (ann.city.as_deref(), ann.state.as_deref(), ann.zip_code.as_deref()),
        (Some("Boston"), Some("MA"), Some("02110"))
    );
    assert_eq!((ann.country_code.as_deref(), ann.source.as_deref()), (Some("US"), Some("Web Site")));
    assert_eq!((ann.website.as_deref(), ann.is_archived), (Some("lee.example.com"), false));
    assert!(ann.custom_fields.is_empty() && ann.external_refs.is_empty() && ann.owner_id.is_none());
    Ok(())
}

async fn what_has_no_field_is_kept_among_the_custom_fields(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "Index,Customer Id,Name,Phone,Plan,,Name\n1,E-1,Ann,0,'+49 30,x,Anna\n2,,Bob,,,,\n";
    let report = crm.import(file, &create()).await?;
    let fields: Vec<_> = report.columns.iter().map(|column| column.field.as_deref().unwrap_or_default()).collect();
    assert_eq!(
        fields,
        [
            "customFields.index",
            "customFields.customerId",
            "name",
            "phone",
            "customFields.plan",
            "customFields.column6",
            "customFields.name2"
        ]
    );
    let all = crm.all().await?;
    let expected = json!({ "index": "1", "customerId": "E-1", "plan": "+49 30", "column6": "x", "name2": "Anna" });
    assert_eq!(json!(all[0].custom_fields), expected);
    assert_eq!(json!(all[1].custom_fields), json!({ "index": "2" }));

    let options = ImportOptions { external_system: Some("shop".into()), ..create() };
    crm.import("Customer Id,Name\nE-2,Cleo\n", &options).await?;
    assert_eq!(crm.all().await?[2].external_refs, [ExternalRef::new("shop", "E-2")]);
    Ok(())
}

async fn organizations_are_told_by_what_is_missing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let accounts =
        "account,sector,office_location\nAcme Corporation,technology,United States\nBetatech,medical,Kenya\n";
    assert_eq!(counts(&crm.import(accounts, &create()).await?), [2, 0, 0, 0]);
    let contacts = "First Name,Company\nAnn,Acme\n,Globex\n";
    assert_eq!(counts(&crm.import(contacts, &create()).await?), [2, 0, 0, 0]);
    let organizations = ImportOptions { default_kind: Some(CustomerKind::Organization), ..create() };
    crm.import("Company,First Name\nInitech,Peter\n", &organizations).await?;
    let persons = ImportOptions { default_kind: Some(CustomerKind::Person), ..create() };
    let report = crm.import("Company\nNobody\n", &persons).await?;
    assert_eq!(faults(&report), [(2, None, "required")]);
    let all = crm.all().await?;
    let told: Vec<_> =
        all.iter().map(|one| (one.kind.as_str(), one.name.as_str(), one.organization_name.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("organization", "Acme Corporation", None),
            ("organization", "Betatech", None),
            ("person", "Ann", Some("Acme")),
            ("organization", "Globex", None),
            ("organization", "Initech", None),
        ]
    );
    assert_eq!(json!(all[1].custom_fields), json!({ "sector": "medical", "officeLocation": "Kenya" }));
    Ok(())
}

async fn an_address_stands_in_for_a_missing_name(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let report = crm.import("Email,City\nann@example.com,Oslo\n,Bergen\n", &create()).await?;
    assert_eq!(counts(&report), [1, 0, 0, 1]);
    assert_eq!(warnings(&report), [(2, None, "name_missing")]);
    assert_eq!(faults(&report), [(3, None, "required")]);
    assert_eq!(crm.all().await?[0].name, "ann@example.com");
    Ok(())
}

async fn dates_of_custom_fields_become_iso(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "Name,Subscription Date,Renewed On,Mandate\nAnn,26-08-2020,soon,26-08-2020\n";
    crm.import(file, &create()).await?;
    let typed = json!({ "subscriptionDate": "26-08-2020", "renewedOn": "soon", "mandate": "26-08-2020" });
    assert_eq!(json!(crm.all().await?[0].custom_fields), typed);
    let options = ImportOptions { date_order: Some(DateOrder::Dmy), ..create() };
    let report = crm.import(file, &options).await?;
    assert_eq!(warnings(&report), [(2, Some("Renewed On"), "date_invalid"), (2, Some("Mandate"), "date_ignored")]);
    let iso = json!({ "subscriptionDate": "2020-08-26", "renewedOn": "soon", "mandate": "26-08-2020" });
    assert_eq!(json!(crm.all().await?[1].custom_fields), iso);
    Ok(())
}

async fn owners_are_found_by_id_address_and_name(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let sales = crm.ensure_mirrored(Role::SalesRep).await?;
    let file = format!("Name,Owner\nAnn,{sales}\nBob,the SALES_REP\nCleo,Nobody\nDan,\n");
    let report = crm.import(file, &create()).await?;
    assert_eq!(counts(&report), [4, 0, 0, 0]);
    assert_eq!(warnings(&report), [(4, Some("Owner"), "owner_unknown")]);
    let all = crm.all().await?;
    let owners: Vec<_> = all.iter().map(|one| one.owner_id).collect();
    assert_eq!(owners, [Some(sales), Some(sales), None, None]);
    let name = all[0].owner.as_ref().and_then(|owner| owner.display_name.as_deref());
    assert_eq!(name, Some("The sales_rep"));
    assert_eq!(json!(all[2].custom_fields), json!({ "owner": "Nobody" }));
    Ok(())
}

async fn the_order_of_the_file_is_the_order_of_lists(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let names: Vec<String> = (0..1_200).map(|number| format!("Customer {number}")).collect();
    let report = crm.import(format!("Name\n{}\n", names.join("\n")), &create()).await?;
    assert_eq!(counts(&report), [1_200, 0, 0, 0]);
    let listed: Vec<String> = crm.all().await?.into_iter().map(|customer| customer.name).collect();
    assert_eq!(listed, names);
    Ok(())
}

async fn lines_are_joined_and_told(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file =
        "Name,Street,Street 2,Story\n\"Ann\r\nLee\",\"12 Harbour\nc/o Bob\n3rd floor\",Left wing,\"one\r\ntwo\"\n";
    let report = crm.import(file, &create()).await?;
    assert_eq!(
        warnings(&report),
        [(2, Some("Name"), "line_breaks_removed"), (2, Some("Street"), "line_breaks_removed")]
    );
    let ann = &crm.all().await?[0];
    assert_eq!((ann.name.as_str(), ann.address.as_deref()), ("Ann Lee", Some("12 Harbour")));
    assert_eq!(ann.address_line2.as_deref(), Some("c/o Bob, 3rd floor, Left wing"));
    assert_eq!(json!(ann.custom_fields), json!({ "story": "one\r\ntwo" }));
    Ok(())
}

async fn a_mapping_says_what_columns_are(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mapping = [("Nom", Some("name")), ("Remark", Some("customFields.note")), ("Secret", None)];
    let mapping = mapping.into_iter().map(|(from, to)| (from.to_owned(), to.map(str::to_owned))).collect();
    let options = ImportOptions { mapping, ..create() };
    crm.import("nom,remark,secret,email\nAnn,hello,x,ann@example.com\n", &options).await?;
    let ann = &crm.all().await?[0];
    assert_eq!((ann.name.as_str(), ann.email.as_deref()), ("Ann", Some("ann@example.com")));
    assert_eq!(json!(ann.custom_fields), json!({ "note": "hello" }));
    Ok(())
}

async fn each_customer_gets_history_audit_and_event(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let patch = SettingsPatch { default_country: Patch::Set("NO".into()), ..SettingsPatch::default() };
    crm.admin().settings().update(patch, None).await?;
    let before = crm.records().await?;
    crm.import("Name,Phone\nAnn,22 34 56 78\nBob,\n", &create()).await?;
    let after = crm.records().await?;
    // One audit entry more, for the import as a whole.
    assert_eq!(after, [before[0] + 2, before[1] + 3, before[2] + 2]);
    let audit = crm.admin().audit().list(None, &Default::default()).await?;
    let imported = audit.data.iter().find(|entry| entry.action == "imported").expect("an entry of the import");
    assert_eq!((&imported.details["created"], &imported.details["mode"]), (&json!(2), &json!("create")));
    let ann = &crm.all().await?[0];
    assert_eq!(ann.phone_e164.as_deref(), Some("+4722345678"));
    let history = crm.admin().customers().history(ann.id, &Default::default()).await?;
    let fields: Vec<_> = history.data[0].changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!((history.data[0].action.as_str(), history.data[0].version), ("created", 1));
    assert_eq!(fields, ["isArchived", "kind", "name", "phone", "status"]);
    Ok(())
}
