//! The same statements through pgbench, PostgreSQL's own load generator.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use crm_core::sea_orm::{Statement, Value};
use uuid::Uuid;

use crate::cpu::{Cpu, Meter};
use crate::direct::version_four;
use crate::statements::Operation;

/// What pgbench did.
pub(crate) struct Run {
    pub transactions: u64,
    pub cpu: Cpu,
}

pub(crate) async fn run(
    url: &str,
    operation: Operation,
    sql: &[Statement],
    clients: usize,
    seconds: u64,
    postmaster: u32,
) -> Result<Run> {
    let directory = tempfile::tempdir()?;
    let mut command = tokio::process::Command::new("pgbench");
    let (clients, seconds) = (clients.to_string(), seconds.to_string());
    command.args(["-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds]);
    for (index, script) in scripts(operation, sql)?.iter().enumerate() {
        let path = directory.path().join(format!("{index}.sql"));
        std::fs::write(&path, script)?;
        command.arg("-f").arg(path);
    }
    let meter = Meter::start(std::process::id(), postmaster)?;
    let child = command.arg(url).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("pgbench is missing")?;
    let output = child.wait_with_output().await?;
    let cpu = Cpu { process: 0.0, ..meter.read()? };
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("number of transactions actually processed: "));
    let Some(transactions) = line.and_then(|count| count.split('/').next()?.trim().parse().ok()) else {
        bail!("pgbench: {}", String::from_utf8_lossy(&output.stderr));
    };
    Ok(Run { transactions, cpu })
}

/// One script for each statement, or one with all of them in a transaction.
fn scripts(operation: Operation, sql: &[Statement]) -> Result<Vec<String>> {
    if operation != Operation::Create {
        return Ok(sql.iter().map(|statement| format!("{};\n", literal(statement))).collect());
    }
    // pgbench has no UUIDs: each new id is made by the server from random numbers that the script shares.
    let kept = version_four(sql);
    let mut ids = BTreeSet::new();
    for value in sql.iter().filter_map(|statement| statement.values.as_ref()).flat_map(|values| &values.0) {
        if let Value::Uuid(Some(id)) = value
            && !kept.contains(id)
        {
            ids.insert(*id);
        }
    }
    let mut script = String::new();
    let mut body = String::from("BEGIN;\n");
    for statement in sql {
        writeln!(body, "{};", literal(statement))?;
    }
    body.push_str("END;\n");
    for (index, id) in ids.iter().enumerate() {
        writeln!(script, "\\set high{index} random(1, 9000000000000000000)")?;
        writeln!(script, "\\set low{index} random(1, 9000000000000000000)")?;
        body = replace(&body, *id, index);
    }
    Ok(vec![script + &body])
}

fn replace(body: &str, id: Uuid, index: usize) -> String {
    let made =
        format!("(lpad(to_hex(:high{index}::bigint), 16, '0') || lpad(to_hex(:low{index}::bigint), 16, '0'))::uuid");
    body.replace(&format!("'{id}'"), &made)
}

/// The statement with its values in it, on one line; pgbench reads a colon before a letter as a variable.
fn literal(statement: &Statement) -> String {
    let text = statement.to_string().replace('\n', " ");
    ["null", "true", "false"]
        .iter()
        .fold(text, |text, word| text.replace(&format!("\":{word}"), &format!("\": {word}")))
}
