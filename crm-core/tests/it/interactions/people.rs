//! Owners and participants of interactions, and who may change them.

use async_trait::async_trait;
use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::NewCustomer;
use crm_core::ids::{CompanyId, CustomerId, UserId};
use crm_core::interactions::{Completion, InteractionPatch, NewInteraction, Participant, ParticipantResponse};
use crm_core::patch::Patch;
use crm_core::users::{UserDirectory, UserProfile};
use crm_core::{Crm, Error, Kind};
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use super::{planned, subject};
use crate::support::{TestCrm, assert_matches, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        an_interaction_is_its_authors_unless_another_owner_is_named,
        an_owner_is_an_active_user,
        participants_are_there,
        participants_of_another_company_are_unknown,
        a_participant_the_actor_does_not_see_is_unknown,
        who_took_part_stays_named,
        users_of_the_directory_may_take_part,
        interactions_are_changed_by_their_owner_and_by_managers,
        a_user_gives_away_nothing_they_may_not_change_then,
        by_its_id_an_interaction_is_found_by_those_who_see_its_customer,
    ]);
}

fn owned_by(owner: Patch<UserId>) -> NewInteraction {
    NewInteraction { owner_id: owner, ..planned() }
}

fn with(participants: Vec<Participant>) -> NewInteraction {
    NewInteraction { participants: Some(participants), ..planned() }
}

fn at(found: &[(&str, &str)]) -> Vec<(String, String)> {
    found.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

async fn an_interaction_is_its_authors_unless_another_owner_is_named(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let manager = crm.ensure_mirrored(Role::Manager).await?;
    let mut sales = crm.scope(Role::SalesRep);
    let mut interactions = sales.interactions(customer.id);
    let mine = interactions.create(owned_by(Patch::Absent)).await?;
    assert_eq!(mine.owner_id, Some(crm.user(Role::SalesRep)));
    assert_eq!(mine.owner.and_then(|owner| owner.display_name).as_deref(), Some("The sales_rep"));
    let nobodys = interactions.create(owned_by(Patch::Clear)).await?;
    assert_eq!((nobodys.owner_id, nobodys.owner), (None, None));
    let anothers = interactions.create(owned_by(Patch::Set(manager))).await?;
    assert_eq!(anothers.owner.and_then(|owner| owner.display_name).as_deref(), Some("The manager"));
    // Programs own nothing by themselves.
    let service = Actor::service(crm.company, UserId(Uuid::new_v4()), Role::Admin);
    for actor in [Actor::system(crm.company), service] {
        let made = crm.crm.on(actor, &crm.db).interactions(customer.id).create(owned_by(Patch::Absent)).await?;
        assert_eq!(made.owner_id, None);
    }
    // A replacement that does not name the owner keeps the owner.
    let replaced = crm.admin().interactions(customer.id).replace(mine.id, planned(), None).await?;
    assert_eq!(replaced.owner_id, Some(crm.user(Role::SalesRep)));
    let taken = InteractionPatch { owner_id: Patch::Clear, ..InteractionPatch::default() };
    let taken = crm.admin().interactions(customer.id).update(mine.id, taken, None).await?;
    assert_eq!((taken.owner_id, taken.owner), (None, None));
    Ok(())
}

async fn an_owner_is_an_active_user(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let retired = UserProfile { id: UserId(Uuid::new_v4()), display_name: None, email: None, is_active: false };
    scope.users().mirror(&retired).await?;
    let mut interactions = scope.interactions(customer.id);
    let made = interactions.create(planned()).await?;
    for stranger in [UserId(Uuid::new_v4()), retired.id] {
        let owner = Patch::Set(stranger);
        assert_eq!(violation(interactions.create(owned_by(owner)).await, "/ownerId"), "user_unknown");
        let patch = InteractionPatch { owner_id: owner, ..InteractionPatch::default() };
        assert_eq!(violation(interactions.update(made.id, patch, None).await, "/ownerId"), "user_unknown");
    }
    Ok(())
}

async fn participants_are_there(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (customer, other) = (crm.named("Lee & Co").await?, crm.named("Other").await?);
    let sales = crm.ensure_mirrored(Role::SalesRep).await?;
    let mut scope = crm.admin();
    let mut interactions = scope.interactions(customer.id);
    let accepted = Participant { response: ParticipantResponse::Accepted, ..Participant::email(" Ann@Example.com ") };
    let all = vec![
        Participant::user(sales),
        Participant::customer(other.id),
        accepted,
        Participant::customer(customer.id),
        Participant::user(crm.user(Role::Admin)),
    ];
    let made = interactions.create(with(all.clone())).await?;
    assert_eq!(made.participants[2].address.as_deref(), Some("ann@example.com"));
    assert_eq!(made.participants.len(), all.len(), "in the order in which they were named");
    assert_eq!(interactions.get(made.id).await?, made);
    // All unknown users and customers are reported at once, including the owner.
    let strangers = vec![
        Participant::user(UserId(Uuid::new_v4())),
        Participant::user(sales),
        Participant::customer(CustomerId(Uuid::new_v4())),
        // A customer's id is no user's.
        Participant::user(UserId(other.id.0)),
    ];
    let stranger = Patch::Set(UserId(Uuid::new_v4()));
    let refused = interactions.create(NewInteraction { owner_id: stranger, ..with(strangers) }).await;
    let expected = at(&[
        ("/ownerId", "user_unknown"),
        ("/participants/0/id", "user_unknown"),
        ("/participants/2/id", "customer_unknown"),
        ("/participants/3/id", "user_unknown"),
    ]);
    assert_eq!(violations(refused), expected);
    let fifty = |count| (0..count).map(|n| Participant::email(format!("{n}@example.com"))).collect();
    interactions.create(with(fifty(50))).await?;
    assert_eq!(violation(interactions.create(with(fifty(51))).await, "/participants"), "too_long");
    Ok(())
}

async fn participants_of_another_company_are_unknown(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let other = crm.other_company();
    let (theirs, user) = (other.named("Other").await?, other.ensure_mirrored(Role::SalesRep).await?);
    let strangers = with(vec![Participant::customer(theirs.id), Participant::user(user)]);
    let refused = crm.admin().interactions(customer.id).create(strangers).await;
    let expected = at(&[("/participants/0/id", "customer_unknown"), ("/participants/1/id", "user_unknown")]);
    assert_eq!(violations(refused), expected);
    Ok(())
}

async fn a_participant_the_actor_does_not_see_is_unknown(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let manager = crm.ensure_mirrored(Role::Manager).await?;
    let (customer, trashed) = (crm.named("Lee & Co").await?, crm.named("In the trash").await?);
    let managers = crm.create(NewCustomer { owner_id: Some(manager), ..NewCustomer::organization("Theirs") }).await?;
    crm.admin().customers().delete(trashed.id, None).await?;
    let both = || with(vec![Participant::customer(trashed.id), Participant::customer(managers.id)]);
    let refused = crm.admin().interactions(customer.id).create(both()).await;
    assert_eq!(violations(refused), at(&[("/participants/0/id", "customer_unknown")]));
    let narrow = crm.actor(Role::SalesRep).with_permissions([
        Permission::own(Resource::Customers, Action::Read),
        Permission::all(Resource::Interactions, Action::Create),
    ]);
    let refused = crm.crm.on(narrow, &crm.db).interactions(customer.id).create(both()).await;
    let expected = at(&[("/participants/0/id", "customer_unknown"), ("/participants/1/id", "customer_unknown")]);
    assert_eq!(violations(refused), expected);
    Ok(())
}

async fn who_took_part_stays_named(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (customer, other) = (crm.named("Lee & Co").await?, crm.named("Other").await?);
    let mut scope = crm.admin();
    let made = scope.interactions(customer.id).create(with(vec![Participant::customer(other.id)])).await?;
    scope.customers().delete(other.id, None).await?;
    let mut interactions = scope.interactions(customer.id);
    let after = interactions.update(made.id, subject("Put right"), None).await?;
    assert_eq!(after.participants, made.participants);
    // A late answer still counts.
    let declined = Participant { response: ParticipantResponse::Declined, ..Participant::customer(other.id) };
    let answer = InteractionPatch { participants: Patch::Set(vec![declined.clone()]), ..InteractionPatch::default() };
    assert_eq!(interactions.update(made.id, answer, None).await?.participants, [declined]);
    Ok(())
}

struct Everybody;

#[async_trait]
impl UserDirectory for Everybody {
    async fn find(&self, _company: CompanyId, id: UserId) -> crm_core::Result<Option<UserProfile>> {
        Ok(Some(UserProfile { id, display_name: Some("Found".into()), email: None, is_active: true }))
    }
}

async fn users_of_the_directory_may_take_part(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder().user_directory(Everybody));
    let customer = crm.named("Lee & Co").await?;
    let (owner, guest) = (UserId(Uuid::new_v4()), UserId(Uuid::new_v4()));
    let new = NewInteraction { owner_id: Patch::Set(owner), ..with(vec![Participant::user(guest)]) };
    let made = crm.admin().interactions(customer.id).create(new).await?;
    assert_eq!(made.owner.and_then(|owner| owner.display_name).as_deref(), Some("Found"));
    assert_eq!(crm.admin().users().get(guest).await?.display_name.as_deref(), Some("Found"));
    Ok(())
}

async fn interactions_are_changed_by_their_owner_and_by_managers(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let made = crm.scope(Role::Support).interactions(customer.id).create(planned()).await?;
    for (role, may) in [
        (Role::Admin, true),
        (Role::Manager, true),
        (Role::SalesRep, false),
        (Role::Support, true),
        (Role::Viewer, false),
    ] {
        let mut scope = crm.scope(role);
        let mut interactions = scope.interactions(customer.id);
        assert_eq!(interactions.get(made.id).await?.id, made.id, "everybody reads them");
        let changed = interactions.update(made.id, subject(&format!("By the {role}")), None).await;
        assert_eq!(changed.is_ok(), may, "{role}: {changed:?}");
        if !may {
            assert_matches!(changed, Err(Error::Forbidden { .. }));
            assert_matches!(interactions.delete(made.id, None).await, Err(Error::Forbidden { .. }));
        }
    }
    assert_matches!(
        crm.scope(Role::Viewer).interactions(customer.id).create(planned()).await,
        Err(Error::Forbidden { .. })
    );
    Ok(())
}

async fn a_user_gives_away_nothing_they_may_not_change_then(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let manager = crm.ensure_mirrored(Role::Manager).await?;
    let mut scope = crm.scope(Role::SalesRep);
    let mut interactions = scope.interactions(customer.id);
    let made = interactions.create(planned()).await?;
    let give = |owner| InteractionPatch { owner_id: owner, ..InteractionPatch::default() };
    let refused = interactions.update(made.id, give(Patch::Set(manager)), None).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    interactions.update(made.id, give(Patch::Clear), None).await?;
    interactions.update(made.id, give(Patch::Set(crm.user(Role::SalesRep))), None).await?;
    Ok(())
}

async fn by_its_id_an_interaction_is_found_by_those_who_see_its_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let manager = crm.ensure_mirrored(Role::Manager).await?;
    let theirs = crm.create(NewCustomer { owner_id: Some(manager), ..NewCustomer::organization("Lee & Co") }).await?;
    let own = crm.named("Free").await?;
    let rights = Role::SalesRep.permissions().filter(|right| right.resource != Resource::Customers);
    let rights = rights.chain([Permission::own(Resource::Customers, Action::Read)]);
    let mut narrow = crm.crm.on(crm.actor(Role::SalesRep).with_permissions(rights), &crm.db);
    let hidden = crm.admin().all_interactions().create(theirs.id, owned_by(Patch::Clear)).await?;
    let seen = narrow.all_interactions().create(own.id, planned()).await?;
    assert_eq!(
        violation(narrow.all_interactions().create(theirs.id, planned()).await, "/customerId"),
        "customer_unknown"
    );
    let mut all = narrow.all_interactions();
    let moved = InteractionPatch { scheduled_at: Patch::Clear, ..subject("Moved") };
    for (id, is_seen) in [(seen.id, true), (hidden.id, false)] {
        let new = NewInteraction::from(&seen);
        let results = [
            all.get(id).await.map(drop),
            all.replace(id, new, None).await.map(drop),
            all.update(id, subject("Changed"), None).await.map(drop),
            all.update(id, moved.clone(), None).await.map(drop),
            all.complete(id, Completion::default(), None).await.map(drop),
            all.delete(id, None).await,
            all.restore(id).await.map(drop),
        ];
        for result in results {
            match result {
                Ok(()) => assert!(is_seen, "{id}"),
                // The customer is not named, neither by the caller nor to them.
                Err(Error::NotFound { kind, .. }) => assert!(!is_seen && kind == Kind::Interaction, "{id}: {kind}"),
                Err(error) => panic!("{id}: {error}"),
            }
        }
    }
    assert_eq!(crm.admin().all_interactions().get(hidden.id).await?, hidden, "nothing has happened to it");
    let refused = crm.scope(Role::Viewer).all_interactions().delete(uuid::Uuid::now_v7().into(), None).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    Ok(())
}
