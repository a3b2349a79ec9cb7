//! A working day: a visitor fills in a form, the lead is assigned by a rule, called and won, and the work is done. No page on the
//! way has anything that axe finds.

use anyhow::{Context, Result, ensure};
use fantoccini::key::Key;
use testkit::Suite;

use crate::browser::{Browser, together};
use crate::house::{WRITERS, address};
use crate::pages::axe;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [a_lead_of_a_form_becomes_a_won_deal]);
}

const NAME: &str = "Frida Werktag";
const TASK: &str = "Send the contract";
const CHOOSE: &str = "const list = document.querySelector(arguments[0]);
    list.value = arguments[1]; list.dispatchEvent(new Event('change', { bubbles: true }));";
/// Sends the form from a page, and gives the status of the answer.
const SEND: &str = "return fetch(`/api/capture/${arguments[0]}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ fields: { name: arguments[1], email: 'frida@werktag.example' } }),
}).then((answer) => answer.status)";

async fn a_lead_of_a_form_becomes_a_won_deal() -> Result<()> {
    together(async |admin, seller| {
        admin.log_in(&address(WRITERS, 0), "/settings/lead-assignment-rules/new").await?;
        adds_a_rule(admin).await?;
        let key = adds_a_form(admin).await?;
        let status = admin.run(SEND, &[key.into(), NAME.into()]).await?;
        ensure!(status == 202, "the form was answered with {status}");

        seller.log_in(&address(WRITERS, 2), "/leads?q=werktag").await?;
        calls_the_lead(seller).await?;
        plans_a_task(seller).await?;
        converts_with_a_deal(seller).await?;
        wins_the_deal(seller).await?;
        completes_the_task_on_the_dashboard(seller).await
    })
    .await
}

/// What fades in is too pale until it is there.
const STANDS_STILL: &str = "return document.getAnimations().every((one) => one.playState === 'finished')";

async fn is_accessible(browser: &Browser, page: &str) -> Result<()> {
    browser.until("the end of all animations", STANDS_STILL, &[]).await?;
    let faults = axe(browser, page).await?;
    ensure!(faults.is_empty(), "{faults:#?}");
    Ok(())
}

async fn adds_a_rule(browser: &Browser) -> Result<()> {
    browser.type_into("#name", "Leads of the working day").await?;
    browser.run(CHOOSE, &["[name='field-0']".into(), "source".into()]).await?;
    browser.run(CHOOSE, &["[name='operator-0']".into(), "eq".into()]).await?;
    browser.type_into("[name='operand-0']", "working_day").await?;
    browser.run(CHOOSE, &["#strategy".into(), "fixed".into()]).await?;
    browser.click_on("Sam Rivera").await?;
    is_accessible(browser, "new assignment rule").await?;
    browser.click("main .actions .button-primary").await?;
    browser.sees("The rule was added.").await?;
    browser.sees("Leads of the working day").await?;
    is_accessible(browser, "assignment rules").await
}

/// Gives the key of the form, which stands in what a page pastes.
async fn adds_a_form(browser: &Browser) -> Result<String> {
    browser.open_page("/settings/capture-forms/new").await?;
    browser.type_into("#name", "Working day").await?;
    browser.type_into("#source", "working_day").await?;
    browser.click("[name='requiresChallenge']").await?;
    is_accessible(browser, "new capture form").await?;
    browser.click("main .actions .button-primary").await?;
    browser.sees("The form was added.").await?;
    is_accessible(browser, "capture form").await?;
    let script = "return document.querySelector('#plain').value.match(/api\\/capture\\/([\\w-]+)/)?.[1]";
    let key = browser.run(script, &[]).await?;
    key.as_str().map(str::to_owned).context("no key in what is pasted")
}

async fn calls_the_lead(browser: &Browser) -> Result<()> {
    browser.sees(NAME).await?;
    is_accessible(browser, "leads").await?;
    browser.click_on(NAME).await?;
    browser.has(".lead-head").await?;
    is_accessible(browser, "lead").await?;
    browser.click("#composer nav a[href*='compose=call']").await?;
    browser.type_into("#subject", "First call").await?;
    browser.run(CHOOSE, &["#direction".into(), "outbound".into()]).await?;
    browser.click("#composer .compose-bar .button-primary").await?;
    browser.until("the call in the timeline", IN_TIMELINE, &["First call".into()]).await?;
    is_accessible(browser, "lead, called").await
}

const IN_TIMELINE: &str = "return document.querySelector('#days')?.innerText.includes(arguments[0])";
/// Today, in the time zone of the company.
const TODAY: &str = "document.querySelector('#dialog #dueDate').value =
    new Intl.DateTimeFormat('sv', { timeZone: 'Europe/Berlin' }).format(new Date())";

async fn plans_a_task(browser: &Browser) -> Result<()> {
    browser.click("#tasks .panel-head .button").await?;
    browser.has("#dialog[open] #title").await?;
    browser.type_into("#dialog #title", TASK).await?;
    browser.run(TODAY, &[]).await?;
    is_accessible(browser, "new task").await?;
    browser.press(Key::Enter).await?;
    browser.sees("The task was added.").await
}

async fn converts_with_a_deal(browser: &Browser) -> Result<()> {
    browser.click_on("Convert").await?;
    browser.has("#dialog[open] #form-title").await?;
    browser.click("#dialog input[name=withDeal]").await?;
    browser.click("#dialog .actions button[name=preview]").await?;
    browser.sees("Frida Werktag becomes a new customer.").await?;
    is_accessible(browser, "conversion").await?;
    browser.has("#dialog .actions button:focus").await?;
    browser.press(Key::Enter).await?;
    browser.sees("The lead was converted.").await?;
    ensure!(browser.path().await?.starts_with("/customers/"), "the address is not that of the customer");
    is_accessible(browser, "customer").await
}

async fn wins_the_deal(browser: &Browser) -> Result<()> {
    browser.open_page("/deals?q=werktag").await?;
    is_accessible(browser, "deals").await?;
    browser.click("#board [data-handle]").await?;
    browser.has(".deal-head").await?;
    browser.click(".stage-path .stage-won button").await?;
    browser.sees("The deal was won.").await?;
    is_accessible(browser, "deal, won").await
}

async fn completes_the_task_on_the_dashboard(browser: &Browser) -> Result<()> {
    let complete = format!("[aria-label='Complete: {TASK}']");
    browser.open_page("/").await?;
    browser.has(&complete).await?;
    browser.sees(NAME).await?;
    is_accessible(browser, "dashboard").await?;
    browser.click(&complete).await?;
    browser.sees("The task was completed.").await?;
    browser.has_no(&complete).await
}
