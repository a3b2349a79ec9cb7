//! Pages of a list.

use serde_json::{Value, json};
use testkit::Suite;

use super::{Made, Resource, of_resource};

pub fn register(suite: &mut Suite, resource: &'static Resource) {
    of_resource!(
        suite,
        resource,
        [
            pages_by_cursor_are_the_whole_list_in_every_order,
            pages_by_number_are_the_whole_list_in_every_order,
            a_page_tells_where_it_stands,
            totals_are_counted_as_asked,
            a_page_that_makes_no_sense_is_refused_and_named,
            a_cursor_holds_for_its_own_list_only,
            parameters_that_are_unknown_or_repeated_are_named,
        ]
    );
}

const RECORDS: usize = 7;

async fn filled(made: &Made) -> Vec<Value> {
    let mut records = Vec::new();
    // Not in the order of their names.
    for n in [4, 1, 6, 2, 0, 5, 3] {
        records.push(made.new(n).await);
    }
    assert_eq!(records.len(), RECORDS);
    records
}

/// The list that this query gives.
async fn list(made: &Made, query: &[(&str, String)]) -> Value {
    made.api.admin().get(&made.list).query(query.iter().map(|(name, value)| (*name, value))).await.ok()
}

fn ids(records: &Value) -> Vec<String> {
    let records = records.as_array().expect("records");
    records.iter().map(|record| record["id"].as_str().expect("an id").to_owned()).collect()
}

/// What the list is sorted by, with the id after it.
fn is_sorted(records: &[Value], sort: &str) -> bool {
    let (descending, field) = sort.strip_prefix('-').map_or((false, sort), |field| (true, field));
    let key = |record: &Value| {
        let (value, id) = (&record[field], record["id"].as_str().map(str::to_owned));
        (value.as_i64(), value.as_str().map(str::to_lowercase), id)
    };
    records
        .windows(2)
        .all(|pair| if descending { key(&pair[0]) > key(&pair[1]) } else { key(&pair[0]) < key(&pair[1]) })
}

async fn pages_by_cursor_are_the_whole_list_in_every_order(made: Made) {
    filled(&made).await;
    for sort in made.resource.sorts {
        let sorted = ("sort", (*sort).to_owned());
        let whole = list(&made, &[sorted.clone(), ("limit", "100".to_owned())]).await;
        assert!(is_sorted(whole["data"].as_array().expect("records"), sort), "{sort}: {whole}");
        assert_eq!(whole["pagination"]["nextCursor"], Value::Null);
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let more = cursor.map(|cursor: String| ("cursor", cursor));
            let query: Vec<_> =
                [Some(sorted.clone()), Some(("limit", "2".to_owned())), more].into_iter().flatten().collect();
            let page = list(&made, &query).await;
            found.extend(ids(&page["data"]));
            match page["pagination"]["nextCursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        assert_eq!(found, ids(&whole["data"]), "{sort}");
        assert_eq!(found.len(), RECORDS);
    }
}

async fn pages_by_number_are_the_whole_list_in_every_order(made: Made) {
    filled(&made).await;
    for sort in made.resource.sorts {
        let sorted = ("sort", (*sort).to_owned());
        let whole = list(&made, std::slice::from_ref(&sorted)).await;
        let mut found = Vec::new();
        for page in 1..=5 {
            let query = [sorted.clone(), ("limit", "2".to_owned()), ("page", page.to_string())];
            found.extend(ids(&list(&made, &query).await["data"]));
        }
        assert_eq!(found, ids(&whole["data"]), "{sort}");
    }
}

async fn a_page_tells_where_it_stands(made: Made) {
    filled(&made).await;
    let query = |pairs: &[(&'static str, &str)]| {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<Vec<_>>()
    };
    let first = list(&made, &query(&[("limit", "3")])).await["pagination"].clone();
    let next = first["nextCursor"].clone();
    assert!(next.is_string());
    let expected = json!({
        "page": 1, "limit": 3, "total": 7, "totalRelation": "eq", "totalPages": 3, "nextCursor": next,
    });
    assert_eq!(first, expected);
    let last = list(&made, &query(&[("limit", "3"), ("page", "3")])).await;
    let expected = json!({
        "page": 3, "limit": 3, "total": 7, "totalRelation": "eq", "totalPages": 3, "nextCursor": null,
    });
    assert_eq!(last["pagination"], expected);
    assert_eq!(last["data"].as_array().map(Vec::len), Some(1));
    let beyond = list(&made, &query(&[("limit", "3"), ("page", "4")])).await;
    assert_eq!((&beyond["data"], &beyond["pagination"]["nextCursor"]), (&json!([]), &Value::Null));
    let second = list(&made, &query(&[("limit", "3"), ("cursor", next.as_str().expect("a cursor"))])).await;
    let expected = json!({
        "page": null, "limit": 3, "total": null, "totalRelation": null, "totalPages": null,
        "nextCursor": second["pagination"]["nextCursor"],
    });
    assert_eq!(second["pagination"], expected, "a page by cursor has no number, and is not counted unless asked");
    let empty = Made::in_company(made.api.other_company(), made.resource).await;
    let pagination = list(&empty, &[]).await["pagination"].clone();
    let expected = json!({
        "page": 1, "limit": 20, "total": 0, "totalRelation": "eq", "totalPages": 0, "nextCursor": null,
    });
    assert_eq!(pagination, expected);
}

async fn totals_are_counted_as_asked(made: Made) {
    filled(&made).await;
    let first = list(&made, &[("limit", "2".to_owned())]).await;
    let cursor = first["pagination"]["nextCursor"].as_str().expect("a cursor").to_owned();
    for position in [("page", "2".to_owned()), ("cursor", cursor)] {
        for (count, total) in [("none", Value::Null), ("capped", json!(RECORDS)), ("exact", json!(RECORDS))] {
            let query = [position.clone(), ("limit", "2".to_owned()), ("count", count.to_owned())];
            let pagination = list(&made, &query).await["pagination"].clone();
            assert_eq!(pagination["total"], total, "{query:?}");
            assert_eq!(pagination["totalPages"], if total.is_null() { Value::Null } else { json!(4) }, "{query:?}");
            assert_eq!(
                pagination["totalRelation"],
                if total.is_null() { Value::Null } else { json!("eq") },
                "{query:?}"
            );
        }
    }
}

async fn a_page_that_makes_no_sense_is_refused_and_named(made: Made) {
    for (name, value, code) in [
        ("limit", "0", "limit_invalid"),
        ("limit", "101", "limit_invalid"),
        ("limit", "-1", "parameter_invalid"),
        ("limit", "many", "parameter_invalid"),
        ("limit", "", "parameter_invalid"),
        ("page", "0", "page_invalid"),
        ("page", "1.5", "parameter_invalid"),
        ("page", "501", "page_too_deep"),
        ("page", "18446744073709551615", "page_too_deep"),
        ("count", "all", "parameter_invalid"),
        ("cursor", "nonsense", "cursor_invalid"),
        ("cursor", "eyJ2IjoyfQ", "cursor_invalid"),
        ("cursor", "", "cursor_invalid"),
        ("sort", "shoeSize", "sort_invalid"),
        ("sort", "--name", "sort_invalid"),
    ] {
        let answer = made.api.admin().get(&made.list).query([(name, value)]).await;
        answer.problem_of_parameter(400, code, name);
    }
    let both = made.api.admin().get(&made.list).query([("page", "1"), ("cursor", "abc")]).await;
    both.problem_of_parameter(400, "parameter_invalid", "cursor");
    // The deepest page there is, is one.
    made.api.admin().get(&made.list).query([("page", "100"), ("limit", "100")]).await.expect(200);
}

async fn a_cursor_holds_for_its_own_list_only(made: Made) {
    filled(&made).await;
    let [sort, other, ..] = made.resource.sorts else {
        return;
    };
    let first = list(&made, &[("sort", (*sort).to_owned()), ("limit", "2".to_owned())]).await;
    let cursor = first["pagination"]["nextCursor"].as_str().expect("a cursor");
    let read = |sort: &str| made.api.admin().get(&made.list).query([("sort", sort), ("cursor", cursor)]);
    read(sort).await.expect(200);
    read(other).await.problem_of_parameter(400, "cursor_invalid", "cursor");
    // A cursor opens no door: in another company it leads nowhere.
    let stranger = made.api.other_company();
    let page = stranger.admin().get(&made.list).query([("sort", *sort), ("cursor", cursor)]).await;
    match made.resource.list == made.list {
        true => assert_eq!(page.ok()["data"], json!([])),
        // Its parent is not found by a user of another company either.
        false => drop(page.problem(404, "not_found")),
    }
}

async fn parameters_that_are_unknown_or_repeated_are_named(made: Made) {
    let read = |query: &str| made.api.admin().get(format!("{}?{query}", made.list));
    read("pgae=1").await.problem_of_parameter(400, "unknown_parameter", "pgae");
    read("companyId=1").await.problem_of_parameter(400, "unknown_parameter", "companyId");
    read("page=1&page=2").await.problem_of_parameter(400, "parameter_invalid", "page");
    read("page=%ff").await.problem_of_parameter(400, "parameter_invalid", "page");
    read("").await.expect(200);
    read("&limit=5&").await.expect(200);
}
