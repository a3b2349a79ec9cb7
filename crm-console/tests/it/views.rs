//! Saved views, columns, preferences, the profile and the arranged dashboard, without JavaScript.

use actix_web::http::StatusCode;
use chrono::{TimeDelta, Utc};
use crm_core::actor::Role;
use crm_core::customers::{CustomerStatus, NewCustomer};
use crm_core::deals::NewDeal;
use crm_core::interactions::{InteractionType, NewInteraction, Participant};
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
        columns_are_put_into_order,
        a_view_opens_first,
        a_default_view_that_is_gone_opens_nothing,
        interactions_have_views,
        interactions_have_columns,
        lists_are_sorted_by_contact,
        choices_follow_the_user,
        the_profile_says_who_one_is,
        the_dashboard_is_arranged,
        the_dashboard_has_widgets,
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
    let usual = browser.submit("/customers/columns", &[("state", ""), ("usual", "1")]).await;
    assert!(usual.has("col-organizationName") && !usual.has("col-city"));
}

async fn columns_are_put_into_order(database: TestDatabase) {
    let person = filled(&database, Role::Viewer).await;
    let browser = browser(&database, person).await;
    let dialogue = ok(&browser, "/customers/columns?status=active").await;
    assert!(dialogue.has("value=\"?status=active\"") && dialogue.has("value=\"email\" checked"));
    let order = [("column", "email"), ("column", "city"), ("column", "status")];
    let state = ("state", "?status=active");
    let moved = browser.post("/customers/columns", &[&[state, ("up", "city")], &order[..]].concat()).await;
    assert_eq!(moved.status, StatusCode::OK);
    let place = |answer: &Answer, name: &str| answer.body.find(&format!("name=\"column\" value=\"{name}\"")).unwrap();
    assert!(place(&moved, "city") < place(&moved, "email") && place(&moved, "email") < place(&moved, "status"));
    // The keyboard stays with the column: it is the first now, so it can only go down.
    assert!(moved.has("value=\"city\" aria-label=\"Move down: City\" autofocus"), "{}", moved.body);
    for end in [("up", "email"), ("down", "status"), ("down", "nonsense")] {
        let same = browser.post("/customers/columns", &[&[state, end], &order[..]].concat()).await;
        assert!(place(&same, "email") < place(&same, "city") && place(&same, "city") < place(&same, "status"));
    }
    assert!(!ok(&browser, "/customers").await.has("col-city"), "nothing is kept before it is applied");
    let order = [state, ("column", "status"), ("column", "city"), ("column", "email")];
    let list = browser.submit("/customers/columns", &order).await;
    let heading = |answer: &Answer, name: &str| answer.body.find(&format!("class=\"col-{name}")).unwrap();
    assert!(heading(&list, "status") < heading(&list, "city") && heading(&list, "city") < heading(&list, "email"));
    // The columns of an address, and so of a view, stay in the address.
    let of_view = [("state", "?columns=name,phone"), ("column", "kind"), ("column", "phone")];
    let list = browser.submit("/customers/columns", &of_view).await;
    assert!(list.has("columns=name%2Ckind%2Cphone") && heading(&list, "kind") < heading(&list, "phone"));
    assert!(!ok(&browser, "/customers").await.has("col-kind"));
}

async fn a_view_opens_first(database: TestDatabase) {
    let person = filled(&database, Role::SalesRep).await;
    let own = browser(&database, person).await;
    let new = [("state", "?status=blocked&columns=city,kind"), ("name", "Blocked"), ("visibility", "shared")];
    let view = own.submit("/customers/views", &new).await;
    let (begin, id) = ("/customers/views/default", view.after("view-first", "value"));
    let state = view.after("name=\"state\"", "value");
    let starred = own.submit(begin, &[("state", &state), ("default", &id)]).await;
    assert!(starred.has("opens first from now on") && starred.has("aria-pressed=\"true\""));
    let first = ok(&own, "/customers").await;
    assert!(first.has("Blocked Inc") && !first.has("Active Inc") && first.has("col-kind"));
    assert_eq!(first.after("class=\"view-tab\"", "aria-current"), "page");
    // All customers, a search and a list without its last filter are still to be had.
    let all = ok(&own, &first.after("class=\"view-part\"", "href")).await;
    assert!(all.has("Blocked Inc") && all.has("Active Inc"));
    assert!(ok(&own, "/customers?q=active").await.has("Active Inc"));
    let narrow = ok(&own, "/customers?status=active").await;
    assert!(ok(&own, &narrow.after("class=\"chip\"", "href")).await.has("Blocked Inc"));
    // Others begin as they did, and may choose a view that is shared with them.
    let viewer = browser(&database, Person::new(person.company, Role::Viewer)).await;
    assert!(ok(&viewer, "/customers").await.has("Active Inc"));
    viewer.submit(begin, &[("state", ""), ("default", &id)]).await;
    assert!(!ok(&viewer, "/customers").await.has("Active Inc"));
    let usual = own.submit(begin, &[("state", ""), ("default", "")]).await;
    assert!(usual.has("Active Inc") && usual.has("opens first again"));
}

async fn a_default_view_that_is_gone_opens_nothing(database: TestDatabase) {
    let person = filled(&database, Role::SalesRep).await;
    let own = browser(&database, person).await;
    let new = [("state", "?status=blocked"), ("name", "Mine"), ("visibility", "private")];
    let view = own.submit("/customers/views", &new).await;
    let id = view.after("view-first", "value");
    // A view that one does not see cannot be chosen.
    let stranger = browser(&database, Person::new(person.company, Role::Admin)).await;
    let refused = stranger.post("/customers/views/default", &[("state", ""), ("default", &id)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(stranger.post("/customers/views/default", &[("default", "x")]).await.status, StatusCode::NOT_FOUND);
    own.submit("/customers/views/default", &[("state", ""), ("default", &id)]).await;
    own.submit(&view.after("view-form\" method=\"post\"", "action"), &[("do", "delete"), ("version", "1")]).await;
    assert!(ok(&own, "/customers").await.has("Active Inc"));
}

/// A customer with a call that is planned and an e-mail that was sent.
async fn talked(database: &TestDatabase) -> Person {
    let person = Person::new(company(), Role::SalesRep);
    let mut scope = person.scope(database);
    let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap().id;
    let call = NewInteraction {
        location: Some("Harbour Hall".to_owned()),
        participants: Some(vec![Participant::customer(lee), Participant::email("ann@example.com")]),
        ..NewInteraction::of(InteractionType::Call, "Ask")
    };
    let call = call.planned(Utc::now() + TimeDelta::hours(5));
    scope.interactions(lee).create(call).await.unwrap();
    scope.interactions(lee).create(NewInteraction::of(InteractionType::Email, "Sent")).await.unwrap();
    person
}

async fn interactions_have_views(database: TestDatabase) {
    let person = talked(&database).await;
    let own = browser(&database, person).await;
    let list = ok(&own, "/interactions?view=done&as=list&type=email").await;
    assert!(list.has(">Sent<") && !list.has(">Ask<") && list.has("Save view"));
    assert!(!ok(&own, "/interactions?view=done").await.has("Save view"), "a view is of a list");
    let state = list.after("name=\"state\"", "value");
    let new = [("state", state.as_str()), ("name", "Sent by me"), ("visibility", "shared")];
    let view = own.submit("/interactions/views", &new).await;
    assert!(view.has(">Sent<") && !view.has(">Ask<") && view.has("Change view") && !view.has("Update with this list"));
    assert_eq!(view.after("class=\"view-tab\"", "aria-current"), "page");
    let address = view.after("class=\"view-tab\"", "href");
    for part in ["status=completed", "owner=me", "type=email", "as=list", "sort=-occurredAt"] {
        assert!(address.contains(part), "{address} has no {part}");
    }
    // What is mine depends on who looks at it.
    let manager = browser(&database, Person::new(person.company, Role::Manager)).await;
    let seen = ok(&manager, &address).await;
    assert!(seen.has("Sent by me") && !seen.has(">Sent<"));
    assert!(ok(&manager, &address.replace("owner=me", "owner=all")).await.has("Update with this list"));
    let id = view.after("view-first", "value");
    own.submit("/interactions/views/default", &[("state", ""), ("default", &id)]).await;
    assert!(ok(&own, "/interactions").await.has(">Sent<"));
    assert!(ok(&own, "/interactions?view=due").await.has(">Ask<"));
    let taken = own.post("/interactions/views", &new).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.has("Another view of yours has this name.") && taken.has(">Sent<") && !taken.has(">Ask<"));
    // A view of customers is none of interactions.
    assert!(!ok(&own, "/customers").await.has("Sent by me"));
    let query = json!({ "direction": ["inbound"], "occurredTo": "now", "filter": { "field": "type", "op": "eq", "value": "email" } });
    let query = query.as_object().cloned();
    let of_api = NewSavedView { query, ..NewSavedView::named(ViewEntity::Interactions, "By API") };
    let of_api = person.scope(&database).saved_views().create(of_api).await.unwrap();
    let tabs = ok(&own, "/interactions?view=all&as=list").await;
    let shown = ok(&own, &tabs.after(&format!("view={}", of_api.id), "href")).await;
    assert!(ok(&own, "/interactions?view=all&as=list").await.has("By API") && shown.status == StatusCode::OK);
}

async fn interactions_have_columns(database: TestDatabase) {
    let person = talked(&database).await;
    let own = browser(&database, person).await;
    let list = ok(&own, "/interactions?view=due&as=list").await;
    assert!(list.has("col-outcome") && !list.has("col-location") && list.has("/interactions/columns?view=due"));
    let chosen =
        [("state", "?view=due&as=list"), ("column", "location"), ("column", "participants"), ("column", "type")];
    let list = own.submit("/interactions/columns", &chosen).await;
    assert!(list.has(">Ask<") && list.has("Harbour Hall") && list.has("Lee &#38; Co +1") && list.has(">Call<"));
    let place = |name: &str| list.body.find(&format!("class=\"col-{name}")).unwrap();
    assert!(place("location") < place("participants") && place("participants") < place("type"));
    assert!(ok(&own, "/interactions?as=list").await.has("Harbour Hall"), "kept for the next time");
    let all = "subject,customerId,direction,status,outcome,ownerId,participants,scheduledAt,startedAt,completedAt,\
               occurredAt,durationSeconds,location,followUpAt,createdAt,updatedAt,type";
    let every = ok(&own, &format!("/interactions?view=all&as=list&owner=all&columns={all}")).await;
    assert!(every.has("is-wide") && every.has("col-followUpAt") && every.has("sort=-createdAt"));
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

/// Who sells begins with their own deals, and who only reads with none.
async fn the_dashboard_has_widgets(database: TestDatabase) {
    let person = filled(&database, Role::SalesRep).await;
    let mut scope = person.scope(&database);
    let customer = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap().id;
    scope.deals().create(customer, NewDeal::named("Keyboards")).await.unwrap();
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/").await;
    assert!(page.has("Open deals by stage") && page.has("No deal is too long in its stage."));
    assert!(page.after("id=\"panel-pipeline\"", "href").ends_with("&owner=me") && !page.has("Customers by status"));
    for change in [
        [("tile", "customers-by-status"), ("do", "show")],
        [("tile", "pipeline"), ("do", "all")],
        [("tile", "pipeline"), ("do", "full")],
        [("tile", "rotten-deals"), ("do", "hide")],
    ] {
        assert!(browser.submit("/dashboard/arrange", &change).await.has("Arrange the dashboard"));
    }
    let page = ok(&browser, "/").await;
    assert!(page.has("Customers by status") && !page.has("No deal is too long in its stage."));
    assert!(page.has("class=\"panel panel-wide\" aria-labelledby=\"panel-pipeline\""));
    assert!(!page.after("id=\"panel-pipeline\"", "href").contains("owner"));
    let viewer = crate::support::browser(&database, Person::new(person.company, Role::Viewer)).await;
    assert!(!ok(&viewer, "/").await.has("Open deals by stage"));
}
