//! What is changed, what is refused, and the counts of both.

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::{
    BulkAction, BulkRequest, CustomerPatch, CustomerQuery, CustomerSearch, NewCustomer, RefusalReason,
};
use crm_core::ids::CustomerId;
use crm_core::patch::Patch;
use crm_core::users::OwnerFilter;
use crm_core::{Error, customers::CustomerStatus};
use serde_json::json;
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use super::{action, bulk, counts, dry, of, of_ids, of_query, reasons, status};
use crate::support::{TestCrm, assert_matches, malformed, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            each_action_changes_its_customers,
            a_dry_run_counts_and_writes_nothing,
            a_query_selects_the_customers_of_its_list,
            other_companies_customers_are_not_found,
            a_role_changes_what_it_may,
            customers_are_named_in_one_way,
            tags_are_resolved_once,
            a_customer_keeps_to_a_hundred_tags,
            an_owner_is_an_active_user,
        ]
    );
}

async fn each_action_changes_its_customers(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let owner = crm.ensure_mirrored(Role::SalesRep).await?;
    let customers = crm.some(&["Ant", "Bee", "Cat"]).await?;
    let ids = [customers[0].id, customers[1].id];
    for (json, members) in [
        (json!({ "type": "setOwner", "ownerId": owner }), json!({ "ownerId": owner })),
        (json!({ "type": "setOwner", "ownerId": null }), json!({ "ownerId": null })),
        (json!({ "type": "setStatus", "status": "active" }), json!({ "status": "active" })),
        (json!({ "type": "archive" }), json!({ "isArchived": true })),
        (json!({ "type": "unarchive" }), json!({ "isArchived": false })),
    ] {
        let outcome = bulk(&mut crm.admin(), of_ids(action(json.clone()), ids)).await?;
        assert_eq!(counts(&outcome), [2, 2, 0, 0], "{json}");
        let again = bulk(&mut crm.admin(), of_ids(action(json.clone()), ids)).await?;
        assert_eq!((counts(&again), again.id, again.undoable_until), ([2, 0, 2, 0], None, None), "{json}");
        for customer in &customers[..2] {
            let now = serde_json::to_value(crm.get(customer).await?)?;
            for (member, value) in members.as_object().into_iter().flatten() {
                assert_eq!(now[member], *value, "{json}");
            }
        }
        assert_eq!(crm.get(&customers[2]).await?, customers[2], "{json}: the third is no part of it");
    }
    let add = action(json!({ "type": "addTags", "tags": ["VIP", "New"] }));
    assert_eq!(counts(&bulk(&mut crm.admin(), of_ids(add, ids)).await?), [2, 2, 0, 0]);
    let remove = action(json!({ "type": "removeTags", "tags": ["new", "Unknown"] }));
    assert_eq!(counts(&bulk(&mut crm.admin(), of(remove, &customers)).await?), [3, 2, 1, 0]);
    let tags = crm.get(&customers[0]).await?.tags;
    assert_eq!(tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["VIP"]);
    assert_eq!(counts(&bulk(&mut crm.admin(), of_ids(action(json!({ "type": "delete" })), ids)).await?), [2, 2, 0, 0]);
    assert_eq!(crm.names(&CustomerQuery::default()).await?, ["Cat"]);
    Ok(())
}

async fn a_dry_run_counts_and_writes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customers = crm.some(&["Ant", "Bee"]).await?;
    bulk(&mut crm.admin(), of(status("active"), &customers[..1])).await?;
    let ids = [customers[0].id, customers[1].id, CustomerId(Uuid::from_u128(7))];
    for json in [
        json!({ "type": "setStatus", "status": "active" }),
        json!({ "type": "addTags", "tags": ["New"] }),
        json!({ "type": "delete" }),
    ] {
        let (request, before) = (of_ids(action(json.clone()), ids), crm.records().await?);
        let rehearsed = bulk(&mut crm.admin(), dry(&request)).await?;
        assert_eq!(crm.records().await?, before, "{json}");
        assert_eq!(crm.count("crm_tags").await?, i64::from(json["type"] == "delete"), "{json}");
        let done = bulk(&mut crm.admin(), request).await?;
        assert!(rehearsed.dry_run && rehearsed.id.is_none() && done.id.is_some(), "{json}");
        assert_eq!((counts(&rehearsed), &rehearsed.refused), (counts(&done), &done.refused), "{json}");
        assert_eq!(reasons(&done), [(RefusalReason::NotFound, vec![ids[2]])], "{json}");
    }
    Ok(())
}

async fn a_query_selects_the_customers_of_its_list(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customers = crm.some(&["Ant farm", "Bee farm", "Cat"]).await?;
    bulk(&mut crm.admin(), of(action(json!({ "type": "archive" })), &customers[1..2])).await?;
    let search = |text: &str, query: CustomerQuery| BulkRequest {
        query: Some(CustomerSearch { text: text.to_owned(), query }),
        ..of_query(status("active"), CustomerQuery::default())
    };
    let farms = bulk(&mut crm.admin(), search("farm", CustomerQuery::default())).await?;
    assert_eq!(counts(&farms), [1, 1, 0, 0], "archived customers are left out as in the list");
    let archived = CustomerQuery { is_archived: Some(true), ..CustomerQuery::default() };
    assert_eq!(counts(&bulk(&mut crm.admin(), search("", archived)).await?), [1, 1, 0, 0]);
    let prospects = CustomerQuery { status: vec![CustomerStatus::Prospect], ..CustomerQuery::default() };
    let unowned = CustomerQuery { owner: Some(OwnerFilter::None), ..prospects.clone() };
    assert_eq!(counts(&bulk(&mut crm.admin(), dry(&search("", unowned))).await?), [1, 1, 0, 0]);
    let none = bulk(&mut crm.admin(), search("nothing at all", CustomerQuery::default())).await?;
    assert_eq!((counts(&none), none.id), ([0; 4], None));
    assert_eq!(malformed(bulk(&mut crm.admin(), search("-", CustomerQuery::default())).await), "parameter_invalid");
    assert_eq!(crm.get(&customers[2]).await?.status, CustomerStatus::Prospect);
    Ok(())
}

async fn other_companies_customers_are_not_found(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let theirs = crm.other_company().named("Theirs").await?;
    let ours = crm.named("Ours").await?;
    let outcome = bulk(&mut crm.admin(), of_ids(status("active"), [theirs.id, ours.id, ours.id])).await?;
    assert_eq!(counts(&outcome), [1, 1, 0, 1]);
    assert_eq!(reasons(&outcome), [(RefusalReason::NotFound, vec![theirs.id])]);
    Ok(())
}

async fn a_role_changes_what_it_may(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (me, other) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Manager).await?);
    let owned = |name: &str, owner| NewCustomer { owner_id: owner, ..NewCustomer::organization(name) };
    let mut ids = Vec::new();
    for new in [owned("Mine", Some(me)), owned("Free", None), owned("Theirs", Some(other))] {
        ids.push(crm.create(new).await?.id);
    }
    let mut rep = crm.scope(Role::SalesRep);
    let outcome = bulk(&mut rep, of_ids(status("active"), ids.clone())).await?;
    assert_eq!((counts(&outcome), reasons(&outcome)), ([3, 2, 0, 1], vec![(RefusalReason::Forbidden, vec![ids[2]])]));
    // Tags are attached by every role that may.
    let tag = action(json!({ "type": "addTags", "tags": ["VIP"] }));
    assert_eq!(counts(&bulk(&mut crm.scope(Role::Support), of_ids(tag.clone(), ids.clone())).await?), [3, 3, 0, 0]);
    let give = |owner| action(json!({ "type": "setOwner", "ownerId": owner }));
    assert_matches!(bulk(&mut rep, of_ids(give(Some(other)), ids.clone())).await, Err(Error::Forbidden { .. }));
    assert_eq!(counts(&bulk(&mut rep, of_ids(give(Some(me)), ids.clone())).await?), [3, 1, 1, 1]);
    let delete = action(json!({ "type": "delete" }));
    for (role, action) in [(Role::SalesRep, delete), (Role::Support, status("blocked")), (Role::Viewer, tag)] {
        let before = crm.records().await?;
        let refused = bulk(&mut crm.scope(role), of_ids(action.clone(), ids.clone())).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
        let [changes, audit, outbox] = crm.records().await?;
        assert_eq!([changes, audit, outbox], [before[0], before[1] + 1, before[2]], "{action:?}: it is audited");
    }
    // What one may not read is not there, whatever else one may do with it.
    let rights =
        [Permission::own(Resource::Customers, Action::Read), Permission::all(Resource::Customers, Action::Update)];
    let blind = Actor::user(crm.company, me, Role::SalesRep).with_permissions(rights);
    let outcome = bulk(&mut crm.crm.on(blind, &crm.db), of_ids(status("blocked"), ids.clone())).await?;
    assert_eq!((counts(&outcome), reasons(&outcome)), ([2, 2, 0, 1], vec![(RefusalReason::NotFound, vec![ids[2]])]));
    Ok(())
}

async fn customers_are_named_in_one_way(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (mut admin, by_query) = (crm.admin(), of_query(status("active"), CustomerQuery::default()));
    let many = (0..1_001).map(|number| CustomerId(Uuid::from_u128(number)));
    assert_eq!(violation(bulk(&mut admin, of_ids(status("active"), many)).await, "/ids"), "too_many");
    assert_eq!(violation(bulk(&mut admin, of_ids(status("active"), [])).await, "/ids"), "required");
    let both = BulkRequest { ids: Some(vec![CustomerId(Uuid::from_u128(1))]), ..by_query.clone() };
    assert_eq!(violation(bulk(&mut admin, both).await, "/query"), "unexpected");
    assert_eq!(violation(bulk(&mut admin, BulkRequest { query: None, ..by_query.clone() }).await, ""), "required");
    for (tags, code) in [(vec![], "required"), (vec!["x"; 21], "too_many")] {
        let tags = BulkRequest { action: action(json!({ "type": "addTags", "tags": tags })), ..by_query.clone() };
        assert_eq!(violation(bulk(&mut admin, tags).await, "/action/tags"), code);
    }
    assert!(serde_json::from_value::<BulkAction>(json!({ "type": "setOwner" })).is_err(), "an owner is named, or null");
    assert!(serde_json::from_value::<BulkAction>(json!({ "type": "archive", "status": "active" })).is_err());
    Ok(())
}

async fn tags_are_resolved_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customers = crm.some(&["Ant", "Bee"]).await?;
    let add = |tags: serde_json::Value| of(action(json!({ "type": "addTags", "tags": tags })), &customers);
    assert_eq!(violation(bulk(&mut crm.admin(), add(json!(["VIP", "a,b"]))).await, "/action/tags/1"), "name_invalid");
    let unknown = Uuid::from_u128(1);
    assert_eq!(violation(bulk(&mut crm.admin(), add(json!([unknown]))).await, "/action/tags/0"), "tag_unknown");
    bulk(&mut crm.admin(), add(json!(["VIP", "vip", "Víp"]))).await?;
    assert_eq!(crm.count("crm_tags").await?, 1);
    assert_eq!(crm.count("crm_customer_tags").await?, 2);
    assert_eq!(crm.get(&customers[0]).await?.version, 1, "tags are no part of the customer");
    Ok(())
}

async fn a_customer_keeps_to_a_hundred_tags(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customers = crm.some(&["Full", "Empty"]).await?;
    let all: Vec<String> = (0..100).map(|number| format!("Tag {number}")).collect();
    crm.admin().customer_tags(customers[0].id).add(all).await?;
    let add = of(action(json!({ "type": "addTags", "tags": ["One more"] })), &customers);
    let outcome = bulk(&mut crm.admin(), add).await?;
    assert_eq!(counts(&outcome), [2, 1, 0, 1]);
    assert_eq!(reasons(&outcome), [(RefusalReason::TooManyTags, vec![customers[0].id])]);
    Ok(())
}

async fn an_owner_is_an_active_user(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Ant").await?;
    let give =
        |owner: Uuid| of(action(json!({ "type": "setOwner", "ownerId": owner })), std::slice::from_ref(&customer));
    let unknown = bulk(&mut crm.admin(), give(Uuid::from_u128(9))).await;
    assert_eq!(violation(unknown, "/action/ownerId"), "user_unknown");
    let away = crm_core::users::UserProfile {
        id: crm.user(Role::SalesRep),
        display_name: None,
        email: None,
        is_active: false,
    };
    crm.admin().users().mirror(&away).await?;
    assert_eq!(violation(bulk(&mut crm.admin(), give(away.id.0)).await, "/action/ownerId"), "user_unknown");
    let patch = CustomerPatch { owner_id: Patch::Set(away.id), ..CustomerPatch::default() };
    assert_eq!(violation(crm.admin().customers().update(customer.id, patch, None).await, "/ownerId"), "user_unknown");
    Ok(())
}
