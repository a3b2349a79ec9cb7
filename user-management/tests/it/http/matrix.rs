//! Every operation in every role, about records of the own company, of another one, and of none.

use std::collections::BTreeSet;

use crm_core::actor::Role;
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use super::cases::{CASES, Case, Who, stranger};
use super::contract::document;
use super::support::Api;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        plain: [every_operation_has_a_case];
        empty: [
            every_role_does_what_it_may,
            records_of_others_look_like_none,
            services_have_credentials_of_their_own,
        ]
    );
}

fn every_operation_has_a_case() {
    let documented: BTreeSet<&str> = document().operations.iter().map(|operation| operation.id.as_str()).collect();
    let cases: BTreeSet<&str> = CASES.iter().map(|case| case.operation).collect();
    assert_eq!(documented, cases, "the operations of the document, and those in cases.rs");
}

/// What ends the session or changes the password gets a user of its own.
fn is_final(case: &Case) -> bool {
    ["logout", "logoutAll", "changePassword", "beginSecondFactor"].contains(&case.operation)
}

async fn every_role_does_what_it_may(database: TestDatabase) {
    let api = Api::new(&database).await;
    for case in CASES.iter().filter(|case| case.who != Who::Services) {
        for role in Role::ALL.iter().copied() {
            let caller = if is_final(case) { stranger(&api, role).await.1 } else { api.as_(role).await };
            let id = case.fresh(&api, api.acme).await;
            let may = case.who != Who::Admins || role == Role::Admin;
            // The session of the case is the administrator's.
            let is_own_session = case.operation == "endSession" && role == Role::Admin;
            let usual = case.status.unwrap_or_else(|| case.document().success());
            let expected = match may {
                _ if is_own_session => 204,
                true => usual,
                false => 403,
            };
            let answer = case.call(&caller, &id).await;
            assert!(answer.status == expected, "{} as {role}: expected {expected}, got {answer}", case.operation);
            if is_own_session {
                return_of_the_administrator(&api).await;
            }
        }
    }
}

/// The session of the usual administrator has ended: another one takes over.
async fn return_of_the_administrator(api: &Api) {
    api.forget_tokens();
    api.admin().await.get("/api/auth/me").await.expect(200);
}

async fn records_of_others_look_like_none(database: TestDatabase) {
    let api = Api::new(&database).await;
    for case in CASES.iter().filter(|case| case.record.is_some()) {
        for role in Role::ALL.iter().copied() {
            let caller = api.as_(role).await;
            let foreign = case.fresh(&api, api.zoo).await;
            // As long as the foreign one, so that lengths are the same.
            let unknown = Uuid::now_v7().to_string();
            let expected = if case.who == Who::Admins && role != Role::Admin { 403 } else { 404 };
            let (foreign, unknown) = (
                case.call(&caller, &foreign).await.without(&foreign),
                case.call(&caller, &unknown).await.without(&unknown),
            );
            assert_eq!(foreign.0, expected, "{} as {role}: {foreign:?}", case.operation);
            assert_eq!(foreign, unknown, "{} as {role}", case.operation);
            case.call(&caller, "not-an-id").await.expect(404);
        }
    }
}

async fn services_have_credentials_of_their_own(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin().await;
    for case in CASES.iter().filter(|case| case.who == Who::Services) {
        case.call(&api.client(), "").await.expect(200);
        for (id, secret) in [("crm", "wrong"), ("erp", super::support::CLIENT.1), ("", "")] {
            let answer = case.call(&api.client_with(id, secret), "").await.expect(401);
            assert!(answer.header("www-authenticate").is_some(), "{answer}");
        }
        for caller in [&api.anonymous(), &admin] {
            let answer = case.call(caller, "").await.expect(401);
            assert!(answer.header("www-authenticate").is_some(), "{answer}");
        }
    }
}
