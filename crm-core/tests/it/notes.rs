//! The rules of notes: visibility, authors, and notes of a deleted customer.

use crm_core::actor::{Actor, Role};
use crm_core::audit::{AuditEntry, Outcome};
use crm_core::customers::Customer;
use crm_core::events::Event;
use crm_core::notes::{NewNote, Note, NotePatch, NoteQuery, NoteVisibility};
use crm_core::page::{Count, Page, PageRequest};
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Conflict, Error};
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            private_notes_change_nothing_for_anybody_else,
            what_becomes_private_is_gone_for_all_others,
            what_becomes_shared_is_new_to_all_others,
            only_the_author_says_who_sees_a_note,
            a_private_note_is_a_users,
            shared_notes_are_changed_by_their_author_and_by_managers,
            five_notes_are_pinned_at_most,
            a_text_keeps_its_lines,
            an_edit_shows,
            a_note_belongs_to_its_customer,
            notes_follow_their_customer_to_the_trash_and_back,
            notes_are_gone_with_a_purged_customer,
            notes_leave_their_customer_as_it_was,
            events_tell_the_customer,
        ]
    );
}

/// The company's events, as everybody sees them.
async fn events(crm: &TestCrm) -> crm_core::Result<Vec<Event>> {
    let mut system = crm.crm.on(Actor::system(crm.company), &crm.db);
    let feed = system.events().after(None, 1_000).await?;
    Ok(feed.events.into_iter().map(|(_, event)| event).collect())
}

fn visibility(visibility: NoteVisibility) -> NotePatch {
    NotePatch { visibility: Patch::Set(visibility), ..NotePatch::default() }
}

fn title(title: &str) -> NotePatch {
    NotePatch { title: Patch::Set(title.to_owned()), ..NotePatch::default() }
}

async fn all(scope: &mut CompanyScope<'_>, customer: &Customer) -> crm_core::Result<Page<Note>> {
    let request = PageRequest::default().limit(100).count(Count::Exact);
    scope.notes(customer.id).list(&NoteQuery::default(), &request).await
}

/// All that a user can learn of a customer and the notes.
async fn seen(crm: &TestCrm, role: Role, customer: &Customer) -> anyhow::Result<String> {
    let mut scope = crm.scope(role);
    let notes = all(&mut scope, customer).await?;
    let trash = NoteQuery { trashed: true, ..NoteQuery::default() };
    let trash = scope.notes(customer.id).list(&trash, &PageRequest::default().count(Count::Exact)).await.ok();
    let history = scope.customers().history(customer.id, &PageRequest::default()).await?;
    let customer = scope.customers().get(customer.id).await?;
    let audit = scope.audit().list(None, &PageRequest::default().limit(100)).await.ok().map(|page| {
        // Each look at the trail is in it, and each refused one at the trash.
        page.data
            .into_iter()
            .filter(|entry| entry.outcome == Outcome::Success && entry.entity != "audit")
            .collect::<Vec<AuditEntry>>()
    });
    Ok(format!("{notes:#?}\n{trash:#?}\n{history:#?}\n{customer:#?}\n{audit:#?}"))
}

async fn private_notes_change_nothing_for_anybody_else(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    crm.admin().notes(customer.id).create(NewNote::text("For all")).await?;
    let mut author = crm.scope(Role::SalesRep);
    // The author is known from the beginning.
    author.notes(customer.id).create(NewNote::text("For all, too")).await?;
    let others = [Role::Admin, Role::Manager, Role::Support, Role::Viewer];
    let mut before = Vec::new();
    for role in others {
        before.push(seen(&crm, role, &customer).await?);
    }
    let told = events(&crm).await?;

    let mut notes = author.notes(customer.id);
    let one = notes.create(NewNote { is_pinned: Some(true), ..NewNote::text("The secret").private() }).await?;
    notes.update(one.id, title("Secret, too"), None).await?;
    let other = notes.create(NewNote::text("Another secret").private()).await?;
    notes.delete(other.id, None).await?;
    notes.restore(other.id).await?;
    notes.delete(other.id, None).await?;

    for (role, before) in others.into_iter().zip(before) {
        assert!(seen(&crm, role, &customer).await? == before, "{role} sees a difference");
        let mut scope = crm.scope(role);
        let mut notes = scope.notes(customer.id);
        assert_matches!(notes.get(one.id).await, Err(Error::NotFound { .. }));
        for refused in [
            notes.update(one.id, title("Mine"), None).await.map(|_| ()),
            notes.replace(one.id, NewNote::text("Mine"), None).await.map(|_| ()),
            notes.delete(one.id, None).await,
            notes.restore(other.id).await.map(|_| ()),
        ] {
            let viewer = role == Role::Viewer;
            assert_matches!(refused, Err(Error::NotFound { .. } | Error::Forbidden { .. }) if viewer || matches!(refused, Err(Error::NotFound { .. })));
        }
    }
    assert_eq!(events(&crm).await?, told);
    let of_the_author = crm.scope(Role::SalesRep).events().after(None, 1_000).await?.events;
    assert_eq!(of_the_author.len(), told.len() + 6, "their own writes are in their feed");
    let mine = all(&mut crm.scope(Role::SalesRep), &customer).await?;
    assert_eq!((mine.data.len(), mine.total), (3, Some(3)));
    Ok(())
}

async fn what_becomes_private_is_gone_for_all_others(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut author = crm.scope(Role::SalesRep);
    let note = author.notes(customer.id).create(NewNote::text("Not meant for all")).await?;
    let note = author.notes(customer.id).update(note.id, visibility(NoteVisibility::Private), Some(1)).await?;
    assert_eq!((note.visibility, note.version), (NoteVisibility::Private, 2));
    assert_matches!(crm.admin().notes(customer.id).get(note.id).await, Err(Error::NotFound { .. }));
    assert_eq!(author.notes(customer.id).get(note.id).await?, note);
    // Its old events are visible to the author only, and consumers of events get its deletion.
    let changes = crm.dump("crm_changes").await?;
    let author_id = crm.user(Role::SalesRep).0;
    for line in changes.lines().filter(|line| line.contains("Not meant for all")) {
        let plain = line.to_lowercase().replace('-', "");
        assert!(plain.contains(&author_id.simple().to_string()), "{line}");
    }
    let told = events(&crm).await?;
    let ours = told.iter().filter(|event| event.subject == note.id.0);
    let told: Vec<&str> = ours.map(|event| event.event_type.as_str()).collect();
    assert_eq!(told, ["crm.note.deleted"]);
    Ok(())
}

async fn what_becomes_shared_is_new_to_all_others(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut author = crm.scope(Role::SalesRep);
    let mut notes = author.notes(customer.id);
    let note = notes.create(NewNote::text("A first draft").private()).await?;
    let fair = NotePatch { body: Patch::Set("The fair copy".to_owned()), ..visibility(NoteVisibility::Shared) };
    let note = notes.update(note.id, fair, None).await?;
    assert_eq!(crm.admin().notes(customer.id).get(note.id).await?, note);
    let told = events(&crm).await?;
    let ours: Vec<_> = told.iter().filter(|event| event.subject == note.id.0).collect();
    assert_eq!(ours.len(), 1);
    assert_eq!((ours[0].event_type.as_str(), ours[0].data.version), ("crm.note.created", 2));
    let trail = crm.admin().audit().list(Some(note.id.0), &PageRequest::default()).await?;
    let told: Vec<&str> = trail.data.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(told, ["created"], "of the draft, the trail tells its author alone");
    Ok(())
}

async fn only_the_author_says_who_sees_a_note(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let note = crm.scope(Role::SalesRep).notes(customer.id).create(NewNote::text("For all")).await?;
    let mut admin = crm.admin();
    let refused = admin.notes(customer.id).update(note.id, visibility(NoteVisibility::Private), None).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    assert_eq!(crm.scope(Role::Viewer).notes(customer.id).get(note.id).await?, note);
    // But stating the same value again is allowed.
    admin.notes(customer.id).update(note.id, visibility(NoteVisibility::Shared), None).await?;
    Ok(())
}

async fn a_private_note_is_a_users(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut system = crm.crm.on(Actor::system(crm.company), &crm.db);
    let refused = system.notes(customer.id).create(NewNote::text("Whose?").private()).await;
    assert_eq!(violation(refused, "/visibility"), "author_required");
    let note = system.notes(customer.id).create(NewNote::text("From the ERP")).await?;
    assert_eq!((note.author.clone(), note.author_id()), (None, None));
    Ok(())
}

async fn shared_notes_are_changed_by_their_author_and_by_managers(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let note = crm.scope(Role::Support).notes(customer.id).create(NewNote::text("For all")).await?;
    assert_eq!(note.author.as_ref().and_then(|author| author.display_name.as_deref()), Some("The support"));
    for (role, may) in [
        (Role::Admin, true),
        (Role::Manager, true),
        (Role::SalesRep, false),
        (Role::Support, true),
        (Role::Viewer, false),
    ] {
        let mut scope = crm.scope(role);
        let mut notes = scope.notes(customer.id);
        let changed = notes.update(note.id, title(&format!("By the {role}")), None).await;
        assert_eq!(changed.is_ok(), may, "{role}: {changed:?}");
        if !may {
            assert_matches!(changed, Err(Error::Forbidden { .. }));
            assert_matches!(notes.delete(note.id, None).await, Err(Error::Forbidden { .. }));
        }
    }
    let after = crm.admin().notes(customer.id).get(note.id).await?;
    assert_eq!(after.author, note.author, "the author stays, whatever user writes last");
    assert_eq!(after.updated_by.id, Some(crm.user(Role::Support)));
    Ok(())
}

async fn five_notes_are_pinned_at_most(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (customer, other) = (crm.named("Lee & Co").await?, crm.named("Other").await?);
    let mut scope = crm.admin();
    let pinned = || NewNote { is_pinned: Some(true), ..NewNote::text("Mind the dog") };
    let first = scope.notes(customer.id).create(pinned()).await?;
    for _ in 0..4 {
        scope.notes(customer.id).create(pinned()).await?;
    }
    assert_eq!(violation(scope.notes(customer.id).create(pinned()).await, "/isPinned"), "too_many");
    // Private ones are counted apart, and so are those of others and of other customers.
    for _ in 0..5 {
        scope.notes(customer.id).create(pinned().private()).await?;
    }
    assert_eq!(violation(scope.notes(customer.id).create(pinned().private()).await, "/isPinned"), "too_many");
    crm.scope(Role::Manager).notes(customer.id).create(pinned().private()).await?;
    scope.notes(other.id).create(pinned()).await?;
    // One that is pinned can be changed; one that is in the trash makes room.
    let mut notes = scope.notes(customer.id);
    notes.update(first.id, title("Still pinned"), None).await?;
    notes.delete(first.id, None).await?;
    let sixth = notes.create(NewNote::text("Not pinned yet")).await?;
    let pin = || NotePatch { is_pinned: Patch::Set(true), ..NotePatch::default() };
    notes.update(sixth.id, pin(), None).await?;
    assert_eq!(violation(notes.restore(first.id).await, "/isPinned"), "too_many");
    Ok(())
}

async fn a_text_keeps_its_lines(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let mut notes = scope.notes(customer.id);
    let text = "\r\n# Call\r\n\r\n- one\r\n\t- two <b>bold</b>\r\n\r\n";
    let note = notes.create(NewNote::text(text)).await?;
    assert_eq!(note.body, "# Call\n\n- one\n\t- two <b>bold</b>");
    assert_eq!(notes.get(note.id).await?, note);
    for empty in ["", " \r\n\t "] {
        assert_eq!(violation(notes.create(NewNote::text(empty)).await, "/body"), "required");
    }
    assert_eq!(violation(notes.create(NewNote::text("a\u{1b}[31m")).await, "/body"), "control_character");
    assert_eq!(violation(notes.create(NewNote::text("x".repeat(65_537))).await, "/body"), "too_long");
    notes.create(NewNote::text("ä".repeat(65_536))).await?;
    Ok(())
}

async fn an_edit_shows(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let mut notes = scope.notes(customer.id);
    let note = notes.create(NewNote::text("One")).await?;
    let pin = NotePatch { is_pinned: Patch::Set(true), ..NotePatch::default() };
    let pinned = notes.update(note.id, pin, None).await?;
    assert_eq!((note.edited_at, pinned.edited_at), (None, None), "to pin is not to edit");
    let two = || NotePatch { body: Patch::Set("Two".to_owned()), ..NotePatch::default() };
    let edited = notes.update(note.id, two(), None).await?;
    assert_eq!(edited.edited_at, Some(edited.updated_at));
    assert_eq!(notes.get(note.id).await?, edited);
    let same = notes.update(note.id, two(), None).await?;
    assert_eq!(same, edited, "what changes nothing is no edit");
    Ok(())
}

async fn a_note_belongs_to_its_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (customer, other) = (crm.named("Lee & Co").await?, crm.named("Other").await?);
    let mut scope = crm.admin();
    let note = scope.notes(customer.id).create(NewNote::text("For all")).await?;
    let mut elsewhere = scope.notes(other.id);
    assert_matches!(elsewhere.get(note.id).await, Err(Error::NotFound { .. }));
    assert_matches!(elsewhere.update(note.id, title("x"), None).await, Err(Error::NotFound { .. }));
    assert_matches!(elsewhere.delete(note.id, None).await, Err(Error::NotFound { .. }));
    assert_eq!(all(&mut scope, &other).await?.data, []);
    let nobody = crm_core::ids::CustomerId(uuid::Uuid::now_v7());
    assert_matches!(scope.notes(nobody).create(NewNote::text("x")).await, Err(Error::NotFound { .. }));
    let listed = scope.notes(nobody).list(&NoteQuery::default(), &PageRequest::default()).await;
    assert_matches!(listed, Err(Error::NotFound { .. }));
    Ok(())
}

async fn notes_follow_their_customer_to_the_trash_and_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let kept = scope.notes(customer.id).create(NewNote::text("Kept")).await?;
    let thrown = scope.notes(customer.id).create(NewNote::text("Thrown away before")).await?;
    scope.notes(customer.id).delete(thrown.id, None).await?;
    scope.customers().delete(customer.id, None).await?;
    let listed = scope.notes(customer.id).list(&NoteQuery::default(), &PageRequest::default()).await;
    assert_matches!(listed, Err(Error::NotFound { .. }));
    assert_matches!(scope.notes(customer.id).get(kept.id).await, Err(Error::NotFound { .. }));
    assert_matches!(scope.notes(customer.id).create(NewNote::text("x")).await, Err(Error::NotFound { .. }));
    assert_matches!(scope.notes(customer.id).restore(kept.id).await, Err(Error::NotFound { .. }));
    scope.customers().restore(customer.id).await?;
    assert_eq!(all(&mut scope, &customer).await?.data, [kept]);
    scope.notes(customer.id).restore(thrown.id).await?;
    assert_matches!(scope.notes(customer.id).restore(thrown.id).await, Err(Error::Conflict(Conflict::NotInTrash)));
    Ok(())
}

async fn notes_are_gone_with_a_purged_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let note = scope.notes(customer.id).create(NewNote::text("Canary in a mine")).await?;
    scope.notes(customer.id).update(note.id, title("Canary, again"), None).await?;
    scope.notes(customer.id).create(NewNote::text("Canary in private").private()).await?;
    scope.customers().purge(customer.id, None).await?;
    assert_eq!(crm.count("crm_customer_notes").await?, 0);
    for table in ["crm_changes", "crm_audit", "crm_outbox"] {
        assert!(!crm.dump(table).await?.contains("Canary"), "{table}");
    }
    Ok(())
}

async fn notes_leave_their_customer_as_it_was(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    crm.admin().notes(customer.id).create(NewNote::text("For all")).await?;
    assert_eq!(crm.get(&customer).await?, customer);
    Ok(())
}

async fn events_tell_the_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let note = crm.admin().notes(customer.id).create(NewNote::text("Nobody else's business")).await?;
    let told = events(&crm).await?;
    let event = told.iter().find(|event| event.subject == note.id.0).expect("an event");
    assert_eq!(event.event_type, "crm.note.created");
    assert_eq!(event.data.customer_id, Some(customer.id));
    assert!(!serde_json::to_string(event)?.contains("business"));
    Ok(())
}
