//! The fields of leads that a form can have: those that are texts. A field that names another record is none of them, so that
//! a visitor cannot find out which there are.

use crate::base::custom_field::{CustomFieldEntity, CustomFieldType, FieldRules};
use crate::base::patch::Patch;
use crate::leads::{Lead, LeadPatch, NewLead};
use crate::scope::company::Company;

/// What stands before the key of a custom field.
pub const CUSTOM_FIELDS: &str = "customFields.";

/// A field of leads that a form can have.
pub(super) struct LeadField {
    pub key: &'static str,
    /// The same field of a lead to add.
    pub new: fn(&mut NewLead) -> &mut Option<String>,
    /// What a lead has there.
    pub held: fn(&Lead) -> Option<&str>,
    /// The same field of a change.
    pub patch: fn(&mut LeadPatch) -> &mut Patch<String>,
}

/// Declares the fields by their keys and members.
macro_rules! lead_fields {
    ($($key:literal: $field:ident),+ $(,)?) => {
        /// The keys of the fields that leads have themselves. Others begin with [`CUSTOM_FIELDS`].
        pub const CAPTURE_FIELDS: &[&str] = &["name", $($key),+];

        pub(super) const LEAD_FIELDS: &[LeadField] = &[$(LeadField {
            key: $key,
            new: |lead| &mut lead.$field,
            held: |lead| lead.$field.as_deref(),
            patch: |patch| &mut patch.$field,
        }),+];
    };
}

// A lead always has a name, which is not changed from outside.
lead_fields! {
    "salutation": salutation,
    "firstName": first_name,
    "lastName": last_name,
    "email": email,
    "phone": phone,
    "organizationName": organization_name,
    "jobTitle": job_title,
    "language": language,
    "industry": industry,
    "website": website,
    "address": address,
    "addressLine2": address_line2,
    "city": city,
    "state": state,
    "zipCode": zip_code,
    "country": country,
    "description": description,
    "referredBy": referred_by,
}

/// What a custom field with this key of a form asks of values; nothing if the company has none that a form can have.
pub(super) fn custom<'c>(company: &'c Company, key: &str) -> Option<&'c FieldRules> {
    let rules = company.fields.get(CustomFieldEntity::Customer, key.strip_prefix(CUSTOM_FIELDS)?)?;
    let is_open =
        !matches!(rules.field_type, CustomFieldType::User | CustomFieldType::Customer | CustomFieldType::Json);
    is_open.then_some(rules)
}

/// Whether a form can have a field with this key.
pub(super) fn is_known(company: &Company, key: &str) -> bool {
    CAPTURE_FIELDS.contains(&key) || custom(company, key).is_some()
}

/// Where a value of a submission stands.
pub(super) fn pointer(key: &str) -> String {
    format!("/fields/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::{CAPTURE_FIELDS, LEAD_FIELDS};
    use crate::leads::NewLead;

    #[test]
    fn the_keys_are_fields_of_leads() {
        assert!(CAPTURE_FIELDS.iter().all(|key| NewLead::FIELDS.contains(key)));
        for field in LEAD_FIELDS {
            let mut lead = NewLead::default();
            *(field.new)(&mut lead) = Some("typed".to_owned());
            let json = serde_json::to_value(&lead).unwrap();
            assert_eq!(json[field.key], "typed", "{}", field.key);
        }
    }
}
