//! Rights in tokens beside those of the role.

use crm_core::actor::Role;
use crm_http::auth::ClaimMapping;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::Delegated;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        rights_in_a_token_are_added_to_those_of_the_role,
        own_records_are_not_all_records,
        rights_that_are_not_known_give_nothing,
        a_program_is_shown_as_one,
        the_claim_may_have_another_name_or_none,
    ]);
}

async fn rights_in_a_token_are_added_to_those_of_the_role(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    let rights = json!({ "permissions": ["customers:create", "audit:read"] });
    let (with, without) = (crm.viewer(rights), crm.viewer(json!({})));
    let body = json!({ "name": "Ann" });
    for (token, may) in [(&with, true), (&without, false)] {
        let client = crm.api.with_token(token);
        let (created, audit) = (client.post("/api/customers").json(&body).await, client.get("/api/audit").await);
        assert_eq!((created.status, audit.status), if may { (201, 200) } else { (403, 403) });
        // What neither the role nor the list allows.
        client.post("/api/tags").json(&json!({ "name": "new" })).await.problem(403, "forbidden");
        client.get("/api/customers").await.expect(200);
    }
}

async fn own_records_are_not_all_records(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    let token = crm.viewer(json!({ "permissions": ["customers:create:own", "customers:update:own"] }));
    let client = crm.api.with_token(&token);
    let own = client.post("/api/customers").json(&json!({ "name": "Mine" })).await.ok();
    crm.api.ensure_mirrored(Role::Manager).await;
    let body = json!({ "name": "Another's", "ownerId": crm.api.user(Role::Manager) });
    let other = crm.api.with_token(&crm.sign(json!({}))).post("/api/customers").json(&body).await.ok();
    for (customer, status) in [(own, 200), (other, 403)] {
        let path = format!("/api/customers/{}", customer["id"].as_str().expect("an id"));
        let tag = format!("\"{}\"", customer["version"]);
        let answer = client.patch(&path).if_match(tag).json(&json!({ "city": "Bonn" })).await;
        assert_eq!(answer.status, status, "{answer}");
    }
}

async fn rights_that_are_not_known_give_nothing(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    let list =
        json!(["rockets:launch", "customers:launch", "create:customers", "customers", "customers:create:some", 7]);
    for claim in [list, json!("customers:create"), json!({ "customers": "create" }), Value::Bool(true)] {
        let client = crm.api.with_token(&crm.viewer(json!({ "permissions": claim })));
        client.get("/api/customers").await.expect(200);
        client.post("/api/customers").json(&json!({ "name": "Ann" })).await.problem(403, "forbidden");
    }
}

async fn a_program_is_shown_as_one(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    let token = crm.sign(json!({ "actorKind": "service" }));
    let customer = crm.api.with_token(&token).post("/api/customers").json(&json!({ "name": "Ann" })).await.ok();
    let path = format!("/api/customers/{}/history", customer["id"].as_str().expect("an id"));
    let history = crm.api.with_token(&token).get(&path).await.ok();
    assert_eq!(history["data"][0]["actor"]["kind"], "service", "{history}");
}

async fn the_claim_may_have_another_name_or_none(database: TestDatabase) {
    for (pointers, name, status) in [(vec!["/crm/rights"], "crm", 201), (vec![], "permissions", 403)] {
        let crm = Delegated::with_keys(&database, |_, options| {
            let permissions = pointers.iter().map(|pointer| (*pointer).to_owned()).collect();
            options.claims = ClaimMapping { permissions, ..ClaimMapping::default() };
        })
        .await;
        let list = json!(["customers:create"]);
        let claims = if name == "crm" { json!({ "crm": { "rights": list } }) } else { json!({ name: list }) };
        let client = crm.api.with_token(&crm.viewer(claims));
        assert_eq!(client.post("/api/customers").json(&json!({ "name": "Ann" })).await.status, status);
    }
}

impl Delegated {
    fn viewer(&self, changes: Value) -> String {
        self.users.sign(&self.claims(Role::Viewer, changes))
    }
}
