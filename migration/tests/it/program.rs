//! The program that a job runs before a rollout.

use std::process::{Command, Output};

use sea_orm_migration::MigratorTrait;
use testkit::{Suite, TestDatabase};

use crate::catalogue::tables;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        empty: [the_program_migrates_up_and_down_and_tells_the_status];
        plain: [the_program_fails_where_there_is_no_database]
    );
}

fn run(url: &str, arguments: &[&str]) -> std::io::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_migration")).args(arguments).env("DATABASE_URL", url).output()
}

async fn the_program_migrates_up_and_down_and_tells_the_status(database: TestDatabase) -> anyhow::Result<()> {
    let status = || -> anyhow::Result<String> {
        let output = run(&database.url, &["status"])?;
        anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    };
    let words = |status: String| {
        status.lines().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let count = migration::Migrator::migrations().len();
    let applied = |first: usize| [vec!["applied"; first], vec!["pending"; count - first]].concat();
    assert_eq!(words(status()?), applied(0));
    assert!(run(&database.url, &["up"])?.status.success());
    assert_eq!(words(status()?), applied(count));
    assert!(run(&database.url, &["down"])?.status.success());
    assert_eq!(words(status()?), applied(count - 1));
    assert!(run(&database.url, &["down", "--steps", &(count - 1).to_string()])?.status.success());
    assert_eq!(tables(&database).await?.len(), 1);
    Ok(())
}

fn the_program_fails_where_there_is_no_database() -> anyhow::Result<()> {
    let output = run("postgres://secret-user:secret-word@127.0.0.1:1/none", &["up"])?;
    assert!(!output.status.success());
    let told = String::from_utf8(output.stderr)?;
    assert!(told.contains("cannot connect to the database") && !told.contains("secret"), "{told}");
    Ok(())
}
