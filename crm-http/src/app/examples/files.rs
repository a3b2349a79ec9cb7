//! Exported files.

use super::customer;

/// The beginning of an exported table.
pub const EXPORTED_CSV: &str = "id,kind,name,firstName,lastName,email\n\
     019eca9d-cdc0-7000-8000-000000000001,person,Grace Harbour,Grace,Harbour,grace.harbour@example.com\n";

/// What stands for a workbook of an export, which is no text.
pub const EXPORTED_WORKBOOK: &str = "PK (a zip archive)";

/// A card of an export.
pub const EXPORTED_CARD: &str = "BEGIN:VCARD\r\nVERSION:4.0\r\nPRODID:-//CRM//Customers//EN\r\n\
     UID:urn:uuid:019eca9d-cdc0-7000-8000-000000000001\r\nKIND:individual\r\nFN:Grace Harbour\r\nN:Harbour;Grace;;;\r\n\
     EMAIL;PREF=1:grace.harbour@example.com\r\nREV:20260105T093000Z\r\nEND:VCARD\r\n";

/// A line of an export.
#[must_use]
pub fn exported_line() -> String {
    format!("{}\n", customer())
}
