//! The owners of customers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use crm_core::actor::Role;
use crm_core::customers::{CustomerQuery, NewCustomer};
use crm_core::ids::{CompanyId, UserId};
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::patch::Patch;
use crm_core::users::OwnerFilter;
use crm_core::users::{UserDirectory, UserProfile, UserRef};
use crm_core::{CompanyScope, Crm, Error, IdempotencyKey, begin_write};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use testkit::{Suite, TestDatabase};
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::support::{TestCrm, assert_matches, malformed, patch, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        an_owner_is_a_user_the_crm_has_seen,
        an_owner_the_directory_knows_is_mirrored,
        a_directory_that_fails_stops_the_write,
        a_directory_on_the_only_connection_is_asked,
        no_transaction_is_open_while_a_directory_is_asked,
        a_directory_is_not_asked_in_a_hosts_transaction,
        no_user_is_looked_up_for_an_actor_who_may_not,
        a_retired_user_gets_no_customers_and_keeps_their_own,
        an_owner_of_another_company_is_unknown,
        customers_are_listed_by_owner,
    ]);
}

/// The host's own table of people, by company.
#[derive(Clone)]
struct People {
    known: Vec<(CompanyId, UserProfile)>,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl UserDirectory for People {
    async fn find(&self, company: CompanyId, user: UserId) -> crm_core::Result<Option<UserProfile>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.known.iter().find(|(at, known)| *at == company && known.id == user).map(|(_, known)| known.clone()))
    }
}

fn profile(name: &str, is_active: bool) -> UserProfile {
    let email = Some(format!("{name}@example.com"));
    UserProfile { id: UserId(Uuid::new_v4()), display_name: Some(name.to_owned()), email, is_active }
}

fn owned_by(owner: UserId) -> NewCustomer {
    NewCustomer { owner_id: Some(owner), ..NewCustomer::organization("Lee & Co") }
}

async fn an_owner_is_a_user_the_crm_has_seen(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let stranger = UserId(Uuid::new_v4());
    assert_eq!(violation(crm.create(owned_by(stranger)).await, "/ownerId"), "user_unknown");
    let written = crm.named("Lee & Co").await?;
    let change = patch(|p| &mut p.owner_id, stranger);
    assert_eq!(violation(crm.admin().customers().update(written.id, change, None).await, "/ownerId"), "user_unknown");

    let sales = crm.ensure_mirrored(Role::SalesRep).await?;
    let written = crm.create(owned_by(sales)).await?;
    assert_eq!(written.owner, Some(UserRef { id: sales, display_name: Some("The sales_rep".into()) }));
    let unassigned =
        crm.admin().customers().update(written.id, patch(|p| &mut p.owner_id, None::<UserId>), None).await?;
    assert_eq!((unassigned.owner_id, &unassigned.owner), (None, &None));
    assert_eq!(crm.get(&written).await?, unassigned);
    Ok(())
}

async fn an_owner_the_directory_knows_is_mirrored(database: TestDatabase) -> anyhow::Result<()> {
    let (known, retired) = (profile("Ann", true), profile("Old", false));
    let mut people = People { known: Vec::new(), asked: Arc::default() };
    let company = CompanyId(Uuid::new_v4());
    people.known = vec![(company, known.clone()), (company, retired.clone())];
    let asked = people.asked.clone();
    let crm = TestCrm { company, ..TestCrm::with(&database, Crm::builder().user_directory(people)) };

    let written = crm.create(owned_by(known.id)).await?;
    assert_eq!(written.owner, Some(UserRef { id: known.id, display_name: Some("Ann".into()) }));
    let mirrored = crm.admin().users().get(known.id).await?;
    assert_eq!((mirrored.display_name, mirrored.email), (known.display_name.clone(), known.email.clone()));
    crm.create(owned_by(known.id)).await?;
    assert_eq!(asked.load(Ordering::SeqCst), 1, "who is mirrored is not looked up again");

    assert_eq!(violation(crm.create(owned_by(retired.id)).await, "/ownerId"), "user_unknown");
    assert_eq!(violation(crm.other_company().create(owned_by(known.id)).await, "/ownerId"), "user_unknown");
    Ok(())
}

async fn a_directory_that_fails_stops_the_write(database: TestDatabase) -> anyhow::Result<()> {
    struct Broken;
    #[async_trait]
    impl UserDirectory for Broken {
        async fn find(&self, _: CompanyId, _: UserId) -> crm_core::Result<Option<UserProfile>> {
            Err(Error::Internal("the directory is away".into()))
        }
    }
    let crm = TestCrm::with(&database, Crm::builder().user_directory(Broken));
    assert_matches!(crm.create(owned_by(UserId(Uuid::new_v4()))).await, Err(Error::Internal(_)));
    assert_eq!(crm.count("crm_customers").await?, 0);
    crm.named("Lee & Co").await?;
    Ok(())
}

/// People in the database that the CRM is in, read by its own pool.
struct Table(DatabaseConnection);

#[async_trait]
impl UserDirectory for Table {
    async fn find(&self, _: CompanyId, user: UserId) -> crm_core::Result<Option<UserProfile>> {
        self.0.execute_unprepared("SELECT 1").await?;
        Ok(Some(UserProfile { id: user, ..profile("Ann", true) }))
    }
}

async fn a_directory_on_the_only_connection_is_asked(database: TestDatabase) -> anyhow::Result<()> {
    let db = database.connect(1).await?;
    let crm = TestCrm { db: db.clone(), ..TestCrm::with(&database, Crm::builder().user_directory(Table(db))) };
    let stranger = || UserId(Uuid::new_v4());
    let written = crm.create(owned_by(stranger())).await?;
    assert_eq!(written.owner.and_then(|owner| owner.display_name).as_deref(), Some("Ann"));
    let mut admin = crm.admin();
    admin.customers().update(written.id, patch(|p| &mut p.owner_id, stranger()), None).await?;
    admin.customers().replace(written.id, owned_by(stranger()), None).await?;
    let owner = stranger();
    let key = IdempotencyKey::new("create", "key", "")?;
    let work = async |scope: &mut CompanyScope<'_>| scope.customers().create(owned_by(owner)).await;
    assert_eq!(admin.once(&key, work).await?.into_inner().owner_id, Some(owner));
    assert_eq!(crm.count("crm_users").await?, 5);
    Ok(())
}

/// Answers when three have asked, and reads by the same pool.
struct Slow(DatabaseConnection, Barrier);

#[async_trait]
impl UserDirectory for Slow {
    async fn find(&self, _: CompanyId, user: UserId) -> crm_core::Result<Option<UserProfile>> {
        self.1.wait().await;
        self.0.execute_unprepared("SELECT 1").await?;
        Ok(Some(UserProfile { id: user, ..profile("Ann", true) }))
    }
}

async fn no_transaction_is_open_while_a_directory_is_asked(database: TestDatabase) -> anyhow::Result<()> {
    let db = database.connect(2).await?;
    let directory = Slow(db.clone(), Barrier::new(3));
    let crm = TestCrm { db, ..TestCrm::with(&database, Crm::builder().user_directory(directory)) };
    let customer = crm.named("Lee & Co").await?.id;
    let key = |name: String| IdempotencyKey::new("create", &name, "");
    let customers = async |number: u32| -> anyhow::Result<()> {
        let owner = UserId(Uuid::new_v4());
        let work = async |scope: &mut CompanyScope<'_>| scope.customers().create(owned_by(owner)).await;
        let customer = crm.admin().once(&key(format!("customer-{number}"))?, work).await?.into_inner();
        anyhow::ensure!(customer.owner_id == Some(owner));
        Ok(())
    };
    let interactions = async |number: u32| -> anyhow::Result<()> {
        let owner = UserId(Uuid::new_v4());
        let new = NewInteraction {
            interaction_type: Some(InteractionType::Call),
            owner_id: Patch::Set(owner),
            ..NewInteraction::default()
        };
        let work = async |scope: &mut CompanyScope<'_>| scope.interactions(customer).create(new.clone()).await;
        let made = crm.admin().once(&key(format!("interaction-{number}"))?, work).await?.into_inner();
        anyhow::ensure!(made.owner_id == Some(owner));
        Ok(())
    };
    let limit = Duration::from_secs(20);
    let added = async { tokio::try_join!(customers(0), customers(1), customers(2)) };
    tokio::time::timeout(limit, added).await??;
    let added = async { tokio::try_join!(interactions(0), interactions(1), interactions(2)) };
    tokio::time::timeout(limit, added).await??;
    Ok(())
}

/// It may be slow, and may need a connection itself: a host asks it before.
async fn a_directory_is_not_asked_in_a_hosts_transaction(database: TestDatabase) -> anyhow::Result<()> {
    let db = database.connect(1).await?;
    let crm = TestCrm { db: db.clone(), ..TestCrm::with(&database, Crm::builder().user_directory(Table(db))) };
    let stranger = UserId(Uuid::new_v4());
    for met in [false, true] {
        if met {
            crm.admin().users().ensure_mirrored(stranger).await?;
        }
        let mut tx = begin_write(&crm.db).await?;
        let mut scope = crm.crm.within(crm.actor(Role::Admin), &mut tx);
        let written = scope.customers().create(owned_by(stranger)).await;
        if met {
            assert_eq!(written?.owner.and_then(|owner| owner.display_name).as_deref(), Some("Ann"));
        } else {
            assert_eq!(violation(written, "/ownerId"), "user_unknown");
            scope.users().ensure_mirrored(stranger).await?;
            assert_eq!(violation(scope.customers().create(owned_by(stranger)).await, "/ownerId"), "user_unknown");
        }
        tx.rollback().await?;
    }
    Ok(())
}

async fn no_user_is_looked_up_for_an_actor_who_may_not(database: TestDatabase) -> anyhow::Result<()> {
    let people = People { known: Vec::new(), asked: Arc::default() };
    let asked = people.asked.clone();
    let crm = TestCrm::with(&database, Crm::builder().user_directory(people));
    let stranger = UserId(Uuid::new_v4());
    let key = IdempotencyKey::new("create", "key", "")?;
    let create = async |scope: &mut CompanyScope<'_>| scope.customers().create(owned_by(stranger)).await;
    for role in [Role::SalesRep, Role::Viewer] {
        assert_matches!(create(&mut crm.scope(role)).await, Err(Error::Forbidden { .. }));
        assert_matches!(crm.scope(role).once(&key, create).await, Err(Error::Forbidden { .. }));
    }
    crm.scope(Role::Viewer).users().ensure_mirrored(stranger).await?;
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert_eq!(violation(crm.create(owned_by(stranger)).await, "/ownerId"), "user_unknown");
    assert_eq!(violation(crm.create(owned_by(stranger)).await, "/ownerId"), "user_unknown");
    assert_eq!(violation(crm.admin().once(&key, create).await, "/ownerId"), "user_unknown");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "who is unknown is not looked up again at once");
    Ok(())
}

async fn a_retired_user_gets_no_customers_and_keeps_their_own(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = profile("Ann", true);
    crm.admin().users().mirror(&ann).await?;
    let written = crm.create(owned_by(ann.id)).await?;
    crm.admin().users().mirror(&UserProfile { is_active: false, ..ann.clone() }).await?;

    assert_eq!(violation(crm.create(owned_by(ann.id)).await, "/ownerId"), "user_unknown");
    let change = patch(|p| &mut p.city, "Boston".to_owned());
    let patched = crm.admin().customers().update(written.id, change, None).await?;
    assert_eq!(patched.owner_id, Some(ann.id));
    crm.admin().customers().delete(written.id, None).await?;
    assert_eq!(crm.admin().customers().restore(written.id).await?.owner_id, Some(ann.id));
    Ok(())
}

async fn an_owner_of_another_company_is_unknown(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let sales = crm.ensure_mirrored(Role::SalesRep).await?;
    let elsewhere = crm.other_company();
    assert_eq!(violation(elsewhere.create(owned_by(sales)).await, "/ownerId"), "user_unknown");
    Ok(())
}

async fn customers_are_listed_by_owner(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (admin, sales) = (crm.ensure_mirrored(Role::Admin).await?, crm.ensure_mirrored(Role::SalesRep).await?);
    for (name, owner) in [("admin's", Some(admin)), ("sales'", Some(sales)), ("nobody's", None)] {
        crm.create(NewCustomer { owner_id: owner, ..NewCustomer::organization(name) }).await?;
    }
    let of = |owner: &str| CustomerQuery { owner: owner.parse().ok(), ..CustomerQuery::default() };
    assert_eq!(crm.names(&of("me")).await?, ["admin's"]);
    assert_eq!(crm.names(&of("none")).await?, ["nobody's"]);
    assert_eq!(crm.names(&of(&sales.to_string())).await?, ["sales'"]);
    assert_eq!(malformed("unknown".parse::<OwnerFilter>().map_err(Error::from)), "parameter_invalid");
    let system = crm
        .crm
        .on(crm_core::actor::Actor::system(crm.company), &crm.db)
        .customers()
        .list(&of("me"), &Default::default())
        .await;
    assert_eq!(malformed(system), "filter_invalid");
    Ok(())
}
