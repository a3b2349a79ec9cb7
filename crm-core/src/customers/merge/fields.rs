//! The fields of a customer as a merge chooses among them.

use serde_json::{Map, Value};

/// A field that comes from one of the customers, with what belongs to it.
pub(super) struct Field {
    /// The name by which it is chosen.
    pub name: &'static str,
    /// The members of the JSON form.
    pub members: &'static [&'static str],
    /// Whether an empty one is filled from the losers.
    is_filled: bool,
    /// Whether a value that is not taken over stays in a list.
    pub is_listed: bool,
    /// Whether only a person has it.
    of_persons: bool,
}

const fn field(name: &'static str, members: &'static [&'static str]) -> Field {
    Field { name, members, is_filled: true, is_listed: false, of_persons: false }
}

const fn kept(name: &'static str, members: &'static [&'static str]) -> Field {
    Field { is_filled: false, ..field(name, members) }
}

const fn listed(name: &'static str, members: &'static [&'static str]) -> Field {
    Field { is_listed: true, ..field(name, members) }
}

const fn personal(name: &'static str, members: &'static [&'static str]) -> Field {
    Field { of_persons: true, ..field(name, members) }
}

/// All of them but for lists and objects.
pub(super) static FIELDS: &[Field] = &[
    kept("kind", &["kind"]),
    kept("name", &["name"]),
    personal("salutation", &["salutation"]),
    // The parts of a name are of one person: they are filled together.
    kept("firstName", &["firstName"]),
    kept("middleName", &["middleName"]),
    kept("lastName", &["lastName"]),
    personal("nameSuffix", &["nameSuffix"]),
    listed("email", &["email"]),
    listed("phone", &["phone", "phoneE164"]),
    personal("organizationName", &["organizationName"]),
    personal("jobTitle", &["jobTitle"]),
    personal("department", &["department"]),
    personal("birthDate", &["birthDate"]),
    field("language", &["language"]),
    field("timeZone", &["timeZone"]),
    field("industry", &["industry"]),
    field("employeeBand", &["employeeBand"]),
    field("annualRevenue", &["annualRevenue"]),
    field("taxId", &["taxId"]),
    field("website", &["website"]),
    listed("address", &["address", "addressLine2", "city", "state", "zipCode", "country", "countryCode"]),
    kept("status", &["status"]),
    field("lifecycleStage", &["lifecycleStage"]),
    field("relationship", &["relationship"]),
    field("ownerId", &["ownerId", "owner"]),
    field("source", &["source"]),
    field("sourceCreatedAt", &["sourceCreatedAt"]),
    field("description", &["description"]),
    kept("isArchived", &["isArchived"]),
];

/// Filled together.
const NAME: Field = personal("firstName", &["firstName", "middleName", "lastName"]);

/// The objects whose members are chosen one by one.
pub(super) const OBJECTS: [&str; 2] = ["customFields", "metadata"];

/// The JSON form of a customer.
pub(super) type Members = Map<String, Value>;

/// What is chosen.
#[derive(Clone, Copy)]
pub(super) enum Choice<'n> {
    Field(&'static Field),
    Member { object: &'static str, key: &'n str },
}

/// What a name in a choice stands for.
pub(super) fn named(name: &str) -> Option<Choice<'_>> {
    if let Some(field) = FIELDS.iter().find(|field| field.name == name) {
        return Some(Choice::Field(field));
    }
    let (object, key) = name.split_once('.')?;
    let object = OBJECTS.into_iter().find(|known| *known == object)?;
    Some(Choice::Member { object, key })
}

impl Field {
    /// What a customer has of it, without what is derived: a value, or an object of several.
    pub fn value(&self, of: &Members) -> Value {
        let given = |name: &&&str| !["phoneE164", "countryCode", "owner"].contains(*name);
        let has = |name: &&str| Some(((*name).to_owned(), of.get(*name).filter(|value| !value.is_null())?.clone()));
        let mut members: Members = self.members.iter().filter(given).filter_map(has).collect();
        match self.members {
            [_, _, _, ..] if members.is_empty() => Value::Null,
            [_, _, _, ..] => Value::Object(members),
            _ => members.remove(self.name).unwrap_or_default(),
        }
    }

    /// Takes it over.
    pub fn copy(&self, from: &Members, to: &mut Members) {
        for name in self.members {
            to.insert((*name).to_owned(), from.get(*name).cloned().unwrap_or_default());
        }
    }

    fn is_empty(&self, of: &Members) -> bool {
        self.members.iter().all(|name| of.get(*name).is_none_or(Value::is_null))
    }
}

/// Fills what is empty from the first that has it.
pub(super) fn fill(customer: &mut Members, losers: &[Members]) {
    let is_person = customer.get("kind").is_some_and(|kind| kind == "person");
    let fields = FIELDS.iter().filter(|field| field.is_filled).chain(std::iter::once(&NAME));
    for field in fields.filter(|field| is_person || !field.of_persons) {
        if let Some(from) = losers.iter().find(|of| !field.is_empty(of)).filter(|_| field.is_empty(customer)) {
            field.copy(from, customer);
        }
    }
    for object in OBJECTS {
        let members = losers.iter().filter_map(|of| of.get(object)?.as_object()).flatten();
        let Some(Value::Object(held)) = customer.get_mut(object) else { continue };
        for (key, value) in members {
            held.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
}

/// A member of one of the objects.
pub(super) fn member<'m>(of: &'m Members, object: &str, key: &str) -> Option<&'m Value> {
    of.get(object)?.get(key)
}

/// Takes over what was chosen.
pub(super) fn choose(choice: Choice<'_>, from: &Members, to: &mut Members) {
    match choice {
        Choice::Field(field) => field.copy(from, to),
        Choice::Member { object, key } => {
            let Some(Value::Object(held)) = to.get_mut(object) else { return };
            match member(from, object, key) {
                Some(value) => drop(held.insert(key.to_owned(), value.clone())),
                None => drop(held.remove(key)),
            }
        }
    }
}
