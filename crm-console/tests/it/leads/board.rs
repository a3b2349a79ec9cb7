//! The board and the list of leads.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::lead_statuses::LeadStatusPatch;
use crm_core::leads::{LeadRating, NewLead};
use crm_core::money::Money;
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase};

use super::{add, ann, named, ok, read, status};
use crate::support::{Answer, Person, browser, company};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        the_board_has_columns_with_cards,
        the_board_is_narrowed,
        a_column_leads_to_the_list_of_all,
        a_card_gets_another_status_by_a_form,
        a_status_that_does_not_follow_is_refused,
        a_loss_needs_a_reason_where_the_company_wants_one,
        two_people_move_one_card,
        the_list_is_filtered_and_sorted,
        the_list_has_columns_and_views,
    ]);
}

/// The column of a status.
fn column<'a>(page: &'a Answer, status: &str) -> &'a str {
    let mut columns = page.body.split("<section class=\"deal-column\"").skip(1);
    let column = columns.find(|column| column.contains(&format!("data-name=\"{status}\"")));
    column.unwrap_or_else(|| panic!("no column {status} in {}", page.body))
}

async fn the_board_has_columns_with_cards(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let browser = browser(&database, person).await;
    let empty = ok(&browser, "/leads").await;
    assert!(empty.has("data-name=\"Unqualified\"") && empty.has("Add a person or an organization"));
    let value = Some(Money { amount: 1_250_000, currency: "EUR".parse().unwrap() });
    let hot = NewLead { estimated_value: value, rating: Some(LeadRating::Hot), owner_id: Some(person.user), ..ann() };
    add(&database, person, hot).await;
    named(&database, person, "Smith & Sons").await;
    let page = ok(&browser, "/leads").await;
    let first = column(&page, "New");
    for text in
        ["<span class=\"count\">2</span>", "12,500 EUR", "Hot", "Lee &#38; Co", "Owner: Pat Person", "data-grip"]
    {
        assert!(first.contains(text), "{text} is not in {first}");
    }
    assert!(first.find("Smith").unwrap() < first.find("Ann Lee").unwrap(), "the latest is on top");
    assert!(!column(&page, "Contacted").contains("data-card") && page.has("data-of=\"lead\""));
}

async fn the_board_is_narrowed(database: TestDatabase) {
    let company = company();
    let (mine, theirs) = (Person::new(company, Role::SalesRep), Person::new(company, Role::Manager));
    let own = NewLead { rating: Some(LeadRating::Hot), owner_id: Some(mine.user), ..NewLead::organization("My own") };
    add(&database, mine, own).await;
    named(&database, theirs, "Of nobody").await;
    let page = browser(&database, mine).await;
    let all = ok(&page, "/leads").await;
    assert!(all.has(">My own<") && all.has(">Of nobody<"));
    for (query, shown, hidden) in [
        ("owner=me", ">My own<", ">Of nobody<"),
        ("owner=none", ">Of nobody<", ">My own<"),
        ("rating=hot&rating=warm", ">My own<", ">Of nobody<"),
        ("q=NOBODY", ">Of nobody<", ">My own<"),
    ] {
        let narrowed = ok(&page, &format!("/leads?{query}")).await;
        assert!(narrowed.has(shown) && !narrowed.has(hidden), "{query}");
    }
    // What cannot be read comes from an address that was typed.
    ok(&page, "/leads?owner=nonsense&rating=nonsense&q=%25%25").await;
    ok(&page, &format!("/leads?q={}", "x".repeat(300))).await;
}

async fn a_column_leads_to_the_list_of_all(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    for number in 0..22 {
        let new = NewLead { owner_id: Some(person.user), ..NewLead::organization(format!("Lead {number:02}")) };
        add(&database, person, new).await;
    }
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/leads?owner=me&q=lead").await;
    let first = column(&page, "New");
    assert!(first.contains("2 more leads") && first.contains("Lead 21") && !first.contains("Lead 01"));
    let list = ok(&browser, &page.after("class=\"deal-more\"", "href")).await;
    assert!(list.has("22 leads") && list.has("Lead 00") && list.has("Status</span> New"));
    assert!(list.has("value=\"lead\"") && list.has("Owner</span> Me"), "what narrows the one narrows the other");
}

async fn a_card_gets_another_status_by_a_form(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let id = named(&database, person, "Smith & Sons").await;
    let contacted = status(&database, person, "contacted").await;
    let browser = browser(&database, person).await;
    let board = ok(&browser, "/leads?q=smith").await;
    let form = ok(&browser, &board.after("class=\"deal-card-head\"", "hx-get")).await;
    assert!(form.has("Change status: Smith &#38; Sons") && form.has("now New") && form.has("class=\"is-lost\""));
    let back = form.after("name=\"back\"", "value");
    assert_eq!(back, "/erp/crm/leads?q=smith");
    let version = form.after("name=\"version\"", "value");
    let fields = [("stage", &*contacted), ("version", &*version), ("back", &*back), ("statusReason", "Called back")];
    let board = browser.submit(&format!("/leads/{id}/move"), &fields).await;
    assert!(board.has("The lead has another status.") && column(&board, "Contacted").contains("Smith"));
    let lead = read(&database, person, id).await;
    assert_eq!((lead.status.as_str(), lead.status_reason.as_deref()), ("contacted", Some("Called back")));
    // Put down in the same column, a card stays what it is.
    let neighbour = named(&database, person, "Other").await.to_string();
    browser.submit(&format!("/leads/{id}/move"), &[("afterId", &*neighbour), ("version", "2")]).await;
    assert_eq!(read(&database, person, id).await.version, 2);
}

async fn a_status_that_does_not_follow_is_refused(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let id = named(&database, person, "Smith & Sons").await;
    let [new, contacted] = [status(&database, person, "new").await, status(&database, person, "contacted").await];
    let browser = browser(&database, person).await;
    let path = format!("/leads/{id}/move");
    browser.submit(&path, &[("stage", &*contacted)]).await;
    let refused = browser.post(&path, &[("stage", &*new), ("version", "2")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.has("A status of this type does not follow the one that the lead has."));
    // The form offers only what can follow.
    assert!(!ok(&browser, &path).await.has(&format!("value=\"{new}\"")));
    let unknown = browser.post(&path, &[("stage", &*id.to_string())]).await;
    assert!(unknown.status == StatusCode::UNPROCESSABLE_ENTITY && unknown.has("takes no more leads"));
    assert_eq!(read(&database, person, id).await.status, "contacted");
}

async fn a_loss_needs_a_reason_where_the_company_wants_one(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let id = named(&database, person, "Smith & Sons").await;
    let lost = status(&database, person, "unqualified").await;
    let demands = LeadStatusPatch { requires_reason: Patch::Set(true), ..LeadStatusPatch::default() };
    person.scope(&database).lead_statuses().update(lost.parse().unwrap(), demands, None).await.unwrap();
    let browser = browser(&database, person).await;
    let path = format!("/leads/{id}/move");
    // The way into the lost status asks for it first.
    let page = ok(&browser, &format!("/leads/{id}")).await;
    let asked = ok(&browser, &page.after("class=\"stage-step stage-lost\"", "href")).await;
    assert!(asked.has(&format!("value=\"{lost}\" class=\"is-lost\" selected")));
    let missing = browser.post(&path, &[("stage", &*lost), ("lostNotes", "Too dear")]).await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(missing.has("id=\"lostReason-fault\"") && missing.has(">Too dear</textarea>"));
    let told = [("stage", &*lost), ("lostReason", "no_budget"), ("lostNotes", "Too dear")];
    let page = browser.submit(&path, &told).await;
    assert!(page.has("The lead was lost.") && page.has("No budget") && page.has("Too dear"));
    // A reason that is left in a hidden field does no harm.
    let contacted = status(&database, person, "contacted").await;
    browser.submit(&path, &[("stage", &*contacted), ("lostReason", "no_budget"), ("lostNotes", "x")]).await;
    assert_eq!(read(&database, person, id).await.lost_reason, None);
}

async fn two_people_move_one_card(database: TestDatabase) {
    let company = company();
    let (one, other) = (Person::new(company, Role::SalesRep), Person::new(company, Role::Manager));
    let id = named(&database, one, "Smith & Sons").await;
    let [contacted, qualified] = [status(&database, one, "contacted").await, status(&database, one, "qualified").await];
    let people = [browser(&database, one).await, browser(&database, other).await];
    let path = format!("/leads/{id}/move");
    let moved = people[0].post(&path, &[("stage", &*contacted), ("version", "1")]).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER);
    let refused = people[1].post(&path, &[("stage", &*qualified), ("version", "1")]).await;
    assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED);
    assert!(refused.has("was changed after you opened it") && refused.has("now Contacted"));
    assert_eq!(refused.after("name=\"version\"", "value"), "2");
}

async fn the_list_is_filtered_and_sorted(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    for (name, rating) in [("Cold one", LeadRating::Cold), ("Hot one", LeadRating::Hot)] {
        add(&database, person, NewLead { rating: Some(rating), ..NewLead::organization(name) }).await;
    }
    let archived = NewLead { is_archived: Some(true), ..NewLead::organization("Old one") };
    add(&database, person, archived).await;
    let browser = browser(&database, person).await;
    let all = ok(&browser, "/leads/table").await;
    assert!(all.has("2 leads") && !all.has("Old one") && all.has("data-live=\"leads\""));
    let hot = ok(&browser, "/leads/table?rating=hot&status=new&owner=none").await;
    assert!(hot.has("1 lead<") && hot.has("Hot one") && hot.has("Rating</span> Hot"));
    assert!(ok(&browser, "/leads/table?isArchived=true").await.has("Old one"));
    let sorted = ok(&browser, "/leads/table?sort=name").await;
    assert!(sorted.has("aria-sort=\"ascending\""));
    assert!(sorted.body.find("Cold one").unwrap() < sorted.body.find("Hot one").unwrap());
    assert!(ok(&browser, "/leads/table?q=nobodyatall").await.has("No leads match"));
    ok(&browser, "/leads/table?sort=nonsense&status=nonsense&rating=nonsense&owner=nonsense&q=%2D").await;
    assert_eq!(browser.get("/leads/table?cursor=nonsense").await.status, StatusCode::BAD_REQUEST);
}

async fn the_list_has_columns_and_views(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let referred = NewLead { source: Some("referral".to_owned()), referred_by: Some("Ida".to_owned()), ..ann() };
    add(&database, person, referred).await;
    let browser = browser(&database, person).await;
    let columns = ok(&browser, "/leads/table/columns").await;
    assert!(columns.has("Recommended by") && columns.has("In this status since"));
    let chosen = [("column", "email"), ("column", "source"), ("column", "referredBy"), ("state", "")];
    let list = browser.submit("/leads/table/columns", &chosen).await;
    assert!(list.has("mailto:ann@lee.example") && list.has("Referral") && list.has(">Ida<"));
    let saved = [("name", "Hot ones"), ("visibility", "shared"), ("state", "?rating=hot&sort=-statusChangedAt")];
    let view = browser.submit("/leads/table/views", &saved).await;
    assert!(view.has("Hot ones") && view.has("No leads match"));
    let id = view.after("class=\"icon-button view-first\"", "value");
    browser.submit("/leads/table/views/default", &[("default", &*id), ("state", "")]).await;
    assert!(ok(&browser, "/leads/table").await.has("No leads match"), "the list begins with the view");
    assert!(ok(&browser, "/leads/table?view=all").await.has("Ann Lee"));
}
