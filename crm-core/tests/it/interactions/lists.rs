//! The lists: a customer's interactions, and those with all customers.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::actor::{Action, Permission, Resource, Role};
use crm_core::customers::{Customer, NewCustomer};
use crm_core::filter::Filter;
use crm_core::ids::UserId;
use crm_core::interactions::{
    Interaction, InteractionDirection, InteractionQuery, InteractionStatus, InteractionType, NewInteraction,
};
use crm_core::page::{Count, PageRequest};
use crm_core::patch::Patch;
use crm_core::users::OwnerFilter;
use crm_core::{CompanyScope, Error};
use testkit::{FixedClock, Suite, TestDatabase};

use super::{at_noon, noon, planned};
use crate::chance::Chance;
use crate::filters::model::{Field, Filtered, matches, random_filter};
use crate::support::{TestCrm, assert_matches, malformed};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_filter_finds_what_a_plain_evaluation_finds,
        shorthands_find_what_a_plain_evaluation_finds,
        what_is_overdue_follows_the_clock,
        one_sees_the_interactions_of_the_customers_one_sees,
        a_right_to_read_ones_own_restricts_the_lists,
        another_company_sees_nothing,
        a_cursor_leads_through_one_list_only,
    ]);
}

impl Filtered for Interaction {
    const FIELDS: &'static [&'static str] = &[
        "id",
        "customerId",
        "type",
        "direction",
        "status",
        "outcome",
        "ownerId",
        "scheduledAt",
        "startedAt",
        "completedAt",
        "occurredAt",
        "followUpAt",
        "createdAt",
        "updatedAt",
    ];

    fn field(&self, name: &str) -> Field {
        match name {
            "id" => Field::Exact(Some(self.id.to_string())),
            "customerId" => Field::Exact(Some(self.customer_id.to_string())),
            "type" => Field::Exact(Some(self.interaction_type.to_string())),
            "direction" => Field::Exact(self.direction.map(|direction| direction.to_string())),
            "status" => Field::Exact(Some(self.status.to_string())),
            "outcome" => Field::Exact(self.outcome.clone()),
            "ownerId" => Field::Exact(self.owner_id.map(|owner| owner.to_string())),
            "scheduledAt" => Field::Time(self.scheduled_at),
            "startedAt" => Field::Time(self.started_at),
            "completedAt" => Field::Time(self.completed_at),
            "occurredAt" => Field::Time(Some(self.occurred_at)),
            "followUpAt" => Field::Time(self.follow_up_at),
            "createdAt" => Field::Time(Some(self.created_at)),
            "updatedAt" => Field::Time(Some(self.updated_at)),
            other => panic!("{other} is no field"),
        }
    }
}

/// Interactions of all kinds with three customers, with ties and gaps in every field, some hours around the clock's time.
async fn populate(crm: &TestCrm, clock: &FixedClock, chance: &mut Chance) -> anyhow::Result<Vec<Interaction>> {
    let mut customers: Vec<Customer> = Vec::new();
    for name in ["One", "Two", "Three"] {
        customers.push(crm.named(name).await?);
    }
    let owners = [
        crm.ensure_mirrored(Role::Admin).await?,
        crm.ensure_mirrored(Role::Manager).await?,
        crm.ensure_mirrored(Role::SalesRep).await?,
    ];
    let mut scope = crm.admin();
    let mut made = Vec::new();
    for _ in 0..60 {
        clock.advance(Duration::from_millis(chance.below(3) as u64 * 250));
        let time = |chance: &mut Chance| (!chance.once_in(3)).then(|| noon(chance.below(12) as i64 * 30 - 180));
        let status = InteractionStatus::ALL[chance.below(5)];
        let started_at = time(chance).map(|time| time - TimeDelta::hours(3));
        let ended = started_at.map(|started_at| started_at + TimeDelta::minutes(30));
        let owner = Some(owners[chance.below(3)]).filter(|_| !chance.once_in(3));
        let new = NewInteraction {
            interaction_type: Some(InteractionType::ALL[chance.below(4)]),
            direction: Some(InteractionDirection::ALL[chance.below(3)]).filter(|_| !chance.once_in(3)),
            status: Some(status),
            outcome: chance.maybe(&["connected", "Left Message", "busy"]),
            scheduled_at: time(chance),
            started_at,
            completed_at: ended.filter(|_| status == InteractionStatus::Completed),
            owner_id: owner.into(),
            follow_up_at: time(chance),
            ..NewInteraction::default()
        };
        made.push(scope.interactions(customers[chance.below(3)].id).create(new).await?);
    }
    Ok(made)
}

/// All that a query finds, in the order of their ids; the count is the same.
async fn found(scope: &mut CompanyScope<'_>, query: &InteractionQuery) -> crm_core::Result<Vec<Interaction>> {
    let request = PageRequest::default().limit(100).count(Count::Exact);
    let mut page = scope.all_interactions().list(query, &request).await?;
    assert_eq!(page.total, Some(page.data.len() as u64));
    page.data.sort_by_key(|interaction| interaction.id);
    Ok(page.data)
}

fn those(made: &[Interaction], which: impl Fn(&Interaction) -> bool) -> Vec<Interaction> {
    let mut those: Vec<Interaction> = made.iter().filter(|interaction| which(interaction)).cloned().collect();
    those.sort_by_key(|interaction| interaction.id);
    those
}

async fn a_filter_finds_what_a_plain_evaluation_finds(database: TestDatabase) -> anyhow::Result<()> {
    let seed = Chance::seed();
    let mut hits = 0;
    for round in 0..2 {
        let mut chance = Chance::new(seed + round);
        let (crm, clock) = at_noon(&database);
        let made = populate(&crm, &clock, &mut chance).await?;
        let (me, mut scope) = (crm.user(Role::Admin), crm.admin());
        for _ in 0..150 {
            let filter = random_filter(&mut chance, &made, 3);
            let expected = those(&made, |interaction| matches(&filter, interaction, me));
            let query = InteractionQuery { filter: Some(filter), ..InteractionQuery::default() };
            let told = || format!("seed {seed}, round {round}: {}", serde_json::json!(query.filter));
            let found = found(&mut scope, &query).await.map_err(|error| anyhow::anyhow!("{}: {error:?}", told()))?;
            assert_eq!(found, expected, "{}", told());
            hits += usize::from(!expected.is_empty() && expected.len() < made.len());
        }
    }
    assert!(hits > 100, "only {hits} filters tell interactions apart");
    Ok(())
}

async fn shorthands_find_what_a_plain_evaluation_finds(database: TestDatabase) -> anyhow::Result<()> {
    type Case = (InteractionQuery, Box<dyn Fn(&Interaction) -> bool>);
    let (crm, clock) = at_noon(&database);
    let made = populate(&crm, &clock, &mut Chance::new(Chance::seed())).await?;
    let (me, manager) = (crm.user(Role::Admin), crm.user(Role::Manager));
    let (customer, now) = (made[0].customer_id, crm_core::clock::Clock::now(&clock));
    let owner = |owner| InteractionQuery { owner: Some(owner), ..InteractionQuery::default() };
    let owned = |owner: Option<UserId>| Box::new(move |one: &Interaction| one.owner_id == owner);
    let within = |time: Option<DateTime<Utc>>| time.is_some_and(|time| noon(-60) <= time && time < noon(60));
    let overdue = move |one: &Interaction| one.status.is_open() && one.scheduled_at.is_some_and(|time| time < now);
    let all = InteractionQuery::default;
    let cases: Vec<Case> = vec![
        (all(), Box::new(|_| true)),
        (owner(OwnerFilter::Me), owned(Some(me))),
        (owner(OwnerFilter::None), owned(None)),
        (owner(OwnerFilter::User(manager)), owned(Some(manager))),
        (
            InteractionQuery { interaction_type: vec![InteractionType::Call, InteractionType::Sms], ..all() },
            Box::new(|one| [InteractionType::Call, InteractionType::Sms].contains(&one.interaction_type)),
        ),
        (
            InteractionQuery { status: vec![InteractionStatus::Planned], ..all() },
            Box::new(|one| one.status == InteractionStatus::Planned),
        ),
        (
            InteractionQuery { direction: vec![InteractionDirection::Inbound], ..all() },
            Box::new(|one| one.direction == Some(InteractionDirection::Inbound)),
        ),
        (
            InteractionQuery { outcome: vec!["Left-Message".into(), "busy".into()], ..all() },
            Box::new(|one| ["left_message", "busy"].contains(&one.outcome.as_deref().unwrap_or_default())),
        ),
        (InteractionQuery { customer: Some(customer), ..all() }, Box::new(move |one| one.customer_id == customer)),
        (InteractionQuery { overdue: Some(true), ..all() }, Box::new(overdue)),
        (InteractionQuery { overdue: Some(false), ..all() }, Box::new(move |one| !overdue(one))),
        (
            InteractionQuery { scheduled_from: Some(noon(-60).into()), scheduled_to: Some(noon(60).into()), ..all() },
            Box::new(move |one| within(one.scheduled_at)),
        ),
        (
            InteractionQuery { occurred_from: Some(noon(-60).into()), occurred_to: Some(noon(60).into()), ..all() },
            Box::new(move |one| within(Some(one.occurred_at))),
        ),
        (
            InteractionQuery { follow_up_from: Some(noon(-60).into()), follow_up_to: Some(noon(60).into()), ..all() },
            Box::new(move |one| within(one.follow_up_at)),
        ),
        (
            InteractionQuery {
                filter: Some(r#"{"field": "startedAt", "op": "is_null"}"#.parse::<Filter>()?),
                overdue: Some(true),
                ..owner(OwnerFilter::Me)
            },
            Box::new(move |one| one.started_at.is_none() && overdue(one) && one.owner_id == Some(me)),
        ),
    ];
    let mut scope = crm.admin();
    for (query, expects) in cases {
        let expected = those(&made, &expects);
        assert!(!expected.is_empty(), "{query:?} finds nothing to find");
        assert_eq!(found(&mut scope, &query).await?, expected, "{query:?}");
        // The same among one customer's.
        let page = scope.interactions(customer).list(&query, &PageRequest::default().limit(100)).await?;
        assert_eq!(those(&page.data, |_| true), those(&expected, |one| one.customer_id == customer), "{query:?}");
    }
    Ok(())
}

async fn what_is_overdue_follows_the_clock(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let made = scope.interactions(customer.id).create(planned().planned(noon(0))).await?;
    let overdue = InteractionQuery { overdue: Some(true), ..InteractionQuery::default() };
    assert_eq!(found(&mut scope, &overdue).await?, [], "just now is not too late");
    clock.advance(Duration::from_secs(1));
    assert_eq!(found(&mut scope, &overdue).await?, [made]);
    Ok(())
}

async fn one_sees_the_interactions_of_the_customers_one_sees(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (sales, manager) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Manager).await?);
    let mut made = Vec::new();
    for owner in [None, Some(sales), Some(manager)] {
        let new = NewCustomer { owner_id: owner, ..NewCustomer::organization("Lee & Co") };
        let customer = crm.create(new).await?;
        // Whose the interaction is, is no matter here.
        let new = NewInteraction { owner_id: Patch::Set(sales), ..planned() };
        made.push(crm.admin().interactions(customer.id).create(new).await?);
    }
    let rights =
        [Permission::own(Resource::Customers, Action::Read), Permission::all(Resource::Interactions, Action::Read)];
    let mut narrow = crm.crm.on(crm.actor(Role::SalesRep).with_permissions(rights), &crm.db);
    assert_eq!(found(&mut narrow, &InteractionQuery::default()).await?, made[..2]);
    assert_eq!(found(&mut crm.scope(Role::Viewer), &InteractionQuery::default()).await?, made);
    let hidden = &made[2];
    let hers = narrow.interactions(hidden.customer_id);
    assert_matches!(hers.get(hidden.id).await, Err(Error::NotFound { .. }));
    let listed = hers.list(&InteractionQuery::default(), &PageRequest::default()).await;
    assert_matches!(listed, Err(Error::NotFound { .. }));
    Ok(())
}

async fn a_right_to_read_ones_own_restricts_the_lists(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let sales = crm.ensure_mirrored(Role::SalesRep).await?;
    let mut made = Vec::new();
    for owner in [Patch::Clear, Patch::Set(sales), Patch::Absent] {
        made.push(crm.admin().interactions(customer.id).create(NewInteraction { owner_id: owner, ..planned() }).await?);
    }
    let read = |interactions| {
        let rights = [Some(Permission::all(Resource::Customers, Action::Read)), interactions];
        crm.crm.on(crm.actor(Role::SalesRep).with_permissions(rights.into_iter().flatten()), &crm.db)
    };
    let mut own = read(Some(Permission::own(Resource::Interactions, Action::Read)));
    assert_eq!(found(&mut own, &InteractionQuery::default()).await?, made[..2]);
    assert_eq!(super::all(&mut own, &customer).await?.len(), 2);
    assert_matches!(own.interactions(customer.id).get(made[2].id).await, Err(Error::NotFound { .. }));
    let mut none = read(None);
    let refused = none.all_interactions().list(&InteractionQuery::default(), &PageRequest::default()).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    assert_matches!(none.interactions(customer.id).get(made[0].id).await, Err(Error::Forbidden { .. }));
    let trash = InteractionQuery { trashed: true, ..InteractionQuery::default() };
    let refused = crm.scope(Role::Viewer).all_interactions().list(&trash, &PageRequest::default()).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    Ok(())
}

async fn another_company_sees_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    crm.admin().interactions(customer.id).create(planned()).await?;
    let other = crm.other_company();
    assert_eq!(found(&mut other.admin(), &InteractionQuery::default()).await?, []);
    let query = InteractionQuery { customer: Some(customer.id), ..InteractionQuery::default() };
    assert_eq!(found(&mut other.admin(), &query).await?, []);
    Ok(())
}

async fn a_cursor_leads_through_one_list_only(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (customer, other) = (crm.named("Lee & Co").await?, crm.named("Other").await?);
    let mut scope = crm.admin();
    for customer in [&customer, &other] {
        for _ in 0..2 {
            scope.interactions(customer.id).create(planned()).await?;
        }
    }
    let query = InteractionQuery::default();
    let first = scope.interactions(customer.id).list(&query, &PageRequest::default().limit(1)).await?;
    let next = PageRequest::after(first.next_cursor.expect("a second page"));
    scope.interactions(customer.id).list(&query, &next).await?;
    assert_eq!(malformed(scope.interactions(other.id).list(&query, &next).await), "cursor_invalid");
    assert_eq!(malformed(scope.all_interactions().list(&query, &next).await), "cursor_invalid");
    Ok(())
}
