//! Forged tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crm_core::actor::Role;
use jsonwebtoken::jwk::AlgorithmParameters;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};
use testkit::{Algorithm, Suite, TestDatabase, UserManagement};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::Delegated;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        nobody_else_signs_tokens,
        a_public_key_is_no_secret,
        a_token_brings_no_key_of_its_own,
        what_else_the_service_signs_is_no_access_token,
        no_claim_names_what_another_key_has_become,
        tokens_that_are_mangled_open_nothing,
        a_secret_that_is_published_signs_nothing,
        keys_that_do_not_sign_tokens_sign_none,
    ]);
}

fn text(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token with this head, the claims of an administrator, and this signature.
fn forged(crm: &Delegated, head: &Value, signature: &str) -> String {
    format!("{}.{}.{signature}", text(head), text(&crm.claims(Role::Admin, json!({}))))
}

async fn nobody_else_signs_tokens(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    let good = crm.sign(json!({}));
    crm.answer(&good).await.expect(200);
    let name = crm.users.public_keys()[0].common.key_id.clone().expect("a name");
    let stranger = UserManagement::start().await.expect("a user-management service");
    let claims = crm.claims(Role::Admin, json!({}));
    let signature = good.rsplit_once('.').expect("three parts").1;
    let zeros = URL_SAFE_NO_PAD.encode([0; 256]);
    let forgeries = [
        // Signed by another key: under our key's name, under its own, and under none.
        stranger.sign_as(|header| Header { kid: Some(name.clone()), ..header }, &claims),
        stranger.sign_as(|header| header, &claims),
        stranger.sign_as(|header| Header { kid: None, ..header }, &claims),
        // With the signature of another token, or with none.
        forged(&crm, &json!({ "alg": "RS256", "kid": name }), signature),
        forged(&crm, &json!({ "alg": "RS256", "kid": name }), ""),
        forged(&crm, &json!({ "alg": "RS256", "kid": name }), &zeros),
        forged(&crm, &json!({ "alg": "PS256", "kid": name }), signature),
        forged(&crm, &json!({ "alg": "ES256", "kid": name }), &URL_SAFE_NO_PAD.encode([0; 64])),
        forged(&crm, &json!({ "alg": "EdDSA", "kid": name }), &URL_SAFE_NO_PAD.encode([0; 64])),
        forged(&crm, &json!({ "alg": "none" }), ""),
        forged(&crm, &json!({ "alg": "None", "kid": name }), ""),
        forged(&crm, &json!({ "alg": "", "kid": name }), ""),
        forged(&crm, &json!({ "kid": name }), signature),
        forged(&crm, &json!({ "alg": ["RS256"], "kid": name }), signature),
        // Names that mean something elsewhere.
        forged(&crm, &json!({ "alg": "RS256", "kid": "../../../../dev/null" }), signature),
        forged(&crm, &json!({ "alg": "RS256", "kid": "x' OR '1'='1" }), signature),
        forged(&crm, &json!({ "alg": "RS256", "kid": "" }), signature),
        forged(&crm, &json!({ "alg": "RS256", "kid": "x".repeat(5_000) }), signature),
        forged(&crm, &json!({ "alg": "RS256", "kid": 7 }), signature),
        // What must be understood, and is not.
        crm.users.sign_as(|header| Header { crit: Some(vec!["b64".to_owned()]), ..header }, &claims),
    ];
    for token in forgeries {
        crm.answer(&token).await.problem(401, "token_invalid");
    }
    crm.answer(&good).await.expect(200);
}

/// Everybody knows a public key: if it were taken for a secret, everybody could sign.
async fn a_public_key_is_no_secret(database: TestDatabase) {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let crm = Delegated::with_keys(&database, |users, _| drop(users.rotate(algorithm))).await;
        crm.answer(&crm.sign(json!({}))).await.expect(200);
        let key = crm.users.public_keys().pop().expect("a key");
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64url");
        let mut secrets = vec![serde_json::to_vec(&key).expect("JSON")];
        match &key.algorithm {
            AlgorithmParameters::RSA(key) => secrets.extend([bytes(&key.n), key.n.clone().into_bytes()]),
            AlgorithmParameters::EllipticCurve(key) => {
                let point = [vec![4], bytes(&key.x), bytes(&key.y)].concat();
                secrets.extend([point, bytes(&key.x), key.x.clone().into_bytes()]);
            }
            AlgorithmParameters::OctetKeyPair(key) => secrets.extend([bytes(&key.x), key.x.clone().into_bytes()]),
            other => panic!("no public key: {other:?}"),
        }
        let claims = crm.claims(Role::Admin, json!({}));
        for secret in secrets {
            for hmac in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                for kid in [key.common.key_id.clone(), None] {
                    let header = Header { kid, ..Header::new(hmac) };
                    let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&secret));
                    crm.answer(&token.expect("a token")).await.problem(401, "token_invalid");
                }
            }
        }
    }
}

async fn a_token_brings_no_key_of_its_own(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    let stranger = UserManagement::start().await.expect("a user-management service");
    let trap = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let elsewhere = format!("http://{}/keys", trap.local_addr().expect("an address"));
    let caught = Arc::new(AtomicUsize::new(0));
    let catching = tokio::spawn({
        let caught = Arc::clone(&caught);
        async move {
            while trap.accept().await.is_ok() {
                caught.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let (claims, key) = (crm.claims(Role::Admin, json!({})), stranger.public_keys().pop());
    let theirs = format!("{}/.well-known/jwks.json", stranger.url());
    for token in [
        stranger.sign_as(|header| Header { jwk: key.clone(), ..header }, &claims),
        stranger.sign_as(|header| Header { jwk: key.clone(), kid: None, ..header }, &claims),
        stranger.sign_as(|header| Header { jku: Some(theirs.clone()), ..header }, &claims),
        stranger.sign_as(|header| Header { jku: Some(elsewhere.clone()), ..header }, &claims),
        stranger.sign_as(|header| Header { x5u: Some(elsewhere.clone()), ..header }, &claims),
        stranger.sign_as(|header| Header { kid: Some(elsewhere.clone()), ..header }, &claims),
    ] {
        crm.answer(&token).await.problem(401, "token_invalid");
    }
    assert_eq!(caught.load(Ordering::SeqCst), 0, "a URL in a token was fetched");
    assert_eq!(stranger.asked().keys, 0);
    catching.abort();
}

async fn what_else_the_service_signs_is_no_access_token(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    let of = |typ: Option<&str>| {
        let typ = typ.map(str::to_owned);
        crm.users.sign_as(|header| Header { typ, ..header }, &crm.claims(Role::Admin, json!({})))
    };
    for good in [None, Some("JWT"), Some("jwt"), Some("at+jwt"), Some("application/at+jwt"), Some("AT+JWT")] {
        crm.answer(&of(good)).await.expect(200);
    }
    for bad in ["logout+jwt", "secevent+jwt", "dpop+jwt", "token-introspection+jwt", "id+jwt", ""] {
        crm.answer(&of(Some(bad))).await.problem(401, "token_invalid");
    }
}

/// The claims of a token are read in the same way, however it was verified.
async fn no_claim_names_what_another_key_has_become(database: TestDatabase) {
    let crms = [Delegated::introspecting(&database, |_| {}).await, Delegated::with_keys(&database, |_, _| {}).await];
    for (crm, is_asked) in crms.iter().zip([true, false]) {
        let token = |changes: Value| if is_asked { crm.issue(changes) } else { crm.sign(changes) };
        let (key, issuer) = (Uuid::new_v4().simple().to_string(), crm.users.url());
        let key = format!("tenant-{key}");
        let mapped = Uuid::new_v5(&Uuid::new_v5(&Uuid::NAMESPACE_URL, issuer.as_bytes()), key.as_bytes());
        crm.answer(&token(json!({ "companyId": key, "sub": key }))).await.expect(200);
        let plain = crm.api.company.0;
        for bad in [
            mapped.to_string(),
            mapped.to_string().to_uppercase(),
            mapped.simple().to_string(),
            mapped.braced().to_string(),
            mapped.urn().to_string(),
            plain.to_string().to_uppercase(),
            plain.simple().to_string(),
            plain.braced().to_string(),
            plain.urn().to_string(),
            format!("{plain}\n"),
            format!("\t{key}"),
            Uuid::nil().to_string(),
            Uuid::max().to_string(),
        ] {
            crm.answer(&token(json!({ "companyId": bad }))).await.problem(401, "token_invalid");
            crm.answer(&token(json!({ "sub": bad }))).await.problem(401, "token_invalid");
        }
        for bad in [json!(0.5), json!(1e23), json!(true), json!([key]), json!({ "id": key })] {
            crm.answer(&token(json!({ "companyId": bad }))).await.problem(401, "token_invalid");
        }
    }
}

/// A good token in which one thing is not as it was.
async fn tokens_that_are_mangled_open_nothing(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    let good = crm.sign(json!({}));
    crm.answer(&good).await.expect(200);
    let parts: Vec<&str> = good.split('.').collect();
    let [head, body, signature] = parts.as_slice() else { panic!("three parts: {good}") };
    let mut mangled = vec![
        format!("{head}.{body}"),
        format!("{head}.{body}."),
        format!("{head}..{signature}"),
        format!(".{body}.{signature}"),
        format!("{head}.{body}.{signature}."),
        format!("{head}.{body}.{signature}.{signature}"),
        format!("{head}.{body}.{signature}="),
        format!("{body}.{head}.{signature}"),
        format!("{head}.{head}.{signature}"),
        format!("{head}.{body}.{}", signature.to_uppercase()),
        format!("{good}{}", "A".repeat(8 * 1024)),
        crm.sign(json!({ "groups": "x".repeat(45_000) })),
        "..".to_owned(),
    ];
    // A letter less, and another letter, in every part.
    for at in [1, head.len() / 2, head.len() + 1 + body.len() / 2, good.len() - signature.len() / 2] {
        let other = if good.as_bytes()[at] == b'A' { 'B' } else { 'A' };
        mangled.push(format!("{}{}", &good[..at], &good[at + 1..]));
        mangled.push(format!("{}{other}{}", &good[..at], &good[at + 1..]));
    }
    for token in mangled {
        crm.answer(&token).await.problem(401, "token_invalid");
    }
    crm.answer(&good).await.expect(200);
}

async fn a_secret_that_is_published_signs_nothing(database: TestDatabase) {
    const SECRET: &str = "a secret that was published by mistake!!";
    let crm = Delegated::with_keys(&database, |users, _| {
        let mut keys = json!({ "keys": users.public_keys() });
        let secret = json!({ "kty": "oct", "kid": "secret", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode(SECRET) });
        keys["keys"].as_array_mut().expect("keys").push(secret);
        users.answer_with(200, keys.to_string());
    })
    .await;
    crm.answer(&crm.sign(json!({}))).await.expect(200);
    let header = Header { kid: Some("secret".to_owned()), ..Header::new(Algorithm::HS256) };
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let token = jsonwebtoken::encode(&header, &crm.claims(Role::Admin, json!({})), &key).expect("a token");
    crm.answer(&token).await.problem(401, "token_invalid");
}

/// The same key, published for something else each time.
async fn keys_that_do_not_sign_tokens_sign_none(database: TestDatabase) {
    for (change, is_used) in [
        (json!({}), true),
        (json!({ "use": null }), true),
        (json!({ "alg": null }), true),
        (json!({ "use": null, "key_ops": ["verify"] }), true),
        (json!({ "x5c": ["MIIB"], "something": { "else": 1 } }), true),
        (json!({ "use": "enc" }), false),
        (json!({ "use": null, "key_ops": ["encrypt"] }), false),
        (json!({ "alg": "RS512" }), false),
        (json!({ "alg": "RSA-OAEP" }), false),
        (json!({ "kty": "EC" }), false),
        (json!({ "n": "AQAB" }), false),
        (json!({ "kid": "another" }), false),
    ] {
        let crm = Delegated::with_keys(&database, |users, _| {
            let mut key = json!(users.public_keys()[0]);
            crm_core::patch::merge(&mut key, change.clone());
            // A second key, so that the set is valid in any case.
            users.rotate(Algorithm::ES256);
            users.answer_with(200, json!({ "keys": [key, users.public_keys()[1]] }).to_string());
        })
        .await;
        let other = crm.users.public_keys()[1].common.key_id.clone().expect("a name");
        crm.answer(&crm.sign(json!({}))).await.expect(200);
        // Now the first one signs again.
        crm.users.withdraw(&other);
        let answer = crm.answer(&crm.sign(json!({}))).await;
        match is_used {
            true => drop(answer.expect(200)),
            false => drop(answer.problem(401, "token_invalid")),
        }
    }
}
