//! A person is linked with an organization by keyboard, both pages show it, and it ends.

use anyhow::{Result, ensure};
use fantoccini::key::Key;
use testkit::Suite;

use crate::browser::{Browser, Kind, alone};
use crate::house::{WRITERS, address};
use crate::work::add_another;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [links_by_keyboard]);
}

async fn links_by_keyboard() -> Result<()> {
    alone(Kind::default(), async |browser| {
        browser.log_in(&address(WRITERS, 0), "/").await?;
        browser.open_page("/customers/new?kind=organization").await?;
        browser.type_into("#name", "Quillfeather Press").await?;
        browser.press(Key::Enter).await?;
        browser.sees("The customer was added.").await?;
        add_another(browser, "Quintina", "Quill").await?;
        links(browser).await?;
        is_on_both_pages(browser).await?;
        ends(browser).await
    })
    .await
}

async fn links(browser: &Browser) -> Result<()> {
    browser.tab_to("Link with a customer").await?;
    browser.press(Key::Enter).await?;
    browser.tab_to("Find a customer").await?;
    browser.keys("Quillfeather").await?;
    browser.press(Key::Enter).await?;
    // The list of what was found has the keyboard, and Employee is the first label.
    browser.is_on("Customer").await?;
    browser.tab_to("Title there").await?;
    browser.keys("Typesetter").await?;
    browser.tab_to("primary organization").await?;
    browser.press(Key::Space).await?;
    browser.tab_to("Add").await?;
    browser.press(Key::Enter).await?;
    browser.sees("The links were changed.").await?;
    browser.checked().await
}

/// The page of the person names the organization, and leads to it; that page names the person.
async fn is_on_both_pages(browser: &Browser) -> Result<()> {
    let links = browser.text("#links").await?;
    ensure!(links.contains("Quillfeather Press") && links.contains("Typesetter"), "the page of the person: {links}");
    browser.click("#links .quiet-link").await?;
    browser.until("the page of the organization", IS_CALLED, &["Quillfeather Press".into()]).await?;
    let links = browser.text("#links").await?;
    ensure!(links.contains("Quintina Quill") && links.contains("Employee"), "the page of the organization: {links}");
    browser.checked().await
}

const IS_CALLED: &str =
    "return document.readyState === 'complete' && document.querySelector('h1')?.innerText.includes(arguments[0])";

async fn ends(browser: &Browser) -> Result<()> {
    browser.tab_to("Change: Quintina Quill").await?;
    browser.press(Key::Enter).await?;
    browser.tab_to("End").await?;
    browser.press(Key::Enter).await?;
    browser.sees("The links were changed.").await?;
    browser
        .until("the link has ended", "return document.querySelector('#links')?.innerText.includes('Former')", &[])
        .await?;
    browser.checked().await
}
