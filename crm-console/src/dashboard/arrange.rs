//! The parts of the dashboard: their order, their width, whose records they have, and which are hidden.

use actix_web::HttpResponse;
use crm_core::actor::{Action, Actor, Reach, Resource};
use crm_core::patch::Patch;
use crm_core::preferences::{DashboardPreferences, PreferencesPatch, TilePreference, TileSize};
use crm_web::problem::ApiError;

use crate::web::{Form, Frame, Visit, see_other};

/// The numbers at the top, and the panels below them.
const NUMBERS: &[&str] = &["new-customers", "new-leads", "interactions-completed", "interactions-planned", "overdue"];
const PANELS: &[&str] = &[
    "chart",
    "due-tasks",
    "pipeline",
    "won-by-month",
    "rotten-deals",
    "leads-by-source",
    "customers-by-status",
    "due-overdue",
    "due-coming",
    "activity",
];
/// The panels that can have only what is the user's own, and the records in them.
const OWNED: &[(&str, Resource)] = &[
    ("pipeline", Resource::Deals),
    ("won-by-month", Resource::Deals),
    ("rotten-deals", Resource::Deals),
    ("leads-by-source", Resource::Leads),
];
/// The panels that are there for those who ask for them.
const ASKED_FOR: &[&str] = &["customers-by-status", "leads-by-source"];

/// A part of the dashboard, as a user has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile {
    pub id: &'static str,
    pub is_hidden: bool,
    pub is_wide: bool,
    /// Whether it has only what is the user's own.
    pub is_mine: bool,
}

/// A part of the dashboard, while it is arranged.
pub(super) struct Part {
    pub id: &'static str,
    pub label: String,
    pub is_hidden: bool,
    /// Absent where there is no choice.
    pub is_wide: Option<bool>,
    pub is_mine: Option<bool>,
}

impl Tile {
    /// What those with the rights of this user begin with: who sells sees their own deals, who manages everybody's, and
    /// the others none. Customers and leads are counted for those who ask for it.
    fn usual(actor: &Actor, id: &'static str) -> Self {
        let sells = owned(id).map(|resource| actor.reach(resource, Action::Update));
        Self {
            id,
            is_hidden: ASKED_FOR.contains(&id) || sells == Some(None),
            is_wide: matches!(id, "chart" | "due-tasks" | "activity"),
            is_mine: sells == Some(Some(Reach::Own)),
        }
    }

    /// The same as the user has arranged it.
    fn arranged(self, tile: &TilePreference) -> Self {
        let is_wide = tile.size.map_or(self.is_wide, |size| size == TileSize::Full);
        Self { is_hidden: tile.hidden, is_wide, is_mine: tile.mine.unwrap_or(self.is_mine), ..self }
    }

    fn preference(self) -> TilePreference {
        let size = Some(if self.is_wide { TileSize::Full } else { TileSize::Half });
        let is_panel = PANELS.contains(&self.id);
        TilePreference {
            id: self.id.to_owned(),
            hidden: self.is_hidden,
            size: size.filter(|_| is_panel),
            mine: owned(self.id).map(|_| self.is_mine),
        }
    }
}

/// The records of a panel that can have only what is the user's own.
fn owned(id: &str) -> Option<Resource> {
    OWNED.iter().find(|(panel, _)| *panel == id).map(|(_, resource)| *resource)
}

/// The parts in the order of the user; those that they have not arranged come last.
fn tiles(visit: &Visit, group: &[&'static str]) -> Vec<Tile> {
    let chosen = visit.preferences.dashboard.as_ref().map_or(&[][..], |dashboard| &dashboard.tiles);
    let known = chosen.iter().filter_map(|tile| {
        let id = group.iter().find(|id| **id == tile.id)?;
        Some(Tile::usual(visit.actor(), id).arranged(tile))
    });
    let mut tiles: Vec<Tile> = known.collect();
    for id in group {
        if !tiles.iter().any(|tile| tile.id == *id) {
            tiles.push(Tile::usual(visit.actor(), id));
        }
    }
    tiles
}

/// The numbers that are shown, in their order.
pub(super) fn numbers(visit: &Visit) -> Vec<&'static str> {
    tiles(visit, NUMBERS).into_iter().filter(|tile| !tile.is_hidden).map(|tile| tile.id).collect()
}

/// The panels that are shown, in their order.
pub(super) fn panels(visit: &Visit) -> Vec<Tile> {
    tiles(visit, PANELS).into_iter().filter(|tile| !tile.is_hidden).collect()
}

/// All parts, to be arranged.
pub(super) fn parts(frame: &Frame, visit: &Visit) -> Vec<Part> {
    let label = |id: &str| match id {
        "chart" => frame.t("chart-title"),
        "activity" => frame.t("activity-title"),
        id if id.starts_with("due-") => frame.w("arrange-list", &frame.t(id)),
        id if PANELS.contains(&id) => frame.named("panel", id),
        id => frame.named("tile", id),
    };
    let part = |tile: Tile| Part {
        id: tile.id,
        label: label(tile.id),
        is_hidden: tile.is_hidden,
        is_wide: PANELS.contains(&tile.id).then_some(tile.is_wide),
        is_mine: owned(tile.id).map(|_| tile.is_mine),
    };
    [NUMBERS, PANELS].into_iter().flat_map(|group| tiles(visit, group)).map(part).collect()
}

/// Moves, hides, shows or widens a part, or forgets all that was arranged.
pub(super) async fn arrange(visit: Visit, form: Form) -> Result<HttpResponse, ApiError> {
    let (id, what) = (form.0.text("tile"), form.0.text("do"));
    let dashboard = match what {
        "reset" => Patch::Clear,
        _ => {
            let groups = [NUMBERS, PANELS].into_iter().map(|group| moved(tiles(&visit, group), id, what));
            Patch::Set(DashboardPreferences { tiles: groups.flatten().map(Tile::preference).collect() })
        }
    };
    visit.scope().preferences().update(PreferencesPatch { dashboard, ..PreferencesPatch::default() }, None).await?;
    Ok(see_other(format!("{}?arrange=1", visit.frame.url(""))))
}

fn moved(mut tiles: Vec<Tile>, id: &str, what: &str) -> Vec<Tile> {
    if let Some(place) = tiles.iter().position(|tile| tile.id == id) {
        match what {
            "up" if place > 0 => tiles.swap(place, place - 1),
            "down" if place + 1 < tiles.len() => tiles.swap(place, place + 1),
            "hide" => tiles[place].is_hidden = true,
            "show" => tiles[place].is_hidden = false,
            "full" => tiles[place].is_wide = true,
            "half" => tiles[place].is_wide = false,
            "mine" => tiles[place].is_mine = true,
            "all" => tiles[place].is_mine = false,
            _ => {}
        }
    }
    tiles
}
