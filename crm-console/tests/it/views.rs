//! Saved views, columns, preferences, the profile and the arranged dashboard, without JavaScript.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::customers::{CustomerStatus, NewCustomer};
use crm_core::saved_views::{NewSavedView, ViewEntity, ViewVisibility};
use serde_json::json;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, MOUNT, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_view_keeps_the_list_and_opens_it_again,
        a_view_is_renamed_updated_and_deleted,
        private_views_are_their_owners_alone,
        views_of_the_api_are_shown_with_all_their_filters,
        columns_are_chosen_and_kept,
        lists_are_sorted_by_contact,
        choices_follow_the_user,
        the_profile_says_who_one_is,
        the_dashboard_is_arranged,
    ]);
}

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

/// A company with an active and a blocked customer.
async fn filled(database: &TestDatabase, role: Role) -> Person {
    let person = Person::new(company(), role);
    let mut scope = Person::new(person.company, Role::Admin).scope(database);
    for (name, status) in [("Active Inc", CustomerStatus::Active), ("Blocked Inc", CustomerStatus::Blocked)] {
        let city = Some("Bonn".to_owned());
        let new = NewCustomer { status: Some(status), city, ..NewCustomer::organization(name) };
        scope.customers().create(new).await.unwrap();
    }
    person
}

async fn a_view_keeps_the_list_and_opens_it_again(database: TestDatabase) {
    let browser = browser(&database, filled(&database, Role::SalesRep).await).await;
    let list = ok(&browser, "/customers?status=active&sort=name").await;
    assert!(list.has("Save view") && list.has("Active Inc") && !list.has("Blocked Inc"));
    let state = list.after("name=\"state\"", "value");
    let new = [("state", state.as_str()), ("name", "Open <ones>"), ("visibility", "private")];
    let view = browser.submit("/customers/views", &new).await;
    assert!(view.has("Open &#60;ones&#62;") && view.has("Active Inc") && !view.has("Blocked Inc"), "{}", view.body);
    let tab = "class=\"view-tab\" href=\"/erp/crm/customers?";
    assert_eq!(view.after(tab, "aria-current"), "page");
    // The tab is an address that shows the same.
    let again = ok(&browser, &view.after("view-tab\" href=\"/erp/crm/customers?", "href")).await;
    assert!(again.has("Active Inc") && !again.has("Blocked Inc"));
    let taken = browser.post("/customers/views", &new).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.has("Another view of yours has this name."));
    let nameless = browser.post("/customers/views", &[("state", ""), ("name", " ")]).await;
    assert!(nameless.has("Enter a value."));
}

async fn a_view_is_renamed_updated_and_deleted(database: TestDatabase) {
    let person = filled(&database, Role::SalesRep).await;
    let browser = browser(&database, person).await;
    let new = [("state", "?status=active"), ("name", "Mine"), ("visibility", "private")];
    let view = browser.submit("/customers/views", &new).await;
    let address = view.after("view-form\" method=\"post\"", "action");
    let renamed = [("state", ""), ("name", "Ours"), ("visibility", "shared"), ("do", "rename"), ("version", "1")];
    assert!(browser.submit(&address, &renamed).await.has("Ours"));
    let updated = [("state", "?status=blocked&sort=-name"), ("do", "update"), ("version", "2")];
    let view = browser.submit(&address, &updated).await;
    assert!(view.has("Blocked Inc") && !view.has("Active Inc"));
    let stale = browser.post(&address, &updated).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    // A viewer sees it, and may not change it.
    let viewer = crate::support::browser(&database, Person::new(person.company, Role::Viewer)).await;
    let seen = ok(&viewer, "/customers").await;
    assert!(seen.has("Ours"));
    let open = ok(&viewer, &seen.after("class=\"view-tab\" href=\"/erp/crm/customers?", "href")).await;
    assert!(open.has("Blocked Inc") && !open.has("Change view"));
    assert_eq!(viewer.post(&address, &renamed).await.status, StatusCode::FORBIDDEN);
    let gone = browser.submit(&address, &[("do", "delete"), ("version", "3")]).await;
    assert!(!gone.has("Ours") && gone.has("Active Inc"));
}

async fn private_views_are_their_owners_alone(database: TestDatabase) {
    let person = filled(&database, Role::SalesRep).await;
    let own = browser(&database, person).await;
    let new = [("state", ""), ("name", "VIEW-MARK"), ("visibility", "private")];
    let address = own.submit("/customers/views", &new).await.after("view-form\" method=\"post\"", "action");
    for role in Role::ALL {
        let other = browser(&database, Person::new(person.company, *role)).await;
        assert!(!ok(&other, "/customers").await.has("VIEW-MARK"), "{role}");
        let id = address.rsplit('/').next().unwrap();
        assert!(!ok(&other, &format!("/customers?view={id}")).await.has("VIEW-MARK"), "{role}");
        assert_eq!(other.post(&address, &[("do", "delete")]).await.status, StatusCode::NOT_FOUND, "{role}");
    }
    let stranger = browser(&database, Person::new(company(), Role::Admin)).await;
    assert_eq!(stranger.post(&address, &[("do", "delete")]).await.status, StatusCode::NOT_FOUND);
}

async fn views_of_the_api_are_shown_with_all_their_filters(database: TestDatabase) {
    let person = filled(&database, Role::Admin).await;
    let query = json!({
        "filter": { "field": "name", "op": "starts_with", "value": "Active" },
        "status": ["active", "blocked"],
        "createdFrom": "now-7d",
    });
    let new = NewSavedView {
        query: query.as_object().cloned(),
        visibility: Some(ViewVisibility::Shared),
        columns: Some(vec!["city".to_owned(), "kind".to_owned()]),
        ..NewSavedView::named(ViewEntity::Customers, "Starts with Active")
    };
    person.scope(&database).saved_views().create(new).await.unwrap();
    let browser = browser(&database, person).await;
    let list = ok(&browser, "/customers").await;
    let view = ok(&browser, &list.after("class=\"view-tab\" href=\"/erp/crm/customers?", "href")).await;
    assert!(view.has("Active Inc") && !view.has("Blocked Inc"));
    assert!(view.has("further conditions") && view.has("now-7d") && view.has("Bonn") && view.has("col-kind"));
    // The form keeps what it has no input for.
    assert!(view.has("type=\"hidden\" name=\"filter\"") && view.has("type=\"hidden\" name=\"createdFrom\""));
}

async fn columns_are_chosen_and_kept(database: TestDatabase) {
    let person = filled(&database, Role::Viewer).await;
    let browser = browser(&database, person).await;
    assert!(!ok(&browser, "/customers").await.has("col-city"));
    let chosen = [("state", "?status=active"), ("column", "city"), ("column", "lastContactAt")];
    let list = browser.submit("/customers/columns", &chosen).await;
    assert!(list.has("col-city") && list.has("Bonn") && !list.has("col-email") && !list.has("Blocked Inc"));
    assert!(ok(&browser, "/customers").await.has("col-city"), "kept for the next time");
    let other = crate::support::browser(&database, Person::new(person.company, Role::Viewer)).await;
    assert!(!ok(&other, "/customers").await.has("col-city"), "and for nobody else");
    // An address has its own, and names that are none are passed over.
    let list = ok(&browser, "/customers?columns=email,nonsense,name").await;
    assert!(list.has("col-email") && !list.has("col-city") && !list.has("nonsense\""));
    let usual = browser.submit("/customers/columns", &[("state", ""), ("reset", "1")]).await;
    assert!(usual.has("col-organizationName") && !usual.has("col-city"));
}

async fn lists_are_sorted_by_contact(database: TestDatabase) {
    let person = filled(&database, Role::Admin).await;
    let browser = browser(&database, person).await;
    let list = ok(&browser, "/customers?columns=name,lastContactAt,nextFollowUpAt,createdAt").await;
    for sort in ["-lastContactAt", "nextFollowUpAt", "-createdAt"] {
        assert!(list.has(&format!("sort={sort}")), "{sort}");
        let sorted =
            ok(&browser, &format!("/customers?sort={sort}&columns=name,lastContactAt,nextFollowUpAt,createdAt")).await;
        assert!(sorted.has("aria-sort=\"descending\"") || !sort.starts_with('-'), "{sort}");
    }
    let late = ok(&browser, "/customers?nextFollowUpBefore=now%2B7d&lastContactBefore=now-30d").await;
    assert!(late.has("No customers match") && late.has("Within 7 days") && late.has("More than 30 days ago"));
    for bad in ["lastContactBefore=yesterday", "owner=nobody", "status=vip", "isArchived=perhaps", "filter=%7B"] {
        assert!(ok(&browser, &format!("/customers?{bad}")).await.has("Active Inc"), "{bad}");
    }
}

async fn choices_follow_the_user(database: TestDatabase) {
    let person = filled(&database, Role::SalesRep).await;
    let one = browser(&database, person).await;
    let choices = [("theme", "dark"), ("language", "de"), ("density", "compact"), ("timeZone", "Asia/Tokyo")];
    one.post("/preferences", &choices).await;
    one.post("/preferences", &[("sidebar", "collapsed")]).await;
    // Another browser of the same user, without cookies.
    let other = browser(&database, person).await;
    let page = ok(&other, "/profile").await;
    assert!(page.has("lang=\"de\"") && page.has("data-theme=\"dark\"") && page.has("data-density=\"compact\""));
    assert!(page.has("is-narrow") && page.has("<option selected>Asia/Tokyo"));
    other.post("/preferences", &[("timeZone", ""), ("sidebar", "open")]).await;
    let page = ok(&other, "/profile").await;
    assert!(!page.has("is-narrow") && !page.has("<option selected>Asia/Tokyo"));
    let refused = other.post("/preferences", &[("timeZone", "Mars/Olympus")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Who is not logged in has cookies.
    other.cookies.borrow_mut().clear();
    let answer = other.post("/preferences", &[("theme", "light")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(other.cookies.borrow().get("crm_theme").map(String::as_str), Some("light"));
}

async fn the_profile_says_who_one_is(database: TestDatabase) {
    let company = company();
    for (role, name) in [(Role::Admin, "Administrator"), (Role::SalesRep, "<dd>Sales</dd>")] {
        let person = Person::new(company, role);
        let page = ok(&browser(&database, person).await, "/profile").await;
        assert!(page.has("Pat Person") && page.has(&format!("{}@example.com", person.user)) && page.has(name));
        assert_eq!(page.has("remove permanently"), role == Role::Admin);
        assert!(page.has(&format!("href=\"{MOUNT}/profile\"")));
    }
}

async fn the_dashboard_is_arranged(database: TestDatabase) {
    let person = filled(&database, Role::Viewer).await;
    let browser = browser(&database, person).await;
    let before = ok(&browser, "/").await;
    assert!(before.has("Arrange") && before.has("<svg class=\"chart\"") && before.has("tile-before"));
    for change in [
        [("tile", "chart"), ("do", "hide")],
        [("tile", "overdue"), ("do", "up")],
        [("tile", "new-customers"), ("do", "hide")],
        [("tile", "nonsense"), ("do", "hide")],
    ] {
        assert!(browser.submit("/dashboard/arrange", &change).await.has("Arrange the dashboard"));
    }
    let page = ok(&browser, "/").await;
    let place = |text: &str| page.body.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(!page.has("<svg class=\"chart\"") && !page.has("class=\"tile-label\">New customers"));
    assert!(place("class=\"tile-label\">Overdue") < place("class=\"tile-label\">Interactions scheduled"));
    let other = crate::support::browser(&database, Person::new(person.company, Role::Viewer)).await;
    assert!(ok(&other, "/").await.has("<svg class=\"chart\""), "for nobody else");
    browser.submit("/dashboard/arrange", &[("do", "reset")]).await;
    assert!(ok(&browser, "/").await.has("<svg class=\"chart\""));
}
