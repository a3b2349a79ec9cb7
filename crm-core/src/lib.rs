//! A multi-tenant CRM to embed: customers with notes, interactions, tags, search, statistics, history, audit and events,
//! inside the host's process, on its connection and in its transaction.
//!
//! # Embedding
//!
//! A host brings a [`sea_orm`] connection (SQLite or PostgreSQL), runs the `migration` crate beside its own migrations,
//! and says who asks. All tables start with `crm_`; nothing else in the database is touched.
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
//! What the actor may not see or do, another company's rows first of all, a [`CompanyScope`] does not give: there is no
//! other way to the rows. Each write is atomic in itself, checks rights and version, and leaves its history, its audit
//! entry and its event in its own transaction.
//!
//! # In the host's transaction
//!
//! [`Crm::within`] makes every write a savepoint of the host's transaction. A failed one leaves that usable, and what the
//! host rolls back has never happened, events and audit included.
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
//! A scope has its transaction to itself, and a repository its scope: two on one do not compile, because their savepoints
//! would take each other's rows with them. For several writes of the CRM that belong together there is
//! [`CompanyScope::begin`].
//!
//! # Events
//!
//! Every committed write is an event (CloudEvents 1.0, without personal data). A consumer reads what it has not
//! acknowledged, deals with it, and then acknowledges: each event comes at least once, and a record's events in the order
//! of its versions.
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
//! That is for one reader. Where several processes share the work, [`Crm::consumer`] hands each company's events to one of them
//! at a time, and acknowledges what was taken; [`Crm::commits`] tells when there is something to do.
//!
//! # Rights, names, repeated requests
//!
//! - A host with rights of its own passes them with [`Actor::with_permissions`](actor::Actor::with_permissions); the five
//!   roles are the default.
//! - Names of users come from [`Actor::with_profile`](actor::Actor::with_profile), from
//!   [`Users::mirror`](users::Users::mirror), or from a [`UserDirectory`](users::UserDirectory).
//! - [`Crm::companies`] suspends a company, lets it in again, or deletes it: a closed company is refused everything.
//! - [`CompanyScope::once`] gives a request that is sent twice one effect.
//! - [`Error`] tells what went wrong, in terms a caller can act on; all faults of a value come at once.

pub mod audit;
mod base;
pub mod companies;
mod crm;
pub mod customers;
pub mod events;
pub mod history;
pub mod interactions;
mod journal;
pub mod notes;
mod query;
mod reindex;
mod repeats;
mod scope;
pub mod stats;
pub mod tags;
pub mod timeline;
pub mod users;

pub use base::error::{Conflict, Error, Kind, Malformed, Result, Violation, Violations};
pub use base::string_enum::UnknownName;
pub use base::{clock, ids, json, patch, places, text};
pub use journal::idempotency::IdempotencyKey;
pub use query::{filter, page, sort};
pub use reindex::Reindexed;
pub use repeats::Once;
pub use scope::actor;
pub use scope::{CompanyScope, CompanyTx, Crm, CrmBuilder, begin_write};
pub use sea_orm;
