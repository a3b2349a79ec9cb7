//! The second factor.

use crm_core::actor::Role;
use testkit::{Suite, TestDatabase};
use totp_rs::Totp;
use user_management::sessions::Login;
use user_management::{Caller, UserManagement};

use crate::auth_support::{ANN, PASSWORD, World, client, code, login};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        it_is_set_up_and_asked_for,
        a_code_works_once_even_from_two_places,
        a_recovery_code_works_once,
        wrong_codes_are_limited,
        administrators_reset_it_for_their_users,
        the_secret_is_sealed,
    ]);
}

fn at(world: &World, totp: &Totp, steps: i64) -> String {
    totp.generate(u64::try_from(world.now().timestamp() + 30 * steps).unwrap()).to_string()
}

fn with(code: &str) -> Login {
    Login { code: Some(code.to_owned()), ..login(ANN) }
}

/// Switches it on, and moves on to a fresh code.
async fn set_up(world: &World) -> (Caller, Totp, Vec<String>) {
    let caller = world.caller(&world.login().await).await;
    let begun = world.um.begin_second_factor(&caller).await.expect("begun");
    let totp = Totp::from_url(&begun.otpauth_url).expect("a URL for apps");
    assert_eq!(totp.secret().to_base32(), begun.secret);
    assert_eq!((totp.issuer(), totp.account_name()), (Some("localhost"), ANN));
    assert!(!format!("{begun:?}").contains(&begun.secret));
    assert_eq!(code(world.um.confirm_second_factor(&caller, "000000").await), "second_factor_invalid");
    let codes = world.um.confirm_second_factor(&caller, &at(world, &totp, 0)).await.expect("on");
    world.advance(60);
    (caller, totp, codes)
}

async fn it_is_set_up_and_asked_for(database: TestDatabase) {
    let world = World::new(&database).await;
    let (caller, totp, codes) = set_up(&world).await;
    assert_eq!(codes.len(), 10);
    assert!(codes.iter().all(|code| code.len() == 11 && code.as_bytes()[5] == b'-'));
    assert!(world.um.me(&caller).await.unwrap().has_second_factor);
    assert_eq!(code(world.um.begin_second_factor(&caller).await), "second_factor_on");
    assert_eq!(code(world.um.confirm_second_factor(&caller, "000000").await), "second_factor_on");
    assert_eq!(code(world.um.login(login(ANN), &client()).await), "second_factor_required");
    // A wrong password is told first, with or without a code.
    let wrong = Login { password: "another password".into(), ..with(&at(&world, &totp, 0)) };
    assert_eq!(code(world.um.login(wrong, &client()).await), "credentials_invalid");
    for (steps, is_right) in [(-2, false), (2, false), (-1, true), (0, true), (1, true)] {
        let result = world.um.login(with(&at(&world, &totp, steps)), &client()).await;
        assert_eq!(result.is_ok(), is_right, "{steps}");
    }
    assert_eq!(code(world.um.disable_second_factor(&caller, "wrong".into()).await), "credentials_invalid");
    world.um.disable_second_factor(&caller, PASSWORD.into()).await.expect("off");
    assert_eq!(code(world.um.disable_second_factor(&caller, PASSWORD.into()).await), "second_factor_off");
    assert_eq!(world.count("um_recovery_codes").await, 0);
    world.login().await;
}

/// How many of two log-ins at the same time succeed.
async fn both(world: &World, code: &str) -> usize {
    let once = |um: UserManagement, login: Login| tokio::spawn(async move { um.login(login, &client()).await.is_ok() });
    let both = [world.um.clone(), world.instance()].map(|um| once(um, with(code)));
    let mut won = 0;
    for one in both {
        won += usize::from(one.await.unwrap());
    }
    won
}

async fn a_code_works_once_even_from_two_places(database: TestDatabase) {
    let world = World::new(&database).await;
    let (_, totp, _) = set_up(&world).await;
    for _ in 0..4 {
        let now = at(&world, &totp, 0);
        assert_eq!(both(&world, &now).await, 1);
        assert_eq!(code(world.um.login(with(&now), &client()).await), "second_factor_invalid");
        // An older code is void as well, although its time has not passed.
        assert_eq!(code(world.um.login(with(&at(&world, &totp, -1)), &client()).await), "second_factor_invalid");
        world.advance(60);
    }
}

async fn a_recovery_code_works_once(database: TestDatabase) {
    let world = World::new(&database).await;
    let (_, _, codes) = set_up(&world).await;
    world.um.login(with(&codes[0].to_uppercase().replace('-', "")), &client()).await.expect("signed in");
    assert_eq!(code(world.um.login(with(&codes[0]), &client()).await), "second_factor_invalid");
    assert_eq!(both(&world, &codes[1]).await, 1);
    assert_eq!(code(world.um.login(with("aaaaa-aaaaa"), &client()).await), "second_factor_invalid");
    world.um.login(with(&codes[9]), &client()).await.expect("signed in");
}

async fn wrong_codes_are_limited(database: TestDatabase) {
    let world = World::new(&database).await;
    let (_, totp, _) = set_up(&world).await;
    for _ in 0..10 {
        // A right password without a code is no failure.
        assert_eq!(code(world.um.login(login(ANN), &client()).await), "second_factor_required");
        assert_eq!(code(world.um.login(with("12345"), &client()).await), "second_factor_invalid");
    }
    assert_eq!(code(world.um.login(with(&at(&world, &totp, 0)), &client()).await), "too_many_attempts");
}

async fn administrators_reset_it_for_their_users(database: TestDatabase) {
    let world = World::new(&database).await;
    let (ann, ..) = set_up(&world).await;
    let bob = world.add_member_of(world.company, "bob@example.com", Role::Admin).await;
    let signed_in = world.um.login(login("bob@example.com"), &client()).await.expect("signed in");
    let admin = world.caller(&signed_in).await;
    let viewer = Caller { role: Role::Viewer, ..admin.clone() };
    assert_eq!(code(world.um.reset_second_factor(&viewer, world.ann).await), "forbidden");
    assert_eq!(code(world.um.reset_second_factor(&ann, bob).await), "second_factor_off");
    let other = world.add_company("Other").await;
    let stranger = world.add_member_of(other, "eve@example.com", Role::Viewer).await;
    assert_eq!(code(world.um.reset_second_factor(&admin, stranger).await), "not_found");
    world.add_member(world.company, stranger, Role::Viewer).await;
    assert_eq!(code(world.um.reset_second_factor(&admin, stranger).await), "shared_user");
    world.um.reset_second_factor(&admin, world.ann).await.expect("reset");
    world.login().await;
}

async fn the_secret_is_sealed(database: TestDatabase) {
    let world = World::new(&database).await;
    let (_, totp, codes) = set_up(&world).await;
    let stored: String = world.get("um_users", world.ann.0, "totp_secret").await.try_get_by_index(0).unwrap();
    assert!(!stored.contains(&totp.secret().to_base32()));
    // Moved to another user, it opens for nobody.
    let bob = world.add_member_of(world.company, "bob@example.com", Role::Viewer).await;
    world.set("um_users", ("id", bob.0), "totp_secret", stored).await;
    world.set("um_users", ("id", bob.0), "totp_confirmed_at", world.now()).await;
    let as_bob = Login { email: "bob@example.com".to_owned(), ..with(&at(&world, &totp, 0)) };
    let error = world.um.login(as_bob, &client()).await.expect_err("no log-in");
    assert!(matches!(error, user_management::Error::Core(crm_core::Error::Internal(_))), "{error:?}");
    // Nor does a recovery code of another user work.
    let as_bob = Login { email: "bob@example.com".to_owned(), ..with(&codes[0]) };
    assert_eq!(code(world.um.login(as_bob, &client()).await), "second_factor_invalid");
}
