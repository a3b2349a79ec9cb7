//! Reminders by mail, through an SMTP server of the test.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use crm_core::actor::{Actor, Role};
use crm_core::ids::{CompanyId, UserId};
use crm_core::jobs::{Job, JobOptions, JobQuery, JobState};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, TaskReminder};
use crm_core::users::UserProfile;
use crm_core::{CompanyScope, Crm};
use crm_http::mail::{SmtpMailer, SmtpOptions, SmtpSettingsError};
use testkit::{FixedClock, SmtpServer, SmtpWay, Suite, TestDatabase};
use uuid::Uuid;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        a_reminder_arrives,
        what_is_refused_for_good_is_a_dead_letter,
        what_cannot_be_sent_now_waits,
    ]; plain: [malformed_settings_are_told, without_a_runtime_there_is_no_mailer]);
}

const SENDER: &str = "CRM <crm@acme.example>";

/// A company whose user is to be reminded of a task, and what became of the mail.
async fn reminded(database: &TestDatabase, url: &str) -> anyhow::Result<Job> {
    let clock = FixedClock::default();
    let options = SmtpOptions::new(url.to_owned().into(), SENDER)?.timeout(Duration::from_millis(500));
    let crm = Crm::builder().clock(clock.clone()).mailer(SmtpMailer::new(options)?).build();
    let company = CompanyId(Uuid::new_v4());
    let user = UserId(Uuid::new_v4());
    let mut scope: CompanyScope<'_> = crm.on(Actor::user(company, user, Role::Admin), &database.connection);
    let email = Some("ann@acme.example".to_owned());
    scope.users().mirror(&UserProfile { id: user, display_name: None, email, is_active: true }).await?;
    let due = FixedClock::default_time() + TimeDelta::hours(1);
    let task = NewTask { assignee_id: Patch::Set(user), ..NewTask::titled("Größeres Angebot").due(due) };
    scope.tasks().create(NewTask { reminders: Some(vec![TaskReminder::email(30)]), ..task }).await?;
    clock.advance(Duration::from_secs(30 * 60));
    crm.run_due_jobs(&database.connection, &JobOptions::default()).await?;
    let mut jobs = scope.jobs().list(&JobQuery::default(), &PageRequest::default()).await?.data;
    assert_eq!(jobs.len(), 1);
    Ok(jobs.remove(0))
}

async fn a_reminder_arrives(database: TestDatabase) -> anyhow::Result<()> {
    let server = SmtpServer::start(SmtpWay::Accepts).await?;
    let job = reminded(&database, server.url()).await?;
    assert_eq!(job.state, JobState::Done);
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    let id = format!("Message-ID: <{}@acme.example>", job.id);
    for part in ["To: ann@acme.example", "From: CRM <crm@acme.example>", "text/plain; charset=utf-8", "Date: ", &id] {
        assert!(mails[0].contains(part), "{part} is not in {}", mails[0]);
    }
    Ok(())
}

async fn what_is_refused_for_good_is_a_dead_letter(database: TestDatabase) -> anyhow::Result<()> {
    let server = SmtpServer::start(SmtpWay::Refuses).await?;
    let job = reminded(&database, server.url()).await?;
    assert_eq!((job.state, job.last_error.as_deref()), (JobState::Failed, Some("mail_refused")));
    Ok(())
}

async fn what_cannot_be_sent_now_waits(database: TestDatabase) -> anyhow::Result<()> {
    let begun = Instant::now();
    let deferring = SmtpServer::start(SmtpWay::Defers).await?;
    let hanging = SmtpServer::start(SmtpWay::Hangs).await?;
    for url in [deferring.url(), hanging.url(), "smtp://127.0.0.1:1"] {
        let job = reminded(&database, url).await?;
        assert_eq!((job.state, job.last_error.as_deref()), (JobState::Waiting, Some("mail_unavailable")), "{url}");
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "a server that hangs is given up");
    Ok(())
}

fn malformed_settings_are_told() {
    let made = |url: &str, sender| SmtpOptions::new(url.to_owned().into(), sender).map(drop);
    for (url, sender, fault) in [
        ("smtp://localhost", "nobody", SmtpSettingsError::Sender),
        ("http://crm:hush@localhost", SENDER, SmtpSettingsError::Url),
        ("", SENDER, SmtpSettingsError::Url),
    ] {
        assert_eq!(made(url, sender), Err(fault));
        assert!(!fault.to_string().contains("hush"));
    }
    made("smtp://localhost?tls=required", SENDER).expect("STARTTLS");
    let options = SmtpOptions::new("smtps://user:hush@localhost".to_owned().into(), SENDER).expect("TLS");
    assert!(!format!("{options:?}").contains("hush"));
}

fn without_a_runtime_there_is_no_mailer() {
    let options = SmtpOptions::new("smtp://localhost".to_owned().into(), SENDER).expect("options");
    assert_eq!(SmtpMailer::new(options).map(drop), Err(SmtpSettingsError::Runtime));
}
