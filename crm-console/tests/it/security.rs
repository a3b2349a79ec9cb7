//! People change how they log in, in their profile.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use testkit::{Suite, TestDatabase, tests};
use totp_rs::Totp;

use crate::service::{PASSWORD, World};
use crate::support::{Person, browser, company, open};

const SAM: &str = "sam@acme.example";
const NEW: &str = " the wind blows from the west ";

pub fn register(suite: &mut Suite) {
    tests!(suite, own: [
        a_password_is_changed,
        a_wrong_or_weak_password_is_told_beside_its_field,
        too_many_wrong_passwords_are_told,
        a_device_is_logged_out_from_another_one,
        the_log_ins_of_others_are_not_found,
        a_second_factor_is_set_up_and_switched_off,
    ]);
    tests!(suite, databases: [a_host_keeps_its_passwords]);
}

async fn world(database: TestDatabase) -> World {
    let world = World::new(database).await;
    world.add(world.acme, SAM, "Sam Sales", Role::Viewer).await;
    world
}

async fn a_password_is_changed(database: TestDatabase) {
    let world = world(database).await;
    let (here, elsewhere) = (world.browser(SAM).await, world.browser(SAM).await);
    assert!(here.get("/profile").await.has("Log-in and security"));
    let changed = here.submit("/profile/password", &[("currentPassword", PASSWORD), ("newPassword", NEW)]).await;
    assert!(changed.has("Your password was changed.") && !changed.has(NEW) && !changed.has(PASSWORD));
    assert_eq!(here.get("/customers").await.status, StatusCode::OK);
    assert_eq!(elsewhere.get("/customers").await.status, StatusCode::SEE_OTHER);
    let again = open(world.console(&world.url)).await;
    let old = again.post("/log-in", &[("email", SAM), ("password", PASSWORD)]).await;
    assert!(old.has("The e-mail address or the password is wrong."));
    // Blanks are part of a password.
    assert_ne!(again.post("/log-in", &[("email", SAM), ("password", NEW.trim())]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(again.post("/log-in", &[("email", SAM), ("password", NEW)]).await.status, StatusCode::SEE_OTHER);
}

async fn a_wrong_or_weak_password_is_told_beside_its_field(database: TestDatabase) {
    let world = world(database).await;
    let sam = world.browser(SAM).await;
    for (current, new, fault, told) in [
        ("", NEW, "current-password-fault", "Enter a value."),
        (PASSWORD, "", "new-password-fault", "Enter a value."),
        ("it is another one", NEW, "current-password-fault", "The current password is wrong."),
        (PASSWORD, "short", "new-password-fault", "Use at least 12 characters."),
        (PASSWORD, SAM, "new-password-fault", "easy to guess"),
    ] {
        let answer = sam.post("/profile/password", &[("currentPassword", current), ("newPassword", new)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{current} {new}");
        assert!(answer.has(&format!("id=\"{fault}\"")) && answer.has(told), "{}", answer.body);
        assert!(!answer.has(PASSWORD) && !answer.has(NEW));
    }
    // A wrong password does not end the log-in.
    assert_eq!(sam.get("/customers").await.status, StatusCode::OK);
    assert!(!sam.get("/profile").await.has("password-fault"));
}

async fn too_many_wrong_passwords_are_told(database: TestDatabase) {
    let world = world(database).await;
    let sam = world.browser(SAM).await;
    let fields = [("currentPassword", "it is another one"), ("newPassword", NEW)];
    for _ in 0..20 {
        let answer = sam.post("/profile/password", &fields).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.has("There were too many attempts."));
            return;
        }
    }
    panic!("passwords can be guessed without end");
}

async fn a_device_is_logged_out_from_another_one(database: TestDatabase) {
    let world = world(database).await;
    let (here, second, third) = (world.browser(SAM).await, world.browser(SAM).await, world.browser(SAM).await);
    let page = here.get("/profile/sessions").await;
    assert_eq!((page.body.matches("/end\"").count(), page.body.matches("This device").count()), (2, 1));
    // The newest comes first.
    let ended = here.submit(&page.after("<tbody", "action"), &[]).await;
    assert!(ended.has("The device was logged out.") && ended.body.matches("/end\"").count() == 1);
    assert_eq!(third.get("/customers").await.status, StatusCode::SEE_OTHER);
    assert_eq!(second.get("/customers").await.status, StatusCode::OK);
    let ended = here.submit("/profile/sessions/end-others", &[]).await;
    assert!(ended.has("All your other devices were logged out.") && !ended.has("/end\"") && !ended.has("end-others\""));
    assert_eq!(second.get("/customers").await.status, StatusCode::SEE_OTHER);
    assert_eq!(here.get("/customers").await.status, StatusCode::OK);
}

async fn the_log_ins_of_others_are_not_found(database: TestDatabase) {
    let world = world(database).await;
    world.add(world.acme, "ada@acme.example", "Ada Admin", Role::Admin).await;
    let (sam, _) = (world.browser(SAM).await, world.browser(SAM).await);
    let end = sam.get("/profile/sessions").await.after("<tbody", "action");
    let ada = world.browser("ada@acme.example").await;
    for path in [&*end, "/profile/sessions/..%2Fme/end", "/profile/sessions/x/end"] {
        assert_eq!(ada.post(path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(sam.get("/profile/sessions").await.has(&end));
}

async fn a_second_factor_is_set_up_and_switched_off(database: TestDatabase) {
    let world = world(database).await;
    let sam = world.browser(SAM).await;
    assert!(sam.get("/profile/second-factor").await.has("The second factor is off."));
    let begun = sam.post("/profile/second-factor", &[]).await;
    assert!(!begun.after("id=\"secret\"", "value").is_empty());
    assert_eq!(begun.after("class=\"qr\"", "aria-label"), "QR code with the secret for an authenticator app");
    assert!(begun.after("class=\"qr\"", "d").starts_with("M4 4h7v1h-7z"));
    let totp = Totp::from_url(begun.after("id=\"otpauth\"", "value")).expect("an address for apps");
    let wrong = sam.post("/profile/second-factor/confirm", &[("code", "000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.has("id=\"code-fault\"")
            && wrong.has("Start again")
            && !wrong.has("class=\"qr\"")
            && !wrong.has("id=\"secret\"")
    );
    let code = totp.generate(u64::try_from(chrono::Utc::now().timestamp()).unwrap()).to_string();
    let code = format!("{} {}", &code[..3], &code[3..]);
    let on = sam.post("/profile/second-factor/confirm", &[("code", &code)]).await;
    assert!(on.has("The second factor is on.") && on.body.matches("<li><code>").count() == 10);
    // It is asked for at the next log-in, where a recovery code does too.
    let recovery = on.body.split("<li><code>").nth(1).unwrap().split('<').next().unwrap();
    let again = open(world.console(&world.url)).await;
    assert!(again.post("/log-in", &[("email", SAM), ("password", PASSWORD)]).await.has("name=\"code\""));
    let fields = [("email", SAM), ("password", PASSWORD), ("code", recovery)];
    assert_eq!(again.post("/log-in", &fields).await.status, StatusCode::SEE_OTHER);
    let page = sam.get("/profile/second-factor").await;
    assert!(page.has("The second factor is on.") && !page.has(recovery));
    let wrong = sam.post("/profile/second-factor/off", &[("password", "it is another one")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.has("id=\"password-fault\""));
    let off = sam.submit("/profile/second-factor/off", &[("password", PASSWORD)]).await;
    assert!(off.has("The second factor was switched off.") && off.has("The second factor is off."));
}

async fn a_host_keeps_its_passwords(database: TestDatabase) {
    let browser = browser(&database, Person::new(company(), Role::Admin)).await;
    assert!(!browser.get("/profile").await.has("Log-in and security"));
    let answer = browser.post("/profile/password", &[("currentPassword", PASSWORD), ("newPassword", NEW)]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    for path in ["/profile/sessions", "/profile/second-factor"] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
