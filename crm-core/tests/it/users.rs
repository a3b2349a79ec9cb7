//! The mirror of users.

use crm_core::Error;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::ids::{TeamId, UserId};
use crm_core::page::PageRequest;
use crm_core::users::{TeamProfile, UserProfile};
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        who_writes_is_mirrored_and_who_reads_is_not,
        a_changed_profile_is_mirrored,
        what_is_not_known_now_does_not_wipe_what_was_known,
        a_profile_with_control_characters_does_no_harm,
        users_are_listed_by_name,
        teams_are_listed_by_name,
        a_user_without_a_name_keeps_their_place,
        customers_show_the_name_an_owner_has_now,
        a_user_nobody_has_seen_is_not_found,
    ]);
}

fn profile(name: Option<&str>, email: Option<&str>) -> UserProfile {
    UserProfile {
        id: UserId(Uuid::new_v4()),
        display_name: name.map(Into::into),
        email: email.map(Into::into),
        is_active: true,
    }
}

async fn teams_are_listed_by_name(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ids = [(); 3].map(|()| TeamId(Uuid::new_v4()));
    let team = |id, name: Option<&str>, parent_id| TeamProfile {
        id,
        name: name.map(Into::into),
        parent_id,
        manager_id: Some(crm.user(Role::Manager)),
    };
    let profiles =
        [team(ids[0], Some("south"), Some(ids[1])), team(ids[1], Some("Étoile"), None), team(ids[2], None, None)];
    crm.crm.users_directory(&crm.db).mirror_teams(crm.company, &profiles).await?;
    let mut viewer = crm.scope(Role::Viewer);
    let first = viewer.users().teams(&PageRequest::default().limit(2)).await?;
    let names: Vec<Option<&str>> = first.data.iter().map(|team| team.name.as_deref()).collect();
    assert_eq!(names, [None, Some("Étoile")]);
    let next = first.next_cursor.expect("another page");
    let second = viewer.users().teams(&PageRequest::after(next).limit(2)).await?;
    let south = &second.data[0];
    assert_eq!((south.id, south.parent_id, second.data.len()), (ids[0], Some(ids[1]), 1));
    assert_eq!(south.manager_id, Some(crm.user(Role::Manager)));
    let other = crm.other_company();
    assert!(other.scope(Role::Admin).users().teams(&PageRequest::default()).await?.data.is_empty());
    let nobody = crm.actor(Role::Viewer).with_permissions([]);
    let refused = crm.crm.on(nobody, &crm.db).users().teams(&PageRequest::default()).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    Ok(())
}

async fn who_writes_is_mirrored_and_who_reads_is_not(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut viewer = crm.scope(Role::Viewer);
    viewer.customers().list(&Default::default(), &Default::default()).await?;
    assert_eq!(crm.count("crm_users").await?, 0);

    let actor = crm.actor(Role::Manager).with_profile(Some(" Mary Major ".into()), Some("mary@example.com".into()));
    crm.crm.on(actor, &crm.db).customers().create(NewCustomer::organization("Lee & Co")).await?;
    let mary = viewer.users().get(crm.user(Role::Manager)).await?;
    assert_eq!((mary.display_name.as_deref(), mary.email.as_deref()), (Some("Mary Major"), Some("mary@example.com")));
    assert!(mary.is_active);

    let system = crm_core::actor::Actor::system(crm.company);
    crm.crm.on(system, &crm.db).customers().create(NewCustomer::organization("Lee & Co")).await?;
    assert_eq!(crm.count("crm_users").await?, 1);
    Ok(())
}

async fn a_changed_profile_is_mirrored(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let write = async |name: &str| {
        let actor = crm.actor(Role::Admin).with_profile(Some(name.into()), None);
        crm.crm.on(actor, &crm.db).customers().create(NewCustomer::organization("Lee & Co")).await
    };
    for name in ["Mary Major", "Mary Minor", "Mary Major"] {
        write(name).await?;
        let mary = crm.admin().users().get(crm.user(Role::Admin)).await?;
        assert_eq!(mary.display_name.as_deref(), Some(name));
    }
    Ok(())
}

async fn what_is_not_known_now_does_not_wipe_what_was_known(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mary = profile(Some("Mary Major"), Some("mary@example.com"));
    let mut admin = crm.admin();
    admin.users().mirror(&mary).await?;
    let first = admin.users().get(mary.id).await?;
    admin.users().mirror(&UserProfile { display_name: None, email: None, ..mary.clone() }).await?;
    let second = admin.users().get(mary.id).await?;
    assert_eq!((&second.display_name, &second.email), (&mary.display_name, &mary.email));
    assert_eq!(second.created_at, first.created_at);
    admin.users().mirror(&UserProfile { is_active: false, ..mary.clone() }).await?;
    assert!(!admin.users().get(mary.id).await?.is_active);
    Ok(())
}

/// Names come from tokens and directories, which others fill.
async fn a_profile_with_control_characters_does_no_harm(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut tx = crm_core::begin_write(&crm.db).await?;
    let actor = crm.actor(Role::Admin).with_profile(Some("Mary\0 \nMajor\u{1b}".into()), Some("\0".into()));
    let written = crm.crm.within(actor, &mut tx).customers().create(NewCustomer::organization("Lee & Co")).await?;
    tx.commit().await?;
    assert_eq!(crm.get(&written).await?, written);
    let mary = crm.admin().users().get(crm.user(Role::Admin)).await?;
    assert_eq!((mary.display_name.as_deref(), mary.email), (Some("Mary Major"), None));
    Ok(())
}

async fn users_are_listed_by_name(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let system = crm_core::actor::Actor::system(crm.company);
    let mut scope = crm.crm.on(system, &crm.db);
    let people = [
        profile(Some("Zoë"), None),
        profile(None, Some("bob@example.com")),
        profile(Some("Änne"), None),
        profile(Some("anna"), None),
    ];
    for person in &people {
        scope.users().mirror(person).await?;
    }
    let (mut read, mut request) = (Vec::new(), PageRequest::default().limit(3));
    loop {
        let page = scope.users().list(&request).await?;
        read.extend(page.data.into_iter().map(|user| user.id));
        let Some(cursor) = page.next_cursor else { break };
        request = PageRequest::after(cursor).limit(3);
    }
    assert_eq!(read, [people[3].id, people[2].id, people[1].id, people[0].id]);
    Ok(())
}

async fn a_user_without_a_name_keeps_their_place(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.crm.on(crm_core::actor::Actor::system(crm.company), &crm.db);
    let (anna, bob) = (profile(Some("Anna"), None), profile(Some("Bob"), None));
    for person in
        [&anna, &bob, &UserProfile { display_name: None, email: Some("zed@example.com".into()), ..anna.clone() }]
    {
        scope.users().mirror(person).await?;
    }
    let users = scope.users().list(&PageRequest::default()).await?.data;
    let names: Vec<_> = users.iter().filter_map(|user| user.display_name.as_deref()).collect();
    assert_eq!(names, ["Anna", "Bob"]);
    Ok(())
}

async fn customers_show_the_name_an_owner_has_now(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mary = profile(Some("Mary Major"), None);
    crm.admin().users().mirror(&mary).await?;
    let written = crm.create(NewCustomer { owner_id: Some(mary.id), ..NewCustomer::organization("Lee & Co") }).await?;
    crm.admin().users().mirror(&UserProfile { display_name: Some("Mary Minor".into()), ..mary }).await?;
    let owner = crm.get(&written).await?.owner;
    assert_eq!(owner.and_then(|owner| owner.display_name).as_deref(), Some("Mary Minor"));
    Ok(())
}

async fn a_user_nobody_has_seen_is_not_found(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let id = crm.ensure_mirrored(Role::Manager).await?;
    assert_matches!(crm.admin().users().get(UserId(Uuid::new_v4())).await, Err(Error::NotFound { .. }));
    assert_matches!(crm.other_company().admin().users().get(id).await, Err(Error::NotFound { .. }));
    Ok(())
}
