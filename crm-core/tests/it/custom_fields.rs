//! Custom fields: what a definition asks of values, on every way in, and how values are compared.

mod sorting;

use std::time::Duration;

use crm_core::actor::Role;
use crm_core::custom_fields::{CustomField, CustomFieldPatch, CustomFieldQuery, CustomFieldType, NewCustomField};
use crm_core::customers::{
    BulkAction, BulkAnswer, BulkOutcome, BulkRequest, BulkUndo, Customer, CustomerQuery, CustomerSearch, MatchBy,
    NewCustomer, RefusalReason,
};
use crm_core::filter::Filter;
use crm_core::ids::UserId;
use crm_core::jobs::JobOptions;
use crm_core::page::PageRequest;
use crm_core::{Conflict, Crm, Error};
use serde_json::{Map, Value, json};
use testkit::{FixedClock, Suite, TestDatabase, eventually};

use crate::chance::Chance;
use crate::import::{counts, create, faults, upsert};
use crate::support::{TestCrm, assert_matches, malformed, merge_patch, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        every_type_takes_its_values_and_names_what_is_wrong,
        bounds_and_patterns_are_kept,
        what_is_accepted_reads_back_equal_and_is_accepted_again,
        users_and_customers_must_be_there,
        a_required_field_is_asked_of_what_a_write_touches,
        a_value_older_than_its_definition_stays,
        an_archived_field_asks_nothing_and_a_deleted_one_leaves_its_values,
        fields_without_a_definition_can_be_refused,
        a_definition_is_checked_itself,
        key_and_type_do_not_change,
        companies_do_not_disturb_one_another,
        a_definition_holds_at_once_here_and_soon_elsewhere,
        a_definition_in_a_hosts_transaction_holds_there,
        operands_are_checked_by_the_type,
        a_search_finds_searchable_values,
        cells_of_a_file_are_read_by_the_type,
        rows_are_checked_like_any_customer,
        no_two_customers_have_the_same_unique_value,
        a_row_of_a_file_with_a_taken_value_fails,
        a_bulk_undo_passes_over_taken_values,
    ]);
    testkit::tests!(suite, own: [values_are_compared_by_their_type, a_field_becomes_unique_when_values_are_there]);
    sorting::register(suite);
}

fn field(json: Value) -> NewCustomField {
    serde_json::from_value(json).expect("a custom field")
}

fn change(json: Value) -> CustomFieldPatch {
    serde_json::from_value(json).expect("a patch")
}

fn object(json: Value) -> Map<String, Value> {
    json.as_object().cloned().expect("an object")
}

fn with(custom_fields: Value) -> NewCustomer {
    NewCustomer { custom_fields: Some(object(custom_fields)), ..NewCustomer::organization("Lee & Co") }
}

impl TestCrm {
    async fn define(&self, json: Value) -> crm_core::Result<CustomField> {
        self.admin().custom_fields().create(field(json)).await
    }

    async fn all_fields(&self) -> crm_core::Result<Vec<CustomField>> {
        Ok(self.admin().custom_fields().list(&CustomFieldQuery::default(), &PageRequest::default()).await?.data)
    }

    /// Runs the jobs that are due, and gives how many there were.
    async fn run_jobs(&self) -> anyhow::Result<u64> {
        Ok(self.crm.run_due_jobs(&self.db, &JobOptions::default()).await?)
    }

    async fn of_type(&self, field_type: &str, key: &str) -> crm_core::Result<CustomField> {
        let mut new = json!({ "key": key, "label": key, "type": field_type });
        if field_type.ends_with("select") {
            new["options"] = json!([
                { "value": "gold", "label": "Gold tier" },
                { "value": "Größe" },
                { "value": "old", "isArchived": true },
            ]);
        }
        self.define(new).await
    }

    /// Changes the custom fields of a customer.
    async fn set(&self, customer: &Customer, custom_fields: Value) -> crm_core::Result<Customer> {
        let patch = merge_patch(json!({ "customFields": custom_fields }));
        self.admin().customers().update(customer.id, patch, None).await
    }
}

/// A value of each type, as it is stored.
const TYPED: &[(&str, &str)] = &[
    ("text", r#"["Lee", "  Cafe\u0301 ", "a b"]"#),
    ("long_text", r#"["one\r\ntwo", "x"]"#),
    ("integer", r#"[7, -9223372036854775808, 3.0]"#),
    ("decimal", r#"[7, -0.25, 1e16]"#),
    ("percent", r#"[12.5, 0]"#),
    ("money", r#"[{"amount": 1250, "currency": "eur"}, {"amount": -1, "currency": "JPY"}]"#),
    ("boolean", r#"[true, false]"#),
    ("date", r#"["2026-01-31", "2024-02-29"]"#),
    ("time", r#"["09:30", "23:59"]"#),
    ("select", r#"["gold", "GOLD", "gold tier", "grosse"]"#),
    ("multi_select", r#"[["größe", "gold", "Gold"], ["gold"]]"#),
    ("url", r#"["https://example.com/a", "example.com"]"#),
    ("email", r#"["Ann@Example.com"]"#),
    ("phone", r#"["+1 212 555 2368"]"#),
    ("rating", r#"[0, 5]"#),
    ("json", r#"[{"a": [1, null]}, "x", 1]"#),
];

async fn every_type_takes_its_values_and_names_what_is_wrong(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let cases: &[(&str, &[(Value, Value)], &[(Value, &str)])] = &[
        (
            "text",
            &[(json!("  Cafe\u{301} "), json!("Café")), (json!(" "), json!(null))],
            &[
                (json!(1), "type_invalid"),
                (json!("a\nb"), "control_character"),
                (json!("a\u{7}"), "control_character"),
                (json!("x".repeat(1001)), "too_long"),
            ],
        ),
        (
            "long_text",
            &[(json!("one\r\ntwo \n"), json!("one\ntwo"))],
            &[(json!(["x"]), "type_invalid"), (json!("x".repeat(10_001)), "too_long")],
        ),
        (
            "integer",
            &[(json!(3.0), json!(3)), (json!(-7), json!(-7))],
            &[(json!("3"), "type_invalid"), (json!(3.5), "type_invalid"), (json!(true), "type_invalid")],
        ),
        ("decimal", &[(json!(-0.25), json!(-0.25))], &[(json!("0.25"), "type_invalid")]),
        ("percent", &[(json!(12.5), json!(12.5))], &[(json!("12.5 %"), "type_invalid")]),
        (
            "money",
            &[(json!({ "amount": 1250, "currency": "eur" }), json!({ "amount": 1250, "currency": "EUR" }))],
            &[
                (json!(1250), "type_invalid"),
                (json!({ "amount": 12.5, "currency": "EUR" }), "type_invalid"),
                (json!({ "amount": 1, "currency": "EUR", "rate": 1 }), "type_invalid"),
                (json!({ "amount": 1, "currency": "ZZZ" }), "currency_unknown"),
            ],
        ),
        ("boolean", &[(json!(false), json!(false))], &[(json!("true"), "type_invalid"), (json!(0), "type_invalid")]),
        (
            "date",
            &[(json!(" 2024-02-29"), json!("2024-02-29"))],
            &[
                (json!("2025-02-29"), "date_invalid"),
                (json!("31.01.2026"), "date_invalid"),
                (json!("2026-1-31"), "date_invalid"),
                (json!("2026-01-31T00:00:00Z"), "date_invalid"),
                (json!(20260131), "type_invalid"),
            ],
        ),
        (
            "time",
            &[(json!("9:30"), json!("09:30"))],
            &[(json!("24:00"), "time_invalid"), (json!("9 am"), "time_invalid"), (json!("09:30:15"), "time_invalid")],
        ),
        (
            "select",
            &[(json!("GOLD"), json!("gold")), (json!("Gold Tier"), json!("gold")), (json!("grosse"), json!("Größe"))],
            &[(json!("silver"), "option_unknown"), (json!("old"), "option_unknown"), (json!(["gold"]), "type_invalid")],
        ),
        (
            "multi_select",
            &[(json!(["größe", "Gold", "gold"]), json!(["gold", "Größe"])), (json!([]), json!(null))],
            &[(json!("gold"), "type_invalid"), (json!(["gold", 1]), "type_invalid"), (json!(["no"]), "option_unknown")],
        ),
        (
            "url",
            &[(json!(" example.com/a "), json!("example.com/a"))],
            &[(json!("ftp://example.com"), "url_invalid"), (json!("-"), "url_invalid")],
        ),
        (
            "email",
            &[(json!(" Ann@Example.com"), json!("ann@example.com"))],
            &[(json!("ann"), "email_invalid"), (json!(1), "type_invalid")],
        ),
        (
            "phone",
            &[(json!(" +1 212 555 2368"), json!("+1 212 555 2368"))],
            &[(json!("call me"), "phone_invalid"), (json!("1".repeat(41)), "too_long")],
        ),
        (
            "rating",
            &[(json!(5.0), json!(5))],
            &[(json!(6), "out_of_range"), (json!(-1), "out_of_range"), (json!("5"), "type_invalid")],
        ),
        ("json", &[(json!({ "a": [1, null] }), json!({ "a": [1, null] }))], &[]),
    ];
    let customer = crm.named("Lee & Co").await?;
    for (field_type, right, wrong) in cases {
        crm.of_type(field_type, field_type).await?;
        for (given, stored) in *right {
            let answered = crm.set(&customer, json!({ *field_type: given })).await?;
            let found = answered.custom_fields.get(*field_type).cloned().unwrap_or_default();
            assert_eq!(&found, stored, "{field_type} {given}");
            assert_eq!(crm.get(&customer).await?.custom_fields, answered.custom_fields, "{field_type} {given}");
        }
        for (given, code) in *wrong {
            let pointer = format!("/customFields/{field_type}");
            assert_eq!(violation(crm.create(with(json!({ *field_type: given }))).await, &pointer), *code, "{given}");
            assert_eq!(violation(crm.set(&customer, json!({ *field_type: given })).await, &pointer), *code, "{given}");
        }
    }
    // All faults at once, and nothing written.
    let before = crm.records().await?;
    let faulty = json!({ "integer": "7", "date": "today", "text": 1, "free": "x" });
    let mut found = violations(crm.create(NewCustomer { email: Some("no".into()), ..with(faulty) }).await);
    found.sort();
    let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/customFields/date", "/customFields/integer", "/customFields/text", "/email"]);
    assert_eq!(crm.records().await?, before);
    Ok(())
}

async fn bounds_and_patterns_are_kept(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for new in [
        json!({ "key": "seats", "label": "Seats", "type": "integer", "minimum": 1, "maximum": 10 }),
        json!({ "key": "chance", "label": "Chance", "type": "percent", "minimum": 0.5, "maximum": 99.5 }),
        json!({ "key": "deal", "label": "Deal", "type": "money", "minimum": 0 }),
        json!({ "key": "code", "label": "Code", "type": "text", "minimum": 2, "maximum": 4, "pattern": "[A-Z]+|x1" }),
        json!({ "key": "two", "label": "Two", "type": "multi_select", "minimum": 2, "options": [
            { "value": "a" }, { "value": "b" }, { "value": "c" }
        ] }),
    ] {
        crm.define(new).await?;
    }
    crm.create(with(json!({
        "seats": 10, "chance": 0.5, "deal": { "amount": 0, "currency": "EUR" }, "code": "ÄB".replace('Ä', "A"), "two": ["a", "c"],
    })))
    .await?;
    for (given, code) in [
        (json!({ "seats": 0 }), "out_of_range"),
        (json!({ "seats": 11 }), "out_of_range"),
        (json!({ "chance": 99.6 }), "out_of_range"),
        (json!({ "deal": { "amount": -1, "currency": "EUR" } }), "out_of_range"),
        (json!({ "code": "A" }), "too_short"),
        (json!({ "code": "ABCDE" }), "too_long"),
        (json!({ "code": "ABc" }), "pattern_mismatch"),
        // The pattern is the whole text, each of its alternatives too.
        (json!({ "code": "x1y" }), "pattern_mismatch"),
        (json!({ "two": ["a"] }), "too_short"),
    ] {
        let pointer = format!("/customFields/{}", given.as_object().and_then(|all| all.keys().next()).expect("a key"));
        assert_eq!(violation(crm.create(with(given.clone())).await, &pointer), code, "{given}");
    }
    Ok(())
}

/// A value of any type, in its bounds or not.
fn any_value(chance: &mut Chance) -> Value {
    const TEXTS: &[&str] = &[
        "",
        " x ",
        "2026-02-28",
        "2026-02-30",
        "9:05",
        "23:59",
        "gold",
        "GRÖSSE",
        "old",
        "a@B.example",
        "x@",
        "12345",
        "www.example.com",
        "a\nb",
        "\u{200b}",
        "e\u{301}",
        "019eca9d-cdc0-7000-8000-000000000001",
    ];
    match chance.below(9) {
        0 => json!(chance.below(9)),
        1 => json!(chance.below(1000) as f64 / 8.0 - 60.0),
        2 => json!(chance.once_in(2)),
        3 => json!({ "amount": chance.below(100), "currency": chance.one(&["EUR", "usd", "zzz"]) }),
        4 => json!([chance.one(TEXTS), chance.one(&["gold", "größe"])]),
        5 => json!({ "a": chance.one(TEXTS) }),
        _ => json!(chance.one(TEXTS)),
    }
}

async fn what_is_accepted_reads_back_equal_and_is_accepted_again(database: TestDatabase) -> anyhow::Result<()> {
    let seed = Chance::seed();
    let (crm, mut chance) = (TestCrm::new(&database), Chance::new(seed));
    for (field_type, _) in TYPED {
        crm.of_type(field_type, field_type).await?;
    }
    let customer = crm.named("Lee & Co").await?;
    let (mut accepted, mut refused) = (0, 0);
    let samples = TYPED.iter().flat_map(|(field_type, values)| {
        let values: Vec<Value> = serde_json::from_str(values).expect("values");
        values.into_iter().map(|value| (*field_type, value))
    });
    let any: Vec<(&str, Value)> =
        (0..250).map(|_| (TYPED[chance.below(TYPED.len())].0, any_value(&mut chance))).collect();
    for (field_type, value) in samples.chain(any) {
        match crm.set(&customer, json!({ field_type: value })).await {
            Err(Error::Invalid(faults)) => {
                refused += 1;
                assert_eq!(faults.0[0].pointer, format!("/customFields/{field_type}"), "seed {seed}: {value}");
            }
            outcome => {
                accepted += 1;
                let written = outcome?;
                let read = crm.get(&customer).await?;
                assert_eq!(read, written, "seed {seed}: {field_type} {value}");
                // In another record, so that it is checked.
                let again = crm.create(NewCustomer { email: None, ..NewCustomer::from(&read) }).await?;
                assert_eq!(again.custom_fields, read.custom_fields, "seed {seed}: {field_type} {value}");
            }
        }
    }
    assert!(accepted > 60 && refused > 60, "{accepted} accepted and {refused} refused");
    Ok(())
}

async fn users_and_customers_must_be_there(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let other = crm.other_company();
    for field_type in ["user", "customer"] {
        crm.of_type(field_type, field_type).await?;
    }
    let (rep, theirs) = (crm.ensure_mirrored(Role::SalesRep).await?, other.named("Theirs").await?);
    let ours = crm.named("Ours").await?;
    let shouted = rep.to_string().to_uppercase();
    let kept = crm.create(with(json!({ "user": shouted, "customer": ours.id }))).await?;
    assert_eq!(Value::Object(kept.custom_fields.clone()), json!({ "user": rep, "customer": ours.id }));
    let nobody = UserId(uuid::Uuid::new_v4());
    for (given, pointer, code) in [
        (json!({ "user": nobody }), "/customFields/user", "user_unknown"),
        (json!({ "user": "Ann" }), "/customFields/user", "id_invalid"),
        (json!({ "customer": theirs.id }), "/customFields/customer", "customer_unknown"),
        (json!({ "customer": rep }), "/customFields/customer", "customer_unknown"),
    ] {
        assert_eq!(violation(crm.create(with(given.clone())).await, pointer), code);
        assert_eq!(violation(crm.set(&kept, given).await, pointer), code);
    }
    // What goes away later stays named, and is no fault of other changes.
    crm.admin().customers().delete(ours.id, None).await?;
    let renamed = merge_patch(json!({ "name": "New", "customFields": { "customer": ours.id, "free": 1 } }));
    crm.admin().customers().update(kept.id, renamed, None).await?;
    assert_eq!(
        violation(crm.create(with(json!({ "customer": ours.id }))).await, "/customFields/customer"),
        "customer_unknown"
    );
    Ok(())
}

async fn a_required_field_is_asked_of_what_a_write_touches(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let old = crm.named("Old").await?;
    crm.define(json!({ "key": "tier", "label": "Tier", "type": "text", "isRequired": true })).await?;
    crm.define(json!({ "key": "seats", "label": "Seats", "type": "integer", "isRequired": true, "default": 1 }))
        .await?;
    for new in
        [with(json!({})), NewCustomer::organization("Lee"), with(json!({ "tier": null })), with(json!({ "tier": " " }))]
    {
        assert_eq!(violation(crm.create(new).await, "/customFields/tier"), "required");
    }
    // An explicit nothing has no default.
    let nothing = with(json!({ "tier": "a", "seats": null }));
    assert_eq!(violation(crm.create(nothing).await, "/customFields/seats"), "required");
    let new = crm.create(with(json!({ "tier": "a" }))).await?;
    assert_eq!(Value::Object(new.custom_fields.clone()), json!({ "tier": "a", "seats": 1 }));
    // A change of something else, of records old and new.
    let renamed = merge_patch(json!({ "name": "Older", "customFields": { "free": true } }));
    let old = crm.admin().customers().update(old.id, renamed, None).await?;
    assert_eq!(Value::Object(old.custom_fields.clone()), json!({ "free": true }), "a change gives no default");
    for customer in [&old, &new] {
        assert_eq!(violation(crm.set(customer, json!({ "tier": null })).await, "/customFields/tier"), "required");
    }
    let cleared = merge_patch(json!({ "customFields": null }));
    let found = violations(crm.admin().customers().update(new.id, cleared, None).await);
    assert_eq!(found.len(), 2, "{found:?}");
    // A replacement is asked for all of them, and gets no defaults.
    let replaced = crm.admin().customers().replace(old.id, NewCustomer::from(&old), None).await;
    assert_eq!(violations(replaced).len(), 2);
    crm.admin().customers().replace(new.id, NewCustomer::from(&new), None).await?;
    Ok(())
}

async fn a_value_older_than_its_definition_stays(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let old = crm.create(with(json!({ "seats": "many", "tier": "bronze" }))).await?;
    crm.define(json!({ "key": "seats", "label": "Seats", "type": "integer" })).await?;
    let tier = json!([{ "value": "gold" }, { "value": "bronze", "isArchived": true }]);
    crm.define(json!({ "key": "tier", "label": "Tier", "type": "select", "options": tier })).await?;
    let same = merge_patch(json!({ "name": "New", "customFields": { "seats": "many", "tier": "bronze" } }));
    let old = crm.admin().customers().update(old.id, same, None).await?;
    let same = NewCustomer { name: Some("Newer".into()), ..NewCustomer::from(&old) };
    let old = crm.admin().customers().replace(old.id, same, None).await?;
    assert_eq!(Value::Object(old.custom_fields.clone()), json!({ "seats": "many", "tier": "bronze" }));
    assert_eq!(violation(crm.set(&old, json!({ "seats": "more" })).await, "/customFields/seats"), "type_invalid");
    assert_eq!(
        violation(crm.set(&crm.named("New").await?, json!({ "tier": "bronze" })).await, "/customFields/tier"),
        "option_unknown"
    );
    crm.set(&old, json!({ "seats": 3 })).await?;
    Ok(())
}

async fn an_archived_field_asks_nothing_and_a_deleted_one_leaves_its_values(
    database: TestDatabase,
) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seats = crm.define(json!({ "key": "seats", "label": "Seats", "type": "integer", "isRequired": true })).await?;
    let customer = crm.create(with(json!({ "seats": 3 }))).await?;
    let archived = crm.admin().custom_fields().update(seats.id, change(json!({ "isArchived": true })), Some(1)).await?;
    assert!(archived.is_archived);
    let list = async |query: CustomFieldQuery| -> crm_core::Result<usize> {
        Ok(crm.scope(Role::Viewer).custom_fields().list(&query, &PageRequest::default()).await?.data.len())
    };
    assert_eq!(list(CustomFieldQuery::default()).await?, 0);
    assert_eq!(list(CustomFieldQuery { is_archived: true, ..CustomFieldQuery::default() }).await?, 1);
    crm.named("Without seats").await?;
    assert_eq!(crm.get(&customer).await?.custom_fields, object(json!({ "seats": 3 })));
    crm.set(&customer, json!({ "seats": "free" })).await?;
    let again = crm.define(json!({ "key": "seats", "label": "Seats", "type": "text" })).await;
    assert_matches!(again, Err(Error::Conflict(Conflict::CustomFieldKeyTaken)));
    crm.admin().custom_fields().delete(seats.id, Some(2)).await?;
    assert_matches!(crm.admin().custom_fields().get(seats.id).await, Err(Error::NotFound { .. }));
    assert_eq!(crm.get(&customer).await?.custom_fields, object(json!({ "seats": "free" })));
    crm.define(json!({ "key": "seats", "label": "Seats", "type": "text" })).await?;
    Ok(())
}

async fn fields_without_a_definition_can_be_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let old = crm.create(with(json!({ "free": 1, "other": 2 }))).await?;
    crm.of_type("text", "tier").await?;
    let only = serde_json::from_value(json!({ "customFieldsOnlyDefined": true }))?;
    assert!(crm.admin().settings().update(only, None).await?.custom_fields_only_defined);
    crm.create(with(json!({ "tier": "a" }))).await?;
    assert_eq!(violation(crm.create(with(json!({ "tier": "a", "free": 1 }))).await, "/customFields/free"), "unknown");
    assert_eq!(violation(crm.set(&old, json!({ "free": 2 })).await, "/customFields/free"), "unknown");
    // What a record has stays, and may go.
    let changed = crm.set(&old, json!({ "tier": "b", "free": 1, "other": null })).await?;
    assert_eq!(changed.custom_fields, object(json!({ "tier": "b", "free": 1 })));
    let report = crm.import("Name,Tier,Shoe size\nAnn,a,38\n", &create()).await?;
    assert_eq!(faults(&report), [(2, Some("Shoe size"), "unknown")]);
    Ok(())
}

async fn a_definition_is_checked_itself(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let base = |field_type: &str| json!({ "key": "k", "label": "L", "type": field_type });
    for (field_type, more, pointer, code) in [
        ("text", json!({ "key": "1a" }), "/key", "key_invalid"),
        ("text", json!({ "key": "a.b" }), "/key", "key_invalid"),
        ("text", json!({ "key": "x".repeat(65) }), "/key", "key_invalid"),
        ("text", json!({ "key": null }), "/key", "required"),
        ("text", json!({ "label": "\u{301}" }), "/label", "required"),
        ("text", json!({ "type": null }), "/type", "required"),
        ("text", json!({ "pattern": "a{1000}{1000}" }), "/pattern", "pattern_invalid"),
        ("integer", json!({ "pattern": "1+" }), "/pattern", "unexpected"),
        ("date", json!({ "minimum": 1 }), "/minimum", "unexpected"),
        ("text", json!({ "minimum": -1 }), "/minimum", "out_of_range"),
        ("text", json!({ "maximum": 1.5 }), "/maximum", "out_of_range"),
        ("integer", json!({ "minimum": 2, "maximum": 1 }), "/maximum", "out_of_range"),
        ("integer", json!({ "isSearchable": true }), "/isSearchable", "unexpected"),
        ("boolean", json!({ "isUnique": true }), "/isUnique", "unexpected"),
        ("json", json!({ "isIndexed": true }), "/isIndexed", "unexpected"),
        ("select", json!({}), "/options", "required"),
        ("select", json!({ "options": [{ "value": "a", "isArchived": true }] }), "/options", "required"),
        ("select", json!({ "options": [{ "value": "a" }, { "value": "Á" }] }), "/options/1/value", "duplicate"),
        ("select", json!({ "options": [{ "value": " " }] }), "/options/0/value", "required"),
        ("integer", json!({ "default": "x" }), "/default", "type_invalid"),
        ("integer", json!({ "default": 11, "maximum": 10 }), "/default", "out_of_range"),
        ("select", json!({ "options": [{ "value": "a" }], "default": "b" }), "/default", "option_unknown"),
    ] {
        let mut new = base(field_type);
        new.as_object_mut().expect("an object").extend(object(more));
        assert_eq!(violation(crm.define(new.clone()).await, pointer), code, "{new}");
    }
    let new = json!({ "key": "größe_1", "label": " Größe ", "type": "email", "default": "Ann@Example.com" });
    let field = crm.define(new).await?;
    assert_eq!((field.label.as_str(), field.default), ("Größe", Some(json!("ann@example.com"))));
    assert_matches!(
        crm.scope(Role::Manager).custom_fields().delete(field.id, None).await,
        Err(Error::Forbidden { .. })
    );
    assert_eq!(crm.named("Lee").await?.custom_fields, object(json!({ "größe_1": "ann@example.com" })));
    for number in 1..200 {
        crm.of_type("text", &format!("f{number}")).await?;
    }
    assert_matches!(crm.of_type("text", "more").await, Err(Error::Conflict(Conflict::TooManyCustomFields)));
    Ok(())
}

async fn key_and_type_do_not_change(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let tier = crm.of_type("text", "tier").await?;
    let update = async |json: Value| crm.admin().custom_fields().update(tier.id, change(json), None).await;
    assert_eq!(violation(update(json!({ "key": "level" })).await, "/key"), "immutable");
    assert_eq!(violation(update(json!({ "type": "integer" })).await, "/type"), "immutable");
    // What a client has read can be sent back.
    let same = update(json!({ "key": "tier", "type": "text", "label": "tier" })).await?;
    assert_eq!(same.version, 1, "nothing is written");
    assert_eq!(update(json!({ "label": "Level" })).await?.version, 2);
    Ok(())
}

async fn companies_do_not_disturb_one_another(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let other = crm.other_company();
    let (ours, theirs) = (crm.of_type("integer", "tier").await?, other.of_type("text", "tier").await?);
    crm.create(with(json!({ "tier": 1 }))).await?;
    other.create(with(json!({ "tier": "one" }))).await?;
    assert_eq!(violation(crm.create(with(json!({ "tier": "one" }))).await, "/customFields/tier"), "type_invalid");
    assert_eq!(violation(other.create(with(json!({ "tier": 1 }))).await, "/customFields/tier"), "type_invalid");
    assert_matches!(crm.admin().custom_fields().get(theirs.id).await, Err(Error::NotFound { .. }));
    let renamed = crm.admin().custom_fields().update(theirs.id, change(json!({ "label": "x" })), None).await;
    assert_matches!(renamed, Err(Error::NotFound { .. }));
    assert_matches!(crm.admin().custom_fields().delete(theirs.id, None).await, Err(Error::NotFound { .. }));
    other.admin().custom_fields().delete(theirs.id, None).await?;
    assert_eq!(crm.admin().custom_fields().get(ours.id).await?, ours);
    Ok(())
}

async fn a_definition_holds_at_once_here_and_soon_elsewhere(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee & Co").await?;
    let elsewhere = crm.other_process();
    let free = with(json!({ "seats": "many" }));
    elsewhere.create(free.clone()).await?;
    crm.of_type("integer", "seats").await?;
    assert_eq!(violation(crm.create(free.clone()).await, "/customFields/seats"), "type_invalid");
    let obeyed = async || elsewhere.create(free.clone()).await.is_err();
    assert!(eventually(Duration::from_secs(10), obeyed).await, "another process goes on without the definition");
    Ok(())
}

async fn a_definition_in_a_hosts_transaction_holds_there(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee & Co").await?;
    let free = with(json!({ "seats": "many" }));
    let mut admin = crm.admin();
    let mut tx = admin.begin().await?;
    tx.scope().custom_fields().create(NewCustomField::of(CustomFieldType::Integer, "seats", "Seats")).await?;
    assert_eq!(violation(tx.scope().customers().create(free.clone()).await, "/customFields/seats"), "type_invalid");
    drop(tx);
    crm.create(free).await?;
    Ok(())
}

async fn values_are_compared_by_their_type(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    // What is older than the definitions matches no comparison.
    let stale = json!({ "n": "5", "day": 5, "text": 7, "tier": ["gold"], "many": "gold", "deal": 5, "on": "true" });
    crm.create(NewCustomer { custom_fields: Some(object(stale)), ..NewCustomer::organization("stale") }).await?;
    for (field_type, key) in [
        ("decimal", "n"),
        ("date", "day"),
        ("text", "text"),
        ("select", "tier"),
        ("multi_select", "many"),
        ("money", "deal"),
        ("boolean", "on"),
        ("user", "who"),
    ] {
        crm.of_type(field_type, key).await?;
    }
    let rep = crm.ensure_mirrored(Role::Admin).await?;
    for (name, fields) in [
        (
            "a",
            json!({ "n": 9, "day": "2026-09-30", "text": "Ábc 100%", "tier": "gold", "many": ["gold"], "deal": eur(900), "on": true, "who": rep }),
        ),
        (
            "b",
            json!({ "n": 10.5, "day": "2026-10-01", "text": "aBC_x", "tier": "Größe", "many": ["gold", "Größe"], "deal": eur(1000), "on": false }),
        ),
        ("c", json!({ "n": -1, "day": "2025-12-31", "text": "x", "deal": { "amount": 950, "currency": "USD" } })),
        ("none", json!({})),
    ] {
        crm.create(NewCustomer { custom_fields: Some(object(fields)), ..NewCustomer::organization(name) }).await?;
    }
    assert_compared(&crm, rep).await?;
    // An index changes nothing, while it is made and after.
    for field in crm.all_fields().await? {
        crm.admin().custom_fields().update(field.id, change(json!({ "isIndexed": true })), None).await?;
    }
    assert_compared(&crm, rep).await?;
    clock.advance(Duration::from_secs(90));
    assert_eq!(crm.run_jobs().await?, 8);
    assert!(crm.all_fields().await?.iter().all(|field| field.index_job_id.is_none()));
    assert_compared(&crm, rep).await
}

fn eur(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

async fn assert_compared(crm: &TestCrm, rep: UserId) -> anyhow::Result<()> {
    let leaf =
        |key: &str, op: &str, value: Value| json!({ "field": format!("customFields.{key}"), "op": op, "value": value });
    for (filter, expected) in [
        (leaf("n", "eq", json!(9.0)), "a"),
        (leaf("n", "ne", json!(9)), "b c"),
        (leaf("n", "in", json!([9, -1, 4])), "a c"),
        (leaf("n", "gt", json!(9)), "b"),
        (leaf("n", "gte", json!(9)), "a b"),
        (leaf("n", "lt", json!(10)), "a c"),
        (leaf("n", "lte", json!(-1)), "c"),
        (leaf("n", "between", json!([0, 10.5])), "a b"),
        (leaf("n", "is_null", json!(false)), "a b c stale"),
        (json!({ "not": leaf("n", "gt", json!(0)) }), "c none stale"),
        (leaf("day", "lt", json!("2026-10-01")), "a c"),
        (leaf("day", "gte", json!("2026-09-30")), "a b"),
        (leaf("day", "between", json!(["2026-01-01", "2026-12-31"])), "a b"),
        (leaf("day", "in", json!(["2025-12-31"])), "c"),
        (leaf("text", "eq", json!(" x ")), "c"),
        (leaf("text", "ne", json!("x")), "a b"),
        (leaf("text", "contains", json!("BC")), "a b"),
        (leaf("text", "contains", json!("%")), "a"),
        (leaf("text", "contains", json!("c_x")), "b"),
        (leaf("text", "starts_with", json!("ABC")), "b"),
        (leaf("text", "starts_with", json!("Á")), "a"),
        (leaf("tier", "eq", json!("GOLD")), "a"),
        (leaf("tier", "in", json!(["gold", "grosse"])), "a b"),
        (leaf("tier", "ne", json!("gold")), "b"),
        (leaf("many", "has_any", json!(["gold", "old"])), "a b"),
        (leaf("many", "has_all", json!(["Gold", "größe"])), "b"),
        (leaf("many", "has_any", json!([])), ""),
        (leaf("many", "has_all", json!([])), "a b"),
        (leaf("many", "is_null", json!(true)), "c none"),
        (leaf("deal", "eq", eur(900)), "a"),
        (leaf("deal", "ne", eur(900)), "b c"),
        (leaf("deal", "gt", eur(900)), "b"),
        (leaf("deal", "between", json!([eur(0), eur(1000)])), "a b"),
        (leaf("on", "eq", json!(true)), "a"),
        (leaf("on", "ne", json!(true)), "b"),
        (leaf("who", "eq", json!("me")), "a"),
        (leaf("who", "in", json!([rep])), "a"),
    ] {
        let query = CustomerQuery {
            filter: Some(Filter::from_json(&filter)?),
            sort: "name".parse()?,
            ..CustomerQuery::default()
        };
        assert_eq!(crm.names(&query).await?.join(" "), expected, "{filter}");
    }
    Ok(())
}

async fn operands_are_checked_by_the_type(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for (field_type, key) in
        [("integer", "n"), ("date", "day"), ("select", "tier"), ("multi_select", "many"), ("json", "any")]
    {
        crm.of_type(field_type, key).await?;
    }
    for (key, op, value) in [
        ("n", "eq", json!("1")),
        ("n", "contains", json!("1")),
        ("n", "between", json!([1])),
        ("day", "lt", json!("tomorrow")),
        ("tier", "eq", json!("silver")),
        ("tier", "lt", json!("gold")),
        ("many", "has_any", json!("gold")),
        ("many", "eq", json!(["gold"])),
        ("any", "eq", json!(1)),
        // A field without a definition is as free as it was.
        ("free", "lt", json!(1)),
    ] {
        let filter = json!({ "field": format!("customFields.{key}"), "op": op, "value": value });
        let query = CustomerQuery { filter: Some(Filter::from_json(&filter)?), ..CustomerQuery::default() };
        assert_eq!(malformed(crm.names(&query).await), "filter_invalid", "{filter}");
    }
    Ok(())
}

async fn a_search_finds_searchable_values(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let tier = json!({ "key": "tier", "label": "Tier", "type": "select", "isSearchable": true, "options": [
        { "value": "p", "label": "Platinum club" }
    ] });
    crm.define(tier).await?;
    crm.of_type("text", "secret").await?;
    let code = crm.of_type("text", "code").await?;
    crm.create(with(json!({ "tier": "p", "secret": "hidden word", "code": "zebra" }))).await?;
    let fields = async |text: &str| -> crm_core::Result<Vec<String>> {
        let search = CustomerSearch { text: text.to_owned(), query: CustomerQuery::default() };
        let mut scope = crm.admin();
        let found = scope.customers().search(&search, &PageRequest::default()).await?.data;
        Ok(found.into_iter().flat_map(|found| found.matches).map(|matched| matched.field).collect())
    };
    assert_eq!(fields("platinum").await?, ["customFields.tier"]);
    assert_eq!(fields("hidden").await?, Vec::<String>::new());
    // Records that are there are found once they are computed anew.
    crm.admin().custom_fields().update(code.id, change(json!({ "isSearchable": true })), None).await?;
    crm.crm.reindex(&crm.db).await?;
    assert_eq!(fields("zebra").await?, ["customFields.code"]);
    Ok(())
}

async fn cells_of_a_file_are_read_by_the_type(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for (key, label, field_type) in [
        ("seats", "Number of seats", "integer"),
        ("chance", "Chance", "percent"),
        ("end", "Contract end", "date"),
        ("on", "Is active", "boolean"),
        ("deal", "Deal", "money"),
        ("who", "Account manager", "user"),
    ] {
        crm.define(json!({ "key": key, "label": label, "type": field_type })).await?;
    }
    crm.of_type("multi_select", "many").await?;
    let rep = crm.ensure_mirrored(Role::SalesRep).await?;
    let file = "Name,number of SEATS,chance,Contract end,On,Deal,many,Account manager,Shoe size\n\
                Ann,12,12.5 %,2026-01-31,yes,12.50 EUR,gold; größe,The sales_rep,38\n\
                Ben,twelve,,31.01.2026,maybe,12,silver,Nobody,\n";
    let report = crm.import(file, &create()).await?;
    assert_eq!(counts(&report), [1, 0, 0, 1], "{report:?}");
    let expected = json!({
        "seats": 12,
        "chance": 12.5,
        "end": "2026-01-31",
        "on": true,
        "deal": { "amount": 1250, "currency": "EUR" },
        "many": ["gold", "Größe"],
        "who": rep,
        "shoeSize": "38",
    });
    assert_eq!(Value::Object(crm.all().await?[0].custom_fields.clone()), expected);
    let codes = [
        (3, Some("number of SEATS"), "type_invalid"),
        (3, Some("Contract end"), "date_invalid"),
        (3, Some("On"), "type_invalid"),
        (3, Some("Deal"), "type_invalid"),
        (3, Some("many"), "option_unknown"),
        (3, Some("Account manager"), "id_invalid"),
    ];
    assert_eq!(faults(&report), codes);
    Ok(())
}

async fn rows_are_checked_like_any_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = NewCustomer { email: Some("ann@example.com".into()), ..with(json!({ "tier": "free" })) };
    crm.create(ann).await?;
    crm.define(json!({ "key": "tier", "label": "Tier", "type": "text", "isRequired": true, "pattern": "[a-z]+" }))
        .await?;
    crm.define(json!({ "key": "seats", "label": "Seats", "type": "integer", "default": 1 })).await?;
    crm.of_type("customer", "parent").await?;
    let nobody = uuid::Uuid::new_v4();
    let file = format!(
        "Email,Name,Tier,Parent\n\
         ann@example.com,Ann,gold,\n\
         ben@example.com,Ben,silver,\n\
         cid@example.com,Cid,,\n\
         dan@example.com,Dan,GOLD,\n\
         eve@example.com,Eve,gold,{nobody}\n\
         ann@example.com,Ann Lee,,\n"
    );
    let report = crm.import(file, &upsert(MatchBy::Email)).await?;
    assert_eq!(counts(&report), [1, 2, 0, 3], "{report:?}");
    let codes =
        [(4, Some("Tier"), "required"), (5, Some("Tier"), "pattern_mismatch"), (6, Some("Parent"), "customer_unknown")];
    assert_eq!(faults(&report), codes);
    let fields: Vec<Value> = crm.all().await?.into_iter().map(|customer| customer.custom_fields.into()).collect();
    assert_eq!(fields, [json!({ "tier": "gold" }), json!({ "tier": "silver", "seats": 1 })]);
    // What is exported is imported again, and changes nothing.
    let exported = json!(fields[1]).to_string().replace('"', "\"\"");
    let file = format!("email,name,customFields\nben@example.com,Ben,\"{exported}\"\n");
    assert_eq!(counts(&crm.import(file, &upsert(MatchBy::Email)).await?), [0, 0, 1, 0]);
    Ok(())
}

fn number(text: &str) -> NewCustomer {
    with(json!({ "number": text }))
}

async fn unique_field(crm: &TestCrm) -> crm_core::Result<CustomField> {
    crm.define(json!({ "key": "number", "label": "Number", "type": "text", "isUnique": true })).await
}

fn assert_taken<T: std::fmt::Debug>(result: crm_core::Result<T>) {
    assert_matches!(result, Err(Error::Conflict(Conflict::CustomFieldValueTaken)));
}

async fn no_two_customers_have_the_same_unique_value(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    unique_field(&crm).await?;
    let (ann, bob) = (crm.create(number("K-1")).await?, crm.create(number("K-2")).await?);
    let written = crm.records().await?;
    assert_taken(crm.create(number("k-1")).await);
    assert_taken(crm.set(&bob, json!({ "number": "K-1" })).await);
    assert_eq!(crm.records().await?, written, "nothing is half written");
    // Long values differ by their ends.
    let long = |end: &str| number(&format!("{}{end}", "x".repeat(300)));
    crm.create(long("a")).await?;
    crm.create(long("b")).await?;
    assert_taken(crm.create(long("A")).await);
    // Without a value nobody is in the way, and another company is another world.
    crm.create(with(json!({}))).await?;
    crm.create(with(json!({}))).await?;
    let other = crm.other_company();
    unique_field(&other).await?;
    other.create(number("K-1")).await?;
    // A value that is given up or in the trash is free; who comes back finds it taken.
    crm.set(&bob, json!({ "number": null })).await?;
    crm.create(number("K-2")).await?;
    crm.admin().customers().delete(ann.id, None).await?;
    let new = crm.create(number("K-1")).await?;
    assert_taken(crm.admin().customers().restore(ann.id).await);
    crm.admin().customers().purge(new.id, None).await?;
    crm.admin().customers().restore(ann.id).await?;
    assert_taken(crm.create(number("K-1")).await);
    Ok(())
}

async fn a_field_becomes_unique_when_values_are_there(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    for text in ["A", "a", "B"] {
        crm.create(number(text)).await?;
    }
    let field = crm.of_type("text", "number").await?;
    let make_unique = change(json!({ "isUnique": true }));
    let field = crm.admin().custom_fields().update(field.id, make_unique, None).await?;
    let job = field.index_job_id.expect("a job reads the values");
    assert_eq!(crm.run_jobs().await?, 0, "writes may be under way that do not know of it");
    clock.advance(Duration::from_secs(90));
    assert_eq!(crm.run_jobs().await?, 1);
    let result = crm.admin().jobs().get(job).await?.result;
    assert_eq!(result, Some(json!({ "customers": 3, "repeatedValues": 1 })));
    assert_eq!(crm.admin().custom_fields().get(field.id).await?.index_job_id, None);
    assert_taken(crm.create(number("b")).await);
    assert_taken(crm.create(number("A")).await);
    // Archived it asks nothing, and its rows go.
    crm.admin().custom_fields().update(field.id, change(json!({ "isArchived": true })), None).await?;
    crm.create(number("B")).await?;
    clock.advance(Duration::from_secs(90));
    crm.run_jobs().await?;
    assert_eq!(crm.count("crm_customer_field_values").await?, 0);
    Ok(())
}

async fn a_row_of_a_file_with_a_taken_value_fails(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    unique_field(&crm).await?;
    crm.create(number("K-1")).await?;
    let report = crm.import("Name,Number\nAnn,K-2\nBen,k-1\nCay,K-3\nDan,k-3\n", &create()).await?;
    assert_eq!(counts(&report), [2, 0, 0, 2], "{report:?}");
    let codes: Vec<_> = faults(&report).into_iter().map(|(row, _, code)| (row, code)).collect();
    assert_eq!(codes, [(3, "custom_field_value_taken"), (5, "custom_field_value_taken")]);
    Ok(())
}

async fn a_bulk_undo_passes_over_taken_values(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    unique_field(&crm).await?;
    let (ann, bob) = (crm.create(number("K-1")).await?, crm.create(number("K-2")).await?);
    let ids = Some(vec![ann.id, bob.id]);
    let request = BulkRequest { action: BulkAction::Delete {}, ids, query: None, dry_run: false };
    let BulkAnswer::Done(BulkOutcome { id: Some(id), .. }) = crm.admin().customers().bulk(request).await? else {
        anyhow::bail!("two customers are deleted at once");
    };
    crm.create(number("K-1")).await?;
    let BulkUndo::Done(undone) = crm.admin().customers().undo_bulk(id).await? else {
        anyhow::bail!("two customers come back at once");
    };
    let refused: Vec<_> = undone.refused.iter().map(|refusal| (refusal.reason, refusal.ids.as_slice())).collect();
    assert_eq!(refused, [(RefusalReason::CustomFieldValueTaken, [ann.id].as_slice())]);
    assert_eq!(crm.get(&bob).await?.id, bob.id);
    Ok(())
}
