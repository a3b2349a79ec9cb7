//! Currency rates over HTTP: what they look like, and what a body does not take.

use crm_core::actor::Role;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{Api, Call};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        rates_are_texts_and_the_base_currency_is_told,
        a_body_of_rates_is_checked_and_its_faults_are_named,
        deals_and_their_sums_follow_the_rates,
    ]);
}

fn set(api: &Api, body: &Value) -> Call {
    api.admin().put("/api/currency-rates").json(body)
}

fn rate(currency: &str, rate: &str) -> Value {
    json!({ "rates": [{ "currency": currency, "rate": rate }] })
}

async fn rates_are_texts_and_the_base_currency_is_told(database: TestDatabase) {
    let api = Api::new(&database).await;
    let none = api.as_(Role::Viewer).get("/api/currency-rates").await.ok();
    assert_eq!(none, json!({ "baseCurrency": "EUR", "rates": [] }));
    let day = json!({ "date": "2020-01-06", "source": "ecb", "rates": [{ "currency": "usd", "rate": "0.89310" }] });
    let current = set(&api, &day).await.ok();
    let first = &current["rates"][0];
    assert_eq!((&first["currency"], &first["rate"], &first["date"]), (&json!("USD"), &json!("0.8931"), &day["date"]));
    assert_eq!(first["source"], "ecb");
    assert_eq!(api.admin().get("/api/currency-rates").await.ok(), current);
    let history = api.admin().get("/api/currency-rates/history?currency=USD&to=2020-12-31").await.ok();
    assert_eq!(history["data"], current["rates"]);
    api.as_(Role::Manager).put("/api/currency-rates").json(&day).await.problem(403, "forbidden");
    assert_eq!(api.other_company().admin().get("/api/currency-rates").await.ok(), none);
}

async fn a_body_of_rates_is_checked_and_its_faults_are_named(database: TestDatabase) {
    let api = Api::new(&database).await;
    for (body, code, pointer) in [
        (json!({}), "missing_field", "/rates"),
        (json!({ "rates": [], "base": "EUR" }), "unknown_field", "/base"),
        (json!({ "rates": [{ "currency": "USD", "rate": 0.92 }] }), "invalid_type", "/rates/0/rate"),
        (rate("USD", "1.0000000000001"), "invalid_type", "/rates/0/rate"),
        (rate("USD", "-1"), "invalid_type", "/rates/0/rate"),
        (rate("dollars", "0.92"), "invalid_type", "/rates/0/currency"),
    ] {
        set(&api, &body).await.problem_at(400, code, pointer);
    }
    let mut future = rate("EUR", "0");
    future["date"] = json!("9998-12-31");
    let found = set(&api, &future).await.violations();
    let expected = [("/date", "out_of_range"), ("/rates/0/currency", "unexpected"), ("/rates/0/rate", "out_of_range")];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    let many: Vec<Value> = (0..201).map(|_| json!({ "currency": "USD", "rate": "1" })).collect();
    let found = set(&api, &json!({ "rates": many })).await.violations();
    assert_eq!(found[0], ("/rates".to_owned(), "too_many".to_owned()));
    let history = |query: &str| api.admin().get(format!("/api/currency-rates/history?{query}"));
    history("currency=EURO").await.problem_of_parameter(400, "parameter_invalid", "currency");
    history("from=soon").await.problem_of_parameter(400, "parameter_invalid", "from");
}

async fn deals_and_their_sums_follow_the_rates(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin();
    let customer =
        admin.post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201).json()["id"].clone();
    for (amount, currency) in [(1_000, "EUR"), (5_000, "USD"), (7_000, "JPY")] {
        let amount = json!({ "amount": amount, "currency": currency });
        let deal = json!({ "customerId": customer, "name": "200 units", "amount": amount });
        admin.post("/api/deals").json(&deal).await.expect(201);
    }
    let totals = async |query: &str| admin.get(format!("/api/deals/totals{query}")).await.ok();
    let before = totals("").await;
    assert_eq!((&before["baseAmount"]["amount"], &before["withoutRate"]), (&json!(1_000), &json!(2)));
    set(&api, &rate("USD", "0.9")).await.expect(200);
    let after = totals("").await;
    assert_eq!((&after["baseAmount"]["amount"], &after["withoutRate"]), (&json!(5_500), &json!(1)));
    assert_eq!((&after["count"], after["amounts"].as_array().map(Vec::len)), (&json!(3), Some(3)));
    let dollars = admin.get("/api/deals?currency=USD").await.ok()["data"][0].clone();
    assert_eq!(dollars["baseAmount"], json!({ "amount": 4_500, "currency": "EUR" }));
    assert_eq!((&dollars["rate"], dollars["rateDate"].is_string()), (&json!("0.9"), true));
    let board = admin.get("/api/deals/board").await.ok();
    assert_eq!(board["stages"][0]["baseAmount"], after["baseAmount"]);
    assert_eq!(totals("?currency=USD").await["baseAmount"]["amount"], 4_500);
    admin.get("/api/deals/totals?sort=name").await.problem_of_parameter(400, "unknown_parameter", "sort");
}
