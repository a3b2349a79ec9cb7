//! Clients of the service: wrk where it is installed, otherwise our own, which take more of the machine.

use std::fmt::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::data::Data;
use crate::operation::Operation;
use crate::report::Sample;
use crate::service::Service;
use crate::statements::new_customer;

/// True if wrk is there.
pub(crate) fn has_wrk() -> bool {
    std::process::Command::new("wrk").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Sends requests from many clients for some time. All are to be answered well.
pub(crate) async fn run(
    service: &Service,
    operation: Operation,
    data: &Data,
    clients: usize,
    time: Duration,
) -> Result<Sample> {
    let paths = paths(operation, data);
    let body = (operation == Operation::Create).then(|| serde_json::to_string(&new_customer())).transpose()?;
    if has_wrk() {
        by_wrk(service, &paths, body, clients, time).await
    } else {
        ours(service, paths, body, clients, time).await
    }
}

fn paths(operation: Operation, data: &Data) -> Vec<String> {
    match operation {
        Operation::List => vec!["/api/customers?limit=20&count=none".to_owned()],
        Operation::ListCounted => vec!["/api/customers?limit=20".to_owned()],
        Operation::Get => data.customers.iter().map(|id| format!("/api/customers/{id}")).collect(),
        Operation::Create => vec!["/api/customers".to_owned()],
        Operation::Search => data.words.iter().map(|word| format!("/api/customers/search?limit=20&q={word}")).collect(),
    }
}

async fn by_wrk(
    service: &Service,
    paths: &[String],
    body: Option<String>,
    clients: usize,
    time: Duration,
) -> Result<Sample> {
    let directory = tempfile::tempdir()?;
    let (script, mut lua) = (directory.path().join("requests.lua"), String::new());
    writeln!(lua, "local paths = {{\"{}\"}}\nlocal turn = 0", paths.join("\", \""))?;
    if let Some(body) = body {
        writeln!(
            lua,
            "wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.body = [[{body}]]"
        )?;
    }
    lua.push_str("request = function() turn = turn % #paths + 1; return wrk.format(nil, paths[turn]) end\n");
    std::fs::write(&script, lua)?;
    let mut command = tokio::process::Command::new("wrk");
    command.args(["-t2", "-c", &clients.to_string(), "-d", &format!("{}s", time.as_secs()), "--latency"]);
    command.arg("-H").arg(format!("Authorization: Bearer {}", service.token())).arg("-s").arg(script);
    let output = command.arg(service.base()).output().await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let after = |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    if let Some(bad) = after("Non-2xx or 3xx responses:").or(after("Socket errors:")) {
        bail!("requests went wrong: {bad}");
    }
    let per_second = after("Requests/sec:").and_then(|rate| rate.parse().ok()).context("wrk tells no rate")?;
    Ok(Sample { per_second, p99: after("99%").and_then(milliseconds) })
}

/// `812.00us`, `3.41ms`, `1.02s`.
fn milliseconds(text: &str) -> Option<f64> {
    let number = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let factor = match &text[number..] {
        "us" => 0.001,
        "ms" => 1.0,
        "s" => 1000.0,
        _ => return None,
    };
    text[..number].parse::<f64>().ok().map(|value| value * factor)
}

async fn ours(
    service: &Service,
    paths: Vec<String>,
    body: Option<String>,
    clients: usize,
    time: Duration,
) -> Result<Sample> {
    let (began, end) = (Instant::now(), Instant::now() + time);
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..clients {
        let (http, body) = (service.client().clone(), body.clone());
        let urls: Vec<String> = paths.iter().map(|path| format!("{}{path}", service.base())).collect();
        tasks.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < end {
                let (sent, url) = (Instant::now(), &urls[(client + times.len()) % urls.len()]);
                let request = match &body {
                    Some(body) => http.post(url).header("content-type", "application/json").body(body.clone()),
                    None => http.get(url),
                };
                let response = request.send().await?;
                let status = response.status();
                response.bytes().await?;
                ensure!(status.is_success(), "the service answered {status}");
                times.push(sent.elapsed());
            }
            Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).map(|time| time.as_secs_f64() * 1000.0);
    Ok(Sample { per_second: times.len() as f64 / began.elapsed().as_secs_f64(), p99 })
}
