//! Tasks on other pages: of a customer, in the timeline, on the dashboard, in the palette.

use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, TaskCompletion};
use testkit::{Suite, TestDatabase, tests};

use super::{add, due_in, lee, ok};
use crate::support::{Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_customer_shows_its_open_tasks,
        the_timeline_has_tasks,
        a_task_leads_to_its_interaction,
        the_dashboard_has_what_is_due_today,
        the_palette_adds_a_task,
        a_german_browser_reads_german,
    ]);
}

async fn a_customer_shows_its_open_tasks(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let other = person.scope(&database).customers().create(NewCustomer::organization("Other")).await.unwrap().id;
    add(&database, person, due_in("Not theirs", 1).for_customer(other)).await;
    add(&database, person, due_in("No customer", 1)).await;
    let late = add(&database, person, due_in("Price", -1).for_customer(lee)).await;
    for number in 0..10 {
        add(&database, person, due_in(&format!("Call {number}"), 5).for_customer(lee)).await;
    }
    let browser = browser(&database, person).await;
    let url = format!("/customers/{lee}");
    let page = ok(&browser, &url).await;
    let part = page.body.split("id=\"tasks\"").nth(1).unwrap().split("id=\"pinned\"").next().unwrap();
    assert_eq!(part.matches("<li class=\"due\">").count(), 10);
    assert!(part.contains(">Price<") && part.contains("More open tasks") && part.contains("class=\"late\""));
    assert!(!part.contains("Not theirs") && !part.contains("No customer"));
    assert!(part.contains(&format!("/erp/crm/tasks/new?customer={lee}&#38;back=")));
    let form = ok(&browser, &format!("/tasks/new?customer={lee}&back=/erp/crm{url}")).await;
    assert!(form.has("Lee &#38; Co") && form.has(&format!("value=\"/erp/crm{url}\"")));
    let tick = page.after("class=\"due\"", "action");
    assert!(tick.ends_with(&format!("/tasks/{late}/complete")));
    let page = browser.submit(&tick, &[("back", &format!("/erp/crm{url}"))]).await;
    assert!(page.has("The task was completed.") && page.has("<h1>Lee &#38; Co</h1>"));
    let part = page.body.split("id=\"tasks\"").nth(1).unwrap().split("id=\"pinned\"").next().unwrap();
    assert!(!part.contains(">Price<") && part.contains("All tasks"));
}

async fn the_timeline_has_tasks(database: TestDatabase) {
    let company = company();
    let person = Person::new(company, Role::SalesRep);
    let lee = lee(&database, person).await;
    let description = Some("With **new** prices".to_owned());
    let new = NewTask { description, ..due_in("Send the offer", -2).for_customer(lee) };
    let id = add(&database, person, new).await;
    let own = browser(&database, person).await;
    let url = format!("/customers/{lee}");
    let page = ok(&own, &format!("{url}?kind=task")).await;
    let entry = page.body.split(&format!("id=\"entry-{id}\"")).nth(1).unwrap();
    for text in ["added a task", ">Send the offer<", "Not started", "Overdue", "<strong>new</strong>", "/complete\""] {
        assert!(entry.contains(text), "{text}");
    }
    assert!(!ok(&own, &format!("{url}?kind=note")).await.has("added a task"));
    let said = TaskCompletion::with("Sent on Friday");
    person.scope(&database).tasks().complete(id, said, None).await.unwrap();
    let page = ok(&own, &url).await;
    let entry = page.body.split(&format!("id=\"entry-{id}\"")).nth(1).unwrap();
    assert!(entry.contains("<span>Completed</span>") && entry.contains("Result: Sent on Friday"));
    assert!(!entry.split("</li>").next().unwrap().contains(&format!("{id}/complete")));
    let viewer = browser(&database, Person::new(company, Role::Viewer)).await;
    let page = ok(&viewer, &url).await;
    assert!(page.has(">Send the offer<") && !page.has(&format!("{id}/edit")) && !page.has("/tasks/new"));
}

async fn a_task_leads_to_its_interaction(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let mut scope = person.scope(&database);
    let call = scope.interactions(lee).create(NewInteraction::of(InteractionType::Call, "Price")).await.unwrap().id;
    let new = NewTask { interaction_id: Some(call), ..due_in("Send it", 2).for_customer(lee) };
    let id = add(&database, person, new).await;
    let other = scope.customers().create(NewCustomer::organization("Other")).await.unwrap().id.to_string();
    let browser = browser(&database, person).await;
    let page = ok(&browser, &format!("/tasks/{id}")).await;
    assert!(page.has(&format!("/erp/crm/interactions/{call}?back=")));
    let moved = browser.post(&format!("/tasks/{id}/edit"), &[("title", "Send it"), ("customer", &other)]).await;
    assert!(moved.status.as_u16() == 422 && moved.has("is with another customer"), "{}", moved.body);
}

async fn the_dashboard_has_what_is_due_today(database: TestDatabase) {
    let company = company();
    let person = Person::new(company, Role::SalesRep);
    let lee = lee(&database, person).await;
    add(&database, person, due_in("T-late", -1).for_customer(lee)).await;
    add(&database, person, due_in("T-later", 3)).await;
    let theirs = NewTask { assignee_id: Patch::Clear, ..due_in("T-unassigned", -1) };
    add(&database, person, theirs).await;
    let own = browser(&database, person).await;
    let page = ok(&own, "/?period=week").await;
    assert!(page.has("Due today and overdue") && page.has(">T-late<") && page.has("Lee &#38; Co"));
    assert!(!page.has(">T-later<") && !page.has(">T-unassigned<"));
    let done = own.submit(&page.after("class=\"due\"", "hx-post"), &[("back", "/erp/crm/?period=week")]).await;
    assert!(!done.has(">T-late<") && done.has("The task was completed.") && done.has("aria-current=\"true\">7 days"));
    own.submit("/dashboard/arrange", &[("tile", "due-tasks"), ("do", "hide")]).await;
    assert!(!ok(&own, "/").await.has("id=\"list-tasks\""));
    let viewer = browser(&database, Person::new(company, Role::Viewer)).await;
    assert!(!ok(&viewer, "/").await.has("id=\"list-tasks\""), "a viewer has no tasks of their own");
}

async fn the_palette_adds_a_task(database: TestDatabase) {
    let company = company();
    for role in Role::ALL {
        let page = ok(&browser(&database, Person::new(company, *role)).await, "/palette?q=task").await;
        let found = page.body.split("id=\"found\"").nth(1).unwrap().split("</main>").next().unwrap();
        assert_eq!(found.contains("/erp/crm/tasks/new"), *role != Role::Viewer, "{role}");
        assert!(found.contains("href=\"/erp/crm/tasks\""), "{role}");
    }
}

async fn a_german_browser_reads_german(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    add(&database, person, due_in("Preis", -3)).await;
    let browser = browser(&database, person).await;
    browser.submit("/preferences", &[("language", "de"), ("here", "/erp/crm/")]).await;
    for (path, told) in [
        ("/tasks", "1 Aufgabe<"),
        ("/tasks/agenda", "Überfällig"),
        ("/tasks/calendar?month=2999-03", "März 2999"),
        ("/tasks/new", "Aufgabe anlegen"),
    ] {
        assert!(ok(&browser, path).await.has(told), "{path}");
    }
}
