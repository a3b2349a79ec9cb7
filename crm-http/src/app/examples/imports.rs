//! Examples of imports, and of saved mappings.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, OWNER};

/// The saved mapping that examples read and change.
pub const IMPORT_MAPPING: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000a01");
/// The saved mapping that the example of deleting deletes.
pub const IMPORT_MAPPING_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000a02");
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
