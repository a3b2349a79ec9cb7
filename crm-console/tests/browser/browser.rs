//! A browser, and what a person does in it.

use std::cell::{Cell, RefCell};
use std::panic::resume_unwind;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fantoccini::actions::{InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::{Element, ElementRef};
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use testkit::{Chromium, eventually};
use tokio::sync::Semaphore;
use tokio::task::spawn_local;

use crate::house::{House, PASSWORD};

/// How long anything may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);
/// How often Tab is pressed before something counts as out of reach.
const MOST_TABS: usize = 150;
/// How many browsers run at once.
static SEATS: Semaphore = Semaphore::const_new(2);

/// What a person would call an element.
const NAME: &str = r##"
const text = (element) => {
    const copy = element.cloneNode(true);
    copy.querySelectorAll("[aria-hidden=true]").forEach((hidden) => hidden.remove());
    return copy.textContent;
};
const name = (element) => (element.getAttribute("aria-label")
    || [...(element.labels ?? [])].map(text).join(" ")
    || text(element) || element.title).replace(/\s+/g, " ").trim();
"##;

/// Where the keyboard is. Its mark may be drawn by a neighbour, such as the row of a link; the parts of a date are marked
/// by the browser itself.
const FOCUS: &str = r##"
const element = document.activeElement;
if (!element || element === document.body) return null;
const { type = "", value = "" } = element;
const marked = (it) => it && getComputedStyle(it).outlineStyle !== "none" && parseFloat(getComputedStyle(it).outlineWidth) > 0;
const around = [element, element.nextElementSibling, element.parentElement, element.closest("tr")];
const drawn = around.filter(marked).map((it) => it.getBoundingClientRect());
const seen = /^date|^time/.test(type) || drawn.some((box) => box.width > 4 && box.height > 4
    && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth);
return { name: name(element), value: String(value), seen };
"##;

/// A browser of another kind than usual.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// False for a browser that runs no scripts of pages.
    pub has_scripts: bool,
    /// The theme of the system.
    pub theme: &'static str,
}

impl Default for Kind {
    fn default() -> Self {
        Self { has_scripts: true, theme: "light" }
    }
}

/// A browser with a profile of its own.
pub struct Browser {
    client: Client,
    /// For what only Chromium has.
    chromium: reqwest::Client,
    session: String,
    /// Where the console is that it is at.
    origin: RefCell<String>,
    limit: Cell<Duration>,
    /// What the log of Chromium says of the faults that the test provokes.
    provoked: RefCell<Vec<String>>,
    /// Requests that no check has looked at: the address, and when it was asked, in seconds.
    requests: RefCell<Vec<(String, f64)>>,
    /// Other origins to which the test goes.
    others: RefCell<Vec<String>>,
}

/// Where the keyboard is.
#[derive(Clone, Debug)]
pub struct Focus {
    /// What it is called.
    pub name: String,
    /// What it holds.
    pub value: String,
}

/// Runs a test in a browser of its own. At its end the log has no errors and no request went elsewhere.
pub async fn alone(kind: Kind, test: impl AsyncFnOnce(&Browser) -> Result<()> + 'static) -> Result<()> {
    let _seat = SEATS.acquire().await?;
    let browser = Browser::open(kind).await?;
    let client = browser.client.clone();
    finish(&[client], async move {
        browser.explained(test(&browser).await).await?;
        browser.checked().await
    })
    .await
}

/// Runs a test with two persons, each in a browser.
pub async fn together(test: impl AsyncFnOnce(&Browser, &Browser) -> Result<()> + 'static) -> Result<()> {
    let _seats = SEATS.acquire_many(2).await?;
    let (one, two) = (Browser::open(Kind::default()).await?, Browser::open(Kind::default()).await?);
    let clients = [one.client.clone(), two.client.clone()];
    finish(&clients, async move {
        one.explained(test(&one, &two).await).await?;
        one.checked().await?;
        two.checked().await
    })
    .await
}

/// Closes the browsers, also after a panic.
async fn finish(clients: &[Client], test: impl Future<Output = Result<()>> + 'static) -> Result<()> {
    let outcome = spawn_local(test).await;
    for client in clients {
        client.clone().close().await?;
    }
    outcome.unwrap_or_else(|error| resume_unwind(error.into_panic()))
}

impl Browser {
    async fn open(kind: Kind) -> Result<Self> {
        let chromium = Chromium::shared()?;
        let driver = chromium.driver_url();
        let capabilities = capabilities(chromium, kind);
        let client = ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&driver).await?;
        let id = client.session_id().await?.context("a session without an id")?;
        let browser = Self {
            client,
            chromium: reqwest::Client::new(),
            session: format!("{driver}/session/{id}"),
            origin: RefCell::new(House::shared().await?.origin.clone()),
            limit: Cell::new(LIMIT),
            provoked: RefCell::default(),
            requests: RefCell::default(),
            others: RefCell::default(),
        };
        let theme = json!({ "features": [{ "name": "prefers-color-scheme", "value": kind.theme }] });
        browser.devtools("Emulation.setEmulatedMedia", theme).await?;
        Ok(browser)
    }

    /// From here on, goes to another console.
    pub fn enter(&self, origin: &str) {
        let before = self.origin.replace(origin.to_owned());
        self.goes_to(&before);
    }

    fn origin(&self) -> String {
        self.origin.borrow().clone()
    }

    /// What is called by address.
    pub async fn open_page(&self, path: &str) -> Result<()> {
        Ok(self.client.goto(&format!("{}{path}", self.origin())).await?)
    }

    /// The same of another origin.
    pub async fn open_elsewhere(&self, url: &str) -> Result<()> {
        Ok(self.client.goto(url).await?)
    }

    /// Logs in and opens a page.
    pub async fn log_in(&self, email: &str, next: &str) -> Result<()> {
        self.open_page(&format!("/log-in?next={next}")).await?;
        self.type_into("#email", email).await?;
        self.type_into("#password", PASSWORD).await?;
        self.press(Key::Enter).await?;
        self.until("the wanted page", "return location.pathname + location.search === arguments[0]", &[next.into()])
            .await
    }

    /// The address without the origin.
    pub async fn path(&self) -> Result<String> {
        let url = self.client.current_url().await?;
        Ok(url.as_str().trim_start_matches(&self.origin()).to_owned())
    }

    pub async fn back(&self) -> Result<()> {
        Ok(self.client.back().await?)
    }

    /// Runs a script in the page.
    pub async fn run(&self, script: &str, arguments: &[Value]) -> Result<Value> {
        Ok(self.client.execute(&format!("{NAME}{script}"), arguments.to_vec()).await?)
    }

    /// Waits until a script returns what is true. A page that is being replaced answers with an error at times.
    pub async fn until(&self, what: &str, script: &str, arguments: &[Value]) -> Result<()> {
        let holds = async || {
            let answer = self.run(script, arguments).await.unwrap_or_default();
            !matches!(answer, Value::Null | Value::Bool(false))
        };
        ensure!(eventually(self.limit.get(), holds).await, "{what}: not within {:?}", self.limit.get());
        Ok(())
    }

    /// From here on, waits longer for what takes long.
    pub fn is_patient(&self) {
        self.limit.set(5 * LIMIT);
    }

    /// Waits for a text that is shown.
    pub async fn sees(&self, text: &str) -> Result<()> {
        let script = "return document.readyState === 'complete' && document.body.innerText.includes(arguments[0])";
        self.until(&format!("the text {text:?}"), script, &[text.into()]).await
    }

    /// Waits for an element.
    pub async fn has(&self, selector: &str) -> Result<()> {
        let script = "return document.querySelector(arguments[0]) !== null";
        self.until(&format!("the element {selector}"), script, &[selector.into()]).await
    }

    /// Waits until there is no such element.
    pub async fn has_no(&self, selector: &str) -> Result<()> {
        let script = "return document.querySelector(arguments[0]) === null";
        self.until(&format!("no element {selector}"), script, &[selector.into()]).await
    }

    /// The text of the first element that matches.
    pub async fn text(&self, selector: &str) -> Result<String> {
        let text = self.run("return document.querySelector(arguments[0])?.innerText", &[selector.into()]).await?;
        text.as_str().map(str::to_owned).with_context(|| format!("no element {selector}"))
    }

    /// Clicks an element once it is there.
    pub async fn click(&self, selector: &str) -> Result<()> {
        self.has(selector).await?;
        self.click_found("return document.querySelector(arguments[0])", selector).await
    }

    /// Clicks what is called by this name.
    pub async fn click_on(&self, called: &str) -> Result<()> {
        let script = r"return [...document.querySelectorAll('a, button, summary, label')]
            .find((element) => name(element) === arguments[0] && element.checkVisibility()) ?? null";
        self.until(&format!("something called {called:?}"), script, &[called.into()]).await?;
        self.click_found(script, called).await
    }

    /// A part of a page that others have changed is put in its place anew, also between the look and the click.
    async fn click_found(&self, script: &str, argument: &str) -> Result<()> {
        loop {
            match self.element(script, argument).await?.click().await {
                Err(error) if error.is_stale_element_reference() => {}
                clicked => return Ok(clicked?),
            }
        }
    }

    /// Types into an element, in place of what it holds.
    pub async fn type_into(&self, selector: &str, text: &str) -> Result<()> {
        self.has(selector).await?;
        let element = self.element("return document.querySelector(arguments[0])", selector).await?;
        element.clear().await?;
        Ok(element.send_keys(text).await?)
    }

    /// Chooses a file in a form.
    pub async fn choose_file(&self, selector: &str, file: &Path) -> Result<()> {
        self.has(selector).await?;
        let element = self.element("return document.querySelector(arguments[0])", selector).await?;
        Ok(element.send_keys(&file.to_string_lossy()).await?)
    }

    async fn element(&self, script: &str, argument: &str) -> Result<Element> {
        let found = self.run(script, &[argument.into()]).await?;
        let id = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        let id = id.with_context(|| format!("no element {argument}"))?;
        Ok(Element::from_element_id(self.client.clone(), ElementRef::from(id.to_owned())))
    }

    /// Presses a key.
    pub async fn press(&self, key: Key) -> Result<()> {
        self.keys(&char::from(key).to_string()).await
    }

    /// Drags an element onto another one with the mouse.
    pub async fn drag(&self, from: &str, to: &str) -> Result<()> {
        self.has(from).await?;
        self.has(to).await?;
        let find = "return document.querySelector(arguments[0])";
        let (from, to) = (self.element(find, from).await?, self.element(find, to).await?);
        let duration = Some(Duration::from_millis(100));
        let over = |element| PointerAction::MoveToElement { element, duration, x: 0.0, y: 0.0 };
        let button = MOUSE_BUTTON_LEFT;
        let mouse = MouseActions::new("mouse".to_owned())
            .then(over(from))
            .then(PointerAction::Down { button })
            // The first step begins it, and the second one is over what it is put on.
            .then(PointerAction::MoveBy { duration, x: 12.0, y: 0.0 })
            .then(over(to))
            .then(PointerAction::Up { button });
        Ok(self.client.perform_actions(mouse).await?)
    }

    /// Types on the keyboard, wherever it is.
    pub async fn keys(&self, text: &str) -> Result<()> {
        let keys = KeyActions::new("keyboard".to_owned());
        let keys =
            text.chars().fold(keys, |keys, value| keys.then(KeyAction::Down { value }).then(KeyAction::Up { value }));
        Ok(self.client.perform_actions(keys).await?)
    }

    /// Where the keyboard is; what it is on must be marked, and in view.
    pub async fn focus(&self) -> Result<Option<Focus>> {
        let focus = self.run(FOCUS, &[]).await?;
        let Some(name) = focus["name"].as_str() else { return Ok(None) };
        ensure!(focus["seen"] == true, "nobody sees that the keyboard is on {focus}");
        let value = focus["value"].as_str().unwrap_or_default().to_owned();
        Ok(Some(Focus { name: name.to_owned(), value }))
    }

    /// Presses Tab until the keyboard is on what is called by this name.
    pub async fn tab_to(&self, called: &str) -> Result<Focus> {
        let mut passed = Vec::new();
        for _ in 0..MOST_TABS {
            self.press(Key::Tab).await?;
            let Some(focus) = self.focus().await? else { continue };
            if focus.name == called {
                return Ok(focus);
            }
            passed.push(focus.name);
        }
        bail!("Tab does not lead to {called:?}; it passes {passed:?}")
    }

    /// Waits until the keyboard is on what is called by this name.
    pub async fn is_on(&self, called: &str) -> Result<()> {
        let script = "return document.activeElement !== null && name(document.activeElement) === arguments[0]";
        self.until(&format!("the keyboard on {called:?}"), script, &[called.into()]).await?;
        self.focus().await.map(drop)
    }

    /// Gives the page a screen of this size, without scroll bars. A narrow one is a telephone.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await?;
        self.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await.map(drop)
    }

    /// What is in view, as a PNG.
    pub async fn picture(&self) -> Result<Vec<u8>> {
        Ok(self.client.screenshot().await?)
    }

    /// An answer with this status is part of the test.
    pub fn provokes(&self, status: u16) {
        self.provoked.borrow_mut().push(format!("responded with a status of {status}"));
    }

    /// Cuts the connection to all servers, or puts it back; what fails meanwhile is part of the test.
    pub async fn set_offline(&self, is_offline: bool) -> Result<()> {
        if is_offline {
            let said = ["ERR_INTERNET_DISCONNECTED", "Failed to fetch", "the request failed"].map(str::to_owned);
            self.provoked.borrow_mut().extend(said);
        }
        self.devtools("Network.enable", json!({})).await?;
        let conditions =
            json!({ "offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.devtools("Network.emulateNetworkConditions", conditions).await?;
        Ok(())
    }

    /// Requests to this origin are part of the test.
    pub fn goes_to(&self, origin: &str) {
        self.others.borrow_mut().push(origin.to_owned());
    }

    /// A command of the browser's tools for developers.
    pub async fn devtools(&self, method: &str, parameters: Value) -> Result<Value> {
        self.extra("goog/cdp/execute", json!({ "cmd": method, "params": parameters })).await
    }

    async fn extra(&self, path: &str, body: Value) -> Result<Value> {
        let answer = self.chromium.post(format!("{}/{path}", self.session)).json(&body).send().await?;
        let mut answer: Value = answer.error_for_status()?.json().await?;
        Ok(answer["value"].take())
    }

    /// Adds to a failure what the person had in view.
    async fn explained(&self, outcome: Result<()>) -> Result<()> {
        let Err(error) = outcome else { return Ok(()) };
        let text = self.run("return document.body.innerText.slice(0, 600)", &[]).await.unwrap_or_default();
        let path = self.path().await.unwrap_or_default();
        let mut shown = format!("at {path}, which shows:\n{}", text.as_str().unwrap_or_default());
        if let (Some(folder), Ok(picture)) = (option_env!("CARGO_TARGET_TMPDIR"), self.picture().await) {
            let file = Path::new(folder).join(format!("{}.png", self.session.rsplit('/').next().unwrap_or_default()));
            std::fs::write(&file, picture)?;
            shown = format!("{shown}\nin a picture: {}", file.display());
        }
        Err(error.context(shown))
    }

    /// No error in the log, no violation of the Content-Security-Policy (which stands there), no request elsewhere.
    pub async fn checked(&self) -> Result<()> {
        let log = self.extra("se/log", json!({ "type": "browser" })).await?;
        let provoked = self.provoked.borrow().clone();
        let is_expected = |message: &str| provoked.iter().any(|said| message.contains(said));
        let lines = log.as_array().into_iter().flatten();
        let errors: Vec<_> = lines
            .filter(|line| line["level"] != "INFO" && line["level"] != "DEBUG")
            .filter_map(|line| line["message"].as_str())
            .filter(|message| !is_expected(message))
            .collect();
        self.listen().await?;
        let asked = self.requests.take();
        let elsewhere: Vec<_> = asked.iter().map(|(url, _)| url).filter(|url| !self.is_ours(url)).collect();
        ensure!(errors.is_empty(), "the browser's log: {errors:#?}");
        ensure!(elsewhere.is_empty(), "requests to other origins: {elsewhere:#?}");
        Ok(())
    }

    fn is_ours(&self, url: &str) -> bool {
        let is_of = |origin: &String| url.strip_prefix(origin.as_str()).is_some_and(|rest| rest.starts_with('/'));
        is_of(&self.origin()) || self.others.borrow().iter().any(is_of) || url.starts_with("data:")
    }

    /// When an address of the console was asked, in seconds. A check of the browser begins anew.
    pub async fn asked(&self, path: &str) -> Result<Vec<f64>> {
        self.listen().await?;
        let start = format!("{}{path}", self.origin());
        Ok(self.requests.borrow().iter().filter(|(url, _)| url.starts_with(&start)).map(|(_, at)| *at).collect())
    }

    /// Takes over the requests that the browser has written down since the last call.
    async fn listen(&self) -> Result<()> {
        let log = self.extra("se/log", json!({ "type": "performance" })).await?;
        let events = log.as_array().into_iter().flatten().filter_map(|line| line["message"].as_str());
        let events = events.filter_map(|event| serde_json::from_str::<Value>(event).ok());
        let sent = events.filter(|event| event["message"]["method"] == "Network.requestWillBeSent");
        let request = |event: Value| {
            let told = &event["message"]["params"];
            Some((told["request"]["url"].as_str()?.to_owned(), told["timestamp"].as_f64()?))
        };
        self.requests.borrow_mut().extend(sent.filter_map(request));
        Ok(())
    }
}

fn capabilities(chromium: &Chromium, kind: Kind) -> Map<String, Value> {
    let mut preferences = json!({ "intl.accept_languages": "en-US,en" });
    if !kind.has_scripts {
        // 2 is "block".
        preferences["profile.managed_default_content_settings.javascript"] = 2.into();
    }
    let options = json!({
        "binary": chromium.program,
        "args": Chromium::ARGUMENTS,
        "prefs": preferences,
    });
    let logs = json!({ "browser": "ALL", "performance": "ALL" });
    Map::from_iter([("goog:chromeOptions".to_owned(), options), ("goog:loggingPrefs".to_owned(), logs)])
}
