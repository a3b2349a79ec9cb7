//! Orders of lists, as in requests: `name`, or `-name` for descending.

use std::fmt::{self, Debug};
use std::str::FromStr;

use sea_orm::sea_query::Expr;

use crate::base::error::Malformed;
use crate::query::page::{KeyKind, Order};

/// The sort keys of an entity.
pub trait SortKey: Copy + Debug + PartialEq + 'static {
    /// All sort keys with their names in requests; the first one is the default.
    const ALL: &'static [(Self, &'static str)];
    /// Whether the default order is descending.
    const DESCENDING: bool = true;

    /// The name in requests.
    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(key, _)| *key == self).map_or("", |(_, name)| name)
    }
}

/// An order of a list; written `name`, or `-name` for descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sort<K> {
    /// The sort key.
    pub key: K,
    /// Whether the order is descending.
    pub descending: bool,
}

impl<K: SortKey> Default for Sort<K> {
    fn default() -> Self {
        Self { key: K::ALL[0].0, descending: K::DESCENDING }
    }
}

impl<K: SortKey> fmt::Display for Sort<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.key.name())
    }
}

impl<K: SortKey> FromStr for Sort<K> {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let known = K::ALL.iter().find(|(_, known)| *known == name);
        known.map(|(key, _)| Self { key: *key, descending }).ok_or_else(|| {
            let names: Vec<_> = K::ALL.iter().map(|(_, name)| *name).collect();
            let detail = format!("sort is one of {}, with - before it for descending", names.join(", "));
            Malformed::new("sort_invalid", "sort", detail)
        })
    }
}

impl<K: SortKey> Sort<K> {
    /// The order by this column, which is never NULL and has an index that continues with the id.
    #[must_use]
    pub fn order(self, table: &'static str, column: &'static str, kind: KeyKind) -> Order {
        Order {
            name: self.to_string(),
            key: Expr::col((table, column)),
            kind,
            id: Expr::col((table, "id")),
            descending: self.descending,
            computed: false,
        }
    }
}
