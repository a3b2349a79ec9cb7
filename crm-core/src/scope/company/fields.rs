//! The custom fields of a company, as they are read with it: those that are not archived, as JSON.

use crate::base::custom_field::CompanyFields;
use crate::base::error::{Error, Result};

pub(super) const POSTGRES: &str = "(SELECT json_agg(json_build_object('entity', fields.entity, 'key', fields.key, \
     'label', fields.label, 'type', fields.field_type, 'options', fields.options, 'isRequired', fields.is_required, \
     'default', fields.default_value, 'minimum', fields.minimum, 'maximum', fields.maximum, 'pattern', fields.pattern, \
     'isSearchable', fields.is_searchable, 'isUnique', fields.is_unique, 'isIndexed', fields.is_indexed, \
     'hasAllRows', fields.index_job_id IS NULL) ORDER BY fields.position, fields.id)::text \
     FROM crm_custom_fields AS fields WHERE fields.company_id = $company AND NOT fields.is_archived)";

pub(super) const SQLITE: &str = "(SELECT json_group_array(json_object('entity', fields.entity, 'key', fields.key, \
     'label', fields.label, 'type', fields.field_type, 'options', json(fields.options), \
     'isRequired', json(iif(fields.is_required, 'true', 'false')), 'default', json(fields.default_value), \
     'minimum', fields.minimum, 'maximum', fields.maximum, 'pattern', fields.pattern, \
     'isSearchable', json(iif(fields.is_searchable, 'true', 'false')), \
     'isUnique', json(iif(fields.is_unique, 'true', 'false')), \
     'isIndexed', json(iif(fields.is_indexed, 'true', 'false')), \
     'hasAllRows', json(iif(fields.index_job_id IS NULL, 'true', 'false'))) ORDER BY fields.position, fields.id) \
     FROM crm_custom_fields AS fields WHERE fields.company_id = $company AND NOT fields.is_archived)";

/// What one of these has put together.
pub(super) fn read(json: Option<String>) -> Result<CompanyFields> {
    let rules = json.map_or(Ok(Vec::new()), |json| serde_json::from_str(&json));
    rules.map(CompanyFields::new).map_err(Error::internal)
}
