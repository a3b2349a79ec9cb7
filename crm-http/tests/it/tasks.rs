//! Tasks over HTTP: completing and reopening, dates and times, and the agenda.

use crm_core::actor::Role;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::Api;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        completing_can_be_repeated_without_a_key,
        what_is_closed_is_reopened_first,
        setting_a_date_clears_the_time,
        what_recurs_is_followed_by_the_next_task,
        tasks_are_linked_with_users_deals_and_tasks,
        the_list_is_narrowed_by_parameters,
        the_agenda_has_every_day_and_what_is_late,
        the_agenda_names_what_it_does_not_take,
        a_task_is_in_the_timeline_of_its_customer,
    ]);
}

/// The path of a new task.
async fn add(api: &Api, new: &Value) -> String {
    let made = api.admin().post("/api/tasks").json(new).await.expect(201).json();
    format!("/api/tasks/{}", made["id"].as_str().expect("an id"))
}

async fn completing_can_be_repeated_without_a_key(database: TestDatabase) {
    let api = Api::new(&database).await;
    let path = add(&api, &json!({ "title": "Send the offer" })).await;
    let complete = |said: &Value| api.admin().post(format!("{path}/complete")).json(said);
    let said = json!({ "result": "Sent" });
    let first = complete(&said).if_match("\"1-00\"").await.expect(200);
    let body = first.json();
    assert_eq!((&body["status"], &body["result"]), (&json!("completed"), &json!("Sent")));
    assert_eq!(body["completedBy"]["id"], json!(api.user(Role::Admin)));
    assert!(body["completedAt"].is_string() && first.etag().starts_with("\"2-"), "{first}");
    for seen in ["\"1-00\"", "*"] {
        let again = complete(&said).if_match(seen).await.expect(200);
        assert_eq!((again.text(), again.etag()), (first.text(), first.etag()));
    }
    complete(&json!({ "result": "Lost" })).await.problem(409, "already_completed");
    complete(&json!({ "result": "Lost" })).if_match("\"1-00\"").await.problem(412, "version_mismatch");
}

async fn what_is_closed_is_reopened_first(database: TestDatabase) {
    let api = Api::new(&database).await;
    let path = add(&api, &json!({ "title": "Send the offer", "status": "canceled" })).await;
    let patch = |body: Value| api.admin().patch(&path).json(&body);
    patch(json!({ "status": "in_progress" })).await.problem(409, "task_closed");
    api.admin().post(format!("{path}/complete")).json(&json!({})).await.problem(409, "task_closed");
    patch(json!({ "description": "Not wanted any more" })).await.expect(200);
    let open = api.admin().post(format!("{path}/reopen")).await.ok();
    assert_eq!((&open["status"], &open["version"]), (&json!("not_started"), &json!(3)));
    let again = api.admin().post(format!("{path}/reopen")).await.ok();
    assert_eq!(again, open, "an open task stays as it is");
}

async fn what_recurs_is_followed_by_the_next_task(database: TestDatabase) {
    let api = Api::new(&database).await;
    let new = json!({ "title": "Send the report", "dueDate": "2036-06-02", "recurrence": "freq=weekly;count=2" });
    let path = add(&api, &new).await;
    let first = api.admin().get(&path).await.ok();
    assert_eq!((&first["recurrence"], &first["seriesId"]), (&json!("FREQ=WEEKLY;COUNT=2"), &first["id"]));
    let complete = |path: &str| api.admin().post(format!("{path}/complete")).json(&json!({ "result": "Sent" }));
    let done = complete(&path).once("key").await.ok();
    assert_eq!(complete(&path).once("key").await.ok()["nextTaskId"], done["nextTaskId"]);
    let path = format!("/api/tasks/{}", done["nextTaskId"].as_str().expect("another task"));
    let next = api.admin().get(&path).await.ok();
    assert_eq!((&next["dueDate"], &next["recurrence"]), (&json!("2036-06-09"), &json!("FREQ=WEEKLY;COUNT=1")));
    assert_eq!((&next["seriesId"], &next["status"]), (&first["id"], &json!("not_started")));
    assert!(complete(&path).await.ok()["nextTaskId"].is_null(), "it was the last one");
    let often = json!({ "title": "Look", "dueDate": "2036-06-02", "recurrence": "FREQ=MINUTELY" });
    let faults = api.admin().post("/api/tasks").json(&often).await.violations();
    assert_eq!(faults, [("/recurrence".to_owned(), "recurrence_invalid".to_owned())]);
}

async fn setting_a_date_clears_the_time(database: TestDatabase) {
    let api = Api::new(&database).await;
    let path = add(&api, &json!({ "title": "Send the offer", "dueAt": "2036-06-01T12:00:00Z" })).await;
    let patched = api.admin().patch(&path).json(&json!({ "dueDate": "2036-06-02" })).await.ok();
    assert_eq!((&patched["dueAt"], &patched["dueDate"]), (&Value::Null, &json!("2036-06-02")));
    let both = json!({ "dueAt": "2036-06-01T12:00:00Z", "dueDate": "2036-06-02" });
    assert_eq!(
        api.admin().patch(&path).json(&both).await.violations(),
        [("/dueDate".to_owned(), "unexpected".to_owned())]
    );
    let early = json!({ "startAt": "2036-06-03T12:00:00Z" });
    assert_eq!(
        api.admin().patch(&path).json(&early).await.violations(),
        [("/dueDate".to_owned(), "before_start".to_owned())]
    );
}

async fn tasks_are_linked_with_users_deals_and_tasks(database: TestDatabase) {
    let api = Api::new(&database).await;
    let seller = api.ensure_mirrored(Role::SalesRep).await;
    let customer = api.admin().post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.ok()["id"].clone();
    let deal = json!({ "customerId": customer, "name": "200 units" });
    let deal = api.admin().post("/api/deals").json(&deal).await.ok()["id"].clone();
    let new = json!({ "title": "Send the offer", "dealId": deal, "collaboratorIds": [seller] });
    let whole = api.admin().post("/api/tasks").json(&new).await.ok();
    assert_eq!(
        (&whole["dealId"], &whole["customerId"], &whole["collaboratorIds"][0]),
        (&deal, &customer, &json!(seller))
    );
    let part = json!({ "title": "Calculate the price", "parentTaskId": whole["id"] });
    let part = api.admin().post("/api/tasks").json(&part).await.ok();
    for (query, id) in [
        (format!("dealId={}", deal.as_str().expect("an id")), &whole["id"]),
        (format!("collaboratorId={seller}"), &whole["id"]),
        (format!("parentTaskId={}", whole["id"].as_str().expect("an id")), &part["id"]),
        ("collaboratorId=none".to_owned(), &part["id"]),
    ] {
        let list = api.admin().get(format!("/api/tasks?{query}")).await.ok();
        assert_eq!((list["data"].as_array().map(Vec::len), &list["data"][0]["id"]), (Some(1), id), "{query}");
    }
    let told = api.as_(Role::SalesRep).get("/api/notifications").await.ok();
    assert_eq!((&told["unreadCount"], &told["data"][0]["recordId"]), (&json!(1), &whole["id"]));
    let unknown = json!({ "title": "a", "dealId": part["id"], "parentTaskId": part["id"] });
    let faults = api.admin().post("/api/tasks").json(&unknown).await.violations();
    assert_eq!(faults, [("/dealId".to_owned(), "deal_unknown".to_owned())]);
    let nested = json!({ "title": "a", "parentTaskId": part["id"] });
    let faults = api.admin().post("/api/tasks").json(&nested).await.violations();
    assert_eq!(faults, [("/parentTaskId".to_owned(), "parent_invalid".to_owned())]);
    let other = api.admin().get("/api/tasks?collaboratorId=everybody").await;
    other.problem_of_parameter(400, "parameter_invalid", "collaboratorId");
}

async fn the_list_is_narrowed_by_parameters(database: TestDatabase) {
    let api = Api::new(&database).await;
    let customer = api.admin().post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201).json();
    let id = customer["id"].as_str().expect("an id");
    for new in [
        json!({ "title": "a", "dueDate": "2020-01-01", "priority": "urgent", "customerId": id }),
        json!({ "title": "b", "dueAt": "2036-01-01T09:00:00Z", "type": "call", "status": "waiting" }),
        json!({ "title": "c", "assigneeId": null, "priority": "low" }),
        json!({ "title": "d", "dueDate": "2020-01-02", "status": "completed" }),
    ] {
        add(&api, &new).await;
    }
    let titles = async |query: &str| -> Vec<String> {
        let list = api.admin().get(format!("/api/tasks?{query}")).await.ok();
        let list = list["data"].as_array().expect("a list").clone();
        list.iter().map(|task| task["title"].as_str().expect("a title").to_owned()).collect()
    };
    assert_eq!(titles("").await, ["a", "d", "b", "c"], "what is never due comes last");
    assert_eq!(titles("sort=-dueAt").await, ["c", "b", "d", "a"]);
    assert_eq!(titles("sort=-priority&limit=1").await, ["a"]);
    assert_eq!(titles("overdue=true").await, ["a"]);
    assert_eq!(titles("overdue=false").await, ["d", "b", "c"]);
    assert_eq!(titles("assigneeId=none").await, ["c"]);
    assert_eq!(titles("assigneeId=me&type=call").await, ["b"]);
    assert_eq!(titles("status=not_started,waiting&dueFrom=now").await, ["b"]);
    assert_eq!(titles("dueTo=2020-01-02T12:00:00Z").await, ["a"], "a date is due at the end of its day");
    assert_eq!(titles(&format!("customerId={id}")).await, ["a"]);
}

async fn the_agenda_has_every_day_and_what_is_late(database: TestDatabase) {
    let api = Api::new(&database).await;
    api.admin().patch("/api/settings").json(&json!({ "timeZone": "America/New_York" })).await.expect(200);
    for new in [
        json!({ "title": "late", "dueDate": "2020-01-01" }),
        json!({ "title": "by the day", "dueDate": "2036-06-01" }),
        // Still the first of June in New York.
        json!({ "title": "at night", "dueAt": "2036-06-02T03:59:59Z" }),
        json!({ "title": "the next day", "dueAt": "2036-06-02T04:00:00Z" }),
        json!({ "title": "later", "dueDate": "2036-06-04" }),
        json!({ "title": "never" }),
        json!({ "title": "done", "dueDate": "2036-06-01", "status": "completed" }),
        json!({ "title": "of nobody", "dueDate": "2036-06-01", "assigneeId": null }),
    ] {
        add(&api, &new).await;
    }
    let read = async |query: &str| api.admin().get(format!("/api/tasks/agenda?{query}")).await.ok();
    let titles = |tasks: &Value| -> Vec<String> {
        let tasks = tasks.as_array().expect("tasks");
        tasks.iter().map(|task| task["title"].as_str().expect("a title").to_owned()).collect()
    };
    let agenda = read("from=2036-06-01&to=2036-06-03&assigneeId=me").await;
    assert_eq!((&agenda["timeZone"], &agenda["hasMore"]), (&json!("America/New_York"), &json!(false)));
    assert_eq!(titles(&agenda["overdue"]), ["late"]);
    let days: Vec<(&str, Vec<String>)> = agenda["days"]
        .as_array()
        .expect("days")
        .iter()
        .map(|day| (day["date"].as_str().expect("a date"), titles(&day["tasks"])))
        .collect();
    let told = |titles: &[&str]| titles.iter().map(|title| (*title).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        days,
        [
            ("2036-06-01", told(&["at night", "by the day"])),
            ("2036-06-02", told(&["the next day"])),
            ("2036-06-03", told(&[])),
        ]
    );
    let of_nobody = read("from=2036-06-01&to=2036-06-01&assigneeId=none").await;
    assert_eq!(titles(&of_nobody["days"][0]["tasks"]), ["of nobody"]);
    let usual = read("").await;
    assert_eq!(usual["days"].as_array().map(Vec::len), Some(7));
}

async fn the_agenda_names_what_it_does_not_take(database: TestDatabase) {
    let api = Api::new(&database).await;
    let read = |query: &str| api.admin().get(format!("/api/tasks/agenda?{query}"));
    read("from=2036-06-02&to=2036-06-01").await.problem_of_parameter(400, "parameter_invalid", "to");
    read("from=2036-06-01&to=2036-07-02").await.problem_of_parameter(400, "parameter_invalid", "to");
    read("from=2036-06-01&to=2036-07-01").await.expect(200);
    read("from=tomorrow").await.problem_of_parameter(400, "parameter_invalid", "from");
    read("from=9999-01-01").await.problem_of_parameter(400, "parameter_invalid", "from");
    read("assigneeId=everybody").await.problem_of_parameter(400, "parameter_invalid", "assigneeId");
    read("day=2036-06-01").await.problem_of_parameter(400, "unknown_parameter", "day");
}

async fn a_task_is_in_the_timeline_of_its_customer(database: TestDatabase) {
    let api = Api::new(&database).await;
    let customer = api.admin().post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201).json();
    let id = customer["id"].as_str().expect("an id");
    let path = add(&api, &json!({ "title": "Late", "dueDate": "2020-01-01", "customerId": id })).await;
    let history = api.admin().get(format!("/api/customers/{id}/history?kind=task")).await.ok();
    let entry = &history["data"][0];
    let told = ["kind", "action", "title"].map(|name| entry[name].as_str());
    assert_eq!(told, [Some("task"), Some("not_started"), Some("Late")]);
    assert_eq!(entry["task"], api.admin().get(&path).await.ok());
    assert_eq!(entry["task"]["isOverdue"], true);
}
