//! Rules: what they are about, and that scores follow them.

use crm_core::actor::Role;
use crm_core::jobs::NewJobSchedule;
use crm_core::lead_scoring::{LeadScoreModel, LeadScoreTermKind, LeadScoringRulePatch, NewLeadScoringRule, ScoreLeads};
use crm_core::leads::{AssignLeads, ConvertLead, LeadPatch, LeadQuery, LeadRating, NewLead};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{Conflict, Error};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{add, catch_up, explained, field, nightly, rated, rule, stored, sum};
use crate::chance::Chance;
use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_write_of_a_lead_scores_it,
        a_change_of_rules_scores_all_leads,
        rules_see_owners_and_tags,
        a_condition_is_checked,
        the_terms_of_any_lead_add_up_to_its_score,
        a_converted_lead_keeps_its_score,
        rules_bring_the_schedule_with_them_once,
        rules_are_the_company_s_own,
    ]);
}

fn lead(rating: LeadRating) -> NewLead {
    NewLead { rating: Some(rating), ..NewLead::person("Ann", "Lee") }
}

fn points(points: i64) -> LeadScoringRulePatch {
    LeadScoringRulePatch { points: Patch::Set(points), ..LeadScoringRulePatch::default() }
}

async fn a_write_of_a_lead_scores_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    assert_eq!(add(&crm, lead(LeadRating::Hot)).await?.score, 0, "a company without rules scores nothing");
    rule(&crm, rated("hot", 40)).await?;
    let named = json!({ "field": "name", "op": "contains", "value": "LEE" });
    rule(&crm, NewLeadScoringRule { position: Some(1), ..NewLeadScoringRule::of("Has a name", &named, 3) }).await?;
    let hot = add(&crm, lead(LeadRating::Hot)).await?;
    assert_eq!((hot.score, stored(&crm, hot.id).await?), (43, 43));
    let cold = LeadPatch { rating: Patch::Set(LeadRating::Cold), ..LeadPatch::default() };
    let cold = crm.admin().leads().update(hot.id, cold, None).await?;
    assert_eq!((cold.score, cold.version), (3, 2), "a score is no write");
    let warm = add(&crm, lead(LeadRating::Warm)).await?;
    let hot = add(&crm, lead(LeadRating::Hot)).await?;
    crm.admin().leads().delete(hot.id, None).await?;
    assert_eq!(crm.admin().leads().restore(hot.id).await?.score, 43);
    // Lists go by it.
    let filter = json!({ "field": "score", "op": "gte", "value": 3 }).to_string().parse()?;
    let query = LeadQuery { filter: Some(filter), sort: "-score".parse()?, ..LeadQuery::default() };
    let listed = crm.admin().leads().list(&query, &PageRequest::default()).await?.data;
    assert_eq!(listed[0].id, hot.id);
    assert_eq!(listed.iter().map(|lead| lead.score).collect::<Vec<_>>(), [43, 3, 3]);
    assert!(listed.iter().any(|lead| lead.id == warm.id));
    let told = explained(&crm, hot.id).await?;
    assert_eq!((told.score, told.model, told.version), (43, LeadScoreModel::Rules, 0));
    let terms: Vec<(&str, i64)> = told.terms.iter().map(|term| (term.term.as_str(), term.weight)).collect();
    assert_eq!(terms, [("hot", 40), ("Has a name", 3)]);
    assert!(told.terms.iter().all(|term| term.kind == LeadScoreTermKind::Rule && term.rule_id.is_some()));
    Ok(())
}

async fn a_change_of_rules_scores_all_leads(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let hot = add(&crm, lead(LeadRating::Hot)).await?;
    let cold = add(&crm, lead(LeadRating::Cold)).await?;
    let first = rule(&crm, rated("hot", 40)).await?;
    let scores = async || anyhow::Ok((stored(&crm, hot.id).await?, stored(&crm, cold.id).await?));
    assert_eq!(scores().await?, (0, 0));
    assert_eq!((catch_up(&crm).await?, scores().await?), (1, (40, 0)));
    let changed = crm.admin().lead_scoring().update_rule(first.id, points(70), Some(1)).await?;
    rule(&crm, rated("cold", -20)).await?;
    rule(&crm, NewLeadScoringRule::of("All", &json!({ "all": [] }), 50)).await?;
    assert_eq!((catch_up(&crm).await?, scores().await?), (3, (100, 30)), "cut to 100");
    let cut = explained(&crm, hot.id).await?;
    assert_eq!(cut.terms.last().map(|term| (term.kind, term.weight)), Some((LeadScoreTermKind::Limit, -20)));
    // What does not matter has no job.
    let named = LeadScoringRulePatch { name: Patch::Set("Hot".to_owned()), ..LeadScoringRulePatch::default() };
    crm.admin().lead_scoring().update_rule(first.id, named, Some(changed.version)).await?;
    assert_eq!(catch_up(&crm).await?, 0);
    let off = LeadScoringRulePatch { is_active: Patch::Set(false), ..LeadScoringRulePatch::default() };
    crm.admin().lead_scoring().update_rule(first.id, off, None).await?;
    assert_eq!((catch_up(&crm).await?, scores().await?), (1, (50, 30)));
    crm.admin().lead_scoring().delete_rule(first.id, None).await?;
    assert_eq!(catch_up(&crm).await?, 0, "it did not count any more");
    for rule in crm.admin().lead_scoring().list_rules(&Default::default(), &PageRequest::default()).await?.data {
        crm.admin().lead_scoring().delete_rule(rule.id, None).await?;
    }
    assert_eq!((catch_up(&crm).await?, scores().await?), (2, (0, 0)), "without rules there are no scores");
    Ok(())
}

async fn rules_see_owners_and_tags(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rep = crm.ensure_mirrored(Role::SalesRep).await?;
    let has_owner = json!({ "field": "ownerId", "op": "is_null", "value": false });
    rule(&crm, NewLeadScoringRule::of("Has an owner", &has_owner, 5)).await?;
    let is_vip = json!({ "field": "tags", "op": "has_any", "value": ["VIP"] });
    rule(&crm, NewLeadScoringRule::of("VIP", &is_vip, 30)).await?;
    catch_up(&crm).await?;
    let lead = add(&crm, NewLead::person("Ann", "Lee")).await?;
    crm.admin().leads().assign_all(AssignLeads { lead_ids: vec![lead.id], owner_id: Some(rep) }).await?;
    assert_eq!(stored(&crm, lead.id).await?, 5);
    crm.admin().lead_tags(lead.id).add(["vip"]).await?;
    assert_eq!((catch_up(&crm).await?, stored(&crm, lead.id).await?), (1, 35));
    crm.admin().lead_tags(lead.id).remove(["VIP"]).await?;
    assert_eq!((catch_up(&crm).await?, stored(&crm, lead.id).await?), (1, 5));
    // Customers have tags as well, and no score.
    let customer = crm.named("Lee & Co").await?;
    crm.admin().customer_tags(customer.id).add(["VIP"]).await?;
    assert_eq!(catch_up(&crm).await?, 0);
    Ok(())
}

async fn a_condition_is_checked(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for condition in [
        field("score", "5"),
        field("ownerId", "me"),
        field("salary", "high"),
        json!({ "field": "priority", "op": "gte", "value": "high" }),
        json!({}),
    ] {
        let refused = rule(&crm, NewLeadScoringRule::of("Wrong", &condition, 5)).await;
        let Err(Error::Invalid(violations)) = refused else { anyhow::bail!("{condition} was taken") };
        assert!(violations.0.iter().all(|fault| fault.pointer.starts_with("/condition")), "{violations}");
    }
    let nameless = NewLeadScoringRule { name: None, ..rated("hot", 5) };
    assert_eq!(violation(rule(&crm, nameless).await, "/name"), "required");
    let off = |number: i64| NewLeadScoringRule { is_active: Some(false), ..rated("hot", number) };
    for number in 1..=50 {
        rule(&crm, off(number)).await?;
    }
    assert_matches!(rule(&crm, off(51)).await, Err(Error::Conflict(Conflict::TooManyLeadScoringRules)));
    Ok(())
}

async fn the_terms_of_any_lead_add_up_to_its_score(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut chance = Chance::new(Chance::seed());
    let sources = ["fair", "list", "referral"];
    for number in 0..12 {
        let points = i64::try_from(chance.below(201))? - 100;
        let condition = match chance.below(3) {
            0 => field("rating", chance.one(&["hot", "warm", "cold"])),
            1 => json!({ "not": field("source", chance.one(&sources)) }),
            _ => json!({ "any": [field("source", chance.one(&sources)), field("countryCode", "DE")] }),
        };
        let decay_days = chance.once_in(2).then_some(30);
        let new = NewLeadScoringRule::of(format!("Rule {number}"), &condition, points);
        rule(&crm, NewLeadScoringRule { decay_days, ..new }).await?;
    }
    let mut cut = 0;
    for _ in 0..25 {
        let new = NewLead {
            rating: chance.once_in(2).then(|| LeadRating::ALL[chance.below(3)]),
            source: chance.maybe(&sources),
            country: chance.maybe(&["DE", "FR"]),
            ..NewLead::person("Ann", "Lee")
        };
        let lead = add(&crm, new).await?;
        let told = explained(&crm, lead.id).await?;
        assert_eq!((told.score, sum(&told)), (lead.score, lead.score), "{told:?}");
        assert!((0..=100).contains(&told.score));
        assert_eq!(told, explained(&crm, lead.id).await?, "the same lead has the same score");
        cut += usize::from(told.terms.iter().any(|term| term.kind == LeadScoreTermKind::Limit));
    }
    assert!(cut > 0, "some are beyond the limits");
    assert_eq!(nightly(&crm).await?, 0, "a job computes what the writes have computed");
    Ok(())
}

async fn a_converted_lead_keeps_its_score(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let hot = rule(&crm, rated("hot", 40)).await?;
    let lead = add(&crm, lead(LeadRating::Hot)).await?;
    crm.admin().leads().convert(lead.id, ConvertLead::default(), None).await?;
    crm.admin().lead_scoring().update_rule(hot.id, points(60), None).await?;
    catch_up(&crm).await?;
    assert_eq!((stored(&crm, lead.id).await?, explained(&crm, lead.id).await?.score), (40, 60));
    assert_eq!(crm.admin().leads().revert(lead.id, None).await?.score, 60);
    Ok(())
}

async fn rules_bring_the_schedule_with_them_once(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = super::at_noon(&database);
    rule(&crm, NewLeadScoringRule { is_active: Some(false), ..rated("hot", 1) }).await?;
    assert!(crm.admin().jobs().schedules().await?.is_empty(), "a rule that does not count needs none");
    rule(&crm, rated("hot", 1)).await?;
    rule(&crm, rated("cold", 1)).await?;
    crm.scope(Role::Manager).lead_scoring().rebuild().await?;
    let schedules = crm.admin().jobs().schedules().await?;
    let [schedule] = &schedules[..] else { anyhow::bail!("one schedule, not {schedules:?}") };
    assert_eq!((schedule.name.as_str(), schedule.kind.as_str()), (ScoreLeads::SCHEDULE, ScoreLeads::KIND));
    assert_eq!(schedule.next_run_at, Some("2026-06-02T00:10:00Z".parse()?));
    let other = crm.other_company();
    other.admin().jobs().schedule(NewJobSchedule::new("Mornings", "0 8 * * MON-FRI", ScoreLeads::KIND)).await?;
    rule(&other, rated("hot", 1)).await?;
    assert_eq!(other.admin().jobs().schedules().await?.len(), 1, "a host's own takes its place");
    Ok(())
}

async fn rules_are_the_company_s_own(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let hot = rule(&crm, rated("hot", 40)).await?;
    let other = crm.other_company();
    let theirs = add(&other, lead(LeadRating::Hot)).await?;
    assert_eq!((theirs.score, nightly(&other).await?), (0, 0));
    assert_matches!(other.admin().lead_scoring().get_rule(hot.id).await, Err(Error::NotFound { .. }));
    assert_matches!(other.admin().lead_scoring().delete_rule(hot.id, None).await, Err(Error::NotFound { .. }));
    assert_matches!(crm.admin().leads().score(theirs.id).await, Err(Error::NotFound { .. }));
    let rep = crm.scope(Role::SalesRep).lead_scoring().update_rule(hot.id, points(1), None).await;
    assert_matches!(rep, Err(Error::Forbidden { .. }));
    Ok(())
}
