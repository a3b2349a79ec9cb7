//! Links: used once, expired, void, and never a way into the account of others.

use std::sync::atomic::Ordering;

use crm_core::actor::Role;
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase};
use user_management::links::Link;
use user_management::users::{NewUser, UserPatch, UserStatus};
use user_management::{Conflict, Error, Refusal};

use crate::support::{PASSWORD, Service, conflict, mailing, secret, service, token, token_of, violations};

const OTHER: &str = "a quite different password 8";

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        an_invitation_is_used_once,
        an_invitation_expires_and_is_sent_again,
        an_existing_account_needs_its_password,
        invitations_are_mailed_in_the_users_language,
        a_failed_mail_leaves_the_user_invited,
        a_reset_is_used_once_from_two_tasks,
        forgetting_tells_nothing,
        forgetting_is_limited,
        administrators_reset_their_own_users,
        links_keep_their_tokens,
    ]);
}

fn is_void<T>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::Refused(Refusal::Link)))
}

async fn accept(service: &Service, link: &Link, password: &str) -> Result<user_management::users::User, Error> {
    service.um.accept_invitation(&link.token, None, Some(secret(password))).await
}

async fn an_invitation_is_used_once(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let (bob, link) = service.invited(&admin, NewUser::with_email("bob@acme.example")).await;
    let none = service.um.accept_invitation(&link.token, None, None).await;
    assert_eq!(violations(none)[0], ("/password".to_owned(), "required".to_owned()));
    let short = accept(&service, &link, "short").await;
    assert_eq!(violations(short)[0].0, "/password");
    let tasks = [0, 1].map(|_| {
        let (service, link) = (service.clone(), link.clone());
        tokio::spawn(async move { accept(&service, &link, PASSWORD).await })
    });
    let mut accepted = 0;
    for task in tasks {
        match task.await.expect("a task") {
            Ok(user) => {
                accepted += 1;
                assert_eq!((user.id, user.status), (bob.id, UserStatus::Active));
            }
            Err(error) => assert!(matches!(error, Error::Refused(Refusal::Link)), "{error:?}"),
        }
    }
    assert_eq!(accepted, 1);
    assert!(is_void(accept(&service, &link, PASSWORD).await));
    assert!(is_void(service.um.accept_invitation(&secret("unknown"), None, Some(secret(PASSWORD))).await));
    assert!(is_void(service.um.reset_password(&link.token, secret(OTHER)).await));
    let again = service.um.users(&admin).resend_invitation(bob.id).await;
    assert_eq!(conflict(again), Conflict::AlreadyAccepted);
}

async fn an_invitation_expires_and_is_sent_again(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let (bob, first) = service.invited(&admin, NewUser::with_email("bob@acme.example")).await;
    let again = || async { service.um.users(&admin).resend_invitation(bob.id).await.expect("sent").expect("a link") };
    let second = again().await;
    assert!(is_void(accept(&service, &first, PASSWORD).await), "a newer one makes it void");
    service.wait(7 * 24 * 60 * 60);
    assert!(is_void(accept(&service, &second, PASSWORD).await), "it has expired");
    let third = again().await;
    accept(&service, &third, PASSWORD).await.expect("accepted");
}

async fn an_existing_account_needs_its_password(database: TestDatabase) {
    let service = service(&database).await;
    let (_, ann) = service.company("Acme", "ann@acme.example").await;
    let (_, zoe) = service.company("Zoo", "zoe@zoo.example").await;
    let (_, link) = service.invited(&zoe, NewUser::with_email("ann@acme.example")).await;
    let wrong = accept(&service, &link, OTHER).await;
    assert!(matches!(wrong, Err(Error::Refused(Refusal::Credentials))));
    let invited = service.um.users(&zoe).get(ann.user).await.expect("a user");
    assert_eq!(invited.status, UserStatus::Invited);
    accept(&service, &link, PASSWORD).await.expect("the link still works");
}

async fn invitations_are_mailed_in_the_users_language(database: TestDatabase) {
    let service = mailing(&database).await;
    let (_, admin) = service.company("Bäcker & Söhne", "ann@acme.example").await;
    let new = NewUser {
        locale: Some("de-AT".into()),
        name: Some("Bob <b>".into()),
        ..NewUser::with_email("bob@acme.example")
    };
    let (bob, link) = service.um.users(&admin).invite(new).await.expect("invited");
    assert!(link.is_none(), "administrators do not see links that are mailed");
    let mail = service.mails.next().await;
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("bob@acme.example", "Einladung zu Bäcker & Söhne"));
    assert!(mail.text.contains("Guten Tag Bob <b>,") && mail.text.contains("7 Tage"), "{}", mail.text);
    assert!(mail.html.contains("lang=\"de\"") && mail.html.contains("Bäcker &#38; Söhne"), "{}", mail.html);
    assert!(!mail.html.contains("Bob <b>"), "names are escaped");
    let password = Some(secret(PASSWORD));
    service.um.accept_invitation(&token_of(&mail.html), None, password).await.expect("accepted");
    let (_, link) = service.um.users(&admin).invite(NewUser::with_email("eve@acme.example")).await.expect("invited");
    assert!(link.is_none());
    let mail = service.mails.next().await;
    assert_eq!(mail.subject, "Invitation to Bäcker & Söhne");
    assert!(mail.text.contains("choose a password") && mail.text.contains("7 days"), "{}", mail.text);
    assert_eq!(bob.status, UserStatus::Invited);
}

async fn a_failed_mail_leaves_the_user_invited(database: TestDatabase) {
    let service = mailing(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    service.mails.is_down.store(true, Ordering::Relaxed);
    let (bob, link) = service.um.users(&admin).invite(NewUser::with_email("bob@acme.example")).await.expect("invited");
    assert!(link.is_none() && service.mails.take().is_empty());
    service.mails.is_down.store(false, Ordering::Relaxed);
    assert!(service.um.users(&admin).resend_invitation(bob.id).await.expect("sent").is_none());
    let token = token_of(&service.mails.next().await.text);
    service.um.accept_invitation(&token, None, Some(secret(PASSWORD))).await.expect("accepted");
}

async fn a_reset_is_used_once_from_two_tasks(database: TestDatabase) {
    let service = mailing(&database).await;
    service.company("Acme", "ann@acme.example").await;
    service.um.forgot(" ANN@acme.example");
    let mail = service.mails.next().await;
    assert_eq!(mail.subject, "Reset your password");
    let token = token_of(&mail.text);
    let short = service.um.reset_password(&token, secret("short")).await;
    assert_eq!(violations(short)[0].0, "/password");
    let tasks = [0, 1].map(|_| {
        let (service, token) = (service.clone(), token.clone());
        tokio::spawn(async move { service.um.reset_password(&token, secret(OTHER)).await })
    });
    let mut done = 0;
    for task in tasks {
        match task.await.expect("a task") {
            Ok(()) => done += 1,
            Err(error) => assert!(matches!(error, Error::Refused(Refusal::Link)), "{error:?}"),
        }
    }
    assert_eq!(done, 1);
    assert!(is_void(service.um.reset_password(&token, secret(PASSWORD)).await));
}

async fn forgetting_tells_nothing(database: TestDatabase) {
    let service = mailing(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let (_, bob) = service.member_by_mail(&admin, "bob@acme.example").await;
    let suspended = UserPatch { status: Patch::Set(UserStatus::Suspended), ..UserPatch::default() };
    service.um.users(&admin).update(bob, suspended, None).await.expect("suspended");
    let (_, _) = service.um.users(&admin).invite(NewUser::with_email("new@acme.example")).await.expect("invited");
    service.mails.take();
    for email in ["nobody@acme.example", "bob@acme.example", "new@acme.example", "", "a\0b", "no address"] {
        service.um.forgot(email);
    }
    // Sent after all the others.
    service.um.forgot("ann@acme.example");
    let mail = service.mails.next().await;
    assert_eq!(mail.to, "ann@acme.example");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(service.mails.take().is_empty(), "nobody else got mail");
}

async fn forgetting_is_limited(database: TestDatabase) {
    let service = mailing(&database).await;
    service.company("Acme", "ann@acme.example").await;
    let mut last = None;
    for _ in 0..3 {
        service.um.forgot("ann@acme.example");
        last = Some(service.mails.next().await);
    }
    service.um.forgot("ann@acme.example");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(service.mails.take().is_empty(), "three in an hour are enough");
    let token = token_of(&last.expect("a mail").text);
    service.wait(59 * 60);
    service.um.reset_password(&token, secret(OTHER)).await.expect("the last one works");
    service.wait(2 * 60);
    service.um.forgot("ann@acme.example");
    let token = token_of(&service.mails.next().await.text);
    service.wait(60 * 60);
    assert!(is_void(service.um.reset_password(&token, secret(PASSWORD)).await), "it has expired");
}

async fn administrators_reset_their_own_users(database: TestDatabase) {
    let service = service(&database).await;
    let (_, ann) = service.company("Acme", "ann@acme.example").await;
    let (_, zoe) = service.company("Zoo", "zoe@zoo.example").await;
    let (bob, _) = service.member(&ann, "bob@acme.example", Role::Viewer).await;
    let (new, _) = service.invited(&ann, NewUser::with_email("new@acme.example")).await;
    let users = service.um.users(&ann);
    assert_eq!(conflict(users.reset_for(new.id).await), Conflict::NotYetAccepted);
    let first = users.reset_for(bob.id).await.expect("sent").expect("a link");
    let seen = users.reset_for(bob.id).await.expect("sent").expect("a link");
    assert!(is_void(service.um.reset_password(&first.token, secret(OTHER)).await), "a newer one makes it void");
    // The administrator has seen a link, and then the user joins another company: the link is void.
    let (_, invitation) = service.invited(&zoe, NewUser::with_email("bob@acme.example")).await;
    assert_eq!(conflict(users.reset_for(bob.id).await), Conflict::SharedUser);
    accept(&service, &invitation, PASSWORD).await.expect("accepted");
    assert!(is_void(service.um.reset_password(&seen.token, secret(OTHER)).await));
}

async fn links_keep_their_tokens(database: TestDatabase) {
    use sea_orm::ConnectionTrait;
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let (_, link) = service.invited(&admin, NewUser::with_email("bob@acme.example")).await;
    let token = token(&link);
    assert!(!format!("{link:?}").contains(&token));
    let sql = format!("SELECT hash FROM um_links WHERE hash = '{token}'");
    let statement = sea_orm::Statement::from_string(database.connection.get_database_backend(), sql);
    assert!(
        database.connection.query_one_raw(statement).await.expect("a query").is_none(),
        "only its digest is stored"
    );
}
