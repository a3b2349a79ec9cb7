//! What is deleted can be undone, stands in the trash, and is removed for good only after a question.

use actix_web::http::StatusCode;
use crm_core::actor::{Action, Resource, Role};
use crm_core::customers::NewCustomer;
use crm_core::ids::CustomerId;
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::notes::NewNote;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, Person, browser, company, with_rights};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_customer_is_deleted_and_comes_back,
        the_trash_tells_who_and_when,
        the_trash_is_searched_and_goes_on,
        an_address_that_was_taken_is_told,
        a_customer_is_removed_for_good_after_a_question,
        notes_are_edited_deleted_and_restored,
        only_authors_hide_notes,
        long_texts_are_read_to_their_end,
        a_customers_notes_and_interactions_are_in_its_trash,
        roles_see_what_they_may_restore,
        any_right_to_restore_shows_the_trash,
        own_interactions_are_restored,
        another_companys_trash_is_not_found,
        a_notice_takes_no_words_of_an_address,
    ]);
}

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

async fn add(database: &TestDatabase, person: Person, name: &str) -> CustomerId {
    person.scope(database).customers().create(NewCustomer::organization(name)).await.unwrap().id
}

async fn trashed(database: &TestDatabase, person: Person, name: &str) -> CustomerId {
    let id = add(database, person, name).await;
    person.scope(database).customers().delete(id, None).await.unwrap();
    id
}

async fn a_customer_is_deleted_and_comes_back(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let lee = add(&database, person, "Lee & Co").await;
    let browser = browser(&database, person).await;
    let page = ok(&browser, &format!("/customers/{lee}")).await;
    assert!(page.has("Delete customer"));
    let list = browser.submit(&format!("/customers/{lee}/delete"), &[]).await;
    assert!(list.has("The customer was moved to the trash.") && !list.has("Lee &#38; Co"));
    assert_eq!(browser.get(&format!("/customers/{lee}")).await.status, StatusCode::NOT_FOUND);
    let undo = list.after("class=\"notice\"", "action");
    let restored = browser.submit(&undo, &[("back", &list.after("name=\"back\"", "value"))]).await;
    assert!(restored.has("The customer was restored.") && restored.has("Lee &#38; Co"));
    // Without a place to come back to, the customer itself is shown.
    browser.submit(&format!("/customers/{lee}/delete"), &[]).await;
    assert!(browser.submit(&undo, &[]).await.has("<h1>Lee &#38; Co</h1>"));
    assert_eq!(browser.post(&undo, &[]).await.status, StatusCode::CONFLICT);
}

async fn the_trash_tells_who_and_when(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let empty = ok(&browser, "/trash").await;
    assert!(empty.has("The trash is empty") && empty.has("until they are restored or deleted permanently"));
    let lee = trashed(&database, person, "Lee & Co").await;
    let page = ok(&browser, "/trash").await;
    assert!(page.has("Lee &#38; Co") && page.has("Pat Person") && page.has("just now"));
    let restore = page.after("class=\"row-actions\"", "action");
    assert!(restore.ends_with(&format!("/customers/{lee}/restore")));
    let page = browser.submit(&restore, &[("back", "/erp/crm/trash")]).await;
    assert!(page.has("The customer was restored.") && page.has("The trash is empty"));
}

async fn the_trash_is_searched_and_goes_on(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    for number in 0..52 {
        trashed(&database, person, &format!("Firm {number:02}")).await;
    }
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/trash").await;
    assert!(page.has("Firm 51") && !page.has("Firm 01"));
    let more = ok(&browser, &page.after("class=\"more\"", "hx-get")).await;
    assert!(more.has("Firm 01") && more.has("Firm 00") && !more.has("Show more"));
    let found = ok(&browser, "/trash?q=firm+17").await;
    assert!(found.has("Firm 17") && !found.has("Firm 18"));
    assert!(ok(&browser, "/trash?q=nobody").await.has("No customers match"));
    assert_eq!(browser.get("/trash?cursor=nonsense").await.status, StatusCode::BAD_REQUEST);
}

async fn an_address_that_was_taken_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let ann = || NewCustomer { email: Some("ann@lee.example".to_owned()), ..NewCustomer::person("Ann", "Lee") };
    let mut scope = person.scope(&database);
    let first = scope.customers().create(ann()).await.unwrap().id;
    scope.customers().delete(first, None).await.unwrap();
    scope.customers().create(ann()).await.unwrap();
    let browser = browser(&database, person).await;
    let page = browser.submit(&format!("/customers/{first}/restore"), &[("back", "/erp/crm/trash")]).await;
    assert!(page.has("Not restored: another customer has the e-mail address") && page.has("Ann Lee"));
}

async fn a_customer_is_removed_for_good_after_a_question(database: TestDatabase) {
    let company = company();
    let admin = Person::new(company, Role::Admin);
    let lee = trashed(&database, admin, "Lee & Co").await;
    let browser = browser(&database, admin).await;
    let page = ok(&browser, "/trash").await;
    let question = ok(&browser, &page.after("class=\"row-actions\"", "href")).await;
    assert!(question.has("Delete permanently: Lee &#38; Co") && question.has("cannot be undone"));
    assert_eq!(browser.post(&format!("/customers/{lee}/purge"), &[]).await.status, StatusCode::BAD_REQUEST);
    let version = question.after("name=\"version\"", "value");
    // What was restored meanwhile is not removed.
    admin.scope(&database).customers().restore(lee).await.unwrap();
    let late = browser.post(&format!("/customers/{lee}/purge"), &[("version", &version)]).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(browser.get(&format!("/customers/{lee}/purge")).await.status, StatusCode::NOT_FOUND);
    admin.scope(&database).customers().delete(lee, None).await.unwrap();
    let version = ok(&browser, &format!("/customers/{lee}/purge")).await.after("name=\"version\"", "value");
    let page = browser.submit(&format!("/customers/{lee}/purge"), &[("version", &version)]).await;
    assert!(page.has("deleted permanently.") && page.has("The trash is empty"));
}

async fn notes_are_edited_deleted_and_restored(database: TestDatabase) {
    let person = Person::new(company(), Role::Support);
    let lee = add(&database, Person::new(person.company, Role::Admin), "Lee & Co").await;
    let note = person.scope(&database).notes(lee).create(NewNote::text("A *wish*")).await.unwrap();
    let browser = browser(&database, person).await;
    let page = ok(&browser, &format!("/customers/{lee}")).await;
    let address = format!("/customers/{lee}/notes/{}", note.id);
    assert!(page.has(&format!("{address}/edit")) && page.has(&format!("{address}/delete")));
    let form = ok(&browser, &format!("{address}/edit")).await;
    assert!(form.has(">A *wish*</textarea>"));
    let version = form.after("name=\"version\"", "value");
    let fields = [("version", &*version), ("title", "Delivery"), ("body", "Two **lots**"), ("type", "contract")];
    let page = browser.submit(&format!("{address}/edit"), &fields).await;
    assert!(page.has("The note was saved.") && page.has("<strong>lots</strong>") && page.has("noted a contract"));
    let stale = browser.post(&format!("{address}/edit"), &[("version", &version), ("body", "Mine")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("Two **lots**</pre>") && stale.has(">Mine</textarea>") && stale.has("Save anyway"));
    let empty = browser.post(&format!("{address}/edit"), &[("body", " "), ("title", "kept")]).await;
    assert!(empty.status == StatusCode::UNPROCESSABLE_ENTITY && empty.has("id=\"note-fault\""));
    assert!(empty.has("value=\"kept\""));
    let page = browser.submit(&format!("{address}/delete"), &[]).await;
    assert!(page.has("The note was moved to the trash.") && !page.has("<strong>lots</strong>"));
    let undo = page.after("class=\"notice\"", "action");
    let page = browser.submit(&undo, &[]).await;
    assert!(page.has("The note was restored.") && page.has("<strong>lots</strong>"));
}

async fn long_texts_are_read_to_their_end(database: TestDatabase) {
    let company = company();
    let author = Person::new(company, Role::SalesRep);
    let lee = add(&database, author, "Lee & Co").await;
    let long = format!("{} **the end**", "word ".repeat(900));
    author.scope(&database).notes(lee).create(NewNote::text(&long)).await.unwrap();
    let call = NewInteraction { content: Some(long), ..NewInteraction::of(InteractionType::Call, "Price") };
    author.scope(&database).interactions(lee).create(call).await.unwrap();
    let viewer = browser(&database, Person::new(company, Role::Viewer)).await;
    for kind in ["note", "interaction"] {
        let page = ok(&viewer, &format!("/customers/{lee}?kind={kind}")).await;
        assert!(page.has("The text goes on.") && !page.has("<strong>the end"));
        let whole = ok(&viewer, &page.after("The text goes on.", "href")).await;
        assert!(whole.has("<strong>the end</strong>"), "{kind}");
    }
}

async fn only_authors_hide_notes(database: TestDatabase) {
    let company = company();
    let (author, manager) = (Person::new(company, Role::SalesRep), Person::new(company, Role::Manager));
    let lee = add(&database, author, "Lee & Co").await;
    let note = author.scope(&database).notes(lee).create(NewNote::text("Shared")).await.unwrap();
    let address = format!("/customers/{lee}/notes/{}/edit", note.id);
    let (mine, theirs) = (browser(&database, author).await, browser(&database, manager).await);
    assert!(ok(&mine, &address).await.has("name=\"private\""));
    assert!(!ok(&theirs, &address).await.has("name=\"private\""));
    theirs.submit(&address, &[("body", "Changed"), ("private", "1")]).await;
    assert!(ok(&mine, &format!("/customers/{lee}")).await.has("Changed"));
    mine.submit(&address, &[("body", "Hidden"), ("private", "1")]).await;
    assert!(ok(&mine, &format!("/customers/{lee}")).await.has("Hidden"));
    assert_eq!(theirs.get(&address).await.status, StatusCode::NOT_FOUND);
    // What is hidden stays hidden when its text is changed.
    assert!(ok(&mine, &address).await.has("name=\"private\" value=\"1\" checked"));
}

async fn a_customers_notes_and_interactions_are_in_its_trash(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = add(&database, person, "Lee & Co").await;
    let mut scope = person.scope(&database);
    let note = scope.notes(lee).create(NewNote::text("A wish")).await.unwrap();
    scope.notes(lee).delete(note.id, None).await.unwrap();
    let call = scope.interactions(lee).create(NewInteraction::of(InteractionType::Call, "Price")).await.unwrap();
    scope.interactions(lee).delete(call.id, None).await.unwrap();
    let browser = browser(&database, person).await;
    let address = format!("/customers/{lee}/trash");
    assert!(ok(&browser, &format!("/customers/{lee}")).await.has(&address));
    let notes = ok(&browser, &address).await;
    assert!(notes.has("A wish") && notes.has("Lee &#38; Co") && !notes.has("Price"));
    let restore = notes.after("class=\"row-actions\"", "action");
    let back = notes.after("name=\"back\"", "value");
    assert!(browser.submit(&restore, &[("back", &back)]).await.has("The trash is empty"));
    let calls = ok(&browser, &format!("{address}?of=interactions")).await;
    assert!(calls.has("Price") && !calls.has("A wish"));
    let all = ok(&browser, "/trash?of=interactions").await;
    assert!(all.has("Price") && all.has("Lee &#38; Co"));
    browser.submit(&all.after("class=\"row-actions\"", "action"), &[]).await;
    assert!(ok(&browser, &format!("/customers/{lee}")).await.has("Price"));
}

async fn roles_see_what_they_may_restore(database: TestDatabase) {
    let company = company();
    let admin = Person::new(company, Role::Admin);
    let lee = trashed(&database, admin, "Lee & Co").await;
    let kept = add(&database, admin, "Kept").await;
    let call =
        admin.scope(&database).interactions(kept).create(NewInteraction::of(InteractionType::Call, "Price")).await;
    let call = call.unwrap().id;
    admin.scope(&database).all_interactions().delete(call, None).await.unwrap();
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let page = browser.get("/trash").await;
        let home = ok(&browser, "/").await;
        let page_of = browser.get(&format!("/customers/{kept}/trash?of=interactions")).await;
        let is_leading = matches!(role, Role::Admin | Role::Manager);
        assert_eq!(home.has("/erp/crm/trash"), *role != Role::Viewer, "{role}");
        if *role == Role::Viewer {
            assert_eq!((page.status, page_of.status), (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN));
        } else {
            assert_eq!(page.has("Lee &#38; Co"), is_leading, "{role}");
            assert_eq!(page.has(&format!("{lee}/purge")), *role == Role::Admin, "{role}");
            // Others' interactions are there for those who may restore all.
            let page = ok(&browser, "/trash?of=interactions").await;
            assert_eq!((page.has("Price"), page_of.has("Price")), (is_leading, is_leading), "{role}");
            assert_eq!(page.has(&format!("{call}/restore")), is_leading, "{role}");
        }
        assert_eq!(ok(&browser, &format!("/customers/{kept}")).await.has("Delete customer"), is_leading, "{role}");
        if !is_leading {
            for path in [format!("/customers/{kept}/delete"), format!("/customers/{lee}/restore")] {
                assert_eq!(browser.post(&path, &[]).await.status, StatusCode::FORBIDDEN, "{role} {path}");
            }
        }
        if *role != Role::Admin {
            let purge = browser.post(&format!("/customers/{lee}/purge"), &[("version", "2")]).await;
            assert_eq!(purge.status, StatusCode::FORBIDDEN, "{role}");
            assert_eq!(browser.get(&format!("/customers/{lee}/purge")).await.status, StatusCode::FORBIDDEN, "{role}");
        }
    }
}

async fn any_right_to_restore_shows_the_trash(database: TestDatabase) {
    let company = company();
    let admin = Person::new(company, Role::Admin);
    trashed(&database, admin, "Lee & Co").await;
    for (resource, seen, told) in [
        (Resource::Customers, "Lee &#38; Co", true),
        (Resource::Interactions, "The trash is empty", true),
        (Resource::Deals, "The trash is empty", true),
        (Resource::Notes, "Deleted notes are with their customer", true),
        (Resource::Tags, "", false),
    ] {
        let rights = [(resource, Action::Restore), (resource, Action::Read), (Resource::Customers, Action::Read)];
        let browser = with_rights(&database, admin, rights).await;
        assert_eq!(ok(&browser, "/").await.has("/erp/crm/trash\""), told, "{resource}");
        let page = browser.get("/trash").await;
        assert_eq!(page.status == StatusCode::OK, told, "{resource}");
        assert!(page.has(seen) && page.has("Lee") == (resource == Resource::Customers), "{resource}: {}", page.body);
    }
}

async fn own_interactions_are_restored(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let kept = add(&database, person, "Kept").await;
    let call = NewInteraction::of(InteractionType::Call, "My call");
    let mut scope = person.scope(&database);
    let call = scope.interactions(kept).create(call).await.unwrap().id;
    scope.all_interactions().delete(call, None).await.unwrap();
    let page = ok(&browser(&database, person).await, "/trash?of=interactions").await;
    assert!(page.has("My call") && page.has(&format!("{call}/restore")));
}

async fn another_companys_trash_is_not_found(database: TestDatabase) {
    let owner = Person::new(company(), Role::Admin);
    let (lee, kept) = (trashed(&database, owner, "Lee & Co").await, add(&database, owner, "Kept").await);
    let mut scope = owner.scope(&database);
    let note = scope.notes(kept).create(NewNote::text("A wish")).await.unwrap().id;
    let other = browser(&database, Person::new(company(), Role::Admin)).await;
    assert!(!ok(&other, "/trash").await.has("Lee"));
    for path in [
        format!("/customers/{lee}/restore"),
        format!("/customers/{lee}/purge"),
        format!("/customers/{kept}/delete"),
        format!("/customers/{kept}/notes/{note}/edit"),
        format!("/customers/{kept}/notes/{note}/delete"),
        format!("/customers/{kept}/notes/{note}/restore"),
    ] {
        let answer = other.post(&path, &[("version", "2"), ("body", "x")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["trash", "purge", &format!("notes/{note}/edit")] {
        assert_eq!(other.get(&format!("/customers/{kept}/{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(scope.notes(kept).get(note).await.is_ok());
}

async fn a_notice_takes_no_words_of_an_address(database: TestDatabase) {
    let browser = browser(&database, Person::new(company(), Role::Admin)).await;
    for query in ["notice=%3Cb%3E", "notice=nonsense", "undo=customers/1"] {
        assert!(!ok(&browser, &format!("/customers?{query}")).await.has("class=\"notice\""), "{query}");
    }
    let page = ok(&browser, "/customers?notice=customer-deleted&undo=%22%3E%3Cb%3E&q=a").await;
    assert!(page.has("class=\"notice\"") && !page.has("/restore") && !page.has("<b>"));
    // It is told once: the addresses of the page are without it.
    assert!(page.has("/erp/crm/customers?q=a\"") && !page.has("notice=") && !page.has("undo="));
}
