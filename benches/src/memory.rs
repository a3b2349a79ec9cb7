//! Memory of a process, as Linux accounts for it.

use anyhow::{Context, Result};

/// What a process has in memory now, and the most it had, in bytes.
pub(crate) fn of(pid: u32) -> Result<[u64; 2]> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok([read(&status, "VmRSS:")?, read(&status, "VmHWM:")?])
}

fn read(status: &str, name: &str) -> Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}
