//! Saved views above a list.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use crm_core::actor::{Action, Resource};
use crm_core::ids::SavedViewId;
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::patch::Patch;
use crm_core::preferences::{ListPreferencesPatch, Preferences};
use crm_core::saved_views::{NewSavedView, SavedView, SavedViewPatch, SavedViewQuery, ViewVisibility};
use crm_core::{CompanyScope, Error};
use crm_web::problem::ApiError;

use super::columns::of_list;
use super::{List, Listed};
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults, parsed};
use crate::web::{Form, Frame, PageResult, Visit, see_other};

/// A view as a tab.
pub(crate) struct Tab {
    pub name: String,
    pub url: String,
    pub is_shared: bool,
    pub is_open: bool,
    pub is_default: bool,
}

/// The view that is open.
pub(crate) struct Open {
    pub id: SavedViewId,
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
    /// Whether the list begins with it.
    pub is_default: bool,
}

/// What stands above a list.
pub(crate) struct Views {
    /// The parts of the list that everybody has; `value` is an address.
    pub parts: Vec<Choice>,
    pub tabs: Vec<Tab>,
    pub open: Option<Open>,
    /// Whether the user may save one.
    pub may_save: bool,
    /// The list as it is, for forms.
    pub state: String,
    /// What was wrong with the last form.
    pub fault: Option<String>,
    /// Where views are saved, and where the list begins with one.
    pub save: String,
    pub begin: String,
    /// The dialogue in which columns are chosen, where the list has columns.
    pub columns: Option<String>,
}

/// The views that a user sees of a list.
pub(crate) struct Saved {
    views: Vec<SavedView>,
    /// The one that the list begins with.
    default: Option<SavedViewId>,
}

impl Saved {
    /// Reads the views of a list.
    ///
    /// # Errors
    /// Those of the list of saved views.
    pub(crate) async fn read(
        scope: &mut CompanyScope<'_>,
        list: &List,
        preferences: &Preferences,
    ) -> Result<Self, Error> {
        let query = SavedViewQuery { entity: Some(list.entity), ..SavedViewQuery::default() };
        let views = match scope.saved_views().list(&query, &PageRequest::default().limit(MAX_PAGE)).await {
            Err(Error::Forbidden { .. }) => Vec::new(),
            page => page?.data,
        };
        // It may have been deleted since, or belong to a user who shares it no longer.
        let wanted = preferences.lists.of(list.entity).and_then(|list| list.saved_view_id);
        let default = wanted.filter(|id| views.iter().any(|view| view.id == *id));
        Ok(Self { views, default })
    }

    /// The list to begin with, if the address asks for nothing.
    pub(crate) fn first(&self, visit: &Visit, list: &List, fields: &Fields) -> Option<Fields> {
        if !fields.is_empty() || !visit.query.is_empty() {
            return None;
        }
        let view = self.views.iter().find(|view| Some(view.id) == self.default)?;
        Some(list.fields_of(view))
    }

    /// Whether the list begins with one of them.
    pub(crate) const fn has_default(&self) -> bool {
        self.default.is_some()
    }

    /// What stands above the list that these fields describe.
    pub(crate) fn shown(self, visit: &Visit, list: &List, fields: &Fields, fault: Option<String>) -> Views {
        let (frame, asked) = (&visit.frame, fields.text("view"));
        let url = |path: &str| frame.url(&format!("{}/{path}", list.path));
        let tab = |view: &SavedView| Tab {
            name: view.name.clone(),
            url: address(frame, list, view),
            is_shared: view.visibility == ViewVisibility::Shared,
            is_open: view.id.to_string() == asked,
            is_default: Some(view.id) == self.default,
        };
        let open = self.views.iter().find(|view| view.id.to_string() == asked);
        Views {
            parts: Vec::new(),
            tabs: self.views.iter().map(tab).collect(),
            open: open.map(|view| opened(visit, list, fields, view, Some(view.id) == self.default)),
            may_save: visit.actor().reach(Resource::SavedViews, Action::Create).is_some(),
            state: fields.query(),
            fault,
            save: url("views"),
            begin: url("views/default"),
            columns: Some(format!("{}{}", url("columns"), fields.query())),
        }
    }
}

fn opened(visit: &Visit, list: &List, fields: &Fields, view: &SavedView, is_default: bool) -> Open {
    let held = list.fields_of(view);
    let may = visit.may(Resource::SavedViews, Action::Update, view.owner_id);
    let is_own = view.owner_id.is_some() && view.owner_id == visit.actor().user_id();
    Open {
        id: view.id,
        name: view.name.clone(),
        version: view.version,
        change: may.then(|| visit.frame.url(&format!("{}/views/{}", list.path, view.id))),
        is_own,
        is_shared: view.visibility == ViewVisibility::Shared,
        owner: view.owner.as_ref().filter(|_| !is_own).and_then(|owner| owner.display_name.clone()),
        is_changed: list.query_of(&held) != list.query_of(fields)
            || ["sort", "columns"].iter().any(|name| held.get(name) != fields.get(name)),
        is_default,
    }
}

fn address(frame: &Frame, list: &List, view: &SavedView) -> String {
    format!("{}{}", frame.url(list.path), list.fields_of(view).query())
}

/// The list that a form was sent from.
pub(super) fn state_of(form: &Fields) -> Fields {
    Fields::parse(form.text("state").trim_start_matches('?').as_bytes()).without("cursor", None)
}

/// Saves the list as a new view.
pub(super) async fn save<L: Listed>(visit: Visit, form: Form) -> PageResult {
    let (list, state) = (L::LIST, state_of(&form.0));
    let new = NewSavedView {
        entity: Some(list.entity),
        name: form.0.get("name").map(str::to_owned),
        visibility: form.0.get("visibility").and_then(|word| word.parse().ok()),
        query: Some(list.query_of(&state)),
        sort: state.get("sort").map(str::to_owned),
        columns: Some(list.columns_of(&state, &visit.preferences)),
        ..NewSavedView::default()
    };
    match visit.scope().saved_views().create(new).await {
        Ok(view) => Ok(see_other(address(&visit.frame, list, &view))),
        Err(error) => faulty::<L>(&visit, &state, error).await,
    }
}

/// Renames a view, keeps the list as it is in it, or deletes it.
pub(super) async fn change<L: Listed>(visit: Visit, path: Path<String>, form: Form) -> PageResult {
    let (list, id) = (L::LIST, parsed(&path)?);
    let (state, expected) = (state_of(&form.0), form.0.version());
    let mut scope = visit.scope();
    let patch = match form.0.text("do") {
        "delete" => {
            scope.saved_views().delete(id, expected).await?;
            return Ok(see_other(visit.frame.url(list.path)));
        }
        "update" => SavedViewPatch {
            query: Patch::Set(list.query_of(&state)),
            sort: state.get("sort").map(str::to_owned).into(),
            columns: Patch::Set(list.columns_of(&state, &visit.preferences)),
            ..SavedViewPatch::default()
        },
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
        Ok(view) => Ok(see_other(address(&visit.frame, list, &view))),
        Err(error) => faulty::<L>(&visit, &state, error).await,
    }
}

/// Has the list begin with a view, or with all records again.
pub(super) async fn begin_with<L: Listed>(visit: Visit, form: Form) -> PageResult {
    let (list, state) = (L::LIST, state_of(&form.0));
    let wanted: Option<SavedViewId> = form.0.get("default").map(parsed).transpose()?;
    let patch = ListPreferencesPatch { saved_view_id: wanted.into(), ..ListPreferencesPatch::default() };
    let notice = if wanted.is_some() { "view-first" } else { "view-not-first" };
    match visit.scope().preferences().update(of_list(list, patch), None).await {
        Ok(_) => Ok(visit.done(&format!("{}{}", visit.frame.url(list.path), state.query()), notice, None)),
        Err(error) => faulty::<L>(&visit, &state, error).await,
    }
}

/// The list with what was wrong with a form.
async fn faulty<L: Listed>(visit: &Visit, state: &Fields, error: Error) -> Result<HttpResponse, ApiError> {
    let faults = Faults::of(error, visit.frame.language())?;
    L::page(visit, state, faults.first(), StatusCode::UNPROCESSABLE_ENTITY).await
}
