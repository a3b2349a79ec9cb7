//! This binary as its own child: a process with servers that is killed, and a suite whose end is looked at.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};

use sea_orm::{ConnectionTrait, Statement};
use testkit::{Chromium, PostgresServer, RedisServer, Suite};

const ROLE: &str = "TESTKIT_CHILD";

/// Plays the part this process was started for; `None` in the process that runs the tests.
pub fn play() -> Option<ExitCode> {
    match env::var(ROLE).ok()?.as_str() {
        "servers" => Some(match hold_servers() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        }),
        "suite" => Some(failing_suite()),
        "unbound" => Some(unbound_suite()),
        _ => None,
    }
}

/// Starts servers, prints their addresses and waits for its death, or for that of the parent.
fn hold_servers() -> anyhow::Result<()> {
    let (postgres, redis) = (PostgresServer::start()?, RedisServer::start()?);
    let scratch = testkit::scratch()?.display();
    writeln!(io::stdout(), "{} {} {scratch}", postgres.address(), redis.address())?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn failing_suite() -> ExitCode {
    let mut suite = Suite::from_args();
    suite.plain("panics", || {
        if true {
            panic!("the reason");
        }
    });
    suite.plain("fails", || async { anyhow::Ok(()).and_then(|()| anyhow::bail!("another reason")) });
    suite.redis("needs_redis", |_| async {});
    suite.plain("needs_chromium", || Chromium::shared().map(drop));
    suite.run()
}

/// All its tests pass, but one forgets the company.
fn unbound_suite() -> ExitCode {
    let mut suite = Suite::from_args();
    suite.postgres("forgets_its_company", |database| async move {
        let sql = "SELECT count(*) FROM crm_customers";
        let statement = Statement::from_string(database.connection.get_database_backend(), sql);
        database.connection.query_one_raw(statement).await.map(drop)
    });
    suite.run()
}

/// How a child ends.
pub enum Killed {
    BySigkill,
    WithItsGroup,
}

/// A process that holds two servers.
pub struct Child {
    process: std::process::Child,
    pub addresses: Vec<SocketAddr>,
    pub scratch: String,
}

impl Child {
    pub fn with_servers() -> anyhow::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.env(ROLE, "servers").stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut process = command.spawn()?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let [postgres, redis, scratch] = words.as_slice() else {
            anyhow::bail!("the child says {line:?}");
        };
        let addresses = vec![postgres.parse()?, redis.parse()?];
        Ok(Self { process, addresses, scratch: (*scratch).to_owned() })
    }

    pub fn die(mut self, how: Killed) -> anyhow::Result<()> {
        match how {
            Killed::BySigkill => self.process.kill()?,
            Killed::WithItsGroup => {
                // As Ctrl-C and CI runners do.
                let group = format!("-{}", self.process.id());
                Command::new("kill").args(["-s", "TERM", "--", &group]).status()?;
            }
        }
        anyhow::ensure!(!self.process.wait()?.success());
        Ok(())
    }
}

/// What [`unbound_suite`] prints.
pub fn unbound_suite_output() -> anyhow::Result<(bool, String)> {
    let output = Command::new(env::current_exe()?).env(ROLE, "unbound").stdin(Stdio::null()).output()?;
    Ok((output.status.success(), String::from_utf8(output.stdout)?))
}

/// What [`failing_suite`] prints, where no program is installed.
pub fn suite_output(arguments: &[&str], ci: bool) -> anyhow::Result<(bool, String)> {
    let mut command = Command::new(env::current_exe()?);
    command.args(arguments).env(ROLE, "suite").env("PATH", "").env_remove("CRM_TEST_REDIS_URL");
    command.env("CI", if ci { "true" } else { "" }).stdin(Stdio::null());
    let output = command.output()?;
    Ok((output.status.success(), String::from_utf8(output.stdout)?))
}
