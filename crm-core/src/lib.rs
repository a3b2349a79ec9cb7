//! A multi-tenant CRM to embed: leads and customers with notes, interactions, tasks, deals, tags, search, statistics,
//! history, audit and events, inside the host's process, on its connection and in its transaction.
//!
//! # Embedding
//!
//! A host provides a [`sea_orm`] connection (SQLite or PostgreSQL), runs the `migration` crate next to its own
//! migrations, and names the actor of each call. All tables start with `crm_`; nothing else in the database is changed.
//!
//! ```
//! use crm_core::Crm;
//! use crm_core::actor::{Actor, Role};
//! use crm_core::customers::{CustomerQuery, NewCustomer};
//! use crm_core::ids::{CompanyId, UserId};
//! use crm_core::page::PageRequest;
//! use uuid::Uuid;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let db = crm_core::sea_orm::Database::connect("sqlite::memory:").await?;
//! migration::up(&db).await?;
//! let crm = Crm::default(); // one for the process; `Crm::builder()` takes a clock, a directory of users, a key for the audit
//!
//! // Keys that are no UUIDs are mapped, always to the same ones.
//! const ERP: Uuid = Uuid::from_u128(0x8f0c_5d3e_3f5b_4d6f_9a53_0c3c_8e9d_2b17);
//! let (company, user) = (CompanyId::from_foreign(ERP, "4711"), UserId::from_foreign(ERP, "42"));
//! let mut scope = crm.on(Actor::user(company, user, Role::SalesRep), &db);
//!
//! let ann = NewCustomer { email: Some("ann@example.com".into()), ..NewCustomer::person("Ann", "Lee") };
//! let ann = scope.customers().create(ann).await?;
//! let page = scope.customers().list(&CustomerQuery::default(), &PageRequest::default()).await?;
//! assert_eq!(page.data, [ann]);
//! # Ok(()) }
//! ```
//!
//! A [`CompanyScope`] gives access only to what the actor may read and change, and never to another company's rows.
//! Each write is atomic, checks rights and version, and records its history, its audit entry and its event in its own
//! transaction.
//!
//! # In the host's transaction
//!
//! [`Crm::within`] makes every write a savepoint of the host's transaction. After a failed write the transaction is
//! still usable, and a rollback of the host undoes everything, including events and audit entries.
//!
//! ```
//! # use crm_core::Crm;
//! # use crm_core::actor::Actor;
//! # use crm_core::customers::{CustomerQuery, ExternalRef, NewCustomer};
//! # use crm_core::ids::CompanyId;
//! # use crm_core::sea_orm::{ConnectionTrait, DatabaseConnection};
//! /// Books an invoice and makes its recipient a customer: both or neither.
//! async fn invoice(crm: &Crm, db: &DatabaseConnection, company: CompanyId, number: i64) -> anyhow::Result<()> {
//!     let mut tx = crm_core::begin_write(db).await?; // on SQLite it takes the write lock at once, and so never fails later
//!     tx.execute_unprepared(&format!("INSERT INTO invoices (number) VALUES ({number})")).await?;
//!     let lee = NewCustomer {
//!         external_refs: Some(vec![ExternalRef::new("erp", number.to_string())]),
//!         ..NewCustomer::organization("Lee & Co")
//!     };
//!     crm.within(Actor::system(company), &mut tx).customers().create(lee).await?;
//!     tx.commit().await?;
//!     Ok(())
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyhow::Result<()> {
//! # let db = crm_core::sea_orm::Database::connect("sqlite::memory:").await?;
//! # migration::up(&db).await?;
//! # db.execute_unprepared("CREATE TABLE invoices (number INTEGER PRIMARY KEY)").await?;
//! # let (crm, company) = (Crm::default(), CompanyId(uuid::Uuid::from_u128(1)));
//! # invoice(&crm, &db, company, 1).await?;
//! # assert!(invoice(&crm, &db, company, 1).await.is_err());
//! # let mut scope = crm.on(Actor::system(company), &db);
//! # assert_eq!(scope.customers().list(&CustomerQuery::default(), &Default::default()).await?.data.len(), 1);
//! # Ok(()) }
//! ```
//!
//! A scope borrows its transaction mutably, and a repository its scope: using two at once does not compile, because
//! their savepoints would overlap. For several writes that belong together use [`CompanyScope::begin`].
//!
//! # Events
//!
//! Every committed write is an event (CloudEvents 1.0, without personal data). A consumer reads unacknowledged events,
//! processes them, and acknowledges them: each event is delivered at least once, and a record's events in the order of
//! its versions.
//!
//! ```
//! # use crm_core::Crm;
//! # use crm_core::actor::Actor;
//! # use crm_core::customers::NewCustomer;
//! # use crm_core::ids::CompanyId;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyhow::Result<()> {
//! # let db = crm_core::sea_orm::Database::connect("sqlite::memory:").await?;
//! # migration::up(&db).await?;
//! # let crm = Crm::default();
//! # let mut scope = crm.on(Actor::system(CompanyId(uuid::Uuid::from_u128(1))), &db);
//! # scope.customers().create(NewCustomer::organization("Lee & Co")).await?;
//! # let mut seen = 0;
//! let pending = crm.pending_events(&db, "erp", 100).await?;
//! for event in &pending.events {
//!     println!("{} of {}: version {}", event.event_type, event.subject, event.data.version);
//! #   seen += 1;
//! }
//! crm.acknowledge(&db, "erp", &pending.cursor).await?;
//! # assert_eq!(seen, 1);
//! # assert!(crm.pending_events(&db, "erp", 100).await?.events.is_empty());
//! # Ok(()) }
//! ```
//!
//! This is for one reader. With several processes, [`Crm::consumer`] delivers each company's events to one of them at a
//! time, and acknowledges accepted events; [`Crm::commits`] notifies of new events.
//!
//! # Rights, names, idempotency
//!
//! - A host with its own rights passes them with [`Actor::with_permissions`](actor::Actor::with_permissions); the five
//!   roles are the default.
//! - Names of users come from [`Actor::with_profile`](actor::Actor::with_profile), from
//!   [`Users::mirror`](users::Users::mirror), or from a [`UserDirectory`](users::UserDirectory).
//! - [`Crm::companies`] suspends, reactivates or deletes a company: everything of a closed company is refused.
//! - [`CompanyScope::once`] makes a request safe to retry.
//! - [`jobs`] do what must not hold up a request, or must happen later: enqueued with their cause, each effect once.
//! - [`ai`] summarises interactions and suggests replies by a language model of the host's choice, after the write.
//! - [`Error`] has a variant for each kind of error that a caller can handle; all violations of an input are reported
//!   at once.

pub mod activity;
pub mod ai;
pub mod audit;
mod base;
pub mod calendar_feeds;
pub mod capture_forms;
pub mod companies;
pub mod consents;
mod crm;
pub mod currency_rates;
pub mod custom_fields;
pub mod customers;
pub mod deals;
pub mod events;
pub mod history;
pub mod import_mappings;
pub mod interactions;
pub mod jobs;
mod journal;
pub mod lead_assignment_rules;
pub mod lead_scoring;
pub mod lead_statuses;
pub mod leads;
pub mod notes;
pub mod notifications;
pub mod pipelines;
pub mod preferences;
pub mod privacy;
mod query;
pub mod quotas;
mod reindex;
mod repeats;
pub mod saved_views;
mod scope;
pub mod stats;
pub mod suppressions;
pub mod tags;
pub mod tasks;
pub mod timeline;
pub mod users;
pub mod working_time;

pub use base::error::{Conflict, Error, Kind, Malformed, Result, Violation, Violations};
pub use base::string_enum::UnknownName;
pub use base::{clock, decimal, ids, json, money, patch, places, string_enum, text};
pub use journal::idempotency::IdempotencyKey;
pub use query::{filter, page, sort};
pub use reindex::Reindexed;
pub use repeats::Once;
pub use scope::actor;
pub use scope::{CompanyScope, CompanyTx, Crm, CrmBuilder, begin_write};
pub use sea_orm;
