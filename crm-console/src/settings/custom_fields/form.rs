//! The form of a custom field. Its key and its type are given once.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::custom_fields::{CustomField, CustomFieldOption, CustomFieldPatch, CustomFieldType, NewCustomField};
use crm_core::ids::CustomFieldId;
use crm_core::patch::Patch;
use serde_json::{Number, Value};

use super::super::{Around, choices, faults};
use super::LIST;
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults, parsed};
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

/// What stands between the value of an option and its label.
const SEPARATOR: char = '|';
/// The fields of the form that have faults of their own.
const NAMES: &[&str] = &[
    "label",
    "key",
    "type",
    "description",
    "group",
    "options",
    "default",
    "minimum",
    "maximum",
    "pattern",
    "position",
];

#[derive(Template)]
#[template(path = "settings/custom_field.html")]
struct FieldPage {
    around: Around,
    frame: Frame,
    action: String,
    title: String,
    /// What is there already.
    field: Option<CustomField>,
    kind: String,
    kinds: Vec<Choice>,
    typed: Fields,
    faults: Faults,
    others: Vec<String>,
    is_stale: bool,
    may_manage: bool,
}

impl FieldPage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }

    /// The lines of text, with their names in messages and their lengths.
    fn lines(&self) -> &'static [(&'static str, &'static str, u16)] {
        &[
            ("description", "fields-description", 250),
            ("group", "fields-group", 64),
            ("default", "fields-default", 1000),
            ("minimum", "fields-minimum", 20),
            ("maximum", "fields-maximum", 20),
            ("pattern", "fields-pattern", 200),
            ("position", "fields-position", 7),
        ]
    }

    fn flags(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("isRequired", "fields-required"),
            ("isSearchable", "fields-searchable"),
            ("isUnique", "fields-unique"),
            ("isIndexed", "fields-indexed"),
            ("isPersonalData", "fields-personal"),
        ]
    }
}

/// What a form has left open.
struct Open {
    status: StatusCode,
    typed: Fields,
    faults: Faults,
    is_stale: bool,
}

impl Open {
    fn of(typed: Fields) -> Self {
        Self { status: StatusCode::OK, typed, faults: Faults::default(), is_stale: false }
    }
}

pub(super) async fn add(visit: Visit) -> PageResult {
    visit.authorize(Resource::CustomFields, Action::Create, None)?;
    render(&visit, None, Open::of(visit.query.clone()))
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    visit.authorize(Resource::CustomFields, Action::Read, None)?;
    let field = visit.scope().custom_fields().get(parsed::<CustomFieldId>(&id)?).await?;
    let typed = typed(&field);
    render(&visit, Some(field), Open::of(typed))
}

/// The field as the form shows it.
fn typed(field: &CustomField) -> Fields {
    let number = |number: &Option<Number>| number.as_ref().map(ToString::to_string).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let flag = |flag: bool| if flag { "true" } else { "" };
    let default = field.default.as_ref().map(|value| field.text_of_value(value)).unwrap_or_default();
    let options = field.options.iter().filter(|option| !option.is_archived).map(|option| match &option.label {
        Some(label) => format!("{} {SEPARATOR} {label}", option.value),
        None => option.value.clone(),
    });
    Fields::default()
        .and("label", &field.label)
        .and("description", &text(&field.description))
        .and("group", &text(&field.group))
        .and("options", &options.collect::<Vec<_>>().join("\n"))
        .and("default", &default)
        .and("minimum", &number(&field.minimum))
        .and("maximum", &number(&field.maximum))
        .and("pattern", &text(&field.pattern))
        .and("position", &field.position.to_string())
        .and("isRequired", flag(field.is_required))
        .and("isSearchable", flag(field.is_searchable))
        .and("isUnique", flag(field.is_unique))
        .and("isIndexed", flag(field.is_indexed))
        .and("isPersonalData", flag(field.is_personal_data))
}

fn render(visit: &Visit, field: Option<CustomField>, open: Open) -> PageResult {
    let around = Around::of(visit, "fields");
    let frame = around.frame.clone();
    let Open { status, typed, faults, is_stale } = open;
    let action = field.as_ref().map_or_else(|| LIST.to_owned(), |field| format!("{LIST}/{}", field.id));
    let chosen = typed.get("type").unwrap_or(CustomFieldType::Text.as_str());
    let page = FieldPage {
        action: frame.url(&action),
        title: field.as_ref().map_or_else(|| frame.t("fields-add"), |field| field.label.clone()),
        kind: field.as_ref().map(|field| frame.named("field-type", field.field_type.as_str())).unwrap_or_default(),
        kinds: choices(&frame, "field-type", CustomFieldType::NAMES, chosen),
        others: faults.elsewhere(NAMES),
        may_manage: visit.may(Resource::CustomFields, Action::Update, None),
        field,
        typed,
        faults,
        is_stale,
        around,
        frame,
    };
    html(status, &page)
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    let new = match read(&form.0, None) {
        Ok(new) => new,
        Err(field) => return unreadable(&visit, None, form.0, field),
    };
    match visit.scope().custom_fields().create(new).await {
        Ok(_) => Ok(see_other(visit.frame.url(&format!("{LIST}?done=field-added")))),
        Err(error) => faulty(&visit, None, form.0, error),
    }
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (id, version) = (parsed::<CustomFieldId>(&id)?, form.version()?);
    let mut scope = visit.scope();
    let before = scope.custom_fields().get(id).await?;
    let new = match read(&form.0, Some(&before)) {
        Ok(new) => new,
        Err(field) => return unreadable(&visit, Some(before), form.0, field),
    };
    match scope.custom_fields().update(id, patch(new), Some(version)).await {
        Ok(_) => Ok(see_other(visit.frame.url(&format!("{LIST}?done=field-saved")))),
        Err(error) => {
            let now = scope.custom_fields().get(id).await?;
            faulty(&visit, Some(now), form.0, error)
        }
    }
}

fn unreadable(visit: &Visit, field: Option<CustomField>, typed: Fields, name: &str) -> PageResult {
    let faults = Faults::unreadable(name, visit.frame.language());
    render(visit, field, Open { status: StatusCode::UNPROCESSABLE_ENTITY, typed, faults, is_stale: false })
}

fn faulty(visit: &Visit, field: Option<CustomField>, typed: Fields, error: Error) -> PageResult {
    let (status, faults, is_stale) = match error {
        Error::Stale { .. } => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
        error => (StatusCode::UNPROCESSABLE_ENTITY, faults(error, visit.frame.language())?, false),
    };
    render(visit, field, Open { status, typed, faults, is_stale })
}

/// The field that a form describes.
///
/// # Errors
/// The name of a value that is no number.
fn read(form: &Fields, before: Option<&CustomField>) -> Result<NewCustomField, &'static str> {
    let text = |name: &str| form.get(name).map(str::to_owned);
    let flag = |name: &str| Some(form.get(name).is_some());
    let number = |name: &'static str| match form.get(name) {
        Some(text) => text.parse::<Number>().map(Some).map_err(|_| name),
        None => Ok(None),
    };
    let position = form.get("position").map(str::parse).transpose().map_err(|_| "position")?;
    let kind = form.get("type").and_then(|kind| kind.parse().ok());
    let mut new = NewCustomField {
        key: before.map_or_else(|| text("key"), |before| Some(before.key.clone())),
        field_type: before.map_or(kind, |before| Some(before.field_type)),
        label: text("label"),
        description: text("description"),
        group: text("group"),
        options: Some(options(form.text("options"), before)),
        minimum: number("minimum")?,
        maximum: number("maximum")?,
        pattern: text("pattern"),
        position,
        is_required: flag("isRequired"),
        is_searchable: flag("isSearchable"),
        is_unique: flag("isUnique"),
        is_indexed: flag("isIndexed"),
        is_personal_data: flag("isPersonalData"),
        ..NewCustomField::default()
    };
    new.default = form.get("default").map(|default| new.value_of_text(default)).filter(|value| !value.is_null());
    Ok(new)
}

/// One option on each line. One that is taken out is archived, because records may have it.
fn options(text: &str, before: Option<&CustomField>) -> Vec<CustomFieldOption> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut options: Vec<CustomFieldOption> = lines
        .map(|line| match line.split_once(SEPARATOR) {
            Some((value, label)) => {
                CustomFieldOption { label: Some(label.to_owned()), ..CustomFieldOption::new(value.trim()) }
            }
            None => CustomFieldOption::new(line),
        })
        .collect();
    for gone in before.into_iter().flat_map(|before| &before.options) {
        if options.iter().all(|option| option.value != gone.value) {
            options.push(CustomFieldOption { is_archived: true, ..gone.clone() });
        }
    }
    options
}

/// The change that makes a field this one.
fn patch(new: NewCustomField) -> CustomFieldPatch {
    CustomFieldPatch {
        label: new.label.into(),
        description: new.description.into(),
        group: new.group.into(),
        options: new.options.into(),
        default: new.default.map_or(Patch::<Value>::Clear, Patch::Set),
        minimum: new.minimum.into(),
        maximum: new.maximum.into(),
        pattern: new.pattern.into(),
        position: new.position.into(),
        is_required: new.is_required.into(),
        is_searchable: new.is_searchable.into(),
        is_unique: new.is_unique.into(),
        is_indexed: new.is_indexed.into(),
        is_personal_data: new.is_personal_data.into(),
        ..CustomFieldPatch::default()
    }
}
