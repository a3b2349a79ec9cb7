//! Unusual input of requests: the status and the location of the error.

use serde_json::json;
use testkit::{Suite, TestDatabase};

use crate::support::Api;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        lists_have_a_maximum_in_bodies_and_queries,
        text_that_no_field_has_is_refused_in_every_query,
        what_is_not_percent_encoded_is_refused,
        times_are_normalised_wherever_they_stand,
        numbers_that_would_be_others_are_refused,
    ]);
}

async fn lists_have_a_maximum_in_bodies_and_queries(database: TestDatabase) {
    let api = Api::new(&database).await;
    for (name, values) in [
        ("status", json!(vec!["active"; 32_760])),
        ("kind", json!(vec!["person"; 90_000])),
        ("tag", json!(vec!["x"; 101])),
        ("tagAll", json!(vec!["x"; 101])),
    ] {
        let body = json!({ "q": "lee", name: values });
        let problem =
            api.admin().post("/api/customers/search").json(&body).await.problem_at(422, "invalid", &format!("/{name}"));
        assert_eq!(problem["errors"][0]["code"], "too_long");
        assert!(problem["errors"][0]["detail"].as_str().is_some_and(|detail| detail.contains("100")), "{problem}");
    }
    let body = json!({ "q": "lee", "filter": { "field": "zipCode", "op": "in", "value": vec!["1"; 101] } });
    let refused = api.admin().post("/api/customers/search").json(&body).await;
    refused.problem_at(400, "filter_invalid", "/filter/value");
    let many = |value: &str| vec![value; 101].join(",");
    for (path, name, value) in [
        ("/api/customers", "status", many("active")),
        ("/api/customers", "tag", many("x")),
        ("/api/customers/search", "kind", many("person")),
        ("/api/interactions", "outcome", many("busy")),
        ("/api/interactions", "type", many("call")),
        ("/api/deals", "status", many("open")),
    ] {
        let query = [("q", "lee"), (name, value.as_str())];
        let query = if path.ends_with("search") { &query[..] } else { &query[1..] };
        let answer = api.admin().get(path).query(query.iter().copied()).await;
        let problem = answer.problem_of_parameter(400, "parameter_invalid", name);
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("100")), "{problem}");
    }
}

async fn text_that_no_field_has_is_refused_in_every_query(database: TestDatabase) {
    let api = Api::new(&database).await;
    for (path, name) in [
        ("/api/interactions?outcome=%00", "outcome"),
        ("/api/customers?tag=a%00", "tag"),
        ("/api/customers?filter=%00", "filter"),
        ("/api/customers/search?q=%00", "q"),
        ("/api/customers/by-external?system=%00&id=1", "system"),
        ("/api/tags?q=%01", "q"),
        ("/api/stats/dashboard?timeZone=%00", "timeZone"),
        ("/api/customers?sort=%00", "sort"),
    ] {
        api.admin().get(path).await.problem_of_parameter(400, "parameter_invalid", name);
    }
    let file = api.admin().post("/api/customers/import?externalSystem=%00").file("Name\nAnn", None).await;
    file.problem_of_parameter(400, "parameter_invalid", "externalSystem");
}

async fn what_is_not_percent_encoded_is_refused(database: TestDatabase) {
    let api = Api::new(&database).await;
    let customer = api.admin().post("/api/customers").json(&json!({ "name": "Lee" })).await.expect(201).json();
    let tags = format!("/api/customers/{}/tags", customer["id"].as_str().expect("an id"));
    for segment in ["%zz", "%", "a%2", "%ff"] {
        api.admin().delete(format!("{tags}/{segment}")).await.problem(400, "malformed");
    }
    api.admin().get("/api/customers/search?q=100%").await.problem_of_parameter(400, "parameter_invalid", "q");
    api.admin().delete(format!("{tags}/100%25")).await.expect(200);
}

async fn times_are_normalised_wherever_they_stand(database: TestDatabase) {
    let api = Api::new(&database).await;
    let customer = api.admin().post("/api/customers").json(&json!({ "name": "Lee" })).await.expect(201).json();
    let path = format!("/api/customers/{}/interactions", customer["id"].as_str().expect("an id"));
    let planned = json!({ "status": "planned", "scheduledAt": "2016-12-31T23:59:60Z" });
    let made = api.admin().post(&path).json(&planned).await.expect(201).json();
    assert_eq!(made["scheduledAt"], "2017-01-01T00:00:00Z");
    let one = format!("{path}/{}", made["id"].as_str().expect("an id"));
    let said = json!({ "completedAt": "2025-06-15T12:30:60Z" });
    const LENIENT: &str = "a leap second is read in any minute, though it is only ever the last of a day";
    let done = api.admin().patch(format!("{one}/complete")).json(&said).undocumented(LENIENT).await.ok();
    assert_eq!(done["interaction"]["completedAt"], "2025-06-15T12:31:00Z");
    assert_eq!(api.admin().get(&one).await.ok(), done["interaction"]);
    let found = api.admin().get("/api/interactions?occurredFrom=2025-06-15T12:30:60Z&occurredTo=2025-06-15T12:31:60Z");
    let found = found.undocumented(LENIENT);
    assert_eq!(found.await.ok()["data"].as_array().map(Vec::len), Some(1));
    let beyond = api.admin().get("/api/interactions?occurredFrom=9999-12-31T23:59:60Z").await;
    beyond.problem_of_parameter(400, "parameter_invalid", "occurredFrom");
    let ahead = json!({ "completedAt": "2099-01-01T00:00:00Z" });
    let violations = api.admin().post(&path).json(&ahead).await.violations();
    assert_eq!(violations, [("/completedAt".to_owned(), "in_the_future".to_owned())]);
}

async fn numbers_that_would_be_others_are_refused(database: TestDatabase) {
    let api = Api::new(&database).await;
    let body = r#"{"name": "Lee", "customFields": {"n": 12345678901234567890123, "m": [0.1234567890123456789]}}"#;
    let violations = api.admin().post("/api/customers").body("application/json", body).await.violations();
    let expected = ["/customFields/m/0", "/customFields/n"];
    assert_eq!(violations, expected.map(|pointer| (pointer.to_owned(), "number_inexact".to_owned())));
    let body = r#"{"name": "Lee", "customFields": {"n": -0.0}}"#;
    let violations = api.admin().post("/api/customers").body("application/json", body).await.violations();
    assert_eq!(violations, [("/customFields/n".to_owned(), "number_inexact".to_owned())]);
}
