//! What a header means, by its words.

mod phrases;

use super::headers::{Field, is_reference};
use super::words::Words;
use phrases::PHRASES;

/// What a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A field; of several columns for one field, that with the lowest rank fills it.
    Field(Field, u16),
    /// A job title, or a salutation beside a column of job titles.
    Title,
    Email(Place),
    Phone(Place),
    /// A telephone number beside a column of it: `Work` in the files of Freshsales.
    PhoneIfOthers(Place),
    Address(Place, Part),
    /// The label of the address or number with the same number.
    Label(Point, Place),
    /// The calling code of a telephone number that has a column without it.
    CallingCode(Place),
    /// Whether the customer is an organization.
    IsOrganization,
    /// Whether the other system has deleted the customer.
    Deleted,
    /// Whether the customer wants no e-mails.
    OptedOut,
    /// A word that may say so.
    Subscription,
    /// A part of the birthday.
    BirthPart(BirthPart),
    /// The id in the other system.
    Reference,
}

/// A kind of contact points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Point {
    Email,
    Phone,
    Address,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BirthPart {
    Year,
    Month,
    Day,
}

/// Which of several addresses or numbers a column has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub kind: PlaceKind,
    /// The number in the header, 1 without one.
    pub number: u32,
}

/// Where an address or a number belongs to, in the order in which they are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum PlaceKind {
    /// Said by a mapping.
    Given,
    Primary,
    #[default]
    Plain,
    Mailing,
    Work,
    Mobile,
    Company,
    Billing,
    Shipping,
    Home,
    Other,
    Car,
    Fax,
    Pager,
    Assistant,
}

impl PlaceKind {
    const QUALIFIERS: [(&'static str, Self); 13] = [
        ("assistant", Self::Assistant),
        ("pager", Self::Pager),
        ("fax", Self::Fax),
        ("car", Self::Car),
        ("mobile", Self::Mobile),
        ("billing", Self::Billing),
        ("shipping", Self::Shipping),
        ("mailing", Self::Mailing),
        ("home", Self::Home),
        ("other", Self::Other),
        ("company", Self::Company),
        ("work", Self::Work),
        ("primary", Self::Primary),
    ];

    /// The word for people; none if there is nothing to say.
    pub const fn label(self) -> Option<&'static str> {
        Some(match self {
            Self::Given | Self::Primary | Self::Plain => return None,
            Self::Mailing => "mailing",
            Self::Work | Self::Company => "work",
            Self::Mobile => "mobile",
            Self::Billing => "billing",
            Self::Shipping => "shipping",
            Self::Home => "home",
            Self::Other => "other",
            Self::Car => "car",
            Self::Fax => "fax",
            Self::Pager => "pager",
            Self::Assistant => "assistant",
        })
    }

    /// The kind that a label names: `* Work` of Google, `Work Fax`.
    pub fn of_label(label: &str) -> Option<Self> {
        let mut words = Words::of(label)?;
        words.take("phone");
        take_kind(&mut words)
    }

    /// Whether people are called or written to there at all.
    pub const fn may_be_primary(self) -> bool {
        !matches!(self, Self::Fax | Self::Pager | Self::Assistant)
    }
}

/// Takes the qualifiers off; the most special one counts.
fn take_kind(words: &mut Words) -> Option<PlaceKind> {
    let mut kind = None;
    for (word, named) in PlaceKind::QUALIFIERS {
        if words.take(word) {
            kind = kind.or(Some(named));
        }
    }
    kind
}

/// A part of a postal address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    Street,
    /// A further line.
    Line,
    Box,
    City,
    State,
    Zip,
    Country,
    /// The whole address.
    Formatted,
}

impl Part {
    pub const fn field(self) -> Field {
        match self {
            Self::Street | Self::Formatted => Field::Address,
            Self::Line | Self::Box => Field::AddressLine2,
            Self::City => Field::City,
            Self::State => Field::State,
            Self::Zip => Field::ZipCode,
            Self::Country => Field::Country,
        }
    }

    pub const fn of(field: Field) -> Option<Self> {
        Some(match field {
            Field::Address => Self::Street,
            Field::AddressLine2 => Self::Line,
            Field::City => Self::City,
            Field::State => Self::State,
            Field::ZipCode => Self::Zip,
            Field::Country => Self::Country,
            _ => return None,
        })
    }
}

/// Words that say whose something is, and may be left out.
const SUBJECTS: [&str; 3] = ["person", "customer", "lead"];

impl Meaning {
    /// The meaning of a header; `None` if it has words that nothing is known about.
    pub fn of(header: &str) -> Option<Self> {
        if let Some(field) = Field::spelt(header) {
            return Some(Self::Field(field, 0));
        }
        let words = Words::of(header)?;
        Self::of_words(&words, header).or_else(|| {
            let mut rest = words.clone();
            SUBJECTS.iter().for_each(|subject| _ = rest.take(subject));
            let meaning = Self::of_words(&rest, header).filter(|_| rest != words);
            // The state of a contact in another system is not the status of a customer.
            meaning.filter(|meaning| *meaning != Self::Field(Field::Status, 1))
        })
    }

    fn of_words(words: &Words, header: &str) -> Option<Self> {
        if words.set.is_empty() {
            return None;
        }
        let phrase = PHRASES.iter().find(|(phrase, _)| words.are(phrase)).map(|(_, meaning)| *meaning);
        phrase.filter(|_| words.numbers.is_empty() || words.numbers == [1]).or_else(|| point(words)).or_else(|| {
            let is_id = is_reference(header) || words.are(&["id"]) || words.are(&["external", "id"]);
            is_id.then_some(Self::Reference)
        })
    }
}

/// Contact points: what is left without their qualifiers.
fn point(words: &Words) -> Option<Meaning> {
    let mut rest = words.clone();
    let is_label = !words.has("deleted") && (rest.take("label") | rest.take("type"));
    let is_company = rest.has("company");
    let kind = take_kind(&mut rest).unwrap_or_default();
    let has_value = rest.take("value");
    let number = rest.numbers.first().copied().unwrap_or(1);
    let place = Place { kind, number };
    let is = |phrases: &[&[&str]]| phrases.iter().any(|phrase| rest.are(phrase));
    let email: &[&[&str]] = &[&["email"], &["email", "address"], &["email", "id"]];
    let phone: &[&[&str]] = &[&["phone"], &["phone", "number"]];
    if is(email) && kind != PlaceKind::Fax {
        return Some(if is_label { Meaning::Label(Point::Email, place) } else { Meaning::Email(place) });
    }
    let is_alone = rest.set.is_empty() || rest.are(&["number"]);
    let is_phone = is_alone && matches!(kind, PlaceKind::Mobile | PlaceKind::Fax | PlaceKind::Pager);
    if is(phone) || is_phone {
        return Some(if is_label { Meaning::Label(Point::Phone, place) } else { Meaning::Phone(place) });
    }
    if rest.are(&["calling", "code", "phone"]) || rest.are(&["calling", "code"]) {
        return Some(Meaning::CallingCode(place));
    }
    if is_alone && kind == PlaceKind::Work && !is_label && !has_value && !is_company {
        return Some(Meaning::PhoneIfOthers(place));
    }
    if is_label && rest.are(&["address"]) {
        return Some(Meaning::Label(Point::Address, place));
    }
    (!is_label).then(|| address(&rest, place)).flatten()
}

/// `Address 2` is the second line of an address, and `Address 2 - City` a part of the second one.
fn address(rest: &Words, place: Place) -> Option<Meaning> {
    let mut part = rest.clone();
    let is_address = part.take("address");
    let is = |phrases: &[&[&str]]| phrases.iter().any(|phrase| part.are(phrase));
    let (first, last) = (place.number, rest.numbers.last().copied().unwrap_or(1));
    let line = |number: u32| if number > 1 { Part::Line } else { Part::Street };
    let lines_of = |numbers: usize| Place { number: if numbers > 1 { first } else { 1 }, ..place };
    let count = rest.numbers.len();
    let numbered = |part| Some(Meaning::Address(place, part));
    if part.set.is_empty() || is(&[&["postal"]]) || is(&[&["line"]]) {
        return is_address.then(|| Meaning::Address(lines_of(count), line(last)));
    }
    if is(&[&["street"], &["line", "street"]]) {
        // `Street 2` is a line, `Address 2 - Street` a street.
        return if is_address && !(rest.ends_in_number && last > 1) && count < 2 {
            numbered(Part::Street)
        } else {
            Some(Meaning::Address(lines_of(count), line(last)))
        };
    }
    let is_full = is_address && is(&[&["full"]]);
    let extended = is_address && is(&[&["extended"]]);
    let country: &[&[&str]] = &[
        &["country"],
        &["country", "state"],
        &["code", "country"],
        &["country", "name"],
        &["country", "id", "name"],
        &["country", "id"],
    ];
    match () {
        () if is_full => numbered(Part::Formatted),
        () if extended => numbered(Part::Line),
        () if is(&[&["box", "po"], &["box"]]) => numbered(Part::Box),
        () if is(&[&["city"], &["city", "name"]]) => numbered(Part::City),
        () if is(&[&["state"], &["name", "state"], &["id", "name", "state"]]) => numbered(Part::State),
        () if is(&[
            &["zip"],
            &["code", "zip"],
            &["code", "postal"],
            &["code", "postal", "zip"],
            &["postal", "zip"],
        ]) =>
        {
            numbered(Part::Zip)
        }
        () if is(country) => numbered(Part::Country),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, Meaning, Part, Place, PlaceKind, Point};

    fn field(header: &str) -> Option<Field> {
        match Meaning::of(header) {
            Some(Meaning::Field(field, _)) => Some(field),
            _ => None,
        }
    }

    #[test]
    fn headers_of_other_systems_are_known() {
        for (header, expected) in [
            ("First Name", Field::FirstName),
            ("Name / First Name", Field::FirstName),
            ("LASTNAME", Field::LastName),
            ("SURNAME", Field::LastName),
            ("Person - Name", Field::Name),
            ("Person - Organisation", Field::OrganizationName),
            ("Organization - Name", Field::OrganizationName),
            ("Organization 1 - Name", Field::OrganizationName),
            ("Company / Account", Field::OrganizationName),
            ("Account.Name", Field::OrganizationName),
            ("Related Company", Field::OrganizationName),
            ("Organization Title", Field::JobTitle),
            ("function", Field::JobTitle),
            ("Contact owner", Field::Owner),
            ("assigned_user_name", Field::Owner),
            ("OWNERID", Field::Owner),
            ("Lead Source", Field::Source),
            ("LEADSOURCE", Field::Source),
            ("Web Page 1", Field::Website),
            ("Group Membership", Field::Tags),
            ("Person - Label", Field::Tags),
            ("Kategorien", Field::Tags),
            ("Bemerkungen", Field::Notes),
        ] {
            assert_eq!(field(header), Some(expected), "{header}");
        }
        for header in [
            "Lead Status",
            "Contact Status",
            "",
            "Name 2",
            "客户",
            "Phonetic First Name",
            "E-mail Display Name",
            "Company Id",
            "Email Domain",
            "State Id",
            "Page",
            "Nickname",
        ] {
            assert_eq!(field(header), None, "{header}");
        }
    }

    #[test]
    fn addresses_and_numbers_have_their_places() {
        let place = |kind, number| Place { kind, number };
        for (header, expected) in [
            ("E-mail 1 - Value", Meaning::Email(place(PlaceKind::Plain, 1))),
            ("E-mail 2 Address", Meaning::Email(place(PlaceKind::Plain, 2))),
            ("Emails / Additional Emails", Meaning::Email(place(PlaceKind::Other, 1))),
            ("Person - Email - Home", Meaning::Email(place(PlaceKind::Home, 1))),
            ("email1", Meaning::Email(place(PlaceKind::Plain, 1))),
            ("E-mail 1 - Label", Meaning::Label(Point::Email, place(PlaceKind::Plain, 1))),
            ("Phone 3", Meaning::Phone(place(PlaceKind::Plain, 3))),
            ("Business Phone 2", Meaning::Phone(place(PlaceKind::Work, 2))),
            ("Company Main Phone", Meaning::Phone(place(PlaceKind::Company, 1))),
            ("Mobiltelefon", Meaning::Phone(place(PlaceKind::Mobile, 1))),
            ("Assistant's Phone", Meaning::Phone(place(PlaceKind::Assistant, 1))),
            ("Business Fax", Meaning::Phone(place(PlaceKind::Fax, 1))),
            ("Pager Number", Meaning::Phone(place(PlaceKind::Pager, 1))),
            ("contact_numbers", Meaning::Phone(place(PlaceKind::Plain, 1))),
            ("Phones / Primary Phone Number", Meaning::Phone(place(PlaceKind::Primary, 1))),
            ("Phones / Primary Phone Calling Code", Meaning::CallingCode(place(PlaceKind::Primary, 1))),
            ("Street (work)", Meaning::Address(place(PlaceKind::Work, 1), Part::Street)),
            ("Ort geschäftlich", Meaning::Address(place(PlaceKind::Work, 1), Part::City)),
            ("Business Street 2", Meaning::Address(place(PlaceKind::Work, 1), Part::Line)),
            ("Street Address 2", Meaning::Address(place(PlaceKind::Plain, 1), Part::Line)),
            ("Address 2", Meaning::Address(place(PlaceKind::Plain, 1), Part::Line)),
            ("Address 2 - Street", Meaning::Address(place(PlaceKind::Plain, 2), Part::Street)),
            ("Address 1 - Extended Address", Meaning::Address(place(PlaceKind::Plain, 1), Part::Line)),
            ("address1_line2", Meaning::Address(place(PlaceKind::Plain, 1), Part::Line)),
            ("alt_address_postalcode", Meaning::Address(place(PlaceKind::Other, 1), Part::Zip)),
            ("MAILINGPOSTALCODE", Meaning::Address(place(PlaceKind::Mailing, 1), Part::Zip)),
            ("Country/Region", Meaning::Address(place(PlaceKind::Plain, 1), Part::Country)),
            ("Werkadres, land/regio", Meaning::Address(place(PlaceKind::Work, 1), Part::Country)),
            ("HASOPTEDOUTOFEMAIL", Meaning::OptedOut),
            ("Email Opt Out", Meaning::OptedOut),
            ("Unsubscribed from all email", Meaning::OptedOut),
            ("UNSUB_TIME", Meaning::OptedOut),
            ("ISDELETED", Meaning::Deleted),
            ("Deleted at", Meaning::Deleted),
            ("is_company", Meaning::IsOrganization),
            ("Is a Company", Meaning::IsOrganization),
            ("Title", Meaning::Title),
            ("Record ID", Meaning::Reference),
        ] {
            assert_eq!(Meaning::of(header), Some(expected), "{header}");
        }
    }

    #[test]
    fn labels_name_places() {
        assert_eq!(PlaceKind::of_label("* Work"), Some(PlaceKind::Work));
        assert_eq!(PlaceKind::of_label("Work Fax"), Some(PlaceKind::Fax));
        assert_eq!(PlaceKind::of_label("Holiday"), None);
    }
}
