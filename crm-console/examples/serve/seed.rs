//! The data of the example: written by the users, over the last weeks.

use std::sync::Arc;

use anyhow::Result;
use chrono::{TimeDelta, Utc};
use crm_core::actor::Actor;
use crm_core::companies::SettingsPatch;
use crm_core::customers::{CustomerPatch, CustomerStatus, NewCustomer, NewCustomerLink};
use crm_core::deals::{DealMove, DealType, NewDeal};
use crm_core::ids::{CustomerId, UserId};
use crm_core::interactions::{InteractionDirection, InteractionQuery, InteractionType, NewInteraction};
use crm_core::jobs::JobOptions;
use crm_core::lead_scoring::NewLeadScoringRule;
use crm_core::leads::{LeadPatch, LeadRating, NewLead};
use crm_core::money::Money;
use crm_core::notes::{NewNote, NoteType};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::pipelines::{NewPipeline, NewPipelineStage, StageKind};
use crm_core::quotas::{Month, NewQuota, NewQuotas};
use crm_core::saved_views::{NewSavedView, ViewEntity, ViewVisibility};
use crm_core::sea_orm::DatabaseConnection;
use crm_core::tags::NewTag;
use crm_core::tasks::{ChecklistItem, NewTask, TaskCompletion, TaskPriority, TaskType};
use crm_core::{CompanyScope, Crm};
use serde_json::json;
use testkit::FixedClock;

use super::model::Rules;
use super::people::{COMPANIES, Company, PEOPLE, actor};

const FIRST: [&str; 12] =
    ["Amira", "Ben", "Chiara", "Daniel", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Liam"];
const LAST: [&str; 9] =
    ["Achterberg", "Bellini", "Çelik", "Duarte", "Eriksen", "Fournier", "Grün", "Haddad", "Ivanova"];
const FIRMS: [&str; 8] = [
    "Nordlicht Energie GmbH",
    "Harbour & Sons",
    "Bellini Ceramics",
    "Atlas Freight",
    "Kobayashi Instruments",
    "Green Acre Farms",
    "Studio Fournier",
    "Vertex Robotics",
];
const TAGS: [(&str, &str); 5] = [
    ("VIP", "#b45309"),
    ("Newsletter", "#0369a1"),
    ("Reseller", "#7c3aed"),
    ("Trade fair 2026", "#047857"),
    ("At risk", "#b91c1c"),
];
const SAID: [(&str, &str); 5] = [
    ("First call", "Wants a **quote for 200 units** by Friday.\n\n- delivery in two lots\n- payment in 30 days"),
    (
        "Visit",
        "Showed the new line. They like it, but *not the price*. Send the [catalogue](https://acme.example/catalogue).",
    ),
    ("Complaint", "Two boxes arrived damaged. Replacement is on its way; call again next week."),
    ("Budget", "Budget is decided in `Q1`. Decision makers: CFO and head of purchasing."),
    ("Contract", "The contract runs until the end of March, with three months' notice."),
];
const DEALS: [&str; 6] =
    ["200 units", "Maintenance contract", "Second site", "Spare parts for a year", "Pilot for one line", "Training"];
/// The stages that deals pass after the first one, by their codes.
const WAYS: [&[&str]; 7] = [
    &["needs_analysis", "proposal"],
    &["needs_analysis", "proposal", "negotiation", "won"],
    &[],
    &["needs_analysis", "proposal", "negotiation"],
    &["needs_analysis", "lost"],
    &["needs_analysis"],
    &["proposal", "won"],
];
/// Those who may become customers: their first and last names, and where they work.
const LEADS: [(&str, &str, &str); 9] = [
    ("Mona", "Albrecht", "Windpark Küste"),
    ("Pedro", "Costa", "Costa Shipping"),
    ("Yuki", "Tanaka", "Tanaka Optics"),
    ("Nils", "Berg", "Berg Logistics"),
    ("Sofia", "Rossi", "Rossi Design"),
    ("Tom", "Fischer", "Fischer Maschinenbau"),
    ("Leila", "Amin", "Amin Foods"),
    ("Jan", "Novak", "Novak Print"),
    ("Eva", "Lind", "Lind & Partners"),
];
/// The statuses that leads get after the first one.
const PASSED: [&[&str]; 5] =
    [&[], &["contacted"], &["contacted", "in_progress"], &["contacted", "qualified"], &["unqualified"]];
const COUNT: usize = 64;
/// The number of interactions that have a summary.
const SUMMARISED: u64 = 30;

/// Fills a database that has no customers yet.
pub async fn fill(database: &DatabaseConnection) -> Result<()> {
    let now = Utc::now();
    let clock = FixedClock::at(now - TimeDelta::days(80));
    let crm = Crm::builder().clock(clock.clone()).language_model(Arc::new(Rules)).build();
    for company in &COMPANIES {
        clock.set(now - TimeDelta::days(80));
        let mut admin = crm.on(actor(company, PEOPLE[0]), database);
        let zone = SettingsPatch { time_zone: Patch::Set("Europe/Berlin".to_owned()), ..SettingsPatch::default() };
        admin.settings().update(zone, None).await?;
        for (name, color) in TAGS {
            let tag = NewTag { name: Some(name.to_owned()), color: Some(color.to_owned()), description: None };
            admin.tags().create(tag).await?;
        }
        views(&mut admin).await?;
        pipelines(&mut admin).await?;
        let writers: Vec<Actor> = PEOPLE[..4].iter().map(|person| actor(company, *person)).collect();
        let mut firms = Vec::new();
        for number in 0..COUNT {
            let day = 78 - i64::try_from(number)? * 78 / i64::try_from(COUNT)?;
            clock.set(now - TimeDelta::days(day) - TimeDelta::minutes(i64::try_from(number * 37 % 400)?));
            let mut scope = crm.on(writers[number % 3].clone(), database);
            let id = add(&mut scope, company, number).await?;
            link(&mut scope, id, number, &mut firms).await?;
            // What happens later is told by the one who owns the customer.
            clock.set((now - TimeDelta::days(day / 2) - TimeDelta::hours(i64::try_from(number % 9)?)).min(now));
            happen(&mut scope, id, number, now).await?;
            to_do(&mut scope, id, number, now).await?;
            sell(&mut scope, &clock, id, number, now).await?;
        }
        for (place, writer) in (0..).zip(writers[..3].iter().cycle()).take(LEADS.len()) {
            let mut scope = crm.on(writer.clone(), database);
            clock.set(now - TimeDelta::days(20 - i64::try_from(place)? * 2));
            knock(&mut scope, place).await?;
        }
        clock.set(now);
        plan(&mut admin, &writers[1..3]).await?;
    }
    clock.set(now);
    summarise(&crm, database).await
}

/// Switches the language model on in the first company, and has the latest interactions summarised.
async fn summarise(crm: &Crm, database: &DatabaseConnection) -> Result<()> {
    let mut admin = crm.on(actor(&COMPANIES[0], PEOPLE[0]), database);
    let on = SettingsPatch { ai_enabled: Patch::Set(true), ai_consent: Some(true), ..SettingsPatch::default() };
    admin.settings().update(on, None).await?;
    let query = InteractionQuery { occurred_to: Some("now".parse()?), ..InteractionQuery::default() };
    let latest = admin.all_interactions().list(&query, &PageRequest::default().limit(SUMMARISED)).await?;
    for interaction in latest.data.into_iter().filter(|interaction| interaction.content.is_some()) {
        admin.ai().request(interaction.id).await?;
    }
    crm.run_due_jobs(database, &JobOptions::default()).await?;
    Ok(())
}

/// What the sellers are to sell in this month and the next five, and which leads are wanted most.
async fn plan(admin: &mut CompanyScope<'static>, sellers: &[Actor]) -> Result<()> {
    let present = Month::of(Utc::now().date_naive());
    let sellers: Vec<UserId> = sellers.iter().filter_map(Actor::user_id).collect();
    let amounts = ["40000.00 EUR", "25000.00 EUR"];
    let mut quotas = Vec::new();
    for (seller, amount) in sellers.into_iter().zip(amounts) {
        for step in 0..6 {
            quotas.push(NewQuota::of(seller, present.plus(step), amount.parse()?));
        }
    }
    admin.quotas().set(NewQuotas { quotas }).await?;
    let fair = json!({ "field": "source", "op": "eq", "value": "trade fair" });
    let hot = json!({ "any": [
        { "field": "rating", "op": "eq", "value": "hot" },
        { "field": "jobTitle", "op": "in", "value": ["CEO", "CFO"] },
    ] });
    let rules = [
        NewLeadScoringRule { decay_days: Some(60), ..NewLeadScoringRule::of("Met at a fair", &fair, 15) },
        NewLeadScoringRule::of("Decides, or is in a hurry", &hot, 20),
    ];
    for (position, rule) in (1..).zip(rules) {
        admin.lead_scoring().create_rule(NewLeadScoringRule { position: Some(position), ..rule }).await?;
    }
    Ok(())
}

/// Views that all users share.
async fn views(admin: &mut CompanyScope<'static>) -> Result<()> {
    for (name, query, sort) in [
        ("My open customers", json!({ "ownerId": "me", "status": ["prospect", "active"] }), "nextFollowUpAt"),
        ("No contact for 30 days", json!({ "lastContactBefore": "now-30d" }), "lastContactAt"),
    ] {
        let columns = ["name", "organizationName", "phone", "status", "ownerId", "lastContactAt", "nextFollowUpAt"];
        let view = NewSavedView {
            visibility: Some(ViewVisibility::Shared),
            query: query.as_object().cloned(),
            sort: Some(sort.to_owned()),
            columns: Some(columns.map(str::to_owned).into()),
            ..NewSavedView::named(ViewEntity::Customers, name)
        };
        admin.saved_views().create(view).await?;
    }
    Ok(())
}

/// The pipeline of new deals, and one for renewals.
async fn pipelines(admin: &mut CompanyScope<'static>) -> Result<()> {
    let looks = |color: &str, days, stage: NewPipelineStage| NewPipelineStage {
        color: Some(color.to_owned()),
        rotten_days: days,
        ..stage
    };
    let stages = vec![
        looks("#0369a1", Some(14), NewPipelineStage::open("Qualification", 10)),
        looks("#1d4ed8", Some(21), NewPipelineStage::open("Needs analysis", 25)),
        looks("#7c3aed", Some(21), NewPipelineStage::open("Proposal", 50)),
        looks("#b45309", Some(30), NewPipelineStage::open("Negotiation", 75)),
        looks("#047857", None, NewPipelineStage::of(StageKind::Won, "Won")),
        looks("#b91c1c", None, NewPipelineStage::of(StageKind::Lost, "Lost")),
    ];
    let description = Some("From the first talk to the contract".to_owned());
    let sales = NewPipeline { description, stages: Some(stages), ..NewPipeline::named("Sales") };
    admin.pipelines().create(sales).await?;
    admin.pipelines().create(NewPipeline { position: Some(1), ..NewPipeline::named("Renewals") }).await?;
    Ok(())
}

/// Every other customer may buy something, and some of them do.
async fn sell(
    scope: &mut CompanyScope<'static>,
    clock: &FixedClock,
    id: CustomerId,
    number: usize,
    now: chrono::DateTime<Utc>,
) -> Result<()> {
    if number.is_multiple_of(2) {
        return Ok(());
    }
    let place = number / 2;
    let step = i64::try_from(place)?;
    let way = WAYS[place % WAYS.len()];
    let code = if place % 5 == 3 { "USD" } else { "EUR" };
    let amount = Money { amount: (step * 7_919 % 90 + 4) * 50_000, currency: code.parse()? };
    let new = NewDeal {
        amount: (place % 8 != 6).then_some(amount),
        probability: (place % 9 == 4).then_some(60),
        expected_close_date: Some((now + TimeDelta::days(step * 5 % 70 - 12)).date_naive()),
        deal_type: Some(DealType::ALL[place % DealType::ALL.len()]),
        source: Some(["referral", "web_site", "trade_fair"][place % 3].to_owned()),
        next_step: Some(["Send the offer", "Call about the delivery", "Visit the plant"][place % 3].to_owned()),
        next_step_at: Some(now + TimeDelta::hours(step * 11 % 200 - 40)),
        ..NewDeal::named(DEALS[place % DEALS.len()])
    };
    clock.set(now - TimeDelta::days(40 + step % 20));
    let deal = scope.deals().create(id, new).await?;
    for (passed, stage) in (1..).zip(way) {
        clock.set(now - TimeDelta::days(38 - passed * 8) - TimeDelta::hours(step % 30));
        let lost_reason = (*stage == "lost").then(|| ["price", "timing", "competitor"][place % 3].to_owned());
        scope.deals().move_to(deal.id, DealMove { lost_reason, ..DealMove::to(*stage) }, None).await?;
    }
    Ok(())
}

/// A lead, and how far it has come.
async fn knock(scope: &mut CompanyScope<'static>, place: usize) -> Result<()> {
    let (first, last, firm) = LEADS[place];
    let step = i64::try_from(place)?;
    let new = NewLead {
        email: Some(format!("{}.{}@lead.example", first.to_lowercase(), last.to_lowercase())),
        phone: Some(format!("+49 40 {:06}", 220_000 + place * 431)),
        organization_name: Some(firm.to_owned()),
        source: Some(["referral", "website", "trade_fair"][place % 3].to_owned()),
        rating: Some(LeadRating::ALL[place % LeadRating::ALL.len()]),
        estimated_value: Some(Money { amount: (step % 5 + 1) * 400_000, currency: "EUR".parse()? }),
        owner_id: scope.actor().user_id().filter(|_| place % 4 != 3),
        ..NewLead::person(first, last)
    };
    let lead = scope.leads().create(new).await?;
    for status in PASSED[place % PASSED.len()] {
        let lost_reason = (*status == "unqualified").then(|| "no_budget".to_owned());
        let patch = LeadPatch {
            status: Patch::Set((*status).into()),
            lost_reason: lost_reason.map_or(Patch::Absent, Patch::Set),
            ..LeadPatch::default()
        };
        scope.leads().update(lead.id, patch, None).await?;
    }
    scope.lead_notes(lead.id).create(NewNote::text("Asked for the catalogue.")).await?;
    Ok(())
}

async fn add(scope: &mut CompanyScope<'static>, company: &Company, number: usize) -> Result<CustomerId> {
    let firm = FIRMS[number % FIRMS.len()];
    let status = CustomerStatus::ALL[[1, 0, 1, 2, 1, 0, 3][number % 7]];
    let base = if number % 4 == 3 {
        let name = format!("{firm} {}", ["Nord", "West", "International", "Services"][number / 4 % 4]);
        NewCustomer {
            website: Some(format!("https://www.example.com/{number}")),
            email: Some(format!("office{number}@{}", company.domain)),
            ..NewCustomer::organization(name)
        }
    } else {
        let (first, last) = (FIRST[number % FIRST.len()], LAST[number * 5 % LAST.len()]);
        NewCustomer {
            organization_name: Some(firm.to_owned()),
            job_title: Some(["Purchasing manager", "CEO", "Head of IT", "Assistant"][number % 4].to_owned()),
            email: Some(format!("{}.{number}@customer.example", first.to_lowercase())),
            ..NewCustomer::person(first, last)
        }
    };
    let new = NewCustomer {
        phone: Some(format!("+49 30 {:06}", 120_000 + number * 977)),
        address: Some(format!("{} Harbour Street", number + 1)),
        zip_code: Some(format!("{:05}", 10_115 + number)),
        city: Some(["Berlin", "Hamburg", "München", "Lisboa", "Kraków"][number % 5].to_owned()),
        country: Some("DE".to_owned()),
        source: Some(["referral", "web_site", "trade_fair"][number % 3].to_owned()),
        owner_id: scope.actor().user_id(),
        status: Some(status),
        ..base
    };
    let customer = scope.customers().create(new).await?;
    let tags: Vec<&str> =
        TAGS.iter().enumerate().filter(|(place, _)| (number + place).is_multiple_of(4)).map(|(_, tag)| tag.0).collect();
    scope.customer_tags(customer.id).add(tags).await?;
    Ok(customer.id)
}

/// Some people belong to the organizations so far, and some organizations to the first one.
async fn link(
    scope: &mut CompanyScope<'static>,
    id: CustomerId,
    number: usize,
    firms: &mut Vec<CustomerId>,
) -> Result<()> {
    let new = match firms.get(number % firms.len().max(1)).copied() {
        Some(firm) if number % 4 == 1 => {
            NewCustomerLink { is_primary: Some(true), ..NewCustomerLink::to(firm, "employee") }
        }
        Some(firm) if number % 8 == 2 => NewCustomerLink::to(firm, "decision_maker"),
        Some(_) if number % 8 == 7 => NewCustomerLink::to(firms[0], "parent"),
        _ => NewCustomerLink::default(),
    };
    if number % 4 == 3 {
        firms.push(id);
    }
    if new.label.is_some() {
        scope.links(id).create(new).await?;
    }
    Ok(())
}

/// What is to be done for some customers in the days around now; some of it is done.
async fn to_do(
    scope: &mut CompanyScope<'static>,
    id: CustomerId,
    number: usize,
    now: chrono::DateTime<Utc>,
) -> Result<()> {
    const TITLES: [&str; 4] = ["Send the offer", "Call about the delivery", "Prepare the visit", "Renew the contract"];
    if number % 4 != 1 {
        return Ok(());
    }
    let days = TimeDelta::days(i64::try_from(number % 9)? - 3);
    let steps = ["Ask for the drawings", "Calculate the price"].map(ChecklistItem::new);
    let new = NewTask {
        task_type: Some(TaskType::ALL[number % TaskType::ALL.len()]),
        priority: Some(TaskPriority::ALL[number / 4 % TaskPriority::ALL.len()]),
        checklist: number.is_multiple_of(3).then(|| steps.into()),
        ..NewTask::titled(TITLES[number / 4 % TITLES.len()]).for_customer(id)
    };
    let new = if number % 8 == 1 { new.due_on((now + days).date_naive()) } else { new.due(now + days) };
    let task = scope.tasks().create(new).await?;
    if number % 16 == 5 {
        scope.tasks().complete(task.id, TaskCompletion::with("Sent by e-mail"), None).await?;
    }
    Ok(())
}

async fn happen(
    scope: &mut CompanyScope<'static>,
    id: CustomerId,
    number: usize,
    now: chrono::DateTime<Utc>,
) -> Result<()> {
    let (title, body) = SAID[number % SAID.len()];
    let note = NewNote {
        title: Some(title.to_owned()),
        note_type: Some(NoteType::ALL[number % NoteType::ALL.len()]),
        is_pinned: Some(number.is_multiple_of(6)),
        ..NewNote::text(body)
    };
    scope.notes(id).create(note).await?;
    if number.is_multiple_of(5) {
        scope.notes(id).create(NewNote::text("Only I see this: call the assistant first.").private()).await?;
    }
    let kind =
        [InteractionType::Call, InteractionType::Email, InteractionType::Meeting, InteractionType::Video][number % 4];
    let call = NewInteraction {
        outcome: Some(["connected", "left_message", "interested"][number % 3].to_owned()),
        duration_seconds: Some(i64::try_from(number % 40)? * 60 + 120),
        direction: Some(InteractionDirection::ALL[number % 2]),
        content: Some(SAID[(number + 1) % SAID.len()].1.to_owned()),
        ..NewInteraction::of(kind, "Quote for 200 units")
    };
    scope.interactions(id).create(call).await?;
    if number % 6 == 1 {
        let at = now + TimeDelta::hours(i64::try_from(number)? * 5 - 90);
        scope.interactions(id).create(NewInteraction::of(kind, "Follow up on the quote").planned(at)).await?;
    }
    if number % 8 == 2 {
        let follow_up_at = Some(now + TimeDelta::days(i64::try_from(number % 5)?) - TimeDelta::days(2));
        let call = NewInteraction { follow_up_at, ..NewInteraction::of(InteractionType::Call, "Asked to call back") };
        scope.interactions(id).create(call).await?;
    }
    if number.is_multiple_of(3) {
        let patch =
            CustomerPatch { job_title: Patch::Set("Head of purchasing".to_owned()), ..CustomerPatch::default() };
        scope.customers().update(id, patch, None).await?;
    }
    Ok(())
}
