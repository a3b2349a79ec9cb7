//! Capture forms in the settings: they are added, changed, paused and given another key, and tell what a page pastes.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::capture_forms::{CaptureForm, NewCaptureForm};
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_form_is_added_with_what_a_page_pastes,
        a_form_is_changed_paused_and_deleted,
        faults_stand_with_their_fields,
        a_change_of_another_person_is_told,
        roles_do_what_they_may,
        another_companys_are_not_found,
        texts_are_escaped_twice_in_what_is_pasted,
    ]);
}

const LIST: &str = "/settings/capture-forms";

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

async fn add(database: &TestDatabase, person: Person, name: &str) -> CaptureForm {
    let new = NewCaptureForm::with_fields(name, [("email", "Your address")]);
    person.scope(database).capture_forms().create(new).await.unwrap()
}

async fn a_form_is_added_with_what_a_page_pastes(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    assert!(ok(&browser, LIST).await.has("No forms yet"));
    assert!(ok(&browser, &format!("{LIST}/new")).await.has("email* | Your e-mail address"));
    let fields = [
        ("name", "Contact"),
        ("fields", "name | Your name\r\nemail* | Your address\r\ndescription | Your message"),
        ("origins", "https://www.example.com\r\nhttps://shop.example.com"),
        ("source", "web_form"),
        ("tags", "Website, Spring"),
        ("consentText", "You may write to me."),
        ("onDuplicate", "update"),
        ("requiresChallenge", "true"),
        ("isActive", "true"),
    ];
    let page = browser.submit(LIST, &fields).await;
    assert!(page.has("The form was added.") && page.has("name=\"origins\""), "{}", page.body);
    let request = crm_core::page::PageRequest::default();
    let mut scope = person.scope(&database);
    let form = scope.capture_forms().list(&Default::default(), &request).await.unwrap().data.remove(0);
    assert_eq!(form.origins, ["https://www.example.com", "https://shop.example.com"]);
    assert_eq!((form.tags.len(), form.fields.len(), form.fields[1].is_required), (2, 3, true));
    assert!(
        page.has(&format!("/api/capture/{}", form.key)) && page.has("company_fax") && page.has("You may write to me.")
    );
    let list = ok(&browser, LIST).await;
    assert!(list.has("Contact") && list.has("https://shop.example.com"));
    let preview = ok(&browser, &format!("{LIST}/{}/preview", form.id)).await;
    assert!(preview.has("Your address *") && preview.has("You may write to me.") && !preview.has(&form.key));
    let taken = browser.post(LIST, &[&[("name", "CONTACT")][..], &fields[1..]].concat()).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.has("id=\"name-fault\"") && taken.has("Another form has this name."));
}

async fn a_form_is_changed_paused_and_deleted(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let form = add(&database, person, "Contact").await;
    let path = format!("{LIST}/{}", form.id);
    let read = async || person.scope(&database).capture_forms().get(form.id).await.unwrap();
    let fields = [("version", "1"), ("name", "Contact us"), ("fields", "phone | Telephone"), ("isActive", "true")];
    let saved = browser.submit(&path, &fields).await;
    assert!(saved.has("The form was saved.") && saved.has("value=\"Contact us\""));
    let now = read().await;
    assert_eq!(
        (now.fields[0].key.as_str(), now.requires_challenge, now.fields[0].is_required),
        ("phone", false, false)
    );
    assert!(browser.submit(&format!("{path}/active"), &[("version", "2")]).await.has("takes no submissions any more"));
    assert!(!read().await.is_active);
    let on = browser.submit(&format!("{path}/active"), &[("version", "3"), ("active", "true")]).await;
    assert!(on.has("takes submissions again") && read().await.is_active);
    assert!(browser.submit(&format!("{path}/key"), &[("version", "4")]).await.has("another key"));
    assert_ne!(read().await.key, form.key);
    assert!(ok(&browser, &format!("{path}/delete")).await.has("Delete the form Contact us?"));
    assert!(browser.submit(&format!("{path}/delete"), &[("version", "5")]).await.has("The form was deleted."));
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
}

async fn faults_stand_with_their_fields(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let fields = [("name", ""), ("fields", "ownerId | Owner"), ("origins", "nonsense"), ("redirectUrl", "nonsense")];
    let page = browser.post(LIST, &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for name in ["fields", "origins", "redirectUrl"] {
        assert!(page.has(&format!("id=\"{name}-fault\"")), "{name}: {}", page.body);
    }
    assert!(page.has("ownerId | Owner"), "what was typed stays");
}

async fn a_change_of_another_person_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let form = add(&database, person, "Contact").await;
    let path = format!("{LIST}/{}", form.id);
    let fields = |version| [("version", version), ("name", "Mine"), ("fields", "email | E-mail"), ("isActive", "true")];
    browser.submit(&path, &fields("1")).await;
    let stale = browser
        .post(&path, &fields("1").map(|(name, value)| (name, if value == "Mine" { "Other" } else { value })))
        .await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("was changed after you opened it") && stale.has("value=\"Other\"") && stale.has("value=\"2\""));
}

async fn roles_do_what_they_may(database: TestDatabase) {
    let company = company();
    let form = add(&database, Person::new(company, Role::Admin), "Contact").await;
    let path = format!("{LIST}/{}", form.id);
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let may = matches!(role, Role::Admin | Role::Manager);
        assert_eq!(ok(&browser, "/settings").await.has("settings/capture-forms"), may, "{role}");
        for path in
            [LIST.to_owned(), format!("{LIST}/new"), path.clone(), format!("{path}/preview"), format!("{path}/delete")]
        {
            let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(browser.get(&path).await.status, expected, "{role} {path}");
        }
        if may {
            continue;
        }
        for path in
            [LIST.to_owned(), path.clone(), format!("{path}/active"), format!("{path}/key"), format!("{path}/delete")]
        {
            let answer = browser.post(&path, &[("version", "1"), ("name", "x"), ("fields", "email | E-mail")]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
    }
}

async fn another_companys_are_not_found(database: TestDatabase) {
    let form = add(&database, Person::new(company(), Role::Admin), "FORM-MARK").await;
    let other = browser(&database, Person::new(company(), Role::Admin)).await;
    let path = format!("{LIST}/{}", form.id);
    for path in [path.clone(), format!("{path}/preview"), format!("{path}/delete")] {
        let answer = other.get(&path).await;
        assert!(answer.status == StatusCode::NOT_FOUND && !answer.has("-MARK"), "{path}");
    }
    for act in ["", "/active", "/key", "/delete"] {
        let answer = other.post(&format!("{path}{act}"), &[("version", "1"), ("fields", "email | E-mail")]).await;
        assert!(answer.status == StatusCode::NOT_FOUND && !answer.has("-MARK"), "{act}");
    }
    assert!(!ok(&other, LIST).await.has("-MARK"));
}

/// Once for the page that is pasted into, and once for the page of the console.
async fn texts_are_escaped_twice_in_what_is_pasted(database: TestDatabase) {
    const EVIL: &str = "<script>\"'><img src=x>";
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let new =
        NewCaptureForm { consent_text: Some(EVIL.to_owned()), ..NewCaptureForm::with_fields(EVIL, [("email", EVIL)]) };
    let form = person.scope(&database).capture_forms().create(new).await.unwrap();
    let path = format!("{LIST}/{}", form.id);
    let mut pages = String::new();
    for path in [LIST.to_owned(), path.clone(), format!("{path}/preview"), format!("{path}/delete")] {
        pages += &ok(&browser, &path).await.body;
    }
    for bad in ["<script>\"", "<img"] {
        assert!(!pages.contains(bad), "{bad} stands in a page");
    }
    assert!(pages.contains("&#38;#60;img src=x&#38;#62;"), "what is pasted is escaped by itself");
}
