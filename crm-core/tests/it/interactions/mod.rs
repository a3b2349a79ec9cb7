//! The rules of interactions: defaults, allowed changes of the status, participants, and visibility to all users.

mod completion;
mod lists;
mod people;

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::actor::Role;
use crm_core::customers::Customer;
use crm_core::interactions::{
    Completion, FollowUp, Interaction, InteractionPatch, InteractionQuery, InteractionStatus, InteractionType,
    NewInteraction,
};
use crm_core::page::{Count, PageRequest};
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Conflict, Crm, Error};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        what_is_not_said_is_settled,
        what_is_closed_stays_so,
        what_is_closed_can_be_put_right,
        its_place_in_time_is_the_best_known,
        a_time_is_kept_to_the_microsecond,
        only_what_is_completed_has_an_end,
        an_interaction_belongs_to_its_customer,
        interactions_follow_their_customer_to_the_trash_and_back,
        interactions_are_gone_with_a_purged_customer,
        nothing_stays_behind_when_a_customer_is_deleted_meanwhile,
        interactions_leave_their_customer_as_it_was,
        events_tell_the_customer,
    ]);
    completion::register(suite);
    lists::register(suite);
    people::register(suite);
}

/// A planned call, that should have begun an hour ago.
fn planned() -> NewInteraction {
    NewInteraction::of(InteractionType::Call, "Quote").planned(FixedClock::default_time() - TimeDelta::hours(1))
}

fn status(status: InteractionStatus) -> InteractionPatch {
    InteractionPatch { status: Patch::Set(status), ..InteractionPatch::default() }
}

fn subject(subject: &str) -> InteractionPatch {
    InteractionPatch { subject: Patch::Set(subject.to_owned()), ..InteractionPatch::default() }
}

async fn all(scope: &mut CompanyScope<'_>, customer: &Customer) -> crm_core::Result<Vec<Interaction>> {
    let request = PageRequest::default().limit(100).count(Count::Exact);
    let page = scope.interactions(customer.id).list(&InteractionQuery::default(), &request).await?;
    assert_eq!(page.total, Some(page.data.len() as u64));
    Ok(page.data)
}

/// At noon of 1 June 2026, unless the test moves the clock.
fn at_noon(database: &TestDatabase) -> (TestCrm, FixedClock) {
    let clock = FixedClock::default();
    (TestCrm::with(database, Crm::builder().clock(clock.clone())), clock)
}

fn noon(minutes: i64) -> DateTime<Utc> {
    FixedClock::default_time() + TimeDelta::minutes(minutes)
}

async fn what_is_not_said_is_settled(database: TestDatabase) -> anyhow::Result<()> {
    use InteractionStatus::{Completed, InProgress, Planned};
    let (crm, _) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let new = |scheduled_at: Option<i64>, started_at: Option<i64>, completed_at: Option<i64>| NewInteraction {
        scheduled_at: scheduled_at.map(noon),
        started_at: started_at.map(noon),
        completed_at: completed_at.map(noon),
        ..NewInteraction::default()
    };
    let long = |new| NewInteraction { duration_seconds: Some(600), ..new };
    let stands = |status, new| NewInteraction { status: Some(status), ..new };
    for (new, status, completed_at) in [
        // Logged: it was just now, or when it is said to have been.
        (new(None, None, None), Completed, Some(0)),
        (new(Some(-60), None, None), Completed, Some(-60)),
        (long(new(Some(-60), None, None)), Completed, Some(-50)),
        (long(new(Some(-60), Some(-40), None)), Completed, Some(-30)),
        (long(new(None, Some(-5), None)), Completed, Some(0)),
        (long(new(Some(60), Some(-40), Some(-7))), Completed, Some(-7)),
        // Planned: it is to come.
        (new(Some(60), None, None), Planned, None),
        (new(Some(-60), Some(1), None), Planned, None),
        // What is said holds.
        (stands(Planned, new(Some(-60), None, None)), Planned, None),
        (stands(InProgress, new(Some(60), None, None)), InProgress, None),
        (stands(Completed, new(Some(60), None, None)), Completed, Some(0)),
    ] {
        let told = format!("{new:?}");
        let made = scope.interactions(customer.id).create(new).await?;
        assert_eq!((made.status, made.completed_at), (status, completed_at.map(noon)), "{told}");
        assert_eq!(made.interaction_type, InteractionType::Other);
        assert_eq!(scope.interactions(customer.id).get(made.id).await?, made);
    }
    Ok(())
}

async fn what_is_closed_stays_so(database: TestDatabase) -> anyhow::Result<()> {
    use InteractionStatus::{Cancelled, Completed, InProgress, NoShow, Planned};
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let mut interactions = scope.interactions(customer.id);
    // As agreed, from the first to the second.
    let makes_sense = [
        (Planned, InProgress),
        (Planned, Completed),
        (Planned, Cancelled),
        (Planned, NoShow),
        (InProgress, Planned),
        (InProgress, Completed),
        (InProgress, Cancelled),
        (InProgress, NoShow),
    ];
    for from in InteractionStatus::ALL.iter().copied() {
        for to in InteractionStatus::ALL.iter().copied() {
            let new = || NewInteraction { status: Some(from), ..NewInteraction::of(InteractionType::Call, "x") };
            let before = interactions.create(new()).await?;
            let expected = from == to || makes_sense.contains(&(from, to));
            for replaces in [false, true] {
                let answer = if replaces {
                    interactions.replace(before.id, NewInteraction { status: Some(to), ..new() }, None).await
                } else {
                    interactions.update(before.id, status(to), None).await
                };
                match answer {
                    Ok(after) => {
                        assert!(expected, "{from} became {to}");
                        assert_eq!((after.status, after.completed_at.is_some()), (to, to == Completed));
                    }
                    Err(Error::Conflict(Conflict::InteractionClosed)) => {
                        assert!(!expected, "{from} cannot become {to}")
                    }
                    Err(other) => panic!("{from} to {to}: {other:?}"),
                }
            }
            if !expected {
                assert_eq!(interactions.get(before.id).await?, before);
            }
        }
    }
    Ok(())
}

async fn what_is_closed_can_be_put_right(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let mut interactions = scope.interactions(customer.id);
    let made = interactions.create(planned()).await?;
    clock.advance(std::time::Duration::from_secs(60));
    let done = interactions.update(made.id, status(InteractionStatus::Completed), None).await?;
    assert_eq!(done.completed_at, Some(noon(1)), "it was completed now");
    clock.advance(std::time::Duration::from_secs(60));
    let again = interactions.update(made.id, status(InteractionStatus::Completed), None).await?;
    assert_eq!(again, done, "what is completed already is not completed again");
    let cleared = InteractionPatch { completed_at: Patch::Clear, status: Patch::Clear, ..subject("Offer") };
    let right = interactions.update(made.id, cleared, None).await?;
    assert_eq!((right.subject.as_deref(), right.completed_at), (Some("Offer"), Some(noon(1))));
    let earlier = InteractionPatch { completed_at: Patch::Set(noon(-30)), ..InteractionPatch::default() };
    let right = interactions.update(made.id, earlier, None).await?;
    assert_eq!((right.completed_at, right.occurred_at), (Some(noon(-30)), noon(-30)));
    Ok(())
}

async fn its_place_in_time_is_the_best_known(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let mut interactions = scope.interactions(customer.id);
    let new = NewInteraction { status: Some(InteractionStatus::Planned), ..NewInteraction::default() };
    let made = interactions.create(new).await?;
    assert_eq!(made.occurred_at, made.created_at);
    let steps: [(i64, fn(&mut InteractionPatch) -> &mut Patch<DateTime<Utc>>); 3] =
        [(60, |p| &mut p.scheduled_at), (70, |p| &mut p.started_at), (90, |p| &mut p.completed_at)];
    for (minutes, field) in steps {
        clock.set(noon(minutes - 1));
        let mut patch = if minutes == 90 { status(InteractionStatus::Completed) } else { InteractionPatch::default() };
        *field(&mut patch) = Patch::Set(noon(minutes));
        let after = interactions.update(made.id, patch, None).await?;
        assert_eq!(after.occurred_at, noon(minutes));
        assert_eq!(interactions.get(made.id).await?, after);
    }
    Ok(())
}

async fn a_time_is_kept_to_the_microsecond(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let fine = noon(0) + TimeDelta::nanoseconds(123_456_789);
    let new =
        NewInteraction { started_at: Some(fine), completed_at: Some(fine), follow_up_at: Some(fine), ..planned() };
    let new = NewInteraction { scheduled_at: Some(fine), status: None, ..new };
    let made = scope.interactions(customer.id).create(new.clone()).await?;
    assert_eq!(made.completed_at, Some(noon(0) + TimeDelta::microseconds(123_456)));
    assert_eq!(scope.interactions(customer.id).get(made.id).await?, made);
    let same = scope.interactions(customer.id).replace(made.id, new, None).await?;
    assert_eq!(same, made, "what is said again changes nothing");
    Ok(())
}

async fn only_what_is_completed_has_an_end(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let mut interactions = scope.interactions(customer.id);
    let made = interactions.create(planned()).await?;
    let end = |minutes| InteractionPatch { completed_at: Patch::Set(noon(minutes)), ..InteractionPatch::default() };
    assert_eq!(violation(interactions.update(made.id, end(0), None).await, "/completedAt"), "not_completed");
    let begun = InteractionPatch { started_at: Patch::Set(noon(0)), ..status(InteractionStatus::Completed) };
    let early = InteractionPatch { completed_at: Patch::Set(noon(-1)), ..begun.clone() };
    assert_eq!(violation(interactions.update(made.id, early, None).await, "/completedAt"), "before_start");
    let at_once = InteractionPatch { completed_at: Patch::Set(noon(0)), ..begun };
    interactions.update(made.id, at_once, None).await?;
    assert_eq!(violation(interactions.update(made.id, end(-1), None).await, "/completedAt"), "before_start");
    Ok(())
}

async fn an_interaction_belongs_to_its_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (customer, other) = (crm.named("Lee & Co").await?, crm.named("Other").await?);
    let mut scope = crm.admin();
    let made = scope.interactions(customer.id).create(planned()).await?;
    let mut elsewhere = scope.interactions(other.id);
    assert_matches!(elsewhere.get(made.id).await, Err(Error::NotFound { .. }));
    assert_matches!(elsewhere.update(made.id, subject("x"), None).await, Err(Error::NotFound { .. }));
    assert_matches!(elsewhere.complete(made.id, Completion::default(), None).await, Err(Error::NotFound { .. }));
    assert_matches!(elsewhere.delete(made.id, None).await, Err(Error::NotFound { .. }));
    assert_eq!(all(&mut scope, &other).await?, []);
    let nobody = crm_core::ids::CustomerId(uuid::Uuid::now_v7());
    assert_matches!(scope.interactions(nobody).create(planned()).await, Err(Error::NotFound { .. }));
    let listed = scope.interactions(nobody).list(&InteractionQuery::default(), &PageRequest::default()).await;
    assert_matches!(listed, Err(Error::NotFound { .. }));
    Ok(())
}

async fn interactions_follow_their_customer_to_the_trash_and_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let kept = scope.interactions(customer.id).create(planned()).await?;
    let thrown = scope.interactions(customer.id).create(planned()).await?;
    scope.interactions(customer.id).delete(thrown.id, None).await?;
    scope.customers().delete(customer.id, None).await?;
    for trashed in [false, true] {
        let query = InteractionQuery { trashed, ..InteractionQuery::default() };
        let everywhere = scope.all_interactions().list(&query, &PageRequest::default()).await?;
        assert_eq!(everywhere.data, [], "the trash: {trashed}");
        let listed = scope.interactions(customer.id).list(&query, &PageRequest::default()).await;
        assert_matches!(listed, Err(Error::NotFound { .. }));
    }
    let mut interactions = scope.interactions(customer.id);
    assert_matches!(interactions.get(kept.id).await, Err(Error::NotFound { .. }));
    assert_matches!(interactions.create(planned()).await, Err(Error::NotFound { .. }));
    assert_matches!(interactions.update(kept.id, subject("x"), None).await, Err(Error::NotFound { .. }));
    assert_matches!(interactions.restore(kept.id).await, Err(Error::NotFound { .. }));
    scope.customers().restore(customer.id).await?;
    assert_eq!(all(&mut scope, &customer).await?, [kept]);
    scope.interactions(customer.id).restore(thrown.id).await?;
    let again = scope.interactions(customer.id).restore(thrown.id).await;
    assert_matches!(again, Err(Error::Conflict(Conflict::NotInTrash)));
    Ok(())
}

async fn interactions_are_gone_with_a_purged_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let new = NewInteraction { content: Some("Canary in a mine".into()), ..planned() };
    let made = scope.interactions(customer.id).create(new).await?;
    scope.interactions(customer.id).update(made.id, subject("Canary, again"), None).await?;
    // One refers to the other.
    let said = Completion { follow_up: Some(FollowUp::at(noon(60))), ..Completion::default() };
    scope.interactions(customer.id).complete(made.id, said, None).await?;
    scope.customers().purge(customer.id, None).await?;
    assert_eq!(crm.count("crm_customer_interactions").await?, 0);
    for table in ["crm_changes", "crm_audit", "crm_outbox"] {
        assert!(!crm.dump(table).await?.contains("Canary"), "{table}");
    }
    Ok(())
}

/// Each of these takes its locks in an order of its own: none waits for another in a circle, and none is left out.
async fn nothing_stays_behind_when_a_customer_is_deleted_meanwhile(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for round in 0..8 {
        let customer = crm.named("Lee & Co").await?;
        let mut scope = crm.admin();
        let one = scope.interactions(customer.id).create(planned()).await?;
        let other = scope.interactions(customer.id).create(planned()).await?;
        let (mut first, mut second, mut third, mut fourth) = (crm.admin(), crm.admin(), crm.admin(), crm.admin());
        let said = Completion { follow_up: Some(FollowUp::at(noon(60))), ..Completion::default() };
        let (mut adds, mut changes) = (first.interactions(customer.id), second.interactions(customer.id));
        let (mut completes, mut deletes) = (third.interactions(customer.id), fourth.customers());
        let (added, changed, completed, deleted) = tokio::join!(
            adds.create(planned()),
            changes.update(one.id, subject("Changed"), None),
            completes.complete(other.id, said, None),
            deletes.delete(customer.id, None),
        );
        deleted?;
        for outcome in [added.map(|_| ()), changed.map(|_| ()), completed.map(|_| ())] {
            assert!(matches!(outcome, Ok(()) | Err(Error::NotFound { .. })), "round {round}: {outcome:?}");
        }
        assert_eq!(
            scope.all_interactions().list(&InteractionQuery::default(), &PageRequest::default()).await?.data,
            []
        );
    }
    Ok(())
}

async fn interactions_leave_their_customer_as_it_was(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let made = crm.admin().interactions(customer.id).create(planned()).await?;
    // Only the time of the next follow-up is told.
    let mut expected = customer.clone();
    expected.next_follow_up_at = made.scheduled_at;
    assert_eq!(crm.get(&customer).await?, expected);
    Ok(())
}

async fn events_tell_the_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.scope(Role::Support);
    let mut interactions = scope.interactions(customer.id);
    let new = NewInteraction { content: Some("Nobody else's business".into()), ..planned() };
    let made = interactions.create(new).await?;
    interactions.complete(made.id, Completion::default(), None).await?;
    interactions.delete(made.id, None).await?;
    interactions.restore(made.id).await?;
    let feed = crm.admin().events().after(None, 1_000).await?;
    let ours: Vec<_> = feed.events.iter().map(|(_, event)| event).filter(|event| event.subject == made.id.0).collect();
    let told: Vec<&str> = ours.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(told, ["created", "updated", "deleted", "restored"].map(|what| format!("crm.interaction.{what}")));
    assert!(ours.iter().all(|event| event.data.customer_id == Some(customer.id)));
    assert_eq!(ours[1].data.changed_fields, ["completedAt", "status"]);
    assert!(!serde_json::to_string(&ours)?.contains("business"));
    Ok(())
}
