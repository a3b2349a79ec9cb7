//! What it costs to know whose records a user sees: nothing where a company shows all, else one statement in a while.

use crm_core::actor::Role;
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{assert_at_most, counted};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, postgres: [record_access_costs_one_statement_in_a_while]);
}

async fn record_access_costs_one_statement_in_a_while(database: TestDatabase) {
    let (api, counter) = counted(&database).await;
    let rep = api.as_(Role::SalesRep);
    let list = "/api/customers?count=none";
    assert_at_most(1, &counter.of(rep.get(list)).await, "a list of a company that shows all");
    for access in ["team", "own"] {
        api.admin().patch("/api/settings").json(&json!({ "recordAccess": access })).await.expect(200);
        // The company is read again after its settings were written.
        api.admin().get(list).await.expect(200);
        assert_at_most(2, &counter.of(rep.get(list)).await, "a first list");
        assert_at_most(1, &counter.of(rep.get(list)).await, "another list");
        assert_at_most(1, &counter.of(rep.get("/api/tasks?count=none")).await, "tasks");
        assert_at_most(1, &counter.of(api.admin().get(list)).await, "a list of an administrator");
    }
}
