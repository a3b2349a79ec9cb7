//! Statements through pgbench, PostgreSQL's own load generator.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::report::Sample;
use crate::statements::Script;

/// How many clients send statements at once: more than cores, and few enough that they do not wait for one another.
const CLIENTS: &str = "4";

/// How statements are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// As text each time, which PostgreSQL plans each time: what pgbench does unless told otherwise.
    Simple,
    /// Prepared once.
    Prepared,
}

impl Protocol {
    pub const ALL: [Self; 2] = [Self::Simple, Self::Prepared];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Prepared => "prepared",
        }
    }
}

/// Runs the scripts in turns for some time.
pub(crate) async fn run(url: &str, scripts: &[Script], protocol: Protocol, time: Duration) -> Result<Sample> {
    let directory = tempfile::tempdir()?;
    let mut command = tokio::process::Command::new("pgbench");
    command.args(["-n", "-M", protocol.name(), "-c", CLIENTS, "-j", "2", "-T", &time.as_secs().to_string()]);
    for (index, script) in scripts.iter().enumerate() {
        let path = directory.path().join(format!("{index}.sql"));
        std::fs::write(&path, script)?;
        command.arg("-f").arg(path);
    }
    let child = command.arg(url).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("pgbench is missing")?;
    let output = child.wait_with_output().await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    match rate {
        Some(per_second) => Ok(Sample { per_second, p99: None }),
        None => bail!("pgbench: {}", String::from_utf8_lossy(&output.stderr)),
    }
}
