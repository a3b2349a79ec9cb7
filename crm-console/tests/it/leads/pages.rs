//! One lead: its fields, what belongs to it, who may do what, and the trash.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::leads::NewLead;
use crm_core::notes::NewNote;
use crm_core::tasks::NewTask;
use testkit::{Suite, TestDatabase};

use super::{add, ann, named, ok, read, status};
use crate::support::{Person, browser, company};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_lead_is_added_and_changed,
        what_cannot_be_read_is_told,
        a_change_of_another_person_is_told,
        a_lead_is_assigned,
        a_lead_has_notes_interactions_tags_and_tasks,
        an_address_of_a_customer_leads_to_the_lead,
        lists_name_leads,
        a_lead_is_archived_deleted_restored_and_purged,
        the_palette_and_the_dashboard_have_leads,
        roles_do_what_they_may,
        another_companys_are_not_found,
        private_notes_are_their_authors_alone,
        pages_say_what_they_show,
    ]);
}

async fn a_lead_is_added_and_changed(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let browser = browser(&database, person).await;
    let form = ok(&browser, "/leads/new").await;
    assert!(form.has(&format!("value=\"{}\"", person.user)) || form.has("name=\"ownerId\""));
    let typed = [
        ("kind", "person"),
        ("firstName", "Ann"),
        ("lastName", "Lee"),
        ("email", "ann@lee.example"),
        ("source", "trade fair"),
        ("rating", "hot"),
        ("priority", "2"),
        ("amount", "12,500.50"),
        ("currency", "EUR"),
        ("expectedCloseDate", "2027-03-31"),
        ("doNotCall", "true"),
    ];
    let page = browser.submit("/leads", &typed).await;
    for text in ["The lead was added.", "<h1>Ann Lee</h1>", "mailto:ann@lee.example", "12,500.50 EUR", "Hot", "High"] {
        assert!(page.has(text), "{text}");
    }
    let id = page.after("data-live=\"lead\"", "data-record");
    let edit = ok(&browser, &format!("/leads/{id}/edit")).await;
    assert!(edit.has("value=\"12500.50\"") && edit.has("value=\"2027-03-31\"") && !edit.has("name=\"lostReason\""));
    let version = edit.after("name=\"version\"", "value");
    let changed = [&typed[..], &[("lastName", "Moor"), ("version", &*version)]].concat();
    let changed: Vec<_> = changed.into_iter().filter(|pair| *pair != ("lastName", "Lee")).collect();
    let page = browser.submit(&format!("/leads/{id}/edit"), &changed).await;
    assert!(page.has("The lead was saved.") && page.has("<h1>Ann Moor</h1>"), "the name is made of its parts again");
}

async fn what_cannot_be_read_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let browser = browser(&database, person).await;
    let typed = [("kind", "person"), ("email", "nonsense"), ("amount", "5"), ("currency", "EUR")];
    let faulty = browser.post("/leads", &typed).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(faulty.has("id=\"email-fault\"") && faulty.has("value=\"nonsense\""));
    let faulty = browser.post("/leads", &[("name", "Lee"), ("amount", "1.2.3"), ("currency", "EUR")]).await;
    assert!(faulty.status == StatusCode::UNPROCESSABLE_ENTITY && faulty.has("id=\"amount-fault\""));
}

async fn a_change_of_another_person_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let id = named(&database, person, "Smith & Sons").await;
    let browser = browser(&database, person).await;
    let path = format!("/leads/{id}/edit");
    let fields = |name| [("kind", "organization"), ("name", name), ("version", "1")];
    browser.submit(&path, &fields("Smith & Daughters")).await;
    let stale = browser.post(&path, &fields("Smith")).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("was changed after you opened it") && stale.has("Save anyway") && stale.has("value=\"Smith\""));
}

async fn a_lead_is_assigned(database: TestDatabase) {
    let company = company();
    let (manager, rep) = (Person::new(company, Role::Manager), Person::new(company, Role::SalesRep));
    let id = named(&database, manager, "Smith & Sons").await;
    let mine = browser(&database, rep).await;
    let page = ok(&mine, &format!("/leads/{id}")).await;
    assert!(page.has("Assign to me") && page.has("No owner"));
    let me = rep.user.to_string();
    let taken = mine.submit(&format!("/leads/{id}/assign"), &[("ownerId", &*me), ("version", "1")]).await;
    assert!(taken.has("The lead was assigned.") && taken.has("Owner: Pat Person") && !taken.has("Assign to me"));
    let browser = browser(&database, manager).await;
    assert!(ok(&browser, &format!("/leads/{id}/assign")).await.has(&format!("value=\"{me}\" selected")));
    browser.submit(&format!("/leads/{id}/assign"), &[("ownerId", ""), ("version", "2")]).await;
    assert_eq!(read(&database, manager, id).await.owner_id, None);
    let stale = browser.post(&format!("/leads/{id}/assign"), &[("ownerId", &*me), ("version", "1")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let unknown = browser.post(&format!("/leads/{id}/assign"), &[("ownerId", "nonsense")]).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn a_lead_has_notes_interactions_tags_and_tasks(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let id = add(&database, person, ann()).await;
    let browser = browser(&database, person).await;
    let path = format!("/leads/{id}");
    let preview = browser.post(&format!("{path}/notes"), &[("body", "A **bold** wish"), ("preview", "1")]).await;
    assert!(
        preview.status == StatusCode::OK && preview.has("<strong>bold</strong>") && preview.has("<h1>Ann Lee</h1>")
    );
    let page = browser.submit(&format!("{path}/notes"), &[("body", "A **bold** wish"), ("pinned", "1")]).await;
    assert!(page.has("id=\"pinned\"><h2>") && page.has("<strong>bold</strong>"));
    let edit = ok(&browser, &page.after("class=\"icon-button is-rare\"", "href")).await;
    let action = edit.after("<form class=\"stack\"", "action");
    assert!(action.contains(&format!("/leads/{id}/notes/")), "{action}");
    let saved = browser.submit(&action, &[("body", "Another wish"), ("type", "general")]).await;
    assert!(saved.has("The note was saved.") && saved.has("Another wish") && saved.has("<h1>Ann Lee</h1>"));
    let empty = browser.post(&format!("{path}/notes"), &[("body", "")]).await;
    assert!(empty.status == StatusCode::UNPROCESSABLE_ENTITY && empty.has("id=\"body-fault\""));

    let call = [("compose", "call"), ("subject", "First call"), ("outcome", "interested")];
    let page = browser.submit(&format!("{path}/interactions"), &call).await;
    assert!(page.has("First call") && page.has("Interested"));
    let page = browser.submit(&format!("{path}/tags"), &[("tag", "Fair")]).await;
    assert!(page.has("Fair"));
    let page = browser.submit(&page.after("class=\"tags tags-edit\"", "action"), &[]).await;
    assert!(!page.has("/remove"));
    let task = NewTask::titled("Send a quote").for_customer(crm_core::ids::CustomerId(id.0));
    person.scope(&database).tasks().create(task).await.unwrap();
    let page = ok(&browser, &path).await;
    assert!(page.has("Send a quote") && page.has("added the lead") && !page.has("added the customer"));
    for kind in ["note", "interaction", "task", "change"] {
        ok(&browser, &format!("{path}?kind={kind}")).await;
    }
}

async fn an_address_of_a_customer_leads_to_the_lead(database: TestDatabase) {
    let person = Person::new(company(), Role::Viewer);
    let id = named(&database, Person::new(person.company, Role::Admin), "Smith & Sons").await;
    let browser = browser(&database, person).await;
    let answer = browser.get(&format!("/customers/{id}?kind=note")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), format!("/erp/crm/leads/{id}?kind=note"));
}

async fn lists_name_leads(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let id = named(&database, person, "Smith & Sons").await;
    let mut scope = person.scope(&database);
    let call = NewInteraction::of(InteractionType::Call, "First call").planned(chrono::Utc::now());
    scope.lead_interactions(id).create(call).await.unwrap();
    scope.tasks().create(NewTask::titled("Send a quote").for_customer(crm_core::ids::CustomerId(id.0))).await.unwrap();
    let browser = browser(&database, person).await;
    for path in ["/interactions?view=all&owner=all", "/tasks?view=all&assignee=all"] {
        let page = ok(&browser, path).await;
        assert!(page.has("Smith &#38; Sons"), "{path}");
    }
    // The dashboard completes what is due with a lead.
    let due = ok(&browser, "/").await;
    let done = browser.submit(&due.after("class=\"due\"", "hx-post"), &[("back", "/erp/crm/")]).await;
    assert!(done.has("Dashboard"));
}

async fn a_lead_is_archived_deleted_restored_and_purged(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let id = named(&database, person, "Smith & Sons").await;
    let browser = browser(&database, person).await;
    let page = browser.submit(&format!("/leads/{id}/archive"), &[("archived", "true")]).await;
    assert!(page.has("The lead was archived.") && !ok(&browser, "/leads").await.has("Smith"));
    browser.submit(&format!("/leads/{id}/archive"), &[]).await;
    let gone = browser.submit(&format!("/leads/{id}/delete"), &[("back", "/erp/crm/leads")]).await;
    assert!(gone.has("The lead was moved to the trash.") && gone.has(&format!("/leads/{id}/restore")));
    assert_eq!(browser.get(&format!("/leads/{id}")).await.status, StatusCode::NOT_FOUND);
    let trash = ok(&browser, "/trash?of=leads").await;
    assert!(trash.has("Smith &#38; Sons") && trash.has(&format!("/leads/{id}/purge")));
    browser.submit(&format!("/leads/{id}/restore"), &[]).await;
    assert!(ok(&browser, "/leads").await.has("Smith"));
    browser.submit(&format!("/leads/{id}/delete"), &[]).await;
    let asked = ok(&browser, &format!("/leads/{id}/purge")).await;
    assert!(asked.has("Delete permanently: Smith &#38; Sons") && asked.has("This cannot be undone."));
    let version = asked.after("name=\"version\"", "value");
    let purged = browser.submit(&format!("/leads/{id}/purge"), &[("version", &*version)]).await;
    assert!(purged.has("The lead was deleted permanently."));
    assert!(!ok(&browser, "/trash?of=leads").await.has("Smith"));
}

async fn the_palette_and_the_dashboard_have_leads(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let id = add(&database, person, ann()).await;
    let browser = browser(&database, person).await;
    let found = ok(&browser, "/palette?q=lee").await;
    assert!(found.has(&format!("/leads/{id}")) && found.has("Ann Lee"));
    assert!(ok(&browser, "/palette?q=add+lead").await.has("Add lead"));
    let dashboard = ok(&browser, "/").await;
    let (_, tile) = dashboard.body.split_once("tile-label\">New leads").unwrap();
    assert!(tile.contains("<p class=\"tile-number\">1</p>"), "{}", &tile[..200]);
    assert!(dashboard.has("href=\"/erp/crm/leads\""), "the menu has no leads");
}

async fn roles_do_what_they_may(database: TestDatabase) {
    let company = company();
    let author = Person::new(company, Role::Admin);
    let owned = NewLead { owner_id: Some(author.user), ..NewLead::organization("Smith & Sons") };
    let id = add(&database, author, owned).await;
    let contacted = status(&database, author, "contacted").await;
    // A stranger's lead is changed by those who may change all.
    let may_change = |role: &Role| matches!(role, Role::Admin | Role::Manager);
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        assert_eq!(ok(&browser, "/leads").await.has("data-grip"), may_change(role), "{role}");
    }
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let may = may_change(role);
        let may_add = may || *role == Role::SalesRep;
        let board = ok(&browser, "/leads").await;
        assert_eq!(board.has("settings/lead-statuses"), may, "{role}");
        assert_eq!(board.has("Add lead"), may_add, "{role}");
        let page = ok(&browser, &format!("/leads/{id}")).await;
        for act in ["edit", "move", "assign", "convert", "archive", "delete"] {
            assert_eq!(page.has(&format!("/leads/{id}/{act}")), may, "{role} {act}");
        }
        let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
        for form in ["edit", "move", "assign", "convert"] {
            assert_eq!(browser.get(&format!("/leads/{id}/{form}")).await.status, expected, "{role} {form}");
        }
        if !may {
            for act in ["edit", "move", "assign", "convert", "archive", "delete", "restore", "convert/undo"] {
                let fields = [("name", "x"), ("stage", &*contacted), ("archived", "true")];
                let answer = browser.post(&format!("/leads/{id}/{act}"), &fields).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {act}");
            }
        }
        assert_eq!(browser.get("/leads/new").await.status == StatusCode::OK, may_add, "{role}");
        let added = browser.post("/leads", &[("name", "New"), ("kind", "organization")]).await;
        assert_eq!(added.status == StatusCode::SEE_OTHER, may_add, "{role}");
    }
}

async fn another_companys_are_not_found(database: TestDatabase) {
    let owner = Person::new(company(), Role::Admin);
    let new = NewLead { referred_by: Some("RIVAL-MARK".to_owned()), ..NewLead::organization("LEAD-MARK") };
    let id = add(&database, owner, new).await;
    let trashed = named(&database, owner, "GONE-MARK").await;
    owner.scope(&database).leads().delete(trashed, None).await.unwrap();
    let contacted = status(&database, owner, "contacted").await;
    let other = browser(&database, Person::new(company(), Role::Admin)).await;
    for path in ["", "/edit", "/move", "/assign", "/convert", "/purge"] {
        let answer = other.get(&format!("/leads/{id}{path}")).await;
        assert!(answer.status == StatusCode::NOT_FOUND && !answer.has("-MARK"), "{path}");
    }
    assert_eq!(other.get(&format!("/customers/{id}")).await.status, StatusCode::NOT_FOUND);
    for act in ["edit", "move", "assign", "convert", "archive", "delete", "restore", "notes", "tags", "interactions"] {
        let fields = [("name", "x"), ("stage", &*contacted), ("body", "x"), ("tag", "x"), ("compose", "call")];
        let answer = other.post(&format!("/leads/{id}/{act}"), &fields).await;
        assert!(answer.status == StatusCode::NOT_FOUND && !answer.has("-MARK"), "{act}: {}", answer.status);
    }
    assert_eq!(other.post(&format!("/leads/{trashed}/restore"), &[]).await.status, StatusCode::NOT_FOUND);
    for path in ["/leads", "/leads?q=mark", "/leads/table", "/trash?of=leads", "/palette?q=mark", "/"] {
        assert!(!ok(&other, path).await.has("-MARK"), "{path}");
    }
    assert!(ok(&browser(&database, owner).await, "/leads").await.has("LEAD-MARK"));
}

async fn private_notes_are_their_authors_alone(database: TestDatabase) {
    let company = company();
    let author = Person::new(company, Role::SalesRep);
    let id = named(&database, author, "Smith & Sons").await;
    let private = NewNote { title: Some("TITLE-MARK".to_owned()), ..NewNote::text("BODY-MARK").private() };
    let mut scope = author.scope(&database);
    scope.lead_notes(id).create(NewNote { is_pinned: Some(true), ..private.clone() }).await.unwrap();
    let note = scope.lead_notes(id).create(private).await.unwrap().id;
    let own = ok(&browser(&database, author).await, &format!("/leads/{id}")).await;
    assert!(own.has("BODY-MARK") && own.has("Private"));
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        for path in ["", "?kind=note", "?kind=change"] {
            assert!(!ok(&browser, &format!("/leads/{id}{path}")).await.has("-MARK"), "{role}");
        }
        for act in ["", "/edit", "/delete", "/pin", "/restore"] {
            let path = format!("/leads/{id}/notes/{note}{act}");
            for answer in [browser.post(&path, &[("body", "x")]).await, browser.get(&path).await] {
                assert!(answer.status.is_client_error() && !answer.has("-MARK"), "{role} {act}");
            }
        }
    }
}

async fn pages_say_what_they_show(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let id = named(&database, person, "Smith & Sons").await;
    let browser = browser(&database, person).await;
    let page = ok(&browser, &format!("/leads/{id}")).await;
    assert_eq!(page.after("data-live=\"lead\"", "data-record"), id.to_string());
    assert_eq!(page.after("data-live=\"lead\"", "data-version"), "1");
    let board = ok(&browser, "/leads").await;
    assert!(board.has("data-live=\"board\"") && board.has("data-unordered") && board.has("/assets/board-"));
    assert!(!page.has("/assets/board-"));
}
