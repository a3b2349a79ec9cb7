//! Reads single settings, and collects all errors instead of stopping at the first.

use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

use config::{Config, ConfigError, Value, ValueKind};

/// The settings as text, and the errors so far.
pub struct Reader {
    settings: Config,
    faults: Vec<String>,
}

/// Without the settings, which contain secrets.
impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("faults", &self.faults).finish_non_exhaustive()
    }
}

impl Reader {
    pub(super) const fn new(settings: Config) -> Self {
        Self { settings, faults: Vec::new() }
    }

    /// Adds an error of a setting, once.
    pub fn fault(&mut self, name: &str, fault: impl Display) {
        let fault = format!("{name}: {fault}");
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    pub(super) fn into_faults(self) -> Vec<String> {
        self.faults
    }

    /// The setting as text; `None` if it is absent or empty.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let text = match self.settings.get::<Value>(&name.to_lowercase()) {
            Ok(value) => as_text(value),
            Err(ConfigError::NotFound(_)) => None,
            Err(_) => {
                self.fault(name, "expected a text or a number");
                None
            }
        };
        text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The setting as text; required.
    pub fn required(&mut self, name: &str, hint: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.fault(name, format_args!("is missing; {hint}"));
            String::new()
        })
    }

    /// The setting as a parsed value. Not for secrets: the error contains the text.
    pub fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        text.parse().map_err(|error| self.fault(name, format_args!("\"{text}\": {error}"))).ok()
    }

    /// The setting as one of some words.
    pub fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(&text)).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.fault(name, format_args!("\"{text}\" is none of {}", words.join(", ")));
        }
        found
    }

    /// The setting as a duration: `500ms`, `30s`, `5m`, `24h`; a bare number is seconds.
    pub fn duration(&mut self, name: &str) -> Option<Duration> {
        const UNITS: &[(&str, u64)] = &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("", 1000)];
        self.measured(name, UNITS, "a duration such as 500ms, 30s or 5m").map(Duration::from_millis)
    }

    /// The setting as a number of bytes: `64KiB`, `1MiB`; a bare number is bytes.
    pub fn bytes(&mut self, name: &str) -> Option<usize> {
        const UNITS: &[(&str, u64)] = &[("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("", 1)];
        let bytes = self.measured(name, UNITS, "a size such as 64KiB or 1MiB")?;
        usize::try_from(bytes).ok()
    }

    fn measured(&mut self, name: &str, units: &[(&str, u64)], expected: &str) -> Option<u64> {
        let text = self.text(name)?;
        let lower = text.to_lowercase();
        let digits = lower.trim_end_matches(|letter: char| letter.is_alphabetic() || letter == ' ');
        let unit = lower[digits.len()..].trim();
        let factor = units.iter().find(|(known, _)| *known == unit).map(|(_, factor)| *factor);
        let value = digits.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
        if value.is_none() {
            self.fault(name, format_args!("\"{text}\" is not {expected}"));
        }
        value
    }

    /// The setting as true or false; false if it is absent.
    pub fn flag(&mut self, name: &str) -> bool {
        const WORDS: &[(&str, bool)] = &[("true", true), ("false", false), ("1", true), ("0", false)];
        self.word(name, WORDS).unwrap_or_default()
    }

    /// The setting as a list separated by commas.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }
}

/// A file can use a list instead of commas.
fn as_text(value: Value) -> Option<String> {
    match value.kind {
        ValueKind::Array(items) => {
            Some(items.into_iter().filter_map(|item| item.into_string().ok()).collect::<Vec<_>>().join(","))
        }
        _ => value.into_string().ok(),
    }
}
