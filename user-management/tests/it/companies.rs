//! Companies: created with an administrator, renamed, suspended.

use crm_core::actor::Role;
use sea_orm::{ConnectionTrait, Statement};
use testkit::{Suite, TestDatabase};
use user_management::companies::CompanyStatus;
use user_management::users::{NewUser, UserStatus};
use user_management::{AccessChange, Conflict, Error, Refusal};

use crate::support::{PASSWORD, Service, caller, conflict, mailing, pairs, secret, service, token_of, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        a_company_starts_with_an_administrator,
        an_invited_administrator_accepts,
        an_account_is_not_taken_over_by_a_sign_up,
        administrators_rename_it,
        suspending_makes_all_tokens_void,
        a_sign_up_that_nobody_confirms_is_deleted,
        only_what_a_sign_up_has_added_is_deleted,
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

const WEEK: u64 = 7 * 24 * 60 * 60;

/// The names of the companies, and the addresses of the users, of which other services learn.
async fn known(service: &Service) -> (Vec<String>, Vec<String>) {
    let companies = service.um.directory_companies(None, None, 10).await.expect("companies");
    let users = service.um.directory_users(None, None, 10).await.expect("users");
    let mut names: Vec<String> = companies.into_iter().map(|company| company.name).collect();
    let mut emails: Vec<String> = users.into_iter().map(|user| user.email).collect();
    names.sort();
    emails.sort();
    (names, emails)
}

fn lists(names: &[&str], emails: &[&str]) -> (Vec<String>, Vec<String>) {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    (owned(names), owned(emails))
}

async fn count(service: &Service, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    let statement = Statement::from_string(service.db.get_database_backend(), sql);
    let row = service.db.query_one_raw(statement).await.expect("a query").expect("a row");
    row.try_get_by_index(0).expect("a number")
}

async fn a_sign_up_that_nobody_confirms_is_deleted(database: TestDatabase) {
    let service = mailing(&database).await;
    let sign_up = async |company: &str, email: &str| {
        let none = service.um.sign_up(company, NewUser::with_email(email), None).await.expect("a sign-up");
        assert!(none.is_none());
        token_of(&service.mails.next().await.text)
    };
    let lost = sign_up("Lost", "lost@example.com").await;
    let kept = sign_up("Kept", "ann@example.com").await;
    assert_eq!((known(&service).await, service.told.take()), (lists(&[], &[]), Vec::new()), "nobody learns of them");
    service.wait(WEEK - 1);
    service.um.housekeeping().await.expect("nothing is due");
    assert_eq!(count(&service, "um_companies").await, 2);
    let ann = service.um.accept_invitation(&kept, Some("Ann"), Some(secret(PASSWORD))).await.expect("accepted");
    assert_eq!(ann.status, UserStatus::Active);
    assert_eq!(known(&service).await, lists(&["Kept"], &["ann@example.com"]));
    let is_company = |change: &AccessChange| matches!(change, AccessChange::CompanyChanged { ended: false, .. });
    assert_eq!(service.told.take().iter().filter(|change| is_company(change)).count(), 1);
    service.wait(1);
    for _ in 0..2 {
        service.um.housekeeping().await.expect("deleted");
        for table in ["um_companies", "um_users", "um_memberships", "um_links"] {
            assert_eq!(count(&service, table).await, 1, "{table}");
        }
    }
    assert_eq!(known(&service).await, lists(&["Kept"], &["ann@example.com"]));
    let late = service.um.accept_invitation(&lost, None, Some(secret(PASSWORD))).await;
    assert!(matches!(late, Err(Error::Refused(Refusal::Link))));
    // The address can sign up again.
    let again = sign_up("Found", "lost@example.com").await;
    service.um.accept_invitation(&again, None, Some(secret(PASSWORD))).await.expect("accepted");
    service.wait(2 * WEEK);
    service.um.housekeeping().await.expect("nothing is due");
    assert_eq!(known(&service).await.0, ["Found", "Kept"]);
}

async fn only_what_a_sign_up_has_added_is_deleted(database: TestDatabase) {
    let service = mailing(&database).await;
    service.company("Acme", "ann@acme.example").await;
    // A company of the operator, whose administrator has not accepted either.
    service.um.create_company("Zoo", NewUser::with_email("zoe@zoo.example"), None).await.expect("a company");
    // Sign-ups with addresses that have an account, and twice with the same one.
    for (company, email) in [("Second", "ann@acme.example"), ("Third", "zoe@zoo.example"), ("Third", "new@example.com")]
    {
        service.um.sign_up(company, NewUser::with_email(email), None).await.expect("a sign-up");
    }
    service.mails.take();
    service.um.sign_up("Fourth", NewUser::with_email("new@example.com"), None).await.expect("a sign-up");
    let fourth = token_of(&service.mails.next().await.text);
    service.um.accept_invitation(&fourth, None, Some(secret(PASSWORD))).await.expect("accepted");
    service.wait(WEEK);
    service.um.housekeeping().await.expect("deleted");
    let emails = ["ann@acme.example", "new@example.com", "zoe@zoo.example"];
    assert_eq!(known(&service).await, lists(&["Acme", "Fourth", "Zoo"], &emails));
    assert_eq!(count(&service, "um_companies").await, 3);
    assert_eq!(count(&service, "um_users").await, 3);
}
