//! STAND-IN: the other branch has this module.

use crm_core::Violations;
use secrecy::{ExposeSecret, SecretString};

use crate::base::error::Result;
use crate::base::secrets;
use crate::base::service::UserManagement;

pub(crate) fn check(password: &SecretString, pointer: &str, violations: &mut Violations) {
    if password.expose_secret().chars().count() < 12 {
        violations.add(pointer, "password_too_short", "at least 12 characters");
    }
}

pub(crate) async fn hash(_: &UserManagement, password: SecretString) -> Result<String> {
    Ok(secrets::digest(password.expose_secret()))
}

pub(crate) async fn verify(_: &UserManagement, password: SecretString, hash: Option<String>) -> Result<bool> {
    Ok(hash == Some(secrets::digest(password.expose_secret())))
}
