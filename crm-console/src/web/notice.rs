//! What the next page tells after something was done, and how it is undone there.

use actix_web::HttpResponse;
use crm_core::ids::{CustomerId, CustomerMergeId, LeadId, TaskId};

use super::page::see_other;
use super::visit::{Prefix, Visit, local_path};
use crate::base::fields::Fields;
use crate::base::language::Language;

/// The name of the text, `notice-customer-deleted` without its beginning.
const NOTICE: &str = "notice";
/// The record that can be restored: its path below the mount.
const UNDO: &str = "undo";
/// What the path of a merge begins with, which is undone and not restored.
const MERGES: &str = "merges/";
/// What the path of a completed task begins with, which is opened again.
pub(crate) const COMPLETED: &str = "completed/";
/// What the path of a converted lead begins with, whose conversion is taken back.
pub(crate) const CONVERTED: &str = "converted/";
/// What such paths are made of, each with an id after it.
const RESTORABLE: &[&str] = &["customers", "notes", "interactions", "tasks", "deals", "leads"];

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// The words for it.
    pub text: String,
    /// Where a form undoes it.
    pub undo: Option<String>,
}

impl Notice {
    /// The notice that an address asks for. Nothing of the address stands in it.
    pub(super) fn of(language: Language, prefix: &Prefix, query: &Fields) -> Option<Self> {
        let text = language.known(&format!("notice-{}", query.get(NOTICE)?))?;
        let undo = query.get(UNDO).and_then(undone);
        Some(Self { text, undo: undo.map(|path| format!("{}/{path}", prefix.0)) })
    }
}

/// The path of the form that undoes what is named so.
fn undone(path: &str) -> Option<String> {
    if let Some(id) = path.strip_prefix(MERGES) {
        return id.parse::<CustomerMergeId>().ok().map(|id| format!("customers/{MERGES}{id}/undo"));
    }
    if let Some(id) = path.strip_prefix(COMPLETED) {
        return id.parse::<TaskId>().ok().map(|id| format!("tasks/{id}/reopen"));
    }
    if let Some(id) = path.strip_prefix(CONVERTED) {
        return id.parse::<LeadId>().ok().map(|id| format!("leads/{id}/convert/undo"));
    }
    is_record(path).then(|| format!("{path}/restore"))
}

/// The query without a notice.
pub(super) fn without(query: &Fields) -> Fields {
    query.without(NOTICE, None).without(UNDO, None)
}

/// `customers/<id>`, `customers/<id>/notes/<id>`. Ids of all records look the same.
fn is_record(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    parts.chunks(2).all(|part| match part {
        [kind, id] => RESTORABLE.contains(kind) && id.parse::<CustomerId>().is_ok(),
        _ => false,
    })
}

impl Visit {
    /// The page that a form wants to come back to, or another one.
    pub(crate) fn back(&self, form: &Fields, otherwise: &str) -> String {
        let wanted = local_path(&self.frame.prefix, form.text("back"));
        wanted.map_or_else(|| self.frame.url(otherwise), str::to_owned)
    }

    /// Sends the browser to a page, which tells what was done; `undo` is the record that can be restored.
    pub(crate) fn done(&self, back: &str, notice: &str, undo: Option<&str>) -> HttpResponse {
        let (path, query) = back.split_once('?').unwrap_or((back, ""));
        let mut query = without(&Fields::parse(query.as_bytes())).with(NOTICE, notice);
        if let Some(record) = undo {
            query = query.with(UNDO, record);
        }
        see_other(format!("{path}{}", query.query()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Language, Notice, Prefix, is_record};

    #[test]
    fn only_records_are_restored() {
        let id = "019eca9d-cdc0-7000-8000-000000000201";
        assert!(is_record(&format!("customers/{id}")) && is_record(&format!("customers/{id}/notes/{id}")));
        for bad in ["", "customers", "/customers", &format!("tags/{id}"), &format!("customers/{id}/"), "customers/.."] {
            assert!(!is_record(bad), "{bad}");
        }
    }

    #[test]
    fn a_notice_has_words_of_ours() {
        let notice = |query: &[u8]| Notice::of(Language::English, &Prefix("/crm".into()), &Fields::parse(query));
        let told = notice(b"notice=customer-deleted&undo=customers/019eca9d-cdc0-7000-8000-000000000201").unwrap();
        assert_eq!(told.undo.unwrap(), "/crm/customers/019eca9d-cdc0-7000-8000-000000000201/restore");
        let merged = notice(b"notice=customers-merged&undo=merges/019eca9d-cdc0-7000-8000-000000000601").unwrap();
        assert_eq!(merged.undo.unwrap(), "/crm/customers/merges/019eca9d-cdc0-7000-8000-000000000601/undo");
        assert_eq!(notice(b"notice=customers-merged&undo=merges/../../evil").unwrap().undo, None);
        let ticked = notice(b"notice=task-completed&undo=completed/019eca9d-cdc0-7000-8000-000000000c01").unwrap();
        assert_eq!(ticked.undo.unwrap(), "/crm/tasks/019eca9d-cdc0-7000-8000-000000000c01/reopen");
        assert_eq!(notice(b"notice=task-completed&undo=completed/../x").unwrap().undo, None);
        let converted = notice(b"notice=lead-converted&undo=converted/019eca9d-cdc0-7000-8000-000000001101").unwrap();
        assert_eq!(converted.undo.unwrap(), "/crm/leads/019eca9d-cdc0-7000-8000-000000001101/convert/undo");
        assert_eq!(notice(b"notice=<script>"), None);
        assert_eq!(notice(b"notice=customer-deleted&undo=https://evil.example").unwrap().undo, None);
    }
}
