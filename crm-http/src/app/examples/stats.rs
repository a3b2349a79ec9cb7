//! Examples of statistics.

use serde_json::{Value, json};

use super::{CUSTOMER, INTERACTION, NOTE, OWNER, TAG};

const AS_OF: &str = "2026-06-15T09:30:00Z";

fn user() -> Value {
    json!({ "id": OWNER, "displayName": "Sam Sales" })
}

fn by_type() -> Value {
    json!({
        "call": 41, "email": 30, "meeting": 12, "sms": 0, "chat": 3, "whatsapp": 0, "social": 0, "visit": 5, "video": 7,
        "letter": 0, "demo": 4, "lunch": 1, "web": 0, "note": 0, "other": 2,
    })
}

fn interactions() -> Value {
    json!({
        "total": 105,
        "byType": by_type(),
        "byStatus": { "planned": 14, "in_progress": 1, "completed": 80, "cancelled": 6, "no_show": 4 },
    })
}

/// Overall statistics.
#[must_use]
pub fn overall_stats() -> Value {
    json!({
        "asOf": AS_OF,
        "customers": {
            "total": 240,
            "archived": 9,
            "byStatus": { "prospect": 88, "active": 131, "inactive": 17, "blocked": 4 },
            "byKind": { "person": 190, "organization": 50 },
            "byOwner": [{ "owner": user(), "count": 120 }],
            "unassigned": 120,
            "new": { "last7Days": 4, "last30Days": 19, "last90Days": 57 },
            "contact": { "within30Days": 40, "within90Days": 61, "earlier": 39, "never": 100 },
        },
        "notes": { "total": 73 },
        "interactions": interactions(),
        "tags": { "total": 12, "inUse": 10 },
    })
}

fn compared(current: u64, previous: u64, change: f64) -> Value {
    json!({ "current": current, "previous": previous, "change": change })
}

/// A dashboard of two weeks.
#[must_use]
pub fn dashboard() -> Value {
    let point = |date: &str, from: &str, to: &str, counts: [u64; 3]| {
        let [customers, planned, completed] = counts;
        json!({
            "date": date, "from": from, "to": to,
            "newCustomers": customers, "interactionsPlanned": planned, "interactionsCompleted": completed,
        })
    };
    json!({
        "asOf": AS_OF,
        "timeZone": "UTC",
        "interval": "week",
        "from": "2026-06-01T00:00:00Z",
        "to": "2026-06-15T00:00:00Z",
        "previousFrom": "2026-05-18T00:00:00Z",
        "totals": {
            "newCustomers": compared(9, 6, 0.5),
            "interactionsPlanned": compared(21, 28, -0.25),
            "interactionsCompleted": compared(18, 18, 0.0),
        },
        "series": [
            point("2026-06-01", "2026-06-01T00:00:00Z", "2026-06-08T00:00:00Z", [5, 12, 10]),
            point("2026-06-08", "2026-06-08T00:00:00Z", "2026-06-15T00:00:00Z", [4, 9, 8]),
        ],
        "followUps": {
            "overdueCount": 1,
            "overdue": [{
                "dueAt": "2026-06-12T14:00:00Z", "reason": "scheduled", "interactionId": INTERACTION, "type": "call",
                "subject": "Ask about the contract", "customerId": CUSTOMER, "customerName": "Grace Harbour", "owner": user(),
            }],
            "comingCount": 0,
            "coming": [],
        },
        "topTags": [{ "id": TAG, "name": "VIP", "color": "#d4af37", "customers": 12 }],
        "latestActivity": [{
            "at": "2026-06-15T08:45:00Z", "kind": "note_added", "id": NOTE, "title": null,
            "customerId": CUSTOMER, "customerName": "Grace Harbour", "user": user(),
        }],
    })
}

/// A performance report of one user.
#[must_use]
pub fn performance() -> Value {
    json!({
        "asOf": AS_OF,
        "timeZone": "UTC",
        "groupBy": "user",
        "from": "2026-05-17T00:00:00Z",
        "to": "2026-06-16T00:00:00Z",
        "rows": [{
            "user": user(),
            "month": null,
            "interactions": interactions(),
            "completed": 72,
            "cancelled": 6,
            "noShow": 2,
            "completionRate": 0.9,
            "meanDurationSeconds": 1260,
            "meanSecondsFromPlannedToCompleted": 5400,
            "customersOwned": 120,
            "customersNewlyActive": 8,
        }],
    })
}

/// The activity of the customer.
#[must_use]
pub fn customer_activity() -> Value {
    let mondays = [
        "2026-03-30",
        "2026-04-06",
        "2026-04-13",
        "2026-04-20",
        "2026-04-27",
        "2026-05-04",
        "2026-05-11",
        "2026-05-18",
        "2026-05-25",
        "2026-06-01",
        "2026-06-08",
        "2026-06-15",
    ];
    let weeks: Vec<Value> =
        mondays.into_iter().zip(0_u64..).map(|(date, week)| json!({ "date": date, "completed": week % 3 })).collect();
    json!({
        "customerId": CUSTOMER,
        "asOf": AS_OF,
        "timeZone": "UTC",
        "people": null,
        "interactions": interactions(),
        "notes": 3,
        "firstContactAt": "2025-09-02T10:00:00Z",
        "lastContactAt": "2026-06-11T15:20:00Z",
        "nextContactAt": "2026-06-18T09:00:00Z",
        "daysSinceLastContact": 4,
        "weeks": weeks,
    })
}
