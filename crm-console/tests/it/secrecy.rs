//! What a person must not see stands in no page, and what customers are called runs nowhere.

use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::notes::{NewNote, NotePatch};
use crm_core::patch::Patch;
use crm_core::tags::NewTag;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Browser, Person, browser, company};

const EVIL: &str = "<script>alert('MARK')</script>\"'><img src=x onerror=alert(1)>";

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [private_notes_are_their_authors_alone, every_text_is_escaped]);
}

/// All pages on which something of a customer could stand.
async fn everything(browser: &Browser, customer: &str) -> String {
    let mut all = String::new();
    let paths = [
        "",
        "?kind=note",
        "?kind=change",
        "?kind=interaction",
        "?edit=name",
        "?edit=email",
        "?compose=call",
        "?edit=ownerId",
    ];
    for path in paths.map(|query| format!("/customers/{customer}{query}")) {
        all += &browser.get(&path).await.body;
    }
    for path in [
        "/",
        "/?period=year",
        "/customers",
        "/customers?q=MARK",
        "/customers?sort=name",
        "/customers/new",
        "/palette?q=MARK",
    ] {
        all += &browser.get(path).await.body;
    }
    all
}

async fn private_notes_are_their_authors_alone(database: TestDatabase) {
    let company = company();
    let author = Person::new(company, Role::SalesRep);
    let mut scope = author.scope(&database);
    let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap();
    let private = NewNote { title: Some("TITLE-MARK".to_owned()), ..NewNote::text("BODY-MARK").private() };
    scope.notes(lee.id).create(NewNote { is_pinned: Some(true), ..private.clone() }).await.unwrap();
    let note = scope.notes(lee.id).create(private).await.unwrap();
    let patch = NotePatch { body: Patch::Set("CHANGED-MARK".to_owned()), ..NotePatch::default() };
    scope.notes(lee.id).update(note.id, patch, None).await.unwrap();
    let id = lee.id.to_string();
    let own = everything(&browser(&database, author).await, &id).await;
    assert!(own.contains("BODY-MARK") && own.contains("CHANGED-MARK") && own.contains("Private"));
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let seen = everything(&browser, &id).await;
        assert!(!seen.contains("-MARK") && !seen.contains(&note.id.to_string()), "{role} sees a private note");
        let pin = browser.post(&format!("/customers/{id}/notes/{}/pin", note.id), &[("pinned", "true")]).await;
        assert!(pin.status.is_client_error() && !pin.has("-MARK"));
    }
}

async fn every_text_is_escaped(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let mut scope = person.scope(&database);
    let evil = || Some(EVIL.to_owned());
    let new = NewCustomer {
        first_name: evil(),
        last_name: evil(),
        organization_name: evil(),
        job_title: evil(),
        phone: Some("<script>MARK</script>+491".to_owned()),
        address: evil(),
        address_line2: evil(),
        city: evil(),
        state: evil(),
        zip_code: Some("<script>MARK".to_owned()),
        country: evil(),
        source: Some("<script>mark</script>".to_owned()),
        owner_id: Some(person.user),
        ..NewCustomer::person("x", "y")
    };
    let customer = scope.customers().create(new).await.unwrap();
    scope
        .tags()
        .create(NewTag { name: Some("<script>MARK</script>\"".to_owned()), ..NewTag::default() })
        .await
        .unwrap();
    scope.customer_tags(customer.id).add(["<script>MARK</script>\""]).await.unwrap();
    let note = NewNote { title: evil(), is_pinned: Some(true), ..NewNote::text(EVIL) };
    scope.notes(customer.id).create(note).await.unwrap();
    let call = NewInteraction {
        content: evil(),
        outcome: Some("<script>mark</script>".to_owned()),
        location: evil(),
        follow_up_at: Some(chrono::Utc::now()),
        ..NewInteraction::of(InteractionType::Call, EVIL)
    };
    scope.interactions(customer.id).create(call.clone()).await.unwrap();
    let planned = call.planned(chrono::Utc::now() - chrono::TimeDelta::days(1));
    let planned = NewInteraction { outcome: None, follow_up_at: None, ..planned };
    scope.interactions(customer.id).create(planned).await.unwrap();
    let browser = browser(&database, person).await;
    let mut pages = everything(&browser, &customer.id.to_string()).await;
    let query = form_query(EVIL);
    for path in [
        format!("/customers?q={query}"),
        format!("/customers?tag={query}&sort={query}&{query}={query}"),
        format!("/customers/new?kind={query}"),
        format!("/{query}"),
        format!("/?period={query}"),
    ] {
        pages += &browser.get(&path).await.body;
    }
    let id = customer.id;
    for (path, name) in [("notes", "body"), ("interactions", "minutes"), ("tags", "tag"), ("fields/email", "value")] {
        let fields =
            [(name, EVIL), ("version", "1"), ("preview", "1"), ("compose", EVIL), ("subject", EVIL), ("content", EVIL)];
        pages += &browser.post(&format!("/customers/{id}/{path}"), &fields).await.body;
    }
    assert!(pages.contains("&#60;script&#62;"));
    let lower = pages.to_lowercase();
    for bad in ["<script>", "<img", "onerror=\"", "<script>mark"] {
        assert!(
            !lower.contains(bad),
            "{bad} stands in a page: {:?}",
            lower.find(bad).map(|at| &lower[at.saturating_sub(200)..at + 60])
        );
    }
}

fn form_query(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
