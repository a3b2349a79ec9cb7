//! `crm-http import`

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use clap::Args;
use crm_core::actor::{Actor, Role};
use crm_core::companies::CompanyState;
use crm_core::customers::{
    CustomerKind, DateOrder, ImportMode, ImportOptions, ImportOrganizations, ImportReport, ImportRevert, MatchBy,
    OptedOut, RevertedImport,
};
use crm_core::ids::{CompanyId, ImportId};
use crm_core::sea_orm::DatabaseConnection;
use crm_core::{CompanyScope, Crm, Error};
use crm_http::auth::CallerFacts;
use crm_http::config::{AuthConfig, load_database};
use crm_http::server::{connect_for_migrations, expect_schema};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::watch;

/// The number of errors of rows that are printed.
const SHOWN: usize = 20;

/// What to import, and how.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  See what a file would do, then import it:
      crm-http import contacts.csv --company acme --dry-run
      crm-http import contacts.csv --company acme --mode upsert --external-system hubspot

  Correct a column, and ignore another one:
      crm-http import contacts.csv --company acme --map 'Mail=email' --map 'Internal='

  Go on with an import that was interrupted, or take it back:
      crm-http import --company acme --resume 019eca9d-cdc0-7000-8000-000000000b02
      crm-http import --company acme --revert 019eca9d-cdc0-7000-8000-000000000b02")]
pub(crate) struct Options {
    /// A table (CSV), a workbook (XLSX), cards (vCard) or JSON
    #[arg(required_unless_present_any = ["resume", "revert"], conflicts_with_all = ["resume", "revert"])]
    file: Option<PathBuf>,
    /// The company, as tokens name it: a UUID or a key
    #[arg(long)]
    company: String,
    /// Import into a company that nobody has used yet
    #[arg(long)]
    new_company: bool,
    /// The user who imports, as tokens name them; without it, the records are the system's
    #[arg(long)]
    user: Option<String>,
    /// create: all rows are new; update: rows change the customers that they match; upsert: both
    #[arg(long, default_value = "create", value_parser = parsed::<ImportMode>)]
    mode: ImportMode,
    /// What rows are matched by: email, phone, external_ref or id
    #[arg(long, default_value = "email", value_name = "FIELD", value_parser = parsed::<MatchBy>)]
    match_by: MatchBy,
    /// The system that the file comes from; its ids become external references
    #[arg(long, value_name = "NAME")]
    external_system: Option<String>,
    /// The order of day, month and year in dates: dmy, mdy or ymd
    #[arg(long, value_name = "ORDER", value_parser = parsed::<DateOrder>)]
    date_order: Option<DateOrder>,
    /// The kind of new customers: person or organization; without it, each row decides
    #[arg(long, value_name = "KIND", value_parser = parsed::<CustomerKind>)]
    default_kind: Option<CustomerKind>,
    /// Rows of customers who want no e-mails: mark or skip
    #[arg(long, default_value = "mark", value_name = "WHAT", value_parser = parsed::<OptedOut>)]
    opted_out: OptedOut,
    /// Organizations that new people name: text, match (link with one of this name) or create (also add it)
    #[arg(long, default_value = "text", value_name = "WHAT", value_parser = parsed::<ImportOrganizations>)]
    organizations: ImportOrganizations,
    /// The sheet of a workbook
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// The field of a column, for example Mail=email; nothing after the = ignores the column
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    mapping: Vec<String>,
    /// Report what the import would do, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Where the rows with errors go; the default is a name beside FILE
    #[arg(long, value_name = "FILE")]
    failed_rows: Option<PathBuf>,
    /// Go on with an import that was interrupted
    #[arg(long, value_name = "ID")]
    resume: Option<ImportId>,
    /// Take an import back: what it has added goes to the trash, what it has changed is as before
    #[arg(long, value_name = "ID", conflicts_with = "resume")]
    revert: Option<ImportId>,
}

pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// Imports a file of customers, without the service. Reads the settings of the database and of identities.
pub(crate) async fn run(file: Option<&Path>, options: Options) -> anyhow::Result<()> {
    let actor = actor(file, &options)?;
    let config = load_database(file)?;
    let database = connect_for_migrations(&config).await.context("cannot connect to the database")?;
    expect_schema(&database, &config).await?;
    let crm = Crm::default();
    expect_company(&crm, &database, actor.company(), options.new_company).await?;
    let mut scope = crm.on(actor, &database);
    if let Some(id) = options.revert {
        tell_revert(&scope.imports().revert(id, options.dry_run).await?);
        return Ok(());
    }
    let id = match (&options.file, options.resume) {
        (Some(path), _) => {
            let content = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            scope.imports().add(&name, content).await?.id
        }
        (None, Some(id)) => id,
        (None, None) => bail!("name a file"),
    };
    import(&mut scope, id, &options).await
}

/// A mistyped name would be a new company.
pub(super) async fn expect_company(
    crm: &Crm,
    db: &DatabaseConnection,
    id: CompanyId,
    may_be_new: bool,
) -> anyhow::Result<()> {
    let companies = crm.companies(db);
    let state = companies.state(id).await?;
    ensure!(state == CompanyState::Active, "the company is {state}");
    ensure!(
        may_be_new || companies.is_known(id).await?,
        "nobody of this company has used the CRM yet; check --company, or say --new-company"
    );
    Ok(())
}

/// The system, or the user, of the company.
fn actor(file: Option<&Path>, options: &Options) -> anyhow::Result<Actor> {
    let auth = AuthConfig::load(file)?;
    let facts = CallerFacts {
        company: options.company.clone(),
        user: options.user.clone().unwrap_or_else(|| "system".to_owned()),
        role: Role::Admin.as_str().to_owned(),
        name: None,
        email: None,
    };
    let actor = auth.actor(&facts).context("the company or the user has no valid id")?;
    Ok(if options.user.is_some() { actor } else { Actor::system(actor.company()) })
}

fn import_options(options: &Options) -> anyhow::Result<ImportOptions> {
    let mut mapping = BTreeMap::new();
    for entry in &options.mapping {
        let (column, field) = entry.rsplit_once('=').with_context(|| format!("{entry}: write COLUMN=FIELD"))?;
        mapping.insert(column.to_owned(), Some(field.to_owned()).filter(|field| !field.is_empty()));
    }
    Ok(ImportOptions {
        mode: options.mode,
        match_by: options.match_by,
        external_system: options.external_system.clone(),
        date_order: options.date_order,
        default_kind: options.default_kind,
        opted_out: options.opted_out,
        organizations: options.organizations,
        dry_run: options.dry_run,
        sheet: options.sheet.clone(),
        mapping,
        ..ImportOptions::default()
    })
}

async fn import(scope: &mut CompanyScope<'_>, id: ImportId, options: &Options) -> anyhow::Result<()> {
    let stored = scope.imports().get(id).await?;
    let (sender, mut done) = watch::channel(0);
    let bar = bar(stored.rows);
    let shown = bar.clone();
    let watching = tokio::spawn(async move {
        while done.changed().await.is_ok() {
            shown.set_position(*done.borrow_and_update());
        }
    });
    let outcome = scope.imports().run(id, import_options(options)?, sender).await;
    watching.await?;
    let report = match outcome {
        Ok(report) => report,
        Err(error) => {
            bar.abandon();
            let is_begun = scope.imports().get(id).await.is_ok_and(|import| import.is_begun());
            let hint = if is_begun { format!("; go on with --resume {id}") } else { String::new() };
            if !is_begun {
                scope.imports().remove(id).await?;
            }
            let place = match &error {
                Error::Malformed(malformed) if malformed.at != "file" => format!(": {}", malformed.at),
                _ => String::new(),
            };
            return Err(anyhow::Error::new(error).context(format!("the import has stopped{hint}{place}")));
        }
    };
    bar.finish_and_clear();
    tell(&report);
    if report.dry_run {
        scope.imports().remove(id).await?;
        return Ok(());
    }
    if report.failed > 0 {
        let path = options.failed_rows.clone().unwrap_or_else(|| beside(options.file.as_deref(), &stored.name));
        let rows = failed_rows(scope, id, &path).await;
        rows.with_context(|| format!("cannot write the rows with errors to {}", path.display()))?;
    }
    if report.created + report.updated > 0 {
        hint(id, &options.company);
    }
    Ok(())
}

/// The bar goes to standard error, and only to a terminal.
pub(super) fn bar(rows: u64) -> ProgressBar {
    let bar = ProgressBar::new(rows);
    let template = "{wide_bar:.cyan/blue} {human_pos} of {human_len} rows, {per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

#[expect(clippy::print_stdout, reason = "the report is what the user asked for")]
pub(super) fn tell(report: &ImportReport) {
    let ImportReport { created, updated, unchanged, skipped, failed, .. } = report;
    let would = if report.dry_run { "would be " } else { "" };
    println!(
        "{created} {would}created, {updated} {would}updated, {unchanged} unchanged, {skipped} left out, {failed} with errors"
    );
    for fault in report.errors.iter().take(SHOWN) {
        let column = fault.column.as_ref().map(|column| format!(", {column}")).unwrap_or_default();
        println!("  row {}{column}: {}", fault.row, fault.message);
    }
    let more = report.error_count.saturating_sub(SHOWN as u64);
    if more > 0 {
        println!("  and {more} more errors");
    }
}

#[expect(clippy::print_stdout, reason = "the report is what the user asked for")]
fn tell_revert(revert: &ImportRevert) {
    let outcome = match revert {
        ImportRevert::Done(outcome) => outcome,
        ImportRevert::Started(job) => {
            println!("The job {} takes it back; a running service works on it", job.id);
            return;
        }
    };
    let RevertedImport { trashed, restored, changed_since, .. } = outcome;
    let refused: u64 = outcome.refused.iter().map(|refusal| refusal.count).sum();
    let would = if outcome.dry_run { "would be " } else { "" };
    println!(
        "{trashed} {would}moved to the trash, {restored} {would}as before, {changed_since} changed since, {refused} refused"
    );
}

#[expect(clippy::print_stdout, reason = "the next step is part of the answer")]
fn hint(id: ImportId, company: &str) {
    println!("For 30 days it can be taken back: crm-http import --company {company} --revert {id}");
}

fn beside(file: Option<&Path>, name: &str) -> PathBuf {
    let path = file.unwrap_or(Path::new(name));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-failed.csv"))
}

#[expect(clippy::print_stdout, reason = "where the rows are is part of the answer")]
async fn failed_rows(scope: &mut CompanyScope<'_>, id: ImportId, path: &Path) -> anyhow::Result<()> {
    let (mut file, mut after) = (File::create(path)?, None);
    while let Some(piece) = scope.imports().failed_rows(id, after).await? {
        file.write_all(&piece.content)?;
        after = Some(piece.number);
    }
    println!("The rows with errors are in {}", path.display());
    Ok(())
}
