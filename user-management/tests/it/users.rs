//! Users: invited, listed, changed, removed, and kept apart by company.

mod changes;
mod lists;

use crm_core::actor::Role;
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase};
use user_management::users::{NewUser, ProfilePatch, UserPatch, UserQuery, UserStatus};
use user_management::{AccessChange, Conflict, Error};

use crate::support::{Service, conflict, pairs, service, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        invitations_are_validated,
        only_administrators_write,
        companies_do_not_see_each_other,
        a_shared_account_is_its_users_own,
        a_removed_user_is_gone_and_can_come_back,
    ]);
    changes::register(suite);
    lists::register(suite);
}

async fn invitations_are_validated(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let new = NewUser {
        email: Some("not an address".into()),
        name: Some("Eve\r\nBcc: all@acme.example".into()),
        permissions: Some(vec!["customers:export".into(), "customers:fly".into()]),
        locale: Some("?".into()),
        time_zone: Some("Mars".into()),
        ..NewUser::default()
    };
    let expected = [
        ("/email", "email_invalid"),
        ("/name", "control_character"),
        ("/locale", "locale_invalid"),
        ("/timeZone", "time_zone_unknown"),
        ("/permissions/1", "permission_unknown"),
    ];
    assert_eq!(violations(service.um.users(&admin).invite(new).await), pairs(&expected));
    let long = NewUser::with_email(format!("{}@acme.example", "a".repeat(250)));
    assert_eq!(violations(service.um.users(&admin).invite(long).await), pairs(&[("/email", "too_long")]));
    let team = NewUser { team_ids: Some(vec![uuid::Uuid::nil().into()]), ..NewUser::with_email("bob@acme.example") };
    assert_eq!(violations(service.um.users(&admin).invite(team).await), pairs(&[("/teamIds/0", "team_unknown")]));
    let twice = NewUser::with_email("ANN@acme.example");
    assert_eq!(conflict(service.um.users(&admin).invite(twice).await), Conflict::UserExists);
    let json = r#"{"emailId":"Bob@Acme.example","role":"Sales Rep"}"#;
    let (bob, _) = service.invited(&admin, serde_json::from_str(json).expect("a user")).await;
    assert_eq!((bob.email.as_str(), bob.role, bob.status), ("bob@acme.example", Role::SalesRep, UserStatus::Invited));
    let shown = format!("{bob:?}");
    assert!(!shown.contains("bob@"), "{shown}");
}

async fn only_administrators_write(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let (bob, manager) = service.member(&admin, "bob@acme.example", Role::Manager).await;
    let users = service.um.users(&manager);
    let patch = UserPatch { role: Patch::Set(Role::Admin), ..UserPatch::default() };
    assert!(matches!(users.invite(NewUser::with_email("c@acme.example")).await, Err(Error::Forbidden)));
    assert!(matches!(users.update(bob.id, patch, None).await, Err(Error::Forbidden)));
    assert!(matches!(users.delete(admin.user, None).await, Err(Error::Forbidden)));
    assert!(matches!(users.reset_for(admin.user).await, Err(Error::Forbidden)));
    assert!(matches!(users.resend_invitation(admin.user).await, Err(Error::Forbidden)));
    assert_eq!(users.get(admin.user).await.expect("members read").role, Role::Admin);
    let profile = ProfilePatch { name: Patch::Set("Bob Lee".into()), ..ProfilePatch::default() };
    let bob = users.profile(profile).await.expect("their own profile");
    assert_eq!((bob.name.as_deref(), bob.role), (Some("Bob Lee"), Role::Manager));
}

async fn companies_do_not_see_each_other(database: TestDatabase) {
    let service = service(&database).await;
    let (_, ann) = service.company("Acme", "ann@acme.example").await;
    let (_, zoe) = service.company("Zoo", "zoe@zoo.example").await;
    let users = service.um.users(&ann);
    assert_eq!(service.emails(&ann, &UserQuery::default()).await, ["ann@acme.example"]);
    assert!(matches!(users.get(zoe.user).await, Err(Error::NotFound("user"))));
    let patch = UserPatch { name: Patch::Set("X".into()), ..UserPatch::default() };
    assert!(matches!(users.update(zoe.user, patch, None).await, Err(Error::NotFound("user"))));
    assert!(matches!(users.delete(zoe.user, None).await, Err(Error::NotFound("user"))));
    assert!(matches!(users.reset_for(zoe.user).await, Err(Error::NotFound("user"))));
    assert!(matches!(users.resend_invitation(zoe.user).await, Err(Error::NotFound("user"))));
}

/// A user of two companies.
async fn shared(service: &Service) -> (user_management::Caller, user_management::Caller, user_management::users::User) {
    let (_, ann) = service.company("Acme", "ann@acme.example").await;
    let (zoo, zoe) = service.company("Zoo", "zoe@zoo.example").await;
    let (user, link) = service.invited(&zoe, NewUser::with_email("ann@acme.example")).await;
    assert_eq!((user.id, user.status), (ann.user, UserStatus::Invited));
    let accepted =
        service.um.accept_invitation(&link.token, None, Some(crate::support::secret(crate::support::PASSWORD))).await;
    assert_eq!(accepted.expect("accepted").status, UserStatus::Active);
    assert_eq!(zoo.id, zoe.company);
    (ann, zoe, user)
}

async fn a_shared_account_is_its_users_own(database: TestDatabase) {
    let service = service(&database).await;
    let (ann, zoe, user) = shared(&service).await;
    let users = service.um.users(&zoe);
    for patch in [
        UserPatch { name: Patch::Set("Mallory".into()), ..UserPatch::default() },
        UserPatch { email: Patch::Set("mallory@zoo.example".into()), ..UserPatch::default() },
    ] {
        assert_eq!(conflict(users.update(user.id, patch, None).await), Conflict::SharedUser);
    }
    assert_eq!(conflict(users.reset_for(user.id).await), Conflict::SharedUser);
    let role = UserPatch { role: Patch::Set(Role::Support), ..UserPatch::default() };
    users.update(user.id, role, None).await.expect("the role is the company's");
    assert_eq!(service.um.users(&ann).get(user.id).await.expect("a user").role, Role::Admin);

    service.told.take();
    let before = users.get(user.id).await.expect("a user").version;
    let profile = ProfilePatch { name: Patch::Set("Ann Lee".into()), ..ProfilePatch::default() };
    service.um.users(&ann).profile(profile).await.expect("their own");
    let after = users.get(user.id).await.expect("a user");
    assert_eq!((after.name.as_deref(), after.version), (Some("Ann Lee"), before + 1));
    let told = [ann.company, zoe.company].map(|company| AccessChange::ProfileChanged { company, user: user.id });
    assert_eq!(service.told.take(), told);

    // Suspended in one company, they stay in the other.
    let suspended = UserPatch { status: Patch::Set(UserStatus::Suspended), ..UserPatch::default() };
    users.update(user.id, suspended, None).await.expect("suspended");
    assert_eq!(service.um.users(&ann).get(user.id).await.expect("a user").status, UserStatus::Active);
}

async fn a_removed_user_is_gone_and_can_come_back(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let (bob, _) = service.member(&admin, "bob@acme.example", Role::Manager).await;
    let users = service.um.users(&admin);
    assert!(matches!(users.delete(bob.id, Some(bob.version + 1)).await, Err(Error::Stale { .. })));
    service.told.take();
    users.delete(bob.id, Some(bob.version)).await.expect("removed");
    assert!(matches!(service.told.take()[..], [AccessChange::MemberChanged { user, .. }] if user == bob.id));
    assert!(matches!(users.get(bob.id).await, Err(Error::NotFound("user"))));
    assert!(matches!(users.delete(bob.id, None).await, Err(Error::NotFound("user"))));
    assert_eq!(service.emails(&admin, &UserQuery::default()).await, ["ann@acme.example"]);

    let (back, link) = service.invited(&admin, NewUser::with_email("bob@acme.example")).await;
    assert_eq!((back.id, back.role, back.status), (bob.id, Role::Viewer, UserStatus::Invited));
    assert!(back.version > bob.version);
    // The password went with the last company, so a new one is chosen.
    let password = crate::support::secret("a quite different password 8");
    service.um.accept_invitation(&link.token, None, Some(password)).await.expect("accepted");
}
