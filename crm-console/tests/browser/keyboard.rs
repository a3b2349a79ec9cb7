//! A person who has never seen the console, and has no mouse.

use anyhow::Result;
use chrono::{TimeDelta, Utc};
use chrono_tz::Europe::Berlin;
use fantoccini::key::Key;
use testkit::Suite;

use crate::browser::{Browser, Kind, alone};
use crate::house::{PASSWORD, WRITERS, address};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [everything_by_keyboard]);
}

async fn everything_by_keyboard() -> Result<()> {
    alone(Kind::default(), async |browser| {
        logs_in(browser).await?;
        adds_a_customer(browser).await?;
        notes_a_call(browser).await?;
        plans_a_follow_up(browser).await?;
        completes_it(browser).await?;
        finds_all_of_it(browser).await
    })
    .await
}

async fn logs_in(browser: &Browser) -> Result<()> {
    browser.open_page("/").await?;
    browser.is_on("E-mail").await?;
    browser.keys(&address(WRITERS, 2)).await?;
    browser.tab_to("Password").await?;
    browser.keys(PASSWORD).await?;
    browser.press(Key::Enter).await?;
    browser.sees("Latest activity").await
}

async fn adds_a_customer(browser: &Browser) -> Result<()> {
    browser.tab_to("Customers").await?;
    browser.press(Key::Enter).await?;
    browser.has("#filters").await?;
    browser.tab_to("Add customer").await?;
    browser.press(Key::Enter).await?;
    browser.is_on("First name").await?;
    browser.keys("Keiko").await?;
    browser.tab_to("Last name").await?;
    browser.keys("Tastatur").await?;
    browser.tab_to("E-mail").await?;
    browser.keys("keiko@tastatur.example").await?;
    browser.press(Key::Enter).await?;
    browser.sees("The customer was added.").await
}

async fn notes_a_call(browser: &Browser) -> Result<()> {
    browser.tab_to("Call").await?;
    browser.press(Key::Enter).await?;
    browser.is_on("Subject").await?;
    browser.keys("Wants an offer").await?;
    browser.tab_to("What was said").await?;
    browser.keys("40 keyboards by Friday").await?;
    browser.tab_to("Save").await?;
    browser.press(Key::Enter).await?;
    browser.sees("The interaction was logged.").await?;
    browser.sees("40 keyboards by Friday").await
}

/// In a few minutes, so that it is the first on the dashboard.
async fn plans_a_follow_up(browser: &Browser) -> Result<()> {
    browser.tab_to("Call").await?;
    browser.press(Key::Enter).await?;
    browser.is_on("Subject").await?;
    browser.keys("Tell the price").await?;
    browser.tab_to("When").await?;
    let at = Utc::now().with_timezone(&Berlin) + TimeDelta::minutes(5);
    // The day and the time, as a browser asks for them in English; the year does not end by itself.
    browser.keys(&at.format("%m%d%Y").to_string()).await?;
    browser.press(Key::Right).await?;
    browser.keys(&at.format("%I%M%p").to_string()).await?;
    let typed = browser.focus().await?.map(|focus| focus.value);
    assert_eq!(typed, Some(at.format("%Y-%m-%dT%H:%M").to_string()));
    browser.tab_to("Save").await?;
    browser.press(Key::Enter).await?;
    browser.sees("The interaction was planned.").await
}

async fn completes_it(browser: &Browser) -> Result<()> {
    browser.tab_to("Dashboard").await?;
    browser.press(Key::Enter).await?;
    browser.sees("Latest activity").await?;
    browser.tab_to("Complete: Tell the price").await?;
    browser.press(Key::Enter).await?;
    browser.has_no("[aria-label='Complete: Tell the price']").await
}

async fn finds_all_of_it(browser: &Browser) -> Result<()> {
    browser.keys("/").await?;
    browser.is_on("Search customers").await?;
    browser.keys("tastatur").await?;
    browser.press(Key::Enter).await?;
    browser.sees("1 customer").await?;
    browser.tab_to("Keiko Tastatur").await?;
    browser.press(Key::Enter).await?;
    for text in ["keiko@tastatur.example", "Wants an offer", "40 keyboards by Friday", "Tell the price", "Completed"] {
        browser.sees(text).await?;
    }
    Ok(())
}
