//! Labelled synthetic people and organizations, for measuring how well duplicates are found.
//!
//! A seed always gives the same set. It is made after what real address books have, not after what the matcher does: records of one
//! entity differ by typing mistakes, nicknames, moves, weddings, scripts and gaps; records of different entities share
//! names, telephone numbers, addresses and mailboxes. Some of either kind nobody could tell.

mod chance;
mod organizations;
mod persons;
mod words;

use crm_core::customers::NewCustomer;

use chance::Chance;

/// A customer, and who it is.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// The customer.
    pub customer: NewCustomer,
    /// Records of one entity have one number.
    pub entity: usize,
    /// How the record came about: `base` for the first of an entity.
    pub kind: &'static str,
}

/// About `entities` people and organizations, about half of them twice.
#[must_use]
pub fn labelled(seed: u64, entities: usize) -> Vec<Labelled> {
    let mut set = Set { chance: Chance::new(seed), records: Vec::new(), entities: 0 };
    while set.entities < entities {
        match set.chance.below(100) {
            0..=57 => persons::one(&mut set),
            58..=65 => persons::family(&mut set),
            66..=71 => persons::colleagues(&mut set),
            72..=79 => persons::namesakes(&mut set),
            80..=95 => organizations::one(&mut set),
            _ => organizations::branches(&mut set),
        }
    }
    set.records
}

struct Set {
    chance: Chance,
    records: Vec<Labelled>,
    entities: usize,
}

impl Set {
    fn add(&mut self, customer: NewCustomer, kind: &'static str) {
        self.records.push(Labelled { customer, entity: self.entities, kind });
        self.entities += 1;
    }

    /// A second record of the entity that was added last.
    fn again(&mut self, customer: NewCustomer, kind: &'static str) {
        let entity = self.entities.saturating_sub(1);
        self.records.push(Labelled { customer, entity, kind });
    }
}
