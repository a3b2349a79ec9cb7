//! The tokens of the provider, and how they are wrong.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{OpenIdFault, Session, State};
use crate::user_management::{Algorithm, SigningKey};

/// How long tokens are valid, in seconds.
const LIFETIME: i64 = 300;

/// Base64url of SHA-256, as for challenges.
pub(super) fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

/// The left half of the hash, as for `at_hash`. Only for keys whose algorithms end with 256.
fn half_hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16])
}

impl State {
    /// The answer of the token endpoint for a log-in.
    pub(super) fn grant(&mut self, session: Session) -> Value {
        let access_token = self.access_token();
        let mut answer = json!({ "access_token": access_token, "token_type": "Bearer" });
        answer["expires_in"] = self.expires_in.clone();
        if self.fault != Some(OpenIdFault::NoIdToken) {
            let id_token = self.id_token(&session.nonce, &access_token);
            answer["id_token"] = id_token.clone().into();
            self.last = Some((access_token, id_token));
        }
        if self.gives_refresh_tokens {
            let refresh_token = Uuid::new_v4().simple().to_string();
            answer["refresh_token"] = refresh_token.clone().into();
            self.refresh_tokens.insert(refresh_token, session);
        }
        answer
    }

    fn key(&self) -> &SigningKey {
        self.keys.last().expect("there is a key")
    }

    fn claims(&self, audience: Value, more: Value) -> Value {
        let now = Utc::now().timestamp();
        let mut claims = self.person.clone();
        let own = json!({ "iss": self.url, "aud": audience, "iat": now, "exp": now + LIFETIME });
        for (name, value) in [own, more].into_iter().filter_map(|part| part.as_object().cloned()).flatten() {
            claims[name] = value;
        }
        claims
    }

    fn access_token(&self) -> String {
        let is_other = self.fault == Some(OpenIdFault::OtherService);
        let audience = if is_other { "another service" } else { &self.audience };
        let claims = self.claims(audience.into(), json!({ "jti": Uuid::new_v4() }));
        self.key().sign(&Header { typ: Some("at+jwt".to_owned()), ..self.key().header() }, &claims)
    }

    fn id_token(&self, nonce: &str, access_token: &str) -> String {
        use OpenIdFault as F;
        let now = Utc::now().timestamp();
        let mut claims =
            self.claims(json!(self.client.0), json!({ "nonce": nonce, "at_hash": half_hash(access_token) }));
        match self.fault {
            Some(F::OtherNonce) => claims["nonce"] = "another".into(),
            Some(F::OtherAudience) => claims["aud"] = "another client".into(),
            Some(F::OtherParty) => {
                claims["aud"] = json!([self.client.0, "another client"]);
                claims["azp"] = "another client".into();
            }
            Some(F::OtherIssuer) => claims["iss"] = "https://another.example".into(),
            Some(F::OtherPerson) => claims["sub"] = "another person".into(),
            Some(F::OtherAccessToken) => claims["at_hash"] = half_hash("another").into(),
            Some(F::Expired) => claims["exp"] = (now - 120).into(),
            Some(F::Future) => {
                claims["iat"] = (now + 3600).into();
                claims["exp"] = (now + 7200).into();
            }
            _ => {}
        }
        let (key, header) = (self.key(), self.key().header());
        match self.fault {
            Some(F::Unsigned) => {
                let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
                format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(&claims))
            }
            Some(F::Changed) => {
                let genuine = key.sign(&header, &claims);
                claims["sub"] = "another person".into();
                let changed = key.sign(&header, &claims);
                let signature = genuine.rsplit('.').next().expect("a signature");
                let (signed, _) = changed.rsplit_once('.').expect("a signature");
                format!("{signed}.{signature}")
            }
            Some(F::OtherKey) => SigningKey::generate(header.alg).sign(&header, &claims),
            Some(F::Secret) => {
                let secret = EncodingKey::from_secret(self.client.1.as_deref().unwrap_or_default().as_bytes());
                jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &secret).expect("a token")
            }
            _ => key.sign(&header, &claims),
        }
    }
}
