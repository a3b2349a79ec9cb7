//! Mail through an SMTP server.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use crm_core::text::tidy;
use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use super::{Mail, MailError, Mailer};

/// How long the server has for one mail.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends mail through an SMTP server, on connections that are kept.
#[derive(Clone)]
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
    /// A mailer on the server of this URL: `smtps://user:password@host` (TLS), `smtp://host?tls=required` (STARTTLS),
    /// or `smtp://host` (in plain text, for a server on the same machine). `sender` is `Name <address>` or an
    /// address.
    ///
    /// # Errors
    /// The URL or the sender is malformed, or there is no Tokio runtime, which keeps the connections.
    pub fn new(url: &SecretString, sender: &str) -> Result<Self, MailError> {
        tokio::runtime::Handle::try_current().map_err(|_| reason("a mailer is made inside a Tokio runtime"))?;
        let sender = sender.parse().map_err(|_| reason("the sender is no mailbox such as CRM <crm@example.com>"))?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret());
        let transport = transport.map_err(|_| reason("the URL of the SMTP server is malformed"))?;
        Ok(Self { transport: transport.timeout(Some(TIMEOUT)).build(), sender, timeout: TIMEOUT })
    }

    /// Sets how long the server has for one mail; 10 seconds by default.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn message(&self, mail: Mail) -> Result<Message, MailError> {
        let Mail { to, subject, text, html } = mail;
        let to = to.parse().map_err(|_| reason("the address of the recipient is malformed"))?;
        let message = Message::builder().from(self.sender.clone()).to(Mailbox::new(None, to));
        // Names are part of the subject; no line break of one may start a header.
        let message = message.subject(tidy(&subject).unwrap_or_default());
        let parts = MultiPart::alternative_plain_html(text, html);
        message.multipart(parts).map_err(|_| reason("the mail cannot be written"))
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let message = self.message(mail)?;
        let sent = tokio::time::timeout(self.timeout, self.transport.send(message)).await;
        sent.map_err(|_| reason("the server has not answered in time"))?.map(drop).map_err(|error| describe(&error))
    }
}

/// Without the words of the server, which often repeat the address.
fn describe(error: &lettre::transport::smtp::Error) -> MailError {
    match error.status() {
        Some(code) => reason(format!("the server refused it with code {code}")),
        None if error.is_timeout() => reason("the server has not answered in time"),
        None => reason("the server cannot be reached"),
    }
}

fn reason(text: impl Into<String>) -> MailError {
    MailError(text.into().into())
}
