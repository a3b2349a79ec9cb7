//! What happened with the people of an organization, on its own timeline and in its own numbers.

use chrono::Utc;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::notes::NewNote;
use crm_core::page::{Count, PageRequest};
use crm_core::timeline::{TimelineKind, TimelineQuery};
use testkit::{Suite, TestDatabase};

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        the_timeline_has_the_people_if_asked,
        private_notes_stay_with_their_authors,
        numbers_have_the_people_if_asked,
    ]);
}

fn with_people() -> TimelineQuery {
    TimelineQuery { include_people: true, ..TimelineQuery::default() }
}

async fn the_timeline_has_the_people_if_asked(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, eve, lee) = (crm.person("Ann").await, crm.person("Eve").await, crm.organization("Lee").await);
    crm.employ(&ann, &lee).await;
    crm.admin().notes(lee.id).create(NewNote::text("On the firm")).await?;
    crm.admin().notes(ann.id).create(NewNote::text("On Ann")).await?;
    crm.admin().notes(eve.id).create(NewNote::text("On another person")).await?;
    crm.admin().interactions(ann.id).create(NewInteraction::of(InteractionType::Call, "A call")).await?;
    let mut scope = crm.admin();
    let request = PageRequest::default().count(Count::Exact);
    let own = scope.customers().timeline(lee.id, &TimelineQuery::default(), &request).await?;
    assert!(own.data.iter().all(|entry| entry.customer.is_none()));
    assert_eq!(own.total, Some(2));
    let all = scope.customers().timeline(lee.id, &with_people(), &request).await?;
    assert_eq!(all.total, Some(own.data.len() as u64 + 4), "two changes of Ann, a note and a call");
    let names: Vec<&str> = all.data.iter().filter_map(|entry| Some(&*entry.customer.as_ref()?.display_name)).collect();
    assert_eq!(names.len(), all.data.len());
    assert!(names.contains(&"Ann") && names.contains(&"Lee") && !names.contains(&"Eve"));
    // Pages neither skip nor repeat.
    let mut paged = Vec::new();
    let mut next = Some(PageRequest::default().limit(2));
    while let Some(request) = next {
        let page = scope.customers().timeline(lee.id, &with_people(), &request).await?;
        paged.extend(page.data);
        next = page.next_cursor.as_deref().map(|cursor| PageRequest::after(cursor).limit(2));
    }
    assert_eq!(paged, all.data);
    let notes = TimelineQuery { kind: vec![TimelineKind::Note], ..with_people() };
    assert_eq!(scope.customers().timeline(lee.id, &notes, &request).await?.total, Some(2));
    crm.admin().customers().delete(ann.id, None).await?;
    assert_eq!(scope.customers().timeline(lee.id, &with_people(), &request).await?.total, Some(2));
    Ok(())
}

async fn private_notes_stay_with_their_authors(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, lee) = (crm.person("Ann").await, crm.organization("Lee").await);
    crm.employ(&ann, &lee).await;
    crm.scope(Role::Support).notes(ann.id).create(NewNote::text("MARKER").private()).await?;
    let request = PageRequest::default().limit(100);
    for (role, seen) in [(Role::Support, 1), (Role::Admin, 0), (Role::Manager, 0)] {
        let page = crm.scope(role).customers().timeline(lee.id, &with_people(), &request).await?;
        let notes = page.data.iter().filter(|entry| entry.note.is_some()).count();
        assert_eq!(notes, seen, "{role}");
    }
    let activity = crm.scope(Role::Support).stats().activity_with_people(lee.id, None).await?;
    assert_eq!(activity.notes, 0, "private notes do not count");
    Ok(())
}

async fn numbers_have_the_people_if_asked(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, bob, lee) = (crm.person("Ann").await, crm.person("Bob").await, crm.organization("Lee").await);
    for person in [&ann, &bob] {
        crm.employ(person, &lee).await;
        crm.admin().notes(person.id).create(NewNote::text("A note")).await?;
        let call = NewInteraction::of(InteractionType::Call, "A call");
        crm.admin().interactions(person.id).create(call).await?;
    }
    let planned = NewInteraction::of(InteractionType::Meeting, "Soon").planned(Utc::now());
    crm.admin().interactions(ann.id).create(planned).await?;
    let own = crm.admin().stats().activity(lee.id, None).await?;
    assert_eq!((own.people, own.notes, own.interactions.total, own.last_contact_at), (None, 0, 0, None));
    let all = crm.admin().stats().activity_with_people(lee.id, None).await?;
    assert_eq!((all.people, all.notes, all.interactions.total), (Some(2), 2, 3));
    assert!(all.last_contact_at.is_some() && all.next_contact_at.is_some());
    assert_eq!(all.weeks.last().map(|week| week.completed), Some(2));
    let of_person = crm.admin().stats().activity_with_people(ann.id, None).await?;
    assert_eq!((of_person.people, of_person.notes), (Some(0), 1));
    let nobody = crm.create(NewCustomer::organization("Empty")).await?;
    assert_eq!(crm.admin().stats().activity_with_people(nobody.id, None).await?.people, Some(0));
    Ok(())
}
