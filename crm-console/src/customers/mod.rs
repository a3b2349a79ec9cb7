//! The pages of customers: the list, one customer, a new one.

mod add;
mod brief;
mod bulk;
mod columns;
mod compose;
mod consents;
mod custom;
mod edit;
mod export;
mod fields;
pub(crate) mod import;
mod links;
mod list;
pub(crate) mod merge;
mod notes;
mod page;
mod party;
mod points;
mod remove;
pub(crate) mod similar;
mod state;
mod tags;
mod timeline;

use actix_web::web::{self, ServiceConfig};
use crm_core::Conflict;
use crm_core::ids::CustomerId;
use crm_web::problem::{ApiError, Code};

pub(crate) use brief::Brief;
pub(crate) use compose::{Composer, OUTCOMES};
pub(crate) use fields::{dialled, label as field_label, values as field_values};
pub(crate) use page::tag_names;
pub(crate) use party::{Left, Party};
pub(crate) use timeline::{Context as Timeline, Day, Entry, icon as interaction_icon, kinds, with_id};

use crate::base::language::Language;
use crate::lists;
use crate::web::message;

pub(crate) fn routes(config: &mut ServiceConfig) {
    lists::routes::<list::Customers>(config);
    merge::routes(config);
    config
        .route("/customers", web::get().to(list::show))
        .route("/customers", web::post().to(add::create))
        .route("/customers/new", web::get().to(add::show))
        .route("/customers/new", web::post().to(add::check))
        .route("/customers/export.{extension}", web::get().to(export::download))
        .route("/customers/bulk", web::get().to(bulk::show))
        .route("/customers/bulk", web::post().to(bulk::change))
        .route("/customers/bulk/{action}/undo", web::post().to(bulk::undo))
        .route("/customers/bulk/{job}/cancel", web::post().to(bulk::cancel))
        .route("/customers/{id}", web::get().to(page::show))
        .route("/customers/{id}/fields/{field}", web::post().to(edit::save))
        .route("/customers/{id}/contacts/{list}", web::post().to(points::add))
        .route("/customers/{id}/contacts/{list}/{position}", web::post().to(points::act))
        .route("/customers/{id}/consents", web::get().to(consents::show))
        .route("/customers/{id}/consents", web::post().to(consents::add))
        .route("/customers/{id}/links", web::post().to(links::add))
        .route("/customers/{id}/links/{link}", web::post().to(links::act))
        // What customers and leads have in common.
        .route("/{party:customers|leads}/{id}/tags", web::post().to(tags::add))
        .route("/{party:customers|leads}/{id}/tags/{tag}/remove", web::post().to(tags::remove))
        .route("/{party:customers|leads}/{id}/notes", web::post().to(compose::note))
        .route("/{party:customers|leads}/{id}/notes/{note}/pin", web::post().to(compose::pin))
        .route("/{party:customers|leads}/{id}/notes/{note}", web::get().to(notes::read))
        .route("/{party:customers|leads}/{id}/notes/{note}/edit", web::get().to(notes::show))
        .route("/{party:customers|leads}/{id}/notes/{note}/edit", web::post().to(notes::save))
        .route("/{party:customers|leads}/{id}/notes/{note}/delete", web::post().to(notes::delete))
        .route("/{party:customers|leads}/{id}/notes/{note}/restore", web::post().to(notes::restore))
        .route("/customers/{id}/delete", web::post().to(remove::delete))
        .route("/customers/{id}/restore", web::post().to(remove::restore))
        .route("/{party:customers|leads}/{id}/interactions", web::post().to(compose::interaction))
        .route("/{party:customers|leads}/{id}/interactions/{interaction}/complete", web::post().to(compose::complete));
}

/// An id in a path. Another text names no record.
pub(crate) fn parsed<I: std::str::FromStr>(text: &str) -> Result<I, ApiError> {
    text.parse().map_err(|_| ApiError::new(Code::NotFound, "there is no such record"))
}

pub(crate) fn customer_path(id: CustomerId) -> String {
    format!("customers/{id}")
}

/// An entry of a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

/// What a write says of the values of a form: the field, by its JSON name, and the words for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Vec<(String, String)>);

impl Faults {
    /// The faults of an error, or the error itself if it is of another kind.
    pub(crate) fn of(error: crm_core::Error, language: Language) -> Result<Self, ApiError> {
        match error {
            crm_core::Error::Invalid(violations) => {
                let fault = |violation: &crm_core::Violation| {
                    let mut names = violation.pointer.trim_start_matches('/').split('/');
                    let name = match (names.next().unwrap_or_default(), names.next(), names.next()) {
                        ("customFields", Some(key), _) => format!("customFields.{key}"),
                        ("stages", Some(place), Some(name)) => format!("stages.{place}.{name}"),
                        // A form has one of them.
                        ("items" | "contacts" | "rates" | "lostReasons", Some(_), Some(name)) => name.to_owned(),
                        (name, ..) => name.to_owned(),
                    };
                    (name, message(language, violation))
                };
                Ok(Self(violations.0.iter().map(fault).collect()))
            }
            crm_core::Error::Conflict(conflict) if conflict.pointer().is_some() => {
                Ok(Self::of_conflict(conflict, language))
            }
            other => Err(other.into()),
        }
    }

    pub(crate) fn of_conflict(conflict: Conflict, language: Language) -> Self {
        let name = conflict.pointer().unwrap_or_default().trim_start_matches('/').to_owned();
        let violation = crm_core::Violation {
            pointer: name.clone(),
            code: conflict.code().to_owned(),
            detail: conflict.to_string(),
        };
        Self(vec![(name, message(language, &violation))])
    }

    /// The fault of a value that cannot even be read.
    pub(crate) fn unreadable(field: &str, language: Language) -> Self {
        Self(vec![(field.to_owned(), language.text("violation-unreadable"))])
    }

    /// The fault of a value that is missing.
    pub(crate) fn required(field: &str, language: Language) -> Self {
        Self(vec![(field.to_owned(), language.text("violation-required"))])
    }

    /// The fault of a value that a rule of this name refuses.
    pub(crate) fn named(field: &str, rule: &str, language: Language) -> Self {
        Self(vec![(field.to_owned(), language.text(&format!("violation-{rule}")))])
    }

    /// The words for a field.
    pub(crate) fn at(&self, field: &str) -> Option<String> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, words)| words.clone())
    }

    /// The words for the first of them.
    pub(crate) fn first(&self) -> Option<String> {
        self.0.first().map(|(_, words)| words.clone())
    }

    /// All fields with the words for them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, words)| (name.as_str(), words.as_str()))
    }

    /// The words for everything that is none of these fields.
    pub(crate) fn elsewhere(&self, fields: &[&str]) -> Vec<String> {
        let other = self.0.iter().filter(|(name, _)| !fields.contains(&name.as_str()));
        other.map(|(name, words)| if name.is_empty() { words.clone() } else { format!("{name}: {words}") }).collect()
    }
}
