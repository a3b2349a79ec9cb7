//! Custom fields: what a company records of its customers beside the fields of the CRM.
//!
//! - A definition names a **key**, under which `customFields` of a record has the value, and a **type**. Neither changes. A
//!   key is unique among the definitions of an entity, archived ones included.
//! - Values are checked and stored in one form on every way in: when a record is added, replaced, changed or imported.
//!   A value that does not change is not checked again, so that records older than a definition can be changed.
//! - A **required** field must have a value in a new record and in a replacement; in a change only if the change touches
//!   the field. The **default** is given to new records without the field.
//! - An **archived** definition asks nothing: values stay, and become free. So do those of a deleted one.
//! - Fields without a definition are free, unless the company's setting `customFieldsOnlyDefined` forbids them.
//! - Definitions are read with the company: a change takes effect at once in this process, in others within five seconds.
//! - A field can be **unique**, and can have an **index** for filters: both by rows beside the records, which a job writes
//!   for the records that are there already.
//! - A company has at most 200 definitions of an entity.

mod index;
mod input;
mod model;
mod query;
mod references;
mod repo;
mod row;

pub use crate::base::custom_field::{CustomFieldBound, CustomFieldEntity, CustomFieldOption, CustomFieldType};
pub(crate) use index::{INDEX_JOB, indexed};
pub use input::{CustomFieldPatch, NewCustomField};
pub use model::CustomField;
pub use query::{CustomFieldQuery, CustomFieldSort, CustomFieldSortKey};
pub(crate) use references::{References, check_references};
pub use repo::CustomFields;

crate::scope::company_owned!(row, Id, Version);
