//! Chance that is the same for the same seed, in every version of every library.

/// SplitMix64, by Steele, Lea and Flood (2014).
pub(super) struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or_default()
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    pub fn pick<'s, T>(&mut self, from: &'s [T]) -> &'s T {
        &from[self.below(from.len())]
    }

    /// A telephone number of the United States.
    pub fn phone(&mut self) -> String {
        let area = *self.pick(&[212, 312, 415, 512, 617, 702, 206, 305]);
        format!("+1 {area} {} {:04}", 220 + self.below(700), self.below(10_000))
    }

    pub fn birth_date(&mut self) -> String {
        format!("{}-{:02}-{:02}", 1945 + self.below(60), 1 + self.below(12), 1 + self.below(28))
    }

    /// One typing mistake: a letter left out, doubled, exchanged with the next one, or another one.
    pub fn mistype(&mut self, word: &str) -> String {
        let mut letters: Vec<char> = word.chars().collect();
        if letters.len() < 3 {
            return word.to_owned();
        }
        let at = self.below(letters.len() - 1);
        match self.below(4) {
            0 => drop(letters.remove(at + 1)),
            1 => letters.insert(at, letters[at]),
            2 => letters.swap(at, at + 1),
            _ => letters[at + 1] = *self.pick(&['a', 'e', 'i', 'o', 'n', 'r', 's', 't']),
        }
        letters.into_iter().collect()
    }
}
