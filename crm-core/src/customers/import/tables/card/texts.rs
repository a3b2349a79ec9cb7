//! The values of properties as texts.

use calcard::common::PartialDateTime;
use calcard::vcard::{VCardEntry, VCardParameterName, VCardValue};

/// The year that Apple's programs write for a birthday without one.
const NO_YEAR: u16 = 1604;

/// The whole value of a property.
pub(super) fn whole(entry: &VCardEntry) -> Option<String> {
    let parts: Vec<String> = entry.values.iter().filter_map(text).filter(|part| !part.trim().is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The text of a value; none of binary data.
pub(super) fn text(value: &VCardValue) -> Option<String> {
    Some(match value {
        VCardValue::Text(text) => text.clone(),
        VCardValue::Integer(number) => number.to_string(),
        VCardValue::Float(number) => number.to_string(),
        VCardValue::Boolean(is_true) => is_true.to_string(),
        VCardValue::PartialDateTime(moment) => self::moment(moment),
        VCardValue::Component(parts) => joined(parts),
        VCardValue::Binary(_) => return None,
        value => value.as_text()?.to_owned(),
    })
}

/// Values between commas. Older programs write a comma of the text itself in the same way.
fn joined(parts: &[String]) -> String {
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            text.push_str(if part.starts_with(' ') { "," } else { ", " });
        }
        text.push_str(part);
    }
    text
}

/// The parts of a property that has some, such as a name.
pub(super) fn components(entry: &VCardEntry) -> Vec<String> {
    let part = |value: &VCardValue| match value {
        VCardValue::Component(parts) if parts.iter().all(|part| !part.starts_with(' ')) => parts.join(" "),
        value => text(value).unwrap_or_default(),
    };
    entry.values.iter().map(part).collect()
}

/// The parts of a postal address: where they stand, their names, and texts.
pub(super) fn address(entry: &VCardEntry) -> Vec<(u16, &'static str, String)> {
    const NAMES: [(u16, &str); 7] = [
        (3, "PO Box"),
        (2, "Extended Address"),
        (1, "Street"),
        (4, "City"),
        (5, "Region"),
        (6, "Postal Code"),
        (7, "Country"),
    ];
    let values = entry.values.iter().map(|value| text(value).unwrap_or_default());
    let parts = NAMES.iter().zip(values).map(|((place, name), text)| (*place, *name, text.trim().to_owned()));
    let parts: Vec<_> = parts.filter(|(.., text)| !text.is_empty()).collect();
    if !parts.is_empty() {
        return parts;
    }
    // The whole address as it is printed.
    let label = entry.params.iter().find(|param| param.name == VCardParameterName::Label);
    let label = label.and_then(|param| param.value.as_text()).map(str::trim).filter(|label| !label.is_empty());
    label.map(|label| (1, "Street", label.to_owned())).into_iter().collect()
}

/// A telephone number without its scheme, and with its extension as people write it.
pub(super) fn phone(value: &str) -> String {
    let number = value.trim();
    let Some(number) = number.get(..4).filter(|start| start.eq_ignore_ascii_case("tel:")).map(|_| &number[4..]) else {
        return number.to_owned();
    };
    let mut parts = number.split(';');
    let bare = parts.next().unwrap_or_default().trim();
    match parts.find_map(|part| part.strip_prefix("ext=")) {
        Some(extension) => format!("{bare} ext. {extension}"),
        None => bare.to_owned(),
    }
}

/// A day, without its time.
pub(super) fn date(entry: &VCardEntry) -> Option<String> {
    match entry.values.first()? {
        VCardValue::PartialDateTime(moment) => {
            let has_year = moment.year.is_some_and(|year| year != NO_YEAR);
            let day = PartialDateTime {
                year: moment.year.filter(|_| has_year),
                month: moment.month,
                day: moment.day,
                ..PartialDateTime::default()
            };
            Some(self::moment(&day)).filter(|text| !text.is_empty())
        }
        value => text(value),
    }
}

/// A moment of which parts may be missing, in ISO 8601: `1987-10-06`, `--10-06`, `1987-10`.
fn moment(moment: &PartialDateTime) -> String {
    let PartialDateTime { year, month, day, hour, minute, second, tz_hour, tz_minute, tz_minus } = moment;
    let mut text = match (year, month, day) {
        (Some(year), Some(month), Some(day)) => format!("{year:04}-{month:02}-{day:02}"),
        (Some(year), Some(month), None) => format!("{year:04}-{month:02}"),
        (Some(year), ..) => format!("{year:04}"),
        (None, Some(month), Some(day)) => format!("--{month:02}-{day:02}"),
        (None, Some(month), None) => format!("--{month:02}"),
        (None, None, Some(day)) => format!("---{day:02}"),
        (None, None, None) => String::new(),
    };
    if let Some(hour) = hour {
        let start = if text.is_empty() { "" } else { "T" };
        let (minute, second) = (minute.unwrap_or_default(), second.unwrap_or_default());
        text.push_str(&format!("{start}{hour:02}:{minute:02}:{second:02}"));
    }
    if let Some(hour) = tz_hour {
        let sign = if *tz_minus { '-' } else { '+' };
        text.push_str(&format!("{sign}{hour:02}:{:02}", tz_minute.unwrap_or_default()));
    }
    text
}

/// The name of a property as people write it: `X-SKYPE-USERNAME` is `Skype Username`. Apple's dates and relatives are
/// called by their labels.
pub(super) fn readable(name: &str, label: Option<&str>) -> String {
    let upper = name.to_uppercase();
    if let (Some(label), true) = (label, matches!(upper.as_str(), "X-ABDATE" | "X-ABRELATEDNAMES")) {
        return label.to_owned();
    }
    let bare = upper.strip_prefix("X-").unwrap_or(&upper);
    let bare = match bare {
        "ABDATE" => "OTHER-DATE",
        "ABRELATEDNAMES" => "RELATED",
        "SOCIALPROFILE" => "SOCIAL-PROFILE",
        bare => bare.trim_start_matches("AB-"),
    };
    let words = bare.split(['-', '_', '.']).filter(|word| !word.is_empty());
    let words = words.map(|word| {
        let mut letters = word.chars();
        letters.next().into_iter().chain(letters.flat_map(char::to_lowercase)).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}
