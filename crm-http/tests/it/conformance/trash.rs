//! Deleted, restored, purged.

use crm_core::actor::Role;
use serde_json::{Value, json};
use testkit::Suite;

use super::{Made, Resource, of_resource};

pub fn register(suite: &mut Suite, resource: &'static Resource) {
    of_resource!(
        suite,
        resource,
        [
            what_is_deleted_is_gone_but_in_the_trash,
            what_is_restored_is_as_it_was,
            only_what_is_in_the_trash_can_be_restored,
            what_is_unique_is_free_while_in_the_trash,
            restoring_can_be_repeated_under_a_key,
            the_trash_is_for_those_who_may_restore,
        ]
    );
    if resource.can("POST", "/purge") {
        of_resource!(suite, resource, [what_is_purged_is_gone_for_good, purging_can_be_repeated_under_a_key]);
    }
}

async fn listed(made: &Made, trashed: bool) -> Value {
    made.api.admin().get(&made.list).query([("trashed", trashed)]).await.ok()["data"].clone()
}

async fn what_is_deleted_is_gone_but_in_the_trash(made: Made) {
    let admin = made.api.admin();
    let (path, record) = made.filled().await;
    let answer = admin.delete(&path).await.expect(204);
    assert!(answer.body.is_empty());
    assert_eq!(listed(&made, false).await, json!([]));
    let trash = listed(&made, true).await;
    assert_eq!((&trash[0]["id"], &trash[0]["version"]), (&record["id"], &json!(2)));
    assert!(trash[0]["deletedAt"].is_string());
    admin.get(&path).await.problem(404, "not_found");
    admin.put(&path).json(&record).await.problem(404, "not_found");
    admin.patch(&path).json(&json!({ made.resource.optional: "x" })).await.problem(404, "not_found");
    admin.delete(&path).await.problem(404, "not_found");
}

async fn what_is_restored_is_as_it_was(made: Made) {
    let admin = made.api.admin();
    let (path, mut record) = made.filled().await;
    admin.delete(&path).await.expect(204);
    let restored = admin.post(format!("{path}/restore")).await.expect(200);
    assert_eq!(restored.etag(), admin.get(&path).await.etag());
    let restored = restored.json();
    for name in ["version", "updatedAt"] {
        record[name] = restored[name].clone();
    }
    assert_eq!(restored, record);
    assert_eq!(restored["version"], 3);
    assert_eq!(listed(&made, false).await, json!([restored]));
    assert_eq!(listed(&made, true).await, json!([]));
}

async fn only_what_is_in_the_trash_can_be_restored(made: Made) {
    let path = made.fresh().await;
    made.api.admin().post(format!("{path}/restore")).await.problem(409, "not_in_trash");
    made.api.admin().post(format!("{}/restore", made.missing())).await.problem(404, "not_found");
}

async fn what_is_unique_is_free_while_in_the_trash(made: Made) {
    let Some(unique) = made.resource.unique else {
        return;
    };
    let (body, code, pointer) = unique();
    let admin = made.api.admin();
    let first = made.path(&made.add(&body).await.json());
    admin.delete(&first).await.expect(204);
    let second = made.path(&made.add(&body).await.json());
    admin.post(format!("{first}/restore")).await.problem_at(409, code, pointer);
    admin.delete(&second).await.expect(204);
    admin.post(format!("{first}/restore")).await.expect(200);
}

async fn what_is_purged_is_gone_for_good(made: Made) {
    let admin = made.api.admin();
    let (live, trashed) = (made.path(&made.new(1).await), made.path(&made.new(2).await));
    admin.delete(&trashed).await.expect(204);
    for path in [live, trashed] {
        let answer = admin.post(format!("{path}/purge")).await.expect(204);
        assert!(answer.body.is_empty());
        admin.get(&path).await.problem(404, "not_found");
        admin.post(format!("{path}/restore")).await.problem(404, "not_found");
        admin.post(format!("{path}/purge")).await.problem(404, "not_found");
        admin.get(format!("{path}/history")).await.problem(404, "not_found");
    }
    assert_eq!((listed(&made, false).await, listed(&made, true).await), (json!([]), json!([])));
}

async fn restoring_can_be_repeated_under_a_key(made: Made) {
    let path = made.fresh().await;
    made.api.admin().delete(&path).await.expect(204);
    can_be_repeated(&made, format!("{path}/restore")).await;
}

async fn purging_can_be_repeated_under_a_key(made: Made) {
    let path = made.fresh().await;
    can_be_repeated(&made, format!("{path}/purge")).await;
}

async fn can_be_repeated(made: &Made, path: String) {
    let call = || made.api.admin().post(&path).once("again");
    let (first, second) = (call().await, call().await);
    assert!((200..300).contains(&first.status), "{first}");
    assert_eq!((first.status, first.text()), (second.status, second.text()));
    assert_eq!(second.header("idempotency-replayed"), Some("true"), "{second}");
}

async fn the_trash_is_for_those_who_may_restore(made: Made) {
    let path = made.fresh().await;
    made.api.admin().delete(&path).await.expect(204);
    let operation = made.resource.operation("POST", "/restore");
    let needs = crate::cases::Case::of(&operation.id).and_then(|case| case.needs).expect("a right");
    for role in Role::ALL.iter().copied() {
        let may = role.permissions().any(|right| (right.resource, right.action) == needs);
        let expected = if may { 200 } else { 403 };
        made.api.as_(role).get(&made.list).query([("trashed", "true")]).await.expect(expected);
    }
}
