//! Which tokens are accepted, and for which actor.

use std::time::Duration;

use chrono::Utc;
use crm_core::actor::Role;
use crm_core::ids::{CompanyId, UserId};
use crm_http::auth::{ClaimMapping, IdClaim, SharedSecretOptions};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use crate::support::{Answer, Api, Options, SECRET, tokens};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        claims_are_found_by_their_pointers,
        roles_are_read_in_any_case_and_in_words_of_others,
        of_several_roles_the_mightiest_counts,
        a_role_that_is_not_known_is_refused,
        a_token_holds_until_it_expires_give_or_take_half_a_minute,
        a_token_is_signed_as_we_say_and_not_as_it_says,
        a_token_names_its_audience,
        a_token_must_name_company_and_user,
        keys_of_others_always_mean_the_same_company_and_user,
        the_same_key_of_two_issuers_is_two_companies,
        no_claim_opens_what_the_key_of_another_has_become,
        ids_of_version_5_are_read_where_no_key_becomes_one,
        what_else_the_issuer_signs_is_no_access_token,
        a_token_has_at_most_8_kib,
        a_token_opens_one_company_and_no_request_names_another,
        names_in_tokens_show_in_records,
        a_suspended_company_is_closed,
        a_deleted_company_is_closed,
        nothing_tells_a_token_apart_that_is_wrong,
    ]);
}

async fn settings(api: &Api, token: &str) -> Answer {
    api.with_token(token).get("/api/settings").await
}

async fn with(database: &TestDatabase, tokens: SharedSecretOptions) -> Api {
    Api::with(database, Options { tokens, ..Options::default() }).await
}

async fn claims_are_found_by_their_pointers(database: TestDatabase) {
    let claims = ClaimMapping {
        company: vec!["/tenant/id".to_owned(), "/companyId".to_owned()],
        user: vec!["/user/uid".to_owned()],
        role: vec!["/realm_access/roles".to_owned()],
        name: vec!["/user/fullName".to_owned()],
        email: vec!["/user/mail".to_owned()],
        ..ClaimMapping::default()
    };
    let api = with(&database, SharedSecretOptions { claims, ..tokens() }).await;
    let nested = |company: &str| {
        json!({
            "companyId": null, "sub": null, "role": null, "name": null, "email": null,
            "tenant": { "id": company },
            "user": { "uid": api.user(Role::Admin), "fullName": "Ann Lee", "mail": "ann@example.com" },
            "realm_access": { "roles": ["offline_access", "admin"] },
        })
    };
    let token = api.token_with(Role::Viewer, nested(&api.company.to_string()));
    let customer = api.with_token(&token).post("/api/customers").json(&json!({ "name": "Ben" })).await.expect(201);
    assert_eq!(customer.json()["createdBy"]["id"], json!(api.user(Role::Admin)));
    let users = api.with_token(&token).get("/api/users").await.ok();
    assert_eq!(
        (&users["data"][0]["displayName"], &users["data"][0]["email"]),
        (&json!("Ann Lee"), &json!("ann@example.com"))
    );
    // The second pointer, where the first leads nowhere.
    let mut second = nested("");
    second["tenant"] = Value::Null;
    second["companyId"] = json!(api.company);
    let token = api.token_with(Role::Viewer, second);
    assert_eq!(api.with_token(&token).get("/api/customers").await.ok()["pagination"]["total"], 1);
    // By default a role may also stand below the user.
    let api = Api::new(&database).await;
    let token = api.token_with(Role::Admin, json!({ "role": null, "user": { "role": "viewer" } }));
    api.with_token(&token).post("/api/customers").json(&json!({ "name": "Ben" })).await.problem(403, "forbidden");
}

/// The role that a token with this claim has, by what it may do.
async fn role_of(api: &Api, role: Value) -> Result<Role, Answer> {
    // What another token has just shown is not to be remembered for this one.
    let token = api.token_with(Role::Admin, json!({ "role": role }));
    let client = api.with_token(&token);
    let trail = client.get("/api/audit").await;
    match trail.status {
        200 => return Ok(Role::Admin),
        403 if trail.json()["code"] == "forbidden" => {}
        _ => return Err(trail),
    }
    if client.get("/api/customers?trashed=true").await.status == 200 {
        return Ok(Role::Manager);
    }
    match client.post("/api/customers").json(&json!({ "name": "Ann" })).await.status {
        201 => Ok(Role::SalesRep),
        // Support and viewer differ in what comes later: tags and notes.
        _ => Ok(Role::Viewer),
    }
}

async fn roles_are_read_in_any_case_and_in_words_of_others(database: TestDatabase) {
    let roles = "boss=admin, Chef=manager".parse().expect("a role map");
    let claims = ClaimMapping { roles, ..ClaimMapping::default() };
    let api = with(&database, SharedSecretOptions { claims, ..tokens() }).await;
    for (text, role) in [
        ("admin", Role::Admin),
        ("ADMIN", Role::Admin),
        (" Admin ", Role::Admin),
        ("boss", Role::Admin),
        ("Manager", Role::Manager),
        ("CHEF", Role::Manager),
        ("sales_rep", Role::SalesRep),
        ("Sales-Rep", Role::SalesRep),
        ("sales rep", Role::SalesRep),
        ("user", Role::SalesRep),
        ("Agent", Role::SalesRep),
        ("sales", Role::SalesRep),
        ("VIEWER", Role::Viewer),
    ] {
        match role_of(&api, json!(text)).await {
            Ok(found) => assert_eq!(found, role, "{text}"),
            Err(answer) => panic!("{text}: {answer}"),
        }
    }
}

async fn of_several_roles_the_mightiest_counts(database: TestDatabase) {
    let api = Api::new(&database).await;
    for (list, role) in [
        (json!(["viewer", "manager", "sales_rep"]), Role::Manager),
        (json!(["offline_access", "viewer"]), Role::Viewer),
        (json!(["support", "admin"]), Role::Admin),
    ] {
        assert_eq!(role_of(&api, list.clone()).await.ok(), Some(role), "{list}");
    }
}

async fn a_role_that_is_not_known_is_refused(database: TestDatabase) {
    let api = Api::new(&database).await;
    for role in [json!("king"), json!(""), json!([]), json!(["offline_access"]), json!(7), json!({ "name": "admin" })] {
        let token = api.token_with(Role::Admin, json!({ "role": role }));
        settings(&api, &token).await.problem(403, "role_unknown");
    }
    // As is one that says nothing of a role.
    let token = api.token_with(Role::Admin, json!({ "role": null }));
    settings(&api, &token).await.problem(403, "role_unknown");
}

async fn a_token_holds_until_it_expires_give_or_take_half_a_minute(database: TestDatabase) {
    let api = Api::new(&database).await;
    let at = |seconds: i64| Utc::now().timestamp() + seconds;
    let token = |claims: Value| api.token_with(Role::Admin, claims);
    for good in
        [json!({ "exp": at(60) }), json!({ "exp": at(-20) }), json!({ "nbf": at(20) }), json!({ "nbf": at(-60) })]
    {
        settings(&api, &token(good)).await.expect(200);
    }
    for bad in [
        json!({ "exp": at(-40) }),
        json!({ "nbf": at(45) }),
        json!({ "exp": null }),
        json!({ "exp": "tomorrow" }),
        json!({ "exp": 0 }),
        json!({ "exp": -1 }),
        json!({ "exp": {} }),
    ] {
        settings(&api, &token(bad.clone())).await.problem(401, "token_invalid");
    }
}

async fn a_token_is_signed_as_we_say_and_not_as_it_says(database: TestDatabase) {
    let api = Api::new(&database).await;
    let claims = Value::Object(api.claims(Role::Admin));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let sign = |algorithm| jsonwebtoken::encode(&Header::new(algorithm), &claims, &key).expect("a token");
    settings(&api, &sign(Algorithm::HS256)).await.expect(200);
    let text = |value: &Value| base64_url(value.to_string().as_bytes());
    let head = |algorithm: &str| text(&json!({ "alg": algorithm, "typ": "JWT" }));
    let good = sign(Algorithm::HS256);
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    let body = signed.rsplit_once('.').expect("two parts").1;
    let bad = [
        sign(Algorithm::HS384),
        sign(Algorithm::HS512),
        format!("{}.{body}.", head("none")),
        format!("{}.{body}.{signature}", head("none")),
        format!("{}.{body}.{signature}", head("RS256")),
        format!("{}.{body}.{signature}", head("HS256")),
        format!("{signed}."),
        format!("{signed}.{}", "A".repeat(signature.len())),
        signed.to_owned(),
        format!("{good}.{signature}"),
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(b"another"))
            .expect("a token"),
    ];
    for token in bad {
        settings(&api, &token).await.problem(401, "token_invalid");
    }
    // RFC 7515, section 4.1.11: what is critical and not understood is refused.
    let critical = Header { crit: Some(vec!["b64".to_owned()]), ..Header::new(Algorithm::HS256) };
    let critical = jsonwebtoken::encode(&critical, &claims, &key).expect("a token");
    settings(&api, &critical).await.problem(401, "token_invalid");
}

fn base64_url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

async fn a_token_names_its_audience(database: TestDatabase) {
    let (issuer, audience) = (Some("https://id.example.com".to_owned()), Some("crm".to_owned()));
    let api = with(&database, SharedSecretOptions { issuer, audience, ..tokens() }).await;
    // A token of the service itself has both; what it mints anew is signed by hand.
    settings(&api, &api.token(Role::Admin)).await.expect(200);
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let sign = |changes: Value| {
        let mut claims = Value::Object(api.claims(Role::Admin));
        crm_core::patch::merge(&mut claims, json!({ "iss": "https://id.example.com", "aud": "crm" }));
        crm_core::patch::merge(&mut claims, changes);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).expect("a token")
    };
    for good in [json!({}), json!({ "aud": ["erp", "crm"] })] {
        settings(&api, &sign(good)).await.expect(200);
    }
    for bad in [
        json!({ "iss": null }),
        json!({ "iss": "https://other.example.com" }),
        json!({ "iss": "https://id.example.com/" }),
        json!({ "aud": null }),
        json!({ "aud": "erp" }),
        json!({ "aud": [] }),
        json!({ "aud": "CRM" }),
    ] {
        settings(&api, &sign(bad)).await.problem(401, "token_invalid");
    }
}

async fn a_token_must_name_company_and_user(database: TestDatabase) {
    let api = Api::new(&database).await;
    for claims in [
        json!({ "companyId": null }),
        json!({ "companyId": "" }),
        json!({ "companyId": "   " }),
        json!({ "companyId": format!(" {}", api.company) }),
        json!({ "companyId": format!("{}\u{a0}", api.company) }),
        json!({ "companyId": "acme " }),
        json!({ "companyId": Uuid::nil() }),
        json!({ "companyId": Uuid::max() }),
        // As floating-point numbers these two are one.
        json!({ "companyId": 12345678901234567890123.0 }),
        json!({ "companyId": 12345678901234567890124.0 }),
        json!({ "sub": Uuid::nil() }),
        json!({ "sub": 0.5 }),
        json!({ "companyId": [] }),
        json!({ "companyId": true }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": {} }),
    ] {
        let token = api.token_with(Role::Admin, claims.clone());
        settings(&api, &token).await.problem(401, "token_invalid");
    }
}

async fn keys_of_others_always_mean_the_same_company_and_user(database: TestDatabase) {
    let (one, other) = (Api::new(&database).await, Api::new(&database).await);
    let key = Uuid::new_v4().simple().to_string()[..8].to_owned();
    let number: u32 = u32::from_str_radix(&key[..7], 16).expect("a number");
    for company in [json!(format!("tenant-{key}")), json!(number)] {
        let claims = json!({ "companyId": company, "sub": 42 });
        let customer = one.with_token(&one.token_with(Role::Admin, claims.clone())).post("/api/customers");
        let customer = customer.json(&json!({ "name": "Ann" })).await.ok();
        // Another process, another token: the same company.
        let found = other.with_token(&other.token_with(Role::Admin, claims)).get("/api/customers").await.ok();
        assert_eq!(found["data"], json!([customer]));
        // And a number is the same key as its digits.
        let text = company.as_str().map_or_else(|| company.to_string(), str::to_owned);
        let claims = json!({ "companyId": text, "sub": "42" });
        let again = other.with_token(&other.token_with(Role::Admin, claims)).get("/api/customers").await.ok();
        assert_eq!(again["data"][0]["createdBy"], customer["createdBy"]);
    }
}

async fn the_same_key_of_two_issuers_is_two_companies(database: TestDatabase) {
    let key = Uuid::new_v4().to_string().replace('-', "_");
    let api = Api::new(&database).await;
    let token = |issuer: &str| {
        let claims = json!({ "companyId": key, "sub": "ann", "iss": issuer });
        api.token_with(Role::Admin, claims)
    };
    let (one, other) = (token("https://a.example"), token("https://b.example"));
    api.with_token(&one).post("/api/customers").json(&json!({ "name": "Ann" })).await.expect(201);
    assert_eq!(api.with_token(&one).get("/api/customers").await.ok()["pagination"]["total"], 1);
    assert_eq!(api.with_token(&other).get("/api/customers").await.ok()["pagination"]["total"], 0);
}

/// A UUID in every form that programs read.
fn spellings(id: Uuid) -> Vec<String> {
    let plain = id.to_string();
    let shouted = [plain.to_uppercase(), format!("{{{}}}", plain.to_uppercase())];
    let usual = [id.simple().to_string(), id.braced().to_string(), id.urn().to_string(), format!(" {plain}"), plain];
    shouted.into_iter().chain(usual).collect()
}

/// An issuer that lets its customers choose their keys says whatever they like in these claims.
async fn no_claim_opens_what_the_key_of_another_has_become(database: TestDatabase) {
    const ISSUER: &str = "https://id.example.com";
    let api = Api::new(&database).await;
    let key = format!("tenant-{}", Uuid::new_v4().simple());
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, ISSUER.as_bytes());
    let (company, author) = (CompanyId::from_foreign(namespace, &key), UserId::from_foreign(namespace, "ann"));
    let of = |claims: Value| {
        let mut all = json!({ "companyId": key, "sub": "ann", "iss": ISSUER });
        crm_core::patch::merge(&mut all, claims);
        api.with_token(&api.token_with(Role::Admin, all))
    };
    let customer = of(json!({})).post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.ok();
    assert_eq!(customer["createdBy"]["id"], json!(author), "this is how keys become ids");
    let notes = format!("/api/customers/{}/notes", customer["id"].as_str().expect("an id"));
    let private = json!({ "body": "For me alone", "visibility": "private" });
    of(json!({})).post(&notes).json(&private).await.expect(201);
    for spelling in spellings(company.0) {
        of(json!({ "companyId": spelling })).get("/api/customers").await.problem(401, "token_invalid");
    }
    for spelling in spellings(author.0) {
        of(json!({ "sub": spelling })).get(&notes).await.problem(401, "token_invalid");
    }
    assert_eq!(of(json!({ "sub": "ben" })).get(&notes).await.ok()["data"], json!([]));
    assert_eq!(of(json!({})).get(&notes).await.ok()["data"][0]["body"], "For me alone");
}

async fn ids_of_version_5_are_read_where_no_key_becomes_one(database: TestDatabase) {
    let claims = ClaimMapping { company_as: IdClaim::Uuid, user_as: IdClaim::Key, ..ClaimMapping::default() };
    let api = with(&database, SharedSecretOptions { claims, ..tokens() }).await;
    let company = CompanyId::from_foreign(Uuid::NAMESPACE_DNS, &api.company.to_string());
    let of = |company: Value| api.token_with(Role::Admin, json!({ "companyId": company }));
    settings(&api, &of(json!(company))).await.expect(200);
    for other in spellings(company.0).into_iter().filter(|spelling| *spelling != company.to_string()) {
        settings(&api, &of(json!(other))).await.problem(401, "token_invalid");
    }
    settings(&api, &of(json!("acme"))).await.problem(401, "token_invalid");
    // The user's id is a key of the issuer, whatever it looks like.
    let token = of(json!(company));
    let customer = api.with_token(&token).post("/api/customers").json(&json!({ "name": "Ann" })).await.ok();
    let user = api.user(Role::Admin).to_string();
    let mapped = UserId::from_foreign(Uuid::new_v5(&Uuid::NAMESPACE_URL, b""), &user);
    assert_eq!(customer["createdBy"]["id"], json!(mapped));
}

async fn what_else_the_issuer_signs_is_no_access_token(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (claims, key) = (Value::Object(api.claims(Role::Admin)), EncodingKey::from_secret(SECRET.as_bytes()));
    let of = |typ: Option<&str>| {
        let header = Header { typ: typ.map(str::to_owned), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &key).expect("a token")
    };
    for good in [None, Some("JWT"), Some("jwt"), Some("at+jwt"), Some("application/at+jwt"), Some("AT+JWT")] {
        settings(&api, &of(good)).await.expect(200);
    }
    for bad in ["logout+jwt", "secevent+jwt", "dpop+jwt", "token-introspection+jwt", "id+jwt", "at+jwt ", ""] {
        settings(&api, &of(Some(bad))).await.problem(401, "token_invalid");
    }
}

async fn a_token_has_at_most_8_kib(database: TestDatabase) {
    let api = Api::new(&database).await;
    let of = |length: usize| api.token_with(Role::Admin, json!({ "groups": "x".repeat(length) }));
    let good = of(5_000);
    assert!((6 * 1024..8 * 1024).contains(&good.len()), "{}", good.len());
    settings(&api, &good).await.expect(200);
    for length in [6_200, 45_000] {
        let token = of(length);
        assert!(token.len() > 8 * 1024, "{}", token.len());
        settings(&api, &token).await.problem(401, "token_invalid");
    }
}

async fn a_token_opens_one_company_and_no_request_names_another(database: TestDatabase) {
    let (ours, theirs) = {
        let api = Api::new(&database).await;
        (api.other_company(), api)
    };
    theirs.admin().post("/api/customers").json(&json!({ "name": "Theirs" })).await.expect(201);
    let id = theirs.company.to_string();
    let list = ours.admin().get("/api/customers").header("X-Company-Id", &id).header("X-Tenant-Id", &id).await.ok();
    assert_eq!(list["data"], json!([]), "no header names a company");
    let query = ours.admin().get("/api/customers").query([("companyId", &id)]).await;
    query.problem_of_parameter(400, "unknown_parameter", "companyId");
    let body = json!({ "name": "Ours", "companyId": id });
    ours.admin().post("/api/customers").json(&body).await.problem_at(400, "unknown_field", "/companyId");
    let filter = json!({ "field": "companyId", "op": "eq", "value": id }).to_string();
    let filtered = ours.admin().get("/api/customers").query([("filter", filter)]).await;
    filtered.problem_of_parameter(400, "filter_invalid", "filter");
}

async fn names_in_tokens_show_in_records(database: TestDatabase) {
    let api = Api::new(&database).await;
    let named = |name: &str| api.with_token(&api.token_with(Role::SalesRep, json!({ "name": name })));
    let me = api.user(Role::SalesRep);
    let own = json!({ "name": "Mine", "ownerId": me });
    let customer = named("Sam Sales").post("/api/customers").json(&own).await.ok();
    assert_eq!(customer["owner"], json!({ "id": me, "displayName": "Sam Sales" }));
    // The user has a new name, and writes again.
    named("Sam Seller").post("/api/customers").json(&json!({ "name": "Another" })).await.expect(201);
    let path = format!("/api/customers/{}", customer["id"].as_str().expect("an id"));
    assert_eq!(api.admin().get(path).await.ok()["owner"]["displayName"], "Sam Seller");
    // A token without a name does not wipe it.
    let token = api.token_with(Role::SalesRep, json!({ "name": null, "email": null }));
    api.with_token(&token).post("/api/customers").json(&json!({ "name": "Third" })).await.expect(201);
    let users = api.admin().get("/api/users").await.ok();
    assert_eq!(users["data"][0]["displayName"], "Sam Seller");
}

async fn closed(database: TestDatabase, state: &str, code: &str) {
    let api = Api::new(&database).await;
    let path = {
        let customer = api.admin().post("/api/customers").json(&json!({ "name": "Ann" })).await.ok();
        format!("/api/customers/{}", customer["id"].as_str().expect("an id"))
    };
    api.set_state(state).await;
    // Another process has nothing in its cache; this one may know for five seconds what was.
    let elsewhere = api.elsewhere().await;
    for path in ["/api/customers", "/api/users", "/api/settings", "/api/customers/search?q=ann", &path] {
        elsewhere.admin().get(path).await.problem(403, code);
    }
    elsewhere.admin().post("/api/customers").json(&json!({ "name": "Ben" })).await.problem(403, code);
    elsewhere.admin().patch(&path).json(&json!({ "city": "Bonn" })).await.problem(403, code);
    elsewhere.admin().get("/api/audit").await.problem(403, code);
    elsewhere.admin().get("/api/customers/export").await.problem(403, code);
    elsewhere.admin().post("/api/customers/import").file("name\nBen\n", None).await.problem(403, code);
    let patience = Duration::from_secs(10);
    let here = async || api.admin().get(&path).await.status == 403;
    assert!(testkit::eventually(patience, here).await, "a cache knows no longer than five seconds");
}

async fn a_suspended_company_is_closed(database: TestDatabase) {
    closed(database, "suspended", "company_suspended").await;
}

async fn a_deleted_company_is_closed(database: TestDatabase) {
    closed(database, "deleted", "company_deleted").await;
}

/// The details of an answer do not help an attacker.
async fn nothing_tells_a_token_apart_that_is_wrong(database: TestDatabase) {
    let api = Api::new(&database).await;
    let key = EncodingKey::from_secret(b"a guess that is long enough to be one");
    let claims = |company: CompanyId, user: UserId| {
        let claims = json!({ "companyId": company, "sub": user, "role": "admin", "exp": Utc::now().timestamp() + 60 });
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).expect("a token")
    };
    api.admin().post("/api/customers").json(&json!({ "name": "Ann" })).await.expect(201);
    let known = settings(&api, &claims(api.company, api.user(Role::Admin))).await;
    let unknown = settings(&api, &claims(CompanyId(Uuid::new_v4()), UserId(Uuid::new_v4()))).await;
    let detail = |answer: Answer| answer.problem(401, "token_invalid")["detail"].clone();
    assert_eq!(detail(known), detail(unknown));
}
