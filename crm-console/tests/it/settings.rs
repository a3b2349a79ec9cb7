//! The company's settings, the audit trail, and jobs.

use actix_web::http::StatusCode;
use crm_core::Crm;
use crm_core::actor::Role;
use crm_core::customers::{CustomerPatch, NewCustomer};
use crm_core::jobs::NewJob;
use crm_core::notes::NewNote;
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        administrators_change_the_settings_and_all_others_read_them,
        a_setting_that_is_wrong_is_told_beside_it,
        how_alike_duplicates_are_is_a_percentage,
        settings_that_changed_meanwhile_are_shown,
        the_audit_trail_is_filtered_and_goes_on,
        the_audit_trail_is_for_administrators_and_keeps_private_notes,
        people_see_their_own_jobs_and_administrators_all,
        a_job_is_cancelled_and_tried_again,
        what_is_not_contacted_is_listed_added_and_removed,
    ]);
}

async fn administrators_change_the_settings_and_all_others_read_them(database: TestDatabase) {
    let company = company();
    let admin = browser(&database, Person::new(company, Role::Admin)).await;
    let version = admin.get("/settings").await.after("name=\"version\"", "value");
    let fields = [
        ("version", &*version),
        ("timeZone", "Europe/Berlin"),
        ("defaultCountry", "Germany"),
        ("duplicatePolicy", "allow"),
        ("recordAccess", "team"),
    ];
    let saved = admin.submit("/settings", &fields).await;
    assert!(saved.has("The settings were saved.") && saved.has("value=\"DE\"") && saved.has("\"allow\" selected"));
    assert!(saved.has("\"team\" selected"));
    for role in Role::ALL.iter().filter(|role| **role != Role::Admin) {
        let browser = browser(&database, Person::new(company, *role)).await;
        let page = browser.get("/settings").await;
        assert!(page.has("Europe/Berlin") && page.has("Allow them") && !page.has("name=\"version\""), "{role}");
        assert!(page.has("Those of their teams"), "{role}");
        let refused = browser.post("/settings", &[("version", "2"), ("timeZone", "UTC")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role}");
    }
    let version = saved.after("name=\"version\"", "value");
    let fields = [("version", &*version), ("timeZone", ""), ("defaultCountry", ""), ("duplicatePolicy", "allow")];
    assert!(admin.submit("/settings", &fields).await.has("value=\"UTC\""), "an empty field restores the default");
}

async fn a_setting_that_is_wrong_is_told_beside_it(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let admin = browser(&database, person).await;
    let version = admin.get("/settings").await.after("name=\"version\"", "value");
    let fields =
        [("version", &*version), ("timeZone", "Mars/<b>"), ("defaultCountry", "XX"), ("duplicatePolicy", "allow")];
    let answer = admin.post("/settings", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.has("timeZone-fault") && answer.has("defaultCountry-fault") && answer.has("Mars/&#60;b&#62;"));
    let fields = [("version", &*version), ("timeZone", "UTC"), ("duplicatePolicy", "allow")];
    let saved = admin.submit("/settings", &fields).await;
    for _ in 0..2 {
        let new = NewCustomer { email: Some("a@lee.example".to_owned()), ..NewCustomer::organization("Lee") };
        person.scope(&database).customers().create(new).await.unwrap();
    }
    let version = saved.after("name=\"version\"", "value");
    let refused =
        admin.post("/settings", &[("version", &version), ("timeZone", "UTC"), ("duplicatePolicy", "reject")]).await;
    assert!(refused.has("duplicatePolicy-fault") && refused.has("Some customers share an e-mail address"));
    assert_eq!(admin.post("/settings", &[("timeZone", "UTC")]).await.status, StatusCode::BAD_REQUEST);
}

async fn how_alike_duplicates_are_is_a_percentage(database: TestDatabase) {
    let admin = browser(&database, Person::new(company(), Role::Admin)).await;
    let page = admin.get("/settings").await;
    assert!(page.has("name=\"duplicateThreshold\" value=\"72\""));
    let version = page.after("name=\"version\"", "value");
    let fields = |threshold, reject| {
        [("version", &*version), ("duplicateThreshold", threshold), ("duplicateRejectThreshold", reject)]
    };
    for wrong in ["a lot", "101", "12"] {
        let refused = admin.post("/settings", &fields(wrong, "")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(refused.has("duplicateThreshold-fault") && refused.has(&format!("value=\"{wrong}\"")), "{wrong}");
    }
    let saved = admin.submit("/settings", &fields("82,5 %", "95")).await;
    assert!(saved.has("value=\"82.5\"") && saved.has("value=\"95\""));
    let version = saved.after("name=\"version\"", "value");
    let empty = [("version", &*version), ("duplicateThreshold", ""), ("duplicateRejectThreshold", "")];
    let restored = admin.submit("/settings", &empty).await;
    assert!(restored.has("name=\"duplicateThreshold\" value=\"72\"") && !restored.has("value=\"95\""));
}

async fn settings_that_changed_meanwhile_are_shown(database: TestDatabase) {
    let admin = browser(&database, Person::new(company(), Role::Admin)).await;
    let version = admin.get("/settings").await.after("name=\"version\"", "value");
    let fields = |zone| [("version", &*version), ("timeZone", zone), ("duplicatePolicy", "reject")];
    admin.submit("/settings", &fields("Europe/Oslo")).await;
    let stale = admin.post("/settings", &fields("Asia/Tokyo")).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("were changed after you opened") && stale.has("value=\"Asia/Tokyo\""));
    assert!(stale.has("<strong>Europe/Oslo</strong>") && stale.has("Save anyway"));
    let version = stale.after("name=\"version\"", "value");
    let fields = [("version", &*version), ("timeZone", "Asia/Tokyo"), ("duplicatePolicy", "reject")];
    assert!(admin.submit("/settings", &fields).await.has("value=\"Asia/Tokyo\""));
}

async fn the_audit_trail_is_filtered_and_goes_on(database: TestDatabase) {
    let company = company();
    let (ada, max) = (Person::new(company, Role::Admin), Person::new(company, Role::Manager));
    let mut scope = max.scope(&database);
    let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap();
    for number in 0..60 {
        let patch = CustomerPatch { city: Patch::Set(format!("Town {number}")), ..CustomerPatch::default() };
        scope.customers().update(lee.id, patch, None).await.unwrap();
    }
    scope.audit().list(None, &Default::default()).await.expect_err("a refusal");
    ada.scope(&database).customers().create(NewCustomer::organization("Other")).await.unwrap();
    let admin = browser(&database, ada).await;
    let page = admin.get(&format!("/settings/audit?record={}&action=updated", lee.id)).await;
    assert!(page.has("City") && page.has(&format!("/customers/{}", lee.id)) && !page.has("Town"));
    assert!(page.has(">Lee &#38; Co</a>"), "the record has its name: {}", page.body);
    let rest = admin.get(&page.after("id=\"more\"", "hx-get")).await;
    assert_eq!(
        (page.body.matches("<tr class=\"row\"").count(), rest.body.matches("<tr class=\"row\"").count()),
        (50, 10)
    );
    let rows = async |query: &str| {
        let page = admin.get(&format!("/settings/audit?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        page.body.matches("<tr class=\"row\"").count()
    };
    assert_eq!(rows(&format!("actor={}&action=created", max.user)).await, 1);
    assert_eq!(rows(&format!("actor={}&kind=customer", ada.user)).await, 1);
    assert_eq!(rows("outcome=denied").await, 1);
    assert_eq!(rows("kind=customer&until=2020-01-01").await, 0);
    assert_eq!(rows("action=created&kind=customer&since=2020-01-01&until=2999-01-01").await, 2);
    assert_eq!(rows("action=created&kind=customer&since=nonsense&actor=nonsense").await, 2);
    let unknown =
        admin.get("/settings/audit?kind=%3Cscript%3E&action=%3Cscript%3E&since=%3Cscript%3E&record=%3Cscript%3E");
    assert!(!unknown.await.has("<script>"));
}

async fn the_audit_trail_is_for_administrators_and_keeps_private_notes(database: TestDatabase) {
    let company = company();
    let sam = Person::new(company, Role::SalesRep);
    let mut scope = sam.scope(&database);
    let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap();
    let note = scope.notes(lee.id).create(NewNote::text("BODY-MARK").private()).await.unwrap();
    let open = scope.notes(lee.id).create(NewNote::text("OPEN-MARK")).await.unwrap();
    for role in Role::ALL.iter().filter(|role| **role != Role::Admin) {
        let browser = browser(&database, Person::new(company, *role)).await;
        assert_eq!(browser.get("/settings/audit").await.status, StatusCode::FORBIDDEN, "{role}");
        assert!(!browser.get("/settings").await.has("/settings/audit"), "{role} is offered the audit trail");
    }
    let admin = browser(&database, Person::new(company, Role::Admin)).await;
    let page = admin.get("/settings/audit?kind=note").await;
    assert!(page.has(&open.id.to_string()) && !page.has(&note.id.to_string()) && !page.has("-MARK"));
    let other = browser(&database, Person::new(crate::support::company(), Role::Admin)).await;
    assert!(!other.get(&format!("/settings/audit?record={}", lee.id)).await.has("<tr class=\"row\""));
}

async fn people_see_their_own_jobs_and_administrators_all(database: TestDatabase) {
    let company = company();
    let (sam, ada) = (Person::new(company, Role::SalesRep), Person::new(company, Role::Admin));
    let theirs = sam.scope(&database).jobs().enqueue(NewJob::new("erp.<b>sams", "x")).await.unwrap();
    let own = ada.scope(&database).jobs().enqueue(NewJob::new("erp.adas", "x")).await.unwrap();
    let (there, admin) = (browser(&database, sam).await, browser(&database, ada).await);
    let list = there.get("/settings/jobs").await;
    assert!(list.has("erp.&#60;b&#62;sams") && !list.has("erp.adas"));
    assert_eq!(there.get(&format!("/settings/jobs/{}", own.id)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(there.post(&format!("/settings/jobs/{}/cancel", own.id), &[]).await.status, StatusCode::NOT_FOUND);
    let all = admin.get("/settings/jobs").await;
    assert!(all.has("erp.&#60;b&#62;sams") && all.has("erp.adas") && all.has("Started by"));
    assert!(!admin.get("/settings/jobs?state=done").await.has("erp.adas"));
    let imports = admin.get("/settings/jobs?kind=crm.import").await;
    assert!(!imports.has("erp.adas") && imports.has("value=\"crm.import\" selected>Import customers"));
    let page = admin.get(&format!("/settings/jobs/{}", theirs.id)).await;
    assert!(page.has("Waiting") && page.has("Cancel") && page.has("every 3s"));
    // The name of the field is that of a customer's region as well.
    admin.submit(&format!("/settings/jobs/{}/cancel", theirs.id), &[]).await;
    let trail = admin.get(&format!("/settings/audit?record={}", theirs.id)).await;
    assert!(trail.has("<span class=\"fact\">State</span>") && !trail.has("State or region"), "{}", trail.body);
    let other = browser(&database, Person::new(crate::support::company(), Role::Admin)).await;
    assert!(!other.get("/settings/jobs").await.has("erp."));
    assert_eq!(other.get(&format!("/settings/jobs/{}", own.id)).await.status, StatusCode::NOT_FOUND);
}

async fn a_job_is_cancelled_and_tried_again(database: TestDatabase) {
    let sam = Person::new(company(), Role::Viewer);
    let crm = Crm::default();
    let actor = crate::support::read_actor(&sam.word()).unwrap();
    let job = crm.on(actor, &database.connection).jobs().enqueue(NewJob::new("erp.sync", "x")).await.unwrap();
    let (browser, url) = (browser(&database, sam).await, format!("/settings/jobs/{}", job.id));
    assert_eq!(browser.post(&format!("{url}/retry"), &[]).await.status, StatusCode::CONFLICT);
    let cancelled = browser.submit(&format!("{url}/cancel"), &[]).await;
    assert!(cancelled.has("Cancelled") && cancelled.has("Try again") && !cancelled.has("every 3s"));
    let again = browser.submit(&format!("{url}/retry"), &[]).await;
    assert!(again.has("waits for another attempt") && again.has("Waiting"));
}

async fn what_is_not_contacted_is_listed_added_and_removed(database: TestDatabase) {
    let company = company();
    let manager = browser(&database, Person::new(company, Role::Manager)).await;
    let path = "/settings/do-not-contact";
    assert!(manager.get(path).await.has("Nothing is on the list"));
    let fields = [("value", "@Example.com"), ("reason", "legal"), ("note", "<i>")];
    let page = manager.submit(path, &fields).await;
    assert!(page.has("It will not be contacted any more.") && page.has("Demanded by law") && page.has("&#60;i&#62;"));
    for (value, fault) in [("", "Enter a value."), ("com", "Enter a domain"), ("example.com", "has this already")] {
        let wrong = manager.post(path, &[("value", value), ("reason", "legal")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{value}");
        assert!(wrong.has("id=\"value-fault\"") && wrong.has(fault), "{value}: {}", wrong.body);
    }
    assert!(manager.get(&format!("{path}?value=ann@mail.example.com")).await.has("<th scope=\"row\">example.com"));
    assert!(manager.get(&format!("{path}?value=ann@other.example")).await.has("Nothing is on the list"));
    let id = page.after("name=\"id\"", "value");
    let viewer = browser(&database, Person::new(company, Role::Viewer)).await;
    assert_eq!(viewer.get(path).await.status, StatusCode::FORBIDDEN);
    let refused = viewer.post(&format!("{path}/remove"), &[("id", &*id)]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let page = manager.submit(&format!("{path}/remove"), &[("id", &*id)]).await;
    assert!(page.has("It may be contacted again") && page.has("Nothing is on the list"));
}
