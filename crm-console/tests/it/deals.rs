//! Deals on the board and in the list: they are added, moved, changed, deleted, and found with their customer.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use chrono::{TimeDelta, Utc};
use crm_core::Crm;
use crm_core::actor::Role;
use crm_core::currency_rates::NewCurrencyRates;
use crm_core::customers::NewCustomer;
use crm_core::deals::{Deal, DealMove, DealQuery, NewDeal};
use crm_core::ids::{CustomerId, DealId};
use crm_core::money::Money;
use crm_core::patch::Patch;
use crm_core::pipelines::{NewPipeline, NewPipelineStage, PipelinePatch};
use testkit::{FixedClock, Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, Person, browser, browser_on, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        the_board_has_columns_with_cards_and_sums,
        sums_are_told_in_the_base_currency,
        a_column_leads_to_the_list_of_all,
        the_board_is_narrowed,
        a_card_is_moved_by_a_form,
        a_loss_needs_a_reason,
        two_people_move_one_card,
        a_place_that_is_gone_is_told,
        a_deal_is_added_with_a_customer_who_is_found,
        amounts_are_typed_in_the_language,
        every_field_is_edited,
        a_change_of_another_person_is_told,
        the_page_tells_the_way,
        a_deal_is_deleted_and_comes_back,
        the_list_is_filtered_sorted_and_added_up,
        the_list_has_columns_and_views,
        a_customer_shows_its_deals,
        roles_do_what_they_may,
        another_companys_are_not_found,
        pages_say_what_they_show,
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

fn money(amount: i64, currency: &str) -> Option<Money> {
    Some(Money { amount, currency: currency.parse().unwrap() })
}

async fn add(database: &TestDatabase, person: Person, customer: CustomerId, new: NewDeal) -> DealId {
    person.scope(database).deals().create(customer, new).await.unwrap().id
}

async fn read(database: &TestDatabase, person: Person, id: DealId) -> Deal {
    person.scope(database).deals().get(id).await.unwrap()
}

/// The ids of the stages of the default pipeline by their codes.
async fn stages(database: &TestDatabase, person: Person) -> BTreeMap<String, String> {
    let board = person.scope(database).deals().board(None, &DealQuery::default()).await.unwrap();
    board.stages.into_iter().map(|stage| (stage.stage.code, stage.stage.id.to_string())).collect()
}

/// The column of a stage.
fn column<'a>(page: &'a Answer, stage: &str) -> &'a str {
    let mut columns = page.body.split("<section class=\"deal-column\"").skip(1);
    let column = columns.find(|column| column.contains(&format!("data-name=\"{stage}\"")));
    column.unwrap_or_else(|| panic!("no column {stage} in {}", page.body))
}

async fn the_board_has_columns_with_cards_and_sums(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let empty = ok(&browser, "/deals").await;
    assert!(empty.has("Qualification") && empty.has("Closed lost") && empty.has("Add a deal, and follow it"));
    let lee = lee(&database, person).await;
    for (name, amount) in [("Euros", money(1_250_000, "EUR")), ("Dollars", money(300_050, "USD")), ("Plain", None)] {
        let day = Some((Utc::now() - TimeDelta::days(3)).date_naive());
        add(&database, person, lee, NewDeal { amount, expected_close_date: day, ..NewDeal::named(name) }).await;
    }
    let page = ok(&browser, "/deals").await;
    let first = column(&page, "Qualification");
    for text in [
        "<span class=\"count\">3</span>",
        "12,500 EUR <span class=\"quiet\">weighted 1,250 EUR</span>",
        "3,000.50 USD <span class=\"quiet\">weighted 300.05 USD</span>",
        "Lee &#38; Co",
        "new in this stage",
        "Owner: Pat Person",
        "class=\"late\"",
    ] {
        assert!(first.contains(text), "{text} is not in {first}");
    }
    assert!(first.find("Plain").unwrap() < first.find("Dollars").unwrap(), "the last one is on top");
    assert!(!column(&page, "Proposal").contains("data-card"));
    assert!(!page.has("15,5") && !page.has("Together"), "currencies without a rate are not added");
}

async fn sums_are_told_in_the_base_currency(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let lee = lee(&database, person).await;
    for (name, amount) in [("Euros", money(1_250_000, "EUR")), ("Dollars", money(300_050, "USD"))] {
        add(&database, person, lee, NewDeal { amount, ..NewDeal::named(name) }).await;
    }
    let rates = NewCurrencyRates::today([("USD".parse().unwrap(), "0.5".parse().unwrap())]);
    Person::new(person.company, Role::Admin).scope(&database).currency_rates().set(rates).await.unwrap();
    let browser = browser(&database, person).await;
    let together = "Together 14,000.25 EUR <span class=\"quiet\">weighted 1,400.02 EUR</span>";
    assert!(column(&ok(&browser, "/deals").await, "Qualification").contains(together));
    let list = ok(&browser, "/deals/table").await;
    assert!(list.has("<strong>Together 14,000.25 EUR</strong> weighted 1,400.02 EUR"));
    assert!(!ok(&browser, "/deals/table?currency=EUR").await.has("Together"), "it says no more");
    add(&database, person, lee, NewDeal { amount: money(300, "JPY"), ..NewDeal::named("Yen") }).await;
    for path in ["/deals", "/deals/table"] {
        assert!(!ok(&browser, path).await.has("Together"), "a sum without the yen is none of all");
    }
}

async fn a_column_leads_to_the_list_of_all(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    for number in 0..22 {
        add(&database, person, lee, NewDeal::named(format!("Deal {number:02}"))).await;
    }
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/deals?owner=me&q=deal").await;
    let first = column(&page, "Qualification");
    assert!(first.contains("2 more deals") && first.contains("Deal 21") && !first.contains("Deal 01"));
    let list = ok(&browser, &page.after("class=\"deal-more\"", "href")).await;
    assert!(list.has("22 deals") && list.has("Deal 00") && list.has("Stage</span> Qualification"));
    // What narrows the one narrows the other.
    assert!(list.has("value=\"deal\"") && list.has("Owner</span> Me"));
}

async fn the_board_is_narrowed(database: TestDatabase) {
    let company = company();
    let (mine, theirs) = (Person::new(company, Role::SalesRep), Person::new(company, Role::Manager));
    let lee = lee(&database, mine).await;
    add(&database, mine, lee, NewDeal::named("My own")).await;
    add(&database, theirs, lee, NewDeal::named("Not mine")).await;
    let page = browser(&database, mine).await;
    let all = ok(&page, "/deals").await;
    assert!(all.has("My own") && all.has("Not mine") && !all.has("name=\"pipeline\""));
    let own = ok(&page, "/deals?owner=me").await;
    assert!(own.has("My own") && !own.has(">Not mine<"));
    let found = ok(&page, "/deals?q=NOT+M").await;
    assert!(found.has("Not mine") && !found.has(">My own<"));
    // Another pipeline has a board of its own.
    let other = theirs.scope(&database).pipelines().create(NewPipeline::named("Renewals")).await.unwrap();
    let renewals = ok(&page, &format!("/deals?pipeline={}", other.id)).await;
    assert!(renewals.has("Pipeline: Renewals") && !renewals.has(">My own<"));
    assert_eq!(page.get(&format!("/deals?pipeline={lee}")).await.status, StatusCode::NOT_FOUND);
    ok(&page, "/deals?pipeline=nonsense&owner=nonsense&cursor=nonsense").await;
    let long = "x".repeat(300);
    ok(&page, &format!("/deals?q={long}")).await;
}

async fn a_card_is_moved_by_a_form(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let id = add(&database, person, lee, NewDeal::named("200 units")).await;
    let stages = stages(&database, person).await;
    let browser = browser(&database, person).await;
    let board = ok(&browser, "/deals?q=units").await;
    let form = ok(&browser, &board.after("class=\"deal-card-head\"", "hx-get")).await;
    assert!(form.has("Move: 200 units") && form.has("now in Qualification") && form.has("class=\"is-lost\""));
    let back = form.after("name=\"back\"", "value");
    assert_eq!(back, "/erp/crm/deals?q=units");
    let version = form.after("name=\"version\"", "value");
    let fields = [("stage", &*stages["proposal"]), ("version", &*version), ("back", &*back)];
    let path = format!("/deals/{id}/move");
    let board = browser.submit(&path, &fields).await;
    assert!(board.has("The deal was moved.") && column(&board, "Proposal").contains("200 units"));
    assert!(!column(&board, "Qualification").contains("200 units"));
    // To the place after another one, as the script says it.
    let other = add(&database, person, lee, NewDeal::named("Second")).await.to_string();
    let third = add(&database, person, lee, NewDeal::named("Third")).await;
    let place = [("afterId", &*other), ("version", "1"), ("back", "/erp/crm/deals")];
    let board = browser.submit(&format!("/deals/{third}/move"), &place).await;
    let first = column(&board, "Qualification");
    assert!(first.find(">Second<").unwrap() < first.find(">Third<").unwrap());
    let won = browser.submit(&path, &[("stage", &*stages["closed_won"])]).await;
    assert!(won.has("The deal was won.") && won.has("<h1>200 units</h1>"));
    let unknown = browser.post(&path, &[("stage", &*lee.to_string())]).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.has("id=\"stage-fault\"") && unknown.has("takes no deals any more"));
}

async fn a_loss_needs_a_reason(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let id = add(&database, person, lee, NewDeal::named("200 units")).await;
    let stages = stages(&database, person).await;
    let browser = browser(&database, person).await;
    let path = format!("/deals/{id}/move");
    let lost = ("stage", &*stages["closed_lost"]);
    // The way into the lost stage asks for it first.
    let page = ok(&browser, &format!("/deals/{id}")).await;
    let asked = ok(&browser, &page.after("class=\"stage-step stage-lost\"", "href")).await;
    assert!(asked.has(&format!("value=\"{}\" class=\"is-lost\" selected", stages["closed_lost"])));
    let missing = browser.post(&path, &[lost, ("lostNotes", "Too dear")]).await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(missing.has("id=\"lostReason-fault\"") && missing.has(">Too dear</textarea>"));
    let told = [lost, ("lostReason", "Price"), ("lostNotes", "Too dear"), ("competitor", "Smith & Sons")];
    let page = browser.submit(&path, &told).await;
    for text in ["The deal was lost.", "Price", "Too dear", "Smith &#38; Sons", "Closed lost"] {
        assert!(page.has(text), "{text}");
    }
    // A reason that is left in a hidden field does no harm.
    let open = [("stage", &*stages["proposal"]), ("lostReason", "price"), ("lostNotes", "x")];
    assert!(browser.submit(&path, &open).await.has("The deal was moved."));
    let deal = read(&database, person, id).await;
    assert_eq!((deal.lost_reason, deal.competitor.as_deref()), (None, Some("Smith & Sons")));
}

async fn two_people_move_one_card(database: TestDatabase) {
    let company = company();
    let (one, other) = (Person::new(company, Role::SalesRep), Person::new(company, Role::Manager));
    let lee = lee(&database, one).await;
    let id = add(&database, one, lee, NewDeal::named("200 units")).await;
    let stages = stages(&database, one).await;
    let people = [browser(&database, one).await, browser(&database, other).await];
    let path = format!("/deals/{id}/move");
    let mark = format!("data-card=\"{id}\"");
    for person in &people {
        assert_eq!(ok(person, "/deals").await.after(&mark, "data-version"), "1");
    }
    let proposal = [("stage", &*stages["proposal"]), ("version", "1")];
    let negotiation = [("stage", &*stages["negotiation"]), ("version", "1")];
    let (first, second) = tokio::join!(people[0].post(&path, &proposal), people[1].post(&path, &negotiation));
    let (moved, refused, late) =
        if first.status == StatusCode::SEE_OTHER { (first, second, 1) } else { (second, first, 0) };
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.body);
    assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED, "one of them is told: {}", refused.body);
    let now = read(&database, one, id).await;
    assert!(refused.has("was changed after you opened it") && refused.has(&format!("now in {}", now.stage_name)));
    // Who has seen where it is may move it.
    let version = refused.after("name=\"version\"", "value");
    assert_eq!(version, "2");
    let again = [("stage", &*stages["needs_analysis"]), ("version", &*version), ("back", "/erp/crm/deals")];
    let board = people[late].submit(&path, &again).await;
    assert!(column(&board, "Needs analysis").contains("200 units"));
    assert_eq!(read(&database, one, id).await.version, 3);
}

async fn a_place_that_is_gone_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let lee = lee(&database, person).await;
    let [gone, id] = [
        add(&database, person, lee, NewDeal::named("Gone")).await,
        add(&database, person, lee, NewDeal::named("200 units")).await,
    ];
    person.scope(&database).deals().move_to(gone, DealMove::to("proposal"), None).await.unwrap();
    let browser = browser(&database, person).await;
    for neighbour in ["afterId", "beforeId"] {
        let fields = [(neighbour, &*gone.to_string()), ("version", "1")];
        let answer = browser.post(&format!("/deals/{id}/move"), &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.has("has left the stage meanwhile") && !answer.has(&format!("name=\"{neighbour}\"")));
    }
    assert_eq!(read(&database, person, id).await.version, 1);
}

async fn a_deal_is_added_with_a_customer_who_is_found(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let browser = browser(&database, person).await;
    let search = ok(&browser, "/deals/new?q=lee&back=%2Ferp%2Fcrm%2Fdeals%3Fowner%3Dme").await;
    let form = ok(&browser, &search.after("class=\"picks\"", "href")).await;
    assert!(form.has("Lee &#38; Co") && form.has("value=\"/erp/crm/deals?owner=me\""));
    let id = lee.to_string();
    let fields = [("customer", &*id), ("name", "200 units"), ("amount", "12,500.50"), ("nextStep", "Send it")];
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[], "currency-fault"),
        (&[("currency", "EURO")], "currency-fault"),
        (&[("currency", "JPY")], "amount-fault"),
        (&[("currency", "EUR"), ("probability", "many")], "probability-fault"),
        (&[("currency", "EUR"), ("probability", "101")], "probability-fault"),
        (&[("currency", "EUR"), ("expectedCloseDate", "soon")], "expectedCloseDate-fault"),
        (&[("currency", "EUR"), ("nextStepAt", "soon")], "nextStepAt-fault"),
        (&[("currency", "EUR"), ("stage", &*id)], "stage-fault"),
    ];
    for (more, fault) in cases {
        let wrong = browser.post("/deals", &[&fields[..], more].concat()).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{more:?}");
        assert!(wrong.has(&format!("id=\"{fault}\"")) && wrong.has("value=\"12,500.50\""), "{more:?}: {}", wrong.body);
    }
    let nameless = browser.post("/deals", &[("customer", &*id)]).await;
    assert!(nameless.status == StatusCode::UNPROCESSABLE_ENTITY && nameless.has("id=\"name-fault\""));
    let rest = [("currency", "eur"), ("expectedCloseDate", "2999-01-31"), ("ownerId", ""), ("type", "renewal")];
    let board = browser.submit("/deals", &[&fields[..], &rest[..], &[("back", "/erp/crm/deals")][..]].concat()).await;
    assert!(board.has("The deal was added.") && board.has("12,500.50 EUR") && board.has("31 Jan 2999"));
    // The next one begins with the currency of this one; a stage can be chosen, and a loss needs its reason.
    let form = ok(&browser, &format!("/deals/new?customer={lee}")).await;
    assert_eq!(form.after("name=\"currency\"", "value"), "EUR");
    let stages = stages(&database, person).await;
    assert!(form.has(&format!("value=\"{}\" selected", stages["qualification"])));
    let lost = [("customer", &*id), ("name", "Late"), ("stage", &*stages["closed_lost"])];
    let missing = browser.post("/deals", &lost).await;
    assert!(missing.status == StatusCode::UNPROCESSABLE_ENTITY && missing.has("id=\"lostReason-fault\""));
    let told = [&lost[..], &[("lostReason", "timing"), ("back", "/erp/crm/deals")][..]].concat();
    assert!(column(&browser.submit("/deals", &told).await, "Closed lost").contains("Late"));
}

async fn amounts_are_typed_in_the_language(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await.to_string();
    let browser = browser(&database, person).await;
    browser.submit("/preferences", &[("language", "de"), ("here", "/erp/crm/deals")]).await;
    let new =
        |amount: &'static str| [("customer", &*lee), ("name", "Vertrag"), ("currency", "EUR"), ("amount", amount)];
    let wrong = browser.post("/deals", &new("12500.50")).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.has("id=\"amount-fault\""));
    let board = browser.submit("/deals", &new("12.500,50")).await;
    assert!(
        board.has("Das Geschäft wurde angelegt.") && board.has("12.500,50 EUR") && board.has("gewichtet 1.250,05 EUR")
    );
}

async fn every_field_is_edited(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let at = Some(Utc::now() + TimeDelta::days(3));
    let new = NewDeal { amount: money(100, "EUR"), next_step_at: at, ..NewDeal::named("200 units") };
    let id = add(&database, person, lee, new).await;
    let before = read(&database, person, id).await;
    let browser = browser(&database, person).await;
    let address = format!("/deals/{id}/edit");
    let form = ok(&browser, &address).await;
    assert!(!form.has("name=\"lostReason\"") && form.has("value=\"1\" maxlength=\"24\""), "{}", form.body);
    let (version, at) = (form.after("name=\"version\"", "value"), form.after("name=\"nextStepAt\"", "value"));
    let me = person.user.to_string();
    let fields = [
        ("version", &*version),
        ("name", "300 units"),
        ("amount", "1,234.56"),
        ("currency", "usd"),
        ("expectedCloseDate", "2999-12-24"),
        ("probability", "60"),
        ("ownerId", &*me),
        ("type", "new_business"),
        ("nextStep", "Send the contract"),
        ("nextStepAt", &*at),
        ("source", "Trade fair"),
        ("competitor", "Smith"),
        ("description", "In *two* parts\nnet 30"),
    ];
    let page = browser.submit(&address, &fields).await;
    for text in [
        "The deal was saved.",
        "<h1>300 units</h1>",
        "1,234.56 USD",
        "60 % (own estimate)",
        "740.74 USD",
        "24 Dec 2999",
        "New business",
        "Send the contract",
        "Trade fair",
        "In *two* parts\nnet 30",
    ] {
        assert!(page.has(text), "{text} is not in {}", page.body);
    }
    let after = read(&database, person, id).await;
    assert_eq!(after.next_step_at, before.next_step_at, "a time that was not touched keeps its seconds");
    let cleared: Vec<(&str, &str)> = fields[2..].iter().map(|(name, _)| (*name, "")).collect();
    browser.submit(&address, &[&[("name", "300 units")][..], &cleared[..]].concat()).await;
    let bare = read(&database, person, id).await;
    assert_eq!((bare.amount, bare.probability, bare.owner_id, bare.description), (None, None, None, None));
    let wrong = browser.post(&address, &[("name", " "), ("amount", "\"><b>"), ("currency", "EUR")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has("&#34;&#62;&#60;b&#62;") && wrong.has("id=\"amount-fault\""));
}

async fn a_change_of_another_person_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let id = add(&database, person, lee, NewDeal::named("200 units")).await;
    let browser = browser(&database, person).await;
    let address = format!("/deals/{id}/edit");
    let version = ok(&browser, &address).await.after("name=\"version\"", "value");
    person.scope(&database).deals().move_to(id, DealMove::to("proposal"), None).await.unwrap();
    let stale = browser.post(&address, &[("version", &*version), ("name", "Mine")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("was changed after you opened it") && stale.has("value=\"Mine\"") && stale.has("Save anyway"));
    let version = stale.after("name=\"version\"", "value");
    assert!(browser.submit(&address, &[("version", &*version), ("name", "Mine")]).await.has("<h1>Mine</h1>"));
}

async fn the_page_tells_the_way(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let clock = FixedClock::at(Utc::now() - TimeDelta::days(10));
    let crm = Crm::builder().clock(clock.clone()).build();
    let mut scope = person.scope_on(&crm, &database);
    let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap().id;
    let new = NewDeal { amount: money(100_000, "EUR"), ..NewDeal::named("200 units") };
    let deal = scope.deals().create(lee, new).await.unwrap();
    let pipeline = scope.pipelines().get(deal.pipeline_id).await.unwrap();
    let mut stages: Vec<NewPipelineStage> = pipeline.stages.iter().map(Into::into).collect();
    stages[2].rotten_days = Some(5);
    let patch = PipelinePatch { stages: Patch::Set(stages), ..PipelinePatch::default() };
    scope.pipelines().update(pipeline.id, patch, None).await.unwrap();
    clock.set(Utc::now() - TimeDelta::days(6));
    scope.deals().move_to(deal.id, DealMove::to("proposal"), None).await.unwrap();
    let browser = browser_on(&Crm::default(), &database, person).await;
    let page = ok(&browser, &format!("/deals/{}", deal.id)).await;
    for text in [
        "<h1>200 units</h1>",
        &format!("/erp/crm/customers/{lee}\">Lee &#38; Co"),
        "stage-open is-passed\"><form",
        "stage-open is-here\" aria-current=\"step\"><span>Proposal",
        "6 days in this stage · too long",
        "<td class=\"right\">4 days</td>",
        "<td class=\"right\">6 days</td>",
        "<span class=\"tag\">now</span>",
        "Pat Person",
        "50 %",
        "500 EUR",
    ] {
        assert!(page.has(text), "{text} is not in {}", page.body);
    }
    assert!(ok(&browser, "/deals").await.has("deal-card is-rotten"));
    // One click goes on.
    let path = page.after("class=\"stage-step stage-open\"><form", "action");
    let negotiation = pipeline.stages[3].id.to_string();
    let page = browser.submit(&path, &[("stage", &*negotiation), ("version", "2")]).await;
    assert!(page.has("The deal was moved.") && page.has("aria-current=\"step\"><span>Negotiation"));
}

async fn a_deal_is_deleted_and_comes_back(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let lee = lee(&database, person).await;
    let new = NewDeal { amount: money(100_000, "EUR"), ..NewDeal::named("200 units") };
    let id = add(&database, person, lee, new).await;
    let browser = browser(&database, person).await;
    assert!(ok(&browser, &format!("/deals/{id}")).await.has(&format!("action=\"/erp/crm/deals/{id}/delete\"")));
    let board = browser.submit(&format!("/deals/{id}/delete"), &[("back", "/erp/crm/deals?q=units")]).await;
    assert!(board.has("The deal was moved to the trash.") && !board.has("data-card"));
    assert_eq!(browser.get(&format!("/deals/{id}")).await.status, StatusCode::NOT_FOUND);
    let undo = board.after("class=\"notice\"", "action");
    assert!(undo.ends_with(&format!("/deals/{id}/restore")));
    for trash in ["/trash?of=deals".to_owned(), format!("/customers/{lee}/trash?of=deals")] {
        let page = ok(&browser, &trash).await;
        for text in ["200 units", "Qualification, 1,000 EUR", "Pat Person", "just now", &*undo] {
            assert!(page.has(text), "{text} is not in {trash}: {}", page.body);
        }
    }
    assert!(ok(&browser, "/trash?of=deals").await.has("Lee &#38; Co"));
    let restored = browser.submit(&undo, &[("back", &board.after("name=\"back\"", "value"))]).await;
    assert!(restored.has("The deal was restored.") && restored.has("data-card"));
    assert!(ok(&browser, "/trash?of=deals").await.has("The trash is empty"));
    assert_eq!(browser.post(&undo, &[]).await.status, StatusCode::CONFLICT);
}

async fn the_list_is_filtered_sorted_and_added_up(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let lee = lee(&database, person).await;
    let mut scope = person.scope(&database);
    let other = scope.customers().create(NewCustomer::organization("Other")).await.unwrap().id;
    let stages = stages(&database, person).await;
    for number in 0..51 {
        add(&database, person, other, NewDeal::named(format!("Small {number:02}"))).await;
    }
    let euros = NewDeal { amount: money(1_250_000, "EUR"), ..NewDeal::named("Euros") };
    let euros = add(&database, person, lee, euros).await;
    let yen = NewDeal { amount: money(300, "JPY"), owner_id: Patch::Clear, ..NewDeal::named("Yen") };
    add(&database, person, lee, yen).await;
    person.scope(&database).deals().move_to(euros, DealMove::to("closed_won"), None).await.unwrap();
    let browser = browser(&database, person).await;
    let all = ok(&browser, "/deals/table").await;
    assert!(all.has("53 deals") && all.has("<strong>12,500 EUR</strong> weighted 12,500 EUR"));
    assert!(all.has("<strong>300 JPY</strong> weighted 30 JPY"));
    let more = ok(&browser, &all.after("class=\"more\"", "hx-get")).await;
    assert_eq!(more.body.matches("class=\"row\"").count(), 3);
    let of = |query: String| {
        let browser = &browser;
        async move { ok(browser, &format!("/deals/table?{query}")).await }
    };
    for (query, seen, sums) in [
        (format!("customer={lee}"), vec!["Euros", "Yen"], 2),
        (format!("customer={lee}&status=won"), vec!["Euros"], 1),
        (format!("stage={}", stages["closed_won"]), vec!["Euros"], 1),
        ("owner=none".to_owned(), vec!["Yen"], 1),
        ("currency=EUR&amountFrom=100".to_owned(), vec!["Euros"], 1),
        ("q=yen".to_owned(), vec!["Yen"], 1),
    ] {
        let page = of(query.clone()).await;
        for name in ["Euros", "Yen", "Small 00"] {
            assert_eq!(page.has(&format!("<span>{name}</span>")), seen.contains(&name), "{name} in {query}");
        }
        assert_eq!(page.body.matches("weighted").count(), sums, "{query}");
    }
    assert!(of(format!("customer={lee}")).await.has("Customer</span> Lee &#38; Co"));
    let sorted = of("sort=-amount".to_owned()).await;
    assert!(sorted.has("aria-sort=\"descending\""));
    assert!(sorted.body.find("<span>Euros</span>").unwrap() < sorted.body.find("<span>Yen</span>").unwrap());
    assert!(of("q=nosuchdeal".to_owned()).await.has("No deals match"));
    // What the page does not know is no error: addresses are kept and changed by hand.
    of("amountFrom=1&sort=nonsense&status=nonsense&stage=nonsense&customer=nonsense&currency=EURO".to_owned()).await;
    assert_eq!(browser.get("/deals/table?cursor=nonsense").await.status, StatusCode::BAD_REQUEST);
    let picked = ok(&browser, "/deals/table/customer?status=open&q=Lee").await;
    assert!(picked.after("class=\"picks\"", "href").contains(&format!("status=open&customer={lee}")));
}

async fn the_list_has_columns_and_views(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let new = NewDeal { competitor: Some("Smith".to_owned()), ..NewDeal::named("200 units") };
    add(&database, person, lee, new).await;
    let browser = browser(&database, person).await;
    let dialogue = ok(&browser, "/deals/table/columns?status=open").await;
    assert!(dialogue.has("Competitor") && dialogue.has("Weighted amount") && dialogue.has("aria-current=\"page\""));
    let chosen = [("state", "?status=open"), ("column", "competitor"), ("column", "closedAt")];
    let list = browser.submit("/deals/table/columns", &chosen).await;
    assert!(list.has("col-competitor") && list.has("Smith") && !list.has("col-amount"));
    assert!(ok(&browser, "/deals/table").await.has("col-competitor"), "kept for the next time");
    let new = [("state", "?q=units&status=open&sort=-amount"), ("name", "Units"), ("visibility", "private")];
    let view = browser.submit("/deals/table/views", &new).await;
    assert!(view.has("200 units") && view.has("value=\"units\""));
    assert_eq!(view.after("class=\"view-tab\"", "aria-current"), "page");
    let won = [("state", "?status=won"), ("name", "Won"), ("visibility", "private")];
    assert!(!browser.submit("/deals/table/views", &won).await.has("200 units"));
    let taken = browser.post("/deals/table/views", &new).await;
    assert!(taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.has("Another view of yours has this name."));
}

async fn a_customer_shows_its_deals(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let won = add(&database, person, lee, NewDeal::named("Won one")).await;
    person.scope(&database).deals().move_to(won, DealMove::to("closed_won"), None).await.unwrap();
    let browser = browser(&database, person).await;
    let new = NewDeal { amount: money(100_000, "EUR"), ..NewDeal::named("Open one") };
    add(&database, person, lee, new).await;
    let page = ok(&browser, &format!("/customers/{lee}")).await;
    let deals = page.body.split("id=\"deals\"").nth(1).unwrap().split("tags-edit").next().unwrap();
    assert!(deals.find("Open one").unwrap() < deals.find("Won one").unwrap(), "{deals}");
    assert!(deals.contains("1,000 EUR") && deals.contains("Closed won") && !deals.contains("All deals"));
    let form = ok(&browser, &page.after("id=\"deals\"", "hx-get")).await;
    assert!(form.has("Lee &#38; Co") && form.has(&format!("value=\"/erp/crm/customers/{lee}\"")));
    let timeline = ok(&browser, &format!("/customers/{lee}?kind=deal")).await;
    for text in ["Open deal", "Won deal", "Open one", "1,000 EUR", &format!("/erp/crm/deals/{won}\">Won one")] {
        assert!(timeline.has(text), "{text}");
    }
    for number in 0..11 {
        add(&database, person, lee, NewDeal::named(format!("More {number}"))).await;
    }
    let page = ok(&browser, &format!("/customers/{lee}")).await;
    assert!(page.has(&format!("/erp/crm/deals/table?customer={lee}\">All deals")));
}

async fn roles_do_what_they_may(database: TestDatabase) {
    let company = company();
    let author = Person::new(company, Role::Admin);
    let lee = lee(&database, author).await;
    let id = add(&database, author, lee, NewDeal::named("200 units")).await;
    let stages = stages(&database, author).await;
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        // A stranger's deal is changed by those who may change all.
        let may = matches!(role, Role::Admin | Role::Manager);
        let may_add = may || *role == Role::SalesRep;
        let board = ok(&browser, "/deals").await;
        assert_eq!(board.has(&format!("{id}/move")), may, "{role}");
        assert_eq!(board.has("data-grip"), may, "{role}");
        assert_eq!(board.has("settings/pipelines/"), may, "{role}");
        assert_eq!(board.has("Add deal"), may_add, "{role}");
        assert_eq!(ok(&browser, "/deals/table").await.has("Add deal"), may_add, "{role}");
        let palette = ok(&browser, "/palette").await;
        let found = palette.body.split("id=\"found\"").nth(1).unwrap().to_owned();
        assert_eq!(found.contains("Add deal"), may_add, "{role}");
        let page = ok(&browser, &format!("/deals/{id}")).await;
        for act in ["edit", "move", "delete"] {
            assert_eq!(page.has(&format!("/deals/{id}/{act}")), may, "{role} {act}");
        }
        let customer = ok(&browser, &format!("/customers/{lee}")).await;
        assert!(customer.has("200 units") && customer.has("deals/new") == may_add, "{role}");
        let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
        for form in ["edit", "move"] {
            assert_eq!(browser.get(&format!("/deals/{id}/{form}")).await.status, expected, "{role} {form}");
        }
        if !may {
            for act in ["edit", "move", "delete", "restore"] {
                let fields = [("name", "x"), ("stage", &*stages["proposal"])];
                let answer = browser.post(&format!("/deals/{id}/{act}"), &fields).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {act}");
            }
        }
        let new = browser.get(&format!("/deals/new?customer={lee}")).await;
        assert_eq!(new.status == StatusCode::OK, may_add, "{role}");
        let added = browser.post("/deals", &[("customer", &*lee.to_string()), ("name", "New")]).await;
        assert_eq!(added.status == StatusCode::SEE_OTHER, may_add, "{role}");
    }
}

async fn another_companys_are_not_found(database: TestDatabase) {
    let owner = Person::new(company(), Role::Admin);
    let lee = lee(&database, owner).await;
    let new = NewDeal { competitor: Some("RIVAL-MARK".to_owned()), ..NewDeal::named("DEAL-MARK") };
    let id = add(&database, owner, lee, new).await;
    let trashed = add(&database, owner, lee, NewDeal::named("GONE-MARK")).await;
    owner.scope(&database).deals().delete(trashed, None).await.unwrap();
    let pipeline = read(&database, owner, id).await.pipeline_id;
    let stage = stages(&database, owner).await["proposal"].clone();
    let other = browser(&database, Person::new(company(), Role::Admin)).await;
    for path in ["", "/edit", "/move"] {
        let answer = other.get(&format!("/deals/{id}{path}")).await;
        assert!(answer.status == StatusCode::NOT_FOUND && !answer.has("-MARK"), "{path}");
    }
    for (id, act) in [(id, "edit"), (id, "move"), (id, "delete"), (id, "restore"), (trashed, "restore")] {
        let answer = other.post(&format!("/deals/{id}/{act}"), &[("name", "x"), ("stage", &stage)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{act}");
    }
    for path in [
        "/deals".to_owned(),
        "/deals?q=mark".to_owned(),
        "/deals/table".to_owned(),
        format!("/deals/table?customer={lee}&stage={stage}&pipeline={pipeline}"),
        "/deals/new?q=Lee".to_owned(),
        "/trash?of=deals".to_owned(),
        "/palette?q=mark".to_owned(),
    ] {
        let page = ok(&other, &path).await;
        assert!(!page.has("-MARK") && !page.has("Lee &#38;"), "{path}");
    }
    assert_eq!(other.get(&format!("/deals?pipeline={pipeline}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(other.get(&format!("/deals/new?customer={lee}")).await.status, StatusCode::NOT_FOUND);
    let fields = [("customer", &*lee.to_string()), ("name", "Theirs")];
    assert_eq!(other.post("/deals", &fields).await.status, StatusCode::NOT_FOUND);
    assert!(ok(&browser(&database, owner).await, "/deals").await.has("DEAL-MARK"));
}

async fn pages_say_what_they_show(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let id = add(&database, person, lee, NewDeal::named("200 units")).await;
    let browser = browser(&database, person).await;
    assert!(ok(&browser, "/deals").await.has("data-live=\"board\""));
    assert!(ok(&browser, "/deals/table").await.has("data-live=\"deals\""));
    let page = ok(&browser, &format!("/deals/{id}")).await;
    assert_eq!(page.after("data-live=\"deal\"", "data-record"), id.to_string());
    assert_eq!(page.after("data-live=\"deal\"", "data-version"), "1");
    // The script comes with the pages that need it.
    let script = ok(&browser, "/deals").await.after("assets/choose-", "src");
    assert!(script.contains("/assets/board-") && ok(&browser, &script).await.has("data-drag-list"));
    assert!(!page.has("/assets/board-"));
}
