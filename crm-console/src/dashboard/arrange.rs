//! The parts of the dashboard: their order, and which are hidden.

use actix_web::HttpResponse;
use crm_core::patch::Patch;
use crm_core::preferences::{DashboardPreferences, Preferences, PreferencesPatch, TilePreference};
use crm_web::problem::ApiError;

use crate::web::{Form, Frame, Visit, see_other};

/// The numbers at the top, and the panels below them.
const NUMBERS: &[&str] = &["new-customers", "interactions-completed", "interactions-planned", "overdue"];
const PANELS: &[&str] = &["chart", "due-tasks", "due-overdue", "due-coming", "activity"];

/// A part of the dashboard, as it is arranged.
pub(super) struct Part {
    pub id: &'static str,
    pub label: String,
    pub is_hidden: bool,
}

/// The parts in the order of the user; those that they have not arranged come last.
fn tiles(preferences: &Preferences, group: &[&'static str]) -> Vec<(&'static str, bool)> {
    let chosen = preferences.dashboard.as_ref().map_or(&[][..], |dashboard| &dashboard.tiles);
    let known = chosen.iter().filter_map(|tile| Some((*group.iter().find(|id| **id == tile.id)?, tile.hidden)));
    let mut tiles: Vec<_> = known.collect();
    for id in group {
        if !tiles.iter().any(|(known, _)| known == id) {
            tiles.push((id, false));
        }
    }
    tiles
}

fn visible(preferences: &Preferences, group: &[&'static str]) -> Vec<&'static str> {
    tiles(preferences, group).into_iter().filter(|(_, is_hidden)| !is_hidden).map(|(id, _)| id).collect()
}

/// The numbers that are shown, in their order.
pub(super) fn numbers(preferences: &Preferences) -> Vec<&'static str> {
    visible(preferences, NUMBERS)
}

/// The panels that are shown, in their order.
pub(super) fn panels(preferences: &Preferences) -> Vec<&'static str> {
    visible(preferences, PANELS)
}

/// All parts, to be arranged.
pub(super) fn parts(frame: &Frame, preferences: &Preferences) -> Vec<Part> {
    let label = |id: &str| match id {
        "chart" => frame.t("chart-title"),
        "activity" => frame.t("activity-title"),
        id if id.starts_with("due-") => frame.w("arrange-list", &frame.t(id)),
        id => frame.named("tile", id),
    };
    let all = [NUMBERS, PANELS].into_iter().flat_map(|group| tiles(preferences, group));
    all.map(|(id, is_hidden)| Part { id, label: label(id), is_hidden }).collect()
}

/// Moves, hides or shows a part, or forgets all that was arranged.
pub(super) async fn arrange(visit: Visit, form: Form) -> Result<HttpResponse, ApiError> {
    let (id, what) = (form.0.text("tile"), form.0.text("do"));
    let dashboard = match what {
        "reset" => Patch::Clear,
        _ => {
            let groups = [NUMBERS, PANELS].into_iter().map(|group| moved(tiles(&visit.preferences, group), id, what));
            let tiles = groups.flatten().map(|(id, hidden)| TilePreference { id: id.to_owned(), hidden }).collect();
            Patch::Set(DashboardPreferences { tiles })
        }
    };
    visit.scope().preferences().update(PreferencesPatch { dashboard, ..PreferencesPatch::default() }, None).await?;
    Ok(see_other(format!("{}?arrange=1", visit.frame.url(""))))
}

fn moved(mut tiles: Vec<(&'static str, bool)>, id: &str, what: &str) -> Vec<(&'static str, bool)> {
    if let Some(place) = tiles.iter().position(|(known, _)| *known == id) {
        match what {
            "up" if place > 0 => tiles.swap(place, place - 1),
            "down" if place + 1 < tiles.len() => tiles.swap(place, place + 1),
            "hide" => tiles[place].1 = true,
            "show" => tiles[place].1 = false,
            _ => {}
        }
    }
    tiles
}
