//! Lists of users.

use std::collections::HashSet;

use crm_core::actor::Role;
use crm_core::page::{Count, PageRequest};
use testkit::{Suite, TestDatabase};
use user_management::users::{NewUser, UserQuery, UserStatus};

use crate::support::{Service, service};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [lists_are_filtered_and_sorted, pages_neither_skip_nor_repeat]);
}

async fn named(service: &Service, admin: &user_management::Caller, name: &str, email: &str) {
    let new = NewUser { name: Some(name.into()), ..NewUser::with_email(email) };
    service.invited(admin, new).await;
}

async fn lists_are_filtered_and_sorted(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "boss@acme.example").await;
    service.wait(1);
    named(&service, &admin, "Zoë", "zoe@acme.example").await;
    service.wait(1);
    named(&service, &admin, "adam_x", "a@acme.example").await;
    let by = |change: fn(&mut UserQuery)| {
        let mut query = UserQuery::default();
        change(&mut query);
        query
    };
    let all = ["a@acme.example", "boss@acme.example", "zoe@acme.example"];
    assert_eq!(service.emails(&admin, &UserQuery::default()).await, all);
    let newest = UserQuery { sort: "-createdAt".parse().expect("a sort"), ..UserQuery::default() };
    let expected = ["a@acme.example", "zoe@acme.example", "boss@acme.example"];
    assert_eq!(service.emails(&admin, &newest).await, expected);
    assert_eq!(service.emails(&admin, &by(|query| query.q = Some("ZOE".into()))).await, ["zoe@acme.example"]);
    assert_eq!(service.emails(&admin, &by(|query| query.q = Some("m_x".into()))).await, ["a@acme.example"]);
    assert_eq!(service.emails(&admin, &by(|query| query.q = Some("%".into()))).await, [""; 0]);
    assert_eq!(service.emails(&admin, &by(|query| query.q = Some("ZOE@".into()))).await, ["zoe@acme.example"]);
    assert_eq!(service.emails(&admin, &by(|query| query.q = Some("Zoë".into()))).await, ["zoe@acme.example"]);
    assert_eq!(service.emails(&admin, &by(|query| query.role = Some(Role::Admin))).await, ["boss@acme.example"]);
    let active = by(|query| query.status = Some(UserStatus::Active));
    assert_eq!(service.emails(&admin, &active).await, ["boss@acme.example"]);
}

async fn pages_neither_skip_nor_repeat(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "boss@acme.example").await;
    // Two share each name, and all share the time.
    for number in 0..12 {
        named(&service, &admin, &format!("User {}", number / 2), &format!("u{number}@acme.example")).await;
    }
    for sort in ["name", "-name", "createdAt", "-createdAt"] {
        let query = UserQuery { sort: sort.parse().expect("a sort"), ..UserQuery::default() };
        let (mut seen, mut request) = (Vec::new(), PageRequest::default().limit(5).count(Count::Exact));
        loop {
            let page = service.um.users(&admin).list(&query, &request).await.expect("a page");
            assert!(page.total.is_none_or(|total| total == 13));
            seen.extend(page.data.iter().map(|user| user.id));
            match page.next_cursor {
                Some(cursor) => request = PageRequest::after(cursor).limit(5),
                None => break,
            }
        }
        assert_eq!((seen.len(), seen.iter().collect::<HashSet<_>>().len()), (13, 13), "{sort}");
    }
}
