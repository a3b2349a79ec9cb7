//! How likely two records are the same, and why.
//!
//! Each piece of evidence says how sure it alone would make us. Pieces count as independent: what speaks for a match adds up
//! as `1 - (1 - a)(1 - b)…`, and each piece `c` that speaks against it multiplies the result by `1 - c`.

use serde::{Deserialize, Serialize};

use super::organizations::OrganizationName;
use super::record::{MatchRecord, Place, is_shared_mailbox};
use super::words::{Likeness, compare, compare_given};
use crate::base::score::Score;
use crate::base::string_enum::string_enum;

string_enum! {
    /// Why two customers may be the same, or are not.
    DuplicateReason {
        /// Nothing that is compared differs.
        Identical = "identical",
        /// One of them has an e-mail address of the other.
        SameEmail = "same_email",
        /// They share a mailbox that several people read, such as `info@`.
        SharedMailbox = "shared_mailbox",
        /// Two of their e-mail addresses differ by one letter.
        SimilarEmail = "similar_email",
        /// They have a telephone number in common.
        SamePhone = "same_phone",
        /// They have the same name, whatever the order of its parts.
        SameName = "same_name",
        /// Their names differ by a typing mistake, a nickname, an initial or a part.
        SimilarName = "similar_name",
        /// The first name is the same, and the last name is not, as after a wedding.
        SameFirstName = "same_first_name",
        /// The last name is the same, and one of them has no first name.
        SameLastName = "same_last_name",
        /// They work for the same organization.
        SameOrganization = "same_organization",
        /// Their e-mail addresses or websites have the same domain, which is not one of a free mail provider.
        SameDomain = "same_domain",
        /// They have the same tax number.
        SameTaxId = "same_tax_id",
        /// They have a postal address in common.
        SameAddress = "same_address",
        /// They are in the same city or have the same postal code.
        SameCity = "same_city",
        /// They were born on the same day.
        SameBirthDate = "same_birth_date",
        /// One of them is a person, the other one an organization.
        DifferentKind = "different_kind",
        /// Their names are different.
        DifferentName = "different_name",
        /// Their first names are different.
        DifferentFirstName = "different_first_name",
        /// Their last names are different.
        DifferentLastName = "different_last_name",
        /// One is the father, the other one the son: `Sr.` and `Jr.`.
        DifferentSuffix = "different_suffix",
        /// They have other legal forms.
        DifferentLegalForm = "different_legal_form",
        /// They have other tax numbers.
        DifferentTaxId = "different_tax_id",
        /// They were born on other days.
        DifferentBirthDate = "different_birth_date",
        /// They have other e-mail addresses. Like the following ones, it counts only while nothing that identifies a customer agrees.
        DifferentEmail = "different_email",
        /// They have other telephone numbers.
        DifferentPhone = "different_phone",
        /// They work for other organizations.
        DifferentOrganization = "different_organization",
        /// They live in other places.
        DifferentAddress = "different_address",
    }
}

/// A reason for or against a match, with the two values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DuplicateEvidence {
    /// The reason.
    pub reason: DuplicateReason,
    /// How sure this alone would make a match, from 0 to 1; below 0, down to -1, for what speaks against it.
    #[cfg_attr(feature = "openapi", schema(example = 0.92, minimum = -1, maximum = 1))]
    pub weight: f64,
    /// The value of the first customer, if it is one.
    #[cfg_attr(feature = "openapi", schema(example = "ann.lee@example.com"))]
    pub left: Option<String>,
    /// The value of the second one.
    #[cfg_attr(feature = "openapi", schema(example = "ann.lee@example.com"))]
    pub right: Option<String>,
}

/// The result of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// How likely the records are the same.
    pub score: Score,
    /// Why.
    pub evidence: Vec<DuplicateEvidence>,
}

/// Compares two records; the result is the same in either order.
#[must_use]
pub fn compare_records(left: &MatchRecord, right: &MatchRecord) -> Comparison {
    let mut found = Found { left, right, evidence: Vec::new() };
    found.look();
    Comparison { score: score(&found.evidence), evidence: found.evidence.into_iter().map(Weighed::shown).collect() }
}

/// The score alone, which takes no memory for the values.
pub(super) fn score_of(left: &MatchRecord, right: &MatchRecord) -> Score {
    let mut found = Found { left, right, evidence: Vec::new() };
    found.look();
    score(&found.evidence)
}

fn score(evidence: &[Weighed<'_>]) -> Score {
    let (mut against_match, mut factor) = (1.0, 1.0);
    for Weighed { weight, .. } in evidence {
        match *weight >= 0.0 {
            true => against_match *= 1.0 - weight,
            false => factor *= 1.0 + weight,
        }
    }
    Score::rounded((1.0 - against_match) * factor)
}

struct Weighed<'r> {
    reason: DuplicateReason,
    weight: f64,
    values: Option<(&'r str, &'r str)>,
    dates: Option<(chrono::NaiveDate, chrono::NaiveDate)>,
}

impl Weighed<'_> {
    fn shown(self) -> DuplicateEvidence {
        let Self { reason, weight, values, dates } = self;
        let values = values.map(|(left, right)| (left.to_owned(), right.to_owned()));
        let values = values.or_else(|| dates.map(|(left, right)| (left.to_string(), right.to_string())));
        let (left, right) = values.unzip();
        DuplicateEvidence { reason, weight, left, right }
    }
}

struct Found<'r> {
    left: &'r MatchRecord,
    right: &'r MatchRecord,
    evidence: Vec<Weighed<'r>>,
}

impl<'r> Found<'r> {
    fn add(&mut self, reason: DuplicateReason, weight: f64, values: (&'r str, &'r str)) {
        self.evidence.push(Weighed { reason, weight, values: Some(values), dates: None });
    }

    fn has(&self, reasons: &[DuplicateReason]) -> bool {
        self.evidence.iter().any(|weighed| reasons.contains(&weighed.reason))
    }

    fn are_colleagues(&self) -> bool {
        let employers = self.left.organization.as_ref().zip(self.right.organization.as_ref());
        employers.is_some_and(|(one, other)| one.compare(other) >= Likeness::Unsure)
            || common(&self.left.domains, &self.right.domains).is_some()
    }

    fn names(&self) -> (&'r str, &'r str) {
        (&self.left.name, &self.right.name)
    }

    fn look(&mut self) {
        use DuplicateReason as R;
        let (left, right) = (self.left, self.right);
        let is_known = !left.emails.is_empty()
            || !left.phones.is_empty()
            || !left.addresses.is_empty()
            || left.birth_date.is_some()
            || (left.organization.is_some() && !left.is_organization());
        if is_known && left.is_same_as(right) {
            self.add(R::Identical, 1.0, self.names());
        }
        if left.kind != right.kind {
            self.add(R::DifferentKind, -0.8, self.names());
        }
        let identified = self.emails() | self.phones() | self.birth_dates();
        self.tax_ids();
        match left.is_organization() && right.is_organization() {
            true => self.organizations(),
            false => self.people(identified),
        }
        self.places(identified);
        if !identified {
            self.differing_contacts();
        }
    }

    /// Whether an address of one's own is the same.
    fn emails(&mut self) -> bool {
        use DuplicateReason as R;
        let (left, right) = (self.left, self.right);
        let mut same = left.emails.iter().filter(|email| right.emails.contains(email)).peekable();
        let are_organizations = left.is_organization() && right.is_organization();
        let own = same.clone().find(|email| are_organizations || !is_shared_mailbox(email));
        if let Some(email) = own {
            self.add(R::SameEmail, 0.92, (email, email));
            return true;
        }
        if let Some(email) = same.peek() {
            self.add(R::SharedMailbox, 0.3, (email, email));
            return false;
        }
        let pairs =
            left.emails.iter().take(3).flat_map(|one| right.emails.iter().take(3).map(move |other| (one, other)));
        let similar = pairs.into_iter().find(|(one, other)| differ_by_a_letter(one, other));
        if let Some((one, other)) = similar {
            self.add(R::SimilarEmail, 0.5, (one, other));
        }
        false
    }

    fn phones(&mut self) -> bool {
        for one in &self.left.phones {
            let same = |other: &&super::record::Phone| match (&one.e164, &other.e164) {
                (Some(one), Some(other)) => one == other,
                _ => one.last_digits == other.last_digits,
            };
            if let Some(other) = self.right.phones.iter().find(same) {
                self.add(DuplicateReason::SamePhone, 0.65, (&one.shown, &other.shown));
                return true;
            }
        }
        false
    }

    fn birth_dates(&mut self) -> bool {
        let Some((left, right)) = self.left.birth_date.zip(self.right.birth_date) else { return false };
        let (reason, weight) = if left == right {
            (DuplicateReason::SameBirthDate, 0.6)
        } else if are_mistyped(left, right) {
            return false;
        } else {
            (DuplicateReason::DifferentBirthDate, -0.8)
        };
        self.evidence.push(Weighed { reason, weight, values: None, dates: Some((left, right)) });
        left == right
    }

    fn tax_ids(&mut self) {
        if let Some((left, right)) = self.left.tax_id.as_deref().zip(self.right.tax_id.as_deref()) {
            match left == right {
                true => self.add(DuplicateReason::SameTaxId, 0.9, (left, right)),
                false => self.add(DuplicateReason::DifferentTaxId, -0.6, (left, right)),
            }
        }
    }

    fn people(&mut self, identified: bool) {
        use DuplicateReason as R;
        let (left, right) = (self.left, self.right);
        if !left.is_organization() && !right.is_organization() {
            let has_email = self.has(&[R::SameEmail]);
            if let Some((reason, weight)) = name_evidence(left, right, has_email) {
                self.add(reason, weight, self.names());
                if reason == R::SameFirstName && !left.family.is_empty() && !right.family.is_empty() {
                    // A first name is no wonder among colleagues.
                    let weight = if self.are_colleagues() && !has_email { -0.4 } else { -0.15 };
                    self.add(R::DifferentLastName, weight, self.names());
                }
            }
            if let Some((one, other)) =
                left.suffix.as_deref().zip(right.suffix.as_deref()).filter(|(one, other)| one != other)
            {
                self.add(R::DifferentSuffix, -0.7, (one, other));
            }
        }
        let employers = left.organization.as_ref().zip(right.organization.as_ref());
        let likeness = employers.map(|(one, other)| (one.compare(other), (one.shown.as_str(), other.shown.as_str())));
        match likeness {
            Some((likeness, values)) if likeness >= Likeness::Unsure => self.add(R::SameOrganization, 0.5, values),
            other => {
                if let Some(domain) = common(&left.domains, &right.domains) {
                    self.add(R::SameDomain, 0.3, (domain, domain));
                } else if let Some((_, values)) = other.filter(|_| !identified) {
                    self.add(R::DifferentOrganization, -0.1, values);
                }
            }
        }
    }

    fn organizations(&mut self) {
        use DuplicateReason as R;
        let (left, right) = (self.left, self.right);
        if let Some((one, other)) = left.organization.as_ref().zip(right.organization.as_ref()) {
            let (reason, weight) = match one.compare(other) {
                Likeness::Same => (R::SameName, 0.78),
                Likeness::Similar => (R::SimilarName, 0.6),
                Likeness::Unsure => (R::SimilarName, 0.3),
                Likeness::Other => (R::DifferentName, -0.6),
            };
            self.add(reason, weight, self.names());
            self.legal_forms(one, other);
        }
        if let Some(domain) = common(&left.domains, &right.domains) {
            self.add(R::SameDomain, 0.6, (domain, domain));
        }
    }

    fn legal_forms(&mut self, left: &'r OrganizationName, right: &'r OrganizationName) {
        let forms = left.legal_form.zip(right.legal_form);
        if let Some(forms) = forms.filter(|(one, other)| one != other) {
            self.add(DuplicateReason::DifferentLegalForm, -0.4, forms);
        }
    }

    fn places(&mut self, identified: bool) {
        use DuplicateReason as R;
        let (left, right) = (self.left, self.right);
        let pairs = left.addresses.iter().flat_map(|one| right.addresses.iter().map(move |other| (one, other)));
        let Some((likeness, one, other)) = pairs
            .map(|(one, other)| (compare_places(one, other), one, other))
            .reduce(|best, next| if next.0.weight() > best.0.weight() { next } else { best })
        else {
            return;
        };
        let values = (one.shown.as_str(), other.shown.as_str());
        match likeness {
            Nearness::Address => self.add(R::SameAddress, 0.5, values),
            Nearness::Zip | Nearness::City => self.add(R::SameCity, likeness.weight(), values),
            Nearness::Unknown => {}
            Nearness::Elsewhere if identified => {}
            Nearness::Elsewhere => self.add(R::DifferentAddress, -0.12, values),
        }
    }

    /// While nothing agrees that identifies a customer, what differs speaks against a match.
    fn differing_contacts(&mut self) {
        use DuplicateReason as R;
        let (left, right) = (self.left, self.right);
        let is_email_met = self.has(&[R::SharedMailbox, R::SimilarEmail, R::SameDomain, R::SameOrganization]);
        if let Some((one, other)) = left.emails.first().zip(right.emails.first()).filter(|_| !is_email_met) {
            self.add(R::DifferentEmail, -0.1, (one, other));
        }
        if let Some((one, other)) = left.phones.first().zip(right.phones.first()) {
            self.add(R::DifferentPhone, -0.12, (&one.shown, &other.shown));
        }
    }
}

fn common<'r>(left: &'r [String], right: &[String]) -> Option<&'r str> {
    left.iter().find(|one| right.contains(one)).map(String::as_str)
}

/// One letter more, less, other or exchanged; numbers tell people apart.
fn differ_by_a_letter(left: &str, right: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let is_long = left.find('@').is_some_and(|local| local >= 5);
    is_long
        && left.len().abs_diff(right.len()) <= 1
        && digits(left) == digits(right)
        && strsim::osa_distance(left, right) == 1
}

/// Day and month exchanged, or one digit.
fn are_mistyped(left: chrono::NaiveDate, right: chrono::NaiveDate) -> bool {
    use chrono::Datelike;
    let is_exchanged = left.year() == right.year() && (left.month(), left.day()) == (right.day(), right.month());
    is_exchanged || strsim::hamming(&left.to_string(), &right.to_string()) == Ok(1)
}

/// What the names of two people say.
fn name_evidence(left: &MatchRecord, right: &MatchRecord, has_email: bool) -> Option<(DuplicateReason, f64)> {
    let straight = (given(&left.given, &right.given), family(&left.family, &right.family));
    let rank = |(given, family): (Option<Likeness>, Option<Likeness>)| {
        given.zip(family).map(|(given, family)| given.min(family))
    };
    let exchanged =
        |one: &MatchRecord, other: &MatchRecord| (given(&one.given, &other.family), family(&one.family, &other.given));
    let swapped = [exchanged(left, right), exchanged(right, left)];
    let swapped = if rank(swapped[1]) > rank(swapped[0]) { swapped[1] } else { swapped[0] };
    let (given, family) = if rank(swapped) > rank(straight).max(Some(Likeness::Unsure)) { swapped } else { straight };
    match weigh_names(given, family) {
        // With an own address, an unusual ending is rather a typing mistake.
        Some((DuplicateReason::DifferentFirstName, _)) if has_email && given == Some(Likeness::Unsure) => None,
        weighed => weighed,
    }
}

fn weigh_names(given: Option<Likeness>, family: Option<Likeness>) -> Option<(DuplicateReason, f64)> {
    use DuplicateReason as R;
    use Likeness as L;
    Some(match (given, family) {
        (Some(L::Same), Some(L::Same)) => (R::SameName, 0.7),
        (Some(L::Same | L::Similar), Some(L::Same | L::Similar)) => (R::SimilarName, 0.55),
        (Some(L::Same), Some(L::Unsure)) => (R::SimilarName, 0.4),
        (Some(L::Same), Some(L::Other)) => (R::SameFirstName, 0.3),
        (Some(L::Similar), Some(L::Other | L::Unsure)) => (R::DifferentLastName, -0.35),
        (Some(L::Unsure), Some(L::Same | L::Similar)) => (R::DifferentFirstName, -0.5),
        (Some(L::Other), Some(L::Same | L::Similar | L::Unsure)) => (R::DifferentFirstName, -0.75),
        (Some(L::Other | L::Unsure), Some(_)) => (R::DifferentName, -0.9),
        (None, Some(L::Same)) => (R::SameLastName, 0.3),
        (None, Some(L::Similar)) => (R::SameLastName, 0.2),
        (Some(L::Same), None) => (R::SameFirstName, 0.15),
        (None, Some(_)) | (Some(_), None) => (R::DifferentName, -0.5),
        (None, None) => return None,
    })
}

/// How alike given names are; `None` if there are none to compare.
fn given(left: &[String], right: &[String]) -> Option<Likeness> {
    let (first_left, first_right) = (left.first()?, right.first()?);
    if left == right || left.concat() == right.concat() {
        return Some(Likeness::Same);
    }
    let likeness = compare_given(first_left, first_right);
    if !likeness.is_alike() {
        // One of several given names is used.
        return Some(if is_part(left, right, 2) { Likeness::Similar } else { likeness });
    }
    let middle = left.get(1).zip(right.get(1)).map(|(one, other)| compare_given(one, other));
    Some(if middle == Some(Likeness::Other) { Likeness::Unsure } else { likeness })
}

/// How alike family names are; `None` if there are none to compare.
fn family(left: &[String], right: &[String]) -> Option<Likeness> {
    if left.is_empty() || right.is_empty() {
        return None;
    }
    if left == right {
        return Some(Likeness::Same);
    }
    let (joined_left, joined_right) = (left.concat(), right.concat());
    if joined_left.len() == 1 && joined_right.len() > 1 || joined_right.len() == 1 && joined_left.len() > 1 {
        let is_initial = joined_left.as_bytes().first() == joined_right.as_bytes().first();
        return Some(if is_initial { Likeness::Unsure } else { Likeness::Other });
    }
    let likeness = compare(&joined_left, &joined_right);
    Some(if is_part(left, right, 3) { likeness.max(Likeness::Similar) } else { likeness })
}

/// Whether all words of one name, which have a length, are among those of the other one.
fn is_part(left: &[String], right: &[String], shortest: usize) -> bool {
    let is_in =
        |one: &[String], other: &[String]| one.iter().all(|name| name.len() >= shortest && other.contains(name));
    is_in(left, right) || is_in(right, left)
}

/// How near two addresses are.
#[derive(Clone, Copy)]
enum Nearness {
    Address,
    Zip,
    City,
    Unknown,
    Elsewhere,
}

impl Nearness {
    const fn weight(self) -> f64 {
        match self {
            Self::Address => 0.5,
            Self::Zip => 0.25,
            Self::City => 0.15,
            Self::Unknown => 0.0,
            Self::Elsewhere => -0.12,
        }
    }
}

fn compare_places(left: &Place, right: &Place) -> Nearness {
    let zip = left.zip.as_ref().zip(right.zip.as_ref()).map(|(one, other)| one == other);
    let city = left.city.as_ref().zip(right.city.as_ref()).map(|(one, other)| compare(one, other).is_alike());
    let is_near = zip == Some(true) || (city == Some(true) && zip.is_none());
    let has_street = !left.street.is_empty() && !right.street.is_empty();
    let is_same_street = has_street
        && left.number == right.number
        && (left.street == right.street || strsim::jaro_winkler(&left.street, &right.street) >= 0.9);
    match (zip, city) {
        _ if is_same_street && (is_near || city == Some(true)) => Nearness::Address,
        (Some(true), _) => Nearness::Zip,
        (_, Some(true)) => Nearness::City,
        (None, None) => Nearness::Unknown,
        _ => Nearness::Elsewhere,
    }
}
