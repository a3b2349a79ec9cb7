//! Examples of pipelines and deals.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, CUSTOMER, OWNER, nulls};

/// The deal that examples read, change and move.
pub const DEAL: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000c01");
/// The deal that the example of deleting deletes.
pub const DEAL_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000c02");
/// The deal in the trash that the example of restoring restores.
pub const DEAL_TO_RESTORE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000c03");
/// The pipeline that examples read and change.
pub const PIPELINE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000d01");
/// The pipeline that the example of deleting deletes.
pub const PIPELINE_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000d02");

/// Code, name, kind and probability of the stages of the pipeline.
const STAGES: [(&str, &str, &str, i64); 6] = [
    ("qualification", "Qualification", "open", 10),
    ("needs_analysis", "Needs analysis", "open", 25),
    ("proposal", "Proposal", "open", 50),
    ("negotiation", "Negotiation", "open", 75),
    ("closed_won", "Closed won", "won", 100),
    ("closed_lost", "Closed lost", "lost", 0),
];

/// The writable fields of the pipeline, but for the ids of its stages.
#[must_use]
pub fn pipeline_fields() -> Value {
    let stages: Vec<Value> = STAGES.iter().map(|stage| stage_fields(*stage)).collect();
    json!({
        "name": "Sales pipeline",
        "description": "From the first talk to the contract",
        "isDefault": true,
        "position": 0,
        "isArchived": false,
        "rottenDays": 60,
        "stages": stages,
    })
}

fn stage_fields((code, name, kind, probability): (&str, &str, &str, i64)) -> Value {
    json!({
        "code": code,
        "name": name,
        "kind": kind,
        "probability": probability,
        "rottenDays": if kind == "open" { json!(30) } else { Value::Null },
        "requiredFields": if code == "negotiation" { json!(["amount", "expectedCloseDate"]) } else { json!([]) },
        "color": null,
        "isArchived": false,
    })
}

/// A pipeline to add.
#[must_use]
pub fn new_pipeline() -> Value {
    json!({
        "name": "Renewals",
        "description": "Contracts that end this year",
        "position": 1,
        "stages": [
            { "name": "Due", "probability": 80, "rottenDays": 30, "color": "#1f77b4" },
            { "name": "Renewed", "kind": "won" },
            { "name": "Ended", "kind": "lost" },
        ],
    })
}

/// A change of the pipeline.
#[must_use]
pub fn pipeline_patch() -> Value {
    json!({ "description": "From the first talk to the signed contract" })
}

/// The pipeline as an answer shows it.
#[must_use]
pub fn pipeline() -> Value {
    let mut pipeline = pipeline_fields();
    crm_core::patch::merge(&mut pipeline, written(PIPELINE));
    numbered(&mut pipeline);
    pipeline
}

/// The pipeline that was added.
#[must_use]
pub fn created_pipeline() -> Value {
    let mut pipeline = new_pipeline();
    crm_core::patch::merge(&mut pipeline, written(uuid!("019eca9d-cdc0-7000-8000-000000000d0a")));
    pipeline["isDefault"] = json!(false);
    pipeline["isArchived"] = json!(false);
    pipeline["rottenDays"] = Value::Null;
    pipeline["stages"] = json!([
        stage_fields(("due", "Due", "open", 80)),
        stage_fields(("renewed", "Renewed", "won", 100)),
        stage_fields(("ended", "Ended", "lost", 0)),
    ]);
    pipeline["stages"][0]["color"] = json!("#1f77b4");
    numbered(&mut pipeline);
    pipeline
}

/// Gives the stages ids.
fn numbered(pipeline: &mut Value) {
    for (number, stage) in pipeline["stages"].as_array_mut().into_iter().flatten().enumerate() {
        stage["id"] = json!(stage_id(number));
    }
}

pub(super) fn stage_id(number: usize) -> String {
    format!("019eca9d-cdc0-7000-8000-000000000e{:02}", number + 1)
}

fn written(id: Uuid) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    json!({
        "id": id,
        "version": 1,
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": actor,
        "updatedBy": actor,
    })
}

/// The writable fields of the deal.
#[must_use]
pub fn deal_fields() -> Value {
    json!({
        "name": "200 units for Boston",
        "amount": { "amount": 1_250_000, "currency": "USD" },
        "amountFromItems": false,
        "contacts": [],
        "probability": null,
        "recurringAmount": { "amount": 18_000, "currency": "USD" },
        "recurringInterval": "year",
        "expectedCloseDate": "2026-12-18",
        "lostReason": null,
        "lostNotes": null,
        "competitor": "Smith & Sons",
        "source": "referral",
        "type": "existing_business",
        "nextStep": "Send the contract",
        "nextStepAt": "2026-12-04T09:00:00Z",
        "description": "Delivery in two parts, net 30.",
        "quoteRef": { "system": "erp", "id": "Q-7781" },
        "orderRef": null,
        "invoiceRefs": [],
        "ownerId": null,
    })
}

/// A deal to add, with its customer.
#[must_use]
pub fn new_deal() -> Value {
    json!({
        "customerId": CUSTOMER,
        "name": "Spare parts for the spring",
        "amount": { "amount": 480_000, "currency": "USD" },
        "expectedCloseDate": "2027-02-26",
        "source": "trade_fair",
        "type": "new_business",
    })
}

/// A change of the deal.
#[must_use]
pub fn deal_patch() -> Value {
    json!({ "probability": 60, "nextStep": "Call about the delivery", "expectedCloseDate": "2027-01-15" })
}

/// The items that the deal is to have.
#[must_use]
pub fn new_deal_items() -> Value {
    json!({
        "items": [
            {
                "productRef": { "system": "erp", "id": "P-2041" },
                "name": "Conveyor unit",
                "quantity": "200",
                "unitPrice": { "amount": 6_500, "currency": "USD" },
                "discountPercent": "7.5",
                "taxPercent": "6.25",
            },
            { "name": "Installation, per hour", "quantity": "12.5", "unitPrice": { "amount": 3_800, "currency": "USD" } },
        ],
    })
}

/// The items of the deal.
#[must_use]
pub fn deal_items() -> Value {
    let mut items = new_deal_items();
    for (index, net) in [1_202_500, 47_500].into_iter().enumerate() {
        let derived = json!({ "position": index + 1, "net": { "amount": net, "currency": "USD" } });
        crm_core::patch::merge(&mut items["items"][index], derived);
    }
    crm_core::patch::merge(&mut items["items"][1], json!({ "discountPercent": "0" }));
    items["items"][1] = nulls(items["items"][1].take(), &["productRef", "taxPercent"]);
    crm_core::patch::merge(&mut items, json!({ "version": 2, "total": { "amount": 1_250_000, "currency": "USD" } }));
    items
}

/// A move of the deal.
#[must_use]
pub fn deal_move() -> Value {
    json!({ "stage": "negotiation" })
}

/// The deal as an answer shows it.
#[must_use]
pub fn deal() -> Value {
    let mut deal = in_stage(deal_fields(), DEAL, 2, 625_000);
    deal["daysInStage"] = json!(12);
    deal
}

/// The deal after its move.
#[must_use]
pub fn moved_deal() -> Value {
    let mut deal = in_stage(deal_fields(), DEAL, 3, 937_500);
    deal["version"] = json!(2);
    deal
}

/// The deal that was added.
#[must_use]
pub fn created_deal() -> Value {
    let mut deal: Value =
        deal_fields().as_object().into_iter().flatten().map(|(name, _)| (name.clone(), Value::Null)).collect();
    let names: Vec<String> = deal.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    crm_core::patch::merge(&mut deal, new_deal());
    crm_core::patch::merge(&mut deal, json!({ "amountFromItems": false, "contacts": [], "invoiceRefs": [] }));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    nulls(in_stage(deal, uuid!("019eca9d-cdc0-7000-8000-000000000c0a"), 0, 48_000), &names)
}

/// The read-only fields of a deal in this stage.
fn in_stage(mut deal: Value, id: Uuid, stage: usize, weighted: i64) -> Value {
    let (_, name, _, probability) = STAGES[stage];
    crm_core::patch::merge(&mut deal, written(id));
    let read_only = json!({
        "customerId": CUSTOMER,
        "customerName": "Grace Harbour",
        "pipelineId": PIPELINE,
        "stageId": stage_id(stage),
        "stageName": name,
        "stageEnteredAt": ADDED_AT,
        "daysInStage": 0,
        "isRotten": false,
        "position": "a0",
        "status": "open",
        "baseAmount": deal["amount"],
        "rate": "1",
        "items": [],
        "effectiveProbability": probability,
        "weightedAmount": { "amount": weighted, "currency": "USD" },
        "ownerId": OWNER,
        "owner": { "id": OWNER, "displayName": "Sam Sales" },
    });
    crm_core::patch::merge(&mut deal, read_only);
    nulls(deal, &["rateDate", "rateSource", "closedAt", "deletedAt"])
}

/// The board of the pipeline.
#[must_use]
pub fn deal_board() -> Value {
    let stages = pipeline()["stages"].clone();
    json!({
        "pipelineId": PIPELINE,
        "pipelineName": "Sales pipeline",
        "stages": [
            {
                "stage": stages[2],
                "count": 1,
                "amounts": [{ "amount": 1_250_000, "currency": "USD" }],
                "weightedAmounts": [{ "amount": 625_000, "currency": "USD" }],
                "baseAmount": { "amount": 1_250_000, "currency": "USD" },
                "weightedBaseAmount": { "amount": 625_000, "currency": "USD" },
                "withoutRate": 0,
                "deals": [deal()],
            },
            {
                "stage": stages[3],
                "count": 0,
                "amounts": [],
                "weightedAmounts": [],
                "baseAmount": { "amount": 0, "currency": "USD" },
                "weightedBaseAmount": { "amount": 0, "currency": "USD" },
                "withoutRate": 0,
                "deals": [],
            },
        ],
    })
}

/// What deals are worth.
#[must_use]
pub fn deal_totals() -> Value {
    json!({
        "count": 3,
        "amounts": [{ "amount": 400_000, "currency": "CAD" }, { "amount": 1_250_000, "currency": "USD" }],
        "weightedAmounts": [{ "amount": 40_000, "currency": "CAD" }, { "amount": 625_000, "currency": "USD" }],
        "baseAmount": { "amount": 1_542_200, "currency": "USD" },
        "weightedBaseAmount": { "amount": 654_220, "currency": "USD" },
        "withoutRate": 0,
    })
}

/// A stage that the deal has passed.
#[must_use]
pub fn deal_stage_entry() -> Value {
    json!({
        "id": "019eca9d-cdc0-7000-8000-000000000f01",
        "pipelineId": PIPELINE,
        "fromStageId": stage_id(1),
        "fromStageName": "Needs analysis",
        "stageId": stage_id(2),
        "stageName": "Proposal",
        "enteredAt": ADDED_AT,
        "leftAt": "2026-06-24T14:05:09.123456Z",
        "seconds": 794_109,
        "amount": { "amount": 1_250_000, "currency": "USD" },
        "movedBy": { "kind": "user", "id": OWNER },
    })
}

#[cfg(test)]
mod tests {
    use crm_core::deals::{
        Deal, DealBoard, DealItems, DealMove, DealPatch, DealStageEntry, DealTotals, NewDeal, NewDealItems,
    };
    use crm_core::pipelines::{NewPipeline, Pipeline, PipelinePatch};

    use super::super::tests::is_exactly;

    #[test]
    fn examples_are_true() {
        is_exactly::<Pipeline>(&super::pipeline());
        is_exactly::<Pipeline>(&super::created_pipeline());
        serde_json::from_value::<NewPipeline>(super::pipeline_fields()).unwrap();
        serde_json::from_value::<NewPipeline>(super::new_pipeline()).unwrap();
        serde_json::from_value::<PipelinePatch>(super::pipeline_patch()).unwrap();
        is_exactly::<Deal>(&super::deal());
        is_exactly::<Deal>(&super::moved_deal());
        is_exactly::<Deal>(&super::created_deal());
        is_exactly::<DealBoard>(&super::deal_board());
        is_exactly::<DealItems>(&super::deal_items());
        serde_json::from_value::<NewDealItems>(super::new_deal_items()).unwrap();
        is_exactly::<DealTotals>(&super::deal_totals());
        is_exactly::<DealStageEntry>(&super::deal_stage_entry());
        serde_json::from_value::<NewDeal>(super::deal_fields()).unwrap();
        serde_json::from_value::<DealPatch>(super::deal_patch()).unwrap();
        serde_json::from_value::<DealMove>(super::deal_move()).unwrap();
    }
}
