//! The rules of deals: defaults, probability and weight, losses, owners, lists.

use chrono::NaiveDate;
use crm_core::actor::Role;
use crm_core::customers::ExternalRef;
use crm_core::deals::{DealMove, DealPatch, DealQuery, DealSort, DealStatus, NewDeal, RecurringInterval};
use crm_core::filter::Filter;
use crm_core::ids::CustomerId;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::pipelines::NewPipeline;
use crm_core::users::OwnerFilter;
use crm_core::{Error, Result};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{add, lost, money, moved, named};
use crate::support::{TestCrm, assert_matches, malformed, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_deal_begins_where_it_is_said_or_at_the_beginning,
        the_weight_is_rounded_half_even,
        only_a_lost_deal_has_a_reason_and_needs_one,
        a_patch_changes_what_it_names,
        a_deal_belongs_to_a_customer_that_one_sees,
        owners_are_users_and_reach_is_theirs,
        lists_are_narrowed_and_sorted,
        amounts_are_compared_in_one_currency,
        what_comes_again_has_an_interval,
        what_an_erp_has_made_of_a_deal_is_kept,
        a_company_chooses_its_reasons_for_losses,
    ]);
}

fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().expect("a day"))
}

async fn names(crm: &TestCrm, query: &DealQuery) -> Result<Vec<String>> {
    let page = crm.admin().deals().list(query, &PageRequest::default().limit(100)).await?;
    Ok(page.data.into_iter().map(|deal| deal.name).collect())
}

async fn a_deal_begins_where_it_is_said_or_at_the_beginning(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let deal = named(&crm, &customer, "  200 units  ").await?;
    assert_eq!((deal.name.as_str(), deal.customer_name.as_str()), ("200 units", "Lee & Co"));
    assert_eq!((deal.stage_name.as_str(), deal.status, deal.closed_at), ("Qualification", DealStatus::Open, None));
    assert_eq!(deal.owner_id, Some(crm.user(Role::Admin)));
    assert_eq!(deal.owner.as_ref().and_then(|owner| owner.display_name.as_deref()), Some("The admin"));
    assert_eq!(crm.admin().deals().get(deal.id).await?, deal);
    let pipeline = crm.admin().pipelines().get(deal.pipeline_id).await?;
    let other = crm.admin().pipelines().create(NewPipeline::named("Renewals")).await?;
    let at = |pipeline_id, stage_id| NewDeal { pipeline_id, stage_id, ..NewDeal::named("x") };
    let by_stage = add(&crm, &customer, at(None, Some(other.stages[2].id))).await?;
    assert_eq!((by_stage.pipeline_id, by_stage.stage_id), (other.id, other.stages[2].id));
    let by_pipeline = add(&crm, &customer, at(Some(other.id), None)).await?;
    assert_eq!(by_pipeline.stage_id, other.stages[0].id);
    let won = add(&crm, &customer, at(Some(other.id), Some(other.stages[4].id))).await?;
    assert_eq!((won.status, won.closed_at), (DealStatus::Won, Some(won.created_at)));
    let elsewhere = add(&crm, &customer, at(Some(other.id), Some(pipeline.stages[0].id))).await;
    assert_eq!(violation(elsewhere, "/stageId"), "stage_unknown");
    assert_eq!(violation(add(&crm, &customer, NewDeal::default()).await, "/name"), "required");
    Ok(())
}

async fn the_weight_is_rounded_half_even(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    for (amount, probability, weighted) in [(1, 50, 0), (3, 50, 2), (5, 50, 2), (199, 10, 20), (0, 60, 0), (7, 0, 0)] {
        let new = NewDeal { amount: money(amount, "EUR"), probability: Some(probability), ..NewDeal::named("Weighed") };
        let deal = add(&crm, &customer, new).await?;
        assert_eq!((deal.weighted_amount, deal.effective_probability), (money(weighted, "EUR"), probability));
        // A probability of its own ends with the deal.
        let won = moved(&crm, deal.id, DealMove::to("closed_won")).await?;
        assert_eq!((won.weighted_amount, won.effective_probability), (money(amount, "EUR"), 100));
        assert_eq!(won.probability, Some(probability));
        assert_eq!(moved(&crm, deal.id, lost("price")).await?.weighted_amount, money(0, "EUR"));
    }
    let plain = add(&crm, &customer, NewDeal { amount: money(1_005, "JPY"), ..NewDeal::named("Plain") }).await?;
    assert_eq!((plain.effective_probability, plain.weighted_amount), (10, money(100, "JPY")));
    assert_eq!(named(&crm, &customer, "Without").await?.weighted_amount, None);
    Ok(())
}

async fn only_a_lost_deal_has_a_reason_and_needs_one(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let new = NewDeal { lost_reason: Some("price".into()), ..NewDeal::named("Early") };
    assert_eq!(violation(add(&crm, &customer, new).await, "/lostReason"), "unexpected");
    let deal = named(&crm, &customer, "200 units").await?;
    assert_eq!(violation(moved(&crm, deal.id, DealMove::to("closed_lost")).await, "/lostReason"), "required");
    assert_eq!(crm.admin().deals().get(deal.id).await?, deal, "nothing has happened");
    let gone = moved(&crm, deal.id, lost("No Budget")).await?;
    assert_eq!((gone.status, gone.lost_reason.as_deref()), (DealStatus::Lost, Some("no_budget")));
    assert!(gone.closed_at.is_some());
    let without = DealPatch { lost_reason: Patch::Clear, ..DealPatch::default() };
    assert_eq!(violation(crm.admin().deals().update(deal.id, without, None).await, "/lostReason"), "required");
    let reopened = moved(&crm, deal.id, DealMove::to("proposal")).await?;
    assert_eq!((reopened.status, reopened.closed_at, reopened.lost_reason), (DealStatus::Open, None, None));
    let told = DealMove { lost_notes: Some("Too late".into()), ..DealMove::to("negotiation") };
    assert_eq!(violation(moved(&crm, deal.id, told).await, "/lostNotes"), "unexpected");
    Ok(())
}

async fn a_patch_changes_what_it_names(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let new = NewDeal {
        amount: money(100, "EUR"),
        expected_close_date: day("2026-12-18"),
        source: Some("Trade Fair".into()),
        ..NewDeal::named("200 units")
    };
    let deal = add(&crm, &customer, new).await?;
    assert_eq!(deal.source.as_deref(), Some("trade_fair"));
    let patch = DealPatch { amount: Patch::Set(money(250, "USD").expect("money")), ..DealPatch::default() };
    let changed = crm.admin().deals().update(deal.id, patch, Some(1)).await?;
    let mut expected = deal.clone();
    (expected.version, expected.updated_at) = (2, changed.updated_at);
    (expected.amount, expected.weighted_amount) = (money(250, "USD"), money(25, "USD"));
    (expected.base_amount, expected.rate) = (None, None);
    assert_eq!(changed, expected);
    let stale = crm.admin().deals().update(deal.id, DealPatch::default(), Some(1)).await;
    assert_matches!(stale, Err(Error::Stale { current: 2, .. }));
    let replaced = crm.admin().deals().replace(deal.id, NewDeal::named("Bare"), None).await?;
    assert_eq!((replaced.amount, replaced.expected_close_date, replaced.source.as_deref()), (None, None, None));
    assert_eq!((replaced.stage_id, replaced.owner_id), (deal.stage_id, deal.owner_id), "stage and owner stay");
    let same = crm.admin().deals().replace(deal.id, NewDeal::from(&replaced), None).await?;
    assert_eq!(same, replaced);
    Ok(())
}

async fn a_deal_belongs_to_a_customer_that_one_sees(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (customer, gone) = (crm.named("Lee & Co").await?, crm.named("Gone").await?);
    crm.admin().customers().delete(gone.id, None).await?;
    let stranger = CustomerId(uuid::Uuid::new_v4());
    for unknown in [gone.id, stranger, crm.other_company().named("Theirs").await?.id] {
        let refused = crm.admin().deals().create(unknown, NewDeal::named("x")).await;
        assert_eq!(violation(refused, "/customerId"), "customer_unknown");
    }
    let deal = named(&crm, &customer, "Ours").await?;
    let other = crm.other_company();
    assert_matches!(other.admin().deals().get(deal.id).await, Err(Error::NotFound { .. }));
    assert_matches!(moved(&other, deal.id, DealMove::to("proposal")).await, Err(Error::NotFound { .. }));
    assert_matches!(other.admin().deals().delete(deal.id, None).await, Err(Error::NotFound { .. }));
    let stages = other.admin().deals().stages(deal.id, &PageRequest::default()).await;
    assert_matches!(stages, Err(Error::NotFound { .. }));
    Ok(())
}

async fn owners_are_users_and_reach_is_theirs(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let manager = crm.ensure_mirrored(Role::Manager).await?;
    let mut sales = crm.scope(Role::SalesRep);
    let owned_by = |owner| NewDeal { owner_id: owner, ..NewDeal::named("x") };
    let mine = sales.deals().create(customer.id, NewDeal::named("Mine")).await?;
    let free = sales.deals().create(customer.id, owned_by(Patch::Clear)).await?;
    assert_eq!((mine.owner_id, free.owner_id), (Some(crm.user(Role::SalesRep)), None));
    let theirs = sales.deals().create(customer.id, owned_by(Patch::Set(manager))).await;
    assert_matches!(theirs, Err(Error::Forbidden { .. }));
    let theirs = add(&crm, &customer, owned_by(Patch::Set(manager))).await?;
    sales.deals().get(theirs.id).await?;
    sales.deals().move_to(mine.id, DealMove::to("proposal"), None).await?;
    sales.deals().move_to(free.id, DealMove::to("proposal"), None).await?;
    let refused = sales.deals().move_to(theirs.id, DealMove::to("proposal"), None).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    let give = DealPatch { owner_id: Patch::Set(manager), ..DealPatch::default() };
    assert_matches!(sales.deals().update(mine.id, give, None).await, Err(Error::Forbidden { .. }));
    assert_matches!(sales.deals().delete(mine.id, None).await, Err(Error::Forbidden { .. }));
    for role in [Role::Support, Role::Viewer] {
        let mut scope = crm.scope(role);
        scope.deals().get(mine.id).await?;
        scope.deals().board(None, &DealQuery::default()).await?;
        let refused = scope.deals().create(customer.id, NewDeal::named("x")).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
        let refused = scope.deals().move_to(free.id, DealMove::to("proposal"), None).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
    }
    let nobody = owned_by(Patch::Set(crm_core::ids::UserId(uuid::Uuid::new_v4())));
    assert_eq!(violations(add(&crm, &customer, nobody).await), [("/ownerId".to_owned(), "user_unknown".to_owned())]);
    Ok(())
}

async fn lists_are_narrowed_and_sorted(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lee, other) = (crm.named("Lee & Co").await?, crm.named("Other").await?);
    let manager = crm.ensure_mirrored(Role::Manager).await?;
    let new = |name: &str, closes: Option<NaiveDate>, amount: Option<i64>, owner: Patch<_>| NewDeal {
        expected_close_date: closes,
        amount: amount.and_then(|amount| money(amount, "EUR")),
        owner_id: owner,
        ..NewDeal::named(name)
    };
    add(&crm, &lee, new("b", day("2026-12-18"), Some(300), Patch::Absent)).await?;
    let closed = add(&crm, &lee, new("C", None, Some(100), Patch::Set(manager))).await?;
    add(&crm, &other, new("a", day("2026-06-30"), None, Patch::Clear)).await?;
    let won = moved(&crm, closed.id, DealMove::to("closed_won")).await?.stage_id;
    let sorted = |sort: &str| DealQuery { sort: sort.parse::<DealSort>().expect("a sort"), ..DealQuery::default() };
    for (sort, expected) in [
        ("createdAt", ["b", "C", "a"]),
        ("-updatedAt", ["C", "a", "b"]),
        ("name", ["a", "b", "C"]),
        ("expectedCloseDate", ["a", "b", "C"]),
        ("-amount", ["b", "C", "a"]),
    ] {
        assert_eq!(names(&crm, &sorted(sort)).await?, expected, "{sort}");
    }
    let by = |change: fn(&mut DealQuery)| {
        let mut query = sorted("name");
        change(&mut query);
        query
    };
    assert_eq!(names(&crm, &by(|query| query.status = vec![DealStatus::Open])).await?, ["a", "b"]);
    assert_eq!(names(&crm, &by(|query| query.owner = Some(OwnerFilter::Me))).await?, ["b"]);
    assert_eq!(names(&crm, &by(|query| query.owner = Some(OwnerFilter::None))).await?, ["a"]);
    assert_eq!(names(&crm, &by(|query| query.expected_close_from = day("2026-07-01"))).await?, ["b"]);
    assert_eq!(names(&crm, &by(|query| query.expected_close_to = day("2026-06-30"))).await?, ["a"]);
    assert_eq!(names(&crm, &by(|query| query.text = Some(" B ".to_owned()))).await?, ["b"]);
    assert_eq!(names(&crm, &by(|query| query.text = Some(" ".to_owned()))).await?.len(), 3);
    assert_eq!(malformed(names(&crm, &by(|query| query.text = Some("x".repeat(251)))).await), "parameter_invalid");
    let of_lee = DealQuery { customer: Some(lee.id), ..sorted("name") };
    assert_eq!(names(&crm, &of_lee).await?, ["b", "C"]);
    let in_stage = DealQuery { stage: vec![won], ..sorted("name") };
    assert_eq!(names(&crm, &in_stage).await?, ["C"]);
    let filter = r#"{"all": [{"field": "amount", "op": "between", "value": [100, 200]}, {"field": "name", "op": "eq", "value": "c"}]}"#;
    let filtered = DealQuery { filter: Some(filter.parse::<Filter>()?), ..sorted("name") };
    assert_eq!(names(&crm, &filtered).await?, ["C"]);
    Ok(())
}

async fn amounts_are_compared_in_one_currency(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    for (name, amount) in [("small", money(100, "EUR")), ("large", money(500, "EUR")), ("yen", money(300, "JPY"))] {
        add(&crm, &customer, NewDeal { amount, ..NewDeal::named(name) }).await?;
    }
    let query = |currency: Option<&str>, amount_from, amount_to| DealQuery {
        currency: currency.map(|currency| currency.parse().expect("a currency")),
        amount_from,
        amount_to,
        ..DealQuery::default()
    };
    assert_eq!(names(&crm, &query(Some("EUR"), Some(200), None)).await?, ["large"]);
    assert_eq!(names(&crm, &query(Some("EUR"), None, Some(500))).await?, ["large", "small"]);
    assert_eq!(names(&crm, &query(Some("JPY"), None, None)).await?, ["yen"]);
    assert_eq!(malformed(names(&crm, &query(None, Some(200), None)).await), "parameter_invalid");
    Ok(())
}

async fn what_comes_again_has_an_interval(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let of = |recurring_amount, recurring_interval| NewDeal {
        recurring_amount,
        recurring_interval,
        ..NewDeal::named("Maintenance")
    };
    let (fee, monthly) = (money(4_900, "EUR"), Some(RecurringInterval::Month));
    assert_eq!(violation(add(&crm, &customer, of(fee, None)).await, "/recurringInterval"), "required");
    assert_eq!(violation(add(&crm, &customer, of(None, monthly)).await, "/recurringAmount"), "required");
    let deal = add(&crm, &customer, of(fee, monthly)).await?;
    assert_eq!((deal.recurring_amount, deal.recurring_interval, deal.amount), (fee, monthly, None));
    assert_eq!(crm.admin().deals().get(deal.id).await?, deal);
    named(&crm, &customer, "Once").await?;
    let filter = r#"{"field": "recurringInterval", "op": "in", "value": ["month", "year"]}"#;
    let filtered = DealQuery { filter: Some(filter.parse::<Filter>()?), ..DealQuery::default() };
    assert_eq!(names(&crm, &filtered).await?, ["Maintenance"]);
    Ok(())
}

async fn what_an_erp_has_made_of_a_deal_is_kept(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let invoices = |numbers: std::ops::Range<usize>| -> Option<Vec<ExternalRef>> {
        Some(numbers.map(|number| ExternalRef::new("erp", number.to_string())).collect())
    };
    let new = NewDeal {
        quote_ref: Some(ExternalRef::new(" erp ", "Q-1")),
        order_ref: Some(ExternalRef::new("erp", "O-1")),
        invoice_refs: invoices(0..2),
        ..NewDeal::named("200 units")
    };
    let deal = add(&crm, &customer, new.clone()).await?;
    assert_eq!(deal.quote_ref, Some(ExternalRef::new("erp", "Q-1")));
    assert_eq!((deal.order_ref.clone(), Some(deal.invoice_refs.clone())), (new.order_ref.clone(), invoices(0..2)));
    assert_eq!(crm.admin().deals().get(deal.id).await?, deal);
    let cleared = DealPatch { order_ref: Patch::Clear, invoice_refs: Patch::Clear, ..DealPatch::default() };
    let cleared = crm.admin().deals().update(deal.id, cleared, None).await?;
    assert_eq!((cleared.order_ref, cleared.invoice_refs.len()), (None, 0));
    let many = NewDeal { invoice_refs: invoices(0..101), ..NewDeal::named("x") };
    assert_eq!(violation(add(&crm, &customer, many).await, "/invoiceRefs"), "too_many");
    Ok(())
}

async fn a_company_chooses_its_reasons_for_losses(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let deal = named(&crm, &crm.named("Lee & Co").await?, "200 units").await?;
    let set = async |reasons: serde_json::Value| {
        let patch = serde_json::from_value(json!({ "lostReasons": reasons })).expect("a patch");
        crm.admin().settings().update(patch, None).await
    };
    moved(&crm, deal.id, lost("in our own words")).await?;
    let chosen = set(json!([
        { "label": " Too expensive ", "code": "Price", "color": "#D62728" },
        { "label": "No budget" },
        { "label": "Old", "isArchived": true },
    ]));
    let chosen = chosen.await?.lost_reasons;
    let told: Vec<(&str, &str)> = chosen.iter().map(|one| (one.code.as_str(), one.label.as_str())).collect();
    assert_eq!(told, [("price", "Too expensive"), ("no_budget", "No budget"), ("old", "Old")]);
    assert_eq!(chosen[0].color.as_deref(), Some("#d62728"));
    // A reason of before stays, and what is new is one of the list.
    let notes = DealPatch { lost_notes: Patch::Set("Told us late".into()), ..DealPatch::default() };
    crm.admin().deals().update(deal.id, notes, None).await?;
    moved(&crm, deal.id, DealMove::to("proposal")).await?;
    for unknown in ["in our own words", "old"] {
        let refused = moved(&crm, deal.id, lost(unknown)).await;
        assert_eq!(violation(refused, "/lostReason"), "lost_reason_unknown", "{unknown}");
    }
    moved(&crm, deal.id, lost("No Budget")).await?;
    let wrong = json!([{ "label": "" }, { "label": "A", "color": "red" }, { "label": "B", "code": "a" }]);
    let at = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    let expected = [
        at("/lostReasons/0/label", "required"),
        at("/lostReasons/0/code", "required"),
        at("/lostReasons/1/color", "color_invalid"),
        at("/lostReasons/2/code", "duplicate"),
    ];
    assert_eq!(violations(set(wrong).await), expected);
    assert!(set(json!(null)).await?.lost_reasons.is_empty());
    moved(&crm, deal.id, lost("in our own words")).await?;
    Ok(())
}
