//! Sessions: log-in, refresh, the companies of a user, and the end.

use std::time::Instant;

use crm_core::actor::Role;
use testkit::{Backend, Suite, TestDatabase};
use user_management::AccessChange;
use user_management::sessions::Login;

use crate::auth_support::{ANN, World, client, client_at, code, login};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        a_log_in_gives_tokens_and_facts,
        refused_log_ins_look_alike,
        an_unknown_account_takes_one_hash,
        the_company_is_named_or_the_last,
        a_refresh_token_works_once,
        of_two_refreshes_at_once_one_wins,
        rights_are_those_of_the_moment,
        sessions_expire,
        the_company_is_switched,
        log_out_acts_at_once,
        sessions_are_listed_and_ended,
    ]);
}

async fn a_log_in_gives_tokens_and_facts(database: TestDatabase) {
    let world = World::new(&database).await;
    let signed_in = world.um.login(login(" ANN@Example.com "), &client()).await.expect("signed in");
    assert_eq!((signed_in.user.id, signed_in.user.role), (world.ann, Role::Admin));
    assert_eq!(signed_in.user.company.name, "Acme");
    assert_eq!(signed_in.user.companies.len(), 1);
    assert_eq!(signed_in.expires_in, 900);
    let caller = world.caller(&signed_in).await;
    assert_eq!((caller.company, caller.user, caller.session), (world.company, world.ann, Some(signed_in.session)));
    let me = world.um.me(&caller).await.expect("me");
    assert_eq!((me.user, me.has_second_factor, me.session), (signed_in.user.clone(), false, Some(signed_in.session)));
    let shown = format!("{signed_in:?} {:?} {:?}", login(ANN), caller);
    for secret in [&signed_in.access_token, &signed_in.refresh_token, &signed_in.device, ANN] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let _: chrono::DateTime<chrono::Utc> =
        world.get("um_users", world.ann.0, "last_sign_in_at").await.try_get_by_index(0).expect("a time");
    assert_eq!(world.outcomes().await, ["success"]);
}

async fn refused_log_ins_look_alike(database: TestDatabase) {
    let world = World::new(&database).await;
    world.add_user("invited@example.com", None).await;
    let homeless = world.add_member_of(world.company, "suspended@example.com", Role::Viewer).await;
    world.set("um_memberships", ("user_id", homeless.0), "status", "suspended").await;
    let wrong = Login { password: "another password".into(), ..login(ANN) };
    let mut words = Vec::new();
    let attempts = [
        login("nobody@example.com"),
        login("no\0body@example.com"),
        wrong,
        login("invited@example.com"),
        login("suspended@example.com"),
    ];
    for attempt in attempts {
        words.push(format!("{:?}", world.um.login(attempt, &client()).await.expect_err("refused")));
        world.advance(1);
    }
    assert_eq!(words, vec!["Refused(Credentials)"; 5]);
    assert_eq!(
        world.outcomes().await,
        ["inactive", "no_password", "wrong_password", "unknown_account", "unknown_account"]
    );
    // A suspended company is no company to sign in to.
    world.set("um_companies", ("id", world.company.0), "status", "suspended").await;
    assert_eq!(code(world.um.login(login(ANN), &client()).await), "credentials_invalid");
}

async fn an_unknown_account_takes_one_hash(database: TestDatabase) {
    if database.backend == Backend::Sqlite {
        return;
    }
    let world = World::new(&database).await;
    world.add_user("invited@example.com", None).await;
    let mut times = [const { Vec::new() }; 3];
    for round in 0..10 {
        for (index, address) in [ANN, "nobody@example.com", "invited@example.com"].into_iter().enumerate() {
            let attempt = Login { password: "another password".into(), ..login(address) };
            let began = Instant::now();
            assert_eq!(
                code(world.um.login(attempt, &client_at(&format!("192.0.2.{round}"))).await),
                "credentials_invalid"
            );
            times[index].push(began.elapsed());
        }
    }
    let [known, unknown, invited] = times.map(|mut times| {
        times.sort();
        times[0].as_secs_f64()
    });
    for other in [unknown, invited] {
        // Without a hash it would take a twentieth.
        assert!((0.2..5.0).contains(&(other / known)), "{known} {other}");
    }
}

async fn the_company_is_named_or_the_last(database: TestDatabase) {
    let world = World::new(&database).await;
    let zeta = world.add_company("Zeta Café").await;
    let other = world.add_company("Other").await;
    world.add_member(zeta, world.ann, Role::Viewer).await;
    let first = world.login().await;
    assert_eq!((first.user.company.id, first.user.companies.len()), (world.company, 2));
    for name in ["zeta cafe", " ZETA CAFÉ ", &zeta.to_string()] {
        let named = Login { company: Some(name.to_owned()), ..login(ANN) };
        let signed_in = world.um.login(named, &client()).await.expect("signed in");
        assert_eq!((signed_in.user.company.id, signed_in.user.role), (zeta, Role::Viewer));
        world.advance(1);
    }
    assert_eq!(world.login().await.user.company.id, zeta);
    for name in ["Other", &other.to_string(), "Nowhere"] {
        let named = Login { company: Some(name.to_owned()), ..login(ANN) };
        assert_eq!(code(world.um.login(named, &client()).await), "company_unknown");
    }
    world.set("um_companies", ("id", zeta.0), "status", "suspended").await;
    world.advance(1);
    let last = world.login().await;
    assert_eq!((last.user.company.id, last.user.companies.len()), (world.company, 1));
}

async fn a_refresh_token_works_once(database: TestDatabase) {
    let world = World::new(&database).await;
    let first = world.login().await;
    world.advance(60);
    let second = world.um.refresh(&first.refresh_token, &client()).await.expect("refreshed");
    assert_eq!(second.session, first.session);
    assert_ne!(second.refresh_token, first.refresh_token);
    let third = world.um.refresh(&second.refresh_token, &client()).await.expect("refreshed");
    assert!(world.told.take().is_empty());
    // A thief has the first one.
    assert_eq!(code(world.um.refresh(&first.refresh_token, &client()).await), "session_ended");
    assert_eq!(world.told.take(), [AccessChange::SessionEnded { session: first.session }]);
    let reason: String = world.get("um_sessions", first.session.0, "end_reason").await.try_get_by_index(0).unwrap();
    assert_eq!(reason, "reused");
    assert_eq!(code(world.um.refresh(&third.refresh_token, &client()).await), "session_ended");
    assert_eq!(code(world.um.verify(&third.access_token, client()).await), "token_invalid");
    for unknown in ["", "unknown", &third.access_token] {
        assert_eq!(code(world.um.refresh(unknown, &client()).await), "session_ended");
    }
    assert!(world.told.take().is_empty());
}

async fn of_two_refreshes_at_once_one_wins(database: TestDatabase) {
    let world = World::new(&database).await;
    for _ in 0..5 {
        let first = world.login().await;
        let again = |um: user_management::UserManagement, token: String| {
            tokio::spawn(async move { um.refresh(&token, &client()).await })
        };
        let both = [world.um.clone(), world.instance()].map(|um| again(um, first.refresh_token.clone()));
        let mut won = Vec::new();
        for outcome in both {
            match outcome.await.unwrap() {
                Ok(signed_in) => won.push(signed_in),
                Err(error) => assert_eq!(code::<()>(Err(error)), "session_ended"),
            }
        }
        assert_eq!(won.len(), 1);
        assert_eq!(world.told.take(), [AccessChange::SessionEnded { session: first.session }]);
        assert_eq!(code(world.um.refresh(&won[0].refresh_token, &client()).await), "session_ended");
    }
}

async fn rights_are_those_of_the_moment(database: TestDatabase) {
    let world = World::new(&database).await;
    let first = world.login().await;
    world.set("um_memberships", ("user_id", world.ann.0), "role", "manager").await;
    world.set("um_memberships", ("user_id", world.ann.0), "generation", 2_i64).await;
    world.set("um_memberships", ("user_id", world.ann.0), "permissions", serde_json::json!(["customers:export"])).await;
    assert_eq!(code(world.um.verify(&first.access_token, client()).await), "token_invalid");
    let second = world.um.refresh(&first.refresh_token, &client()).await.expect("refreshed");
    assert_eq!(world.caller(&second).await.role, Role::Manager);
    let answer = world.um.introspect(&second.access_token).await.unwrap();
    assert_eq!(answer["permissions"], serde_json::json!(["customers:export"]));
    assert_eq!((&answer["role"], &answer["gen"]), (&"manager".into(), &2.into()));
    world.set("um_memberships", ("user_id", world.ann.0), "status", "suspended").await;
    assert_eq!(code(world.um.verify(&second.access_token, client()).await), "token_invalid");
    assert_eq!(code(world.um.refresh(&second.refresh_token, &client()).await), "session_ended");
}

async fn sessions_expire(database: TestDatabase) {
    let world = World::new(&database).await;
    let day = 24 * 60 * 60;
    let unused = world.login().await;
    world.advance(7 * day);
    assert_eq!(code(world.um.refresh(&unused.refresh_token, &client()).await), "session_ended");
    let mut last = world.login().await;
    for _ in 0..14 {
        world.advance(6 * day);
        last = world.um.refresh(&last.refresh_token, &client()).await.expect("refreshed");
    }
    // The 84th day: the refresh token ends with the session, on the 90th.
    assert_eq!((last.refresh_expires_at - world.now()).num_days(), 6);
    world.advance(6 * day - 60);
    let end = world.um.refresh(&last.refresh_token, &client()).await.expect("refreshed");
    assert_eq!(end.expires_in, 60);
    world.advance(60);
    assert_eq!(code(world.um.refresh(&end.refresh_token, &client()).await), "session_ended");
    assert_eq!(code(world.um.verify(&end.access_token, client()).await), "token_invalid");
}

async fn the_company_is_switched(database: TestDatabase) {
    let world = World::new(&database).await;
    let other = world.add_company("Other").await;
    let first = world.login().await;
    let caller = world.caller(&first).await;
    assert_eq!(code(world.um.switch(&caller, other, &client()).await), "company_unknown");
    world.add_member(other, world.ann, Role::Support).await;
    let second = world.um.switch(&caller, other, &client()).await.expect("switched");
    assert_eq!(second.session, first.session);
    let there = world.caller(&second).await;
    assert_eq!((there.company, there.role), (other, Role::Support));
    // The old refresh token is void, but a page that still has it does no harm.
    assert_eq!(code(world.um.refresh(&first.refresh_token, &client()).await), "session_ended");
    let third = world.um.refresh(&second.refresh_token, &client()).await.expect("the session goes on");
    assert_eq!(third.user.company.id, other);
}

async fn log_out_acts_at_once(database: TestDatabase) {
    let world = World::new(&database).await;
    let (here, elsewhere) = (world.login().await, world.login().await);
    let caller = world.caller(&here).await;
    world.um.logout(&caller).await.expect("out");
    assert_eq!(world.told.take(), [AccessChange::SessionEnded { session: here.session }]);
    assert_eq!(code(world.um.verify(&here.access_token, client()).await), "token_invalid");
    assert_eq!(world.um.introspect(&here.access_token).await.unwrap(), serde_json::json!({ "active": false }));
    assert_eq!(code(world.um.refresh(&here.refresh_token, &client()).await), "session_ended");
    world.um.logout(&caller).await.expect("again");
    assert!(world.told.take().is_empty());
    let other = world.caller(&elsewhere).await;
    let third = world.login().await;
    world.um.logout_all(&other).await.expect("out everywhere");
    assert_eq!(world.told.take().len(), 2);
    assert_eq!(code(world.um.verify(&third.access_token, client()).await), "token_invalid");
}

async fn sessions_are_listed_and_ended(database: TestDatabase) {
    let world = World::new(&database).await;
    let first = world.login().await;
    world.advance(1);
    let second = world.login().await;
    let bob = world.add_member_of(world.company, "bob@example.com", Role::Viewer).await;
    let bobs = world.um.login(login("bob@example.com"), &client()).await.expect("signed in");
    assert_eq!(bobs.user.id, bob);
    let caller = world.caller(&second).await;
    let sessions = world.um.sessions(&caller).await.unwrap();
    assert_eq!(sessions.iter().map(|session| session.id).collect::<Vec<_>>(), [second.session, first.session]);
    assert_eq!(sessions.iter().map(|session| session.current).collect::<Vec<_>>(), [true, false]);
    assert_eq!(code(world.um.end_session(&caller, bobs.session).await), "not_found");
    world.um.end_session(&caller, first.session).await.expect("ended");
    assert_eq!(code(world.um.end_session(&caller, first.session).await), "not_found");
    assert_eq!(code(world.um.verify(&first.access_token, client()).await), "token_invalid");
    assert_eq!(world.um.sessions(&caller).await.unwrap().len(), 1);
}
