//! Pages read in a fixed number of statements, however many rows they show.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use chrono::{TimeDelta, Utc};
use crm_console::Console;
use crm_core::Crm;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::interactions::{InteractionType, NewInteraction, Participant};
use crm_core::notes::NewNote;
use crm_web::Service;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Browser, Host, Person, company, open};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [pages_read_in_a_fixed_number_of_statements]);
}

/// The pages, and the statements of each at most: the company's settings, the user's preferences, the
/// company's users, the saved views, the list, the names of customers.
const PAGES: &[(&str, usize)] = &[
    ("/interactions?view=all&owner=all", 6),
    ("/interactions?view=all&owner=all&as=list", 6),
    ("/interactions?view=all&owner=all&as=list&columns=subject,participants,customerId", 6),
    ("/interactions/new", 3),
    ("/tags", 3),
    ("/trash", 4),
    ("/trash?of=interactions", 5),
    ("/customers/{customer}/trash", 5),
    ("/customers/{customer}/trash?of=interactions", 5),
];

async fn pages_read_in_a_fixed_number_of_statements(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let counter = Arc::new(AtomicUsize::new(0));
    let browser = counted(&database, person, &counter).await;
    let first = fill(&database, person, 1).await;
    let few = costs(&browser, &counter, &first).await;
    fill(&database, person, 20).await;
    let many = costs(&browser, &counter, &first).await;
    for ((page, most), (few, many)) in PAGES.iter().zip(few.into_iter().zip(many)) {
        assert!(few > 0 && many <= few, "{page} takes {few} statements for one row, and {many} for more");
        assert!(many <= *most, "{page} takes {many} statements");
    }
}

async fn costs(browser: &Browser, counter: &AtomicUsize, customer: &str) -> Vec<usize> {
    let mut costs = Vec::new();
    for (page, _) in PAGES {
        let page = page.replace("{customer}", customer);
        // What is kept between requests is known by now.
        browser.get(&page).await;
        counter.store(0, Ordering::SeqCst);
        let answer = browser.get(&page).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}: {}", answer.body);
        costs.push(counter.load(Ordering::SeqCst));
    }
    costs
}

/// A console on a pool whose statements are counted.
async fn counted(database: &TestDatabase, person: Person, counter: &Arc<AtomicUsize>) -> Browser {
    let mut pool = database.connect(2).await.unwrap();
    let statements = counter.clone();
    pool.set_metric_callback(move |query| {
        let control = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET "];
        if !control.iter().any(|start| query.statement.sql.starts_with(start)) {
            statements.fetch_add(1, Ordering::SeqCst);
        }
    });
    let browser = open(Console::new(Service::new(Crm::default(), pool, Host))).await;
    browser.cookies.borrow_mut().insert("erp".to_owned(), person.word());
    browser
}

/// Customers with interactions and notes, half of them in the trash; gives the first of them.
async fn fill(database: &TestDatabase, person: Person, count: i64) -> String {
    let mut scope = person.scope(database);
    let mut first = None;
    for number in 0..count {
        let id = scope.customers().create(NewCustomer::organization(format!("Firm {number}"))).await.unwrap().id;
        let of = *first.get_or_insert(id);
        let at = Utc::now() + TimeDelta::hours(number);
        for customer in [id, of] {
            let call = || NewInteraction::of(InteractionType::Call, "Call").planned(at);
            let with = vec![Participant::customer(id), Participant::email("ann@example.com")];
            let call_with = NewInteraction { participants: Some(with), ..call() };
            scope.interactions(customer).create(call_with).await.unwrap();
            let deleted = scope.interactions(customer).create(call()).await.unwrap().id;
            scope.interactions(customer).delete(deleted, None).await.unwrap();
            let note = scope.notes(customer).create(NewNote::text("Note")).await.unwrap().id;
            scope.notes(customer).delete(note, None).await.unwrap();
        }
        scope.customer_tags(id).add([format!("Tag {}", uuid::Uuid::new_v4().simple()).as_str()]).await.unwrap();
        let deleted = scope.customers().create(NewCustomer::organization("Deleted")).await.unwrap().id;
        scope.customers().delete(deleted, None).await.unwrap();
    }
    first.map(|id| id.to_string()).unwrap_or_default()
}
