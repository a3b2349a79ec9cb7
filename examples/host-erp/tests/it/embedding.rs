//! What it takes to take in the CRM, and what there is to see.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use testkit::{ServerError, Suite, TestDatabase};

use crate::{HERE, bookkeeper, customers, invoice, open};

/// How long the program may take to print something on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        empty: [opening_the_erp_twice_changes_nothing, what_the_program_prints_works_when_pasted];
        plain: [the_crm_and_its_routes_are_taken_in_within_fifty_lines_each]
    );
}

fn the_crm_and_its_routes_are_taken_in_within_fifty_lines_each() {
    for source in [include_str!("../../src/crm.rs"), include_str!("../../src/web/crm.rs")] {
        let lines = source.lines().count();
        assert!(lines < 50, "{lines} lines");
    }
}

async fn opening_the_erp_twice_changes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, _) = open(&database).await?;
    let mary = bookkeeper(&erp, HERE).await?;
    erp.book(&mary, invoice(1, "Lee & Co")).await?;
    let (again, db) = open(&database).await?;
    again.book(&mary, invoice(2, "Lee & Co")).await?;
    assert_eq!(customers(&db).await?.len(), 1);
    Ok(())
}

/// On a new database and on one that it has seen before.
async fn what_the_program_prints_works_when_pasted(database: TestDatabase) -> anyhow::Result<()> {
    for number in 2..=3 {
        let mut program = Program::start(&database.url)?;
        let commands = program.told_until("\"Lee Ltd ")?;
        let pages = commands.lines().find_map(|line| line.trim().strip_prefix("Swagger UI")).expect("a place");
        let pages = pages.split_whitespace().next().expect("a place");
        assert!(shell(&format!("curl -s {pages}"))?.contains("swagger-ui"), "{commands}");

        let commands = commands.replace("\\\n", " ");
        let pasted: Vec<&str> = commands.lines().map(str::trim).filter(|line| line.starts_with("curl ")).collect();
        let mut answers = Vec::new();
        for command in pasted {
            let answer = shell(command)?;
            answers.push(serde_json::from_str::<Value>(&answer).with_context(|| format!("{command}: {answer}"))?);
        }
        let [booked, mine, neighbours, refused, renamed] = answers.as_slice() else { panic!("{commands}") };
        assert_eq!(booked["number"], number, "{booked}");
        assert_eq!(mine["data"][0]["name"], format!("Customer {number}"), "{mine}");
        assert_eq!(neighbours["data"], json!([]), "{neighbours}");
        assert_eq!(refused["code"], "forbidden", "{refused}");
        assert_eq!(renamed["name"], format!("Lee Ltd {number}"), "{renamed}");
        program.told_until(&format!("has heard from the CRM of \"Lee Ltd {number}\""))?;
    }
    Ok(())
}

/// The program, until the test is over.
struct Program {
    child: Child,
    lines: Receiver<String>,
}

impl Program {
    fn start(url: &str) -> anyhow::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_host-erp"));
        let mut child = command.env("DATABASE_URL", url).env("PORT", "0").stdout(Stdio::piped()).spawn()?;
        let (output, (sender, lines)) = (child.stdout.take().context("its output")?, channel());
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.take_while(|line| sender.send(line.clone()).is_ok()).count()
        });
        Ok(Self { child, lines })
    }

    /// The output up to the line with these words.
    fn told_until(&mut self, words: &str) -> anyhow::Result<String> {
        let mut told = String::new();
        while !told.contains(words) {
            let line = self.lines.recv_timeout(LIMIT).with_context(|| format!("no {words:?} in:\n{told}"))?;
            told += &format!("{line}\n");
        }
        Ok(told)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command gives that is pasted into a shell.
fn shell(command: &str) -> anyhow::Result<String> {
    let has_curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !has_curl {
        return Err(ServerError::Missing("curl is not installed: apt-get install curl").into());
    }
    let output = Command::new("sh").args(["-c", command]).output()?;
    anyhow::ensure!(output.status.success(), "{command}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}
