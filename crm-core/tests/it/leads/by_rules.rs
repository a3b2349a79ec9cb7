//! Leads that rules assign: the user that each strategy chooses, in turn also under writers at the same time, and why.

use std::collections::BTreeMap;

use crm_core::actor::Role;
use crm_core::customers::ImportOptions;
use crm_core::ids::{TeamId, UserId};
use crm_core::lead_assignment_rules::{
    LeadAssignmentRulePatch, LeadAssignmentStrategy, LeadCandidateOutcome, LeadFieldUser, LeadRuleOutcome,
    NewLeadAssignmentRule,
};
use crm_core::lead_scoring::NewLeadScoringRule;
use crm_core::leads::{AssignLead, AssignLeads, Lead, LeadQuery, NewLead};
use crm_core::notifications::{NotificationKind, NotificationQuery, NotifiedRecord};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::users::{TeamProfile, UserProfile, UserTeams};
use crm_core::{Conflict, Error, Result};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{add, at_noon, named, status};
use crate::support::{TestCrm, assert_matches, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        users_get_leads_in_turn,
        the_members_of_a_team_get_leads_in_turn,
        turns_are_fair_with_writers_at_the_same_time,
        the_user_with_the_fewest_open_leads_gets_the_next,
        the_value_of_a_field_decides,
        the_first_rule_that_a_lead_meets_decides,
        who_cannot_is_passed_over_and_it_is_told_why,
        a_rule_can_be_for_working_hours_only,
        a_dry_run_tells_and_writes_nothing,
        a_rule_that_no_longer_makes_sense_is_passed_over,
        what_does_not_go_together_is_refused,
        a_new_owner_is_notified,
        leads_of_a_file_are_assigned_and_scored,
    ]);
}

/// Users of the company that it has not had before.
async fn users<const N: usize>(crm: &TestCrm) -> Result<[UserId; N]> {
    let users = [(); N].map(|()| UserId(Uuid::new_v4()));
    for id in users {
        mirror(crm, id, true).await?;
    }
    Ok(users)
}

async fn mirror(crm: &TestCrm, id: UserId, is_active: bool) -> Result<()> {
    let profile = UserProfile { id, display_name: Some("Ann".to_owned()), email: None, is_active };
    crm.admin().users().mirror(&profile).await
}

async fn rule(
    crm: &TestCrm,
    new: NewLeadAssignmentRule,
) -> Result<crm_core::lead_assignment_rules::LeadAssignmentRule> {
    crm.admin().lead_assignment_rules().create(new).await
}

fn object(json: Value) -> serde_json::Map<String, Value> {
    json.as_object().cloned().expect("an object")
}

fn by_rules() -> AssignLead {
    AssignLead { by_rules: Some(true), explain: Some(true), ..AssignLead::default() }
}

/// A lead that is added before there are rules, or that they leave alone.
async fn unowned(crm: &TestCrm, name: &str) -> Result<Lead> {
    let lead = named(crm, name).await?;
    crm.admin().leads().assign(lead.id, None, None).await
}

async fn users_get_leads_in_turn(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [ann, bob, cyd] = users(&crm).await?;
    let in_turn = rule(&crm, NewLeadAssignmentRule::in_turn("Sales", [ann, bob, cyd])).await?;
    let mut owners = Vec::new();
    for number in 0..4 {
        let lead = named(&crm, &format!("Lead {number}")).await?;
        let by = lead.assigned_by_rule.clone().expect("the rule");
        assert_eq!((by.id, by.name.as_deref()), (in_turn.id, Some("Sales")));
        assert_eq!((lead.version, lead.assigned_at), (1, Some(lead.created_at)));
        assert_eq!(lead.owner.as_ref().and_then(|owner| owner.display_name.as_deref()), Some("Ann"));
        assert_eq!(crm.admin().leads().get(lead.id).await?, lead, "the answer is what is stored");
        let history = crm.admin().leads().history(lead.id, &PageRequest::default()).await?.data;
        assert_eq!(history.len(), 1, "it was never without an owner");
        owners.push(lead.owner_id);
    }
    assert_eq!(owners, [ann, bob, cyd, ann].map(Some));
    // What has an owner is nobody's turn, and a user takes the place of the rule.
    let own = add(&crm, NewLead { owner_id: Some(cyd), ..NewLead::organization("Own") }).await?;
    assert_eq!((own.owner_id, own.assigned_by_rule), (Some(cyd), None));
    let next = named(&crm, "Next").await?;
    assert_eq!(next.owner_id, Some(bob));
    let given = crm.admin().leads().assign(next.id, Some(cyd), None).await?;
    assert_eq!((given.owner_id, given.assigned_by_rule), (Some(cyd), None));
    // A change of the rule does not begin anew, and keeps its version apart from the turns.
    let patch = LeadAssignmentRulePatch { name: Patch::Set("Team".to_owned()), ..Default::default() };
    let renamed = crm.admin().lead_assignment_rules().update(in_turn.id, patch, Some(1)).await?;
    assert_eq!((renamed.version, named(&crm, "After").await?.owner_id), (2, Some(cyd)));
    crm.admin().lead_assignment_rules().delete(in_turn.id, None).await?;
    let first = crm.admin().leads().get(next.id).await?;
    assert_eq!(first.owner_id, Some(cyd));
    assert_eq!(named(&crm, "Alone").await?.owner_id, None);
    Ok(())
}

/// A team that is known, with these members.
async fn team(crm: &TestCrm, members: &[UserId]) -> Result<TeamId> {
    let id = TeamId(Uuid::new_v4());
    let directory = crm.crm.users_directory(&crm.db);
    let profile = TeamProfile { id, name: Some("North".to_owned()), parent_id: None, manager_id: None };
    directory.mirror_teams(crm.company, &[profile]).await?;
    let teams = |user_id: &UserId| UserTeams { user_id: *user_id, team_ids: vec![id] };
    directory.mirror_members(crm.company, &members.iter().map(teams).collect::<Vec<_>>()).await?;
    Ok(id)
}

async fn the_members_of_a_team_get_leads_in_turn(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut members: [UserId; 3] = users(&crm).await?;
    members.sort_unstable();
    let [ann, bob, cyd] = members;
    let north = team(&crm, &[ann, bob]).await?;
    let in_turn = rule(&crm, NewLeadAssignmentRule::in_team("North", north)).await?;
    assert_eq!((in_turn.team_id, in_turn.user_ids.len()), (Some(north), 0));
    let mut owners = Vec::new();
    for number in 0..3 {
        owners.push(named(&crm, &format!("Lead {number}")).await?.owner_id);
    }
    assert_eq!(owners, [ann, bob, ann].map(Some), "members have their turns in the order of their ids");
    // Members are those that the mirror has by now.
    let directory = crm.crm.users_directory(&crm.db);
    let teams = |user_id, team_ids| UserTeams { user_id, team_ids };
    directory.mirror_members(crm.company, &[teams(bob, Vec::new()), teams(cyd, vec![north])]).await?;
    assert_eq!(named(&crm, "Next").await?.owner_id, Some(cyd));
    let file = std::io::Cursor::new("Name\nA\nB\n");
    let report = crm.admin().leads().import(file, ImportOptions::default()).await?;
    assert_eq!((report.created, report.failed), (2, 0), "{report:?}");
    let of = async |owner: UserId| {
        let query = LeadQuery { sort: "name".parse()?, ..LeadQuery::default() };
        let page = crm.admin().leads().list(&query, &PageRequest::default().limit(100)).await?;
        Ok::<_, anyhow::Error>(page.data.iter().filter(|lead| lead.owner_id == Some(owner)).count())
    };
    assert_eq!([of(ann).await?, of(bob).await?, of(cyd).await?], [3, 1, 2]);
    directory.mirror_members(crm.company, &[teams(ann, Vec::new()), teams(cyd, Vec::new())]).await?;
    let lead = named(&crm, "Alone").await?;
    assert_eq!(lead.owner_id, None);
    let told = crm.admin().leads().assign_by(lead.id, by_rules(), None).await?.explanation.expect("an explanation");
    assert_eq!((told[0].outcome, told[0].users.len()), (LeadRuleOutcome::NobodyAvailable, 0));
    let users = LeadAssignmentRulePatch {
        team_id: Patch::Clear,
        user_ids: Patch::Set(vec![bob]),
        ..LeadAssignmentRulePatch::default()
    };
    crm.admin().lead_assignment_rules().update(in_turn.id, users, None).await?;
    assert_eq!(named(&crm, "Last").await?.owner_id, Some(bob));
    Ok(())
}

async fn turns_are_fair_with_writers_at_the_same_time(database: TestDatabase) -> anyhow::Result<()> {
    const WRITERS: usize = 4;
    const EACH: usize = 250;
    let crm = TestCrm::new(&database);
    let sellers: [UserId; 7] = users(&crm).await?;
    rule(&crm, NewLeadAssignmentRule::in_turn("Sales", sellers)).await?;
    crm.admin().lead_statuses().add_usual().await?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let mut scope = crm.admin();
        writers.spawn(async move {
            let mut owners = Vec::with_capacity(EACH);
            for number in 0..EACH {
                let new = NewLead::organization(format!("Lead {writer}.{number}"));
                owners.push(scope.leads().create(new).await?.owner_id);
            }
            Ok::<_, Error>(owners)
        });
    }
    let mut counts: BTreeMap<Option<UserId>, usize> = BTreeMap::new();
    while let Some(owners) = writers.join_next().await {
        for owner in owners?? {
            *counts.entry(owner).or_default() += 1;
        }
    }
    let (least, most) = (counts.values().min().copied(), counts.values().max().copied());
    assert_eq!(counts.values().sum::<usize>(), WRITERS * EACH);
    assert!(counts.len() == sellers.len() && most <= least.map(|least| least + 1), "{counts:?}");
    Ok(())
}

async fn the_user_with_the_fewest_open_leads_gets_the_next(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [ann, bob] = users(&crm).await?;
    let of_ann = || NewLead { owner_id: Some(ann), ..NewLead::organization("Of Ann") };
    let [one, _two] = [add(&crm, of_ann()).await?, add(&crm, of_ann()).await?];
    let least = NewLeadAssignmentRule {
        strategy: Some(LeadAssignmentStrategy::LeastLoaded),
        ..NewLeadAssignmentRule::in_turn("Sales", [ann, bob])
    };
    rule(&crm, least).await?;
    let owners = [named(&crm, "A").await?.owner_id, named(&crm, "B").await?.owner_id];
    assert_eq!(owners, [Some(bob), Some(bob)]);
    // Both have two: it is not the turn of the one who had the last.
    assert_eq!(named(&crm, "C").await?.owner_id, Some(ann));
    super::change(&crm, &one, status("unqualified")).await?;
    crm.admin().leads().delete(named(&crm, "D").await?.id, None).await?;
    let loads = crm.admin().leads().list(&LeadQuery::default(), &PageRequest::default().limit(100)).await?;
    assert_eq!(loads.data.iter().filter(|lead| lead.owner_id == Some(ann)).count(), 3, "with the lost one");
    assert_eq!(named(&crm, "E").await?.owner_id, Some(ann), "what is lost or in the trash is no load");
    Ok(())
}

async fn the_value_of_a_field_decides(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [ann, bob, cyd] = users(&crm).await?;
    let field = |field: &str, users: &[(&str, UserId)]| NewLeadAssignmentRule {
        strategy: Some(LeadAssignmentStrategy::ByField),
        field: Some(field.to_owned()),
        field_users: Some(
            users.iter().map(|(value, user)| LeadFieldUser { value: (*value).to_owned(), user_id: *user }).collect(),
        ),
        user_ids: None,
        ..NewLeadAssignmentRule::fixed(field, ann)
    };
    rule(&crm, NewLeadAssignmentRule { position: Some(1), ..field("priority", &[("3", ann)]) }).await?;
    rule(&crm, NewLeadAssignmentRule { position: Some(2), ..field("source", &[("Web site", bob), ("fair", cyd)]) })
        .await?;
    let lead = |source: &str, priority: Option<i64>| NewLead {
        source: Some(source.to_owned()),
        priority,
        ..NewLead::organization("Lee & Co")
    };
    let owner = async |new: NewLead| add(&crm, new).await.map(|lead| lead.owner_id);
    assert_eq!(owner(lead("web_site", Some(2))).await?, Some(bob));
    assert_eq!(owner(lead("FAIR", Some(3))).await?, Some(ann));
    assert_eq!(owner(lead("fair", None)).await?, Some(cyd));
    assert_eq!(owner(lead("referral", None)).await?, None);
    let lead = crm.admin().leads().assign(add(&crm, lead("referral", None)).await?.id, None, None).await?;
    let told = crm.admin().leads().assign_by(lead.id, by_rules(), None).await?.explanation.expect("an explanation");
    assert_eq!(told.iter().map(|rule| rule.outcome).collect::<Vec<_>>(), [LeadRuleOutcome::NoUserForValue; 2]);
    Ok(())
}

async fn the_first_rule_that_a_lead_meets_decides(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [ann, bob, cyd] = users(&crm).await?;
    let all = NewLeadAssignmentRule { position: Some(9), ..NewLeadAssignmentRule::fixed("All others", cyd) };
    let berlin = NewLeadAssignmentRule {
        condition: Some(object(json!({ "any": [
            { "field": "city", "op": "starts_with", "value": "ber" },
            { "not": { "field": "customFields.tier", "op": "is_null", "value": true } },
        ] }))),
        position: Some(2),
        ..NewLeadAssignmentRule::fixed("Berlin", ann)
    };
    let asleep = NewLeadAssignmentRule { is_active: Some(false), ..NewLeadAssignmentRule::fixed("Asleep", bob) };
    for new in [all, berlin, asleep] {
        rule(&crm, new).await?;
    }
    let lead = |city: &str| NewLead { city: Some(city.to_owned()), ..NewLead::organization("Lee & Co") };
    assert_eq!(add(&crm, lead("Berlin")).await?.owner_id, Some(ann));
    assert_eq!(add(&crm, lead("Bonn")).await?.owner_id, Some(cyd));
    let gold = NewLead { custom_fields: Some(object(json!({ "tier": "gold" }))), ..lead("Bonn") };
    assert_eq!(add(&crm, gold).await?.owner_id, Some(ann));
    // Other companies have rules of their own.
    assert_eq!(named(&crm.other_company(), "Lee & Co").await?.owner_id, None);
    Ok(())
}

async fn who_cannot_is_passed_over_and_it_is_told_why(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [gone, full, free, last] = users(&crm).await?;
    let lead = unowned(&crm, "Lee & Co").await?;
    add(&crm, NewLead { owner_id: Some(full), ..NewLead::organization("Full") }).await?;
    let limited = NewLeadAssignmentRule {
        capacity: Some(1),
        position: Some(1),
        ..NewLeadAssignmentRule::in_turn("Limited", [gone, full, free, last])
    };
    rule(&crm, limited).await?;
    let others = NewLeadAssignmentRule { position: Some(2), ..NewLeadAssignmentRule::fixed("Others", full) };
    rule(&crm, others).await?;
    mirror(&crm, gone, false).await?;
    let answer = crm.admin().leads().assign_by(lead.id, by_rules(), None).await?;
    assert_eq!((answer.lead.owner_id, answer.lead.version), (Some(free), lead.version + 1));
    let told = answer.explanation.expect("an explanation");
    let outcomes: Vec<_> = told.iter().map(|rule| (rule.name.as_str(), rule.is_matched, rule.outcome)).collect();
    assert_eq!(outcomes, [("Limited", true, LeadRuleOutcome::Decided), ("Others", true, LeadRuleOutcome::NotReached)]);
    let candidates: Vec<_> = told[0].users.iter().map(|user| (user.user_id, user.outcome, user.open_leads)).collect();
    use LeadCandidateOutcome::{AtCapacity, Inactive, NotTheirTurn, Taken};
    let expected =
        [(gone, Inactive, Some(0)), (full, AtCapacity, Some(1)), (free, Taken, Some(0)), (last, NotTheirTurn, Some(0))];
    assert_eq!(candidates, expected);
    // Then the last has their turn, and the next rule gets what is left.
    let owners = [named(&crm, "Next").await?.owner_id, named(&crm, "Left").await?.owner_id];
    assert_eq!(owners, [Some(last), Some(full)]);
    Ok(())
}

async fn a_rule_can_be_for_working_hours_only(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let [ann] = users(&crm).await?;
    let hours = json!({ "workingHours": { "periods": [{ "day": "monday", "from": "09:00", "to": "17:00" }] } });
    crm.admin().settings().update(serde_json::from_value(hours)?, None).await?;
    let working =
        NewLeadAssignmentRule { working_hours_only: Some(true), ..NewLeadAssignmentRule::fixed("Office", ann) };
    rule(&crm, working).await?;
    assert_eq!(named(&crm, "Noon").await?.owner_id, Some(ann));
    clock.set("2026-06-01T17:00:00Z".parse()?);
    let late = named(&crm, "Evening").await?;
    assert_eq!(late.owner_id, None);
    let told = crm.admin().leads().assign_by(late.id, by_rules(), None).await?.explanation.expect("an explanation");
    assert_eq!(told[0].outcome, LeadRuleOutcome::OutsideWorkingHours);
    Ok(())
}

async fn a_dry_run_tells_and_writes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [ann, bob] = users(&crm).await?;
    let lead = unowned(&crm, "Lee & Co").await?;
    rule(&crm, NewLeadAssignmentRule::in_turn("Sales", [ann, bob])).await?;
    let before = crm.records().await?;
    for _ in 0..2 {
        let dry = AssignLead { dry_run: Some(true), ..by_rules() };
        let told = crm.admin().leads().assign_by(lead.id, dry, None).await?;
        assert_eq!(told.lead.owner_id, Some(ann), "the turn is not over");
    }
    assert_eq!(crm.records().await?, before);
    assert_eq!(crm.admin().leads().get(lead.id).await?, lead);
    assert_matches!(crm.admin().leads().assign_by(lead.id, by_rules(), Some(9)).await, Err(Error::Stale { .. }));
    let plain = AssignLead { explain: None, ..by_rules() };
    let given = crm.admin().leads().assign_by(lead.id, plain, Some(lead.version)).await?;
    assert_eq!((given.lead.owner_id, given.explanation), (Some(ann), None));
    let viewer = crm.scope(Role::Viewer).leads().assign_by(lead.id, by_rules(), None).await;
    assert_matches!(viewer, Err(Error::Forbidden { .. }));
    Ok(())
}

async fn a_rule_that_no_longer_makes_sense_is_passed_over(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [ann, bob] = users(&crm).await?;
    let tier = json!({ "field": "customFields.size", "op": "eq", "value": "big" });
    let by_size =
        NewLeadAssignmentRule { condition: Some(object(tier)), ..NewLeadAssignmentRule::fixed("Big ones", ann) };
    rule(&crm, by_size).await?;
    rule(&crm, NewLeadAssignmentRule { position: Some(1), ..NewLeadAssignmentRule::fixed("Others", bob) }).await?;
    let field = json!({ "entity": "customer", "key": "size", "label": "Size", "type": "integer" });
    crm.admin().custom_fields().create(serde_json::from_value(field)?).await?;
    let lead = named(&crm, "Lee & Co").await?;
    assert_eq!(lead.owner_id, Some(bob));
    let told = crm.admin().leads().assign_by(lead.id, by_rules(), None).await?.explanation.expect("an explanation");
    assert_eq!(told[0].outcome, LeadRuleOutcome::ConditionInvalid);
    Ok(())
}

async fn what_does_not_go_together_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [ann, bob] = users(&crm).await?;
    let stranger = UserId(Uuid::new_v4());
    let refused = async |new: NewLeadAssignmentRule| violations(rule(&crm, new).await);
    let at = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    let two = NewLeadAssignmentRule { user_ids: Some(vec![ann, bob]), ..NewLeadAssignmentRule::fixed("Two", ann) };
    assert_eq!(refused(two).await, [at("/userIds", "too_many")]);
    let twice = NewLeadAssignmentRule::in_turn("Twice", [ann, ann]);
    assert_eq!(refused(twice).await, [at("/userIds/1", "duplicate")]);
    let unknown = NewLeadAssignmentRule::in_turn("Unknown", [ann, stranger]);
    assert_eq!(refused(unknown).await, [at("/userIds/1", "user_unknown")]);
    let none = NewLeadAssignmentRule { name: None, ..NewLeadAssignmentRule::in_turn("", []) };
    assert_eq!(refused(none).await, [at("/name", "required"), at("/userIds", "required")]);
    let north = team(&crm, &[ann]).await?;
    let with_users = NewLeadAssignmentRule { team_id: Some(north), ..NewLeadAssignmentRule::in_turn("Both", [ann]) };
    assert_eq!(refused(with_users).await, [at("/teamId", "unexpected")]);
    let fixed = NewLeadAssignmentRule { team_id: Some(north), ..NewLeadAssignmentRule::fixed("Fixed", ann) };
    assert_eq!(refused(fixed).await, [at("/teamId", "unexpected")]);
    let unheard_of = NewLeadAssignmentRule::in_team("Unheard of", TeamId(Uuid::new_v4()));
    assert_eq!(refused(unheard_of).await, [at("/teamId", "team_unknown")]);
    let mine = json!({ "field": "ownerId", "op": "eq", "value": "me" });
    let mine = NewLeadAssignmentRule { condition: Some(object(mine)), ..NewLeadAssignmentRule::fixed("Mine", ann) };
    assert_eq!(refused(mine).await, [at("/condition", "filter_invalid")]);
    let by_field = NewLeadAssignmentRule {
        strategy: Some(LeadAssignmentStrategy::ByField),
        field: Some("rating".to_owned()),
        field_users: Some(vec![LeadFieldUser { value: "tepid".to_owned(), user_id: stranger }]),
        ..NewLeadAssignmentRule::fixed("By field", ann)
    };
    assert_eq!(refused(by_field).await, [at("/userIds", "unexpected"), at("/fieldUsers/0/value", "filter_invalid")]);
    let lead = unowned(&crm, "Lee & Co").await?;
    let both = AssignLead { owner_id: Some(ann), ..by_rules() };
    let both = crm.admin().leads().assign_by(lead.id, both, None).await;
    assert_eq!(violations(both), [at("/ownerId", "unexpected")]);
    let dry = AssignLead { owner_id: Some(ann), dry_run: Some(true), ..AssignLead::default() };
    let dry = crm.admin().leads().assign_by(lead.id, dry, None).await;
    assert_eq!(violations(dry), [at("/dryRun", "unexpected")]);
    for number in 0..50 {
        rule(&crm, NewLeadAssignmentRule::fixed(format!("Rule {number}"), ann)).await?;
    }
    assert_matches!(
        rule(&crm, NewLeadAssignmentRule::fixed("One more", ann)).await,
        Err(Error::Conflict(Conflict::TooManyLeadAssignmentRules))
    );
    Ok(())
}

/// By hand, in bulk and by rules; nobody of what they did themselves.
async fn a_new_owner_is_notified(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (seller, support) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Support).await?);
    let [one, two, three] = [named(&crm, "One").await?, named(&crm, "Two").await?, named(&crm, "Three").await?];
    crm.admin().leads().assign(one.id, Some(seller), None).await?;
    let both = AssignLeads { lead_ids: vec![one.id, two.id, three.id], owner_id: Some(seller) };
    crm.admin().leads().assign_all(both).await?;
    let added = add(&crm, NewLead { owner_id: Some(seller), ..NewLead::organization("Added") }).await?;
    rule(&crm, NewLeadAssignmentRule::fixed("Sales", seller)).await?;
    let ruled = named(&crm, "Ruled").await?;
    crm.scope(Role::SalesRep).leads().create(NewLead::organization("Mine")).await?;
    let given_away = crm.admin().leads().assign(three.id, Some(support), None).await?;
    let request = PageRequest::default().limit(100);
    let told = async |role: Role| {
        let page = crm.scope(role).notifications().list(&NotificationQuery::default(), &request).await?;
        let one = |one: crm_core::notifications::Notification| {
            assert_eq!((one.kind, one.record_kind), (NotificationKind::Assigned, NotifiedRecord::Lead));
            assert_eq!(one.customer_id.map(|id| id.0), Some(one.record_id));
            (one.title.unwrap_or_default(), one.record_id, one.count)
        };
        let mut told: Vec<_> = page.data.into_iter().map(one).collect();
        told.sort();
        Ok::<_, Error>(told)
    };
    let of = |lead: &Lead| (lead.name.clone(), lead.id.0, 1);
    // The lead that is another user's by now is out of sight.
    let mut expected: Vec<_> = [&one, &two, &added, &ruled].into_iter().map(of).collect();
    if crm.scope(Role::SalesRep).leads().get(three.id).await.is_ok() {
        expected.push(of(&three));
    }
    expected.sort();
    assert_eq!(told(Role::SalesRep).await?, expected);
    assert_eq!(told(Role::Support).await?, [of(&given_away)]);
    Ok(())
}

/// Each rule is asked about all leads of a file before the next one, and goes on where it was afterwards.
async fn leads_of_a_file_are_assigned_and_scored(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [ann, bob, cyd] = users(&crm).await?;
    let is_hot = json!({ "field": "rating", "op": "eq", "value": "hot" });
    let few = NewLeadAssignmentRule { capacity: Some(2), ..NewLeadAssignmentRule::in_turn("Hot", [cyd]) };
    rule(&crm, NewLeadAssignmentRule { condition: Some(object(is_hot.clone())), ..few }).await?;
    let others = NewLeadAssignmentRule { position: Some(1), ..NewLeadAssignmentRule::in_turn("All", [ann, bob]) };
    let others = rule(&crm, others).await?;
    crm.admin().lead_scoring().create_rule(NewLeadScoringRule::of("Hot", &is_hot, 20)).await?;
    let file = std::io::Cursor::new("Name,Rating\nA,hot\nB,cold\nC,hot\nD,hot\nE,\n");
    let report = crm.admin().leads().import(file, ImportOptions::default()).await?;
    assert_eq!((report.created, report.failed), (5, 0), "{report:?}");
    let query = LeadQuery { sort: "name".parse()?, ..LeadQuery::default() };
    let leads = crm.admin().leads().list(&query, &PageRequest::default()).await?.data;
    let owners: Vec<_> = leads.iter().map(|lead| lead.owner_id).collect();
    assert_eq!(owners, [cyd, ann, cyd, bob, ann].map(Some));
    let scores: Vec<i64> = leads.iter().map(|lead| lead.score).collect();
    assert_eq!(scores, [20, 0, 20, 20, 0]);
    for lead in &leads {
        assert_eq!((lead.version, lead.assigned_at.is_some()), (1, true), "{}", lead.name);
        let history = crm.admin().leads().history(lead.id, &PageRequest::default()).await?.data;
        assert_eq!(history.len(), 1, "it was never without an owner");
    }
    assert_eq!(leads[3].assigned_by_rule.as_ref().map(|by| by.id), Some(others.id));
    assert_eq!(named(&crm, "Next").await?.owner_id, Some(bob));
    Ok(())
}
