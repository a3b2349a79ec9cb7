//! `Debug` of an actor prints ids only, because it may end up in a log.

use crm_core::actor::{Actor, Role};
use crm_core::customers::{CustomerQuery, ExportFormat, NewCustomer};
use crm_core::filter::{Filter, Op};
use testkit::{Suite, TestDatabase};

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [an_actor_and_their_actions_are_shown_by_ids]);
}

async fn an_actor_and_their_actions_are_shown_by_ids(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let user = crm.user(Role::Admin);
    let (name, email) = (Some("Ann Quokka".to_owned()), Some("ann@quokka.example".to_owned()));
    let actor = Actor::user(crm.company, user, Role::Admin).with_profile(name, email).with_request_id("request-1");
    let mut scope = crm.crm.on(actor.clone(), &crm.db);
    let mut shown = vec![format!("{actor:?}"), format!("{scope:#?}"), format!("{:?}", scope.customers())];
    let mut tx = scope.begin().await?;
    tx.scope().customers().create(NewCustomer::organization("Quokka & Sons")).await?;
    shown.push(format!("{tx:?}"));
    tx.commit().await?;
    let query =
        CustomerQuery { filter: Some(Filter::leaf("name", Op::Eq, "Quokka & Sons")), ..CustomerQuery::default() };
    shown.push(format!("{:?}", scope.export_customers(query, ExportFormat::Csv).await?));
    for shown in shown {
        assert!(!shown.to_lowercase().contains("quokka"), "{shown}");
        for id in [crm.company.to_string(), user.to_string(), "request-1".to_owned()] {
            assert!(shown.contains(&id), "there is no {id} in {shown}");
        }
    }
    Ok(())
}
