//! Whose interactions are meant.

use crate::base::ids::{CustomerId, LeadId};
use crate::customers::Party;

/// The customers of [`AllInteractions`](super::AllInteractions).
#[derive(Clone, Copy, Debug)]
pub struct AnyCustomer;

/// Whose interactions they are.
pub trait Whose: Copy {
    /// The customer or the lead; none for all.
    fn party(self) -> Option<Party>;
}

impl Whose for CustomerId {
    fn party(self) -> Option<Party> {
        Some(self.into())
    }
}

impl Whose for LeadId {
    fn party(self) -> Option<Party> {
        Some(self.into())
    }
}

impl Whose for AnyCustomer {
    fn party(self) -> Option<Party> {
        None
    }
}
