//! The values of cells: none, one, or several in one cell.

use std::borrow::Cow;

use serde_json::Value;

use super::meaning::PlaceKind;

/// What stands for no value, in lower case.
const NOTHING: [&str; 15] = [
    "-",
    "--",
    "n/a",
    "#n/a",
    "na.",
    "null",
    "none",
    "(none)",
    "[none]",
    "nil",
    "unknown",
    "0/0/00",
    "0/0/0000",
    "00/00/0000",
    "0000-00-00",
];
/// The fewest digits of a telephone number that stands beside another one.
const FEWEST_DIGITS: usize = 5;

/// Whether a cell stands for no value, in any case: `N/A`.
pub(super) fn is_nothing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.is_empty() || cell.len() <= 10 && NOTHING.iter().any(|nothing| cell.eq_ignore_ascii_case(nothing))
}

/// One of the values of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub value: String,
    /// The label that stands with it: `{"label": "work", "value": …}`.
    pub label: Option<String>,
}

impl Entry {
    /// The whole cell.
    pub fn plain(value: &str) -> Self {
        Self { value: value.trim().to_owned(), label: None }
    }
}

/// The e-mail addresses of a cell. A cell with one value is not changed, apart from `mailto:` and a name before it.
pub(super) fn emails(cell: &str) -> Vec<Entry> {
    let mut entries = json(cell, &["value", "email", "address"]).unwrap_or_else(|| {
        if !cell.contains('@') {
            return vec![Entry::plain(cell)];
        }
        let parts = split(cell, &[';', ',', '|', '\n', '\r', '\t']);
        // `"Berg, Ida" <ida@kaffe.example>`: a part without an address belongs to the name.
        let (with, without): (Vec<&str>, Vec<&str>) = parts.into_iter().partition(|part| part.contains('@'));
        let names = without.iter().all(|_| cell.contains('<'));
        let rest = without.into_iter().filter(|_| !names);
        with.into_iter().flat_map(words_with_addresses).chain(rest).map(Entry::plain).collect()
    });
    entries.iter_mut().for_each(|entry| entry.value = address(&entry.value).to_owned());
    tidy(entries)
}

/// `a@example.com b@example.com`.
fn words_with_addresses(part: &str) -> Vec<&str> {
    let words: Vec<&str> = part.split_whitespace().collect();
    if words.len() > 1 && words.iter().all(|word| word.contains('@')) { words } else { vec![part] }
}

/// The address in `Ida Berg <ida@kaffe.example>` and `mailto:ida@kaffe.example`.
fn address(text: &str) -> &str {
    let text = text.trim();
    let inner = text.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(text, |(inner, _)| inner);
    let inner = without_scheme(inner, "mailto:");
    inner.split('?').next().unwrap_or(inner).trim()
}

fn without_scheme<'t>(text: &'t str, scheme: &str) -> &'t str {
    match text.get(..scheme.len()) {
        Some(start) if start.eq_ignore_ascii_case(scheme) => &text[scheme.len()..],
        _ => text,
    }
}

/// The telephone numbers of a cell.
pub(super) fn phones(cell: &str) -> Vec<Entry> {
    let mut entries = json(cell, &["value", "number", "phone"]).unwrap_or_else(|| {
        let parts = split(cell, &[';', ',', '|', '\n', '\r', '\t']);
        // `+46 8 111 11 11, ext. 5` is one number.
        let digits = |part: &&str| part.chars().filter(char::is_ascii_digit).count();
        let is_list = |parts: &[&str]| parts.iter().all(|part| digits(part) >= FEWEST_DIGITS);
        if is_list(&parts) {
            let halves = |part: &'_ str| part.split(" / ").map(str::to_owned).collect::<Vec<_>>();
            let parts = parts.into_iter().flat_map(|part| {
                let halves = halves(part);
                let are_numbers = halves.iter().all(|half| digits(&half.as_str()) >= FEWEST_DIGITS);
                if are_numbers { halves } else { vec![part.to_owned()] }
            });
            parts.map(|part| Entry::plain(&part)).collect()
        } else {
            vec![Entry::plain(cell)]
        }
    });
    entries.iter_mut().for_each(|entry| entry.value = without_scheme(&entry.value, "tel:").trim().to_owned());
    tidy(entries)
}

/// The tags of a cell: without the marks of groups that every contact of Google is in.
pub(super) fn tags(cell: &str) -> Vec<String> {
    let entries = json(cell, &["name", "label", "value"])
        .unwrap_or_else(|| split(cell, &[';', ',', '|', '\n', '\r', '\t']).into_iter().map(Entry::plain).collect());
    let is_google = |name: &str| {
        name.strip_prefix("* ").is_some_and(|group| matches!(&*group.to_lowercase(), "mycontacts" | "my contacts"))
    };
    let name = |entry: Entry| entry.value.trim_matches('"').trim().to_owned();
    let names = entries.into_iter().map(name).filter(|name| !is_google(name) && !is_nothing(name));
    names.map(|name| name.strip_prefix("* ").unwrap_or(&name).to_owned()).collect()
}

/// The notes of a cell: one, or a list as JSON of texts or of objects with a `body`, as an export has it.
pub(super) fn notes(cell: &str) -> Vec<Cow<'_, str>> {
    let text = |note: &Value| match (note, note.get("title").and_then(Value::as_str)) {
        (Value::String(text), _) => Some(text.clone()),
        (note, None) => note.get("body")?.as_str().map(str::to_owned),
        (note, Some(title)) => Some(format!("{title}\n\n{}", note.get("body")?.as_str()?)),
    };
    let listed: Option<Vec<Value>> =
        Some(cell.trim()).filter(|cell| cell.starts_with('[')).and_then(|cell| serde_json::from_str(cell).ok());
    let texts: Option<Vec<_>> =
        listed.and_then(|listed| listed.iter().map(|note| text(note).map(Cow::Owned)).collect());
    texts.unwrap_or_else(|| vec![Cow::Borrowed(cell)])
}

/// A label, and whether Google's star marks it as the first one.
pub(super) fn label(cell: &str) -> Option<(String, bool)> {
    let cell = cell.trim();
    let label = cell.strip_prefix("* ").unwrap_or(cell).trim();
    // The protocols that Outlook writes into the column of types.
    let is_type = matches!(label, "SMTP" | "EX" | "INTERNET");
    (!label.is_empty() && label != "*" && !is_type).then(|| (label.to_owned(), cell.starts_with('*')))
}

/// The label of a place by the words of a label: `Work` is `work`, and a label of one's own stays.
pub(super) fn canonical_label(label: &str) -> String {
    PlaceKind::of_label(label).and_then(PlaceKind::label).map_or_else(|| label.to_owned(), str::to_owned)
}

/// True or false in the words of programs; `None` for anything else.
pub(super) fn flag(cell: &str) -> Option<bool> {
    match cell.trim().to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "x" | "wahr" | "ja" | "oui" | "vrai" | "si" | "sí" => Some(true),
        "false" | "no" | "n" | "0" | "falsch" | "nein" | "non" | "faux" | "nee" => Some(false),
        _ => None,
    }
}

/// The parts of a cell, at ` ::: ` of Google and at the other separators.
fn split<'c>(cell: &'c str, separators: &[char]) -> Vec<&'c str> {
    let parts = cell.split(":::").flat_map(|part| part.split(separators));
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The values of a cell with JSON: a list of texts, or of objects with one of these members.
fn json(cell: &str, members: &[&str]) -> Option<Vec<Entry>> {
    let cell = cell.trim();
    if !cell.starts_with(['[', '{']) {
        return None;
    }
    let values = match serde_json::from_str(cell).ok()? {
        Value::Array(values) => values,
        value => vec![value],
    };
    values.iter().map(|value| entry(value, members)).collect()
}

fn entry(value: &Value, members: &[&str]) -> Option<Entry> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    match value {
        Value::String(text) => Some(Entry::plain(text)),
        Value::Number(number) => Some(Entry::plain(&number.to_string())),
        Value::Object(_) => {
            let own = members.iter().find_map(|name| text(name))?;
            // Twenty writes the calling code beside the number.
            let code = text("callingCode").filter(|_| !own.starts_with('+')).unwrap_or_default();
            let label = text("label").or_else(|| text("type")).map(str::to_owned);
            Some(Entry { value: format!("{code}{own}"), label })
        }
        _ => None,
    }
}

/// Without empty and repeated values.
fn tidy(entries: Vec<Entry>) -> Vec<Entry> {
    let mut tidy: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        if !is_nothing(&entry.value) && tidy.iter().all(|other| !other.value.eq_ignore_ascii_case(&entry.value)) {
            tidy.push(entry);
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::{Entry, emails, flag, is_nothing, label, notes, phones, tags};

    fn values(entries: Vec<Entry>) -> Vec<String> {
        entries.into_iter().map(|entry| entry.value).collect()
    }

    #[test]
    fn a_list_of_notes_is_several_notes() {
        assert_eq!(notes("Called; no answer"), ["Called; no answer"]);
        assert_eq!(notes("[draft] Called"), ["[draft] Called"]);
        assert_eq!(notes("[1, 2]"), ["[1, 2]"]);
        let listed = r#"["One", {"body": "Two", "type": "call"}, {"title": "Third", "body": "Three"}]"#;
        assert_eq!(notes(listed), ["One", "Two", "Third\n\nThree"]);
    }

    #[test]
    fn placeholders_are_nothing() {
        for cell in ["", " ", "-", "--", "N/A", "n/a", "#N/A", "NULL", "none", "Unknown", "0/0/00", "0000-00-00"] {
            assert!(is_nothing(cell), "{cell}");
        }
        for cell in ["0", "no", "Nonet", "-1", "Na", "Namibia"] {
            assert!(!is_nothing(cell), "{cell}");
        }
    }

    #[test]
    fn a_cell_has_several_addresses() {
        let two = ["a@example.com", "b@example.com"];
        for cell in [
            "a@example.com ::: b@example.com",
            "a@example.com; b@example.com;",
            "a@example.com,b@example.com",
            "a@example.com b@example.com",
            "a@example.com\r\nb@example.com",
            "[\"a@example.com\", \"b@example.com\"]",
            "[{\"label\":\"work\",\"value\":\"a@example.com\"},{\"label\":\"home\",\"value\":\"b@example.com\"}]",
            "\"Berg, Ida\" <a@example.com>, Bo <b@example.com>",
            "mailto:a@example.com;MAILTO:b@example.com?subject=x",
            "a@example.com; A@example.com; b@example.com; -",
        ] {
            assert_eq!(values(emails(cell)), two, "{cell}");
        }
        assert_eq!(values(emails("no address")), ["no address"]);
        assert_eq!(values(emails("a@example.com, b")), ["a@example.com", "b"]);
        assert!(emails("[]").is_empty());
        assert_eq!(emails("[{\"label\":\"work\",\"value\":\"a@b.example\"}]")[0].label.as_deref(), Some("work"));
    }

    #[test]
    fn a_cell_has_several_numbers() {
        for cell in [
            "+46 8 111 11 11 ::: 070 123 45 67 ::: 08-222 22 22",
            "+46 8 111 11 11, 070 123 45 67; 08-222 22 22",
            "+46 8 111 11 11 / 070 123 45 67\n08-222 22 22",
        ] {
            assert_eq!(values(phones(cell)), ["+46 8 111 11 11", "070 123 45 67", "08-222 22 22"], "{cell}");
        }
        for cell in
            ["+46 8 111 11 11, ext. 5", "001-184-153-9683x1497", "0171/1234567", "call me", "+1 (212) 555, 2368"]
        {
            assert_eq!(values(phones(cell)), [cell]);
        }
        assert_eq!(values(phones("tel:+4681111111")), ["+4681111111"]);
        let twenty = "[{\"number\":\"701234567\",\"countryCode\":\"SE\",\"callingCode\":\"+46\"}]";
        assert_eq!(values(phones(twenty)), ["+46701234567"]);
    }

    #[test]
    fn a_cell_has_several_tags() {
        assert_eq!(tags("* myContacts ::: Press"), ["Press"]);
        assert_eq!(tags("* My Contacts ::: * Starred ::: Friends"), ["Starred", "Friends"]);
        assert_eq!(tags("Press;VIP"), ["Press", "VIP"]);
        assert_eq!(tags("\"VIP\",\"Press\""), ["VIP", "Press"]);
        assert_eq!(tags("[\"VIP\", {\"name\": \"Press\"}]"), ["VIP", "Press"]);
    }

    #[test]
    fn labels_lose_their_star() {
        assert_eq!(label("* Work"), Some(("Work".to_owned(), true)));
        assert_eq!(label("Home"), Some(("Home".to_owned(), false)));
        assert_eq!((label("SMTP"), label(" * ")), (None, None));
        assert_eq!((flag("Ja"), flag("0"), flag("maybe")), (Some(true), Some(false), None));
    }
}
