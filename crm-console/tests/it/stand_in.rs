//! A server that speaks the protocol of the user-management service, as far as log-in goes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const EMAIL: &str = "ann@acme.example";
pub const PASSWORD: &str = "correct horse battery 7 staple";

/// What the server knows, and how it behaves.
#[derive(Debug)]
pub struct State {
    /// What an access token says.
    pub word: String,
    pub expires_in: i64,
    pub second_factor: bool,
    pub is_down: bool,
    pub is_throttling: bool,
    /// How long a refresh takes.
    pub delay: Duration,
    refresh_tokens: BTreeSet<String>,
    pub refreshes: usize,
    /// Refresh tokens that were shown a second time.
    pub thefts: usize,
    pub log_outs: Vec<String>,
    /// What the last log-in brought along: the cookie and the address.
    pub device: Option<String>,
    pub forwarded: Option<String>,
    /// What the browser calls itself, as the last log-in or refresh told it.
    pub user_agent: Option<String>,
    count: usize,
}

#[derive(Clone)]
pub struct StandIn {
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl StandIn {
    /// Starts it; its access tokens say `word`.
    pub async fn start(word: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            word: word.to_owned(),
            expires_in: 900,
            second_factor: false,
            is_down: false,
            is_throttling: false,
            delay: Duration::ZERO,
            refresh_tokens: BTreeSet::new(),
            refreshes: 0,
            thefts: 0,
            log_outs: Vec::new(),
            device: None,
            forwarded: None,
            user_agent: None,
            count: 0,
        };
        let stand_in = Self { url, state: Arc::new(Mutex::new(state)) };
        let serving = stand_in.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        stand_in
    }

    pub fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap())
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut held = Vec::new();
        let (head, body) = loop {
            let mut part = [0; 4096];
            match stream.read(&mut part).await {
                Ok(0) | Err(_) => return,
                Ok(count) => held.extend_from_slice(&part[..count]),
            }
            let text = String::from_utf8_lossy(&held).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                break (head.to_owned(), body.to_owned());
            }
        };
        if head.starts_with("POST /api/auth/refresh") {
            tokio::time::sleep(self.with(|state| state.delay)).await;
        }
        let answer = self.with(|state| state.answer(&head, &body));
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn cookie(head: &str, name: &str) -> Option<String> {
    let mut pairs = header(head, "cookie")?.split("; ").filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

fn write(status: &str, cookies: &[String], body: &Value) -> String {
    let cookies: String = cookies.iter().map(|cookie| format!("Set-Cookie: {cookie}\r\n")).collect();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n{cookies}\r\n{body}"
    )
}

fn problem(status: &str, code: &str) -> String {
    write(status, &[], &json!({ "type": "urn:x", "title": code, "status": 401, "code": code, "detail": code }))
}

impl State {
    fn answer(&mut self, head: &str, body: &str) -> String {
        if self.is_down {
            return problem("503 Service Unavailable", "unavailable");
        }
        self.user_agent = header(head, "user-agent").map(str::to_owned);
        match head.split(' ').nth(1).unwrap_or_default() {
            "/api/auth/login" => self.log_in(head, body),
            "/api/auth/refresh" => self.refresh(head),
            "/api/auth/logout" => {
                self.log_outs.push(header(head, "authorization").unwrap_or_default().to_owned());
                write("204 No Content", &[], &Value::Null)
            }
            _ => problem("404 Not Found", "not_found"),
        }
    }

    fn log_in(&mut self, head: &str, body: &str) -> String {
        let body: Value = serde_json::from_str(body).unwrap();
        self.device = cookie(head, "um_device");
        self.forwarded = header(head, "x-forwarded-for").map(str::to_owned);
        if self.is_throttling {
            return problem("429 Too Many Requests", "too_many_attempts");
        }
        if body["email"] != EMAIL || body["password"] != PASSWORD {
            return problem("401 Unauthorized", "credentials_invalid");
        }
        match (self.second_factor, body["code"].as_str()) {
            (true, None) => problem("401 Unauthorized", "second_factor_required"),
            (true, Some(code)) if code != "123456" => problem("401 Unauthorized", "second_factor_invalid"),
            _ => self.session(),
        }
    }

    fn refresh(&mut self, head: &str) -> String {
        self.refreshes += 1;
        let shown = cookie(head, "um_refresh").unwrap_or_default();
        if self.refresh_tokens.remove(&shown) {
            return self.session();
        }
        self.thefts += 1;
        problem("401 Unauthorized", "session_ended")
    }

    /// Forgets all refresh tokens, as when an administrator ends a session.
    pub fn end_sessions(&mut self) {
        self.refresh_tokens.clear();
    }

    fn session(&mut self) -> String {
        self.count += 1;
        let refresh = format!("refresh-{}", self.count);
        self.refresh_tokens.insert(refresh.clone());
        let cookies = [
            format!("um_refresh={refresh}; Path=/api/auth/refresh; HttpOnly; SameSite=Strict; Max-Age=3600"),
            "um_device=device-1; Path=/api/auth/login; HttpOnly".to_owned(),
        ];
        let token = format!("{}.{}", self.word, self.count);
        let company = json!({ "id": "01900000-0000-7000-8000-000000000001", "name": "Acme Ltd" });
        let user = json!({ "id": "01900000-0000-7000-8000-000000000002", "email": EMAIL, "company": company });
        write(
            "200 OK",
            &cookies,
            &json!({ "token": token, "tokenType": "Bearer", "expiresIn": self.expires_in, "user": user }),
        )
    }
}
