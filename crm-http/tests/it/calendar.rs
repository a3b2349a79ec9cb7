//! Calendars over HTTP: made and ended by their user, and read by address alone.

use std::num::NonZeroU32;

use crm_core::Crm;
use crm_core::actor::Role;
use crm_core::users::UserProfile;
use crm_http::limits::{RateLimitOptions, RateLimits};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{Api, Options};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_calendar_is_read_by_its_address_alone,
        a_calendar_is_sent_again_when_it_has_changed,
        an_address_ends,
        what_is_no_address_is_not_found,
        an_address_is_whole_where_the_service_knows_its_own,
        many_guesses_are_refused,
    ]);
}

async fn made(api: &Api) -> Value {
    api.admin().post("/api/calendar-feed").await.ok()
}

async fn path(api: &Api) -> String {
    made(api).await["path"].as_str().expect("a path").to_owned()
}

async fn add(api: &Api, title: &str) {
    let due = chrono::Utc::now() + chrono::TimeDelta::days(30);
    let task = json!({ "title": title, "dueAt": due });
    api.admin().post("/api/tasks").json(&task).await.expect(201);
}

async fn a_calendar_is_read_by_its_address_alone(database: TestDatabase) {
    let api = Api::new(&database).await;
    add(&api, "Send the offer").await;
    let address = made(&api).await;
    assert!(address["url"].is_null(), "the service does not know where it is");
    let path = address["path"].as_str().expect("a path");
    assert!(path.starts_with("/calendar/") && path.ends_with(".ics"), "{path}");
    let file = api.anonymous().get(path).await.expect(200);
    assert_eq!((file.content_type(), file.header("cache-control")), ("text/calendar", Some("private, no-cache")));
    let text = file.text();
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"), "{text}");
    assert!(text.contains("SUMMARY:Send the offer\r\n"), "{text}");
    // A token makes no difference, whosever it is.
    for client in [api.as_(Role::Viewer), api.other_company().admin(), api.with_token("nonsense")] {
        assert_eq!(client.get(path).await.expect(200).text(), text);
    }
    api.anonymous().post(path).undocumented("it is only read").await.expect(404);
    api.anonymous().post("/api/calendar-feed").await.problem(401, "token_missing");
}

async fn a_calendar_is_sent_again_when_it_has_changed(database: TestDatabase) {
    let api = Api::new(&database).await;
    let path = path(&api).await;
    let first = api.anonymous().get(&path).await.expect(200);
    let again = || api.anonymous().get(&path).header("If-None-Match", first.etag());
    let unchanged = again().await.expect(304);
    assert_eq!((unchanged.etag(), unchanged.text().len()), (first.etag(), 0));
    add(&api, "Send the offer").await;
    assert_ne!(again().await.expect(200).etag(), first.etag());
}

async fn an_address_ends(database: TestDatabase) {
    let api = Api::new(&database).await;
    let first = path(&api).await;
    let second = path(&api).await;
    api.anonymous().get(&first).await.problem(404, "not_found");
    api.anonymous().get(&second).await.expect(200);
    for _ in 0..2 {
        api.admin().delete("/api/calendar-feed").await.expect(204);
        api.anonymous().get(&second).await.problem(404, "not_found");
    }
    let third = path(&api).await;
    let profile = UserProfile { id: api.user(Role::Admin), display_name: None, email: None, is_active: false };
    api.scope(None).users().mirror(&profile).await.expect("a mirror");
    api.anonymous().get(&third).await.problem(404, "not_found");
}

async fn what_is_no_address_is_not_found(database: TestDatabase) {
    let api = Api::new(&database).await;
    let path = path(&api).await;
    let secret = path.trim_start_matches("/calendar/").trim_end_matches(".ics");
    for wrong in ["a", "%00", "A".repeat(64).as_str(), &secret[1..], &secret.to_uppercase()] {
        api.anonymous().get(format!("/calendar/{wrong}.ics")).await.problem(404, "not_found");
    }
    for wrong in [format!("/calendar/{secret}"), format!("/calendar/{secret}.ics/more"), "/calendar/.ics".to_owned()] {
        api.anonymous().get(wrong).undocumented("it is no address").await.expect(404);
    }
}

async fn an_address_is_whole_where_the_service_knows_its_own(database: TestDatabase) {
    let crm = Crm::builder().public_url("https://crm.example.com/").build();
    let api = Api::with(&database, Options { crm, ..Options::default() }).await;
    let address = made(&api).await;
    let path = address["path"].as_str().expect("a path");
    assert_eq!(address["url"], json!(format!("https://crm.example.com{path}")));
}

async fn many_guesses_are_refused(database: TestDatabase) {
    let options = RateLimitOptions { ip: NonZeroU32::new(2), user: None, company: None, ..RateLimitOptions::default() };
    let rate_limits = Some(RateLimits::new(options, None));
    let api = Api::with(&database, Options { rate_limits, ..Options::default() }).await;
    let client = api.anonymous().from("203.0.113.9");
    let guess = || client.get(format!("/calendar/{}.ics", "A".repeat(64)));
    for _ in 0..2 {
        guess().await.problem(404, "not_found");
    }
    guess().await.problem(429, "rate_limited");
}
