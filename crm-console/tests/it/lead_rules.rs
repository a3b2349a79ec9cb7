//! Assignment rules in the settings: they are added, changed, paused and deleted; and within what time leads are answered.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::ids::{TeamId, UserId};
use crm_core::lead_assignment_rules::{LeadAssignmentRule, LeadAssignmentStrategy, NewLeadAssignmentRule};
use crm_core::page::PageRequest;
use crm_core::users::{TeamProfile, UserProfile};
use crm_core::{Crm, Result};
use serde_json::json;
use testkit::{Suite, TestDatabase, tests};
use uuid::Uuid;

use crate::support::{Answer, Browser, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_rule_is_added_with_a_condition_and_users,
        a_rule_is_changed_and_keeps_the_order_of_its_users,
        a_rule_of_a_team_is_paused_and_deleted,
        a_rule_goes_by_a_field,
        what_rows_cannot_say_is_kept,
        faults_stand_with_their_fields,
        a_change_of_another_user_is_told,
        roles_do_what_they_may,
        another_companys_are_not_found,
        response_targets_are_typed_in_a_line,
    ]);
}

const LIST: &str = "/settings/lead-assignment-rules";

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

/// Two users of the company, Ann and Bob.
async fn people(database: &TestDatabase, person: Person) -> [String; 2] {
    let mut scope = Person::new(person.company, Role::Admin).scope(database);
    let mut ids = Vec::new();
    for name in ["Ann", "Bob"] {
        let id = UserId(Uuid::new_v4());
        let profile = UserProfile { id, display_name: Some(name.to_owned()), email: None, is_active: true };
        scope.users().mirror(&profile).await.unwrap();
        ids.push(id.to_string());
    }
    ids.try_into().unwrap()
}

async fn rules(database: &TestDatabase, person: Person) -> Vec<LeadAssignmentRule> {
    let mut scope = person.scope(database);
    scope.lead_assignment_rules().list(&Default::default(), &PageRequest::default()).await.unwrap().data
}

async fn add(database: &TestDatabase, person: Person, name: &str) -> Result<LeadAssignmentRule> {
    let [ann, _] = people(database, person).await;
    let new = NewLeadAssignmentRule::fixed(name, UserId(ann.parse().unwrap()));
    person.scope(database).lead_assignment_rules().create(new).await
}

async fn a_rule_is_added_with_a_condition_and_users(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let [ann, bob] = people(&database, person).await;
    assert!(ok(&browser, LIST).await.has("No rules yet"));
    let form = ok(&browser, &format!("{LIST}/new")).await;
    assert!(form.has("name=\"field-0\"") && form.has("Ann") && form.has("Bob"));
    let fields = [
        ("name", "Hot leads from Germany"),
        ("position", "2"),
        ("field-0", "countryCode"),
        ("operator-0", "eq"),
        ("operand-0", "DE"),
        ("field-1", "priority"),
        ("operator-1", "gte"),
        ("operand-1", "2"),
        ("strategy", "round_robin"),
        ("userIds", &*ann),
        ("userIds", &*bob),
        ("capacity", "50"),
        ("workingHoursOnly", "true"),
        ("isActive", "true"),
    ];
    let list = browser.submit(LIST, &fields).await;
    assert!(list.has("The rule was added.") && list.has("Hot leads from Germany") && list.has("Ann, Bob"));
    let rule = rules(&database, person).await.remove(0);
    let condition = json!({ "all": [
        { "field": "countryCode", "op": "eq", "value": "DE" },
        { "field": "priority", "op": "gte", "value": 2 },
    ] });
    assert_eq!(rule.condition, condition.as_object().cloned());
    assert_eq!((rule.strategy, rule.capacity, rule.position), (LeadAssignmentStrategy::RoundRobin, Some(50), 2));
    assert!(rule.working_hours_only && rule.is_active && rule.user_ids.len() == 2);
}

async fn a_rule_is_changed_and_keeps_the_order_of_its_users(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let [ann, bob] = people(&database, person).await;
    let in_turn = [&bob, &ann].map(|id| UserId(id.parse().unwrap()));
    let new = NewLeadAssignmentRule::in_turn("Sales", in_turn);
    let rule = person.scope(&database).lead_assignment_rules().create(new).await.unwrap();
    let path = format!("{LIST}/{}", rule.id);
    let page = ok(&browser, &path).await;
    assert!(page.has(&format!("name=\"order\" value=\"{bob}\"")) && page.has("value=\"Sales\""));
    let fields = [
        ("version", "1"),
        ("name", "Sales team"),
        ("strategy", "least_loaded"),
        ("order", &*bob),
        ("order", &*ann),
        ("userIds", &*ann),
        ("userIds", &*bob),
    ];
    assert!(browser.submit(&path, &fields).await.has("The rule was saved."));
    let now = rules(&database, person).await.remove(0);
    assert_eq!((now.name.as_str(), now.strategy), ("Sales team", LeadAssignmentStrategy::LeastLoaded));
    assert_eq!((now.user_ids, now.is_active), (in_turn.to_vec(), false));
}

async fn a_rule_of_a_team_is_paused_and_deleted(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let team = TeamId(Uuid::new_v4());
    let north = TeamProfile { id: team, name: Some("North".to_owned()), parent_id: None, manager_id: None };
    let directory = Crm::default();
    directory.users_directory(&database.connection).mirror_teams(person.company, &[north]).await.unwrap();
    let id = team.to_string();
    assert!(ok(&browser, &format!("{LIST}/new")).await.has("North"));
    let fields = [("name", "North"), ("strategy", "round_robin"), ("teamId", &*id), ("isActive", "true")];
    assert!(browser.submit(LIST, &fields).await.has("The rule was added."));
    let rule = rules(&database, person).await.remove(0);
    assert_eq!((rule.team_id, rule.user_ids.len()), (Some(team), 0));
    let path = format!("{LIST}/{}", rule.id);
    assert!(ok(&browser, &path).await.has(&format!("<option value=\"{id}\" selected>North</option>")));
    assert!(browser.submit(&format!("{path}/active"), &[("version", "1")]).await.has("is not asked any more"));
    let on = browser.submit(&format!("{path}/active"), &[("version", "2"), ("active", "true")]).await;
    assert!(on.has("The rule is asked again.") && rules(&database, person).await[0].is_active);
    assert!(ok(&browser, &format!("{path}/delete")).await.has("Delete the rule North?"));
    assert!(browser.submit(&format!("{path}/delete"), &[("version", "3")]).await.has("The rule was deleted."));
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
}

async fn a_rule_goes_by_a_field(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let [ann, bob] = people(&database, person).await;
    let fields = [
        ("name", "By country"),
        ("strategy", "by_field"),
        ("field", "countryCode"),
        ("value-0", "DE"),
        ("user-0", &*ann),
        ("value-1", ""),
        ("value-2", "AT"),
        ("user-2", &*bob),
        // What the strategy does not ask for is left out.
        ("userIds", &*ann),
        ("isActive", "true"),
    ];
    assert!(browser.submit(LIST, &fields).await.has("DE: Ann, AT: Bob"));
    let rule = rules(&database, person).await.remove(0);
    assert_eq!((rule.field.as_deref(), rule.field_users.len(), rule.user_ids.len()), (Some("countryCode"), 2, 0));
    let page = ok(&browser, &format!("{LIST}/{}", rule.id)).await;
    assert!(page.has("name=\"value-1\" value=\"AT\"") && page.has("name=\"value-4\""));
}

async fn what_rows_cannot_say_is_kept(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let [ann, _] = people(&database, person).await;
    let any = json!({ "any": [
        { "field": "city", "op": "eq", "value": "Bonn" },
        { "field": "city", "op": "eq", "value": "Köln" },
    ] });
    let new = NewLeadAssignmentRule {
        condition: any.as_object().cloned(),
        ..NewLeadAssignmentRule::fixed("Rhine", UserId(ann.parse().unwrap()))
    };
    let rule = person.scope(&database).lead_assignment_rules().create(new).await.unwrap();
    let path = format!("{LIST}/{}", rule.id);
    assert!(ok(&browser, &path).await.has("<details open>"));
    let filter = any.to_string();
    let fields = [
        ("version", "1"),
        ("name", "Rhineland"),
        ("strategy", "fixed"),
        ("userIds", &*ann),
        ("filter", &*filter),
        ("field-0", "source"),
        ("operand-0", "web"),
    ];
    assert!(browser.submit(&path, &fields).await.has("The rule was saved."));
    let now = rules(&database, person).await.remove(0);
    assert_eq!((now.name.as_str(), now.condition), ("Rhineland", any.as_object().cloned()));
}

async fn faults_stand_with_their_fields(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let fields = [
        ("name", ""),
        ("strategy", "fixed"),
        ("field-0", "rating"),
        ("operator-0", "eq"),
        ("operand-0", "tepid"),
        ("capacity", "0"),
    ];
    let page = browser.post(LIST, &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for name in ["name", "condition", "userIds", "capacity"] {
        assert!(page.has(&format!("id=\"{name}-fault\"")), "{name}: {}", page.body);
    }
    assert!(page.has("value=\"tepid\""), "what was typed stays");
    for (name, text) in [("capacity", "many"), ("position", "first"), ("filter", "[")] {
        let page = browser.post(LIST, &[("name", "x"), ("strategy", "fixed"), (name, text)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        let at = if name == "filter" { "condition" } else { name };
        assert!(page.has(&format!("id=\"{at}-fault\"")), "{name}: {}", page.body);
    }
}

async fn a_change_of_another_user_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let rule = add(&database, person, "Sales").await.unwrap();
    let (path, user) = (format!("{LIST}/{}", rule.id), rule.user_ids[0].to_string());
    let fields = |name| [("version", "1"), ("name", name), ("strategy", "fixed"), ("userIds", &*user)];
    browser.submit(&path, &fields("Mine")).await;
    let stale = browser.post(&path, &fields("Other")).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("was changed after you opened it") && stale.has("value=\"Other\"") && stale.has("value=\"2\""));
}

async fn roles_do_what_they_may(database: TestDatabase) {
    let company = company();
    let rule = add(&database, Person::new(company, Role::Admin), "Sales").await.unwrap();
    let path = format!("{LIST}/{}", rule.id);
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let may = matches!(role, Role::Admin | Role::Manager);
        let list = ok(&browser, LIST).await;
        assert!(list.has("Sales"), "{role}");
        assert_eq!(list.has("lead-assignment-rules/new"), may, "{role}");
        assert_eq!(ok(&browser, &path).await.has(">Pause<"), may, "{role}");
        for path in [format!("{LIST}/new"), format!("{path}/delete")] {
            let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(browser.get(&path).await.status, expected, "{role} {path}");
        }
        if may {
            continue;
        }
        for path in [LIST.to_owned(), path.clone(), format!("{path}/active"), format!("{path}/delete")] {
            let answer = browser.post(&path, &[("version", "1"), ("name", "x"), ("strategy", "fixed")]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
    }
}

async fn another_companys_are_not_found(database: TestDatabase) {
    let rule = add(&database, Person::new(company(), Role::Admin), "RULE-MARK").await.unwrap();
    let other = browser(&database, Person::new(company(), Role::Admin)).await;
    let path = format!("{LIST}/{}", rule.id);
    for path in [path.clone(), format!("{path}/delete")] {
        let answer = other.get(&path).await;
        assert!(answer.status == StatusCode::NOT_FOUND && !answer.has("-MARK"), "{path}");
    }
    for act in ["", "/active", "/delete"] {
        let answer = other.post(&format!("{path}{act}"), &[("version", "1"), ("strategy", "fixed")]).await;
        assert!(answer.status == StatusCode::NOT_FOUND && !answer.has("-MARK"), "{act}");
    }
    assert!(!ok(&other, LIST).await.has("-MARK"));
}

async fn response_targets_are_typed_in_a_line(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let version = ok(&browser, "/settings").await.after("name=\"version\"", "value");
    let fields = |version, targets| {
        [("version", version), ("timeZone", "UTC"), ("duplicatePolicy", "warn"), ("leadResponseTargets", targets)]
    };
    let saved = browser.submit("/settings", &fields(&*version, "hot 30; priority 2, web_site 120;480")).await;
    assert!(saved.has("The settings were saved.") && saved.has("value=\"hot 30; priority 2, web_site 120; 480\""));
    let settings = person.scope(&database).settings().get().await.unwrap();
    let minutes: Vec<i64> = settings.lead_response_targets.iter().map(|target| target.minutes).collect();
    assert_eq!(minutes, [30, 120, 480]);
    let version = saved.after("name=\"version\"", "value");
    for bad in ["soon", "hot 0", "priority 9 30"] {
        let answer = browser.post("/settings", &fields(&*version, bad)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert!(answer.has("id=\"leadResponseTargets-fault\"") && answer.has(&format!("value=\"{bad}\"")), "{bad}");
    }
    assert!(browser.submit("/settings", &fields(&*version, "")).await.has("The settings were saved."));
    assert!(person.scope(&database).settings().get().await.unwrap().lead_response_targets.is_empty());
}
