//! Invalid filters, and their errors.

use crm_core::Error;
use crm_core::customers::{CustomerQuery, NewCustomer};
use crm_core::filter::{DEEPEST, Filter, LONGEST, MAX_CONDITIONS, MAX_VALUES};
use crm_core::page::PageRequest;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            wrong_fields_operators_and_values_are_named,
            the_longest_filters_are_answered,
            no_text_makes_the_database_fail,
            numbers_are_found_as_far_as_both_databases_can_tell_them_apart,
        ];
        plain: [
            a_filter_has_at_most_eight_kibibytes,
            a_filter_nests_at_most_five_deep,
            a_filter_has_at_most_fifty_leaves,
            a_filter_of_the_wrong_shape_says_where,
        ]
    );
}

fn leaf() -> Value {
    json!({ "field": "name", "op": "eq", "value": "a" })
}

/// Where a filter is refused, and why.
fn refused(filter: &Value) -> (String, String) {
    let malformed = Filter::from_json(filter).expect_err("refused");
    assert_eq!(malformed.code, "filter_invalid");
    let text = serde_json::from_value::<Filter>(filter.clone()).expect_err("refused").to_string();
    assert!(text.contains(&malformed.detail), "{text}");
    (malformed.at, malformed.detail)
}

fn a_filter_has_at_most_eight_kibibytes() {
    assert_eq!(LONGEST, 8 * 1024);
    let of_size = |size: usize| {
        let frame = json!({ "field": "name", "op": "eq", "value": "" }).to_string().len();
        json!({ "field": "name", "op": "eq", "value": "x".repeat(size - frame) })
    };
    assert_eq!(of_size(LONGEST).to_string().len(), LONGEST);
    Filter::from_json(&of_size(LONGEST)).expect("as long as may be");
    of_size(LONGEST).to_string().parse::<Filter>().expect("as long as may be");
    let malformed = of_size(LONGEST + 1).to_string().parse::<Filter>().expect_err("too long");
    assert_eq!((malformed.code, malformed.at.as_str()), ("filter_invalid", "filter"));
    assert!(malformed.detail.contains("8192 bytes"), "{}", malformed.detail);
    // However it comes: as a parameter or in a body.
    assert_eq!(refused(&of_size(LONGEST + 1)).0, "filter");
    let many: Vec<String> = (0..10_000).map(|number| number.to_string()).collect();
    refused(&json!({ "field": "zipCode", "op": "in", "value": many }));
}

fn a_filter_nests_at_most_five_deep() {
    assert_eq!(DEEPEST, 5);
    let nested = |levels: usize| {
        (1..levels).fold(
            leaf(),
            |inner, level| {
                if level % 2 == 0 { json!({ "not": inner }) } else { json!({ "all": [inner] }) }
            },
        )
    };
    Filter::from_json(&nested(5)).expect("as deep as may be");
    let (at, detail) = refused(&nested(6));
    assert_eq!((at.as_str(), detail.as_str()), ("filter/all/0/not/all/0/not/all/0", "a filter nests at most 5 deep"));
    // Far deeper than anything that is read recursively could bear.
    let deep = format!("{}{}", "{\"not\":".repeat(1_000), "}".repeat(1_000));
    assert_eq!(deep.parse::<Filter>().expect_err("too deep").code, "filter_invalid");
}

fn a_filter_has_at_most_fifty_leaves() {
    assert_eq!(MAX_CONDITIONS, 50);
    let with = |leaves: usize| json!({ "any": [{ "all": vec![leaf(); 20] }, { "any": vec![leaf(); leaves - 20] }] });
    Filter::from_json(&with(50)).expect("as many as may be");
    let (at, detail) = refused(&with(51));
    assert_eq!((at.as_str(), detail.as_str()), ("filter/any/1/any/30", "a filter has at most 50 leaves"));
    // An empty list is an answer too: hundreds of them are as deep a condition as hundreds of leaves.
    Filter::from_json(&json!({ "all": vec![json!({ "any": [] }); 50] })).expect("as many as may be");
    let (at, detail) = refused(&json!({ "all": vec![json!({ "any": [] }); 51] }));
    assert_eq!((at.as_str(), detail.as_str()), ("filter/all/50/any", "a filter has at most 50 leaves"));
}

fn a_filter_of_the_wrong_shape_says_where() {
    for (filter, at, says) in [
        (json!([]), "filter", "expected an object"),
        (json!(null), "filter", "expected an object"),
        (json!({ "all": {} }), "filter/all", "list of filters"),
        (json!({ "all": [leaf(), 1] }), "filter/all/1", "expected an object"),
        (json!({ "not": [leaf()] }), "filter/not", "expected an object"),
        (json!({ "all": [], "any": [] }), "filter", "must be the only member"),
        (json!({ "all": [], "field": "name" }), "filter", "\"all\" must be the only member"),
        (json!({ "and": [] }), "filter", "unknown member \"and\""),
        (json!({ "field": "name", "op": "eq", "value": 1, "values": [] }), "filter", "unknown member \"values\""),
        (json!({ "op": "eq", "value": 1 }), "filter/field", "\"field\" is missing"),
        (json!({ "any": [{ "field": "name" }] }), "filter/any/0/op", "\"op\" is missing"),
        (json!({ "field": "name", "op": "like", "value": "a" }), "filter/op", "expected one of eq, ne, in"),
        (json!({ "field": 1, "op": "eq" }), "filter/field", "not a text"),
    ] {
        let (found, detail) = refused(&filter);
        assert_eq!(found, at, "{filter}: {detail}");
        assert!(detail.contains(says), "{filter}: {detail}");
    }
    let malformed = "{\"all\": [".parse::<Filter>().expect_err("no JSON");
    assert!(malformed.detail.contains("not valid JSON"), "{}", malformed.detail);
}

async fn wrong_fields_operators_and_values_are_named(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for (filter, says) in [
        (json!({ "field": "nam", "op": "eq", "value": "a" }), "nam: unknown field, expected one of id, kind, name"),
        (json!({ "field": "companyId", "op": "eq", "value": "a" }), "companyId: unknown field"),
        (json!({ "field": "search_text", "op": "contains", "value": "a" }), "search_text: unknown field"),
        (json!({ "field": "name.first", "op": "eq", "value": "a" }), "name.first: unknown field"),
        (json!({ "field": "customFields", "op": "is_null" }), "customFields: unknown field"),
        (json!({ "field": "name", "op": "has_any", "value": ["a"] }), "name: takes eq, ne, in"),
        (
            json!({ "field": "zipCode", "op": "contains", "value": "1" }),
            "zipCode: takes eq, ne, in, is_null, not contains",
        ),
        (json!({ "field": "name", "op": "eq", "value": 1 }), "name: expected a text"),
        (json!({ "field": "name", "op": "eq" }), "name: expected a text"),
        (json!({ "field": "name", "op": "in", "value": "a" }), "name: expected a list"),
        (json!({ "field": "name", "op": "in", "value": ["a", null] }), "name: expected a text"),
        (json!({ "field": "name", "op": "between", "value": ["a"] }), "name: between takes a list of two values"),
        (json!({ "field": "name", "op": "is_null", "value": "yes" }), "name: is_null takes true or false"),
        (
            json!({ "field": "status", "op": "eq", "value": "lost" }),
            "status: expected one of prospect, active, inactive, blocked",
        ),
        (json!({ "field": "ownerId", "op": "eq", "value": "ann" }), "ownerId: expected a UUID"),
        (json!({ "field": "isArchived", "op": "eq", "value": "true" }), "isArchived: expected true or false"),
        (json!({ "field": "createdAt", "op": "gt", "value": "2026-06-01" }), "createdAt: expected an RFC 3339 time"),
        (json!({ "field": "externalSystem", "op": "has_any", "value": [1] }), "externalSystem: expected texts"),
        (json!({ "field": "customFields.", "op": "is_null" }), "customFields.: a name has 1 to 100 characters"),
        (json!({ "field": "customFields.a\"b", "op": "is_null" }), "a name has 1 to 100 characters"),
        (json!({ "field": "customFields.a", "op": "eq", "value": [] }), "customFields.a: expected a text, a number"),
        (json!({ "field": "customFields.a", "op": "gt", "value": 1 }), "customFields.a: takes eq, is_null, not gt"),
    ] {
        // However deep it stands.
        for filter in [filter.clone(), json!({ "not": { "any": [leaf(), filter] } })] {
            let query = CustomerQuery { filter: Some(Filter::from_json(&filter)?), ..CustomerQuery::default() };
            match crm.admin().customers().list(&query, &PageRequest::default()).await {
                Err(Error::Malformed(malformed)) => {
                    assert_eq!((malformed.code, malformed.at.as_str()), ("filter_invalid", "filter"));
                    assert!(malformed.detail.contains(says), "{filter}: {}", malformed.detail);
                }
                other => panic!("{filter}: {other:?}"),
            }
        }
    }
    Ok(())
}

/// Within the bounds there is nothing that only one of the databases bears.
async fn the_longest_filters_are_answered(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let new = NewCustomer {
        zip_code: Some("1".into()),
        external_refs: Some(vec![crm_core::customers::ExternalRef::new("1", "1")]),
        ..NewCustomer::organization("Lee & Co")
    };
    crm.create(new).await?;
    let many = || -> Vec<&str> { vec!["1"; MAX_VALUES] };
    let empty = |kind: &str| json!({ kind: vec![json!({ kind: [] }); 50] });
    let long = json!({ "field": "name", "op": "contains", "value": "%".repeat(1_000) });
    for (filter, expected) in [
        (json!({ "field": "zipCode", "op": "in", "value": many() }), 1),
        (json!({ "field": "externalSystem", "op": "has_any", "value": many() }), 1),
        (json!({ "field": "externalSystem", "op": "has_all", "value": many() }), 1),
        (
            json!({ "field": "externalSystem", "op": "has_all", "value": (0..MAX_VALUES).map(|n| n.to_string()).collect::<Vec<_>>() }),
            0,
        ),
        (empty("all"), 1),
        (empty("any"), 0),
        (json!({ "not": long }), 1),
    ] {
        let query = CustomerQuery { filter: Some(Filter::from_json(&filter)?), ..CustomerQuery::default() };
        let page = crm.admin().customers().list(&query, &PageRequest::default()).await;
        let page = page.map_err(|error| anyhow::anyhow!("{error:?}: {:.100}", filter.to_string()))?;
        assert_eq!(page.data.len(), expected, "{:.100}", filter.to_string());
    }
    Ok(())
}

async fn numbers_are_found_as_far_as_both_databases_can_tell_them_apart(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let kept = [
        "9223372036854775807",
        "9223372036854775806",
        "-9223372036854775808",
        "9007199254740993",
        "9007199254740992.0",
    ];
    let beyond = ["9223372036854775808", "18446744073709551615", "18446744073709551614", "1e19", "-1e19", "1e300"];
    for number in kept.iter().chain(&beyond) {
        let custom_fields = serde_json::from_str(&format!("{{\"number\": {number}}}"))?;
        crm.create(NewCustomer { custom_fields: Some(custom_fields), ..NewCustomer::organization(*number) }).await?;
    }
    let found = async |number: &str| {
        let filter = format!("{{\"field\": \"customFields.number\", \"op\": \"eq\", \"value\": {number}}}");
        crm.names(&CustomerQuery { filter: Some(filter.parse()?), ..CustomerQuery::default() }).await
    };
    for number in kept {
        assert_eq!(found(number).await?, [number]);
    }
    // What is beyond is kept as it is, and asked for it is refused and not confused.
    for number in beyond.into_iter().chain(["-9223372036854775809000", "9223372036854775807.5"]) {
        match found(number).await {
            Err(Error::Malformed(malformed)) => {
                assert!(malformed.detail.contains("beyond 64 bits"), "{number}: {}", malformed.detail)
            }
            other => panic!("{number}: {other:?}"),
        }
    }
    Ok(())
}

async fn no_text_makes_the_database_fail(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee & Co").await?;
    let texts =
        ["a\0b", "\u{1}\u{7f}", "'; DROP TABLE crm_customers; --", "$1 ? :a %s", "\\", "\u{FFFF}\u{10FFFF}", ""];
    for text in texts {
        let mut filters = vec![
            json!({ "field": "externalSystem", "op": "has_any", "value": [text] }),
            json!({ "field": "externalSystem", "op": "has_all", "value": [text] }),
            json!({ "field": format!("customFields.{}", text.replace(['\\', '\u{1}', '\u{7f}'], "x")), "op": "is_null" }),
        ];
        for field in ["name", "email", "phone", "zipCode", "source", "customFields.tier"] {
            for op in ["eq", "ne", "in", "contains", "lt"] {
                let value = if op == "in" { json!([text]) } else { json!(text) };
                filters.push(json!({ "not": { "field": field, "op": op, "value": value } }));
            }
        }
        for filter in filters {
            let parsed = Filter::from_json(&filter);
            assert_eq!(parsed.is_err(), text.contains('\0'), "{filter}");
            let Ok(parsed) = parsed else { continue };
            let query = CustomerQuery { filter: Some(parsed), ..CustomerQuery::default() };
            match crm.admin().customers().list(&query, &PageRequest::default()).await {
                Ok(_) | Err(Error::Malformed(_)) => {}
                Err(error) => panic!("{filter}: {error:?}"),
            }
        }
    }
    Ok(())
}
