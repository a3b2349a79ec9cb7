//! What an entity lets one filter by.

use sea_orm::sea_query::Expr;

use super::Op;

/// A field of an entity's whitelist.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// As the client writes it.
    pub name: &'static str,
    pub kind: FieldKind,
    /// Its column, or for a list the sub-select that [`FieldKind::List`] describes.
    pub column: &'static str,
}

/// How a field is compared.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FieldKind {
    /// Text that was folded when it was stored. `searched`: it is part of the entity's search text as well.
    Folded { searched: bool },
    /// An e-mail address, in lower case. Accents tell addresses apart. Part of the entity's search text as well.
    Email,
    /// Text as it stands, such as a code.
    Code,
    /// One of some names.
    Name(&'static [&'static str]),
    /// A UUID; `me` stands for the actor.
    Id,
    /// True or false.
    Bool,
    /// A moment.
    Time,
    /// A JSON object; the field is written `name.key`.
    Json,
    /// Values in rows of their own.
    List(ListColumns),
}

/// Where the values of a list are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListColumns {
    pub table: &'static str,
    pub owner_table: &'static str,
    pub owner: &'static str,
    pub value: &'static str,
    /// Where the values are ids of something else, and are asked for by its names.
    pub named: Option<NameColumns>,
}

/// Where names are, folded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameColumns {
    pub table: &'static str,
    pub key: &'static str,
}

impl FieldKind {
    /// The operators a field of this kind takes.
    pub const fn operators(self) -> &'static [Op] {
        use Op::{Between, Contains, Eq, Gt, Gte, HasAll, HasAny, In, IsNull, Lt, Lte, Ne, StartsWith};
        match self {
            Self::Folded { .. } | Self::Email => &[Eq, Ne, In, Lt, Lte, Gt, Gte, Between, IsNull, Contains, StartsWith],
            Self::Code | Self::Name(_) | Self::Id => &[Eq, Ne, In, IsNull],
            Self::Bool => &[Eq, Ne],
            Self::Time => &[Eq, Ne, Lt, Lte, Gt, Gte, Between, IsNull],
            Self::Json => &[Eq, IsNull],
            Self::List(_) => &[HasAny, HasAll, IsNull],
        }
    }
}

impl Field {
    pub fn expr(&self, table: &'static str) -> Expr {
        Expr::col((table, self.column))
    }
}
