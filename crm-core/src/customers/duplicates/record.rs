//! What is compared of a customer.

use chrono::NaiveDate;

use super::super::model::{Customer, CustomerKind};
use super::organizations::OrganizationName;
use super::words::words;
use crate::base::hash::stable_hash;
use crate::base::text;

/// Domains at which everyone can have a mailbox: they tell nothing about an employer.
const FREE_MAIL: &[&str] = &[
    "aol.com",
    "bluewin.ch",
    "fastmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.de",
    "mail.ru",
    "mailbox.org",
    "me.com",
    "msn.com",
    "o2.pl",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "posteo.de",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "seznam.cz",
    "t-online.de",
    "tutanota.com",
    "ukr.net",
    "vodafone.de",
    "wanadoo.fr",
    "web.de",
    "wp.pl",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yahoo.fr",
    "yandex.com",
    "yandex.ru",
    "ymail.com",
    "163.com",
    "126.com",
];

/// What mailboxes are called that several people read.
const SHARED_MAILBOXES: &[&str] = &[
    "accounting",
    "accounts",
    "admin",
    "billing",
    "buchhaltung",
    "bestellung",
    "career",
    "careers",
    "contact",
    "einkauf",
    "empfang",
    "enquiries",
    "familie",
    "family",
    "finance",
    "hello",
    "help",
    "hallo",
    "hr",
    "info",
    "invoice",
    "invoices",
    "jobs",
    "kontakt",
    "kundenservice",
    "mail",
    "marketing",
    "no-reply",
    "noreply",
    "office",
    "orders",
    "personal",
    "post",
    "postmaster",
    "praxis",
    "press",
    "presse",
    "purchasing",
    "reception",
    "rechnung",
    "sales",
    "sekretariat",
    "service",
    "shop",
    "support",
    "team",
    "verkauf",
    "vertrieb",
    "webmaster",
    "zentrale",
];

/// Words before and after names, which tell nothing.
const TITLES: &[&str] = &[
    "dipl", "dr", "frau", "herr", "ing", "mag", "miss", "mr", "mrs", "ms", "mme", "monsieur", "prof", "sir", "med",
    "phd",
];

/// What tells father and son apart.
const SUFFIXES: &[&str] = &["jr", "junior", "sr", "senior", "ii", "iii", "iv"];

/// Words that belong to a family name, and are often left out.
const PARTICLES: &[&str] = &[
    "al", "bin", "da", "de", "del", "della", "den", "der", "di", "dos", "du", "el", "la", "le", "ten", "ter", "van",
    "von", "vom", "zu", "zum", "zur",
];

/// What is compared of a customer, in the form in which it is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchRecord {
    pub(super) kind: CustomerKind,
    /// The name as it is stored.
    pub(super) name: String,
    pub(super) given: Vec<String>,
    pub(super) family: Vec<String>,
    pub(super) suffix: Option<String>,
    /// An organization's own name, or a person's employer.
    pub(super) organization: Option<OrganizationName>,
    pub(super) emails: Vec<String>,
    pub(super) phones: Vec<Phone>,
    pub(super) addresses: Vec<Place>,
    pub(super) birth_date: Option<NaiveDate>,
    pub(super) domains: Vec<String>,
    pub(super) tax_id: Option<String>,
}

/// A telephone number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Phone {
    pub e164: Option<String>,
    /// Its last digits, which are the same with and without a country code.
    pub last_digits: String,
    pub shown: String,
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Place {
    /// The words of the street, in one and without a word for it.
    pub street: String,
    pub number: Option<String>,
    pub zip: Option<String>,
    pub city: Option<String>,
    pub shown: String,
}

/// How many digits at the end of a number tell it from others.
const LAST_DIGITS: usize = 8;

impl MatchRecord {
    /// What is compared of a customer.
    #[must_use]
    pub fn of(customer: &Customer) -> Self {
        let Customer { kind, name, birth_date, .. } = customer;
        let (given, family, suffix) = match kind {
            CustomerKind::Person => name_parts(customer),
            CustomerKind::Organization => Default::default(),
        };
        let organization = match kind {
            CustomerKind::Person => customer.organization_name.as_deref(),
            CustomerKind::Organization => Some(name.as_str()),
        };
        let mut emails: Vec<String> = customer.emails.iter().map(|email| email.address.clone()).collect();
        emails.extend(
            customer.email.iter().filter(|email| !customer.emails.iter().any(|one| one.address == **email)).cloned(),
        );
        let mut record = Self {
            kind: *kind,
            name: name.clone(),
            given,
            family,
            suffix,
            organization: organization.and_then(OrganizationName::of),
            phones: phones(customer),
            addresses: places(customer),
            birth_date: *birth_date,
            domains: domains(customer, &emails),
            tax_id: customer.tax_id.as_deref().map(compact).filter(|id| id.len() >= 5),
            emails,
        };
        record.sort();
        record
    }

    /// What is compared does not depend on the order of lists.
    fn sort(&mut self) {
        self.emails.sort_unstable();
        self.phones
            .sort_unstable_by(|left, right| (&left.e164, &left.last_digits).cmp(&(&right.e164, &right.last_digits)));
        self.addresses.sort_unstable_by(|left, right| left.content().cmp(&right.content()));
    }

    /// A number that changes when something changes that is compared.
    #[must_use]
    pub fn fingerprint(&self) -> i64 {
        stable_hash(&self.content().join("\n"))
    }

    /// Whether nothing that is compared differs.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.content() == other.content()
    }

    fn content(&self) -> Vec<String> {
        let mut content = vec![self.kind.to_string(), self.given.join(" "), self.family.join(" ")];
        content.extend(self.suffix.clone());
        if let Some(name) = &self.organization {
            content.push(format!("o {} {}", name.core.join(" "), name.legal_form.unwrap_or_default()));
        }
        content.extend(self.emails.iter().map(|email| format!("e {email}")));
        content
            .extend(self.phones.iter().map(|phone| format!("p {}", phone.e164.as_ref().unwrap_or(&phone.last_digits))));
        content.extend(self.addresses.iter().map(|place| format!("a {}", place.content().join(" "))));
        content.extend(self.birth_date.map(|date| format!("b {date}")));
        content.extend(self.domains.iter().map(|domain| format!("d {domain}")));
        content.extend(self.tax_id.as_ref().map(|id| format!("t {id}")));
        content
    }

    pub(super) fn is_organization(&self) -> bool {
        self.kind == CustomerKind::Organization
    }
}

impl Place {
    fn content(&self) -> [&str; 4] {
        [
            &self.street,
            self.number.as_deref().unwrap_or_default(),
            self.zip.as_deref().unwrap_or_default(),
            self.city.as_deref().unwrap_or_default(),
        ]
    }
}

/// Given names, family names and what follows them.
fn name_parts(customer: &Customer) -> (Vec<String>, Vec<String>, Option<String>) {
    let of = |part: &Option<String>| part.as_deref().map(words).unwrap_or_default();
    let mut given = of(&customer.first_name);
    given.extend(of(&customer.middle_name));
    let mut family = of(&customer.last_name);
    let suffix = customer.name_suffix.as_deref().map(words).and_then(|words| words.into_iter().next());
    if given.is_empty() || family.is_empty() {
        let (parsed_given, parsed_family) = parsed(&customer.name);
        if given.is_empty() && !parsed_family.is_empty() {
            given = parsed_given.into_iter().filter(|word| !family.contains(word)).collect();
        }
        if family.is_empty() {
            family = parsed_family.into_iter().filter(|word| !given.contains(word)).collect();
        }
    }
    let mut suffix = suffix;
    let mut plain = |names: Vec<String>| -> Vec<String> {
        let (titles, mut names): (Vec<String>, Vec<String>) = names.into_iter().partition(|word| {
            let is_suffix = SUFFIXES.contains(&word.as_str());
            if is_suffix && suffix.is_none() {
                suffix = Some(word.clone());
            }
            is_suffix || TITLES.contains(&word.as_str())
        });
        if names.is_empty() {
            names = titles;
        }
        if names.iter().any(|word| !PARTICLES.contains(&word.as_str())) {
            names.retain(|word| !PARTICLES.contains(&word.as_str()));
        }
        names
    };
    let (given, family) = (plain(given), plain(family));
    let suffix = suffix.map(|word| match word.as_str() {
        "junior" => "jr".to_owned(),
        "senior" => "sr".to_owned(),
        _ => word,
    });
    (given, family, suffix)
}

/// `Lee, Ann` and `Ann van der Lee`.
fn parsed(name: &str) -> (Vec<String>, Vec<String>) {
    if let Some((family, given)) = name.split_once(',') {
        return (words(given), words(family));
    }
    let mut given: Vec<String> = words(name);
    let is_of_name = |word: &String| !SUFFIXES.contains(&word.as_str()) && !TITLES.contains(&word.as_str());
    given.retain(is_of_name);
    let begins = given.iter().skip(1).position(|word| PARTICLES.contains(&word.as_str())).map(|index| index + 1);
    let family = given.split_off(begins.unwrap_or(given.len().saturating_sub(1)));
    (given, family)
}

fn phones(customer: &Customer) -> Vec<Phone> {
    let flat = customer.phone.iter().map(|phone| (phone, customer.phone_e164.as_ref()));
    let listed = customer.phones.iter().map(|phone| (&phone.number, phone.e164.as_ref()));
    let mut phones: Vec<Phone> = Vec::new();
    for (number, e164) in flat.chain(listed) {
        let digits: String = e164.unwrap_or(number).chars().filter(char::is_ascii_digit).collect();
        let last_digits = digits[digits.len().saturating_sub(LAST_DIGITS)..].to_owned();
        if last_digits.len() >= 6 && !phones.iter().any(|phone| phone.last_digits == last_digits) {
            phones.push(Phone { e164: e164.cloned(), last_digits, shown: number.clone() });
        }
    }
    phones
}

fn places(customer: &Customer) -> Vec<Place> {
    let flat = [&customer.address, &customer.zip_code, &customer.city];
    let listed = customer.addresses.iter().map(|address| [&address.address, &address.zip_code, &address.city]);
    let mut places: Vec<Place> = Vec::new();
    for [address, zip, city] in std::iter::once(flat).chain(listed) {
        let place = place(address.as_deref(), zip.as_deref(), city.as_deref());
        if (place.zip.is_some() || place.city.is_some()) && !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

fn place(address: Option<&str>, zip: Option<&str>, city: Option<&str>) -> Place {
    let (numbers, street): (Vec<String>, Vec<String>) = address
        .map(words)
        .unwrap_or_default()
        .into_iter()
        .partition(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    let mut joined = String::new();
    for word in &street {
        let word = match word.as_str() {
            "street" | "st" | "strasse" | "str" | "road" | "rd" | "avenue" | "ave" | "lane" | "ln" | "rue" | "via" => {
                continue;
            }
            word => ["strasse", "str"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word),
        };
        joined.push_str(word);
    }
    let shown: Vec<&str> = [address, zip, city].into_iter().flatten().collect();
    Place {
        street: joined,
        number: numbers.into_iter().next(),
        zip: zip.map(compact).filter(|zip| !zip.is_empty()),
        city: city.map(|city| words(city).concat()).filter(|city| !city.is_empty()),
        shown: shown.join(", "),
    }
}

/// The domains that are the organization's own.
fn domains(customer: &Customer, emails: &[String]) -> Vec<String> {
    let of_emails = emails.iter().filter_map(|email| Some(email.rsplit_once('@')?.1.to_owned()));
    let of_website = customer.website.as_deref().and_then(host);
    let mut domains: Vec<String> =
        of_emails.chain(of_website).filter(|domain| !FREE_MAIL.contains(&domain.as_str())).collect();
    domains.sort_unstable();
    domains.dedup();
    domains
}

fn host(website: &str) -> Option<String> {
    let rest = website.split_once("://").map_or(website, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next()?;
    let host = text::email(&format!("x@{host}"));
    let host = host.strip_prefix("x@")?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    host.contains('.').then(|| host.to_owned())
}

/// Letters and digits only.
fn compact(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether several people read the mailbox.
pub(super) fn is_shared_mailbox(email: &str) -> bool {
    let name = email.split(['@', '.', '-', '_', '+']).next().unwrap_or_default();
    SHARED_MAILBOXES.contains(&name) || email.starts_with("no-reply@")
}
