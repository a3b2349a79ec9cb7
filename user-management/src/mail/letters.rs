//! What is written to users, in their language.

use std::time::Duration;

use askama::Template;
use secrecy::ExposeSecret;

use super::Mail;
use crate::base::options::Options;
use crate::links::Link;
use crate::rows::user;

/// A mail with a link.
#[derive(Clone, Copy)]
pub(crate) enum Letter<'a> {
    /// An invitation to a company.
    Invitation {
        /// The name of the company.
        company: &'a str,
        /// Whether the account has a password already.
        has_account: bool,
    },
    /// A reset of the password.
    Reset,
}

/// What the templates show.
#[derive(Clone, Copy)]
struct Words<'a> {
    is_german: bool,
    name: Option<&'a str>,
    company: &'a str,
    has_account: bool,
    url: &'a str,
    lifetime: &'a str,
}

impl Words<'_> {
    fn language(&self) -> &'static str {
        if self.is_german { "de" } else { "en" }
    }
}

#[derive(Template)]
#[template(path = "mail/invitation.txt")]
struct InvitationText<'a> {
    w: Words<'a>,
}

#[derive(Template)]
#[template(path = "mail/invitation.html")]
struct InvitationHtml<'a> {
    w: Words<'a>,
}

#[derive(Template)]
#[template(path = "mail/reset.txt")]
struct ResetText<'a> {
    w: Words<'a>,
}

#[derive(Template)]
#[template(path = "mail/reset.html")]
struct ResetHtml<'a> {
    w: Words<'a>,
}

impl Letter<'_> {
    /// The mail to this user.
    pub(super) fn write(self, options: &Options, link: &Link, to: &user::Model) -> Result<Mail, askama::Error> {
        let is_german = to.locale.as_deref().is_some_and(is_german);
        let (company, has_account, lasts) = match self {
            Self::Invitation { company, has_account } => (company, has_account, options.invitation),
            Self::Reset => ("", true, options.reset),
        };
        let (name, url) = (to.name.as_deref(), link.url.expose_secret());
        let lifetime = &lifetime(lasts, is_german);
        let w = Words { is_german, name, company, has_account, url, lifetime };
        let (text, html) = match self {
            Self::Invitation { .. } => (InvitationText { w }.render()?, InvitationHtml { w }.render()?),
            Self::Reset => (ResetText { w }.render()?, ResetHtml { w }.render()?),
        };
        Ok(Mail { to: to.email.clone(), subject: self.subject(is_german), text, html })
    }

    fn subject(self, is_german: bool) -> String {
        match (self, is_german) {
            (Self::Invitation { company, .. }, false) => format!("Invitation to {company}"),
            (Self::Invitation { company, .. }, true) => format!("Einladung zu {company}"),
            (Self::Reset, false) => "Reset your password".to_owned(),
            (Self::Reset, true) => "Passwort zurücksetzen".to_owned(),
        }
    }
}

fn is_german(locale: &str) -> bool {
    locale.split('-').next().is_some_and(|language| language.eq_ignore_ascii_case("de"))
}

/// A time in words: "7 days", "60 minutes".
fn lifetime(time: Duration, is_german: bool) -> String {
    let minutes = time.as_secs().div_ceil(60);
    let (count, words) = match minutes {
        0..=119 => (minutes, [["minute", "minutes"], ["Minute", "Minuten"]]),
        120..=2879 => (minutes / 60, [["hour", "hours"], ["Stunde", "Stunden"]]),
        _ => (minutes / 1440, [["day", "days"], ["Tag", "Tage"]]),
    };
    format!("{count} {}", words[usize::from(is_german)][usize::from(count != 1)])
}
