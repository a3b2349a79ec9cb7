//! The page of invitations and new passwords, the document and its pages.

use std::collections::BTreeSet;

use testkit::{Suite, TestDatabase};

use super::contract::document;
use super::support::Api;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [the_page_runs_nothing_but_its_own, the_document_is_served]);
}

/// What HTML and scripts load or send to.
fn addresses(text: &str) -> BTreeSet<String> {
    let attributes = ["src=\"", "href=\"", "fetch(", "url(", "@import "];
    let found = attributes.iter().flat_map(|start| text.split(start).skip(1));
    found.map(|rest| rest.split(['"', ')']).next().unwrap_or_default().to_owned()).collect()
}

async fn the_page_runs_nothing_but_its_own(database: TestDatabase) {
    let api = Api::new(&database).await;
    for (path, kind) in [("/account", "text/html"), ("/account.css", "text/css"), ("/account.js", "text/javascript")] {
        let answer = api.anonymous().get(path).unchecked().await.expect(200);
        assert_eq!(answer.content_type(), kind);
        let policy = answer.header("content-security-policy").unwrap_or_default();
        for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "the token is in the address");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let text = answer.text();
        assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("\"//"), "{path}");
        assert!(!text.contains(" on") || !text.contains("onclick="), "{path} has scripts in attributes");
        for address in addresses(&text) {
            assert!(!address.contains("://"), "{path} loads {address}");
        }
    }
    let page = api.anonymous().get("/account").unchecked().await.text();
    assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("<script>"), "{page}");
    for file in ["account.css", "account.js"] {
        assert!(page.contains(&format!("\"{file}\"")), "relative, so that it works below any path");
    }
    assert!(api.anonymous().get("/account.js").unchecked().await.text().contains("history.replaceState"));
}

async fn the_document_is_served(database: TestDatabase) {
    let api = Api::new(&database).await;
    let served = api.anonymous().get("/openapi.json").unchecked().await.ok();
    assert_eq!(served["paths"], document().root["paths"]);
    let page = api.anonymous().get("/docs/").unchecked().await.expect(200);
    assert!(page.text().contains("swagger-ui"), "{page}");
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("script-src 'self'"), "{policy}");
    let root = api.anonymous().get("/").unchecked().await.expect(302);
    assert_eq!(root.header("location"), Some("docs/"));
}
