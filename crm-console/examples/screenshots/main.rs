//! Makes the screenshots of the documents from the data of the example `serve`. Needs Chromium and its driver, and
//! pngquant, which makes the files a third of the size: `cargo run -p crm-console --example screenshots -- docs/images`.

#![recursion_limit = "256"]

#[path = "../../tests/browser/browser.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod browser;
#[path = "../../tests/browser/house.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod house;
#[path = "../serve/model.rs"]
mod model;
#[path = "../serve/people.rs"]
mod people;
#[path = "../serve/seed.rs"]
mod seed;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use tokio::task::LocalSet;

use crate::browser::{Browser, Kind, alone};
use crate::house::{House, READERS, address};

/// The names of the files, and the pages.
const PAGES: &[(&str, &str)] =
    &[("dashboard", "/"), ("customers", "/customers"), ("customer", "/customers/{customer}")];
/// A desk in both themes and a telephone: width, height, theme.
const SCREENS: &[(u32, u32, &str)] = &[(1440, 900, "light"), (1440, 900, "dark"), (390, 844, "light")];

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).context("usage: screenshots FOLDER")?;
    LocalSet::new().block_on(testkit::runtime(), async {
        for theme in ["light", "dark"] {
            let folder = folder.clone();
            alone(Kind { theme, ..Kind::default() }, async move |browser| take(browser, &folder, theme).await).await?;
        }
        Ok(())
    })
}

async fn take(browser: &Browser, folder: &Path, theme: &str) -> Result<()> {
    browser.log_in(&address(READERS, 1), "/").await?;
    let house = House::shared().await?;
    for (name, path) in PAGES {
        for (width, height, _) in SCREENS.iter().filter(|screen| screen.2 == theme) {
            browser.resize(*width, *height).await?;
            browser.open_page(&house.path(path)).await?;
            let file = folder.join(format!("{name}-{width}-{theme}.png"));
            write(&file, &browser.picture().await?).with_context(|| format!("writing {}", file.display()))?;
        }
    }
    Ok(())
}

/// Writes a PNG with a palette of 128 colours: there are few of them on a page.
fn write(file: &Path, picture: &[u8]) -> Result<()> {
    let mut command = Command::new("pngquant");
    command.args(["--speed", "1", "128", "-"]).stdin(Stdio::piped()).stdout(File::create(file)?);
    let mut process = command.spawn().context("pngquant does not start; Debian: apt-get install pngquant")?;
    process.stdin.take().context("no input")?.write_all(picture)?;
    ensure!(process.wait()?.success(), "pngquant fails");
    Ok(())
}
