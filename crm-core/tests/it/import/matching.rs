//! Matching of rows to customers, and allowed changes.

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::companies::{DuplicatePolicy, SettingsPatch};
use crm_core::customers::{CustomerKind, CustomerSearch, ExternalRef, ImportMode, ImportOptions, MatchBy, NewCustomer};
use crm_core::patch::Patch;
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{counts, create, faults, upsert};
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        an_upsert_adds_and_changes,
        what_is_said_again_changes_nothing,
        an_empty_cell_changes_nothing,
        an_update_adds_nobody,
        a_taken_address_is_a_fault_of_its_row,
        several_matches_are_ambiguous,
        rows_may_mean_the_customer_of_an_earlier_row,
        telephone_numbers_match_however_they_are_written,
        telephone_numbers_are_read_by_the_rules_of_their_own_country,
        references_match_and_are_added,
        ids_match_what_was_exported,
        addresses_may_change_hands_within_a_file,
        trashed_customers_are_not_matched,
        a_reach_of_own_leaves_the_customers_of_others_alone,
    ]);
}

async fn an_upsert_adds_and_changes(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let new = NewCustomer { email: Some("ann@example.com".into()), ..NewCustomer::person("Ann", "Lee") };
    let ann = crm.create(new).await?;
    let file = "Email,Last Name,City\nANN@example.com,Li,Oslo\nbob@example.com,Ray,\n,Nobody,\n";
    let report = crm.import(file, &upsert(MatchBy::Email)).await?;
    assert_eq!(counts(&report), [2, 1, 0, 0]);
    let after = crm.get(&ann).await?;
    // A name that was made of its parts follows them.
    assert_eq!((after.name.as_str(), after.city.as_deref(), after.version), ("Ann Li", Some("Oslo"), 2));
    let history = crm.admin().customers().history(ann.id, &Default::default()).await?;
    let fields: Vec<_> = history.data[0].changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["city", "lastName", "name"]);
    Ok(())
}

async fn what_is_said_again_changes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "Email,First Name,Company,Street,Kind,Owner,Customer Id,Tags,Source\n\
                ann@example.com,Ann,Lee & Co,\"1 Quay\n2nd floor\",,Nobody,1,\"a, b\",Web Site\n\
                info@example.com,,Globex,,,,2,,\n\
                x@example.com,,,,,,3,,\n\
                org@example.com,,Initech,,organization,,4,,\n";
    let options = ImportOptions { external_system: Some("shop".into()), ..upsert(MatchBy::Email) };
    assert_eq!(counts(&crm.import(file, &options).await?), [4, 0, 0, 0]);
    let (before, records) = (crm.all().await?, crm.records().await?);
    let report = crm.import(file, &options).await?;
    assert_eq!(counts(&report), [0, 0, 4, 0], "{report:?}");
    assert_eq!(crm.all().await?, before);
    assert_eq!(crm.records().await?, [records[0], records[1] + 1, records[2]]);
    Ok(())
}

async fn an_empty_cell_changes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.import("Email,Name,City,Tier\nann@example.com,Ann,Oslo,gold\n", &create()).await?;
    let report = crm.import("Email,Name,City,Tier\nann@example.com,,  ,\n", &upsert(MatchBy::Email)).await?;
    assert_eq!(counts(&report), [0, 0, 1, 0]);
    let report = crm.import("Email,Level\nann@example.com,3\n", &upsert(MatchBy::Email)).await?;
    assert_eq!(counts(&report), [0, 1, 0, 0]);
    let ann = &crm.all().await?[0];
    assert_eq!((ann.name.as_str(), ann.city.as_deref()), ("Ann", Some("Oslo")));
    assert_eq!(json!(ann.custom_fields), json!({ "tier": "gold", "level": "3" }));
    Ok(())
}

async fn an_update_adds_nobody(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.import("Email,Name\nann@example.com,Ann\n", &create()).await?;
    let update = ImportOptions { mode: ImportMode::Update, ..create() };
    let report = crm.import("Email,Name\nann@example.com,Anna\nbob@example.com,Bob\n", &update).await?;
    assert_eq!(counts(&report), [0, 1, 0, 1]);
    assert_eq!(faults(&report), [(3, Some("Email"), "not_found")]);
    assert_eq!(crm.all().await?.len(), 1);
    Ok(())
}

async fn a_taken_address_is_a_fault_of_its_row(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "Email,Name\nann@example.com,Ann\nANN@example.com,Anna\nbob@example.com,Bob\n";
    let report = crm.import(file, &create()).await?;
    assert_eq!((counts(&report), faults(&report)), ([2, 0, 0, 1], vec![(3, Some("Email"), "customer_email_taken")]));
    let report = crm.import(file, &create()).await?;
    assert_eq!(counts(&report), [0, 0, 0, 3]);

    let patch = SettingsPatch { duplicate_policy: Patch::Set(DuplicatePolicy::Allow), ..SettingsPatch::default() };
    crm.admin().settings().update(patch, None).await?;
    assert_eq!(counts(&crm.import(file, &create()).await?), [3, 0, 0, 0]);
    Ok(())
}

async fn several_matches_are_ambiguous(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let patch = SettingsPatch { duplicate_policy: Patch::Set(DuplicatePolicy::Allow), ..SettingsPatch::default() };
    crm.admin().settings().update(patch, None).await?;
    let file = format!("Email,Name\nann@example.com,Ann\n{}", "two@example.com,Two\n".repeat(2_500));
    assert_eq!(counts(&crm.import(file, &create()).await?), [2_501, 0, 0, 0]);
    let file = "Email,City\ntwo@example.com,Oslo\nann@example.com,Oslo\n";
    let report = crm.import(file, &upsert(MatchBy::Email)).await?;
    assert_eq!((counts(&report), faults(&report)), ([0, 1, 0, 1], vec![(2, Some("Email"), "match_ambiguous")]));
    Ok(())
}

async fn rows_may_mean_the_customer_of_an_earlier_row(database: TestDatabase) -> anyhow::Result<()> {
    // Within a batch and from one to the next, as dry run and in earnest.
    for filling in [0, 600] {
        let crm = TestCrm::new(&database);
        let filling: String = (0..filling).map(|number| format!("f{number}@example.com,F,\n")).collect();
        let file = format!(
            "Email,Name,City\nann@example.com,Ann,\n{filling}Ann@example.com,,Oslo\nann@example.com,Ann,Oslo\n\
             ann@example.com,Anna,\n"
        );
        let rehearsed = crm.import(file.as_str(), &ImportOptions { dry_run: true, ..upsert(MatchBy::Email) }).await?;
        assert_eq!(crm.records().await?, [0, 0, 0]);
        let report = crm.import(file, &upsert(MatchBy::Email)).await?;
        assert_eq!(counts(&rehearsed), counts(&report));
        assert_eq!((report.updated, report.unchanged, report.failed), (2, 1, 0));
        let ann = &crm.all().await?[0];
        assert_eq!((ann.name.as_str(), ann.city.as_deref(), ann.version), ("Anna", Some("Oslo"), 3));
        let history = crm.admin().customers().history(ann.id, &Default::default()).await?;
        let versions: Vec<_> = history.data.iter().map(|change| change.version).collect();
        assert_eq!(versions, [3, 2, 1]);
    }
    Ok(())
}

async fn telephone_numbers_match_however_they_are_written(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.import("Name,Phone,Country\nAnn,030 901820,Germany\nBob,call me,\n", &create()).await?;
    let file = "Phone,City\n+49 (30) 90-18-20,Berlin\ncall me,Rome\n+1 212 555 2368,Boston\n";
    let report = crm.import(file, &upsert(MatchBy::Phone)).await?;
    assert_eq!(counts(&report), [0, 1, 0, 2], "{report:?}");
    assert_eq!(faults(&report), [(3, None, "required"), (4, None, "required")]);
    let ann = &crm.all().await?[0];
    assert_eq!((ann.city.as_deref(), ann.phone.as_deref()), (Some("Berlin"), Some("+49 (30) 90-18-20")));
    Ok(())
}

async fn telephone_numbers_are_read_by_the_rules_of_their_own_country(database: TestDatabase) -> anyhow::Result<()> {
    for default in ["DE", "GB", "US"] {
        let crm = TestCrm::new(&database);
        let patch = SettingsPatch { default_country: Patch::Set(default.into()), ..SettingsPatch::default() };
        crm.admin().settings().update(patch, None).await?;
        let typed = ["+39 06 69812345", "+39 (0)6 1234567", "+225 07 12 34 56 78", "+46 (0)70-123 45 67"];
        let others = ["+390669812345", "+39 06 123 4567", "+2250712345678", "+46 70 123 45 67"];
        let table = |phones: [&str; 4], city: &str| -> String {
            let rows = phones.iter().map(|phone| format!("Customer,{phone},{city}\n"));
            rows.fold("Name,Phone,City\n".to_owned(), |table, row| table + &row)
        };
        assert_eq!(counts(&crm.import(table(typed, ""), &create()).await?), [4, 0, 0, 0]);
        assert_eq!(
            counts(&crm.import(table(others, "Oslo"), &upsert(MatchBy::Phone)).await?),
            [0, 4, 0, 0],
            "{default}"
        );
        for (index, phone) in typed.iter().enumerate() {
            let search = CustomerSearch { text: others[index].to_owned(), ..CustomerSearch::default() };
            let found = crm.admin().customers().search(&search, &Default::default()).await?;
            assert_eq!(found.data.len(), 1, "{phone} with {default}");
        }
    }
    Ok(())
}

async fn references_match_and_are_added(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let by_reference = ImportOptions { external_system: Some("erp".into()), ..upsert(MatchBy::ExternalRef) };
    let file = "External Id,Name,Email\n 1 ,Ann,ann@example.com\n2,Bob,bob@example.com\n";
    assert_eq!(counts(&crm.import(file, &by_reference).await?), [2, 0, 0, 0]);
    let report = crm.import("External Id,Name\n1,Anna\n2,Bob\n3,Cleo\n", &by_reference).await?;
    assert_eq!(counts(&report), [1, 1, 1, 0]);
    let all = crm.all().await?;
    assert_eq!(
        (all[0].name.as_str(), all[0].external_refs.as_slice()),
        ("Anna", [ExternalRef::new("erp", "1")].as_slice())
    );

    // Another system's id is added to those there are.
    let by_email = ImportOptions { external_system: Some("shop".into()), ..upsert(MatchBy::Email) };
    crm.import("Id,Email\ns-1,ann@example.com\n", &by_email).await?;
    let refs = &crm.all().await?[0].external_refs;
    assert_eq!(*refs, [ExternalRef::new("erp", "1"), ExternalRef::new("shop", "s-1")]);
    let report = crm.import("Id,Email\ns-1,bob@example.com\n", &by_email).await?;
    assert_eq!(faults(&report), [(2, Some("Id"), "external_ref_taken")]);
    Ok(())
}

async fn ids_match_what_was_exported(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, other) = (crm.named("Ann").await?, crm.other_company().named("Other").await?);
    let file = format!("id,name,kind\n{},Anna,\n{},Mine,\n,New,organization\nx,Bad,\n", ann.id, other.id);
    let report = crm.import(file, &upsert(MatchBy::Id)).await?;
    assert_eq!(counts(&report), [1, 1, 0, 2]);
    assert_eq!(faults(&report), [(3, Some("id"), "not_found"), (5, Some("id"), "id_invalid")]);
    assert_eq!(crm.get(&ann).await?.name, "Anna");
    assert_eq!(crm.all().await?[1].kind, CustomerKind::Organization);
    Ok(())
}

async fn addresses_may_change_hands_within_a_file(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let system = ImportOptions { external_system: Some("erp".into()), ..upsert(MatchBy::ExternalRef) };
    crm.import("External Id,Name,Email\n1,Ann,office@example.com\n", &system).await?;
    let file = "External Id,Name,Email\n1,Ann,ann@example.com\n2,Bob,office@example.com\n3,Cleo,office@example.com\n";
    let report = crm.import(file, &system).await?;
    assert_eq!(counts(&report), [1, 1, 0, 1]);
    assert_eq!(faults(&report), [(4, Some("Email"), "customer_email_taken")]);
    let all = crm.all().await?;
    let emails: Vec<_> = all.iter().map(|one| one.email.as_deref().unwrap_or_default()).collect();
    assert_eq!(emails, ["ann@example.com", "office@example.com"]);
    Ok(())
}

async fn trashed_customers_are_not_matched(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.import("Email,Name\nann@example.com,Ann\n", &create()).await?;
    let ann = crm.all().await?.remove(0);
    crm.admin().customers().delete(ann.id, None).await?;
    let report = crm.import("Email,Name\nann@example.com,Ann\n", &upsert(MatchBy::Email)).await?;
    assert_eq!(counts(&report), [1, 0, 0, 0]);
    Ok(())
}

async fn a_reach_of_own_leaves_the_customers_of_others_alone(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (me, other) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Manager).await?);
    let owned = |email: &str, owner| NewCustomer {
        email: Some(email.into()),
        owner_id: Some(owner),
        ..NewCustomer::organization("Customer")
    };
    crm.create(owned("mine@example.com", me)).await?;
    crm.create(owned("other@example.com", other)).await?;
    let actor = Actor::user(crm.company, me, Role::SalesRep)
        .with_permissions([Permission::own(Resource::Customers, Action::Import)]);
    let file = format!("Email,Name,Owner\nmine@example.com,A,\nother@example.com,B,\nnew@example.com,C,{other}\n");
    let file = std::io::Cursor::new(file.into_bytes());
    let report = crm.crm.on(actor, &crm.db).customers().import(file, upsert(MatchBy::Email)).await?;
    assert_eq!(
        (counts(&report), faults(&report)),
        ([0, 1, 0, 2], vec![(3, None, "forbidden"), (4, None, "forbidden")])
    );
    Ok(())
}
