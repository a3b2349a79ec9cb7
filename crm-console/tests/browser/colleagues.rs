//! Two persons work on one customer.

use anyhow::{Result, ensure};
use fantoccini::key::Key;
use testkit::Suite;

use crate::browser::together;
use crate::house::{WRITERS, address};
use crate::work::{add_customer, edit};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [a_stale_edit_loses_nothing]);
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
