//! Reproducible randomness: a failure prints its seed, and `CRM_TEST_SEED` sets it.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

pub struct Chance(StdRng);

impl Chance {
    /// The seed of this run. It is the same every time unless asked for otherwise, so that a failure is not gone on the
    /// second look.
    pub fn seed() -> u64 {
        std::env::var("CRM_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_120)
    }

    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub fn one<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.below(of.len())]
    }

    /// One of these, or nothing.
    pub fn maybe(&mut self, of: &[&str]) -> Option<String> {
        (!self.once_in(4)).then(|| self.one(of).to_owned())
    }

    /// A part of this text, from character to character.
    pub fn part(&mut self, text: &str) -> String {
        let letters: Vec<char> = text.chars().collect();
        let start = self.below(letters.len() + 1);
        let end = start + self.below(letters.len() - start + 1);
        letters[start..end].iter().collect()
    }

    /// The same text as another user may type it.
    pub fn retyped(&mut self, text: &str) -> String {
        match self.below(4) {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            _ => text.to_owned(),
        }
    }
}
