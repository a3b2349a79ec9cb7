//! The properties of a card as cells.

mod labels;
mod texts;

use calcard::vcard::{VCard, VCardEntry, VCardKind, VCardProperty, VCardValue};

use super::cards::{OWN_UID_COLUMN, PRODUCT, UID_COLUMN};
use labels::{label_of, preference};
use texts::{address, components, date, phone, readable, text, whole};

/// The most columns of addresses or numbers of one kind.
const MOST_POINTS: u16 = 50;
/// Properties that say nothing about the customer.
const TECHNICAL: [&str; 15] = [
    "X-ABUID",
    "X-ABADR",
    "X-ABLABEL",
    "X-ABSHOWAS",
    "X-IMAGEHASH",
    "X-IMAGETYPE",
    "X-SHARED-PHOTO-DISPLAY-PREF",
    "X-MS-OL-DEFAULT-POSTAL-ADDRESS",
    "X-MS-OL-DESIGN",
    "X-ADDRESSING-GRAMMAR",
    "X-GENERATOR",
    "X-EVOLUTION-FILE-AS",
    "LABEL",
    "MAILER",
    "PROFILE",
];
/// Properties of pictures, sounds and keys.
const MEDIA: [&str; 2] = ["X-MS-CARDPICTURE", "X-WAB-PHOTO"];

/// A column: where it stands, and its header.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    rank: u16,
    number: u16,
    pub header: String,
}

/// The cells of a card.
#[derive(Debug, Default)]
pub(super) struct Card {
    pub values: Vec<(Key, String)>,
    /// It has pictures, sounds or keys.
    pub has_media: bool,
    /// It comes from our own export.
    is_own: bool,
}

impl Card {
    pub fn new(card: VCard) -> Self {
        let product = card.property(&VCardProperty::Prodid).and_then(whole);
        let mut cells = Self { is_own: product.as_deref() == Some(PRODUCT), ..Self::default() };
        cells.names(&card);
        cells.points(&card);
        for (property, rank, header) in [
            (VCardProperty::Title, 30, "Job Title"),
            (VCardProperty::Url, 60, "Website"),
            (VCardProperty::Lang, 62, "Language"),
            (VCardProperty::Tz, 63, "Time Zone"),
            (VCardProperty::Note, 65, "Notes"),
        ] {
            let is_note = property == VCardProperty::Note;
            for (number, entry) in (0..).zip(preferred(&card, &property)) {
                // Several columns may have notes; of other texts there is one.
                let further = format!("{header} {}", number + 1);
                let header = if number == 0 || is_note { header } else { further.as_str() };
                cells.add(rank, number, header, whole(entry));
            }
        }
        let birthday = card.property(&VCardProperty::Bday);
        cells.add(61, 0, "Birthday", birthday.and_then(date));
        let tags = card.properties(&VCardProperty::Categories).flat_map(|entry| &entry.values).filter_map(text);
        let tags = tags.map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
        cells.add(64, 0, "Tags", tagged(tags, cells.is_own));
        let uid = card.property(&VCardProperty::Uid).and_then(whole);
        let uid = uid.map(|uid| uid.strip_prefix("urn:uuid:").map(str::to_owned).unwrap_or(uid));
        cells.add(66, 0, if cells.is_own { OWN_UID_COLUMN } else { UID_COLUMN }, uid);
        for entry in &card.entries {
            cells.other(&card, entry);
        }
        cells
    }

    fn add(&mut self, rank: u16, number: u16, header: &str, value: Option<String>) {
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            self.values.push((Key { rank, number, header: header.to_owned() }, value));
        }
    }

    /// The names, the firm, and which of both the customer is.
    fn names(&mut self, card: &VCard) {
        let full = card.property(&VCardProperty::Fn).and_then(whole);
        let parts = card.property(&VCardProperty::N).map(components).unwrap_or_default();
        let part = |index: usize| parts.get(index).cloned().filter(|part| !part.trim().is_empty());
        let [last, first, middle, prefix, suffix] = std::array::from_fn(part);
        let has_parts = first.is_some() || last.is_some();
        let firm = card.property(&VCardProperty::Org).map(components).unwrap_or_default();
        let mut units = firm.into_iter().map(|unit| Some(unit.trim().to_owned()).filter(|unit| !unit.is_empty()));
        let (firm, department) = (units.next().flatten(), units.flatten().collect::<Vec<_>>().join(", "));
        let kind = kind(card);
        let is_organization = kind.as_deref() == Some("organization");
        let (name, firm) = if self.is_own {
            (full.clone(), firm)
        } else if is_organization {
            (full.clone().or_else(|| firm.clone()), firm.filter(|firm| full.as_ref().is_some_and(|full| full != firm)))
        } else if kind.is_none() && !has_parts && firm.is_some() && (full.is_none() || full == firm) {
            // A card of a firm that does not say so.
            (None, firm)
        } else {
            (full.clone(), firm)
        };
        let last = last.filter(|last| self.is_own || !is_organization || full.as_ref() != Some(last));
        self.add(0, 0, "Kind", kind);
        self.add(1, 0, "Name", name);
        self.add(10, 0, "Organization Name", firm);
        self.add(2, 0, "Name Prefix", prefix);
        self.add(3, 0, "First Name", first);
        self.add(4, 0, "Middle Name", middle);
        self.add(5, 0, "Last Name", last);
        self.add(6, 0, "Name Suffix", suffix);
        let names = card.properties(&VCardProperty::Nickname).flat_map(|entry| &entry.values).filter_map(text);
        self.add(7, 0, "Nickname", Some(names.collect::<Vec<_>>().join(", ")));
        self.add(11, 0, "Department", Some(department));
    }

    /// The addresses and numbers, those that are preferred first.
    fn points(&mut self, card: &VCard) {
        let emails = preferred(card, &VCardProperty::Email).take(usize::from(MOST_POINTS));
        for (number, entry) in (1..).zip(emails) {
            self.add(40, number * 2, &format!("E-mail {number} - Value"), whole(entry));
            self.add(40, number * 2 + 1, &format!("E-mail {number} - Label"), label_of(card, entry));
        }
        let phones = preferred(card, &VCardProperty::Tel).take(usize::from(MOST_POINTS));
        for (number, entry) in (1..).zip(phones) {
            self.add(41, number * 2, &format!("Phone {number} - Value"), whole(entry).map(|value| phone(&value)));
            self.add(41, number * 2 + 1, &format!("Phone {number} - Label"), label_of(card, entry));
        }
        let addresses = preferred(card, &VCardProperty::Adr).take(usize::from(MOST_POINTS));
        for (number, entry) in (1..).zip(addresses) {
            let parts = address(entry);
            if parts.is_empty() {
                continue;
            }
            self.add(42, number * 10, &format!("Address {number} - Label"), label_of(card, entry));
            for (index, name, value) in parts {
                self.add(42, number * 10 + index, &format!("Address {number} - {name}"), Some(value));
            }
        }
    }

    /// What there is no field for becomes a custom field.
    fn other(&mut self, card: &VCard, entry: &VCardEntry) {
        let has_data = entry.values.iter().any(|value| matches!(value, VCardValue::Binary(_)));
        let name = match &entry.name {
            VCardProperty::Photo | VCardProperty::Logo | VCardProperty::Sound | VCardProperty::Key => {
                self.has_media = true;
                return;
            }
            VCardProperty::Other(name) if MEDIA.iter().any(|media| name.eq_ignore_ascii_case(media)) => {
                self.has_media = true;
                return;
            }
            VCardProperty::Other(name) if TECHNICAL.iter().any(|other| name.eq_ignore_ascii_case(other)) => return,
            VCardProperty::Other(name) => name.as_str(),
            name => match known(name) {
                Some(name) => name,
                None => return,
            },
        };
        if has_data {
            self.has_media = true;
            return;
        }
        let header = readable(name, label_of(card, entry).as_deref());
        let is_same = |(key, _): &&(Key, String)| {
            key.rank == u16::MAX && key.header.trim_end_matches(|letter: char| letter.is_ascii_digit()).trim() == header
        };
        match self.values.iter().filter(is_same).count() {
            0 => self.add(u16::MAX, 0, &header, whole(entry)),
            others => self.add(u16::MAX, 0, &format!("{header} {}", others + 1), whole(entry)),
        }
    }
}

/// Whether the card is one of a person or an organization, if it says so.
fn kind(card: &VCard) -> Option<String> {
    let other = |wanted: &str| {
        let is_it = |entry: &&VCardEntry| matches!(&entry.name, VCardProperty::Other(name) if name.eq_ignore_ascii_case(wanted));
        card.entries.iter().find(is_it).and_then(whole)
    };
    if other("X-ABShowAs").is_some_and(|shown| shown.eq_ignore_ascii_case("COMPANY")) {
        return Some("organization".to_owned());
    }
    let entry = card.property(&VCardProperty::Kind);
    Some(match entry?.values.first()? {
        VCardValue::Kind(VCardKind::Org) => "organization".to_owned(),
        VCardValue::Kind(VCardKind::Individual) => "person".to_owned(),
        value => text(value)?.to_lowercase(),
    })
}

/// The properties of a name, those that are preferred first.
fn preferred<'c>(card: &'c VCard, property: &VCardProperty) -> impl Iterator<Item = &'c VCardEntry> + use<'c> {
    let mut entries: Vec<&VCardEntry> = card.entries.iter().filter(|entry| entry.name == *property).collect();
    entries.retain(|entry| whole(entry).is_some());
    entries.sort_by_key(|entry| preference(entry));
    entries.into_iter()
}

/// Tags in one cell, which separates them in a way that none of them has.
fn tagged(tags: Vec<String>, is_own: bool) -> Option<String> {
    let is_plain = |tag: &String| !tag.contains([';', ',', '|', '"', '\n', '\r', '\t']);
    if is_own || tags.iter().all(is_plain) { Some(tags.join("; ")) } else { serde_json::to_string(&tags).ok() }
}

/// The names of known properties that no field takes. Those that have one, and technical ones, have none.
fn known(property: &VCardProperty) -> Option<&'static str> {
    Some(match property {
        VCardProperty::Anniversary => "ANNIVERSARY",
        VCardProperty::Gender => "GENDER",
        VCardProperty::Impp => "INSTANT-MESSENGER",
        VCardProperty::Geo => "GEO-POSITION",
        VCardProperty::Role => "ROLE",
        VCardProperty::Member => "GROUP-MEMBER",
        VCardProperty::Related => "RELATED",
        VCardProperty::Fburl => "FREE-BUSY-ADDRESS",
        VCardProperty::Caladruri => "CALENDAR-USER",
        VCardProperty::Caluri => "CALENDAR",
        VCardProperty::Birthplace => "BIRTHPLACE",
        VCardProperty::Deathplace => "DEATHPLACE",
        VCardProperty::Deathdate => "DEATH-DATE",
        VCardProperty::Expertise => "EXPERTISE",
        VCardProperty::Hobby => "HOBBY",
        VCardProperty::Interest => "INTEREST",
        VCardProperty::ContactUri => "CONTACT-PAGE",
        VCardProperty::Gramgender => "GRAMMATICAL-GENDER",
        VCardProperty::Language => "CARD-LANGUAGE",
        VCardProperty::Pronouns => "PRONOUNS",
        VCardProperty::Socialprofile => "SOCIAL-PROFILE",
        _ => return None,
    })
}
