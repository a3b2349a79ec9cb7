//! The fields that an entity can be filtered by.

use sea_orm::sea_query::Expr;

use super::Op;

/// A field of an entity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// The name in requests.
    pub name: &'static str,
    pub kind: FieldKind,
    /// The column, or for a list the sub-select that [`FieldKind::List`] describes.
    pub column: &'static str,
    /// The table of the column, if it is not that of the entity.
    pub table: Option<&'static str>,
}

/// A field by its name in requests and its column.
pub(crate) const fn field(name: &'static str, column: &'static str, kind: FieldKind) -> Field {
    Field { name, kind, column, table: None }
}

/// A field in a table that is joined to that of the entity.
pub(crate) const fn field_in(table: &'static str, name: &'static str, column: &'static str, kind: FieldKind) -> Field {
    Field { name, kind, column, table: Some(table) }
}

/// How a field is compared.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FieldKind {
    /// Folded text. `searched`: it is also part of the entity's search text.
    Folded { searched: bool },
    /// An e-mail address, in lower case and with accents. Also part of the entity's search text.
    Email,
    /// Text that is compared exactly, such as a code.
    Code,
    /// A word of the company's own, which is stored as typed. Compared without case, accents, hyphens and underscores.
    Word,
    /// One of some names.
    Name(&'static [&'static str]),
    /// A UUID; `me` refers to the actor.
    Id,
    /// True or false.
    Bool,
    /// A whole number.
    Number,
    /// A time.
    Time,
    /// A date.
    Date,
    /// A JSON object; the field is written `name.key`.
    Json,
    /// Values in rows of another table.
    List(ListColumns),
}

/// The table of the values of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListColumns {
    pub table: &'static str,
    pub owner_table: &'static str,
    pub owner: &'static str,
    pub value: &'static str,
    /// The table of names, if the values are ids that requests refer to by name.
    pub named: Option<NameColumns>,
}

/// The table and column of the folded names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameColumns {
    pub table: &'static str,
    pub key: &'static str,
}

impl FieldKind {
    /// The operators of this kind of field.
    pub const fn operators(self) -> &'static [Op] {
        use Op::{Between, Contains, Eq, Gt, Gte, HasAll, HasAny, In, IsNull, Lt, Lte, Ne, StartsWith};
        match self {
            Self::Folded { .. } | Self::Email => &[Eq, Ne, In, Lt, Lte, Gt, Gte, Between, IsNull, Contains, StartsWith],
            Self::Code | Self::Word | Self::Name(_) | Self::Id => &[Eq, Ne, In, IsNull],
            Self::Bool => &[Eq, Ne],
            Self::Number | Self::Time | Self::Date => &[Eq, Ne, Lt, Lte, Gt, Gte, Between, IsNull],
            Self::Json => &[Eq, IsNull],
            Self::List(_) => &[HasAny, HasAll, IsNull],
        }
    }
}

impl Field {
    pub fn expr(&self, table: &'static str) -> Expr {
        Expr::col((self.table.unwrap_or(table), self.column))
    }
}
