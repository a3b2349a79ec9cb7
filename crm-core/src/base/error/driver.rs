//! What errors of the database mean.

use sea_orm::{DbErr, RuntimeErr};

use super::{Conflict, Error};

impl From<DbErr> for Error {
    /// The only conversion of database errors.
    fn from(error: DbErr) -> Self {
        if let Some(conflict) = constraint(&error) {
            return conflict;
        }
        if driver_error(&error).is_some_and(is_no_free_slot) {
            return Self::CompanyBusy;
        }
        if is_unavailable(&error) {
            return Self::Unavailable(error);
        }
        Self::internal(error)
    }
}

/// Whether a wait for another transaction's lock timed out: PostgreSQL's `lock_not_available`, SQLite's busy and
/// locked.
pub(crate) fn is_lock_wait(error: &DbErr) -> bool {
    let error = driver_error(error).and_then(|error| error.as_database_error());
    error.and_then(|error| error.code()).is_some_and(|code| code == "55P03" || is_busy(&code))
}

/// SQLite's 5 (busy) and 6 (locked), with their extended codes. Codes of PostgreSQL have five characters.
fn is_busy(code: &str) -> bool {
    code.len() < 5 && code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6))
}

/// The company uses all its connections, and none became free in time. Carried by a driver error, because it takes the
/// path of a pool error.
#[derive(Debug, thiserror::Error)]
#[error("the company has too many statements running")]
pub(crate) struct NoFreeSlot;

fn is_no_free_slot(error: &sea_orm::sqlx::Error) -> bool {
    matches!(error, sea_orm::sqlx::Error::AnyDriverError(cause) if cause.is::<NoFreeSlot>())
}

fn driver_error(error: &DbErr) -> Option<&sea_orm::sqlx::Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))
        | DbErr::Conn(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// A constraint, by its name on PostgreSQL and by table and columns on SQLite, which does not report names.
fn constraint(error: &DbErr) -> Option<Error> {
    const UNIQUE: &[(&str, &str, Conflict)] = &[
        (
            "crm_customers_email_key",
            "UNIQUE constraint failed: crm_customers.company_id, crm_customers.email_key",
            Conflict::CustomerEmailTaken,
        ),
        (
            "crm_customer_contact_points_email_key",
            "UNIQUE constraint failed: crm_customer_contact_points.company_id, crm_customer_contact_points.email_key",
            Conflict::CustomerEmailTaken,
        ),
        (
            "crm_customer_external_refs_key",
            "UNIQUE constraint failed: crm_customer_external_refs.company_id, crm_customer_external_refs.system, \
             crm_customer_external_refs.external_id",
            Conflict::ExternalRefTaken,
        ),
        (
            "crm_customer_links_active_key",
            "UNIQUE constraint failed: crm_customer_links.company_id, crm_customer_links.from_id, \
             crm_customer_links.to_id, crm_customer_links.active_key",
            Conflict::LinkExists,
        ),
        (
            "crm_tags_name_key",
            "UNIQUE constraint failed: crm_tags.company_id, crm_tags.name_key",
            Conflict::TagNameTaken,
        ),
        (
            "crm_saved_views_name_key",
            "UNIQUE constraint failed: crm_saved_views.company_id, crm_saved_views.owner_id, crm_saved_views.entity, \
             crm_saved_views.name_key",
            Conflict::SavedViewNameTaken,
        ),
        (
            "crm_custom_fields_key",
            "UNIQUE constraint failed: crm_custom_fields.company_id, crm_custom_fields.entity, crm_custom_fields.key",
            Conflict::CustomFieldKeyTaken,
        ),
        (
            "crm_customer_field_values_unique_key",
            "UNIQUE constraint failed: crm_customer_field_values.company_id, crm_customer_field_values.field_key, \
             crm_customer_field_values.unique_key",
            Conflict::CustomFieldValueTaken,
        ),
        (
            "crm_import_mappings_name_key",
            "UNIQUE constraint failed: crm_import_mappings.company_id, crm_import_mappings.name_key",
            Conflict::ImportMappingNameTaken,
        ),
        (
            "crm_suppressions_value_key",
            "UNIQUE constraint failed: crm_suppressions.company_id, crm_suppressions.value",
            Conflict::SuppressionExists,
        ),
        (
            "crm_pipelines_name_key",
            "UNIQUE constraint failed: crm_pipelines.company_id, crm_pipelines.name_key",
            Conflict::PipelineNameTaken,
        ),
        (
            "crm_pipelines_default_key",
            "UNIQUE constraint failed: crm_pipelines.company_id, crm_pipelines.default_key",
            Conflict::DefaultPipeline,
        ),
        (
            "crm_lead_statuses_name_key",
            "UNIQUE constraint failed: crm_lead_statuses.company_id, crm_lead_statuses.name_key",
            Conflict::LeadStatusNameTaken,
        ),
        (
            "crm_lead_statuses_code_key",
            "UNIQUE constraint failed: crm_lead_statuses.company_id, crm_lead_statuses.code",
            Conflict::LeadStatusCodeTaken,
        ),
        (
            "crm_lead_statuses_default_key",
            "UNIQUE constraint failed: crm_lead_statuses.company_id, crm_lead_statuses.default_key",
            Conflict::DefaultLeadStatus,
        ),
        (
            "crm_capture_forms_name_key",
            "UNIQUE constraint failed: crm_capture_forms.company_id, crm_capture_forms.name_key",
            Conflict::CaptureFormNameTaken,
        ),
        (
            "crm_jobs_unique_key",
            "UNIQUE constraint failed: crm_jobs.company_id, crm_jobs.kind, crm_jobs.unique_key",
            Conflict::JobKeyTaken,
        ),
    ];
    let error = driver_error(error)?.as_database_error()?;
    let (name, message) = (error.constraint().map(without_shard), error.message());
    UNIQUE
        .iter()
        .find(|(constraint, columns, _)| name == Some(constraint) || message.contains(columns))
        .map(|(_, _, conflict)| Error::Conflict(*conflict))
}

/// The name of a constraint without the number of a shard, which Citus appends: `crm_tags_name_key_102039`.
fn without_shard(name: &str) -> &str {
    name.rsplit_once('_').filter(|(_, shard)| shard.parse::<u64>().is_ok()).map_or(name, |(name, _)| name)
}

/// Whether a retry may succeed: no connection, a full pool, a held lock, a statement timeout, a server that starts,
/// stops or is read-only.
fn is_unavailable(error: &DbErr) -> bool {
    use sea_orm::sqlx::Error as Driver;
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => return true,
        _ => {}
    }
    match driver_error(error) {
        Some(Driver::Io(_) | Driver::Tls(_) | Driver::PoolTimedOut | Driver::PoolClosed | Driver::WorkerCrashed) => {
            true
        }
        Some(Driver::Database(error)) => error.code().is_some_and(|code| {
            // PostgreSQL classes (Appendix A): 08 connection, 53 resources, 57P operator intervention,
            // 55P03 lock, 57014 canceled (by a timeout), 25006 read only (a standby, or a primary no more),
            // 40 serialization and deadlock.
            code.starts_with("08")
                || code.starts_with("53")
                || code.starts_with("57P")
                || code.starts_with("40")
                || matches!(&*code, "55P03" | "57014" | "25006")
                || is_busy(&code)
        }),
        _ => false,
    }
}
