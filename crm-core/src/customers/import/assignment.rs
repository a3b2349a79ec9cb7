//! Assigns targets to the columns of a file: what the caller has mapped, then what the headers mean, then custom fields.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::columns::{Column, Columns, ImportReason, OWNER_KEY, Target};
use super::context::in_context;
use super::headers::{self, Field};
use super::lead_fields::{self, LeadField, is_shared};
use super::meaning::{Meaning, Part, Place, PlaceKind};
use super::options::{ImportOptions, MatchBy};
use super::postal;
use super::record::MAX_COLUMNS;
use super::source::ERROR_COLUMN;
use super::tables::{OWN_UID_COLUMN, UID_COLUMN};
use super::words::Words;
use crate::base::custom_field::{CompanyFields, CustomFieldEntity, FieldRules};
use crate::base::error::Malformed;
use crate::base::validation;

/// The maximum length of the name of a custom field, in bytes: what a filter can refer to.
const MAX_KEY_LENGTH: usize = 64;
/// Columns of our export that are ignored: they are derived, or set by the CRM.
const READ_ONLY: &[&str] = &[
    "id",
    "version",
    "phoneE164",
    "countryCode",
    "owner",
    "ownerName",
    "createdAt",
    "updatedAt",
    "createdBy",
    "updatedBy",
    "deletedAt",
    "organizationId",
    "parentId",
    "lastContactAt",
    "nextFollowUpAt",
];
/// Names of targets that several columns may have.
const SHARED: &[&str] = &["emails", "phones", "addresses", "tags", "notes"];
/// A place that a mapping has given.
const GIVEN: Place = Place { kind: PlaceKind::Given, number: 1 };

/// What the caller says about a column.
enum Given {
    Target(Target),
    Custom(String),
}

/// The assignment of a file.
pub(super) struct Assignment<'a> {
    headers: &'a [String],
    options: &'a ImportOptions,
    /// The custom fields that have a definition.
    fields: &'a CompanyFields,
    is_own: bool,
    targets: Vec<Option<Target>>,
    given_keys: Vec<Option<String>>,
    reasons: Vec<ImportReason>,
    keys: HashSet<String>,
}

impl<'a> Assignment<'a> {
    pub fn new(headers: &'a [String], options: &'a ImportOptions, fields: &'a CompanyFields) -> Self {
        let has = |name: &str| headers.iter().any(|header| header == name);
        let by_id = options.matches() && options.match_by == MatchBy::Id;
        // Only in our own export ids are ours.
        let is_own = by_id || has("customFields") || (has("id") && has("version")) || has(OWN_UID_COLUMN);
        Self {
            headers,
            options,
            fields,
            is_own,
            targets: vec![None; headers.len()],
            given_keys: vec![None; headers.len()],
            reasons: vec![ImportReason::Unknown; headers.len()],
            keys: HashSet::new(),
        }
    }

    pub fn run(mut self) -> Result<Columns, Malformed> {
        if !self.options.mapping.is_empty() {
            self.mapped()?;
        }
        self.defined();
        self.recognise();
        let blocks = postal::arrange(&mut self.targets);
        if self.targets.contains(&Some(Target::Field(Field::Owner))) {
            self.keys.insert(OWNER_KEY.to_owned());
        }
        let natural: Vec<String> = (0..self.headers.len()).map(|index| self.natural_key(index)).collect();
        let list = (0..self.headers.len()).map(|index| self.column(index, &natural)).collect();
        Ok(Columns { list, blocks, is_own: self.is_own })
    }

    fn has(&self, target: &Target) -> bool {
        self.targets.iter().flatten().any(|taken| taken == target)
    }

    /// The mapping of the caller. An entry that says what is recognized anyway changes nothing.
    fn mapped(&mut self) -> Result<(), Malformed> {
        let unmapped = ImportOptions { mapping: BTreeMap::new(), ..self.options.clone() };
        let recognised = Assignment::new(self.headers, &unmapped, self.fields).run()?.list;
        let (mut columns, mut names) = (HashSet::new(), HashMap::<&str, bool>::new());
        for (header, target) in &self.options.mapping {
            let at = |detail: String| Malformed::new("mapping_invalid", format!("mapping/{header}"), detail);
            let index = self.find(header).ok_or_else(|| at("the file has no such column".to_owned()))?;
            if !columns.insert(index) {
                return Err(at("another entry maps the same column".to_owned()));
            }
            self.reasons[index] = ImportReason::Mapping;
            let name = target.as_deref().map(str::trim).filter(|target| !target.is_empty());
            let is_recognised = name.is_some_and(|name| recognised[index].field().as_deref() == Some(name))
                && !matches!(recognised[index].target, Target::Custom { .. });
            // Several columns may be recognized as one field, such as the parts of a date.
            let is_taken = |name: &str| names.get(name).is_some_and(|other| !(*other && is_recognised));
            if let Some(name) = name.filter(|name| !SHARED.contains(name) && !name.contains('.')) {
                if is_taken(name) {
                    return Err(at("another column is mapped to the same field".to_owned()));
                }
                names.insert(name, is_recognised);
            }
            if is_recognised {
                continue;
            }
            let given = match name {
                None => Given::Target(Target::Nothing),
                Some(name) => self.target(name, index).map_err(&at)?,
            };
            match given {
                Given::Target(target) => self.targets[index] = Some(target),
                Given::Custom(key) => {
                    if !self.keys.insert(key.clone()) {
                        return Err(at("another column is mapped to the same field".to_owned()));
                    }
                    let is_date = headers::is_date(&self.headers[index]);
                    (self.targets[index], self.given_keys[index]) = (Some(Target::Custom { is_date }), Some(key));
                }
            }
        }
        Ok(())
    }

    /// Custom fields whose key or label is the header of a column.
    fn defined(&mut self) {
        for (index, header) in self.headers.iter().enumerate() {
            let plain = headers::plain(header);
            let is_own = header == "customFields" || plain.is_empty();
            if is_own || self.targets[index].is_some() {
                continue;
            }
            let is_named =
                |rules: &&FieldRules| headers::plain(&rules.key) == plain || headers::plain(&rules.label) == plain;
            if let Some(rules) = self.fields.of(CustomFieldEntity::Customer).find(is_named)
                && self.keys.insert(rules.key.clone())
            {
                let is_date = headers::is_date(header);
                self.take(index, ImportReason::CustomField);
                (self.targets[index], self.given_keys[index]) =
                    (Some(Target::Custom { is_date }), Some(rules.key.clone()));
            }
        }
    }

    /// The column with this header, exactly, by its number (`#3`), or ignoring case and punctuation.
    fn find(&self, header: &str) -> Option<usize> {
        let header = header.trim();
        let exact = self.headers.iter().position(|other| other == header);
        let number = || header.strip_prefix('#')?.parse::<usize>().ok()?.checked_sub(1);
        exact.or_else(|| number().filter(|index| *index < self.headers.len())).or_else(|| {
            let plain = headers::plain(header);
            self.headers.iter().position(|other| !plain.is_empty() && headers::plain(other) == plain)
        })
    }

    fn target(&self, name: &str, index: usize) -> Result<Given, String> {
        if let Some(key) = name.strip_prefix("customFields.") {
            if !validation::is_key(key) {
                return Err(validation::KEY_RULE.to_owned());
            }
            return Ok(Given::Custom(key.to_owned()));
        }
        if name == "externalRef" && self.options.external_system.is_none() {
            return Err("externalSystem must name the system of the ids".to_owned());
        }
        let place = match Meaning::of(&self.headers[index]) {
            Some(Meaning::Email(place) | Meaning::Phone(place) | Meaning::Address(place, _)) => place,
            _ => Place { kind: PlaceKind::Other, number: 1 },
        };
        if let Some(field) = LeadField::named(name).filter(|_| self.options.is_of_leads()) {
            return Ok(Given::Target(Target::Lead(field)));
        }
        let target = match name {
            "externalRef" => Target::Reference,
            "emails" => Target::Email { place, is_first: false },
            "phones" => Target::Phone { place, is_first: false },
            "emails.optedOut" => Target::OptedOut,
            "deleted" => Target::Deleted,
            _ => own(self.field(name).ok_or(
                "unknown field, expected a writable field, customFields.<name>, externalRef, emails, phones, \
                 emails.optedOut, deleted, tags, notes or id",
            )?),
        };
        Ok(Given::Target(target))
    }

    /// What the headers mean, for the columns that are not mapped.
    fn recognise(&mut self) {
        let free: Vec<bool> = self.targets.iter().map(Option::is_none).collect();
        let mut meanings = in_context(self.headers);
        self.name_profiles(&mut meanings);
        if self.options.is_of_leads() {
            meanings.iter_mut().for_each(|meaning| *meaning = meaning.filter(is_of_leads));
        }
        for (index, header) in self.headers.iter().enumerate().filter(|(index, _)| free[*index]) {
            let is_id =
                self.options.matches() && self.options.match_by == MatchBy::Id && headers::plain(header) == "id";
            let target = match header.as_str() {
                _ if is_id => Some(Target::Field(Field::Id)),
                UID_COLUMN | OWN_UID_COLUMN => Some(self.uid()),
                ERROR_COLUMN => Some(Target::Nothing),
                name if self.is_own && self.is_read_only(name) => Some(Target::Nothing),
                name => self.lead_field(name).or_else(|| self.field(name).filter(|_| self.is_own).map(own)),
            };
            if let Some(target) = target {
                meanings[index] = None;
                if target == Target::Nothing || !self.has(&target) {
                    let is_spelt = is_id || !self.is_own && matches!(target, Target::Lead(_));
                    self.take(index, if is_spelt { ImportReason::Header } else { ImportReason::OwnFile });
                    self.targets[index] = Some(target);
                }
            }
        }
        for (index, meaning) in meanings.iter().enumerate().filter(|(index, _)| free[*index]) {
            let Some(meaning) = *meaning else { continue };
            if self.targets[index].is_none() && self.is_best(meaning, index, &meanings, &free) {
                self.targets[index] = target_of(meaning);
                self.take(index, ImportReason::Header);
            }
        }
        self.name_first();
    }

    /// The field with this name, if the records have it.
    fn field(&self, name: &str) -> Option<Field> {
        Field::named(name).filter(|field| !self.options.is_of_leads() || is_shared(*field))
    }

    /// The field that only leads have: of our own export by its name, elsewhere by the words of the header.
    fn lead_field(&self, header: &str) -> Option<Target> {
        let named = if self.is_own { LeadField::named(header) } else { LeadField::spelt(header) };
        named.filter(|_| self.options.is_of_leads()).map(Target::Lead)
    }

    fn is_read_only(&self, name: &str) -> bool {
        READ_ONLY.contains(&name) || self.options.is_of_leads() && lead_fields::READ_ONLY.contains(&name)
    }

    /// Tells why a column is taken for its field, unless the caller has said so.
    fn take(&mut self, index: usize, reason: ImportReason) {
        if self.reasons[index] != ImportReason::Mapping {
            self.reasons[index] = reason;
        }
    }

    /// The ids of cards say nothing, unless the customers are ours, or the system that gave them has a name.
    fn uid(&self) -> Target {
        let is_ours = self.options.matches() && self.options.match_by == MatchBy::Id;
        match &self.options.external_system {
            _ if is_ours => Target::Field(Field::Id),
            Some(_) => Target::Reference,
            None => Target::Nothing,
        }
    }

    /// LinkedIn's connections have no id, and few have an address: there the profile is the id.
    fn name_profiles(&self, meanings: &mut [Option<Meaning>]) {
        let has = |name: &str| self.headers.iter().any(|header| headers::plain(header) == name);
        let by_reference = self.options.external_system.is_some() && self.options.match_by == MatchBy::ExternalRef;
        if by_reference && has("connectedon") && !meanings.contains(&Some(Meaning::Reference)) {
            let profile = self.headers.iter().position(|header| headers::plain(header) == "url");
            if let Some(profile) = profile {
                meanings[profile] = Some(Meaning::Reference);
            }
        }
    }

    /// Whether no other column fills the same better.
    fn is_best(&self, meaning: Meaning, index: usize, meanings: &[Option<Meaning>], free: &[bool]) -> bool {
        let others = || meanings.iter().enumerate().filter(|(other, _)| free[*other] && *other != index);
        match meaning {
            Meaning::Field(Field::Tags | Field::Notes, _) => true,
            Meaning::Field(field, rank) => {
                let beats = |(other, meaning): (usize, &Option<Meaning>)| match meaning {
                    Some(Meaning::Field(own, its)) => *own == field && (*its, other) < (rank, index),
                    _ => false,
                };
                !self.has(&Target::Field(field)) && !others().any(beats)
            }
            Meaning::Reference => {
                let rank = |index: usize| {
                    let words = Words::of(&self.headers[index]);
                    (words.is_some_and(|words| words.has("company") || words.has("related")), index)
                };
                let beats = |(other, meaning): (usize, &Option<Meaning>)| {
                    *meaning == Some(Meaning::Reference) && rank(other) < rank(index)
                };
                self.options.external_system.is_some() && !self.has(&Target::Reference) && !others().any(beats)
            }
            Meaning::IsOrganization => !self.has(&Target::Field(Field::Kind)),
            Meaning::Title | Meaning::PhoneIfOthers(_) => false,
            _ => true,
        }
    }

    /// The column of e-mail addresses and that of telephone numbers which come first.
    fn name_first(&mut self) {
        let mut best: [Option<(PlaceKind, u32, usize)>; 2] = [None; 2];
        for (index, target) in self.targets.iter().enumerate() {
            let (of, place) = match target {
                Some(Target::Email { place, .. }) => (0, place),
                Some(Target::Phone { place, .. }) => (1, place),
                _ => continue,
            };
            let rank = (place.kind, place.number, index);
            if place.kind.may_be_primary() && best[of].is_none_or(|best| rank < best) {
                best[of] = Some(rank);
            }
        }
        for (.., index) in best.into_iter().flatten() {
            if let Some(Target::Email { is_first, .. } | Target::Phone { is_first, .. }) = &mut self.targets[index] {
                *is_first = true;
            }
        }
    }

    fn column(&mut self, index: usize, natural: &[String]) -> Column {
        let given = self.given_keys[index].take();
        let key = given.unwrap_or_else(|| self.free_key(index, natural));
        let is_date = headers::is_date(&self.headers[index]);
        let target = self.targets[index].take();
        // A column whose field another one fills better is kept like an unknown one.
        let is_lost = target.is_none() && self.reasons[index] != ImportReason::Mapping;
        let reason = if is_lost { ImportReason::Unknown } else { self.reasons[index] };
        let (header, target) = (&self.headers[index], target.unwrap_or(Target::Custom { is_date }));
        Column { header: if header.is_empty() { number(index) } else { header.clone() }, target, key, reason }
    }

    /// The custom field of a header.
    fn natural_key(&self, index: usize) -> String {
        let key = headers::camel_case(&self.headers[index]).unwrap_or_else(|| number(index));
        key[..key.floor_char_boundary(MAX_KEY_LENGTH)].to_owned()
    }

    /// A custom field that no other column fills. A second column with the same name gets a number.
    fn free_key(&mut self, index: usize, natural: &[String]) -> String {
        let key = &natural[index];
        let is_second = natural[..index].contains(key);
        let free = if !is_second && !self.keys.contains(key) {
            key.clone()
        } else {
            let stem = &key[..key.floor_char_boundary(MAX_KEY_LENGTH - 4)];
            (2..=MAX_COLUMNS * 3)
                .map(|number| format!("{stem}{number}"))
                .find(|key| !self.keys.contains(key) && !natural.contains(key))
                .unwrap_or_else(|| number(index))
        };
        self.keys.insert(free.clone());
        free
    }
}

/// Whether leads have what a header means.
fn is_of_leads(meaning: &Meaning) -> bool {
    match meaning {
        Meaning::Field(field, _) => is_shared(*field),
        Meaning::BirthPart(_) => false,
        _ => true,
    }
}

/// The target of a field that is named as ours.
fn own(field: Field) -> Target {
    match (field, Part::of(field)) {
        (Field::Email, _) => Target::Email { place: GIVEN, is_first: true },
        (Field::Phone, _) => Target::Phone { place: GIVEN, is_first: true },
        (_, Some(part)) => Target::Address { place: GIVEN, part, block: 0 },
        _ => Target::Field(field),
    }
}

fn target_of(meaning: Meaning) -> Option<Target> {
    Some(match meaning {
        Meaning::Field(field, _) => Target::Field(field),
        Meaning::Email(place) => Target::Email { place, is_first: false },
        Meaning::Phone(place) => Target::Phone { place, is_first: false },
        Meaning::Address(place, part) => Target::Address { place, part, block: 0 },
        Meaning::Label(point, place) => Target::Label(point, place),
        Meaning::CallingCode(place) => Target::CallingCode(place),
        Meaning::IsOrganization => Target::IsOrganization,
        Meaning::Deleted => Target::Deleted,
        Meaning::OptedOut => Target::OptedOut,
        Meaning::Subscription => Target::Subscription,
        Meaning::BirthPart(part) => Target::BirthPart(part),
        Meaning::Reference => Target::Reference,
        Meaning::Title | Meaning::PhoneIfOthers(_) => return None,
    })
}

fn number(index: usize) -> String {
    format!("column{}", index + 1)
}
