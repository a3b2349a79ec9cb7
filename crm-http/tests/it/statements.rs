//! The number of statements per request on PostgreSQL; SQLite has no round trips. Transaction control and the
//! refreshing of mirrors are not counted.

mod capture_forms;
mod consents;
mod leads;
mod privacy;
mod record_access;

use std::sync::{Arc, Mutex};

use crm_core::actor::Role;
use crm_core::jobs::{NewJobSchedule, Recount};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{Api, Call, Options};

pub fn register(suite: &mut Suite) {
    capture_forms::register(suite);
    consents::register(suite);
    leads::register(suite);
    privacy::register(suite);
    record_access::register(suite);
    testkit::tests!(suite, postgres: [
        reads_cost_one_statement,
        writes_cost_at_most_four,
        contact_points_cost_no_more,
        notes_cost_at_most_four,
        notifications_cost_at_most_three,
        calendars_cost_at_most_five,
        interactions_cost_at_most_four,
        tasks_cost_at_most_six,
        a_summary_costs_the_write_one,
        bulk_actions_cost_the_same_for_any_number_of_customers,
        a_merge_costs_the_same_for_any_number_of_records,
        a_merge_costs_the_same_for_any_number_of_links,
        deals_cost_at_most_six,
        tags_cost_at_most_six,
        jobs_cost_at_most_four,
        views_and_preferences_cost_at_most_four,
        custom_fields_cost_a_write_nothing,
        saved_mappings_and_previews_cost_little,
        a_repeated_request_costs_little,
    ]);
}

/// Statements, as they are sent.
#[derive(Clone, Default)]
struct Counter(Arc<Mutex<Vec<String>>>);

impl Counter {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("no panic while counting"))
    }

    /// What a request costs beyond transaction control and mirrors.
    async fn of(&self, call: Call) -> Vec<String> {
        self.take();
        let answer = call.await;
        assert!((200..300).contains(&answer.status), "{answer}");
        let counts = |statement: &String| {
            let control = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET "];
            let mirror = ["INSERT INTO \"crm_companies\"", "INSERT INTO \"crm_users\""];
            !control.iter().chain(&mirror).any(|start| statement.starts_with(start))
        };
        self.take().into_iter().filter(counts).collect()
    }
}

/// A service on a pool of its own, whose statements are counted.
async fn counted(database: &TestDatabase) -> (Api, Counter) {
    let counter = Counter::default();
    let mut pool = database.connect(2).await.expect("a pool");
    let statements = counter.clone();
    pool.set_metric_callback(move |query| {
        statements.0.lock().expect("no panic while counting").push(query.statement.sql.clone());
    });
    let api = Api::with(database, Options { pool: Some(pool), ..Options::default() }).await;
    // The company and its users are known, as they are when work is going on.
    api.ensure_mirrored(Role::SalesRep).await;
    api.admin().post("/api/customers").json(&json!({ "name": "First" })).await.expect(201);
    (api, counter)
}

fn assert_at_most(most: usize, statements: &[String], what: &str) {
    assert!(!statements.is_empty(), "{what} takes none at all: nothing is counted");
    assert!(statements.len() <= most, "{what} takes {}, not {most}:\n  {}", statements.len(), statements.join("\n  "));
}

/// A customer with everything that costs: an owner and references.
fn rich(api: &Api) -> Value {
    json!({
        "name": "Rich",
        "email": "rich@example.com",
        "phone": "+49 30 901820",
        "ownerId": api.user(Role::SalesRep),
        "externalRefs": [{ "system": "erp", "id": "1" }, { "system": "shop", "id": "1" }],
    })
}

async fn reads_cost_one_statement(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let id = admin.post("/api/customers").json(&rich(&api)).await.ok()["id"].as_str().expect("an id").to_owned();
    let firm = json!({ "kind": "organization", "name": "Lee & Co" });
    let firm = admin.post("/api/customers").json(&firm).await.ok()["id"].clone();
    let links = format!("/api/customers/{id}/links");
    let link = admin.post(&links).json(&json!({ "toId": firm, "label": "employee" })).await.ok();
    let link = format!("{links}/{}", link["id"].as_str().expect("an id"));
    let notes = format!("/api/customers/{id}/notes");
    let note = admin.post(&notes).json(&json!({ "body": "For all" })).await.ok();
    let note = format!("{notes}/{}", note["id"].as_str().expect("an id"));
    let interactions = format!("/api/customers/{id}/interactions");
    let overdue = json!({ "status": "planned", "scheduledAt": "2020-01-01T00:00:00Z" });
    let interaction = admin.post(&interactions).json(&overdue).await.ok();
    let interaction = format!("{interactions}/{}", interaction["id"].as_str().expect("an id"));
    let late = json!({ "title": "Late", "dueDate": "2020-01-01", "customerId": id });
    let task = admin.post("/api/tasks").json(&late).await.ok();
    let task = format!("/api/tasks/{}", task["id"].as_str().expect("an id"));
    let tags = admin.post(format!("/api/customers/{id}/tags")).json(&json!({ "tags": ["VIP", "New"] })).await.ok();
    let tag = format!("/api/tags/{}", tags["data"][0]["id"].as_str().expect("an id"));
    for (what, path, most) in [
        ("a list", "/api/customers?count=none".to_owned(), 1),
        ("a list that is counted", "/api/customers".to_owned(), 2),
        ("a list that is counted exactly", "/api/customers?count=exact".to_owned(), 2),
        ("a deep page", "/api/customers?page=2&limit=1&count=none".to_owned(), 1),
        (
            "a filtered list",
            "/api/customers?count=none&status=prospect&ownerId=me&createdFrom=2020-01-01T00:00:00Z".to_owned(),
            1,
        ),
        ("a list by the last contact", "/api/customers?count=none&sort=-lastContactAt".to_owned(), 1),
        ("a list by the next follow-up", "/api/customers?sort=nextFollowUpAt&page=2&limit=1".to_owned(), 2),
        ("a list of late contacts", "/api/customers?count=none&lastContactBefore=2026-01-01T00:00:00Z".to_owned(), 1),
        ("a customer", format!("/api/customers/{id}"), 1),
        ("a customer by reference", "/api/customers/by-external?system=erp&id=1".to_owned(), 1),
        ("a search", "/api/customers/search?q=rich&count=none".to_owned(), 1),
        ("a search that is counted", "/api/customers/search?q=rich".to_owned(), 2),
        ("a timeline", format!("/api/customers/{id}/history?count=none"), 1),
        ("a timeline with people", format!("/api/customers/{id}/history?count=none&includePeople=true"), 2),
        ("links", format!("{links}?count=none"), 1),
        ("a link", link.clone(), 1),
        ("a list of people", format!("/api/customers?count=none&organizationId={id}"), 1),
        ("an activity with people", format!("/api/stats/customers/{id}/activity?includePeople=true"), 2),
        ("notes", format!("/api/customers/{id}/notes?count=none"), 1),
        ("a note", note.clone(), 1),
        ("interactions", format!("{interactions}?count=none"), 1),
        ("all interactions", "/api/interactions?count=none&ownerId=me&overdue=true".to_owned(), 1),
        ("all interactions that are counted", "/api/interactions".to_owned(), 2),
        ("an interaction", interaction.clone(), 1),
        ("an interaction by its id", interaction.replacen(&format!("customers/{id}/"), "", 1), 1),
        ("tasks", "/api/tasks?count=none".to_owned(), 1),
        ("overdue tasks", "/api/tasks?count=none&assigneeId=me&overdue=true".to_owned(), 1),
        ("tasks that are counted", format!("/api/tasks?customerId={id}&sort=-priority"), 2),
        ("a task", task.clone(), 1),
        ("an agenda", "/api/tasks/agenda?assigneeId=me".to_owned(), 2),
        // One of them counts those that are unread.
        ("notifications", "/api/notifications?count=none".to_owned(), 2),
        ("unread notifications", "/api/notifications?unread=true".to_owned(), 3),
        // One of them asks whether what is kept still holds.
        ("tags", "/api/tags?count=none".to_owned(), 2),
        ("tags by their use", "/api/tags?sort=-usageCount&count=none".to_owned(), 2),
        ("tags that are counted", "/api/customers/tags?q=v".to_owned(), 3),
        ("tags that are kept", "/api/customers/tags?q=v".to_owned(), 1),
        ("a tag", tag.clone(), 1),
        ("a customer's tags", format!("/api/customers/{id}/tags"), 1),
        ("a list of a tag's customers", "/api/customers?count=none&tag=vip&tagAll=vip,new".to_owned(), 1),
        ("a search by a tag", "/api/customers/search?q=vip%20rich&count=none".to_owned(), 1),
        ("overall statistics, with the names of owners", "/api/stats".to_owned(), 5),
        ("a dashboard", "/api/stats/dashboard".to_owned(), 3),
        ("a dashboard of a year", "/api/stats/dashboard?interval=month&timeZone=Europe/Berlin".to_owned(), 3),
        ("a dashboard that is kept", "/api/stats/dashboard".to_owned(), 1),
        ("the performance of users, with their names", "/api/stats/performance".to_owned(), 5),
        ("the performance of months", "/api/stats/performance?groupBy=month".to_owned(), 4),
        ("a customer's activity", format!("/api/stats/customers/{id}/activity"), 2),
        // One of them asks whether what is kept still holds.
        ("statistics of leads", "/api/stats/leads".to_owned(), 5),
        ("statistics of tasks", "/api/stats/tasks".to_owned(), 3),
        ("quotas", "/api/quotas?count=none".to_owned(), 1),
        ("the activity, with the names of users", "/api/activity?count=none".to_owned(), 2),
        ("users", "/api/users?count=none".to_owned(), 1),
        ("teams", "/api/teams?count=none".to_owned(), 1),
        ("settings", "/api/settings".to_owned(), 1),
        ("the audit trail, which is audited", "/api/audit?count=none".to_owned(), 2),
        ("how far it is sealed", "/api/audit/chain".to_owned(), 2),
    ] {
        assert_at_most(most, &counter.of(admin.get(path)).await, what);
    }
}

async fn writes_cost_at_most_four(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let create = counter.of(admin.post("/api/customers").json(&json!({ "name": "Plain" }))).await;
    assert_at_most(2, &create, "adding a plain customer");
    let create = counter.of(admin.post("/api/customers").json(&rich(&api))).await;
    assert_at_most(4, &create, "adding a customer with owner and references");
    let path = {
        let list = admin.get("/api/customers").query([("sort", "-createdAt"), ("limit", "1")]).await.ok();
        format!("/api/customers/{}", list["data"][0]["id"].as_str().expect("an id"))
    };
    let patch = |body: Value| admin.patch(&path).json(&body);
    assert_at_most(3, &counter.of(patch(json!({ "city": "Bonn" }))).await, "changing a field");
    assert_at_most(1, &counter.of(patch(json!({ "city": "Bonn" }))).await, "changing nothing");
    let added =
        json!([{ "system": "erp", "id": "1" }, { "system": "shop", "id": "1" }, { "system": "web", "id": "1" }]);
    assert_at_most(4, &counter.of(patch(json!({ "externalRefs": added }))).await, "adding a reference");
    let owner = json!({ "ownerId": api.user(Role::Admin) });
    assert_at_most(4, &counter.of(patch(owner)).await, "changing the owner");
    let both = json!({ "ownerId": api.user(Role::SalesRep), "externalRefs": [{ "system": "erp", "id": "2" }] });
    assert_at_most(4, &counter.of(patch(both)).await, "changing the owner and all references");
    assert_at_most(4, &counter.of(admin.delete(&path)).await, "deleting");
    assert_at_most(4, &counter.of(admin.post(format!("{path}/restore"))).await, "restoring");
    assert_at_most(4, &counter.of(admin.post(format!("{path}/purge"))).await, "purging");
}

async fn contact_points_cost_no_more(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let emails = |names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| json!({ "address": format!("{name}@example.com") })).collect()
    };
    let lists = json!({
        "name": "Several",
        "emails": emails(&["a", "b"]),
        "phones": [{ "number": "1" }, { "number": "2" }],
        "addresses": [{ "city": "Bonn" }, { "city": "Kiel" }],
    });
    let created = counter.of(admin.post("/api/customers").json(&lists)).await;
    assert_at_most(2, &created, "adding a customer with lists");
    let list = admin.get("/api/customers?sort=-createdAt&limit=1").await.ok();
    let path = format!("/api/customers/{}", list["data"][0]["id"].as_str().expect("an id"));
    for (what, body, most) in [
        ("replacing the primary address", json!({ "email": "c@example.com" }), 3),
        ("making another one primary", json!({ "email": "b@example.com" }), 3),
        ("adding one", json!({ "emails": emails(&["c", "b", "d"]) }), 3),
        ("removing one", json!({ "emails": emails(&["c", "b"]) }), 3),
        ("exchanging two", json!({ "emails": emails(&["b", "c"]) }), 5),
        ("changing another field", json!({ "jobTitle": "Buyer" }), 3),
        ("changing nothing", json!({ "emails": emails(&["b", "c"]) }), 1),
    ] {
        assert_at_most(most, &counter.of(admin.patch(&path).json(&body)).await, what);
    }
    assert_at_most(1, &counter.of(admin.get(&path)).await, "a customer with lists");
    assert_at_most(1, &counter.of(admin.get("/api/customers?count=none")).await, "a list with such a customer");
    assert_at_most(3, &counter.of(admin.delete(&path)).await, "deleting a customer with lists");
    assert_at_most(3, &counter.of(admin.post(format!("{path}/restore"))).await, "restoring it");
}

async fn notes_cost_at_most_four(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let customer = admin.post("/api/customers").json(&rich(&api)).await.ok();
    let notes = format!("/api/customers/{}/notes", customer["id"].as_str().expect("an id"));
    assert_at_most(3, &counter.of(admin.post(&notes).json(&json!({ "body": "For all" }))).await, "adding");
    let list = admin.get(&notes).await.ok();
    let path = format!("{notes}/{}", list["data"][0]["id"].as_str().expect("an id"));
    for body in [json!({ "title": "New" }), json!({ "visibility": "private" })] {
        assert_at_most(4, &counter.of(admin.patch(&path).json(&body)).await, "changing");
    }
    assert_at_most(4, &counter.of(admin.delete(&path)).await, "deleting");
    assert_at_most(4, &counter.of(admin.post(format!("{path}/restore"))).await, "restoring");
    // Those who are mentioned are told with the end of the write.
    let mentions = format!("@[One](user:{}) @[Two](user:{})", api.user(Role::SalesRep), api.user(Role::Support));
    assert_at_most(3, &counter.of(admin.post(&notes).json(&json!({ "body": mentions }))).await, "mentioning");
}

async fn notifications_cost_at_most_three(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let user = api.as_(Role::SalesRep);
    for title in ["One", "Two"] {
        let task = json!({ "title": title, "assigneeId": api.user(Role::SalesRep) });
        api.admin().post("/api/tasks").json(&task).await.expect(201);
    }
    let list = user.get("/api/notifications").await.ok();
    let path = format!("/api/notifications/{}/read", list["data"][0]["id"].as_str().expect("an id"));
    // Their first write compares what is known of the user.
    assert_at_most(3, &counter.of(user.post(&path)).await, "reading one");
    assert_at_most(1, &counter.of(user.post(&path)).await, "reading it once more");
    assert_at_most(1, &counter.of(user.post("/api/notifications/read-all")).await, "reading all");
}

/// One customer and fifty take the same statements.
async fn bulk_actions_cost_the_same_for_any_number_of_customers(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let mut ids = Vec::new();
    for number in 0..51 {
        let body = json!({ "name": format!("Customer {number}"), "email": format!("{number}@example.com") });
        ids.push(admin.post("/api/customers").json(&body).await.ok()["id"].clone());
    }
    let (one, many) = ids.split_at(1);
    admin.post("/api/tags").json(&json!({ "name": "Old" })).await.expect(201);
    let bulk = |action: &Value, ids: &[Value], dry_run: bool| {
        admin.post("/api/customers/bulk").json(&json!({ "action": action, "ids": ids, "dryRun": dry_run }))
    };
    for (action, counting, doing, undoing) in [
        (json!({ "type": "setOwner", "ownerId": api.user(Role::SalesRep) }), 2, 6, 9),
        (json!({ "type": "setStatus", "status": "active" }), 1, 5, 9),
        (json!({ "type": "addTags", "tags": ["Old"] }), 3, 7, 10),
        (json!({ "type": "archive" }), 1, 5, 9),
        (json!({ "type": "delete" }), 1, 5, 11),
    ] {
        for ids in [one, many] {
            let what = format!("{action} of {}", ids.len());
            assert_at_most(counting, &counter.of(bulk(&action, ids, true)).await, &format!("counting {what}"));
            assert_at_most(doing, &counter.of(bulk(&action, ids, false)).await, &what);
            // Once more to know its id: the first one has changed everything.
            let undo = last_bulk_action(&api).await;
            assert_at_most(undoing, &counter.of(admin.post(undo)).await, &format!("undoing {what}"));
        }
    }
    let query = json!({ "action": { "type": "archive" }, "query": {}, "dryRun": true });
    assert_at_most(
        2,
        &counter.of(admin.post("/api/customers/bulk").json(&query)).await,
        "counting what a query selects",
    );
}

/// A note and a hundred of them take the same statements.
async fn a_merge_costs_the_same_for_any_number_of_records(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    for notes in [1, 100] {
        let mut ids = Vec::new();
        for name in ["Ann", "Zoe"] {
            let body = json!({ "name": name, "email": format!("{name}.{notes}@example.com"), "externalRefs": [{ "system": name, "id": notes.to_string() }] });
            ids.push(admin.post("/api/customers").json(&body).await.ok()["id"].as_str().expect("an id").to_owned());
        }
        let path = format!("/api/customers/{}", ids[1]);
        admin.post(format!("{path}/tags")).json(&json!({ "tags": ["VIP"] })).await.ok();
        for number in 0..notes {
            admin.post(format!("{path}/notes")).json(&json!({ "body": number.to_string() })).await.expect(201);
        }
        let merge = |dry_run| {
            let body = json!({ "survivorId": ids[0], "loserIds": [ids[1]], "dryRun": dry_run });
            admin.post("/api/customers/merge").json(&body)
        };
        assert_at_most(36, &counter.of(merge(true)).await, &format!("counting a merge of {notes}"));
        assert_at_most(38, &counter.of(merge(false)).await, &format!("a merge of {notes}"));
        let merges = admin.get(format!("/api/customers/{}/merges", ids[0])).await.ok();
        let undo = format!("/api/customers/merges/{}/undo", merges["data"][0]["id"].as_str().expect("an id"));
        assert_at_most(
            42,
            &counter.of(admin.post(undo).json(&json!({}))).await,
            &format!("undoing a merge of {notes}"),
        );
    }
}

async fn a_merge_costs_the_same_for_any_number_of_links(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let made = async |kind: &str, name: String| {
        let customer = admin.post("/api/customers").json(&json!({ "kind": kind, "name": name })).await.ok();
        customer["id"].as_str().expect("an id").to_owned()
    };
    let add = async |of: &str, link: serde_json::Value| {
        admin.post(format!("/api/customers/{of}/links")).json(&link).await.expect(201);
    };
    let mut costs = Vec::new();
    for people in [2, 60] {
        let (lee, old) = (made("organization", "Lee".to_owned()).await, made("organization", "Lee".to_owned()).await);
        for (child, parent) in [("Shop", &old), ("Branch", &lee)] {
            let child = made("organization", child.to_owned()).await;
            add(&child, json!({ "toId": parent, "label": "parent" })).await;
        }
        for number in 0..people {
            let person = made("person", format!("Person {number}")).await;
            add(&person, json!({ "toId": old, "label": "employee", "isPrimary": true, "title": "Buyer" })).await;
            if number % 2 == 0 {
                add(&person, json!({ "toId": lee, "label": "employee" })).await;
            }
        }
        let merge = admin.post("/api/customers/merge").json(&json!({ "survivorId": lee, "loserIds": [old] }));
        let merged = counter.of(merge).await;
        assert_at_most(49, &merged, &format!("a merge of {people} people"));
        let merges = admin.get(format!("/api/customers/{lee}/merges")).await.ok();
        let undo = format!("/api/customers/merges/{}/undo", merges["data"][0]["id"].as_str().expect("an id"));
        let undone = counter.of(admin.post(undo).json(&json!({}))).await;
        assert_at_most(58, &undone, &format!("undoing a merge of {people} people"));
        costs.push((merged.len(), undone.len()));
    }
    assert_eq!(costs[0], costs[1]);
}

/// The path that undoes the last bulk action, whose id the audit trail tells.
async fn last_bulk_action(api: &Api) -> String {
    let audit = api.admin().get("/api/audit?limit=1&entity=bulk_action").await.ok();
    let id = audit["data"][0]["details"]["id"].as_str().expect("an id").to_owned();
    format!("/api/customers/bulk/{id}/undo")
}

async fn interactions_cost_at_most_four(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let customer = admin.post("/api/customers").json(&rich(&api)).await.ok()["id"].clone();
    let interactions = format!("/api/customers/{}/interactions", customer.as_str().expect("an id"));
    let sales = api.user(Role::SalesRep);
    let named = json!([
        { "kind": "user", "id": sales }, { "kind": "customer", "id": customer },
        { "kind": "email", "address": "ann@example.com" },
    ]);
    let new = json!({ "status": "planned", "ownerId": sales, "participants": named });
    assert_at_most(4, &counter.of(admin.post(&interactions).json(&new)).await, "adding");
    let list = admin.get(&interactions).await.ok();
    let path = format!("{interactions}/{}", list["data"][0]["id"].as_str().expect("an id"));
    let other = json!([{ "kind": "user", "id": api.user(Role::Admin) }]);
    for (body, most) in [
        (json!({ "subject": "New" }), 3),
        (json!({ "scheduledAt": "2026-12-01T09:00:00Z" }), 4),
        (json!({ "ownerId": api.user(Role::Admin), "participants": other }), 4),
    ] {
        assert_at_most(most, &counter.of(admin.patch(&path).json(&body)).await, "changing");
    }
    assert_at_most(4, &counter.of(admin.delete(&path)).await, "deleting");
    assert_at_most(4, &counter.of(admin.post(format!("{path}/restore"))).await, "restoring");
    let said =
        json!({ "outcome": "connected", "followUp": { "scheduledAt": "2027-01-01T09:00:00Z", "ownerId": sales } });
    let complete = || admin.patch(format!("{path}/complete")).json(&said);
    assert_at_most(6, &counter.of(complete()).await, "completing with a follow-up");
    assert_at_most(3, &counter.of(complete()).await, "completing once more");
    // Without the customer in the path, one more reads who it is; it is held before the interaction is.
    let id = path.rsplit('/').next().expect("an id");
    let (flat, new) = (format!("/api/interactions/{id}"), json!({ "customerId": customer }));
    assert_at_most(4, &counter.of(admin.post("/api/interactions").json(&new)).await, "adding with the customer");
    let patch = admin.patch(&flat).json(&json!({ "subject": "Newer" }));
    assert_at_most(3, &counter.of(patch).await, "changing by id");
    assert_at_most(5, &counter.of(admin.delete(&flat)).await, "deleting by id");
    assert_at_most(5, &counter.of(admin.post(format!("{flat}/restore"))).await, "restoring by id");
}

async fn calendars_cost_at_most_five(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let make = || admin.post("/api/calendar-feed");
    // The first one waits for another first one.
    assert_at_most(5, &counter.of(make()).await, "making a calendar");
    assert_at_most(3, &counter.of(make()).await, "making another one");
    let address = make().await.ok();
    let path = address["path"].as_str().expect("a path");
    assert_at_most(3, &counter.of(api.anonymous().get(path)).await, "reading a calendar");
    assert_at_most(2, &counter.of(admin.delete("/api/calendar-feed")).await, "ending a calendar");
}

async fn tasks_cost_at_most_six(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let customer = admin.post("/api/customers").json(&rich(&api)).await.ok()["id"].clone();
    let interaction = admin.post("/api/interactions").json(&json!({ "customerId": customer })).await.ok()["id"].clone();
    let deal = json!({ "customerId": customer, "name": "200 units" });
    let deal = admin.post("/api/deals").json(&deal).await.ok()["id"].clone();
    let plain = json!({ "title": "Plain", "assigneeId": null });
    assert_at_most(2, &counter.of(admin.post("/api/tasks").json(&plain)).await, "adding a plain task");
    let plain = admin.post("/api/tasks").json(&plain).await.ok()["id"].clone();
    let new = json!({
        "title": "Rich",
        "dueDate": "2036-12-01",
        "assigneeId": api.user(Role::SalesRep),
        "customerId": customer,
        "interactionId": interaction,
        "reminders": [{ "channel": "in_app", "minutesBefore": 60 }, { "channel": "email", "minutesBefore": 0 }],
    });
    // Reminders are part of the last statement. The customer is held; the assignee and the interaction are read in one.
    assert_at_most(4, &counter.of(admin.post("/api/tasks").json(&new)).await, "adding with everything");
    let list = admin.get(format!("/api/tasks?customerId={}", customer.as_str().expect("an id"))).await.ok();
    let path = format!("/api/tasks/{}", list["data"][0]["id"].as_str().expect("an id"));
    for (body, most) in [
        (json!({ "title": "New" }), 3),
        (json!({ "dueAt": "2036-12-01T09:00:00Z" }), 3),
        (json!({ "assigneeId": api.user(Role::Admin) }), 4),
        (json!({ "collaboratorIds": [api.user(Role::Admin), api.user(Role::SalesRep)] }), 4),
        // The customer of the deal is looked up, and held.
        (json!({ "dealId": deal }), 6),
        (json!({ "dealId": null }), 3),
        // Both tasks are held, and the parts of this one are looked for.
        (json!({ "parentTaskId": plain }), 5),
        (json!({ "customerId": null }), 4),
        (json!({ "customerId": customer }), 5),
    ] {
        assert_at_most(most, &counter.of(admin.patch(&path).json(&body)).await, "changing");
    }
    let complete = || admin.post(format!("{path}/complete")).json(&json!({ "result": "Done" }));
    assert_at_most(3, &counter.of(complete()).await, "completing");
    assert_at_most(1, &counter.of(complete()).await, "completing once more");
    assert_at_most(3, &counter.of(admin.post(format!("{path}/reopen"))).await, "reopening");
    assert_at_most(3, &counter.of(admin.delete(&path)).await, "deleting");
    // Two more read whose task it is, and hold the customer.
    assert_at_most(5, &counter.of(admin.post(format!("{path}/restore"))).await, "restoring");
    let weekly =
        json!({ "title": "Weekly", "dueDate": "2036-12-01", "customerId": customer, "recurrence": "FREQ=WEEKLY" });
    let weekly = admin.post("/api/tasks").json(&weekly).await.ok()["id"].clone();
    let path = format!("/api/tasks/{}/complete", weekly.as_str().expect("an id"));
    // The task is read twice: the customer of the next one is held before it.
    assert_at_most(6, &counter.of(admin.post(path).json(&json!({}))).await, "completing what recurs");
}

/// The job of the summary: nothing else of it happens before the answer.
async fn a_summary_costs_the_write_one(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let customer = admin.post("/api/customers").json(&rich(&api)).await.ok()["id"].clone();
    let new = |content: &str| json!({ "customerId": customer, "content": content });
    let switch = |on: bool| admin.patch("/api/settings").json(&json!({ "aiEnabled": on, "aiConsent": true }));
    let mut costs = Vec::new();
    for on in [false, true] {
        switch(on).await.expect(200);
        let created = counter.of(admin.post("/api/interactions").json(&new("Told"))).await;
        let list = admin.get("/api/interactions?limit=1&sort=-createdAt").await.ok();
        let path = format!("/api/interactions/{}", list["data"][0]["id"].as_str().expect("an id"));
        let changed = counter.of(admin.patch(&path).json(&json!({ "content": "Told more" }))).await;
        let other = counter.of(admin.patch(&path).json(&json!({ "outcome": "busy" }))).await;
        costs.push([created, changed, other]);
    }
    let [[created, changed, other], [with_created, with_changed, with_other]] = [&costs[0], &costs[1]];
    assert_eq!(with_created.len(), created.len() + 1, "{with_created:#?}");
    assert_eq!(with_changed.len(), changed.len() + 1, "{with_changed:#?}");
    assert_eq!(with_other.len(), other.len(), "{with_other:#?}");
}

/// A board costs two statements, however many stages and deals it has.
async fn deals_cost_at_most_six(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let customer = admin.post("/api/customers").json(&rich(&api)).await.ok()["id"].clone();
    let new = |name: &str| json!({ "customerId": customer, "name": name, "ownerId": api.user(Role::SalesRep) });
    // The first deal makes the usual pipeline.
    assert_at_most(10, &counter.of(admin.post("/api/deals").json(&new("First"))).await, "adding the first deal");
    assert_at_most(6, &counter.of(admin.post("/api/deals").json(&new("Second"))).await, "adding a deal");
    let list = admin.get("/api/deals").await.ok();
    let path = |n: usize| format!("/api/deals/{}", list["data"][n]["id"].as_str().expect("an id"));
    let with_deals = format!("/api/customers/{}?includeDeals=true", customer.as_str().expect("an id"));
    for (what, read, most) in [
        ("deals", "/api/deals?count=none&sort=expectedCloseDate".to_owned(), 1),
        ("deals that are counted", "/api/deals".to_owned(), 2),
        ("open deals of a customer", format!("/api/deals?count=none&status=open&customerId={}", &path(0)[11..]), 1),
        ("a deal", path(0), 1),
        ("the stages of a deal", format!("{}/stages?count=none", path(0)), 2),
        ("the items of a deal", format!("{}/items", path(0)), 1),
        ("a customer with its deals", with_deals, 2),
        ("rotten deals", "/api/deals?count=none&isRotten=true".to_owned(), 1),
        ("a board", "/api/deals/board".to_owned(), 2),
        ("a board of one's own", "/api/deals/board?ownerId=me".to_owned(), 2),
        ("what deals are worth", "/api/deals/totals?status=open".to_owned(), 1),
        ("currency rates", "/api/currency-rates".to_owned(), 1),
        ("past currency rates", "/api/currency-rates/history?count=none&currency=USD".to_owned(), 1),
        ("pipelines", "/api/pipelines?count=none".to_owned(), 1),
        // One of them asks whether what is kept still holds.
        ("a funnel", "/api/stats/funnel".to_owned(), 4),
        ("a funnel of months", "/api/stats/funnel?interval=month".to_owned(), 4),
        ("statistics of a pipeline", "/api/stats/pipeline".to_owned(), 5),
        ("a forecast", "/api/stats/forecast".to_owned(), 5),
        ("a forecast by team", "/api/stats/forecast?groupBy=team".to_owned(), 6),
        ("a leaderboard", "/api/stats/leaderboard".to_owned(), 4),
    ] {
        assert_at_most(most, &counter.of(admin.get(read)).await, what);
    }
    let patch = |body: Value| admin.patch(path(0)).json(&body);
    assert_at_most(3, &counter.of(patch(json!({ "nextStep": "Call" }))).await, "changing a field");
    assert_at_most(1, &counter.of(patch(json!({ "nextStep": "Call" }))).await, "changing nothing");
    assert_at_most(4, &counter.of(patch(json!({ "ownerId": api.user(Role::Admin) }))).await, "changing the owner");
    let contacts = |role: &str| patch(json!({ "contacts": [{ "customerId": customer, "role": role }] }));
    // One more holds them, and tells their names.
    assert_at_most(4, &counter.of(contacts("champion")).await, "adding contacts");
    assert_at_most(5, &counter.of(contacts("blocker")).await, "changing contacts");
    assert_at_most(2, &counter.of(contacts("blocker")).await, "changing contacts to the same");
    let items = |count: usize| {
        let item = json!({ "name": "Bolt", "quantity": "1", "unitPrice": { "amount": 1, "currency": "EUR" } });
        admin.put(format!("{}/items", path(0))).json(&json!({ "items": vec![item; count] }))
    };
    assert_at_most(3, &counter.of(items(200)).await, "adding items");
    assert_at_most(4, &counter.of(items(199)).await, "replacing items");
    assert_at_most(1, &counter.of(items(199)).await, "replacing items by the same");
    let moved = |body: Value| admin.patch(format!("{}/stage", path(0))).json(&body);
    assert_at_most(5, &counter.of(moved(json!({ "stage": "proposal" }))).await, "moving a deal");
    moved(json!({ "stage": "qualification" })).await.expect(200);
    let after = json!({ "afterId": list["data"][1]["id"] });
    assert_at_most(6, &counter.of(moved(after)).await, "moving a deal after another one");
    assert_at_most(3, &counter.of(admin.delete(path(0))).await, "deleting a deal");
    assert_at_most(5, &counter.of(admin.post(format!("{}/restore", path(0)))).await, "restoring a deal");
    let rate = |rate: &str| {
        let rates = json!({ "date": "2020-01-06", "rates": [{ "currency": "USD", "rate": rate }] });
        admin.put("/api/currency-rates").json(&rates)
    };
    assert_at_most(5, &counter.of(rate("0.92")).await, "setting a rate");
    // The rates are read with the company, once after they were set.
    assert_at_most(2, &counter.of(admin.get(path(0))).await, "a deal, and the company");
    assert_at_most(1, &counter.of(admin.get(path(0))).await, "a deal by the rates that are known");
    assert_at_most(3, &counter.of(rate("0.92")).await, "setting the same rate");
    let quotas = || {
        let (user, amount) = (api.user(Role::Admin), json!({ "amount": 100, "currency": "EUR" }));
        let quotas = json!([{ "userId": user, "month": "2026-06", "amount": amount }]);
        admin.put("/api/quotas").json(&json!({ "quotas": quotas }))
    };
    assert_at_most(6, &counter.of(quotas()).await, "setting a quota");
    assert_at_most(3, &counter.of(quotas()).await, "setting the same quota");
    let pipelines = admin.get("/api/pipelines").await.ok();
    let pipeline = format!("/api/pipelines/{}", pipelines["data"][0]["id"].as_str().expect("an id"));
    let rename = admin.patch(&pipeline).json(&json!({ "name": "Sales" }));
    assert_at_most(3, &counter.of(rename).await, "renaming a pipeline");
    let days = |days: i64| admin.patch(&pipeline).json(&json!({ "rottenDays": days }));
    // The first time it schedules the job.
    assert_at_most(6, &counter.of(days(30)).await, "saying how long a deal may be in a stage");
    assert_at_most(3, &counter.of(days(60)).await, "saying something else");
}

async fn tags_cost_at_most_six(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let customer = admin.post("/api/customers").json(&rich(&api)).await.ok();
    let tags = format!("/api/customers/{}/tags", customer["id"].as_str().expect("an id"));
    let add = |tags: &str, names: Value| admin.post(tags).json(&json!({ "tags": names }));
    let names: Vec<String> = (0..50).map(|number| format!("Tag {number}")).collect();
    assert_at_most(6, &counter.of(add(&tags, json!(names))).await, "adding tags that are not there yet");
    assert_at_most(3, &counter.of(add(&tags, json!(names))).await, "adding tags that the customer has");
    assert_at_most(3, &counter.of(admin.delete(format!("{tags}?tag=Tag+1,tag+2"))).await, "removing tags");
    assert_at_most(2, &counter.of(admin.delete(format!("{tags}/nothing"))).await, "removing nothing");
    assert_at_most(4, &counter.of(add(&tags, json!(["TAG 1", "tag 2"]))).await, "adding tags that are there");
    let created = counter.of(admin.post("/api/tags").json(&json!({ "name": "New" }))).await;
    assert_at_most(3, &created, "adding a tag");
    let list = admin.get("/api/tags").query([("sort", "name")]).await.ok();
    let tag = |n: usize| list["data"][n]["id"].as_str().expect("an id").to_owned();
    let path = |n: usize| format!("/api/tags/{}", tag(n));
    assert_at_most(3, &counter.of(admin.patch(path(0)).json(&json!({ "name": "Renamed" }))).await, "renaming a tag");
    let merge = admin.post(format!("{}/merge", path(1))).json(&json!({ "into": tag(2) }));
    assert_at_most(5, &counter.of(merge).await, "merging a tag");
    assert_at_most(2, &counter.of(admin.delete(path(2))).await, "deleting a tag");
}

async fn jobs_cost_at_most_four(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let start = || admin.post("/api/jobs").json(&json!({ "kind": "crm.recount" }));
    assert_at_most(2, &counter.of(start()).await, "starting");
    assert_at_most(2, &counter.of(start()).await, "starting what waits");
    assert_at_most(2, &counter.of(admin.get("/api/jobs")).await, "listing");
    let list = admin.get("/api/jobs").await.ok();
    let path = format!("/api/jobs/{}", list["data"][0]["id"].as_str().expect("an id"));
    assert_at_most(1, &counter.of(admin.get(&path)).await, "reading");
    assert_at_most(3, &counter.of(admin.post(format!("{path}/cancel"))).await, "cancelling");
    assert_at_most(3, &counter.of(admin.post(format!("{path}/retry"))).await, "retrying");
    let schedule = NewJobSchedule::new("nightly", "30 2 * * *", Recount::KIND);
    let schedule = api.scope(Some(api.user(Role::Admin))).jobs().schedule(schedule).await.expect("a schedule");
    let path = format!("/api/job-schedules/{}", schedule.id);
    assert_at_most(1, &counter.of(admin.get("/api/job-schedules")).await, "listing schedules");
    assert_at_most(1, &counter.of(admin.get(&path)).await, "reading a schedule");
    let off = admin.patch(&path).json(&json!({ "isEnabled": false }));
    assert_at_most(4, &counter.of(off).await, "switching a schedule off");
    assert_at_most(3, &counter.of(admin.post(format!("{path}/run"))).await, "running a schedule");
    assert_at_most(2, &counter.of(admin.post("/api/audit/verify")).await, "starting a verification");
}

async fn custom_fields_cost_a_write_nothing(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let define = |key: &str, field_type: &str| {
        admin.post("/api/custom-fields").json(&json!({ "key": key, "label": key, "type": field_type }))
    };
    assert_at_most(3, &counter.of(define("seats", "integer")).await, "adding a custom field");
    for (key, field_type) in [("end", "date"), ("code", "text"), ("who", "user"), ("parent", "customer")] {
        define(key, field_type).await.expect(201);
    }
    // A write of definitions makes the company be read again.
    assert_at_most(2, &counter.of(admin.get("/api/custom-fields?count=none")).await, "custom fields, and the company");
    assert_at_most(1, &counter.of(admin.get("/api/custom-fields?count=none")).await, "custom fields");
    let create = |custom_fields: Value| {
        admin.post("/api/customers").json(&json!({ "name": "Lee & Co", "customFields": custom_fields }))
    };
    // The definitions are read with the company, which is kept from then on.
    let plain = json!({ "seats": 3, "end": "2026-12-31", "code": "A" });
    let parent = create(plain.clone()).await.ok();
    assert_at_most(2, &counter.of(create(plain)).await, "adding a customer with custom fields");
    let naming = json!({ "who": api.user(Role::SalesRep), "parent": parent["id"] });
    assert_at_most(4, &counter.of(create(naming)).await, "adding a customer that names a user and a customer");
    // {"field":"customFields.seats","op":"gt","value":2}
    let filter = "%7B%22field%22:%22customFields.seats%22,%22op%22:%22gt%22,%22value%22:2%7D";
    let path = format!("/api/customers?count=none&filter={filter}");
    assert_at_most(1, &counter.of(admin.get(&path)).await, "a list by a custom field");
}

async fn views_and_preferences_cost_at_most_four(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let new = json!({ "entity": "customers", "name": "All", "visibility": "shared" });
    assert_at_most(3, &counter.of(admin.post("/api/saved-views").json(&new)).await, "saving a view");
    assert_at_most(1, &counter.of(admin.get("/api/saved-views?count=none&entity=customers")).await, "views");
    let list = admin.get("/api/saved-views").await.ok();
    let path = format!("/api/saved-views/{}", list["data"][0]["id"].as_str().expect("an id"));
    assert_at_most(1, &counter.of(admin.get(&path)).await, "a view");
    let private = json!({ "visibility": "private" });
    assert_at_most(3, &counter.of(admin.patch(&path).json(&private)).await, "hiding a view");
    assert_at_most(1, &counter.of(admin.get("/api/preferences")).await, "preferences");
    let write = |body: Value| admin.patch("/api/preferences").json(&body);
    assert_at_most(5, &counter.of(write(json!({ "theme": "dark" }))).await, "the first preference");
    assert_at_most(3, &counter.of(write(json!({ "theme": "light" }))).await, "another preference");
    assert_at_most(2, &counter.of(admin.delete(&path)).await, "deleting a view");
}

async fn saved_mappings_and_previews_cost_little(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let admin = api.admin();
    let new = json!({ "name": "Shop", "columns": ["Name", "Email"] });
    assert_at_most(3, &counter.of(admin.post("/api/import-mappings").json(&new)).await, "saving a mapping");
    assert_at_most(1, &counter.of(admin.get("/api/import-mappings?count=none")).await, "mappings");
    let list = admin.get("/api/import-mappings").await.ok();
    let path = format!("/api/import-mappings/{}", list["data"][0]["id"].as_str().expect("an id"));
    assert_at_most(1, &counter.of(admin.get(&path)).await, "a mapping");
    let mut other = list["data"][0].clone();
    other["mode"] = json!("upsert");
    assert_at_most(3, &counter.of(admin.put(&path).json(&other)).await, "replacing a mapping");
    // The users, the customers with the addresses, and the saved mapping, however many rows there are.
    for rows in [1, 90] {
        let rows: String = (0..rows).map(|number| format!("Ann,ann{number}@example.com\n")).collect();
        let preview = admin.post("/api/customers/import/preview").file(format!("Name,Email\n{rows}"), None);
        assert_at_most(4, &counter.of(preview).await, "a preview");
    }
    assert_at_most(2, &counter.of(admin.delete(&path)).await, "deleting a mapping");
}

async fn a_repeated_request_costs_little(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let call = || api.admin().post("/api/customers").json(&json!({ "name": "Once" })).once("key");
    let first = counter.of(call()).await;
    let second = counter.of(call()).await;
    assert_at_most(6, &first, "a request with a key");
    assert_at_most(4, &second, "a request that is repeated");
}
