//! Two customers are picked in the list, merged, and taken apart again.

use anyhow::{Result, ensure};
use testkit::Suite;

use crate::browser::{Kind, alone};
use crate::house::{WRITERS, address};
use crate::work::add_another;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [merges_and_takes_apart]);
}

const PICK_ALL: &str = "document.querySelectorAll('#rows input[name=id]').forEach((box) => box.click())";

async fn merges_and_takes_apart() -> Result<()> {
    alone(Kind::default(), async |browser| {
        browser.log_in(&address(WRITERS, 0), "/").await?;
        add_another(browser, "Merle", "Alpha").await?;
        add_another(browser, "Merle", "Beta").await?;
        browser.open_page("/customers?q=merle").await?;
        browser.sees("2 customers").await?;
        browser.run(PICK_ALL, &[]).await?;
        browser.click("#bulk button[value=merge]").await?;
        browser.sees("after the merge").await?;
        ensure!(browser.path().await?.starts_with("/customers/merge"), "the comparison has an address");
        browser.checked().await?;
        browser.click("#merge-form .button-primary").await?;
        browser.sees("The customers were merged.").await?;
        browser.has("#merges").await?;
        browser.checked().await?;
        browser.open_page("/customers?q=merle").await?;
        browser.sees("1 customer").await?;
        browser.back().await?;
        browser.click("#merges button").await?;
        browser.sees("The merge was undone.").await?;
        browser.open_page("/customers?q=merle").await?;
        browser.sees("2 customers").await
    })
    .await
}
