//! Log-in at a provider of OpenID Connect: the way there and back, everything that can be wrong, and how sessions end.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use crm_console::login::{Bearer, OidcError, OidcLogin, OidcLoginOptions};
use crm_console::{Console, migrations};
use crm_core::Crm;
use crm_core::sea_orm::{ConnectionTrait, Statement};
use crm_web::Service;
use crm_web::auth::{Jwks, JwksOptions, KeySource, TokenRules};
use crm_web::seal::SealKey;
use reqwest::Url;
use serde_json::{Value, json};
use testkit::{OpenIdFault, OpenIdProvider, Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, open};

const CLIENT: &str = "crm console";
const SECRET: &str = "s3cret:&=/ü";
/// Where the console is for browsers.
const ADDRESS: &str = "http://crm.example/erp/crm";
const KEY: &[u8] = b"a secret that all instances share";
const SESSION: &str = "crm_session";

pub fn register(suite: &mut Suite) {
    tests!(suite, own: [
        a_person_logs_in_and_out,
        every_fault_has_its_page,
        a_callback_is_used_once_and_by_its_browser,
        what_comes_back_is_what_was_sent,
        only_own_pages_are_gone_to,
        several_pages_log_in_at_once,
        nobody_is_let_in_by_accident,
        tokens_are_refreshed,
        a_refresh_can_fail,
        without_a_refresh_token_the_session_ends_with_its_token,
        a_provider_goes_and_comes_back,
        other_kinds_of_clients_log_in,
        the_database_and_the_browser_have_no_token,
    ]);
    tests!(suite, plain: [options_are_checked_and_tell_no_secret]);
}

fn ann() -> Value {
    json!({ "sub": "ann", "companyId": "acme", "role": "admin", "name": "Ann Lee", "email": "ann@acme.example" })
}

fn options(issuer: &str) -> OidcLoginOptions {
    OidcLoginOptions {
        client_secret: Some(SECRET.into()),
        name: "Acme ID".to_owned(),
        timeout: Duration::from_millis(1500),
        ..OidcLoginOptions::new(issuer, CLIENT, ADDRESS)
    }
}

struct World {
    provider: OpenIdProvider,
    database: TestDatabase,
    keys: Jwks,
}

impl World {
    async fn new(database: TestDatabase) -> Self {
        Self::with(database, Some(SECRET), "crm").await
    }

    async fn with(database: TestDatabase, secret: Option<&str>, audience: &str) -> Self {
        migrations::up(&database.connection).await.unwrap();
        let provider = OpenIdProvider::start(CLIENT, secret, &format!("{ADDRESS}/log-in/callback")).await.unwrap();
        provider.know(&ann());
        let url = provider.url();
        let rules = TokenRules { issuer: Some(url.clone()), audience: Some(audience.to_owned()) };
        let source = KeySource::Of { service: url.parse().unwrap(), issuer: Some(url), plain_http: false };
        let keys = Jwks::start(JwksOptions { pause: Duration::ZERO, ..JwksOptions::new(source, rules) }).await.unwrap();
        Self { provider, database, keys }
    }

    fn console(&self, options: OidcLoginOptions) -> Console {
        let service = Service::new(Crm::default(), self.database.connection.clone(), self.keys.clone());
        Console::new(service).with_login(OidcLogin::new(options).unwrap(), SealKey::of(KEY))
    }

    async fn browser(&self) -> Browser {
        open(self.console(options(&self.provider.url()))).await
    }

    async fn logged_in(&self) -> Browser {
        let browser = self.browser().await;
        let answer = log_in(&browser).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    async fn sessions(&self) -> i64 {
        let backend = self.database.connection.get_database_backend();
        let count = Statement::from_string(backend, "SELECT count(*) AS count FROM crm_console_sessions");
        self.database.connection.query_one_raw(count).await.unwrap().unwrap().try_get("", "count").unwrap()
    }
}

/// What the browser does at the provider: the path to which it is sent back.
async fn visit(url: &str) -> String {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let answer = client.get(url).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 302, "{:?}", answer.text().await);
    let back = answer.headers()["location"].to_str().unwrap();
    back.strip_prefix("http://crm.example").unwrap_or_else(|| panic!("{back}")).to_owned()
}

/// The address of the provider to which a page sends the browser.
async fn depart(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.header("location").to_owned()
}

async fn log_in(browser: &Browser) -> Answer {
    let back = visit(&depart(browser, "/log-in/start").await).await;
    browser.get(&back).await
}

fn parameter(url: &str, wanted: &str) -> Option<String> {
    let url: Url = url.parse().unwrap();
    url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

fn pending(browser: &Browser) -> usize {
    browser.cookies.borrow().keys().filter(|name| name.contains("crm_log_in")).count()
}

async fn a_person_logs_in_and_out(database: TestDatabase) {
    let world = World::new(database).await;
    let browser = world.browser().await;
    // From a protected page to the provider, without a click.
    let away = browser.get("/customers?q=a").await;
    assert_eq!(away.header("location"), "/erp/crm/log-in?next=%2Ferp%2Fcrm%2Fcustomers%3Fq%3Da");
    let there = browser.get(away.header("location")).await;
    let (url, cookie) = (there.header("location").to_owned(), there.header("set-cookie").to_owned());
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    assert!(url.starts_with(&world.provider.url()) && !url.contains("s3cret"), "{url}");
    assert_eq!(parameter(&url, "scope").as_deref(), Some("openid profile email offline_access"));
    assert_eq!(parameter(&url, "code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(parameter(&url, "prompt"), None);
    let back = visit(&url).await;
    let answer = browser.get(&back).await;
    assert_eq!(answer.header("location"), "/erp/crm/customers?q=a", "{}", answer.body);
    assert_eq!((pending(&browser), world.sessions().await), (0, 1));
    let page = browser.get("/").await;
    assert!(page.has("Ann Lee") && page.has("action=\"/erp/crm/log-out\""));
    assert_eq!(browser.get("/log-in").await.header("location"), "/erp/crm/");
    assert_eq!(browser.post("/log-in", &[("email", "a"), ("password", "b")]).await.status, StatusCode::NOT_FOUND);
    // Here and at the provider.
    let held = browser.cookies.borrow().clone();
    let granted = world.provider.refresh_tokens();
    let out = browser.post("/log-out", &[]).await;
    assert_eq!((out.status, out.header("clear-site-data")), (StatusCode::OK, "\"cache\""));
    assert_eq!((world.sessions().await, world.provider.revoked()), (0, granted));
    let url = out.after("http-equiv=\"refresh\"", "content").replace("0; url=", "");
    assert_eq!(out.after("log-in-more", "href"), url);
    assert!(parameter(&url, "id_token_hint").is_some());
    let back = visit(&url).await;
    assert_eq!((&*back, world.provider.ended().len()), ("/erp/crm/log-in", 1));
    // A button, and not the provider at once: the person wanted to go.
    let page = browser.get(&back).await;
    assert!(page.status == StatusCode::OK && page.has("Log in with Acme ID") && !page.has("password"));
    assert_eq!(page.after("button-primary", "href"), "/erp/crm/log-in/start?next=%2Ferp%2Fcrm%2F");
    *browser.cookies.borrow_mut() = held;
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
    browser.cookies.borrow_mut().insert("crm_language".to_owned(), "de".to_owned());
    assert!(browser.get("/log-in").await.has("Mit Acme ID anmelden"));
}

async fn every_fault_has_its_page(database: TestDatabase) {
    use OpenIdFault as F;
    let world = World::new(database).await;
    let untrusted = "could not be verified";
    let unavailable = "not available at the moment";
    let client = "does not accept this application";
    for (fault, text) in [
        (F::OtherNonce, untrusted),
        (F::OtherAudience, untrusted),
        (F::OtherParty, untrusted),
        (F::OtherIssuer, untrusted),
        (F::OtherAccessToken, untrusted),
        (F::Unsigned, untrusted),
        (F::Changed, untrusted),
        (F::OtherKey, untrusted),
        (F::Secret, untrusted),
        (F::NoIdToken, untrusted),
        (F::MixedUp, untrusted),
        (F::Expired, "clocks"),
        (F::Future, "clocks"),
        (F::TokenStatus(500), unavailable),
        (F::TokenStatus(429), unavailable),
        (F::TokenGarbage, unavailable),
        (F::TokenFlood, unavailable),
        (F::TokenRedirect, unavailable),
        (F::TokenSilence, unavailable),
        (F::TokenError("invalid_grant"), "took too long"),
        (F::TokenError("invalid_client"), client),
        (F::Denied("access_denied"), "cancelled or refused"),
        (F::Denied("temporarily_unavailable"), unavailable),
        (F::Denied("invalid_scope"), client),
        (F::Denied("<script>"), client),
        (F::OtherService, "does not accept your log-in"),
    ] {
        let browser = world.browser().await;
        let url = depart(&browser, "/log-in/start?next=/erp/crm/customers").await;
        world.provider.fail(fault);
        let answer = browser.get(&visit(&url).await).await;
        assert!(answer.status.is_client_error() || answer.status.is_server_error(), "{fault:?}: {}", answer.status);
        assert!(answer.has(text) && answer.has("role=\"alert\""), "{fault:?}: {}", answer.body);
        assert!(!answer.has("SECRET") && !answer.has("<script>") && !answer.has("s3cret"), "{fault:?}");
        assert!(!answer.has("code=") && !answer.has("state="), "{fault:?}: {}", answer.body);
        assert_eq!((pending(&browser), world.sessions().await), (0, 0), "{fault:?}");
        assert!(!browser.cookies.borrow().contains_key(SESSION), "{fault:?}");
        // The way to try again works, and leads to the wanted page.
        world.provider.work();
        let again = answer.after("button-primary", "href");
        let answer = browser.get(&visit(&depart(&browser, &again).await).await).await;
        assert_eq!(answer.header("location"), "/erp/crm/customers", "{fault:?}");
        browser.post("/log-out", &[]).await;
    }
    // Who declined may be another person: the provider asks.
    let browser = world.browser().await;
    world.provider.fail(F::Denied("access_denied"));
    let answer = log_in(&browser).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    world.provider.work();
    let url = depart(&browser, &answer.after("button-primary", "href")).await;
    assert_eq!(parameter(&url, "prompt").as_deref(), Some("login"));
}

async fn a_callback_is_used_once_and_by_its_browser(database: TestDatabase) {
    let world = World::new(database).await;
    let browser = world.browser().await;
    let back = visit(&depart(&browser, "/log-in/start").await).await;
    let kept = browser.cookies.borrow().clone();
    // Another browser has not begun this log-in.
    let other = world.browser().await;
    let answer = other.get(&back).await;
    assert!(answer.status == StatusCode::BAD_REQUEST && answer.has("begun in another browser"), "{}", answer.body);
    // Nor does a log-in of its own help.
    depart(&other, "/log-in/start").await;
    let answer = other.get(&back).await;
    assert_eq!((answer.status, other.cookies.borrow().contains_key(SESSION)), (StatusCode::BAD_REQUEST, false));
    assert_eq!(world.provider.asked().codes, 0);
    assert_eq!(browser.get(&back).await.header("location"), "/erp/crm/");
    let session = browser.cookies.borrow()[SESSION].clone();
    // The back button.
    let answer = browser.get(&back).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/erp/crm/"));
    assert_eq!((world.provider.asked().codes, &browser.cookies.borrow()[SESSION]), (1, &session));
    browser.post("/log-out", &[]).await;
    assert_eq!(browser.get(&back).await.status, StatusCode::BAD_REQUEST);
    // Even who kept the cookie gets nothing: the provider takes a code once.
    *browser.cookies.borrow_mut() = kept;
    let answer = browser.get(&back).await;
    assert!(answer.status == StatusCode::BAD_REQUEST && answer.has("took too long"), "{}", answer.body);
    assert_eq!(world.sessions().await, 0);
}

async fn what_comes_back_is_what_was_sent(database: TestDatabase) {
    let world = World::new(database).await;
    let browser = world.browser().await;
    let back = visit(&depart(&browser, "/log-in/start").await).await;
    let state = parameter(&format!("http://crm.example{back}"), "state").unwrap();
    for wrong in [String::new(), "a".repeat(43), state[..42].to_owned(), state.to_uppercase()] {
        let answer = browser.get(&back.replace(&state, &wrong)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    for path in ["/log-in/callback", "/log-in/callback?code=a", "/log-in/callback?error=access_denied"] {
        assert_eq!(browser.get(path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    // A cookie that was changed, or is sealed with another key.
    let (name, value) = {
        let cookies = browser.cookies.borrow();
        let (name, value) = cookies.iter().find(|(name, _)| name.contains("crm_log_in")).unwrap();
        (name.clone(), value.clone())
    };
    let mut changed = value.clone();
    changed.replace_range(20..21, if &value[20..21] == "A" { "B" } else { "A" });
    browser.cookies.borrow_mut().insert(name.clone(), changed);
    assert_eq!(browser.get(&back).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.provider.asked().codes, 0);
    // A code that the provider has not given, or for another log-in: PKCE and the nonce are bound to the browser.
    let other = world.browser().await;
    let theirs = visit(&depart(&other, "/log-in/start").await).await;
    let code = |path: &str| parameter(&format!("http://crm.example{path}"), "code").unwrap();
    browser.cookies.borrow_mut().insert(name, value);
    let answer = browser.get(&back.replace(&code(&back), &code(&theirs))).await;
    assert!(answer.status == StatusCode::BAD_REQUEST && answer.has("took too long"), "{}", answer.body);
    assert_eq!(world.sessions().await, 0);
    // Over HTTPS the cookie is bound to the host.
    let console = world.console(options(&world.provider.url())).with_secure_cookies(true);
    let browser = open(console).await;
    let answer = browser.get("/log-in/start").await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-crm_log_in") && cookie.contains("; Secure"), "{cookie}");
    let answer = browser.get(&visit(answer.header("location")).await).await;
    let mut cookies = answer.headers.get_all("set-cookie").map(|cookie| cookie.to_str().unwrap());
    assert!(cookies.any(|cookie| cookie.starts_with("__Host-crm_session=") && cookie.contains("; Secure")));
}

async fn only_own_pages_are_gone_to(database: TestDatabase) {
    let world = World::new(database).await;
    let long = format!("/erp/crm/customers?q={}", "a".repeat(1000));
    for next in
        ["//evil.example/", "https://evil.example/", "/\\evil.example", "/erp/crm//evil.example", "/other", &long]
    {
        let browser = world.browser().await;
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        for page in ["/log-in", "/log-in/start"] {
            let url = depart(&browser, &format!("{page}?{query}")).await;
            assert!(url.starts_with(&world.provider.url()) && !url.contains("evil"), "{url}");
            let answer = browser.get(&visit(&url).await).await;
            assert_eq!(answer.header("location"), "/erp/crm/", "{next}");
            browser.cookies.borrow_mut().clear();
        }
    }
}

async fn several_pages_log_in_at_once(database: TestDatabase) {
    let world = World::new(database).await;
    // The cookies have four names, so that they never fill a header. Two log-ins may share one, and the later one counts.
    let (browser, one, two) = loop {
        let browser = world.browser().await;
        let one = depart(&browser, "/log-in/start?next=/erp/crm/customers?q=1").await;
        let two = depart(&browser, "/log-in/start?next=/erp/crm/customers?q=2").await;
        if pending(&browser) == 2 {
            break (browser, one, two);
        }
    };
    assert_eq!(browser.get(&visit(&two).await).await.header("location"), "/erp/crm/customers?q=2");
    assert_eq!(browser.get(&visit(&one).await).await.header("location"), "/erp/crm/customers?q=1");
    assert_eq!((pending(&browser), world.sessions().await), (0, 1), "the second ends the session of the first");
    for _ in 0..12 {
        depart(&browser, "/log-in/start").await;
    }
    assert!(pending(&browser) <= 4);
}

async fn nobody_is_let_in_by_accident(database: TestDatabase) {
    let world = World::new(database).await;
    for (person, text) in [
        (json!({ "sub": "ann", "role": "admin" }), "belongs to no company"),
        (json!({ "sub": "ann", "companyId": "acme" }), "has no role"),
        (json!({ "sub": "ann", "companyId": "acme", "role": "king" }), "has no role"),
    ] {
        world.provider.know(&person);
        let browser = world.browser().await;
        let answer = log_in(&browser).await;
        assert!(answer.status == StatusCode::FORBIDDEN && answer.has(text), "{person}: {}", answer.body);
        assert!(answer.has("Log in with another account"));
        assert!(world.provider.refresh_tokens().is_empty(), "its tokens are revoked");
        assert_eq!((world.sessions().await, browser.get("/").await.status), (0, StatusCode::SEE_OTHER));
        let url = depart(&browser, &answer.after("button-primary", "href")).await;
        assert_eq!(parameter(&url, "prompt").as_deref(), Some("login"));
    }
    // The token of a log-in is not one for the API that a browser could send.
    world.provider.know(&ann());
    let browser = world.logged_in().await;
    browser.cookies.borrow_mut().clear();
    let bearer = TestRequest::get().uri("/erp/crm/").insert_header(("authorization", "Bearer a.b.c"));
    assert_eq!(browser.send(bearer).await.status, StatusCode::SEE_OTHER);
}

async fn tokens_are_refreshed(database: TestDatabase) {
    let world = World::new(database).await;
    // Valid for less than the time before which tokens are replaced.
    world.provider.tell_lifetime("30");
    let browser = world.logged_in().await;
    world.provider.tell_lifetime(300);
    let other = world.browser().await;
    other.cookies.borrow_mut().clone_from(&browser.cookies.borrow());
    let (a, b, c) = tokio::join!(browser.get("/"), other.get("/customers"), browser.get("/customers/new"));
    for answer in [a, b, c] {
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(world.provider.asked().refreshes, 1);
    assert_eq!((browser.get("/").await.status, world.provider.asked().refreshes), (StatusCode::OK, 1));
    // The new refresh token is the one that is revoked.
    let granted = world.provider.refresh_tokens();
    browser.post("/log-out", &[]).await;
    assert_eq!(world.provider.revoked(), granted);
}

async fn a_refresh_can_fail(database: TestDatabase) {
    use OpenIdFault as F;
    let world = World::new(database).await;
    for (fault, goes_on) in [
        (F::TokenStatus(503), true),
        (F::TokenGarbage, true),
        (F::TokenError("invalid_client"), true),
        (F::TokenError("invalid_grant"), false),
        (F::OtherPerson, false),
        (F::OtherAudience, false),
        (F::Changed, false),
    ] {
        world.provider.tell_lifetime(30);
        let browser = world.logged_in().await;
        world.provider.fail(fault);
        let answer = browser.get("/").await;
        let expected = if goes_on { StatusCode::OK } else { StatusCode::SEE_OTHER };
        assert_eq!(answer.status, expected, "{fault:?}: {}", answer.body);
        world.provider.work();
        world.provider.tell_lifetime(300);
        assert_eq!(browser.get("/").await.status, expected, "{fault:?}");
        assert_eq!(world.sessions().await, i64::from(goes_on), "{fault:?}");
        browser.post("/log-out", &[]).await;
    }
}

async fn without_a_refresh_token_the_session_ends_with_its_token(database: TestDatabase) {
    let world = World::new(database).await;
    world.provider.give_refresh_tokens(false);
    let browser = world.logged_in().await;
    assert_eq!((browser.get("/").await.status, world.provider.asked().refreshes), (StatusCode::OK, 0));
    world.provider.tell_lifetime(0);
    let browser = world.logged_in().await;
    let answer = browser.get("/customers").await;
    assert!(answer.header("location").starts_with("/erp/crm/log-in?next="));
}

async fn a_provider_goes_and_comes_back(database: TestDatabase) {
    let world = World::new(database).await;
    // It need not be there when the console starts.
    world.provider.fail(OpenIdFault::NoDiscovery);
    let browser = world.browser().await;
    for page in ["/log-in?next=/erp/crm/customers", "/log-in/start?next=/erp/crm/customers"] {
        let answer = browser.get(page).await;
        assert!(answer.status == StatusCode::SERVICE_UNAVAILABLE && answer.has("not available"), "{}", answer.body);
        assert_eq!(answer.after("button-primary", "href"), "/erp/crm/log-in/start?next=%2Ferp%2Fcrm%2Fcustomers");
    }
    world.provider.fail(OpenIdFault::OtherDiscovery);
    assert!(browser.get("/log-in/start").await.has("does not accept this application"));
    world.provider.work();
    assert_eq!(log_in(&browser).await.header("location"), "/erp/crm/");
    // It is asked once, not at every log-in.
    let asked = world.provider.asked().discovery;
    assert_eq!(log_in(&browser).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.provider.asked().discovery, asked);
    // A new key is found when it signs.
    world.provider.rotate();
    assert_eq!(log_in(&browser).await.status, StatusCode::SEE_OTHER);
    // While it is away, nobody is logged out.
    let url = depart(&browser, "/log-in/start").await;
    let back = visit(&url).await;
    let stranger = world.browser().await;
    let theirs = visit(&depart(&stranger, "/log-in/start").await).await;
    world.provider.go_away().await.unwrap();
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    let answer = stranger.get(&theirs).await;
    assert!(answer.status == StatusCode::SERVICE_UNAVAILABLE && answer.has("not available"), "{}", answer.body);
    // A log-out counts here, and the browser is not sent to a page that does not answer.
    let leaving = world.browser().await;
    leaving.cookies.borrow_mut().clone_from(&browser.cookies.borrow());
    assert_eq!(leaving.post("/log-out", &[]).await.header("location"), "/erp/crm/log-in");
    assert_eq!(world.sessions().await, 0);
    world.provider.come_back().await.unwrap();
    world.provider.forget();
    // It has forgotten the code, and has other keys; the next log-in works.
    assert!(browser.get(&back).await.has("took too long"));
    let answer = log_in(&stranger).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

async fn other_kinds_of_clients_log_in(database: TestDatabase) {
    let world = World::with(database, None, CLIENT).await;
    // A public client; the ID token is what the service verifies, and it is never in an address.
    world.provider.tell_lifetime(Value::Null);
    let issuer = world.provider.url();
    let public = OidcLoginOptions { client_secret: None, bearer: Bearer::IdToken, ..options(&issuer) };
    let browser = open(world.console(public)).await;
    assert_eq!(log_in(&browser).await.status, StatusCode::SEE_OTHER);
    assert!(browser.get("/").await.has("Ann Lee"));
    let out = browser.post("/log-out", &[]).await;
    let url = out.after("http-equiv=\"refresh\"", "content").replace("0; url=", "");
    assert_eq!((parameter(&url, "id_token_hint"), parameter(&url, "client_id").as_deref()), (None, Some(CLIENT)));
    // Credentials in the form, no offline access, and a parameter of the provider's own.
    let database = testkit::own(world.database.backend).await.unwrap();
    let world = World::new(database).await;
    world.provider.take_form_only();
    world.provider.refuse_offline_access();
    let parameters = vec![("audience".to_owned(), "crm".to_owned())];
    let browser = open(world.console(OidcLoginOptions { parameters, ..options(&world.provider.url()) })).await;
    let url = depart(&browser, "/log-in/start").await;
    assert_eq!(parameter(&url, "audience").as_deref(), Some("crm"));
    assert_eq!(parameter(&url, "scope").as_deref(), Some("openid profile email"));
    assert_eq!(browser.get(&visit(&url).await).await.status, StatusCode::SEE_OTHER);
}

async fn the_database_and_the_browser_have_no_token(database: TestDatabase) {
    let world = World::new(database).await;
    let browser = world.browser().await;
    let url = depart(&browser, "/log-in/start?next=/erp/crm/customers").await;
    let nonce = parameter(&url, "nonce").unwrap();
    let kept: String = browser.cookies.borrow().values().cloned().collect();
    assert!(!kept.contains(&nonce) && !kept.contains("customers"));
    browser.get(&visit(&url).await).await;
    let refresh_token = world.provider.refresh_tokens().remove(0);
    let backend = world.database.connection.get_database_backend();
    let all = Statement::from_string(backend, "SELECT sealed FROM crm_console_sessions");
    let row = world.database.connection.query_one_raw(all).await.unwrap().unwrap();
    let sealed: Vec<u8> = row.try_get("", "sealed").unwrap();
    let text = String::from_utf8_lossy(&sealed);
    assert!(!text.contains(&refresh_token) && !text.contains("eyJ"));
    let kept: String = browser.cookies.borrow().values().cloned().collect();
    assert!(!kept.contains("eyJ") && !kept.contains(&refresh_token));
    let page = browser.get("/").await.body;
    assert!(!page.contains("eyJ") && !page.contains(&refresh_token));
}

fn options_are_checked_and_tell_no_secret() {
    let good = options("https://id.example.com/realms/acme");
    assert!(!format!("{good:?}").contains("s3cret"));
    assert!(!format!("{:?}", OidcLogin::new(good.clone()).unwrap()).contains("s3cret"));
    assert_eq!(OidcLoginOptions::new("https://id.example.com/realms/acme", "crm", ADDRESS).name, "id.example.com");
    for bad in [
        "",
        "id.example.com",
        "http://id.example.com",
        "ftp://id.example.com",
        "https://a:b@id.example.com",
        "https://id.example.com?a=b",
        "https://id.example.com#a",
    ] {
        let result = OidcLogin::new(OidcLoginOptions { issuer: bad.to_owned(), ..good.clone() });
        assert!(matches!(result, Err(OidcError::Issuer)), "{bad}");
    }
    let plain = OidcLoginOptions { issuer: "http://id.example.com".to_owned(), plain_http: true, ..good.clone() };
    assert!(OidcLogin::new(plain).is_ok());
    for bad in ["", "crm.example", "https://crm.example?a=b", "file:///erp"] {
        let result = OidcLogin::new(OidcLoginOptions { address: bad.to_owned(), ..good.clone() });
        assert!(matches!(result, Err(OidcError::Address)), "{bad}");
    }
    let parameters = vec![("state".to_owned(), "a".to_owned())];
    assert!(matches!(OidcLogin::new(OidcLoginOptions { parameters, ..good }), Err(OidcError::Parameter(_))));
}
