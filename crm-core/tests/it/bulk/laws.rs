//! Laws: an undo puts everything back, and a bulk action is many single writes.

use std::collections::BTreeMap;

use crm_core::actor::Role;
use crm_core::customers::{BulkAction, Customer, CustomerPatch, NewCustomer};
use crm_core::ids::CustomerId;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::{action, bulk, counts, dry, of_ids, undo};
use crate::chance::Chance;
use crate::support::TestCrm;

const TAGS: [&str; 4] = ["VIP", "New", "Newsletter", "Partner"];

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [an_undo_puts_everything_back, a_bulk_action_is_many_single_writes]);
}

/// A customer as everybody sees it, without what each write stamps.
fn seen(customer: &Customer) -> Value {
    let mut seen = serde_json::to_value(customer).expect("a customer");
    for stamp in ["version", "updatedAt", "updatedBy"] {
        seen[stamp] = Value::Null;
    }
    seen
}

async fn all(crm: &TestCrm, ids: &[CustomerId]) -> anyhow::Result<BTreeMap<CustomerId, Value>> {
    let mut all = BTreeMap::new();
    for id in ids {
        if let Ok(customer) = crm.admin().customers().get(*id).await {
            all.insert(*id, seen(&customer));
        }
    }
    Ok(all)
}

fn any_action(chance: &mut Chance, owners: &[Value]) -> BulkAction {
    let tags: Vec<&str> = (0..=chance.below(2)).map(|_| chance.one(&TAGS)).collect();
    action(match chance.below(7) {
        0 => json!({ "type": "setOwner", "ownerId": owners[chance.below(owners.len())] }),
        1 => json!({ "type": "setStatus", "status": chance.one(&["prospect", "active", "inactive", "blocked"]) }),
        2 => json!({ "type": "addTags", "tags": tags }),
        3 => json!({ "type": "removeTags", "tags": tags }),
        4 => json!({ "type": "archive" }),
        5 => json!({ "type": "unarchive" }),
        _ => json!({ "type": "delete" }),
    })
}

async fn an_undo_puts_everything_back(database: TestDatabase) -> anyhow::Result<()> {
    let seed = Chance::seed();
    let (crm, mut chance) = (TestCrm::new(&database), Chance::new(seed));
    let rep = crm.ensure_mirrored(Role::SalesRep).await?;
    let owners = [json!(null), json!(rep), json!(crm.ensure_mirrored(Role::Manager).await?)];
    let mut ids = Vec::new();
    for number in 0..12 {
        let new = NewCustomer {
            email: Some(format!("{number}@example.com")),
            owner_id: serde_json::from_value(owners[chance.below(3)].clone())?,
            is_archived: Some(chance.once_in(3)),
            ..NewCustomer::person("Ann", number.to_string())
        };
        let customer = crm.create(new).await?;
        crm.admin().customer_tags(customer.id).add([chance.one(&TAGS)]).await?;
        ids.push(customer.id);
    }
    for round in 0..40 {
        let chosen: Vec<CustomerId> = ids.iter().copied().filter(|_| !chance.once_in(3)).collect();
        if chosen.is_empty() {
            continue;
        }
        let (action, before) = (any_action(&mut chance, &owners), all(&crm, &ids).await?);
        let case = format!("seed {seed}, round {round}: {action:?}");
        let request = of_ids(action, chosen);
        let rehearsed = bulk(&mut crm.admin(), dry(&request)).await?;
        assert_eq!(all(&crm, &ids).await?, before, "{case}");
        let done = bulk(&mut crm.admin(), request).await?;
        assert_eq!(counts(&rehearsed), counts(&done), "{case}");
        let Some(id) = done.id else {
            assert_eq!((done.changed, all(&crm, &ids).await?), (0, before), "{case}");
            continue;
        };
        let undone = undo(&mut crm.admin(), Some(id)).await?;
        assert_eq!((undone.restored, undone.skipped, undone.refused.len()), (done.changed, 0, 0), "{case}");
        assert_eq!(all(&crm, &ids).await?, before, "{case}");
        // The next round begins elsewhere.
        let mut step = any_action(&mut chance, &owners);
        if step == (BulkAction::Delete {}) {
            step = action_of_owner(rep);
        }
        bulk(&mut crm.admin(), of_ids(step, [ids[chance.below(ids.len())]])).await?;
    }
    Ok(())
}

fn action_of_owner(owner: crm_core::ids::UserId) -> BulkAction {
    BulkAction::SetOwner { owner_id: Some(owner) }
}

/// What the three records have of a customer: history, and the types and contents of events.
async fn recorded(crm: &TestCrm, id: CustomerId) -> anyhow::Result<Value> {
    let history = crm.admin().customers().history(id, &PageRequest::default()).await?;
    let history = history.data.iter().map(|change| {
        json!({ "action": change.action, "version": change.version, "changes": change.changes, "actor": change.actor, "origin": change.origin })
    });
    let feed = crm.admin().events().after(None, 1_000).await?;
    let events = feed.events.iter().filter(|(_, event)| event.subject == id.0).map(|(_, event)| {
        let data = &event.data;
        json!({ "type": event.event_type, "version": data.version, "fields": data.changed_fields, "customer": data.customer_id, "tags": data.tag_ids })
    });
    Ok(json!({ "history": history.collect::<Vec<_>>(), "events": events.collect::<Vec<_>>() }))
}

async fn a_bulk_action_is_many_single_writes(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let owner = crm.ensure_mirrored(Role::SalesRep).await?;
    let tag = crm.admin().tags().create(crm_core::tags::NewTag::named("VIP")).await?.id;
    let patch = |patch: CustomerPatch| patch;
    for (json, write) in [
        (
            json!({ "type": "setOwner", "ownerId": owner }),
            Some(patch(CustomerPatch { owner_id: Patch::Set(owner), ..Default::default() })),
        ),
        (
            json!({ "type": "setStatus", "status": "active" }),
            Some(patch(CustomerPatch {
                status: Patch::Set(crm_core::customers::CustomerStatus::Active),
                ..Default::default()
            })),
        ),
        (
            json!({ "type": "archive" }),
            Some(patch(CustomerPatch { is_archived: Patch::Set(true), ..Default::default() })),
        ),
        (json!({ "type": "addTags", "tags": [tag] }), None),
        (json!({ "type": "delete" }), None),
    ] {
        let customers = crm.some(&["One", "Many"]).await?;
        let (one, many) = (customers[0].id, customers[1].id);
        match write {
            Some(patch) => drop(crm.admin().customers().update(one, patch, None).await?),
            None if json["type"] == "delete" => crm.admin().customers().delete(one, None).await?,
            None => drop(crm.admin().customer_tags(one).add([tag]).await?),
        }
        let done = bulk(&mut crm.admin(), of_ids(action(json.clone()), [many])).await?;
        let normal = |value: Value| value.to_string().replace("\"Many\"", "\"One\"");
        assert_eq!(normal(recorded(&crm, many).await?), normal(recorded(&crm, one).await?), "{json}");
        if json["type"] == "delete" {
            crm.admin().customers().restore(one).await?;
            undo(&mut crm.admin(), done.id).await?;
            assert_eq!(normal(recorded(&crm, many).await?), normal(recorded(&crm, one).await?), "{json}");
        }
        let audited = crm.dump("crm_audit").await?;
        assert_eq!(audited.matches(&hex(&crm, one)).count(), audited.matches(&hex(&crm, many)).count(), "{json}");
    }
    Ok(())
}

/// An id as a dump shows it.
fn hex(crm: &TestCrm, id: CustomerId) -> String {
    match crm.backend {
        testkit::Backend::Postgres => id.to_string(),
        testkit::Backend::Sqlite => id.0.simple().to_string().to_uppercase(),
    }
}
