//! The secret of an address: the company, so that it is found there, and 256 random bits.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::base::hex::hex;
use crate::base::ids::CompanyId;
use crate::scope::Crm;

const RANDOM: usize = 32;

/// The secret of a calendar's address. It is not stored: who loses it makes a new one.
#[derive(Clone, PartialEq, Eq)]
pub struct CalendarSecret {
    company: CompanyId,
    random: [u8; RANDOM],
}

impl fmt::Debug for CalendarSecret {
    /// Prints the company only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CalendarSecret").field("company", &self.company).finish_non_exhaustive()
    }
}

impl CalendarSecret {
    pub(super) fn new(crm: &Crm, company: CompanyId) -> Self {
        let mut random = [0; RANDOM];
        crm.0.source.randomness.fill(&mut random);
        Self { company, random }
    }

    /// Reads a secret as it stands in an address.
    pub(super) fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (company, random) = bytes.split_first_chunk::<16>()?;
        Some(Self { company: Uuid::from_bytes(*company).into(), random: random.try_into().ok()? })
    }

    /// The secret as it stands in an address: 64 letters, digits, hyphens and underscores.
    #[must_use]
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode([&self.company.0.as_bytes()[..], &self.random].concat())
    }

    pub(super) const fn company(&self) -> CompanyId {
        self.company
    }

    /// What is stored of it. It has as many random bits as the digest, so that none has to be added.
    pub(super) fn digest(&self) -> String {
        hex(Sha256::digest(self.random))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::CalendarSecret;
    use crate::scope::Crm;

    #[test]
    fn a_secret_is_read_as_it_is_written() {
        let crm = Crm::default();
        let company = Uuid::from_u128(7).into();
        let (one, other) = (CalendarSecret::new(&crm, company), CalendarSecret::new(&crm, company));
        assert_ne!(one.digest(), other.digest());
        let text = one.expose();
        assert_eq!((CalendarSecret::read(&text).as_ref(), text.len()), (Some(&one), 64));
        assert!(!format!("{one:?}").contains(&text) && !format!("{one:?}").contains(&one.digest()));
        for bad in ["", "abc", &text[1..], &format!("{text}A"), &text.replace(char::is_alphanumeric, "/")] {
            assert_eq!(CalendarSecret::read(bad), None, "{bad}");
        }
    }
}
