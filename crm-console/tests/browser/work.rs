//! What people do all day with mouse and keyboard.

use anyhow::{Result, ensure};
use fantoccini::key::Key;
use testkit::Suite;

use crate::browser::{Browser, Kind, alone};
use crate::house::{READERS, WRITERS, address};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [finds_and_edits_in_place, filters_the_list, back_keeps_the_place]);
}

async fn finds_and_edits_in_place() -> Result<()> {
    alone(Kind::default(), async |browser| {
        add_customer(browser, "Edith", "Platz").await?;
        browser.open_page("/customers").await?;
        browser.type_into("#q", "platz").await?;
        browser.sees("1 customer").await?;
        ensure!(browser.path().await?.contains("q=platz"), "the address has no filter");
        browser.click_on("Edith Platz").await?;

        edit(browser, "Job title", "Head of sales").await?;
        browser.press(Key::Enter).await?;
        browser.has_no(".field-editing").await?;
        assert_eq!(browser.text("#field-jobTitle .field-value").await?, "Head of sales");
        browser.is_on("Edit: Job title").await?;

        edit(browser, "Job title", "Nobody").await?;
        browser.press(Key::Escape).await?;
        browser.has_no(".field-editing").await?;
        assert_eq!(browser.text("#field-jobTitle .field-value").await?, "Head of sales");

        browser.provokes(422);
        edit(browser, "E-mail", "no address").await?;
        browser.press(Key::Enter).await?;
        browser.sees("Enter an e-mail address").await?;
        assert_eq!(browser.focus().await?.map(|focus| focus.value).as_deref(), Some("no address"));
        Ok(())
    })
    .await
}

async fn filters_the_list() -> Result<()> {
    alone(Kind::default(), async |browser| {
        browser.log_in(&address(READERS, 1), "/customers").await?;
        let all = browser.text("#results [role=status]").await?;
        browser.click_on("Status").await?;
        browser.click_on("Blocked").await?;
        browser.until("fewer customers", FEWER, &[all.into()]).await?;
        ensure!(browser.path().await?.contains("status=blocked"), "the address has no filter");
        assert_eq!(distinct(browser, ".row .status").await?, "Blocked");
        browser.press(Key::Escape).await?;
        browser.click(".chip").await?;
        browser.has_no(".chip").await
    })
    .await
}

const FEWER: &str = "const shown = document.querySelector('#results [role=status]').innerText;
    return shown !== '' && shown !== arguments[0]";

async fn distinct(browser: &Browser, selector: &str) -> Result<String> {
    let script = "const texts = [...document.querySelectorAll(arguments[0])].map((element) => element.innerText);
        return [...new Set(texts)].join()";
    Ok(browser.run(script, &[selector.into()]).await?.as_str().unwrap_or_default().to_owned())
}

/// The rows beyond the first page come when one scrolls; after a look at one of them they are still there.
async fn back_keeps_the_place() -> Result<()> {
    const LAST: &str = "#rows > tr:nth-child(60) .row-link";
    alone(Kind::default(), async |browser| {
        browser.log_in(&address(READERS, 0), "/customers").await?;
        browser.run("document.querySelector('#more').scrollIntoView()", &[]).await?;
        browser.has(LAST).await?;
        let name = browser.text(LAST).await?;
        browser.click(LAST).await?;
        browser.has("#composer").await?;
        browser.back().await?;
        browser.has(LAST).await?;
        ensure!(browser.text(LAST).await? == name, "another customer is in its place");
        let in_view = "const { top, bottom } = document.querySelector(arguments[0]).getBoundingClientRect();
            return top >= 0 && bottom <= innerHeight";
        browser.until("the same part of the list", in_view, &[LAST.into()]).await
    })
    .await
}

/// Logs in as the one who sells, and adds a customer; its page is open then.
pub async fn add_customer(browser: &Browser, first: &str, last: &str) -> Result<()> {
    browser.log_in(&address(WRITERS, 2), "/").await?;
    add_another(browser, first, last).await
}

/// Adds a customer; its page is open then.
pub async fn add_another(browser: &Browser, first: &str, last: &str) -> Result<()> {
    browser.open_page("/customers/new").await?;
    browser.type_into("#firstName", first).await?;
    browser.type_into("#lastName", last).await?;
    browser.press(Key::Enter).await?;
    browser.sees("The customer was added.").await
}

/// Opens a field, and types.
pub async fn edit(browser: &Browser, label: &str, text: &str) -> Result<()> {
    browser.click_on(&format!("Edit: {label}")).await?;
    browser.is_on(label).await?;
    browser.type_into("#value", text).await
}
