//! Saved mappings of imports: what the columns of a program's files are taken for, by name.
//!
//! - A mapping belongs to the company. Who may import customers reads and writes the mappings.
//! - The **signature** is a digest of the headers of the columns. A file with the same headers is proposed the mapping.
//! - With the mapping the options of the import are kept: the mode, the order of dates, and the like.
//! - A mapping is checked like that of an import: against its columns, and with its options.
//! - A name is unique in the company, without case and accents. A company has at most 200 mappings. They have no trash.

mod input;
mod model;
mod query;
mod repo;
mod row;

pub use input::NewImportMapping;
pub use model::ImportMapping;
pub use query::{ImportMappingQuery, ImportMappingSort, ImportMappingSortKey};
pub use repo::ImportMappings;
pub(crate) use repo::with_signature;

crate::scope::company_owned!(row, Id, Version);
