//! What the company's record access hides is in no answer: every read of the document is tried, and every kind of write.

use std::collections::BTreeSet;

use crm_core::actor::Role;
use crm_core::ids::{TeamId, UserId};
use crm_core::users::{TeamProfile, UserTeams};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use crate::support::{Answer, Api, document};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        own_records_are_all_that_is_read,
        another_teams_records_are_in_no_answer,
        a_manager_sees_the_teams_below,
        what_is_hidden_cannot_be_written,
        numbers_are_those_of_what_is_seen,
        possible_duplicates_are_counted_and_not_named,
        what_reaches_a_user_is_of_what_they_see,
        only_administrators_change_it,
    ]);
}

/// In every text of the records that are hidden.
const MARKER: &str = "quokka";

const READERS: [Role; 4] = [Role::Manager, Role::SalesRep, Role::Support, Role::Viewer];

fn id(record: &Value) -> String {
    record["id"].as_str().expect("an id").to_owned()
}

async fn allow(api: &Api, access: &str) {
    api.admin().patch("/api/settings").json(&json!({ "recordAccess": access })).await.expect(200);
}

async fn post(api: &Api, path: &str, body: Value) -> String {
    id(&api.admin().post(path).json(&body).await.expect(201).json())
}

/// What a user owns, with the marker in each text.
struct Records {
    customer: String,
    person: String,
    note: String,
    interaction: String,
    deal: String,
    task: String,
    lead: String,
    link: String,
}

impl Records {
    async fn of(api: &Api, owner: UserId) -> Self {
        let new = json!({
            "kind": "organization", "name": "Quokka Ltd", "email": "quokka@quokka.example", "ownerId": owner,
            "externalRefs": [{ "system": "erp", "id": "quokka" }], "metadata": { "quokka": "quokka" },
        });
        let customer = post(api, "/api/customers", new).await;
        let path = format!("/api/customers/{customer}");
        let person = json!({ "kind": "person", "firstName": "Ann", "lastName": "Quokka", "ownerId": owner });
        let person = post(api, "/api/customers", person).await;
        let link = json!({ "toId": person, "label": "other", "title": "Quokka friend" });
        let note = json!({ "body": "A quokka note", "isPinned": true });
        let call = json!({
            "type": "call", "subject": "Quokka call", "content": "quokka", "ownerId": owner,
            "status": "planned", "scheduledAt": "2026-01-01T09:00:00Z",
        });
        let deal = json!({ "customerId": customer, "name": "Quokka deal", "ownerId": owner });
        let task = json!({ "title": "Quokka task", "assigneeId": owner });
        let lead = json!({ "kind": "organization", "name": "Quokka lead", "ownerId": owner });
        Self {
            note: post(api, &format!("{path}/notes"), note).await,
            interaction: post(api, &format!("{path}/interactions"), call).await,
            link: post(api, &format!("{path}/links"), link).await,
            deal: post(api, "/api/deals", deal).await,
            task: post(api, "/api/tasks", task).await,
            lead: post(api, "/api/leads", lead).await,
            customer,
            person,
        }
    }

    fn ids(&self) -> [&String; 8] {
        let Self { customer, person, note, interaction, deal, task, lead, link } = self;
        [customer, person, note, interaction, deal, task, lead, link]
    }

    /// The path with the ids of these records, and whether it names one.
    fn in_path(&self, template: &str) -> (String, bool) {
        let places = [
            ("{customerId}", &self.customer),
            ("{noteId}", &self.note),
            ("{interactionId}", &self.interaction),
            ("{dealId}", &self.deal),
            ("{taskId}", &self.task),
            ("{leadId}", &self.lead),
            ("{linkId}", &self.link),
        ];
        let path = places.iter().fold(template.to_owned(), |path, (place, id)| path.replace(place, id));
        let names_one = path != template;
        let nothing = Uuid::new_v4().to_string();
        let rest = path.split('/').map(|part| if part.starts_with('{') { nothing.as_str() } else { part });
        (rest.collect::<Vec<_>>().join("/"), names_one)
    }
}

/// All reads of the service but the stream, which does not end.
async fn reads(api: &Api, role: Role, records: &Records) -> Vec<(String, bool, Answer)> {
    let mut answers = Vec::new();
    let reads = document().operations.iter().filter(|one| one.method == "GET" && one.path.starts_with("/api/"));
    for operation in reads.filter(|operation| operation.path != "/api/events/stream") {
        let (path, names_one) = records.in_path(&operation.path);
        let call = api.as_(role).get(path);
        let call = match operation.id.as_str() {
            "searchCustomers" => call.query([("q", MARKER), ("count", "exact")]),
            "getCustomerByExternalRef" => call.query([("system", "erp"), ("id", MARKER)]),
            id if id.starts_with("getMayContact") => call.query([("purpose", "newsletter"), ("channel", "email")]),
            _ => call,
        };
        answers.push((format!("{} as {role}", operation.id), names_one, call.await));
    }
    answers
}

async fn assert_hidden(api: &Api, role: Role, records: &Records) {
    for (read, names_one, answer) in reads(api, role, records).await {
        // What was asked for is repeated.
        let text = answer.text().to_lowercase().replace(&format!("customer erp:{MARKER} was not found"), "");
        assert!(!text.contains(MARKER), "{read}: {text}");
        if names_one {
            assert!(matches!(answer.status, 403 | 404), "{read}: {} {text}", answer.status);
        }
        if answer.status == 200 {
            assert!(records.ids().into_iter().all(|id| !text.contains(id.as_str())), "{read}: {text}");
        }
    }
}

/// The names of the customers that this role lists.
async fn names(api: &Api, role: Role) -> BTreeSet<String> {
    let page = api.as_(role).get("/api/customers").query([("limit", "100")]).await.ok();
    let name = |customer: &Value| customer["name"].as_str().expect("a name").to_owned();
    page["data"].as_array().expect("a list").iter().map(name).collect()
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

/// The sales rep and the support are in the north, the owner of the marked records in the south. The manager manages the
/// region, which both are part of.
async fn with_teams(api: &Api, other: UserId) {
    let [region, north, south] = [(); 3].map(|()| TeamId(Uuid::new_v4()));
    let directory = api.crm.users_directory(&api.database.connection);
    let team = |id, parent_id, manager_id| TeamProfile { id, name: None, parent_id, manager_id };
    let teams = [
        team(region, None, Some(api.user(Role::Manager))),
        team(north, Some(region), None),
        team(south, Some(region), None),
    ];
    directory.mirror_teams(api.company, &teams).await.expect("teams");
    let in_team = |user_id, team| UserTeams { user_id, team_ids: vec![team] };
    let members =
        [in_team(api.user(Role::SalesRep), north), in_team(api.user(Role::Support), north), in_team(other, south)];
    directory.mirror_members(api.company, &members).await.expect("members");
}

/// A service with the marked records of a user, and with customers of others.
async fn started(database: &TestDatabase) -> (Api, UserId, Records) {
    let api = Api::new(database).await;
    let other = api.meet_another().await;
    for role in READERS {
        api.ensure_mirrored(role).await;
    }
    let records = Records::of(&api, other).await;
    for (name, owner) in
        [("Of nobody", None), ("Of the rep", Some(Role::SalesRep)), ("Of support", Some(Role::Support))]
    {
        let owner = owner.map(|role| api.user(role));
        post(&api, "/api/customers", json!({ "name": name, "ownerId": owner })).await;
    }
    (api, other, records)
}

async fn own_records_are_all_that_is_read(database: TestDatabase) {
    let (api, _, records) = started(&database).await;
    // Without it all of them are read, so that the marker would be noticed.
    let (mut marked, mut found) = (0, 0);
    for (_, names_one, answer) in reads(&api, Role::SalesRep, &records).await {
        marked += usize::from(answer.text().to_lowercase().contains(MARKER));
        found += usize::from(names_one && answer.status == 200);
    }
    assert!(marked > 15 && found > 10, "{marked} {found}");
    allow(&api, "own").await;
    for role in READERS {
        assert_hidden(&api, role, &records).await;
    }
    assert_eq!(names(&api, Role::SalesRep).await, set(["Of nobody", "Of the rep"]));
    assert_eq!(names(&api, Role::Viewer).await, set(["Of nobody"]));
    assert_eq!(names(&api, Role::Admin).await.len(), 5, "administrators see all");
    allow(&api, "company").await;
    assert_eq!(names(&api, Role::SalesRep).await.len(), 5);
}

async fn another_teams_records_are_in_no_answer(database: TestDatabase) {
    let (api, other, records) = started(&database).await;
    with_teams(&api, other).await;
    allow(&api, "team").await;
    for role in [Role::SalesRep, Role::Support, Role::Viewer] {
        assert_hidden(&api, role, &records).await;
    }
    let north = set(["Of nobody", "Of the rep", "Of support"]);
    assert_eq!((names(&api, Role::SalesRep).await, names(&api, Role::Support).await), (north.clone(), north));
    assert_eq!(names(&api, Role::Viewer).await, set(["Of nobody"]), "who is in no team sees their own");
}

async fn a_manager_sees_the_teams_below(database: TestDatabase) {
    let (api, other, records) = started(&database).await;
    with_teams(&api, other).await;
    for access in ["team", "own"] {
        allow(&api, access).await;
        assert_eq!(names(&api, Role::Manager).await.len(), 5, "{access}");
        let Records { customer, deal, task, lead, .. } = &records;
        for (list, id) in [("customers", customer), ("deals", deal), ("tasks", task), ("leads", lead)] {
            api.as_(Role::Manager).get(format!("/api/{list}/{id}")).await.ok();
        }
    }
    // Who has left the team is below nobody.
    let directory = api.crm.users_directory(&api.database.connection);
    let members = [UserTeams { user_id: other, team_ids: Vec::new() }];
    directory.mirror_members(api.company, &members).await.expect("members");
    assert_hidden(&api, Role::Manager, &records).await;
}

async fn what_is_hidden_cannot_be_written(database: TestDatabase) {
    let (api, _, records) = started(&database).await;
    let Records { customer, person, note, interaction, deal, task, lead, link } = &records;
    allow(&api, "own").await;
    let before = reads(&api, Role::Admin, &records).await;
    let (party, of_lead) = (format!("/api/customers/{customer}"), format!("/api/leads/{lead}"));
    let nothing = json!({});
    let writes = [
        ("PATCH", party.clone(), json!({ "status": "active" })),
        ("DELETE", party.clone(), nothing.clone()),
        ("POST", format!("{party}/notes"), json!({ "body": "Mine" })),
        ("PATCH", format!("{party}/notes/{note}"), json!({ "body": "Mine" })),
        ("DELETE", format!("{party}/notes/{note}"), nothing.clone()),
        ("POST", format!("{party}/interactions"), json!({ "type": "call", "subject": "Mine" })),
        ("PATCH", format!("{party}/interactions/{interaction}"), json!({ "subject": "Mine" })),
        ("PATCH", format!("{party}/interactions/{interaction}/complete"), nothing.clone()),
        ("DELETE", format!("{party}/interactions/{interaction}"), nothing.clone()),
        ("POST", format!("{party}/tags"), json!({ "tags": ["VIP"] })),
        ("POST", format!("{party}/links"), json!({ "toId": person, "label": "other" })),
        ("DELETE", format!("{party}/links/{link}"), nothing.clone()),
        ("PATCH", format!("/api/deals/{deal}"), json!({ "name": "Mine" })),
        ("DELETE", format!("/api/deals/{deal}"), nothing.clone()),
        ("PATCH", format!("/api/tasks/{task}"), json!({ "title": "Mine" })),
        ("POST", format!("/api/tasks/{task}/complete"), nothing.clone()),
        ("DELETE", format!("/api/tasks/{task}"), nothing.clone()),
        ("PATCH", of_lead.clone(), json!({ "rating": "hot" })),
        ("POST", format!("{of_lead}/convert"), nothing.clone()),
        ("DELETE", of_lead, nothing.clone()),
    ];
    let manager = api.as_(Role::Manager);
    for (method, path, body) in writes {
        let call = manager.call(method, &path);
        let call = if method == "DELETE" { call } else { call.json(&body) };
        let answer = call.await;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
        assert!(!answer.text().to_lowercase().contains(MARKER), "{}", answer.text());
    }
    let action = json!({ "type": "setStatus", "status": "active" });
    let bulk = manager.post("/api/customers/bulk").json(&json!({ "action": action, "ids": [customer] })).await.ok();
    assert!(!bulk.to_string().to_lowercase().contains(MARKER), "{bulk}");
    let all = manager.post("/api/customers/bulk").json(&json!({ "action": action, "query": {} })).await.ok();
    assert!(!all.to_string().contains(customer.as_str()), "{all}");
    let mine = id(&manager.post("/api/customers").json(&json!({ "name": "Mine" })).await.ok());
    let merge = json!({ "survivorId": mine, "loserIds": [customer] });
    manager.post("/api/customers/merge").json(&merge).await.problem(422, "invalid");
    let file = "email,name\nquokka@quokka.example,Mine\n";
    let report = manager.post("/api/customers/import?mode=upsert").file(file, None).await.ok();
    assert!(!report.to_string().contains("Quokka"), "{report}");

    for (read, former) in reads(&api, Role::Admin, &records).await.into_iter().zip(before) {
        if read.1 && read.2.header("etag").is_some() {
            assert_eq!(read.2.header("etag"), former.2.header("etag"), "{}", read.0);
        }
    }
}

async fn numbers_are_those_of_what_is_seen(database: TestDatabase) {
    let (api, _, _) = started(&database).await;
    let total = async |role: Role| {
        let list = api.as_(role).get("/api/customers?count=exact").await.ok();
        let stats = api.as_(role).get("/api/stats").await.ok();
        [list["pagination"]["total"].clone(), stats["customers"]["total"].clone()]
    };
    // The answers of the one who sees all are in the cache.
    assert_eq!(total(Role::Admin).await, [json!(5), json!(5)]);
    assert_eq!(total(Role::SalesRep).await, [json!(5), json!(5)]);
    allow(&api, "own").await;
    assert_eq!(total(Role::Admin).await, [json!(5), json!(5)]);
    assert_eq!(total(Role::SalesRep).await, [json!(2), json!(2)]);
    assert_eq!(total(Role::Viewer).await, [json!(1), json!(1)]);
    let open = async |role: Role| {
        let totals = api.as_(role).get("/api/deals/totals").await.ok();
        let board = api.as_(role).get("/api/deals/board").await.ok();
        let stages = board["stages"].as_array().expect("stages");
        let count: i64 = stages.iter().filter_map(|stage| stage["count"].as_i64()).sum();
        (totals["count"].as_i64().expect("a count"), count)
    };
    assert_eq!((open(Role::Admin).await, open(Role::SalesRep).await), ((1, 1), (0, 0)));
}

async fn possible_duplicates_are_counted_and_not_named(database: TestDatabase) {
    let (api, _, _) = started(&database).await;
    allow(&api, "own").await;
    let rep = api.as_(Role::SalesRep);
    let same = json!({ "kind": "organization", "name": "Quokka Ltd", "email": "quokka@quokka.example" });
    let found = rep.post("/api/customers/duplicates/check").json(&same).await.ok();
    assert_eq!((&found["data"], &found["hiddenCount"]), (&json!([]), &json!(1)), "{found}");
    let refused = rep.post("/api/customers").json(&same).await.expect(409);
    assert!(!refused.text().contains("Quokka"), "{}", refused.text());
}

async fn what_reaches_a_user_is_of_what_they_see(database: TestDatabase) {
    let (api, other, records) = started(&database).await;
    let seller = api.user(Role::SalesRep);
    let text = json!({ "body": format!("A quokka for @[The seller](user:{seller})") });
    post(&api, &format!("/api/customers/{}/notes", records.customer), text).await;
    let due = chrono::Utc::now() + chrono::TimeDelta::days(3);
    let errand = json!({
        "title": "Quokka errand", "assigneeId": seller, "customerId": records.customer, "dueAt": due,
    });
    post(&api, "/api/tasks", errand).await;
    let mine = json!({ "title": "Errand of mine", "assigneeId": seller, "dueAt": due });
    let mine = post(&api, "/api/tasks", mine).await;
    let shared = json!({ "title": "Shared errand", "assigneeId": other, "collaboratorIds": [seller], "dueAt": due });
    let shared = post(&api, "/api/tasks", shared).await;
    let rep = api.as_(Role::SalesRep);
    let feed = rep.post("/api/calendar-feed").await.ok();
    let path = feed["path"].as_str().expect("a path");
    assert!(api.anonymous().get(path).await.expect(200).text().contains("Quokka errand"));

    allow(&api, "own").await;
    assert_hidden(&api, Role::SalesRep, &records).await;
    assert!(rep.get("/api/notifications").await.ok()["data"].to_string().contains(&mine));
    let calendar = api.anonymous().get(path).await.expect(200).text();
    assert!(calendar.contains("Errand of mine") && calendar.contains("Shared errand"), "{calendar}");
    assert!(!calendar.to_lowercase().contains(MARKER), "{calendar}");
    let tasks = rep.get("/api/tasks").await.ok();
    assert_eq!(tasks["pagination"]["total"], 2, "{tasks}");
    rep.get(format!("/api/tasks/{shared}")).await.ok();
    api.as_(Role::Support).get(format!("/api/tasks/{shared}")).await.problem(404, "not_found");
    let events = rep.get("/api/events?limit=1000").await.ok().to_string();
    assert!(events.contains(&shared) && !events.contains(&records.customer), "{events}");
}

async fn only_administrators_change_it(database: TestDatabase) {
    let api = Api::new(&database).await;
    assert_eq!(api.admin().get("/api/settings").await.ok()["recordAccess"], "company");
    for role in READERS {
        api.as_(role).patch("/api/settings").json(&json!({ "recordAccess": "own" })).await.problem(403, "forbidden");
    }
    api.admin().patch("/api/settings").json(&json!({ "recordAccess": "all" })).await.expect(400);
    let own = api.admin().patch("/api/settings").json(&json!({ "recordAccess": "own" })).await.ok();
    assert_eq!(own["recordAccess"], "own");
    let back = api.admin().patch("/api/settings").json(&json!({ "recordAccess": null })).await.ok();
    assert_eq!(back["recordAccess"], "company");
}
