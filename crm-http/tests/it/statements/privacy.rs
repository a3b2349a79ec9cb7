//! What the personal data of a person costs: the same however much there is.

use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::{assert_at_most, counted};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, postgres: [
        an_erasure_costs_the_same_however_much_is_known,
        personal_data_costs_the_same_however_much_is_known,
        a_legal_hold_costs_little,
    ]);
}

/// A customer with so many notes.
async fn customer(admin: &crate::support::Client, notes: usize) -> String {
    let customer = admin.post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.ok();
    let path = format!("/api/customers/{}", customer["id"].as_str().expect("an id"));
    for number in 0..notes {
        let note = json!({ "body": format!("Called, {number}") });
        admin.post(format!("{path}/notes")).json(&note).await.expect(201);
    }
    path
}

fn erasure() -> Value {
    json!({ "reason": "Request 2026-114" })
}

async fn an_erasure_costs_the_same_however_much_is_known(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let mut before = None;
    for notes in [1, 20] {
        let path = customer(&admin, notes).await;
        let erase = counter.of(admin.post(format!("{path}/erase")).json(&erasure())).await;
        assert_at_most(before.unwrap_or(60), &erase, &format!("erasing a customer with {notes} notes"));
        before = Some(erase.len());
    }
}

async fn personal_data_costs_the_same_however_much_is_known(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let mut before = None;
    for notes in [1, 20] {
        let path = customer(&admin, notes).await;
        let read = counter.of(admin.get(format!("{path}/personal-data"))).await;
        assert_at_most(before.unwrap_or(28), &read, &format!("the data of a customer with {notes} notes"));
        before = Some(read.len());
    }
}

async fn a_legal_hold_costs_little(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let path = format!("{}/legal-hold", customer(&admin, 0).await);
    let hold = json!({ "isHeld": true, "reason": "Case 7 B 12/26" });
    assert_at_most(3, &counter.of(admin.put(&path).json(&hold)).await, "setting a hold");
    assert_at_most(2, &counter.of(admin.get(&path)).await, "a hold");
}
