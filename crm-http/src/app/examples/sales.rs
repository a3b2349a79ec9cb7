//! Examples of quotas, of activity and of statistics of sales.

use serde_json::{Value, json};

use super::deals::stage_id;
use super::{ADDED_AT, DEAL, LEAD_RULE_USER, OWNER, PIPELINE, deal_totals, page_of};

const FROM: &str = "2026-05-17T00:00:00Z";
const TO: &str = "2026-06-16T00:00:00Z";

fn user() -> Value {
    json!({ "id": OWNER, "displayName": "Sam Sales" })
}

fn dollars(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

fn worth(count: u64, amount: i64) -> Value {
    json!({ "count": count, "amounts": [dollars(amount)], "baseAmount": dollars(amount), "withoutRate": 0 })
}

/// Quotas to set.
#[must_use]
pub fn new_quotas() -> Value {
    json!({ "quotas": [{ "userId": LEAD_RULE_USER, "teamId": null, "month": "2026-06", "amount": dollars(2_500_000) }] })
}

/// A quota.
#[must_use]
pub fn quota() -> Value {
    json!({
        "userId": OWNER,
        "user": user(),
        "teamId": null,
        "team": null,
        "month": "2026-06",
        "amount": dollars(2_500_000),
        "setAt": ADDED_AT,
        "setBy": { "kind": "user", "id": OWNER },
    })
}

/// The quotas that were set.
#[must_use]
pub fn set_quotas() -> Value {
    json!({ "quotas": [quota()] })
}

/// A page of the activity.
#[must_use]
pub fn activity() -> Value {
    page_of(json!({
        "id": "019eca9d-cdc0-7000-8000-000000001f01",
        "at": ADDED_AT,
        "actor": { "kind": "user", "id": OWNER },
        "user": user(),
        "action": "updated",
        "kind": "deal",
        "recordId": DEAL,
        "fields": ["amount", "expectedCloseDate"],
    }))
}

/// Statistics of leads.
#[must_use]
pub fn lead_stats() -> Value {
    json!({
        "asOf": ADDED_AT,
        "timeZone": "America/New_York",
        "from": FROM,
        "to": TO,
        "added": 8,
        "addedConverted": 2,
        "conversionRate": 0.25,
        "byStatus": [
            { "code": "new", "name": "New", "type": "open", "count": 5 },
            { "code": "qualified", "name": "Qualified", "type": "won", "count": 3 },
        ],
        "bySource": [
            { "source": "trade fair", "count": 6, "converted": 2 },
            { "source": null, "count": 2, "converted": 0 },
        ],
        "byOwner": [{ "owner": user(), "count": 7, "converted": 2 }, { "owner": null, "count": 1, "converted": 0 }],
        "responded": 6,
        "medianSecondsToFirstResponse": 5400,
        "converted": 3,
        "medianSecondsToConvert": 950_400,
    })
}

/// A funnel with one cohort.
#[must_use]
pub fn funnel() -> Value {
    json!({
        "asOf": ADDED_AT,
        "timeZone": "America/New_York",
        "interval": null,
        "from": FROM,
        "to": TO,
        "pipelineId": PIPELINE,
        "pipelineName": "Sales pipeline",
        "cohorts": [{
            "date": "2026-05-17",
            "from": FROM,
            "to": TO,
            "deals": 10,
            "stages": [
                {
                    "stageId": stage_id(0), "code": "qualification", "name": "Qualification", "kind": "open",
                    "entered": 10, "reachedNext": 6, "dropped": 3, "conversionRate": 0.6, "medianDays": 4.5,
                },
                {
                    "stageId": stage_id(4), "code": "closed_won", "name": "Closed won", "kind": "won",
                    "entered": 2, "reachedNext": 0, "dropped": 0, "conversionRate": 0.0, "medianDays": null,
                },
            ],
        }],
    })
}

/// Statistics of a pipeline.
#[must_use]
pub fn pipeline_stats() -> Value {
    let owners = json!([{ "owner": user(), "totals": deal_totals() }]);
    json!({
        "asOf": ADDED_AT,
        "timeZone": "America/New_York",
        "pipelineId": PIPELINE,
        "pipelineName": "Sales pipeline",
        "totals": deal_totals(),
        "stages": [{
            "stageId": stage_id(2), "code": "proposal", "name": "Proposal", "totals": deal_totals(), "owners": owners,
        }],
        "owners": owners,
        "slippage": {
            "passed": worth(1, 250_000),
            "withoutDate": 1,
            "from": FROM,
            "to": TO,
            "postponedDeals": 2,
            "postponements": 3,
            "postponedDays": 44,
        },
    })
}

/// A forecast of one month.
#[must_use]
pub fn forecast() -> Value {
    let numbers = json!({
        "closed": worth(2, 1_250_000),
        "committed": worth(3, 2_000_000),
        "weighted": worth(5, 2_100_000),
        "bestCase": worth(5, 3_000_000),
        "quotas": [dollars(2_500_000)],
        "baseQuota": dollars(2_500_000),
        "attainment": 0.5,
    });
    json!({
        "asOf": ADDED_AT,
        "timeZone": "America/New_York",
        "groupBy": "user",
        "months": [{
            "month": "2026-06",
            "totals": numbers,
            "users": [{ "user": user(), "numbers": numbers }],
            "teams": [],
        }],
    })
}

/// A leaderboard of one user.
#[must_use]
pub fn leaderboard() -> Value {
    json!({
        "asOf": ADDED_AT,
        "timeZone": "America/New_York",
        "from": FROM,
        "to": TO,
        "rows": [{
            "user": user(),
            "won": worth(3, 1_250_000),
            "lost": 1,
            "winRate": 0.75,
            "interactions": 41,
            "tasks": 12,
            "activities": 53,
        }],
    })
}

/// Statistics of tasks.
#[must_use]
pub fn task_stats() -> Value {
    let counts = json!({ "due": 14, "overdue": 2, "completed": 12, "onTime": 9, "late": 3, "onTimeRate": 0.75 });
    json!({
        "asOf": ADDED_AT,
        "timeZone": "America/New_York",
        "from": FROM,
        "to": TO,
        "totals": counts,
        "assignees": [{ "assignee": user(), "counts": counts }],
    })
}

#[cfg(test)]
mod tests {
    use crm_core::activity::ActivityEntry;
    use crm_core::quotas::{NewQuotas, Quota, SetQuotas};
    use crm_core::stats::{Forecast, Funnel, LeadStats, Leaderboard, PipelineStats, TaskStats};

    use super::super::tests::is_exactly;

    #[test]
    fn examples_are_true() {
        is_exactly::<NewQuotas>(&super::new_quotas());
        is_exactly::<Quota>(&super::quota());
        is_exactly::<SetQuotas>(&super::set_quotas());
        is_exactly::<ActivityEntry>(&super::activity()["data"][0]);
        is_exactly::<LeadStats>(&super::lead_stats());
        is_exactly::<Funnel>(&super::funnel());
        is_exactly::<PipelineStats>(&super::pipeline_stats());
        is_exactly::<Forecast>(&super::forecast());
        is_exactly::<Leaderboard>(&super::leaderboard());
        is_exactly::<TaskStats>(&super::task_stats());
    }
}
