//! Which columns of a file belong to one postal address, and which address is the main one.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::Target;
use super::meaning::{Part, Place, PlaceKind};

type Parts = BTreeMap<(PlaceKind, u32), BTreeSet<Part>>;

/// Numbers the addresses of a file in the order in which they are taken, and gives their places. A column that belongs to
/// none of them loses its target.
pub(super) fn arrange(targets: &mut [Option<Target>]) -> Vec<Place> {
    let mut parts = parts_of(targets);
    let given = parts.remove(&(PlaceKind::Given, 1)).unwrap_or_default();
    let has_street = |parts: &BTreeSet<Part>| parts.contains(&Part::Street) || parts.contains(&Part::Formatted);
    let main = parts.iter().find(|(_, parts)| has_street(parts)).or_else(|| parts.iter().next());
    let main = main.map_or((PlaceKind::Given, 1), |(place, _)| *place);
    let mut own = parts.get(&main).cloned().unwrap_or_default();
    // `Mailing Street, City, Country` are one address, which was named once.
    let joins = |place: (PlaceKind, u32), of: &BTreeSet<Part>, own: &BTreeSet<Part>| {
        let is_loose = matches!(place.0, PlaceKind::Plain | PlaceKind::Work | PlaceKind::Mailing | PlaceKind::Billing);
        place != main && !has_street(of) && is_loose && (place.0 == PlaceKind::Plain || of.is_disjoint(own))
    };
    let joined: Vec<(PlaceKind, u32)> =
        parts.iter().filter(|(place, of)| joins(**place, of, &own)).map(|(place, _)| *place).collect();
    let mut order = vec![main];
    order.extend(parts.keys().filter(|place| **place != main && !joined.contains(place)));
    let mut taken: BTreeSet<((PlaceKind, u32), Part)> = BTreeSet::new();
    for target in targets.iter_mut() {
        let Some(Target::Address { place, part, block }) = target else { continue };
        let (key, part) = ((place.kind, place.number), *part);
        let is_line = matches!(part, Part::Line | Part::Box);
        let is_lost = if place.kind == PlaceKind::Given {
            false
        } else if joined.contains(&key) {
            given.contains(&part) || !is_line && !own.insert(part)
        } else {
            key == main && given.contains(&part) || !is_line && !taken.insert((key, part))
        };
        *block = order.iter().position(|other| *other == key).unwrap_or_default();
        if is_lost {
            *target = None;
        }
    }
    order.into_iter().map(|(kind, number)| Place { kind, number }).collect()
}

fn parts_of(targets: &[Option<Target>]) -> Parts {
    let mut parts = Parts::new();
    for target in targets.iter().flatten() {
        if let Target::Address { place, part, .. } = target {
            parts.entry((place.kind, place.number)).or_default().insert(*part);
        }
    }
    parts
}
