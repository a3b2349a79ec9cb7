//! The lists of several customers as one.

use super::model::{AddressKind, CustomerAddress, CustomerEmail, CustomerPhone};
use super::settle::{Entry, mark, position};

/// An entry that can take in an equal one.
pub(in super::super) trait Folded: Entry {
    /// Whether both would be one entry of the union.
    fn is_equal(&self, other: &Self) -> bool {
        self.is_same(other)
    }
    /// Takes over what the other one says besides. A wish for no advertising holds for both.
    fn fold(&mut self, other: &Self);
}

impl Folded for CustomerEmail {
    fn fold(&mut self, other: &Self) {
        self.label = self.label.or(other.label);
        self.is_opted_out |= other.is_opted_out;
    }
}

impl Folded for CustomerPhone {
    fn fold(&mut self, other: &Self) {
        self.label = self.label.or(other.label);
        self.is_opted_out |= other.is_opted_out;
    }
}

impl Folded for CustomerAddress {
    /// An address whose kind is not known is the same as one whose kind is.
    fn is_equal(&self, other: &Self) -> bool {
        let is_known = |kind| kind != AddressKind::Other;
        self.is_same(other) && !(is_known(self.kind) && is_known(other.kind) && self.kind != other.kind)
    }

    fn fold(&mut self, other: &Self) {
        if self.kind == AddressKind::Other {
            self.kind = other.kind;
        }
    }
}

/// Adds what a list lacks, and gives what it has already.
pub(in super::super) fn unite<E: Folded>(list: &mut Vec<E>, more: &[E]) -> Vec<E> {
    let mut folded = Vec::new();
    for entry in more {
        match list.iter_mut().find(|other| other.is_equal(entry)) {
            Some(other) => {
                other.fold(entry);
                folded.push(entry.clone());
            }
            None => list.push(entry.clone()),
        }
    }
    folded
}

/// Marks the entry that the flat field tells, and no other.
pub(in super::super) fn point_at<E: Entry>(list: &mut [E], flat: Option<&E>) {
    let primary = list.iter().position(|entry| entry.primary() == Some(true));
    let place = flat.and_then(|flat| position(list, flat, primary));
    mark(list, place);
}
