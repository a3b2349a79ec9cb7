//! Which of the merged customers' primary organizations and parents the survivor has afterwards.

use super::super::super::model::Customer;
use crate::base::error::{Result, Violations};
use crate::base::ids::CustomerId;
use crate::base::text::fold;

/// The name by which a merge chooses among the organizations of people.
pub(in super::super::super) const ORGANIZATION_NAME: &str = "organizationName";

/// What the survivor has: the first that one of them has outside the merge, the survivor before the others.
pub(in super::super::super) struct Inheritance {
    /// The place of the customer whose primary link stays primary.
    primary: Option<usize>,
    organization_id: Option<CustomerId>,
    organization_name: Option<String>,
    parent: Option<usize>,
    pub(super) parent_id: Option<CustomerId>,
}

impl Inheritance {
    /// Of these customers, the survivor first. `chosen` is the customer whose organization stands by choice, even if it is
    /// none.
    pub(in super::super::super) fn of(all: &[&Customer], chosen: Option<CustomerId>) -> Self {
        let outside = |id: Option<CustomerId>| id.filter(|id| all.iter().all(|customer| customer.id != *id));
        let employed = |customer: &&Customer| outside(customer.organization_id).is_some();
        let primary = match chosen {
            Some(id) => all.iter().position(|customer| customer.id == id && employed(customer)),
            None => all.iter().position(employed),
        };
        let parent = all.iter().position(|customer| outside(customer.parent_id).is_some());
        let of = |place: Option<usize>| place.and_then(|place| all.get(place));
        Self {
            primary,
            organization_id: of(primary).and_then(|customer| customer.organization_id),
            organization_name: of(primary).and_then(|customer| customer.organization_name.clone()),
            parent,
            parent_id: of(parent).and_then(|customer| customer.parent_id),
        }
    }

    /// The choice that follows from it, if nobody has chosen.
    pub(in super::super::super) fn choice(&self, all: &[&Customer]) -> Option<(String, CustomerId)> {
        let customer = all.get(self.primary?)?;
        Some((ORGANIZATION_NAME.to_owned(), customer.id))
    }

    /// The place of the customer whose primary link stays; -1 for none.
    pub(super) fn primary_place(&self) -> i64 {
        self.primary.map_or(-1, |place| i64::try_from(place).unwrap_or(-1))
    }

    /// The place among the losers of the one whose parent it is.
    pub(super) fn parent_from(&self) -> Option<usize> {
        self.parent?.checked_sub(1)
    }

    /// Writes it into the survivor. Another name than that of the organization is refused.
    pub(in super::super::super) fn write(&self, survivor: &mut Customer) -> Result<()> {
        (survivor.organization_id, survivor.parent_id) = (self.organization_id, self.parent_id);
        if self.organization_id.is_none() {
            return Ok(());
        }
        let folded = |name: &Option<String>| name.as_deref().map(fold);
        if folded(&survivor.organization_name) != folded(&self.organization_name) {
            let detail = "the name is that of the person's primary organization; choose whose organization stands by \
                          fields.organizationName, or rename the organization";
            return Err(Violations::one("/values/organizationName", "organization_linked", detail).into());
        }
        survivor.organization_name.clone_from(&self.organization_name);
        Ok(())
    }
}
