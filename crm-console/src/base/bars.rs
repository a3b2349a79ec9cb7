//! Numbers as bars, each with its label.

use super::language::Language;

/// A bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What is counted.
    pub label: String,
    /// How many there are.
    pub number: String,
    /// More about them; may be empty.
    pub note: String,
    /// The length, in percent of the longest.
    pub percent: u64,
}

/// Bars, and where more of what they count is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bars {
    /// The bars.
    pub bars: Vec<Bar>,
    /// The address of more, and the words for it.
    pub all: Option<(String, String)>,
}

/// The length of a bar, in percent of the longest: what there is, is seen.
#[must_use]
pub fn percent(number: u64, longest: u64) -> u64 {
    number.saturating_mul(100).div_ceil(longest.max(1))
}

/// Bars of these labels, numbers and notes.
#[must_use]
pub fn bars(language: Language, rows: Vec<(String, u64, String)>) -> Vec<Bar> {
    told(rows.into_iter().map(|(label, number, note)| (label, number, language.number(number), note)).collect())
}

/// Bars of these labels, numbers with the words for them, and notes.
#[must_use]
pub fn told(rows: Vec<(String, u64, String, String)>) -> Vec<Bar> {
    let most = rows.iter().map(|(_, number, ..)| *number).max().unwrap_or_default();
    let bar = |(label, length, number, note): (String, u64, String, String)| Bar {
        label,
        number,
        note,
        percent: percent(length, most),
    };
    rows.into_iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::{Language, bars};

    #[test]
    fn the_longest_bar_is_a_hundred() {
        let row = |number| (String::new(), number, String::new());
        let percents = |numbers: &[u64]| {
            bars(Language::English, numbers.iter().copied().map(row).collect())
                .into_iter()
                .map(|bar| bar.percent)
                .collect::<Vec<_>>()
        };
        assert_eq!(percents(&[50, 100, 0]), [50, 100, 0]);
        assert_eq!(percents(&[1, 1_000_000]), [1, 100], "what there is, is seen");
        assert_eq!(percents(&[0, 0]), [0, 0]);
        assert!(percents(&[]).is_empty());
    }
}
