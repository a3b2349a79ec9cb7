//! Passwords: what is accepted, and how old hashes are replaced.

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use crm_core::actor::Role;
use testkit::{Suite, TestDatabase};
use user_management::AccessChange;

use crate::auth_support::{ANN, PASSWORD, World, client, code, login};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [weak_hashes_are_replaced_at_log_in, a_change_ends_other_sessions, rules_are_checked]);
}

async fn weak_hashes_are_replaced_at_log_in(database: TestDatabase) {
    let world = World::new(&database).await;
    let bcrypt = bcrypt::hash(PASSWORD, 4).unwrap();
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(1024, 1, 1, None).unwrap());
    let weak = weak.hash_password(PASSWORD.as_bytes()).unwrap().to_string();
    let others = [bcrypt.clone(), bcrypt.replacen("$2b$", "$2a$", 1), bcrypt.replacen("$2b$", "$2y$", 1), weak];
    for (index, hash) in others.iter().enumerate() {
        let address = format!("user{index}@example.com");
        let user = world.add_user(&address, Some(hash)).await;
        world.add_member(world.company, user, Role::Viewer).await;
        world.um.login(login(&address), &client()).await.expect("the old hash");
        let stored: String = world.get("um_users", user.0, "password_hash").await.try_get_by_index(0).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{index}");
        world.um.login(login(&address), &client()).await.expect("the new hash");
    }
}

async fn a_change_ends_other_sessions(database: TestDatabase) {
    let world = World::new(&database).await;
    let (here, elsewhere) = (world.login().await, world.login().await);
    let caller = world.caller(&here).await;
    let new = "a long walk in the hills";
    assert_eq!(code(world.um.change_password(&caller, "wrong".into(), new.into()).await), "credentials_invalid");
    world.um.change_password(&caller, PASSWORD.into(), new.into()).await.expect("changed");
    assert_eq!(world.told.take(), [AccessChange::SessionEnded { session: elsewhere.session }]);
    assert_eq!(code(world.um.verify(&elsewhere.access_token, client()).await), "token_invalid");
    assert_eq!(code(world.um.refresh(&elsewhere.refresh_token, &client()).await), "session_ended");
    world.um.refresh(&here.refresh_token, &client()).await.expect("this session goes on");
    assert_eq!(code(world.um.login(login(ANN), &client()).await), "credentials_invalid");
    let with_new = user_management::sessions::Login { password: new.into(), ..login(ANN) };
    world.um.login(with_new, &client()).await.expect("the new password");
}

async fn rules_are_checked(database: TestDatabase) {
    let world = World::new(&database).await;
    let caller = world.caller(&world.login().await).await;
    for (new, expected) in [
        ("short", "password_too_short"),
        ("password1234", "password_frequent"),
        ("ann@example.com", "password_frequent"),
        (&"long and longer ".repeat(13), "password_too_long"),
    ] {
        let refused = world.um.change_password(&caller, PASSWORD.into(), new.into()).await;
        assert_eq!(code(refused), expected, "{new}");
    }
    // Guesses of the current password are limited, by the user.
    for _ in 0..10 {
        let refused = world.um.change_password(&caller, "wrong".into(), "a long walk in the hills".into()).await;
        assert_eq!(code(refused), "credentials_invalid");
    }
    let refused = world.um.change_password(&caller, PASSWORD.into(), "a long walk in the hills".into()).await;
    assert_eq!(code(refused), "too_many_attempts");
}
