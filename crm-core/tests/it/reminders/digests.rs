//! The digest of a morning.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use crm_core::actor::Role;
use crm_core::patch::Patch;
use crm_core::tasks::NewTask;
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{World, in_zone};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        a_digest_comes_at_eight_where_the_user_is,
        a_digest_says_what_is_due,
        a_digest_without_anything_is_not_sent,
        a_digest_is_sent_as_long_as_it_is_wanted,
    ]);
}

async fn a_digest_comes_at_eight_where_the_user_is(database: TestDatabase) -> anyhow::Result<()> {
    let first = World::new(&database).await?;
    // Clocks change in the night before the second morning.
    for (zone, from, mornings) in [
        ("America/New_York", "2026-03-06T13:30:00Z", ["2026-03-07T13:00:00Z", "2026-03-08T12:00:00Z"]),
        ("Europe/Berlin", "2026-03-27T12:00:00Z", ["2026-03-28T07:00:00Z", "2026-03-29T06:00:00Z"]),
        ("Australia/Lord_Howe", "2026-04-02T22:00:00Z", ["2026-04-03T21:00:00Z", "2026-04-04T21:30:00Z"]),
        ("Australia/Lord_Howe", "2026-10-01T22:00:00Z", ["2026-10-02T21:30:00Z", "2026-10-03T21:00:00Z"]),
        ("Europe/Berlin", "2026-10-23T12:00:00Z", ["2026-10-24T06:00:00Z", "2026-10-25T07:00:00Z"]),
        ("America/New_York", "2026-10-30T13:00:00Z", ["2026-10-31T12:00:00Z", "2026-11-01T13:00:00Z"]),
    ] {
        for of_company in [true, false] {
            let world = first.other_company().await?;
            world.at(from);
            world.crm.admin().tasks().create(world.task(1, &[])).await?;
            let own = if of_company { json!(null) } else { json!(zone) };
            in_zone(&world.crm, if of_company { zone } else { "Asia/Tokyo" }).await?;
            world.preferences(json!({ "timeZone": own, "notifications": { "digest": true } })).await?;
            for morning in mornings {
                let morning: DateTime<Utc> = morning.parse()?;
                world.clock.set(morning - TimeDelta::seconds(1));
                world.run().await?;
                assert!(world.post.take().is_empty(), "{zone} {morning}");
                world.clock.set(morning);
                world.run().await?;
                world.run().await?;
                assert_eq!(world.post.take().len(), 1, "{zone} {morning}");
            }
            world.preferences(json!({ "notifications": { "digest": false } })).await?;
        }
    }
    Ok(())
}

async fn a_digest_says_what_is_due(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database).await?;
    world.preferences(json!({ "timeZone": "Europe/Berlin", "notifications": { "digest": true } })).await?;
    let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
    let mine = |title: &str| NewTask { assignee_id: Patch::Set(world.seller), ..NewTask::titled(title) };
    let mut scope = world.crm.admin();
    for task in [
        mine("Pay the bill").due_on(day("2026-06-02")),
        mine("Write the report").due_on(day("2026-05-29")),
        mine("Plan the party").due_on(day("2026-06-03")),
        mine("Some day"),
        NewTask::titled("Of the admin").due_on(day("2026-06-02")),
    ] {
        scope.tasks().create(task).await?;
    }
    world.at("2026-06-02T06:00:00Z");
    assert_eq!(world.run().await?, 1);
    let mails = world.post.take();
    assert_eq!((mails.len(), mails[0].subject.as_str()), (1, "Your day"));
    let text = &mails[0].text;
    for part in ["Due today:\n- Pay the bill, 2026-06-02\n", "Overdue:\n- Write the report", "Unread notifications: 4"]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    for other in ["Plan the party", "Some day", "Of the admin"] {
        assert!(!text.contains(other), "{other} is in {text}");
    }
    Ok(())
}

async fn a_digest_without_anything_is_not_sent(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database).await?;
    in_zone(&world.crm, "UTC").await?;
    world.prefer(json!({ "digest": true })).await?;
    world.at("2026-06-02T08:00:00Z");
    assert_eq!(world.run().await?, 1);
    assert!(world.post.take().is_empty());
    Ok(())
}

async fn a_digest_is_sent_as_long_as_it_is_wanted(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database).await?;
    in_zone(&world.crm, "UTC").await?;
    world.crm.admin().tasks().create(world.task(1, &[])).await?;
    world.prefer(json!({ "digest": true })).await?;
    // Days that no worker has looked at are not made up for.
    world.at("2026-06-05T09:00:00Z");
    world.run().await?;
    assert_eq!(world.post.take().len(), 1);
    // Another preference leaves it as it is planned.
    world.preferences(json!({ "theme": "dark" })).await?;
    world.at("2026-06-06T08:00:00Z");
    world.run().await?;
    assert_eq!(world.post.take().len(), 1);
    world.prefer(json!({ "digest": null })).await?;
    world.clock.advance(Duration::from_secs(48 * 60 * 60));
    world.run().await?;
    assert!(world.post.take().is_empty());
    // A user who leaves gets no more.
    world.prefer(json!({ "digest": true })).await?;
    world.mirror(Role::SalesRep, Some("sales_rep@acme.example"), false).await?;
    world.clock.advance(Duration::from_secs(24 * 60 * 60));
    world.run().await?;
    assert!(world.post.take().is_empty());
    Ok(())
}
