//! What a person must not see stands in no page, and what customers are called runs nowhere.

use crm_core::CompanyScope;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::deals::{DealQuery, NewDeal};
use crm_core::ids::{CustomerId, DealId, LeadId, NoteId, TaskId};
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::leads::NewLead;
use crm_core::notes::{NewNote, NotePatch};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::pipelines::StageKind;
use crm_core::tags::{NewTag, TagQuery};
use crm_core::tasks::{ChecklistItem, NewTask, TaskCompletion};
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
        "?kind=task",
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
        "/interactions?view=all&owner=all",
        "/interactions?view=all&owner=all&as=list",
        "/interactions?view=reminders&owner=all",
        "/interactions/new?q=MARK",
        "/interactions/customer",
        "/tasks?view=all&assignee=all",
        "/tasks?q=MARK",
        "/tasks/agenda?assignee=all",
        "/tasks/calendar?assignee=all",
        "/tasks/new",
        "/tasks/customer?q=MARK",
        "/tags",
        "/tags/new",
        "/trash",
        "/trash?q=MARK",
        "/trash?of=interactions",
        "/trash?of=tasks",
        "/trash?of=deals",
        "/deals",
        "/deals?q=MARK",
        "/deals/table",
        "/deals/new?q=MARK",
        "/deals/forecast",
        "/reports",
        "/reports/pipeline",
        "/reports/leaderboard",
        "/reports/leads",
        "/reports/tasks",
        "/activity",
        "/activity?kind=note",
        "/settings/lead-scoring",
        "/notifications",
        "/leads",
        "/leads?q=MARK",
        "/leads/table",
        "/leads/new",
        "/trash?of=leads",
    ] {
        all += &browser.get(path).await.body;
    }
    for path in ["trash", "trash?of=interactions", "trash?of=tasks"] {
        all += &browser.get(&format!("/customers/{customer}/{path}")).await.body;
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
    let gone = NewNote { title: Some("GONE-MARK".to_owned()), ..NewNote::text("GONE-MARK").private() };
    let gone = scope.notes(lee.id).create(gone).await.unwrap();
    scope.notes(lee.id).delete(gone.id, None).await.unwrap();
    let id = lee.id.to_string();
    let own = everything(&browser(&database, author).await, &id).await;
    assert!(
        own.contains("BODY-MARK")
            && own.contains("CHANGED-MARK")
            && own.contains("GONE-MARK")
            && own.contains("Private")
    );
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let seen = everything(&browser, &id).await;
        assert!(!seen.contains("-MARK") && !seen.contains(&note.id.to_string()), "{role} sees a private note");
        let pin = browser.post(&format!("/customers/{id}/notes/{}/pin", note.id), &[("pinned", "true")]).await;
        assert!(pin.status.is_client_error() && !pin.has("-MARK"));
        for (note, act) in [(note.id, ""), (note.id, "/edit"), (note.id, "/delete"), (gone.id, "/restore")] {
            let path = format!("/customers/{id}/notes/{note}{act}");
            for answer in [browser.post(&path, &[("body", "x")]).await, browser.get(&path).await] {
                assert!(answer.status.is_client_error() && !answer.has("-MARK"), "{role} {act}");
            }
        }
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
    let planned = call.clone().planned(chrono::Utc::now() - chrono::TimeDelta::days(1));
    let planned = NewInteraction { outcome: None, follow_up_at: None, ..planned };
    let planned = scope.interactions(customer.id).create(planned).await.unwrap().id;
    let (to_do, done) = plan(&mut scope, customer.id).await;
    let (deal, deleted) = sell(&mut scope, customer.id).await;
    let lead = knock(&mut scope, call.clone()).await;
    let (note, gone) = delete_some(&mut scope, customer.id, call).await;
    let tag = scope.tags().list(&TagQuery::default(), &PageRequest::default()).await.unwrap().data.remove(0).id;
    let browser = browser(&database, person).await;
    let mut pages = everything(&browser, &customer.id.to_string()).await;
    let query = form_query(EVIL);
    for path in [
        format!("/interactions/{planned}?back={query}"),
        format!("/interactions/{planned}/edit"),
        format!("/interactions/{planned}/complete"),
        format!("/interactions/{planned}/reschedule?at={query}"),
        format!("/interactions/new?customer={}&back={query}", customer.id),
        format!("/interactions?type={query}&owner={query}&customer={query}&{query}={query}&day={query}&as={query}"),
        format!("/interactions?customer={}&view=all&q={query}", customer.id),
        format!("/interactions/customer?q={query}&{query}={query}"),
        format!("/tasks/{to_do}?back={query}&step={query}"),
        format!("/tasks/{to_do}/edit"),
        format!("/tasks/{done}"),
        format!("/tasks/{done}/edit"),
        format!("/tasks/new?customer={}&title={query}&dueDate={query}&find={query}&type={query}", customer.id),
        format!("/tasks?type={query}&assignee={query}&customer={query}&{query}={query}&q={query}&dueTo={query}"),
        format!("/tasks?customer={}&view=all&columns=title,result,checklist,customerId", customer.id),
        format!("/tasks/agenda?from={query}&assignee={query}"),
        format!("/tasks/calendar?month={query}&assignee={query}"),
        format!("/customers/{}/notes/{note}", customer.id),
        format!("/customers/{}/notes/{note}/edit", customer.id),
        format!("/customers/{gone}/purge"),
        format!("/deals/{deal}?back={query}"),
        format!("/deals/{deal}/edit?back={query}"),
        format!("/deals/{deal}/move?stage={query}&afterId={query}&lostReason={query}&lostNotes={query}"),
        format!("/deals/new?customer={}&stage={query}&name={query}&amount={query}", customer.id),
        format!("/deals?owner={query}&q={query}&{query}={query}"),
        format!("/deals/table?q={query}&stage={query}&owner={query}&currency={query}&sort={query}&{query}={query}"),
        format!("/deals/table/customer?q={query}&{query}={query}"),
        format!("/customers/{}?kind=deal", customer.id),
        format!("/trash?of=deals&{query}={deleted}"),
        format!("/tags?q={query}&sort={query}"),
        format!("/tags/{tag}/edit"),
        format!("/tags/{tag}/merge?q=s"),
        format!("/tags/{tag}/delete"),
        format!("/trash?q={query}&of={query}"),
        format!("/leads/{lead}"),
        format!("/leads/{lead}?kind={query}&done={query}&{query}={query}"),
        format!("/leads/{lead}/edit?back={query}"),
        format!("/leads/{lead}/move?stage={query}&lostReason={query}"),
        format!("/leads/{lead}/assign?back={query}"),
        format!("/leads/{lead}/convert?find={query}&customer={query}&organization={query}"),
        format!("/leads?q={query}&owner={query}&rating={query}"),
        format!("/leads/table?status={query}&statusType={query}&tag={query}&sort={query}&{query}={query}"),
        format!("/leads/new?name={query}&kind={query}&ownerId={query}"),
        format!("/customers?notice={query}&undo={query}"),
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
    for path in [
        format!("/interactions/{planned}/edit"),
        format!("/interactions/{planned}/complete"),
        format!("/interactions/{planned}/reschedule"),
        format!("/tasks/{to_do}/edit"),
        format!("/tasks/{done}/complete"),
        "/tasks".to_owned(),
        format!("/tags/{tag}/edit"),
        "/tags".to_owned(),
        format!("/customers/{id}/notes/{note}/edit"),
        format!("/deals/{deal}/edit"),
        format!("/deals/{deal}/move"),
        "/leads".to_owned(),
        format!("/leads/{lead}/edit"),
        format!("/leads/{lead}/move"),
        format!("/leads/{lead}/assign"),
        format!("/leads/{lead}/notes"),
        format!("/leads/{lead}/interactions"),
        format!("/leads/{lead}/tags"),
        format!("/leads/{lead}/convert"),
    ] {
        let names = ["name", "color", "other", "at", "subject", "type", "scheduledAt", "meetingUrl", "nextAt", "title"];
        let of_tasks = ["dueDate", "dueTime", "find", "result", "checklist"];
        let of_deals = ["stage", "amount", "currency", "lostReason", "afterId", "source"];
        let names = names.into_iter().chain(of_tasks).chain(of_deals);
        let fields: Vec<(&str, &str)> = names.map(|name| (name, EVIL)).chain([("back", EVIL)]).collect();
        pages += &browser.post(&path, &fields).await.body;
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

/// A task to do and one that is done; a third one is in the trash.
async fn plan(scope: &mut CompanyScope<'_>, customer: CustomerId) -> (TaskId, TaskId) {
    let task = NewTask {
        description: Some(EVIL.to_owned()),
        checklist: Some(vec![ChecklistItem::new(EVIL)]),
        ..NewTask::titled(EVIL).due(chrono::Utc::now() - chrono::TimeDelta::days(1)).for_customer(customer)
    };
    let to_do = scope.tasks().create(task.clone()).await.unwrap().id;
    let deleted = scope.tasks().create(task.clone()).await.unwrap().id;
    scope.tasks().delete(deleted, None).await.unwrap();
    let done = scope.tasks().create(task.due_on(chrono::Utc::now().date_naive())).await.unwrap().id;
    scope.tasks().complete(done, TaskCompletion::with(EVIL), None).await.unwrap();
    (to_do, done)
}

/// A deal that was lost, and another one in the trash.
async fn sell(scope: &mut CompanyScope<'_>, customer: CustomerId) -> (DealId, DealId) {
    let evil = || Some(EVIL.to_owned());
    let board = scope.deals().board(None, &DealQuery::default()).await.unwrap();
    let lost = board.stages.iter().find(|stage| stage.stage.kind == StageKind::Lost).unwrap().stage.id;
    let new = NewDeal {
        stage_id: Some(lost),
        lost_reason: Some("<script>mark</script>".to_owned()),
        lost_notes: evil(),
        competitor: evil(),
        source: Some("<script>mark</script>".to_owned()),
        next_step: evil(),
        description: evil(),
        ..NewDeal::named(EVIL)
    };
    let deleted = scope.deals().create(customer, new.clone()).await.unwrap().id;
    scope.deals().delete(deleted, None).await.unwrap();
    (scope.deals().create(customer, new).await.unwrap().id, deleted)
}

/// A lead with a call and a note; another one is in the trash.
async fn knock(scope: &mut CompanyScope<'_>, call: NewInteraction) -> LeadId {
    let evil = || Some(EVIL.to_owned());
    let new = NewLead {
        first_name: evil(),
        last_name: evil(),
        organization_name: evil(),
        job_title: evil(),
        source: Some("<script>mark</script>".to_owned()),
        source_detail: evil(),
        referred_by: evil(),
        status_reason: evil(),
        description: evil(),
        ..NewLead::person("x", "y")
    };
    let deleted = scope.leads().create(new.clone()).await.unwrap().id;
    scope.leads().delete(deleted, None).await.unwrap();
    let lead = scope.leads().create(new).await.unwrap().id;
    scope.lead_interactions(lead).create(call).await.unwrap();
    scope.lead_notes(lead).create(NewNote { title: evil(), ..NewNote::text(EVIL) }).await.unwrap();
    lead
}

/// A note, and a customer in the trash with an interaction there as well.
async fn delete_some(scope: &mut CompanyScope<'_>, customer: CustomerId, call: NewInteraction) -> (NoteId, CustomerId) {
    let evil = NewNote { title: Some(EVIL.to_owned()), ..NewNote::text(EVIL) };
    let note = scope.notes(customer).create(evil.clone()).await.unwrap().id;
    let trashed = scope.notes(customer).create(evil).await.unwrap().id;
    scope.notes(customer).delete(trashed, None).await.unwrap();
    let call = scope.interactions(customer).create(call).await.unwrap().id;
    scope.interactions(customer).delete(call, None).await.unwrap();
    let gone = scope.customers().create(NewCustomer::organization(EVIL)).await.unwrap().id;
    scope.customers().delete(gone, None).await.unwrap();
    (note, gone)
}

fn form_query(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
