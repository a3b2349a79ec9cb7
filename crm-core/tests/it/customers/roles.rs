//! The rights of each role, and of a host's own permissions.

use crm_core::actor::{Action, Actor, Permission, Reach, Resource, Role};
use crm_core::customers::{Customer, CustomerQuery, CustomerSearch, ExternalRef, NewCustomer};
use crm_core::page::{Count, PageRequest};
use crm_core::{CompanyScope, Error};
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, names, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            each_role_may_do_what_the_table_says,
            everybody_reads_everything,
            a_sales_rep_creates_for_themselves_or_without_owner,
            a_sales_rep_takes_what_is_nobodys_and_gives_nothing_away,
            a_right_is_checked_before_the_values_and_before_the_record,
            own_rights_of_the_host_replace_those_of_the_role,
            a_right_to_read_ones_own_restricts_every_read,
            without_the_right_to_read_nothing_is_read,
            the_system_may_do_everything,
        ];
        plain: [the_table_is_the_one_agreed_on, the_widest_of_several_rights_counts]
    );
}

/// The default rights, as agreed: (action, whether admin, manager, sales_rep, support, viewer).
const AGREED: [(Resource, Action, [Option<Reach>; 5]); 9] = {
    const ALL: Option<Reach> = Some(Reach::All);
    const OWN: Option<Reach> = Some(Reach::Own);
    [
        (Resource::Customers, Action::Read, [ALL, ALL, ALL, ALL, ALL]),
        (Resource::Customers, Action::Create, [ALL, ALL, OWN, None, None]),
        (Resource::Customers, Action::Update, [ALL, ALL, OWN, None, None]),
        (Resource::Customers, Action::Delete, [ALL, ALL, None, None, None]),
        (Resource::Customers, Action::Restore, [ALL, ALL, None, None, None]),
        (Resource::Customers, Action::Import, [ALL, ALL, None, None, None]),
        (Resource::Customers, Action::Export, [ALL, ALL, None, None, None]),
        (Resource::Customers, Action::Purge, [ALL, None, None, None, None]),
        (Resource::Audit, Action::Read, [ALL, None, None, None, None]),
    ]
};

fn the_table_is_the_one_agreed_on() {
    let company = crm_core::ids::CompanyId(uuid::Uuid::new_v4());
    for (resource, action, reaches) in AGREED {
        for (role, reach) in Role::ALL.iter().zip(reaches) {
            let actor = Actor::user(company, crm_core::ids::UserId(uuid::Uuid::new_v4()), *role);
            assert_eq!(actor.reach(resource, action), reach, "{role}: {action} {resource}");
        }
    }
}

fn the_widest_of_several_rights_counts() {
    let own = Permission::own(Resource::Customers, Action::Read);
    let all = Permission::all(Resource::Customers, Action::Read);
    let actor = Actor::system(crm_core::ids::CompanyId(uuid::Uuid::new_v4()));
    for permissions in [[own, all], [all, own]] {
        let actor = actor.clone().with_permissions(permissions);
        assert_eq!(actor.reach(Resource::Customers, Action::Read), Some(Reach::All));
    }
}

fn owned_by(owner: impl Into<Option<crm_core::ids::UserId>>) -> NewCustomer {
    NewCustomer { owner_id: owner.into(), ..NewCustomer::organization("Lee & Co") }
}

/// True if it was allowed, false if it was forbidden; anything else is no answer.
fn allowed<T: std::fmt::Debug>(result: crm_core::Result<T>) -> bool {
    match result {
        Ok(_) => true,
        Err(Error::Forbidden { .. }) => false,
        Err(other) => panic!("neither allowed nor forbidden: {other:?}"),
    }
}

async fn each_role_may_do_what_the_table_says(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for role in Role::ALL {
        crm.ensure_mirrored(*role).await?;
    }
    let admins = crm.user(Role::Admin);
    for role in Role::ALL.iter().copied() {
        let me = crm.user(role);
        let mut scope = crm.scope(role);
        let [all, sales] = [role <= Role::Manager, role <= Role::SalesRep];
        assert_eq!(allowed(scope.customers().create(owned_by(None)).await), sales, "{role} creates");
        assert_eq!(allowed(scope.customers().create(owned_by(me)).await), sales, "{role} creates their own");
        // The admin's own record counts as owned by the admin.
        let others = if role == Role::Admin { crm.user(Role::Viewer) } else { admins };
        assert_eq!(allowed(scope.customers().create(owned_by(others)).await), all, "{role} creates for another");

        for (owner, may) in [(None, sales), (Some(me), sales), (Some(others), all)] {
            let customer = crm.create(owned_by(owner)).await?;
            let change = patch(|p| &mut p.city, "Boston".to_owned());
            assert_eq!(
                allowed(scope.customers().update(customer.id, change, None).await),
                may,
                "{role} patches {owner:?}'s"
            );
            let replaced = scope.customers().replace(customer.id, owned_by(owner), None).await;
            assert_eq!(allowed(replaced), may, "{role} replaces {owner:?}'s");
            assert_eq!(allowed(scope.customers().delete(customer.id, None).await), all, "{role} deletes {owner:?}'s");
            if !all {
                crm.admin().customers().delete(customer.id, None).await?;
            }
            assert_eq!(allowed(scope.customers().restore(customer.id).await), all, "{role} restores {owner:?}'s");
            let purged = scope.customers().purge(customer.id, None).await;
            assert_eq!(allowed(purged), role == Role::Admin, "{role} purges {owner:?}'s");
        }
        let trashed = CustomerQuery { trashed: true, ..CustomerQuery::default() };
        assert_eq!(
            allowed(scope.customers().list(&trashed, &PageRequest::default()).await),
            all,
            "{role} sees the trash"
        );
        let search = CustomerSearch { text: "lee".into(), query: trashed };
        assert_eq!(
            allowed(scope.customers().search(&search, &PageRequest::default()).await),
            all,
            "{role} searches the trash"
        );
        assert_eq!(
            allowed(scope.audit().list(None, &PageRequest::default()).await),
            role == Role::Admin,
            "{role} reads the audit"
        );
        let zone = serde_json::from_str(r#"{"timeZone": "Europe/Berlin"}"#)?;
        assert_eq!(allowed(scope.settings().update(zone, None).await), role == Role::Admin, "{role} sets");
        scope.settings().get().await?;
    }
    Ok(())
}

async fn everybody_reads_everything(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let owner = crm.ensure_mirrored(Role::Manager).await?;
    let written =
        crm.create(NewCustomer { external_refs: Some(vec![ExternalRef::new("erp", "1")]), ..owned_by(owner) }).await?;
    for role in Role::ALL {
        let mut scope = crm.scope(*role);
        assert_eq!(
            sees(&mut scope, &written).await?,
            Sees { list: 1, search: 1, get: true, by_external: true, history: 1 }
        );
    }
    Ok(())
}

async fn a_sales_rep_creates_for_themselves_or_without_owner(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let manager = crm.ensure_mirrored(Role::Manager).await?;
    let mut sales = crm.scope(Role::SalesRep);
    assert_eq!(sales.customers().create(owned_by(None)).await?.owner_id, None);
    let me = crm.user(Role::SalesRep);
    // A user's first write mirrors them.
    assert_eq!(sales.customers().create(owned_by(me)).await?.owner_id, Some(me));
    assert!(!allowed(sales.customers().create(owned_by(manager)).await));
    assert_eq!(crm.count("crm_customers").await?, 2);
    Ok(())
}

async fn a_sales_rep_takes_what_is_nobodys_and_gives_nothing_away(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (me, manager) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Manager).await?);
    let mut sales = crm.scope(Role::SalesRep);
    let customer = crm.create(owned_by(None)).await?;
    let give = |owner: Option<_>| patch(|p| &mut p.owner_id, owner);
    assert!(!allowed(sales.customers().update(customer.id, give(Some(manager)), None).await));
    assert_eq!(sales.customers().update(customer.id, give(Some(me)), None).await?.owner_id, Some(me));
    assert!(!allowed(sales.customers().update(customer.id, give(Some(manager)), None).await));
    assert!(!allowed(sales.customers().replace(customer.id, owned_by(manager), None).await));
    assert_eq!(sales.customers().update(customer.id, give(None), None).await?.owner_id, None);

    let managers = crm.create(owned_by(manager)).await?;
    assert!(!allowed(sales.customers().update(managers.id, give(Some(me)), None).await));
    assert_eq!(crm.get(&managers).await?, managers);
    Ok(())
}

/// A user who may not write learns neither what is wrong with the values nor whether the record exists.
async fn a_right_is_checked_before_the_values_and_before_the_record(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let nobody = crm_core::ids::CustomerId(uuid::Uuid::new_v4());
    let mut viewer = crm.scope(Role::Viewer);
    assert!(!allowed(viewer.customers().create(NewCustomer::default()).await));
    assert!(!allowed(viewer.customers().update(nobody, Default::default(), Some(7)).await));
    assert!(!allowed(viewer.customers().replace(nobody, NewCustomer::default(), None).await));
    assert!(!allowed(viewer.customers().delete(nobody, None).await));
    assert!(!allowed(viewer.customers().restore(nobody).await));
    assert!(!allowed(viewer.customers().purge(nobody, None).await));
    assert_matches!(crm.admin().customers().delete(nobody, None).await, Err(Error::NotFound { .. }));
    Ok(())
}

fn with_rights(crm: &TestCrm, role: Role, rights: &[Permission]) -> CompanyScope<'static> {
    crm.crm.on(crm.actor(role).with_permissions(rights.iter().copied()), &crm.db)
}

async fn own_rights_of_the_host_replace_those_of_the_role(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let rights =
        [Permission::all(Resource::Customers, Action::Read), Permission::all(Resource::Customers, Action::Purge)];
    let mut scope = with_rights(&crm, Role::Viewer, &rights);
    scope.customers().get(customer.id).await?;
    assert!(!allowed(scope.customers().create(owned_by(None)).await));
    scope.customers().purge(customer.id, None).await?;

    let mut admin = with_rights(&crm, Role::Admin, &[]);
    assert!(!allowed(admin.customers().create(owned_by(None)).await));
    Ok(())
}

#[derive(Debug, PartialEq)]
struct Sees {
    list: usize,
    search: usize,
    get: bool,
    by_external: bool,
    history: usize,
}

/// What each way to read a customer gives. The customer has the reference erp:1 and "lee" in the name.
async fn sees(scope: &mut CompanyScope<'_>, customer: &Customer) -> crm_core::Result<Sees> {
    let found = |result: crm_core::Result<Customer>| match result {
        Ok(found) => Ok(found.id == customer.id),
        Err(Error::NotFound { .. }) => Ok(false),
        Err(other) => Err(other),
    };
    let request = PageRequest::default().count(Count::Exact);
    let list = scope.customers().list(&CustomerQuery::default(), &request).await?;
    assert_eq!(list.total, Some(list.data.len() as u64));
    let search = CustomerSearch { text: "lee".into(), query: CustomerQuery::default() };
    let search = scope.customers().search(&search, &request).await?;
    assert_eq!(search.total, Some(search.data.len() as u64));
    Ok(Sees {
        list: list.data.len(),
        search: search.data.len(),
        get: found(scope.customers().get(customer.id).await)?,
        by_external: found(scope.customers().by_external("erp", "1").await)?,
        history: match scope.customers().history(customer.id, &PageRequest::default()).await {
            Ok(page) => page.data.len(),
            Err(Error::NotFound { .. }) => 0,
            Err(other) => return Err(other),
        },
    })
}

async fn a_right_to_read_ones_own_restricts_every_read(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (manager, sales) = (crm.ensure_mirrored(Role::Manager).await?, crm.ensure_mirrored(Role::SalesRep).await?);
    let reference = || Some(vec![ExternalRef::new("erp", "1")]);
    let managers = crm.create(NewCustomer { external_refs: reference(), ..owned_by(manager) }).await?;
    let rights = [Permission::own(Resource::Customers, Action::Read)];
    let mut reader = with_rights(&crm, Role::SalesRep, &rights);
    assert_eq!(
        sees(&mut reader, &managers).await?,
        Sees { list: 0, search: 0, get: false, by_external: false, history: 0 }
    );
    // The system owns nothing.
    let system = Actor::system(crm.company).with_permissions(rights);
    let mut system = crm.crm.on(system, &crm.db);
    assert_eq!(sees(&mut system, &managers).await?.list, 0);

    for owner in [Some(sales), None] {
        let change = patch(|p| &mut p.owner_id, owner);
        let own = crm.admin().customers().update(managers.id, change, None).await?;
        let history = usize::try_from(own.version)?;
        assert_eq!(sees(&mut reader, &own).await?, Sees { list: 1, search: 1, get: true, by_external: true, history });
    }
    assert_eq!(sees(&mut system, &managers).await?.list, 1);
    let page = reader.customers().list(&CustomerQuery::default(), &PageRequest::default()).await?;
    assert_eq!(names(&page), ["Lee & Co"]);
    Ok(())
}

async fn without_the_right_to_read_nothing_is_read(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut writer = with_rights(&crm, Role::Admin, &[Permission::all(Resource::Customers, Action::Create)]);
    writer.customers().create(owned_by(None)).await?;
    assert!(!allowed(writer.customers().get(customer.id).await));
    assert!(!allowed(writer.customers().by_external("erp", "1").await));
    assert!(!allowed(writer.customers().list(&CustomerQuery::default(), &PageRequest::default()).await));
    let search = CustomerSearch { text: "lee".into(), query: CustomerQuery::default() };
    assert!(!allowed(writer.customers().search(&search, &PageRequest::default()).await));
    assert!(!allowed(writer.customers().history(customer.id, &PageRequest::default()).await));
    Ok(())
}

async fn the_system_may_do_everything(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let manager = crm.ensure_mirrored(Role::Manager).await?;
    let mut system = crm.crm.on(Actor::system(crm.company), &crm.db);
    let customer = system.customers().create(owned_by(manager)).await?;
    system.customers().delete(customer.id, None).await?;
    system.customers().restore(customer.id).await?;
    system.customers().purge(customer.id, None).await?;
    assert_eq!(system.audit().list(Some(customer.id.0), &PageRequest::default()).await?.data.len(), 4);
    Ok(())
}
