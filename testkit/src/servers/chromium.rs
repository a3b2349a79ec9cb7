//! Chromium, driven by chromedriver.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::keeper::Plan;
use super::throwaway::Throwaway;
use super::{ServerError, on_path};

const MISSING: &str = "Chromium and its driver are not installed; \
    Debian: apt-get install chromium chromium-driver; macOS: brew install --cask chromium chromedriver";

/// A driver that opens browsers. It ends with the test process, and they with it if they have its
/// [`ARGUMENTS`](Self::ARGUMENTS).
pub struct Chromium {
    driver: Throwaway,
    /// The browser.
    pub program: PathBuf,
}

impl Chromium {
    /// What browsers are started with: without a window, and silent unless a page asks for something. A browser that is
    /// driven by a pipe ends when the pipe closes.
    pub const ARGUMENTS: &'static [&'static str] = &[
        "--headless=new",
        "--remote-debugging-pipe",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-extensions",
        "--disable-sync",
        "--no-first-run",
        "--lang=en-US",
        "--window-size=1440,900",
    ];

    /// The driver of this test process, which its tests share.
    pub fn shared() -> Result<&'static Self, ServerError> {
        static SHARED: OnceLock<Result<Chromium, ServerError>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref().map_err(Clone::clone)
    }

    fn start() -> Result<Self, ServerError> {
        let browsers = ["chromium", "chromium-browser", "google-chrome"];
        let program = browsers.into_iter().find_map(on_path).ok_or(ServerError::Missing(MISSING))?;
        let driver = on_path("chromedriver").ok_or(ServerError::Missing(MISSING))?;
        let plan = |directory: &Path, port| plan(&driver, directory, port);
        Ok(Self { driver: Throwaway::start("crm-test-chromium-", plan, ready)?, program })
    }

    /// Where the driver listens.
    pub fn driver_url(&self) -> String {
        format!("http://{}", self.driver.address())
    }
}

/// What browsers write goes into the directory, which is removed at the end.
fn plan(driver: &Path, directory: &Path, port: u16) -> Plan {
    let mut command: Vec<OsString> = vec!["env".into()];
    for name in ["HOME", "TMPDIR"] {
        let mut variable = OsString::from(format!("{name}="));
        variable.push(directory);
        command.push(variable);
    }
    command.extend([driver.into(), format!("--port={port}").into()]);
    Plan { command, stop: "TERM", quit: "KILL", user: None }
}

fn ready(directory: &Path) -> bool {
    let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
    log.contains("was started successfully")
}
