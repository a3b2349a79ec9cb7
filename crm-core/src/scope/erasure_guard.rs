//! A host's veto against the erasure of a person.

use async_trait::async_trait;

use crate::base::error::Result;
use crate::base::ids::{CompanyId, CustomerId, UserId};

/// The person that a host is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErasureRequest {
    /// The company.
    pub company: CompanyId,
    /// The customer or lead that is to be erased, then the customers that were merged into it.
    pub ids: Vec<CustomerId>,
    /// The acting user; `None` for the system.
    pub user: Option<UserId>,
    /// Whether it is only tried out.
    pub dry_run: bool,
}

/// Is asked before a person is erased, for example because an invoice must be kept. Passed to
/// [`CrmBuilder::erasure_guard`](crate::CrmBuilder::erasure_guard).
///
/// It is asked outside of every transaction but a host's own, and before a dry run too. That it agrees is no promise that the
/// person is erased: the event `crm.customer.erased` or `crm.lead.erased` tells that.
#[async_trait]
pub trait ErasureGuard: Send + Sync + 'static {
    /// Who refuses, as users are told: `erp`.
    fn name(&self) -> &str;

    /// Why the person must not be erased, as users are told; `None` if nothing speaks against it.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) or another error if the host cannot tell. Nothing is erased then.
    async fn refusal(&self, request: &ErasureRequest) -> Result<Option<String>>;
}
