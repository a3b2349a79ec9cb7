//! What a saved mapping is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::base::ids::ImportMappingId;
use crate::customers::{CustomerKind, DateOrder, ImportMode, ImportOptions, ImportOrganizations, MatchBy, OptedOut};
use crate::scope::actor::ActorRef;

/// A saved mapping, with the options of the import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImportMapping {
    /// The id.
    pub id: ImportMappingId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// The name; unique in the company without case and accents.
    pub name: String,
    /// The digest of the headers of the columns. Files with the same signature are proposed the mapping.
    pub signature: String,
    /// The headers of the columns, in the order of the file.
    pub columns: Vec<String>,
    /// The fields of the columns, as an import takes them.
    pub mapping: BTreeMap<String, Option<String>>,
    /// The effect of rows.
    pub mode: ImportMode,
    /// The field by which rows are matched to customers.
    pub match_by: MatchBy,
    /// The system that the files come from.
    pub external_system: Option<String>,
    /// The order of day, month and year in dates.
    pub date_order: Option<DateOrder>,
    /// The kind of new customers.
    pub default_kind: Option<CustomerKind>,
    /// What becomes of rows whose customer wants no e-mails.
    pub opted_out: OptedOut,
    /// What becomes of the organizations that new people name.
    pub organizations: ImportOrganizations,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who wrote it last.
    pub updated_by: ActorRef,
}

impl ImportMapping {
    /// The options of an import with this mapping.
    #[must_use]
    pub fn options(&self) -> ImportOptions {
        ImportOptions {
            mode: self.mode,
            match_by: self.match_by,
            external_system: self.external_system.clone(),
            date_order: self.date_order,
            default_kind: self.default_kind,
            opted_out: self.opted_out,
            organizations: self.organizations,
            mapping: self.mapping.clone(),
            ..ImportOptions::default()
        }
    }
}
