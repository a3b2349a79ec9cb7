//! The change feed over HTTP: page by page, and as it happens.

use std::time::Duration;

use crm_core::actor::Role;
use crm_http::Limits;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{Answer, Api, Options};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            the_feed_goes_on_where_it_ended,
            a_cursor_that_makes_no_sense_is_refused,
            a_stream_begins_where_it_is_told_to,
            a_stream_tells_what_happens,
            a_private_note_is_in_its_authors_stream_only,
        ];
    );
}

async fn add(api: &Api, name: &str) -> String {
    let customer = api.admin().post("/api/customers").json(&json!({ "name": name })).await.ok();
    customer["id"].as_str().expect("an id").to_owned()
}

async fn the_feed_goes_on_where_it_ended(database: TestDatabase) {
    let api = Api::new(&database).await;
    let ids = [add(&api, "One").await, add(&api, "Two").await, add(&api, "Three").await];
    let feed = |query: Vec<(&'static str, String)>| api.as_(Role::Viewer).get("/api/events").query(query);
    let first = feed(vec![("limit", "2".to_owned())]).await.ok();
    assert_eq!(subjects(&first), ids[..2]);
    assert_eq!(first["hasMore"], true);
    assert_eq!(first["data"][0]["type"], "crm.customer.created");
    assert_eq!(first["data"][0]["companyid"], json!(api.company));
    let cursor = first["cursor"].as_str().expect("a cursor").to_owned();
    let second = feed(vec![("after", cursor)]).await.ok();
    assert_eq!((subjects(&second), &second["hasMore"]), (ids[2..].to_vec(), &json!(false)));
    let end = second["cursor"].as_str().expect("a cursor").to_owned();
    let nothing = feed(vec![("after", end.clone())]).await.ok();
    assert_eq!(nothing, json!({ "data": [], "cursor": end, "hasMore": false }));
}

fn subjects(feed: &Value) -> Vec<String> {
    let events = feed["data"].as_array().expect("events");
    events.iter().map(|event| event["subject"].as_str().expect("an id").to_owned()).collect()
}

async fn a_cursor_that_makes_no_sense_is_refused(database: TestDatabase) {
    let api = Api::new(&database).await;
    add(&api, "One").await;
    let foreign = api.other_company();
    add(&foreign, "Elsewhere").await;
    let theirs = foreign.admin().get("/api/events").await.ok()["cursor"].as_str().expect("a cursor").to_owned();
    let admin = api.admin();
    for after in ["nonsense", "1", &theirs] {
        for path in ["/api/events", "/api/events/stream"] {
            admin.get(path).query([("after", after)]).await.problem_of_parameter(400, "cursor_invalid", "after");
        }
    }
    let header = admin.get("/api/events/stream").header("Last-Event-ID", "nonsense");
    header.await.problem_of_parameter(400, "cursor_invalid", "Last-Event-ID");
    for limit in ["0", "1001"] {
        let answer = admin.get("/api/events").query([("limit", limit)]).await;
        answer.problem_of_parameter(400, "limit_invalid", "limit");
    }
}

/// The messages of a stream: id, event, data.
fn messages(answer: &Answer) -> Vec<(String, String, Value)> {
    assert_eq!(answer.content_type(), "text/event-stream");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-encoding"), None);
    let text = answer.text();
    let (greeting, messages) = text.split_once("\n\n").expect("a greeting");
    assert_eq!(greeting, "retry: 2000");
    let field = |message: &str, name: &str| {
        let prefix = format!("{name}: ");
        message.lines().find_map(|line| line.strip_prefix(&prefix)).expect("a field").to_owned()
    };
    let told = messages.split("\n\n").filter(|message| !message.is_empty() && !message.starts_with(':'));
    told.map(|message| {
        let data = serde_json::from_str(&field(message, "data")).expect("JSON");
        (field(message, "id"), field(message, "event"), data)
    })
    .collect()
}

async fn a_stream_begins_where_it_is_told_to(database: TestDatabase) {
    let api = Api::new(&database).await;
    let before = api.admin().get("/api/events").await.ok()["cursor"].as_str().expect("a cursor").to_owned();
    let ids = [add(&api, "One").await, add(&api, "Two").await];
    let all = messages(&api.admin().get("/api/events/stream").query([("after", &before)]).await);
    let told: Vec<&Value> = all.iter().map(|(_, _, data)| &data["subject"]).collect();
    assert_eq!(told, [&json!(ids[0]), &json!(ids[1])]);
    assert_eq!(all[0].1, "crm.customer.created");
    let feed = api.admin().get("/api/events").query([("after", &before)]).await.ok();
    assert_eq!(feed["data"][1], all[1].2, "the stream tells what the feed tells");
    assert_eq!(feed["cursor"], json!(all[1].0), "and its ids are places in the feed");
    // A browser repeats the URL it began with, and tells how far it came.
    let again = api.admin().get("/api/events/stream").query([("after", &before)]).header("Last-Event-ID", &*all[0].0);
    assert_eq!(messages(&again.await), all[1..]);
    let from_now_on = api.admin().get("/api/events/stream").await;
    assert_eq!(messages(&from_now_on), []);
}

/// A service whose streams last long enough for something to happen.
async fn patient(database: &TestDatabase) -> Api {
    let limits = Limits { stream_time: Duration::from_secs(4), ..Limits::default() };
    Api::with(database, Options { limits, ..Options::default() }).await
}

async fn a_stream_tells_what_happens(database: TestDatabase) {
    let api = patient(&database).await;
    add(&api, "Before").await;
    let elsewhere = api.elsewhere().await;
    let (answer, here, there) = tokio::join!(
        api.as_(Role::Viewer).get("/api/events/stream").query([("after", place(&api).await)]).into_future(),
        add(&api, "Here"),
        add(&elsewhere, "At another instance"),
    );
    let mut told: Vec<Value> = messages(&answer).into_iter().map(|(_, _, data)| data["subject"].clone()).collect();
    told.sort_unstable_by_key(Value::to_string);
    let mut expected = [json!(here), json!(there)];
    expected.sort_unstable_by_key(Value::to_string);
    assert_eq!(told, expected);
}

async fn place(api: &Api) -> String {
    api.admin().get("/api/events").await.ok()["cursor"].as_str().expect("a cursor").to_owned()
}

async fn a_private_note_is_in_its_authors_stream_only(database: TestDatabase) {
    let api = Api::new(&database).await;
    let notes = format!("/api/customers/{}/notes", add(&api, "Lee & Co").await);
    let before = place(&api).await;
    let body = json!({ "body": "Mine", "visibility": "private" });
    api.as_(Role::SalesRep).post(&notes).json(&body).await.expect(201);
    let stream =
        async |role| messages(&api.as_(role).get("/api/events/stream").query([("after", &before)]).await).len();
    for (role, count) in [(Role::SalesRep, 1), (Role::Admin, 0), (Role::Manager, 0), (Role::Viewer, 0)] {
        assert_eq!(stream(role).await, count, "{role}");
    }
}
