//! The feeds for other services: in order, complete, with those who are gone.

use std::collections::HashSet;

use crm_core::actor::Role;
use testkit::{Suite, TestDatabase};
use user_management::directory::DirectoryStatus;
use user_management::teams::NewTeam;
use user_management::users::NewUser;

use crate::support::service;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [users_are_fed_in_order, users_are_fed_with_their_teams, companies_are_fed_in_order]);
}

async fn users_are_fed_in_order(database: TestDatabase) {
    let service = service(&database).await;
    let (_, ann) = service.company("Acme", "ann@acme.example").await;
    let (_, zoe) = service.company("Zoo", "zoe@zoo.example").await;
    // All at the same time.
    for number in 0..5 {
        service.invited(&ann, NewUser::with_email(format!("u{number}@acme.example"))).await;
        service.invited(&zoe, NewUser::with_email(format!("u{number}@acme.example"))).await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let users = service.um.directory_users(None, after, 5).await.expect("users");
        let Some(last) = users.last() else { break };
        after = Some((last.updated_at, last.company_id, last.user_id));
        seen.extend(users.iter().map(|user| (user.updated_at, user.company_id, user.user_id)));
    }
    assert_eq!((seen.len(), seen.iter().collect::<HashSet<_>>().len()), (12, 12));
    assert!(seen.is_sorted());

    service.wait(10);
    let since = Some(testkit::FixedClock::default_time() + std::time::Duration::from_secs(1));
    let (bob, _) = service.member(&ann, "bob@acme.example", Role::Viewer).await;
    let changed = service.um.directory_users(since, None, 500).await.expect("users");
    assert_eq!(changed.len(), 1);
    assert_eq!((changed[0].status, changed[0].is_active), (DirectoryStatus::Active, true));
    service.wait(10);
    service.um.users(&ann).delete(bob.id, None).await.expect("removed");
    let changed = service.um.directory_users(since, None, 500).await.expect("users");
    assert_eq!(
        (changed[0].user_id, changed[0].status, changed[0].is_active),
        (bob.id, DirectoryStatus::Removed, false)
    );
    let shown = format!("{:?}", changed[0]);
    assert!(!shown.contains("bob@"), "{shown}");
}

async fn companies_are_fed_in_order(database: TestDatabase) {
    let service = service(&database).await;
    for number in 0..5 {
        service.company(&format!("Company {number}"), &format!("ann{number}@acme.example")).await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let companies = service.um.directory_companies(None, after, 2).await.expect("companies");
        let Some(last) = companies.last() else { break };
        after = Some((last.updated_at, last.company_id));
        seen.extend(companies);
    }
    let ids: HashSet<_> = seen.iter().map(|company| company.company_id).collect();
    assert_eq!((seen.len(), ids.len()), (5, 5));
    service.wait(10);
    service.um.suspend_company(seen[2].company_id).await.expect("suspended");
    let since = Some(testkit::FixedClock::default_time() + std::time::Duration::from_secs(1));
    let changed = service.um.directory_companies(since, None, 500).await.expect("companies");
    assert_eq!((changed.len(), changed[0].company_id, changed[0].is_active), (1, seen[2].company_id, false));
}

async fn users_are_fed_with_their_teams(database: TestDatabase) {
    let service = service(&database).await;
    let (_, ann) = service.company("Acme", "ann@acme.example").await;
    let (bob, _) = service.member(&ann, "bob@acme.example", Role::Viewer).await;
    service.wait(10);
    let team = NewTeam { member_ids: Some(vec![bob.id]), ..NewTeam::named("North") };
    let team = service.um.teams(&ann).create(team).await.expect("a team").id;
    let since = Some(testkit::FixedClock::default_time() + std::time::Duration::from_secs(1));
    let teams = async || {
        let changed = service.um.directory_users(since, None, 500).await.expect("users");
        changed.into_iter().map(|user| (user.user_id, user.team_ids)).collect::<Vec<_>>()
    };
    assert_eq!(teams().await, [(bob.id, vec![team])]);
    service.um.teams(&ann).delete(team, None).await.expect("deleted");
    assert_eq!(teams().await, [(bob.id, vec![])]);
}
