//! The candidates of one customer, saved or not.

use crm_core::Error;
use crm_core::actor::{Action, Permission, Resource, Role};
use crm_core::customers::{DuplicateReason, NewCustomer};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{ann, annie, company, customer, score};
use crate::support::{TestCrm, assert_matches, patch, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        own: [
            candidates_come_with_their_reasons,
            keys_follow_every_write,
            candidates_that_one_may_not_see_are_counted,
            a_key_of_too_many_is_none,
            what_is_typed_so_far_is_enough,
        ]
    );
}

async fn candidates_come_with_their_reasons(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = company(&database).await?;
    let (one, other) = (crm.create(ann()).await?, crm.create(annie()).await?);
    crm.create(customer(json!({ "firstName": "Tom", "lastName": "Lee", "phone": "+1 212 555 2368" }))).await?;
    let found = crm.admin().customers().duplicates(one.id, None).await?;
    assert_eq!(found.hidden_count, 0);
    assert_eq!(found.data.iter().map(|candidate| candidate.customer.id).collect::<Vec<_>>(), [other.id]);
    let reasons: Vec<DuplicateReason> = found.data[0].evidence.iter().map(|evidence| evidence.reason).collect();
    assert_eq!(reasons, [DuplicateReason::SamePhone, DuplicateReason::SimilarName]);
    assert_eq!(found.data[0].evidence[1].left.as_deref(), Some("Ann Lee"));
    assert_eq!(found.data[0].evidence[1].right.as_deref(), Some("Annie Lee"));
    let all = crm.admin().customers().duplicates(one.id, Some(score(1))).await?;
    assert_eq!(all.data.len(), 2, "a lower score finds more");
    let foreign = crm.other_company();
    assert_matches!(foreign.admin().customers().duplicates(one.id, None).await, Err(Error::NotFound { .. }));
    assert!(foreign.admin().customers().check_duplicates(ann(), None).await?.is_empty());
    Ok(())
}

async fn count(crm: &TestCrm, new: NewCustomer) -> anyhow::Result<usize> {
    Ok(crm.admin().customers().check_duplicates(new, Some(score(600))).await?.data.len())
}

async fn keys_follow_every_write(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = company(&database).await?;
    let named = |name: &str| customer(json!({ "name": name }));
    let one = crm.create(named("Grace Harbour")).await?;
    assert_eq!(count(&crm, named("Grace Harbour")).await?, 1);
    crm.admin().customers().update(one.id, patch(|patch| &mut patch.name, "Ruth Quigley".to_owned()), None).await?;
    assert_eq!((count(&crm, named("Grace Harbour")).await?, count(&crm, named("Ruth Quigley")).await?), (0, 1));
    let file = std::io::Cursor::new("Name\nHelen Fairbanks\n");
    crm.admin().customers().import(Box::new(file), Default::default()).await?;
    assert_eq!(count(&crm, named("Helen Fairbanks")).await?, 1, "an import writes keys");
    crm.admin().customers().delete(one.id, None).await?;
    assert_eq!(count(&crm, named("Ruth Quigley")).await?, 0, "the trash has no candidates");
    crm.admin().customers().restore(one.id).await?;
    assert_eq!(count(&crm, named("Ruth Quigley")).await?, 1);
    // What an older release has written, or another version of the keys.
    let of_company = Expr::col("company_id").eq(crm.company.0);
    let forget = Query::delete().from_table("crm_customer_match_keys").and_where(of_company).to_owned();
    crm.db.execute(&forget).await?;
    assert_eq!(count(&crm, named("Ruth Quigley")).await?, 0);
    crm.crm.reindex(&crm.db).await?;
    assert_eq!(count(&crm, named("Ruth Quigley")).await?, 1, "keys are computed again");
    crm.admin().customers().purge(one.id, None).await?;
    assert_eq!(count(&crm, named("Ruth Quigley")).await?, 0);
    Ok(())
}

async fn candidates_that_one_may_not_see_are_counted(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = company(&database).await?;
    let owner = crm.ensure_mirrored(Role::Manager).await?;
    crm.create(NewCustomer { owner_id: Some(owner), ..ann() }).await?;
    let rights = [Permission::own(Resource::Customers, Action::Read)];
    let mut scope = crm.crm.on(crm.actor(Role::SalesRep).with_permissions(rights), &crm.db);
    let found = scope.customers().check_duplicates(annie(), None).await?;
    assert_eq!((found.data.len(), found.hidden_count), (0, 1));
    assert!(!serde_json::to_string(&found)?.contains("Ann"));
    let mut nobody = crm.crm.on(crm.actor(Role::SalesRep).with_permissions([]), &crm.db);
    assert_matches!(nobody.customers().check_duplicates(annie(), None).await, Err(Error::Forbidden { .. }));
    Ok(())
}

async fn a_key_of_too_many_is_none(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = company(&database).await?;
    let mut scope = crm.admin();
    let mut tx = scope.begin().await?;
    for number in 0..=crm_core::customers::MAX_DUPLICATE_BLOCK {
        let new = customer(json!({ "name": "Ann Lee", "city": format!("City {number}") }));
        tx.scope().customers().create(new).await?;
    }
    tx.commit().await?;
    assert_eq!(count(&crm, customer(json!({ "name": "Ann Lee" }))).await?, 0);
    Ok(())
}

async fn what_is_typed_so_far_is_enough(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = company(&database).await?;
    crm.create(NewCustomer { email: Some("ann@lee.example.com".to_owned()), ..ann() }).await?;
    let check = async |value: serde_json::Value, least| {
        crm.admin().customers().check_duplicates(customer(value), Some(score(least))).await
    };
    assert_eq!(check(json!({ "email": "Ann@Lee.example.com" }), 750).await?.data.len(), 1, "an address is enough");
    assert_eq!(check(json!({ "phone": "+12125552368" }), 600).await?.data.len(), 1);
    assert!(check(json!({}), 300).await?.is_empty());
    assert_eq!(
        violations(check(json!({ "email": "no address" }), 300).await),
        [("/email".to_owned(), "email_invalid".to_owned())]
    );
    Ok(())
}
