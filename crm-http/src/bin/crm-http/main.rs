//! The CRM as a service; see `crm-http --help`.

mod clock;
mod commands;
#[cfg(feature = "console")]
mod console;
#[cfg(feature = "demo")]
mod demo;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DEMO: &str = "
  Try it with sample data, without any setup:
      crm-http demo
";

const EXAMPLES: &str = "
  Run it:
      export DATABASE_URL=postgres://crm:secret@localhost:5432/crm
      export JWT_SECRET=$(openssl rand -base64 48)
      crm-http migrate up
      crm-http serve

  Try it with your own token:
      TOKEN=$(crm-http token --company acme --user ann --role admin)
      curl -H \"Authorization: Bearer $TOKEN\" http://localhost:5000/api/customers

Settings come from a TOML file (--config or CRM_CONFIG) and the environment, which overrides it. `.env.example` lists them all.";

/// A multi-tenant CRM as an HTTP service
#[derive(Debug, Parser)]
#[command(name = "crm-http", version, after_help = examples())]
struct Arguments {
    /// A TOML file with settings; the environment overrides it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

fn examples() -> String {
    format!("Examples:{}{EXAMPLES}", if cfg!(feature = "demo") { DEMO } else { "" })
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service (the default)
    Serve,
    /// Run the service with sample data and users, on this machine only
    #[cfg(feature = "demo")]
    Demo(demo::Options),
    /// Migrate the schema of the database up or down
    Migrate {
        #[command(subcommand)]
        direction: commands::migrate::Direction,
    },
    /// Print the OpenAPI document
    Openapi,
    /// Print an access token for a first try (AUTH_MODE=shared_secret)
    Token(commands::token::Facts),
    /// Import customers from a file, with a progress bar; also go on with an import, or take it back
    Import(Box<commands::import::Options>),
    /// Load a sales pipeline from CSV files: accounts, products, opportunities and sales teams
    ImportSales(Box<commands::import_sales::Options>),
    /// Verify the audit trail, print the ends of its chains, or remove what is old
    Audit {
        #[command(subcommand)]
        what: commands::audit::What,
    },
    /// Recompute the stored statistics of customers, after a rollout during which an older version wrote
    Recount,
    /// Recompute search texts and keys, after a rollout whose release notes require it
    Reindex,
    /// Check whether the local service is ready; the exit code is the result
    Healthcheck,
}

#[actix_web::main]
async fn main() -> ExitCode {
    let Arguments { config, command } = Arguments::parse();
    let config = config.as_deref();
    let outcome = match command.unwrap_or(Command::Serve) {
        Command::Serve => commands::serve::run(config).await,
        #[cfg(feature = "demo")]
        Command::Demo(options) => demo::run(options).await,
        Command::Migrate { direction } => commands::migrate::run(config, direction).await,
        Command::Openapi => commands::openapi::run(),
        Command::Token(facts) => commands::token::run(config, facts),
        Command::Import(options) => commands::import::run(config, *options).await,
        Command::ImportSales(options) => commands::import_sales::run(config, *options).await,
        Command::Audit { what } => commands::audit::run(config, what).await,
        Command::Recount => commands::recount::run(config).await,
        Command::Reindex => commands::reindex::run(config).await,
        Command::Healthcheck => commands::healthcheck::run(config).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("crm-http: {error:#}");
            ExitCode::FAILURE
        }
    }
}
