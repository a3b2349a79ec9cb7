//! A browser that runs no scripts.

use anyhow::Result;
use fantoccini::key::Key;
use testkit::Suite;

use crate::browser::{Kind, alone};
use crate::house::{WRITERS, address};
use crate::work::add_customer;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [works_without_scripts]);
}

async fn works_without_scripts() -> Result<()> {
    alone(Kind { has_scripts: false, ..Kind::default() }, async |browser| {
        add_customer(browser, "Nora", "Noskript").await?;
        assert_eq!(browser.run("return typeof htmx", &[]).await?, "undefined");

        browser.click_on("Edit: City").await?;
        browser.type_into("#value", "Lisboa").await?;
        browser.press(Key::Enter).await?;
        browser.has_no(".field-editing").await?;
        assert_eq!(browser.text("#field-city .field-value").await?, "Lisboa");

        browser.type_into("#body", "Called, and **all is well**").await?;
        browser.click_on("Add note").await?;
        browser.has("#days strong").await?;

        browser.click_on("Call").await?;
        browser.type_into("#subject", "By plain forms").await?;
        browser.click_on("Save").await?;
        browser.sees("By plain forms").await?;

        browser.click_on("Add task").await?;
        browser.type_into("#title", "Without scripts").await?;
        browser.press(Key::Enter).await?;
        browser.sees("The task was added.").await?;
        browser.click_on("Complete: Without scripts").await?;
        browser.sees("The task was completed.").await?;

        browser.open_page("/customers").await?;
        browser.click_on("Status").await?;
        browser.click_on("Prospect").await?;
        browser.type_into("#q", "noskript").await?;
        browser.click_on("Apply").await?;
        browser.sees("1 customer").await?;
        browser.click_on("Nora Noskript").await?;
        browser.sees("all is well").await?;

        browser.open_page("/").await?;
        browser.click_on("7 days").await?;
        browser.sees("Latest activity").await?;
        browser.click("[data-menu] > summary").await?;
        browser.click_on("Log out").await?;
        browser.has("#email").await?;
        browser.log_in(&address(WRITERS, 2), "/").await
    })
    .await
}
