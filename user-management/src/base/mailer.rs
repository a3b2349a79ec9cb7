//! The port to a mail server.

use async_trait::async_trait;

/// A mail to a user.
#[derive(Clone)]
pub struct Mail {
    /// The address of the recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Sends one mail.
    ///
    /// # Errors
    /// The reason, if the mail could not be handed over.
    async fn send(&self, mail: Mail) -> Result<(), MailError>;
}

/// Why a mail was not sent. The reason is logged, so it holds neither the mail nor its recipient.
#[derive(Debug, thiserror::Error)]
#[error("the mail was not sent")]
pub struct MailError(#[source] pub Box<dyn std::error::Error + Send + Sync>);
