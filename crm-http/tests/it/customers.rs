//! Customers over HTTP: filters, search, references, the archive, owners, files.

use crm_core::actor::Role;
use crm_http::Limits;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{Answer, Api, Options};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        shorthands_narrow_a_list,
        a_filter_narrows_a_list,
        a_filter_that_makes_no_sense_is_refused_and_named,
        a_shorthand_that_makes_no_sense_is_refused_and_named,
        totals_are_exact_up_to_a_thousand,
        customers_are_found_by_words_in_any_field,
        a_search_can_be_narrowed_and_paged,
        a_search_that_makes_no_sense_is_refused_and_named,
        a_search_by_body_finds_the_same,
        a_customer_is_found_by_its_id_in_another_system,
        archived_customers_are_out_of_the_way_but_there,
        fields_have_the_names_of_other_systems_too,
        words_are_read_in_any_case,
        objects_are_merged_member_by_member,
        derived_fields_follow,
        sales_representatives_have_their_own_customers,
        an_owner_must_be_a_user_of_the_company,
        duplicates_are_allowed_where_the_company_says_so,
        a_file_is_imported_and_told_about,
        a_file_that_makes_no_sense_is_refused,
        an_import_that_is_tried_writes_nothing,
        an_export_can_be_imported_again,
        an_export_has_what_a_search_finds,
        an_export_can_be_narrowed_and_is_audited,
    ]);
}

async fn add(api: &Api, body: Value) -> Value {
    api.admin().post("/api/customers").json(&body).await.expect(201).json()
}

fn path(customer: &Value) -> String {
    format!("/api/customers/{}", customer["id"].as_str().expect("an id"))
}

/// The names on a page, sorted.
fn names(page: &Value) -> Vec<String> {
    let data = page["data"].as_array().expect("records");
    let name = |record: &Value| record["name"].as_str().or(record["customer"]["name"].as_str()).map(str::to_owned);
    let mut names: Vec<String> = data.iter().filter_map(name).collect();
    names.sort_unstable();
    names
}

async fn listed(api: &Api, query: &[(&str, &str)]) -> Vec<String> {
    names(&api.admin().get("/api/customers").query(query.iter().copied()).await.ok())
}

/// Four customers who differ in everything that can be asked for.
async fn four(api: &Api) {
    let (sales, manager) = (api.ensure_mirrored(Role::SalesRep).await, api.ensure_mirrored(Role::Manager).await);
    for customer in [
        json!({
            "name": "Ann", "status": "active", "ownerId": sales, "city": "Köln", "country": "Germany", "source": "referral",
            "email": "ann@example.com", "externalRefs": [{ "system": "erp", "id": "1" }, { "system": "shop", "id": "1" }],
            "customFields": { "tier": "gold", "size": 3 },
        }),
        json!({
            "name": "Ben", "status": "prospect", "ownerId": manager, "city": "Bonn", "country": "DE",
            "externalRefs": [{ "system": "shop", "id": "2" }], "customFields": { "tier": "silver" },
        }),
        json!({ "kind": "organization", "name": "Cor", "status": "blocked", "city": "Paris", "country": "France" }),
        json!({ "name": "Dot", "status": "active", "ownerId": sales, "isArchived": true, "city": "Köln" }),
    ] {
        add(api, customer).await;
    }
}

async fn shorthands_narrow_a_list(database: TestDatabase) {
    let api = Api::new(&database).await;
    four(&api).await;
    let sales = api.user(Role::SalesRep).to_string();
    for (query, expected) in [
        (vec![], vec!["Ann", "Ben", "Cor"]),
        (vec![("status", "active")], vec!["Ann"]),
        (vec![("status", "active,blocked")], vec!["Ann", "Cor"]),
        (vec![("kind", "organization")], vec!["Cor"]),
        (vec![("kind", "organization,person")], vec!["Ann", "Ben", "Cor"]),
        (vec![("ownerId", &*sales)], vec!["Ann"]),
        (vec![("ownerId", "none")], vec!["Cor"]),
        (vec![("isArchived", "true")], vec!["Dot"]),
        (vec![("isArchived", "false")], vec!["Ann", "Ben", "Cor"]),
        (vec![("isArchived", "true"), ("status", "active"), ("ownerId", &*sales)], vec!["Dot"]),
        (vec![("createdFrom", "2020-01-01T00:00:00Z")], vec!["Ann", "Ben", "Cor"]),
        (vec![("createdFrom", "2020-01-01T01:00:00+01:00")], vec!["Ann", "Ben", "Cor"]),
        (vec![("createdTo", "2020-01-01T00:00:00Z")], vec![]),
        (vec![("status", "inactive")], vec![]),
    ] {
        assert_eq!(listed(&api, &query).await, expected, "{query:?}");
    }
    let mine = api.as_(Role::SalesRep).get("/api/customers").query([("ownerId", "me")]).await.ok();
    assert_eq!(names(&mine), ["Ann"]);
    let mine = api.as_(Role::Viewer).get("/api/customers").query([("ownerId", "me")]).await.ok();
    assert_eq!(names(&mine), [""; 0]);
    // From and to: the one is in, the other is out.
    let ann = api.admin().get("/api/customers").query([("sort", "createdAt"), ("limit", "1")]).await.ok();
    let at = ann["data"][0]["createdAt"].as_str().expect("a time");
    assert_eq!(listed(&api, &[("createdTo", at)]).await, [""; 0]);
    assert_eq!(listed(&api, &[("createdFrom", at), ("status", "active")]).await, ["Ann"]);
}

async fn a_filter_narrows_a_list(database: TestDatabase) {
    let api = Api::new(&database).await;
    four(&api).await;
    let leaf = |field: &str, op: &str, value: Value| json!({ "field": field, "op": op, "value": value });
    for (filter, expected) in [
        (leaf("city", "eq", json!("KOLN")), vec!["Ann"]),
        (leaf("city", "ne", json!("Köln")), vec!["Ben", "Cor"]),
        (leaf("city", "starts_with", json!("bo")), vec!["Ben"]),
        (leaf("name", "contains", json!("N")), vec!["Ann", "Ben"]),
        (leaf("name", "in", json!(["ann", "Cor"])), vec!["Ann", "Cor"]),
        (leaf("name", "between", json!(["b", "cz"])), vec!["Ben", "Cor"]),
        (leaf("name", "gt", json!("ben")), vec!["Cor"]),
        (leaf("email", "is_null", json!(false)), vec!["Ann"]),
        (json!({ "field": "email", "op": "is_null" }), vec!["Ben", "Cor"]),
        (leaf("countryCode", "eq", json!("DE")), vec!["Ann", "Ben"]),
        (leaf("ownerId", "eq", json!(api.user(Role::Manager))), vec!["Ben"]),
        (leaf("customFields.tier", "eq", json!("gold")), vec!["Ann"]),
        (leaf("customFields.size", "eq", json!(3)), vec!["Ann"]),
        (leaf("customFields.tier", "is_null", json!(true)), vec!["Cor"]),
        (leaf("externalSystem", "has_any", json!(["erp", "shop"])), vec!["Ann", "Ben"]),
        (leaf("externalSystem", "has_all", json!(["erp", "shop"])), vec!["Ann"]),
        (leaf("isArchived", "eq", json!(true)), vec!["Dot"]),
        (leaf("createdAt", "gte", json!("2020-01-01T00:00:00Z")), vec!["Ann", "Ben", "Cor"]),
        (json!({ "all": [leaf("status", "eq", json!("active")), leaf("city", "eq", json!("bonn"))] }), vec![]),
        (
            json!({ "any": [leaf("status", "eq", json!("active")), leaf("city", "eq", json!("bonn"))] }),
            vec!["Ann", "Ben"],
        ),
        (json!({ "not": leaf("email", "eq", json!("ann@example.com")) }), vec!["Ben", "Cor"]),
        (json!({ "all": [] }), vec!["Ann", "Ben", "Cor"]),
    ] {
        assert_eq!(listed(&api, &[("filter", &filter.to_string())]).await, expected, "{filter}");
    }
    // Together with a shorthand, both must hold.
    let filter = leaf("name", "contains", json!("n")).to_string();
    assert_eq!(listed(&api, &[("filter", &filter), ("status", "prospect")]).await, ["Ben"]);
    // What a person types is data, however it looks.
    for hostile in ["'; DROP TABLE crm_customers; --", "%", "_", "\\", "🙂"] {
        let filter = leaf("name", "contains", json!(hostile)).to_string();
        assert_eq!(listed(&api, &[("filter", &filter)]).await, [""; 0], "{hostile:?}");
    }
}

/// A filter of the list is refused, with a fault of the parameter `filter`, which tells the place in it (`/all/0/op`) or the
/// field that is at fault.
async fn refused_filter(api: &Api, filter: &str, at: Option<&str>) {
    let answer = api.admin().get("/api/customers").query([("filter", filter)]).await;
    let text = answer.to_string();
    let problem = answer.problem_of_parameter(400, "filter_invalid", "filter");
    let fault = &problem["errors"][0];
    match at {
        Some(pointer) if pointer.starts_with('/') => assert_eq!(fault["pointer"], pointer, "{text}"),
        Some(field) => assert!(fault["detail"].as_str().is_some_and(|detail| detail.contains(field)), "{text}"),
        None => assert_eq!(fault["pointer"], Value::Null, "{text}"),
    }
}

async fn a_filter_that_makes_no_sense_is_refused_and_named(database: TestDatabase) {
    let api = Api::new(&database).await;
    for (filter, pointer) in [
        ("", None),
        ("{", None),
        ("[]", None),
        ("\"name\"", None),
        (r#"{"field": "name", "op": "eq", "value": "x", "more": 1}"#, None),
        (r#"{"op": "eq", "value": "x"}"#, Some("/field")),
        (r#"{"field": "name", "value": "x"}"#, Some("/op")),
        (r#"{"field": "name", "op": "like", "value": "x"}"#, Some("/op")),
        (r#"{"field": "shoeSize", "op": "eq", "value": 44}"#, Some("shoeSize")),
        (r#"{"field": "company_id", "op": "eq", "value": "x"}"#, Some("company_id")),
        (r#"{"field": "status", "op": "contains", "value": "act"}"#, Some("status")),
        (r#"{"field": "status", "op": "eq", "value": "vip"}"#, Some("status")),
        (r#"{"field": "name", "op": "eq", "value": 7}"#, Some("name")),
        (r#"{"field": "name", "op": "in", "value": "x"}"#, Some("name")),
        (r#"{"field": "createdAt", "op": "gt", "value": "yesterday"}"#, Some("createdAt")),
        (r#"{"field": "ownerId", "op": "eq", "value": "unknown"}"#, Some("ownerId")),
        (
            r#"{"all": [{"field": "name", "op": "eq", "value": "x"}, {"field": "nmae", "op": "eq", "value": "x"}]}"#,
            Some("nmae"),
        ),
        (r#"{"not": {"any": [{"field": "nmae", "op": "eq", "value": "x"}]}}"#, Some("nmae")),
        (r#"{"field": "name", "op": "eq", "value": "\u0000"}"#, Some("NUL")),
        (r#"{"all": {}}"#, Some("/all")),
    ] {
        refused_filter(&api, filter, pointer).await;
    }
    let leaf = r#"{"field": "name", "op": "eq", "value": "x"}"#;
    let deep = format!("{}{leaf}{}", r#"{"not": "#.repeat(5), "}".repeat(5));
    refused_filter(&api, &deep, Some("/not/not/not/not/not")).await;
    let many = format!(r#"{{"all": [{}]}}"#, vec![leaf; 51].join(","));
    refused_filter(&api, &many, Some("/all/50")).await;
    let long = format!(r#"{{"field": "name", "op": "eq", "value": "{}"}}"#, "x".repeat(8192));
    refused_filter(&api, &long, None).await;
}

async fn a_shorthand_that_makes_no_sense_is_refused_and_named(database: TestDatabase) {
    let api = Api::new(&database).await;
    for (name, value) in [
        ("status", "vip"),
        ("status", "active,vip"),
        ("kind", "animal"),
        ("ownerId", "unknown"),
        ("isArchived", "perhaps"),
        ("createdFrom", "yesterday"),
        ("createdTo", "2026-13-01T00:00:00Z"),
        ("trashed", "perhaps"),
    ] {
        let answer = api.admin().get("/api/customers").query([(name, value)]).await;
        answer.problem_of_parameter(400, "parameter_invalid", name);
    }
}

async fn totals_are_exact_up_to_a_thousand(database: TestDatabase) {
    let api = Api::new(&database).await;
    let rows: String = (0..1003).map(|n| format!("Customer {n}\n")).collect();
    let import = |file: String| api.admin().post("/api/customers/import").file(file, None);
    assert_eq!(import(format!("name\n{rows}")).await.ok()["created"], 1003);
    let total = async |query: &[(&str, &str)]| {
        let pagination =
            api.admin().get("/api/customers").query(query.iter().copied()).await.ok()["pagination"].clone();
        (pagination["total"].clone(), pagination["totalRelation"].clone(), pagination["totalPages"].clone())
    };
    assert_eq!(total(&[]).await, (json!(1000), json!("gte"), json!(50)));
    assert_eq!(total(&[("count", "exact")]).await, (json!(1003), json!("eq"), json!(51)));
    assert_eq!(total(&[("count", "none")]).await, (Value::Null, Value::Null, Value::Null));
    assert_eq!(
        total(&[("filter", r#"{"field": "name", "op": "starts_with", "value": "customer 1"}"#)]).await.1,
        json!("eq")
    );
}

async fn found(api: &Api, words: &str) -> Vec<String> {
    names(&api.admin().get("/api/customers/search").query([("q", words)]).await.ok())
}

async fn customers_are_found_by_words_in_any_field(database: TestDatabase) {
    let api = Api::new(&database).await;
    four(&api).await;
    let zoe = add(
        &api,
        json!({
            "firstName": "Zoë", "lastName": "Ångström", "email": "zoe@angstrom.example", "phone": "+49 (30) 901-820",
            "organizationName": "Söhne & Töchter", "address": "Lange Straße 7", "zipCode": "50667",
            "externalRefs": [{ "system": "erp", "id": "D-10042" }],
        }),
    )
    .await;
    for words in [
        "zoë",
        "ZOE",
        "angstrom",
        "strom",
        "zoe angstrom",
        "angstrom zoe",
        "zoe@",
        "sohne",
        "strasse",
        "50667",
        "D-10042",
        "10042",
        "+4930901820",
        "030 901820",
        "(30) 901",
    ] {
        assert_eq!(found(&api, words).await, ["Zoë Ångström"], "{words}");
    }
    for words in ["zoe ben", "nobody", "12345678"] {
        assert_eq!(found(&api, words).await, [""; 0], "{words}");
    }
    let page = api.admin().get("/api/customers/search").query([("q", "ang")]).await.ok();
    assert_eq!(page["data"][0]["customer"], zoe, "a customer is found as stored");
    let fields: Vec<&Value> =
        page["data"][0]["matches"].as_array().expect("matches").iter().map(|one| &one["field"]).collect();
    assert!(fields.contains(&&json!("name")) && fields.contains(&&json!("email")), "{page}");
    let name = page["data"][0]["matches"].as_array().and_then(|all| all.iter().find(|one| one["field"] == "name"));
    assert_eq!(name.expect("a match")["ranges"][0], json!({ "start": 4, "end": 7 }));
    // The trash and the archive are out of the way.
    assert_eq!(found(&api, "dot").await, [""; 0]);
    api.admin().delete(path(&zoe)).await.expect(204);
    assert_eq!(found(&api, "zoe").await, [""; 0]);
}

async fn a_search_can_be_narrowed_and_paged(database: TestDatabase) {
    let api = Api::new(&database).await;
    for n in 0..5 {
        let status = if n % 2 == 0 { "active" } else { "blocked" };
        add(&api, json!({ "name": format!("Harbour {n}"), "status": status })).await;
    }
    let search = |query: &[(&str, &str)]| {
        api.admin().get("/api/customers/search").query([("q", "harb")]).query(query.iter().copied())
    };
    assert_eq!(names(&search(&[("status", "blocked")]).await.ok()), ["Harbour 1", "Harbour 3"]);
    let filter = r#"{"field": "name", "op": "gt", "value": "harbour 2"}"#;
    assert_eq!(names(&search(&[("filter", filter)]).await.ok()), ["Harbour 3", "Harbour 4"]);
    let first = search(&[("limit", "3")]).await.ok();
    assert_eq!(first["pagination"]["total"], 5);
    let cursor = first["pagination"]["nextCursor"].as_str().expect("a cursor");
    let second = search(&[("limit", "3"), ("cursor", cursor)]).await.ok();
    let mut all = [names(&first), names(&second)].concat();
    all.sort_unstable();
    assert_eq!(all, ["Harbour 0", "Harbour 1", "Harbour 2", "Harbour 3", "Harbour 4"]);
    let other = api.admin().get("/api/customers/search").query([("q", "other"), ("cursor", cursor)]).await;
    other.problem_of_parameter(400, "cursor_invalid", "cursor");
}

async fn a_search_that_makes_no_sense_is_refused_and_named(database: TestDatabase) {
    let api = Api::new(&database).await;
    let get = |query: &[(&str, &str)]| api.admin().get("/api/customers/search").query(query.iter().copied());
    get(&[]).await.problem_of_parameter(400, "missing_parameter", "q");
    for words in ["", "   ", "&!?", &"x".repeat(201)] {
        let answer = get(&[("q", words)]).await;
        assert_eq!((answer.status, &answer.json()["errors"][0]["parameter"]), (400, &json!("q")), "{answer}");
    }
    get(&[("q", "ann"), ("sort", "name")]).await.problem_of_parameter(400, "unknown_parameter", "sort");
    let post = |body: Value| api.admin().post("/api/customers/search").json(&body);
    post(json!({})).await.problem_at(400, "missing_field", "/q");
    post(json!({ "q": "ann", "sort": "name" })).await.problem_at(400, "unknown_field", "/sort");
    post(json!({ "q": "ann", "limit": 0 })).await.problem_at(400, "limit_invalid", "/limit");
    post(json!({ "q": "ann", "page": 1, "cursor": "x" })).await.problem_at(400, "parameter_invalid", "/cursor");
    post(json!({ "q": "ann", "cursor": "x" })).await.problem_at(400, "cursor_invalid", "/cursor");
    post(json!({ "q": "ann", "ownerId": "unknown" })).await.problem_at(400, "invalid_type", "/ownerId");
    let filter = json!({ "all": [{ "field": "nmae", "op": "eq", "value": 1 }] });
    post(json!({ "q": "ann", "filter": filter })).await.problem_at(400, "filter_invalid", "/filter");
    let answer = post(json!({ "q": "  " })).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["pointer"]), (400, &json!("/q")), "{answer}");
}

async fn a_search_by_body_finds_the_same(database: TestDatabase) {
    let api = Api::new(&database).await;
    four(&api).await;
    let get =
        api.admin().get("/api/customers/search").query([("q", "n"), ("status", "active,prospect"), ("limit", "1")]);
    let body = json!({ "q": "n", "status": ["active", "prospect"], "limit": 1 });
    let post = api.admin().post("/api/customers/search").json(&body);
    assert_eq!(get.await.ok(), post.await.ok());
    let before = api.records().await;
    let all = json!({
        "q": "ann", "kind": ["person"], "status": [], "filter": { "field": "city", "op": "eq", "value": "köln" },
        "ownerId": api.user(Role::SalesRep), "isArchived": false, "createdFrom": "2020-01-01T00:00:00Z",
        "createdTo": null, "page": 1, "limit": 100, "cursor": null, "count": "exact",
    });
    let page = api.as_(Role::Viewer).post("/api/customers/search").json(&all).await.ok();
    assert_eq!((names(&page), &page["pagination"]["total"]), (vec!["Ann".to_owned()], &json!(1)));
    assert_eq!(api.records().await, before, "a search is a read, whatever its method");
}

async fn a_customer_is_found_by_its_id_in_another_system(database: TestDatabase) {
    let api = Api::new(&database).await;
    let reference = |id: &str| json!([{ "system": "erp", "id": id }]);
    let ann = add(&api, json!({ "name": "Ann", "externalRefs": reference("D 1/ä") })).await;
    let by =
        |system: &str, id: &str| api.admin().get("/api/customers/by-external").query([("system", system), ("id", id)]);
    let found = by("erp", "D 1/ä").await.expect(200);
    assert_eq!(found.json(), ann);
    assert_eq!(found.etag(), api.admin().get(path(&ann)).await.etag());
    by("erp", "D 1/ä").header("If-None-Match", found.etag()).await.expect(304);
    for (system, id) in [("erp", "d 1/ä"), ("ERP", "D 1/ä"), ("shop", "D 1/ä"), ("erp", ""), ("", "")] {
        by(system, id).await.problem(404, "not_found");
    }
    let get = |query: &str| api.admin().get(format!("/api/customers/by-external?{query}"));
    get("system=erp").await.problem_of_parameter(400, "missing_parameter", "id");
    get("id=1").await.problem_of_parameter(400, "missing_parameter", "system");
    // One system, one id, one customer; until the customer is in the trash.
    let twice = api.admin().post("/api/customers").json(&json!({ "name": "Ben", "externalRefs": reference("D 1/ä") }));
    twice.clone().await.problem_at(409, "external_ref_taken", "/externalRefs");
    let ben = add(&api, json!({ "name": "Ben", "externalRefs": reference("2") })).await;
    let take = api.admin().patch(path(&ben)).json(&json!({ "externalRefs": reference("D 1/ä") }));
    take.clone().await.problem_at(409, "external_ref_taken", "/externalRefs");
    assert_eq!(by("erp", "2").await.ok()["name"], "Ben", "a conflict leaves things as they were");
    api.admin().delete(path(&ann)).await.expect(204);
    by("erp", "D 1/ä").await.problem(404, "not_found");
    take.await.expect(200);
    by("erp", "2").await.problem(404, "not_found");
    api.admin().post(format!("{}/restore", path(&ann))).await.problem_at(409, "external_ref_taken", "/externalRefs");
}

async fn archived_customers_are_out_of_the_way_but_there(database: TestDatabase) {
    let api = Api::new(&database).await;
    let ann = add(&api, json!({ "name": "Ann", "email": "ann@example.com" })).await;
    let archived = api.admin().patch(path(&ann)).json(&json!({ "isArchived": true })).await.ok();
    assert_eq!(archived["isArchived"], true);
    assert_eq!(listed(&api, &[]).await, [""; 0]);
    assert_eq!(found(&api, "ann").await, [""; 0]);
    assert_eq!(api.admin().get(path(&ann)).await.ok(), archived);
    let again = api.admin().post("/api/customers").json(&json!({ "name": "Ann", "email": "ann@example.com" }));
    again.await.problem_at(409, "customer_email_taken", "/email");
    // An archived one in the trash is in the trash.
    api.admin().delete(path(&ann)).await.expect(204);
    assert_eq!(listed(&api, &[("trashed", "true")]).await, ["Ann"]);
    api.admin().post(format!("{}/restore", path(&ann))).await.expect(200);
    api.admin().patch(path(&ann)).json(&json!({ "isArchived": null })).await.expect(200);
    assert_eq!(listed(&api, &[]).await, ["Ann"]);
}

async fn fields_have_the_names_of_other_systems_too(database: TestDatabase) {
    const ALIAS: &str = "an alias of the primary document, which new clients do not need";
    let api = Api::new(&database).await;
    let aliased = json!({ "name": "Ann", "emailId": "Ann@Example.com", "company": "Lee & Co" });
    let ann = api.admin().post("/api/customers").json(&aliased).undocumented(ALIAS).await.expect(201).json();
    assert_eq!((&ann["email"], &ann["organizationName"]), (&json!("ann@example.com"), &json!("Lee & Co")));
    let patch = |body: Value| api.admin().patch(path(&ann)).json(&body).undocumented(ALIAS);
    assert_eq!(patch(json!({ "emailId": null, "company": "B" })).await.ok()["organizationName"], "B");
    patch(json!({ "email": "a@example.com", "emailId": "b@example.com" })).await.expect(400);
    let mut whole = api.admin().get(path(&ann)).await.ok();
    let members = whole.as_object_mut().expect("an object");
    members.remove("email");
    members.insert("emailId".to_owned(), json!("c@example.com"));
    let put = api.admin().put(path(&ann)).json(&whole).undocumented(ALIAS).await;
    assert_eq!(put.ok()["email"], "c@example.com");
    let faults = patch(json!({ "emailId": "no address" })).await.violations();
    assert_eq!(faults, [("/email".to_owned(), "email_invalid".to_owned())]);
}

async fn words_are_read_in_any_case(database: TestDatabase) {
    const FORGIVING: &str = "enumerations are read in the spellings of other systems";
    let api = Api::new(&database).await;
    let body = json!({ "kind": "Organization", "name": "Lee & Co", "status": "ACTIVE", "source": "Web Site" });
    let lee = api.admin().post("/api/customers").json(&body).undocumented(FORGIVING).await.expect(201).json();
    assert_eq!(
        (&lee["kind"], &lee["status"], &lee["source"]),
        (&json!("organization"), &json!("active"), &json!("Web Site"))
    );
    let leaf = json!({ "field": "source", "op": "eq", "value": "web_site" }).to_string();
    let list = api.admin().get("/api/customers").query([("filter", leaf.as_str())]).await.ok();
    assert_eq!(names(&list), ["Lee & Co"]);
    let list = api.admin().get("/api/customers").query([("status", "Active")]).undocumented(FORGIVING).await.ok();
    assert_eq!(names(&list), ["Lee & Co"]);
}

async fn objects_are_merged_member_by_member(database: TestDatabase) {
    let api = Api::new(&database).await;
    let fields = json!({ "tier": "gold", "nested": { "a": 1, "b": 2 }, "list": [1, 2] });
    let ann = add(&api, json!({ "name": "Ann", "customFields": fields })).await;
    let patch = |fields: Value| api.admin().patch(path(&ann)).json(&json!({ "customFields": fields }));
    let merged = patch(json!({ "tier": null, "nested": { "a": null, "c": 3 }, "list": [3] })).await.ok();
    assert_eq!(merged["customFields"], json!({ "nested": { "b": 2, "c": 3 }, "list": [3] }));
    assert_eq!(patch(Value::Null).await.ok()["customFields"], json!({}));
    let large = patch(json!({ "much": "x".repeat(16 * 1024) })).await;
    assert_eq!(large.violations(), [("/customFields".to_owned(), "too_long".to_owned())]);
    let nul = patch(json!({ "text": "a\u{0}b" })).await;
    assert_eq!(nul.violations(), [("/customFields/text".to_owned(), "control_character".to_owned())]);
}

async fn derived_fields_follow(database: TestDatabase) {
    let api = Api::new(&database).await;
    api.admin().patch("/api/settings").json(&json!({ "defaultCountry": "DE" })).await.expect(200);
    let ann =
        add(&api, json!({ "firstName": "Ann", "lastName": "Lee", "phone": "030 901820", "country": "Austria" })).await;
    let facts = |customer: &Value| ["name", "phoneE164", "countryCode"].map(|name| customer[name].clone());
    assert_eq!(facts(&ann), [json!("Ann Lee"), json!("+4930901820"), json!("AT")]);
    let patch = |body: Value| api.admin().patch(path(&ann)).json(&body);
    let changed = patch(json!({ "lastName": "Bell", "phone": "none", "country": "nowhere" })).await.ok();
    assert_eq!(facts(&changed), [json!("Ann Bell"), Value::Null, Value::Null]);
    let read_only = patch(json!({ "phoneE164": "+4930" })).await;
    read_only.problem_at(400, "unknown_field", "/phoneE164");
}

async fn sales_representatives_have_their_own_customers(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (me, other) = (api.ensure_mirrored(Role::SalesRep).await, api.meet_another().await);
    let sales = api.as_(Role::SalesRep);
    let theirs = add(&api, json!({ "name": "Theirs", "ownerId": other })).await;
    let nobodys = add(&api, json!({ "name": "Nobody's" })).await;
    // The user sees them all.
    assert_eq!(names(&sales.get("/api/customers").await.ok()), ["Nobody's", "Theirs"]);
    sales.get(path(&theirs)).await.expect(200);
    // 403 for a record that is there and not theirs, 404 for one that is not there.
    let patch = |path: String, body: Value| sales.patch(path).json(&body);
    patch(path(&theirs), json!({ "city": "Bonn" })).await.problem(403, "forbidden");
    patch(format!("/api/customers/{}", uuid::Uuid::now_v7()), json!({ "city": "Bonn" }))
        .await
        .problem(404, "not_found");
    // They may take an unassigned record, and may not give their own away.
    patch(path(&nobodys), json!({ "ownerId": me })).await.expect(200);
    patch(path(&nobodys), json!({ "ownerId": other })).await.problem(403, "forbidden");
    patch(path(&nobodys), json!({ "ownerId": null })).await.expect(200);
    let post = |owner: Value| sales.post("/api/customers").json(&json!({ "name": "New", "ownerId": owner }));
    post(json!(me)).await.expect(201);
    post(Value::Null).await.expect(201);
    post(json!(other)).await.problem(403, "forbidden");
    sales.delete(path(&nobodys)).await.problem(403, "forbidden");
    // What was refused is in the audit trail.
    let trail = api.admin().get("/api/audit").query([("entityId", theirs["id"].as_str().expect("an id"))]).await.ok();
    assert_eq!((&trail["data"][0]["outcome"], &trail["data"][0]["action"]), (&json!("denied"), &json!("update")));
}

async fn an_owner_must_be_a_user_of_the_company(database: TestDatabase) {
    let api = Api::new(&database).await;
    let stranger = api.other_company().ensure_mirrored(Role::SalesRep).await;
    let ann = add(&api, json!({ "name": "Ann" })).await;
    for owner in [json!(stranger), json!(uuid::Uuid::now_v7())] {
        let post = api.admin().post("/api/customers").json(&json!({ "name": "Ben", "ownerId": owner })).await;
        assert_eq!(post.violations(), [("/ownerId".to_owned(), "user_unknown".to_owned())]);
        let patch = api.admin().patch(path(&ann)).json(&json!({ "ownerId": owner })).await;
        assert_eq!(patch.violations(), [("/ownerId".to_owned(), "user_unknown".to_owned())]);
    }
    let known = api.ensure_mirrored(Role::SalesRep).await;
    let owned = api.admin().patch(path(&ann)).json(&json!({ "ownerId": known })).await.ok();
    assert_eq!(owned["owner"], json!({ "id": known, "displayName": "The sales_rep" }));
}

async fn duplicates_are_allowed_where_the_company_says_so(database: TestDatabase) {
    let api = Api::new(&database).await;
    let ann = || api.admin().post("/api/customers").json(&json!({ "name": "Ann", "email": "ann@example.com" }));
    ann().await.expect(201);
    ann().await.problem_at(409, "customer_email_taken", "/email");
    let policy = |policy: &str| api.admin().patch("/api/settings").json(&json!({ "duplicatePolicy": policy }));
    policy("allow").await.expect(200);
    ann().await.expect(201);
    policy("reject").await.problem_at(409, "duplicate_emails_exist", "/duplicatePolicy");
    assert_eq!(api.admin().get("/api/settings").await.ok()["duplicatePolicy"], "allow");
}

async fn import(api: &Api, query: &[(&str, &str)], file: impl AsRef<[u8]>, mapping: Option<&str>) -> Answer {
    api.admin().post("/api/customers/import").query(query.iter().copied()).file(file, mapping).await
}

/// created, updated, unchanged, failed
fn counts(report: &Value) -> [i64; 4] {
    ["created", "updated", "unchanged", "failed"].map(|name| report[name].as_i64().expect("a count"))
}

async fn a_file_is_imported_and_told_about(database: TestDatabase) {
    let api = Api::new(&database).await;
    let file = "\u{feff}Full name;E-mail;Shoe size\nAnn Lee;ANN@example.com;38\nBen;no address;44\n\"Cor \"\"C\"\" Bell\";cor@example.com;\n";
    let report = import(&api, &[], file, None).await.ok();
    assert_eq!(counts(&report), [2, 0, 0, 1]);
    assert_eq!((&report["errors"][0]["row"], &report["errors"][0]["code"]), (&json!(3), &json!("email_invalid")));
    assert_eq!(report["errors"][0]["column"], "E-mail");
    assert!(!report["errors"].to_string().contains("no address"), "a report names rules and not values: {report}");
    assert_eq!(listed(&api, &[]).await, ["Ann Lee", "Cor \"C\" Bell"]);
    let ann = api.admin().get("/api/customers/search").query([("q", "ann@example.com")]).await.ok();
    assert_eq!(ann["data"][0]["customer"]["customFields"], json!({ "shoeSize": "38" }));
    let upsert = [("mode", "upsert"), ("matchBy", "email")];
    let changed = file.replace(";38", ";39").replace("no address", "ben@example.com");
    assert_eq!(counts(&import(&api, &upsert, &changed, None).await.ok()), [1, 1, 1, 0]);
    assert_eq!(
        counts(&import(&api, &upsert, &changed, None).await.ok()),
        [0, 0, 3, 0],
        "a second time changes nothing"
    );
    let mapped = "A,B\nDot,D-1\n";
    let mapping = r#"{"A": "name", "B": "externalRef"}"#;
    let by_ref = [("mode", "upsert"), ("matchBy", "externalRef"), ("externalSystem", "erp")];
    assert_eq!(counts(&import(&api, &by_ref, mapped, Some(mapping)).await.ok()), [1, 0, 0, 0]);
    let dot = api.admin().get("/api/customers/by-external").query([("system", "erp"), ("id", "D-1")]).await.ok();
    assert_eq!(dot["name"], "Dot");
}

async fn a_file_that_makes_no_sense_is_refused(database: TestDatabase) {
    let limits = Limits { import: 100_000, ..Limits::default() };
    let api = Api::with(&database, Options { limits, ..Options::default() }).await;
    let post = || api.admin().post("/api/customers/import");
    post().body("text/csv", "name\nAnn\n").await.problem(415, "unsupported_media_type");
    post().await.problem(415, "unsupported_media_type");
    post().body("multipart/form-data", "name\nAnn\n").await.problem(400, "malformed");
    post().body("multipart/form-data; boundary=x", "--x--\r\n").await.problem_of_parameter(
        400,
        "missing_field",
        "file",
    );
    post().body("multipart/form-data; boundary=x", "nonsense").await.expect(400);
    let part = |name: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.csv\"\r\n\r\nname\nAnn\n\r\n")
    };
    let parts = format!("{}{}--x--\r\n", part("file"), part("more"));
    post().body("multipart/form-data; boundary=x", parts).await.problem_of_parameter(400, "unknown_field", "more");
    let parts = format!("{}{}--x--\r\n", part("file"), part("file"));
    post().body("multipart/form-data; boundary=x", parts).await.problem_of_parameter(400, "malformed", "file");
    let cut = part("file");
    post().body("multipart/form-data; boundary=x", cut.clone()).await.expect(400);
    let large = format!("name\n{}", "Ann\n".repeat(100_000));
    import(&api, &[], large, None).await.problem(413, "payload_too_large");
    import(&api, &[("dryRun", "true")], "name\nAnn\n", Some(" ")).await.expect(200);
    for mapping in ["[]", "{\"A\": 1}", "{\"name\": \"shoeSize\"}", "{\"nobody\": \"name\"}"] {
        let answer = import(&api, &[], "name\nAnn\n", Some(mapping)).await;
        answer.problem_of_parameter(400, "mapping_invalid", "mapping");
    }
    for (name, value) in [
        ("mode", "delete"),
        ("matchBy", "name"),
        ("dateOrder", "xyz"),
        ("dryRun", "perhaps"),
        ("externalSystem", "\0"),
        ("externalSystem", "a\nb"),
        ("defaultKind", "\0"),
    ] {
        import(&api, &[(name, value)], "name\nAnn\n", None).await.problem_of_parameter(400, "parameter_invalid", name);
    }
    for mapping in ["{\"name\": \"customFields.a\\u0000\"}", "{\"a\\u0000\": \"name\"}", "{\"name\": \"\\u0000\"}"] {
        let answer = import(&api, &[], "name\nAnn\n", Some(mapping)).await;
        answer.problem_of_parameter(400, "mapping_invalid", "mapping");
    }
    let filter = "{\"field\":\"name\",\"op\":\"eq\",\"value\":\"\\u0000\"}";
    for (name, value) in
        [("filter", filter), ("ownerId", "\0"), ("status", "\0"), ("createdFrom", "\0"), ("format", "\0")]
    {
        let answer = api.admin().get("/api/customers/export").query([(name, value)]).await;
        assert_eq!(answer.status, 400, "{name}: {answer}");
    }
    // No tag has such a name, and so no customer such a tag.
    for name in ["tag", "tagAll"] {
        let answer = api.admin().get("/api/customers/export").query([(name, "a\0b"), ("format", "ndjson")]).await;
        assert!((answer.status == 200 && answer.text().is_empty()) || answer.status == 400, "{name}: {answer}");
    }
    for file in ["", "\n", "a\u{0}b"] {
        let answer = import(&api, &[], file, None).await;
        assert_eq!(answer.status, 400, "{answer}");
    }
    assert_eq!(listed(&api, &[]).await, [""; 0], "nothing of all this was written");
}

async fn an_import_that_is_tried_writes_nothing(database: TestDatabase) {
    let api = Api::new(&database).await;
    add(&api, json!({ "name": "Ann", "email": "ann@example.com" })).await;
    let [changes, _, outbox] = api.records().await;
    let file = "name,email\nAnn Lee,ann@example.com\nBen,ben@example.com\nCor,no address\n";
    let query = [("dryRun", "true"), ("mode", "upsert")];
    let report = import(&api, &query, file, None).await.ok();
    assert_eq!((counts(&report), &report["dryRun"]), ([1, 1, 0, 1], &json!(true)));
    assert_eq!(listed(&api, &[]).await, ["Ann"]);
    let after = api.records().await;
    assert_eq!([after[0], after[2]], [changes, outbox]);
}

async fn an_export_has_what_a_search_finds(database: TestDatabase) {
    let api = Api::new(&database).await;
    four(&api).await;
    let found = api.admin().get("/api/customers/search").query([("q", "ann")]).await.ok();
    let file = export(&api, &[("q", "ann"), ("format", "ndjson")]).await;
    assert_eq!(file.text().lines().count(), found["data"].as_array().unwrap().len());
    assert!(!file.text().is_empty());
    for bad in ["", " ", "&"] {
        let answer = api.admin().get("/api/customers/export").query([("q", bad)]).await;
        answer.problem_of_parameter(400, "parameter_invalid", "q");
    }
}

async fn export(api: &Api, query: &[(&str, &str)]) -> Answer {
    api.admin().get("/api/customers/export").query(query.iter().copied()).await.expect(200)
}

async fn an_export_can_be_imported_again(database: TestDatabase) {
    let api = Api::new(&database).await;
    four(&api).await;
    add(
        &api,
        json!({
            "name": "=HYPERLINK(\"http://evil.example\")", "jobTitle": "@cmd", "city": "a,\"b\"\nc".replace('\n', " "),
            "phone": "+49 30 901820", "customFields": { "formula": "-1+1", "nested": { "a": [1, null] } },
        }),
    )
    .await;
    let csv = export(&api, &[("isArchived", "false")]).await;
    assert_eq!(csv.content_type(), "text/csv");
    let name = csv.header("content-disposition").unwrap_or_default();
    assert!(name.starts_with("attachment; filename=\"customers-") && name.ends_with(".csv\""), "{name}");
    let text = csv.text();
    let dangerous =
        text.lines().flat_map(|line| line.split(',')).any(|cell| cell.trim_matches('"').starts_with(['=', '@']));
    assert!(!dangerous, "a spreadsheet would execute a cell: {text}");
    // Into the same company: nothing changes.
    let again = import(&api, &[("mode", "upsert"), ("matchBy", "id")], csv.body.clone(), None).await.ok();
    assert_eq!(counts(&again), [0, 0, 4, 0], "{again}");
    // Into another one: the same customers.
    let other = api.other_company();
    for role in [Role::SalesRep, Role::Manager] {
        other.ensure_mirrored(role).await;
    }
    let report = import(&other, &[], csv.body.clone(), None).await.ok();
    assert_eq!(report["created"], 4, "{report}");
    let of = async |api: &Api| {
        let list = api.admin().get("/api/customers").query([("sort", "name")]).await.ok();
        let told = ["kind", "name", "email", "phone", "jobTitle", "city", "country", "status", "customFields"];
        let tell = |customer: &Value| {
            let mut facts = told.map(|name| customer[name].clone());
            // Users of another company are kept as what they are there: an id.
            facts[8].as_object_mut().expect("an object").remove("owner");
            facts
        };
        list["data"].as_array().expect("records").iter().map(tell).collect::<Vec<_>>()
    };
    assert_eq!(of(&other).await, of(&api).await);
}

async fn an_export_can_be_narrowed_and_is_audited(database: TestDatabase) {
    let api = Api::new(&database).await;
    four(&api).await;
    let lines = async |query: &[(&str, &str)]| {
        let answer = export(&api, query).await;
        assert_eq!(answer.content_type(), "application/x-ndjson");
        let parse = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
        answer.text().lines().map(parse).collect::<Vec<_>>()
    };
    let all = lines(&[("format", "ndjson"), ("isArchived", "false")]).await;
    let read = api.admin().get("/api/customers").query([("sort", "createdAt")]).await.ok();
    assert_eq!(json!(all), read["data"], "line by line what a list has");
    let active = lines(&[("format", "ndjson"), ("status", "active"), ("isArchived", "false")]).await;
    assert_eq!(active.len(), 1);
    assert_eq!(lines(&[("format", "ndjson"), ("trashed", "true")]).await.len(), 0);
    let trail = api.admin().get("/api/audit").await.ok();
    let exports =
        trail["data"].as_array().expect("entries").iter().filter(|entry| entry["action"] == "exported").count();
    assert_eq!(exports, 3);
    for (name, value, code) in
        [("format", "pdf", "parameter_invalid"), ("filter", "{", "filter_invalid"), ("page", "1", "unknown_parameter")]
    {
        let answer = api.admin().get("/api/customers/export").query([(name, value)]).await;
        answer.problem_of_parameter(400, code, name);
    }
}
