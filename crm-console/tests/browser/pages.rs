//! What holds on every page.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use testkit::Suite;

use crate::browser::{Browser, Kind, alone};
use crate::house::{House, READERS, address};

/// A page, as the administrator of a company sees it.
struct Page {
    name: &'static str,
    /// The address; `{customer}` is a customer.
    path: &'static str,
    status: u16,
}

const fn page(name: &'static str, path: &'static str) -> Page {
    Page { name, path, status: 200 }
}

/// Every page. A new page is a line here; an id in its address is one in `house::ids`.
const PAGES: &[Page] = &[
    page("dashboard", "/"),
    page("dashboard of a year", "/?period=year"),
    page("customers", "/customers"),
    page("customers, filtered", "/customers?q=an&status=active&kind=person"),
    page("customers, none", "/customers?q=nosuchcustomer"),
    page("new customer", "/customers/new"),
    page("customer", "/customers/{customer}"),
    page("customer, field", "/customers/{customer}?edit=email"),
    page("customer, choice", "/customers/{customer}?edit=status"),
    page("customer, call", "/customers/{customer}?compose=call"),
    page("deleted notes of a customer", "/customers/{customer}/trash"),
    page("interactions", "/interactions"),
    page("tags", "/tags"),
    page("new tag", "/tags/new"),
    page("tag", "/tags/{tag}/edit"),
    page("tag, merged", "/tags/{tag}/merge"),
    page("tag, deleted", "/tags/{tag}/delete"),
    page("trash", "/trash"),
    page("import", "/customers/import"),
    page("palette", "/palette?q=an"),
    page("company", "/settings"),
    page("users", "/settings/users"),
    page("audit trail", "/settings/audit"),
    page("jobs", "/settings/jobs"),
    Page { name: "no such page", path: "/nowhere", status: 404 },
];

const AXE: &str = include_str!("axe.min.js");
/// Everything that axe knows but its experiments.
const RUN_AXE: &str = r"return axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map((found) => `${found.id}: ${found.help}: ${found.nodes.slice(0, 3).map((node) => node.html).join(' | ')}`))";

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [are_accessible_in_light, are_accessible_in_dark, are_small, do_not_jump, fit_a_telephone]);
}

async fn are_accessible_in_light() -> Result<()> {
    alone(Kind::default(), are_accessible).await
}

async fn are_accessible_in_dark() -> Result<()> {
    alone(Kind { theme: "dark", ..Kind::default() }, are_accessible).await
}

/// axe finds nothing, and the log of the browser is clean (which [`alone`] looks at).
async fn are_accessible(browser: &Browser) -> Result<()> {
    browser.open_page("/log-in").await?;
    let mut faults = axe(browser, "log-in").await?;
    browser.log_in(&address(READERS, 0), "/").await?;
    for page in PAGES {
        visit(browser, page).await?;
        faults.extend(axe(browser, page.name).await?);
    }
    ensure!(faults.is_empty(), "{faults:#?}");
    Ok(())
}

async fn visit(browser: &Browser, page: &Page) -> Result<()> {
    if page.status != 200 {
        browser.provokes(page.status);
    }
    browser.open_page(&House::shared().await?.path(page.path)).await?;
    let status = "return performance.getEntriesByType('navigation')[0].responseStatus";
    let status = browser.run(status, &[]).await?;
    ensure!(status == page.status, "{}: {status}", page.name);
    Ok(())
}

pub async fn axe(browser: &Browser, name: &str) -> Result<Vec<String>> {
    browser.run(AXE, &[]).await?;
    let found = browser.run(RUN_AXE, &[]).await?;
    let found = found.as_array().into_iter().flatten().filter_map(Value::as_str);
    Ok(found.map(|fault| format!("{name}: {fault}")).collect())
}

/// In bytes of what is sent, with the headers: the first page with all that it needs.
const FIRST: f64 = 60_000.0;
/// And each one after it.
const LATER: f64 = 20_000.0;
const SENT: &str = "return performance.getEntries().reduce((sum, it) => sum + (it.transferSize ?? 0), 0)";

async fn are_small() -> Result<()> {
    alone(Kind::default(), async |browser| {
        browser.log_in(&address(READERS, 0), "/").await?;
        let mut most = FIRST;
        for page in PAGES {
            if most == FIRST {
                browser.devtools("Network.clearBrowserCache", json!({})).await?;
            }
            visit(browser, page).await?;
            let sent = browser.run(SENT, &[]).await?.as_f64().unwrap_or(f64::INFINITY);
            ensure!(sent > 0.0 && sent <= most, "{}: {sent} bytes, and {most} are the most", page.name);
            most = LATER;
        }
        Ok(())
    })
    .await
}

/// The sum of the shifts since the page began, as Chromium weighs them; 0.1 is what counts as good.
pub const SHIFTED: &str = "return new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((shift) => { sum += shift.value; }))
        .observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(sum))));
})";

async fn do_not_jump() -> Result<()> {
    alone(Kind::default(), async |browser| {
        browser.log_in(&address(READERS, 0), "/").await?;
        for page in PAGES {
            visit(browser, page).await?;
            let shifted = browser.run(SHIFTED, &[]).await?.as_f64().unwrap_or(f64::INFINITY);
            ensure!(shifted < 0.1, "{}: its parts move by {shifted}", page.name);
        }
        Ok(())
    })
    .await
}

/// Nothing is wider than a narrow telephone.
async fn fit_a_telephone() -> Result<()> {
    alone(Kind::default(), async |browser| {
        browser.log_in(&address(READERS, 0), "/").await?;
        browser.resize(360, 740).await?;
        for page in PAGES {
            visit(browser, page).await?;
            let width = browser.run("return document.documentElement.scrollWidth", &[]).await?;
            ensure!(width == 360, "{}: {width} pixels wide", page.name);
        }
        Ok(())
    })
    .await
}
