//! What leaves the house, and what is kept of it.

use crm_core::ai::ModelRequest;
use crm_core::companies::SettingsPatch;
use crm_core::customers::{CustomerAddress, CustomerEmail, CustomerPhone, ExternalRef, NewCustomer};
use crm_core::interactions::{InteractionType, NewInteraction, Participant};
use crm_core::jobs::JobState;
use crm_core::leads::NewLead;
use crm_core::notes::{NewNote, NoteVisibility};
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase, TestModel};

use super::{World, answer, told};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        no_personal_data_leaves,
        nor_does_that_of_a_lead,
        names_are_put_back,
        a_company_may_decide_otherwise,
        what_was_sent_is_audited_and_not_kept,
    ]);
}

/// Personal data of the customer, as it stands in the record: the markers.
const MARKERS: &[&str] = &[
    "Quirinius",
    "Zephyrsson",
    "Zephyrsson Marine",
    "quirin@zephyr.example",
    "+49 30 7654321",
    "77 Marker Quay",
    "Dock Nine",
    "Markerhaven",
    "Quayland",
    "98765",
    "https://zephyr.example",
    "K-7788-X",
    "quirin@further.example",
    "0171 5550188",
    "3 Further Lane",
    "Furtherville",
];

fn customer() -> NewCustomer {
    NewCustomer {
        organization_name: Some("Zephyrsson Marine".into()),
        email: Some("quirin@zephyr.example".into()),
        phone: Some("+49 30 7654321".into()),
        website: Some("https://zephyr.example".into()),
        address: Some("77 Marker Quay".into()),
        address_line2: Some("Dock Nine".into()),
        city: Some("Markerhaven".into()),
        state: Some("Quayland".into()),
        zip_code: Some("98765".into()),
        emails: Some(vec![CustomerEmail::new("quirin@further.example")]),
        phones: Some(vec![CustomerPhone::new("0171 5550188")]),
        addresses: Some(vec![CustomerAddress {
            address: Some("3 Further Lane".into()),
            city: Some("Furtherville".into()),
            ..CustomerAddress::default()
        }]),
        external_refs: Some(vec![ExternalRef::new("erp", "K-7788-X")]),
        ..NewCustomer::person("Quirinius", "Zephyrsson")
    }
}

/// A text with all of it, in other spellings too.
fn content() -> String {
    format!(
        "{}. QUIRINIUS, zephyrsson's boat, Zéphyrsson; 030/7654321 and 0049307654321; other@else.example and 0170-1234567.",
        MARKERS.join(", ")
    )
}

/// What a text must not hold.
fn leaks(request: &ModelRequest) -> Vec<String> {
    let sent: String = request.messages.iter().map(|message| crm_core::text::fold(&message.text)).collect();
    let markers = MARKERS.iter().map(|marker| crm_core::text::fold(marker));
    let others = ["7654321", "1234567", "else.example", "notemarker", "participant.example", "the admin", "quirin"];
    markers.chain(others.map(str::to_owned)).filter(|marker| sent.contains(marker.as_str())).collect()
}

async fn no_personal_data_leaves(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let customer = world.crm.create(customer()).await?;
    for note in [
        NewNote::text("Notemarker shared"),
        NewNote { visibility: Some(NoteVisibility::Private), ..NewNote::text("Notemarker private") },
    ] {
        world.crm.admin().notes(customer.id).create(note).await?;
    }
    let new = NewInteraction {
        subject: Some("Quirinius Zephyrsson, Dock Nine".into()),
        content: Some(format!("{} The admin wrote to x@participant.example.", content())),
        participants: Some(vec![Participant::email("x@participant.example")]),
        ..NewInteraction::of(InteractionType::Email, "")
    };
    let created = world.crm.admin().interactions(customer.id).create(new).await?;
    world.run().await?;
    let asked = world.model.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(leaks(&asked[0]), [""; 0], "{}", asked[0].messages[1].text);
    assert!(asked[0].messages[1].text.contains("[NAME_1]"));
    assert!(world.ai(created.id).await?.has_text());
    Ok(())
}

async fn nor_does_that_of_a_lead(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let new = NewLead {
        email: Some("quirin@zephyr.example".into()),
        phone: Some("+49 30 7654321".into()),
        ..NewLead::person("Quirinius", "Zephyrsson")
    };
    let lead = world.crm.admin().leads().create(new).await?;
    let content = "Quirinius Zephyrsson, quirin@zephyr.example, 030/7654321".to_owned();
    let new = NewInteraction { content: Some(content), ..NewInteraction::of(InteractionType::Call, "A call") };
    let created = world.crm.admin().lead_interactions(lead.id).create(new).await?;
    world.run().await?;
    assert_eq!(leaks(&world.model.asked()[0]), [""; 0]);
    assert!(world.ai(created.id).await?.has_text());
    Ok(())
}

async fn names_are_put_back(database: TestDatabase) -> anyhow::Result<()> {
    let model = TestModel::new(|request| {
        let subject = super::document(request)["subject"].as_str().unwrap().to_owned();
        Some(Ok(told(answer(&format!("{subject} wants a boat. [NAME_99]"), &format!("Dear {subject}")))))
    });
    let world = World::with(&database, model);
    let customer = world.crm.create(customer()).await?;
    let new = NewInteraction {
        content: Some("A boat".into()),
        ..NewInteraction::of(InteractionType::Call, "Quirinius Zephyrsson")
    };
    let created = world.crm.admin().interactions(customer.id).create(new).await?;
    world.run().await?;
    let ai = world.ai(created.id).await?;
    assert_eq!(ai.summary.as_deref(), Some("Quirinius Zephyrsson wants a boat. [NAME_99]"));
    assert_eq!(ai.auto_response.as_deref(), Some("Dear Quirinius Zephyrsson"));
    assert_eq!(leaks(&world.model.asked()[0]), [""; 0]);
    Ok(())
}

async fn a_company_may_decide_otherwise(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let patch = SettingsPatch { ai_placeholders: Patch::Set(false), ..SettingsPatch::default() };
    world.crm.admin().settings().update(patch, None).await?;
    let customer = world.crm.create(customer()).await?;
    world.crm.admin().notes(customer.id).create(NewNote::text("Notemarker")).await?;
    let new = NewInteraction {
        content: Some("Quirinius rang".into()),
        ..NewInteraction::of(InteractionType::Call, "A call")
    };
    world.crm.admin().interactions(customer.id).create(new).await?;
    world.run().await?;
    assert_eq!(world.documents()[0]["text"], "Quirinius rang");
    assert!(!leaks(&world.model.asked()[0]).contains(&"notemarker".to_owned()), "notes are never sent");
    Ok(())
}

async fn what_was_sent_is_audited_and_not_kept(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let customer = world.crm.create(customer()).await?;
    let new = NewInteraction { content: Some(content()), ..NewInteraction::of(InteractionType::Call, "A call") };
    let created = world.crm.admin().interactions(customer.id).create(new).await?;
    world.run().await?;
    let audit = world.crm.dump("crm_audit").await?;
    let sent = audit.lines().find(|line| line.contains("sent_to_language_model")).expect("an entry");
    for part in ["Test provider", "model.test", "test-1", "estimatedTokens", &created.id.to_string()] {
        assert!(sent.contains(part), "{part}: {sent}");
    }
    let summarized = audit.lines().find(|line| line.contains("summarized")).expect("an entry");
    assert!(summarized.contains("inputTokens") && summarized.contains("100"), "{summarized}");
    for table in ["crm_audit", "crm_outbox", "crm_jobs", "crm_ai_usage"] {
        let rows = world.crm.dump(table).await?;
        for text in ["Zephyrsson", "Wants a quote.", "[NAME_"] {
            assert!(!rows.contains(text), "{table} holds {text}");
        }
    }
    let job = &world.jobs().await?[0];
    assert_eq!(job.state, JobState::Done);
    assert_eq!(job.result.as_ref().expect("a result")["inputTokens"], 100);
    Ok(())
}
