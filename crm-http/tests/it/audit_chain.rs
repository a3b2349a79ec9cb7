//! The chain of the audit trail over HTTP, and `crm-http audit`.

use crm_core::actor::Role;
use crm_core::jobs::JobOptions;
use crm_core::sea_orm::ConnectionTrait;
use crm_core::sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{Api, Ended, run};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [an_entry_has_the_address_that_its_request_came_from];
        own: [a_verification_is_a_job, the_program_verifies_against_heads_that_were_kept]
    );
}

async fn an_entry_has_the_address_that_its_request_came_from(database: TestDatabase) {
    let api = Api::new(&database).await;
    api.admin().from("2001:db8::7").post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201);
    let entries = api.admin().get("/api/audit?entity=customer").await.ok();
    assert_eq!(entries["data"][0]["address"], "2001:db8::7", "{entries}");
}

/// Edits the entries about customers behind the CRM's back.
async fn edit(database: &TestDatabase, api: &Api) {
    let update = Query::update()
        .table("crm_audit")
        .value("action", "deleted")
        .and_where(Expr::col("company_id").eq(api.company.0))
        .and_where(Expr::col("entity").eq("customer"))
        .to_owned();
    assert_eq!(database.connection.execute(&update).await.expect("an edit").rows_affected(), 1);
}

async fn a_verification_is_a_job(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin();
    admin.post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201);
    let before = admin.get("/api/audit/chain").await.ok();
    assert_eq!((&before["head"], &before["unsealedEntries"]), (&Value::Null, &json!(1)), "{before}");
    for faults in [0, 1] {
        let started = admin.post("/api/audit/verify").await.expect(202).json();
        assert_eq!((&started["kind"], &started["state"]), (&json!("crm.verify_audit"), &json!("waiting")));
        assert_eq!(admin.post("/api/audit/verify").await.expect(202).json()["id"], started["id"]);
        api.crm.run_due_jobs(&database.connection, &JobOptions::default()).await.expect("a verification");
        let job = admin.get(format!("/api/jobs/{}", started["id"].as_str().expect("an id"))).await.ok();
        assert_eq!((&job["state"], &job["result"]["faultCount"]), (&json!("done"), &json!(faults)), "{job}");
        let state = admin.get("/api/audit/chain").await.ok();
        assert_eq!(state["lastVerification"]["faults"], json!(faults), "{state}");
        if faults == 1 {
            assert_eq!(job["result"]["faults"][0]["kind"], "entry_changed", "{job}");
            assert_eq!(job["result"]["faults"][0]["batch"], 1, "{job}");
        } else {
            edit(&database, &api).await;
        }
    }
    for role in [Role::Manager, Role::Viewer] {
        api.as_(role).get("/api/audit/chain").await.problem(403, "forbidden");
        api.as_(role).post("/api/audit/verify").await.problem(403, "forbidden");
    }
}

/// Runs it with the settings of the database alone.
fn audit(database: &TestDatabase, arguments: &[&str]) -> Ended {
    run(&[&["audit"], arguments].concat(), &[("DATABASE_URL", &database.url)])
}

async fn the_program_verifies_against_heads_that_were_kept(database: TestDatabase) {
    let api = Api::new(&database).await;
    api.admin().post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201);
    assert_eq!(audit(&database, &["head"]).ok(), "", "nothing is sealed");
    assert!(audit(&database, &["seal"]).ok().contains("1 entries sealed"));
    let heads = audit(&database, &["head"]).ok();
    let directory = tempfile::tempdir().expect("a directory");
    let kept = directory.path().join("heads.jsonl");
    std::fs::write(&kept, &heads).expect("a file");
    let anchored = ["verify", "--anchors", kept.to_str().expect("a path")];
    let intact = audit(&database, &anchored).ok();
    assert!(intact.contains(&format!("{}: intact; 1 entries in 1 batches", api.company)), "{intact}");
    edit(&database, &api).await;
    let company = api.company.to_string();
    let broken = audit(&database, &["verify", "--company", &company]);
    assert_eq!(broken.status.code(), Some(1), "{broken:?}");
    assert!(broken.stdout.contains("entry_changed, batch 1, position 1, entry "), "{broken:?}");
    assert!(broken.fault().contains("is not what was sealed"));
    // Without the entry and all that was sealed, only the head that was kept tells.
    for table in ["crm_audit", "crm_audit_seals", "crm_audit_chain", "crm_audit_heads"] {
        let delete = Query::delete().from_table(table).and_where(Expr::col("company_id").eq(api.company.0)).to_owned();
        database.connection.execute(&delete).await.expect("a deletion");
    }
    audit(&database, &["verify"]).ok();
    let broken = audit(&database, &anchored);
    assert!(broken.stdout.contains("anchor_missing, batch 1"), "{broken:?}");
    assert_eq!(broken.status.code(), Some(1));
    std::fs::write(&kept, "{}").expect("a file");
    assert!(audit(&database, &anchored).fault().contains("line 1 is no head"));
}
