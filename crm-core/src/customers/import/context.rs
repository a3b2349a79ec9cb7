//! What headers mean beside each other: `Title` is a salutation where there is a `Job Title`.

use super::headers::{Field, plain};
use super::meaning::{BirthPart, Meaning, Part, Place, PlaceKind};

/// Words for a name that are the last name where there is a column of first names, in the same language.
const LAST_BESIDE: [(&str, &[&str]); 5] = [
    ("name", &["vorname"]),
    ("nom", &["prenom", "prenoms"]),
    ("naam", &["voornaam"]),
    ("navn", &["fornavn"]),
    ("namn", &["fornamn"]),
];
/// And those that are the first name where there is a column of last names.
const FIRST_BESIDE: [(&str, &[&str]); 2] =
    [("nombre", &["apellidos", "apellido"]), ("nome", &["cognome", "sobrenome", "apelido"])];

/// The meanings of all headers of a file.
pub(super) fn in_context(headers: &[String]) -> Vec<Option<Meaning>> {
    let mut meanings: Vec<Option<Meaning>> = headers.iter().map(|header| Meaning::of(header)).collect();
    let plain: Vec<String> = headers.iter().map(|header| plain(header)).collect();
    names(&plain, &mut meanings);
    titles(&mut meanings);
    mailchimp(&plain, &mut meanings);
    let is_mobile =
        |meaning: &Option<Meaning>| matches!(meaning, Some(Meaning::Phone(place)) if place.kind == PlaceKind::Mobile);
    let has_mobile = meanings.iter().any(is_mobile);
    let has_year = meanings.contains(&Some(Meaning::BirthPart(BirthPart::Year)));
    for meaning in &mut meanings {
        match *meaning {
            Some(Meaning::PhoneIfOthers(place)) => *meaning = has_mobile.then_some(Meaning::Phone(place)),
            Some(Meaning::BirthPart(_)) if !has_year => *meaning = None,
            _ => {}
        }
    }
    meanings
}

/// Mailchimp tells the country beside the region that it has found by the address of the computer: both or none.
fn mailchimp(plain: &[String], meanings: &mut [Option<Meaning>]) {
    let has = |name: &str| plain.iter().any(|header| header == name);
    if has("leid")
        && has("region")
        && let Some(country) = plain.iter().position(|header| header == "cc")
    {
        meanings[country] = Some(Meaning::Address(Place { kind: PlaceKind::Plain, number: 1 }, Part::Country));
    }
}

fn names(plain: &[String], meanings: &mut [Option<Meaning>]) {
    let beside = |others: &[&str]| plain.iter().any(|header| others.contains(&header.as_str()));
    for (header, meaning) in plain.iter().zip(meanings) {
        let is = |of: &&(&str, &[&str])| of.0 == header && beside(of.1);
        if LAST_BESIDE.iter().any(|of| is(&of)) {
            *meaning = Some(Meaning::Field(Field::LastName, 2));
        } else if FIRST_BESIDE.iter().any(|of| is(&of)) {
            *meaning = Some(Meaning::Field(Field::FirstName, 2));
        }
    }
}

/// A title is the job, unless that or a second title has a column of its own: then it is a salutation.
fn titles(meanings: &mut [Option<Meaning>]) {
    let has =
        |field: Field| meanings.iter().any(|meaning| matches!(meaning, Some(Meaning::Field(own, _)) if *own == field));
    let (has_job, has_salutation) = (has(Field::JobTitle), has(Field::Salutation));
    let count = meanings.iter().filter(|meaning| **meaning == Some(Meaning::Title)).count();
    let mut is_salutation = !has_salutation && (has_job || count > 1);
    for meaning in meanings.iter_mut().filter(|meaning| **meaning == Some(Meaning::Title)) {
        let field = if is_salutation { Field::Salutation } else { Field::JobTitle };
        *meaning = Some(Meaning::Field(field, 3));
        is_salutation = false;
    }
}
