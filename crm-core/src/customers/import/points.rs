//! The e-mail addresses, telephone numbers and postal addresses of a row: which is the main one, and what is left.

use std::collections::{BTreeMap, HashMap};

use super::meaning::{Part, Place, PlaceKind, Point};
use super::values::canonical_label;

/// An address or a number of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub place: Place,
    pub value: String,
    pub label: Option<String>,
    /// The index of its column.
    pub column: usize,
    /// It is not the first value of its cell.
    pub is_further: bool,
}

/// A part of a postal address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundPart {
    pub part: Part,
    pub value: String,
    pub column: usize,
}

/// What a row has, as its cells are read.
#[derive(Debug, Default)]
pub(super) struct Points {
    emails: Vec<Found>,
    phones: Vec<Found>,
    blocks: BTreeMap<usize, Vec<FoundPart>>,
    /// The labels, and whether they are starred.
    labels: HashMap<(Point, Place), (String, bool)>,
    codes: HashMap<Place, String>,
}

impl Points {
    pub fn add(&mut self, point: Point, found: Found) {
        match point {
            Point::Email => self.emails.push(found),
            Point::Phone => self.phones.push(found),
            Point::Address => {}
        }
    }

    pub fn add_part(&mut self, block: usize, part: FoundPart) {
        self.blocks.entry(block).or_default().push(part);
    }

    pub fn label(&mut self, point: Point, place: Place, label: (String, bool)) {
        self.labels.insert((point, place), label);
    }

    pub fn calling_code(&mut self, place: Place, code: &str) {
        self.codes.insert(place, code.trim().trim_start_matches("00").trim_start_matches('+').to_owned());
    }

    /// The e-mail addresses, the best one first.
    pub fn take_emails(&mut self) -> Vec<Found> {
        let emails = std::mem::take(&mut self.emails);
        self.sorted(Point::Email, emails)
    }

    /// The telephone numbers, the best one first.
    pub fn take_phones(&mut self) -> Vec<Found> {
        let mut phones = std::mem::take(&mut self.phones);
        for phone in &mut phones {
            if let Some(code) = self.codes.get(&phone.place) {
                phone.value = international(&phone.value, code);
            }
        }
        self.sorted(Point::Phone, phones)
    }

    /// The postal addresses, the main one first, with their labels.
    pub fn take_addresses(&mut self, places: &[Place]) -> Vec<(Option<String>, Vec<FoundPart>)> {
        let label = |block: usize, labels: &HashMap<(Point, Place), (String, bool)>| {
            let place = places.get(block)?;
            let given = labels.get(&(Point::Address, *place)).map(|(label, _)| canonical_label(label));
            given.or_else(|| place.kind.label().map(str::to_owned))
        };
        let blocks = std::mem::take(&mut self.blocks);
        blocks.into_iter().map(|(block, parts)| (label(block, &self.labels), parts)).collect()
    }

    /// A label names a fax among numbered columns, and a star the main one.
    fn sorted(&self, point: Point, mut all: Vec<Found>) -> Vec<Found> {
        for found in &mut all {
            let column = self.labels.get(&(point, found.place));
            let own = found.label.take().or_else(|| column.map(|(label, _)| label.clone()));
            let named = own.as_deref().and_then(PlaceKind::of_label);
            if let Some(kind) = named.filter(|kind| !kind.may_be_primary()) {
                found.place.kind = kind;
            } else if column.is_some_and(|(_, is_starred)| *is_starred) && found.place.kind != PlaceKind::Given {
                found.place.kind = PlaceKind::Primary;
            }
            found.label = own.map(|label| canonical_label(&label));
            if found.label.is_none() {
                found.label = found.place.kind.label().map(str::to_owned);
            }
        }
        // Stable: the order of the columns, and of the values in a cell.
        all.sort_by_key(|found| (found.place.kind, found.place.number));
        all
    }
}

/// A number with the calling code that stands in another column.
fn international(number: &str, code: &str) -> String {
    if number.starts_with('+')
        || number.starts_with("00")
        || code.is_empty()
        || !code.bytes().all(|byte| byte.is_ascii_digit())
    {
        return number.to_owned();
    }
    // Italian numbers keep their zero.
    let national = if code == "39" { number } else { number.strip_prefix('0').unwrap_or(number) };
    format!("+{code}{national}")
}

/// The parts of an address in one text, as Mailchimp writes it: `1 Kai  Stockholm  11122 SE`.
pub(super) fn parts_of(text: &str, is_country: impl Fn(&str) -> bool) -> Option<Vec<(Part, String)>> {
    let pieces: Vec<&str> = text.split("  ").map(str::trim).filter(|piece| !piece.is_empty()).collect();
    let [street, middle @ .., last] = pieces.as_slice() else { return None };
    if middle.is_empty() {
        return None;
    }
    let mut parts = vec![(Part::Street, (*street).to_owned())];
    let mut middle = middle.to_vec();
    let (zip, country) = match last.rsplit_once(' ') {
        Some((zip, country)) if is_country(country) => (Some(zip), Some(country)),
        None if is_country(last) => (middle.pop(), Some(*last)),
        _ => (Some(*last), None),
    };
    let names: &[Part] = match middle.len() {
        1 => &[Part::City],
        2 => &[Part::City, Part::State],
        3 => &[Part::Line, Part::City, Part::State],
        _ => return None,
    };
    parts.extend(names.iter().zip(middle).map(|(part, text)| (*part, text.to_owned())));
    parts.extend(zip.map(|zip| (Part::Zip, zip.to_owned())));
    parts.extend(country.map(|country| (Part::Country, country.to_owned())));
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::{Part, international, parts_of};

    #[test]
    fn numbers_get_their_calling_code() {
        assert_eq!(international("701234567", "46"), "+46701234567");
        assert_eq!(international("0701234567", "46"), "+46701234567");
        assert_eq!(international("0669812345", "39"), "+390669812345");
        assert_eq!(international("+46701234567", "46"), "+46701234567");
    }

    #[test]
    fn an_address_in_one_text_has_parts() {
        let parts = |text| parts_of(text, |country| country == "SE");
        let texts = |parts: Vec<(Part, String)>| parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(
            parts("1 Kai  Stockholm  11122 SE").map(texts).unwrap_or_default(),
            ["1 Kai", "Stockholm", "11122", "SE"]
        );
        assert_eq!(
            parts("1 Kai  Floor 2  Boston  MA  02110  SE").map(texts).unwrap_or_default(),
            ["1 Kai", "Floor 2", "Boston", "MA", "02110", "SE"]
        );
        assert_eq!(parts("1 Kai, 111 22 Stockholm"), None);
        assert_eq!(parts("1 Kai  Stockholm"), None);
    }
}
