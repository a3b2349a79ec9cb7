//! User management as a service; see `user-management --help`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use crm_core::ids::CompanyId;
use secrecy::{ExposeSecret, SecretString};
use user_management::server::{Server, connect, connect_for_migrations, init_logging};
use user_management::settings::{self, Config};
use user_management::users::NewUser;
use user_management::{UserManagement, http, migrations};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EXAMPLES: &str = "Examples:
  Run it:
      export DATABASE_URL=postgres://um:secret@localhost:5432/um
      export ISSUER=https://id.example.com UM_SECRET=$(openssl rand -base64 48)
      user-management migrate up
      user-management serve

  The first company, and its administrator:
      user-management company add Acme --email ada@acme.example --name 'Ada Admin'

Settings come from a TOML file (--config or UM_CONFIG) and the environment, which overrides it. `.env.example` lists them all.";

/// Companies, users, teams and log-in for the CRM, as an HTTP service
#[derive(Debug, Parser)]
#[command(name = "user-management", version, after_help = EXAMPLES)]
struct Arguments {
    /// A TOML file with settings; the environment overrides it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service (the default)
    Serve,
    /// Migrate the schema of the database up or down
    Migrate {
        #[command(subcommand)]
        direction: Direction,
    },
    /// Add, suspend or reactivate a company
    Company {
        #[command(subcommand)]
        action: CompanyAction,
    },
    /// Rotate or revoke signing keys
    Keys {
        #[command(subcommand)]
        action: KeysAction,
    },
    /// Print the OpenAPI document
    Openapi,
    /// Check whether the local service is ready; the exit code is the result
    Healthcheck,
}

#[derive(Debug, Subcommand)]
enum Direction {
    /// Run all migrations that have not run yet
    Up,
    /// Revert migrations, dropping their tables and data
    Down {
        /// The number of migrations
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// List the migrations and their status
    Status,
}

#[derive(Debug, Subcommand)]
enum CompanyAction {
    /// Add a company, and invite its first administrator
    Add {
        /// The name of the company
        company: String,
        /// The e-mail address of the administrator
        #[arg(long)]
        email: String,
        /// The name of the administrator
        #[arg(long)]
        name: Option<String>,
        /// Read a password from the standard input instead of sending an invitation
        #[arg(long)]
        password_stdin: bool,
    },
    /// Suspend a company: its users cannot sign in, and their tokens are void
    Suspend {
        /// The id of the company
        id: CompanyId,
    },
    /// Reactivate a suspended company
    Reactivate {
        /// The id of the company
        id: CompanyId,
    },
}

#[derive(Debug, Subcommand)]
enum KeysAction {
    /// Make a new key. It signs after two minutes, when all services know it
    Rotate,
    /// Remove a stolen key at once; its tokens are void
    Revoke {
        /// The id of the key (`kid`)
        kid: String,
    },
}

#[actix_web::main]
async fn main() -> ExitCode {
    let Arguments { config, command } = Arguments::parse();
    match run(config.as_deref(), command.unwrap_or(Command::Serve)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("user-management: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the document is what the user asked for")]
async fn run(config: Option<&Path>, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve => serve(config).await,
        Command::Migrate { direction } => migrate(config, direction).await,
        Command::Company { action } => company(config, action).await,
        Command::Keys { action } => keys(config, action).await,
        Command::Openapi => {
            println!("{}", http::openapi().to_pretty_json()?);
            Ok(())
        }
        Command::Healthcheck => healthcheck(config).await,
    }
}

async fn serve(config: Option<&Path>) -> anyhow::Result<()> {
    let config = Config::load(config)?;
    let _log = init_logging(&config.log);
    Ok(Server::start(&config).await?.run_and(|| {}).await?)
}

#[expect(clippy::print_stdout, reason = "the list is what the user asked for")]
async fn migrate(config: Option<&Path>, direction: Direction) -> anyhow::Result<()> {
    let database = connect_for_migrations(&settings::load_database(config)?).await?;
    match direction {
        Direction::Up => migrations::up(&database).await?,
        Direction::Down { steps } => migrations::down(&database, Some(steps)).await?,
        Direction::Status => {
            for migration in migrations::status(&database).await? {
                println!("{} {}", if migration.applied { "applied" } else { "pending" }, migration.name);
            }
        }
    }
    Ok(())
}

/// User management on the database of the settings, which tells other services of changes.
async fn users(config: Option<&Path>) -> anyhow::Result<UserManagement> {
    let config = Config::load(config)?;
    let database = connect(&config.database).await.context("cannot connect to the database")?;
    Ok(user_management::server::assembled(&config, database)?)
}

#[expect(clippy::print_stdout, reason = "the link is what the user asked for")]
async fn company(config: Option<&Path>, action: CompanyAction) -> anyhow::Result<()> {
    let users = users(config).await?;
    match action {
        CompanyAction::Add { company, email, name, password_stdin } => {
            let password = password_stdin.then(password).transpose()?;
            let admin = NewUser { name, ..NewUser::with_email(email) };
            let (company, user, link) = users.create_company(&company, admin, password).await?;
            println!("company {}\nadministrator {}", company.id, user.id);
            if let Some(link) = link {
                println!("invitation {}", link.url.expose_secret());
            }
        }
        CompanyAction::Suspend { id } => drop(users.suspend_company(id).await?),
        CompanyAction::Reactivate { id } => drop(users.reactivate_company(id).await?),
    }
    Ok(())
}

fn password() -> anyhow::Result<SecretString> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("cannot read the password")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("there is no password on the standard input");
    }
    Ok(password.to_owned().into())
}

#[expect(clippy::print_stdout, reason = "the id of the key is what the user asked for")]
async fn keys(config: Option<&Path>, action: KeysAction) -> anyhow::Result<()> {
    let users = users(config).await?;
    match action {
        KeysAction::Rotate => println!("{}", users.rotate_keys().await?),
        KeysAction::Revoke { kid } => users.revoke_key(&kid).await?,
    }
    Ok(())
}

async fn healthcheck(config: Option<&Path>) -> anyhow::Result<()> {
    crm_web::server::expect_ready(&settings::load_http(config)?).await?;
    Ok(())
}
