//! The forms of a task, and what is done with one click.

use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use crm_core::actor::Role;
use crm_core::patch::Patch;
use crm_core::tasks::{ChecklistItem, NewTask, TaskPatch, TaskStatus, TaskType};
use testkit::{Suite, TestDatabase, tests};

use super::{add, due_in, held, lee, ok};
use crate::support::{Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_task_is_added_for_a_customer_who_is_found,
        a_form_tells_its_faults,
        one_click_completes_and_opens_again,
        a_result_is_kept,
        every_field_is_edited,
        a_change_of_another_person_is_told,
        steps_are_ticked,
        it_is_deleted_and_comes_back,
    ]);
}

async fn a_task_is_added_for_a_customer_who_is_found(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let browser = browser(&database, person).await;
    let form = ok(&browser, "/tasks/new?back=%2Ferp%2Fcrm%2Ftasks%3Fview%3Dall&dueDate=2999-01-05").await;
    assert!(form.has("value=\"/erp/crm/tasks?view=all\"") && form.has("value=\"2999-01-05\""));
    // A search for a customer keeps what was typed, and adds nothing yet.
    let search = browser.post("/tasks", &[("title", "Contract"), ("find", "lee"), ("search", "1")]).await;
    assert!(search.status == StatusCode::OK && search.has("value=\"Contract\"") && search.has("Lee &#38; Co"));
    let found = search.after("class=\"picks\"", "value");
    assert_eq!(found, lee.to_string());
    let picked = browser.post("/tasks", &[("title", "Contract"), ("find", "lee"), ("pick", &found)]).await;
    assert_eq!(picked.after("name=\"customer\"", "value"), found);
    let without = browser.post("/tasks", &[("title", "Contract"), ("customer", &found), ("without", "1")]).await;
    assert!(without.status == StatusCode::OK && !without.has("name=\"customer\""));
    let fields = [
        ("title", "Contract"),
        ("type", "document"),
        ("priority", "high"),
        ("dueDate", "2999-01-05"),
        ("dueTime", ""),
        ("description", "For **two** years"),
        ("checklist", "Draft\r\n\r\n Sign \r\n"),
        ("customer", &found),
        ("back", "/erp/crm/tasks?view=all"),
    ];
    let page = browser.submit("/tasks", &fields).await;
    assert!(page.has(">Contract<") && page.has("The task was added.") && page.has("5 Jan 2999"));
    let mut scope = person.scope(&database);
    let all = scope.tasks().list(&Default::default(), &Default::default()).await.unwrap().data;
    assert_eq!((all.len(), all[0].assignee_id, all[0].customer_id), (1, Some(person.user), Some(lee)));
    let steps: Vec<&str> = all[0].checklist.iter().map(|step| step.text.as_str()).collect();
    assert_eq!((steps, all[0].due_at), (vec!["Draft", "Sign"], None));
    let one = ok(&browser, &format!("/tasks/{}", all[0].id)).await;
    for text in ["<strong>two</strong>", "Document", "High", "Draft", "Lee &#38; Co", "Not started"] {
        assert!(one.has(text), "{text}");
    }
    // Nobody has it.
    browser.submit("/tasks", &[("title", "Tidy up"), ("type", "todo"), ("assigneeId", "")]).await;
    assert!(ok(&browser, "/tasks?assignee=none").await.has(">Tidy up<"));
}

async fn a_form_tells_its_faults(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let browser = browser(&database, person).await;
    let long = "x".repeat(251);
    for (name, value, fault) in [
        ("title", "", "title-fault"),
        ("dueTime", "10:00", "dueDate-fault"),
        ("dueDate", "soon", "dueDate-fault"),
        ("dueDate", "0999-01-01", "dueDate-fault"),
        ("type", "nonsense", "type-fault"),
        ("assigneeId", "nonsense", "assigneeId-fault"),
        ("checklist", long.as_str(), "checklist-fault"),
    ] {
        let fields = [(name, value), ("title", "\"><b>kept"), ("priority", "low")];
        let wrong = browser.post("/tasks", if name == "title" { &fields[..1] } else { &fields[..] }).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(wrong.has(&format!("id=\"{fault}\"")), "{name}: {}", wrong.body);
        assert_eq!(wrong.has("value=\"&#34;&#62;&#60;b&#62;kept\""), name != "title", "what was typed is lost");
    }
    let time = browser.post("/tasks", &[("title", "x"), ("dueDate", "2999-01-05"), ("dueTime", "noon")]).await;
    assert!(time.status == StatusCode::UNPROCESSABLE_ENTITY && time.has("id=\"dueTime-fault\""));
    assert!(ok(&browser, "/tasks?view=all").await.has("No tasks yet"), "nothing was added");
}

async fn one_click_completes_and_opens_again(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let id = add(&database, person, due_in("Price", -5)).await;
    let browser = browser(&database, person).await;
    let tick = ok(&browser, "/tasks").await.after("class=\"row-actions\"", "action");
    assert!(tick.ends_with(&format!("/tasks/{id}/complete")));
    let page = browser.submit(&tick, &[("back", "/erp/crm/tasks")]).await;
    assert!(page.has("The task was completed.") && page.has("Nothing is to be done"));
    assert_eq!(held(&database, person, id).await.status, TaskStatus::Completed);
    // A second click on a page from before changes nothing.
    assert_eq!(browser.post(&tick, &[]).await.status, StatusCode::SEE_OTHER);
    let undo = page.after("class=\"notice\"", "action");
    assert!(undo.ends_with(&format!("/tasks/{id}/reopen")));
    let page = browser.submit(&undo, &[("back", &page.after("name=\"back\"", "value"))]).await;
    assert!(page.has("The task was reopened.") && page.has(">Price<"));
    browser.submit(&tick, &[]).await;
    let reopen = ok(&browser, "/tasks?view=closed").await.after("class=\"row-actions\"", "action");
    browser.submit(&reopen, &[]).await;
    assert_eq!(held(&database, person, id).await.status, TaskStatus::NotStarted);
}

async fn a_result_is_kept(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let id = add(&database, person, due_in("Price", -5)).await;
    let browser = browser(&database, person).await;
    let address = format!("/tasks/{id}/complete");
    let long = browser.post(&address, &[("result", &"x".repeat(2_001))]).await;
    assert!(long.status == StatusCode::UNPROCESSABLE_ENTITY && long.has("id=\"result-fault\""));
    browser.submit(&address, &[("result", " Sent on <b>Friday</b> ")]).await;
    let page = ok(&browser, &format!("/tasks/{id}")).await;
    assert!(page.has("Sent on &#60;b&#62;Friday&#60;/b&#62;") && page.has("Completed") && !page.has("name=\"result\""));
    let again = browser.post(&address, &[("result", "In other words")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.has("already been completed or canceled") && again.has("Friday"));
    // The result can be corrected.
    let form = ok(&browser, &format!("/tasks/{id}/edit")).await;
    assert!(form.has("name=\"result\"") && !form.has("name=\"status\""));
    let fields = [("title", "Price"), ("result", "Sent on Monday"), ("type", "todo"), ("priority", "normal")];
    browser.submit(&format!("/tasks/{id}/edit"), &fields).await;
    assert_eq!(held(&database, person, id).await.result.as_deref(), Some("Sent on Monday"));
}

async fn every_field_is_edited(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let lee = lee(&database, person).await.to_string();
    let at: DateTime<Utc> = "2999-01-05T10:20:30.123456Z".parse().unwrap();
    let done = ChecklistItem { is_done: true, ..ChecklistItem::new("Draft") };
    let new = NewTask { checklist: Some(vec![done, ChecklistItem::new("Sign")]), ..NewTask::titled("Visit").due(at) };
    let id = add(&database, person, new).await;
    let browser = browser(&database, person).await;
    let address = format!("/tasks/{id}/edit");
    let form = ok(&browser, &address).await;
    let (version, day, time) = (
        form.after("name=\"version\"", "value"),
        form.after("name=\"dueDate\"", "value"),
        form.after("name=\"dueTime\"", "value"),
    );
    assert_eq!((&*day, &*time), ("2999-01-05", "10:20"));
    let me = person.user.to_string();
    let fields = [
        ("version", &*version),
        ("title", "Dinner"),
        ("type", "meeting"),
        ("priority", "urgent"),
        ("status", "waiting"),
        ("dueDate", &*day),
        ("dueTime", &*time),
        ("startAt", "2999-01-01T08:00"),
        ("assigneeId", &*me),
        ("description", "Bring the *contract*"),
        ("checklist", "Sign\r\nDraft\r\nSend"),
        ("customer", &*lee),
    ];
    assert!(browser.submit(&address, &fields).await.has("The task was saved."));
    let after = held(&database, person, id).await;
    assert_eq!(after.due_at, Some(at), "a time that was not touched keeps its seconds");
    assert_eq!((after.status, after.task_type), (TaskStatus::Waiting, TaskType::Meeting));
    let steps: Vec<(&str, bool)> = after.checklist.iter().map(|step| (step.text.as_str(), step.is_done)).collect();
    assert_eq!(steps, [("Sign", false), ("Draft", true), ("Send", false)], "what was ticked stays so");
    let page = ok(&browser, &format!("/tasks/{id}")).await;
    for text in ["Dinner", "Meeting", "Urgent", "Waiting", "<em>contract</em>", "Lee &#38; Co", "Pat Person"] {
        assert!(page.has(text), "{text}");
    }
    // By the end of a day, for nobody's customer.
    let rest = [("title", "Dinner"), ("type", "meeting"), ("priority", "urgent"), ("dueDate", &*day)];
    browser.submit(&address, &rest).await;
    let after = held(&database, person, id).await;
    assert_eq!((after.due_at, after.due_date), (None, Some("2999-01-05".parse().unwrap())));
    assert_eq!((after.customer_id, after.assignee_id, after.checklist.len()), (None, None, 0));
    let wrong = browser.post(&address, &[("title", "\"><b>"), ("dueDate", &day), ("startAt", "then")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has("&#34;&#62;&#60;b&#62;") && wrong.has("id=\"startAt-fault\""));
    let late = [("title", "x"), ("dueDate", "2998-01-05"), ("startAt", "2999-01-01T08:00")];
    assert!(browser.post(&address, &late).await.has("id=\"dueDate-fault\""));
}

async fn a_change_of_another_person_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let id = add(&database, person, due_in("Visit", 50)).await;
    let browser = browser(&database, person).await;
    let address = format!("/tasks/{id}/edit");
    let version = ok(&browser, &address).await.after("name=\"version\"", "value");
    let patch = TaskPatch { description: Patch::Set("Berlin".to_owned()), ..TaskPatch::default() };
    person.scope(&database).tasks().update(id, patch, None).await.unwrap();
    let stale = browser.post(&address, &[("version", &version), ("title", "Mine")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("was changed after you opened it") && stale.has("value=\"Mine\"") && stale.has("Save anyway"));
    let version = stale.after("name=\"version\"", "value");
    browser.submit(&address, &[("version", &version), ("title", "Mine")]).await;
    assert!(ok(&browser, &format!("/tasks/{id}")).await.has("Mine"));
}

async fn steps_are_ticked(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let steps = ["Draft", "Sign"].map(ChecklistItem::new).to_vec();
    let id = add(&database, person, NewTask { checklist: Some(steps), ..due_in("Contract", 3) }).await;
    let browser = browser(&database, person).await;
    let page = ok(&browser, &format!("/tasks/{id}")).await;
    let (tick, version) = (page.after("class=\"task-steps\"", "action"), page.after("name=\"version\"", "value"));
    let first = [("step", "0"), ("done", "true"), ("version", version.as_str()), ("back", "/erp/crm/tasks?view=all")];
    let page = browser.submit(&tick, &first).await;
    assert!(page.has("aria-pressed=\"true\" autofocus data-focus") && page.has("/erp/crm/tasks?view=all"));
    assert!(ok(&browser, "/tasks?columns=title,checklist").await.has("1/2 steps"));
    // On a page from before, another step may stand in its place.
    let stale = browser.post(&tick, &[("step", "1"), ("done", "true"), ("version", &version)]).await;
    assert!(stale.status == StatusCode::PRECONDITION_FAILED && stale.has("the step was not ticked"));
    let version = stale.after("name=\"version\"", "value");
    browser.submit(&tick, &[("step", "0"), ("done", "false"), ("version", &version)]).await;
    assert!(held(&database, person, id).await.checklist.iter().all(|step| !step.is_done));
    for (step, version, status) in
        [("7", "3", StatusCode::NOT_FOUND), ("x", "3", StatusCode::NOT_FOUND), ("0", "", StatusCode::BAD_REQUEST)]
    {
        let answer = browser.post(&tick, &[("step", step), ("done", "true"), ("version", version)]).await;
        assert_eq!(answer.status, status, "{step}");
    }
}

async fn it_is_deleted_and_comes_back(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let id = add(&database, person, due_in("Tasting", 50).for_customer(lee)).await;
    let browser = browser(&database, person).await;
    let delete = format!("/tasks/{id}/delete");
    let page = browser.submit(&delete, &[("back", "/erp/crm/tasks?view=all")]).await;
    assert!(page.has("moved to the trash") && !page.has(">Tasting<"));
    let undo = page.after("class=\"notice\"", "action");
    assert!(undo.ends_with(&format!("/tasks/{id}/restore")));
    let restored = browser.submit(&undo, &[("back", &page.after("name=\"back\"", "value"))]).await;
    assert!(restored.has(">Tasting<") && restored.has("was restored"));
    // From the trash of the company, and from that of the customer.
    for trash in ["/trash?of=tasks".to_owned(), format!("/customers/{lee}/trash?of=tasks")] {
        browser.submit(&delete, &[]).await;
        let page = ok(&browser, &trash).await;
        assert!(page.has("Tasting") && page.has("To-do, Due"), "{trash}");
        assert_eq!(page.has("Lee &#38; Co</a></td>"), trash.starts_with("/trash"), "{trash}");
        let page = browser.submit(&page.after("class=\"row-actions\"", "action"), &[]).await;
        assert!(page.has("The task was restored."), "{trash}");
    }
    let evil = browser.post(&delete, &[("back", "https://evil.example/")]).await;
    assert!(evil.header("location").starts_with("/erp/crm/tasks"));
}
