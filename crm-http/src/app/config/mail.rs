//! The settings of mail.

use crm_web::mail::{SmtpOptions, SmtpSettingsError};
use crm_web::settings::Reader;
use reqwest::Url;

use super::identity::url;

/// Mail to users.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// The mail server, if there is one.
    pub smtp: Option<SmtpOptions>,
    /// The public address of the service, to which mails link.
    pub public_url: Option<Url>,
}

impl MailConfig {
    pub(super) fn from_reader(reader: &mut Reader) -> Self {
        Self { smtp: smtp(reader), public_url: url(reader, "PUBLIC_URL") }
    }
}

fn smtp(reader: &mut Reader) -> Option<SmtpOptions> {
    let url = reader.text("SMTP_URL")?;
    let sender = reader.required("MAIL_FROM", "the sender, such as CRM <no-reply@example.com>");
    if sender.is_empty() {
        return None;
    }
    let faulty = |error| if error == SmtpSettingsError::Sender { "MAIL_FROM" } else { "SMTP_URL" };
    // The error does not contain the URL, which has a password.
    SmtpOptions::new(url.into(), &sender).map_err(|error| reader.fault(faulty(error), error)).ok()
}
