//! Saved views above the list of customers.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use crm_core::actor::{Action, Resource};
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::patch::Patch;
use crm_core::saved_views::{NewSavedView, SavedView, SavedViewPatch, SavedViewQuery, ViewEntity, ViewVisibility};
use crm_core::{CompanyScope, Error};
use crm_web::problem::ApiError;

use super::{Faults, columns, list, parsed, state};
use crate::base::fields::Fields;
use crate::web::{Form, Frame, PageResult, Visit, see_other};

/// A view as a tab.
pub(super) struct Tab {
    pub name: String,
    pub url: String,
    pub is_shared: bool,
    pub is_open: bool,
}

/// The view that is open.
pub(super) struct Open {
    pub name: String,
    pub version: i64,
    /// Where it is changed, by those who may.
    pub change: Option<String>,
    /// Whether the user decides who sees it.
    pub is_own: bool,
    pub is_shared: bool,
    pub owner: Option<String>,
    /// Whether the list shows something else by now.
    pub is_changed: bool,
}

/// The views above a list.
pub(super) struct Views {
    pub tabs: Vec<Tab>,
    pub open: Option<Open>,
    /// Whether the user may save one.
    pub may_save: bool,
    /// The list as it is, for forms.
    pub state: String,
    /// What was wrong with the last form.
    pub fault: Option<String>,
}

impl Views {
    /// Reads the views of customers.
    pub(super) async fn read(
        visit: &Visit,
        scope: &mut CompanyScope<'_>,
        fields: &Fields,
        fault: Option<String>,
    ) -> Result<Self, Error> {
        let query = SavedViewQuery { entity: Some(ViewEntity::Customers), ..SavedViewQuery::default() };
        let views = match scope.saved_views().list(&query, &PageRequest::default().limit(MAX_PAGE)).await {
            Err(Error::Forbidden { .. }) => Vec::new(),
            page => page?.data,
        };
        let asked = fields.text("view");
        let open = views.iter().find(|view| view.id.to_string() == asked);
        let tab = |view: &SavedView| Tab {
            name: view.name.clone(),
            url: address(&visit.frame, view),
            is_shared: view.visibility == ViewVisibility::Shared,
            is_open: view.id.to_string() == asked,
        };
        Ok(Self {
            tabs: views.iter().map(tab).collect(),
            open: open.map(|view| opened(visit, fields, view)),
            may_save: visit.actor().reach(Resource::SavedViews, Action::Create).is_some(),
            state: fields.query(),
            fault,
        })
    }
}

fn opened(visit: &Visit, fields: &Fields, view: &SavedView) -> Open {
    let held = state::fields_of(view);
    let may = visit.may(Resource::SavedViews, Action::Update, view.owner_id);
    let is_own = view.owner_id.is_some() && view.owner_id == visit.actor().user_id();
    Open {
        name: view.name.clone(),
        version: view.version,
        change: may.then(|| visit.frame.url(&format!("customers/views/{}", view.id))),
        is_own,
        is_shared: view.visibility == ViewVisibility::Shared,
        owner: view.owner.as_ref().filter(|_| !is_own).and_then(|owner| owner.display_name.clone()),
        is_changed: state::query_of(&held) != state::query_of(fields)
            || ["sort", "columns"].iter().any(|name| held.get(name) != fields.get(name)),
    }
}

fn address(frame: &Frame, view: &SavedView) -> String {
    format!("{}{}", frame.url("customers"), state::fields_of(view).query())
}

/// The list that a form was sent from.
pub(super) fn state_of(form: &Fields) -> Fields {
    Fields::parse(form.text("state").trim_start_matches('?').as_bytes()).without("cursor", None)
}

/// Saves the list as a new view.
pub(super) async fn save(visit: Visit, form: Form) -> PageResult {
    let state = state_of(&form.0);
    let shown = columns::chosen(&state, &visit.preferences);
    let new = NewSavedView {
        entity: Some(ViewEntity::Customers),
        name: form.0.get("name").map(str::to_owned),
        visibility: form.0.get("visibility").and_then(|word| word.parse().ok()),
        query: Some(state::query_of(&state)),
        sort: state.get("sort").map(str::to_owned),
        columns: Some(shown.into_iter().map(str::to_owned).collect()),
        ..NewSavedView::default()
    };
    match visit.scope().saved_views().create(new).await {
        Ok(view) => Ok(see_other(address(&visit.frame, &view))),
        Err(error) => faulty(&visit, &state, error).await,
    }
}

/// Renames a view, keeps the list as it is in it, or deletes it.
pub(super) async fn change(visit: Visit, path: Path<String>, form: Form) -> PageResult {
    let id = parsed(&path)?;
    let (state, expected) = (state_of(&form.0), form.0.get("version").and_then(|version| version.parse().ok()));
    let mut scope = visit.scope();
    let patch = match form.0.text("do") {
        "delete" => {
            scope.saved_views().delete(id, expected).await?;
            return Ok(see_other(visit.frame.url("customers")));
        }
        "update" => {
            let shown = columns::chosen(&state, &visit.preferences);
            SavedViewPatch {
                query: Patch::Set(state::query_of(&state)),
                sort: state.get("sort").map(str::to_owned).into(),
                columns: Patch::Set(shown.into_iter().map(str::to_owned).collect()),
                ..SavedViewPatch::default()
            }
        }
        _ => SavedViewPatch {
            name: form.0.get("name").map(str::to_owned).into(),
            visibility: match form.0.get("visibility").and_then(|word| word.parse().ok()) {
                Some(visibility) => Patch::Set(visibility),
                None => Patch::Absent,
            },
            ..SavedViewPatch::default()
        },
    };
    match scope.saved_views().update(id, patch, expected).await {
        Ok(view) => Ok(see_other(address(&visit.frame, &view))),
        Err(error) => faulty(&visit, &state, error).await,
    }
}

/// The list with what was wrong with a form.
async fn faulty(visit: &Visit, state: &Fields, error: Error) -> Result<HttpResponse, ApiError> {
    let faults = Faults::of(error, visit.frame.language())?;
    list::page(visit, state, faults.first(), StatusCode::UNPROCESSABLE_ENTITY).await
}
