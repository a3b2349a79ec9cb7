//! Tags are listed, added, changed, merged and deleted.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::ids::TagId;
use crm_core::patch::Patch;
use crm_core::tags::{NewTag, TagPatch};
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        tags_are_listed_with_their_use,
        the_list_searches_sorts_and_goes_on,
        a_tag_is_added_and_changed,
        a_faulty_tag_is_told,
        tags_are_merged,
        a_tag_is_deleted_after_a_question,
        roles_do_what_they_may,
        another_companys_are_not_found,
    ]);
}

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

async fn tag(database: &TestDatabase, person: Person, name: &str, customers: usize) -> TagId {
    let mut scope = person.scope(database);
    let tag = scope.tags().create(NewTag { color: Some("#d4af37".to_owned()), ..NewTag::named(name) }).await.unwrap();
    for number in 0..customers {
        let new = NewCustomer::organization(format!("{name} {number}"));
        let customer = scope.customers().create(new).await.unwrap();
        scope.customer_tags(customer.id).add([tag.id]).await.unwrap();
    }
    tag.id
}

async fn tags_are_listed_with_their_use(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    tag(&database, person, "VIP & friends", 2).await;
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/tags").await;
    assert!(page.has("1 tag<") && page.has("VIP &#38; friends") && page.has("fill=\"#d4af37\""));
    assert!(page.has("<td class=\"right\">2</td>"));
    let customers = ok(&browser, &page.after("class=\"row-link\"", "href")).await;
    assert!(customers.has("2 customers"));
}

async fn the_list_searches_sorts_and_goes_on(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    for number in 0..53 {
        tag(&database, person, &format!("Tag {number:02}"), 0).await;
    }
    tag(&database, person, "Zebra", 1).await;
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/tags").await;
    assert!(page.has("54 tags") && !page.has("Zebra"));
    let more = ok(&browser, &page.after("class=\"more\"", "hx-get")).await;
    assert!(more.has("Zebra") && !more.has("Show more"));
    let used = ok(&browser, "/tags?sort=-usageCount").await;
    assert!(used.has("Zebra") && used.has("aria-sort=\"descending\""));
    let found = ok(&browser, "/tags?q=ZEB").await;
    assert!(found.has("1 tag<") && found.has("value=\"ZEB\"") && !found.has("Tag 00"));
    assert!(ok(&browser, "/tags?q=nothing").await.has("No tags match"));
    ok(&browser, &format!("/tags?sort=nonsense&q={}", "x".repeat(300))).await;
    assert_eq!(browser.get("/tags?cursor=nonsense").await.status, StatusCode::BAD_REQUEST);
}

async fn a_tag_is_added_and_changed(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    assert!(ok(&browser, "/tags").await.has("No tags yet"));
    ok(&browser, "/tags/new").await;
    let fields = [("name", "VIP"), ("color", "other"), ("other", "#AABBCC"), ("description", "The board's")];
    let page = browser.submit("/tags", &fields).await;
    assert!(page.has("The tag was added.") && page.has("#aabbcc") && page.has("The board&#39;s"));
    let edit = page.after("class=\"row-actions\"", "href");
    let form = ok(&browser, &edit).await;
    assert!(form.has("value=\"VIP\"") && form.has("value=\"#aabbcc\""));
    let version = form.after("name=\"version\"", "value");
    let action = form.after("id=\"form-page\"", "action");
    let fields = [("version", &*version), ("name", "Very important"), ("color", ""), ("description", "")];
    let page = browser.submit(&action, &fields).await;
    assert!(page.has("Very important") && !page.has("#aabbcc") && !page.has("The board"));
    let stale = browser.post(&action, &fields).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("was changed after you opened it") && stale.has("Save anyway"));
}

async fn a_faulty_tag_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let vip = tag(&database, person, "VIP", 0).await;
    tag(&database, person, "Gold", 0).await;
    let browser = browser(&database, person).await;
    for (path, name, words) in [
        ("/tags".to_owned(), "", "Enter a value."),
        ("/tags".to_owned(), "a, b", "must not contain commas"),
        ("/tags".to_owned(), "vip", "Another tag has this name."),
        (format!("/tags/{vip}/edit"), "gold", "Another tag has this name."),
    ] {
        let answer = browser.post(&path, &[("name", name), ("description", "kept")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(answer.has(words) && answer.has("id=\"name-fault\"") && answer.has("value=\"kept\""), "{name}");
    }
    let wrong = browser.post("/tags", &[("name", "New"), ("color", "red")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.has("Choose a colour"));
}

async fn tags_are_merged(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let (one, other) = (tag(&database, person, "Key account", 2).await, tag(&database, person, "VIP", 1).await);
    let browser = browser(&database, person).await;
    let form = ok(&browser, &format!("/tags/{one}/merge?q=vip")).await;
    assert!(
        form.has("2 customers") && form.has(&format!("value=\"{other}\"")) && !form.has(&format!("value=\"{one}\""))
    );
    let none = browser.post(&format!("/tags/{one}/merge"), &[]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = browser.submit(&format!("/tags/{one}/merge"), &[("into", &other.to_string())]).await;
    assert!(page.has("The tags were merged.") && !page.has("Key account"));
    assert!(page.has("<td class=\"right\">3</td>"));
    let same = browser.post(&format!("/tags/{other}/merge"), &[("into", &other.to_string())]).await;
    assert!(same.status == StatusCode::UNPROCESSABLE_ENTITY && same.has("cannot be merged into itself"));
}

async fn a_tag_is_deleted_after_a_question(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let vip = tag(&database, person, "VIP", 1).await;
    let browser = browser(&database, person).await;
    let question = ok(&browser, &format!("/tags/{vip}/delete")).await;
    assert!(question.has("taken off 1 customer") && question.has("cannot be undone"));
    let version = question.after("name=\"version\"", "value");
    let patch = TagPatch { name: Patch::Set("Very VIP".to_owned()), ..TagPatch::default() };
    person.scope(&database).tags().update(vip, patch, None).await.unwrap();
    let stale = browser.post(&format!("/tags/{vip}/delete"), &[("version", &version)]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let version = ok(&browser, &format!("/tags/{vip}/delete")).await.after("name=\"version\"", "value");
    let page = browser.submit(&format!("/tags/{vip}/delete"), &[("version", &version)]).await;
    assert!(page.has("The tag was deleted.") && !page.has("Very VIP"));
}

async fn roles_do_what_they_may(database: TestDatabase) {
    let company = company();
    let vip = tag(&database, Person::new(company, Role::Admin), "VIP", 0).await;
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let (may_create, may_change) = (*role != Role::Viewer, matches!(role, Role::Admin | Role::Manager));
        let page = ok(&browser, "/tags").await;
        assert_eq!(page.has("/tags/new"), may_create, "{role}");
        for form in ["edit", "merge", "delete"] {
            assert_eq!(page.has(&format!("{vip}/{form}")), may_change, "{role} {form}");
            let expected = if may_change { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(browser.get(&format!("/tags/{vip}/{form}")).await.status, expected, "{role} {form}");
            if !may_change {
                let fields = [("name", "X"), ("into", &*vip.to_string())];
                let answer = browser.post(&format!("/tags/{vip}/{form}"), &fields).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {form}");
            }
        }
        let created = browser.post("/tags", &[("name", role.as_str())]).await;
        assert_eq!(created.status == StatusCode::SEE_OTHER, may_create, "{role}");
    }
}

async fn another_companys_are_not_found(database: TestDatabase) {
    let vip = tag(&database, Person::new(company(), Role::Admin), "VIP", 0).await;
    let person = Person::new(company(), Role::Admin);
    let mine = tag(&database, person, "Mine", 0).await;
    let other = browser(&database, person).await;
    assert!(!ok(&other, "/tags").await.has("VIP"));
    for form in ["edit", "merge", "delete"] {
        assert_eq!(other.get(&format!("/tags/{vip}/{form}")).await.status, StatusCode::NOT_FOUND, "{form}");
        let answer = other.post(&format!("/tags/{vip}/{form}"), &[("name", "X"), ("into", &*mine.to_string())]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{form}");
    }
    let into = other.post(&format!("/tags/{mine}/merge"), &[("into", &*vip.to_string())]).await;
    assert_eq!(into.status, StatusCode::UNPROCESSABLE_ENTITY);
}
