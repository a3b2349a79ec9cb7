//! A company moves in with the file of its old system.

use std::fmt::Write;

use anyhow::{Context, Result};
use testkit::Suite;

use crate::browser::{Kind, alone};
use crate::house::{WRITERS, address};

const ROWS: usize = 10_000;
/// Every row of this number has no e-mail address, but something else in its place.
const FAULTY: usize = 1_000;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [ten_thousand_customers]);
}

async fn ten_thousand_customers() -> Result<()> {
    alone(Kind::default(), async |browser| {
        browser.is_patient();
        let file = testkit::scratch()?.join("customers-10000.csv");
        std::fs::write(&file, customers()?)?;
        browser.log_in(&address(WRITERS, 0), "/customers/import").await?;
        browser.choose_file("#file", &file).await?;
        browser.click_on("Continue").await?;
        browser.sees("First values").await?;
        let taken = "return [...document.querySelectorAll('select[name]')].map((it) => it.value).join()";
        let taken = browser.run(taken, &[]).await?;
        let taken = taken.as_str().context("no columns")?;
        for field in ["firstName", "lastName", "organizationName", "city", "country", "phone", "email", "website"] {
            assert!(taken.contains(field), "no column is taken for {field}: {taken}");
        }

        browser.click_on("Check the file").await?;
        browser.sees("This is what the import will do.").await?;
        browser.sees("9,990").await?;
        browser.click(".import-actions .button-primary").await?;
        browser.sees("The import is done.").await?;
        let failed = "return fetch(document.querySelector('a[href$=\"/failed.csv\"]').href)
            .then((answer) => answer.text()).then((text) => text.trim().split('\\n').length - 1)";
        assert_eq!(browser.run(failed, &[]).await?, ROWS / FAULTY);

        browser.click_on("See the customers").await?;
        browser.type_into("#q", "imported4242@").await?;
        browser.sees("1 customer").await?;
        browser.click_on("Given4242 Family4242").await?;
        browser.has("#composer").await
    })
    .await
}

/// A file as the lists of customers that people practise with have it.
fn customers() -> Result<String> {
    let mut file = String::from(
        "Index,Customer Id,First Name,Last Name,Company,City,Country,Phone 1,Phone 2,Email,Subscription Date,Website\n",
    );
    for row in 1..=ROWS {
        let email =
            if row % FAULTY == 0 { "no address".to_owned() } else { format!("imported{row}@example-{}.com", row % 97) };
        writeln!(
            file,
            "{row},{row:015X},Given{row},Family{row},\"Firm {}, Sons\",Lake City,Norway,043-797-{:04},,{email},26-08-2020,https://example-{row}.org/",
            row % 400,
            row % 10_000,
        )?;
    }
    Ok(file)
}
