//! Hashes of passwords. At most `options.hashing` are computed at once.

use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use sea_orm::DbErr;
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use crate::base::error::{Error, Result};
use crate::base::service::UserManagement;

/// The parameters that OWASP recommends: 19 MiB, two passes, one lane.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The bounds for hashes of others, so that a stored hash cannot stop the service.
const MOST_MEMORY: u32 = 256 * 1024;
const MOST_PASSES: u32 = 16;
const MOST_COST: u32 = 15;
/// How long a caller waits for a free thread.
const PATIENCE: Duration = Duration::from_secs(2);
/// A hash of no password. It is compared where there is none, so that the answer takes the same time.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes a password for the database.
///
/// # Errors
/// [`crm_core::Error::Unavailable`] if too many passwords are hashed at the moment.
pub(crate) async fn hash(um: &UserManagement, password: SecretString) -> Result<String> {
    on_a_thread(um, move || {
        let hash = argon2()?.hash_password(normalised(&password).expose_secret().as_bytes());
        hash.map(|hash| hash.to_string()).map_err(Error::internal)
    })
    .await
}

/// Whether this is the password of a hash. Without a hash it is not, and that takes the same time.
///
/// # Errors
/// [`crm_core::Error::Unavailable`] if too many passwords are hashed at the moment.
pub(crate) async fn verify(um: &UserManagement, password: SecretString, hash: Option<String>) -> Result<bool> {
    on_a_thread(um, move || {
        let is_right = matches(&password, hash.as_deref().unwrap_or(NOBODY));
        Ok(is_right && hash.is_some())
    })
    .await
}

/// Whether a text is a hash that [`verify`] reads: of a known kind, and not so costly that it could stop the service.
pub(crate) fn is_hash(text: &str) -> bool {
    is_bcrypt(text) || PasswordHash::new(text).is_ok_and(|hash| is_argon2(&hash))
}

fn is_argon2(hash: &PasswordHash) -> bool {
    let is_affordable = |params: Params| params.m_cost() <= MOST_MEMORY && params.t_cost() <= MOST_PASSES;
    let is_known = hash.algorithm.as_str().starts_with("argon2") && hash.hash.is_some();
    is_known && Params::try_from(hash).is_ok_and(is_affordable)
}

/// The versions `2a`, `2b` and `2y` are computed alike; `2x` is that of a broken library.
fn is_bcrypt(hash: &str) -> bool {
    let is_known = ["$2a$", "$2b$", "$2y$"].iter().any(|version| hash.starts_with(version)) && hash.len() == 60;
    is_known && hash.parse::<bcrypt::HashParts>().is_ok_and(|parts| parts.get_cost() <= MOST_COST)
}

/// Whether a hash is weaker than those of today, or of another kind.
pub(crate) fn needs_upgrade(hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else {
        return true;
    };
    let is_current = hash.algorithm.as_str() == "argon2id" && hash.version == Some(Version::V0x13.into());
    let params = Params::try_from(&hash);
    !(is_current && params.is_ok_and(|params| params.m_cost() >= MEMORY && params.t_cost() >= PASSES))
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// NIST SP 800-63B, section 3.1.1.2: one normal form, so that keyboards of all systems give the same password.
fn normalised(password: &SecretString) -> SecretString {
    password.expose_secret().nfc().collect::<String>().into()
}

fn matches(password: &SecretString, hash: &str) -> bool {
    let normal = normalised(password);
    if hash.starts_with("$2") {
        // Other systems may have hashed what was typed.
        return matches_bcrypt(&normal, hash)
            || (normal.expose_secret() != password.expose_secret() && matches_bcrypt(password, hash));
    }
    let Ok(hash) = PasswordHash::new(hash) else {
        return false;
    };
    is_argon2(&hash) && Argon2::default().verify_password(normal.expose_secret().as_bytes(), &hash).is_ok()
}

fn matches_bcrypt(password: &SecretString, hash: &str) -> bool {
    is_bcrypt(hash) && bcrypt::verify(password.expose_secret(), hash).unwrap_or(false)
}

/// The place of a hash. Given back when the thread ends, even if nobody waits for it any more.
struct Place(UserManagement);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.hashing.add_permits(1);
    }
}

async fn on_a_thread<T: Send + 'static>(
    um: &UserManagement,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let busy = || crm_core::Error::Unavailable(DbErr::Custom("too many passwords are being hashed".to_owned()));
    let permit = tokio::time::timeout(PATIENCE, um.0.hashing.acquire()).await.map_err(|_| busy())?;
    permit.map_err(Error::internal)?.forget();
    let place = Place(um.clone());
    let work = move || {
        let _place = place;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

#[cfg(test)]
mod tests {
    use super::{NOBODY, argon2, matches, needs_upgrade};
    use argon2::password_hash::PasswordHasher;

    #[test]
    fn the_hash_of_nobody_is_computed_like_any_other() {
        let of = |text: &str| text.rsplit_once('$').and_then(|(rest, _)| rest.rsplit_once('$')).unwrap().0.to_owned();
        let hash = argon2().unwrap().hash_password(b"correct horse battery").unwrap().to_string();
        assert_eq!(of(&hash), of(NOBODY));
        assert_eq!(hash.len(), NOBODY.len());
        assert!(!needs_upgrade(&hash) && !needs_upgrade(NOBODY));
        assert!(matches(&"correct horse battery".into(), &hash));
        assert!(!matches(&"correct horse batterY".into(), &hash));
    }

    #[test]
    fn normal_forms_are_one_password() {
        let hash = argon2().unwrap().hash_password("zw\u{f6}lf boxk\u{e4}mpfer".as_bytes()).unwrap().to_string();
        assert!(matches(&"zwo\u{308}lf boxka\u{308}mpfer".into(), &hash));
    }

    #[test]
    fn hashes_of_others_are_read_and_bounded() {
        let bcrypt = bcrypt::hash("correct horse battery", 4).unwrap();
        for version in ["$2a$", "$2b$", "$2y$"] {
            let hash = bcrypt.replacen("$2b$", version, 1);
            assert!(matches(&"correct horse battery".into(), &hash), "{version}");
            assert!(needs_upgrade(&hash));
        }
        assert!(!matches(&"correct horse battery".into(), &bcrypt.replacen("$2b$", "$2x$", 1)));
        assert!(!matches(&"correct horse battery".into(), &bcrypt.replacen("$04$", "$31$", 1)));
        for bad in ["", "$", "$2b$", "$argon2id$", "plain", &NOBODY.replace("m=19456", "m=4000000")] {
            assert!(!matches(&"correct horse battery".into(), bad), "{bad}");
        }
        assert!(needs_upgrade(&NOBODY.replace("t=2", "t=1")));
        assert!(needs_upgrade(&NOBODY.replace("argon2id", "argon2i")));
    }
}
