//! Statistics are compared with a plain evaluation of the records after random work.

mod model;
mod periods;
mod sight;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use crm_core::ids::{CustomerId, UserId};
use crm_core::interactions::{Completion, Interaction, InteractionStatus, InteractionType, NewInteraction};
use crm_core::notes::{NewNote, NotePatch, NoteVisibility};
use crm_core::patch::Patch;
use crm_core::stats::{
    ActivityKind, DashboardQuery, DateOrTime, DueReason, Interval, PerformanceGroup, PerformanceQuery, PerformanceRow,
};
use crm_core::{CompanyScope, Crm};
use sea_orm::{ConnectionTrait, Statement};
use testkit::{FixedClock, Suite, TestDatabase};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::chance::Chance;
use crate::support::TestCrm;
use model::{counted, is_contact, start, without_zeros};
use world::{Records, World};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        overall_numbers_are_what_is_there,
        a_dashboard_shows_what_is_there,
        the_performance_of_users_is_what_they_did,
        the_performance_of_months_adds_up,
        the_activity_of_each_customer_is_its_own,
    ]; own: [
        what_is_kept_of_customers_is_what_is_counted_anew,
        nothing_is_lost_where_many_write_at_once,
        what_was_there_before_is_counted_by_the_migration,
    ]);
    periods::register(suite);
    sight::register(suite);
}

/// A company after ten weeks, and what there is of it.
async fn world(database: &TestDatabase) -> anyhow::Result<(World, Records)> {
    let mut world = World::new(database, Chance::seed()).await?;
    world.live(260).await?;
    let records = world.records(&mut world.crm.admin()).await?;
    assert!(records.customers.len() > 5 && records.interactions.len() > 30, "too little happens");
    assert!(!records.notes.is_empty() && !records.tags.is_empty(), "too little happens");
    Ok((world, records))
}

async fn overall_numbers_are_what_is_there(database: TestDatabase) -> anyhow::Result<()> {
    let (world, records) = world(&database).await?;
    let Records { customers, interactions, notes, tags } = &records;
    let now = world.now();
    let overall = world.crm.admin().stats().overall().await?;
    assert_eq!(overall.as_of, now);
    let counts = &overall.customers;
    assert_eq!(counts.total, customers.len() as u64);
    assert_eq!(counts.archived, customers.iter().filter(|customer| customer.is_archived).count() as u64);
    assert_eq!(without_zeros(&counts.by_status), counted(customers.iter().map(|customer| customer.status)));
    assert_eq!(without_zeros(&counts.by_kind), counted(customers.iter().map(|customer| customer.kind)));
    let by_owner: BTreeMap<UserId, u64> = counts.by_owner.iter().map(|owner| (owner.owner.id, owner.count)).collect();
    assert_eq!(by_owner, counted(customers.iter().filter_map(|customer| customer.owner_id)));
    assert!(
        counts.by_owner.iter().all(|owner| owner
            .owner
            .display_name
            .as_deref()
            .is_some_and(|name| name.starts_with("The ")))
    );
    assert!(counts.by_owner.is_sorted_by_key(|owner| std::cmp::Reverse(owner.count)));
    assert_eq!(counts.unassigned, customers.iter().filter(|customer| customer.owner_id.is_none()).count() as u64);
    let new = [7, 30, 90].map(|days| records.new_customers(now, days));
    assert_eq!([counts.new.last7_days, counts.new.last30_days, counts.new.last90_days], new);
    let ages = customers.iter().map(|customer| match records.contacts(customer.id).last() {
        None => "never",
        Some(last) if *last >= now - TimeDelta::days(30) => "within30",
        Some(last) if *last >= now - TimeDelta::days(90) => "within90",
        Some(_) => "earlier",
    });
    let contact = counts.contact;
    let told = [
        ("never", contact.never),
        ("within30", contact.within30_days),
        ("within90", contact.within90_days),
        ("earlier", contact.earlier),
    ];
    assert_eq!(without_zeros(&told.into()), counted(ages));
    assert_eq!(overall.notes.total, notes.len() as u64);
    assert_eq!(overall.interactions.total, interactions.len() as u64);
    assert_eq!(
        without_zeros(&overall.interactions.by_type),
        counted(interactions.iter().map(|one| one.interaction_type))
    );
    assert_eq!(without_zeros(&overall.interactions.by_status), counted(interactions.iter().map(|one| one.status)));
    assert_eq!(overall.tags.total, tags.len() as u64);
    assert_eq!(overall.tags.in_use, tags.iter().filter(|tag| tag.usage_count > 0).count() as u64);
    Ok(())
}

/// How many records of each kind lie in each interval of a period, by its first day.
type Series = BTreeMap<NaiveDate, [u64; 3]>;

fn series(records: &Records, interval: Interval, zone: Tz, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Series {
    let mut series = Series::new();
    let mut add = |time: Option<DateTime<Utc>>, kind: usize| {
        if let Some(time) = time.filter(|time| from <= *time && *time < to) {
            series.entry(start(interval, zone, time)).or_default()[kind] += 1;
        }
    };
    for customer in &records.customers {
        add(Some(customer.created_at), 0);
    }
    for interaction in &records.interactions {
        add(interaction.scheduled_at, 1);
        add(interaction.completed_at, 2);
    }
    series
}

async fn a_dashboard_shows_what_is_there(database: TestDatabase) -> anyhow::Result<()> {
    let (world, records) = world(&database).await?;
    let mut scope = world.crm.admin();
    let day = |text: &str| Some(DateOrTime::Day(text.parse().expect("a day")));
    for (interval, zone, from, to) in [
        (Interval::Day, "UTC", None, None),
        (Interval::Day, "America/New_York", day("2026-03-01"), day("2026-06-30")),
        (Interval::Week, "Asia/Kathmandu", day("2026-04-08"), None),
        (Interval::Month, "Pacific/Apia", day("2026-03-20"), day("2026-07-02")),
        (Interval::Month, "Europe/Berlin", None, None),
    ] {
        let query = DashboardQuery { from, to, interval, time_zone: Some(zone.to_owned()), owner: None };
        let dashboard = scope.stats().dashboard(&query).await?;
        let zone: Tz = zone.parse().expect("a zone");
        let expected = series(&records, interval, zone, (dashboard.from, dashboard.to));
        let told = dashboard
            .series
            .iter()
            .map(|point| (point.date, [point.new_customers, point.interactions_planned, point.interactions_completed]));
        let told: Series = told.filter(|(_, counts)| *counts != [0; 3]).collect();
        assert_eq!(told, expected, "{interval} in {zone}");
        assert!(!expected.is_empty());
        let before = series(&records, Interval::Day, zone, (dashboard.previous_from, dashboard.from));
        let sum = |series: &Series, kind: usize| series.values().map(|counts| counts[kind]).sum::<u64>();
        let totals = dashboard.totals;
        for (kind, total) in
            [totals.new_customers, totals.interactions_planned, totals.interactions_completed].iter().enumerate()
        {
            assert_eq!(
                (total.current, total.previous),
                (sum(&expected, kind), sum(&before, kind)),
                "{interval} in {zone}"
            );
            assert_eq!(total.change.is_none(), total.previous == 0);
        }
    }
    what_is_due(&world, &records).await
}

async fn what_is_due(world: &World, records: &Records) -> anyhow::Result<()> {
    let (now, dashboard) = (world.now(), world.crm.admin().stats().dashboard(&DashboardQuery::default()).await?);
    let due = records.due();
    let overdue: Vec<_> = due.iter().filter(|(at, _)| *at < now).collect();
    let coming: Vec<_> = due.iter().filter(|(at, _)| *at >= now && *at < now + TimeDelta::days(7)).collect();
    assert!(!overdue.is_empty() && !coming.is_empty(), "nothing is due");
    let told = &dashboard.follow_ups;
    assert_eq!((told.overdue_count, told.coming_count), (overdue.len() as u64, coming.len() as u64));
    for (told, expected) in [(&told.overdue, overdue), (&told.coming, coming)] {
        assert_eq!(told.len(), expected.len().min(10));
        for (told, (at, interaction)) in told.iter().zip(expected) {
            let customer =
                records.customers.iter().find(|customer| customer.id == interaction.customer_id).expect("the customer");
            assert_eq!((told.due_at, told.interaction_id, &told.customer_name), (*at, interaction.id, &customer.name));
            assert_eq!((&told.subject, &told.owner), (&interaction.subject, &interaction.owner));
            let is_scheduled = interaction.status.is_open() && interaction.scheduled_at == Some(*at);
            assert!(is_scheduled || told.reason == DueReason::FollowUp);
        }
    }
    let added =
        records.customers.iter().map(|customer| (customer.created_at, ActivityKind::CustomerAdded, customer.id.0));
    let written = records.notes.iter().map(|note| (note.created_at, ActivityKind::NoteAdded, note.id.0));
    let completed = records.interactions.iter().filter(|one| is_contact(one) && one.occurred_at <= now);
    let completed = completed.map(|one| (one.occurred_at, ActivityKind::InteractionCompleted, one.id.0));
    let mut latest: Vec<_> = added.chain(written).chain(completed).collect();
    latest.sort_by_key(|(at, _, id)| std::cmp::Reverse((*at, *id)));
    latest.truncate(10);
    let told: Vec<_> = dashboard.latest_activity.iter().map(|one| (one.at, one.kind, one.id)).collect();
    assert_eq!(told, latest);
    let mut tags: Vec<_> =
        records.tags.iter().map(|tag| (std::cmp::Reverse(tag.usage_count), tag.name.clone())).collect();
    tags.sort();
    let expected: Vec<_> = tags.into_iter().filter(|(uses, _)| uses.0 > 0).map(|(uses, name)| (name, uses.0)).collect();
    let told: Vec<_> = dashboard.top_tags.iter().map(|tag| (tag.name.clone(), tag.customers)).collect();
    assert_eq!(told, expected);
    Ok(())
}

/// What a row says of these interactions, and of what was scheduled.
fn assert_row(row: &PerformanceRow, occurred: &[&Interaction], scheduled: &[&Interaction], what: &str) {
    assert_eq!(row.interactions.total, occurred.len() as u64, "{what}");
    assert_eq!(
        without_zeros(&row.interactions.by_type),
        counted(occurred.iter().map(|one| one.interaction_type)),
        "{what}"
    );
    let became = |status| scheduled.iter().filter(|one| one.status == status).count() as u64;
    let (completed, cancelled, no_show) =
        (became(InteractionStatus::Completed), became(InteractionStatus::Cancelled), became(InteractionStatus::NoShow));
    assert_eq!((row.completed, row.cancelled, row.no_show), (completed, cancelled, no_show), "{what}");
    let ended = completed + cancelled + no_show;
    assert_eq!(row.completion_rate, (ended > 0).then(|| completed as f64 / ended as f64), "{what}");
    let contacts = || occurred.iter().filter(|one| is_contact(one));
    let durations: Vec<f64> = contacts().filter_map(|one| one.duration_seconds).map(|seconds| seconds as f64).collect();
    assert_mean(row.mean_duration_seconds, &durations, what);
    let waits = contacts().filter_map(|one| Some(one.completed_at? - one.scheduled_at?));
    let waits: Vec<f64> = waits.map(|wait| wait.num_microseconds().expect("no age") as f64 / 1e6).collect();
    assert_mean(row.mean_seconds_from_planned_to_completed, &waits, what);
}

/// Of numbers that end in a half, either neighbour will do.
fn assert_mean(told: Option<i64>, numbers: &[f64], what: &str) {
    assert_eq!(told.is_some(), !numbers.is_empty(), "{what}");
    if let Some(told) = told {
        let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
        assert!((told as f64 - mean).abs() <= 0.501, "{what}: {told}, not {mean}");
    }
}

async fn the_performance_of_users_is_what_they_did(database: TestDatabase) -> anyhow::Result<()> {
    let (world, records) = world(&database).await?;
    let report = world.crm.admin().stats().performance(&PerformanceQuery::default()).await?;
    let within = |time: Option<DateTime<Utc>>| time.is_some_and(|time| report.from <= time && time < report.to);
    assert_eq!(report.to - report.from, TimeDelta::days(30));
    let mut seen = BTreeSet::new();
    for row in &report.rows {
        let owner = row.user.as_ref().map(|user| user.id);
        assert!(seen.insert(owner), "{owner:?} has two rows");
        let of = |time: fn(&Interaction) -> Option<DateTime<Utc>>| -> Vec<&Interaction> {
            let owned = records.interactions.iter().filter(|one| one.owner_id == owner);
            owned.filter(|one| within(time(one))).collect()
        };
        assert_row(row, &of(|one| Some(one.occurred_at)), &of(|one| one.scheduled_at), &format!("{owner:?}"));
        let Some(owner) = owner else {
            assert_eq!((row.customers_owned, row.customers_newly_active), (0, 0));
            continue;
        };
        assert_eq!(row.customers_owned, records.owned(owner, report.to));
        let owned = records.customers.iter().filter(|customer| customer.owner_id == Some(owner));
        let newly = owned.filter(|customer| within(records.contacts(customer.id).first().copied())).count();
        assert_eq!(row.customers_newly_active, newly as u64);
    }
    assert!(report.rows.len() >= 3);
    assert!(report.rows.last().is_none_or(|row| row.user.is_none()), "what nobody owns comes last");
    let total: u64 = report.rows.iter().map(|row| row.interactions.total).sum();
    assert_eq!(total, records.interactions.iter().filter(|one| within(Some(one.occurred_at))).count() as u64);
    Ok(())
}

async fn the_performance_of_months_adds_up(database: TestDatabase) -> anyhow::Result<()> {
    let (world, records) = world(&database).await?;
    let zone: Tz = "America/Sao_Paulo".parse().expect("a zone");
    let query = PerformanceQuery {
        group_by: PerformanceGroup::Month,
        time_zone: Some(zone.name().to_owned()),
        ..PerformanceQuery::default()
    };
    let report = world.crm.admin().stats().performance(&query).await?;
    assert_eq!(report.rows.len(), 12);
    for row in &report.rows {
        let month = row.month.expect("a month");
        let is_in = |time: Option<DateTime<Utc>>| {
            time.is_some_and(|time| time < report.to && start(Interval::Month, zone, time) == month)
        };
        let of = |time: fn(&Interaction) -> Option<DateTime<Utc>>| -> Vec<&Interaction> {
            records.interactions.iter().filter(|one| is_in(time(one))).collect()
        };
        assert_row(row, &of(|one| Some(one.occurred_at)), &of(|one| one.scheduled_at), &month.to_string());
        let owned = || records.customers.iter().filter(|customer| customer.owner_id.is_some());
        let by_then = owned().filter(|customer| start(Interval::Month, zone, customer.created_at) <= month);
        assert_eq!(row.customers_owned, by_then.count() as u64, "{month}");
        let newly = owned().filter(|customer| is_in(records.contacts(customer.id).first().copied()));
        assert_eq!(row.customers_newly_active, newly.count() as u64, "{month}");
    }
    Ok(())
}

async fn the_activity_of_each_customer_is_its_own(database: TestDatabase) -> anyhow::Result<()> {
    let (world, records) = world(&database).await?;
    let zone: Tz = "Australia/Lord_Howe".parse().expect("a zone");
    for customer in &records.customers {
        let activity = world.crm.admin().stats().activity(customer.id, Some(zone.name())).await?;
        let (all, contacts) = (records.of(customer.id), records.contacts(customer.id));
        assert_eq!(without_zeros(&activity.interactions.by_type), counted(all.map(|one| one.interaction_type)));
        assert_eq!(activity.interactions.total, records.of(customer.id).count() as u64);
        assert_eq!(activity.notes, records.notes.iter().filter(|note| note.customer_id == customer.id).count() as u64);
        assert_eq!(
            (activity.first_contact_at, activity.last_contact_at),
            (contacts.first().copied(), contacts.last().copied())
        );
        assert_eq!(activity.next_contact_at, records.next_contact(customer.id));
        let day = |time: DateTime<Utc>| time.with_timezone(&zone).date_naive();
        let days = contacts.last().map(|last| (day(world.now()) - day(*last)).num_days());
        assert_eq!(activity.days_since_last_contact, days);
        assert_eq!(activity.weeks.len(), 12);
        for week in &activity.weeks {
            let completed = contacts.iter().filter(|time| start(Interval::Week, zone, **time) == week.date).count();
            assert_eq!(week.completed, completed as u64, "{}", week.date);
        }
        assert_eq!(activity.weeks.last().map(|week| week.date), Some(start(Interval::Week, zone, world.now())));
    }
    Ok(())
}

/// What is kept of a customer: notes, interactions, completed ones; first, last and next contact.
type Kept = ([i64; 3], [Option<DateTime<Utc>>; 3]);

/// The stored statistics of customers that have any.
async fn kept(crm: &TestCrm) -> anyhow::Result<BTreeMap<Uuid, Kept>> {
    let sql = "SELECT * FROM crm_customer_stats WHERE company_id = $1 AND (notes > 0 OR interactions > 0)";
    let of_company = [crm.company.0.into()];
    let statement = Statement::from_sql_and_values(crm.db.get_database_backend(), sql, of_company);
    let rows = crm.db.query_all_raw(statement).await?;
    let kept = rows.iter().map(|row| {
        let [notes, interactions, completed] =
            ["notes", "interactions", "completed"].map(|column| row.try_get::<i64>("", column));
        let [first, last, next] = ["first_contact_at", "last_contact_at", "next_follow_up_at"]
            .map(|column| row.try_get::<Option<DateTime<Utc>>>("", column));
        Ok((row.try_get("", "customer_id")?, ([notes?, interactions?, completed?], [first?, last?, next?])))
    });
    kept.collect()
}

async fn what_is_kept_of_customers_is_what_is_counted_anew(database: TestDatabase) -> anyhow::Result<()> {
    let (world, records) = world(&database).await?;
    let before = kept(&world.crm).await?;
    for customer in &records.customers {
        let notes = records.notes.iter().filter(|note| note.customer_id == customer.id).count() as i64;
        let (all, contacts) = (records.of(customer.id).count() as i64, records.contacts(customer.id));
        let times = [contacts.first().copied(), contacts.last().copied(), records.next_contact(customer.id)];
        let expected = ([notes, all, contacts.len() as i64], times);
        assert_eq!(before.get(&customer.id.0).copied(), (notes + all > 0).then_some(expected));
    }
    let counted = world.crm.crm.recount_stats(&world.crm.db).await?;
    assert!(counted >= records.customers.len() as u64, "those in the trash as well");
    assert_eq!(kept(&world.crm).await?, before);
    Ok(())
}

async fn nothing_is_lost_where_many_write_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder().clock(FixedClock::default()));
    let customer = crm.named("Lee & Co").await?.id;
    let mut writers = JoinSet::new();
    for number in 0..6 {
        writers.spawn(write(crm.admin(), customer, number));
    }
    for written in writers.join_all().await {
        written?;
    }
    let before = kept(&crm).await?;
    assert_eq!(before.values().map(|(counts, _)| *counts).collect::<Vec<_>>(), [[6, 5, 5]]);
    crm.crm.recount_stats(&crm.db).await?;
    assert_eq!(kept(&crm).await?, before);
    Ok(())
}

/// A call that is planned and kept, and a note that is private first; the first writer takes the call back.
async fn write(mut scope: CompanyScope<'static>, customer: CustomerId, number: i64) -> crm_core::Result<()> {
    let at = FixedClock::default_time() - TimeDelta::days(20 + number);
    let call = NewInteraction::of(InteractionType::Call, "Hello").planned(at);
    let planned = NewInteraction { status: Some(InteractionStatus::Planned), ..call };
    let call = scope.interactions(customer).create(planned).await?;
    let note = scope.notes(customer).create(NewNote::text("Mine").private()).await?;
    let shared = NotePatch { visibility: Patch::Set(NoteVisibility::Shared), ..NotePatch::default() };
    scope.notes(customer).update(note.id, shared, None).await?;
    let completed = Completion { completed_at: Some(at), ..Completion::default() };
    scope.interactions(customer).complete(call.id, completed, None).await?;
    if number == 0 {
        scope.interactions(customer).delete(call.id, None).await?;
    }
    Ok(())
}

async fn what_was_there_before_is_counted_by_the_migration(database: TestDatabase) -> anyhow::Result<()> {
    let mut world = World::new(&database, Chance::seed() + 2).await?;
    world.live(120).await?;
    let before = kept(&world.crm).await?;
    assert!(before.len() > 5);
    migration::down(&database.connection, Some(1)).await?;
    migration::up(&database.connection).await?;
    assert_eq!(kept(&world.crm).await?, before);
    Ok(())
}
