//! How users get accounts and passwords: invitations, resets, registration, open sign-up, second factors, API keys.

use crm_core::actor::Role;
use crm_core::page::PageRequest;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};
use totp_rs::Totp;
use user_management::Options;
use user_management::audit::AuditQuery;

use super::cases::{OTHER, stranger};
use super::support::{Answer, Api, Caller, text};
use crate::auth_support::{ANN, PASSWORD};
use crate::support::token_of;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        an_invited_user_signs_in,
        an_invitation_by_mail_is_sent_again,
        guesses_at_an_account_with_an_invitation_are_limited,
        a_forgotten_password_is_reset,
        an_administrator_registers_a_user,
        sign_up_is_closed_unless_opened,
        sign_up_without_mail_adds_a_company,
        sign_up_with_mail_tells_nothing,
        a_second_factor_is_asked_for,
        what_protects_accounts_is_audited,
        api_keys_are_audited,
    ]);
}

/// The actions of the audit trail, oldest first, that begin like this.
async fn audited(api: &Api, prefix: &str) -> Vec<(String, Value)> {
    let admin = crate::support::caller(api.acme, api.world.ann, Role::Admin);
    let page = api.um.audit(&admin).list(&AuditQuery::default(), &PageRequest::default()).await.expect("a page");
    let of_kind = page.data.into_iter().filter(|entry| entry.action.starts_with(prefix));
    let mut all: Vec<_> = of_kind.map(|entry| (entry.at, entry.action, entry.changes)).collect();
    all.sort_by_key(|(at, ..)| *at);
    all.into_iter().map(|(_, action, changes)| (action, changes)).collect()
}

fn actions(entries: &[(String, Value)]) -> Vec<&str> {
    entries.iter().map(|(action, _)| action.as_str()).collect()
}

async fn accept(api: &Api, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "password": password });
    api.anonymous().post("/api/auth/accept-invitation").json(&body).await
}

async fn an_invited_user_signs_in(database: TestDatabase) {
    let api = Api::new(&database).await;
    let body = json!({ "email": "bob@example.com", "role": "sales_rep" });
    let invited = api.admin().await.post("/api/users").json(&body).await.ok();
    let token = token_of(&text(&invited, "/invitation/url"));
    let login =
        || api.anonymous().post("/api/auth/login").json(&json!({ "email": "bob@example.com", "password": OTHER }));
    login().await.problem(401, "credentials_invalid");
    let weak = accept(&api, token.expose_secret(), "short").await.problem(422, "invalid");
    assert_eq!(weak["errors"][0]["pointer"], "/password");
    accept(&api, token.expose_secret(), OTHER).await.expect(204);
    assert_eq!(login().await.ok()["user"]["role"], "sales_rep");
    let again = accept(&api, token.expose_secret(), OTHER).await.problem(422, "link_invalid");
    assert_eq!(again["errors"][0]["pointer"], "/token");
}

async fn an_invitation_by_mail_is_sent_again(database: TestDatabase) {
    let api = Api::with(&database, Options::default(), true).await;
    let admin = api.admin().await;
    let invited = admin.post("/api/users").json(&json!({ "email": "bob@example.com" })).await.ok();
    assert_eq!(invited["invitation"], Value::Null, "nobody but the user sees the link");
    let first = token_of(&api.mails.next().await.text);
    let again = admin.post(format!("/api/users/{}/invitation", text(&invited, "/id"))).await.ok();
    assert_eq!(again["link"], Value::Null);
    let second = token_of(&api.mails.next().await.text);
    accept(&api, first.expose_secret(), OTHER).await.problem(422, "link_invalid");
    accept(&api, second.expose_secret(), OTHER).await.expect(204);
    admin.post(format!("/api/users/{}/invitation", text(&invited, "/id"))).await.problem(409, "invitation_accepted");
}

async fn guesses_at_an_account_with_an_invitation_are_limited(database: TestDatabase) {
    let api = Api::new(&database).await;
    // An administrator of another company invites Ann, and sees the link.
    let zoo = api.with_token(&api.member(api.zoo, Role::Admin).await.1);
    let invited = zoo.post("/api/users").json(&json!({ "email": ANN })).await.ok();
    let token = token_of(&text(&invited, "/invitation/url"));
    for _ in 0..10 {
        accept(&api, token.expose_secret(), OTHER).await.problem(401, "credentials_invalid");
    }
    let answer = accept(&api, token.expose_secret(), PASSWORD).await.expect(429);
    assert!(answer.header("retry-after").is_some_and(|wait| wait.parse::<u64>().is_ok_and(|wait| wait <= 900)));
    answer.problem(429, "too_many_attempts");
    // Ann is not locked out of the rest.
    let ann = api.with_token(&text(&api.login(ANN).await.ok(), "/token"));
    let change = json!({ "currentPassword": PASSWORD, "newPassword": OTHER });
    ann.post("/api/auth/password").json(&change).await.expect(204);
    api.world.advance(900);
    accept(&api, token.expose_secret(), OTHER).await.expect(204);
}

async fn a_forgotten_password_is_reset(database: TestDatabase) {
    let api = Api::with(&database, Options::default(), true).await;
    let session = api.login(ANN).await.expect(200);
    let forgot = json!({ "email": "Ann@Example.com" });
    let answer = api.anonymous().post("/api/auth/forgot-password").json(&forgot).await.expect(202);
    assert!(answer.body.is_empty());
    let mail = api.mails.next().await;
    assert_eq!(mail.to, ANN);
    let reset = |password: &str| {
        let body = json!({ "token": token_of(&mail.text).expose_secret(), "password": password });
        api.anonymous().post("/api/auth/reset-password").json(&body)
    };
    reset("short").await.problem(422, "invalid");
    reset(OTHER).await.expect(204);
    reset(OTHER).await.problem(422, "link_invalid");
    api.login(ANN).await.problem(401, "credentials_invalid");
    api.anonymous().post("/api/auth/refresh").cookie(&session.refresh()).await.problem(401, "session_ended");
    let body = json!({ "email": ANN, "password": OTHER });
    api.anonymous().post("/api/auth/login").json(&body).await.expect(200);
}

async fn an_administrator_registers_a_user(database: TestDatabase) {
    let api = Api::new(&database).await;
    let body = json!({ "email": "bob@example.com", "name": "Bob", "password": OTHER, "role": "support" });
    let register = |caller: &Caller, body: &Value| caller.post("/api/auth/register").json(body);
    register(&api.anonymous(), &body).await.problem(401, "token_missing");
    register(&api.as_(Role::Manager).await, &body).await.problem(403, "forbidden");
    let admin = api.admin().await;
    let added = register(&admin, &body).await.expect(201).json();
    assert_eq!((&added["user"]["role"], &added["user"]["status"]), (&json!("support"), &json!("active")));
    let login = json!({ "email": "bob@example.com", "password": OTHER });
    api.anonymous().post("/api/auth/login").json(&login).await.expect(200);
    register(&admin, &body).await.problem(409, "user_email_taken");
    // As other systems write it, which new clients do not need: the document has one name for each.
    let agent = json!({ "name": "Dora", "emailId": "dora@example.com", "password": OTHER, "role": "Agent" });
    let added = register(&admin, &agent).unchecked().await.expect(201).json();
    assert_eq!((&added["user"]["email"], &added["user"]["role"]), (&json!("dora@example.com"), &json!("sales_rep")));
    let missing = register(&admin, &json!({ "email": "carl@example.com" })).await.problem(422, "invalid");
    assert_eq!(missing["errors"][0]["pointer"], "/password");
}

fn sign_up(api: &Api, email: &str, company: &str) -> super::support::Call {
    let body = json!({ "companyName": company, "email": email, "password": OTHER, "name": "Zed" });
    api.anonymous().post("/api/auth/register").json(&body)
}

fn open() -> Options {
    Options { open_signup: true, ..Options::default() }
}

async fn sign_up_is_closed_unless_opened(database: TestDatabase) {
    let api = Api::new(&database).await;
    sign_up(&api, "zed@example.com", "Zed & Co").await.problem(401, "token_missing");
    assert_eq!(api.world.count("um_companies").await, 2);
}

async fn sign_up_without_mail_adds_a_company(database: TestDatabase) {
    let api = Api::with(&database, open(), false).await;
    let bad = json!({ "email": "no address", "password": OTHER });
    let problem = api.anonymous().post("/api/auth/register").json(&bad).await.problem(422, "invalid");
    let mut pointers: Vec<String> =
        problem["errors"].as_array().unwrap().iter().map(|fault| text(fault, "/pointer")).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/companyName", "/email"], "fields of the form");
    let added = sign_up(&api, "zed@example.com", "Zed & Co").await.expect(201).json();
    assert_eq!((&added["user"]["role"], &added["user"]["status"]), (&json!("admin"), &json!("active")));
    let login = json!({ "email": "zed@example.com", "password": OTHER });
    assert_eq!(api.anonymous().post("/api/auth/login").json(&login).await.ok()["user"]["company"]["name"], "Zed & Co");
    sign_up(&api, ANN, "Zed & Co").await.problem(409, "user_email_taken");
}

async fn sign_up_with_mail_tells_nothing(database: TestDatabase) {
    let api = Api::with(&database, open(), true).await;
    let new = sign_up(&api, "zed@example.com", "Zed & Co").await.expect(201);
    assert_eq!(new.json()["user"], Value::Null);
    let letter = api.mails.next().await;
    let known = sign_up(&api, ANN, "Zed & Co").await.expect(201);
    assert_eq!(new.anonymous(), known.anonymous(), "known and unknown addresses look the same");
    let to_ann = api.mails.next().await;
    assert_eq!((letter.to.as_str(), to_ann.to.as_str()), ("zed@example.com", ANN));
    // Nothing holds before the mail was read.
    let login = |password: &str| json!({ "email": "zed@example.com", "password": password });
    api.anonymous().post("/api/auth/login").json(&login(OTHER)).await.problem(401, "credentials_invalid");
    accept(&api, token_of(&letter.text).expose_secret(), PASSWORD).await.expect(204);
    let user = api.anonymous().post("/api/auth/login").json(&login(PASSWORD)).await.ok();
    assert_eq!((&user["user"]["role"], &user["user"]["company"]["name"]), (&json!("admin"), &json!("Zed & Co")));
    // No address is flooded with mail.
    let flood = async |email: &str| {
        for _ in 0..2 {
            sign_up(&api, email, "More").await.expect(201);
        }
        sign_up(&api, email, "More").await
    };
    let (known, unknown) = (flood(ANN).await, flood("zed@example.com").await);
    assert_eq!(known.anonymous(), unknown.anonymous());
    known.problem(429, "too_many_attempts");
}

async fn a_second_factor_is_asked_for(database: TestDatabase) {
    let api = Api::new(&database).await;
    let ann = api.with_token(&text(&api.login(ANN).await.ok(), "/token"));
    let begun = ann.post("/api/auth/second-factor").await.ok();
    let totp = Totp::from_url(text(&begun, "/otpauthUrl")).expect("a URL for apps");
    let code = || totp.generate(u64::try_from(api.world.now().timestamp()).unwrap()).to_string();
    let confirm = |code: &str| ann.post("/api/auth/second-factor/confirm").json(&json!({ "code": code }));
    confirm("000000").await.problem(401, "second_factor_invalid");
    let recovery = confirm(&code()).await.ok();
    assert_eq!(recovery["recoveryCodes"].as_array().map(Vec::len), Some(10));
    api.world.advance(60);
    let login = |code: Option<&str>| {
        let body = json!({ "email": ANN, "password": PASSWORD, "code": code });
        api.anonymous().post("/api/auth/login").json(&body)
    };
    login(None).await.problem(401, "second_factor_required");
    login(Some("000000")).await.problem(401, "second_factor_invalid");
    login(Some(&code())).await.expect(200);
    login(Some(&code())).await.problem(401, "second_factor_invalid");
    let used = text(&recovery, "/recoveryCodes/0");
    login(Some(&used)).await.expect(200);
    login(Some(&used)).await.problem(401, "second_factor_invalid");
    let off = |password: &str| ann.delete("/api/auth/second-factor").json(&json!({ "password": password }));
    off("wrong").await.problem(401, "credentials_invalid");
    off(PASSWORD).await.expect(204);
    off(PASSWORD).await.problem(409, "second_factor_off");
    login(None).await.expect(200);
}

async fn what_protects_accounts_is_audited(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (user, caller) = stranger(&api, Role::Viewer).await;
    let on = async || {
        let begun = caller.post("/api/auth/second-factor").await.ok();
        let totp = Totp::from_url(text(&begun, "/otpauthUrl")).expect("a URL for apps");
        let code = totp.generate(u64::try_from(api.world.now().timestamp()).unwrap()).to_string();
        caller.post("/api/auth/second-factor/confirm").json(&json!({ "code": code })).await.expect(200);
    };
    on().await;
    api.world.advance(60);
    caller.delete("/api/auth/second-factor").json(&json!({ "password": PASSWORD })).await.expect(204);
    api.world.advance(60);
    on().await;
    api.world.advance(60);
    let path = format!("/api/users/{user}/second-factor");
    api.admin().await.delete(&path).await.expect(204);
    api.admin().await.delete(&path).await.problem(409, "second_factor_off");
    let entries = audited(&api, "user.second_factor").await;
    let expected =
        ["user.second_factor_on", "user.second_factor_off", "user.second_factor_on", "user.second_factor_reset"];
    assert_eq!(actions(&entries), expected);
    // A user who was removed is no user of the company.
    on().await;
    api.admin().await.delete(format!("/api/users/{user}")).await.expect(204);
    api.admin().await.delete(&path).await.problem(404, "not_found");
}

async fn api_keys_are_audited(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin().await;
    let body = json!({ "name": "Shop", "role": "viewer", "permissions": ["customers:export"] });
    let created = admin.post("/api/api-keys").json(&body).await.ok();
    let path = format!("/api/api-keys/{}", text(&created, "/id"));
    api.world.advance(1);
    admin.patch(&path, &json!({ "name": "Web shop" })).await.expect(200);
    api.world.advance(1);
    admin.delete(&path).await.expect(200);
    admin.delete(&path).await.expect(200);
    let entries = audited(&api, "api_key.").await;
    assert_eq!(actions(&entries), ["api_key.created", "api_key.renamed", "api_key.revoked"]);
    assert_eq!(entries[0].1["permissions"], json!(["customers:export"]));
    assert_eq!(entries[1].1, json!({ "name": { "from": "Shop", "to": "Web shop" } }));
    assert!(!format!("{entries:?}").contains(&text(&created, "/key")), "the key is a secret");
}
