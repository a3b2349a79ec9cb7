//! A submission as a page sends it.

use crm_core::Violations;
use crm_core::capture_forms::NewSubmission;

use crm_web::problem::ApiError;
use crm_web::request::FieldsBody;

/// The maximum number of names in a form.
const MAX_NAMES: usize = 100;
/// What a box that is ticked may send.
const YES: [&str; 4] = ["yes", "on", "true", "1"];

/// The submission in a body.
pub(super) fn read(body: FieldsBody<NewSubmission>) -> Result<NewSubmission, ApiError> {
    match body {
        FieldsBody::Json(new) => Ok(new),
        FieldsBody::Form(pairs) => of_form(pairs),
    }
}

/// The last value of a name counts; an empty one is none.
fn of_form(pairs: Vec<(String, String)>) -> Result<NewSubmission, ApiError> {
    if pairs.len() > MAX_NAMES {
        return Err(Violations::one("/fields", "too_many", format!("at most {MAX_NAMES} values")).into());
    }
    let mut new = NewSubmission::default();
    for (name, value) in pairs {
        let text = Some(value.clone()).filter(|value| !value.is_empty());
        match name.as_str() {
            "consent" => new.consent = Some(YES.contains(&value.as_str())),
            "challenge" => new.challenge = text,
            "company_fax" => new.company_fax = text,
            "landing_page" => new.landing_page = text,
            "referrer" => new.referrer = text,
            "utm_source" => new.utm.get_or_insert_default().source = text,
            "utm_medium" => new.utm.get_or_insert_default().medium = text,
            "utm_campaign" => new.utm.get_or_insert_default().campaign = text,
            "utm_term" => new.utm.get_or_insert_default().term = text,
            "utm_content" => new.utm.get_or_insert_default().content = text,
            _ => drop(new.fields.insert(name, value)),
        }
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::of_form;

    #[test]
    fn names_of_a_form_find_their_places() {
        let pairs = [
            ("email", "ann@example.com"),
            ("customFields.size", "12"),
            ("consent", "yes"),
            ("company_fax", ""),
            ("utm_source", "newsletter"),
            ("utm_campaign", ""),
            ("landing_page", "https://www.example.com"),
        ];
        let new = of_form(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()).unwrap();
        assert_eq!(new.fields["email"], "ann@example.com");
        assert_eq!(new.fields["customFields.size"], "12");
        assert_eq!((new.consent, new.company_fax, new.challenge), (Some(true), None, None));
        let utm = new.utm.unwrap();
        assert_eq!((utm.source.as_deref(), utm.campaign), (Some("newsletter"), None));
        assert_eq!(new.landing_page.as_deref(), Some("https://www.example.com"));
        let many = (0..101).map(|number| (number.to_string(), String::new())).collect();
        assert!(of_form(many).is_err());
    }
}
