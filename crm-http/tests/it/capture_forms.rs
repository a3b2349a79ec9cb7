//! Capture forms over HTTP: which pages may send them, what programs are told, and what is kept.

use std::num::NonZeroU32;

use crm_core::Crm;
use crm_core::actor::Role;
use crm_http::limits::{RateLimitOptions, RateLimits};
use serde_json::{Value, json};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::support::{Answer, Api, Call, Options};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_page_of_an_allowed_origin_sends_a_form,
        a_page_of_another_origin_is_refused,
        a_browser_asks_before_it_sends_json,
        a_form_without_javascript_leads_to_a_page,
        what_programs_send_is_only_counted,
        a_challenge_is_good_once_and_not_for_ever,
        the_answer_tells_nothing_of_the_company,
        faults_are_told_at_their_fields,
        a_key_ends,
        a_large_body_is_refused,
        many_submissions_are_refused,
        a_key_opens_nothing_else,
    ]);
}

const PAGE: &str = "https://www.example.com";
const OTHER: &str = "https://evil.example.com";
const FORM: &str = "application/x-www-form-urlencoded";

/// A form that needs no challenge, with these changes.
async fn form(api: &Api, changes: Value) -> Value {
    let mut new = json!({
        "name": "Contact",
        "fields": [
            { "key": "name", "label": "Name", "isRequired": false },
            { "key": "email", "label": "E-mail", "isRequired": true },
            { "key": "description", "label": "Message", "isRequired": false },
        ],
        "origins": [PAGE],
        "source": "web_form",
        "requiresChallenge": false,
    });
    crm_core::patch::merge(&mut new, changes);
    api.admin().post("/api/capture-forms").json(&new).await.expect(201).json()
}

fn path(form: &Value) -> String {
    format!("/api/capture/{}", form["key"].as_str().expect("a key"))
}

/// What a page sends for Ann.
fn ann(api: &Api, form: &Value) -> Call {
    let body = json!({ "fields": { "name": "Ann Lee", "email": "ann@example.com" } });
    api.anonymous().post(path(form)).header("Origin", PAGE).json(&body)
}

async fn leads(api: &Api) -> Vec<Value> {
    api.admin().get("/api/leads").await.ok()["data"].as_array().expect("a list").clone()
}

/// How many submissions of the form were taken, and how many refused in silence.
async fn counts(api: &Api, form: &Value) -> (i64, i64) {
    let id = form["id"].as_str().expect("an id");
    let form = api.admin().get(format!("/api/capture-forms/{id}")).await.ok();
    (form["submissions"].as_i64().expect("a number"), form["rejected"].as_i64().expect("a number"))
}

/// What a sender sees of an answer.
fn seen(answer: &Answer) -> (u16, String, Vec<String>) {
    let own = ["date", "x-request-id"];
    let names = answer.headers.keys().map(|name| name.as_str().to_owned());
    let mut names: Vec<String> = names.filter(|name| !own.contains(&name.as_str())).collect();
    names.sort_unstable();
    (answer.status, answer.text(), names)
}

async fn a_page_of_an_allowed_origin_sends_a_form(database: TestDatabase) {
    let api = Api::new(&database).await;
    let form = form(&api, json!({ "consentText": "You may write to me.", "tags": ["Website"] })).await;
    let challenge = api.anonymous().get(format!("{}/challenge", path(&form))).header("Origin", PAGE).await.expect(200);
    assert_eq!(challenge.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(challenge.json()["consentText"], "You may write to me.");
    let body = json!({
        "fields": { "name": "Ann Lee", "email": "Ann@Example.com", "description": "200 units?" },
        "consent": true,
        "utm": { "source": "newsletter", "medium": "email", "campaign": "spring" },
        "landingPage": "https://www.example.com/contact?session=1",
        "referrer": "https://search.example/?q=units",
    });
    let sent = api.anonymous().post(path(&form)).header("Origin", PAGE).json(&body).await.expect(202);
    assert_eq!(sent.json(), json!({ "redirectUrl": null }));
    assert_eq!(sent.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(sent.header("access-control-allow-credentials"), None);
    let lead = leads(&api).await.remove(0);
    assert_eq!(
        (&lead["email"], &lead["source"], &lead["status"]),
        (&json!("ann@example.com"), &json!("web_form"), &json!("new"))
    );
    assert_eq!(lead["sourceDetail"], "https://www.example.com/contact");
    assert_eq!((&lead["utm"]["campaign"], &lead["tags"][0]["name"]), (&json!("spring"), &json!("Website")));
    assert_eq!(lead["createdBy"], json!({ "kind": "system", "id": null }));
    let submissions = format!("/api/leads/{}/submissions", lead["id"].as_str().expect("an id"));
    let kept = api.as_(Role::Viewer).get(&submissions).await.ok()["data"][0].clone();
    assert_eq!((&kept["consentText"], &kept["consentVersion"]), (&json!("You may write to me."), &json!(1)));
    assert_eq!((&kept["formId"], &kept["outcome"]), (&form["id"], &json!("created")));
    assert_eq!(
        (&kept["referrer"], &kept["fields"]["description"]),
        (&json!("https://search.example/"), &json!("200 units?"))
    );
    assert_eq!(counts(&api, &form).await, (1, 0));
}

async fn a_page_of_another_origin_is_refused(database: TestDatabase) {
    // The pages of the API's own users are something else.
    let cors_origins = vec![OTHER.to_owned()];
    let api = Api::with(&database, Options { cors_origins, ..Options::default() }).await;
    let form = form(&api, json!({})).await;
    for origin in [OTHER, "https://www.example.com.evil.example", "http://www.example.com", "null"] {
        let refused = ann(&api, &form).without_header("Origin").header("Origin", origin).await;
        assert_eq!(refused.header("access-control-allow-origin"), None, "{origin}");
        refused.problem(403, "origin_not_allowed");
        let challenge = api.anonymous().get(format!("{}/challenge", path(&form))).header("Origin", origin).await;
        challenge.problem(403, "origin_not_allowed");
    }
    assert_eq!(ann(&api, &form).await.expect(202).header("access-control-allow-origin"), Some(PAGE));
    // A program that is no browser says nothing.
    ann(&api, &form).without_header("Origin").await.expect(202);
    assert_eq!(leads(&api).await.len(), 2);
}

async fn a_browser_asks_before_it_sends_json(database: TestDatabase) {
    for cors_origins in [vec![], vec![OTHER.to_owned()], vec!["*".to_owned()]] {
        let api = Api::with(&database, Options { cors_origins, ..Options::default() }).await;
        let form = form(&api, json!({})).await;
        let ask = async |origin: &str, path: String| {
            let call = api.anonymous().call("OPTIONS", path).header("Origin", origin);
            call.header("Access-Control-Request-Method", "POST").undocumented("a browser asks").await
        };
        for path in [path(&form), format!("{}/challenge", path(&form))] {
            let allowed = ask(PAGE, path.clone()).await.expect(204);
            assert_eq!(allowed.header("access-control-allow-origin"), Some(PAGE));
            assert_eq!(allowed.header("access-control-allow-headers"), Some("content-type"));
            let refused = ask(OTHER, path).await;
            assert_eq!(refused.header("access-control-allow-origin"), None, "{refused}");
            refused.problem(403, "origin_not_allowed");
        }
    }
}

async fn a_form_without_javascript_leads_to_a_page(database: TestDatabase) {
    let api = Api::new(&database).await;
    let form = form(&api, json!({ "redirectUrl": "https://www.example.com/thanks", "consentText": "Yes?" })).await;
    let send = |body: &'static str| {
        let call = api.anonymous().post(path(&form)).header("Origin", PAGE).header("Accept", "text/html,*/*;q=0.8");
        call.body(FORM, body)
    };
    let fields = "name=Ann+Lee&email=ann%40example.com&consent=yes&company_fax=&utm_source=ad";
    assert_eq!(send(fields).await.expect(303).header("location"), Some("https://www.example.com/thanks"));
    assert_eq!(leads(&api).await[0]["utm"]["source"], "ad");
    let no = [("/consent".to_owned(), "required".to_owned())];
    assert_eq!(send("email=ann%40example.com").await.violations(), no);
    assert_eq!(send("email=ann%40example.com&consent=no").await.violations(), no);
    let id = form["id"].as_str().expect("an id");
    api.admin().patch(format!("/api/capture-forms/{id}")).json(&json!({ "redirectUrl": null })).await.expect(200);
    let thanks = send(fields).await.expect(202);
    assert_eq!(thanks.content_type(), "text/html");
    assert!(thanks.text().contains("Thank you"), "{thanks}");
    assert!(send(fields).header("Accept-Language", "de-DE,de;q=0.9").await.text().contains("Vielen Dank"));
    // A script asks for data.
    let script = send(fields).without_header("Accept").await.expect(202);
    assert_eq!(script.json(), json!({ "redirectUrl": null }));
}

async fn what_programs_send_is_only_counted(database: TestDatabase) {
    let api = Api::new(&database).await;
    let form = form(&api, json!({})).await;
    let taken = ann(&api, &form).await;
    let body = json!({ "fields": { "nonsense": "x" }, "companyFax": "12345" });
    let trapped = ann(&api, &form).json(&body).await;
    assert_eq!(seen(&trapped), seen(&taken), "it learns nothing");
    let challenge = api.anonymous().get(format!("{}/challenge", path(&form))).await.ok()["challenge"].clone();
    let body = json!({ "fields": { "email": "bot@example.com" }, "challenge": challenge });
    assert_eq!(seen(&ann(&api, &form).json(&body).await), seen(&taken), "nobody types so quickly");
    assert_eq!((leads(&api).await.len(), counts(&api, &form).await), (1, (1, 2)));
}

async fn a_challenge_is_good_once_and_not_for_ever(database: TestDatabase) {
    let clock = FixedClock::default();
    let crm = Crm::builder().clock(clock.clone()).build();
    let api = Api::with(&database, Options { crm, ..Options::default() }).await;
    let form = form(&api, json!({ "requiresChallenge": true, "consentText": "One" })).await;
    let get = async || api.anonymous().get(format!("{}/challenge", path(&form))).await.ok()["challenge"].clone();
    let send = async |challenge: &Value| {
        let fields = json!({ "email": "ann@example.com" });
        ann(&api, &form).json(&json!({ "fields": fields, "consent": true, "challenge": challenge })).await
    };
    let void = |code: &str| [("/challenge".to_owned(), code.to_owned())];
    assert_eq!(send(&Value::Null).await.violations(), void("required"));
    let challenge = get().await;
    clock.advance(std::time::Duration::from_secs(3));
    let first = send(&challenge).await.expect(202);
    assert_eq!(seen(&send(&challenge).await), seen(&first), "a second try has no second effect");
    assert_eq!((leads(&api).await.len(), counts(&api, &form).await), (1, (1, 1)));
    let mut forged = challenge.as_str().expect("a text").to_owned();
    forged.replace_range(0..1, if forged.starts_with('A') { "B" } else { "A" });
    let late = get().await;
    clock.advance(std::time::Duration::from_secs(12 * 3600 + 1));
    for bad in [json!(forged), json!("nonsense"), late] {
        assert_eq!(send(&bad).await.violations(), void("challenge_invalid"), "{bad}");
    }
    // Nobody agrees to a text that they were not shown.
    let old = get().await;
    let id = form["id"].as_str().expect("an id");
    api.admin().patch(format!("/api/capture-forms/{id}")).json(&json!({ "consentText": "Two" })).await.expect(200);
    clock.advance(std::time::Duration::from_secs(3));
    assert_eq!(send(&old).await.violations(), void("challenge_invalid"));
}

async fn the_answer_tells_nothing_of_the_company(database: TestDatabase) {
    let api = Api::new(&database).await;
    let mut answers = Vec::new();
    for (policy, most) in [("create", 2), ("update", 3), ("skip", 4)] {
        let form = form(&api, json!({ "name": policy, "onDuplicate": policy })).await;
        let email = format!("{policy}@example.com");
        for name in ["Ann Lee", "Mallory"] {
            let body = json!({ "fields": { "name": name, "email": email } });
            answers.push(seen(&ann(&api, &form).json(&body).await.expect(202)));
        }
        assert_eq!(leads(&api).await.len(), most, "{policy}");
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert!(leads(&api).await.iter().filter(|lead| lead["name"] == "Mallory").count() == 1, "nothing is overwritten");
}

async fn faults_are_told_at_their_fields(database: TestDatabase) {
    let api = Api::new(&database).await;
    let form = form(&api, json!({})).await;
    let faults = async |fields: Value| ann(&api, &form).json(&json!({ "fields": fields })).await.violations();
    let at = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    assert_eq!(faults(json!({})).await, [at("/fields/email", "required")]);
    assert_eq!(faults(json!({ "email": "nonsense" })).await, [at("/fields/email", "email_invalid")]);
    let unknown = faults(json!({ "email": "ann@example.com", "ownerId": "me" })).await;
    assert_eq!(unknown, [at("/fields/ownerId", "field_unknown")]);
    let long = faults(json!({ "email": "ann@example.com", "name": "x".repeat(251) })).await;
    assert_eq!(long, [at("/fields/name", "too_long")]);
    let control = faults(json!({ "email": "ann@example.com", "name": "a\u{0}b" })).await;
    assert_eq!(control, [at("/fields/name", "control_character")]);
    ann(&api, &form).json(&json!({ "status": "won" })).await.problem_at(400, "unknown_field", "/status");
    ann(&api, &form).body("text/plain", "Ann").await.problem(415, "unsupported_media_type");
    assert!(leads(&api).await.is_empty());
}

async fn a_key_ends(database: TestDatabase) {
    let api = Api::new(&database).await;
    let first = form(&api, json!({})).await;
    let item = format!("/api/capture-forms/{}", first["id"].as_str().expect("an id"));
    let second = api.admin().post(format!("{item}/rotate-key")).await.ok();
    ann(&api, &first).await.problem(404, "not_found");
    ann(&api, &second).await.expect(202);
    api.admin().patch(&item).json(&json!({ "isActive": false })).await.expect(200);
    ann(&api, &second).await.problem(404, "not_found");
    api.admin().patch(&item).json(&json!({ "isActive": true })).await.expect(200);
    ann(&api, &second).await.expect(202);
    api.set_state("suspended").await;
    let elsewhere = api.elsewhere().await;
    ann(&elsewhere, &second).await.problem(404, "not_found");
    api.set_state("active").await;
    let elsewhere = api.elsewhere().await;
    elsewhere.admin().delete(&item).await.expect(204);
    ann(&elsewhere, &second).await.problem(404, "not_found");
    assert_eq!(leads(&elsewhere).await.len(), 2, "its leads stay");
    let key = second["key"].as_str().expect("a key");
    for wrong in ["a", &"A".repeat(43), &key[1..], &key.to_uppercase()] {
        api.anonymous().get(format!("/api/capture/{wrong}/challenge")).await.expect(404);
    }
}

async fn a_large_body_is_refused(database: TestDatabase) {
    let api = Api::new(&database).await;
    let form = form(&api, json!({})).await;
    let body = json!({ "fields": { "email": "ann@example.com", "description": "x".repeat(33 * 1024) } });
    let refused = ann(&api, &form).json(&body).await;
    assert_eq!(refused.header("access-control-allow-origin"), Some(PAGE), "the page can read why");
    refused.problem(413, "payload_too_large");
}

async fn many_submissions_are_refused(database: TestDatabase) {
    let options =
        RateLimitOptions { form: NonZeroU32::new(3), form_address: NonZeroU32::new(2), ..RateLimitOptions::default() };
    let rate_limits = Some(RateLimits::new(options, None));
    let api = Api::with(&database, Options { rate_limits, ..Options::default() }).await;
    let (one, other) = (form(&api, json!({})).await, form(&api, json!({ "name": "Other" })).await);
    let send = async |form: &Value, address: &str| {
        let body = json!({ "fields": { "email": "ann@example.com" } });
        api.anonymous().from(address).post(path(form)).header("Origin", PAGE).json(&body).await
    };
    for _ in 0..2 {
        send(&one, "203.0.113.9").await.expect(202);
    }
    let refused = send(&one, "203.0.113.9").await;
    assert_eq!(refused.header("access-control-allow-origin"), Some(PAGE), "the page can read when to try again");
    refused.problem(429, "rate_limited");
    send(&one, "203.0.113.10").await.expect(202);
    send(&one, "203.0.113.11").await.problem(429, "rate_limited");
    send(&other, "203.0.113.9").await.expect(202);
}

async fn a_key_opens_nothing_else(database: TestDatabase) {
    let api = Api::new(&database).await;
    let form = form(&api, json!({})).await;
    let key = form["key"].as_str().expect("a key");
    for path in ["/api/capture-forms", "/api/leads", "/api/customers"] {
        api.with_token(key).get(path).await.problem(401, "token_invalid");
        api.anonymous().get(path).await.problem(401, "token_missing");
    }
    api.anonymous().get(path(&form)).await.problem(405, "method_not_allowed");
    let strange = format!("{}/leads", path(&form));
    api.anonymous().get(strange).undocumented("it is not there").await.problem(404, "route_unknown");
    // Another company neither sees the form nor what it has made.
    ann(&api, &form).await.expect(202);
    let other = api.other_company();
    let item = format!("/api/capture-forms/{}", form["id"].as_str().expect("an id"));
    other.admin().get(&item).await.problem(404, "not_found");
    other.admin().post(format!("{item}/rotate-key")).await.problem(404, "not_found");
    assert!(leads(&other).await.is_empty());
    let lead = leads(&api).await.remove(0);
    let submissions = format!("/api/leads/{}/submissions", lead["id"].as_str().expect("an id"));
    other.admin().get(submissions).await.problem(404, "not_found");
}
