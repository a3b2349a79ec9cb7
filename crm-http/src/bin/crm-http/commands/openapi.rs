//! `crm-http openapi`

use anyhow::Context;

/// Prints the document.
#[expect(clippy::print_stdout, reason = "the document is what the user asked for")]
pub(crate) fn run() -> anyhow::Result<()> {
    println!("{}", crm_http::openapi().to_pretty_json().context("cannot write the document")?);
    Ok(())
}
