//! Interactions are found, planned, completed, put off, changed and deleted.

use actix_web::http::StatusCode;
use chrono::{TimeDelta, Utc};
use crm_core::actor::Role;
use crm_core::customers::{CustomerPatch, NewCustomer};
use crm_core::ids::{CustomerId, InteractionId};
use crm_core::interactions::{InteractionPatch, InteractionQuery, InteractionType, NewInteraction};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        each_part_has_what_belongs_to_it,
        mine_come_first,
        the_list_is_filtered_and_goes_on,
        a_day_that_goes_on_has_one_heading,
        an_interaction_is_planned_with_a_customer_who_is_found,
        it_is_completed_with_its_follow_up,
        it_ends_in_another_way,
        what_has_ended_is_told,
        it_is_put_off,
        every_field_is_edited,
        participants_are_added_and_removed,
        a_change_of_another_person_is_told,
        it_is_deleted_and_comes_back,
        a_reminder_is_dismissed,
        roles_do_what_they_may,
        another_companys_are_not_found,
    ]);
}

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

async fn lee(database: &TestDatabase, person: Person) -> CustomerId {
    person.scope(database).customers().create(NewCustomer::organization("Lee & Co")).await.unwrap().id
}

async fn plan(database: &TestDatabase, person: Person, lee: CustomerId, subject: &str, hours: i64) -> InteractionId {
    let call = NewInteraction::of(InteractionType::Call, subject).planned(Utc::now() + TimeDelta::hours(hours));
    person.scope(database).interactions(lee).create(call).await.unwrap().id
}

async fn each_part_has_what_belongs_to_it(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    plan(&database, person, lee, "Ahead", 30).await;
    plan(&database, person, lee, "Late", -30).await;
    let done = NewInteraction { follow_up_at: Some(Utc::now()), ..NewInteraction::of(InteractionType::Email, "Sent") };
    person.scope(&database).interactions(lee).create(done).await.unwrap();
    let browser = browser(&database, person).await;
    for (view, seen) in [
        ("", &["Ahead", "Late"][..]),
        ("due", &["Ahead", "Late"]),
        ("overdue", &["Late"]),
        ("reminders", &["Sent"]),
        ("done", &["Sent"]),
        ("all", &["Ahead", "Late", "Sent"]),
        ("nonsense", &["Ahead", "Late"]),
    ] {
        for form in ["days", "list"] {
            let page = ok(&browser, &format!("/interactions?view={view}&as={form}")).await;
            for subject in ["Ahead", "Late", "Sent"] {
                assert_eq!(page.has(&format!(">{subject}<")), seen.contains(&subject), "{subject} in {view} as {form}");
            }
            assert!(page.has("Lee &#38; Co") && page.has(&format!("/customers/{lee}\"")));
        }
    }
    let days = ok(&browser, "/interactions?view=due").await;
    assert!(days.body.find(">Late<").unwrap() < days.body.find(">Ahead<").unwrap());
    let sorted = ok(&browser, "/interactions?view=all&as=list&sort=occurredAt").await;
    assert!(sorted.has("aria-sort=\"ascending\""));
    assert!(sorted.body.find(">Late<").unwrap() < sorted.body.find(">Ahead<").unwrap());
}

async fn mine_come_first(database: TestDatabase) {
    let company = company();
    let (mine, theirs) = (Person::new(company, Role::SalesRep), Person::new(company, Role::SalesRep));
    let lee = lee(&database, mine).await;
    plan(&database, mine, lee, "My own", 30).await;
    plan(&database, theirs, lee, "Not mine", 30).await;
    let page = browser(&database, mine).await;
    let first = ok(&page, "/interactions").await;
    assert!(first.has("My own") && !first.has("Not mine"));
    assert!(ok(&page, "/interactions?owner=all").await.has("Not mine"));
    let of = ok(&page, &format!("/interactions?owner={}", theirs.user)).await;
    assert!(of.has("Not mine") && !of.has("My own"));
    // What is about one customer is about all that happens with it.
    assert!(ok(&page, &format!("/interactions?customer={lee}")).await.has("Not mine"));
    // Who has none of their own sees everybody's.
    let viewer = browser(&database, Person::new(company, Role::Viewer)).await;
    assert!(ok(&viewer, "/interactions").await.has("Not mine"));
}

async fn the_list_is_filtered_and_goes_on(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let lee = lee(&database, person).await;
    let mut scope = person.scope(&database);
    for number in 0..53 {
        let at = Utc::now() + TimeDelta::hours(24 * (number + 1));
        let new = NewInteraction::of(InteractionType::Call, format!("Call {number:02}")).planned(at);
        scope.interactions(lee).create(new).await.unwrap();
    }
    let other = scope.customers().create(NewCustomer::organization("Other")).await.unwrap();
    let archived = CustomerPatch { is_archived: Patch::Set(true), ..CustomerPatch::default() };
    scope.customers().update(other.id, archived, None).await.unwrap();
    let meeting = NewInteraction::of(InteractionType::Meeting, "Meet").planned(Utc::now() + TimeDelta::hours(1));
    scope.interactions(other.id).create(meeting).await.unwrap();
    let browser = browser(&database, person).await;
    for form in ["days", "list"] {
        let page = ok(&browser, &format!("/interactions?as={form}")).await;
        assert!(page.has("54 interactions") && page.has("Other"), "an archived customer has a name too");
        let more = ok(&browser, &page.after("class=\"more\"", "hx-get")).await;
        assert!(more.has("Call 52") && !more.has("Call 48") && !more.has("Show more"));
    }
    let meetings = ok(&browser, "/interactions?type=meeting").await;
    assert!(meetings.has("1 interaction<") && meetings.has(">Meet<") && !meetings.has("Call 01"));
    let of_lee = ok(&browser, &format!("/interactions?customer={lee}")).await;
    assert!(of_lee.has("53 interactions") && of_lee.has("class=\"chip\""));
    let picked = ok(&browser, "/interactions/customer?view=all&q=Lee").await;
    assert!(picked.after("class=\"picks\"", "href").contains(&format!("view=all&customer={lee}")));
    ok(&browser, "/interactions?type=nonsense&owner=nonsense&customer=nonsense&sort=nonsense&day=nonsense").await;
    assert_eq!(browser.get("/interactions?cursor=nonsense").await.status, StatusCode::BAD_REQUEST);
}

async fn a_day_that_goes_on_has_one_heading(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let lee = lee(&database, person).await;
    let at = Utc::now() + TimeDelta::days(400);
    for number in 0..55 {
        let new = NewInteraction::of(InteractionType::Call, format!("Call {number:02}")).planned(at);
        person.scope(&database).interactions(lee).create(new).await.unwrap();
    }
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/interactions").await;
    assert_eq!(page.body.matches("class=\"agenda-day\"").count(), 1);
    assert!(page.has("<h2 id=\"day-"));
    let more = ok(&browser, &page.after("class=\"more\"", "hx-get")).await;
    assert_eq!(more.body.matches("class=\"slot\"").count(), 5);
    assert!(!more.has("<h2 id=\"day-"));
}

async fn an_interaction_is_planned_with_a_customer_who_is_found(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let browser = browser(&database, person).await;
    let search = ok(&browser, "/interactions/new?q=lee&back=%2Ferp%2Fcrm%2Finteractions%3Fview%3Dall").await;
    let form = ok(&browser, &search.after("class=\"picks\"", "href")).await;
    assert!(form.has("Lee &#38; Co") && form.has("value=\"/erp/crm/interactions?view=all\""));
    let id = lee.to_string();
    let fields = [("customer", &*id), ("type", "meeting"), ("subject", "Contract"), ("meetingUrl", "nowhere")];
    let wrong = browser.post("/interactions", &[&fields[..], &[("scheduledAt", "2999-01-05T10:00")]].concat()).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has("value=\"Contract\"") && wrong.has("id=\"meetingUrl-fault\""));
    let missing = browser.post("/interactions", &fields[..3]).await;
    assert!(missing.status == StatusCode::UNPROCESSABLE_ENTITY && missing.has("id=\"scheduledAt-fault\""));
    let minutes = [("scheduledAt", "2999-01-05T10:00"), ("durationSeconds", "45"), ("back", "/erp/crm/interactions")];
    let page = browser.submit("/interactions", &[&fields[..3], &minutes[..]].concat()).await;
    assert!(page.has(">Contract<") && page.has("The interaction was planned.") && page.has("5 Jan 2999"));
    // What was planned for a time that has passed is overdue, not done.
    let past = [("scheduledAt", "2020-01-05T10:00"), ("ownerId", "")];
    browser.submit("/interactions", &[&fields[..3], &past[..]].concat()).await;
    assert!(ok(&browser, "/interactions?view=overdue&owner=none").await.has(">Contract<"));
}

async fn it_is_completed_with_its_follow_up(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let id = plan(&database, person, lee, "Price", -5).await;
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/interactions").await;
    let form = ok(&browser, &page.after("class=\"row-actions\"", "href")).await;
    assert!(form.has("name=\"outcome\""));
    let address = format!("/interactions/{id}/complete");
    let wrong = browser.post(&address, &[("nextAt", "tomorrow"), ("outcome", "kept")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has("id=\"next-fault\"") && wrong.has("value=\"kept\""));
    let fields = [
        ("status", "completed"),
        ("outcome", "interested"),
        ("minutes", "20"),
        ("content", "Wants **200**"),
        ("nextAt", "2999-03-01T09:30"),
        ("nextType", "meeting"),
        ("nextSubject", "Sign"),
        ("back", "/erp/crm/interactions?view=all"),
    ];
    let done = browser.submit(&address, &fields).await;
    assert!(done.has("and the follow-up was planned") && done.has(">Sign<") && done.has("Interested"));
    let one = ok(&browser, &format!("/interactions/{id}")).await;
    assert!(one.has("<strong>200</strong>") && one.has("20 minutes") && one.has("Completed"));
}

async fn it_ends_in_another_way(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let lee = lee(&database, person).await;
    let browser = browser(&database, person).await;
    for (status, label) in [("no_show", "No show"), ("cancelled", "Cancelled")] {
        let id = plan(&database, person, lee, "Visit", -5).await;
        let fields = [("status", status), ("nextAt", "2999-03-01T09:30")];
        browser.submit(&format!("/interactions/{id}/complete"), &fields).await;
        assert!(ok(&browser, &format!("/interactions/{id}")).await.has(label));
    }
    assert!(ok(&browser, "/interactions").await.has("Nothing is planned"));
}

async fn what_has_ended_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let lee = lee(&database, person).await;
    let id = plan(&database, person, lee, "Visit", -5).await;
    let browser = browser(&database, person).await;
    let address = format!("/interactions/{id}/complete");
    browser.submit(&address, &[("outcome", "connected")]).await;
    let again = browser.post(&address, &[("outcome", "resolved")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.has("already been completed") && !again.has("name=\"outcome\""));
    assert!(ok(&browser, &address).await.has("already ended"));
}

async fn it_is_put_off(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let id = plan(&database, person, lee, "Visit", -50).await;
    let browser = browser(&database, person).await;
    let address = format!("/interactions/{id}/reschedule");
    assert!(ok(&browser, &address).await.has("Tomorrow"));
    let wrong = browser.post(&address, &[("at", "soon")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.has("value=\"soon\""));
    assert!(browser.submit(&address, &[("at", "2999-05-06T07:08")]).await.has("07:08"));
    let page = browser.submit(&address, &[("at", "2999-05-06T07:08"), ("days", "1")]).await;
    assert!(page.has(">Tomorrow</h2>") && page.has("07:08"));
}

async fn every_field_is_edited(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let id = plan(&database, person, lee, "Visit", 50).await;
    let before = person.scope(&database).all_interactions().get(id).await.unwrap();
    let browser = browser(&database, person).await;
    let address = format!("/interactions/{id}/edit");
    let form = ok(&browser, &address).await;
    let (version, at) = (form.after("name=\"version\"", "value"), form.after("name=\"scheduledAt\"", "value"));
    let me = person.user.to_string();
    let fields = [
        ("version", &*version),
        ("subject", "Dinner"),
        ("type", "lunch"),
        ("direction", "outbound"),
        ("scheduledAt", &*at),
        ("durationSeconds", "90"),
        ("location", "Harbour Street"),
        ("meetingUrl", "https://meet.example.com/a"),
        ("ownerId", &*me),
        ("followUpAt", "2999-01-01T08:00"),
        ("content", "Bring the *contract*"),
    ];
    assert!(browser.submit(&address, &fields).await.has("The interaction was saved."));
    let after = person.scope(&database).all_interactions().get(id).await.unwrap();
    assert_eq!(after.scheduled_at, before.scheduled_at, "a time that was not touched keeps its seconds");
    assert_eq!((after.duration_seconds, after.owner_id), (Some(5400), Some(person.user)));
    let page = ok(&browser, &format!("/interactions/{id}")).await;
    for text in ["Dinner", "Lunch", "Harbour Street", "https://meet.example.com/a", "<em>contract</em>", "Outbound"] {
        assert!(page.has(text), "{text}");
    }
    let wrong = browser.post(&address, &[("subject", "\"><b>"), ("scheduledAt", "then")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has("&#34;&#62;&#60;b&#62;") && wrong.has("id=\"scheduledAt-fault\""));
}

async fn participants_are_added_and_removed(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let mut scope = person.scope(&database);
    let hall = scope.customers().create(NewCustomer::organization("Harbour Hall")).await.unwrap().id;
    let id = plan(&database, person, lee, "Meet", 5).await;
    let (browser, address) = (browser(&database, person).await, format!("/interactions/{id}/edit"));
    let form = ok(&browser, &address).await;
    assert!(form.has("Participants") && form.has(&format!("<option value=\"customer:{lee}\">Lee &#38; Co")));
    assert!(form.has("Pat Person</option>"));
    let (user, at) = (person.user.to_string(), form.after("name=\"scheduledAt\"", "value"));
    let held =
        [("subject", "Meet"), ("type", "call"), ("scheduledAt", &*at), ("ownerId", &*user), ("participants", "1")];
    // Words are searched for, and nothing is written yet.
    let me = format!("user:{user}");
    let step = [("participants", "1"), ("version", "1"), ("subject", "Meet us"), ("person", &*me), ("other", "harb")];
    let found = browser.post(&address, &[&step[..], &[("add", "1")]].concat()).await;
    assert!(found.status == StatusCode::OK && found.has("value=\"Meet us\""));
    assert!(found.has(&format!("name=\"participant\" value=\"{me}\"")) && found.has("Harbour Hall"));
    let (hall, mail) = (format!("customer:{hall}"), "email:guest@example.com");
    assert!(found.has(&format!("name=\"pick\" value=\"{hall}\"")));
    let kept = [&held[..], &[("version", "1"), ("participant", &*me), ("role", "organizer")]].concat();
    let picked = browser.post(&address, &[&kept[..], &[("pick", &*hall)]].concat()).await;
    assert!(
        picked.has(&format!("name=\"participant\" value=\"{hall}\"")) && picked.has("value=\"organizer\" selected")
    );
    // An address that was typed is added by saving as well.
    let kept = [&kept[..], &[("participant", &*hall), ("role", "optional"), ("other", "Guest@Example.com")]].concat();
    browser.submit(&address, &kept).await;
    let shown = ok(&browser, &format!("/interactions/{id}")).await;
    assert!(shown.has("Pat Person (Organizer), Harbour Hall (Optional), guest@example.com"), "{}", shown.body);
    let form = ok(&browser, &address).await;
    assert!(form.has(mail));
    let rest = [("participants", "1"), ("participant", &*hall), ("role", "required"), ("participant", mail)];
    let removed = browser.post(&address, &[&rest[..], &[("without", mail)]].concat()).await;
    assert!(removed.has(&hall) && !removed.has(&format!("name=\"participant\" value=\"{mail}\"")));
    let wrong = browser.post(&address, &[&held[..], &[("participant", "email:nobody@")]].concat()).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has("id=\"participants-fault\""));
    // A form that does not ask for participants leaves them.
    browser.submit(&address, &held[..4]).await;
    let mut scope = person.scope(&database);
    assert_eq!(scope.all_interactions().get(id).await.unwrap().participants.len(), 3);
    browser.submit(&address, &held).await;
    assert_eq!(scope.all_interactions().get(id).await.unwrap().participants.len(), 0);
    // The same for one that is planned.
    let plan = [("customer", &*lee.to_string()), ("type", "call"), ("subject", "New"), ("participants", "1")]
        .map(|(a, b)| (a, b.to_owned()));
    let plan: Vec<(&str, &str)> = plan.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let stepped = browser.post("/interactions", &[&plan[..], &[("person", &*me), ("add", "1")]].concat()).await;
    assert!(stepped.status == StatusCode::OK && stepped.has(&format!("name=\"participant\" value=\"{me}\"")));
    let new = [("scheduledAt", "2999-01-05T10:00"), ("participant", &*me), ("role", "required")];
    browser.submit("/interactions", &[&plan[..], &new].concat()).await;
    let all = scope.all_interactions().list(&InteractionQuery::default(), &PageRequest::default()).await.unwrap();
    assert!(all.data.iter().any(|one| one.subject.as_deref() == Some("New") && one.participants.len() == 1));
}

async fn a_change_of_another_person_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let id = plan(&database, person, lee, "Visit", 50).await;
    let browser = browser(&database, person).await;
    let address = format!("/interactions/{id}/edit");
    let version = ok(&browser, &address).await.after("name=\"version\"", "value");
    let patch = InteractionPatch { location: Patch::Set("Berlin".to_owned()), ..InteractionPatch::default() };
    person.scope(&database).all_interactions().update(id, patch, None).await.unwrap();
    let fields = [("version", &*version), ("type", "call"), ("subject", "Mine")];
    let stale = browser.post(&address, &fields).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("was changed after you opened it") && stale.has("value=\"Mine\"") && stale.has("Save anyway"));
    let version = stale.after("name=\"version\"", "value");
    let again = [("version", &*version), ("type", "call"), ("subject", "Mine")];
    browser.submit(&address, &again).await;
    assert!(ok(&browser, &format!("/interactions/{id}")).await.has("Mine"));
}

async fn it_is_deleted_and_comes_back(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let id = plan(&database, person, lee, "Tasting", 50).await;
    let browser = browser(&database, person).await;
    let back = [("back", "/erp/crm/interactions?view=all&as=list")];
    let page = browser.submit(&format!("/interactions/{id}/delete"), &back).await;
    assert!(page.has("moved to the trash") && !page.has(">Tasting<"));
    let undo = page.after("class=\"notice\"", "action");
    assert!(undo.ends_with(&format!("/interactions/{id}/restore")));
    let restored = browser.submit(&undo, &[("back", &page.after("name=\"back\"", "value"))]).await;
    assert!(restored.has(">Tasting<") && restored.has("was restored") && !restored.has("moved to the trash"));
    // From the customer's page as well, and back to it.
    let customer = ok(&browser, &format!("/customers/{lee}")).await;
    let delete = format!("/erp/crm/interactions/{id}/delete");
    assert!(customer.has(&delete));
    let page = browser.submit(&delete, &[("back", &format!("/erp/crm/customers/{lee}"))]).await;
    assert!(page.has("<h1>Lee &#38; Co</h1>") && page.has("class=\"notice\""));
    let evil = browser.post(&undo, &[("back", "https://evil.example/")]).await;
    assert!(evil.header("location").starts_with("/erp/crm/interactions"));
}

async fn a_reminder_is_dismissed(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let done = NewInteraction { follow_up_at: Some(Utc::now()), ..NewInteraction::of(InteractionType::Email, "Sent") };
    person.scope(&database).interactions(lee).create(done).await.unwrap();
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/interactions?view=reminders").await;
    let dismiss = page.after("class=\"row-actions\"", "action");
    let page = browser.submit(&dismiss, &[("back", "/erp/crm/interactions?view=reminders")]).await;
    assert!(page.has("The reminder was dismissed.") && !page.has(">Sent<"));
}

async fn roles_do_what_they_may(database: TestDatabase) {
    let company = company();
    let author = Person::new(company, Role::Admin);
    let lee = lee(&database, author).await;
    let id = plan(&database, author, lee, "Visit", 50).await;
    let forms = ["edit", "complete", "reschedule"];
    for role in Role::ALL {
        let person = Person::new(company, *role);
        let browser = browser(&database, person).await;
        // A stranger's interaction is changed by those who may change all.
        let may = matches!(role, Role::Admin | Role::Manager);
        let page = ok(&browser, "/interactions?owner=all").await;
        assert_eq!(page.has(&format!("{id}/edit")), may, "{role}");
        assert_eq!(page.has(&format!("{id}/delete")), may, "{role}");
        assert_eq!(page.has("/interactions/new"), *role != Role::Viewer, "{role}");
        let one = ok(&browser, &format!("/interactions/{id}")).await;
        assert_eq!(one.has(&format!("{id}/complete")), may, "{role}");
        for form in forms {
            let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(browser.get(&format!("/interactions/{id}/{form}")).await.status, expected, "{role} {form}");
        }
        if !may {
            for act in ["edit", "complete", "delete", "reminder"] {
                let answer = browser.post(&format!("/interactions/{id}/{act}"), &[("type", "call")]).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {act}");
            }
            let answer = browser.post(&format!("/interactions/{id}/reschedule"), &[("days", "1")]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role}");
        }
        let new = browser.get(&format!("/interactions/new?customer={lee}")).await;
        assert_eq!(new.status == StatusCode::OK, *role != Role::Viewer, "{role}");
    }
}

async fn another_companys_are_not_found(database: TestDatabase) {
    let owner = Person::new(company(), Role::Admin);
    let lee = lee(&database, owner).await;
    let id = plan(&database, owner, lee, "Tasting", 50).await;
    let other = browser(&database, Person::new(company(), Role::Admin)).await;
    for path in ["", "/edit", "/complete", "/reschedule"] {
        let answer = other.get(&format!("/interactions/{id}{path}")).await;
        assert!(answer.status == StatusCode::NOT_FOUND && !answer.has("Tasting"), "{path}");
    }
    for path in ["edit", "complete", "reschedule", "delete", "restore", "reminder"] {
        let answer = other.post(&format!("/interactions/{id}/{path}"), &[("days", "1"), ("type", "call")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(!ok(&other, "/interactions?view=all&owner=all").await.has("Tasting"));
    assert!(!ok(&other, &format!("/interactions?view=all&customer={lee}")).await.has("Lee"));
    assert!(!ok(&other, "/interactions/new?q=Lee").await.has("Lee &#38;"));
    assert_eq!(other.get(&format!("/interactions/new?customer={lee}")).await.status, StatusCode::NOT_FOUND);
    let fields = [("customer", &*lee.to_string()), ("type", "call"), ("scheduledAt", "2999-01-01T00:00")];
    assert_eq!(other.post("/interactions", &fields).await.status, StatusCode::NOT_FOUND);
    let mut scope = owner.scope(&database);
    let held = scope.all_interactions().list(&InteractionQuery::default(), &PageRequest::default()).await.unwrap();
    assert_eq!(held.data.len(), 1);
}
