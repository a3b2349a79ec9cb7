//! Companies: created with an administrator, renamed, suspended.

use crm_core::actor::Role;
use testkit::{Suite, TestDatabase};
use user_management::companies::CompanyStatus;
use user_management::users::{NewUser, UserStatus};
use user_management::{AccessChange, Conflict, Error, Refusal};

use crate::support::{PASSWORD, caller, conflict, pairs, secret, service, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        a_company_starts_with_an_administrator,
        an_invited_administrator_accepts,
        an_account_is_not_taken_over_by_a_sign_up,
        administrators_rename_it,
        suspending_makes_all_tokens_void,
    ]);
}

async fn a_company_starts_with_an_administrator(database: TestDatabase) {
    let service = service(&database).await;
    let new = NewUser { role: Some(Role::Viewer), ..NewUser::with_email("Ann@Acme.example") };
    let (company, user, link) =
        service.um.create_company(" Acme ", new, Some(secret(PASSWORD))).await.expect("a company");
    assert!(link.is_none());
    assert_eq!((company.name.as_str(), company.version, company.status), ("Acme", 1, CompanyStatus::Active));
    assert_eq!((user.role, user.status, user.email.as_str()), (Role::Admin, UserStatus::Active, "ann@acme.example"));
    let (company, user) = (company.id, user.id);
    let told = [AccessChange::CompanyChanged { company, ended: false }, AccessChange::ProfileChanged { company, user }];
    assert_eq!(service.told.take(), told);

    let bad = service.um.create_company("", NewUser::default(), Some(secret("short"))).await;
    let faults = violations(bad);
    assert_eq!(faults[..2], pairs(&[("/name", "required"), ("/admin/email", "required")]));
    assert_eq!(faults[2].0, "/password");
}

async fn an_invited_administrator_accepts(database: TestDatabase) {
    let service = service(&database).await;
    let created = service.um.create_company("Acme", NewUser::with_email("ann@acme.example"), None).await;
    let (_, user, link) = created.expect("a company");
    assert_eq!((user.role, user.status), (Role::Admin, UserStatus::Invited));
    let link = link.expect("a link");
    let user = service.um.accept_invitation(&link.token, Some("Ann Lee"), Some(secret(PASSWORD))).await;
    let user = user.expect("accepted");
    assert_eq!((user.status, user.name.as_deref()), (UserStatus::Active, Some("Ann Lee")));
}

async fn an_account_is_not_taken_over_by_a_sign_up(database: TestDatabase) {
    let service = service(&database).await;
    service.company("Acme", "ann@acme.example").await;
    let again = service
        .um
        .create_company("Evil", NewUser::with_email("ann@acme.example"), Some(secret("another long password")))
        .await;
    assert_eq!(conflict(again), Conflict::UserEmailTaken);
    assert_eq!(service.um.directory_companies(None, None, 10).await.expect("companies").len(), 1);
}

async fn administrators_rename_it(database: TestDatabase) {
    let service = service(&database).await;
    let (company, admin) = service.company("Acme", "ann@acme.example").await;
    let (_, viewer) = service.member(&admin, "vic@acme.example", Role::Viewer).await;
    assert!(matches!(service.um.company(&viewer).rename("Other", None).await, Err(Error::Forbidden)));
    assert_eq!(
        violations(service.um.company(&admin).rename("a\nb", None).await),
        pairs(&[("/name", "control_character")])
    );
    let renamed = service.um.company(&admin).rename("Acme & Co", Some(1)).await.expect("renamed");
    assert_eq!((renamed.version, renamed.name.as_str()), (2, "Acme & Co"));
    let stale = service.um.company(&admin).rename("Third", Some(1)).await;
    assert!(matches!(stale, Err(Error::Stale { current: 2 })));
    assert_eq!(service.um.company(&viewer).get().await.expect("a company"), renamed);
    assert_eq!(renamed.id, company.id);
}

async fn suspending_makes_all_tokens_void(database: TestDatabase) {
    let service = service(&database).await;
    let (company, admin) = service.company("Acme", "ann@acme.example").await;
    service.told.take();
    let generation = service.generation(&admin).await;
    let suspended = service.um.suspend_company(company.id).await.expect("suspended");
    assert_eq!(suspended.status, CompanyStatus::Suspended);
    assert_eq!(service.told.take(), [AccessChange::CompanyChanged { company: company.id, ended: true }]);
    assert_eq!(service.generation(&admin).await, generation + 1);
    let invite = service.um.users(&admin).invite(NewUser::with_email("bob@acme.example")).await;
    assert!(matches!(invite, Err(Error::Refused(Refusal::Company))));
    let again = service.um.suspend_company(company.id).await.expect("suspended already");
    assert_eq!(again.version, suspended.version);
    let active = service.um.reactivate_company(company.id).await.expect("active");
    assert_eq!(active.status, CompanyStatus::Active);
    service.um.users(&admin).invite(NewUser::with_email("bob@acme.example")).await.expect("invited");
    let unknown = caller(crm_core::ids::CompanyId(uuid::Uuid::nil()), admin.user, Role::Admin);
    assert!(matches!(service.um.suspend_company(unknown.company).await, Err(Error::NotFound("company"))));
}
