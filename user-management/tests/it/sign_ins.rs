//! The log of attempts, the limits against guessing, and housekeeping.

use crm_core::actor::Role;
use crm_core::page::PageRequest;
use testkit::{Suite, TestDatabase};
use user_management::sessions::Login;
use user_management::sign_ins::{SignInOutcome, SignInQuery};
use user_management::{Caller, Error, Options};

use crate::auth_support::{ANN, World, client, client_at, code, login};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        guesses_lock_strangers_out_but_not_the_owner,
        device_tokens_are_bound_and_expire,
        an_address_is_limited,
        attempts_at_once_do_not_pass_the_limit,
        a_success_forgives,
        a_busy_service_says_so_and_counts_no_failure,
        the_log_is_seen_by_who_may,
        the_log_names_no_address_of_strangers,
        housekeeping_deletes_what_is_old,
    ]);
}

/// Few attempts, so that few passwords are hashed.
fn strict() -> Options {
    Options { account_attempts: 3, address_attempts: 5, ..Options::default() }
}

fn wrong(address: &str) -> Login {
    Login { password: "another password".into(), ..login(address) }
}

async fn guesses_lock_strangers_out_but_not_the_owner(database: TestDatabase) {
    let world = World::with(&database, strict()).await;
    let device = Some(world.login().await.device);
    for index in 0..3 {
        let guess = world.um.login(wrong(ANN), &client_at(&format!("198.51.100.{index}"))).await;
        assert_eq!(code(guess), "credentials_invalid");
    }
    world.advance(1);
    // The right password is of no use to a stranger now, on no instance and from nowhere.
    for um in [&world.um, &world.instance()] {
        let refused = um.login(login(ANN), &client_at("203.0.113.7")).await.expect_err("refused");
        assert!(matches!(refused, Error::TooManyAttempts { retry_after: 1..=900 }), "{refused:?}");
    }
    assert_eq!(world.outcomes().await[0], "too_many_attempts");
    let owner = world.um.login(Login { device: device.clone(), ..login(ANN) }, &client()).await.expect("the owner");
    // The owner's device has a limit of its own.
    for _ in 0..3 {
        let guess = world.um.login(Login { device: device.clone(), ..wrong(ANN) }, &client()).await;
        assert_eq!(code(guess), "credentials_invalid");
    }
    let refused = world.um.login(Login { device, ..login(ANN) }, &client()).await;
    assert_eq!(code(refused), "too_many_attempts");
    world.um.login(Login { device: Some(owner.device), ..login(ANN) }, &client()).await.expect("another device");
    world.advance(15 * 60);
    world.um.login(login(ANN), &client_at("203.0.113.7")).await.expect("the window has passed");
}

async fn device_tokens_are_bound_and_expire(database: TestDatabase) {
    let world = World::with(&database, strict()).await;
    world.add_member_of(world.company, "bob@example.com", Role::Viewer).await;
    let anns = world.login().await.device;
    let bobs = world.um.login(login("bob@example.com"), &client()).await.expect("signed in").device;
    let lock = async || {
        for index in 0..3 {
            world.um.login(wrong(ANN), &client_at(&format!("198.51.100.{index}"))).await.expect_err("wrong");
        }
    };
    lock().await;
    let mut parts: Vec<&str> = anns.split('.').collect();
    let later = (parts[1].parse::<i64>().unwrap() + 1).to_string();
    parts[1] = &later;
    let forged = [bobs, String::new(), "a.b.c".to_owned(), parts.join("."), format!("{anns}.x"), anns[1..].to_owned()];
    for device in forged {
        let refused = world.um.login(Login { device: Some(device), ..login(ANN) }, &client_at("203.0.113.7")).await;
        assert_eq!(code(refused), "too_many_attempts");
    }
    world.advance(180 * 24 * 60 * 60);
    lock().await;
    let refused = world.um.login(Login { device: Some(anns), ..login(ANN) }, &client_at("203.0.113.8")).await;
    assert_eq!(code(refused), "too_many_attempts");
}

async fn an_address_is_limited(database: TestDatabase) {
    let world = World::with(&database, Options { address_attempts: 3, ..Options::default() }).await;
    // Successes are no failures: a company shares an address.
    for _ in 0..4 {
        world.login().await;
    }
    for index in 0..3 {
        let guess = world.um.login(wrong(&format!("user{index}@example.com")), &client()).await;
        assert_eq!(code(guess), "credentials_invalid");
    }
    assert_eq!(code(world.um.login(login(ANN), &client()).await), "too_many_attempts");
    world.um.login(login(ANN), &client_at("203.0.113.7")).await.expect("from elsewhere");
}

async fn attempts_at_once_do_not_pass_the_limit(database: TestDatabase) {
    let world = World::with(&database, strict()).await;
    let guess = |index: usize| {
        let um = world.um.clone();
        tokio::spawn(async move { um.login(wrong(ANN), &client_at(&format!("198.51.100.{index}"))).await })
    };
    let guesses: Vec<_> = (0..10).map(guess).collect();
    let mut looked_at = 0;
    for guess in guesses {
        looked_at += usize::from(code(guess.await.unwrap()) == "credentials_invalid");
    }
    assert_eq!(looked_at, 3);
}

async fn a_success_forgives(database: TestDatabase) {
    let world = World::with(&database, strict()).await;
    for round in 0..3 {
        let from = client_at(&format!("198.51.100.{round}"));
        for _ in 0..2 {
            assert_eq!(code(world.um.login(wrong(ANN), &from).await), "credentials_invalid");
        }
        world.um.login(login(ANN), &from).await.expect("signed in");
    }
}

async fn a_busy_service_says_so_and_counts_no_failure(database: TestDatabase) {
    let options = Options { hashing: 1, address_attempts: 1_000, ..Options::default() };
    let world = World::with(&database, options).await;
    let attempt = |index: usize| {
        let um = world.um.clone();
        tokio::spawn(async move { um.login(login(&format!("user{index}@example.com")), &client()).await })
    };
    let attempts: Vec<_> = (0..400).map(attempt).collect();
    let (mut refused, mut busy) = (0, 0);
    for attempt in attempts {
        match attempt.await.unwrap().expect_err("no such user") {
            Error::Refused(_) => refused += 1,
            Error::Core(crm_core::Error::Unavailable(_)) => busy += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(refused > 0 && busy > 0, "{refused} {busy}");
    // One counter of the address, and one of each account.
    let select = sea_orm::sea_query::Query::select().column("failures").from("um_attempts").to_owned();
    let rows = sea_orm::ConnectionTrait::query_all(&world.db, &select).await.unwrap();
    let failures: i64 = rows.iter().map(|row| row.try_get_by_index::<i64>(0).unwrap()).sum();
    assert_eq!(failures, 2 * refused);
}

async fn the_log_is_seen_by_who_may(database: TestDatabase) {
    let world = World::new(&database).await;
    let bob = world.add_member_of(world.company, "bob@example.com", Role::Viewer).await;
    let other = world.add_company("Other").await;
    world.add_member_of(other, "eve@example.com", Role::Admin).await;
    let ann = world.caller(&world.login().await).await;
    let mut callers = Vec::new();
    for address in ["bob@example.com", "eve@example.com"] {
        world.advance(1);
        world.um.login(wrong(address), &client()).await.expect_err("refused");
        world.advance(1);
        callers.push(world.caller(&world.um.login(login(address), &client()).await.expect("signed in")).await);
    }
    world.um.login(login("nobody@example.com"), &client()).await.expect_err("refused");
    let [bobs, eves] = <[Caller; 2]>::try_from(callers).unwrap();
    let list = async |caller: &Caller, query: SignInQuery| {
        let page = world.um.sign_ins(caller).list(&query, &PageRequest::default()).await.expect("a page");
        page.data.into_iter().map(|entry| (entry.user_id, entry.outcome)).collect::<Vec<_>>()
    };
    use SignInOutcome::{Success, WrongPassword};
    let all = [(Some(bob), Success), (Some(bob), WrongPassword), (Some(world.ann), Success)];
    assert_eq!(list(&ann, SignInQuery::default()).await, all);
    assert_eq!(list(&ann, SignInQuery { outcome: Some(WrongPassword), ..Default::default() }).await, all[1..2]);
    assert_eq!(list(&ann, SignInQuery { user_id: Some(bob), ..Default::default() }).await, all[..2]);
    assert_eq!(list(&bobs, SignInQuery::default()).await, all[..2]);
    assert_eq!(list(&eves, SignInQuery::default()).await.len(), 2);
    let others = SignInQuery { user_id: Some(world.ann), ..Default::default() };
    assert_eq!(code(world.um.sign_ins(&bobs).list(&others, &PageRequest::default()).await), "forbidden");
    assert!(list(&eves, others).await.is_empty());
    let one = PageRequest::default().limit(1);
    let first = world.um.sign_ins(&ann).list(&SignInQuery::default(), &one).await.unwrap();
    let rest = PageRequest::after(first.next_cursor.unwrap()).limit(5);
    assert_eq!(world.um.sign_ins(&ann).list(&SignInQuery::default(), &rest).await.unwrap().data.len(), 2);
}

async fn the_log_names_no_address_of_strangers(database: TestDatabase) {
    let world = World::new(&database).await;
    for address in ["nobody@example.com", " NOBODY@example.com"] {
        world.um.login(login(address), &client()).await.expect_err("refused");
    }
    let select = sea_orm::sea_query::Query::select().column("account").from("um_sign_ins").to_owned();
    let rows = sea_orm::ConnectionTrait::query_all(&world.db, &select).await.unwrap();
    let accounts: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    assert_eq!(accounts[0], accounts[1]);
    assert_eq!(accounts[0].len(), 64);
}

async fn housekeeping_deletes_what_is_old(database: TestDatabase) {
    let world = World::new(&database).await;
    let day = 24 * 60 * 60;
    let first = world.login().await;
    world.um.refresh(&first.refresh_token, &client()).await.expect("refreshed");
    world.um.login(wrong(ANN), &client()).await.expect_err("refused");
    let counts = async || {
        world.um.housekeeping().await.expect("tidy");
        let tables = ["um_attempts", "um_refresh_tokens", "um_sessions", "um_sign_ins"];
        let mut counts = Vec::new();
        for table in tables {
            counts.push(world.count(table).await);
        }
        counts
    };
    assert_eq!(counts().await, [2, 2, 1, 2]);
    world.advance(day);
    assert_eq!(counts().await, [0, 2, 1, 2]);
    world.advance(7 * day);
    assert_eq!(counts().await, [0, 0, 1, 2]);
    world.advance(111 * day);
    assert_eq!(counts().await, [0, 0, 1, 2]);
    world.advance(2 * day);
    assert_eq!(counts().await, [0, 0, 0, 2]);
    world.advance(60 * day);
    assert_eq!(counts().await, [0, 0, 0, 0]);
}
