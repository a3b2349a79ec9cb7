//! What consents and the gate cost.

use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::{assert_at_most, counted};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, postgres: [consents_cost_at_most_four, the_list_costs_the_same_for_any_number]);
}

async fn consents_cost_at_most_four(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let ann = json!({ "name": "Ann", "email": "ann@example.com", "phone": "+1 212 555 2368" });
    for (list, new) in [("/api/customers", &ann), ("/api/leads", &ann)] {
        let party = admin.post(list).json(new).await.ok();
        let path = format!("{list}/{}", party["id"].as_str().expect("an id"));
        let consents = format!("{path}/consents");
        let body = json!({ "purpose": "newsletter", "channel": "email", "state": "granted" });
        assert_at_most(4, &counter.of(admin.post(&consents).json(&body)).await, "recording a consent");
        let consent = admin.post(&consents).json(&body).await.ok();
        for (what, path, most) in [
            ("a ledger", format!("{consents}?count=none"), 1),
            ("a ledger that is counted", format!("{consents}?purpose=newsletter&channel=email"), 1),
            ("a consent", format!("{consents}/{}", consent["id"].as_str().expect("an id")), 1),
            ("what holds", format!("{consents}/current"), 1),
            ("the gate by e-mail", format!("{path}/may-contact?purpose=newsletter&channel=email"), 4),
            ("the gate by text message", format!("{path}/may-contact?purpose=newsletter&channel=sms"), 3),
            ("the gate by post", format!("{path}/may-contact?purpose=newsletter&channel=post"), 2),
        ] {
            assert_at_most(most, &counter.of(admin.get(path)).await, what);
        }
    }
}

async fn the_list_costs_the_same_for_any_number(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let entry = admin.post("/api/suppressions").json(&json!({ "value": "first@example.com" })).await.ok();
    let path = format!("/api/suppressions/{}", entry["id"].as_str().expect("an id"));
    let create = counter.of(admin.post("/api/suppressions").json(&json!({ "value": "example.net" }))).await;
    assert_at_most(2, &create, "adding an entry");
    for (what, path) in [
        ("the list", "/api/suppressions?count=none"),
        ("the list that is counted", "/api/suppressions?kind=email&sort=value"),
        ("what stands against an address", "/api/suppressions?value=ann@mail.example.net&count=none"),
        ("an entry", path.as_str()),
    ] {
        assert_at_most(1, &counter.of(admin.get(path)).await, what);
    }
    for number in [1, 1_000] {
        let entries: Vec<Value> =
            (0..number).map(|n| json!({ "value": format!("{number}.{n}@example.com") })).collect();
        let import = admin.post("/api/suppressions/import").json(&json!({ "entries": entries }));
        assert_at_most(3, &counter.of(import).await, &format!("adding {number}"));
    }
    assert_at_most(2, &counter.of(admin.delete(&path)).await, "deleting an entry");
}
