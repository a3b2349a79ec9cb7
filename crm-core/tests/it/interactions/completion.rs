//! Completing an interaction: its outcome, retries and follow-ups.

use std::time::Duration;

use crm_core::actor::Role;
use crm_core::interactions::{
    CompletedInteraction, Completion, FollowUp, InteractionPatch, InteractionStatus, InteractionType, NewInteraction,
};
use crm_core::patch::Patch;
use crm_core::{Conflict, Error};
use testkit::{Suite, TestDatabase};

use super::{all, at_noon, noon, planned, status, subject};
use crate::support::{TestCrm, assert_matches, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        completing_says_what_came_of_it,
        the_same_words_change_nothing,
        other_words_are_a_conflict,
        what_was_called_off_cannot_be_completed,
        a_follow_up_is_planned_with_it,
        all_or_nothing,
        at_the_same_time_it_is_completed_once,
        what_was_planned_and_thrown_away_is_not_shown,
        completing_is_for_those_who_may_change,
    ]);
}

fn said(outcome: &str) -> Completion {
    Completion { outcome: Some(outcome.to_owned()), ..Completion::default() }
}

async fn completing_says_what_came_of_it(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let mut interactions = scope.interactions(customer.id);
    let new = NewInteraction { content: Some("Agenda".into()), duration_seconds: Some(600), ..planned() };
    let first = interactions.create(new.clone()).await?;
    clock.advance(Duration::from_secs(60));
    let CompletedInteraction { interaction, follow_up, .. } =
        interactions.complete(first.id, said(" Left-Message "), None).await?;
    assert_eq!(follow_up, None);
    assert_eq!(interaction.status, InteractionStatus::Completed);
    assert_eq!(interaction.outcome.as_deref(), Some("left_message"));
    assert_eq!((interaction.completed_at, interaction.occurred_at), (Some(noon(1)), noon(1)));
    assert_eq!((interaction.content.as_deref(), interaction.duration_seconds), (Some("Agenda"), Some(600)));
    assert_eq!((interaction.version, interaction.scheduled_at), (2, first.scheduled_at));
    assert_eq!(interactions.get(first.id).await?, interaction);

    let second = interactions.create(NewInteraction { started_at: Some(noon(-9)), ..new }).await?;
    let early = Completion { completed_at: Some(noon(-10)), ..Completion::default() };
    assert_eq!(violation(interactions.complete(second.id, early, None).await, "/completedAt"), "before_start");
    let all = Completion {
        completed_at: Some(noon(-5)),
        duration_seconds: Some(0),
        content: Some(" As it was\r\n".into()),
        ..Completion::default()
    };
    let done = interactions.complete(second.id, all, Some(1)).await?.interaction;
    assert_eq!((done.completed_at, done.duration_seconds), (Some(noon(-5)), Some(0)));
    assert_eq!((done.content.as_deref(), done.outcome), (Some(" As it was"), None));
    Ok(())
}

async fn the_same_words_change_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let made = scope.interactions(customer.id).create(planned()).await?;
    let words = || Completion { follow_up: Some(FollowUp::at(noon(60))), ..said("connected") };
    let first = scope.interactions(customer.id).complete(made.id, words(), Some(1)).await?;
    assert!(first.follow_up.is_some());
    let before = crm.records().await?;
    // Only the database remembers it; an `If-Match` of an earlier read is ignored.
    let elsewhere = crm.other_process();
    for (expected, outcome) in [(None, "connected"), (Some(1), "connected"), (Some(2), " CONNECTED")] {
        let again = Completion { outcome: Some(outcome.to_owned()), ..words() };
        let again = elsewhere.admin().interactions(customer.id).complete(made.id, again, expected).await?;
        assert_eq!(again, first);
    }
    assert_eq!(crm.records().await?, before, "nothing is written");
    assert_eq!(all(&mut scope, &customer).await?.len(), 2);
    // After a correction, the current record is returned.
    let right = scope.interactions(customer.id).update(made.id, subject("Offer"), None).await?;
    let again = scope.interactions(customer.id).complete(made.id, words(), None).await?;
    assert_eq!((again.interaction, again.follow_up), (right, first.follow_up));
    Ok(())
}

async fn other_words_are_a_conflict(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let mut interactions = scope.interactions(customer.id);
    let made = interactions.create(planned()).await?;
    assert_matches!(interactions.complete(made.id, said("busy"), Some(7)).await, Err(Error::Stale { current: 1, .. }));
    interactions.complete(made.id, said("connected"), Some(1)).await?;
    let follow_up = Completion { follow_up: Some(FollowUp::at(noon(60))), ..said("connected") };
    for words in [said("busy"), Completion::default(), follow_up] {
        let refused = interactions.complete(made.id, words.clone(), None).await;
        assert_matches!(refused, Err(Error::Conflict(Conflict::AlreadyCompleted)));
        // A caller with an old version gets that error first.
        assert_matches!(interactions.complete(made.id, words, Some(1)).await, Err(Error::Stale { current: 2, .. }));
    }
    // Completed in another way, nothing was said that could be said again.
    let logged = interactions.create(NewInteraction::of(InteractionType::Call, "Logged")).await?;
    let patched = interactions.create(planned()).await?;
    interactions.update(patched.id, status(InteractionStatus::Completed), None).await?;
    for id in [logged.id, patched.id] {
        let refused = interactions.complete(id, Completion::default(), None).await;
        assert_matches!(refused, Err(Error::Conflict(Conflict::AlreadyCompleted)));
    }
    Ok(())
}

async fn what_was_called_off_cannot_be_completed(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let mut interactions = scope.interactions(customer.id);
    for closed in [InteractionStatus::Cancelled, InteractionStatus::NoShow] {
        let made = interactions.create(NewInteraction { status: Some(closed), ..planned() }).await?;
        let follow_up = Completion { follow_up: Some(FollowUp::at(noon(60))), ..Completion::default() };
        for words in [Completion::default(), follow_up] {
            let refused = interactions.complete(made.id, words, None).await;
            assert_matches!(refused, Err(Error::Conflict(Conflict::InteractionClosed)));
        }
        interactions.delete(made.id, None).await?;
        let gone = interactions.complete(made.id, Completion::default(), None).await;
        assert_matches!(gone, Err(Error::NotFound { .. }));
    }
    assert_eq!(all(&mut scope, &customer).await?, []);
    Ok(())
}

async fn a_follow_up_is_planned_with_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let (sales, me) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.user(Role::Admin));
    let mut scope = crm.admin();
    let mut interactions = scope.interactions(customer.id);
    let theirs = || NewInteraction { owner_id: Patch::Set(sales), ..planned() };
    let nobodys = || NewInteraction { owner_id: Patch::Clear, ..planned() };
    let plain = FollowUp::at(noon(60));
    let other = FollowUp {
        interaction_type: Some(InteractionType::Visit),
        subject: Some(" Samples ".into()),
        owner_id: Patch::Clear,
        ..plain.clone()
    };
    let given = FollowUp { owner_id: Patch::Set(me), ..plain.clone() };
    for (new, follow_up, kind, subject, owner) in [
        (theirs(), plain.clone(), InteractionType::Call, "Quote", Some(sales)),
        (nobodys(), plain, InteractionType::Call, "Quote", Some(me)),
        (theirs(), other, InteractionType::Visit, "Samples", None),
        (theirs(), given, InteractionType::Call, "Quote", Some(me)),
    ] {
        let made = interactions.create(new).await?;
        let words = Completion { follow_up: Some(follow_up), ..Completion::default() };
        let done = interactions.complete(made.id, words, None).await?;
        let next = done.follow_up.expect("a follow-up");
        assert_eq!(done.interaction.follow_up_id, Some(next.id));
        assert_eq!((next.interaction_type, next.subject.as_deref(), next.owner_id), (kind, Some(subject), owner));
        assert_eq!((next.status, next.scheduled_at, next.version), (InteractionStatus::Planned, Some(noon(60)), 1));
        assert_eq!(interactions.get(next.id).await?, next);
        assert_eq!(interactions.get(made.id).await?, done.interaction);
    }
    // Each has a history, an audit entry and an event of its own.
    let before = crm.records().await?;
    let made = scope.interactions(customer.id).create(nobodys()).await?;
    let words = Completion { follow_up: Some(FollowUp::at(noon(60))), ..Completion::default() };
    scope.interactions(customer.id).complete(made.id, words, None).await?;
    assert_eq!(crm.records().await?, before.map(|count| count + 3));
    Ok(())
}

async fn all_or_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let made = scope.interactions(customer.id).create(planned()).await?;
    let before = crm.records().await?;
    let stranger = FollowUp { owner_id: Patch::Set(crm.user(Role::Viewer)), ..FollowUp::at(noon(60)) };
    let words = Completion { follow_up: Some(stranger), ..said("connected") };
    let refused = scope.interactions(customer.id).complete(made.id, words, None).await;
    assert_eq!(violation(refused, "/followUp/ownerId"), "user_unknown");
    let nonsense =
        FollowUp { subject: Some("x".repeat(251)), ..FollowUp::at(chrono::DateTime::<chrono::Utc>::MIN_UTC) };
    let words = Completion {
        outcome: Some("a\u{7}b".into()),
        duration_seconds: Some(2_678_401),
        follow_up: Some(nonsense),
        ..Completion::default()
    };
    let mut refused = violations(scope.interactions(customer.id).complete(made.id, words, None).await);
    refused.sort();
    let expected = [
        ("/durationSeconds", "out_of_range"),
        ("/followUp/scheduledAt", "out_of_range"),
        ("/followUp/subject", "too_long"),
        ("/outcome", "control_character"),
    ];
    assert_eq!(refused, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    assert_eq!(crm.records().await?, before, "nothing is written");
    assert_eq!(all(&mut scope, &customer).await?, [made]);
    Ok(())
}

async fn at_the_same_time_it_is_completed_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let made = crm.admin().interactions(customer.id).create(planned()).await?;
    let complete = async |outcome: &str| {
        let words = Completion { follow_up: Some(FollowUp::at(noon(60))), ..said(outcome) };
        crm.admin().interactions(customer.id).complete(made.id, words, None).await
    };
    let answers = tokio::join!(complete("connected"), complete("connected"), complete("connected"));
    let (first, second, third) = (answers.0?, answers.1?, answers.2?);
    assert_eq!((&second, &third), (&first, &first));
    assert_eq!(all(&mut crm.admin(), &customer).await?.len(), 2);
    assert_matches!(complete("busy").await, Err(Error::Conflict(Conflict::AlreadyCompleted)));
    Ok(())
}

async fn what_was_planned_and_thrown_away_is_not_shown(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let mut interactions = scope.interactions(customer.id);
    let made = interactions.create(planned()).await?;
    let words = || Completion { follow_up: Some(FollowUp::at(noon(60))), ..Completion::default() };
    let first = interactions.complete(made.id, words(), None).await?;
    let next = first.follow_up.as_ref().expect("a follow-up").id;
    interactions.delete(next, None).await?;
    let again = interactions.complete(made.id, words(), None).await?;
    assert_eq!((&again.interaction, &again.follow_up), (&first.interaction, &None));
    interactions.restore(next).await?;
    let again = interactions.complete(made.id, words(), None).await?;
    assert_eq!(again.follow_up.map(|next| next.id), Some(next));
    Ok(())
}

async fn completing_is_for_those_who_may_change(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    for role in [Role::SalesRep, Role::Support] {
        crm.ensure_mirrored(role).await?;
    }
    let mut scope = crm.admin();
    let new = NewInteraction { owner_id: Patch::Set(crm.user(Role::Support)), ..planned() };
    let made = scope.interactions(customer.id).create(new).await?;
    let before = scope.interactions(customer.id).get(made.id).await?;
    for role in [Role::SalesRep, Role::Viewer] {
        let refused = crm.scope(role).interactions(customer.id).complete(made.id, said("connected"), None).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
    }
    assert_eq!(scope.interactions(customer.id).get(made.id).await?, before);
    let done = crm.scope(Role::Support).interactions(customer.id).complete(made.id, said("connected"), None).await?;
    assert_eq!(done.interaction.updated_by.id, Some(crm.user(Role::Support)));
    // The same user can correct the outcome, too.
    let right = InteractionPatch { outcome: Patch::Set("resolved".into()), ..InteractionPatch::default() };
    crm.scope(Role::Support).interactions(customer.id).update(made.id, right, None).await?;
    Ok(())
}
