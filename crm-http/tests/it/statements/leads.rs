//! What requests about leads cost. A lead has two rows, so that a write is one statement more than that of a customer.

use crm_core::actor::Role;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::{assert_at_most, counted};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, postgres: [
        reads_of_leads_cost_one_statement,
        writes_of_leads_cost_at_most_six,
        an_assignment_costs_the_same_for_any_number_of_leads,
        a_conversion_costs_at_most_ten,
        a_score_costs_a_write_at_most_four,
        rules_cost_the_same_for_any_number_of_them,
        an_import_costs_the_same_for_any_number_of_new_leads,
        an_export_costs_one_statement_for_a_page,
    ]);
}

fn ann() -> Value {
    json!({
        "firstName": "Ann",
        "lastName": "Lee",
        "email": "ann@example.com",
        "phone": "+49 30 901820",
        "externalRefs": [{ "system": "fair", "id": "1" }],
    })
}

fn id(lead: &Value) -> &str {
    lead["id"].as_str().expect("an id")
}

async fn reads_of_leads_cost_one_statement(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let lead = admin.post("/api/leads").json(&ann()).await.ok();
    let path = format!("/api/leads/{}", id(&lead));
    admin.post(format!("{path}/notes")).json(&json!({ "body": "Called" })).await.expect(201);
    for (what, path, most) in [
        ("a list", "/api/leads?count=none".to_owned(), 1),
        ("a list that is counted", "/api/leads".to_owned(), 1),
        ("a deep page", "/api/leads?page=2&limit=1&count=none".to_owned(), 1),
        ("a filtered list", "/api/leads?count=none&status=new&ownerId=none&rating=hot&source=fair".to_owned(), 1),
        ("a search", "/api/leads?count=none&search=ann".to_owned(), 1),
        ("a lead", path.clone(), 1),
        ("a timeline", format!("{path}/history?count=none"), 1),
        ("notes", format!("{path}/notes?count=none"), 1),
        ("tags", format!("{path}/tags"), 1),
        ("statuses", "/api/lead-statuses?count=none".to_owned(), 1),
        ("a board", "/api/leads/board".to_owned(), 2),
        ("a board of one's own", "/api/leads/board?ownerId=me&rating=hot".to_owned(), 2),
    ] {
        assert_at_most(most, &counter.of(admin.get(path)).await, what);
    }
}

async fn writes_of_leads_cost_at_most_six(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    admin.post("/api/lead-statuses/usual").await.expect(200);
    let create = counter.of(admin.post("/api/leads").json(&json!({ "name": "Plain" }))).await;
    assert_at_most(5, &create, "adding a plain lead");
    let mut rich = ann();
    rich["ownerId"] = json!(api.user(Role::SalesRep));
    let create = counter.of(admin.post("/api/leads").json(&rich)).await;
    assert_at_most(6, &create, "adding a lead with owner and reference");
    let list = admin.get("/api/leads?limit=1").await.ok();
    let path = format!("/api/leads/{}", id(&list["data"][0]));
    let patch = |body: Value| admin.patch(&path).json(&body);
    assert_at_most(4, &counter.of(patch(json!({ "city": "Bonn" }))).await, "changing a field");
    assert_at_most(4, &counter.of(patch(json!({ "rating": "hot" }))).await, "changing a field of its own");
    assert_at_most(1, &counter.of(patch(json!({ "city": "Bonn", "status": "new" }))).await, "changing nothing");
    assert_at_most(5, &counter.of(patch(json!({ "status": "contacted" }))).await, "changing the status");
    assert_at_most(4, &counter.of(patch(json!({ "ownerId": null }))).await, "changing the owner");
    assert_at_most(4, &counter.of(admin.delete(&path)).await, "deleting");
    assert_at_most(4, &counter.of(admin.post(format!("{path}/restore"))).await, "restoring");
    assert_at_most(3, &counter.of(admin.post(format!("{path}/purge"))).await, "purging");
}

/// The rules, what the lead meets, whose turn it is, the users with their leads, the turn, and the two rows of the lead.
async fn rules_cost_the_same_for_any_number_of_them(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    admin.post("/api/lead-statuses/usual").await.expect(200);
    let user = api.ensure_mirrored(Role::SalesRep).await;
    let rule = |position: usize, city: &str| {
        json!({
            "name": format!("Rule {position}"),
            "condition": { "field": "city", "op": "eq", "value": city },
            "strategy": "least_loaded",
            "userIds": [user],
            "position": position,
        })
    };
    let add = admin.post("/api/lead-assignment-rules").json(&rule(50, "Bonn"));
    assert_at_most(5, &counter.of(add).await, "adding a rule");
    for more in [0, 10] {
        for position in 0..more {
            admin.post("/api/lead-assignment-rules").json(&rule(position, "Köln")).await.expect(201);
        }
        let lead = json!({ "name": "Lee & Co", "city": "Bonn" });
        let create = counter.of(admin.post("/api/leads").json(&lead)).await;
        assert_at_most(12, &create, &format!("adding a lead with {} rules", more + 1));
    }
    assert_at_most(1, &counter.of(admin.get("/api/lead-assignment-rules?count=none")).await, "rules");
}

/// One lead and fifty take the same statements.
async fn an_assignment_costs_the_same_for_any_number_of_leads(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let mut ids = Vec::new();
    for number in 0..51 {
        let lead = admin.post("/api/leads").json(&json!({ "name": format!("Lead {number}") })).await.ok();
        ids.push(lead["id"].clone());
    }
    let (one, many) = ids.split_at(1);
    for ids in [one, many] {
        let body = json!({ "leadIds": ids, "ownerId": api.user(Role::SalesRep) });
        let statements = counter.of(admin.post("/api/leads/assign").json(&body)).await;
        assert_at_most(5, &statements, &format!("assigning {}", ids.len()));
    }
}

async fn a_conversion_costs_at_most_ten(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let lead = admin.post("/api/leads").json(&ann()).await.ok();
    let path = format!("/api/leads/{}/convert", id(&lead));
    let convert = || admin.post(&path).json(&json!({}));
    assert_at_most(9, &counter.of(convert()).await, "converting");
    assert_at_most(2, &counter.of(convert()).await, "converting again");
    assert_at_most(10, &counter.of(admin.post(format!("{path}/undo"))).await, "taking it back");
}

async fn a_score_costs_a_write_at_most_four(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let condition = json!({ "field": "rating", "op": "eq", "value": "hot" });
    let rule = json!({ "name": "Hot", "condition": condition, "points": 20, "decayDays": 30 });
    let rule = admin.post("/api/lead-scoring/rules").json(&rule).await.ok();
    let lead = admin.post("/api/leads").json(&ann()).await.ok();
    let path = format!("/api/leads/{}", id(&lead));
    let patch = |body: Value| admin.patch(&path).json(&body);
    assert_at_most(4 + 3, &counter.of(patch(json!({ "city": "Bonn" }))).await, "a change that does not matter");
    assert_at_most(4 + 4, &counter.of(patch(json!({ "rating": "hot" }))).await, "a change that matters");
    let call = json!({ "type": "call", "subject": "Called" });
    let called = counter.of(admin.post(format!("{path}/interactions")).json(&call)).await;
    assert_at_most(4 + 2, &called, "an activity");
    let customer = admin.post("/api/customers").json(&json!({ "name": "Plain" })).await.ok();
    let path = format!("/api/customers/{}/interactions", id(&customer));
    assert_at_most(4, &counter.of(admin.post(path).json(&call)).await, "an activity with a customer");
    for (what, path, most) in [
        ("a list by score", "/api/leads?count=none&sort=-score".to_owned(), 1),
        ("rules", "/api/lead-scoring/rules?count=none".to_owned(), 1),
        ("a rule", format!("/api/lead-scoring/rules/{}", id(&rule)), 1),
        ("a score", format!("/api/leads/{}/score", id(&lead)), 3),
        ("a model", "/api/lead-scoring/model".to_owned(), 2),
        ("its quality", "/api/lead-scoring/quality".to_owned(), 1),
    ] {
        assert_at_most(most, &counter.of(admin.get(path)).await, what);
    }
    let body = json!({ "points": 30 });
    let rule = format!("/api/lead-scoring/rules/{}", id(&rule));
    assert_at_most(8, &counter.of(admin.patch(rule).json(&body)).await, "changing a rule");
}

/// Two rows and fifty take the same statements, in one transaction.
async fn an_import_costs_the_same_for_any_number_of_new_leads(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let file = |numbers: std::ops::Range<u32>| {
        let rows = numbers.map(|number| format!("Lead {number},lead{number}@example.com,hot,New,{number}"));
        format!("Name,Email,Rating,Status,Shoe\n{}\n", rows.collect::<Vec<_>>().join("\n"))
    };
    // The first import adds the statuses.
    admin.post("/api/leads/import").file(file(0..1), None).await.expect(200);
    let two = counter.of(admin.post("/api/leads/import").file(file(1..3), None)).await;
    let fifty = counter.of(admin.post("/api/leads/import").file(file(3..53), None)).await;
    assert_at_most(two.len(), &fifty, "an import of fifty");
}

async fn an_export_costs_one_statement_for_a_page(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    admin.post("/api/leads").json(&ann()).await.expect(201);
    // The page, and the record of the export.
    assert_at_most(4, &counter.of(admin.get("/api/leads/export?rating=hot")).await, "an export");
}
