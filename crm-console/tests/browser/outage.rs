//! The database and Redis go away while two persons work on one customer.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use actix_web::rt;
use anyhow::{Context, Result, ensure};
use crm_console::Console;
use crm_core::Crm;
use crm_core::sea_orm::{ConnectOptions, Database};
use crm_web::Service;
use crm_web::cache::Cache;
use crm_web::limits::{RateLimitOptions, RateLimits};
use crm_web::redis::{Redis, RedisAnswers};
use crm_web::seal::SealKey;
use crm_web::service::Limits;
use fantoccini::key::Key;
use testkit::{PostgresServer, RedisServer, Suite, eventually};

use crate::browser::{Browser, Kind, alone, together};
use crate::house::{WRITERS, address, listen};
use crate::people::Demo;
use crate::work::{add_customer, edit};

const LIMIT: Duration = Duration::from_secs(120);
const STREAM: &str = "/events/stream";
/// Short, so that pages ask for a new stream while the servers are away.
const STREAM_TIME: Duration = Duration::from_secs(5);
/// How often a page asks for its stream while it is refused, in this test.
const ATTEMPTS: usize = 4;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [
        nothing_is_lost_while_the_servers_restart,
        nothing_is_lost_without_a_network,
    ]);
}

async fn nothing_is_lost_while_the_servers_restart() -> Result<()> {
    together(async |one, other| {
        let (postgres, redis) = (PostgresServer::start()?, RedisServer::start()?);
        let origin = start(postgres.url("postgres"), redis.url())?;
        for browser in [one, other] {
            browser.is_patient();
            browser.enter(&origin);
            browser.provokes(503);
        }
        add_customer(one, "Olga", "Outage").await?;
        let customer = one.path().await?.split('?').next().map(str::to_owned).unwrap_or_default();
        other.log_in(&address(WRITERS, 1), &customer).await?;
        edit(one, "City", "Lisboa").await?;
        one.press(Key::Enter).await?;
        other.until("the city, live", CITY, &["Lisboa".into()]).await?;

        edit(one, "City", "Kraków").await?;
        postgres.stop()?;
        redis.stop()?;
        one.press(Key::Enter).await?;
        one.has("[data-failed]").await?;
        backs_off(other).await?;
        is_typed(one).await?;
        postgres.restart()?;
        redis.restart()?;

        is_typed(one).await?;
        one.press(Key::Enter).await?;
        one.has_no(".field-editing").await?;
        one.until("what was typed, saved", CITY, &["Kraków".into()]).await?;
        other.until("the city, live again", CITY, &["Kraków".into()]).await?;
        for browser in [one, other] {
            browser.open_page("/customers").await?;
            browser.sees("Olga Outage").await?;
        }
        Ok(())
    })
    .await
}

/// A save that gets no answer at all leaves the page as it is, and goes through when it is sent again.
async fn nothing_is_lost_without_a_network() -> Result<()> {
    alone(Kind::default(), async |browser| {
        add_customer(browser, "Nora", "Network").await?;
        edit(browser, "City", "Kraków").await?;
        browser.set_offline(true).await?;
        browser.press(Key::Enter).await?;
        browser.has("[data-failed]").await?;
        is_typed(browser).await?;
        browser.set_offline(false).await?;
        browser.press(Key::Enter).await?;
        browser.has_no(".field-editing").await?;
        browser.has_no("[data-failed]").await?;
        browser.until("what was typed, saved", CITY, &["Kraków".into()]).await
    })
    .await
}

const CITY: &str = "return document.querySelector('#field-city .field-value')?.innerText === arguments[0]";

async fn is_typed(browser: &Browser) -> Result<()> {
    let typed = browser.run("return document.querySelector('#value')?.value ?? null", &[]).await?;
    ensure!(typed == "Kraków", "what was typed is lost: {typed}");
    Ok(())
}

/// The page asks for its stream again, after twice the time each time, of which up to a half is left to chance.
async fn backs_off(browser: &Browser) -> Result<()> {
    let before = browser.asked(STREAM).await?.len();
    let has_tried = async || browser.asked(STREAM).await.is_ok_and(|asked| asked.len() >= before + ATTEMPTS);
    ensure!(eventually(LIMIT, has_tried).await, "the page gives up on its stream");
    let asked = browser.asked(STREAM).await?;
    let pauses: Vec<f64> = asked[before..].windows(2).map(|pair| pair[1] - pair[0]).collect();
    let least = [1.0, 2.0, 4.0];
    ensure!(pauses.iter().zip(least).all(|(pause, least)| *pause >= least), "the page hammers: {pauses:?}");
    Ok(())
}

/// Serves a console on these servers until the process ends; its origin.
fn start(database: String, redis: String) -> Result<String> {
    let (told, origin) = mpsc::channel();
    thread::spawn(move || rt::System::new().block_on(serve(database, redis, told)));
    origin.recv().context("the console does not start")
}

async fn serve(database: String, redis: String, told: mpsc::Sender<String>) -> Result<()> {
    let mut options = ConnectOptions::new(database);
    options.max_connections(8).acquire_timeout(Duration::from_secs(1)).sqlx_logging(false);
    let database = Database::connect(options).await?;
    migration::up(&database).await?;
    crm_console::migrations::up(&database).await?;
    let redis = Redis::new(&redis.into(), Duration::from_millis(200))?;
    let limits = RateLimitOptions { ip: 1_000.try_into().ok(), ..RateLimitOptions::default() };
    let service = Service::new(Crm::default(), database, Demo)
        .with_limits(Limits { stream_time: STREAM_TIME, ..Limits::default() })
        .with_cache(Cache::shared(Arc::new(RedisAnswers::new(redis.clone())), b"a secret of the tests"));
    let console = Console::new(service)
        .with_login(Demo, SealKey::random())
        .with_rate_limits(RateLimits::new(limits, Some(redis)));
    let (server, origin) = listen(console)?;
    told.send(origin)?;
    Ok(server.await?)
}
