//! Deals are moved on the board: by keyboard, by mouse, and by a form.

use anyhow::{Context, Result, ensure};
use fantoccini::key::Key;
use serde_json::Value;
use testkit::Suite;

use crate::browser::{Browser, Kind, alone, together};
use crate::house::{WRITERS, address};
use crate::work::add_customer;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [
        a_card_is_moved_by_keyboard,
        a_card_is_moved_by_mouse,
        a_card_is_moved_without_scripts,
        a_board_shows_what_a_colleague_moves,
        stages_are_put_into_order,
    ]);
}

/// Adds a customer who may buy some things; the board with these is open then.
async fn add_deals(browser: &Browser, last: &str, names: &[&str]) -> Result<()> {
    add_customer(browser, "Dora", last).await?;
    let path = browser.path().await?;
    let customer = path.split('?').next().and_then(|path| path.strip_prefix("/customers/")).context("no customer")?;
    for name in names {
        browser.open_page(&format!("/deals/new?customer={customer}")).await?;
        browser.type_into("#name", name).await?;
        browser.press(Key::Enter).await?;
        browser.sees("The deal was added.").await?;
    }
    browser.open_page(&format!("/deals?q={last}")).await
}

/// The names of the cards in the column of this stage.
async fn cards(browser: &Browser, stage: &str) -> Result<String> {
    let script = "const columns = [...document.querySelectorAll('#board [data-column]')];
        const column = columns.find((column) => column.dataset.name === arguments[0]);
        return column && [...column.querySelectorAll('[data-handle]')].map((card) => card.innerText).join()";
    let cards = browser.run(script, &[stage.into()]).await?;
    cards.as_str().map(str::to_owned).with_context(|| format!("no stage {stage}"))
}

async fn a_card_is_moved_by_keyboard() -> Result<()> {
    alone(Kind::default(), async |browser| {
        add_deals(browser, "Tastenbrett", &["Tastenbrett one", "Tastenbrett two"]).await?;
        browser.tab_to("Tastenbrett two").await?;
        browser.press(Key::Space).await?;
        browser.sees("Tastenbrett two is picked up. It is in Qualification, 1 of 2.").await?;
        browser.press(Key::Down).await?;
        browser.sees("Tastenbrett two in Qualification, 2 of 2.").await?;
        browser.press(Key::Right).await?;
        browser.sees("Tastenbrett two in Needs analysis, 1 of 1.").await?;
        browser.press(Key::Escape).await?;
        browser.sees("Tastenbrett two is back in Qualification.").await?;
        browser.is_on("Tastenbrett two").await?;
        assert_eq!(cards(browser, "Qualification").await?, "Tastenbrett two,Tastenbrett one");

        for key in [Key::Space, Key::Right, Key::Space] {
            browser.press(key).await?;
        }
        browser.sees("Tastenbrett two was moved to Needs analysis, 1 of 1.").await?;
        browser.is_on("Tastenbrett two").await?;
        browser.open_page("/deals?q=tastenbrett").await?;
        assert_eq!(cards(browser, "Needs analysis").await?, "Tastenbrett two");

        // The arrow keys lead from card to card, and a loss needs a reason.
        browser.tab_to("Tastenbrett one").await?;
        browser.press(Key::Right).await?;
        browser.is_on("Tastenbrett two").await?;
        browser.press(Key::Space).await?;
        for _ in 0..4 {
            browser.press(Key::Right).await?;
        }
        browser.sees("Tastenbrett two in Lost, 1 of 1.").await?;
        browser.press(Key::Space).await?;
        browser.is_on("Why it was lost").await?;
        browser.keys("price").await?;
        browser.press(Key::Enter).await?;
        browser.sees("The deal was lost.").await?;
        assert_eq!(cards(browser, "Lost").await?, "Tastenbrett two");
        assert_eq!(cards(browser, "Needs analysis").await?, "");
        Ok(())
    })
    .await
}

async fn a_card_is_moved_by_mouse() -> Result<()> {
    const FIRST: &str = "#board section:nth-of-type(1) [data-card]";
    const SECOND: &str = "#board section:nth-of-type(2) [data-drag-list]";
    alone(Kind::default(), async |browser| {
        add_deals(browser, "Mauswerk", &["Mauswerk one", "Mauswerk two"]).await?;
        browser.resize(1440, 900).await?;
        browser.drag(FIRST, SECOND).await?;
        browser.sees("Mauswerk two was moved to Needs analysis, 1 of 1.").await?;
        assert_eq!(cards(browser, "Needs analysis").await?, "Mauswerk two");
        assert_eq!(browser.path().await?, "/deals?q=Mauswerk", "the click that ends a drag opens nothing");

        // What the server refuses goes back, and the board says so.
        browser.run("document.querySelector('[data-card]').dataset.version = 7", &[]).await?;
        browser.provokes(412);
        browser.drag(FIRST, SECOND).await?;
        browser.sees("Mauswerk one was not moved.").await?;
        browser.sees("was changed after you opened it").await?;
        assert_eq!(cards(browser, "Qualification").await?, "Mauswerk one");
        browser
            .until("the board as it is", "return document.querySelector('[data-card]').dataset.version === '1'", &[])
            .await
    })
    .await
}

async fn a_card_is_moved_without_scripts() -> Result<()> {
    const CHOOSE: &str = "const stage = document.querySelector('#stage');
        stage.value = [...stage.options].find((option) => option.text === arguments[0]).value";
    alone(Kind { has_scripts: false, ..Kind::default() }, async |browser| {
        add_deals(browser, "Ohneskript", &["Ohneskript"]).await?;
        browser.click_on("Move: Ohneskript").await?;
        browser.has("#stage").await?;
        browser.run(CHOOSE, &["Lost".into()]).await?;
        browser.provokes(422);
        browser.click_on("Move").await?;
        browser.sees("Enter a value.").await?;
        browser.type_into("#lostReason", "timing").await?;
        browser.click_on("Move").await?;
        browser.sees("The deal was lost.").await?;
        assert_eq!(cards(browser, "Lost").await?, "Ohneskript");
        browser.click_on("Ohneskript").await?;
        browser.click_on("Proposal").await?;
        browser.sees("The deal was moved.").await?;
        ensure!(browser.text(".stage-path .is-here").await? == "Proposal", "the way shows another stage");
        Ok(())
    })
    .await
}

async fn a_board_shows_what_a_colleague_moves() -> Result<()> {
    together(async |one, other| {
        add_deals(other, "Mitsicht", &["Mitsicht"]).await?;
        one.log_in(&address(WRITERS, 1), "/deals?q=mitsicht").await?;
        one.run("window.isSamePage = true", &[]).await?;
        other.click_on("Mitsicht").await?;
        other.click_on("Negotiation").await?;
        other.sees("The deal was moved.").await?;
        let there = "return window.isSamePage === true && document.querySelector('#board [data-card]')
            ?.closest('[data-column]').dataset.name === 'Negotiation'";
        one.until("the card in its new column", there, &[]).await
    })
    .await
}

async fn stages_are_put_into_order() -> Result<()> {
    const NAMES: &str = "return [...document.querySelectorAll('.stage-name input')].map((it) => it.value).join()";
    const SECOND: &str = ".stage-row:nth-of-type(2) [data-grip]";
    // The upper half of the first row.
    const FIRST: &str = ".stage-row:nth-of-type(1) .stage-name > span";
    alone(Kind::default(), async |browser| {
        let names = async || -> Result<Value> { browser.run(NAMES, &[]).await };
        browser.log_in(&address(WRITERS, 1), "/settings/pipelines/new").await?;
        browser.resize(1440, 900).await?;
        browser.type_into("#name", "Sorted").await?;
        browser.drag(SECOND, FIRST).await?;
        ensure!(names().await? == "Proposal,Qualification,Won,Lost", "{}", names().await?);
        browser.tab_to("Move down: Proposal").await?;
        browser.press(Key::Enter).await?;
        browser
            .until("the order", &format!("{NAMES} === arguments[0]"), &["Qualification,Proposal,Won,Lost".into()])
            .await?;
        browser.is_on("Move down: Proposal").await?;
        browser.press(Key::Enter).await?;
        browser
            .until("the order", &format!("{NAMES} === arguments[0]"), &["Qualification,Won,Proposal,Lost".into()])
            .await?;
        browser.click_on("Save").await?;
        browser.sees("The pipeline was added.").await?;
        browser.click_on("Sorted").await?;
        browser.has(".stage-row").await?;
        ensure!(names().await? == "Qualification,Won,Proposal,Lost", "{}", names().await?);
        ensure!(browser.run("return document.querySelector('#name').value", &[]).await? == "Sorted");
        Ok(())
    })
    .await
}
