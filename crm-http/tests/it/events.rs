//! The change feed over HTTP, page by page and as a stream.

use std::num::NonZeroU32;
use std::time::Duration;

use crm_core::actor::Role;
use crm_core::events::EventPosition;
use crm_http::{Limits, StreamLimits};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{Answer, Api, Options, cursor_key};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            the_feed_goes_on_where_it_ended,
            a_cursor_that_makes_no_sense_is_refused,
            a_cursor_from_the_future_is_refused,
            a_cursor_holds_at_another_instance,
            streams_are_counted,
            a_stream_that_ends_makes_room,
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
    let nothing = feed(vec![("after", end)]).await.ok();
    assert_eq!((&nothing["data"], &nothing["hasMore"]), (&json!([]), &json!(false)));
    let last = add(&api, "Four").await;
    let next = feed(vec![("after", nothing["cursor"].as_str().expect("a cursor").to_owned())]).await.ok();
    assert_eq!(subjects(&next), [last]);
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

async fn a_cursor_from_the_future_is_refused(database: TestDatabase) {
    let api = Api::new(&database).await;
    add(&api, "One").await;
    let place = cursor_key().open(api.company, &place(&api).await).expect("a place");
    let mut bytes = place.to_bytes();
    bytes[EventPosition::LENGTH - 1] += 1;
    let later = cursor_key().seal(EventPosition::from_bytes(&bytes).expect("a place"));
    for path in ["/api/events", "/api/events/stream"] {
        let answer = api.admin().get(path).query([("after", &later)]).await;
        answer.problem_of_parameter(400, "cursor_invalid", "after");
    }
    assert_eq!(
        api.admin().get("/api/events").query([("after", place.to_string())]).await.status,
        400,
        "it is not sealed"
    );
}

async fn a_cursor_holds_at_another_instance(database: TestDatabase) {
    let api = Api::new(&database).await;
    let elsewhere = api.elsewhere().await;
    add(&api, "One").await;
    let cursor = place(&api).await;
    let id = add(&api, "Two").await;
    for instance in [&api, &elsewhere] {
        let feed = instance.admin().get("/api/events").query([("after", &cursor)]).await.ok();
        assert_eq!(subjects(&feed), [id.as_str()]);
    }
}

/// A service at which so many streams of a user, of a company, and of all may be open.
async fn with_few_streams(database: &TestDatabase, few: [u32; 3]) -> Api {
    let [user, company, process] = few.map(NonZeroU32::new);
    let streams = StreamLimits { user, company, process };
    let limits = Limits { stream_time: Duration::from_secs(60), streams, ..Limits::default() };
    Api::with(database, Options { limits, ..Options::default() }).await
}

async fn streams_are_counted(database: TestDatabase) {
    let api = with_few_streams(&database, [2, 3, 4]).await;
    let (other, third) = (api.other_company(), api.other_company());
    let mut open = Vec::new();
    for (company, role, is_open) in [
        (&api, Role::Viewer, true),
        (&api, Role::Viewer, true),
        (&api, Role::Viewer, false),
        (&api, Role::Admin, true),
        (&api, Role::Admin, false),
        (&other, Role::Viewer, true),
        (&third, Role::Viewer, false),
    ] {
        if is_open {
            let answer = company.as_(role).get("/api/events/stream").open().await;
            assert_eq!(answer.status(), 200);
            open.push(answer);
        } else {
            let refused = company.as_(role).get("/api/events/stream").await;
            assert_eq!(refused.header("retry-after"), Some("30"));
            refused.problem(429, "too_many_streams");
        }
    }
    // All else goes on.
    assert_eq!(api.as_(Role::Viewer).get("/api/events").await.status, 200);
}

async fn a_stream_that_ends_makes_room(database: TestDatabase) {
    let api = with_few_streams(&database, [1, 1, 1]).await;
    let viewer = api.as_(Role::Viewer);
    for _ in 0..3 {
        let answer = viewer.get("/api/events/stream").open().await;
        assert_eq!((answer.status().as_u16(), viewer.get("/api/events/stream").await.status), (200, 429));
        drop(answer);
    }
    // One that was refused takes no place.
    let refused = viewer.get("/api/events/stream").query([("after", "nonsense")]).await;
    refused.problem_of_parameter(400, "cursor_invalid", "after");
    assert_eq!(viewer.get("/api/events/stream").open().await.status(), 200);
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
    for (number, (id, ..)) in all.iter().enumerate() {
        let rest = api.admin().get("/api/events").query([("after", id)]).await.ok();
        assert_eq!(subjects(&rest), ids[number + 1..], "and its ids are places in the feed");
    }
    // A browser repeats its first URL, and sends its position.
    let again = api.admin().get("/api/events/stream").query([("after", &before)]).header("Last-Event-ID", &*all[0].0);
    let told: Vec<Value> = messages(&again.await).into_iter().map(|(_, _, data)| data).collect();
    assert_eq!(told, [all[1].2.clone()]);
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
