//! Medians and ratios.

use crate::operation::Operation;
use crate::pgbench::Protocol;

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Requests or transactions.
    pub per_second: f64,
    /// Milliseconds within which 99 of 100 requests are answered, where that is known.
    pub p99: Option<f64>,
}

/// Who does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The service.
    Service,
    /// pgbench with the service's own SQL.
    Same(Protocol),
    /// pgbench with plain SQL on the table of customers alone.
    Plain(Protocol),
}

/// All measurements of a run.
#[derive(Default)]
pub(crate) struct Report {
    samples: Vec<(Operation, Subject, Sample)>,
}

impl Report {
    pub fn add(&mut self, operation: Operation, subject: Subject, sample: Sample) {
        self.samples.push((operation, subject, sample));
    }

    pub fn print(&self) {
        Protocol::ALL.into_iter().for_each(|protocol| self.print_beside(protocol));
    }

    #[expect(clippy::print_stdout, reason = "the report is what the user asked for")]
    fn print_beside(&self, protocol: Protocol) {
        println!("\npgbench -M {}\n", protocol.name());
        println!(
            "| {:<18} | {:>10} | {:>8} | {:>12} | {:>11} | {:>7} | {:>8} |",
            "per second", "service", "p99 ms", "the same SQL", "plain SQL", "÷ same", "÷ plain"
        );
        println!("|{:-<20}|{:->12}|{:->10}|{:->14}|{:->13}|{:->9}|{:->10}|", "", ":", ":", ":", ":", ":", ":");
        for operation in Operation::ALL {
            let rate = |subject| self.median(operation, subject, |sample| Some(sample.per_second));
            let [service, same, plain] =
                [Subject::Service, Subject::Same(protocol), Subject::Plain(protocol)].map(rate);
            let p99 = self.median(operation, Subject::Service, |sample| sample.p99);
            let ratio = |other: Option<f64>| other.and_then(|other| Some(service? / other));
            println!(
                "| {:<18} | {:>10} | {:>8} | {:>12} | {:>11} | {:>7} | {:>8} |",
                operation.name(),
                shown(service, 0),
                shown(p99, 1),
                shown(same, 0),
                shown(plain, 0),
                shown(ratio(same), 2),
                shown(ratio(plain), 2)
            );
        }
    }

    fn median(&self, operation: Operation, subject: Subject, pick: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
        let of = self.samples.iter().filter(|(one, other, _)| *one == operation && *other == subject);
        let mut values: Vec<f64> = of.filter_map(|(_, _, sample)| pick(sample)).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }
}

fn shown(value: Option<f64>, decimals: usize) -> String {
    value.map_or(String::new(), |value| format!("{value:.decimals$}"))
}
