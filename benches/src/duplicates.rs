//! How long a scan for duplicates takes, and how much memory, in a company with many labelled people.

use std::time::Instant;

use anyhow::{Result, ensure};
use crm_core::Crm;
use crm_core::actor::Actor;
use crm_core::companies::{DuplicatePolicy, SettingsPatch};
use crm_core::ids::CompanyId;
use crm_core::jobs::JobOptions;
use crm_core::patch::Patch;
use crm_core::sea_orm::{ConnectOptions, Database};
use testkit::people::labelled;
use uuid::Uuid;

/// How many customers are added in one transaction.
const AT_ONCE: usize = 500;
/// How many customers a company gets per seed: names repeat, as they do in a large company.
const PER_SEED: usize = 20_000;

/// Adds the customers, scans them, and prints the times.
#[expect(clippy::print_stdout, reason = "the figures are what the user asked for")]
pub(crate) async fn run(url: &str, customers: usize) -> Result<()> {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false).max_connections(4);
    let db = Database::connect(options).await?;
    migration::up(&db).await?;
    let (crm, company) = (Crm::default(), CompanyId(Uuid::new_v4()));
    let mut scope = crm.on(Actor::system(company), &db);
    let allow = SettingsPatch { duplicate_policy: Patch::Set(DuplicatePolicy::Allow), ..SettingsPatch::default() };
    scope.settings().update(allow, None).await?;
    let (started, mut added) = (Instant::now(), 0);
    for seed in 1.. {
        let set = labelled(seed, PER_SEED.min(customers));
        for some in set.chunks(AT_ONCE) {
            let mut tx = scope.begin().await?;
            for record in some.iter().take(customers - added) {
                tx.scope().customers().create(record.customer.clone()).await?;
                added += 1;
            }
            tx.commit().await?;
        }
        if added == customers {
            break;
        }
    }
    println!("{added} customers added in {:.1?}", started.elapsed());
    let started = Instant::now();
    let job = scope.duplicates().scan().await?;
    ensure!(crm.run_due_jobs(&db, &JobOptions::default()).await? == 1, "the scan did not run");
    let job = scope.jobs().get(job.id).await?;
    let result = job.result.unwrap_or_default();
    println!("scanned in {:.1?}: {result} ({:?})", started.elapsed(), job.last_error);
    Ok(())
}
