//! Signing keys: how they are made, published, rotated and revoked.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{JwkSet, ThumbprintHash};
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::Value;
use testkit::{Suite, TestDatabase};
use user_management::api_keys::NewApiKey;
use user_management::{Options, SigningAlgorithm, UserManagement};

use crate::auth_support::{World, client, code};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        several_instances_make_one_first_key,
        ids_are_thumbprints_and_private_halves_are_sealed,
        a_new_key_is_published_before_it_signs,
        rotation_under_load,
        a_revoked_key_is_void_at_once,
        keys_are_replaced_by_their_age,
    ]);
}

async fn published(um: &UserManagement) -> JwkSet {
    serde_json::from_value(um.jwks().await.expect("keys")).expect("a set of keys")
}

fn kids(set: &JwkSet) -> BTreeSet<String> {
    set.keys.iter().map(|key| key.common.key_id.clone().unwrap()).collect()
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// As another service does it, without this crate.
fn verifies(token: &str, set: &JwkSet) -> bool {
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let Some(key) = set.find(header.kid.as_deref().unwrap()) else {
        return false;
    };
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.set_audience(&["crm"]);
    validation.set_issuer(&["http://localhost:5001"]);
    jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation).is_ok()
}

async fn several_instances_make_one_first_key(database: TestDatabase) {
    let world = World::new(&database).await;
    let ask = |um: UserManagement| tokio::spawn(async move { kids(&published(&um).await) });
    let asked: Vec<_> = (0..8).map(|_| ask(world.instance())).collect();
    let mut seen = BTreeSet::new();
    for one in asked {
        seen.extend(one.await.unwrap());
    }
    assert_eq!(seen.len(), 1);
    assert_eq!(BTreeSet::from([kid(&world.login().await.access_token)]), seen);
}

async fn ids_are_thumbprints_and_private_halves_are_sealed(database: TestDatabase) {
    for algorithm in [SigningAlgorithm::EdDsa, SigningAlgorithm::Es256] {
        let world = World::with(&database, Options { algorithm, ..Options::default() }).await;
        let kid = world.um.rotate_keys().await.expect("a key");
        let set = published(&world.um).await;
        let key = set.find(&kid).expect("it is published at once");
        assert_eq!(key.thumbprint(ThumbprintHash::SHA256).unwrap(), kid);
        let shown = serde_json::to_string(&set).unwrap();
        assert!(!shown.contains("\"d\":") && shown.contains("\"use\":\"sig\""), "{shown}");
        // With another secret the key is of no use, and a new one is made.
        let other = world.with_secret("another secret of more than 32 bytes, really");
        let made = kids(&published(&other).await);
        assert!(made.contains(&kid) && made.len() == set.keys.len() + 1);
        let clear = sea_orm::sea_query::Query::delete().from_table("um_signing_keys").to_owned();
        sea_orm::ConnectionTrait::execute(&world.db, &clear).await.unwrap();
        clear_world(&world).await;
    }
}

/// The next world on this database has the same user.
async fn clear_world(world: &World) {
    for table in ["um_memberships", "um_users", "um_companies"] {
        let clear = sea_orm::sea_query::Query::delete().from_table(table).to_owned();
        sea_orm::ConnectionTrait::execute(&world.db, &clear).await.unwrap();
    }
}

async fn a_new_key_is_published_before_it_signs(database: TestDatabase) {
    let world = World::new(&database).await;
    let first = world.login().await;
    let old = kid(&first.access_token);
    let new = world.um.rotate_keys().await.expect("a key");
    let set = published(&world.um).await;
    assert_eq!(kids(&set), BTreeSet::from([old.clone(), new.clone()]));
    world.advance(119);
    let second = world.um.refresh(&first.refresh_token, &client()).await.expect("refreshed");
    assert_eq!(kid(&second.access_token), old);
    world.advance(1);
    let third = world.um.refresh(&second.refresh_token, &client()).await.expect("refreshed");
    assert_eq!(kid(&third.access_token), new);
    for token in [&first, &second, &third] {
        assert!(verifies(&token.access_token, &set));
        world.caller(token).await;
    }
    // The last token of the old key expires after 15 minutes.
    world.advance(15 * 60);
    assert!(kids(&published(&world.um).await).contains(&old));
    world.advance(2 * 60 + 1);
    assert_eq!(kids(&published(&world.um).await), BTreeSet::from([new]));
    world.um.housekeeping().await.expect("tidy");
    assert_eq!(world.count("um_signing_keys").await, 1);
}

async fn rotation_under_load(database: TestDatabase) {
    for algorithm in [SigningAlgorithm::EdDsa, SigningAlgorithm::Es256] {
        let world = World::with(&database, Options { algorithm, ..Options::default() }).await;
        let admin = world.caller(&world.login().await).await;
        let input = NewApiKey {
            name: "load".to_owned(),
            role: crm_core::actor::Role::Viewer,
            permissions: Vec::new(),
            expires_at: None,
        };
        let key = world.um.api_keys(&admin).create(input).await.expect("a key").key;
        let instances = [world.um.clone(), world.instance(), world.instance()];
        let (mut sets, mut tokens) = (Vec::new(), Vec::new());
        for round in 0..30 {
            sets.push((world.now(), published(&instances[round % 3]).await));
            let signing = instances.clone().map(|um| tokio::spawn(exchanged(um, key.clone(), world.now())));
            if round % 5 == 0 {
                instances[round % 2].rotate_keys().await.expect("rotated");
            }
            for signed in signing {
                tokens.extend(signed.await.unwrap());
            }
            world.advance(20);
        }
        let signers: BTreeSet<_> = tokens.iter().map(|(_, token)| kid(token)).collect();
        assert!(signers.len() >= 5, "{signers:?}");
        // A service that fetches the keys every minute knows the key of each token when it arrives, and while it lives.
        for (signed_at, token) in &tokens {
            let age = |fetched: &DateTime<Utc>| *signed_at - *fetched;
            let known = sets.iter().filter(|(fetched, _)| age(fetched) <= TimeDelta::seconds(60));
            let known: Vec<_> = known.filter(|(fetched, _)| age(fetched) > -TimeDelta::minutes(15)).collect();
            assert!(
                !known.is_empty()
                    && known.iter().all(|(fetched, set)| {
                        // The very first key has had no notice.
                        verifies(token, set) || *fetched == sets[0].0
                    })
            );
        }
        let clear = sea_orm::sea_query::Query::delete().from_table("um_signing_keys").to_owned();
        sea_orm::ConnectionTrait::execute(&world.db, &clear).await.unwrap();
        clear_world(&world).await;
    }
}

async fn exchanged(um: UserManagement, key: String, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, String)> {
    let mut tokens = Vec::new();
    for _ in 0..5 {
        let token = um.exchange(&key.as_str().into(), &client()).await.expect("a token");
        tokens.push((now, token.access_token));
    }
    tokens
}

async fn a_revoked_key_is_void_at_once(database: TestDatabase) {
    let world = World::new(&database).await;
    let signed_in = world.login().await;
    let other = world.instance();
    other.verify(&signed_in.access_token, client()).await.expect("it has cached the key");
    let old = kid(&signed_in.access_token);
    world.um.revoke_key(&old).await.expect("revoked");
    assert_eq!(code(world.um.revoke_key(&old).await), "not_found");
    for um in [&world.um, &other] {
        assert_eq!(code(um.verify(&signed_in.access_token, client()).await), "token_invalid");
        assert_eq!(um.introspect(&signed_in.access_token).await.unwrap()["active"], false);
    }
    assert!(!kids(&published(&other).await).contains(&old));
    let next = world.um.refresh(&signed_in.refresh_token, &client()).await.expect("a new key signs");
    world.caller(&next).await;
    // A key that waits for its turn signs at once if the other is gone.
    let waiting = world.um.rotate_keys().await.expect("a key");
    world.um.revoke_key(&kid(&next.access_token)).await.expect("revoked");
    assert_eq!(kid(&world.login().await.access_token), waiting);
}

async fn keys_are_replaced_by_their_age(database: TestDatabase) {
    let world = World::new(&database).await;
    let first = kids(&published(&world.um).await);
    world.advance(89 * 24 * 60 * 60);
    world.um.housekeeping().await.expect("tidy");
    assert_eq!(kids(&published(&world.um).await), first);
    world.advance(24 * 60 * 60 + 1);
    for _ in 0..2 {
        world.um.housekeeping().await.expect("tidy");
        assert_eq!(kids(&published(&world.um).await).len(), 2);
    }
}
