//! What the other tests look for is found where it is.

use anyhow::{Result, ensure};
use fantoccini::key::Key;
use testkit::Suite;

use crate::browser::{Kind, alone};
use crate::house::{READERS, address};
use crate::pages::{SHIFTED, axe};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [faults_are_found]);
}

async fn faults_are_found() -> Result<()> {
    alone(Kind::default(), async |browser| {
        browser.log_in(&address(READERS, 0), "/customers").await?;
        browser.checked().await?;
        for (what, fault) in FAULTS_OF_POLICY {
            browser.run(fault, &[]).await?;
            ensure!(browser.checked().await.is_err(), "nobody notices {what}");
        }
        browser.run("console.error('a fault')", &[]).await?;
        ensure!(browser.checked().await.is_err(), "nobody notices an error in the log");

        browser.run("document.querySelector('#q').removeAttribute('aria-label')", &[]).await?;
        browser.run("document.querySelector('#q').removeAttribute('placeholder')", &[]).await?;
        let faults = axe(browser, "customers").await?;
        ensure!(faults.iter().any(|fault| fault.contains(" label: ")), "nobody notices a missing label: {faults:?}");

        let unmarked = "document.styleSheets[0].insertRule('* { outline: none !important }')";
        browser.run(unmarked, &[]).await?;
        browser.press(Key::Tab).await?;
        ensure!(browser.focus().await.is_err(), "nobody notices a keyboard that is nowhere");

        let late = "const late = document.createElement('p'); late.style.height = '400px';
            document.querySelector('.main').prepend(late)";
        browser.run(late, &[]).await?;
        let shifted = browser.run(SHIFTED, &[]).await?.as_f64();
        ensure!(shifted > Some(0.1), "nobody notices a page that jumps: {shifted:?}");
        Ok(())
    })
    .await
}

const FAULTS_OF_POLICY: &[(&str, &str)] = &[
    ("a style in a page", r#"document.body.insertAdjacentHTML('beforeend', '<p style="color: red">')"#),
    ("a picture of another origin", "new Image().src = 'http://127.0.0.1:9/picture.png'"),
    ("a request to another origin", "return fetch('http://127.0.0.1:9/').catch(() => null)"),
];
