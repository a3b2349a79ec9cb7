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
use crm_core::leads::NewLead;
use crm_core::money::Money;
use crm_core::notes::NewNote;
use crm_core::tasks::NewTask;
use crm_web::Service;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Browser, Host, Person, company, open};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [pages_read_in_a_fixed_number_of_statements]);
}

/// The pages, and the statements of each at most: the company's settings, the user's preferences, the number at the
/// bell, the company's users, the saved views, the list, the names of customers.
const PAGES: &[(&str, usize)] = &[
    ("/interactions?view=all&owner=all", 7),
    ("/interactions?view=all&owner=all&as=list", 7),
    ("/interactions?view=all&owner=all&as=list&columns=subject,participants,customerId", 7),
    ("/interactions/new", 4),
    ("/tasks?view=all&assignee=all", 7),
    ("/tasks?view=all&assignee=all&q=task&columns=title,customerId,assigneeId,checklist", 7),
    ("/tasks/agenda?assignee=all", 6),
    ("/tasks/calendar?assignee=all", 6),
    ("/tasks/new", 4),
    ("/tasks/{task}", 6),
    ("/tasks/{task}/edit", 6),
    ("/tags", 4),
    ("/trash", 5),
    ("/trash?of=interactions", 6),
    ("/trash?of=tasks", 6),
    ("/customers/{customer}/trash", 6),
    ("/customers/{customer}/trash?of=interactions", 6),
    ("/customers/{customer}/trash?of=tasks", 6),
    ("/trash?of=deals", 5),
    ("/customers/{customer}/trash?of=deals", 6),
    // The pipelines, and two for the board itself.
    ("/deals", 6),
    ("/deals?owner=me&q=deal", 6),
    // The list and what it is worth, the users, the saved views, the pipelines.
    ("/deals/table", 8),
    ("/deals/table?columns=name,customerId,pipelineId,competitor,weightedAmount", 8),
    ("/deals/table?customer={customer}", 9),
    ("/deals/{deal}", 8),
    ("/deals/{deal}/edit", 5),
    ("/deals/{deal}/move", 5),
    ("/deals/new", 4),
    // The users, the pipelines, the customer, and the currency of the last deal.
    ("/deals/new?customer={customer}", 7),
    ("/settings/pipelines", 4),
    ("/settings/capture-forms", 4),
    ("/notifications", 4),
    // Two for the board itself.
    ("/leads", 5),
    ("/leads?owner=me&q=lead&rating=hot", 5),
    // The saved views, the list, the statuses, the users.
    ("/leads/table", 7),
    ("/leads/table?columns=name,tags,email,estimatedValue,lastContactAt&status=new", 7),
    // The lead, the statuses, the users, the timeline, the pinned notes, the tasks, the names of tags.
    ("/leads/{lead}", 11),
    ("/leads/{lead}/edit", 5),
    ("/leads/{lead}/move", 5),
    ("/leads/{lead}/assign", 5),
    ("/leads/new", 5),
    ("/trash?of=leads", 5),
    ("/settings/lead-statuses", 4),
    // Four for the forecast itself, the users, the pipelines, the quotas of a month.
    ("/deals/forecast", 10),
    // At most four for the numbers, and one for each choice of the form.
    ("/reports", 8),
    ("/reports?period=year&cohorts=month&owner=me", 8),
    ("/reports/pipeline", 9),
    ("/reports/leaderboard", 7),
    ("/reports/leads", 8),
    ("/reports/tasks", 6),
    // The entries and their users, the choice of users, and the names of customers, leads, deals and tasks.
    ("/activity", 10),
    ("/activity?kind=deal", 7),
    // The rules, what was learned with its weights, and how good that is.
    ("/settings/lead-scoring", 7),
    // The rules, the users, the teams.
    ("/settings/lead-assignment-rules", 6),
    ("/settings/lead-assignment-rules/new", 6),
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

async fn costs(browser: &Browser, counter: &AtomicUsize, ids: &[(&str, String)]) -> Vec<usize> {
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

/// Customers with interactions, tasks, notes and deals, and leads, half of them in the trash; gives the first customer, their
/// task, their deal and the first lead by what stands for them in addresses.
async fn fill(database: &TestDatabase, person: Person, count: i64) -> [(&'static str, String); 4] {
    let mut scope = person.scope(database);
    let (mut first, mut first_task, mut first_deal, mut first_lead) = (None, None, None, None);
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
        let lead = scope.leads().create(NewLead::organization(format!("Lead {number}"))).await.unwrap().id;
        let of_lead = *first_lead.get_or_insert(lead);
        scope.lead_notes(of_lead).create(NewNote::text("Note")).await.unwrap();
        scope.lead_tags(of_lead).add([format!("Lead {}", uuid::Uuid::new_v4().simple()).as_str()]).await.unwrap();
        let deleted = scope.leads().create(NewLead::organization("Deleted")).await.unwrap().id;
        scope.leads().delete(deleted, None).await.unwrap();
        let deleted = scope.customers().create(NewCustomer::organization("Deleted")).await.unwrap().id;
        scope.customers().delete(deleted, None).await.unwrap();
    }
    [
        ("{customer}", first.unwrap().to_string()),
        ("{task}", first_task.unwrap().to_string()),
        ("{deal}", first_deal.unwrap().to_string()),
        ("{lead}", first_lead.unwrap().to_string()),
    ]
}

fn amount(number: i64) -> Option<Money> {
    let currency = if number % 2 == 0 { "EUR" } else { "JPY" };
    Some(Money { amount: number * 100, currency: currency.parse().unwrap() })
}
