//! Conditional requests: reads with If-None-Match, writes with If-Match.

use serde_json::json;
use testkit::Suite;

use super::{Made, Resource, of_resource};
use crate::support::Call;

pub fn register(suite: &mut Suite, resource: &'static Resource) {
    of_resource!(
        suite,
        resource,
        [
            what_has_not_changed_is_not_sent_again,
            the_tag_follows_every_write,
            a_write_that_is_based_on_another_version_is_refused,
            a_write_that_is_based_on_this_version_is_done,
            a_condition_that_makes_no_sense_is_refused,
        ]
    );
}

async fn what_has_not_changed_is_not_sent_again(made: Made) {
    let path = made.fresh().await;
    let read = || made.api.admin().get(&path);
    let tag = read().await.expect(200).etag();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let answer = read().header("If-None-Match", known).await.expect(304);
        assert_eq!(answer.etag(), tag, "a 304 has the tag, too (RFC 9110, section 15.4.5)");
        assert!(answer.body.is_empty());
    }
    for unknown in ["\"1-0000000000000000\"", "\"\"", "nonsense"] {
        read().header("If-None-Match", unknown).await.expect(200);
    }
}

async fn the_tag_follows_every_write(made: Made) {
    let path = made.fresh().await;
    let read = || made.api.admin().get(&path);
    let tag = read().await.etag();
    assert!(tag.starts_with("\"1-") && tag.ends_with('"'), "a strong tag that begins with the version: {tag}");
    if made.resource.can("PATCH", "") {
        let written = made.api.admin().patch(&path).json(&json!({ made.resource.optional: "x" })).await;
        assert!(written.etag().starts_with("\"2-"));
        assert_eq!(written.etag(), read().await.etag());
        read().header("If-None-Match", tag).await.expect(200);
    }
}

/// Every write of one record that takes a condition, on a record of its own.
async fn writes(made: &Made) -> Vec<Call> {
    let admin = made.api.admin();
    let mut calls = Vec::new();
    for (n, (method, below)) in [("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/purge")].into_iter().enumerate()
    {
        if !made.resource.can(method, below) || !made.resource.operation(method, below).takes("header", "If-Match") {
            continue;
        }
        let path = made.path(&made.new(n).await);
        let call = admin.call(method, format!("{path}{below}"));
        calls.push(match method {
            "PUT" => call.json(&(made.resource.full)()[0]),
            "PATCH" => call.json(&json!({ made.resource.optional: "x" })),
            _ => call,
        });
    }
    calls
}

async fn a_write_that_is_based_on_another_version_is_refused(made: Made) {
    for call in writes(&made).await {
        let before = made.api.records().await;
        for stale in [
            "\"2-0000000000000000\"",
            "\"2\"",
            "W/\"1\"",
            "W/\"1-00\"",
            "W/\"1-00\", \"2-00\"",
            "\"of-another-service\"",
            "\"0-00\"",
        ] {
            let problem = call.clone().if_match(stale).await.problem(412, "version_mismatch");
            assert_eq!(problem["currentVersion"], 1, "{} with {stale}", call.method);
        }
        assert_eq!(made.api.records().await, before, "nothing is written");
    }
}

async fn a_write_that_is_based_on_this_version_is_done(made: Made) {
    // Of a tag of ours the version counts, and the version alone is one, too.
    for seen in ["\"1-0000000000000000\"", "\"1\"", "*", "\"1-00\", \"1-aa\"", "\"other\", W/\"2\", \"1\""] {
        let made = Made::in_company(made.api.other_company(), made.resource).await;
        for call in writes(&made).await {
            let (method, answer) = (call.method, call.if_match(seen).await);
            assert!((200..300).contains(&answer.status), "{method} with {seen}: {answer}");
        }
    }
    let made = Made::in_company(made.api.other_company(), made.resource).await;
    for call in writes(&made).await {
        let path = call.path.trim_end_matches("/purge").to_owned();
        let seen = made.api.admin().get(path).await.etag();
        let answer = call.if_match(seen).await;
        assert!((200..300).contains(&answer.status), "with the tag that was read: {answer}");
    }
}

async fn a_condition_that_makes_no_sense_is_refused(made: Made) {
    for call in writes(&made).await {
        for nonsense in ["1", "\"1", "\"1-00\" \"2-00\"", "", "\"1-00\", \"2-00\"", "\"of another service\""] {
            call.clone().if_match(nonsense).await.problem_of_parameter(400, "if_match_invalid", "If-Match");
        }
    }
}
