//! Several instances share verified claims.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use crm_http::auth::{CacheOptions, FactsKey, Introspection, IntrospectionOptions, SharedFacts, Verifier};
use serde_json::json;
use testkit::{Suite, TestDatabase, UserManagement};

use super::{Delegated, LONG, introspection};
use crate::support::{Api, Options};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        what_one_instance_knows_the_others_know,
        what_is_too_old_is_asked_again_by_the_instance_that_finds_it,
        a_revocation_that_one_instance_notices_is_one_for_all,
        nothing_in_the_store_opens_anything,
        what_others_have_written_counts_for_nothing,
        instances_with_other_settings_do_not_meet,
    ]);
}

/// A store that keeps what it is given, as long as the test runs.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<HashMap<String, (Vec<u8>, Duration)>>>);

impl Store {
    fn entries(&self) -> HashMap<String, (Vec<u8>, Duration)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl Fn(&mut Vec<u8>)) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values_mut().for_each(|(value, _)| change(value));
    }
}

#[async_trait]
impl SharedFacts for Store {
    async fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.entries().remove(name).map(|(value, _)| value)
    }

    async fn put(&self, name: &str, sealed: Vec<u8>, ttl: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), (sealed, ttl));
    }

    async fn remove(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

/// Instances of one service, with one store, which the tests' tokens name the same company to.
struct Instances {
    users: UserManagement,
    store: Store,
}

impl Instances {
    async fn new() -> Self {
        Self { users: UserManagement::start().await.expect("a user-management service"), store: Store::default() }
    }

    async fn another(&self, database: &TestDatabase, change: impl FnOnce(&mut IntrospectionOptions)) -> Api {
        let mut options = introspection(&self.users);
        options.key = FactsKey::of(b"what all instances know");
        change(&mut options);
        let introspection = Introspection::new(options, Some(Arc::new(self.store.clone()))).expect("a client");
        let verifier = Some(Verifier::Introspection(introspection));
        Api::with(database, Options { verifier, ..Options::default() }).await
    }

    fn token(&self) -> String {
        self.users
            .issue(&json!({ "companyId": uuid::Uuid::new_v4(), "sub": "ann", "role": "admin", "name": "Ann Lee" }))
    }
}

async fn status(api: &Api, token: &str) -> u16 {
    api.with_token(token).get("/api/customers").await.status
}

async fn what_one_instance_knows_the_others_know(database: TestDatabase) {
    let all = Instances::new().await;
    let (one, other) = (all.another(&database, |_| {}).await, all.another(&database, |_| {}).await);
    let token = all.token();
    for api in [&one, &other, &one, &other] {
        assert_eq!(status(api, &token).await, 200);
    }
    assert_eq!(all.users.asked().introspections, 1);
    // What was known before it was away is known to one that starts now, too.
    all.users.go_away().await.expect("it is away");
    assert_eq!(status(&all.another(&database, |_| {}).await, &token).await, 200);
}

async fn what_is_too_old_is_asked_again_by_the_instance_that_finds_it(database: TestDatabase) {
    let all = Instances::new().await;
    let one = all.another(&database, |_| {}).await;
    let token = all.token();
    assert_eq!(status(&one, &token).await, 200);
    let strict = CacheOptions { ttl: Duration::ZERO, stale: LONG };
    let other = all.another(&database, |options| options.cache = strict).await;
    assert_eq!(status(&other, &token).await, 200);
    assert_eq!(all.users.asked().introspections, 2);
    // But while the service is down, it is used.
    all.users.go_away().await.expect("it is away");
    let third = all.another(&database, |options| options.cache = strict).await;
    assert_eq!(status(&third, &token).await, 200);
    let never = CacheOptions { ttl: Duration::ZERO, stale: Duration::ZERO };
    assert_eq!(status(&all.another(&database, |options| options.cache = never).await, &token).await, 503);
}

async fn a_revocation_that_one_instance_notices_is_one_for_all(database: TestDatabase) {
    let all = Instances::new().await;
    let token = all.token();
    assert_eq!(status(&all.another(&database, |_| {}).await, &token).await, 200);
    all.users.revoke(&token);
    let strict = |options: &mut IntrospectionOptions| options.cache.ttl = Duration::ZERO;
    assert_eq!(status(&all.another(&database, strict).await, &token).await, 401);
    assert_eq!(all.store.entries().len(), 0);
    assert_eq!(status(&all.another(&database, |_| {}).await, &token).await, 401);
}

async fn nothing_in_the_store_opens_anything(database: TestDatabase) {
    let all = Instances::new().await;
    let token = all.token();
    assert_eq!(status(&all.another(&database, |_| {}).await, &token).await, 200);
    let entries = all.store.entries();
    assert_eq!(entries.len(), 1);
    for (name, (value, ttl)) in entries {
        assert!(!name.contains(&token) && !String::from_utf8_lossy(&value).contains(&token));
        assert_eq!(name.len(), 64, "a digest: {name}");
        assert!(ttl <= LONG);
    }
}

async fn what_others_have_written_counts_for_nothing(database: TestDatabase) {
    let all = Instances::new().await;
    let viewer = json!({ "companyId": uuid::Uuid::new_v4(), "sub": "ann", "role": "viewer" });
    let token = all.users.issue(&viewer);
    assert_eq!(status(&all.another(&database, |_| {}).await, &token).await, 200);
    // Writing to the store without being able to read it gains nothing.
    all.store.change(|value| {
        let middle = value.len() / 2;
        value[middle] ^= 1;
    });
    let other = all.another(&database, |_| {}).await;
    other.with_token(&token).get("/api/audit").await.problem(403, "forbidden");
    assert_eq!(all.users.asked().introspections, 2, "what was changed is asked again");
    for garbage in [vec![], vec![0; 31], b"{}".to_vec()] {
        all.store.change(|value| value.clone_from(&garbage));
        assert_eq!(status(&all.another(&database, |_| {}).await, &token).await, 200);
    }
    assert_eq!(all.users.asked().introspections, 5);
}

async fn instances_with_other_settings_do_not_meet(database: TestDatabase) {
    let all = Instances::new().await;
    let token = all.users.issue(&json!({ "companyId": "acme", "sub": "ann", "role": "admin", "groups": ["viewer"] }));
    let one = all.another(&database, |_| {}).await;
    one.with_token(&token).get("/api/audit").await.expect(200);
    let other = all.another(&database, |options| options.claims.role = vec!["/groups".to_owned()]).await;
    other.with_token(&token).get("/api/audit").await.problem(403, "forbidden");
    let stranger = all.another(&database, |options| options.key = FactsKey::default()).await;
    assert_eq!(status(&stranger, &token).await, 200);
    assert_eq!(all.users.asked().introspections, 3);
    let with_rules = Delegated::introspecting(&database, |_| {}).await;
    assert_eq!(with_rules.answer(&token).await.status, 401, "another service does not know it");
}
