//! Access tokens: what they tell, and that nothing else passes for one.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use crm_core::actor::Role;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use testkit::{Suite, TestDatabase};
use user_management::{AccessChange, Options, SigningAlgorithm};
use uuid::Uuid;

use crate::auth_support::{World, client, code};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        the_claims_are_those_of_rfc_9068,
        clocks_may_differ_by_half_a_minute,
        forged_and_mangled_tokens_are_refused,
        state_is_read_at_each_use,
        tokens_are_given_back,
    ]);
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

async fn the_claims_are_those_of_rfc_9068(database: TestDatabase) {
    let world = World::new(&database).await;
    let signed_in = world.login().await;
    let header = part(&signed_in.access_token, 0);
    assert_eq!((&header["typ"], &header["alg"]), (&"at+jwt".into(), &"EdDSA".into()));
    let (claims, now) = (part(&signed_in.access_token, 1), world.now().timestamp());
    let expected = json!({
        "iss": "http://localhost:5001", "aud": "crm", "sub": world.ann, "companyId": world.company, "role": "admin",
        "name": "ann", "email": "ann@example.com", "iat": now, "exp": now + 900, "sid": signed_in.session, "gen": 1,
        "client_id": "user-management", "jti": claims["jti"],
    });
    assert_eq!(claims, expected);
    let mut answer = world.um.introspect(&signed_in.access_token).await.unwrap();
    let answer = answer.as_object_mut().unwrap();
    assert_eq!((answer.remove("active"), answer.remove("token_type")), (Some(true.into()), Some("Bearer".into())));
    assert_eq!(Value::Object(answer.clone()), expected);
    assert_eq!(world.um.introspect(&signed_in.refresh_token).await.unwrap(), json!({ "active": false }));
}

async fn clocks_may_differ_by_half_a_minute(database: TestDatabase) {
    let world = World::new(&database).await;
    let token = world.login().await.access_token;
    let issued = world.now();
    for (seconds, is_valid) in [(-31, false), (-30, true), (0, true), (899, true), (930, true), (931, false)] {
        world.clock.set(issued + chrono::TimeDelta::seconds(seconds));
        assert_eq!(world.um.verify(&token, client()).await.is_ok(), is_valid, "{seconds}");
        assert_eq!(world.um.introspect(&token).await.unwrap()["active"], is_valid, "{seconds}");
    }
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn with(value: &Value, name: &str, changed: Value) -> Value {
    let mut members = value.as_object().cloned().unwrap_or_default();
    match changed {
        Value::Null => drop(members.remove(name)),
        changed => drop(members.insert(name.to_owned(), changed)),
    }
    Value::Object(members)
}

fn hs256(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let signed = format!("{}.{}", encoded(header), encoded(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// A key that signs whatever a test wants; our own, or another one.
struct Signer(Ed25519KeyPair);

impl Signer {
    fn text(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(self.0.sign(signed.as_bytes())))
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        self.text(&header.to_string(), &claims.to_string())
    }
}

/// Puts a key of the test's own among the published ones, so that it can sign what the service never would.
async fn insider(world: &World) -> (Signer, String) {
    let pair = Ed25519KeyPair::generate().unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let key = jsonwebtoken::EncodingKey::from_ed_der(der.as_ref());
    let mut public = jsonwebtoken::jwk::Jwk::from_encoding_key(&key, jsonwebtoken::Algorithm::EdDSA).unwrap();
    let kid = "insider".to_owned();
    public.common.key_id = Some(kid.clone());
    let now = world.now();
    let mut insert = sea_orm::sea_query::Query::insert();
    insert.into_table("um_signing_keys").columns([
        "id",
        "algorithm",
        "public_key",
        "private_key",
        "created_at",
        "signs_from",
        "signs_until",
    ]);
    insert.values_panic([
        kid.clone().into(),
        "EdDSA".into(),
        serde_json::to_value(&public).unwrap().into(),
        STANDARD.encode("sealed").into(),
        now.into(),
        now.into(),
        now.into(),
    ]);
    sea_orm::ConnectionTrait::execute(&world.db, &insert).await.unwrap();
    (Signer(pair), kid)
}

async fn forged_and_mangled_tokens_are_refused(database: TestDatabase) {
    let world = World::new(&database).await;
    let (ours, kid) = insider(&world).await;
    let good = world.login().await.access_token;
    let (header, claims) = (part(&good, 0), part(&good, 1));
    let own_header = with(&header, "kid", kid.as_str().into());
    // The means of the test are good: what it signs unchanged is accepted.
    for token in [&good, &ours.sign(&own_header, &claims)] {
        world.um.verify(token, client()).await.expect("a good token");
        assert_eq!(world.um.introspect(token).await.unwrap()["active"], true);
    }
    let published = world.um.jwks().await.unwrap();
    let mut corpus = unsigned(&good, &header, &claims);
    corpus.extend(foreign(&header, &claims, &published));
    corpus.extend(wrong_headers(&ours, &own_header, &claims));
    corpus.extend(wrong_claims(&world, &ours, &own_header, &claims));
    corpus.extend(mangled(&good));
    corpus.sort();
    corpus.dedup();
    assert!(corpus.len() >= 450, "{}", corpus.len());
    for token in &corpus {
        assert_eq!(code(world.um.verify(token, client()).await), "token_invalid", "{token}");
        assert_eq!(world.um.introspect(token).await.unwrap(), json!({ "active": false }), "{token}");
    }
}

/// No signature, or that of a secret which everybody knows.
fn unsigned(good: &str, header: &Value, claims: &Value) -> Vec<String> {
    let mut tokens = Vec::new();
    for algorithm in ["none", "None", "NONE", "nOnE", "", "HS256", "HS384", "RS256", "ES256", "PS256", "EdDSA"] {
        let signed = format!("{}.{}", encoded(&with(header, "alg", algorithm.into())), encoded(claims));
        let signature = good.rsplit('.').next().unwrap();
        tokens.push(format!("{signed}."));
        tokens.push(signed.clone());
        if algorithm != "EdDSA" {
            tokens.push(format!("{signed}.{signature}"));
        }
    }
    tokens
}

/// Signed by others: with the public key as a secret, with another key under our id, with a key in the header.
fn foreign(header: &Value, claims: &Value, published: &Value) -> Vec<String> {
    let mut tokens = Vec::new();
    for key in published["keys"].as_array().unwrap() {
        let x = key["x"].as_str().unwrap();
        let raw = URL_SAFE_NO_PAD.decode(x).unwrap();
        let texts = [x.as_bytes().to_vec(), raw, key.to_string().into_bytes(), published.to_string().into_bytes()];
        for secret in texts.iter().map(Vec::as_slice).chain([&b""[..], b"secret"]) {
            let header = with(&with(header, "alg", "HS256".into()), "kid", key["kid"].clone());
            tokens.push(hs256(&header, claims, secret));
        }
    }
    let other = Signer(Ed25519KeyPair::generate().unwrap());
    tokens.push(other.sign(header, claims));
    for kid in
        [json!("unknown"), json!(""), Value::Null, json!("insider"), json!("../../dev/null"), json!("' OR 1=1 --")]
    {
        tokens.push(other.sign(&with(header, "kid", kid), claims));
    }
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    for (name, value) in
        [("jwk", key), ("jku", json!("https://evil.example/keys")), ("x5u", json!("https://evil.example"))]
    {
        tokens.push(other.sign(&with(header, name, value), claims));
    }
    tokens
}

/// Signed by us, but of another kind.
fn wrong_headers(ours: &Signer, header: &Value, claims: &Value) -> Vec<String> {
    let mut tokens = Vec::new();
    for kind in ["JWT", "jwt", "id+jwt", "logout+jwt", "at", "at+jwt;", "secevent+jwt", "dpop+jwt", ""] {
        tokens.push(ours.sign(&with(header, "typ", kind.into()), claims));
    }
    for name in ["typ", "kid", "alg"] {
        tokens.push(ours.sign(&with(header, name, Value::Null), claims));
        tokens.push(ours.sign(&with(header, name, 7.into()), claims));
        tokens.push(ours.sign(&with(header, name, json!(["at+jwt"])), claims));
    }
    tokens.push(ours.sign(&with(header, "crit", json!(["b64"])), claims));
    let twice = header.to_string().replacen('{', "{\"kid\":\"other\",", 1);
    tokens.push(ours.text(&twice, &claims.to_string()));
    let twice = header.to_string().replacen('{', "{\"alg\":\"none\",", 1);
    tokens.push(ours.text(&twice, &claims.to_string()));
    tokens.push(ours.text("[]", &claims.to_string()));
    tokens.push(ours.text("", &claims.to_string()));
    tokens
}

/// Signed by us, but with claims that break a rule or are out of force.
fn wrong_claims(world: &World, ours: &Signer, header: &Value, claims: &Value) -> Vec<String> {
    let now = world.now().timestamp();
    let other = json!(Uuid::now_v7());
    let changes: &[(&str, &[Value])] = &[
        ("exp", &[json!(now - 31), json!(0), json!(-1), json!("tomorrow"), json!(1.5), json!([now + 60])]),
        ("iat", &[json!(now + 31), json!("now"), json!(1e300)]),
        ("nbf", &[json!(now + 31), json!("later"), json!({})]),
        (
            "iss",
            &[
                json!("http://localhost:5001/"),
                json!("http://evil.example"),
                json!(["http://localhost:5001"]),
                json!(1),
            ],
        ),
        ("aud", &[json!("erp"), json!("CRM"), json!(["crm"]), json!([]), json!(["erp", "crm"]), json!(true)]),
        ("sub", &[other.clone(), json!("ann"), json!(7), json!([]), json!("' OR 1=1 --")]),
        ("companyId", &[other.clone(), json!("acme"), json!(7)]),
        ("sid", &[other.clone(), json!("session"), json!(7)]),
        ("role", &[json!("owner"), json!(""), json!(["admin"]), json!(1)]),
        ("gen", &[json!(0), json!(2), json!("1"), json!(1.5)]),
        ("jti", &[json!("1"), json!(1)]),
        ("actorKind", &[json!("service"), json!(1)]),
        ("permissions", &[json!("all"), json!({ "customers": "export" }), json!([1])]),
        ("name", &[json!(1), json!({})]),
        ("email", &[json!(["ann@example.com"])]),
        ("client_id", &[json!(1)]),
    ];
    let mut tokens = Vec::new();
    for (name, values) in changes {
        tokens.extend(values.iter().map(|value| ours.sign(header, &with(claims, name, value.clone()))));
        if let Some(value) = claims.get(*name) {
            let twice = claims.to_string().replacen('{', &format!("{{{}:{value},", json!(name)), 1);
            tokens.push(ours.text(&header.to_string(), &twice));
        }
    }
    for name in ["iss", "aud", "sub", "exp", "iat", "jti", "sid", "gen", "role", "companyId", "client_id"] {
        tokens.push(ours.sign(header, &with(claims, name, Value::Null)));
    }
    let mut id_token = Map::new();
    for name in ["iss", "sub", "aud", "exp", "iat", "email", "name"] {
        id_token.insert(name.to_owned(), claims[name].clone());
    }
    id_token.insert("nonce".to_owned(), "n".into());
    id_token.insert("auth_time".to_owned(), now.into());
    tokens.push(ours.sign(header, &Value::Object(id_token)));
    for text in ["", "null", "[]", "\"claims\"", "{", "{}", &format!("{claims}{claims}")] {
        tokens.push(ours.text(&header.to_string(), text));
    }
    let huge = with(claims, "padding", "x".repeat(9_000).into());
    tokens.push(ours.sign(header, &huge));
    tokens
}

/// A good token, damaged.
fn mangled(good: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let bytes = good.as_bytes();
    // A bit in every eighth character.
    for index in (0..bytes.len()).step_by(8) {
        for bit in [0, 3] {
            let mut flipped = bytes.to_vec();
            flipped[index] ^= 1 << bit;
            tokens.push(String::from_utf8(flipped).unwrap());
        }
    }
    // All other values of the last character, of which two bits count.
    let (rest, last) = good.split_at(good.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    tokens.extend(alphabet.chars().filter(|letter| !last.contains(*letter)).map(|letter| format!("{rest}{letter}")));
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims, signature] = [parts[0], parts[1], parts[2]];
    for cut in [1, 2, 10, 40] {
        tokens.push(good[cut..].to_owned());
        tokens.push(good[..good.len() - cut].to_owned());
        tokens.push(format!("{header}.{}.{signature}", &claims[cut..]));
        tokens.push(format!("{}.{claims}.{signature}", &header[..header.len() - cut]));
    }
    for more in [".", "=", "==", "A", "AAAA", ".e30", ".e30.e30", "\n", " ", "\0", "é"] {
        tokens.push(format!("{good}{more}"));
        tokens.push(format!("{more}{good}"));
        tokens.push(format!("{header}.{claims}{more}.{signature}"));
        tokens.push(format!("{header}{more}.{claims}.{signature}"));
    }
    tokens.extend([
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        format!("{header}.{signature}.{claims}"),
        format!("{claims}.{header}.{signature}"),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        format!("{good}.{good}"),
        format!("Bearer {good}"),
        good.to_uppercase(),
        good.to_lowercase(),
        "a".repeat(1_000_000),
        format!("{}.{claims}.{signature}", "A".repeat(10_000)),
        format!("{header}.{claims}.{}", "A".repeat(86)),
        format!("{header}.{claims}.{}", "_".repeat(86)),
        STANDARD.encode(good),
    ]);
    tokens
}

async fn state_is_read_at_each_use(database: TestDatabase) {
    let world = World::with(&database, Options { algorithm: SigningAlgorithm::Es256, ..Options::default() }).await;
    let token = world.login().await.access_token;
    assert_eq!(part(&token, 0)["alg"], "ES256");
    let user = ("user_id", world.ann.0);
    let company = ("id", world.company.0);
    let is_active = async || {
        let is_active = world.um.introspect(&token).await.unwrap()["active"] == true;
        assert_eq!(world.um.verify(&token, client()).await.is_ok(), is_active);
        is_active
    };
    assert!(is_active().await);
    for (table, key, column, bad, good) in [
        ("um_memberships", user, "status", "suspended", "active"),
        ("um_memberships", user, "status", "removed", "active"),
        ("um_memberships", user, "status", "invited", "active"),
        ("um_companies", company, "status", "suspended", "active"),
        ("um_companies", company, "status", "deleted", "active"),
    ] {
        world.set(table, key, column, bad).await;
        assert!(!is_active().await, "{table} {bad}");
        world.set(table, key, column, good).await;
        assert!(is_active().await, "{table} {good}");
    }
    world.set("um_memberships", user, "generation", 2_i64).await;
    assert!(!is_active().await);
}

async fn tokens_are_given_back(database: TestDatabase) {
    let world = World::new(&database).await;
    let bob = world.add_member_of(world.company, "bob@example.com", Role::Viewer).await;
    assert_ne!(bob, world.ann);
    for by_refresh in [true, false] {
        let signed_in = world.login().await;
        let token = if by_refresh { &signed_in.refresh_token } else { &signed_in.access_token };
        world.um.revoke(token).await.expect("revoked");
        assert_eq!(world.told.take(), [AccessChange::SessionEnded { session: signed_in.session }]);
        assert_eq!(code(world.um.verify(&signed_in.access_token, client()).await), "token_invalid");
        assert_eq!(code(world.um.refresh(&signed_in.refresh_token, &client()).await), "session_ended");
        world.um.revoke(token).await.expect("again");
    }
    for unknown in ["", "unknown", "a.b.c"] {
        world.um.revoke(unknown).await.expect("nothing to revoke");
    }
    assert!(world.told.take().is_empty());
    assert_eq!(code(world.um.revoke(&format!("crm_{}", "a".repeat(43))).await), "forbidden");
}
