//! The bell rings on an open page when a colleague has a task for one.

use anyhow::{Context, Result};
use fantoccini::key::Key;
use testkit::Suite;

use crate::browser::{Browser, together};
use crate::house::{WRITERS, address};
use crate::people::PEOPLE;

/// Who is told, among the people.
const TOLD: usize = 1;
const CHOOSE: &str = "const list = document.getElementById('assigneeId');
    list.value = [...list.options].find((it) => it.text === arguments[0])?.value ?? ''; return list.value";
const COUNT: &str = "return Number(document.querySelector('#bell .bell-count')?.textContent ?? 0)";
const RISEN: &str = "return Number(document.querySelector('#bell .bell-count')?.textContent ?? 0) > arguments[0]
    && window.isSamePage === true";

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [the_bell_rings_on_an_open_page]);
}

async fn the_bell_rings_on_an_open_page() -> Result<()> {
    together(async |one, other| {
        // A page that shows nothing live itself.
        one.log_in(&address(WRITERS, TOLD), "/tags").await?;
        let before = one.run(COUNT, &[]).await?;
        one.run("window.isSamePage = true", &[]).await?;
        assign(other, "Ring the printer").await?;
        one.until("another number at the bell", RISEN, &[before]).await?;
        reads_it(one).await
    })
    .await
}

async fn assign(other: &Browser, title: &str) -> Result<()> {
    other.log_in(&address(WRITERS, 0), "/tasks/new").await?;
    let (first, last, _) = PEOPLE[TOLD];
    let chosen = other.run(CHOOSE, &[format!("{first} {last}").into()]).await?;
    chosen.as_str().filter(|id| !id.is_empty()).context("the colleague is no choice")?;
    other.type_into("#title", title).await?;
    other.press(Key::Enter).await?;
    other.sees("The task was added.").await
}

/// By keyboard, from the bell to the mark.
async fn reads_it(one: &Browser) -> Result<()> {
    one.click("#bell").await?;
    one.sees("Ring the printer").await?;
    one.tab_to("Mark as read: Ring the printer").await?;
    one.press(Key::Enter).await?;
    one.has_no("[aria-label='Mark as read: Ring the printer']").await?;
    one.sees("Ring the printer").await
}
