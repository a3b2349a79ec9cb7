//! Headers, and whose requests change something.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use crm_console::Console;
use crm_core::Crm;
use crm_core::actor::Role;
use crm_web::Service;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Host, MOUNT, Person, browser, company, form, open};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        only_our_own_pages_change_something,
        every_answer_has_its_headers,
        files_are_kept_for_ever,
        a_host_overrides_the_theme,
        a_host_logs_people_in,
        a_live_request_without_a_session_leaves_the_page,
        a_large_form_is_refused,
    ]);
}

async fn only_our_own_pages_change_something(database: TestDatabase) {
    let browser = browser(&database, Person::new(company(), Role::Admin)).await;
    let add = || form("/customers", &[("kind", "organization"), ("name", "Lee")]);
    for site in ["cross-site", "same-site", "none"] {
        let refused = browser.send(add().insert_header(("sec-fetch-site", site))).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{site}");
    }
    assert_eq!(browser.send(add()).await.status, StatusCode::FORBIDDEN);
    for origin in ["https://evil.example", "null", "http://localhost:8080.evil.example"] {
        let refused = browser.send(add().insert_header(("origin", origin))).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{origin}");
    }
    // The header of the browser counts, where it is there.
    let both = add().insert_header(("sec-fetch-site", "cross-site")).insert_header(("origin", "http://localhost:8080"));
    assert_eq!(browser.send(both).await.status, StatusCode::FORBIDDEN);
    assert!(browser.get("/customers").await.has("No customers yet"));
    let ours = browser.send(add().insert_header(("origin", "http://localhost:8080"))).await;
    assert_eq!(ours.status, StatusCode::SEE_OTHER);
    assert_eq!(
        browser.post("/customers", &[("kind", "organization"), ("name", "Ek")]).await.status,
        StatusCode::SEE_OTHER
    );
}

async fn every_answer_has_its_headers(database: TestDatabase) {
    let browser = browser(&database, Person::new(company(), Role::Admin)).await;
    for path in ["/", "/customers", "/customers/new", "/nothing", "/customers?cursor=x"] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.header("x-request-id").is_empty());
        // What the policy would not let run is not there.
        for bad in [" style=\"", " onclick", "<style", "javascript:", "hx-on", "<script>", "http://", "https://"] {
            let body = answer.body.replace("http://www.w3.org/2000/svg", "");
            assert!(!body.contains(bad), "{path} has {bad}");
        }
    }
}

async fn files_are_kept_for_ever(database: TestDatabase) {
    let browser = browser(&database, Person::new(company(), Role::Admin)).await;
    let page = browser.get("/").await;
    for (mark, attribute) in [("rel=\"stylesheet\"", "href"), ("<script", "src"), ("rel=\"icon\"", "href")] {
        let path = page.after(mark, attribute);
        assert!(path.starts_with(&format!("{MOUNT}/assets/")), "{path}");
        let file = browser.get(&path).await;
        assert_eq!(
            (file.status, file.header("cache-control")),
            (StatusCode::OK, "public, max-age=31536000, immutable")
        );
        assert!(!file.body.is_empty() && file.header("set-cookie").is_empty());
    }
}

fn console(database: &TestDatabase) -> Console {
    Console::new(Service::new(Crm::default(), database.connection.clone(), Host))
}

async fn a_host_overrides_the_theme(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let theme =
        console(&database).with_theme_css(":root{--accent:teal}").with_style_sheet("/erp.css").with_name("Lee & Co");
    let browser = open(theme.with_company_names(|_| Some("The <b>Firm".to_owned()))).await;
    browser.cookies.borrow_mut().insert("erp".to_owned(), person.word());
    let page = browser.get("/").await;
    assert!(page.has("href=\"/erp.css\"") && page.has("Lee &#38; Co") && page.has("The &#60;b&#62;Firm"));
    let theme = page.after("assets/theme-", "stylesheet\" href");
    assert_eq!(theme, "/erp.css");
    let start = page.body.find("/erp/crm/assets/theme-").unwrap();
    let path = page.body[start..].split('"').next().unwrap();
    assert_eq!(browser.get(path).await.body, ":root{--accent:teal}");
}

async fn a_host_logs_people_in(database: TestDatabase) {
    let browser = open(console(&database)).await;
    let answer = browser.get("/").await;
    assert!(answer.status == StatusCode::UNAUTHORIZED && answer.has("You are not logged in"));
    assert_eq!(browser.get("/log-in").await.status, StatusCode::NOT_FOUND);
    let browser = open(console(&database).with_host_pages("/erp/login", "/erp/logout")).await;
    let answer = browser.get("/customers?q=a").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/erp/login?next=%2Ferp%2Fcrm%2Fcustomers%3Fq%3Da");
    browser.cookies.borrow_mut().insert("erp".to_owned(), Person::new(company(), Role::Admin).word());
    assert!(browser.get("/").await.has("action=\"/erp/logout\""));
    assert_eq!(browser.get("").await.header("location"), "/erp/crm/");
}

async fn a_live_request_without_a_session_leaves_the_page(database: TestDatabase) {
    let browser = open(console(&database).with_host_pages("/erp/login", "/erp/logout")).await;
    let request = TestRequest::get().uri("/erp/crm/customers").insert_header(("hx-request", "true"));
    let answer = browser.send(request).await;
    assert_eq!((answer.header("hx-redirect"), answer.body.as_str()), ("/erp/login", ""));
}

async fn a_large_form_is_refused(database: TestDatabase) {
    let browser = browser(&database, Person::new(company(), Role::Admin)).await;
    let long = "x".repeat(1_100_000);
    assert_eq!(browser.post("/customers", &[("name", &long)]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let json =
        TestRequest::post().uri("/erp/crm/customers").set_json("{}").insert_header(("sec-fetch-site", "same-origin"));
    assert_eq!(browser.send(json).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
