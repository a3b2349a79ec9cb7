//! The lead that a submission describes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::Url;

use super::fields::{CUSTOM_FIELDS, LEAD_FIELDS, custom, pointer};
use super::model::CaptureForm;
use super::submission::NewSubmission;
use crate::base::error::{Violation, Violations};
use crate::base::patch::Patch;
use crate::base::text;
use crate::base::validation::CONTROL;
use crate::customers::CustomerKind;
use crate::leads::{Lead, LeadPatch, LeadUtm, NewLead};
use crate::scope::company::Company;

/// The maximum number of values that are looked at one by one.
const MAX_VALUES: usize = 100;
/// The maximum length of an address of a page, in characters.
const MAX_ADDRESS: usize = 2_048;
/// The maximum length of what a lead says of its source, in characters.
const MAX_DETAIL: usize = 250;

/// What was filled in, and the lead that it describes.
pub(super) struct Filled {
    pub lead: NewLead,
    /// By the keys of the form's fields.
    pub given: BTreeMap<String, String>,
    pub landing_page: Option<String>,
    pub referrer: Option<String>,
}

/// Checks a submission against its form, with all faults at once.
pub(super) fn filled(company: &Company, form: &CaptureForm, new: &NewSubmission) -> Result<Filled, Violations> {
    let mut violations = Violations::default();
    let given = given(form, new, &mut violations);
    if form.consent_text.is_some() && new.consent != Some(true) {
        violations.add("/consent", "required", "the form needs the consent of the visitor");
    }
    let mut lead = NewLead::default();
    for (key, value) in &given {
        put(company, &mut lead, key, value, &mut violations);
    }
    violations.into_result()?;
    name(&mut lead);
    let landing_page = new.landing_page.as_deref().and_then(address);
    let detail = landing_page.as_ref().unwrap_or(&form.name);
    lead.source_detail = Some(detail.chars().take(MAX_DETAIL).collect());
    lead.source = form.source.clone();
    lead.utm = new.utm.clone();
    lead.owner_id = form.owner_id.filter(|_| form.is_owner_active);
    lead.status = form.status.as_deref().filter(|_| form.is_status_there).map(Into::into);
    Ok(Filled { lead, given, landing_page, referrer: new.referrer.as_deref().and_then(address) })
}

/// The values of the form's fields that are not empty.
fn given(form: &CaptureForm, new: &NewSubmission, violations: &mut Violations) -> BTreeMap<String, String> {
    let mut given = BTreeMap::new();
    if new.fields.len() > MAX_VALUES {
        violations.add("/fields", "too_many", format!("at most {MAX_VALUES} values"));
        return given;
    }
    for key in new.fields.keys().filter(|key| form.fields.iter().all(|field| field.key != **key)) {
        violations.add(pointer(key), "field_unknown", "the form has no such field");
    }
    for field in &form.fields {
        match new.fields.get(&field.key).map_or(Ok(None), |value| text::block(value.trim())) {
            Err(_) => violations.add(pointer(&field.key), CONTROL.0, CONTROL.1),
            Ok(Some(value)) => drop(given.insert(field.key.clone(), value)),
            Ok(None) if field.is_required => violations.add(pointer(&field.key), "required", "a value is required"),
            Ok(None) => {}
        }
    }
    given
}

/// Writes a value into the lead. One of a custom field that the company has no longer is only kept as it was sent.
fn put(company: &Company, lead: &mut NewLead, key: &str, value: &str, violations: &mut Violations) {
    if key == "name" {
        lead.name = Some(value.to_owned());
    } else if let Some(field) = LEAD_FIELDS.iter().find(|field| field.key == key) {
        *(field.new)(lead) = Some(value.to_owned());
    } else if let Some(rules) = custom(company, key) {
        match rules.stored_cell(value) {
            Ok(Some(stored)) => drop(lead.custom_fields.get_or_insert_default().insert(rules.key.clone(), stored)),
            Ok(None) => {}
            Err((code, detail)) => violations.add(pointer(key), code, detail),
        }
    }
}

/// Every lead has a name: that of the organization, where no person is named, or else the way to reach the visitor.
fn name(lead: &mut NewLead) {
    if lead.name.is_some() || lead.first_name.is_some() || lead.last_name.is_some() {
        return;
    }
    if let Some(organization) = lead.organization_name.take() {
        lead.kind = Some(CustomerKind::Organization);
        lead.name = Some(organization);
        return;
    }
    lead.name = lead.email.clone().or_else(|| lead.phone.clone());
}

/// The address of a page without its query, which may tell who the visitor is; nothing for another text.
fn address(text: &str) -> Option<String> {
    let mut url = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_query(None);
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    let text = String::from(url);
    (text.len() <= MAX_ADDRESS).then_some(text)
}

/// The change that gives a lead what it lacks. Nothing that it has is changed: anybody may know its address.
pub(super) fn missing(lead: &Lead, new: &NewLead) -> LeadPatch {
    let (mut new, mut patch) = (new.clone(), LeadPatch::default());
    for field in LEAD_FIELDS {
        if let Some(value) = (field.new)(&mut new).take().filter(|_| (field.held)(lead).is_none()) {
            *(field.patch)(&mut patch) = Patch::Set(value);
        }
    }
    let mut members: Map<String, Value> = new.custom_fields.unwrap_or_default();
    members.retain(|key, _| lead.custom_fields.get(key).is_none_or(Value::is_null));
    if !members.is_empty() {
        patch.custom_fields = Patch::Set(members);
    }
    if let Some(utm) = new.utm.filter(|_| lead.utm == LeadUtm::default()) {
        patch.utm = Patch::Set(utm);
    }
    patch
}

/// The faults of a lead, where the visitor has typed them.
pub(super) fn told(form: &CaptureForm, violations: Violations) -> Violations {
    let place = |at: String| {
        let key = at.trim_start_matches('/');
        let key =
            key.strip_prefix("customFields/").map_or_else(|| key.to_owned(), |key| format!("{CUSTOM_FIELDS}{key}"));
        match form.fields.iter().any(|field| field.key == key) {
            true => pointer(&key),
            false if at.starts_with("/utm/") => at,
            false => "/fields".to_owned(),
        }
    };
    let told = |violation: Violation| Violation { pointer: place(violation.pointer), ..violation };
    Violations(violations.0.into_iter().map(told).collect())
}

#[cfg(test)]
mod tests {
    use super::{address, name};
    use crate::customers::CustomerKind;
    use crate::leads::NewLead;

    #[test]
    fn an_address_is_kept_without_what_tells_of_the_visitor() {
        for (typed, kept) in [
            ("https://www.example.com/contact?email=ann@example.com#top", Some("https://www.example.com/contact")),
            ("https://ann:secret@example.com/a", Some("https://example.com/a")),
            ("javascript:alert(1)", None),
            ("mailto:ann@example.com", None),
            ("contact", None),
        ] {
            assert_eq!(address(typed).as_deref(), kept, "{typed}");
        }
    }

    #[test]
    fn a_lead_without_a_name_has_that_of_its_organization_or_its_address() {
        let email = Some("ann@example.com".to_owned());
        let mut lead = NewLead { email: email.clone(), ..NewLead::default() };
        name(&mut lead);
        assert_eq!((lead.name, lead.kind), (email.clone(), None));
        let organization = Some("Lee & Co".to_owned());
        let mut lead = NewLead { email, organization_name: organization.clone(), ..NewLead::default() };
        name(&mut lead);
        assert_eq!(
            (lead.name, lead.kind, lead.organization_name),
            (organization, Some(CustomerKind::Organization), None)
        );
    }
}
