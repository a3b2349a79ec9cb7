//! Users are managed in the user-management service, by those who may.

use actix_web::http::StatusCode;
use crm_console::Console;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use testkit::{Suite, TestDatabase, tests};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::service::{PASSWORD, World};
use crate::support::{Person, browser, company, form, open};

const ADA: &str = "ada@acme.example";
const SAM: &str = "sam@acme.example";
const EVIL: &str = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>";

pub fn register(suite: &mut Suite) {
    tests!(suite, own: [
        an_administrator_invites_a_user,
        an_administrator_changes_suspends_and_removes_a_user,
        what_the_service_refuses_stands_beside_the_field,
        all_others_only_look,
        another_companys_users_and_teams_are_not_found,
        a_change_by_another_administrator_is_told,
        a_team_has_a_manager_and_members,
        a_team_is_part_of_another,
        names_of_users_and_teams_are_escaped,
        an_outage_of_the_service_is_told,
        a_busy_service_is_told,
        a_voided_token_leads_to_the_log_in,
        a_forgotten_password_tells_nothing_of_accounts,
        the_log_of_sign_ins_has_the_browser,
    ]);
    tests!(suite, databases: [a_host_manages_its_users_itself]);
}

async fn world(database: TestDatabase) -> World {
    let world = World::new(database).await;
    world.add(world.acme, ADA, "Ada Admin", Role::Admin).await;
    world
}

async fn the_log_of_sign_ins_has_the_browser(database: TestDatabase) {
    let world = world(database).await;
    let sam = world.add(world.acme, SAM, "Sam Sales", Role::SalesRep).await;
    let browser = open(world.console(&world.url)).await;
    for (peer, known) in [("203.0.113.9:4711", "203.0.113.9"), ("[2001:db8::7]:4711", "2001:db8::7")] {
        let fields = [("email", SAM), ("password", PASSWORD)];
        let request = form("/log-in", &fields).insert_header(("sec-fetch-site", "same-origin"));
        let request = request.peer_addr(peer.parse().unwrap()).insert_header(("user-agent", "Mozilla/5.0 (of Sam)"));
        // What a browser writes itself is not believed.
        let request = request.insert_header(("x-forwarded-for", "198.51.100.1"));
        let request = request.insert_header(("forwarded", "for=198.51.100.1"));
        assert_eq!(browser.send(request).await.status, StatusCode::SEE_OTHER);
        let page = world.browser(ADA).await.get(&format!("/settings/users/{sam}")).await;
        assert!(page.has(known) && page.has("Mozilla/5.0 (of Sam)") && !page.has("198.51.100.1"), "{}", page.body);
    }
}

async fn an_administrator_invites_a_user(database: TestDatabase) {
    let world = world(database).await;
    let ada = world.browser(ADA).await;
    assert!(ada.get("/settings/users/new").await.has("Send invitation"));
    let fields = [("email", "new@acme.example"), ("name", "Nora New"), ("role", "support")];
    let answer = ada.post("/settings/users", &fields).await;
    // The service sends no mail, so the link is shown; in the answer and in no address.
    assert_eq!(answer.status, StatusCode::OK);
    let link = answer.after("id=\"link\"", "value");
    assert!(link.contains("#token=") && link.contains("kind=invitation"), "{link}");
    let list = ada.get("/settings/users?q=nora").await;
    assert!(list.has("Nora New") && list.has("new@acme.example") && list.has("Invited") && list.has("Support"));
    assert!(!list.has("Ada Admin") && !list.has("token="));
    let page = list.after("row-link", "href");
    let again = ada.post(&format!("{page}/invitation"), &[]).await;
    assert_ne!(again.after("id=\"link\"", "value"), link);
    assert!(!ada.get(&page).await.has("token="));
}

async fn an_administrator_changes_suspends_and_removes_a_user(database: TestDatabase) {
    let world = world(database).await;
    let sam = world.add(world.acme, SAM, "Sam Sales", Role::SalesRep).await;
    let (ada, page) = (world.browser(ADA).await, format!("/settings/users/{sam}"));
    let sam_there = world.browser(SAM).await;
    assert_eq!(sam_there.get("/customers").await.status, StatusCode::OK);
    let version = ada.get(&page).await.after("name=\"version\"", "value");
    let fields = [
        ("version", &*version),
        ("name", "Samuel Sales"),
        ("role", "manager"),
        ("permissions", "customers:export\nnotes:update:own"),
    ];
    let saved = ada.submit(&page, &fields).await;
    assert!(saved.has("The user was saved.") && saved.has("Samuel Sales") && saved.has("customers:export"));
    assert!(saved.has("value=\"manager\" selected") && saved.has("Logged in"));
    let version = saved.after("name=\"version\"", "value");
    let suspended = ada.submit(&format!("{page}/status"), &[("version", &version), ("status", "suspended")]).await;
    assert!(suspended.has("Reactivate") && suspended.has("Suspended"));
    assert_eq!(sam_there.get("/customers").await.status, StatusCode::SEE_OTHER);
    let version = suspended.after("name=\"version\"", "value");
    let active = ada.submit(&format!("{page}/status"), &[("version", &version), ("status", "active")]).await;
    assert!(active.has("The user can log in again."));
    assert!(
        ada.post(&format!("{page}/password-reset"), &[]).await.after("id=\"link\"", "value").contains("kind=reset")
    );
    let version = active.after("name=\"version\"", "value");
    assert!(ada.submit(&format!("{page}/remove"), &[("version", &version)]).await.has("was removed"));
    assert_eq!(ada.get(&page).await.status, StatusCode::NOT_FOUND);
}

async fn what_the_service_refuses_stands_beside_the_field(database: TestDatabase) {
    let world = world(database).await;
    let ada = world.browser(ADA).await;
    for (email, told) in [("no address", "Enter an e-mail address"), (ADA, "has a user with this e-mail address")] {
        let answer = ada.post("/settings/users", &[("email", email), ("name", "Kept"), ("role", "viewer")]).await;
        assert!(answer.status.is_client_error() && answer.has("email-fault") && answer.has(told), "{}", answer.body);
        assert!(answer.has("value=\"Kept\"") && answer.has("value=\"viewer\" checked"));
    }
    let list = ada.get("/settings/users").await;
    let me = list.after("row-link", "href");
    let version = ada.get(&me).await.after("name=\"version\"", "value");
    let answer = ada.post(&me, &[("version", &version), ("name", "Ada"), ("role", "viewer")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.has("at least one active administrator") && answer.has("value=\"viewer\" selected"));
    let answer = ada.post(&me, &[("version", &version), ("role", "admin"), ("permissions", "all of it")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.has("permissions-fault") && answer.has("Write each right as customers:export"));
    ada.submit("/settings/teams", &[("name", "North")]).await;
    let taken = ada.post("/settings/teams", &[("name", "north")]).await;
    assert!(taken.has("name-fault") && taken.has("Another team has this name") && taken.has("value=\"north\""));
}

async fn all_others_only_look(database: TestDatabase) {
    let world = world(database).await;
    let ada = world.browser(ADA).await;
    let team = ada.submit("/settings/teams", &[("name", "North")]).await;
    let team = team.after("<form class=\"form", "action");
    let page = ada.get("/settings/users").await.after("row-link", "href");
    for role in Role::ALL.iter().filter(|role| **role != Role::Admin) {
        let email = format!("{role}@acme.example");
        world.add(world.acme, &email, "Pat", *role).await;
        let browser = world.browser(&email).await;
        for path in ["/settings", "/settings/users", "/settings/teams", "/settings/jobs", &*page, &*team] {
            let answer = browser.get(path).await;
            assert_eq!(answer.status, StatusCode::OK, "{role} {path}");
            for text in ["button-primary", "Remove", "settings/audit", "users/new", "name=\"version\""] {
                let main = answer.body.split("<main").nth(1).unwrap().split("</main").next().unwrap();
                assert!(!main.contains(text), "{role} is offered {text} in {path}");
            }
        }
        for path in ["/settings/audit", "/settings/users/new"] {
            assert_eq!(browser.get(path).await.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
        for path in ["/settings/users".to_owned(), page.clone(), format!("{page}/remove"), format!("{team}/delete")] {
            let fields = [("version", "1"), ("email", "x@acme.example"), ("name", "X"), ("role", "admin")];
            assert_eq!(browser.post(&path, &fields).await.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
    }
}

async fn another_companys_users_and_teams_are_not_found(database: TestDatabase) {
    let world = world(database).await;
    let zoe = world.add(world.zoo, "zoe@zoo.example", "Zoe Zookeeper", Role::Admin).await;
    let there = world.browser("zoe@zoo.example").await;
    let team = there.submit("/settings/teams", &[("name", "Keepers")]).await.after("<form class=\"form", "action");
    let ada = world.browser(ADA).await;
    for path in ["/settings/users", "/settings/users?q=zoe", "/settings/teams", "/settings/audit"] {
        let answer = ada.get(path).await;
        assert!(!answer.has("Zoe Zookeeper") && !answer.has("zoe@zoo") && !answer.has("Keepers"), "{path}");
    }
    let user = format!("/settings/users/{zoe}");
    for path in [&*user, &*team, "/settings/users/nobody", "/settings/teams/..%2Fusers", "/settings/teams/x"] {
        assert_eq!(ada.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in [user.clone(), format!("{user}/remove"), format!("{user}/password-reset"), format!("{team}/delete")] {
        let fields = [("version", "1"), ("name", "Mine"), ("role", "viewer")];
        assert_eq!(ada.post(&path, &fields).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(there.get(&user).await.has("Zoe Zookeeper") && there.get(&team).await.has("Keepers"));
}

async fn a_change_by_another_administrator_is_told(database: TestDatabase) {
    let world = world(database).await;
    let sam = world.add(world.acme, SAM, "Sam Sales", Role::SalesRep).await;
    let (ada, page) = (world.browser(ADA).await, format!("/settings/users/{sam}"));
    let version = ada.get(&page).await.after("name=\"version\"", "value");
    ada.submit(&page, &[("version", &version), ("name", "Samuel"), ("role", "support")]).await;
    let stale = ada.post(&page, &[("version", &version), ("name", "Mine"), ("role", "viewer")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("was changed after you opened") && stale.has("value=\"Mine\"") && stale.has("<h1>Samuel"));
    let version = stale.after("user-form", "value");
    assert!(ada.submit(&page, &[("version", &version), ("name", "Mine"), ("role", "viewer")]).await.has("<h1>Mine"));
}

async fn a_team_has_a_manager_and_members(database: TestDatabase) {
    let world = world(database).await;
    let sam = world.add(world.acme, SAM, "Sam Sales", Role::SalesRep).await.to_string();
    let ada = world.browser(ADA).await;
    assert!(ada.get("/settings/teams").await.has("No teams yet"));
    let added = ada.submit("/settings/teams", &[("name", "North")]).await;
    let (url, version) = (added.after("<form class=\"form", "action"), added.after("name=\"version\"", "value"));
    let fields = [("version", &*version), ("name", "North Sea"), ("managerId", &*sam), ("member", &*sam)];
    let saved = ada.submit(&url, &fields).await;
    assert!(saved.has("<h1>North Sea") && saved.has(&format!("value=\"{sam}\" checked")));
    let list = ada.get("/settings/teams").await;
    assert!(list.has("North Sea") && list.has("Sam Sales") && list.has("1 member"));
    assert!(ada.get(&format!("/settings/users/{sam}")).await.has("North Sea"));
    let stale = ada.post(&url, &[("version", &version), ("name", "Mine")]).await;
    assert!(stale.status == StatusCode::PRECONDITION_FAILED && stale.has("was changed after you opened"));
    let version = saved.after("name=\"version\"", "value");
    let gone = ada.submit(&format!("{url}/delete"), &[("version", &version)]).await;
    assert!(gone.has("The team was deleted.") && gone.has("No teams yet"));
}

async fn a_team_is_part_of_another(database: TestDatabase) {
    let world = world(database).await;
    let ada = world.browser(ADA).await;
    let mut teams = Vec::new();
    for name in ["Sales", "North"] {
        let added = ada.submit("/settings/teams", &[("name", name)]).await;
        teams.push((added.after("<form class=\"form", "action"), added.after("name=\"version\"", "value")));
    }
    let [(sales, of_sales), (north, of_north)] = teams.try_into().unwrap();
    let [above, below] = [&sales, &north].map(|url| url.rsplit('/').next().unwrap().to_owned());
    let saved = ada.submit(&north, &[("version", &of_north), ("name", "North"), ("parentId", &above)]).await;
    assert!(saved.has(&format!("value=\"{above}\" selected")) && !saved.has(&format!("value=\"{below}\"")));
    assert!(ada.get("/settings/teams").await.has("part of Sales"));
    let circle = [("version", &*of_sales), ("name", "Sales"), ("parentId", &*below)];
    let refused = ada.post(&sales, &circle).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.has("parentId-fault") && refused.has("A team cannot be part of itself."));
    let fields = [("version", saved.after("name=\"version\"", "value")), ("name", "North".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
    ada.submit(&north, &fields).await;
    assert!(!ada.get("/settings/teams").await.has("part of Sales"));
}

async fn names_of_users_and_teams_are_escaped(database: TestDatabase) {
    let world = world(database).await;
    let evil = world.add(world.acme, SAM, EVIL, Role::SalesRep).await;
    let ada = world.browser(ADA).await;
    let team = ada.submit("/settings/teams", &[("name", EVIL)]).await;
    let url = team.after("<form class=\"form", "action");
    let version = team.after("name=\"version\"", "value");
    ada.submit(&url, &[("version", &version), ("name", EVIL), ("member", &evil.to_string())]).await;
    let mut pages = ada.post("/settings/users", &[("email", EVIL), ("name", EVIL), ("role", EVIL)]).await.body;
    let user = format!("/settings/users/{evil}");
    pages += &ada.post(&user, &[("version", "9"), ("name", EVIL), ("permissions", EVIL)]).await.body;
    let done = format!("/settings?done={}", EVIL.replace('<', "%3C").replace([' ', '"', '\'', '>'], "+"));
    for path in [&*user, "/settings/users", "/settings/teams", &*url, &*done] {
        pages += &ada.get(path).await.body;
    }
    assert!(pages.contains("&#60;script&#62;") && !pages.contains("<script>") && !pages.contains("<img"));
}

async fn an_outage_of_the_service_is_told(database: TestDatabase) {
    let world = world(database).await;
    // One that refuses connections, and one that takes them and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let slow = format!("http://{}", listener.local_addr().unwrap());
    for url in ["http://127.0.0.1:1", &*slow] {
        let ada = world.browser_on(ADA, url).await;
        for path in ["/settings/users", "/settings/teams"] {
            let answer = ada.get(path).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(answer.has("Not available at the moment") && !answer.header("retry-after").is_empty());
        }
        let sent = ada.post("/settings/users", &[("email", "x@acme.example"), ("role", "viewer")]).await;
        assert_eq!(sent.status, StatusCode::SERVICE_UNAVAILABLE);
        // What does not need the service goes on.
        assert_eq!(ada.get("/settings").await.status, StatusCode::OK);
        let forgot = ada.post("/log-in/forgot", &[("email", ADA)]).await;
        assert_eq!(forgot.status, StatusCode::SERVICE_UNAVAILABLE);
    }
}

async fn a_busy_service_is_told(database: TestDatabase) {
    let world = world(database).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let answer =
                "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 17\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let ada = world.browser_on(ADA, &url).await;
    let answer = ada.get("/settings/users").await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "17"));
    assert!(answer.has("Too many requests"));
}

async fn a_voided_token_leads_to_the_log_in(database: TestDatabase) {
    let world = world(database).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let answer = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let ada = world.browser_on(ADA, &url).await;
    let answer = ada.get("/settings/users").await;
    assert!(answer.header("location").ends_with("/log-in?next=%2Ferp%2Fcrm%2Fsettings%2Fusers"), "{answer:?}");
    // The log-in page does not send back: the session has ended.
    assert_eq!(ada.get("/log-in").await.status, StatusCode::OK);
}

async fn a_forgotten_password_tells_nothing_of_accounts(database: TestDatabase) {
    let world = world(database).await;
    let browser = open(world.console(&world.url)).await;
    assert!(browser.get("/log-in").await.has("/log-in/forgot"));
    assert!(browser.get("/log-in/forgot").await.has("Send link"));
    let known = browser.post("/log-in/forgot", &[("email", ADA)]).await;
    let unknown = browser.post("/log-in/forgot", &[("email", "nobody@acme.example")]).await;
    assert_eq!((known.status, unknown.status), (StatusCode::OK, StatusCode::OK));
    let text = |answer: &crate::support::Answer| answer.body.split("<main").nth(1).unwrap().to_owned();
    assert!(known.has("a link is on its way") && text(&known) == text(&unknown));
}

async fn a_host_manages_its_users_itself(database: TestDatabase) {
    let company = company();
    let pat = Person::new(company, Role::Admin);
    pat.scope(&database).customers().create(NewCustomer::organization("Lee")).await.unwrap();
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let page = browser.get("/settings/users").await;
        assert!(page.has("managed in the application") && page.has("Pat Person"));
        assert!(!page.has("/settings/teams") && !page.has("/settings/users/new"));
        for path in ["/settings/teams", "/settings/users/new", "/log-in/forgot"] {
            assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(browser.post("/settings/users", &[("email", "a@b.example")]).await.status, StatusCode::NOT_FOUND);
    }
    // The port needs the token of a session.
    let service = crm_web::Service::new(crm_core::Crm::default(), database.connection.clone(), crate::support::Host);
    let options = crm_console::accounts::RemoteAccountsOptions::new("http://127.0.0.1:1");
    let accounts = crm_console::accounts::RemoteAccounts::new(options).unwrap();
    let browser = open(Console::new(service).with_accounts(accounts)).await;
    browser.cookies.borrow_mut().insert("erp".to_owned(), pat.word());
    assert!(browser.get("/settings/users").await.has("managed in the application"));
}
