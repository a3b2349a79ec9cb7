//! The program in a separate process.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::{BodyStream, to_bytes};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use actix_web::test::TestRequest;
use testkit::{eventually, free_port, until};

use super::api::{Client, Handler};

/// For what takes a moment on a quiet machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The program with these arguments and this environment, and nothing of the environment of the tests.
pub fn program(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crm-http"));
    command.env_clear().args(arguments).envs(environment.iter().copied()).stdin(Stdio::null());
    command
}

/// A program that has ended by itself.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// What it printed, if it went well.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.status.success(), "it failed: {self:?}");
        self.stdout
    }

    /// What it complained of, if it did not.
    #[track_caller]
    pub fn fault(self) -> String {
        assert_eq!(self.status.code(), Some(1), "it is to fail: {self:?}");
        self.stderr
    }
}

/// Runs it to its end, which must come.
pub fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let mut running = Running::start(&mut program(arguments, environment));
    let status = running.ended();
    let Running { stdout, stderr, .. } = &running;
    Ended { status, stdout: stdout.text(), stderr: stderr.text() }
}

/// What a process writes, as it comes.
struct Lines {
    text: Arc<Mutex<String>>,
    reading: Option<JoinHandle<()>>,
}

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let into = Arc::clone(&text);
        let reading = std::thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                into.lock().expect("no panic while reading").push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        Self { text, reading: Some(reading) }
    }

    fn text(&self) -> String {
        self.text.lock().expect("no panic while reading").clone()
    }
}

/// A program that runs; dropping it kills it.
pub struct Running {
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let stdout = Lines::of(child.stdout.take().expect("a pipe"));
        let stderr = Lines::of(child.stderr.take().expect("a pipe"));
        Self { child, stdout, stderr }
    }

    /// All it has written so far.
    pub fn output(&self) -> String {
        self.stdout.text() + &self.stderr.text()
    }

    /// Waits for its end, and for the last of what it wrote.
    pub fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        let ended = until(PATIENCE, || {
            status = self.child.try_wait().expect("a child");
            status.is_some()
        });
        assert!(ended, "it does not end: {}", self.output());
        for lines in [&mut self.stdout, &mut self.stderr] {
            lines.reading.take().map(JoinHandle::join).transpose().expect("no panic while reading");
        }
        status.expect("it has ended")
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// True as long as it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none()
    }

    /// Asks it to stop, as an orchestrator does.
    pub fn terminate(&self) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().expect("kill");
        assert!(sent.success(), "there is nobody to ask");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A service that runs as a process, on a port of its own.
pub struct Serving {
    pub process: Running,
    pub port: u16,
}

impl Serving {
    /// Starts it, and waits until it is ready. Its port is set by the environment.
    pub async fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut serving = Self::begin(arguments, environment);
        let client = serving.client();
        let ready = async || {
            assert!(serving.process.is_running(), "it ends: {}", serving.process.output());
            client.get("/health/ready").open().await.status() == StatusCode::OK
        };
        assert!(eventually(PATIENCE, ready).await, "it does not get ready: {}", serving.process.output());
        serving
    }

    /// Starts it, and does not wait.
    pub fn begin(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let port = free_port().expect("a port");
        let mut command = program(arguments, environment);
        command.env("HOST", "127.0.0.1").env("PORT", port.to_string()).env("USERS_PORT", "0");
        Self { process: Running::start(&mut command), port }
    }

    /// A client without a token.
    pub fn client(&self) -> Client {
        Client::new(over_the_wire(self.port))
    }
}

/// Sends requests to a local port. Without a listener, the answer is the 502 of a proxy.
fn over_the_wire(port: u16) -> Rc<Handler> {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let client = client.timeout(PATIENCE).build().expect("a client");
    Rc::new(move |request| {
        let (client, port) = (client.clone(), port);
        Box::pin(async move { forward(&client, port, request).await.unwrap_or_else(|_| nobody()) })
    })
}

fn nobody() -> HttpResponse {
    HttpResponse::BadGateway().finish()
}

async fn forward(client: &reqwest::Client, port: u16, request: TestRequest) -> reqwest::Result<HttpResponse> {
    let (request, payload) = request.to_http_parts();
    let body = to_bytes(BodyStream::new(payload)).await.unwrap_or_else(|_| panic!("a body"));
    let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes()).expect("a method");
    let mut sent = client.request(method, format!("http://127.0.0.1:{port}{}", request.uri())).body(body);
    for (name, value) in request.head().headers() {
        sent = sent.header(name.as_str(), value.as_bytes());
    }
    let received = sent.send().await?;
    let mut answer = HttpResponse::build(StatusCode::from_u16(received.status().as_u16()).expect("a status"));
    for (name, value) in received.headers() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).expect("the name of a header");
        if ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name) {
            answer.append_header((name, HeaderValue::from_bytes(value.as_bytes()).expect("a header")));
        }
    }
    Ok(answer.body(received.bytes().await?).map_into_boxed_body())
}
