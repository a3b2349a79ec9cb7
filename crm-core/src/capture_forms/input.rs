//! The input for capture forms.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use url::Url;
use validator::Validate;

use super::fields::is_known;
use super::model::{CaptureField, CaptureForm, DuplicateLeads};
use crate::base::error::Violations;
use crate::base::ids::UserId;
use crate::base::patch::{apply_fields, patch};
use crate::base::text::{self, fold};
use crate::base::{validation, web};
use crate::scope::company::Company;
use crate::tags::stored_name;

/// How many fields a form has at most.
const MAX_FIELDS: usize = 40;
/// How many origins a form has at most.
const MAX_ORIGINS: usize = 20;
/// How many tags a form has at most.
const MAX_TAGS: usize = 20;
/// The maximum length of what visitors read beside a field, in characters.
const MAX_LABEL: usize = 100;

/// A capture form to add. An absent or `null` field has no value, unless the field describes a default.
///
/// ```
/// use crm_core::capture_forms::NewCaptureForm;
///
/// let contact = NewCaptureForm {
///     origins: Some(vec!["https://www.example.com".to_owned()]),
///     ..NewCaptureForm::with_fields("Contact", [("email", "Your e-mail address"), ("description", "Your message")])
/// };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCaptureForm {
    /// The name; unique in the company without case and accents.
    #[validate(length(max = 100))]
    #[cfg_attr(feature = "openapi", schema(example = "Contact", max_length = 100))]
    pub name: Option<String>,
    /// The fields, in their order; 1 to 40. One of them is `email` or `phone`.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 40))]
    pub fields: Option<Vec<CaptureField>>,
    /// The origins of the pages that may send it from a browser, such as `https://www.example.com`; at most 20. None if
    /// absent.
    #[cfg_attr(feature = "openapi", schema(example = json!(["https://www.example.com"]), max_items = 20))]
    pub origins: Option<Vec<String>>,
    /// The source that its leads get.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "web_form", max_length = 64))]
    pub source: Option<String>,
    /// The user who gets its leads. Without one they are given to users as other leads are.
    pub owner_id: Option<UserId>,
    /// The names of the tags that its leads get; at most 20. A tag that there is not is made with the first lead.
    #[cfg_attr(feature = "openapi", schema(example = json!(["Website"]), max_items = 20))]
    pub tags: Option<Vec<String>>,
    /// The status that its leads begin in, by its code or its name; the default one if absent. Not one of lost leads.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "new", max_length = 64))]
    pub status: Option<String>,
    /// What visitors have to agree to; several lines.
    #[validate(length(max = 2_000))]
    #[cfg_attr(feature = "openapi", schema(example = "You may write to me about my question.", max_length = 2_000))]
    pub consent_text: Option<String>,
    /// Where visitors without JavaScript are sent afterwards: a web address.
    #[validate(length(max = 2_048), custom(function = web::address))]
    #[cfg_attr(feature = "openapi", schema(example = "https://www.example.com/thank-you", max_length = 2_048))]
    pub redirect_url: Option<String>,
    /// Whether a submission needs a challenge; true if absent. Pages without JavaScript cannot fetch one.
    pub requires_challenge: Option<bool>,
    /// What becomes of a submission whose e-mail address an open lead has already; `create` if absent. The others need the
    /// field `email`.
    pub on_duplicate: Option<DuplicateLeads>,
    /// False if it takes no submissions; true if absent.
    pub is_active: Option<bool>,
}

impl NewCaptureForm {
    /// The read-only fields of a [`CaptureForm`].
    pub const READ_ONLY: &'static [&'static str] = &[
        "id",
        "version",
        "key",
        "owner",
        "consentVersion",
        "submissions",
        "rejected",
        "lastSubmittedAt",
        "createdAt",
        "updatedAt",
        "createdBy",
        "updatedBy",
    ];

    /// A form with fields that are all to be filled in: their keys, and what visitors read.
    pub fn with_fields<'f>(name: impl Into<String>, fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let field = |(key, label): (&str, &str)| CaptureField {
            key: key.to_owned(),
            label: label.to_owned(),
            is_required: true,
        };
        Self { name: Some(name.into()), fields: Some(fields.into_iter().map(field).collect()), ..Self::default() }
    }

    /// Trims all texts, applies defaults, and checks every rule that does not depend on other records. What the form has
    /// already stays, though the company has no such custom field any more.
    pub(super) fn validated(mut self, company: &Company, before: Option<&CaptureForm>) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        validation::normalise(&mut self.name, "/name", text::line, &mut violations);
        validation::normalise(&mut self.source, "/source", text::line, &mut violations);
        validation::normalise(&mut self.status, "/status", text::line, &mut violations);
        validation::normalise(&mut self.consent_text, "/consentText", text::block, &mut violations);
        validation::normalise(&mut self.redirect_url, "/redirectUrl", text::line, &mut violations);
        if violations.0.is_empty() && self.name.as_deref().is_none_or(|name| fold(name).is_empty()) {
            violations.add("/name", "required", "a form needs a name");
        }
        let has_email = self.check_fields(company, before, &mut violations);
        self.check_origins(&mut violations);
        self.check_tags(&mut violations);
        if !has_email && self.on_duplicate.unwrap_or_default() != DuplicateLeads::Create {
            violations.add("/onDuplicate", "unexpected", "without the field email, every submission adds a lead");
        }
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        violations.into_result()?;
        Ok(self)
    }

    /// Checks the fields, and tells whether one of them is the e-mail address.
    fn check_fields(&mut self, company: &Company, before: Option<&CaptureForm>, violations: &mut Violations) -> bool {
        let had = |key: &str| before.is_some_and(|before| before.fields.iter().any(|field| field.key == key));
        let fields = self.fields.get_or_insert_default();
        if fields.len() > MAX_FIELDS {
            violations.add("/fields", "too_many", format!("a form has at most {MAX_FIELDS} fields"));
            return true;
        }
        let mut keys = BTreeSet::new();
        for (place, field) in fields.iter_mut().enumerate() {
            if !is_known(company, &field.key) && !had(&field.key) {
                violations.add(format!("/fields/{place}/key"), "field_unknown", "a form cannot have this field");
            }
            if !keys.insert(field.key.clone()) {
                violations.add(format!("/fields/{place}/key"), "duplicate", "the form has this field already");
            }
            let pointer = format!("/fields/{place}/label");
            match text::line(&field.label) {
                Err(_) => violations.add(pointer, validation::CONTROL.0, validation::CONTROL.1),
                Ok(None) => violations.add(pointer, "required", "a field needs a label"),
                Ok(Some(label)) if label.chars().count() > MAX_LABEL => {
                    violations.add(pointer, "too_long", format!("at most {MAX_LABEL} long"));
                }
                Ok(Some(label)) => field.label = label,
            }
        }
        if !keys.contains("email") && !keys.contains("phone") {
            violations.add("/fields", "contact_required", "a form needs the field email or the field phone");
        }
        keys.contains("email")
    }

    fn check_origins(&mut self, violations: &mut Violations) {
        let origins = self.origins.get_or_insert_default();
        if origins.len() > MAX_ORIGINS {
            violations.add("/origins", "too_many", format!("a form has at most {MAX_ORIGINS} origins"));
            return;
        }
        let mut known = BTreeSet::new();
        for (place, typed) in origins.iter_mut().enumerate() {
            match origin(typed) {
                None => violations.add(
                    format!("/origins/{place}"),
                    "origin_invalid",
                    "expected the beginning of a web address such as https://www.example.com, without a path",
                ),
                Some(stored) if !known.insert(stored.clone()) => {
                    violations.add(format!("/origins/{place}"), "duplicate", "the form has this origin already");
                }
                Some(stored) => *typed = stored,
            }
        }
    }

    fn check_tags(&mut self, violations: &mut Violations) {
        let tags = self.tags.get_or_insert_default();
        if tags.len() > MAX_TAGS {
            violations.add("/tags", "too_many", format!("a form has at most {MAX_TAGS} tags"));
            return;
        }
        let mut known = BTreeSet::new();
        for (place, typed) in tags.iter_mut().enumerate() {
            match stored_name(typed) {
                Err((code, detail)) => violations.add(format!("/tags/{place}"), code, detail),
                Ok(name) if !known.insert(fold(&name)) => {
                    violations.add(format!("/tags/{place}"), "duplicate", "the form has this tag already");
                }
                Ok(name) => *typed = name,
            }
        }
    }

    /// Writes validated input into a form. The owner and the status are looked up by the caller.
    pub(super) fn write(self, form: &mut CaptureForm) {
        let Self { name, fields, origins, source, owner_id, tags, status, .. } = self;
        let Self { consent_text, redirect_url, requires_challenge, on_duplicate, is_active, .. } = self;
        form.name = name.unwrap_or_default();
        form.fields = fields.unwrap_or_default();
        form.origins = origins.unwrap_or_default();
        form.source = source;
        form.owner_id = owner_id;
        form.tags = tags.unwrap_or_default();
        form.status = status;
        if form.consent_text != consent_text {
            form.consent_version += 1;
        }
        form.consent_text = consent_text;
        form.redirect_url = redirect_url;
        form.requires_challenge = requires_challenge.unwrap_or(true);
        form.on_duplicate = on_duplicate.unwrap_or_default();
        form.is_active = is_active.unwrap_or(true);
    }
}

/// An origin as browsers send it: scheme, host, and a port that is not the usual one.
fn origin(text: &str) -> Option<String> {
    let text = text.trim();
    web::address(text).ok()?;
    let url = Url::parse(text).ok()?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    is_bare.then(|| url.origin().ascii_serialization())
}

patch! {
    /// A change of a capture form (RFC 7396): absent fields stay unchanged, `null` clears a field. Lists are replaced as a
    /// whole.
    CaptureFormPatch {
        /// The name.
        name: String [max_length = 100],
        /// The fields, in their order.
        fields: Vec<CaptureField> [max_items = 40],
        /// The origins of the pages that may send it from a browser.
        origins: Vec<String> [max_items = 20],
        /// The source that its leads get.
        source: String [max_length = 64],
        /// The user who gets its leads; `null` for nobody in particular.
        owner_id: UserId,
        /// The names of the tags that its leads get.
        tags: Vec<String> [max_items = 20],
        /// The status that its leads begin in; `null` for the default one.
        status: String [max_length = 64],
        /// What visitors have to agree to.
        consent_text: String [max_length = 2_000],
        /// Where visitors without JavaScript are sent afterwards.
        redirect_url: String [max_length = 2_048],
        /// Whether a submission needs a challenge; `null` is true.
        requires_challenge: bool,
        /// What becomes of a submission whose e-mail address an open lead has already.
        on_duplicate: DuplicateLeads,
        /// False if it takes no submissions; `null` is true.
        is_active: bool,
    }
}

impl CaptureFormPatch {
    /// The form after the change.
    pub(super) fn apply(self, form: &CaptureForm) -> NewCaptureForm {
        let form = form.clone();
        let mut draft = NewCaptureForm {
            name: Some(form.name),
            fields: Some(form.fields),
            origins: Some(form.origins),
            source: form.source,
            owner_id: form.owner_id,
            tags: Some(form.tags),
            status: form.status,
            consent_text: form.consent_text,
            redirect_url: form.redirect_url,
            requires_challenge: Some(form.requires_challenge),
            on_duplicate: Some(form.on_duplicate),
            is_active: Some(form.is_active),
        };
        apply_fields!(
            self => draft: name, fields, origins, source, owner_id, tags, status, consent_text, redirect_url,
            requires_challenge, on_duplicate, is_active
        );
        draft
    }
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn an_origin_is_what_browsers_send() {
        for (typed, stored) in [
            ("https://www.example.com", "https://www.example.com"),
            (" HTTPS://Example.com/ ", "https://example.com"),
            ("https://example.com:443", "https://example.com"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("https://müller.example", "https://xn--mller-kva.example"),
        ] {
            assert_eq!(origin(typed).as_deref(), Some(stored), "{typed}");
        }
        for typed in [
            "",
            "*",
            "null",
            "example.com",
            "https://*.example.com",
            "https://example.com/contact",
            "https://example.com?a",
            "https://example.com#a",
            "https://a:b@example.com",
            "ftp://example.com",
            "file:///",
        ] {
            assert_eq!(origin(typed), None, "{typed}");
        }
    }
}
