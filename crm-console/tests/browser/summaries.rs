//! Summaries and suggested replies of a language model, on an open page.

use anyhow::{Result, ensure};
use testkit::Suite;

use crate::browser::{Browser, Kind, alone};
use crate::house::{House, READERS, address};

/// True once the summary was generated at another time than the argument, on a page that was not loaded again.
const IS_ANEW: &str = "const time = document.querySelector('.generated-foot time')?.dateTime;
    return window.isSamePage === true && time !== undefined && time !== arguments[0]";
const TIME: &str = "window.isSamePage = true; return document.querySelector('.generated-foot time').dateTime";

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [a_summary_appears_on_an_open_page, a_suggested_reply_is_copied]);
}

async fn open_page(browser: &Browser, path: &str) -> Result<()> {
    browser.log_in(&address(READERS, 0), &House::shared().await?.path(path)).await
}

async fn a_summary_appears_on_an_open_page() -> Result<()> {
    alone(Kind::default(), async |browser| {
        browser.is_patient();
        // On its own page, and in a dialogue above a list that follows nothing itself.
        open_page(browser, "/interactions/{interaction}").await?;
        for is_dialogue in [false, true] {
            if is_dialogue {
                browser.open_page("/interactions?view=done&owner=all").await?;
                browser.click(".slot:has(.generated-line) .slot-title a").await?;
                browser.has("#dialog[open] .generated-foot time").await?;
            }
            let before = browser.run(TIME, &[]).await?;
            browser.click_on("Write anew").await?;
            browser.until("a summary that is new", IS_ANEW, &[before]).await?;
            browser.has_no(".generated.is-pending").await?;
        }
        Ok(())
    })
    .await
}

async fn a_suggested_reply_is_copied() -> Result<()> {
    alone(Kind::default(), async |browser| {
        open_page(browser, "/interactions/{interaction}").await?;
        browser.sees("never sent by itself").await?;
        browser
            .devtools(
                "Browser.grantPermissions",
                serde_json::json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] }),
            )
            .await?;
        browser.click_on("Copy").await?;
        browser.sees("Copied").await?;
        let copied = browser.run("return navigator.clipboard.readText()", &[]).await?;
        let shown = browser.run("return document.querySelector('[data-copied]').textContent", &[]).await?;
        ensure!(copied == shown, "{copied} was copied");
        Ok(())
    })
    .await
}
