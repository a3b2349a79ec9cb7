//! How long statistics and lists of tags take, after a write and without one.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use crm_core::sea_orm::ConnectionTrait;
use serde_json::json;

use crate::data::{Data, connect};
use crate::service::Service;

/// The requests.
const PATHS: [&str; 8] = [
    "/api/stats",
    "/api/stats/dashboard",
    "/api/stats/dashboard?interval=month",
    "/api/stats/performance",
    "/api/stats/performance?groupBy=month",
    "/api/tags",
    "/api/tags?sort=-usageCount",
    "/api/tags?count=none",
];
/// The number of requests after a write.
const COLD: usize = 25;
/// The number of requests without a write.
const CACHED: usize = 300;

/// Adds interactions over two years, and 200 tags, of which each customer has three.
pub(crate) async fn fill(url: &str, data: &Data, interactions: usize) -> Result<()> {
    let db = connect(url).await?;
    let company = data.company.0;
    db.execute_unprepared(&format!(
        "WITH numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS number FROM crm_customers \
         WHERE company_id = '{company}'), made AS (SELECT series AS n, \
         date_trunc('milliseconds', now() - ((series::bigint * 1000003) % 730000) / 1000.0 * interval '1 day' \
         + CASE WHEN series % 100 = 0 THEN interval '735 days' ELSE interval '0' END) AS t, \
         CASE WHEN series % 100 = 0 THEN 'planned' WHEN series % 100 < 85 THEN 'completed' \
         WHEN series % 100 < 94 THEN 'cancelled' ELSE 'no_show' END AS s FROM generate_series(1, {interactions}) AS series) \
         INSERT INTO crm_customer_interactions (company_id, id, customer_id, version, created_at, updated_at, type, subject, \
         status, scheduled_at, completed_at, occurred_at, duration_seconds, participants, metadata, created_by_kind, \
         updated_by_kind) SELECT '{company}', gen_random_uuid(), numbered.id, 1, t, t, \
         (ARRAY['call', 'email', 'meeting', 'sms', 'visit'])[1 + n % 5], 'Subject ' || n, s, t, \
         CASE WHEN s = 'completed' THEN t + interval '1 hour' END, \
         CASE WHEN s = 'completed' THEN t + interval '1 hour' ELSE t END, n % 3600, '[]', '{{}}', 'system', 'system' \
         FROM made JOIN numbered ON numbered.number = 1 + (n::bigint * 7919) % (SELECT count(*) FROM numbered);
         INSERT INTO crm_tags (company_id, id, version, created_at, updated_at, name, name_key, search_text, created_by_kind, \
         updated_by_kind) SELECT '{company}', gen_random_uuid(), 1, now(), now(), 'Tag ' || n, 'tag ' || n, 'tag ' || n, \
         'system', 'system' FROM generate_series(1, 200) AS n;
         INSERT INTO crm_customer_tags (company_id, customer_id, tag_id, added_at, added_by_kind) \
         SELECT '{company}', customers.id, tags.id, now(), 'system' FROM (SELECT id, row_number() OVER (ORDER BY id) AS number \
         FROM crm_customers WHERE company_id = '{company}') AS customers, (SELECT id, row_number() OVER (ORDER BY id) AS number \
         FROM crm_tags WHERE company_id = '{company}') AS tags, generate_series(0, 2) AS nth \
         WHERE tags.number = 1 + (customers.number * 31 + nth * 67) % 200 ON CONFLICT DO NOTHING;"
    ))
    .await?;
    crm_core::Crm::default().recount_stats(&db).await?;
    db.execute_unprepared("VACUUM ANALYZE").await?;
    Ok(())
}

/// Sends all requests in turns, and prints medians, 99th percentiles, and the gain of the cache.
#[expect(clippy::print_stdout, reason = "the figures are what the user asked for")]
pub(crate) async fn measure(service: &Service) -> Result<()> {
    println!("\n{:<40} {:>9} {:>9} {:>9} {:>9} {:>8}", "milliseconds", "cold p50", "p99", "kept p50", "p99", "saves");
    for path in PATHS {
        let (mut cold, mut kept) = (Vec::new(), Vec::new());
        for _ in 0..COLD {
            write(service).await?;
            cold.push(timed(service, path).await?);
        }
        for _ in 0..CACHED {
            kept.push(timed(service, path).await?);
        }
        let ([cold_50, cold_99], [kept_50, kept_99]) = (percentiles(cold), percentiles(kept));
        let saves = cold_50 / kept_50;
        println!("{path:<40} {cold_50:>9.2} {cold_99:>9.2} {kept_50:>9.2} {kept_99:>9.2} {saves:>7.1}x");
    }
    Ok(())
}

/// A write that every answer could depend on.
pub(crate) async fn write(service: &Service) -> Result<()> {
    let customer = json!({ "kind": "organization", "name": "Between two looks" });
    let request = service.client().post(format!("{}/api/customers", service.base()));
    let request = request.header("content-type", "application/json").body(customer.to_string());
    ensure!(request.send().await?.status().is_success(), "a customer was not added");
    Ok(())
}

pub(crate) async fn timed(service: &Service, path: &str) -> Result<Duration> {
    let started = Instant::now();
    let response = service.client().get(format!("{}{path}", service.base())).send().await?;
    ensure!(response.status().is_success(), "{path}: {}", response.status());
    response.bytes().await?;
    Ok(started.elapsed())
}

/// The median and the 99th percentile, in milliseconds.
pub(crate) fn percentiles(mut times: Vec<Duration>) -> [f64; 2] {
    times.sort_unstable();
    [0.5, 0.99].map(|share| {
        let index = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(index).copied().unwrap_or_default().as_secs_f64() * 1000.0
    })
}
