//! Medians and ratios.

use std::time::Duration;

use crate::Options;
use crate::cpu::Cpu;
use crate::service::Service;
use crate::statements::Operation;

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    per_second: f64,
    /// CPU microseconds per request: the process that sends the SQL, and the database.
    process: f64,
    database: f64,
}

impl Sample {
    pub fn new(requests: u64, time: Duration, cpu: Cpu) -> Self {
        let requests = requests.max(1) as f64;
        let each = |seconds: f64| seconds * 1e6 / requests;
        Self { per_second: requests / time.as_secs_f64(), process: each(cpu.process), database: each(cpu.database) }
    }
}

/// All measurements of a run.
pub(crate) struct Report {
    head: String,
    samples: Vec<(&'static str, &'static str, Sample)>,
}

impl Report {
    pub fn new(options: &Options, service: &Service) -> Self {
        let head = format!(
            "{} customers, {} clients, {} rounds of {} s in turns; medians\n\
             idle memory {:.1} MiB, start to ready {:.0} ms\n",
            options.customers,
            options.clients,
            options.rounds,
            options.seconds,
            service.idle as f64 / 1024.0 / 1024.0,
            service.ready.as_secs_f64() * 1e3
        );
        Self { head, samples: Vec::new() }
    }

    pub fn add(&mut self, operation: Operation, subject: &'static str, sample: Sample) {
        self.samples.push((operation.name(), subject, sample));
    }

    #[expect(clippy::print_stdout, reason = "the report is what the user asked for")]
    pub fn print(&self) {
        println!("{}", self.head);
        println!(
            "{:8} {:9} {:>10} {:>14} {:>13} {:>9}",
            "", "", "requests/s", "process µs/req", "database µs/req", "of own"
        );
        for operation in ["list-20", "get", "create"] {
            let own = self.median(operation, "crm-http", |sample| sample.per_second);
            for subject in ["crm-http", "sqlx", "pgbench"] {
                let each = |pick: fn(&Sample) -> f64| self.median(operation, subject, pick);
                let rate = each(|sample| sample.per_second);
                println!(
                    "{operation:8} {subject:9} {rate:>10.0} {:>14.0} {:>13.0} {:>8.2}x",
                    each(|sample| sample.process),
                    each(|sample| sample.database),
                    rate / own
                );
            }
        }
    }

    fn median(&self, operation: &str, subject: &str, pick: fn(&Sample) -> f64) -> f64 {
        let of = self.samples.iter().filter(|(one, other, _)| *one == operation && *other == subject);
        let mut values: Vec<f64> = of.map(|(_, _, sample)| pick(sample)).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    }
}
