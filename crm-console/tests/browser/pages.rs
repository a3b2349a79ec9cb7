//! What holds on every page.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::Suite;

use crate::browser::{Browser, Kind, alone};
use crate::house::{House, READERS, address};
use crate::office;

/// A page, as the administrator of a company sees it.
struct Page {
    name: &'static str,
    /// The address; `{customer}` is a customer.
    path: &'static str,
    status: u16,
    /// What is clicked there, and what is there then.
    opens: Option<(&'static str, &'static str)>,
}

const fn page(name: &'static str, path: &'static str) -> Page {
    Page { name, path, status: 200, opens: None }
}

/// A page on which something is open.
const fn open(name: &'static str, path: &'static str, clicked: &'static str, opened: &'static str) -> Page {
    Page { opens: Some((clicked, opened)), ..page(name, path) }
}

const DIALOGUE: &str = "#dialog[open] #form-title";

/// Every page, but those of [`OFFICE_PAGES`]. A new page is a line here; an id in its address is one in `house::ids`.
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
    page("customer, links", "/customers/{customer}?link=an&people=1"),
    page("customer, call", "/customers/{customer}?compose=call"),
    page("customer, merged with others", "/customers/{customer}/merge"),
    page("customers, compared", "/customers/merge?id={customer}&id={summarised}"),
    page("deleted notes of a customer", "/customers/{customer}/trash"),
    page("interactions", "/interactions"),
    page("interactions, done", "/interactions?view=done&owner=all"),
    page("interaction with a summary", "/interactions/{interaction}"),
    page("timeline with summaries", "/customers/{summarised}?kind=interaction"),
    page("summary, edited", "/interactions/{interaction}/ai/summary/edit"),
    page("reply, discarded", "/interactions/{interaction}/ai/reply/discard"),
    page("summary, anew", "/interactions/{interaction}/ai/again"),
    page("tasks", "/tasks"),
    page("tasks, closed", "/tasks?view=closed&assignee=all"),
    page("tasks, none", "/tasks?q=nosuchtask"),
    page("tasks by day", "/tasks/agenda?assignee=all"),
    page("calendar of tasks", "/tasks/calendar?assignee=all"),
    page("task", "/tasks/{task}"),
    page("task, edited", "/tasks/{task}/edit"),
    page("new task", "/tasks/new?customer={customer}"),
    page("customer of tasks", "/tasks/customer"),
    page("columns of tasks", "/tasks/columns"),
    page("deleted tasks", "/trash?of=tasks"),
    page("timeline with tasks", "/customers/{customer}?kind=task"),
    page("deals", "/deals"),
    page("deals, mine", "/deals?owner=me&q=a"),
    page("deals, none", "/deals?q=nosuchdeal"),
    page("deals, listed", "/deals/table"),
    page("deals, listed and filtered", "/deals/table?status=won&sort=-amount"),
    page("deals, none listed", "/deals/table?q=nosuchdeal"),
    page("columns of deals", "/deals/table/columns"),
    page("customer of deals", "/deals/table/customer"),
    page("forecast", "/deals/forecast"),
    page("forecast, mine, of a pipeline", "/deals/forecast?owner=me&pipeline={pipeline}&from=2026-01&to=2026-12"),
    page("funnel", "/reports"),
    page("funnel, by month", "/reports?period=year&cohorts=month&owner=none"),
    page("funnel, of other days", "/reports?period=custom&from=2026-01-01&to=2026-12-31"),
    page("report of a pipeline", "/reports/pipeline?pipeline={pipeline}"),
    page("leaderboard", "/reports/leaderboard?period=quarter"),
    page("report of leads", "/reports/leads?period=year"),
    page("report of tasks", "/reports/tasks"),
    page("activity", "/activity"),
    page("activity, filtered", "/activity?kind=deal&action=won"),
    page("activity of a record", "/activity?record={deal}"),
    page("activity, none", "/activity?since=2099-01-01"),
    page("customer of a deal", "/deals/new"),
    page("new deal", "/deals/new?customer={customer}"),
    page("deal", "/deals/{deal}"),
    page("deal, edited", "/deals/{deal}/edit"),
    page("deal, moved", "/deals/{deal}/move"),
    page("new item of a deal", "/deals/{deal}/items/new"),
    page("new contact of a deal", "/deals/{deal}/contacts/new"),
    page("role of a contact", "/deals/{deal}/contacts/{customer}"),
    page("references of a deal", "/deals/{deal}/references"),
    page("timeline with deals", "/customers/{customer}?kind=deal"),
    page("notifications", "/notifications"),
    page("notifications, unread", "/notifications?show=unread"),
    page("leads", "/leads"),
    page("leads, mine", "/leads?owner=me&q=a"),
    page("leads, none", "/leads?q=nosuchlead"),
    page("leads, listed", "/leads/table"),
    page("leads, listed and filtered", "/leads/table?rating=hot&status=new&sort=name"),
    page("leads, none listed", "/leads/table?q=nosuchlead"),
    page("columns of leads", "/leads/table/columns"),
    page("new lead", "/leads/new"),
    page("lead", "/leads/{lead}"),
    page("lead, call", "/leads/{lead}?compose=call"),
    page("lead, edited", "/leads/{lead}/edit"),
    page("lead, moved", "/leads/{lead}/move"),
    page("lead, assigned", "/leads/{lead}/assign"),
    page("lead, converted", "/leads/{lead}/convert"),
    page("deleted leads", "/trash?of=leads"),
    page("lead statuses", "/settings/lead-statuses"),
    page("new lead status", "/settings/lead-statuses/new"),
    page("lead status", "/settings/lead-statuses/{status}"),
    page("assignment rules", "/settings/lead-assignment-rules"),
    page("new assignment rule", "/settings/lead-assignment-rules/new"),
    page("duplicates", "/duplicates"),
    page("duplicates, dismissed", "/duplicates?status=dismissed"),
    page("tags", "/tags"),
    page("new tag", "/tags/new"),
    page("tag", "/tags/{tag}/edit"),
    page("tag, merged", "/tags/{tag}/merge"),
    page("tag, deleted", "/tags/{tag}/delete"),
    page("trash", "/trash"),
    page("deleted deals", "/trash?of=deals"),
    page("import", "/customers/import"),
    page("palette", "/palette?q=an"),
    page("company", "/settings"),
    page("custom fields", "/settings/custom-fields"),
    page("new custom field", "/settings/custom-fields/new"),
    page("pipelines", "/settings/pipelines"),
    page("new pipeline", "/settings/pipelines/new"),
    page("pipeline", "/settings/pipelines/{pipeline}"),
    page("pipeline, deleted", "/settings/pipelines/{pipeline}/delete"),
    page("lead scoring", "/settings/lead-scoring"),
    page("new rule of scores", "/settings/lead-scoring/new"),
    page("rule of scores", "/settings/lead-scoring/{rule}"),
    page("rule of scores, as a filter", "/settings/lead-scoring/{rule}?as=filter"),
    page("rule of scores, deleted", "/settings/lead-scoring/{rule}/delete"),
    page("lost reasons", "/settings/lost-reasons"),
    page("currency rates", "/settings/currency-rates"),
    page("capture forms", "/settings/capture-forms"),
    page("new capture form", "/settings/capture-forms/new"),
    page("do not contact", "/settings/do-not-contact"),
    page("consents", "/customers/{customer}/consents"),
    page("users", "/settings/users"),
    page("audit trail", "/settings/audit"),
    page("jobs", "/settings/jobs"),
    page("note", "/customers/{customer}/notes/{note}/edit"),
    page("interaction with participants", "/interactions/{attended}"),
    page("interaction, edited", "/interactions/{attended}/edit"),
    page("interaction, completed", "/interactions/{attended}/complete"),
    page("interaction, rescheduled", "/interactions/{attended}/reschedule"),
    page("new interaction", "/interactions/new"),
    page("customer of an interaction", "/interactions/customer"),
    page("columns", "/customers/columns"),
    page("columns of interactions", "/interactions/columns"),
    page("saved view", "/customers?view={view}"),
    page("import, columns", "/customers/import/{columns}"),
    page("import, checked", "/customers/import/{checked}"),
    page("import, done", "/customers/import/{imported}"),
    page("job", "/settings/jobs/{job}"),
    page("profile", "/profile"),
    open("columns in a dialogue", "/customers", "#views > a.chip-button", DIALOGUE),
    open("new view", "/customers", "#views > details:last-of-type > summary", "#views details[open]"),
    open("view, changed", "/customers?view={view}", "#views > details:first-of-type > summary", "#views details[open]"),
    open("customers, picked", "/customers", "#rows input[name=id]", "#rows input[name=id]:checked"),
    open("interaction in a dialogue", "/interactions?view=done&owner=all", ".slot-title a", DIALOGUE),
    open("interaction, edited in a dialogue", "/interactions/{attended}", "main a[href*='{attended}/edit']", DIALOGUE),
    open("new interaction in a dialogue", "/interactions", "main a[data-add]", DIALOGUE),
    open("task in a dialogue", "/tasks?assignee=all", "#rows .row-link", DIALOGUE),
    open("task of a day in a dialogue", "/tasks/agenda?assignee=all", ".slot-title a", DIALOGUE),
    open("new task in a dialogue", "/tasks", "main a[data-add]", DIALOGUE),
    open("new deal in a dialogue", "/deals", "main a[data-add]", DIALOGUE),
    open("deal, moved in a dialogue", "/deals", "#board [data-move]", DIALOGUE),
    open("deal, lost", "/deals/{deal}", ".stage-lost a", DIALOGUE),
    open("new item in a dialogue", "/deals/{deal}", "#items .part-head a", DIALOGUE),
    open("new lead in a dialogue", "/leads", "main a[data-add]", DIALOGUE),
    open("lead, moved in a dialogue", "/leads", "#board [data-move]", DIALOGUE),
    open("lead, lost", "/leads/{lead}", ".stage-lost a", DIALOGUE),
    open("lead, converted in a dialogue", "/leads/{lead}", ".lead-head a[href*='/convert']", DIALOGUE),
    open("new tag in a dialogue", "/tags", "main a[data-add]", DIALOGUE),
    open("menu of the user", "/", ".topbar details > summary", ".topbar details[open]"),
    open("palette in a dialogue", "/", ".search-keys", "#palette[open]"),
    Page { status: 404, ..page("no such page", "/nowhere") },
];

/// The pages of a console that manages users and teams.
const OFFICE_PAGES: &[Page] = &[
    page("users", "/settings/users"),
    page("user", "/settings/users/{user}"),
    page("user, invited", "/settings/users/{invited}"),
    page("invitation", "/settings/users/new"),
    page("teams", "/settings/teams"),
    page("team", "/settings/teams/{team}"),
    page("profile with a password", "/profile"),
    page("sessions", "/profile/sessions"),
    page("second factor", "/profile/second-factor"),
    open("second factor with a QR code", "/profile/second-factor", "main form button", ".qr"),
    open("invitation with a link", "/settings/users/{invited}", "main form[action$='/invitation'] button", "#link"),
];

/// The pages of each console.
async fn tables() -> Result<[(&'static House, &'static [Page]); 2]> {
    Ok([(House::shared().await?, PAGES), (office::shared().await?, OFFICE_PAGES)])
}

/// Logs in at a console as its administrator.
async fn enter(browser: &Browser, house: &House) -> Result<()> {
    browser.enter(&house.origin);
    browser.log_in(&address(READERS, 0), "/").await
}

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
    for (house, pages) in tables().await? {
        enter(browser, house).await?;
        for page in pages {
            visit(browser, house, page).await?;
            faults.extend(axe(browser, page.name).await?);
        }
    }
    browser.open_page("/log-in/forgot").await?;
    faults.extend(axe(browser, "forgotten password").await?);
    ensure!(faults.is_empty(), "{faults:#?}");
    Ok(())
}

async fn visit(browser: &Browser, house: &House, page: &Page) -> Result<()> {
    if page.status != 200 {
        browser.provokes(page.status);
    }
    browser.open_page(&house.path(page.path)).await?;
    let status = "return performance.getEntriesByType('navigation')[0].responseStatus";
    let status = browser.run(status, &[]).await?;
    ensure!(status == page.status, "{}: {status}", page.name);
    let Some((clicked, opened)) = page.opens else { return Ok(()) };
    // On a telephone some of it is out of view.
    browser.run("document.querySelector(arguments[0]).click()", &[house.path(clicked).into()]).await?;
    browser.has(opened).await.with_context(|| page.name)
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
        let mut heavy = Vec::new();
        for (house, pages) in tables().await? {
            enter(browser, house).await?;
            let mut most = FIRST;
            for page in pages {
                if most == FIRST {
                    browser.devtools("Network.clearBrowserCache", json!({})).await?;
                }
                visit(browser, house, page).await?;
                let sent = browser.run(SENT, &[]).await?.as_f64().unwrap_or(f64::INFINITY);
                if sent <= 0.0 || sent > most {
                    heavy.push(format!("{}: {sent} bytes, and {most} are the most", page.name));
                }
                most = LATER;
            }
        }
        ensure!(heavy.is_empty(), "{heavy:#?}");
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
        let mut jumps = Vec::new();
        for (house, pages) in tables().await? {
            enter(browser, house).await?;
            for page in pages {
                visit(browser, house, page).await?;
                let shifted = browser.run(SHIFTED, &[]).await?.as_f64().unwrap_or(f64::INFINITY);
                if shifted >= 0.1 {
                    jumps.push(format!("{}: its parts move by {shifted}", page.name));
                }
            }
        }
        ensure!(jumps.is_empty(), "{jumps:#?}");
        Ok(())
    })
    .await
}

/// The innermost elements that end beyond the right edge.
const BEYOND: &str = "return [...document.querySelectorAll('body *')]
    .filter((it) => it.getBoundingClientRect().right > 360 && it.checkVisibility())
    .filter((it, _, all) => !all.some((other) => it !== other && it.contains(other)))
    .slice(0, 4).map((it) => it.outerHTML.slice(0, 160))";

/// Nothing is wider than a narrow telephone.
async fn fit_a_telephone() -> Result<()> {
    alone(Kind::default(), async |browser| {
        browser.resize(360, 740).await?;
        let mut wide = Vec::new();
        for (house, pages) in tables().await? {
            enter(browser, house).await?;
            for page in pages {
                visit(browser, house, page).await?;
                let width = browser.run("return document.documentElement.scrollWidth", &[]).await?;
                if width != 360 {
                    let beyond = browser.run(BEYOND, &[]).await?;
                    wide.push(format!("{}: {width} pixels wide, by {beyond}", page.name));
                }
            }
        }
        ensure!(wide.is_empty(), "{wide:#?}");
        Ok(())
    })
    .await
}
