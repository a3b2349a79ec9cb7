//! Mail through an SMTP server of the test.

use std::time::{Duration, Instant};

use testkit::{SmtpServer, SmtpWay, Suite};
use user_management::mail::{Mail, Mailer, SmtpMailer};

use crate::support::secret;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [
        a_mail_arrives,
        a_name_starts_no_header,
        a_refusal_tells_no_address,
        a_server_that_hangs_is_given_up,
        malformed_settings_are_reported,
        without_a_runtime_there_is_no_mailer,
    ]);
}

async fn server(way: SmtpWay) -> SmtpServer {
    SmtpServer::start(way).await.expect("a port")
}

fn mail() -> Mail {
    Mail {
        to: "ann@acme.example".into(),
        subject: "Einladung zu Bäcker".into(),
        text: "Guten Tag".into(),
        html: "<p>Guten Tag</p>".into(),
    }
}

fn mailer(url: &str) -> SmtpMailer {
    SmtpMailer::new(&secret(url), "CRM <crm@acme.example>").expect("a mailer")
}

async fn a_mail_arrives() {
    let server = server(SmtpWay::Accepts).await;
    let mailer = mailer(server.url());
    mailer.send(mail()).await.expect("sent");
    mailer.send(mail()).await.expect("sent on the same connection");
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    let mail = &mails[0];
    for expected in [
        "To: ann@acme.example",
        "From: CRM <crm@acme.example>",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "Date: ",
    ] {
        assert!(mail.contains(expected), "{expected} is not in {mail}");
    }
}

async fn a_name_starts_no_header() {
    let server = server(SmtpWay::Accepts).await;
    let subject = "Invitation to Acme\r\nBcc: all@acme.example\r\n\r\nbody".to_owned();
    mailer(server.url()).send(Mail { subject, ..mail() }).await.expect("sent");
    let bad = Mail { to: "ann@acme.example\r\nBcc: all@acme.example".into(), ..mail() };
    mailer(server.url()).send(bad).await.expect_err("no address");
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert!(!mails[0].lines().any(|line| line.starts_with("Bcc:")), "{}", mails[0]);
}

async fn a_refusal_tells_no_address() {
    let server = server(SmtpWay::Refuses).await;
    let error = mailer(server.url()).send(mail()).await.expect_err("a refusal");
    assert_eq!(error.0.to_string(), "the server refused it with code 550");
    assert!(!format!("{error:?}").contains("ann@"));
    assert!(server.mails().is_empty());
}

async fn a_server_that_hangs_is_given_up() {
    let server = server(SmtpWay::Hangs).await;
    let start = Instant::now();
    let error = mailer(server.url()).timeout(Duration::from_millis(200)).send(mail()).await.expect_err("no answer");
    assert_eq!(error.0.to_string(), "the server has not answered in time");
    assert!(start.elapsed() < Duration::from_secs(5));
    let error = mailer("smtp://127.0.0.1:1").send(mail()).await.expect_err("no server");
    assert_eq!(error.0.to_string(), "the server cannot be reached");
}

async fn malformed_settings_are_reported() {
    for (url, sender) in
        [("smtp://localhost", "nobody"), ("http://localhost", "a@acme.example"), ("", "a@acme.example")]
    {
        let error = SmtpMailer::new(&secret(url), sender).expect_err("malformed");
        assert!(!format!("{error:?}").contains("localhost"));
    }
    SmtpMailer::new(&secret("smtp://localhost?tls=required"), "a@acme.example").expect("STARTTLS");
    let mailer = SmtpMailer::new(&secret("smtps://user:hush@localhost"), "a@acme.example").expect("TLS");
    assert!(!format!("{mailer:?}").contains("hush"));
}

fn without_a_runtime_there_is_no_mailer() {
    SmtpMailer::new(&secret("smtp://localhost"), "a@acme.example").expect_err("no runtime");
}
