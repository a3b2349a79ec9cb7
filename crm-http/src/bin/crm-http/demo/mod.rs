//! `crm-http demo`: the service with sample data, and user management with sample users, on this machine only.

mod clock;
mod identity;
mod model;
mod names;
mod people;
mod seed;

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, bail};
use clap::Args;
use crm_console::{Console, DemoUser};
use crm_core::ids::CompanyId;
use crm_http::config::{Config, ConsoleConfig, DatabaseConfig};
use crm_http::server::{Server, connect_for_migrations, init_logging};
use rand::distr::{Alphanumeric, SampleString};

use people::{Company, PASSWORD, PEOPLE, Person};

use crate::console;

/// The options of the demo.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The port to listen on, on the loopback only
    #[arg(long, env = "PORT", default_value_t = 5000)]
    port: u16,
    /// The port of user management, on the loopback only; 0 for any free port
    #[arg(long, env = "USERS_PORT", default_value_t = 5001)]
    users_port: u16,
    /// An SQLite file, which is made if it is not there, or postgres://…
    #[arg(long, default_value = "demo.db", hide_env_values = true)]
    database: String,
    /// Delete the data in the database and start again
    #[arg(long)]
    fresh: bool,
    /// Summarise interactions and suggest replies, by a local server that answers by rules and is no language model
    #[arg(long)]
    ai: bool,
}

/// Runs the demo until it receives a signal.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let options = Options { users_port: identity::port(options.users_port)?, ..options };
    let (model, _model) = options.ai.then(model::start).transpose()?.unzip();
    let config = settings(&options, model.as_deref())?;
    let _log = init_logging(&config.log);
    prepare(&config.database, &options).await?;
    let url = url(&options.database);
    identity::prepare(&url, options.fresh).await.context("cannot migrate the tables of user management")?;
    let neighbour = identity::Neighbour::default();
    let identity = identity::start(&url, options.users_port, neighbour.clone()).await?;
    let users = identity.users().clone();
    // It listens before the CRM fetches its keys.
    let (listening, is_listening) = tokio::sync::oneshot::channel();
    let identity = actix_web::rt::spawn(identity.run_and(|| {
        // Fails only if the demo has ended meanwhile.
        let _ = listening.send(());
    }));
    if is_listening.await.is_err() {
        identity.await??;
        bail!("user management has stopped");
    }
    let issuer = identity::issuer(options.users_port);
    let server = Server::start(&config).await?;
    if options.ai {
        seed::summarise(server.service().crm(), server.service().database()).await?;
    }
    neighbour.meet(server.revocations());
    let console = |console: Console| console.with_demo_users(demo_users()).with_company_names(company_name);
    let server = console::mount(server, &config, &ConsoleConfig::UserManagement(issuer), console).await?;
    let document = identity::documented(crm_http::openapi());
    let server = server.with_document(document).with_routes(move |app| identity::mount(app, users.clone()));
    server.run_and(|| welcome(&options)).await?;
    Ok(identity.await??)
}

fn demo_users() -> Vec<DemoUser> {
    let user = |person: &Person| DemoUser {
        label: format!("{}, {} of {}", person.name, person.role, person.company.name()),
        email: person.email(),
        password: PASSWORD.to_owned(),
    };
    PEOPLE.iter().map(user).collect()
}

fn company_name(id: CompanyId) -> Option<String> {
    Company::ALL.into_iter().find(|company| company.id() == id).map(|company| company.name().to_owned())
}

/// The settings of the demo. They do not use the environment, so that a demo never opens a production database.
fn settings(options: &Options, language_model: Option<&str>) -> anyhow::Result<Config> {
    let settings = [
        ("DATABASE_URL", url(&options.database)),
        ("AUTH_MODE", "jwks".to_owned()),
        ("USER_MANAGEMENT_URL", identity::issuer(options.users_port)),
        ("JWT_ISSUER", identity::issuer(options.users_port)),
        ("JWT_AUDIENCE", identity::AUDIENCE.to_owned()),
        ("USER_DIRECTORY", "on".to_owned()),
        ("INTROSPECTION_CLIENT_ID", identity::CLIENT.to_owned()),
        ("INTROSPECTION_CLIENT_SECRET", identity::SECRET.to_owned()),
        ("AUDIT_KEY", Alphanumeric.sample_string(&mut rand::rng(), 64)),
        // The users of the demo have UUIDs derived from their names.
        ("CLAIM_COMPANY_AS", "uuid".to_owned()),
        ("CLAIM_USER_AS", "uuid".to_owned()),
        ("HOST", "127.0.0.1".to_owned()),
        ("PORT", options.port.to_string()),
        ("LOG_LEVEL", "warn".to_owned()),
        ("LOG_FORMAT", "pretty".to_owned()),
        ("SHUTDOWN_DELAY", "0s".to_owned()),
        // Swagger UI shows a stream when it has ended.
        ("STREAM_TIME", "5s".to_owned()),
    ];
    let model = language_model
        .map(|url| [("LLM_BASE_URL", url), ("LLM_MODEL", model::MODEL), ("LLM_PROVIDER", model::PROVIDER)]);
    let model = model.into_iter().flatten().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let settings: HashMap<String, String> = settings.into_iter().chain(model).collect();
    let mut config = Config::read(None, settings)?;
    config.database.is_durable = false;
    Ok(config)
}

fn url(database: &str) -> String {
    match file(database) {
        Some(file) => format!("sqlite://{file}"),
        None => database.to_owned(),
    }
}

/// The file, if it is one.
fn file(database: &str) -> Option<&str> {
    let scheme = database.split_once(':').map(|(scheme, _)| scheme);
    match scheme {
        Some("postgres" | "postgresql") => None,
        Some("sqlite") => Some(database.trim_start_matches("sqlite:").trim_start_matches("//")),
        _ => Some(database),
    }
}

/// Migrates the database, and fills it if it is empty.
async fn prepare(config: &DatabaseConfig, options: &Options) -> anyhow::Result<()> {
    if options.fresh {
        throw_away_file(&options.database)?;
    }
    let database = connect_for_migrations(config).await.context("cannot open the demo's database")?;
    if options.fresh {
        crm_console::migrations::down(&database, None).await?;
        migration::down(&database, None).await?;
    }
    migration::up(&database).await?;
    crm_console::migrations::up(&database).await?;
    seed::fill(&database).await.context("cannot fill the demo's database")?;
    database.close().await?;
    Ok(())
}

fn throw_away_file(database: &str) -> anyhow::Result<()> {
    let Some(file) = file(database) else {
        return Ok(());
    };
    for name in [file.to_owned(), format!("{file}-wal"), format!("{file}-shm")] {
        if Path::new(&name).exists() {
            std::fs::remove_file(&name).with_context(|| format!("cannot remove {name}"))?;
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the welcome is what the user asked for")]
fn welcome(options: &Options) {
    let base = format!("http://localhost:{}", options.port);
    let identity = identity::issuer(options.users_port);
    println!("The CRM is running, with two companies of customers. Stop it with Ctrl-C.\n");
    println!("  Console      {base}/        (log in with one click)");
    println!("  Swagger UI   {base}/docs/   (press Authorize, and log in)");
    println!("  Users        {identity}/docs/   (user management, a service of its own)\n");
    println!("  Log in as    {:<24} who is", "user name");
    for person in PEOPLE {
        println!("               {:<24} {}, {} of {}", person.email(), person.name, person.role, person.company.name());
    }
    println!("               the password is always: {PASSWORD}\n");
    match options.ai {
        true => println!("  Summaries    are made by rules on this machine, not by a language model (--ai)\n"),
        false => println!("  Summaries    are off; `crm-http demo --ai` shows them without any key (docs/ai.md)\n"),
    }
    println!("  Or paste this:\n");
    println!("    curl -s '{base}/api/customers?limit=3' -H \"Authorization: Bearer $(curl -s {base}/demo/token \\");
    println!("      -d grant_type=password -d username=sales@acme.example -d password={PASSWORD} \\");
    println!("      | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\"\n");
}
