//! A server that takes mail, and every way to fail.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How a server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpWay {
    /// It accepts all mails.
    Accepts,
    /// It refuses all recipients for good, and repeats their addresses.
    Refuses,
    /// It accepts no recipient now.
    Defers,
    /// It does not answer.
    Hangs,
}

/// A small SMTP server in the process, without TLS.
#[derive(Clone, Debug)]
pub struct SmtpServer {
    url: String,
    mails: Arc<Mutex<Vec<String>>>,
}

impl SmtpServer {
    /// Starts a server on a free port, as long as the runtime lives.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start(way: SmtpWay) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("smtp://{}", listener.local_addr()?);
        let server = Self { url, mails: Arc::default() };
        let mails = server.mails.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, way, mails.clone()));
            }
        });
        Ok(server)
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The accepted mails with their headers, in their order.
    #[must_use]
    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(stream: TcpStream, way: SmtpWay, mails: Arc<Mutex<Vec<String>>>) -> io::Result<()> {
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
            "MAIL" if way == SmtpWay::Hangs => std::future::pending().await,
            "RCPT" if way == SmtpWay::Refuses => b"550 <ann@acme.example> is unknown here\r\n",
            "RCPT" if way == SmtpWay::Defers => b"451 later\r\n",
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
