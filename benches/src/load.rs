//! Clients of the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::data::Data;
use crate::service::Service;
use crate::statements::{Operation, new_customer};

/// Sends requests from many clients for some time; gives how many were answered well.
pub(crate) async fn http(
    service: &Service,
    operation: Operation,
    data: &Data,
    clients: usize,
    time: Duration,
) -> Result<u64> {
    let (answered, end) = (Arc::new(AtomicU64::new(0)), Instant::now() + time);
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..clients {
        let (http, answered) = (service.client().clone(), answered.clone());
        let urls = urls(service, operation, data);
        let body = serde_json::to_string(&new_customer())?;
        tasks.spawn(async move {
            let mut turn = client;
            while Instant::now() < end {
                let url = &urls[turn % urls.len()];
                let request = if operation == Operation::Create {
                    http.post(url).header("content-type", "application/json").body(body.clone())
                } else {
                    http.get(url)
                };
                let response = request.send().await?;
                let status = response.status();
                response.bytes().await?;
                ensure!(status.is_success(), "the service answered {status}");
                answered.fetch_add(1, Ordering::Relaxed);
                turn += 1;
            }
            Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(answered.load(Ordering::Relaxed))
}

fn urls(service: &Service, operation: Operation, data: &Data) -> Vec<String> {
    let base = service.base();
    match operation {
        Operation::List => vec![format!("{base}/api/customers?limit=20&count=none")],
        Operation::Get => data.customers.iter().map(|id| format!("{base}/api/customers/{id}")).collect(),
        Operation::Create => vec![format!("{base}/api/customers")],
    }
}
