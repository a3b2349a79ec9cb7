//! Notifications: who is told of what, who sees it, how often it is counted, and how many are kept.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::NewCustomer;
use crm_core::deals::{DealMove, NewDeal};
use crm_core::ids::UserId;
use crm_core::interactions::{InteractionPatch, InteractionType, NewInteraction};
use crm_core::notes::{NewNote, NotePatch, NoteVisibility};
use crm_core::notifications::{Notification, NotificationKind, NotificationQuery, NotifiedRecord};
use crm_core::page::{Count, PageRequest};
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, TaskPatch, TaskStatus};
use crm_core::users::UserProfile;
use crm_core::{CompanyScope, Crm, Error};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use testkit::{FixedClock, Suite, TestDatabase};
use uuid::Uuid;

use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        an_assignee_is_told_and_nobody_of_their_own_work,
        an_owner_is_told_of_what_is_planned_and_of_deals,
        a_deal_that_moves_tells_its_owner,
        texts_mention_users,
        nobody_is_mentioned_where_they_may_not_look,
        what_happens_again_is_counted_until_it_is_read,
        one_sees_what_one_may_see,
        they_are_the_users_own,
        reading_marks_one_or_all,
        a_client_learns_of_them_by_an_event,
        what_is_rolled_back_tells_nobody,
    ]; own: [users_keep_their_last]);
}

async fn told_to(scope: &mut CompanyScope<'_>) -> crm_core::Result<Vec<Notification>> {
    let request = PageRequest::default().limit(100).count(Count::Exact);
    let page = scope.notifications().list(&NotificationQuery::default(), &request).await?;
    assert_eq!(page.total, Some(page.data.len() as u64));
    Ok(page.data)
}

async fn told(crm: &TestCrm, role: Role) -> crm_core::Result<Vec<Notification>> {
    told_to(&mut crm.scope(role)).await
}

/// What a user is told of: kinds and records.
async fn kinds(crm: &TestCrm, role: Role) -> crm_core::Result<Vec<(NotificationKind, Uuid)>> {
    let told = told(crm, role).await?;
    Ok(told.into_iter().map(|notification| (notification.kind, notification.record_id)).collect())
}

fn assigned(user: UserId) -> NewTask {
    NewTask { assignee_id: Patch::Set(user), ..NewTask::titled("Send the offer") }
}

fn mention(user: UserId) -> String {
    format!("@[The seller](user:{user})")
}

async fn an_assignee_is_told_and_nobody_of_their_own_work(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (seller, support) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Support).await?);
    let mut scope = crm.admin();
    let task = scope.tasks().create(assigned(seller)).await?;
    let first = told(&crm, Role::SalesRep).await?;
    assert_eq!(first.len(), 1);
    let Notification { kind, record_kind, record_id, title, actor, count, read_at, .. } = first[0].clone();
    assert_eq!((kind, record_kind, record_id), (NotificationKind::Assigned, NotifiedRecord::Task, task.id.0));
    assert_eq!((title.as_deref(), count, read_at), (Some("Send the offer"), 1, None));
    assert_eq!(actor.and_then(|actor| actor.display_name).as_deref(), Some("The admin"));
    // Their own work, another field, what is done already, and nobody's.
    scope.tasks().create(NewTask::titled("Mine")).await?;
    let title = TaskPatch { title: Patch::Set("Send two".to_owned()), ..TaskPatch::default() };
    scope.tasks().update(task.id, title, None).await?;
    let done = NewTask { status: Some(TaskStatus::Completed), ..assigned(seller) };
    scope.tasks().create(done).await?;
    scope.tasks().create(NewTask { assignee_id: Patch::Clear, ..NewTask::titled("Of nobody") }).await?;
    assert_eq!((told(&crm, Role::Admin).await?, told(&crm, Role::SalesRep).await?.len()), (vec![], 1));
    assert_eq!(told(&crm, Role::SalesRep).await?[0].title.as_deref(), Some("Send two"), "it is read with the record");
    let other = TaskPatch { assignee_id: Patch::Set(support), ..TaskPatch::default() };
    scope.tasks().update(task.id, other, None).await?;
    assert_eq!(kinds(&crm, Role::Support).await?, [(NotificationKind::Assigned, task.id.0)]);
    let own = crm.scope(Role::Support).tasks().create(assigned(support)).await?;
    assert!(!kinds(&crm, Role::Support).await?.contains(&(NotificationKind::Assigned, own.id.0)));
    Ok(())
}

async fn an_owner_is_told_of_what_is_planned_and_of_deals(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let planned = NewInteraction::of(InteractionType::Call, "Call").planned(Utc::now());
    let planned = NewInteraction { owner_id: Patch::Set(seller), ..planned };
    let call = scope.interactions(customer.id).create(planned.clone()).await?;
    let logged = NewInteraction { scheduled_at: None, ..planned };
    let logged = NewInteraction { status: None, ..logged };
    scope.interactions(customer.id).create(logged).await?;
    let deal = NewDeal { owner_id: Patch::Set(seller), ..NewDeal::named("200 units") };
    let deal = scope.deals().create(customer.id, deal).await?;
    let mut found = kinds(&crm, Role::SalesRep).await?;
    found.sort_unstable_by_key(|(_, id)| *id);
    let mut expected = [(NotificationKind::Assigned, call.id.0), (NotificationKind::Assigned, deal.id.0)];
    expected.sort_unstable_by_key(|(_, id)| *id);
    assert_eq!(found, expected);
    let told = told(&crm, Role::SalesRep).await?;
    assert!(told.iter().all(|notification| notification.customer_id == Some(customer.id)));
    let mut titles: Vec<_> = told.iter().filter_map(|notification| notification.title.as_deref()).collect();
    titles.sort_unstable();
    assert_eq!(titles, ["200 units", "Call"]);
    Ok(())
}

async fn a_deal_that_moves_tells_its_owner(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let deal = crm.scope(Role::SalesRep).deals().create(customer.id, NewDeal::named("200 units")).await?;
    let mut manager = crm.scope(Role::Manager);
    for stage in ["proposal", "negotiation"] {
        manager.deals().move_to(deal.id, DealMove::to(stage), None).await?;
    }
    let told_of = told(&crm, Role::SalesRep).await?;
    assert_eq!(told_of.len(), 1);
    assert_eq!((told_of[0].kind, told_of[0].count), (NotificationKind::StageChanged, 2));
    crm.scope(Role::SalesRep).deals().move_to(deal.id, DealMove::to("closed_won"), None).await?;
    assert_eq!(told(&crm, Role::SalesRep).await?[0].count, 2, "one's own move is no news");
    Ok(())
}

async fn texts_mention_users(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (seller, support) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Support).await?);
    let gone = UserId(Uuid::new_v4());
    let profile = UserProfile { id: gone, display_name: None, email: None, is_active: false };
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    scope.users().mirror(&profile).await?;
    let myself = mention(crm.user(Role::Admin));
    let text = format!("{} and {myself}, {} {}", mention(seller), mention(gone), mention(UserId(Uuid::new_v4())));
    let note = scope.notes(customer.id).create(NewNote::text(&text)).await?;
    assert_eq!(kinds(&crm, Role::SalesRep).await?, [(NotificationKind::Mentioned, note.id.0)]);
    assert_eq!(crm.count("crm_notifications").await?, 1, "nobody else");
    // A change tells those that it adds.
    let more = NotePatch { body: Patch::Set(format!("{text} {}", mention(support))), ..NotePatch::default() };
    scope.notes(customer.id).update(note.id, more, None).await?;
    assert_eq!(kinds(&crm, Role::Support).await?, [(NotificationKind::Mentioned, note.id.0)]);
    assert_eq!(told(&crm, Role::SalesRep).await?[0].count, 1);
    let told_them =
        NewInteraction { content: Some(mention(seller)), ..NewInteraction::of(InteractionType::Call, "Call") };
    let call = scope.interactions(customer.id).create(told_them).await?;
    let content = InteractionPatch { content: Patch::Set(mention(support)), ..InteractionPatch::default() };
    scope.all_interactions().update(call.id, content, None).await?;
    assert!(kinds(&crm, Role::SalesRep).await?.contains(&(NotificationKind::Mentioned, call.id.0)));
    assert!(kinds(&crm, Role::Support).await?.contains(&(NotificationKind::Mentioned, call.id.0)));
    Ok(())
}

async fn nobody_is_mentioned_where_they_may_not_look(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let private = scope.notes(customer.id).create(NewNote::text(mention(seller)).private()).await?;
    assert_eq!(crm.count("crm_notifications").await?, 0);
    let share = NotePatch { visibility: Patch::Set(NoteVisibility::Shared), ..NotePatch::default() };
    scope.notes(customer.id).update(private.id, share, None).await?;
    assert_eq!(kinds(&crm, Role::SalesRep).await?, [(NotificationKind::Mentioned, private.id.0)]);
    // When it is hidden again, so is what told of it.
    let hide = NotePatch { visibility: Patch::Set(NoteVisibility::Private), ..NotePatch::default() };
    scope.notes(customer.id).update(private.id, hide, None).await?;
    assert_eq!(told(&crm, Role::SalesRep).await?, []);
    assert_eq!(crm.scope(Role::SalesRep).notifications().unread_count().await?, 0);
    Ok(())
}

async fn what_happens_again_is_counted_until_it_is_read(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let customer = crm.named("Lee & Co").await?;
    let deal = crm.scope(Role::SalesRep).deals().create(customer.id, NewDeal::named("200 units")).await?;
    let mut seller = crm.scope(Role::SalesRep);
    for (stage, expected) in [("proposal", vec![1]), ("negotiation", vec![2]), ("qualification", vec![1, 2])] {
        clock.advance(Duration::from_secs(60));
        crm.scope(Role::Manager).deals().move_to(deal.id, DealMove::to(stage), None).await?;
        let told = told_to(&mut seller).await?;
        assert_eq!(told.iter().map(|notification| notification.count).collect::<Vec<_>>(), expected, "{stage}");
        assert_eq!(told[0].created_at, crm_core::clock::Clock::now(&clock), "the newest comes first");
        if stage == "negotiation" {
            seller.notifications().read(told[0].id).await?;
        }
    }
    Ok(())
}

async fn one_sees_what_one_may_see(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let mine = crm.create(NewCustomer { owner_id: Some(seller), ..NewCustomer::organization("Mine") }).await?;
    let admin = crm.ensure_mirrored(Role::Admin).await?;
    let theirs = crm.create(NewCustomer { owner_id: Some(admin), ..NewCustomer::organization("Theirs") }).await?;
    let mut scope = crm.admin();
    let of_mine = scope.tasks().create(assigned(seller).for_customer(mine.id)).await?.id.0;
    let of_theirs = scope.tasks().create(assigned(seller).for_customer(theirs.id)).await?.id.0;
    let of_none = scope.tasks().create(assigned(seller)).await?;
    let sees = async |rights: Vec<Permission>| -> crm_core::Result<Vec<Uuid>> {
        let mut scope = crm.crm.on(crm.actor(Role::SalesRep).with_permissions(rights), &crm.db);
        let unread = scope.notifications().unread_count().await?;
        let mut seen: Vec<Uuid> = told_to(&mut scope).await?.iter().map(|one| one.record_id).collect();
        assert_eq!(unread, seen.len() as u64, "what is not seen is not counted");
        seen.sort_unstable();
        Ok(seen)
    };
    let sorted = |mut ids: Vec<Uuid>| {
        ids.sort_unstable();
        ids
    };
    let tasks = Permission::all(Resource::Tasks, Action::Read);
    let all = Permission::all(Resource::Customers, Action::Read);
    let own = Permission::own(Resource::Customers, Action::Read);
    assert_eq!(sees(vec![tasks, all]).await?, sorted(vec![of_mine, of_theirs, of_none.id.0]));
    assert_eq!(sees(vec![tasks, own]).await?, sorted(vec![of_mine, of_none.id.0]));
    assert_eq!(sees(vec![tasks]).await?, [of_none.id.0]);
    assert!(sees(vec![own]).await?.is_empty());
    scope.tasks().delete(of_none.id, None).await?;
    assert!(sees(vec![tasks]).await?.is_empty(), "what is in the trash is no news");
    scope.tasks().restore(of_none.id).await?;
    assert_eq!(sees(vec![tasks]).await?, [of_none.id.0]);
    scope.customers().purge(mine.id, None).await?;
    assert_eq!(sees(vec![tasks, all]).await?, sorted(vec![of_theirs, of_none.id.0]));
    Ok(())
}

async fn they_are_the_users_own(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    crm.admin().tasks().create(assigned(seller)).await?;
    let id = told(&crm, Role::SalesRep).await?[0].id;
    for role in [Role::Admin, Role::Manager, Role::Viewer] {
        assert_eq!(told(&crm, role).await?, []);
        assert_matches!(crm.scope(role).notifications().read(id).await, Err(Error::NotFound { .. }));
    }
    // Another program with the same id is no user.
    let mut service = crm.crm.on(Actor::service(crm.company, seller, Role::Admin), &crm.db);
    assert_eq!(told_to(&mut service).await?, []);
    service.notifications().read_all().await?;
    let there = crm.other_company();
    let mut elsewhere = there.crm.on(Actor::user(there.company, seller, Role::Admin), &there.db);
    assert_eq!(told_to(&mut elsewhere).await?, []);
    assert_matches!(elsewhere.notifications().read(id).await, Err(Error::NotFound { .. }));
    elsewhere.notifications().read_all().await?;
    assert_eq!(crm.scope(Role::SalesRep).notifications().unread_count().await?, 1);
    Ok(())
}

async fn reading_marks_one_or_all(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    for _ in 0..3 {
        clock.advance(Duration::from_secs(1));
        crm.admin().tasks().create(assigned(seller)).await?;
    }
    let mut scope = crm.scope(Role::SalesRep);
    let newest = told_to(&mut scope).await?[0].clone();
    let records = crm.records().await?;
    let read = scope.notifications().read(newest.id).await?;
    assert!(read.read_at.is_some());
    clock.advance(Duration::from_secs(60));
    assert_eq!(scope.notifications().read(newest.id).await?, read, "it keeps its time");
    let of = async |unread: bool| -> crm_core::Result<usize> {
        let query = NotificationQuery { unread: Some(unread) };
        let mut scope = crm.scope(Role::SalesRep);
        Ok(scope.notifications().list(&query, &PageRequest::default()).await?.data.len())
    };
    assert_eq!((of(true).await?, of(false).await?, scope.notifications().unread_count().await?), (2, 1, 2));
    scope.notifications().read_all().await?;
    assert_eq!((of(true).await?, of(false).await?, scope.notifications().unread_count().await?), (0, 3, 0));
    assert_eq!(told_to(&mut scope).await?[0], read);
    assert_eq!(crm.records().await?, records, "to read is no write of a record");
    Ok(())
}

async fn a_client_learns_of_them_by_an_event(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let task = crm.admin().tasks().create(assigned(seller)).await?;
    let events = async |role: Role| -> crm_core::Result<Vec<(String, Uuid)>> {
        let feed = crm.scope(role).events().after(None, 100).await?;
        let events = feed.events.into_iter().map(|(_, event)| (event.event_type, event.subject));
        Ok(events.filter(|(name, _)| name.starts_with("crm.notification.")).collect())
    };
    assert_eq!(events(Role::SalesRep).await?, [("crm.notification.created".to_owned(), task.id.0)]);
    assert_eq!(events(Role::Admin).await?, []);
    Ok(())
}

async fn what_is_rolled_back_tells_nobody(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let mut scope = crm.admin();
    let mut tx = scope.begin().await?;
    tx.scope().tasks().create(assigned(seller)).await?;
    drop(tx);
    assert_eq!(told(&crm, Role::SalesRep).await?, []);
    let mut tx = scope.begin().await?;
    tx.scope().tasks().create(assigned(seller)).await?;
    tx.scope().tasks().create(assigned(seller)).await?;
    tx.commit().await?;
    assert_eq!(told(&crm, Role::SalesRep).await?.len(), 2);
    Ok(())
}

/// Rows as they are written, one for each second.
async fn add_many(crm: &TestCrm, user: UserId, count: i64) -> anyhow::Result<()> {
    let columns = [
        "company_id",
        "id",
        "user_id",
        "kind",
        "record_kind",
        "record_id",
        "count",
        "group_key",
        "created_at",
        "actor_kind",
    ];
    let mut insert = Query::insert().into_table("crm_notifications").columns(columns).to_owned();
    for number in 0..count {
        let id = Uuid::now_v7();
        let at = FixedClock::default_time() + TimeDelta::seconds(number);
        insert.values_panic([
            Expr::val(crm.company.0),
            Expr::val(id),
            Expr::val(user.0),
            Expr::val("assigned"),
            Expr::val("task"),
            Expr::val(id),
            Expr::val(1_i64),
            Expr::val(id.to_string()),
            Expr::val(at),
            Expr::val("system"),
        ]);
    }
    crm.db.execute(&insert).await?;
    Ok(())
}

async fn users_keep_their_last(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let there = crm.other_company();
    for crm in [&crm, &there] {
        let (seller, support) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Support).await?);
        add_many(crm, seller, 503).await?;
        add_many(crm, support, 500).await?;
    }
    assert_eq!(crm.crm.delete_old_notifications(&crm.db).await?, 6);
    assert_eq!(crm.crm.delete_old_notifications(&crm.db).await?, 0);
    for crm in [&crm, &there] {
        assert_eq!(crm.count("crm_notifications").await?, 1_000);
        let oldest = Query::select()
            .expr_as(Expr::col("created_at").min(), "oldest")
            .from("crm_notifications")
            .and_where(Expr::col("company_id").eq(crm.company.0))
            .and_where(Expr::col("user_id").eq(crm.user(Role::SalesRep).0))
            .to_owned();
        let row = crm.db.query_one(&oldest).await?.expect("a row");
        let oldest: DateTime<Utc> = row.try_get("", "oldest")?;
        assert_eq!(oldest, FixedClock::default_time() + TimeDelta::seconds(3));
    }
    Ok(())
}
