//! API keys.

use crm_core::actor::Role;
use crm_core::page::PageRequest;
use serde_json::json;
use testkit::{Suite, TestDatabase};
use user_management::api_keys::NewApiKey;
use user_management::ids::SessionId;
use user_management::{AccessChange, Caller};

use crate::auth_support::{World, client, code};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        a_key_is_shown_once_and_exchanged,
        a_revoked_key_is_void_at_once,
        keys_expire_and_follow_their_company,
        administrators_manage_them,
        unknown_keys_are_logged_and_limited,
        the_last_use_is_written_once_a_minute,
    ]);
}

fn new(name: &str) -> NewApiKey {
    NewApiKey { name: name.to_owned(), role: Role::Support, permissions: Vec::new(), expires_at: None }
}

async fn admin(world: &World) -> Caller {
    world.caller(&world.login().await).await
}

async fn a_key_is_shown_once_and_exchanged(database: TestDatabase) {
    let world = World::new(&database).await;
    let admin = admin(&world).await;
    let input = NewApiKey { permissions: vec!["customers:export".to_owned()], ..new("  ERP  ") };
    let created = world.um.api_keys(&admin).create(input).await.expect("a key");
    assert!(created.key.starts_with("crm_") && created.key.len() == 47);
    assert_eq!((created.api_key.name.as_str(), &created.key[..12]), ("ERP", created.api_key.prefix.as_str()));
    assert!(!format!("{created:?}").contains(&created.key));
    let token = world.um.exchange(&created.key.as_str().into(), &client()).await.expect("a token");
    assert_eq!(token.expires_in, 900);
    for presented in [&token.access_token, &created.key] {
        let answer = world.um.introspect(presented).await.unwrap();
        let expected = json!({
            "active": true, "token_type": "Bearer", "sub": created.api_key.id, "sid": created.api_key.id,
            "companyId": world.company, "role": "support", "permissions": ["customers:export"],
            "actorKind": "service", "iss": "http://localhost:5001", "aud": "crm",
        });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&answer[name], value, "{name}");
        }
        assert!(answer.get("gen").is_none());
        // It is no user of this service.
        assert_eq!(code(world.um.verify(presented, client()).await), "token_invalid");
        assert_eq!(code(world.um.revoke(presented).await), "forbidden");
    }
    assert_eq!(world.um.api_keys(&admin).get(created.api_key.id).await.unwrap().name, "ERP");
    assert_eq!(world.outcomes().await, ["success"]);
}

async fn a_revoked_key_is_void_at_once(database: TestDatabase) {
    let world = World::new(&database).await;
    let admin = admin(&world).await;
    let created = world.um.api_keys(&admin).create(new("ERP")).await.expect("a key");
    let key = created.key.as_str().into();
    let token = world.um.exchange(&key, &client()).await.expect("a token");
    world.advance(1);
    let revoked = world.um.api_keys(&admin).revoke(created.api_key.id, Some(1)).await.expect("revoked");
    assert!(revoked.revoked_at.is_some());
    assert_eq!(world.told.take(), [AccessChange::SessionEnded { session: SessionId(created.api_key.id.0) }]);
    for presented in [&token.access_token, &created.key] {
        assert_eq!(world.um.introspect(presented).await.unwrap(), json!({ "active": false }));
    }
    assert_eq!(code(world.um.exchange(&key, &client()).await), "token_invalid");
    world.um.api_keys(&admin).revoke(created.api_key.id, None).await.expect("again");
    assert!(world.told.take().is_empty());
    assert_eq!(world.outcomes().await[0], "inactive");
}

async fn keys_expire_and_follow_their_company(database: TestDatabase) {
    let world = World::new(&database).await;
    let admin = admin(&world).await;
    let expires_at = Some(world.now() + chrono::TimeDelta::minutes(10));
    let short = world.um.api_keys(&admin).create(NewApiKey { expires_at, ..new("short") }).await.expect("a key");
    let long = world.um.api_keys(&admin).create(new("long")).await.expect("a key");
    let token = world.um.exchange(&short.key.as_str().into(), &client()).await.expect("a token");
    assert_eq!(token.expires_in, 600);
    world.advance(600);
    assert_eq!(code(world.um.exchange(&short.key.as_str().into(), &client()).await), "token_invalid");
    assert_eq!(world.um.introspect(&short.key).await.unwrap()["active"], false);
    world.um.exchange(&long.key.as_str().into(), &client()).await.expect("a token");
    world.set("um_companies", ("id", world.company.0), "status", "suspended").await;
    assert_eq!(code(world.um.exchange(&long.key.as_str().into(), &client()).await), "token_invalid");
    assert_eq!(world.um.introspect(&long.key).await.unwrap()["active"], false);
}

async fn administrators_manage_them(database: TestDatabase) {
    let world = World::new(&database).await;
    let admin = admin(&world).await;
    let viewer = Caller { role: Role::Viewer, ..admin.clone() };
    assert_eq!(code(world.um.api_keys(&viewer).create(new("ERP")).await), "forbidden");
    assert_eq!(code(world.um.api_keys(&viewer).list(&PageRequest::default()).await), "forbidden");
    let bad = NewApiKey {
        name: " ".to_owned(),
        permissions: vec!["customers:fly".to_owned()],
        expires_at: Some(world.now()),
        ..new("")
    };
    assert_eq!(code(world.um.api_keys(&admin).create(bad).await), "required,permission_unknown,expiry_past");
    let mut made = Vec::new();
    for index in 0..100 {
        made.push(world.um.api_keys(&admin).create(new(&format!("key {index}"))).await.expect("a key").api_key);
    }
    assert_eq!(code(world.um.api_keys(&admin).create(new("one more")).await), "too_many_records");
    world.um.api_keys(&admin).revoke(made[0].id, None).await.expect("revoked");
    world.um.api_keys(&admin).create(new("one more")).await.expect("room");
    let renamed = world.um.api_keys(&admin).rename(made[1].id, "ERP", Some(1)).await.expect("renamed");
    assert_eq!((renamed.name.as_str(), renamed.version), ("ERP", 2));
    assert_eq!(code(world.um.api_keys(&admin).rename(made[1].id, "ERP", Some(1)).await), "stale");
    let first = world.um.api_keys(&admin).list(&PageRequest::default().limit(60)).await.unwrap();
    let rest = PageRequest::after(first.next_cursor.unwrap()).limit(60);
    assert_eq!(world.um.api_keys(&admin).list(&rest).await.unwrap().data.len(), 41);
    let other = Caller { company: world.add_company("Other").await, ..admin.clone() };
    assert_eq!(code(world.um.api_keys(&other).get(made[1].id).await), "not_found");
    assert_eq!(code(world.um.api_keys(&other).revoke(made[1].id, None).await), "not_found");
}

async fn unknown_keys_are_logged_and_limited(database: TestDatabase) {
    let world = World::new(&database).await;
    let unknown = format!("crm_{}", "a".repeat(43));
    for _ in 0..50 {
        assert_eq!(code(world.um.exchange(&unknown.as_str().into(), &client()).await), "token_invalid");
    }
    assert_eq!(code(world.um.exchange(&unknown.as_str().into(), &client()).await), "too_many_attempts");
    assert_eq!(world.outcomes().await.iter().filter(|outcome| *outcome == "unknown_account").count(), 50);
    // Users behind the same address are not concerned.
    world.login().await;
}

async fn the_last_use_is_written_once_a_minute(database: TestDatabase) {
    let world = World::new(&database).await;
    let admin = admin(&world).await;
    let created = world.um.api_keys(&admin).create(new("ERP")).await.expect("a key");
    let began = world.now();
    for (later, expected) in [(0, 0), (59, 0), (1, 60), (30, 60)] {
        world.advance(later);
        world.um.introspect(&created.key).await.unwrap();
        let used = world.um.api_keys(&admin).get(created.api_key.id).await.unwrap().last_used_at.unwrap();
        assert_eq!((used - began).num_seconds(), expected);
    }
}
