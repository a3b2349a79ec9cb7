//! Memory of a process, as Linux accounts for it.

use anyhow::{Context, Result};

/// What a process has in memory now, and the most it had, in bytes.
pub(crate) fn of(pid: u32) -> Result<[u64; 2]> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let read = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    };
    Ok([read("VmRSS:")?, read("VmHWM:")?])
}
