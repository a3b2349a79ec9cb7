//! Lead scoring in the settings: rules with their conditions, what was learned, and how good that is.

use actix_web::http::StatusCode;
use crm_core::Crm;
use crm_core::actor::Role;
use crm_core::jobs::JobOptions;
use crm_core::lead_scoring::{LeadScoringRule, LeadScoringRuleQuery, NewLeadScoringRule};
use crm_core::leads::NewLead;
use crm_core::page::PageRequest;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, Person, browser, company};

const LIST: &str = "/settings/lead-scoring";

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_rule_is_added_changed_and_deleted,
        conditions_are_rows_of_a_form,
        what_rows_cannot_say_is_a_filter,
        what_is_wrong_is_told_beside_it,
        a_change_of_another_person_is_told,
        all_read_and_managers_write,
    ]);
    tests!(suite, own: [what_was_learned_is_told]);
}

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

async fn rules(database: &TestDatabase, person: Person) -> Vec<LeadScoringRule> {
    let query = LeadScoringRuleQuery::default();
    person.scope(database).lead_scoring().list_rules(&query, &PageRequest::default()).await.unwrap().data
}

async fn add(database: &TestDatabase, person: Person, condition: &Value) -> LeadScoringRule {
    let new = NewLeadScoringRule::of("Comes from a fair", condition, 15);
    person.scope(database).lead_scoring().create_rule(new).await.unwrap()
}

fn condition(rule: &LeadScoringRule) -> Value {
    Value::Object(rule.condition.clone())
}

async fn a_rule_is_added_changed_and_deleted(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    assert!(ok(&browser, LIST).await.has("No rules yet"));
    let fields = [
        ("name", "Comes from a fair"),
        ("points", "+15"),
        ("decayDays", "60"),
        ("position", "2"),
        ("isActive", "true"),
        ("row", "0"),
        ("field-0", "source"),
        ("op-0", "eq"),
        ("value-0", "trade fair"),
    ];
    let list = browser.submit(LIST, &fields).await;
    assert!(list.has("The rule was added.") && list.has("Comes from a fair") && list.has("+15") && list.has("60 days"));
    assert!(list.has("Source is trade fair"));
    let rule = rules(&database, person).await.remove(0);
    assert_eq!(condition(&rule), json!({ "field": "source", "op": "eq", "value": "trade fair" }));
    assert_eq!((rule.points, rule.decay_days, rule.position, rule.is_active), (15, Some(60), 2, true));

    let page = format!("{LIST}/{}", rule.id);
    let form = ok(&browser, &page).await;
    assert!(form.has("value=\"trade fair\"") && form.has("value=\"source\" selected") && form.has("value=\"60\""));
    let mut changed = fields.to_vec();
    changed.extend([("version", "1"), ("points", "20")]);
    let changed: Vec<_> = changed.into_iter().filter(|field| *field != ("points", "+15")).collect();
    let changed: Vec<_> = changed.into_iter().filter(|(name, _)| *name != "decayDays").collect();
    assert!(browser.submit(&page, &changed).await.has("+20"));
    let rule = rules(&database, person).await.remove(0);
    assert_eq!((rule.points, rule.decay_days, rule.version), (20, None, 2));

    let off = browser.submit(&format!("{page}/active"), &[("version", "2")]).await;
    assert!(off.has("does not count") && !rules(&database, person).await[0].is_active);
    let on = browser.submit(&format!("{page}/active"), &[("version", "3"), ("active", "true")]).await;
    assert!(!on.has("does not count") && rules(&database, person).await[0].is_active);

    assert!(ok(&browser, &format!("{page}/delete")).await.has("Delete the rule Comes from a fair?"));
    let gone = browser.submit(&format!("{page}/delete"), &[("version", "4")]).await;
    assert!(gone.has("The rule was deleted.") && gone.has("No rules yet"));
}

async fn conditions_are_rows_of_a_form(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let typed = |rows: &[[&str; 3]]| -> Vec<(String, String)> {
        let row = |(key, [field, op, value]): (usize, &[&str; 3])| {
            [
                ("row".to_owned(), key.to_string()),
                (format!("field-{key}"), (*field).to_owned()),
                (format!("op-{key}"), (*op).to_owned()),
                (format!("value-{key}"), (*value).to_owned()),
            ]
        };
        rows.iter().enumerate().flat_map(row).collect()
    };
    for (matching, rows, expected) in [
        (
            "all",
            &[["rating", "eq", "hot"], ["tags", "has_any", "VIP, Fair"], ["", "eq", ""]][..],
            json!({ "all": [
                { "field": "rating", "op": "eq", "value": "hot" },
                { "field": "tags", "op": "has_any", "value": ["VIP", "Fair"] },
            ] }),
        ),
        (
            "any",
            &[["kind", "eq", "person"], ["email", "is_set", ""], ["city", "is_null", "x"]][..],
            json!({ "any": [
                { "field": "kind", "op": "eq", "value": "person" },
                { "field": "email", "op": "is_null", "value": false },
                { "field": "city", "op": "is_null", "value": true },
            ] }),
        ),
        (
            "all",
            &[["priority", "gte", "2"], ["doNotCall", "eq", "No"], ["countryCode", "in", "DE,AT"]][..],
            json!({ "all": [
                { "field": "priority", "op": "gte", "value": 2 },
                { "field": "doNotCall", "op": "eq", "value": false },
                { "field": "countryCode", "op": "in", "value": ["DE", "AT"] },
            ] }),
        ),
    ] {
        let typed = typed(rows);
        let mut fields = vec![("name", "Rule"), ("points", "1"), ("isActive", "true"), ("match", matching)];
        fields.extend(typed.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        browser.submit(LIST, &fields).await;
        let rules = rules(&database, person).await;
        let rule = rules.iter().find(|rule| condition(rule) == expected);
        let rule = rule.unwrap_or_else(|| panic!("no {expected} in {rules:?}"));
        // The form of the rule says the same.
        let form = ok(&browser, &format!("{LIST}/{}", rule.id)).await;
        for [field, _, value] in rows.iter().filter(|[field, ..]| !field.is_empty()) {
            assert!(form.has(&format!("value=\"{field}\" selected")), "{field}");
            assert!(
                *value == "x" || form.body.to_lowercase().contains(&value.split(',').next().unwrap().to_lowercase())
            );
        }
        assert!(!form.has("name=\"filter\""));
    }
    // The buttons of the rows save nothing.
    let fields = [("name", "More"), ("row", "0"), ("field-0", "rating"), ("value-0", "hot"), ("add", "1")];
    let more = browser.post(LIST, &fields).await;
    assert!(more.status == StatusCode::OK && more.has("name=\"field-1\"") && more.has("value=\"More\""));
    let fields = [("row", "0"), ("row", "1"), ("field-0", "rating"), ("field-1", "city"), ("without", "0")];
    let less = browser.post(LIST, &fields).await;
    assert!(!less.has("name=\"field-0\"") && less.has("value=\"city\" selected"));
    assert_eq!(rules(&database, person).await.len(), 3);
}

async fn what_rows_cannot_say_is_a_filter(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let nested = json!({ "not": { "field": "rating", "op": "eq", "value": "cold" } });
    let rule = add(&database, person, &nested).await;
    let browser = browser(&database, person).await;
    let page = format!("{LIST}/{}", rule.id);
    let form = ok(&browser, &page).await;
    assert!(form.has("name=\"filter\"") && !form.has("name=\"row\""));
    let other = json!({ "all": [{ "not": { "field": "city", "op": "is_null" } }] });
    let written = other.to_string();
    let fields = [("version", "1"), ("name", "Has a city"), ("points", "-5"), ("filter", &*written)];
    assert!(browser.submit(&page, &fields).await.has("-5"));
    let rule = rules(&database, person).await.remove(0);
    assert_eq!((condition(&rule), rule.is_active), (other, false));
    let fields = [("version", "2"), ("name", "Has a city"), ("points", "-5"), ("filter", "{")];
    let refused = browser.post(&page, &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.has("condition-fault") && refused.has("name=\"filter\""));
    assert!(ok(&browser, &format!("{LIST}/new?as=filter")).await.has("name=\"filter\""));
    let simple = add(&database, person, &json!({ "field": "source", "op": "eq", "value": "fair" })).await;
    assert!(ok(&browser, &format!("{LIST}/{}?as=filter", simple.id)).await.has("name=\"filter\""));
}

async fn what_is_wrong_is_told_beside_it(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let refused = browser.post(LIST, &[("name", ""), ("row", "0")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for fault in ["name-fault", "points-fault", "condition-fault"] {
        assert!(refused.has(fault), "{fault}");
    }
    let form = |points, op, value| {
        [
            ("name", "<script>"),
            ("points", points),
            ("row", "0"),
            ("field-0", "priority"),
            ("op-0", op),
            ("value-0", value),
        ]
    };
    for (fields, fault) in [
        (form("a lot", "gte", "1"), "points-fault"),
        (form("101", "gte", "1"), "points-fault"),
        (form("1", "contains", "1"), "condition-fault"),
        (form("1", "gte", "high"), "condition-fault"),
    ] {
        let refused = browser.post(LIST, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert!(refused.has(fault) && refused.has("&#60;script&#62;") && !refused.has("<script>"), "{fields:?}");
    }
    assert!(rules(&database, person).await.is_empty());
}

async fn a_change_of_another_person_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let rule = add(&database, person, &json!({ "field": "source", "op": "eq", "value": "fair" })).await;
    let browser = browser(&database, person).await;
    let page = format!("{LIST}/{}", rule.id);
    let fields = |version, name| {
        [("version", version), ("name", name), ("points", "1"), ("row", "0"), ("field-0", "city"), ("value-0", "Bonn")]
    };
    browser.submit(&page, &fields("1", "Theirs")).await;
    let stale = browser.post(&page, &fields("1", "Mine")).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("was changed after you opened") && stale.has("value=\"Mine\"") && stale.has("<h1>Theirs"));
    let version = stale.after("name=\"version\"", "value");
    assert!(browser.submit(&page, &fields(&version, "Mine")).await.has("Mine"));
}

async fn all_read_and_managers_write(database: TestDatabase) {
    let company = company();
    let rule =
        add(&database, Person::new(company, Role::Admin), &json!({ "field": "source", "op": "eq", "value": "fair" }))
            .await;
    let page = format!("{LIST}/{}", rule.id);
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let may_write = matches!(role, Role::Admin | Role::Manager);
        for path in [LIST, &*page] {
            let shown = ok(&browser, path).await;
            let main = shown.body.split("<main").nth(1).unwrap().split("</main").next().unwrap();
            assert!(
                main.contains("Comes from a fair") && main.contains("button-primary") == may_write,
                "{role} {path}"
            );
        }
        let new = browser.get(&format!("{LIST}/new")).await.status;
        assert_eq!(new == StatusCode::OK, may_write, "{role}");
        if !may_write {
            for path in [
                LIST.to_owned(),
                page.clone(),
                format!("{page}/active"),
                format!("{page}/delete"),
                format!("{LIST}/rebuild"),
            ] {
                let fields = [("version", "1"), ("name", "X"), ("points", "1"), ("row", "0"), ("field-0", "city")];
                assert_eq!(browser.post(&path, &fields).await.status, StatusCode::FORBIDDEN, "{role} {path}");
            }
        }
    }
    let other = browser(&database, Person::new(crate::support::company(), Role::Admin)).await;
    assert!(!ok(&other, LIST).await.has("Comes from a fair"));
    for path in [page.clone(), format!("{page}/delete")] {
        assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(other.get(&format!("{LIST}/x")).await.status, StatusCode::NOT_FOUND);
}

/// Enough leads to learn from: those from a fair are won, others are lost.
async fn what_was_learned_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let page = ok(&browser, LIST).await;
    assert!(page.has("Nothing was learned yet.") && page.has("This is measured once enough was learned."));
    let mut scope = person.scope(&database);
    let mut tx = scope.begin().await.unwrap();
    for number in 0..160 {
        let (source, status) = if number % 2 == 0 { ("fair", "qualified") } else { ("list", "unqualified") };
        let new = NewLead {
            source: Some(source.to_owned()),
            status: Some(status.into()),
            ..NewLead::person("Ann", format!("Lee {number}"))
        };
        tx.scope().leads().create(new).await.unwrap();
    }
    tx.commit().await.unwrap();
    let started = browser.submit(&format!("{LIST}/rebuild"), &[]).await;
    assert!(started.has("A job learns from the leads"));
    Crm::default().run_due_jobs(&database.connection, &JobOptions::default()).await.unwrap();
    let model = scope.lead_scoring().model().await.unwrap();
    let quality = scope.lead_scoring().quality().await.unwrap();
    assert!(model.is_ready && quality.version > 0, "{model:?}");
    let page = ok(&browser, LIST).await;
    assert!(page.has(&format!("Learned from leads won and lost: {} / {}.", model.won, model.lost)));
    let fair = model.weights.iter().find(|weight| weight.value.as_deref() == Some("fair")).unwrap();
    let row = page.body.split("<tr").find(|row| row.contains(">fair<")).unwrap();
    for figure in [format!("{:+}", fair.weight), fair.won.to_string(), fair.lost.to_string()] {
        assert!(row.contains(&format!(">{figure}<")), "{figure} is not in {row}");
    }
    let auc = quality.auc.unwrap().as_f64() * 100.0;
    assert!(page.has(&format!("<dd>{auc:.1} %")) && page.has("id=\"calibration\""));
    for bin in quality.bins.iter().filter(|bin| bin.leads > 0) {
        let observed = bin.observed.unwrap().as_f64() * 100.0;
        let label = format!("{}–{}", bin.from, bin.to);
        let row =
            page.body.split("<tr>").find(|row| row.contains(&label) && row.contains("<th scope=\"row\">")).unwrap();
        assert!(row.contains(&format!("{observed:.0} %")), "{row}");
    }
}
