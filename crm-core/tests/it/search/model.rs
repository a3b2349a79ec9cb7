//! A model of the search over customers in memory, written from its description.

use crm_core::customers::Customer;
use crm_core::places::phone_e164;
use crm_core::text::fold;

use crate::chance::Chance;

pub const NAMES: &[&str] = &[
    "Ann Lee",
    "Lee & Co",
    "Müller & Söhne GmbH",
    "O'Brien",
    "O’Brien d'Or",
    "Jean-Luc",
    "A",
    "ab",
    "an",
    "Hanna",
    "Galilee",
    "lee",
    "100% Sure",
    "a_b",
    "back\\slash",
    "say \"yes\"",
    "star*",
    "東京タワー",
    "Łódź Trading",
    "(Anton)",
    "Ann-Lee Anders",
    "Straße 7",
];

/// Some of them are what customers are called, too.
pub const TAGS: &[&str] = &[
    "VIP",
    "Key-Account",
    "Lee",
    "Ann Lee",
    "A",
    "an",
    "Größter Kunde",
    "100%",
    "Hanna's",
    "901820",
    "Trade fair 2026",
];

/// Every line a customer is found by: each field and each tag folded, once with its signs and once with blanks for them, and the
/// digits of the telephone number, as typed and with the country code.
fn lines(customer: &Customer) -> Vec<String> {
    let optional = [
        &customer.first_name,
        &customer.last_name,
        &customer.email,
        &customer.organization_name,
        &customer.address,
        &customer.address_line2,
        &customer.city,
        &customer.state,
        &customer.zip_code,
        &customer.country,
    ];
    let mut fields = vec![customer.name.clone()];
    fields.extend(optional.into_iter().flatten().cloned());
    fields.extend(customer.external_refs.iter().map(|reference| reference.id.clone()));
    fields.extend(customer.tags.iter().map(|tag| tag.name.clone()));
    let mut lines = Vec::new();
    for field in fields {
        lines.push(fold(&field.replace(|letter: char| !letter.is_alphanumeric(), " ")));
        lines.push(fold(&field));
    }
    lines.extend([&customer.phone, &customer.phone_e164].into_iter().flatten().map(|phone| digits(phone)));
    lines.retain(|line| !line.is_empty());
    lines
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Japanese, as far as the names here have it: it puts no blanks between words.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}')
}

pub struct Needle {
    words: Vec<String>,
    wholes: Vec<String>,
}

impl Needle {
    /// Nothing if there is no word in it.
    pub fn new(text: &str, country: &str) -> Option<Self> {
        let whole = fold(text);
        let words: Vec<String> =
            whole.split(' ').filter(|word| word.chars().any(char::is_alphanumeric)).map(str::to_owned).collect();
        let mut wholes = vec![whole];
        if text.chars().all(|letter| letter.is_ascii_digit() || "+()-./ x".contains(letter)) && digits(text).len() >= 3
        {
            let undialled = digits(text).trim_start_matches('0').to_owned();
            wholes.push(digits(text));
            wholes.extend((undialled.len() >= 5).then_some(undialled));
            wholes.extend(phone_e164(text, Some(country)).map(|number| digits(&number)));
        }
        (!words.is_empty()).then_some(Self { words, wholes })
    }

    /// Nothing if the customer is not found; else 0 for a whole field, 1 for its start, 2 for the start of words, 3.
    pub fn rank(&self, customer: &Customer) -> Option<u8> {
        let lines = lines(customer);
        let starts_word =
            |word: &str| lines.iter().any(|line| line.starts_with(word) || line.contains(&format!(" {word}")));
        let found = |word: &String| match word.chars().count() {
            1 => lines.iter().any(|line| line.starts_with(word)),
            2 if word.chars().all(is_unspaced) => lines.iter().any(|line| line.contains(word)),
            2 => starts_word(word),
            _ => lines.iter().any(|line| line.contains(word)),
        };
        let numbers = &self.wholes[1..];
        if !self.words.iter().all(found) && !numbers.iter().any(|number| lines.iter().any(|line| line.contains(number)))
        {
            return None;
        }
        let any = |holds: &dyn Fn(&str, &str) -> bool| {
            self.wholes.iter().any(|whole| lines.iter().any(|line| holds(line, whole)))
        };
        Some(match () {
            () if any(&|line, whole| line == whole) => 0,
            () if any(&|line, whole| line.starts_with(whole)) => 1,
            () if self.words.iter().all(|word| starts_word(word)) => 2,
            () => 3,
        })
    }
}

/// What a user may search for who has seen one of these customers.
pub fn random_text(chance: &mut Chance, customers: &[Customer]) -> String {
    let customer = &customers[chance.below(customers.len())];
    let fields = [
        Some(&customer.name),
        customer.first_name.as_ref(),
        customer.last_name.as_ref(),
        customer.email.as_ref(),
        customer.phone.as_ref(),
        customer.phone_e164.as_ref(),
        customer.organization_name.as_ref(),
        customer.address.as_ref(),
        customer.city.as_ref(),
        customer.zip_code.as_ref(),
        customer.external_refs.first().map(|reference| &reference.id),
        customer.tags.first().map(|tag| &tag.name),
        customer.tags.last().map(|tag| &tag.name),
    ];
    let texts: Vec<&str> = fields.into_iter().flatten().map(String::as_str).collect();
    let mut words = Vec::new();
    for _ in 0..=chance.below(3) {
        let text = chance.one(&texts);
        words.push(match chance.below(5) {
            0 => text.to_owned(),
            1 => chance.one(&text.split_whitespace().collect::<Vec<_>>()).to_owned(),
            2 => text.chars().take(1 + chance.below(4)).collect(),
            _ => chance.part(text),
        });
        if chance.once_in(2) {
            break;
        }
    }
    if chance.once_in(12) {
        words.push(chance.one(&["&", "%", "nowhere", "\"", "*", "x"]).to_owned());
    }
    let text = words.join(chance.one(&[" ", "  ", "\n"]));
    chance.retyped(&text)
}
