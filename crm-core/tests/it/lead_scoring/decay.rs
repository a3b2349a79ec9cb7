//! Points that decay with the days since the last activity.

use std::time::Duration;

use crm_core::companies::SettingsPatch;
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::lead_scoring::NewLeadScoringRule;
use crm_core::leads::NewLead;
use crm_core::patch::Patch;
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{add, at_noon, catch_up, explained, nightly, rule, stored};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        points_decay_from_the_last_activity,
        days_are_those_of_the_company,
    ]);
}

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Twenty points for each lead, of which nothing is left after ten days.
fn decaying() -> NewLeadScoringRule {
    NewLeadScoringRule { decay_days: Some(10), ..NewLeadScoringRule::of("Is new", &json!({ "all": [] }), 20) }
}

async fn points_decay_from_the_last_activity(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    rule(&crm, decaying()).await?;
    catch_up(&crm).await?;
    let lead = add(&crm, NewLead::person("Ann", "Lee")).await?;
    assert_eq!(lead.score, 20);
    for (days, left) in [(1, 18), (4, 10), (4, 2), (1, 0), (90, 0)] {
        clock.advance(days * DAY);
        nightly(&crm).await?;
        let told = explained(&crm, lead.id).await?;
        assert_eq!((stored(&crm, lead.id).await?, told.score), (left, left));
    }
    // A planned call is no activity, and a completed one is.
    let call = NewInteraction::of(InteractionType::Call, "Call back");
    let planned = call.clone().planned("2027-01-01T00:00:00Z".parse()?);
    crm.admin().lead_interactions(lead.id).create(planned).await?;
    assert_eq!(catch_up(&crm).await?, 0);
    let call = crm.admin().lead_interactions(lead.id).create(call).await?;
    assert_eq!((catch_up(&crm).await?, stored(&crm, lead.id).await?), (1, 20));
    clock.advance(5 * DAY);
    nightly(&crm).await?;
    let told = explained(&crm, lead.id).await?;
    assert_eq!(told.terms[0].value.as_deref(), Some("5"), "the term tells the days");
    assert_eq!(told.score, 10);
    crm.admin().all_interactions().delete(call.id, None).await?;
    assert_eq!((catch_up(&crm).await?, stored(&crm, lead.id).await?), (1, 0), "it is as if it had not been");
    // What is done with customers enqueues nothing.
    let customer = crm.named("Lee & Co").await?;
    crm.admin().interactions(customer.id).create(NewInteraction::of(InteractionType::Call, "Call")).await?;
    assert_eq!(catch_up(&crm).await?, 0);
    Ok(())
}

async fn days_are_those_of_the_company(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let zone = SettingsPatch { time_zone: Patch::Set("Pacific/Auckland".to_owned()), ..SettingsPatch::default() };
    crm.admin().settings().update(zone, None).await?;
    rule(&crm, decaying()).await?;
    catch_up(&crm).await?;
    // Midnight there.
    let lead = add(&crm, NewLead::person("Ann", "Lee")).await?;
    clock.advance(24 * HOUR - Duration::from_secs(1));
    nightly(&crm).await?;
    assert_eq!(stored(&crm, lead.id).await?, 20, "the same day");
    clock.advance(Duration::from_secs(1));
    nightly(&crm).await?;
    assert_eq!(stored(&crm, lead.id).await?, 18, "the next one");
    Ok(())
}
