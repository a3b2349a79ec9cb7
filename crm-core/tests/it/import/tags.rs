//! Tags in files: those of our own export are imported, and need the rights of tags.

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::{Customer, CustomerQuery, ExportFormat, ImportOptions, MatchBy, NewCustomer};
use crm_core::tags::TagQuery;
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{counts, create, faults, upsert};
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        an_export_takes_tags_along,
        a_cell_of_tags_is_all_that_a_customer_has,
        tags_need_their_own_rights,
        tags_of_other_systems_are_tags,
        the_same_tag_may_be_made_twice_at_once,
        a_dry_run_makes_no_tags,
    ]);
}

fn names(customer: &Customer) -> Vec<&str> {
    customer.tags.iter().map(|tag| tag.name.as_str()).collect()
}

async fn an_export_takes_tags_along(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, other) = (TestCrm::new(&database), TestCrm::new(&database));
    let custom_fields = json!({ "tags": "not these" }).as_object().cloned();
    let ann = crm.create(NewCustomer { custom_fields, ..NewCustomer::organization("Ann") }).await?;
    crm.admin().customer_tags(ann.id).add(["VIP", "=new", "'quoted", "a \"b\""]).await?;
    crm.named("Bob").await?;
    let file = crm.export(CustomerQuery::default(), ExportFormat::Csv).await?;
    let records = crm.records().await?;
    assert_eq!(counts(&crm.import(file.clone(), &upsert(MatchBy::Id)).await?), [0, 0, 2, 0]);
    assert_eq!(crm.records().await?, [records[0], records[1] + 1, records[2]]);

    other.admin().tags().create(crm_core::tags::NewTag::named("vip")).await?;
    assert_eq!(counts(&other.import(file.clone(), &create()).await?), [2, 0, 0, 0]);
    let all = other.all().await?;
    assert_eq!(names(&all[0]), ["=new", "a \"b\"", "'quoted", "vip"]);
    assert_eq!(json!(all[0].custom_fields), json!({ "tags": "not these" }));
    assert!(all[1].tags.is_empty());
    let history = other.admin().customers().history(all[0].id, &Default::default()).await?;
    let actions: Vec<_> = history.data.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["tagged", "created"]);
    let tags = other.admin().tags().list(&TagQuery::default(), &Default::default()).await?;
    assert!(tags.data.len() == 4 && tags.data.iter().all(|tag| tag.usage_count == 1));
    Ok(())
}

async fn a_cell_of_tags_is_all_that_a_customer_has(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, bob) = (crm.named("Ann").await?, crm.named("Bob").await?);
    for id in [ann.id, bob.id] {
        crm.admin().customer_tags(id).add(["old", "kept"]).await?;
    }
    let file = format!("id,tags,city\n{},\"Kept; new, NEW\",\n{},,Oslo\n", ann.id, bob.id);
    assert_eq!(counts(&crm.import(file.as_str(), &upsert(MatchBy::Id)).await?), [0, 2, 0, 0]);
    assert_eq!(counts(&crm.import(file, &upsert(MatchBy::Id)).await?), [0, 0, 2, 0]);
    let (after, other) = (crm.get(&ann).await?, crm.get(&bob).await?);
    assert_eq!((names(&after), after.version), (vec!["kept", "new"], 1));
    assert_eq!((names(&other), other.city.as_deref()), (vec!["kept", "old"], Some("Oslo")));
    let history = crm.admin().customers().history(ann.id, &Default::default()).await?;
    let actions: Vec<_> = history.data.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["tagged", "untagged", "tagged", "created"]);

    let many: String = (0..101).map(|number| format!("tag {number};")).collect();
    let file = format!("id,tags\n{},{many}\n{},{}\n", ann.id, bob.id, "x".repeat(65));
    let report = crm.import(file, &upsert(MatchBy::Id)).await?;
    assert_eq!(faults(&report), [(2, Some("tags"), "too_many"), (3, Some("tags"), "too_long")]);
    Ok(())
}

async fn tags_need_their_own_rights(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.admin().tags().create(crm_core::tags::NewTag::named("VIP")).await?;
    let me = crm.ensure_mirrored(Role::Manager).await?;
    let import = async |tags: &[Action]| {
        let customers = [Action::Import, Action::Read].map(|action| Permission::all(Resource::Customers, action));
        let tags = tags.iter().map(|action| Permission::all(Resource::Tags, *action));
        let actor = Actor::user(crm.company, me, Role::Viewer).with_permissions(customers.into_iter().chain(tags));
        let options = ImportOptions { mapping: [("Labels".into(), Some("tags".into()))].into(), ..create() };
        let file = &b"Name,Labels\nAnn,VIP\nBob,unheard of\nCleo,\n"[..];
        crm.crm.on(actor, &crm.db).customers().import(file, options).await
    };
    let column = Some("Labels");
    let report = import(&[]).await?;
    assert_eq!(
        (counts(&report), faults(&report)),
        ([1, 0, 0, 2], vec![(2, column, "forbidden"), (3, column, "forbidden")])
    );
    let report = import(&[Action::Attach]).await?;
    assert_eq!((counts(&report), faults(&report)), ([2, 0, 0, 1], vec![(3, column, "tag_unknown")]));
    assert_eq!(counts(&import(&[Action::Attach, Action::Create]).await?), [3, 0, 0, 0]);
    Ok(())
}

async fn tags_of_other_systems_are_tags(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    assert_eq!(counts(&crm.import("Name,Tags\nAnn,\"a, b\"\n", &create()).await?), [1, 0, 0, 0]);
    let ann = crm.all().await?.remove(0);
    assert_eq!((json!(ann.custom_fields), names(&ann)), (json!({}), vec!["a", "b"]));
    Ok(())
}

async fn the_same_tag_may_be_made_twice_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Meets the company").await?;
    let options = ImportOptions { mapping: [("Tags".into(), Some("tags".into()))].into(), ..create() };
    let row = |number: usize| format!("Customer {number},tag {}; tag {}\n", number % 7, number % 11);
    let forth: String = (0..600).map(row).collect();
    let back: String = (0..600).rev().map(row).collect();
    let (forth, back) = (format!("Name,Tags\n{forth}"), format!("Name,Tags\n{back}"));
    let (one, two) = tokio::join!(crm.import(forth, &options), crm.import(back, &options));
    let (one, two) = (one?, two?);
    assert_eq!(one.created + two.created, 1_200, "{:?} {:?}", one.errors.first(), two.errors.first());
    let tags = crm.admin().tags().list(&TagQuery::default(), &Default::default()).await?;
    assert_eq!(tags.data.len(), 11);
    Ok(())
}

async fn a_dry_run_makes_no_tags(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let filling: String = (0..600).map(|number| format!("f{number}@example.com,F,t{number}\n")).collect();
    let file = format!(
        "Email,Name,Tags\nann@example.com,Ann,VIP\n{filling}ann@example.com,,vip\nann@example.com,,new\n\
         ann@example.com,Ann,new\n"
    );
    let options = ImportOptions { mapping: [("Tags".into(), Some("tags".into()))].into(), ..upsert(MatchBy::Email) };
    let rehearsed = crm.import(file.as_str(), &ImportOptions { dry_run: true, ..options.clone() }).await?;
    assert_eq!(crm.count("crm_tags").await?, 0);
    let report = crm.import(file, &options).await?;
    assert_eq!((counts(&rehearsed), counts(&report)), ([601, 1, 2, 0], [601, 1, 2, 0]));
    assert_eq!(crm.count("crm_tags").await?, 602);
    Ok(())
}
