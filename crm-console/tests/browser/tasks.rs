//! Tasks without a mouse, and those that come in from colleagues.

use anyhow::Result;
use chrono::Utc;
use chrono_tz::Europe::Berlin;
use fantoccini::key::Key;
use testkit::Suite;

use crate::browser::{Browser, Kind, alone, together};
use crate::house::{WRITERS, address};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [
        a_task_is_added_and_completed_by_keyboard,
        a_task_of_a_colleague_comes_in,
        a_recurring_task_with_a_reminder_goes_on,
    ]);
}

async fn a_task_is_added_and_completed_by_keyboard() -> Result<()> {
    alone(Kind::default(), async |browser| {
        browser.log_in(&address(WRITERS, 2), "/").await?;
        adds_it(browser).await?;
        completes_it_with_one_key(browser).await?;
        takes_that_back(browser).await?;
        completes_it_with_a_result(browser).await
    })
    .await
}

async fn adds_it(browser: &Browser) -> Result<()> {
    browser.tab_to("Tasks").await?;
    browser.press(Key::Enter).await?;
    browser.sees("Add task").await?;
    browser.keys("c").await?;
    browser.is_on("Title").await?;
    browser.keys("Send the keyboards").await?;
    browser.tab_to("Due on").await?;
    // As a browser asks for a day in English.
    let today = Utc::now().with_timezone(&Berlin).date_naive();
    browser.keys(&today.format("%m%d%Y").to_string()).await?;
    let typed = browser.focus().await?.map(|focus| focus.value);
    assert_eq!(typed, Some(today.to_string()));
    browser.press(Key::Enter).await?;
    browser.sees("The task was added.").await?;
    browser.has_no("#dialog[open]").await
}

async fn completes_it_with_one_key(browser: &Browser) -> Result<()> {
    browser.tab_to("Complete: Send the keyboards").await?;
    browser.press(Key::Enter).await?;
    browser.sees("The task was completed.").await?;
    browser.has_no("[aria-label='Complete: Send the keyboards']").await
}

async fn takes_that_back(browser: &Browser) -> Result<()> {
    browser.tab_to("Undo").await?;
    browser.press(Key::Enter).await?;
    browser.sees("The task was reopened.").await?;
    browser.has("[aria-label='Complete: Send the keyboards']").await
}

async fn completes_it_with_a_result(browser: &Browser) -> Result<()> {
    browser.tab_to("Send the keyboards").await?;
    browser.press(Key::Enter).await?;
    browser.is_on("Result").await?;
    browser.keys("Sent on Friday").await?;
    browser.press(Key::Enter).await?;
    browser.sees("The task was completed.").await?;
    browser.has_no("#dialog[open]").await?;
    browser.open_page("/tasks?view=closed").await?;
    browser.tab_to("Send the keyboards").await?;
    browser.press(Key::Enter).await?;
    browser.sees("Sent on Friday").await
}

/// The list shows it without being asked.
async fn a_task_of_a_colleague_comes_in() -> Result<()> {
    together(async |one, other| {
        one.log_in(&address(WRITERS, 1), "/tasks?assignee=all").await?;
        one.run("window.isSamePage = true", &[]).await?;
        other.log_in(&address(WRITERS, 2), "/tasks/new").await?;
        other.type_into("#title", "Came in by itself").await?;
        other.press(Key::Enter).await?;
        other.sees("The task was added.").await?;
        one.sees("Came in by itself").await?;
        one.until("the same page", "return window.isSamePage === true", &[]).await
    })
    .await
}

const CHOOSE: &str = "const list = document.querySelector(arguments[0]);
    list.value = arguments[1]; list.dispatchEvent(new Event('change', { bubbles: true }));";
const VISIBLE: &str = "return document.querySelector(arguments[0])?.checkVisibility() === (arguments[1] === 'yes')";

/// The one that is completed is followed by the one of the next week.
async fn a_recurring_task_with_a_reminder_goes_on() -> Result<()> {
    const TITLE: &str = "Water the plants";
    alone(Kind::default(), async |browser| {
        browser.log_in(&address(WRITERS, 0), "/tasks/new").await?;
        browser.type_into("#title", TITLE).await?;
        let today = Utc::now().with_timezone(&Berlin).date_naive().to_string();
        browser.run(CHOOSE, &["#dueDate".into(), today.into()]).await?;
        browser.until("no days yet", VISIBLE, &[".of-weekly".into(), "no".into()]).await?;
        browser.click(".form-more > summary").await?;
        browser.run(CHOOSE, &["#repeat".into(), "weekly".into()]).await?;
        browser.until("the days of a week", VISIBLE, &[".of-weekly".into(), "yes".into()]).await?;
        browser.run(CHOOSE, &["[name='reminder.0.before']".into(), "60".into()]).await?;
        browser.click_on("Add task").await?;
        browser.sees("The task was added.").await?;

        browser.click_on(TITLE).await?;
        browser.sees("Every week").await?;
        browser.sees("1 hour before (At the bell)").await?;
        browser.click("#dialog .complete button, main .complete button").await?;
        browser.sees("The task was completed.").await?;
        // Another one has come, with the same plan.
        browser.open_page("/tasks").await?;
        browser.click_on(TITLE).await?;
        browser.sees("Every week").await?;
        browser.sees("1 hour before (At the bell)").await
    })
    .await
}
