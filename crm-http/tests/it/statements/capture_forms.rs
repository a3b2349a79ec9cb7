//! What requests about capture forms cost, and what a submission does.

use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{assert_at_most, counted};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, postgres: [
        capture_forms_cost_little,
        a_submission_costs_at_most_fourteen,
    ]);
}

async fn capture_forms_cost_little(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let new = json!({ "name": "Contact", "fields": [{ "key": "email", "label": "E-mail" }] });
    let create = counter.of(admin.post("/api/capture-forms").json(&new)).await;
    assert_at_most(3, &create, "adding");
    let form = admin.get("/api/capture-forms").await.ok()["data"][0].clone();
    let item = format!("/api/capture-forms/{}", form["id"].as_str().expect("an id"));
    assert_at_most(1, &counter.of(admin.get("/api/capture-forms?count=none")).await, "a list");
    assert_at_most(1, &counter.of(admin.get(&item)).await, "a form");
    assert_at_most(3, &counter.of(admin.patch(&item).json(&json!({ "source": "web" }))).await, "changing");
    assert_at_most(3, &counter.of(admin.post(format!("{item}/rotate-key"))).await, "another key");
    assert_at_most(2, &counter.of(admin.delete(&item)).await, "deleting");
}

/// The form, held again; the lead that may be there; the lead, the rules that may assign it, its tags, and what was sent.
async fn a_submission_costs_at_most_fourteen(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    admin.post("/api/lead-statuses/usual").await.expect(200);
    let new = json!({
        "name": "Contact",
        "fields": [{ "key": "name", "label": "Name" }, { "key": "email", "label": "E-mail" }],
        "tags": ["Website"],
        "requiresChallenge": false,
        "onDuplicate": "update",
    });
    let form = admin.post("/api/capture-forms").json(&new).await.ok();
    let path = format!("/api/capture/{}", form["key"].as_str().expect("a key"));
    let send = |fields: serde_json::Value| api.anonymous().post(&path).json(&json!({ "fields": fields }));
    send(json!({ "email": "first@example.com" })).await.expect(202);
    let ann = json!({ "name": "Ann Lee", "email": "ann@example.com" });
    assert_at_most(14, &counter.of(send(ann.clone())).await, "a new lead");
    assert_at_most(10, &counter.of(send(ann)).await, "a lead that is there");
    let bot = api.anonymous().post(&path).json(&json!({ "companyFax": "1" }));
    assert_at_most(2, &counter.of(bot).await, "a program");
    assert_at_most(1, &counter.of(api.anonymous().get(format!("{path}/challenge"))).await, "a challenge");
    let lead = admin.get("/api/leads?email=ann@example.com").await.ok()["data"][0]["id"].clone();
    let submissions = format!("/api/leads/{}/submissions?count=none", lead.as_str().expect("an id"));
    assert_at_most(2, &counter.of(admin.get(submissions)).await, "submissions");
}
