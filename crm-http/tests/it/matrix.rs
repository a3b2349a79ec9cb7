//! Every documented operation, in every role, from the own and from another company, without a token and with bad ones.
//!
//! Generated from the document; what is expected comes from the table of rights in the core.

use std::collections::BTreeSet;

use crm_core::actor::{Reach, Role};
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use crate::cases::{CASES, Case};
use crate::support::{Answer, Api, document};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [every_operation_has_a_case]);
    for operation in &document().operations {
        let Some(case) = Case::of(&operation.id) else {
            continue;
        };
        let id = &operation.id;
        suite.databases(&format!("matrix::{id}::does_what_the_role_may"), move |database| roles(database, case));
        suite.databases(&format!("matrix::{id}::lets_nobody_in_without_a_token"), move |database| {
            tokens(database, case)
        });
        // An address that is a secret belongs to no caller.
        if case.record.is_some() && !operation.is_public() {
            suite.databases(&format!("matrix::{id}::does_not_find_another_companys_record"), move |database| {
                foreign(database, case)
            });
        }
    }
}

fn every_operation_has_a_case() {
    let documented: BTreeSet<&str> = document().operations.iter().map(|operation| operation.id.as_str()).collect();
    let cases: BTreeSet<&str> = CASES.iter().map(|case| case.operation).collect();
    assert_eq!(documented, cases, "the operations of the document, and those in cases.rs");
}

/// Whose record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Nobody,
    Caller,
    Another,
}

async fn roles(database: TestDatabase, case: Case) {
    let service = Api::new(&database).await;
    let owners: &[Owner] = match case.record {
        Some(_) => &[Owner::Nobody, Owner::Caller, Owner::Another],
        None => &[Owner::Nobody],
    };
    for role in Role::ALL.iter().copied() {
        for owner in owners.iter().copied() {
            let api = service.other_company();
            let id = record(&api, case, role, owner).await;
            let before = api.records().await;
            let answer = case.call(&api.as_(role), &id).await;
            let expected = expected(case, role, owner);
            assert!(answer.status == expected, "{role}, a record of {owner:?}: expected {expected}, got {answer}");
            if expected == 403 {
                answer.problem(403, "forbidden");
                let [changes, _, outbox] = api.records().await;
                assert_eq!([changes, outbox], [before[0], before[2]], "{role}: a refusal writes nothing");
            }
        }
    }
}

/// The id of a fresh record, if the case needs one.
async fn record(api: &Api, case: Case, role: Role, owner: Owner) -> String {
    let Some(make) = case.record else {
        return String::new();
    };
    let owner = match owner {
        Owner::Nobody => None,
        Owner::Caller => Some(api.ensure_mirrored(role).await),
        Owner::Another => Some(api.meet_another().await),
    };
    make(api, owner).await
}

fn expected(case: Case, role: Role, owner: Owner) -> u16 {
    let Some((resource, action)) = case.needs else {
        let is_hidden = case.personal && owner != Owner::Caller;
        return if is_hidden { 404 } else { case.document().success() };
    };
    let right = role.permissions().find(|right| right.resource == resource && right.action == action);
    match right.map(|right| right.reach) {
        Some(_) if case.personal && owner != Owner::Caller => 404,
        Some(Reach::All) => case.document().success(),
        Some(Reach::Own) if case.only_own && owner != Owner::Caller => 404,
        Some(Reach::Own) if owner != Owner::Another => case.document().success(),
        _ => 403,
    }
}

async fn tokens(database: TestDatabase, case: Case) {
    let api = Api::new(&database).await;
    let id = record(&api, case, Role::Admin, Owner::Nobody).await;
    let before = api.records().await;
    let good = api.token(Role::Admin);
    let tampered = {
        let (head, signature) = good.rsplit_once('.').expect("three parts");
        format!("{head}.{}", signature.chars().rev().collect::<String>())
    };
    let bearer = |token: &str| vec![format!("Bearer {token}")];
    let attempts: [(&str, Vec<String>, &str); 8] = [
        ("no token", vec![], "token_missing"),
        ("another scheme", vec!["Basic YWRtaW46YWRtaW4=".to_owned()], "token_missing"),
        ("an empty token", vec!["Bearer ".to_owned()], "token_missing"),
        ("an expired token", bearer(&api.expired_token(Role::Admin)), "token_invalid"),
        ("garbage", bearer("garbage"), "token_invalid"),
        ("a tampered token", bearer(&tampered), "token_invalid"),
        ("two tokens", [bearer(&good), bearer(&good)].concat(), "token_invalid"),
        (
            "a token of nobody",
            bearer(&api.token_with(Role::Admin, serde_json::json!({ "sub": null }))),
            "token_invalid",
        ),
    ];
    for (what, headers, code) in attempts {
        let mut call = case.call(&api.anonymous(), &id);
        for header in headers {
            call = call.header("Authorization", header);
        }
        let answer = call.await;
        if case.document().is_public() {
            assert!(answer.status == case.document().success(), "{what} is no matter here, but got {answer}");
            continue;
        }
        let challenge = answer.header("www-authenticate").unwrap_or_default().to_owned();
        assert!(challenge.starts_with("Bearer realm="), "{what}: {answer}");
        // RFC 6750, section 3.1: no error code where there was no token.
        assert_eq!(challenge.contains("error=\"invalid_token\""), code == "token_invalid", "{what}: {answer}");
        answer.problem(401, code);
    }
    // What needs no token was done each time.
    if !case.document().is_public() {
        assert_eq!(api.records().await, before, "nobody did anything");
    }
}

async fn foreign(database: TestDatabase, case: Case) {
    let service = Api::new(&database).await;
    for role in Role::ALL.iter().copied() {
        let (ours, theirs) = (service.other_company(), service.other_company());
        let id = record(&theirs, case, Role::Admin, Owner::Nobody).await;
        let before = theirs.records().await;
        let random = id.split('/').map(|_| Uuid::now_v7().to_string()).collect::<Vec<_>>().join("/");
        let foreign = case.call(&ours.as_(role), &id).await;
        let missing = case.call(&ours.as_(role), &random).await;
        let missed = if case.refers { 422 } else { 404 };
        let expected = if expected(case, role, Owner::Nobody) == 403 { 403 } else { missed };
        assert!(foreign.status == expected, "{role}: expected {expected}, got {foreign}");
        assert_eq!(anonymised(&foreign, &id), anonymised(&missing, &random), "{role}: foreign looks like missing");
        assert_eq!(theirs.records().await, before, "{role}: nothing happens in another company");
        case.call(&ours.as_(role), "not-an-id").await.expect(if case.refers { 400 } else { 404 });
    }
}

/// An answer without its request id and the id it speaks of.
fn anonymised(answer: &Answer, id: &str) -> (u16, Vec<(String, String)>, String) {
    let request_id = answer.header("x-request-id").unwrap_or_default().to_owned();
    let plain =
        |text: &str| id.split('/').fold(text.replace(&request_id, "<request>"), |text, id| text.replace(id, "<id>"));
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), plain(value.to_str().unwrap_or_default())))
        .collect();
    headers.sort_unstable();
    (answer.status, headers, plain(&answer.text()))
}
