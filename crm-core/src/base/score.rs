//! A share or a likelihood from 0 to 1.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A share or a likelihood from 0 to 1, in steps of a thousandth: how likely two records are the same, say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u16);

impl Score {
    /// The highest score.
    pub const MAX: Self = Self(1_000);

    /// From thousandths; more than 1,000 are 1,000.
    #[must_use]
    pub const fn from_thousandths(thousandths: u16) -> Self {
        if thousandths > 1_000 { Self::MAX } else { Self(thousandths) }
    }

    /// From a number; `None` unless it is from 0 to 1.
    #[must_use]
    pub fn new(score: f64) -> Option<Self> {
        (0.0..=1.0).contains(&score).then(|| Self::rounded(score))
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1,000")]
    pub(crate) fn rounded(score: f64) -> Self {
        Self((score.clamp(0.0, 1.0) * 1_000.0).round() as u16)
    }

    /// In thousandths.
    #[must_use]
    pub const fn thousandths(self) -> u16 {
        self.0
    }

    /// As a number from 0 to 1.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_f64())
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let score = f64::deserialize(deserializer)?;
        Self::new(score).ok_or_else(|| serde::de::Error::custom("expected a number from 0 to 1"))
    }
}
