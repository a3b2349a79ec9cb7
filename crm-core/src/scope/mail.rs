//! The port to a mail server.

use std::fmt;

use async_trait::async_trait;
use uuid::Uuid;

/// A mail to a user.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mail {
    /// The same for each attempt to send it: by it a mail that was handed over twice is recognized.
    pub id: Uuid,
    /// The address of the recipient.
    pub to: String,
    /// The subject, in one line.
    pub subject: String,
    /// The text, without markup.
    pub text: String,
}

impl fmt::Debug for Mail {
    /// Prints nothing that is written in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Sends mail. Passed to [`CrmBuilder::mailer`](crate::CrmBuilder::mailer).
///
/// It is called by jobs, outside of transactions. A mail is handed over once, unless the process ends between the
/// mailer's answer and the next commit: then it is handed over again, with the same id.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Sends one mail.
    ///
    /// # Errors
    /// Why it was not handed over.
    async fn send(&self, mail: Mail) -> Result<(), MailError>;
}

/// Why a mail was not sent. The cause is logged, so it holds neither the mail nor its recipient.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// The server refuses it for good: it is not tried again.
    #[error("the mail was refused")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server cannot take it now: it is tried again later.
    #[error("the mail server is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
