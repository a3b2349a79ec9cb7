//! Mail through an SMTP server of the test.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use testkit::Suite;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
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

/// How the server behaves.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Accepts,
    Refuses,
    Hangs,
}

/// A small SMTP server: its URL, and the mails it accepts.
async fn server(manner: Manner) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("smtp://{}", listener.local_addr().expect("an address"));
    let mails = Arc::new(Mutex::new(Vec::new()));
    let accepted = mails.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, manner, accepted.clone()));
        }
    });
    (url, mails)
}

async fn serve(stream: TcpStream, manner: Manner, mails: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await?;
    let (mut is_data, mut mail) = (false, String::new());
    while let Some(line) = lines.next_line().await? {
        if is_data {
            if line == "." {
                is_data = false;
                mails.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(&mut mail));
                write.write_all(b"250 accepted\r\n").await?;
            } else {
                mail.push_str(&line);
                mail.push('\n');
            }
            continue;
        }
        let reply: &[u8] = match line.split(' ').next().unwrap_or_default() {
            "MAIL" if manner == Manner::Hangs => std::future::pending().await,
            "RCPT" if manner == Manner::Refuses => b"550 <ann@acme.example> is unknown here\r\n",
            "DATA" => {
                is_data = true;
                b"354 go on\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        write.write_all(reply).await?;
    }
    Ok(())
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
    let (url, mails) = server(Manner::Accepts).await;
    let mailer = mailer(&url);
    mailer.send(mail()).await.expect("sent");
    mailer.send(mail()).await.expect("sent on the same connection");
    let mails = mails.lock().expect("mails");
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
    let (url, mails) = server(Manner::Accepts).await;
    let subject = "Invitation to Acme\r\nBcc: all@acme.example\r\n\r\nbody".to_owned();
    mailer(&url).send(Mail { subject, ..mail() }).await.expect("sent");
    let bad = Mail { to: "ann@acme.example\r\nBcc: all@acme.example".into(), ..mail() };
    mailer(&url).send(bad).await.expect_err("no address");
    let mails = mails.lock().expect("mails");
    assert_eq!(mails.len(), 1);
    assert!(!mails[0].lines().any(|line| line.starts_with("Bcc:")), "{}", mails[0]);
}

async fn a_refusal_tells_no_address() {
    let (url, mails) = server(Manner::Refuses).await;
    let error = mailer(&url).send(mail()).await.expect_err("a refusal");
    assert_eq!(error.0.to_string(), "the server refused it with code 550");
    assert!(!format!("{error:?}").contains("ann@"));
    assert!(mails.lock().expect("mails").is_empty());
}

async fn a_server_that_hangs_is_given_up() {
    let (url, _) = server(Manner::Hangs).await;
    let start = Instant::now();
    let error = mailer(&url).timeout(Duration::from_millis(200)).send(mail()).await.expect_err("no answer");
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
