//! Every page renders for every role, in both languages, in and outside of a company.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use crm_core::actor::Role;
use crm_core::customers::{CustomerStatus, NewCustomer};
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::notes::NewNote;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Browser, MOUNT, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        every_role_sees_every_page,
        offers_only_what_the_role_may_do,
        another_companys_customer_is_not_found,
        the_list_filters_sorts_and_goes_on,
        the_list_searches,
        a_german_browser_reads_german,
        the_theme_is_a_choice,
        the_dashboard_completes_what_is_due,
        an_empty_company_is_told_what_to_do,
    ]);
}

/// Some customers, and what happened with the first of them.
async fn fill(database: &TestDatabase, person: Person) -> String {
    let mut scope = person.scope(database);
    let email = Some("ann@lee.example".to_owned());
    let ann = NewCustomer { email, phone: Some("+49 30 123456".to_owned()), ..NewCustomer::person("Ann", "Lee") };
    let ann = scope.customers().create(ann).await.unwrap();
    for number in 0..60 {
        let status = Some(CustomerStatus::ALL[number % 4]);
        let new = NewCustomer { status, ..NewCustomer::organization(format!("Firm {number:02}")) };
        scope.customers().create(new).await.unwrap();
    }
    scope.customer_tags(ann.id).add(["VIP"]).await.unwrap();
    scope.notes(ann.id).create(NewNote { is_pinned: Some(true), ..NewNote::text("A **bold** wish") }).await.unwrap();
    let call = NewInteraction::of(InteractionType::Call, "Quote");
    scope.interactions(ann.id).create(call).await.unwrap();
    ann.id.to_string()
}

async fn ok(browser: &Browser, path: &str) -> crate::support::Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

async fn every_role_sees_every_page(database: TestDatabase) {
    let company = company();
    let ann = fill(&database, Person::new(company, Role::Admin)).await;
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let page = ok(&browser, "/").await;
        assert!(page.has("Dashboard") && page.has("<svg class=\"chart\""));
        assert!(ok(&browser, "/customers").await.has("Firm 59"));
        let page = ok(&browser, &format!("/customers/{ann}")).await;
        for text in ["Ann Lee", "mailto:ann@lee.example", "tel:+4930123456", "VIP", "<strong>bold</strong>", "Quote"] {
            assert!(page.has(text), "{role} does not see {text}");
        }
        for path in ["kind=note", "kind=interaction", "kind=task", "kind=change", "compose=call", "edit=email"] {
            ok(&browser, &format!("/customers/{ann}?{path}")).await;
        }
        ok(&browser, "/customers/new").await;
        for path in ["/tasks", "/tasks/agenda", "/tasks/calendar"] {
            assert!(ok(&browser, path).await.has("Tasks"), "{role} {path}");
        }
    }
}

async fn offers_only_what_the_role_may_do(database: TestDatabase) {
    let company = company();
    let ann = fill(&database, Person::new(company, Role::Admin)).await;
    let viewer = browser(&database, Person::new(company, Role::Viewer)).await;
    let page = ok(&viewer, &format!("/customers/{ann}?edit=email")).await;
    for text in ["field-edit", "field-editing", "composer", "tag-add", "/pin"] {
        assert!(!page.has(text), "a viewer is offered {text}");
    }
    assert!(!ok(&viewer, "/customers").await.has("customers/new"));
    let refused = viewer.post("/customers", &[("name", "X"), ("kind", "organization")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.has("You may not do this") && refused.has(refused.header("x-request-id")));
    let admin = browser(&database, Person::new(company, Role::Admin)).await;
    assert!(ok(&admin, &format!("/customers/{ann}")).await.has("field-edit"));
}

async fn another_companys_customer_is_not_found(database: TestDatabase) {
    let ann = fill(&database, Person::new(company(), Role::Admin)).await;
    let other = browser(&database, Person::new(company(), Role::Admin)).await;
    let answer = other.get(&format!("/customers/{ann}")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(!answer.has("Ann") && answer.has("There is no such page"));
    for path in ["fields/email", "notes", "interactions", "tags"] {
        let fields = [("version", "1"), ("value", "x@example.com"), ("body", "x"), ("compose", "call"), ("tag", "x")];
        let answer = other.post(&format!("/customers/{ann}/{path}"), &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/customers", "/", "/customers?q=Ann"] {
        assert!(!ok(&other, path).await.has("Ann Lee"), "{path}");
    }
    for path in ["/nothing", "/customers/1", "/customers/a/b", "/assets/none.css"] {
        assert_eq!(other.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

async fn the_list_filters_sorts_and_goes_on(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    fill(&database, person).await;
    let browser = browser(&database, person).await;
    let all = ok(&browser, "/customers").await;
    assert!(all.has("61 customers") && all.has("Show more"));
    let more = ok(&browser, &all.after("id=\"more\"", "hx-get")).await;
    assert_eq!(more.body.matches("class=\"row\"").count(), 11);
    assert!(!more.has("Show more"));
    let blocked = ok(&browser, "/customers?status=blocked&kind=organization").await;
    assert!(blocked.has("15 customers") && !blocked.has("Ann Lee"));
    assert_eq!(blocked.after("class=\"chip\"", "href"), format!("{MOUNT}/customers?kind=organization"));
    let tagged = ok(&browser, "/customers?tag=VIP").await;
    assert!(tagged.has("1 customer<") && tagged.has("Ann Lee"));
    assert!(ok(&browser, "/customers?owner=me").await.has("No customers match"));
    let sorted = ok(&browser, "/customers?sort=name").await;
    assert!(sorted.has("aria-sort=\"ascending\""));
    assert!(sorted.body.find("Ann Lee").unwrap() < sorted.body.find("Firm 00").unwrap());
    // What the page does not know is no error: addresses are kept and changed by hand.
    ok(&browser, "/customers?sort=nonsense&status=nonsense&owner=nonsense").await;
    assert_eq!(browser.get("/customers?cursor=nonsense").await.status, StatusCode::BAD_REQUEST);
}

async fn the_list_searches(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    fill(&database, person).await;
    let browser = browser(&database, person).await;
    let found = ok(&browser, "/customers?q=lee.example").await;
    assert!(found.has("Ann Lee") && !found.has("Firm 01") && found.has("value=\"lee.example\""));
    assert!(ok(&browser, "/customers?q=nobody-at-all").await.has("No customers match"));
}

async fn a_german_browser_reads_german(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    fill(&database, person).await;
    let browser = browser(&database, person).await;
    let request = TestRequest::get().uri("/erp/crm/customers").insert_header(("accept-language", "de-CH, en;q=0.5"));
    let page = browser.send(request).await;
    assert!(page.has("<html lang=\"de\"") && page.has("Kunde anlegen") && page.has("61 Kunden"));
    browser.submit("/preferences", &[("language", "de"), ("here", "/erp/crm/customers")]).await;
    assert!(ok(&browser, "/").await.has("Übersicht"));
}

async fn the_theme_is_a_choice(database: TestDatabase) {
    let browser = browser(&database, Person::new(company(), Role::Admin)).await;
    assert!(ok(&browser, "/").await.has("data-theme=\"system\""));
    let chosen = browser.post("/preferences", &[("theme", "dark"), ("here", "https://evil.example/")]).await;
    assert_eq!(chosen.header("location"), format!("{MOUNT}/"));
    assert!(ok(&browser, "/").await.has("data-theme=\"dark\""));
    browser.post("/preferences", &[("theme", "\"><script>"), ("here", "/erp/crm/")]).await;
    assert!(ok(&browser, "/").await.has("data-theme=\"dark\""));
}

async fn the_dashboard_completes_what_is_due(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let mut scope = person.scope(&database);
    let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap();
    let late =
        NewInteraction::of(InteractionType::Call, "Call them").planned(chrono::Utc::now() - chrono::TimeDelta::days(1));
    scope.interactions(lee.id).create(late).await.unwrap();
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/?period=week").await;
    assert!(page.has("Call them") && page.has("Lee &#38; Co"));
    let done = browser.submit(&page.after("class=\"due\"", "hx-post"), &[("back", "/erp/crm/?period=week")]).await;
    assert!(done.has("Nothing is due.") && done.has("aria-current=\"true\">7 days"));
    for period in ["month", "quarter", "year", "nonsense"] {
        ok(&browser, &format!("/?period={period}")).await;
    }
}

async fn an_empty_company_is_told_what_to_do(database: TestDatabase) {
    let browser = browser(&database, Person::new(company(), Role::SalesRep)).await;
    assert!(ok(&browser, "/customers").await.has("No customers yet"));
    assert!(ok(&browser, "/").await.has("Nothing has happened yet."));
}
