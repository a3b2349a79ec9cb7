//! CPU time of processes, as Linux accounts for it.

use anyhow::{Context, Result};

/// Ticks of the accounting clock in a second; 100 on every Linux that runs this.
const TICKS: f64 = 100.0;

/// Measures what a process and a PostgreSQL server use from now on.
pub(crate) struct Meter {
    pid: u32,
    postmaster: u32,
    before: (f64, f64),
}

/// CPU seconds of a span.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    pub process: f64,
    pub database: f64,
}

impl Meter {
    pub fn start(pid: u32, postmaster: u32) -> Result<Self> {
        Ok(Self { pid, postmaster, before: (process(pid)?, server(postmaster)?) })
    }

    pub fn read(&self) -> Result<Cpu> {
        let (process_before, server_before) = self.before;
        Ok(Cpu { process: process(self.pid)? - process_before, database: server(self.postmaster)? - server_before })
    }
}

/// The fields of `/proc/<pid>/stat` after the name, which may have blanks in it.
fn stat(pid: u32) -> Result<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("no process {pid}"))?;
    let (_, fields) = stat.rsplit_once(')').context("an odd stat file")?;
    Ok(fields.split_whitespace().map(str::to_owned).collect())
}

fn ticks(fields: &[String], indexes: &[usize]) -> f64 {
    indexes.iter().filter_map(|index| fields.get(*index)?.parse::<f64>().ok()).sum::<f64>() / TICKS
}

/// User and system time of a process.
fn process(pid: u32) -> Result<f64> {
    Ok(ticks(&stat(pid)?, &[11, 12]))
}

/// The same of a postmaster, its children, and the children it has buried.
fn server(postmaster: u32) -> Result<f64> {
    let mut total = ticks(&stat(postmaster)?, &[11, 12, 13, 14]);
    for entry in std::fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process may end between the listing and the look at it.
        if let Ok(fields) = stat(pid)
            && fields.get(1).and_then(|parent| parent.parse().ok()) == Some(postmaster)
        {
            total += ticks(&fields, &[11, 12]);
        }
    }
    Ok(total)
}

pub(crate) fn parent(pid: u32) -> Result<u32> {
    stat(pid)?.get(1).context("no parent")?.parse().context("an odd parent")
}

/// Resident memory of a process in bytes.
pub(crate) fn resident(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024)
}
