//! What tells of an erasure.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::base::error::{Error, Result};
use crate::base::hex::hex;
use crate::base::ids::{CustomerId, ErasureId};
use crate::base::string_enum::string_enum;

string_enum! {
    /// What became of the person's record.
    ErasureOutcome {
        /// It is gone.
        Removed = "removed",
        /// It is there without anything that tells who it was, because deals or numbers over leads need it.
        Anonymized = "anonymized",
    }
}

string_enum! {
    /// What was done to rows.
    ErasureMethod {
        /// They were deleted.
        Deleted = "deleted",
        /// They stay, and their personal data is gone.
        Blanked = "blanked",
    }
}

/// The rows of one table of which something was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ErasedTable {
    /// The table.
    #[cfg_attr(feature = "openapi", schema(example = "crm_customer_notes"))]
    pub table: String,
    /// What was done.
    pub method: ErasureMethod,
    /// How many rows.
    pub rows: u64,
}

/// What was erased of a person. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ErasureCertificate {
    /// The id; `null` for a dry run.
    pub id: Option<ErasureId>,
    /// Whether it was only tried out.
    pub dry_run: bool,
    /// The id of the customer or lead.
    pub subject_id: CustomerId,
    /// The ids of the customers that were merged into it, which are erased too.
    pub merged_ids: Vec<CustomerId>,
    /// When.
    pub erased_at: DateTime<Utc>,
    /// Why.
    pub reason: String,
    /// What became of the record.
    pub outcome: ErasureOutcome,
    /// What was erased, by table.
    pub erased: Vec<ErasedTable>,
    /// SHA-256 of the certificate without this field, in hexadecimal; `null` for a dry run. The audit trail has it too.
    pub hash: Option<String>,
}

impl ErasureCertificate {
    /// The same with its hash.
    pub(super) fn sealed(self) -> Result<Self> {
        let hash = Some(self.digest()?);
        Ok(Self { hash, ..self })
    }

    /// Whether the certificate is what it was when it was made.
    ///
    /// # Errors
    /// [`Error::Internal`] if it has no JSON form.
    pub fn is_intact(&self) -> Result<bool> {
        Ok(self.hash.as_deref() == Some(self.digest()?.as_str()))
    }

    fn digest(&self) -> Result<String> {
        let unsealed = Self { hash: None, ..self.clone() };
        let text = serde_json::to_string(&unsealed).map_err(Error::internal)?;
        Ok(hex(Sha256::digest(text.as_bytes())))
    }
}
