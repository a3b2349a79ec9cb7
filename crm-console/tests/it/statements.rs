//! Pages read in a fixed number of statements, however many rows they show.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use chrono::{TimeDelta, Utc};
use crm_console::Console;
use crm_core::Crm;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::deals::{DealMove, NewDeal};
use crm_core::interactions::{InteractionType, NewInteraction, Participant};
use crm_core::money::Money;
use crm_core::notes::NewNote;
use crm_core::tasks::NewTask;
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
    ("/tasks?view=all&assignee=all", 6),
    ("/tasks?view=all&assignee=all&q=task&columns=title,customerId,assigneeId,checklist", 6),
    ("/tasks/agenda?assignee=all", 5),
    ("/tasks/calendar?assignee=all", 5),
    ("/tasks/new", 3),
    ("/tasks/{task}", 5),
    ("/tasks/{task}/edit", 5),
    ("/tags", 3),
    ("/trash", 4),
    ("/trash?of=interactions", 5),
    ("/trash?of=tasks", 5),
    ("/customers/{customer}/trash", 5),
    ("/customers/{customer}/trash?of=interactions", 5),
    ("/customers/{customer}/trash?of=tasks", 5),
    ("/trash?of=deals", 4),
    ("/customers/{customer}/trash?of=deals", 5),
    // The pipelines, and two for the board itself.
    ("/deals", 5),
    ("/deals?owner=me&q=deal", 5),
    // The list and what it is worth, the users, the saved views, the pipelines.
    ("/deals/table", 7),
    ("/deals/table?columns=name,customerId,pipelineId,competitor,weightedAmount", 7),
    ("/deals/table?customer={customer}", 8),
    ("/deals/{deal}", 7),
    ("/deals/{deal}/edit", 4),
    ("/deals/{deal}/move", 4),
    ("/deals/new", 3),
    // The users, the pipelines, the customer, and the currency of the last deal.
    ("/deals/new?customer={customer}", 6),
    ("/settings/pipelines", 3),
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

async fn costs(browser: &Browser, counter: &AtomicUsize, ids: &[(&str, String); 3]) -> Vec<usize> {
    let mut costs = Vec::new();
    for (page, _) in PAGES {
        let page = ids.iter().fold((*page).to_owned(), |page, (name, id)| page.replace(*name, id));
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

/// Customers with interactions, tasks, notes and deals, half of them in the trash; gives the first customer, their task
/// and their deal by what stands for them in addresses.
async fn fill(database: &TestDatabase, person: Person, count: i64) -> [(&'static str, String); 3] {
    let mut scope = person.scope(database);
    let (mut first, mut first_task, mut first_deal) = (None, None, None);
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
            let to_do = || NewTask::titled("Task").due(at).for_customer(customer);
            first_task.get_or_insert(scope.tasks().create(to_do()).await.unwrap().id);
            let deleted = scope.tasks().create(to_do()).await.unwrap().id;
            scope.tasks().delete(deleted, None).await.unwrap();
            let note = scope.notes(customer).create(NewNote::text("Note")).await.unwrap().id;
            scope.notes(customer).delete(note, None).await.unwrap();
        }
        let new = || NewDeal { amount: amount(number), ..NewDeal::named(format!("Deal {number}")) };
        let deal = scope.deals().create(id, new()).await.unwrap().id;
        scope.deals().move_to(deal, DealMove::to("proposal"), None).await.unwrap();
        first_deal.get_or_insert(deal);
        let deleted = scope.deals().create(of, new()).await.unwrap().id;
        scope.deals().delete(deleted, None).await.unwrap();
        scope.customer_tags(id).add([format!("Tag {}", uuid::Uuid::new_v4().simple()).as_str()]).await.unwrap();
        let deleted = scope.customers().create(NewCustomer::organization("Deleted")).await.unwrap().id;
        scope.customers().delete(deleted, None).await.unwrap();
    }
    [
        ("{customer}", first.unwrap().to_string()),
        ("{task}", first_task.unwrap().to_string()),
        ("{deal}", first_deal.unwrap().to_string()),
    ]
}

fn amount(number: i64) -> Option<Money> {
    let currency = if number % 2 == 0 { "EUR" } else { "JPY" };
    Some(Money { amount: number * 100, currency: currency.parse().unwrap() })
}
