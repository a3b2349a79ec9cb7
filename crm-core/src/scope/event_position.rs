//! A position in a company's feed of events.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::base::error::{Malformed, Result};
use crate::base::ids::CompanyId;

/// A position in a company's feed: after an event. Opaque: its format may change.
///
/// Its text and bytes are for the host itself. They are not sealed, and two of them reveal the number of events in
/// between, including private ones; seal them before a user gets them, as `crm-http` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPosition {
    pub(crate) company: CompanyId,
    pub(crate) position: i64,
}

impl EventPosition {
    /// The length in bytes.
    pub const LENGTH: usize = 24;

    /// The company of the feed.
    #[must_use]
    pub const fn company(&self) -> CompanyId {
        self.company
    }

    /// The parts of the position.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let (company, position) = bytes.split_at_mut(16);
        company.copy_from_slice(self.company.0.as_bytes());
        position.copy_from_slice(&self.position.to_be_bytes());
        bytes
    }

    /// Reverses [`EventPosition::to_bytes`]; `None` for other bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (company, position) = bytes.split_at_checked(16)?;
        let company = CompanyId(Uuid::from_slice(company).ok()?);
        let position = i64::from_be_bytes(position.try_into().ok()?);
        (position >= 0).then_some(Self { company, position })
    }

    fn invalid() -> Malformed {
        Malformed::new(
            "cursor_invalid",
            "after",
            "this is not a cursor of the company's events; pass a cursor unchanged",
        )
    }

    /// Checks that the position is of this company, and not after the end of its feed.
    pub(crate) fn not_beyond(self, head: Self) -> Result<Self> {
        if self.company == head.company && self.position <= head.position {
            return Ok(self);
        }
        Err(Self::invalid().into())
    }
}

impl fmt::Display for EventPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.to_bytes()))
    }
}

impl FromStr for EventPosition {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Self::invalid())?;
        Self::from_bytes(&bytes).ok_or_else(Self::invalid)
    }
}
