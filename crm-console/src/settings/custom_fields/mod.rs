//! Custom fields: the list, its order, and what is done with a field as a whole.

mod form;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::companies::SettingsPatch;
use crm_core::custom_fields::{CustomField, CustomFieldEntity, CustomFieldPatch, CustomFieldQuery};
use crm_core::ids::CustomFieldId;
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Result};

use super::Around;
use crate::customers::parsed;
use crate::web::{ConfirmPage, Form, Frame, PageResult, Visit, html, see_other};

/// The path of the list.
const LIST: &str = "settings/custom-fields";
/// How many pages of definitions there are at most.
const PAGES: usize = 2;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/custom-fields", web::get().to(list))
        .route("/settings/custom-fields", web::post().to(form::create))
        .route("/settings/custom-fields/new", web::get().to(form::add))
        .route("/settings/custom-fields/only-defined", web::post().to(set_only_defined))
        .route("/settings/custom-fields/{id}", web::get().to(form::show))
        .route("/settings/custom-fields/{id}", web::post().to(form::save))
        .route("/settings/custom-fields/{id}/move", web::post().to(move_by_one))
        .route("/settings/custom-fields/{id}/archive", web::post().to(archive))
        .route("/settings/custom-fields/{id}/delete", web::get().to(ask))
        .route("/settings/custom-fields/{id}/delete", web::post().to(delete));
}

#[derive(Template)]
#[template(path = "settings/custom_fields.html")]
struct ListPage {
    around: Around,
    frame: Frame,
    rows: Vec<Row>,
    /// Whether fields without a definition are refused, and the version of the settings; for those who may change it.
    only_defined: Option<(bool, i64)>,
    /// The list of the archived fields.
    is_archive: bool,
    may_manage: bool,
}

struct Row {
    url: String,
    label: String,
    key: String,
    kind: String,
    group: String,
    /// What else is to be known, such as that a value is required.
    facts: Vec<String>,
    version: i64,
    is_first: bool,
    is_last: bool,
}

async fn list(visit: Visit) -> PageResult {
    visit.authorize(Resource::CustomFields, Action::Read, None)?;
    let is_archive = visit.query.get("archived").is_some();
    let mut scope = visit.scope();
    let fields = all(&mut scope, is_archive).await?;
    let may_set = visit.may(Resource::Settings, Action::Update, None) && !is_archive;
    let only_defined = if may_set {
        let settings = scope.settings().get().await?;
        Some((settings.custom_fields_only_defined, settings.version))
    } else {
        None
    };
    let around = Around::of(&visit, "fields");
    let frame = around.frame.clone();
    let last = fields.len().saturating_sub(1);
    let rows = fields.into_iter().enumerate();
    let page = ListPage {
        rows: rows.map(|(index, field)| row(&frame, field, index == 0, index == last)).collect(),
        may_manage: visit.may(Resource::CustomFields, Action::Update, None),
        only_defined,
        is_archive,
        around,
        frame,
    };
    html(StatusCode::OK, &page)
}

fn row(frame: &Frame, field: CustomField, is_first: bool, is_last: bool) -> Row {
    let facts = [
        (field.is_required, "fields-required"),
        (field.is_searchable, "fields-searchable"),
        (field.is_unique, "fields-unique"),
        (field.is_indexed, "fields-indexed"),
        (field.is_personal_data, "fields-personal"),
    ];
    Row {
        url: frame.url(&format!("{LIST}/{}", field.id)),
        kind: frame.named("field-type", field.field_type.as_str()),
        facts: facts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, name)| frame.t(name)).collect(),
        group: field.group.unwrap_or_default(),
        label: field.label,
        key: field.key,
        version: field.version,
        is_first,
        is_last,
    }
}

/// All fields of customers, in their order.
async fn all(scope: &mut CompanyScope<'_>, is_archived: bool) -> Result<Vec<CustomField>> {
    let entity = Some(CustomFieldEntity::Customer);
    let query = CustomFieldQuery { entity, is_archived, ..CustomFieldQuery::default() };
    let (mut fields, mut request) = (Vec::new(), PageRequest::default().limit(MAX_PAGE));
    for _ in 0..PAGES {
        let page = scope.custom_fields().list(&query, &request).await?;
        fields.extend(page.data);
        match page.next_cursor {
            Some(cursor) => request = PageRequest::after(cursor).limit(MAX_PAGE),
            None => break,
        }
    }
    Ok(fields)
}

/// Refuses fields without a definition, or allows them.
async fn set_only_defined(visit: Visit, form: Form) -> PageResult {
    let only_defined = Patch::Set(form.0.get("only").is_some());
    let patch = SettingsPatch { custom_fields_only_defined: only_defined, ..SettingsPatch::default() };
    let version = form.version()?;
    visit.scope().settings().update(patch, Some(version)).await?;
    Ok(see_other(visit.frame.url(&format!("{LIST}?done=company"))))
}

/// Moves a field before or behind its neighbour. Places that are the same are told apart by this.
async fn move_by_one(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: CustomFieldId = parsed(&id)?;
    let mut scope = visit.scope();
    let mut tx = scope.begin().await?;
    let mut fields = all(&mut tx.scope(), false).await?;
    if let Some(place) = fields.iter().position(|field| field.id == id) {
        let other = if form.0.text("to") == "up" { place.checked_sub(1) } else { Some(place + 1) };
        if let Some(other) = other.filter(|other| *other < fields.len()) {
            fields.swap(place, other);
        }
    }
    for (field, position) in fields.iter().zip(1..) {
        let patch = CustomFieldPatch { position: Patch::Set(position), ..CustomFieldPatch::default() };
        if field.position != position {
            tx.scope().custom_fields().update(field.id, patch, None).await?;
        }
    }
    tx.commit().await?;
    Ok(see_other(visit.frame.url(LIST)))
}

async fn archive(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let is_archived = form.0.text("archived") == "true";
    let patch = CustomFieldPatch { is_archived: Patch::Set(is_archived), ..CustomFieldPatch::default() };
    let version = form.version()?;
    visit.scope().custom_fields().update(parsed(&id)?, patch, Some(version)).await?;
    let done = if is_archived { "field-archived" } else { "field-restored" };
    Ok(see_other(visit.frame.url(&format!("{LIST}?done={done}"))))
}

async fn ask(visit: Visit, id: web::Path<String>) -> PageResult {
    visit.authorize(Resource::CustomFields, Action::Delete, None)?;
    let field = visit.scope().custom_fields().get(parsed(&id)?).await?;
    let frame = visit.frame.clone().within("settings");
    let page = ConfirmPage {
        action: frame.url(&format!("{LIST}/{}/delete", field.id)),
        back: frame.url(&format!("{LIST}/{}", field.id)),
        title: frame.w("fields-delete-this", &field.label),
        text: frame.t("fields-delete-text"),
        label: frame.t("delete"),
        version: field.version,
        stays: false,
        frame,
    };
    html(StatusCode::OK, &page)
}

async fn delete(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let version = form.0.version();
    visit.scope().custom_fields().delete(parsed(&id)?, version).await?;
    Ok(see_other(visit.frame.url(&format!("{LIST}?done=field-deleted"))))
}
