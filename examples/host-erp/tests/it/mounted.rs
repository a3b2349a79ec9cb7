//! The CRM's routes in the ERP's app.

use chrono::{TimeDelta, Utc};
use host_erp::Erp;
use host_erp::tables::{Job, employee, session};
use sea_orm::sea_query::Expr;
use sea_orm::{DatabaseConnection, EntityTrait};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::browser::Browser;
use crate::{HERE, THERE, open};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        every_operation_of_the_document_answers_under_the_mount,
        a_customer_lives_under_the_mount,
        files_go_in_and_out_under_the_mount,
        swagger_ui_is_served_under_the_mount,
        nobody_is_let_in_without_a_session,
        the_rights_of_the_erp_decide,
        two_companies_do_not_see_each_other,
        a_customer_booked_in_the_erp_is_seen_at_once,
    ]);
}

const CUSTOMERS: &str = "/erp/crm/api/customers";
const NO_ID: &str = "00000000-0000-7000-8000-000000000000";

/// The app, with a boss, a bookkeeper and a clerk of a company in front of it.
struct Office {
    erp: Erp,
    db: DatabaseConnection,
    anonymous: Browser,
    boss: Browser,
    bookkeeper: Browser,
    clerk: Browser,
}

impl Office {
    async fn open(database: &TestDatabase) -> anyhow::Result<Self> {
        let (erp, db) = open(database).await?;
        let anonymous = Browser::new(&erp).await;
        let [boss, bookkeeper, clerk] = [
            hire(&erp, &anonymous, HERE, Job::Boss).await?,
            hire(&erp, &anonymous, HERE, Job::Bookkeeper).await?,
            hire(&erp, &anonymous, HERE, Job::Clerk).await?,
        ];
        Ok(Self { erp, db, anonymous, boss, bookkeeper, clerk })
    }

    async fn neighbour(&self, job: Job) -> anyhow::Result<Browser> {
        hire(&self.erp, &self.anonymous, THERE, job).await
    }
}

/// A path with an id of nothing in each place for one.
fn with_ids(template: &str) -> String {
    let segments = template.split('/').map(|segment| match segment.split_once('}') {
        Some((_, extension)) => format!("{NO_ID}{extension}"),
        None => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

async fn hire(erp: &Erp, browser: &Browser, company: i64, job: Job) -> anyhow::Result<Browser> {
    let hired: employee::Model = erp.hire(company, &format!("The {job:?}"), job).await?;
    browser.log_in(erp, &hired).await
}

async fn every_operation_of_the_document_answers_under_the_mount(database: TestDatabase) -> anyhow::Result<()> {
    let office = Office::open(&database).await?;
    let document = office.anonymous.get("/erp/crm/openapi.json").await.ok();
    assert_eq!(document["servers"][0]["url"], "/erp/crm");
    assert_eq!(document["security"], json!([{ "sessionAuth": [] }]));
    let scheme = &document["components"]["securitySchemes"];
    assert_eq!(
        (&scheme["sessionAuth"]["in"], &scheme["sessionAuth"]["name"]),
        (&json!("header"), &json!("X-Erp-Session"))
    );
    assert_eq!(scheme.as_object().map(serde_json::Map::len), Some(1));
    let description = document["info"]["description"].as_str().unwrap_or_default();
    assert!(description.contains("X-Erp-Session") && !description.contains("Bearer"), "{description}");
    assert!(document["tags"].as_array().is_some_and(|tags| tags.iter().all(|tag| tag["name"] != "health")));

    let paths = document["paths"].as_object().expect("paths");
    // A calendar program and a public page have no session: the secret or the key in the path lets them in.
    let is_public = |path: &str| path.starts_with("/calendar/") || path.starts_with("/api/capture/");
    let is_ours = |path: &String| path.starts_with("/api/") || is_public(path);
    assert!(paths.len() >= 10 && paths.keys().all(is_ours), "{:?}", paths.keys());
    for (template, operations) in paths {
        let path = format!("/erp/crm{}", with_ids(template));
        for method in operations.as_object().expect("operations").keys().map(|method| method.to_uppercase()) {
            if !["GET", "PUT", "POST", "PATCH", "DELETE"].contains(&&*method) {
                continue;
            }
            let (status, code) = if is_public(template) { (404, "not_found") } else { (401, "token_missing") };
            office.anonymous.send(&method, &path, &[], None).await.problem(status, code);
            let answer = office.boss.send(&method, &path, &[], None).await;
            // What is missing is a body, a parameter or the record, and never the route.
            assert!(
                [200, 202, 204, 400, 404, 415].contains(&answer.status),
                "{}: {} {}",
                answer.request,
                answer.status,
                answer.text
            );
            if answer.status == 404 {
                assert!(template.contains('{'), "{}", answer.request);
                answer.problem(404, "not_found");
            }
        }
    }
    for path in ["customers", "customers/export", "users", "settings", "audit"] {
        office.boss.get(&format!("/erp/crm/api/{path}")).await.expect(200);
    }
    Ok(())
}

async fn a_customer_lives_under_the_mount(database: TestDatabase) -> anyhow::Result<()> {
    let Office { boss, bookkeeper, .. } = Office::open(&database).await?;
    let made = bookkeeper.post(CUSTOMERS, &json!({ "name": "Lee & Co" })).await.expect(201);
    let (place, tag) = (made.header("location"), made.header("etag"));
    assert_eq!(place, format!("{CUSTOMERS}/{}", made.json()["id"].as_str().expect("an id")));
    assert_eq!(bookkeeper.get(&place).await.ok(), made.json());
    bookkeeper.send("GET", &place, &[("If-None-Match", &tag)], None).await.expect(304);
    bookkeeper.send("HEAD", &place, &[], None).await.expect(200);

    let named = |name: &str| Some(("application/json", json!({ "name": name }).to_string()));
    let patched = bookkeeper.send("PATCH", &place, &[("If-Match", &tag)], named("Lee Ltd")).await.ok();
    assert_eq!(patched["name"], "Lee Ltd");
    let stale = bookkeeper.send("PATCH", &place, &[("If-Match", &tag)], named("Lee AG")).await;
    assert_eq!(stale.problem(412, "version_mismatch")["currentVersion"], 2);
    assert_eq!(bookkeeper.get(&format!("{place}/history")).await.ok()["data"].as_array().map(Vec::len), Some(2));
    bookkeeper.send("PUT", CUSTOMERS, &[], named("Lee")).await.problem(405, "method_not_allowed");
    bookkeeper.get("/erp/crm/api/nothing").await.problem(404, "route_unknown");

    let once = [("Idempotency-Key", "one-and-only")];
    let first = bookkeeper.send("POST", CUSTOMERS, &once, named("Ann")).await.expect(201);
    let second = bookkeeper.send("POST", CUSTOMERS, &once, named("Ann")).await.expect(201);
    assert_eq!((first.header("location"), first.text), (second.header("location"), second.text.clone()));
    assert_eq!(second.header("idempotency-replayed"), "true");

    bookkeeper.post(CUSTOMERS, &json!({ "name": "Zed" })).await.expect(201);
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = bookkeeper.get(&format!("{CUSTOMERS}?limit=1&sort=name{cursor}")).await.ok();
        names.extend(page["data"].as_array().into_iter().flatten().map(|customer| customer["name"].clone()));
        let Some(next) = page["pagination"]["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(names, ["Ann", "Lee Ltd", "Zed"]);

    boss.send("DELETE", &place, &[], None).await.expect(204);
    bookkeeper.get(&place).await.problem(404, "not_found");
    boss.send("POST", &format!("{place}/restore"), &[], None).await.expect(200);
    boss.send("POST", &format!("{place}/purge"), &[], None).await.expect(204);
    Ok(())
}

async fn files_go_in_and_out_under_the_mount(database: TestDatabase) -> anyhow::Result<()> {
    let Office { boss, bookkeeper, .. } = Office::open(&database).await?;
    let part = "Content-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv";
    let form =
        format!("--cut\r\n{part}\r\n\r\nname,email\r\nAnn,ann@example.com\r\nBob,bob@example.com\r\n\r\n--cut--\r\n");
    let form = Some(("multipart/form-data; boundary=cut", form));
    let import = format!("{CUSTOMERS}/import");
    bookkeeper.send("POST", &import, &[], form.clone()).await.problem(403, "forbidden");
    assert_eq!(boss.send("POST", &import, &[], form).await.ok()["created"], 2);
    let file = boss.get(&format!("{CUSTOMERS}/export?format=ndjson")).await.expect(200).text;
    let names: Vec<Value> =
        file.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["name"].take()).collect();
    assert_eq!(names, ["Ann", "Bob"]);
    Ok(())
}

async fn swagger_ui_is_served_under_the_mount(database: TestDatabase) -> anyhow::Result<()> {
    let Office { anonymous, .. } = Office::open(&database).await?;
    let moved = anonymous.get("/erp/crm/docs").await;
    // A relative place: below where the request went.
    assert_eq!((moved.status, moved.header("location").as_str()), (307, "docs/"));
    let page = anonymous.get("/erp/crm/docs/").await.expect(200);
    assert!(page.header("content-type").starts_with("text/html") && page.text.contains("swagger-ui"), "{page:?}");
    let mut assets = 0;
    for asset in page.text.split(['"', '\'']).filter(|text| text.ends_with(".js") || text.ends_with(".css")) {
        let asset = asset.strip_prefix("./").unwrap_or(asset);
        assert!(!asset.starts_with('/'), "{asset} is not looked for below the mount");
        anonymous.get(&format!("/erp/crm/docs/{asset}")).await.expect(200);
        assets += 1;
    }
    assert!(assets >= 3, "{}", page.text);
    let start = anonymous.get("/erp/crm/docs/swagger-initializer.js").await.expect(200).text;
    assert!(start.contains("\"../openapi.json\""), "{start}");
    anonymous.get("/erp/crm/docs/nothing.js").await.expect(404);
    Ok(())
}

async fn nobody_is_let_in_without_a_session(database: TestDatabase) -> anyhow::Result<()> {
    let Office { erp, db, anonymous, clerk, .. } = Office::open(&database).await?;
    let missing = anonymous.get(CUSTOMERS).await;
    let challenge = missing.header("www-authenticate");
    assert_eq!(challenge, "Session realm=\"crm\", in=\"header\", name=\"X-Erp-Session\"");
    assert_eq!(missing.problem(401, "token_missing")["detail"], "the header X-Erp-Session is needed");
    for session in ["", "guessed"] {
        let refused = anonymous.with_session(session).get(CUSTOMERS).await.problem(401, "token_invalid");
        assert_eq!(refused["detail"], "the session has ended");
    }
    // A token of the CRM's own service means nothing here.
    anonymous.send("GET", CUSTOMERS, &[("Authorization", "Bearer a.b.c")], None).await.problem(401, "token_missing");

    clerk.get(CUSTOMERS).await.expect(200);
    clerk.send("DELETE", "/erp/session", &[], None).await.expect(204);
    clerk.get(CUSTOMERS).await.problem(401, "token_invalid");
    clerk.get("/erp/invoices").await.refused_by_erp(401, "log in first");

    let mary = erp.hire(HERE, "Mary Major", Job::Bookkeeper).await?;
    let token = erp.log_in(&mary).await?;
    let mary = anonymous.with_session(&token);
    mary.get(CUSTOMERS).await.expect(200);
    let rows = session::Entity::find().all(&db).await?;
    assert!(!rows.is_empty() && rows.iter().all(|row| !row.digest.contains(&token)), "who reads the table is nobody");
    let ended = Expr::value(Utc::now() - TimeDelta::seconds(1));
    session::Entity::update_many().col_expr(session::Column::ExpiresAt, ended).exec(&db).await?;
    mary.get(CUSTOMERS).await.problem(401, "token_invalid");
    Ok(())
}

async fn the_rights_of_the_erp_decide(database: TestDatabase) -> anyhow::Result<()> {
    let Office { boss, bookkeeper, clerk, .. } = Office::open(&database).await?;
    let lee = json!({ "name": "Lee & Co" });
    let refused = clerk.post(CUSTOMERS, &lee).await.problem(403, "forbidden");
    assert_eq!(refused["detail"], "not allowed: create customers");
    let place = bookkeeper.post(CUSTOMERS, &lee).await.expect(201).header("location");
    clerk.get(&place).await.expect(200);
    clerk.get("/erp/crm/api/users").await.expect(200);
    for browser in [&clerk, &bookkeeper] {
        browser.send("DELETE", &place, &[], None).await.problem(403, "forbidden");
        browser.get("/erp/crm/api/audit").await.problem(403, "forbidden");
    }
    // What was refused by the ERP's rights stands in the CRM's audit trail, under the employee's name.
    let audit = boss.get("/erp/crm/api/audit?limit=100").await.ok();
    let denied = audit["data"].as_array().expect("entries").iter().filter(|entry| entry["outcome"] == "denied").count();
    assert_eq!(denied, 5);
    let users = boss.get("/erp/crm/api/users").await.ok();
    let names: Vec<&Value> = users["data"].as_array().expect("users").iter().map(|user| &user["displayName"]).collect();
    assert_eq!(names, ["The Bookkeeper", "The Boss", "The Clerk"]);
    boss.send("DELETE", &place, &[], None).await.expect(204);
    Ok(())
}

async fn two_companies_do_not_see_each_other(database: TestDatabase) -> anyhow::Result<()> {
    let office = Office::open(&database).await?;
    let (bookkeeper, neighbour) = (&office.bookkeeper, office.neighbour(Job::Boss).await?);
    let lee =
        json!({ "name": "Lee & Co", "email": "office@lee.example", "externalRefs": [{ "system": "erp", "id": "1" }] });
    let here = bookkeeper.post(CUSTOMERS, &lee).await.expect(201).header("location");
    assert_eq!(neighbour.get(CUSTOMERS).await.ok()["data"], json!([]));
    neighbour.get(&here).await.problem(404, "not_found");
    neighbour.send("DELETE", &here, &[], None).await.problem(404, "not_found");
    let found = format!("{CUSTOMERS}/by-external?system=erp&id=1");
    neighbour.get(&found).await.problem(404, "not_found");
    // What is unique is unique in a company.
    let there = neighbour.post(CUSTOMERS, &lee).await.expect(201).json();
    assert_eq!(neighbour.get(&found).await.ok()["id"], there["id"]);
    assert_ne!(bookkeeper.get(&found).await.ok()["id"], there["id"]);
    let audit = neighbour.get("/erp/crm/api/audit").await.ok();
    let trail: Vec<&Value> = audit["data"].as_array().expect("entries").iter().map(|entry| &entry["action"]).collect();
    assert_eq!(trail, ["read", "created"], "{audit}");
    Ok(())
}

async fn a_customer_booked_in_the_erp_is_seen_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let office = Office::open(&database).await?;
    let (bookkeeper, clerk) = (&office.bookkeeper, &office.clerk);
    let names = async || {
        let list = clerk.get(&format!("{CUSTOMERS}?sort=name")).await.ok();
        list["data"].as_array().expect("customers").iter().map(|customer| customer["name"].clone()).collect::<Vec<_>>()
    };
    let form = |number: i64, name: &str| json!({ "number": number, "cents": 12_900, "customer": name });
    let booked = bookkeeper.post("/erp/invoices", &form(1, "Lee & Co")).await.expect(201).json();
    assert_eq!(names().await, ["Lee & Co"]);
    let found = clerk.get(&format!("{CUSTOMERS}/by-external?system=erp&id={}", booked["customer_id"])).await.ok();
    assert_eq!((&found["name"], &found["status"]), (&json!("Lee & Co"), &json!("active")));
    assert_eq!(clerk.get("/erp/invoices").await.ok(), json!([booked]));

    // Neither the invoice nor the customer: the number is taken, or the employee may not do it.
    let taken = bookkeeper.post("/erp/invoices", &form(1, "Another Customer")).await;
    taken.refused_by_erp(409, "there is an invoice with this number");
    clerk.post("/erp/invoices", &form(2, "Another Customer")).await.refused_by_erp(403, "that is not your job");
    assert_eq!(names().await, ["Lee & Co"]);
    assert_eq!(clerk.get("/erp/invoices").await.ok(), json!([booked]));
    assert_eq!(office.neighbour(Job::Clerk).await?.get("/erp/invoices").await.ok(), json!([]));
    Ok(())
}
