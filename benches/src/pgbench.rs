//! Statements through pgbench, PostgreSQL's own load generator.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::report::Sample;
use crate::statements::Script;

/// How many clients send statements at once: more than cores, and few enough that they do not wait for one another.
const CLIENTS: &str = "4";

/// Runs the scripts in turns for some time.
pub(crate) async fn run(url: &str, scripts: &[Script], time: Duration) -> Result<Sample> {
    let directory = tempfile::tempdir()?;
    let mut command = tokio::process::Command::new("pgbench");
    command.args(["-n", "-M", "prepared", "-c", CLIENTS, "-j", "2", "-T", &time.as_secs().to_string()]);
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
