//! What an address or number of a card is for, and which one is preferred.

use calcard::common::IanaType;
use calcard::vcard::{VCard, VCardEntry, VCardParameterName, VCardParameterValue, VCardProperty, VCardType};

use super::texts::whole;

/// The preference of those without one: the last.
const NONE: u32 = 101;

/// The lower, the more it is preferred.
pub(super) fn preference(entry: &VCardEntry) -> u32 {
    let of = |value: &VCardParameterValue| match value {
        VCardParameterValue::Integer(number) => *number,
        _ => 1,
    };
    let pref = entry.params.iter().filter(|param| param.name == VCardParameterName::Pref).map(|param| of(&param.value));
    let is_pref = types(entry).any(|name| name.is_some_and(|name| name.eq_ignore_ascii_case("pref")));
    pref.chain(is_pref.then_some(1)).min().unwrap_or(NONE)
}

/// The names of types that the standard does not have; `None` for those that it has.
fn types(entry: &VCardEntry) -> impl Iterator<Item = Option<&str>> {
    let params = entry.params.iter().filter(|param| param.name == VCardParameterName::Type);
    params.map(|param| match &param.value {
        VCardParameterValue::Text(name) => Some(name.as_str()),
        _ => None,
    })
}

/// The label: Apple's own one of the group, or the words of the types.
pub(super) fn label_of(card: &VCard, entry: &VCardEntry) -> Option<String> {
    own(card, entry).or_else(|| typed(entry))
}

fn own(card: &VCard, entry: &VCardEntry) -> Option<String> {
    let group = entry.group.as_deref()?;
    let is_label = |other: &&VCardEntry| {
        let is_named = matches!(&other.name, VCardProperty::Other(name) if name.eq_ignore_ascii_case("X-ABLabel"));
        is_named && other.group.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(group))
    };
    let label = card.entries.iter().find(is_label).and_then(whole)?;
    let bare = label.trim().trim_start_matches("_$!<").trim_end_matches(">!$_").trim();
    Some(match bare.to_lowercase().as_str() {
        "homepage" => "Website".to_owned(),
        "iphone" => "Mobile".to_owned(),
        _ => bare.to_owned(),
    })
    .filter(|label| !label.is_empty())
}

fn typed(entry: &VCardEntry) -> Option<String> {
    let has = |wanted: &VCardType| {
        let is_it = |value: &VCardParameterValue| {
            value.as_type().is_some_and(|own| matches!(own, IanaType::Iana(own) if own == wanted))
        };
        entry.params.iter().any(|param| param.name == VCardParameterName::Type && is_it(&param.value))
    };
    let place = || {
        let places = [
            (VCardType::Work, "Work"),
            (VCardType::Home, "Home"),
            (VCardType::Billing, "Billing"),
            (VCardType::Delivery, "Shipping"),
            (VCardType::MainNumber, "Main"),
        ];
        places.into_iter().find(|(kind, _)| has(kind)).map(|(_, name)| name.to_owned())
    };
    let device = [(VCardType::Fax, "Fax"), (VCardType::Pager, "Pager"), (VCardType::Cell, "Mobile")];
    let device = device.into_iter().find(|(kind, _)| has(kind)).map(|(_, name)| name.to_owned());
    device.or_else(place).or_else(|| types(entry).flatten().find_map(free))
}

/// A type that the standard does not have, as a label. Those that name the protocol or the preference are none.
fn free(name: &str) -> Option<String> {
    const NOTHING: [&str; 17] = [
        "pref", "internet", "x400", "voice", "msg", "dom", "intl", "postal", "parcel", "smtp", "isdn", "modem", "bbs",
        "pcs", "ex", "text", "video",
    ];
    let bare = name.trim();
    let bare = bare.get(..2).filter(|start| start.eq_ignore_ascii_case("x-")).map_or(bare, |_| &bare[2..]);
    (!bare.is_empty() && !NOTHING.iter().any(|word| bare.eq_ignore_ascii_case(word))).then(|| bare.to_owned())
}
