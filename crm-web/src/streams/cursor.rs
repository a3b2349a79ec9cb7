//! Sealed cursors of the feed: a client can store and return them, and learns nothing from them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crm_core::events::EventPosition;
use crm_core::ids::CompanyId;

use crate::seal::{LENGTH, SealKey};

/// The purpose of the seal.
const PURPOSE: &[u8] = b"event cursors";

/// The key of sealed cursors. Instances with the same secret accept one another's cursors.
#[derive(Clone)]
pub struct CursorKey(SealKey);

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey")
    }
}

impl CursorKey {
    /// A key derived from a secret, which may have other uses.
    #[must_use]
    pub fn derived(secret: &[u8]) -> Self {
        Self(SealKey::of(&SealKey::of(secret).digest(&[b"crm", PURPOSE])))
    }

    /// A random key of this process: its cursors become invalid with it.
    #[must_use]
    pub fn random() -> Self {
        Self(SealKey::random())
    }

    /// The position in its sealed form. Two seals of a position differ, so that clients cannot compare positions.
    #[must_use]
    pub fn seal(&self, position: EventPosition) -> String {
        let sealed = self.0.seal(PURPOSE, &self.name(position.company()), position.to_bytes().to_vec());
        // Sealing a few bytes does not fail; an empty cursor would be refused.
        URL_SAFE_NO_PAD.encode(sealed.unwrap_or_default())
    }

    /// The position in the company's feed; `None` for any other text.
    #[must_use]
    pub fn open(&self, company: CompanyId, cursor: &str) -> Option<EventPosition> {
        let sealed = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let position = self.0.open(PURPOSE, &self.name(company), &sealed)?;
        EventPosition::from_bytes(&position).filter(|position| position.company() == company)
    }

    fn name(&self, company: CompanyId) -> [u8; LENGTH] {
        self.0.digest(&[PURPOSE, company.0.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use crm_core::events::EventPosition;
    use crm_core::ids::CompanyId;
    use uuid::Uuid;

    use super::CursorKey;

    fn at(company: CompanyId, position: u64) -> EventPosition {
        let bytes = [&company.0.as_bytes()[..], &position.to_be_bytes()].concat();
        EventPosition::from_bytes(&bytes).unwrap()
    }

    #[test]
    fn a_cursor_tells_nothing_and_cannot_be_made() {
        let [here, there] = [1, 2].map(|id| CompanyId(Uuid::from_u128(id)));
        let key = CursorKey::derived(b"a secret of some length");
        let cursors = [7, 7, 8].map(|position| key.seal(at(here, position)));
        assert!(cursors[0] != cursors[1] && cursors[1] != cursors[2] && cursors[0].len() == cursors[2].len());
        // After a restart, and at another instance.
        let again = CursorKey::derived(b"a secret of some length");
        assert_eq!(cursors.each_ref().map(|cursor| again.open(here, cursor)), [7, 7, 8].map(|p| Some(at(here, p))));
        assert_eq!(key.open(there, &cursors[0]), None);
        assert_eq!(CursorKey::random().open(here, &cursors[0]), None);
        let plain = at(here, 7).to_string();
        let mut forged = cursors[0].clone().into_bytes();
        forged[20] ^= 1;
        for text in ["", "1", &plain, &String::from_utf8(forged).unwrap()] {
            assert_eq!(key.open(here, text), None, "{text}");
        }
    }
}
