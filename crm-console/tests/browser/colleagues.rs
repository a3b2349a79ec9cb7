//! Two persons work on one customer.

use anyhow::{Result, ensure};
use fantoccini::key::Key;
use testkit::Suite;

use crate::browser::together;
use crate::house::{WRITERS, address};
use crate::work::{add_another, add_customer, edit};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [a_stale_edit_loses_nothing, a_row_changes_beside_the_one_in_use]);
}

async fn a_stale_edit_loses_nothing() -> Result<()> {
    together(async |one, other| {
        add_customer(one, "Paula", "Paar").await?;
        let customer = one.path().await?.split('?').next().map(str::to_owned).unwrap_or_default();
        other.log_in(&address(WRITERS, 1), &customer).await?;
        edit(one, "Phone", "+49 30 111111").await?;

        edit(other, "Phone", "+49 30 222222").await?;
        other.press(Key::Enter).await?;
        other.has_no(".field-editing").await?;

        one.provokes(412);
        one.press(Key::Enter).await?;
        one.sees("This customer was changed after you opened the field.").await?;
        one.sees("+49 30 222222").await?;
        let typed = one.focus().await?.map(|focus| focus.value);
        ensure!(typed.as_deref() == Some("+49 30 111111"), "what was typed is lost: {typed:?}");
        let answers = "return performance.getEntriesByType('resource').some((it) => it.responseStatus === 412)";
        one.until("the answer 412", answers, &[]).await?;

        one.click_on("Save anyway").await?;
        one.has_no(".field-editing").await?;
        ensure!(one.text("#field-phone .field-value").await? == "+49 30 111111");
        // The other one's number is in the timeline.
        one.sees("+49 30 222222").await
    })
    .await
}

/// A list shows what a colleague changes, and leaves the row with the keyboard where it is.
async fn a_row_changes_beside_the_one_in_use() -> Result<()> {
    const CELL: &str = "return [...document.querySelectorAll('#rows > tr')]
        .find((row) => row.innerText.includes(arguments[0]))?.innerText.includes(arguments[1]) ?? false";
    together(async |one, other| {
        add_customer(other, "Rosa", "Reihe").await?;
        add_another(other, "Rudi", "Reihe").await?;
        one.log_in(&address(WRITERS, 1), "/customers?q=reihe").await?;
        one.sees("2 customers").await?;
        one.tab_to("Rosa Reihe").await?;
        one.run("window.isSamePage = true; window.row = document.activeElement.closest('tr')", &[]).await?;

        edit(other, "Phone", "+49 30 424242").await?;
        other.press(Key::Enter).await?;
        other.has_no(".field-editing").await?;
        one.until("the number in the other row", CELL, &["Rudi Reihe".into(), "+49 30 424242".into()]).await?;
        one.is_on("Rosa Reihe").await?;

        // Also while the row itself changes.
        other.open_page("/customers?q=rosa").await?;
        other.click_on("Rosa Reihe").await?;
        edit(other, "E-mail", "rosa@reihe.example").await?;
        other.press(Key::Enter).await?;
        other.has_no(".field-editing").await?;
        one.until("the address in this row", CELL, &["Rosa Reihe".into(), "rosa@reihe.example".into()]).await?;
        one.is_on("Rosa Reihe").await?;
        let same = "return window.isSamePage === true && window.row === document.activeElement.closest('tr')";
        ensure!(one.run(same, &[]).await? == true, "the row was replaced under the keyboard");
        Ok(())
    })
    .await
}
