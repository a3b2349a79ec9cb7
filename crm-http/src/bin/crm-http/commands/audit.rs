//! `crm-http audit verify|head|seal|prune`

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use chrono::{NaiveDate, NaiveTime};
use clap::Subcommand;
use crm_core::Crm;
use crm_core::audit::{AuditChain, AuditHead, AuditVerification};
use crm_core::ids::CompanyId;
use crm_http::config::load_database;
use crm_http::server::{connect_for_migrations, expect_schema};

/// What to do with the audit trail.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  Keep the ends of the chains outside of the database, once a day:
      crm-http audit head >> /mnt/elsewhere/audit-heads.jsonl

  Find what was edited, removed or added since; the exit code is the result:
      crm-http audit verify --anchors /mnt/elsewhere/audit-heads.jsonl")]
pub(crate) enum What {
    /// Compare the audit trail with its chain of hashes; fails if anything was changed
    Verify {
        /// Only this company (a UUID)
        #[arg(long)]
        company: Option<CompanyId>,
        /// Earlier heads, as `audit head` prints them: a chain that was cut off or written anew is found
        #[arg(long, value_name = "FILE")]
        anchors: Option<PathBuf>,
    },
    /// Print the ends of the chains as JSON, one a line, to be kept outside of the database
    Head {
        /// Only this company (a UUID)
        #[arg(long)]
        company: Option<CompanyId>,
    },
    /// Seal what is new, as a running service does every minute
    Seal,
    /// Remove entries that are older; the chain still verifies
    Prune {
        /// Only this company (a UUID)
        #[arg(long)]
        company: Option<CompanyId>,
        /// Entries of this day (UTC) and later stay
        #[arg(long, value_name = "YYYY-MM-DD")]
        before: NaiveDate,
    },
}

/// Works on the audit trail, without the service. Reads the database settings only.
pub(crate) async fn run(file: Option<&Path>, what: What) -> anyhow::Result<()> {
    let config = load_database(file)?;
    let database = connect_for_migrations(&config).await.context("cannot connect to the database")?;
    expect_schema(&database, &config).await?;
    let crm = Crm::default();
    let chain = crm.audit_chain(&database);
    match what {
        What::Verify { company, anchors } => {
            let anchors = anchors.map(|path| read(&path)).transpose()?.unwrap_or_default();
            verify(&chain, company, &anchors).await
        }
        What::Head { company } => print_heads(&chain, company).await,
        What::Seal => seal(&chain).await,
        What::Prune { company, before } => prune(&chain, company, before).await,
    }
}

/// Heads that were kept, one a line.
fn read(path: &Path) -> anyhow::Result<Vec<AuditHead>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let heads = lines.map(|(number, line)| {
        serde_json::from_str(line).with_context(|| format!("{}: line {} is no head", path.display(), number + 1))
    });
    heads.collect()
}

/// The company that is named, or all: those of anchors too, which may be gone.
async fn companies(
    chain: &AuditChain<'_>,
    company: Option<CompanyId>,
    anchors: &[AuditHead],
) -> anyhow::Result<Vec<CompanyId>> {
    if let Some(company) = company {
        return Ok(vec![company]);
    }
    let mut companies = chain.companies().await?;
    companies.extend(anchors.iter().map(|anchor| anchor.company_id));
    companies.sort_unstable();
    companies.dedup();
    Ok(companies)
}

async fn verify(chain: &AuditChain<'_>, company: Option<CompanyId>, anchors: &[AuditHead]) -> anyhow::Result<()> {
    let mut broken = 0_u64;
    for company in companies(chain, company, anchors).await? {
        let found = chain.verify(company, anchors).await?;
        tell(company, &found);
        broken += u64::from(!found.is_intact());
    }
    ensure!(broken == 0, "the audit trail of {broken} companies is not what was sealed");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the report is what the user asked for")]
fn tell(company: CompanyId, found: &AuditVerification) {
    let AuditVerification { batches, entries, unsealed_entries, pruned_batch, fault_count, faults, .. } = found;
    let verdict = if found.is_intact() { "intact".to_owned() } else { format!("{fault_count} faults") };
    println!("{company}: {verdict}; {entries} entries in {batches} batches, {unsealed_entries} not sealed yet");
    if *pruned_batch > 0 {
        println!("  entries up to batch {pruned_batch} were pruned");
    }
    for fault in faults {
        println!("  {fault}");
    }
}

#[expect(clippy::print_stdout, reason = "the heads are what the user asked for")]
async fn print_heads(chain: &AuditChain<'_>, company: Option<CompanyId>) -> anyhow::Result<()> {
    let heads = chain.heads().await?;
    for head in heads.iter().filter(|head| company.is_none_or(|company| head.company_id == company)) {
        println!("{}", serde_json::to_string(head)?);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the number is what the user asked for")]
async fn seal(chain: &AuditChain<'_>) -> anyhow::Result<()> {
    println!("{} entries sealed", chain.seal_all().await?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the numbers are what the user asked for")]
async fn prune(chain: &AuditChain<'_>, company: Option<CompanyId>, before: NaiveDate) -> anyhow::Result<()> {
    let before = before.and_time(NaiveTime::MIN).and_utc();
    for company in companies(chain, company, &[]).await? {
        let pruned = chain.prune(company, before).await?;
        if pruned.batches > 0 {
            println!("{company}: {} entries in {} batches removed", pruned.entries, pruned.batches);
        }
    }
    Ok(())
}
