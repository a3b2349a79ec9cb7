//! Mail to users through an SMTP server.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use crm_core::notifications::{Mail, MailError, Mailer};
use crm_core::text::tidy;
use lettre::message::{Mailbox, SinglePart};
use lettre::transport::smtp::AsyncSmtpTransportBuilder;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

/// How long the server has for one mail.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The server does not accept our credentials, or wants some: the mail can go when the settings are right.
const LOG_IN: [u16; 4] = [530, 534, 535, 538];

/// A mail server, and the sender of mails.
#[derive(Clone, Debug)]
pub struct SmtpOptions {
    url: SecretString,
    sender: Mailbox,
    timeout: Duration,
}

/// What is wrong with the settings of mail. It does not repeat the URL, which has a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmtpSettingsError {
    /// The URL.
    #[error("is no URL such as smtps://user:password@smtp.example.com")]
    Url,
    /// The sender.
    #[error("is no sender such as CRM <no-reply@example.com>")]
    Sender,
    /// There is no Tokio runtime, which keeps the connections.
    #[error("a mailer is made inside a Tokio runtime")]
    Runtime,
}

impl SmtpOptions {
    /// The server of this URL: `smtps://user:password@host` (TLS), `smtp://host?tls=required` (STARTTLS), or
    /// `smtp://host` (in plain text, for a server on the same machine). `sender` is `Name <address>` or an address.
    ///
    /// # Errors
    /// The URL or the sender is malformed.
    pub fn new(url: SecretString, sender: &str) -> Result<Self, SmtpSettingsError> {
        let sender = sender.parse().map_err(|_| SmtpSettingsError::Sender)?;
        transport(&url).map(drop)?;
        Ok(Self { url, sender, timeout: TIMEOUT })
    }

    /// Sets how long the server has for one mail; 10 seconds by default.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

fn transport(url: &SecretString) -> Result<AsyncSmtpTransportBuilder, SmtpSettingsError> {
    AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret()).map_err(|_| SmtpSettingsError::Url)
}

/// Sends mail through an SMTP server, on connections that are kept.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Mailbox,
    timeout: Duration,
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl SmtpMailer {
    /// A mailer on a server.
    ///
    /// # Errors
    /// [`SmtpSettingsError::Runtime`] outside of a Tokio runtime.
    pub fn new(options: SmtpOptions) -> Result<Self, SmtpSettingsError> {
        tokio::runtime::Handle::try_current().map_err(|_| SmtpSettingsError::Runtime)?;
        let SmtpOptions { url, sender, timeout } = options;
        Ok(Self { transport: transport(&url)?.timeout(Some(timeout)).build(), sender, timeout })
    }

    fn message(&self, mail: Mail) -> Result<Message, MailError> {
        let to = mail.to.parse().map_err(|_| refused("the address of the recipient is malformed"))?;
        // The same for each attempt: mail servers and programs show one that arrives twice once.
        let id = format!("<{}@{}>", mail.id, self.sender.email.domain());
        Message::builder()
            .message_id(Some(id))
            .from(self.sender.clone())
            .to(Mailbox::new(None, to))
            // Titles are part of the subject; no line break of one may start a header.
            .subject(tidy(&mail.subject).unwrap_or_default())
            .singlepart(SinglePart::plain(mail.text))
            .map_err(|_| refused("the mail cannot be written"))
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let message = self.message(mail)?;
        let sent = tokio::time::timeout(self.timeout, self.transport.send(message)).await;
        let sent = sent.map_err(|_| unavailable("the server has not answered in time"))?;
        sent.map(drop).map_err(|error| describe(&error))
    }
}

/// Without the words of the server, which often repeat the address.
fn describe(error: &lettre::transport::smtp::Error) -> MailError {
    match error.status().map(u16::from) {
        Some(code) if error.is_permanent() && !LOG_IN.contains(&code) => {
            refused(format!("the server refused it with code {code}"))
        }
        Some(code) => unavailable(format!("the server answered with code {code}")),
        None if error.is_timeout() => unavailable("the server has not answered in time"),
        None => unavailable("the server cannot be reached"),
    }
}

fn refused(reason: impl Into<String>) -> MailError {
    MailError::Refused(reason.into().into())
}

fn unavailable(reason: impl Into<String>) -> MailError {
    MailError::Unavailable(reason.into().into())
}
