//! Examples of calendars.

use serde_json::{Value, json};

/// The secret of the calendar that the example reads: that of a user of the demo.
pub const CALENDAR_SECRET: &str = "IPkT2JArWGWAMTCKYHlEQioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKioq";

/// The address of a calendar.
#[must_use]
pub fn calendar_address() -> Value {
    let path = format!("/calendar/{CALENDAR_SECRET}.ics");
    json!({ "path": path, "url": format!("https://crm.example.com{path}") })
}

/// A calendar with one task.
pub const CALENDAR_FILE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//CRM//CRM//EN\r\n\
     CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\nCLASS:PRIVATE\r\nDTEND;VALUE=DATE:20261205\r\n\
     DTSTAMP:20260615T093000Z\r\nDTSTART;VALUE=DATE:20261204\r\nSUMMARY:Send the offer for 200 units\r\n\
     TRANSP:TRANSPARENT\r\nUID:019eca9d-cdc0-7000-8000-000000000c01@crm\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
