//! `crm-http import-sales`: files of a sales pipeline, what becomes of them, and the numbers over them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};
use uuid::{Uuid, uuid};

use crate::support::{Client, Ended, SECRET, Serving, run};

const COMPANY: Uuid = uuid!("3f2b8a52-6f7c-4d0e-9a51-0c4d5f1e7b22");
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/sales");

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        a_sample_is_loaded_once,
        what_was_closed_since_is_moved,
        the_whole_has_the_numbers_of_its_files,
    ]);
}

fn settings(database: &TestDatabase) -> [(&str, &str); 2] {
    [("DATABASE_URL", &database.url), ("JWT_SECRET", SECRET)]
}

/// Runs it for the files of a directory.
fn import(database: &TestDatabase, directory: &Path, more: &[&str]) -> Ended {
    let path = |name: &str| directory.join(name).to_str().expect("a path").to_owned();
    let company = COMPANY.to_string();
    let (accounts, products) = (path("accounts.csv"), path("products.csv"));
    let (pipeline, teams) = (path("sales_pipeline.csv"), path("sales_teams.csv"));
    let files = ["--accounts", &accounts, "--products", &products, "--pipeline", &pipeline, "--teams", &teams];
    let arguments = [&["import-sales", "--company", &company, "--new-company"][..], &files, more].concat();
    run(&arguments, &settings(database))
}

async fn serving(database: &TestDatabase) -> (Serving, Client) {
    let company = COMPANY.to_string();
    let token = run(&["token", "--company", &company, "--user", "vera", "--role", "admin"], &settings(database)).ok();
    let serving = Serving::start(&["serve"], &settings(database)).await;
    let client = serving.client().with_token(token.trim());
    (serving, client)
}

/// The deals by the ids of their opportunities.
async fn deals(client: &Client) -> BTreeMap<String, Value> {
    let page = client.get("/api/deals?limit=100").await.ok();
    let deals = page["data"].as_array().expect("deals").iter();
    deals.map(|deal| (deal["quoteRef"]["id"].as_str().expect("a reference").to_owned(), deal.clone())).collect()
}

/// What the agents have won, by the file: the rows with the stage, as `docs/sales-data.md` adds them up.
fn won_by_agent(directory: &Path) -> BTreeMap<String, i64> {
    let text = std::fs::read_to_string(directory.join("sales_pipeline.csv")).expect("a file");
    let mut won = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        if cells[4] == "Won" && cells[2] != "Unheard Of" {
            *won.entry(cells[1].to_owned()).or_default() += cells[7].parse::<i64>().expect("a number");
        }
    }
    won
}

/// The same, as the service adds it up.
async fn won_by_the_service(client: &Client) -> BTreeMap<String, i64> {
    let users = client.get("/api/users?limit=100").await.ok();
    let mut won = BTreeMap::new();
    for user in users["data"].as_array().expect("users") {
        let id = user["id"].as_str().expect("an id");
        let totals = client.get("/api/deals/totals").query([("status", "won"), ("ownerId", id)]).await.ok();
        if let Some(amount) = totals["amounts"][0]["amount"].as_i64() {
            won.insert(user["displayName"].as_str().expect("a name").to_owned(), amount / 100);
        }
    }
    won
}

async fn a_sample_is_loaded_once(database: TestDatabase) {
    let told = import(&database, Path::new(SAMPLE), &["--dry-run"]).ok();
    for text in ["8 opportunities, 1 with errors", "product GTXPro is taken for GTX Pro: 2 rows", "row 10: Unheard Of"]
    {
        assert!(told.contains(text), "{text}: {told}");
    }
    assert!(told.contains("sector technolgy is taken for technology: 1 rows"), "{told}");
    let done = import(&database, Path::new(SAMPLE), &[]).ok();
    assert!(
        done.contains("4 created") && done.contains("deals: 8 added, 0 moved, 0 unchanged, 0 in the trash"),
        "{done}"
    );
    let again = import(&database, Path::new(SAMPLE), &[]).ok();
    assert!(again.contains("4 unchanged") && again.contains("deals: 0 added, 0 moved, 8 unchanged"), "{again}");

    let (_serving, client) = serving(&database).await;
    accounts_are_organizations(&client).await;
    let deals = deals(&client).await;
    let won = &deals["S0000001"];
    assert_eq!((&won["name"], &won["status"]), (&json!("GTX Pro for Harbour Works"), &json!("won")));
    assert_eq!(won["amount"], json!({ "amount": 451_400, "currency": "USD" }));
    assert_eq!((&won["createdAt"], &won["closedAt"]), (&json!("2016-10-20T12:00:00Z"), &json!("2017-03-01T12:00:00Z")));
    assert_eq!(won["owner"]["displayName"], "Ada North");
    assert_eq!(deals["S0000002"]["lostReason"], "unknown");
    assert_eq!(deals["S0000005"]["createdAt"], "2017-12-31T12:00:00Z", "the last day of the file");
    let path = format!("/api/deals/{}/stages", won["id"].as_str().expect("an id"));
    let stages = client.get(&path).await.ok();
    let entered: Vec<&Value> =
        stages["data"].as_array().expect("stages").iter().map(|entry| &entry["enteredAt"]).collect();
    assert_eq!(entered, [&json!("2017-03-01T12:00:00Z"), &json!("2016-10-20T12:00:00Z")]);
    let items = client.get(format!("/api/deals/{}/items", won["id"].as_str().expect("an id"))).await.ok();
    assert_eq!(
        (&items["items"][0]["name"], &items["items"][0]["productRef"]["id"]),
        (&json!("GTX Pro"), &json!("GTX Pro"))
    );
    assert_eq!(won_by_the_service(&client).await, won_by_agent(Path::new(SAMPLE)));
    let expected = [("Central", 10_203), ("Mona Lead", 10_203), ("Nils Lead", 50), ("West", 50)];
    let expected = BTreeMap::from(expected.map(|(name, won)| (name.to_owned(), won)));
    assert_eq!(won_by_teams(&client).await, expected);
}

/// What offices, and the agents of each manager, have won.
async fn won_by_teams(client: &Client) -> BTreeMap<String, i64> {
    let months = [("groupBy", "team"), ("from", "2016-10"), ("to", "2017-12")];
    let told = client.get("/api/stats/forecast").query(months).await.ok();
    let mut won = BTreeMap::new();
    for month in told["months"].as_array().expect("months") {
        for row in month["teams"].as_array().expect("teams") {
            if let Some(amount) = row["numbers"]["closed"]["amounts"][0]["amount"].as_i64() {
                *won.entry(row["team"]["name"].as_str().expect("a name").to_owned()).or_default() += amount / 100;
            }
        }
    }
    won
}

async fn accounts_are_organizations(client: &Client) {
    let found = |name: &'static str| async move {
        client.get("/api/customers/by-external").query([("system", "sales-pipeline"), ("id", name)]).await.ok()
    };
    let (harbour, quay) = (found("Harbour Works").await, found("Quay Medical").await);
    assert_eq!((&harbour["industry"], &harbour["kind"]), (&json!("technology"), &json!("organization")));
    assert_eq!(harbour["annualRevenue"], json!({ "amount": 110_004_000_000_i64, "currency": "USD" }));
    assert_eq!((&quay["country"], &quay["parentId"]), (&json!("Philippines"), &harbour["id"]));
    assert_eq!(found("Account not known").await["kind"], "organization");
    let users = client.get("/api/users?limit=100").await.ok();
    let names: Vec<&str> =
        users["data"].as_array().expect("users").iter().filter_map(|user| user["displayName"].as_str()).collect();
    for name in ["Ada North", "Dora Spare", "Mona Lead", "Nils Lead"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
}

async fn what_was_closed_since_is_moved(database: TestDatabase) {
    let directory = tempfile::tempdir().expect("a directory");
    for name in ["accounts.csv", "products.csv", "sales_pipeline.csv", "sales_teams.csv"] {
        std::fs::copy(Path::new(SAMPLE).join(name), directory.path().join(name)).expect("a copy");
    }
    import(&database, directory.path(), &[]).ok();
    let path = directory.path().join("sales_pipeline.csv");
    let text = std::fs::read_to_string(&path).expect("a file");
    let text = text
        .replace("Engaging,11/3/2016,,", "Won,11/3/2016,1/5/2018,54")
        .replace("Prospecting,,,", "Engaging,1/6/2018,,");
    std::fs::write(&path, text).expect("a file");
    let done = import(&database, directory.path(), &[]).ok();
    assert!(done.contains("deals: 0 added, 2 moved, 6 unchanged, 0 in the trash"), "{done}");
    let (_serving, client) = serving(&database).await;
    let deals = deals(&client).await;
    assert_eq!(deals["S0000003"]["amount"]["amount"], 5_400);
    assert_eq!((&deals["S0000003"]["status"], &deals["S0000005"]["status"]), (&json!("won"), &json!("open")));
    assert_eq!(won_by_the_service(&client).await, won_by_agent(directory.path()));
}

/// Only where the files are: `CRM_SALES_DATA` names their directory.
async fn the_whole_has_the_numbers_of_its_files(database: TestDatabase) {
    let Some(directory) = std::env::var_os("CRM_SALES_DATA").map(PathBuf::from) else {
        return;
    };
    import(&database, &directory, &[]).ok();
    let (_serving, client) = serving(&database).await;
    let totals = async |status: &str| client.get("/api/deals/totals").query([("status", status)]).await.ok();
    let (won, lost, open) = (totals("won").await, totals("lost").await, totals("open").await);
    assert_eq!([&won["count"], &lost["count"], &open["count"]], [&json!(4_238), &json!(2_473), &json!(2_089)]);
    assert_eq!(won["amounts"], json!([{ "amount": 1_000_553_400_i64, "currency": "USD" }]));
    assert_eq!(won_by_the_service(&client).await, won_by_agent(&directory));
    let teams = won_by_teams(&client).await;
    assert_eq!(["Central", "East", "West"].map(|office| teams[office]), [3_346_293, 3_090_594, 3_568_647]);
}
