//! Notifications over HTTP: the number of unread ones, marking them, and the event that tells of one.

use crm_core::actor::Role;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::Api;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_list_counts_what_is_unread,
        marking_can_be_repeated,
        what_is_not_ones_own_is_not_found,
        an_event_tells_of_a_new_one,
    ]);
}

/// A task of the seller, which the administrator adds.
async fn assign(api: &Api, title: &str) -> Value {
    let seller = api.ensure_mirrored(Role::SalesRep).await;
    let task = json!({ "title": title, "assigneeId": seller });
    api.admin().post("/api/tasks").json(&task).await.expect(201).json()
}

async fn list(api: &Api, query: &str) -> Value {
    api.as_(Role::SalesRep).get(format!("/api/notifications{query}")).await.ok()
}

fn path(notification: &Value) -> String {
    format!("/api/notifications/{}/read", notification["id"].as_str().expect("an id"))
}

async fn a_list_counts_what_is_unread(database: TestDatabase) {
    let api = Api::new(&database).await;
    assert_eq!(list(&api, "").await["unreadCount"], 0);
    let tasks = [assign(&api, "First").await, assign(&api, "Second").await];
    let told = list(&api, "?limit=1").await;
    assert_eq!((&told["unreadCount"], told["data"].as_array().map(Vec::len)), (&json!(2), Some(1)));
    let newest = &told["data"][0];
    assert_eq!((&newest["recordId"], &newest["title"]), (&tasks[1]["id"], &json!("Second")));
    assert_eq!((&newest["kind"], &newest["recordKind"]), (&json!("assigned"), &json!("task")));
    assert_eq!(newest["actor"]["displayName"], "The admin");
    api.as_(Role::SalesRep).post(path(newest)).await.expect(200);
    let unread = list(&api, "?unread=true").await;
    assert_eq!((&unread["unreadCount"], &unread["data"][0]["title"]), (&json!(1), &json!("First")));
    assert_eq!(list(&api, "?unread=false").await["data"][0]["title"], "Second");
    let request = api.as_(Role::SalesRep).get("/api/notifications?unread=perhaps");
    request.await.problem_of_parameter(400, "parameter_invalid", "unread");
}

async fn marking_can_be_repeated(database: TestDatabase) {
    let api = Api::new(&database).await;
    assign(&api, "First").await;
    assign(&api, "Second").await;
    let told = list(&api, "").await;
    let mark = || api.as_(Role::SalesRep).post(path(&told["data"][0]));
    let once = mark().await.expect(200).json();
    assert!(once["readAt"].is_string());
    assert_eq!(mark().await.expect(200).json(), once);
    assert_eq!(mark().once("key").await.expect(200).json(), once);
    for _ in 0..2 {
        api.as_(Role::SalesRep).post("/api/notifications/read-all").await.expect(204);
        assert_eq!(list(&api, "").await["unreadCount"], 0);
    }
}

async fn what_is_not_ones_own_is_not_found(database: TestDatabase) {
    let api = Api::new(&database).await;
    assign(&api, "First").await;
    let told = list(&api, "").await;
    api.admin().post(path(&told["data"][0])).await.problem(404, "not_found");
    api.admin().post("/api/notifications/read-all").await.expect(204);
    assert_eq!(api.admin().get("/api/notifications").await.ok()["data"], json!([]));
    assert_eq!(list(&api, "").await["unreadCount"], 1);
}

async fn an_event_tells_of_a_new_one(database: TestDatabase) {
    let api = Api::new(&database).await;
    let task = assign(&api, "First").await;
    let of = async |role: Role| -> Vec<Value> {
        let events = api.as_(role).get("/api/events").await.ok();
        let events = events["data"].as_array().expect("events").clone();
        events.into_iter().filter(|event| event["type"] == "crm.notification.created").collect()
    };
    let told = of(Role::SalesRep).await;
    assert_eq!(told.iter().map(|event| &event["subject"]).collect::<Vec<_>>(), [&task["id"]]);
    assert!(of(Role::Admin).await.is_empty());
}
