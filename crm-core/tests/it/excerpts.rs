//! Lists contain excerpts of long texts.

use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::notes::NewNote;
use crm_core::page::{Count, PageRequest};
use testkit::{Suite, TestDatabase};

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        lists_and_timelines_have_the_beginning_of_a_long_text,
        a_page_of_long_texts_is_less_than_a_mebibyte,
    ]);
}

async fn lists_and_timelines_have_the_beginning_of_a_long_text(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?.id;
    let mut scope = crm.admin();
    // Characters and not bytes are counted.
    let (fits, long) = ("ü".repeat(2_000), "ü".repeat(2_001));
    for text in [&fits, &long] {
        let note = scope.notes(customer).create(NewNote::text(text.as_str())).await?;
        assert_eq!((&note.body, note.is_truncated), (text, false));
        assert_eq!(scope.notes(customer).get(note.id).await?, note, "one is read as a whole");
        let call = NewInteraction { content: Some(text.clone()), ..NewInteraction::of(InteractionType::Call, "Quote") };
        let call = scope.interactions(customer).create(call).await?;
        assert_eq!((call.content.as_ref(), call.is_truncated), (Some(text), false));
        assert_eq!(scope.interactions(customer).get(call.id).await?, call);
        let is_cut = text.chars().count() > 2_000;

        let first = PageRequest::default().limit(1);
        let listed = scope.notes(customer).list(&Default::default(), &first).await?.data.remove(0);
        assert_eq!((listed.id, &listed.body, listed.is_truncated), (note.id, &fits, is_cut));
        let lists = [
            scope.interactions(customer).list(&Default::default(), &first).await?,
            scope.all_interactions().list(&Default::default(), &first).await?,
        ];
        for mut list in lists {
            let listed = list.data.remove(0);
            assert_eq!((listed.id, listed.content.as_ref(), listed.is_truncated), (call.id, Some(&fits), is_cut));
        }
        let timeline = scope.customers().timeline(customer, &Default::default(), &PageRequest::default()).await?.data;
        let told = timeline.iter().find_map(|entry| entry.note.as_ref().filter(|told| told.id == note.id));
        assert_eq!(told, Some(&listed));
        let told = timeline.iter().find_map(|entry| entry.interaction.as_ref().filter(|told| told.id == call.id));
        assert_eq!(told.map(|told| (told.content.as_ref(), told.is_truncated)), Some((Some(&fits), is_cut)));
    }
    // Of no text there is nothing to cut.
    let silent = scope.interactions(customer).create(NewInteraction::of(InteractionType::Visit, "Hello")).await?;
    let list = scope.interactions(customer).list(&Default::default(), &PageRequest::default()).await?;
    let silent = list.data.iter().find(|listed| listed.id == silent.id).expect("it is listed");
    assert_eq!((&silent.content, silent.is_truncated), (&None, false));
    Ok(())
}

async fn a_page_of_long_texts_is_less_than_a_mebibyte(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?.id;
    let mut scope = crm.admin();
    let longest = "😀".repeat(65_536);
    let mut tx = scope.begin().await?;
    for _ in 0..20 {
        tx.scope().notes(customer).create(NewNote::text(longest.as_str())).await?;
    }
    tx.commit().await?;
    let page = PageRequest::default().limit(20).count(Count::Exact);
    let page = scope.notes(customer).list(&Default::default(), &page).await?;
    assert_eq!((page.data.len(), page.total), (20, Some(20)));
    // A fifth of the largest page.
    assert!(serde_json::to_string(&page.data)?.len() < 1024 * 1024 / 5);
    Ok(())
}
