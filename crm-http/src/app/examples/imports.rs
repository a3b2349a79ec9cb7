//! Examples of imports, and of saved mappings.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, OWNER};

/// The saved mapping that examples read and change.
pub const IMPORT_MAPPING: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000a01");
/// The saved mapping that the example of deleting deletes.
pub const IMPORT_MAPPING_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000a02");
/// The stored file that examples preview and try.
pub const IMPORT: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000b01");
/// The stored file that is imported: examples read and revert it.
pub const IMPORTED: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000b02");
/// The stored file that the example of deleting deletes.
pub const IMPORT_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000b03");
/// The job of the import.
pub const IMPORT_JOB: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000b04");
/// The imported file: its last row is refused.
pub const IMPORTED_FILE: &str = "Full name,E-mail\nAmina Okafor,amina.okafor@example.com\n\
     Piet de Vries,piet.de.vries@example.com\nBo Lind,bo.lind\n";
/// The rows of the file that were refused.
pub const FAILED_ROWS: &str = "Full name,E-mail,Import error\r\n\
     Bo Lind,bo.lind,E-mail: expected an e-mail address such as ann@example.com\r\n";

/// The signature of the files for which the mapping is saved.
const SIGNATURE: &str = "dcfedd89b5cb7b37d6f5d4c2606b4a9b8be928191cb34c002d942644ec9648f5";

/// A file to import, with a mapping.
#[must_use]
pub fn import_form() -> Value {
    json!({
        "file": "Full name,E-mail,Shoe size\nNoor Haddad,noor.haddad@example.com,38\nIvo Horvat,ivo.horvat@example.com,44\n",
        "mapping": "{\"Shoe size\": \"customFields.shoeSize\"}",
    })
}

/// The report of an import.
#[must_use]
pub fn import_report() -> Value {
    json!({
        "dryRun": false,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "failed": 1,
        "skipped": 0,
        "warnings": 0,
        "errors": [{
            "row": 4,
            "column": "E-mail",
            "code": "email_invalid",
            "message": "expected an e-mail address such as ann@example.com",
        }],
        "errorCount": 1,
        "warningDetails": [],
        "columns": [
            { "column": "Full name", "field": "name" },
            { "column": "E-mail", "field": "email" },
            { "column": "Shoe size", "field": "customFields.shoeSize" },
        ],
    })
}

/// What the file of the example is taken for.
#[must_use]
pub fn import_preview() -> Value {
    let column = |number: u64, column: &str, field: &str, reason: &str, samples: [&str; 2]| {
        json!({
            "number": number,
            "column": column,
            "field": field,
            "reason": reason,
            "samples": samples,
            "isEmpty": false,
        })
    };
    json!({
        "format": "csv",
        "encoding": "utf8",
        "delimiter": ",",
        "headerRow": 1,
        "rows": 2,
        "columns": [
            column(1, "Full name", "name", "header", ["Noor Haddad", "Ivo Horvat"]),
            column(2, "E-mail", "email", "header", ["noor.haddad@example.com", "ivo.horvat@example.com"]),
            column(3, "Shoe size", "customFields.shoeSize", "mapping", ["38", "44"]),
        ],
        "ignored": [],
        "problem": null,
        "errors": [],
        "warnings": [],
        "mapping": { "Full name": "name", "E-mail": "email", "Shoe size": "customFields.shoeSize" },
        "signature": SIGNATURE,
        "savedMapping": import_mapping(),
    })
}

/// A file to store.
#[must_use]
pub fn new_import() -> Value {
    json!({ "file": "Full name,E-mail\nNoor Haddad,noor.haddad@example.com\n" })
}

/// How to read the stored file.
#[must_use]
pub fn import_request() -> Value {
    json!({ "mode": "upsert", "matchBy": "email", "dryRun": true, "mapping": { "Full name": "name" } })
}

/// A stored file before its import.
#[must_use]
pub fn stored_import() -> Value {
    json!({
        "id": IMPORT,
        "name": "contacts.csv",
        "size": 54,
        "rows": 1,
        "options": null,
        "jobId": null,
        "report": null,
        "lastRow": 0,
        "revertibleUntil": null,
        "reverted": null,
        "createdAt": ADDED_AT,
        "expiresAt": "2026-06-16T09:30:00Z",
    })
}

/// The stored file whose dry run is started.
#[must_use]
pub fn started_import() -> Value {
    let mut import = stored_import();
    import["options"] = import_options(&import_request());
    import["jobId"] = json!(IMPORT_JOB);
    import
}

/// The file that is imported.
#[must_use]
pub fn imported() -> Value {
    let mut import = stored_import();
    let done = json!({
        "id": IMPORTED,
        "name": "fair.csv",
        "size": IMPORTED_FILE.len(),
        "rows": 3,
        "jobId": IMPORT_JOB,
        "report": import_report(),
        "lastRow": 4,
        "revertibleUntil": "2026-07-15T09:30:00Z",
        "expiresAt": "2026-07-15T09:30:00Z",
    });
    crm_core::patch::merge(&mut import, done);
    import["options"] = import_options(&json!({}));
    import
}

/// The options as an answer has them.
fn import_options(given: &Value) -> Value {
    let mut options = json!({ "mode": "create", "matchBy": "email", "optedOut": "mark", "organizations": "text", "dryRun": false, "mapping": {} });
    crm_core::patch::merge(&mut options, given.clone());
    super::nulls(options, &["externalSystem", "dateOrder", "defaultKind", "sheet"])
}

/// What came of reverting the import.
#[must_use]
pub fn reverted_import() -> Value {
    json!({
        "id": IMPORTED,
        "dryRun": false,
        "trashed": 2,
        "restored": 0,
        "changedSince": 0,
        "changedSinceIds": [],
        "refused": [],
    })
}

/// The writable fields of the saved mapping.
#[must_use]
pub fn import_mapping_fields() -> Value {
    json!({
        "name": "Customers of the shoe shop",
        "columns": ["Full name", "E-mail", "Shoe size"],
        "mapping": { "Shoe size": "customFields.shoeSize" },
        "mode": "upsert",
        "matchBy": "email",
        "externalSystem": null,
        "dateOrder": "dmy",
        "defaultKind": "person",
        "optedOut": "mark",
        "organizations": "create",
    })
}

/// A mapping to save.
#[must_use]
pub fn new_import_mapping() -> Value {
    json!({
        "name": "Contacts of the newsletter",
        "columns": ["Mail", "First name", "Joined"],
        "mapping": { "Joined": "sourceCreatedAt" },
        "mode": "upsert",
        "dateOrder": "ymd",
    })
}

/// The saved mapping as an answer shows it.
#[must_use]
pub fn import_mapping() -> Value {
    let mut mapping = import_mapping_fields();
    crm_core::patch::merge(&mut mapping, saved(IMPORT_MAPPING, SIGNATURE));
    super::nulls(mapping, &["externalSystem"])
}

/// The mapping that was saved.
#[must_use]
pub fn created_import_mapping() -> Value {
    let mut mapping = new_import_mapping();
    let id = uuid!("019eca9d-cdc0-7000-8000-000000000a0a");
    crm_core::patch::merge(&mut mapping, saved(id, "ff7e302f27c710956bc06342cbe0cab8eaacee90f523cad844b789bf0da252cc"));
    mapping["matchBy"] = json!("email");
    mapping["optedOut"] = json!("mark");
    mapping["organizations"] = json!("text");
    super::nulls(mapping, &["externalSystem", "defaultKind"])
}

fn saved(id: Uuid, signature: &str) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    json!({
        "id": id,
        "version": 1,
        "signature": signature,
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": actor,
        "updatedBy": actor,
    })
}
