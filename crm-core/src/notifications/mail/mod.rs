//! What users are told of by mail: by jobs, after the transaction in which they are told in the CRM.

mod digest;
mod letters;
mod news;
mod recipients;
mod reminder;

pub(crate) use digest::Digests;
pub use digest::SendDigest;
pub(crate) use news::NotificationMails;
pub use news::SendNotifications;
pub use reminder::SendReminder;
pub(crate) use reminder::{ReminderMail, mail_reminders};

use std::time::Duration;

use sea_orm::DatabaseConnection;

use self::letters::Letter;
use self::recipients::Recipient;
use crate::base::error::Result;
use crate::base::ids::CompanyId;
use crate::jobs::{JobError, JobPolicy, RunningJob, companies_with_due};
use crate::scope::Crm;
use crate::scope::mail::{Mail, MailError};

/// How long one attempt to send a mail may take.
const TIME_LIMIT: Duration = Duration::from_secs(60);

fn policy() -> JobPolicy {
    JobPolicy { time_limit: TIME_LIMIT, ..JobPolicy::default() }
}

/// Sends the mail of a job, which has the job's id.
async fn send(job: &mut RunningJob, to: &Recipient, letter: Letter) -> Result<(), JobError> {
    let (crm, id) = (job.scope().crm.clone(), job.id().0);
    let mailer = crm.0.mailer.as_ref().ok_or_else(|| JobError::retry("no_mail_server"))?;
    let mail = Mail { id, to: to.email.clone(), subject: letter.subject, text: letter.text };
    mailer.send(mail).await.map_err(|error| {
        let of = match &error {
            MailError::Refused(_) => JobError::give_up("mail_refused"),
            MailError::Unavailable(_) => JobError::retry("mail_unavailable"),
        };
        of.with_source(error)
    })
}

/// The companies in which mails are due by a column of a table. Without a mail server there are none.
async fn companies_to_mail(
    crm: &Crm,
    db: &DatabaseConnection,
    due: (&'static str, &'static str),
) -> Result<Vec<CompanyId>> {
    if crm.0.mailer.is_none() {
        return Ok(Vec::new());
    }
    companies_with_due(crm, db, due).await
}
