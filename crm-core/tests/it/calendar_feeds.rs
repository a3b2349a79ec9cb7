//! Calendar feeds: what is in them, who may read it, and when they end.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::NewCustomer;
use crm_core::deals::NewDeal;
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::leads::NewLead;
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, TaskCompletion};
use crm_core::users::UserProfile;
use crm_core::{CompanyScope, Crm};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::jobs::{aside, number};
use crate::support::{TestCrm, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_calendar_has_what_is_the_users_own,
        a_calendar_ends_90_days_back_and_365_ahead,
        an_entry_says_when_it_is,
        a_text_starts_no_line_of_its_own,
        a_calendar_shows_what_its_user_could_read,
        a_new_address_replaces_the_old_one,
        a_calendar_ends_with_its_user_and_its_company,
        the_secret_is_stored_nowhere,
        only_users_have_calendars,
    ]; own: [a_wrong_secret_meets_no_company]);
}

/// At noon of 1 June 2026.
fn at_noon(database: &TestDatabase) -> (TestCrm, FixedClock) {
    let clock = FixedClock::default();
    let crm = Crm::builder().clock(clock.clone()).public_url("https://crm.example.com");
    (TestCrm::with(database, crm), clock)
}

fn noon(days: i64) -> DateTime<Utc> {
    FixedClock::default_time() + TimeDelta::days(days)
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

async fn secret(scope: &mut CompanyScope<'_>) -> crm_core::Result<String> {
    Ok(scope.calendar_feed().create().await?.expose())
}

async fn read(crm: &TestCrm, secret: &str) -> crm_core::Result<Option<String>> {
    crm.crm.calendar_file(&crm.db, secret).await
}

/// The titles of a calendar, with its lines joined again.
fn titles(file: &str) -> BTreeSet<String> {
    let file = file.replace("\r\n ", "");
    file.lines().filter_map(|line| line.strip_prefix("SUMMARY:")).map(str::to_owned).collect()
}

fn set<const N: usize>(titles: [&str; N]) -> BTreeSet<String> {
    titles.map(str::to_owned).into()
}

async fn a_calendar_has_what_is_the_users_own(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let task = |title: &str| NewTask { assignee_id: Patch::Set(seller), ..NewTask::titled(title).due(noon(1)) };
    scope.tasks().create(task("Mine")).await?;
    let shared = NewTask { assignee_id: Patch::Clear, collaborator_ids: Some(vec![seller]), ..task("Shared") };
    scope.tasks().create(shared).await?;
    scope.tasks().create(NewTask { due_at: None, ..task("Some day") }).await?;
    scope.tasks().create(NewTask { assignee_id: Patch::Clear, ..task("Of nobody") }).await?;
    scope.tasks().create(NewTask::titled("Of the admin").due(noon(1))).await?;
    let done = scope.tasks().create(task("Done")).await?;
    scope.tasks().complete(done.id, TaskCompletion::default(), None).await?;
    let thrown_away = scope.tasks().create(task("Thrown away")).await?;
    scope.tasks().delete(thrown_away.id, None).await?;
    let call = |title: &str| NewInteraction {
        owner_id: Patch::Set(seller),
        ..NewInteraction::of(InteractionType::Call, title).planned(noon(2))
    };
    scope.interactions(customer.id).create(call("Call")).await?;
    let others = NewInteraction { owner_id: Patch::Clear, ..call("Call of nobody") };
    scope.interactions(customer.id).create(others).await?;
    let logged = NewInteraction { scheduled_at: None, status: None, ..call("Had") };
    scope.interactions(customer.id).create(logged).await?;
    let secret = secret(&mut crm.scope(Role::SalesRep)).await?;
    let file = read(&crm, &secret).await?.expect("a calendar");
    assert_eq!(titles(&file), set(["Mine", "Shared", "Call"]));
    assert_eq!(read(&crm, &secret).await?.as_deref(), Some(&*file), "the same records make the same file");
    // What changes, changes the file.
    scope.customers().delete(customer.id, None).await?;
    assert_eq!(titles(&read(&crm, &secret).await?.expect("a calendar")), set(["Mine", "Shared"]));
    Ok(())
}

async fn a_calendar_ends_90_days_back_and_365_ahead(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let mut scope = crm.admin();
    let customer = crm.named("Lee & Co").await?;
    for (title, days) in [("too old", -91), ("old", -89), ("far", 364), ("too far", 366)] {
        scope.tasks().create(NewTask::titled(format!("{title} task")).due(noon(days))).await?;
        clock.set(noon(days - 1));
        let call = NewInteraction::of(InteractionType::Call, format!("{title} call")).planned(noon(days));
        scope.interactions(customer.id).create(call).await?;
        clock.set(noon(0));
    }
    let secret = secret(&mut scope).await?;
    let expected = set(["old task", "old call", "far task", "far call"]);
    assert_eq!(titles(&read(&crm, &secret).await?.expect("a calendar")), expected);
    Ok(())
}

async fn an_entry_says_when_it_is(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let at_a_time = scope.tasks().create(NewTask::titled("At a time").due(noon(1))).await?;
    scope.tasks().create(NewTask::titled("On a day").due_on(day("2026-12-31"))).await?;
    let visit = NewInteraction {
        duration_seconds: Some(5_400),
        location: Some("Hall 3; stand 7".to_owned()),
        ..NewInteraction::of(InteractionType::Call, "Visit").planned(noon(2))
    };
    scope.interactions(customer.id).create(visit).await?;
    let secret = secret(&mut scope).await?;
    let file = read(&crm, &secret).await?.expect("a calendar").replace("\r\n ", "");
    for line in [
        "METHOD:PUBLISH",
        "DTSTART:20260602T120000Z",
        "DTSTART;VALUE=DATE:20261231",
        "DTEND;VALUE=DATE:20270101",
        "DTSTART:20260603T120000Z",
        "DTEND:20260603T133000Z",
        "LOCATION:Hall 3\\; stand 7",
        "DTSTAMP:20260601T120000Z",
        &format!("UID:{}@crm", at_a_time.id),
        &format!("URL:https://crm.example.com/tasks/{}", at_a_time.id),
        &format!("URL:https://crm.example.com/customers/{}", customer.id),
    ] {
        assert!(file.lines().any(|found| found == line), "{line} is not in {file}");
    }
    assert_eq!(file.matches("BEGIN:VEVENT").count(), 3);
    assert_eq!(file.matches("TRANSP:TRANSPARENT").count(), 2, "a task takes no time");
    Ok(())
}

async fn a_text_starts_no_line_of_its_own(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let mut scope = crm.admin();
    let title = format!("a\\nb, c; END:VEVENT {}", "ß".repeat(100));
    scope.tasks().create(NewTask::titled(&title).due(noon(1))).await?;
    let secret = secret(&mut scope).await?;
    let file = read(&crm, &secret).await?.expect("a calendar");
    assert!(file.split("\r\n").all(|line| line.len() <= 76), "lines are folded");
    assert!(!file.replace("\r\n", "").contains(['\r', '\n']), "every line ends with both");
    let expected = format!("a\\\\nb\\, c\\; END:VEVENT {}", "ß".repeat(100));
    assert_eq!(titles(&file), set([expected.as_str()]));
    Ok(())
}

async fn a_calendar_shows_what_its_user_could_read(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let mine = crm.create(NewCustomer { owner_id: Some(seller), ..NewCustomer::organization("Mine") }).await?;
    let admin = crm.ensure_mirrored(Role::Admin).await?;
    let theirs = crm.create(NewCustomer { owner_id: Some(admin), ..NewCustomer::organization("Theirs") }).await?;
    let mut scope = crm.admin();
    let deal = scope.deals().create(mine.id, NewDeal::named("200 units")).await?;
    let task = |title: &str| NewTask { assignee_id: Patch::Set(seller), ..NewTask::titled(title).due(noon(1)) };
    scope.tasks().create(task("Of none")).await?;
    scope.tasks().create(task("Of mine").for_customer(mine.id)).await?;
    scope.tasks().create(task("Of theirs").for_customer(theirs.id)).await?;
    scope.tasks().create(task("Of a deal").for_deal(deal.id)).await?;
    let lead = scope.leads().create(NewLead::organization("Lee & Co")).await?;
    scope.tasks().create(task("Of a lead").for_customer(lead.id.0.into())).await?;
    let call = |title: &str| NewInteraction {
        owner_id: Patch::Set(seller),
        ..NewInteraction::of(InteractionType::Call, title).planned(noon(1))
    };
    scope.interactions(theirs.id).create(call("Call of theirs")).await?;
    scope.interactions(mine.id).create(call("Call of mine")).await?;
    let all = |resource| Permission::all(resource, Action::Read);
    let own = |resource| Permission::own(resource, Action::Read);
    let (tasks, calls) = (all(Resource::Tasks), all(Resource::Interactions));
    for (rights, expected) in [
        (vec![], set([])),
        (vec![tasks], set(["Of none"])),
        (vec![calls], set([])),
        (vec![tasks, calls, own(Resource::Customers)], set(["Of none", "Of mine", "Call of mine"])),
        (vec![tasks, all(Resource::Customers)], set(["Of none", "Of mine", "Of theirs"])),
        (vec![tasks, own(Resource::Customers), own(Resource::Deals)], set(["Of none", "Of mine"])),
        (vec![tasks, own(Resource::Customers), all(Resource::Deals)], set(["Of none", "Of mine", "Of a deal"])),
        (vec![tasks, all(Resource::Leads)], set(["Of none", "Of a lead"])),
    ] {
        let actor = crm.actor(Role::SalesRep).with_permissions(rights.iter().copied());
        let secret = secret(&mut crm.crm.on(actor, &crm.db)).await?;
        assert_eq!(titles(&read(&crm, &secret).await?.expect("a calendar")), expected, "{rights:?}");
    }
    Ok(())
}

async fn a_new_address_replaces_the_old_one(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let first = secret(&mut crm.admin()).await?;
    let of_another = secret(&mut crm.scope(Role::Manager)).await?;
    let second = secret(&mut crm.admin()).await?;
    assert_eq!((read(&crm, &first).await?, read(&crm, &second).await?.is_some()), (None, true));
    assert_eq!(crm.count("crm_calendar_feeds").await?, 2);
    crm.admin().calendar_feed().revoke().await?;
    crm.admin().calendar_feed().revoke().await?;
    assert_eq!((read(&crm, &second).await?, read(&crm, &of_another).await?.is_some()), (None, true));
    // Each is a write of the user that only they see.
    let events = crm.admin().events().after(None, 100).await?.events;
    let events: Vec<String> = events.into_iter().map(|(_, event)| event.event_type).collect();
    assert_eq!(events, ["created", "updated", "deleted"].map(|action| format!("crm.calendar_feed.{action}")));
    // Two at once are one after the other.
    let one = async || secret(&mut crm.admin()).await;
    let (one, two) = tokio::join!(one(), one());
    let both = [read(&crm, &one?).await?, read(&crm, &two?).await?];
    assert_eq!(both.iter().flatten().count(), 1);
    Ok(())
}

async fn a_calendar_ends_with_its_user_and_its_company(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let secret = secret(&mut crm.scope(Role::SalesRep)).await?;
    let seller = |is_active| {
        let display_name = Some("The seller".to_owned());
        UserProfile { id: crm.user(Role::SalesRep), display_name, email: None, is_active }
    };
    crm.admin().users().mirror(&seller(false)).await?;
    assert_eq!(read(&crm, &secret).await?, None);
    crm.admin().users().mirror(&seller(true)).await?;
    assert!(read(&crm, &secret).await?.is_some());
    crm.crm.companies(&crm.db).suspend(crm.company).await?;
    assert_eq!(read(&crm, &secret).await?, None);
    crm.crm.companies(&crm.db).reactivate(crm.company).await?;
    assert!(read(&crm, &secret).await?.is_some());
    let delete = Query::delete()
        .from_table("crm_users")
        .and_where(Expr::col("company_id").eq(crm.company.0))
        .and_where(Expr::col("id").eq(crm.user(Role::SalesRep).0))
        .to_owned();
    crm.db.execute(&delete).await?;
    assert_eq!((read(&crm, &secret).await?, crm.count("crm_calendar_feeds").await?), (None, 0));
    Ok(())
}

async fn the_secret_is_stored_nowhere(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let made = crm.admin().calendar_feed().create().await?;
    let secret = made.expose();
    assert!(!format!("{made:?}").contains(&secret));
    // The first part is the company.
    let random = &secret[24..];
    for table in ["crm_calendar_feeds", "crm_changes", "crm_audit", "crm_outbox"] {
        let rows = crm.dump(table).await?;
        assert!(!rows.is_empty() && !rows.contains(random), "{table}: {rows}");
    }
    Ok(())
}

async fn only_users_have_calendars(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let mut system = crm.crm.on(Actor::system(crm.company), &crm.db);
    assert_eq!(violation(system.calendar_feed().create().await, ""), "user_required");
    Ok(())
}

async fn a_wrong_secret_meets_no_company(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let secret = secret(&mut crm.admin()).await?;
    let other = crm.other_company();
    let foreign = self::secret(&mut other.admin()).await?;
    let aside = &aside(&database).await?;
    let companies = async || number(aside, "SELECT count(*) FROM crm_companies").await;
    let before = companies().await?;
    // The company of one, with the random part of the other, and what is no secret at all.
    let mixed = format!("{}{}", &secret[..20], &foreign[20..]);
    let unknown = "A".repeat(64);
    for wrong in ["", "a", &mixed, &unknown, &secret[1..], &secret.to_lowercase()] {
        assert_eq!(read(&crm, wrong).await?, None, "{wrong}");
    }
    assert_eq!(companies().await?, before, "nothing is written for it");
    Ok(())
}
