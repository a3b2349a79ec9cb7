//! Who sees tasks, and who changes them.

use actix_web::http::StatusCode;
use crm_core::actor::{Action, Resource, Role};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::tasks::{ChecklistItem, NewTask, TaskQuery};
use testkit::{Suite, TestDatabase, tests};

use super::{add, due_in, held, lee, ok};
use crate::support::{Person, browser, company, with_rights};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        roles_do_what_they_may,
        everybody_takes_what_is_nobodys,
        another_companys_are_not_found,
        customers_that_one_does_not_see_have_no_tasks,
        who_may_not_read_tasks_sees_none,
    ]);
}

async fn roles_do_what_they_may(database: TestDatabase) {
    let company = company();
    let author = Person::new(company, Role::Admin);
    let steps = Some(vec![ChecklistItem::new("Draft")]);
    let id = add(&database, author, NewTask { checklist: steps, ..due_in("Visit", -2) }).await;
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        // A stranger's task is changed by those who may change all.
        let may = matches!(role, Role::Admin | Role::Manager);
        for path in ["/tasks?assignee=all", "/tasks/agenda?assignee=all"] {
            let page = ok(&browser, path).await;
            assert!(page.has(">Visit<"), "{role} {path}");
            for act in ["complete", "edit", "delete"] {
                assert_eq!(page.has(&format!("{id}/{act}")), may, "{role} {path} {act}");
            }
            assert_eq!(page.has("/tasks/new"), *role != Role::Viewer, "{role} {path}");
        }
        assert!(!ok(&browser, "/tasks/calendar?assignee=all").await.has(&format!("{id}/complete")));
        let one = ok(&browser, &format!("/tasks/{id}")).await;
        assert!(one.has("Visit") && one.has("Draft"));
        for act in ["complete", "edit", "delete", "step"] {
            assert_eq!(one.has(&format!("{id}/{act}")), may, "{role} {act}");
        }
        let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(browser.get(&format!("/tasks/{id}/edit")).await.status, expected, "{role}");
        if !may {
            for act in ["edit", "complete", "reopen", "delete", "step"] {
                let fields = [("title", "x"), ("step", "0"), ("done", "true"), ("version", "1"), ("find", "x")];
                let fields = if act == "edit" { &fields[..1] } else { &fields[..] };
                let answer = browser.post(&format!("/tasks/{id}/{act}"), fields).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {act}");
            }
        }
        let new = browser.get("/tasks/new").await;
        assert_eq!(new.status == StatusCode::OK, *role != Role::Viewer, "{role}");
        for fields in [&[("title", "")][..], &[("find", "x")][..], &[("title", "Tidy up"), ("type", "todo")][..]] {
            let answer = browser.post("/tasks", fields).await;
            assert_eq!(answer.status == StatusCode::FORBIDDEN, *role == Role::Viewer, "{role} {fields:?}");
        }
    }
    assert_eq!(held(&database, author, id).await.version, 1);
}

async fn everybody_takes_what_is_nobodys(database: TestDatabase) {
    let company = company();
    let author = Person::new(company, Role::Admin);
    let id = add(&database, author, NewTask { assignee_id: Patch::Clear, ..due_in("Visit", 2) }).await;
    let person = Person::new(company, Role::Support);
    add(&database, person, due_in("My own", 9)).await;
    let browser = browser(&database, person).await;
    assert!(ok(&browser, "/tasks?assignee=none").await.has(&format!("{id}/complete")));
    // What one takes may not be given to another.
    let form = ok(&browser, &format!("/tasks/{id}/edit")).await;
    let (_, assignee) = form.body.split_once("name=\"assigneeId\"").unwrap();
    let (assignee, _) = assignee.split_once("</select>").unwrap();
    assert!(!assignee.contains(&author.user.to_string()));
    let (me, theirs) = (person.user.to_string(), author.user.to_string());
    let given = browser.post(&format!("/tasks/{id}/edit"), &[("title", "Visit"), ("assigneeId", &theirs)]).await;
    assert_eq!(given.status, StatusCode::FORBIDDEN);
    browser.submit(&format!("/tasks/{id}/edit"), &[("title", "Visit"), ("assigneeId", &me)]).await;
    assert_eq!(held(&database, author, id).await.assignee_id, Some(person.user));
}

async fn another_companys_are_not_found(database: TestDatabase) {
    let owner = Person::new(company(), Role::Admin);
    let lee = lee(&database, owner).await;
    let id = add(&database, owner, due_in("Tasting", -2).for_customer(lee)).await;
    let other = browser(&database, Person::new(company(), Role::Admin)).await;
    for path in ["", "/edit"] {
        let answer = other.get(&format!("/tasks/{id}{path}")).await;
        assert!(answer.status == StatusCode::NOT_FOUND && !answer.has("Tasting"), "{path}");
    }
    for path in ["edit", "complete", "reopen", "step", "delete", "restore"] {
        let fields = [("title", "x"), ("step", "0"), ("done", "true"), ("version", "1")];
        let answer = other.post(&format!("/tasks/{id}/{path}"), &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in [
        "/tasks?view=all&assignee=all",
        "/tasks?assignee=all&q=Tasting",
        &format!("/tasks?view=all&customer={lee}"),
        "/tasks/agenda?assignee=all",
        "/tasks/calendar?assignee=all",
        "/trash?of=tasks",
        "/",
    ] {
        let page = ok(&other, path).await;
        assert!(!page.has("Tasting<") && !page.has("Lee &#38;") && !page.has(&id.to_string()), "{path}");
    }
    assert!(!other.post("/tasks", &[("title", "x"), ("find", "Lee")]).await.has("Lee &#38;"));
    let customer = lee.to_string();
    assert_eq!(other.get(&format!("/tasks/new?customer={lee}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(other.post("/tasks", &[("title", "x"), ("customer", &customer)]).await.status, StatusCode::NOT_FOUND);
    let mut scope = owner.scope(&database);
    let all = scope.tasks().list(&TaskQuery::default(), &PageRequest::default()).await.unwrap().data;
    assert_eq!((all.len(), all[0].version), (1, 1));
}

async fn customers_that_one_does_not_see_have_no_tasks(database: TestDatabase) {
    let company = company();
    let owner = Person::new(company, Role::Admin);
    let lee = lee(&database, owner).await;
    let id = add(&database, owner, due_in("Tasting", -2).for_customer(lee)).await;
    add(&database, owner, due_in("Tidy up", -2)).await;
    // A right to tasks alone.
    let rights = [Action::Read, Action::Create, Action::Update].map(|action| (Resource::Tasks, action));
    let browser = with_rights(&database, Person::new(company, Role::Support), rights).await;
    for path in ["/tasks?view=all&assignee=all", "/tasks/agenda?assignee=all", "/tasks/calendar?assignee=all"] {
        let page = browser.get(path).await;
        assert!(!page.has("Tasting") && !page.has("Lee &#38;"), "{path}");
        assert!(page.status == StatusCode::OK && page.has("Tidy up"), "{path}: {}", page.status);
    }
    assert_eq!(browser.get(&format!("/tasks/{id}")).await.status, StatusCode::NOT_FOUND);
}

async fn who_may_not_read_tasks_sees_none(database: TestDatabase) {
    let company = company();
    let owner = Person::new(company, Role::Admin);
    let lee = lee(&database, owner).await;
    add(&database, owner, due_in("Tasting", -2).for_customer(lee)).await;
    let rights = [(Resource::Customers, Action::Read)];
    let browser = with_rights(&database, owner, rights).await;
    for path in ["/", &format!("/customers/{lee}")] {
        let page = ok(&browser, path).await;
        assert!(!page.has("Tasting") && !page.has("/erp/crm/tasks"), "{path}");
    }
    for path in ["/tasks", "/tasks/agenda", "/tasks/calendar", "/tasks/new"] {
        assert_eq!(browser.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}
