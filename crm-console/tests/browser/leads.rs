//! Leads get another status on the board by keyboard and by a form, and become customers after a preview.

use anyhow::{Context, Result, ensure};
use fantoccini::key::Key;
use testkit::Suite;

use crate::browser::{Browser, Kind, alone, together};
use crate::house::{WRITERS, address};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [
        a_card_gets_another_status_by_keyboard,
        a_card_gets_another_status_without_scripts,
        a_lead_is_converted_after_a_preview_and_taken_back,
        a_board_shows_what_a_colleague_moves,
    ]);
}

/// Adds leads of this family; the board with these is open then.
async fn add_leads(browser: &Browser, last: &str, names: &[&str]) -> Result<()> {
    browser.log_in(&address(WRITERS, 1), "/leads/new").await?;
    for name in names {
        browser.open_page("/leads/new").await?;
        browser.type_into("#firstName", name).await?;
        browser.type_into("#lastName", last).await?;
        browser.press(Key::Enter).await?;
        browser.sees("The lead was added.").await?;
    }
    browser.open_page(&format!("/leads?q={last}")).await
}

/// The names of the cards in the column of this status.
async fn cards(browser: &Browser, status: &str) -> Result<String> {
    let script = "const columns = [...document.querySelectorAll('#board [data-column]')];
        const column = columns.find((column) => column.dataset.name === arguments[0]);
        return column && [...column.querySelectorAll('[data-handle]')].map((card) => card.innerText).join()";
    let cards = browser.run(script, &[status.into()]).await?;
    cards.as_str().map(str::to_owned).with_context(|| format!("no status {status}"))
}

async fn a_card_gets_another_status_by_keyboard() -> Result<()> {
    alone(Kind::default(), async |browser| {
        add_leads(browser, "Tastenlead", &["Anna", "Bert"]).await?;
        browser.tab_to("Bert Tastenlead").await?;
        browser.press(Key::Space).await?;
        browser.sees("Bert Tastenlead is picked up. It is in New, 1 of 2.").await?;
        // The order of a column is that of time.
        browser.press(Key::Down).await?;
        assert_eq!(cards(browser, "New").await?, "Bert Tastenlead,Anna Tastenlead");
        browser.press(Key::Right).await?;
        browser.sees("Bert Tastenlead in Contacted, 1 of 1.").await?;
        browser.press(Key::Escape).await?;
        browser.sees("Bert Tastenlead is back in New.").await?;
        browser.is_on("Bert Tastenlead").await?;
        for key in [Key::Space, Key::Right, Key::Space] {
            browser.press(key).await?;
        }
        browser.sees("Bert Tastenlead was moved to Contacted.").await?;
        browser.is_on("Bert Tastenlead").await?;

        // What may not follow is refused, and the card goes back.
        for key in [Key::Space, Key::Left] {
            browser.press(key).await?;
        }
        browser.sees("Bert Tastenlead in New, 1 of 2.").await?;
        browser.provokes(422);
        browser.press(Key::Space).await?;
        browser.sees("Bert Tastenlead was not moved.").await?;
        browser.sees("A status of this type does not follow").await?;
        assert_eq!(cards(browser, "Contacted").await?, "Bert Tastenlead");

        // A loss asks for the reason.
        browser.open_page("/leads?q=tastenlead").await?;
        browser.tab_to("Bert Tastenlead").await?;
        browser.press(Key::Space).await?;
        for _ in 0..3 {
            browser.press(Key::Right).await?;
        }
        browser.sees("Bert Tastenlead in Unqualified, 1 of 1.").await?;
        browser.press(Key::Space).await?;
        browser.is_on("Why it was lost").await?;
        browser.keys("timing").await?;
        browser.press(Key::Enter).await?;
        browser.sees("The lead was lost.").await?;
        assert_eq!(cards(browser, "Unqualified").await?, "Bert Tastenlead");
        Ok(())
    })
    .await
}

async fn a_card_gets_another_status_without_scripts() -> Result<()> {
    const CHOOSE: &str = "const stage = document.querySelector('#stage');
        stage.value = [...stage.options].find((option) => option.text === arguments[0]).value";
    alone(Kind { has_scripts: false, ..Kind::default() }, async |browser| {
        add_leads(browser, "Ohnelead", &["Olga"]).await?;
        browser.click_on("Change status: Olga Ohnelead").await?;
        browser.has("#stage").await?;
        browser.run(CHOOSE, &["Contacted".into()]).await?;
        browser.click_on("Change status").await?;
        browser.sees("The lead has another status.").await?;
        assert_eq!(cards(browser, "Contacted").await?, "Olga Ohnelead");
        browser.click_on("Olga Ohnelead").await?;
        browser.click_on("Qualified").await?;
        browser.sees("The lead was won.").await?;
        ensure!(browser.text(".stage-path .is-here").await? == "Qualified", "another status is shown");
        Ok(())
    })
    .await
}

async fn a_lead_is_converted_after_a_preview_and_taken_back() -> Result<()> {
    alone(Kind::default(), async |browser| {
        add_leads(browser, "Wandler", &["Wanda"]).await?;
        browser.click_on("Wanda Wandler").await?;
        browser.has(".lead-head").await?;
        browser.click_on("Convert").await?;
        browser.has("#dialog[open] #form-title").await?;
        browser.click("#dialog input[name=withDeal]").await?;
        browser.click("#dialog .actions button[name=preview]").await?;
        browser.sees("Wanda Wandler becomes a new customer.").await?;
        browser.sees("A deal with the customer is added.").await?;
        browser.has("#dialog .actions button:focus").await?;
        browser.press(Key::Enter).await?;
        browser.sees("The lead was converted.").await?;
        browser.sees("Was a lead").await?;
        ensure!(browser.path().await?.starts_with("/customers/"), "the address is not that of the customer");
        browser.click("#leads form button").await?;
        browser.sees("The conversion was taken back.").await?;
        browser.has(".lead-head").await?;
        browser.has("#composer").await
    })
    .await
}

async fn a_board_shows_what_a_colleague_moves() -> Result<()> {
    together(async |one, other| {
        add_leads(other, "Mitlead", &["Mila"]).await?;
        one.log_in(&address(WRITERS, 1), "/leads?q=mitlead").await?;
        one.run("window.isSamePage = true", &[]).await?;
        other.click_on("Mila Mitlead").await?;
        other.click_on("Contacted").await?;
        other.sees("The lead has another status.").await?;
        let there = "return window.isSamePage === true && document.querySelector('#board [data-card]')
            ?.closest('[data-column]').dataset.name === 'Contacted'";
        one.until("the card in its new column", there, &[]).await
    })
    .await
}
