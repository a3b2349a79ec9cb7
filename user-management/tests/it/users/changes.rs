//! Changes of users: versions, rights, the last administrator.

use crm_core::actor::Role;
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase};
use user_management::users::{NewUser, UserPatch, UserStatus};
use user_management::{AccessChange, Conflict, Error};

use crate::support::{Service, conflict, pairs, service, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        a_change_counts_and_is_told,
        sessions_end_with_the_right_to_sign_in,
        a_stale_version_is_refused,
        an_invitation_ends_by_acceptance_only,
        a_company_keeps_an_administrator,
        two_administrators_cannot_demote_each_other_at_once,
        addresses_stay_unique,
    ]);
}

fn role(role: Role) -> UserPatch {
    UserPatch { role: Patch::Set(role), ..UserPatch::default() }
}

fn status(status: UserStatus) -> UserPatch {
    UserPatch { status: Patch::Set(status), ..UserPatch::default() }
}

async fn a_change_counts_and_is_told(database: TestDatabase) {
    let service = service(&database).await;
    let (company, admin) = service.company("Acme", "ann@acme.example").await;
    let (bob, _) = service.member(&admin, "bob@acme.example", Role::Viewer).await;
    let users = service.um.users(&admin);
    service.told.take();
    service.wait(60);
    let patch: UserPatch = serde_json::from_str(
        r#"{"role":"manager","permissions":["Customers:Export"],
            "name":"Bob","timeZone":"europe/vienna","locale":"de"}"#,
    )
    .expect("a patch");
    let after = users.update(bob.id, patch.clone(), Some(bob.version)).await.expect("changed");
    assert_eq!((after.version, after.role, after.name.as_deref()), (bob.version + 1, Role::Manager, Some("Bob")));
    assert_eq!(after.permissions, ["customers:export"]);
    assert_eq!(after.time_zone.as_deref(), Some("Europe/Vienna"));
    assert!(after.updated_at > bob.updated_at);
    match service.told.take()[..] {
        [AccessChange::ProfileChanged { .. }, AccessChange::MemberChanged { user, .. }] => assert_eq!(user, bob.id),
        ref told => panic!("{told:?}"),
    }

    let same = users.update(bob.id, patch, Some(after.version)).await.expect("unchanged");
    assert_eq!(same, after);
    let name = UserPatch { name: Patch::Clear, ..UserPatch::default() };
    let nameless = users.update(bob.id, name, None).await.expect("changed");
    assert_eq!(nameless.name, None);
    assert_eq!(service.told.take(), [AccessChange::ProfileChanged { company: company.id, user: bob.id }]);
    let cleared = UserPatch { role: Patch::Clear, email: Patch::Clear, ..UserPatch::default() };
    let expected = [("/role", "required"), ("/email", "required")];
    assert_eq!(violations(users.update(bob.id, cleared, None).await), pairs(&expected));
}

async fn sessions_end_with_the_right_to_sign_in(database: TestDatabase) {
    let service = service(&database).await;
    let (company, admin) = service.company("Acme", "ann@acme.example").await;
    let (company, users) = (company.id, service.um.users(&admin));
    let (bob, member) = service.member(&admin, "bob@acme.example", Role::Viewer).await;
    let session = service.sign_in(&member).await;
    let generation = service.generation(&member).await + 1;
    service.told.take();
    users.update(bob.id, status(UserStatus::Suspended), None).await.expect("suspended");
    let changed = AccessChange::MemberChanged { company, user: bob.id, generation };
    assert_eq!(service.told.take(), [changed, AccessChange::SessionEnded { session }]);
    users.update(bob.id, status(UserStatus::Active), None).await.expect("active");
    let session = service.sign_in(&member).await;
    service.told.take();
    let reset = users.reset_for(bob.id).await.expect("sent").expect("a link");
    let password = crate::support::secret("a quite different password 8");
    service.um.reset_password(&reset.token, password).await.expect("reset");
    assert_eq!(service.told.take(), [AccessChange::SessionEnded { session }]);
    let session = service.sign_in(&member).await;
    users.delete(bob.id, None).await.expect("removed");
    assert_eq!(service.told.take()[1..], [AccessChange::SessionEnded { session }]);
}

async fn a_stale_version_is_refused(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let (bob, _) = service.member(&admin, "bob@acme.example", Role::Viewer).await;
    let users = service.um.users(&admin);
    let after = users.update(bob.id, role(Role::Manager), Some(bob.version)).await.expect("changed");
    match users.update(bob.id, role(Role::Support), Some(bob.version)).await {
        Err(Error::Stale { current }) => assert_eq!(current, after.version),
        other => panic!("not stale: {other:?}"),
    }
}

async fn an_invitation_ends_by_acceptance_only(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let (bob, _) = service.invited(&admin, NewUser::with_email("bob@acme.example")).await;
    let users = service.um.users(&admin);
    assert_eq!(conflict(users.update(bob.id, status(UserStatus::Active), None).await), Conflict::NotYetAccepted);
    assert_eq!(conflict(users.update(bob.id, status(UserStatus::Suspended), None).await), Conflict::NotYetAccepted);
    let invited = users.update(admin.user, status(UserStatus::Invited), None).await;
    assert_eq!(violations(invited), pairs(&[("/status", "status_invalid")]));
    users.delete(bob.id, None).await.expect("withdrawn");
}

async fn a_company_keeps_an_administrator(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let users = service.um.users(&admin);
    let (invited, _) =
        service.invited(&admin, NewUser { role: Some(Role::Admin), ..NewUser::with_email("c@acme.example") }).await;
    assert_eq!(invited.role, Role::Admin);
    assert_eq!(conflict(users.update(admin.user, role(Role::Viewer), None).await), Conflict::LastAdministrator);
    let suspended = users.update(admin.user, status(UserStatus::Suspended), None).await;
    assert_eq!(conflict(suspended), Conflict::LastAdministrator);
    assert_eq!(conflict(users.delete(admin.user, None).await), Conflict::LastAdministrator);
    service.member(&admin, "bob@acme.example", Role::Admin).await;
    users.update(admin.user, role(Role::Viewer), None).await.expect("there is another one");
}

async fn two_administrators_cannot_demote_each_other_at_once(database: TestDatabase) {
    let service = service(&database).await;
    for round in 0..5 {
        let (_, ann) = service.company("Acme", &format!("ann{round}@acme.example")).await;
        let (_, bob) = service.member(&ann, &format!("bob{round}@acme.example"), Role::Admin).await;
        let demote = |service: Service, by: user_management::Caller, user| async move {
            service.um.users(&by).update(user, role(Role::Viewer), None).await
        };
        let first = tokio::spawn(demote(service.clone(), ann.clone(), bob.user));
        let second = tokio::spawn(demote(service.clone(), bob.clone(), ann.user));
        let results = [first.await.expect("a task"), second.await.expect("a task")];
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        let refused = results.into_iter().find(Result::is_err).expect("a refusal");
        assert_eq!(conflict(refused), Conflict::LastAdministrator);
    }
}

async fn addresses_stay_unique(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let (bob, link) = service.invited(&admin, NewUser::with_email("bob@acme.example")).await;
    let users = service.um.users(&admin);
    let email = |email: &str| UserPatch { email: Patch::Set(email.into()), ..UserPatch::default() };
    assert_eq!(conflict(users.update(bob.id, email("Ann@Acme.example"), None).await), Conflict::UserEmailTaken);
    let moved = users.update(bob.id, email("Robert@Acme.example"), None).await.expect("changed");
    assert_eq!(moved.email, "robert@acme.example");
    // What was sent to the earlier address is void.
    let accepted =
        service.um.accept_invitation(&link.token, None, Some(crate::support::secret(crate::support::PASSWORD))).await;
    assert!(matches!(accepted, Err(Error::Refused(user_management::Refusal::Link))));
}
