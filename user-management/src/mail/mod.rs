//! Mail to users.

mod letters;
mod smtp;

use metrics::counter;

pub(crate) use letters::Letter;
pub use smtp::SmtpMailer;

pub use crate::base::mailer::{Mail, MailError, Mailer};
use crate::base::service::UserManagement;
use crate::links::Link;
use crate::rows::user;

const MAILS: &str = "um_mails_total";

#[cfg(feature = "server")]
pub(crate) fn describe_metrics() {
    metrics::describe_counter!(MAILS, metrics::Unit::Count, "Mails to users, by outcome");
}

/// Sends a link to a user, after the commit. The link is returned if there is no mailer. A failure is logged: the
/// link can be sent again.
pub(crate) async fn deliver(um: &UserManagement, link: Link, to: &user::Model, letter: Letter<'_>) -> Option<Link> {
    let Some(mailer) = &um.0.mailer else {
        return Some(link);
    };
    let sent = match letter.write(um.options(), &link, to) {
        Ok(mail) => mailer.send(mail).await,
        Err(error) => Err(MailError(error.into())),
    };
    counter!(MAILS, "outcome" => if sent.is_ok() { "sent" } else { "failed" }).increment(1);
    if let Err(MailError(reason)) = sent {
        tracing::warn!(user.id = %to.id, %reason, "a mail was not sent");
    }
    None
}
