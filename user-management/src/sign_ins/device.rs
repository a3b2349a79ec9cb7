//! Device tokens: a client that has signed in to an account before can show it (OWASP: "Slow Down Online Guessing
//! Attacks with Device Cookies").

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;

use super::attempt::account;
use crate::base::secrets;
use crate::base::service::UserManagement;
use crm_web::seal::LENGTH;

/// How long a device is known.
const LIFETIME: TimeDelta = TimeDelta::days(180);

/// A token for a client that has signed in to the account of this address.
pub(crate) fn issue(um: &UserManagement, email: &str) -> String {
    let (nonce, expires) = (secrets::token(), (um.now() + LIFETIME).timestamp());
    let signature = URL_SAFE_NO_PAD.encode(signature(um, email, &nonce, expires));
    format!("{nonce}.{expires}.{signature}")
}

/// The name of a device that is known to the account of this address.
pub(super) fn known(um: &UserManagement, email: &str, token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let (nonce, expires, signed) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let signed: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(signed).ok()?.try_into().ok()?;
    let is_genuine = is_equal(&signed, &signature(um, email, nonce, expires));
    (parts.next().is_none() && is_genuine && expires > um.now().timestamp()).then(|| nonce.to_owned())
}

fn signature(um: &UserManagement, email: &str, nonce: &str, expires: i64) -> [u8; LENGTH] {
    um.0.seal.digest(&[b"device", account(um, email).as_bytes(), nonce.as_bytes(), &expires.to_be_bytes()])
}

/// Compares in constant time.
fn is_equal(one: &[u8; LENGTH], other: &[u8; LENGTH]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}
