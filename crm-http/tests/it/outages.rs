//! The database is down, hangs, is busy, or comes back: no request waits without limit, no client gets the blame, and
//! the service recovers automatically.

use std::pin::Pin;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::Bytes;
use crm_core::Crm;
use crm_core::actor::Actor;
use crm_core::sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, TransactionTrait};
use crm_http::auth::{AuthError, Authenticator, SharedSecret};
use crm_http::config::Config;
use crm_http::health::Health;
use crm_http::server::{Server, connect};
use crm_http::{Limits, Service};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Backend, Proxy, Suite, TestDatabase, eventually};

use crate::cases::{CASES, Case};
use crate::support::{Answer, Api, Call, Options, SECRET, defaults, handler, tokens};

/// For what takes a moment on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        // SQLite is in the process.
        postgres: [
            no_operation_fails_or_hangs_while_the_database_is_cut_off,
            no_operation_fails_or_hangs_while_the_database_hangs,
            a_database_that_moves_to_another_host_is_found_again,
            writes_that_are_cut_off_leave_nothing_half_written,
            an_export_breaks_off_when_the_database_hangs,
            what_a_probe_has_found_out_is_told_again,
        ];
        databases: [
            a_full_pool_is_a_503_that_says_when_to_try_again,
            nobody_waits_for_ever_to_be_let_in,
        ];
        own: [
            what_another_holds_is_a_503_until_it_is_released,
            a_request_is_answered_at_its_deadline,
        ]
    );
}

/// A pool of the test's own, made as the service makes it.
pub async fn pool(url: &str, settings: &[(&str, &str)]) -> DatabaseConnection {
    let usual = [("DATABASE_URL", url), ("JWT_SECRET", SECRET), ("DATABASE_ACQUIRE_TIMEOUT", "1s")];
    let all = usual.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let config = Config::read(None, all.collect()).expect("sound settings");
    connect(&config.database).await.expect("a pool")
}

/// Another process with the same company, on this pool, that gives up soon.
async fn on(api: &Api, pool: DatabaseConnection) -> Api {
    // Streams are read to their end.
    let (request_time, stream_time) = (Duration::from_secs(2), Duration::from_millis(50));
    let limits = Limits { request_time, stream_time, ..Limits::default() };
    api.elsewhere_with(Options { pool: Some(pool), limits, ..Options::default() }).await
}

/// One process on the database itself, which makes records, and one behind a proxy, which is tested.
async fn behind_a_proxy(database: &TestDatabase, connections: &str) -> (Api, Proxy, Api) {
    let (proxy, url) = Proxy::before(&database.url).await.expect("a proxy");
    let near = Api::new(database).await;
    let far = on(&near, pool(&url, &[("DATABASE_MAX_CONNECTIONS", connections)]).await).await;
    (near, proxy, far)
}

/// Fails unless the answer says that another try may go well, and when.
#[track_caller]
fn assert_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer}");
    let seconds: Option<u32> = answer.header("retry-after").and_then(|text| text.parse().ok());
    assert!(seconds.is_some_and(|seconds| seconds > 0), "{answer}");
    let code = answer.json()["code"].clone();
    assert!(code == "unavailable" || code == "deadline_exceeded", "{answer}");
}

async fn status(api: &Api, path: &str) -> u16 {
    api.anonymous().get(path).await.status
}

/// The operations that need the database, each with a record of its own.
async fn prepared(api: &Api) -> Vec<(Case, String)> {
    let mut prepared = Vec::new();
    for case in CASES.iter().filter(|case| case.document().path.starts_with("/api/")) {
        let id = case.made(api).await;
        prepared.push((*case, id));
    }
    prepared
}

async fn outage(near: Api, far: Api, proxy: &Proxy, cut: bool) {
    let operations = prepared(&near).await;
    // Connections that were good before the outage.
    join_all((0..4).map(|_| far.admin().get("/api/customers").into_future())).await;
    assert_eq!(status(&far, "/health/ready").await, 200);
    if cut { proxy.cut().await } else { proxy.hang().await }.expect("a proxy");

    let admin = far.admin();
    let answers = join_all(operations.iter().map(|(case, id)| case.call(&admin, id).into_future()));
    for answer in tokio::time::timeout(PATIENCE, answers).await.expect("nothing hangs") {
        assert_unavailable(&answer);
    }
    for (path, expected) in [("/health/live", 200), ("/health", 200), ("/health/ready", 503), ("/health/db", 503)] {
        assert_eq!(status(&far, path).await, expected, "{path}");
    }
    let detailed = admin.get("/health/detailed").await.ok();
    assert_eq!(detailed["status"], "unavailable");
    assert_eq!(
        (&detailed["dependencies"][0]["name"], &detailed["dependencies"][0]["status"]),
        (&json!("database"), &json!("down"))
    );

    proxy.restore().await.expect("a proxy");
    for path in ["/health/ready", "/health/db"] {
        assert!(eventually(PATIENCE, async || status(&far, path).await == 200).await, "{path} stays off");
    }
    // What could not be done is done now, once, when it is sent again.
    for (case, id) in operations {
        let mut last = None;
        let good = async || {
            let answer = last.insert(case.call(&far.admin(), &id).await);
            answer.status == case.document().success()
        };
        assert!(eventually(PATIENCE, good).await, "it does not come back: {}", last.expect("an answer"));
    }
}

async fn no_operation_fails_or_hangs_while_the_database_is_cut_off(database: TestDatabase) {
    let (near, proxy, far) = behind_a_proxy(&database, "8").await;
    outage(near, far, &proxy, true).await;
}

async fn no_operation_fails_or_hangs_while_the_database_hangs(database: TestDatabase) {
    let (near, proxy, far) = behind_a_proxy(&database, "8").await;
    outage(near, far, &proxy, false).await;
}

/// The old host says nothing any more, not even goodbye: every place of the pool holds a connection to it.
async fn a_database_that_moves_to_another_host_is_found_again(database: TestDatabase) {
    let (proxy, url) = Proxy::before(&database.url).await.expect("a proxy");
    let pool = pool(&url, &[("DATABASE_MAX_CONNECTIONS", "2")]).await;
    let far = on(&Api::new(&database).await, pool.clone()).await;
    let list = || far.admin().get("/api/customers");
    join_all((0..8).map(|_| list().into_future())).await;
    // A connection that is being returned is tested by the pool, which then waits for the old host without a limit.
    let places = pool.get_postgres_connection_pool();
    let are_back = async || u32::try_from(places.num_idle()) == Ok(places.size());
    assert!(eventually(PATIENCE, are_back).await, "{} of {} idle", places.num_idle(), places.size());
    proxy.strand().await.expect("a proxy");
    for answer in join_all((0..2).map(|_| list().into_future())).await {
        assert_unavailable(&answer);
    }
    assert!(eventually(PATIENCE, async || list().await.status == 200).await, "it waits for the old host");
    let body = json!({ "name": "After all" });
    let create = async || far.admin().post("/api/customers").json(&body).await.status == 201;
    assert!(eventually(PATIENCE, create).await);
}

/// A customer that takes several statements.
fn rich(number: usize) -> Value {
    json!({
        "name": format!("Customer {number}"),
        "email": format!("customer-{number}@example.com"),
        "externalRefs": [{ "system": "erp", "id": number.to_string() }, { "system": "shop", "id": number.to_string() }],
    })
}

async fn writes_that_are_cut_off_leave_nothing_half_written(database: TestDatabase) {
    const WRITES: usize = 12;
    let (near, proxy, far) = behind_a_proxy(&database, "4").await;
    let admin = far.admin();
    let write = |number: usize| admin.post("/api/customers").json(&rich(number)).once(format!("key-{number}"));
    write(0).await.expect(201);
    let (mut next, mut unanswered) = (1, 0);
    for round in 0..8 {
        let numbers = next..next + WRITES;
        next = numbers.end;
        let writes = join_all(numbers.clone().map(|number| write(number).into_future()));
        let outage = async {
            // Somewhere in their midst, each time a little later.
            tokio::time::sleep(Duration::from_millis(4 * round)).await;
            if round % 2 == 0 { proxy.cut().await } else { proxy.hang().await }.expect("a proxy");
        };
        let (answers, ()) = tokio::join!(writes, outage);
        let done = answers.iter().filter(|answer| answer.status == 201).count();
        answers.iter().filter(|answer| answer.status != 201).for_each(assert_unavailable);
        unanswered += answers.len() - done;
        proxy.restore().await.expect("a proxy");

        // What was answered is there; what was not may be, but then as a whole.
        let customers = near.count("crm_customers").await;
        assert!(customers >= i64::try_from(done).expect("few"), "{done} were answered, {customers} are there");
        assert_whole(&near).await;
        // Sent again under its key, each has had one effect.
        for number in numbers {
            let good = async || write(number).await.status == 201;
            assert!(eventually(PATIENCE, good).await, "customer {number} cannot be added");
        }
        assert_eq!(near.count("crm_customers").await, i64::try_from(next).expect("few"));
        assert_whole(&near).await;
    }
    assert!(unanswered > 0, "nothing was cut off");
}

/// Every customer has their references and three records. One statement counts it all, since others may go on writing.
async fn assert_whole(api: &Api) {
    let customers = api.count("crm_customers").await;
    let whole = async || {
        let customers = api.count("crm_customers").await;
        let references = api.count("crm_customer_external_refs").await;
        api.records().await == [customers; 3]
            && references == 2 * customers
            && customers == api.count("crm_customers").await
    };
    // A transaction that was cut off ends when the server notices.
    assert!(eventually(PATIENCE, whole).await, "{customers} customers, records: {:?}", api.records().await);
}

async fn an_export_breaks_off_when_the_database_hangs(database: TestDatabase) {
    let (near, proxy, far) = behind_a_proxy(&database, "2").await;
    let rows: String = (0..700).map(|number| format!("Customer {number}\n")).collect();
    near.admin().post("/api/customers/import").file(format!("Name\n{rows}"), None).await.expect(200);
    let export = || far.admin().get("/api/customers/export?format=ndjson");
    let whole = export().await.expect(200);
    assert_eq!(whole.text().lines().count(), 700);

    let response = export().open().await;
    assert_eq!(response.status().as_u16(), 200);
    let mut body = response.into_body();
    assert!(!chunk(&mut body).await.expect("a piece").is_empty());
    proxy.hang().await.expect("a proxy");
    let rest = tokio::time::timeout(PATIENCE, to_bytes(body)).await.expect("it ends");
    assert!(rest.is_err(), "half a file must not look like a whole one");
    proxy.restore().await.expect("a proxy");
    let good = async || export().await.text().lines().count() == 700;
    assert!(eventually(PATIENCE, good).await);
}

async fn chunk(body: &mut BoxBody) -> Option<Bytes> {
    std::future::poll_fn(|context| Pin::new(&mut *body).poll_next(context)).await?.ok()
}

async fn a_full_pool_is_a_503_that_says_when_to_try_again(database: TestDatabase) {
    let near = Api::new(&database).await;
    let pool = pool(&database.url, &[("DATABASE_MAX_CONNECTIONS", "1")]).await;
    let api = on(&near, pool.clone()).await;
    assert_eq!(status(&api, "/health/ready").await, 200);
    // A read, so that no other request waits for it.
    let holder = pool.begin().await.expect("a transaction");
    for call in [api.admin().get("/api/customers"), api.admin().post("/api/customers").json(&json!({ "name": "Ann" }))]
    {
        let answer = call.await;
        assert_unavailable(&answer);
        answer.problem(503, "unavailable");
    }
    // The database is well, so a restart or another instance would mend nothing.
    let ready = api.anonymous().get("/health/ready").await.expect(200);
    assert_eq!(ready.json()["status"], "degraded");
    holder.rollback().await.expect("a rollback");
    let good = async || api.admin().get("/api/customers").await.status == 200;
    assert!(eventually(PATIENCE, good).await);
}

/// However many ask, the database is asked once in a while.
async fn what_a_probe_has_found_out_is_told_again(database: TestDatabase) {
    let (proxy, url) = Proxy::before(&database.url).await.expect("a proxy");
    let pool = pool(&url, &[("DATABASE_MAX_CONNECTIONS", "2")]).await;
    let of_age = |health_age| Options { pool: Some(pool.clone()), health_age, ..Options::default() };
    let (kept, fresh) = (
        Api::with(&database, of_age(Duration::from_secs(3600))).await,
        Api::with(&database, of_age(Duration::ZERO)).await,
    );
    for api in [&kept, &fresh] {
        assert_eq!((status(api, "/health/ready").await, status(api, "/health/db").await), (200, 200));
    }
    proxy.cut().await.expect("a proxy");
    assert_eq!((status(&fresh, "/health/ready").await, status(&fresh, "/health/db").await), (503, 503));
    let told = join_all((0..50).map(|_| status(&kept, "/health/ready"))).await;
    assert!(told.iter().all(|status| *status == 200), "{told:?}");
    assert_eq!(status(&kept, "/health/db").await, 200);
}

/// A directory that never answers.
struct Silent;

#[async_trait::async_trait(?Send)]
impl Authenticator for Silent {
    async fn authenticate(&self, _: &HttpRequest) -> Result<Actor, AuthError> {
        std::future::pending().await
    }
}

async fn nobody_waits_for_ever_to_be_let_in(database: TestDatabase) {
    let (crm, tokens) = (Crm::default(), SharedSecret::new(tokens()));
    let limits = Limits { request_time: Duration::from_millis(200), ..Limits::default() };
    let service = Service::new(crm.clone(), database.connection.clone(), Silent).with_limits(limits);
    let app = Server::new(service, Health::new(database.connection.clone(), None, None), defaults()).app();
    let api = Api::of(handler(init_service(app).await, TestRequest::to_request), &database, crm, tokens);
    for path in ["/api/customers", "/api/nothing", "/health/detailed"] {
        let call = api.admin().get(path).undocumented("nobody is let in, so nobody learns what is there");
        let answer = tokio::time::timeout(PATIENCE, call.into_future()).await.expect("it does not hang");
        assert!(answer.header("retry-after").is_some(), "{answer}");
        answer.problem(503, "identity_unavailable");
    }
    assert_eq!(status(&api, "/health/live").await, 200);
}

/// A customer of a migrated database of its own, and another process that holds its lock.
async fn held(database: &TestDatabase) -> (Api, String, DatabaseTransaction) {
    let near = Api::new(database).await;
    let customer = near.admin().post("/api/customers").json(&json!({ "name": "Ann", "city": "Bonn" })).await.ok();
    let id = customer["id"].as_str().expect("an id").to_owned();
    let holder = crm_core::begin_write(&database.connection).await.expect("a transaction");
    if database.backend == Backend::Postgres {
        holder.execute_unprepared("SELECT 1 FROM crm_customers FOR UPDATE").await.expect("a lock");
    }
    (near, format!("/api/customers/{id}"), holder)
}

fn moves(api: &Api, path: &str) -> Call {
    api.admin().patch(path).json(&json!({ "city": "Boston" }))
}

async fn what_another_holds_is_a_503_until_it_is_released(database: TestDatabase) {
    let (near, path, holder) = held(&database).await;
    let pool = pool(&database.url, &[("DATABASE_LOCK_TIMEOUT", "500ms")]).await;
    let api = near.elsewhere_with(Options { pool: Some(pool), ..Options::default() }).await;
    for call in [moves(&api, &path), api.admin().post(format!("{path}/purge")).once("key")] {
        let answer = call.await;
        assert_unavailable(&answer);
        answer.problem(503, "unavailable");
    }
    // Reads are not held up.
    assert_eq!(api.admin().get(&path).await.ok()["city"], "Bonn");
    assert_eq!(status(&api, "/health/ready").await, 200);
    holder.rollback().await.expect("a rollback");
    assert_eq!(moves(&api, &path).await.ok()["city"], "Boston");
}

async fn a_request_is_answered_at_its_deadline(database: TestDatabase) {
    let (near, path, holder) = held(&database).await;
    // Nothing else ends the wait, or not before: SQLite waits five seconds for a writer.
    let for_ever = [("DATABASE_LOCK_TIMEOUT", "0"), ("DATABASE_STATEMENT_TIMEOUT", "0")];
    let api = on(&near, pool(&database.url, &for_ever).await).await;
    let before = near.records().await;
    let late = tokio::time::timeout(PATIENCE, moves(&api, &path).into_future()).await.expect("it does not hang");
    assert_unavailable(&late);
    late.problem(503, "deadline_exceeded");
    holder.rollback().await.expect("a rollback");
    // The connection is as good as before, and nothing is left of what was given up.
    let good = async || moves(&api, &path).if_match("\"1-\"").await.status == 200;
    assert!(eventually(PATIENCE, good).await);
    let [changes, audit, outbox] = before;
    assert_eq!(near.records().await, [changes + 1, audit + 1, outbox + 1]);
}
