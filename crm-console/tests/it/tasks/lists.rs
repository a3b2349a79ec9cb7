//! Tasks as a list.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, TaskCompletion, TaskPriority, TaskType};
use testkit::{Suite, TestDatabase, tests};

use super::{add, due_in, lee, ok};
use crate::support::{Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        each_part_has_what_belongs_to_it,
        mine_come_first,
        the_list_is_filtered_and_goes_on,
        words_are_found,
        tasks_have_views_and_columns,
        an_empty_list_says_what_to_do,
    ]);
}

async fn each_part_has_what_belongs_to_it(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    for (title, days) in [("T-late", -2), ("T-soon", 2), ("T-later", 30)] {
        add(&database, person, due_in(title, days)).await;
    }
    add(&database, person, NewTask::titled("T-never")).await;
    let done = add(&database, person, due_in("T-done", -3)).await;
    person.scope(&database).tasks().complete(done, TaskCompletion::default(), None).await.unwrap();
    let browser = browser(&database, person).await;
    const ALL: [&str; 5] = ["T-late", "T-soon", "T-later", "T-never", "T-done"];
    for (view, seen) in [
        ("", &ALL[..4]),
        ("open", &ALL[..4]),
        ("overdue", &ALL[..1]),
        ("week", &ALL[..2]),
        ("closed", &ALL[4..]),
        ("all", &ALL[..]),
        ("nonsense", &ALL[..4]),
    ] {
        let page = ok(&browser, &format!("/tasks?view={view}")).await;
        for title in ALL {
            assert_eq!(page.has(&format!(">{title}<")), seen.contains(&title), "{title} in {view}");
        }
    }
    let open = ok(&browser, "/tasks").await;
    let place = |title: &str| open.body.find(&format!(">{title}<")).unwrap();
    assert!(place("T-late") < place("T-soon") && place("T-soon") < place("T-never"), "what is due first comes first");
    assert!(open.has("class=\"late\"") && open.has("sort=-dueAt"));
    assert!(ok(&browser, "/tasks?sort=-priority").await.has("aria-sort=\"descending\""));
}

async fn mine_come_first(database: TestDatabase) {
    let company = company();
    let (mine, theirs) = (Person::new(company, Role::SalesRep), Person::new(company, Role::SalesRep));
    let lee = lee(&database, mine).await;
    add(&database, mine, due_in("My own", 3)).await;
    add(&database, theirs, due_in("Not mine", 3).for_customer(lee)).await;
    add(&database, theirs, NewTask { assignee_id: Patch::Clear, ..due_in("Unassigned", 3) }).await;
    let page = browser(&database, mine).await;
    for path in ["/tasks", "/tasks/agenda", "/tasks/calendar"] {
        let first = ok(&page, path).await;
        assert!(
            first.has("aria-current=\"true\">Mine<") && !first.has("Not mine") && !first.has("Unassigned"),
            "{path}"
        );
    }
    assert!(ok(&page, "/tasks").await.has(">My own<"));
    let all = ok(&page, "/tasks?assignee=all").await;
    assert!(all.has(">My own<") && all.has(">Not mine<") && all.has(">Unassigned<"));
    let unassigned = ok(&page, "/tasks?assignee=none").await;
    assert!(unassigned.has(">Unassigned<") && !unassigned.has(">Not mine<") && !unassigned.has(">My own<"));
    let of = ok(&page, &format!("/tasks?assignee={}", theirs.user)).await;
    assert!(of.has(">Not mine<") && !of.has(">My own<") && of.has("class=\"chip\""));
    // What is about one customer is about all that is to be done for it.
    assert!(ok(&page, &format!("/tasks?customer={lee}")).await.has(">Not mine<"));
    // Who has none of their own sees everybody's.
    let viewer = browser(&database, Person::new(company, Role::Viewer)).await;
    assert!(ok(&viewer, "/tasks").await.has(">Not mine<"));
}

async fn the_list_is_filtered_and_goes_on(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let lee = lee(&database, person).await;
    for number in 0..53 {
        add(&database, person, due_in(&format!("Call {number:02}"), number + 1).for_customer(lee)).await;
    }
    let urgent = NewTask {
        task_type: Some(TaskType::Document),
        priority: Some(TaskPriority::Urgent),
        ..NewTask::titled("Contract")
    };
    add(&database, person, urgent).await;
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/tasks").await;
    assert!(page.has("54 tasks") && page.has("Lee &#38; Co") && page.has("Show more"));
    let more = ok(&browser, &page.after("class=\"more\"", "hx-get")).await;
    assert_eq!(more.body.matches("class=\"row\"").count(), 4);
    assert!(more.has(">Call 52<") && more.has(">Contract<") && !more.has("Show more"));
    for narrowed in ["type=document", "priority=urgent&priority=high", "view=all&status=not_started&type=document"] {
        let page = ok(&browser, &format!("/tasks?{narrowed}")).await;
        assert!(page.has("1 task<") && page.has(">Contract<") && !page.has(">Call 01<"), "{narrowed}");
    }
    let of_lee = ok(&browser, &format!("/tasks?customer={lee}")).await;
    assert!(of_lee.has("53 tasks") && of_lee.has("class=\"chip\""));
    let picked = ok(&browser, "/tasks/customer?view=all&q=Lee").await;
    assert!(picked.after("class=\"picks\"", "href").contains(&format!("/tasks?view=all&customer={lee}")));
    ok(&browser, "/tasks?type=nonsense&assignee=nonsense&customer=nonsense&sort=nonsense&overdue=nonsense").await;
    assert_eq!(browser.get("/tasks?cursor=nonsense").await.status, StatusCode::BAD_REQUEST);
}

async fn words_are_found(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    add(&database, person, NewTask::titled("Send the Größe chart")).await;
    add(&database, person, NewTask::titled("Call back")).await;
    let browser = browser(&database, person).await;
    let found = ok(&browser, "/tasks?q=chart+GROSSE").await;
    assert!(found.has("1 task<") && found.has("Größe chart<") && !found.has(">Call back<"));
    assert!(found.has("value=\"chart GROSSE\"") && !found.has("class=\"chip\""));
    assert!(ok(&browser, "/tasks?q=nothing").await.has("No tasks match"));
}

async fn tasks_have_views_and_columns(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    add(&database, person, due_in("Ask", 2)).await;
    add(&database, person, NewTask { priority: Some(TaskPriority::Urgent), ..due_in("Sign", 3) }).await;
    let own = browser(&database, person).await;
    let list = ok(&own, "/tasks?priority=urgent").await;
    let state = list.after("name=\"state\"", "value");
    let new = [("state", state.as_str()), ("name", "Urgent ones"), ("visibility", "shared")];
    let view = own.submit("/tasks/views", &new).await;
    assert!(view.has(">Sign<") && !view.has(">Ask<") && view.has("Change view"));
    let address = view.after("class=\"view-tab\"", "href");
    for part in ["status=not_started", "status=deferred", "assignee=me", "priority=urgent", "sort=dueAt"] {
        assert!(address.contains(part), "{address} has no {part}");
    }
    let id = view.after("view-first", "value");
    own.submit("/tasks/views/default", &[("state", ""), ("default", &id)]).await;
    assert!(!ok(&own, "/tasks").await.has(">Ask<"));
    assert!(ok(&own, "/tasks?view=open").await.has(">Ask<"));
    // A view of tasks is none of interactions.
    assert!(!ok(&own, "/interactions").await.has("Urgent ones"));
    let chosen = [("state", "?view=open"), ("column", "checklist"), ("column", "type"), ("column", "nonsense")];
    let list = own.submit("/tasks/columns", &chosen).await;
    assert!(list.has("col-checklist") && list.has(">To-do<") && !list.has("col-priority"));
    assert!(ok(&own, "/tasks/columns").await.has("Origin"));
    let all = "title,type,status,priority,dueAt,startAt,assigneeId,customerId,checklist,result,origin,completedAt,\
               createdAt,updatedAt";
    let every = ok(&own, &format!("/tasks?view=all&assignee=all&columns={all}")).await;
    assert!(every.has("is-wide") && every.has("col-origin") && every.has("Added by hand"));
}

async fn an_empty_list_says_what_to_do(database: TestDatabase) {
    let company = company();
    let own = browser(&database, Person::new(company, Role::SalesRep)).await;
    for (path, told) in [
        ("/tasks", "Nothing is to be done"),
        ("/tasks?view=overdue", "Nothing is overdue"),
        ("/tasks/agenda", "Nothing is due on these days"),
    ] {
        let page = ok(&own, path).await;
        assert!(page.has(told) && page.after("class=\"empty\"", "href").contains("/tasks/new?"), "{path}");
    }
    let viewer = browser(&database, Person::new(company, Role::Viewer)).await;
    assert!(!ok(&viewer, "/tasks").await.has("/tasks/new"));
}
