//! The console of the program, whose users log in at a provider of OpenID Connect.

use actix_web::http::StatusCode;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::json;
use testkit::{OpenIdProvider, Suite};

use crate::support::{PATIENCE, Serving, run};

const ADDRESS: &str = "http://crm.example";
const SECRET: &str = "s3cret-of-the-console";

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [
        users_log_in_at_the_provider_of_the_settings,
        what_the_provider_needs_must_be_there,
    ]);
}

/// A browser without redirects; it has the cookies of the last answer that set some.
struct Browser {
    client: Client,
    base: String,
    cookies: String,
}

impl Browser {
    fn new(port: u16) -> Self {
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE);
        Self { client: client.build().unwrap(), base: format!("http://127.0.0.1:{port}"), cookies: String::new() }
    }

    async fn send(&mut self, request: RequestBuilder) -> Response {
        let answer = request.header("cookie", &self.cookies).send().await.unwrap();
        let set: Vec<_> = answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
        let pairs: Vec<_> = set.iter().filter_map(|cookie| cookie.split(';').next()).collect();
        if !pairs.is_empty() {
            self.cookies = pairs.join("; ");
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Response {
        self.send(self.client.get(format!("{}{path}", self.base))).await
    }

    async fn redirect(&mut self, path: &str) -> String {
        location(&self.get(path).await)
    }
}

#[track_caller]
fn location(answer: &Response) -> String {
    let address = answer.headers().get("location").unwrap_or_else(|| panic!("{answer:?}"));
    address.to_str().unwrap().to_owned()
}

async fn users_log_in_at_the_provider_of_the_settings() -> anyhow::Result<()> {
    let provider = OpenIdProvider::start("console", Some(SECRET), &format!("{ADDRESS}/log-in/callback")).await?;
    provider.know(&json!({ "sub": "ann", "companyId": "acme", "role": "admin", "name": "Ann Lee" }));
    let directory = tempfile::tempdir()?;
    let (database, issuer) = (format!("sqlite://{}", directory.path().join("crm.db").display()), provider.url());
    let environment = [
        ("DATABASE_URL", database.as_str()),
        ("MIGRATE_ON_START", "true"),
        ("AUDIT_KEY", "the-key-of-the-audit-of-the-console"),
        ("AUTH_MODE", "jwks"),
        ("USER_MANAGEMENT_URL", &issuer),
        ("JWT_ISSUER", &issuer),
        ("JWT_AUDIENCE", "crm"),
        ("CONSOLE", "on"),
        ("PUBLIC_URL", ADDRESS),
        ("OIDC_ISSUER", &issuer),
        ("OIDC_CLIENT_ID", "console"),
        ("OIDC_CLIENT_SECRET", SECRET),
        ("OIDC_NAME", "Acme ID"),
        ("LOG_LEVEL", "debug"),
        ("SHUTDOWN_DELAY", "0s"),
    ];
    let serving = Serving::start(&["serve"], &environment).await;
    let mut browser = Browser::new(serving.port);
    assert!(browser.get("/log-in").await.text().await?.contains("Log in with Acme ID"));
    let page = browser.redirect("/customers").await;
    let url = browser.redirect(&page).await;
    let back = location(&browser.client.get(url).send().await?);
    let back = back.strip_prefix(ADDRESS).unwrap().to_owned();
    assert_eq!(browser.redirect(&back).await, "/customers");
    let page = browser.get("/customers").await.text().await?;
    assert!(page.contains("Ann Lee"), "{page}");
    // The token is one of the API; the ID token is none.
    let (access_token, id_token) = provider.last_tokens().unwrap();
    let api = serving.client();
    api.clone().with_token(&access_token).get("/api/customers").await.expect(200);
    api.with_token(&id_token).get("/api/customers").await.problem(401, "token_invalid");
    // The session outlives the process.
    let output = serving.process.output();
    drop(serving);
    let serving = Serving::start(&["serve"], &environment).await;
    browser.base = format!("http://127.0.0.1:{}", serving.port);
    assert_eq!(browser.get("/customers").await.status().as_u16(), StatusCode::OK.as_u16());
    let out = browser.client.post(format!("{}/log-out", browser.base)).header("sec-fetch-site", "same-origin");
    let out = browser.send(out).await.text().await?;
    assert!(out.contains(&format!("{issuer}/end?")) && out.contains("id_token_hint"), "{out}");
    assert_eq!(browser.redirect("/customers").await, "/log-in?next=%2Fcustomers");
    // Nothing of it is in the log.
    let output = output + &serving.process.output();
    let (query, mut secrets) = (back.split_once('?').unwrap().1, vec![SECRET.to_owned(), access_token, id_token]);
    let values = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "iss");
    secrets.extend(values.map(|(_, value)| value.into_owned()));
    for secret in secrets {
        assert!(!output.contains(&secret), "{secret} is in the log");
    }
    Ok(())
}

async fn what_the_provider_needs_must_be_there() {
    let settings = [("DATABASE_URL", "sqlite://crm.db"), ("JWT_SECRET", "0123456789abcdef0123456789abcdef")];
    let settings = [&settings[..], &[("CONSOLE", "on"), ("OIDC_ISSUER", "https://id.example.com")]].concat();
    let fault = run(&["serve"], &settings).fault();
    for name in ["AUTH_MODE: ", "OIDC_CLIENT_ID: ", "PUBLIC_URL: "] {
        assert!(fault.contains(name), "{name}: {fault}");
    }
}
