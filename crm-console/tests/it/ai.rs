//! Summaries and suggested replies of a language model: how they are shown, corrected and switched on.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use crm_console::Console;
use crm_core::Crm;
use crm_core::actor::Role;
use crm_core::ai::{AiState, InteractionAi, InteractionAiPatch, LanguageModelOptions, ModelError, ModelErrorKind};
use crm_core::companies::SettingsPatch;
use crm_core::customers::NewCustomer;
use crm_core::ids::{CustomerId, InteractionId};
use crm_core::interactions::{InteractionPatch, InteractionType, NewInteraction};
use crm_core::jobs::JobOptions;
use crm_core::patch::Patch;
use crm_web::Service;
use crm_web::service::Limits;
use serde_json::json;
use testkit::{Suite, TestDatabase, TestModel, company_with_language_model, tests};

use crate::support::{Answer, Browser, Host, Person, browser, browser_on, company, open};

pub fn register(suite: &mut Suite) {
    tests!(suite, own: [
        a_summary_is_awaited_and_then_shown_as_generated,
        texts_of_a_model_are_shown_as_text_only,
        what_failed_says_why_and_is_tried_again,
        used_up_tokens_say_when_it_goes_on,
        a_discarded_text_is_gone_and_can_be_made_anew,
        a_correction_says_whose_it_is_and_is_not_lost_unasked,
        a_stale_correction_shows_both_texts,
        an_outdated_text_is_marked,
        roles_change_what_they_may,
        another_companys_texts_are_not_found,
        an_open_page_hears_of_the_summary,
        it_is_switched_on_with_consent,
        settings_that_are_wrong_are_told,
        who_may_not_change_settings_sees_where_texts_go,
        without_a_model_it_says_how_to_connect_one,
    ]);
}

/// A company that has a language model switched on, and one interaction.
struct World {
    crm: Crm,
    person: Person,
    customer: CustomerId,
    id: InteractionId,
}

const ANSWER: &str = r#"{"summary": "Wants 200 units.", "autoResponse": "Thank you.\n\nYou will hear from us.",
    "sentiment": {"label": "positive", "score": 0.5}}"#;

fn crm(model: Arc<TestModel>, options: LanguageModelOptions) -> Crm {
    let crm = Crm::builder().language_model(model).language_model_options(options);
    crm.company_settings(company_with_language_model()).build()
}

impl World {
    async fn new(database: &TestDatabase, model: Arc<TestModel>) -> Self {
        Self::on(database, crm(model, LanguageModelOptions::default())).await
    }

    async fn on(database: &TestDatabase, crm: Crm) -> Self {
        let person = Person::new(company(), Role::Admin);
        let mut scope = person.scope_on(&crm, database);
        let customer = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap().id;
        let id = scope.interactions(customer).create(call("First call")).await.unwrap().id;
        Self { crm, person, customer, id }
    }

    async fn work(&self, database: &TestDatabase) {
        self.crm.run_due_jobs(&database.connection, &JobOptions::default()).await.unwrap();
    }

    async fn browser(&self, database: &TestDatabase) -> Browser {
        browser_on(&self.crm, database, self.person).await
    }

    async fn ai(&self, database: &TestDatabase) -> InteractionAi {
        self.person.scope_on(&self.crm, database).ai().get(self.id).await.unwrap()
    }

    fn page(&self) -> String {
        format!("/interactions/{}", self.id)
    }

    fn act(&self, act: &str) -> String {
        format!("/interactions/{}/ai/{act}", self.id)
    }

    /// The interaction, the timeline and the list.
    fn pages(&self) -> [String; 4] {
        let list = "/interactions?view=done&owner=all";
        [self.page(), format!("/customers/{}", self.customer), list.to_owned(), format!("{list}&as=list")]
    }
}

fn call(subject: &str) -> NewInteraction {
    NewInteraction {
        content: Some("They want 200 units.".to_owned()),
        ..NewInteraction::of(InteractionType::Call, subject)
    }
}

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

async fn a_summary_is_awaited_and_then_shown_as_generated(database: TestDatabase) {
    let world = World::new(&database, TestModel::saying(ANSWER)).await;
    let browser = world.browser(&database).await;
    let [page, timeline, ..] = world.pages();
    for path in [&page, &timeline] {
        let shown = ok(&browser, path).await;
        assert!(shown.has("A summary is being written") && !shown.has("Write anew"), "{path}");
        assert_eq!(shown.after("is-pending", "data-ai"), world.id.to_string());
    }
    world.work(&database).await;
    for path in world.pages() {
        let shown = ok(&browser, &path).await;
        assert!(shown.has("Wants 200 units.") && shown.has("Generated summary"), "{path}");
        assert!(!shown.has("A summary is being written"), "{path}");
    }
    for path in [&page, &timeline] {
        let shown = ok(&browser, path).await;
        for text in [
            "Generated by test-1",
            "Test provider",
            "Suggested reply",
            "never sent by itself",
            "Positive",
            "Write anew",
        ] {
            assert!(shown.has(text), "{text} is missing in {path}");
        }
        assert!(shown.has("Thank you.\n\nYou will hear from us.") && !shown.has("Corrected by"));
    }
    browser.cookies.borrow_mut().insert("crm_language".to_owned(), "de".to_owned());
    assert!(ok(&browser, &page).await.has("Erzeugt von test-1"));
}

async fn texts_of_a_model_are_shown_as_text_only(database: TestDatabase) {
    let evil = "<script>alert(1)</script> **bold** [link](javascript:alert(2)) ![x](https://evil.example/x.png) \
                https://evil.example \u{202e}txet\u{2066} \"><img src=x onerror=alert(3)> {{ 7 * 7 }}";
    let answer = json!({ "summary": evil, "autoResponse": format!("</textarea>{evil}"), "language": "en" });
    let world = World::new(&database, TestModel::saying(answer.to_string())).await;
    world.work(&database).await;
    let browser = world.browser(&database).await;
    let check = |path: &str, shown: &Answer| {
        assert!(shown.has("&#60;script&#62;alert(1)") && shown.has("**bold**"), "{path}");
        for bad in
            ["<script>alert", "<strong>bold", "href=\"javascript", "href=\"https://evil", "<img", "</textarea>&#60;"]
        {
            assert!(!shown.has(bad), "{bad} in {path}");
        }
        assert!(!shown.body.contains(['\u{202e}', '\u{2066}']), "{path} has marks of direction");
    };
    for path in world.pages() {
        check(&path, &ok(&browser, &path).await);
    }
    for text in ["summary", "reply"] {
        let path = world.act(&format!("{text}/edit"));
        let form = ok(&browser, &path).await;
        check(&path, &form);
    }
    // What a person or a program writes is shown the same way.
    let by_hand = [("value", "<script>alert(1)</script> **bold** \u{202e}\u{2066}"), ("version", "")];
    browser.submit(&world.act("summary/edit"), &by_hand).await;
    for path in world.pages() {
        check(&path, &ok(&browser, &path).await);
    }
}

async fn what_failed_says_why_and_is_tried_again(database: TestDatabase) {
    let model = TestModel::new(|_| Some(Err(ModelError::new(ModelErrorKind::Rejected))));
    let world = World::new(&database, model).await;
    world.work(&database).await;
    assert_eq!(world.ai(&database).await.state, AiState::Failed);
    let browser = world.browser(&database).await;
    let [page, timeline, list, _] = world.pages();
    for path in [&page, &timeline] {
        let shown = ok(&browser, path).await;
        assert!(shown.has("the language model refuses this text") && shown.has("Try again"), "{path}");
    }
    assert!(!ok(&browser, &list).await.has("generated-line"));
    let again = ok(&browser, &timeline).await.after("generated-foot", "action");
    let back = format!("/erp/crm/customers/{}", world.customer);
    let shown = browser.submit(&again, &[("back", &back)]).await;
    assert!(shown.has("<h1>Lee &#38; Co</h1>") && shown.has("A summary is being written"));
    assert!(shown.has("The summary is being written."));
    let evil = browser.post(&again, &[("back", "https://evil.example")]).await;
    assert!(evil.header("location").starts_with("/erp/crm/interactions/"));
}

async fn used_up_tokens_say_when_it_goes_on(database: TestDatabase) {
    let options = LanguageModelOptions { daily_tokens: Some(1), ..LanguageModelOptions::default() };
    let world = World::on(&database, crm(TestModel::saying(ANSWER), options)).await;
    world.work(&database).await;
    let mut scope = world.person.scope_on(&world.crm, &database);
    let next = scope.interactions(world.customer).create(call("Second call")).await.unwrap().id;
    world.work(&database).await;
    let browser = world.browser(&database).await;
    let shown = ok(&browser, &format!("/interactions/{next}")).await;
    assert!(shown.has("The tokens of today are used up. The summary is written after ") && shown.has("00:00."));
    let settings = ok(&browser, "/settings").await;
    assert!(settings.has("120 tokens") && settings.has("of 1</span>") && settings.has("Used up. It goes on after"));
    assert!(settings.has("<td class=\"right\">100</td>") && settings.has("<td class=\"right\">20</td>"));
}

async fn a_discarded_text_is_gone_and_can_be_made_anew(database: TestDatabase) {
    let world = World::new(&database, TestModel::saying(ANSWER)).await;
    world.work(&database).await;
    let browser = world.browser(&database).await;
    let version = world.ai(&database).await.version.to_string();
    let reply = browser.submit(&world.act("reply/discard"), &[("version", &version)]).await;
    assert!(reply.has("The text was discarded.") && reply.has("Wants 200 units.") && !reply.has("Suggested reply"));
    let stale = browser.submit(&world.act("summary/discard"), &[("version", &version)]).await;
    assert!(stale.has("was changed meanwhile") && stale.has("Wants 200 units."));
    let version = world.ai(&database).await.version.to_string();
    browser.submit(&world.act("summary/discard"), &[("version", &version)]).await;
    assert_eq!(world.ai(&database).await.state, AiState::Skipped);
    let [page, rest @ ..] = world.pages();
    for path in rest {
        let shown = ok(&browser, &path).await;
        assert!(!shown.has("class=\"generated") && !shown.has("Wants 200 units."), "{path}");
    }
    let shown = ok(&browser, &page).await;
    assert!(shown.has(">Summarize</button>") && !shown.has("Generated by test-1") && !shown.has("generated-text"));
    browser.submit(&world.act("again"), &[]).await;
    world.work(&database).await;
    assert!(ok(&browser, &page).await.has("Wants 200 units."));
    assert_eq!(browser.get(&world.act("metadata/edit")).await.status, StatusCode::NOT_FOUND);
}

async fn a_correction_says_whose_it_is_and_is_not_lost_unasked(database: TestDatabase) {
    let world = World::new(&database, TestModel::saying(ANSWER)).await;
    world.work(&database).await;
    let browser = world.browser(&database).await;
    let form = ok(&browser, &world.act("summary/edit")).await;
    assert!(form.has(">Wants 200 units.</textarea>") && form.has("maxlength=\"600\""));
    let version = form.after("name=\"version\"", "value");
    let long = "x".repeat(601);
    let wrong = browser.post(&world.act("summary/edit"), &[("version", &version), ("value", &long)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has("id=\"value-fault\"") && wrong.has(&long));
    let fields = [("version", &*version), ("value", "Wants 300 units.\r\nBy Friday.")];
    let saved = browser.submit(&world.act("summary/edit"), &fields).await;
    assert!(saved.has("The text was saved.") && saved.has("Wants 300 units.\nBy Friday."));
    let me = ok(&browser, &world.page()).await;
    assert!(me.has("Corrected by Pat Person") && me.has("Generated by test-1"));
    // It is asked before the correction is lost.
    for (act, title) in
        [("again", "Write anew?"), ("summary/discard", "Discard summary"), ("reply/discard", "Discard suggested")]
    {
        assert!(me.has(&format!("{}?back=", world.act(act))), "{act} is a link");
        let asked = ok(&browser, &world.act(act)).await;
        assert!(asked.has(title) && asked.has("button-danger"));
        assert_eq!(
            asked.after("<form method=\"post\" action=\"/erp/crm/interactions", "action"),
            format!("/erp/crm{}", world.act(act))
        );
    }
    browser.submit(&world.act("again"), &[]).await;
    world.work(&database).await;
    let anew = ok(&browser, &world.page()).await;
    assert!(anew.has("Wants 200 units.") && !anew.has("Corrected by"));
    // An empty text discards.
    let gone = browser.submit(&world.act("reply/edit"), &[("value", "  ")]).await;
    assert!(gone.has("Wants 200 units.") && !gone.has("Suggested reply"));
}

async fn a_stale_correction_shows_both_texts(database: TestDatabase) {
    let world = World::new(&database, TestModel::saying(ANSWER)).await;
    world.work(&database).await;
    let browser = world.browser(&database).await;
    let version = ok(&browser, &world.act("reply/edit")).await.after("name=\"version\"", "value");
    let other = InteractionAiPatch { auto_response: Patch::Set("Theirs".to_owned()), ..InteractionAiPatch::default() };
    world.person.scope_on(&world.crm, &database).ai().correct(world.id, other, None).await.unwrap();
    let stale = browser.post(&world.act("reply/edit"), &[("version", &version), ("value", "Mine")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has(">Mine</textarea>") && stale.has(">Theirs</p>") && stale.has("Save anyway"));
    let version = stale.after("name=\"version\"", "value");
    let back = world.pages()[1].clone();
    let fields = [("version", &*version), ("value", "Mine"), ("back", &format!("/erp/crm{back}"))];
    let saved = browser.submit(&world.act("reply/edit"), &fields).await;
    assert!(saved.has(">Mine</p>") && saved.has("<h1>Lee &#38; Co</h1>"));
}

async fn an_outdated_text_is_marked(database: TestDatabase) {
    let world = World::new(&database, TestModel::saying(ANSWER)).await;
    world.work(&database).await;
    let browser = world.browser(&database).await;
    browser.submit(&world.act("summary/edit"), &[("value", "Wants 300 units.")]).await;
    assert!(!ok(&browser, &world.page()).await.has("Outdated"));
    let patch =
        InteractionPatch { content: Patch::Set("They want nothing.".to_owned()), ..InteractionPatch::default() };
    world.person.scope_on(&world.crm, &database).all_interactions().update(world.id, patch, None).await.unwrap();
    for path in &world.pages()[..2] {
        let shown = ok(&browser, path).await;
        assert!(shown.has("Outdated") && shown.has("Wants 300 units."), "{path}");
    }
}

async fn roles_change_what_they_may(database: TestDatabase) {
    let world = World::new(&database, TestModel::saying(ANSWER)).await;
    world.work(&database).await;
    for role in Role::ALL {
        let person = Person { role: *role, ..Person::new(world.person.company, *role) };
        let browser = browser_on(&world.crm, &database, person).await;
        // A stranger's interaction is changed by those who may change all.
        let may = matches!(role, Role::Admin | Role::Manager);
        for path in &world.pages()[..2] {
            let shown = ok(&browser, path).await;
            assert!(
                shown.has("Wants 200 units.") && shown.has("Suggested reply") && shown.has("Generated by"),
                "{role}"
            );
            for act in ["again", "summary/edit", "summary/discard", "reply/edit", "reply/discard"] {
                assert_eq!(shown.has(&world.act(act)), may, "{role} {act} in {path}");
            }
        }
        for act in ["again", "summary/edit", "summary/discard", "reply/edit", "reply/discard"] {
            let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(browser.get(&world.act(act)).await.status, expected, "{role} {act}");
            if !may {
                let refused = browser.post(&world.act(act), &[("value", "x")]).await;
                assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role} {act}");
            }
        }
    }
    assert_eq!(world.ai(&database).await.summary.as_deref(), Some("Wants 200 units."));
}

async fn another_companys_texts_are_not_found(database: TestDatabase) {
    let world = World::new(&database, TestModel::saying(ANSWER)).await;
    world.work(&database).await;
    let other = browser_on(&world.crm, &database, Person::new(company(), Role::Admin)).await;
    for act in ["again", "summary/edit", "summary/discard", "reply/edit", "reply/discard"] {
        let shown = other.get(&world.act(act)).await;
        assert!(shown.status == StatusCode::NOT_FOUND && !shown.has("200 units"), "{act}");
        let sent = other.post(&world.act(act), &[("value", "x"), ("version", "2")]).await;
        assert!(sent.status == StatusCode::NOT_FOUND && !sent.has("200 units"), "{act}");
    }
    for path in world.pages() {
        assert!(!other.get(&path).await.has("200 units"), "{path}");
    }
    let ai = world.ai(&database).await;
    assert_eq!((ai.summary.as_deref(), ai.state), (Some("Wants 200 units."), AiState::Done));
}

async fn an_open_page_hears_of_the_summary(database: TestDatabase) {
    let world = World::new(&database, TestModel::saying(ANSWER)).await;
    let limits = Limits { stream_time: Duration::from_millis(300), ..Limits::default() };
    let service = Service::new(world.crm.clone(), database.connection.clone(), Host).with_limits(limits);
    let browser = open(Console::new(service.clone())).await;
    browser.cookies.borrow_mut().insert("erp".to_owned(), world.person.word());
    let page = ok(&browser, &world.page()).await;
    assert_eq!(page.after("data-live=\"interaction\"", "data-record"), world.id.to_string());
    assert!(page.after("data-live=\"interaction\"", "data-page").starts_with(&format!("/erp/crm{}", world.page())));
    let feed = world.person.scope_on(&world.crm, &database).events().after(None, 1_000).await.unwrap();
    let start = service.cursor_key().seal(feed.cursor);
    world.work(&database).await;
    let told = ok(&browser, &format!("/events/stream?after={start}")).await;
    assert!(told.has(&format!("\"id\":\"{}\"", world.id)) && told.has("\"kind\":\"interaction\""), "{}", told.body);
    assert!(told.has(&format!("\"customer\":\"{}\"", world.customer)) && !told.has("200 units"));
}

/// A company that has not switched it on.
fn off(model: Arc<TestModel>) -> Crm {
    Crm::builder().language_model(model).build()
}

async fn it_is_switched_on_with_consent(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let admin = browser_on(&off(TestModel::saying(ANSWER)), &database, person).await;
    let page = ok(&admin, "/settings").await;
    for text in ["Sent to Test provider (model.test), test-1", "Never sent: notes", "We agree that", "aiPlaceholders"] {
        assert!(page.has(text), "{text}");
    }
    assert!(
        !page.has("name=\"aiEnabled\" value=\"true\" checked")
            && page.has("name=\"aiPlaceholders\" value=\"true\" checked")
    );
    let version = page.after("name=\"version\"", "value");
    let on = [("version", &*version), ("aiEnabled", "true"), ("aiPlaceholders", "true"), ("aiDailyTokens", "5000")];
    let refused = admin.post("/settings/ai", &on).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.has("aiConsent-fault") && refused.has("Agree to it, or leave it off.") && refused.has("value=\"5000\"")
    );
    assert!(refused.has("name=\"aiEnabled\" value=\"true\" checked"), "what was chosen stays");
    let agreed: Vec<_> = on.into_iter().chain([("aiConsent", "true")]).collect();
    let saved = admin.submit("/settings/ai", &agreed).await;
    assert!(saved.has("The settings of the language model were saved.") && !saved.has("aiConsent"));
    assert!(saved.has("name=\"aiEnabled\" value=\"true\" checked") && saved.has("of 5,000</span>"));
    assert!(saved.has("Nothing was sent in the last 30 days."));
    // Fields that are not sent are switched off.
    let version = saved.after("name=\"version\"", "value");
    let saved = admin.submit("/settings/ai", &[("version", &version), ("aiDailyTokens", "")]).await;
    assert!(
        !saved.has("name=\"aiEnabled\" value=\"true\" checked")
            && !saved.has("name=\"aiPlaceholders\" value=\"true\" checked")
    );
    let settings = person.scope(&database).settings().get().await.unwrap();
    assert_eq!((settings.ai_enabled, settings.ai_placeholders, settings.ai_daily_tokens), (false, false, None));
    // The other form of the page leaves it alone.
    let version = saved.after("name=\"version\"", "value");
    let on = [("version", &*version), ("aiEnabled", "true"), ("aiDailyTokens", "7")];
    let version = admin.submit("/settings/ai", &on).await.after("name=\"version\"", "value");
    let zone = [("version", &*version), ("timeZone", "Europe/Oslo"), ("duplicatePolicy", "allow")];
    assert!(admin.submit("/settings", &zone).await.has("name=\"aiEnabled\" value=\"true\" checked"));
}

async fn settings_that_are_wrong_are_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let crm = off(TestModel::saying(ANSWER));
    let admin = browser_on(&crm, &database, person).await;
    let version = ok(&admin, "/settings").await.after("name=\"version\"", "value");
    for tokens in ["0", "many", "-1", "1.5", "\"><b>", "99999999999999999999"] {
        let refused = admin.post("/settings/ai", &[("version", &version), ("aiDailyTokens", tokens)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{tokens}");
        assert!(refused.has("aiDailyTokens-fault") && !refused.has("\"><b>"), "{tokens}");
    }
    let patch = SettingsPatch { time_zone: Patch::Set("Asia/Tokyo".to_owned()), ..SettingsPatch::default() };
    person.scope_on(&crm, &database).settings().update(patch, None).await.unwrap();
    let stale = admin.post("/settings/ai", &[("version", &version), ("aiDailyTokens", "77")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("were changed after you opened") && stale.has("value=\"77\"") && stale.has("Asia/Tokyo"));
    assert_eq!(admin.post("/settings/ai", &[("aiDailyTokens", "1")]).await.status, StatusCode::BAD_REQUEST);
}

async fn who_may_not_change_settings_sees_where_texts_go(database: TestDatabase) {
    let world = World::new(&database, TestModel::saying(ANSWER)).await;
    for role in Role::ALL.iter().filter(|role| **role != Role::Admin) {
        let browser = browser_on(&world.crm, &database, Person::new(world.person.company, *role)).await;
        let page = ok(&browser, "/settings").await;
        assert!(page.has("Sent to Test provider (model.test)") && page.has("<dd>On</dd>"), "{role}");
        assert!(
            !page.has("name=\"aiEnabled\"") && !page.has("/settings/ai\"") && !page.has("Tokens of the last"),
            "{role}"
        );
        for tokens in ["5", "many"] {
            let refused = browser.post("/settings/ai", &[("version", "1"), ("aiDailyTokens", tokens)]).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role}");
        }
    }
}

async fn without_a_model_it_says_how_to_connect_one(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let admin = browser(&database, person).await;
    let page = ok(&admin, "/settings").await;
    for name in ["LLM_BASE_URL", "LLM_MODEL", "LLM_API_KEY", "HUGGINGFACE_API_KEY", "no language model"] {
        assert!(page.has(name), "{name}");
    }
    assert!(!page.has("name=\"aiEnabled\"") && !page.has("Sent to"));
    let version = page.after("name=\"version\"", "value");
    let refused = admin.post("/settings/ai", &[("version", &version), ("aiEnabled", "true")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut scope = person.scope(&database);
    let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap().id;
    let id = scope.interactions(lee).create(call("First call")).await.unwrap().id;
    assert!(!ok(&admin, &format!("/interactions/{id}")).await.has("class=\"generated"));
    let off = admin.submit(&format!("/interactions/{id}/ai/again"), &[]).await;
    assert!(off.has("no language model is switched on"));
}
