//! The measured operations.

/// A request that the service answers, and the same work done without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// 20 customers, not counted.
    List,
    /// 20 customers with the default count.
    ListCounted,
    /// One customer.
    Get,
    /// A new customer.
    Create,
    /// A search for a last name.
    Search,
}

impl Operation {
    pub const ALL: [Self; 5] = [Self::List, Self::ListCounted, Self::Get, Self::Create, Self::Search];

    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "list-20 count=none",
            Self::ListCounted => "list-20",
            Self::Get => "get",
            Self::Create => "create",
            Self::Search => "search",
        }
    }
}
