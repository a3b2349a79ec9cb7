//! Code that must not compile, because tests would not detect its errors at run time.
//!
//! Each file in `tests/compile_fail` marks the line that the compiler refuses, with the code of the error: `//~ E0499`. The
//! compiler is called with the library that this test was linked with, so nothing is built for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use testkit::Suite;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [misuse_of_scopes_and_transactions_does_not_compile]);
}

fn misuse_of_scopes_and_transactions_does_not_compile() -> anyhow::Result<()> {
    let program = std::env::current_exe()?;
    let libraries = program.parent().context("a directory")?;
    let library = newest_library(libraries)?;
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    let mut count = 0;
    for case in fs::read_dir(cases)? {
        let case = case?.path();
        let (expected, (found, output)) = (marked(&fs::read_to_string(&case)?), refused(&case, libraries, &library)?);
        ensure!(!expected.is_empty(), "{} marks no line", case.display());
        ensure!(found == expected, "{}: {found:?}, not {expected:?}:\n{output}", case.display());
        count += 1;
    }
    ensure!(count >= 7, "only {count} cases");
    Ok(())
}

/// `libcrm_core-….rlib`; an older one is left from a build with other features.
fn newest_library(directory: &Path) -> anyhow::Result<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap_or_default();
        if name.starts_with("libcrm_core-") && name.ends_with(".rlib") {
            found.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    found.into_iter().max().map(|(_, path)| path).context("the library is not built")
}

/// Lines and codes of the errors that a case expects.
fn marked(source: &str) -> Vec<(usize, String)> {
    let marks = source.lines().enumerate().filter_map(|(line, text)| Some((line + 1, text.split_once("//~ ")?.1)));
    marks.map(|(line, code)| (line, code.trim().to_owned())).collect()
}

/// Lines and codes of the errors that the compiler reports, and all it says.
fn refused(case: &Path, libraries: &Path, library: &Path) -> anyhow::Result<(Vec<(usize, String)>, String)> {
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition=2024", "--emit=metadata", "--error-format=short", "-o", "/dev/null", "-L"])
        .arg(format!("dependency={}", libraries.display()))
        .arg("--extern")
        .arg(format!("crm_core={}", library.display()))
        .arg(case)
        .output()?;
    ensure!(!output.status.success(), "{} compiles", case.display());
    let output = String::from_utf8(output.stderr)?;
    let errors = output.lines().filter_map(|line| {
        let (place, error) = line.split_once(": error[")?;
        let line = place.rsplit(':').nth(1)?.parse().ok()?;
        Some((line, error.split_once(']')?.0.to_owned()))
    });
    Ok((errors.collect(), output))
}
