//! Users and companies of the service's directory.

use std::time::Duration;

use crm_core::actor::Role;
use crm_http::auth::{ClientCredentials, DirectoryClient, DirectoryClientOptions, Revocations, UpstreamOptions};
use crm_http::directory::DirectorySync;
use crm_http::redis::Redis;
use deadpool_redis::redis::{Client, cmd};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase, UserManagement, redis_url};
use uuid::Uuid;

use super::{LONG, PATIENCE};
use crate::support::Api;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_new_user_can_own_records_at_once,
        users_are_renamed_and_retired,
        a_company_is_suspended_and_opened_again,
        what_redis_tells_of_is_read_at_once,
        while_the_service_is_down_nothing_breaks,
        ids_are_those_of_tokens,
        only_what_has_changed_is_read_again,
        teams_decide_whose_records_are_seen,
    ]);
}

const SOON: Duration = Duration::from_millis(50);

/// A CRM that follows a directory.
struct Following {
    api: Api,
    users: UserManagement,
    _sync: DirectorySync,
}

impl Following {
    async fn start(database: &TestDatabase, interval: Duration, prepare: impl AsyncFnOnce(&UserManagement)) -> Self {
        Self::start_with(database, interval, &Revocations::default(), prepare).await
    }

    async fn start_with(
        database: &TestDatabase,
        interval: Duration,
        revocations: &Revocations,
        prepare: impl AsyncFnOnce(&UserManagement),
    ) -> Self {
        let users = UserManagement::start().await.expect("a user-management service");
        users.know_client("crm", "the secret");
        prepare(&users).await;
        let client = DirectoryClient::new(DirectoryClientOptions {
            service: users.url().parse().expect("a URL"),
            client: ClientCredentials { id: "crm".to_owned(), secret: "the secret".into() },
            issuer: users.url(),
            claims: Default::default(),
            upstream: UpstreamOptions { timeout: PATIENCE, ..UpstreamOptions::default() },
        });
        let api = Api::new(database).await;
        let (crm, pool) = (api.crm.clone(), database.connection.clone());
        let client = client.expect("a client");
        let sync = DirectorySync::start(crm, pool, client, interval, revocations.directory_changes());
        Self { api, users, _sync: sync }
    }

    fn list(&self, user: Uuid, changes: Value) {
        let mut all = json!({
            "companyId": self.api.company, "userId": user, "email": "ann@example.com", "displayName": "Ann Lee",
            "isActive": true,
        });
        for (name, value) in changes.as_object().expect("members") {
            all[name] = value.clone();
        }
        self.users.list_user(&all);
    }

    /// Whether the CRM soon shows a user in this way.
    async fn shows(&self, user: Uuid, name: &Value, is_active: bool) -> bool {
        let shown = async || {
            let shown = self.shown(user).await;
            shown["displayName"] == *name && shown["isActive"] == is_active
        };
        testkit::eventually(PATIENCE, shown).await
    }

    /// What the CRM shows of a user; `null` if it does not know them.
    async fn shown(&self, user: Uuid) -> Value {
        let users = self.api.admin().get("/api/users").await.ok();
        let users = users["data"].as_array().expect("a list");
        users.iter().find(|known| known["id"] == json!(user)).cloned().unwrap_or_default()
    }

    async fn owned(&self, user: Uuid) -> u16 {
        self.api.admin().post("/api/customers").json(&json!({ "name": "Lee & Co", "ownerId": user })).await.status
    }
}

async fn a_new_user_can_own_records_at_once(database: TestDatabase) {
    let crm = Following::start(&database, SOON, async |_| {}).await;
    // More than one page, with a user of another company.
    let users = [(); 5].map(|()| Uuid::new_v4());
    assert_eq!(crm.owned(users[0]).await, 422);
    for user in users {
        crm.list(user, json!({}));
    }
    crm.list(Uuid::new_v4(), json!({ "companyId": Uuid::new_v4() }));
    for user in users {
        assert!(crm.shows(user, &json!("Ann Lee"), true).await);
        assert_eq!(crm.owned(user).await, 201);
    }
}

async fn users_are_renamed_and_retired(database: TestDatabase) {
    let crm = Following::start(&database, SOON, async |_| {}).await;
    let user = Uuid::new_v4();
    crm.list(user, json!({}));
    assert!(crm.shows(user, &json!("Ann Lee"), true).await);
    crm.list(user, json!({ "displayName": "Ann Ray" }));
    assert!(crm.shows(user, &json!("Ann Ray"), true).await);
    crm.list(user, json!({ "displayName": null }));
    assert!(crm.shows(user, &Value::Null, true).await, "a name that is gone is not cleared");
    crm.list(user, json!({ "isActive": false }));
    assert!(crm.shows(user, &json!("Ann Lee"), false).await);
    assert_eq!(crm.owned(user).await, 422);
    crm.list(user, json!({}));
    assert!(crm.shows(user, &json!("Ann Lee"), true).await);
    assert_eq!(crm.owned(user).await, 201);
}

async fn a_company_is_suspended_and_opened_again(database: TestDatabase) {
    let crm = Following::start(&database, SOON, async |_| {}).await;
    let becomes = async |status: &str, code: Option<&str>| {
        crm.users.list_company(&json!({ "companyId": crm.api.company, "name": "Lee & Co", "status": status }));
        let answers = async || {
            let answer = crm.api.admin().get("/api/customers").await;
            answer.json()["code"].as_str() == code
        };
        assert!(testkit::eventually(PATIENCE, answers).await, "{status}");
    };
    becomes("active", None).await;
    becomes("suspended", Some("company_suspended")).await;
    // The users of a suspended company are kept up to date as well.
    let user = Uuid::new_v4();
    crm.list(user, json!({ "displayName": "Later" }));
    becomes("deleted", Some("company_deleted")).await;
    becomes("active", None).await;
    assert!(crm.shows(user, &json!("Later"), true).await);
    // A word of a later version changes nothing.
    becomes("archived", None).await;
}

async fn what_redis_tells_of_is_read_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let revocations = Revocations::default();
    let _feed = revocations.follow(Redis::new(&redis_url()?.to_owned().into(), PATIENCE)?);
    assert!(revocations.are_known_within(PATIENCE).await);
    let crm = Following::start_with(&database, LONG, &revocations, async |_| {}).await;
    let has_begun = async || crm.users.asked().directory > 0;
    assert!(testkit::eventually(PATIENCE, has_begun).await);
    let mut redis = Client::open(redis_url()?)?.get_multiplexed_async_connection().await?;
    let user = Uuid::new_v4();
    crm.list(user, json!({}));
    let change = json!({ "kind": "profile_changed", "company": crm.api.company, "user": user }).to_string();
    let () = cmd("PUBLISH").arg("identity:revocations").arg(change).query_async(&mut redis).await?;
    assert!(crm.shows(user, &json!("Ann Lee"), true).await);
    Ok(())
}

async fn while_the_service_is_down_nothing_breaks(database: TestDatabase) -> anyhow::Result<()> {
    let away = async |users: &UserManagement| users.go_away().await.expect("it goes");
    let crm = Following::start(&database, SOON, away).await;
    let user = Uuid::new_v4();
    crm.list(user, json!({}));
    crm.api.admin().get("/api/customers").await.expect(200);
    crm.users.come_back().await?;
    assert!(crm.shows(user, &json!("Ann Lee"), true).await, "it does not catch up");
    // Nor while it answers nonsense, or refuses us.
    for (status, body) in [(500, "broken"), (200, "nonsense"), (200, "{\"data\":7}"), (401, "{}")] {
        crm.users.answer_with(status, body);
        let asked = crm.users.asked().directory;
        assert!(testkit::eventually(PATIENCE, async || crm.users.asked().directory > asked).await);
        crm.api.admin().get("/api/customers").await.expect(200);
    }
    crm.list(user, json!({ "displayName": "Ann Ray" }));
    crm.users.answer_truly();
    assert!(crm.shows(user, &json!("Ann Ray"), true).await, "it does not catch up");
    Ok(())
}

async fn ids_are_those_of_tokens(database: TestDatabase) {
    let crm = Following::start(&database, SOON, async |_| {}).await;
    let (company, key) = (format!("acme-{}", Uuid::new_v4()), "ann");
    // What cannot be an id in a token is passed over, and the rest is read.
    for (company, user) in [(json!(" acme"), json!(key)), (json!(null), json!(key)), (json!(company), json!(0.5))] {
        crm.list(Uuid::new_v4(), json!({ "companyId": company, "userId": user }));
    }
    crm.list(Uuid::new_v4(), json!({ "companyId": company, "userId": key, "displayName": "Mapped" }));
    let claims = json!({ "iss": crm.users.url(), "companyId": company, "sub": key, "name": null, "email": null });
    let token = crm.api.token_with(Role::Admin, claims);
    let known = async || {
        let answer = crm.api.with_token(&token).get("/api/users").await;
        answer.status == 200 && answer.ok()["data"][0]["displayName"] == "Mapped"
    };
    assert!(testkit::eventually(PATIENCE, known).await, "the user is not found under the ids of tokens");
}

async fn only_what_has_changed_is_read_again(database: TestDatabase) {
    let crm = Following::start(&database, SOON, async |_| {}).await;
    let user = Uuid::new_v4();
    crm.list(user, json!({}));
    assert!(crm.shows(user, &json!("Ann Lee"), true).await);
    let since = async || crm.users.directory_queries().iter().any(|query| query.contains("changedSince="));
    assert!(testkit::eventually(PATIENCE, since).await);
    assert_eq!(crm.users.directory_queries()[0], "");
    // What is known is not written again.
    let before = crm.shown(user).await;
    let asked = crm.users.asked().directory;
    assert!(testkit::eventually(PATIENCE, async || crm.users.asked().directory > asked + 4).await);
    assert_eq!(crm.shown(user).await, before);
}

async fn teams_decide_whose_records_are_seen(database: TestDatabase) {
    let crm = Following::start(&database, SOON, async |_| {}).await;
    let [seller, team, region] = [(); 3].map(|()| Uuid::new_v4());
    crm.list(seller, json!({}));
    assert!(crm.shows(seller, &json!("Ann Lee"), true).await);
    assert_eq!(crm.owned(seller).await, 201);
    crm.api.admin().patch("/api/settings").json(&json!({ "recordAccess": "own" })).await.expect(200);
    let sees = async |count: i64| {
        let manager = crm.api.as_(Role::Manager);
        let seen = async || manager.get("/api/customers?count=exact").await.ok()["pagination"]["total"] == count;
        testkit::eventually(PATIENCE, seen).await
    };
    assert!(sees(0).await);
    let list = |team: Uuid, parent: Option<Uuid>, manager: Option<Uuid>| {
        let company = crm.api.company;
        crm.users.list_team(&json!({
            "companyId": company, "teamId": team, "parentId": parent, "managerId": manager,
        }));
    };
    list(region, None, Some(crm.api.user(Role::Manager).0));
    list(team, Some(region), None);
    crm.list(seller, json!({ "teamIds": [team] }));
    assert!(sees(1).await, "the manager of the region sees the team below");
    // A service that does not tell of teams leaves them as they are.
    crm.list(seller, json!({ "displayName": "Ann Ray" }));
    assert!(crm.shows(seller, &json!("Ann Ray"), true).await && sees(1).await);
    crm.list(seller, json!({ "teamIds": [] }));
    assert!(sees(0).await);
}
