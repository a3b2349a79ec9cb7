//! Repeated requests.

use crm_core::actor::Role;
use futures_util::future::join_all;
use serde_json::json;
use testkit::Suite;

use super::{Made, Resource, of_resource};
use crate::cases::Case;
use crate::support::Answer;

pub fn register(suite: &mut Suite, resource: &'static Resource) {
    of_resource!(
        suite,
        resource,
        [
            a_repeated_request_has_one_effect_and_one_answer,
            who_has_lost_the_right_gets_no_stored_answer,
            a_key_belongs_to_one_request_of_one_user,
            requests_at_the_same_time_have_one_effect,
            a_request_that_failed_can_be_repeated,
            a_key_that_makes_no_sense_is_refused,
        ]
    );
}

async fn total(made: &Made) -> i64 {
    made.api.admin().get(&made.list).await.ok()["pagination"]["total"].as_i64().expect("a total")
}

/// What a client sees of an answer, but for what belongs to the single request.
fn seen(answer: &Answer) -> (u16, String, Option<&str>, Option<&str>) {
    (answer.status, answer.text(), answer.header("location"), answer.header("etag"))
}

async fn a_repeated_request_has_one_effect_and_one_answer(made: Made) {
    let call = || made.api.admin().post(&made.list).json(&made.body(1)).once("my-key/1");
    let before = made.api.records().await;
    let (first, second) = (call().await.expect(201), call().await.expect(201));
    assert_eq!(seen(&first), seen(&second));
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(total(&made).await, 1);
    assert_eq!(made.api.records().await, before.map(|count| count + 1), "what is repeated is recorded once");
}

async fn who_has_lost_the_right_gets_no_stored_answer(made: Made) {
    let case = Case::of(&made.resource.operation("POST", "").id).expect("a case");
    let (resource, action) = case.needs.expect("a right");
    // What every role may add, nobody has lost the right to add.
    let may = |role: Role| role.permissions().any(|right| right.resource == resource && right.action == action);
    if may(Role::Viewer) {
        return;
    }
    let call = |role: Role| {
        let token = made.api.token_with(Role::Admin, json!({ "role": role }));
        made.api.with_token(&token).post(&made.list).json(&made.body(1)).once("key")
    };
    call(Role::Admin).await.expect(201);
    call(Role::Viewer).await.problem(403, "forbidden");
    let still_may = if may(Role::Manager) { Role::Manager } else { Role::Admin };
    assert_eq!(call(still_may).await.expect(201).header("idempotency-replayed"), Some("true"));
}

async fn a_key_belongs_to_one_request_of_one_user(made: Made) {
    // Both are administrators, who may add everything.
    let post = |user, n| {
        let token = made.api.token_with(user, json!({ "role": "admin" }));
        made.api.with_token(&token).post(&made.list).json(&made.body(n)).once("key")
    };
    post(Role::Admin, 1).await.expect(201);
    post(Role::Admin, 2).await.problem(422, "idempotency_key_reused");
    let other_user = post(Role::Manager, 2).await.expect(201);
    assert_eq!(other_user.header("idempotency-replayed"), None);
    let stranger = Made::in_company(made.api.other_company(), made.resource).await;
    let other_company = stranger.api.admin().post(&stranger.list).json(&stranger.body(1)).once("key").await;
    assert_eq!(other_company.expect(201).header("idempotency-replayed"), None);
    assert_eq!(total(&made).await, 2);
}

async fn requests_at_the_same_time_have_one_effect(made: Made) {
    // The mirrors of company and user are made first, so that it is the key that is fought for.
    made.new(0).await;
    let call = || made.api.admin().post(&made.list).json(&made.body(1)).once("at-once").into_future();
    let answers = join_all((0..6).map(|_| call())).await;
    let done: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    let fresh = done.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count();
    assert_eq!(fresh, 1, "one does it");
    for answer in &answers {
        match answer.status {
            201 => assert_eq!(seen(answer), seen(done[0]), "and all that are done have its answer"),
            _ => drop(answer.clone().problem(409, "idempotency_key_in_use")),
        }
    }
    assert_eq!(total(&made).await, 2);
}

async fn a_request_that_failed_can_be_repeated(made: Made) {
    let post = |body: serde_json::Value| made.api.admin().post(&made.list).json(&body).once("key");
    let invalid = made.posted(&(made.resource.invalid)().0);
    post(invalid.clone()).await.expect(422);
    post(invalid).await.expect(422);
    let good = post(made.body(1)).await.expect(201);
    assert_eq!(good.header("idempotency-replayed"), None, "only what was done is remembered");
}

async fn a_key_that_makes_no_sense_is_refused(made: Made) {
    let call = || made.api.admin().post(&made.list).json(&made.body(1));
    let code = "idempotency_key_invalid";
    for key in [String::new(), "two words".to_owned(), "x".repeat(256), "schlüssel".to_owned()] {
        call().once(key).await.problem_of_parameter(400, code, "Idempotency-Key");
    }
    call().once("one").once("two").await.problem_of_parameter(400, code, "Idempotency-Key");
    call().once("x".repeat(255)).await.expect(201);
}
