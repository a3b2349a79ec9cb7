//! What is written to users, in English or German. Of records only the titles of tasks are told: a mail leaves the CRM.

use std::fmt::Write;

use chrono_tz::Tz;

use super::digest::Day;
use super::news::MAX_NEWS;
use super::recipients::Recipient;
use crate::notifications::{Notification, NotificationKind, NotifiedRecord};
use crate::tasks::Task;

/// The maximum number of tasks in each part of a digest.
const MAX_TASKS: usize = 20;

/// What is written.
pub(super) struct Letter {
    pub subject: String,
    pub text: String,
}

/// How it is written.
#[derive(Clone, Copy)]
pub(super) struct Words<'w> {
    is_german: bool,
    zone: Tz,
    base: Option<&'w str>,
}

impl<'w> Words<'w> {
    /// The language and the time zone of the recipient; `base` is the address of the pages.
    pub fn of(to: &Recipient, base: Option<&'w str>) -> Self {
        Self { is_german: to.is_german, zone: to.zone, base }
    }

    fn say<'a>(self, english: &'a str, german: &'a str) -> &'a str {
        if self.is_german { german } else { english }
    }

    /// When a task is due; empty if it never is.
    fn due(self, task: &Task) -> String {
        match (task.due_at, task.due_date) {
            (Some(at), _) => format!("{} ({})", at.with_timezone(&self.zone).format("%Y-%m-%d %H:%M"), self.zone),
            (None, Some(day)) => day.to_string(),
            (None, None) => String::new(),
        }
    }

    fn link(self, path: &str) -> String {
        self.base.map(|base| format!("\n{base}/{path}\n")).unwrap_or_default()
    }

    fn end(self) -> String {
        let why = self.say(
            "Your preferences in the CRM say which e-mails you get.",
            "Welche E-Mails Sie erhalten, bestimmen Ihre Einstellungen im CRM.",
        );
        format!("{}\n--\n{why}\n", self.link("preferences"))
    }
}

impl Letter {
    /// A reminder of a task.
    pub fn reminder(words: Words<'_>, task: &Task) -> Self {
        let subject = format!("{}: {}", words.say("Reminder", "Erinnerung"), task.title);
        let (due, link) = (words.due(task), words.link(&format!("tasks/{}", task.id)));
        let text = format!("{}\n{}: {due}\n{link}{}", task.title, words.say("Due", "Fällig"), words.end());
        Self { subject, text }
    }

    /// What a user has not read yet; one more than is told says that there are more.
    pub fn news(words: Words<'_>, news: &[Notification]) -> Self {
        let subject = match news {
            [one] => line(words, one),
            _ => words.say("You have new notifications", "Sie haben neue Benachrichtigungen").to_owned(),
        };
        let mut text = String::new();
        for one in news.iter().take(MAX_NEWS) {
            // Writing to a string does not fail.
            let _ = writeln!(text, "- {}{}", line(words, one), words.link(&path(one)));
        }
        if news.len() > MAX_NEWS {
            let _ = writeln!(text, "- {}", words.say("and more", "und weitere"));
        }
        Self { subject, text: text + &words.end() }
    }

    /// The digest of a morning.
    pub fn digest(words: Words<'_>, day: &Day) -> Self {
        let mut text = String::new();
        for (heading, tasks) in
            [(words.say("Due today", "Heute fällig"), &day.due), (words.say("Overdue", "Überfällig"), &day.overdue)]
        {
            if tasks.is_empty() {
                continue;
            }
            let _ = writeln!(text, "{heading}:");
            for task in tasks.iter().take(MAX_TASKS) {
                let _ = writeln!(text, "- {}, {}", task.title, words.due(task));
            }
            if tasks.len() > MAX_TASKS {
                let _ = writeln!(text, "- {}", words.say("and more", "und weitere"));
            }
            text.push('\n');
        }
        if day.unread > 0 {
            let heading = words.say("Unread notifications", "Ungelesene Benachrichtigungen");
            let _ = writeln!(text, "{heading}: {}", day.unread);
        }
        let subject = words.say("Your day", "Ihr Tag").to_owned();
        Self { subject, text: text + &words.link("tasks") + &words.end() }
    }
}

/// What has happened, in a line. The title is that of a task, or nothing.
fn line(words: Words<'_>, one: &Notification) -> String {
    use NotificationKind as K;
    let name = one.actor.as_ref().and_then(|actor| actor.display_name.as_deref());
    let who = name.unwrap_or_else(|| words.say("The CRM", "Das CRM"));
    let what = match one.record_kind {
        NotifiedRecord::Task => words.say("a task", "eine Aufgabe"),
        NotifiedRecord::Note => words.say("a note", "einer Notiz"),
        NotifiedRecord::Interaction => words.say("an interaction", "einen Kontakt"),
        NotifiedRecord::Deal => words.say("a deal", "ein Geschäft"),
        NotifiedRecord::Lead => words.say("a lead", "einen Lead"),
    };
    let said = match (one.kind, words.is_german) {
        (K::Assigned, false) => format!("{who} assigned {what} to you"),
        (K::Assigned, true) => format!("{who} hat Ihnen {what} übertragen"),
        (K::Mentioned, false) => format!("{who} mentioned you"),
        (K::Mentioned, true) => format!("{who} hat Sie erwähnt"),
        (K::Due, false) => "A task is due".to_owned(),
        (K::Due, true) => "Eine Aufgabe ist fällig".to_owned(),
        (K::Reminder, false) => "Reminder of a task".to_owned(),
        (K::Reminder, true) => "Erinnerung an eine Aufgabe".to_owned(),
        (K::StageChanged, false) => format!("{who} moved a deal of yours"),
        (K::StageChanged, true) => format!("{who} hat eines Ihrer Geschäfte verschoben"),
        (K::ResponseFailed, false) => "A lead of yours was not answered in time".to_owned(),
        (K::ResponseFailed, true) => "Einer Ihrer Leads wurde nicht rechtzeitig beantwortet".to_owned(),
    };
    match &one.title {
        Some(title) if one.record_kind == NotifiedRecord::Task => format!("{said}: {title}"),
        _ => said,
    }
}

/// The page of the record.
fn path(one: &Notification) -> String {
    match (one.record_kind, one.customer_id) {
        (NotifiedRecord::Task, _) => format!("tasks/{}", one.record_id),
        (NotifiedRecord::Deal, _) => format!("deals/{}", one.record_id),
        (NotifiedRecord::Lead, _) => format!("leads/{}", one.record_id),
        (_, Some(customer)) => format!("customers/{customer}"),
        (_, None) => String::new(),
    }
}
