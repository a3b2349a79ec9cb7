//! A person is told of what concerns them, reads it, and chooses what comes by e-mail.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::ids::TaskId;
use crm_core::notifications::NotificationKind;
use crm_core::patch::Patch;
use crm_core::tasks::NewTask;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Browser, MOUNT, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        what_is_told_is_read_at_its_record,
        all_is_read_at_once,
        nobody_reads_those_of_others,
        what_comes_by_mail_is_chosen,
    ]);
}

/// A person, with these tasks from a colleague.
async fn told(database: &TestDatabase, titles: &[&str]) -> (Person, Vec<TaskId>) {
    let company = company();
    let (seller, boss) = (Person::new(company, Role::SalesRep), Person::new(company, Role::Admin));
    // Who has written something is known.
    seller.scope(database).customers().create(NewCustomer::organization("Lee & Co")).await.unwrap();
    let mut tasks = Vec::new();
    for title in titles {
        let assigned = NewTask { assignee_id: Patch::Set(seller.user), ..NewTask::titled(*title) };
        tasks.push(boss.scope(database).tasks().create(assigned).await.unwrap().id);
    }
    (seller, tasks)
}

async fn reads(browser: &Browser, path: &str, texts: &[&str]) -> String {
    let page = browser.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
    for text in texts {
        assert!(page.has(text), "{path} has no {text}: {}", page.body);
    }
    page.body
}

async fn what_is_told_is_read_at_its_record(database: TestDatabase) {
    let (seller, tasks) = told(&database, &["Send <b>it</b>"]).await;
    let browser = browser(&database, seller).await;
    reads(&browser, "/customers", &["Notifications, 1 unread", "class=\"bell-count\""]).await;
    reads(&browser, "/notifications/bell", &["Notifications, 1 unread"]).await;
    let texts = ["Today", "Send &#60;b&#62;it", "Pat Person assigned a task to you", "Mark as read: Send"];
    reads(&browser, "/notifications", &texts).await;
    let read = browser.get("/notifications").await.after("class=\"slot-body\"", "action");
    let opened = browser.post(&read, &[("open", "1")]).await;
    assert_eq!(opened.header("location"), format!("{MOUNT}/tasks/{}", tasks[0]));
    reads(&browser, "/notifications?show=unread", &["Notifications, none unread", "You have read everything"]).await;
    // It stays in the list of all.
    let page = reads(&browser, "/notifications", &["Send &#60;b&#62;it"]).await;
    assert!(!page.contains("Mark as read") && !page.contains("bell-count"));
}

async fn all_is_read_at_once(database: TestDatabase) {
    let (seller, _) = told(&database, &["Send it", "Call them"]).await;
    let browser = browser(&database, seller).await;
    reads(&browser, "/notifications", &["Notifications, 2 unread"]).await;
    let page = browser.submit("/notifications/read", &[("back", "/erp/crm/notifications?show=all")]).await;
    assert!(page.has("All notifications are marked as read.") && page.has("Notifications, none unread"));
}

async fn nobody_reads_those_of_others(database: TestDatabase) {
    let (seller, _) = told(&database, &["Send it"]).await;
    let read = browser(&database, seller).await.get("/notifications").await.after("class=\"slot-body\"", "action");
    for other in [Person::new(seller.company, Role::Admin), Person::new(company(), Role::Admin)] {
        let browser = browser(&database, other).await;
        let page = reads(&browser, "/notifications", &["No notifications yet"]).await;
        assert!(!page.contains("Send it"));
        assert_eq!(browser.post(&read, &[]).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(seller.scope(&database).notifications().unread_count().await.unwrap(), 1);
}

async fn what_comes_by_mail_is_chosen(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let browser = browser(&database, person).await;
    reads(&browser, "/profile", &["name=\"emailReminders\" value=\"1\" checked", "name=\"digest\" value=\"1\">"]).await;
    let fields = [
        ("notifications", "1"),
        ("email", "mentioned"),
        ("email", "due"),
        ("digest", "1"),
        ("here", "/erp/crm/profile"),
    ];
    let page = browser.submit("/preferences", &fields).await;
    assert!(page.has("value=\"mentioned\" checked") && page.has("name=\"digest\" value=\"1\" checked"));
    assert!(!page.has("value=\"assigned\" checked") && !page.has("name=\"emailReminders\" value=\"1\" checked"));
    let held = person.scope(&database).preferences().get().await.unwrap().notifications;
    assert_eq!(held.email, Some(vec![NotificationKind::Mentioned, NotificationKind::Due]));
    assert_eq!((held.email_reminders, held.digest), (Some(false), Some(true)));
}
