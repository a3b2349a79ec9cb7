//! Statements that may violate the rule, each with a reason. The list must only get shorter.

use super::rule::Breach;

/// A reference to a table that needs no company condition.
#[derive(Debug)]
pub(crate) struct Exception {
    /// A piece of the part of the statement with the reference.
    pub part: &'static str,
    pub table: &'static str,
    /// The packages whose tests send it: an unused exception fails there.
    pub suites: &'static [&'static str],
    /// The reason, or what has to be fixed.
    pub reason: &'static str,
}

impl Exception {
    pub(super) fn covers(&self, breach: &Breach) -> bool {
        match breach {
            Breach::Unbound { table, part } => table == self.table && part.contains(self.part),
            Breach::SelectInValues(_) | Breach::Unreadable { .. } => false,
        }
    }
}

const CORE: &[&str] = &["crm-core"];
/// The packages that read all companies: a consumer of events reads the events of each.
const CONSUMERS: &[&str] = &["crm-core", "crm-http"];
/// The companies with unacknowledged events of a consumer.
const WAITING: &str = "FROM \"crm_event_heads\" LEFT JOIN \"crm_event_consumers\"";
/// The companies with entries of the audit trail to seal.
const TO_SEAL: &str = "FROM crm_companies AS c LEFT JOIN crm_audit_heads AS h";

const fn of_consumers(part: &'static str, table: &'static str, reason: &'static str) -> Exception {
    Exception { part, table, suites: CONSUMERS, reason }
}

/// Housekeeping over all companies, outside of requests.
const fn of_housekeeping(part: &'static str, table: &'static str) -> Exception {
    Exception { part, table, suites: CORE, reason: "housekeeping: goes over all companies, outside of requests" }
}

pub(super) const EXCEPTIONS: &[Exception] = &[
    of_consumers(
        "WHERE \"position\" IS NULL",
        "crm_outbox",
        "finds the companies with events that have no position, by a partial index",
    ),
    Exception {
        part: "WHERE \"moved_at\" >=",
        table: "crm_event_heads",
        suites: &["crm-http"],
        reason: "finds the companies with new events, by an index",
    },
    of_consumers(WAITING, "crm_event_heads", "compares what companies have with what a consumer has acknowledged"),
    of_consumers(WAITING, "crm_event_consumers", "compares what companies have with what a consumer has acknowledged"),
    of_consumers(WAITING, "crm_outbox", "finds the company that waits longest"),
    of_housekeeping(r#"DELETE FROM "crm_bulk_actions" WHERE "expires_at" <="#, "crm_bulk_actions"),
    of_housekeeping("FROM crm_customer_merges WHERE undoable_until <=", "crm_customer_merges"),
    of_housekeeping(r#"DELETE FROM "crm_idempotency_keys""#, "crm_idempotency_keys"),
    of_housekeeping(r#"FROM "crm_notifications" GROUP BY"#, "crm_notifications"),
    of_housekeeping(r#"FROM "crm_companies""#, "crm_companies"),
    of_housekeeping(TO_SEAL, "crm_companies"),
    of_housekeeping(TO_SEAL, "crm_audit_heads"),
    of_housekeeping("FROM crm_audit AS a WHERE a.company_id = c.company_id", "crm_audit"),
    of_housekeeping(r#"FROM "crm_jobs" WHERE "due_at" <="#, "crm_jobs"),
    of_housekeeping(r#"FROM "crm_job_schedules" WHERE "next_run_at" <="#, "crm_job_schedules"),
    of_housekeeping(r#"FROM "crm_task_reminders" WHERE "remind_at" <="#, "crm_task_reminders"),
    of_housekeeping(r#"FROM "crm_notifications" WHERE "mail_at" <="#, "crm_notifications"),
    of_housekeeping(r#"FROM "crm_leads" WHERE "response_due_at" <="#, "crm_leads"),
    of_housekeeping(r#"FROM "crm_preferences" WHERE "digest_at" <="#, "crm_preferences"),
    of_housekeeping(r#"DELETE FROM "crm_jobs" WHERE "expires_at" <="#, "crm_jobs"),
    of_housekeeping(r#"DELETE FROM "crm_import_parts" WHERE "expires_at" <="#, "crm_import_parts"),
    of_housekeeping(r#"DELETE FROM "crm_imports" WHERE "expires_at" <="#, "crm_imports"),
];
