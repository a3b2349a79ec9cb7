//! Languages, and the message files (Fluent) in `messages/`.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// A language of the console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

type Bundle = FluentBundle<FluentResource>;

/// The files of `messages/`, each with its texts in every language.
macro_rules! message_files {
    ($($name:literal),+ $(,)?) => {
        const ENGLISH: &[&str] = &[$(include_str!(concat!("../../messages/en/", $name, ".ftl"))),+];
        const GERMAN: &[&str] = &[$(include_str!(concat!("../../messages/de/", $name, ".ftl"))),+];
    };
}

message_files!(
    "ai",
    "audit",
    "bulk",
    "capture_forms",
    "composer",
    "customers",
    "dashboard",
    "deals",
    "duplicates",
    "errors",
    "fields",
    "frame",
    "import",
    "interactions",
    "jobs",
    "lead_rules",
    "leads",
    "links",
    "live",
    "log_in",
    "merge",
    "notifications",
    "palette",
    "pipelines",
    "profile",
    "reports",
    "scoring",
    "settings",
    "tags",
    "tasks",
    "time",
    "timeline",
    "trash",
    "users",
    "views",
    "violations",
);

static BUNDLES: LazyLock<[Bundle; 2]> =
    LazyLock::new(|| [bundle(Language::English, ENGLISH), bundle(Language::German, GERMAN)]);

/// What a file breaks is left out; a test reads all files.
fn bundle(language: Language, files: &[&str]) -> Bundle {
    let language: LanguageIdentifier = language.code().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![language]);
    // Marks of direction around values are of no use in attributes and titles.
    bundle.set_use_isolating(false);
    for file in files {
        let resource = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The code (ISO 639-1).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What the language calls itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language of a tag such as `de-AT`.
    #[must_use]
    pub fn of(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(primary))
    }

    /// The first language of an `Accept-Language` header that there is, by its weights.
    #[must_use]
    pub fn accepted(header: &str) -> Option<Self> {
        let mut ranked: Vec<(f32, Self)> = header.split(',').filter_map(ranked).collect();
        ranked.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        ranked.first().map(|(_, language)| *language)
    }

    /// A text by its name. A name that is missing shows itself.
    #[must_use]
    pub fn text(self, name: &str) -> String {
        self.format(name, None).unwrap_or_else(|| name.to_owned())
    }

    /// A text by its name, if there is one.
    #[must_use]
    pub fn known(self, name: &str) -> Option<String> {
        self.format(name, None)
    }

    /// A text that depends on a number, which it calls `$count`.
    #[must_use]
    pub fn counted(self, name: &str, count: impl TryInto<i64>) -> String {
        let count = count.try_into().unwrap_or(i64::MAX);
        let mut values = FluentArgs::new();
        values.set("count", FluentValue::from(count));
        values.set("number", self.number(count));
        self.format(name, Some(&values)).unwrap_or_else(|| name.to_owned())
    }

    /// A text with one value in it, which it calls `$value`.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> String {
        let mut values = FluentArgs::new();
        values.set("value", value);
        self.format(name, Some(&values)).unwrap_or_else(|| name.to_owned())
    }

    /// A number with marks between thousands.
    #[must_use]
    pub fn number(self, number: impl TryInto<i64>) -> String {
        let digits = number.try_into().unwrap_or(i64::MAX).to_string();
        let mark = if self == Self::German { '.' } else { ',' };
        let mut text = String::new();
        for (place, digit) in digits.chars().enumerate() {
            let left = digits.len() - place;
            if place > 0 && left % 3 == 0 && !text.ends_with('-') {
                text.push(mark);
            }
            text.push(digit);
        }
        text
    }

    fn format(self, name: &str, values: Option<&FluentArgs<'_>>) -> Option<String> {
        let bundle = &BUNDLES[self as usize];
        let pattern = bundle.get_message(name)?.value()?;
        Some(bundle.format_pattern(pattern, values, &mut Vec::new()).into_owned())
    }
}

fn ranked(part: &str) -> Option<(f32, Language)> {
    let (tag, weight) = part.split_once(';').unwrap_or((part, ""));
    let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.parse().ok())?;
    (weight > 0.0).then_some((weight, Language::of(tag)?))
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_heaviest_known_language_is_taken() {
        assert_eq!(Language::accepted("fr, de-AT;q=0.7, en;q=0.9"), Some(Language::English));
        assert_eq!(Language::accepted("de"), Some(Language::German));
        assert_eq!(Language::accepted("fr, de;q=0"), None);
    }

    #[test]
    fn numbers_have_marks() {
        assert_eq!(Language::English.number(1_234_567), "1,234,567");
        assert_eq!(Language::German.number(1_000), "1.000");
        assert_eq!(Language::English.number(-123), "-123");
    }
}
