//! The statements of the service, recorded from the core itself so that they cannot drift; and the minimal plain
//! statements.

use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use crm_core::Crm;
use crm_core::customers::{CustomerSearch, NewCustomer};
use crm_core::page::{Count, PageRequest};
use crm_core::sea_orm::{ConnectOptions, Database, Statement, Value};
use uuid::Uuid;

use crate::data::Data;
use crate::operation::Operation;

/// A script for pgbench: statements with their values in them, one a line.
pub(crate) type Script = String;

/// The scripts of each operation.
pub(crate) struct Statements {
    /// What the service sends, for each operation and each of its requests.
    sent: Vec<(Operation, Vec<Vec<Statement>>)>,
    list: Script,
    get: Vec<Script>,
}

impl Statements {
    /// What the service sends, one script for each of the requests.
    pub fn same(&self, operation: Operation) -> Result<Vec<Script>> {
        self.requests(operation).iter().map(|sent| script(operation, sent)).collect()
    }

    /// The same customers with the same columns, of their table alone. None for what writes or searches.
    pub fn plain(&self, operation: Operation) -> &[Script] {
        match operation {
            Operation::List | Operation::ListCounted => std::slice::from_ref(&self.list),
            Operation::Get => &self.get,
            Operation::Create | Operation::Search => &[],
        }
    }

    /// What the service sends, request by request.
    pub fn requests(&self, operation: Operation) -> &[Vec<Statement>] {
        let sent = self.sent.iter().find(|(of, _)| *of == operation);
        sent.map_or(&[], |(_, requests)| requests)
    }
}

/// What a new customer of the benchmark is.
pub(crate) fn new_customer() -> NewCustomer {
    NewCustomer {
        phone: Some("030 901820".to_owned()),
        organization_name: Some("Bench Ltd".to_owned()),
        city: Some("Berlin".to_owned()),
        country: Some("Germany".to_owned()),
        ..NewCustomer::person("Benny", "Bench")
    }
}

/// Calls the core as the service does and keeps what it sent.
pub(crate) async fn capture(url: &str, data: &Data) -> Result<Statements> {
    let sent: Arc<Mutex<Vec<Statement>>> = Arc::default();
    let mut connect = ConnectOptions::new(url);
    connect.sqlx_logging(false).max_connections(1).test_before_acquire(false);
    let mut db = Database::connect(connect).await?;
    let log = sent.clone();
    db.set_metric_callback(move |info| {
        if let Ok(mut sent) = log.lock() {
            sent.push(info.statement.clone());
        }
    });
    let take = || sent.lock().map(|mut sent| std::mem::take(&mut *sent)).ok().context("the log is poisoned");
    let mut scope = Crm::default().on(data.actor(), &db);
    // The mirrors of company and user are written and remembered here, and not during the measurement.
    scope.customers().create(new_customer()).await?;
    let mut all = Vec::new();
    for operation in Operation::ALL {
        // The default count of the service.
        let page = PageRequest::new(None, Some(20), None)?;
        let mut requests = Vec::new();
        take()?;
        match operation {
            Operation::List => {
                drop(scope.customers().list(&Default::default(), &page.clone().count(Count::None)).await?)
            }
            Operation::ListCounted => drop(scope.customers().list(&Default::default(), &page).await?),
            Operation::Create => drop(scope.customers().create(new_customer()).await?),
            Operation::Get => {
                for customer in &data.customers {
                    scope.customers().get(*customer).await?;
                    requests.push(take()?);
                }
            }
            Operation::Search => {
                for word in &data.words {
                    let search = CustomerSearch { text: word.clone(), ..CustomerSearch::default() };
                    scope.customers().search(&search, &page).await?;
                    requests.push(take()?);
                }
            }
        }
        let rest = take()?;
        requests.extend((!rest.is_empty()).then_some(rest));
        ensure!(!requests.is_empty(), "{} sends nothing", operation.name());
        all.push((operation, requests));
    }
    Ok(Statements { sent: all, list: plain_list(data), get: plain_get(data) })
}

fn plain_list(data: &Data) -> Script {
    format!(
        "SELECT {} FROM crm_customers WHERE company_id = '{}' AND deleted_at IS NULL AND is_archived = FALSE \
         ORDER BY created_at DESC, id DESC LIMIT 20;\n",
        data.columns.join(", "),
        data.company
    )
}

fn plain_get(data: &Data) -> Vec<Script> {
    let (columns, company) = (data.columns.join(", "), data.company);
    let get = |id: &_| {
        format!(
            "SELECT {columns} FROM crm_customers WHERE company_id = '{company}' AND id = '{id}' AND deleted_at IS NULL;\n"
        )
    };
    data.customers.iter().map(get).collect()
}

/// What a request sends; what it writes in a transaction, and with new ids each time.
fn script(operation: Operation, sent: &[Statement]) -> Result<Script> {
    let lines: String = sent.iter().map(|statement| format!("{};\n", literal(statement))).collect();
    if operation != Operation::Create {
        return Ok(lines);
    }
    // pgbench has no UUIDs: each new id is made by the server from random numbers that the script shares.
    let mut body = format!("BEGIN;\n{lines}END;\n");
    let mut numbers = String::new();
    for (index, id) in new_ids(sent).iter().enumerate() {
        for half in ["high", "low"] {
            numbers.push_str(&format!("\\set {half}{index} random(1, 9000000000000000000)\n"));
        }
        let made = format!(
            "(lpad(to_hex(:high{index}::bigint), 16, '0') || lpad(to_hex(:low{index}::bigint), 16, '0'))::uuid"
        );
        body = body.replace(&format!("'{id}'"), &made);
    }
    Ok(numbers + &body)
}

/// The ids that the core has made: of version 7, where those that the benchmark chose itself are of version 4.
fn new_ids(sent: &[Statement]) -> Vec<Uuid> {
    let values = sent.iter().filter_map(|statement| statement.values.as_ref()).flat_map(|values| &values.0);
    let mut ids: Vec<Uuid> = values
        .filter_map(|value| match value {
            Value::Uuid(Some(id)) if id.get_version_num() == 7 => Some(*id),
            _ => None,
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The statement with its values in it, on one line; pgbench reads a colon before a letter as a variable.
pub(crate) fn literal(statement: &Statement) -> String {
    let text = statement.to_string().replace('\n', " ");
    ["null", "true", "false"]
        .iter()
        .fold(text, |text, word| text.replace(&format!("\":{word}"), &format!("\": {word}")))
}
