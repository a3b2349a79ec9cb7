//! A place in a company's feed of events.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::base::error::Malformed;
use crate::base::ids::CompanyId;

/// A place in a company's feed: right behind an event. Opaque: its text may be stored, its content may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPosition {
    pub(crate) company: CompanyId,
    pub(crate) position: i64,
}

#[derive(Serialize, Deserialize)]
struct Written {
    v: u8,
    c: CompanyId,
    p: i64,
}

impl EventPosition {
    pub(crate) fn invalid() -> Malformed {
        Malformed::new("cursor_invalid", "after", "this is no cursor of the company's events; pass one unchanged")
    }

    /// Whose feed it is a place in.
    #[must_use]
    pub const fn company(&self) -> CompanyId {
        self.company
    }
}

impl fmt::Display for EventPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = Written { v: 1, c: self.company, p: self.position };
        let json = serde_json::to_vec(&written).map_err(|_| fmt::Error)?;
        f.write_str(&URL_SAFE_NO_PAD.encode(json))
    }
}

impl FromStr for EventPosition {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|json| serde_json::from_slice::<Written>(&json).ok())
            .filter(|written| written.v == 1 && written.p >= 0)
            .map(|Written { v: _, c: company, p: position }| Self { company, position })
            .ok_or_else(Self::invalid)
    }
}
