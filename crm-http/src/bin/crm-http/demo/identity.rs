//! User management in the demo: a service of its own in the same process, with the people of the demo, and the token
//! endpoint that `curl` and Swagger UI use (RFC 6749, section 4.3).

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, OnceLock};

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::{self, Data, Form};
use actix_web::{HttpResponse, HttpResponseBuilder};
use anyhow::Context;
use async_trait::async_trait;
use crm_http::auth::Revocations;
use serde_json::json;
use user_management::server::{Server, connect_for_migrations};
use user_management::sessions::Login;
use user_management::settings::Config;
use user_management::teams::NewTeam;
use user_management::users::ImportedUser;
use user_management::{AccessChange, Caller, ChangePublisher, Client, Conflict, UserManagement, migrations};
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Flow, OAuth2, Password, Scopes, SecurityRequirement, SecurityScheme};

use super::people::{Company, PASSWORD, PEOPLE, Person};

pub(super) const AUDIENCE: &str = "crm";
pub(super) const CLIENT: &str = "crm";
const TOKEN_PATH: &str = "/demo/token";
const SCHEME: &str = "demoLogin";
/// Tokens last a working day, because Swagger UI does not refresh them.
const TOKEN_TTL: &str = "8h";
/// Of no use to anybody: the demo has no real users, and answers this machine only.
pub(super) const SECRET: &str = "the-secret-of-the-demo-which-protects-nothing";

/// The address of user management.
pub(super) fn issuer(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// A free port for 0, and every other port as it is.
pub(super) fn port(wanted: u16) -> anyhow::Result<u16> {
    if wanted != 0 {
        return Ok(wanted);
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no port is free")?;
    Ok(listener.local_addr()?.port())
}

fn settings(database: &str, port: u16) -> anyhow::Result<Config> {
    let settings = [
        ("DATABASE_URL", database.to_owned()),
        ("ISSUER", issuer(port)),
        ("TOKEN_AUDIENCE", AUDIENCE.to_owned()),
        ("ACCESS_TOKEN_TTL", TOKEN_TTL.to_owned()),
        ("UM_SECRET", SECRET.to_owned()),
        ("CLIENTS", format!("{CLIENT}:{SECRET}")),
        ("HOST", "127.0.0.1".to_owned()),
        ("PORT", port.to_string()),
        ("WORKERS", "1".to_owned()),
        // Many people of the demo may sit behind one address.
        ("RATE_LIMIT_IP", "0".to_owned()),
        ("SHUTDOWN_DELAY", "0s".to_owned()),
    ];
    let settings: HashMap<String, String> = settings.map(|(name, value)| (name.to_owned(), value)).into();
    let mut config = Config::read(None, settings)?;
    config.database.is_durable = false;
    config.options.account_attempts = u32::MAX;
    config.options.address_attempts = u32::MAX;
    Ok(config)
}

/// Migrates the tables of user management.
pub(super) async fn prepare(database: &str, fresh: bool) -> anyhow::Result<()> {
    let database = connect_for_migrations(&settings(database, 0)?.database).await?;
    if fresh {
        migrations::down(&database, None).await?;
    }
    migrations::up(&database).await?;
    Ok(database.close().await?)
}

/// Tells the CRM in this process of log-outs and changed users, as Redis does between processes.
#[derive(Clone, Default)]
pub(super) struct Neighbour(Arc<OnceLock<Revocations>>);

impl Neighbour {
    /// The CRM has started.
    pub(super) fn meet(&self, revocations: &Revocations) {
        self.0.get_or_init(|| revocations.clone());
    }
}

#[async_trait]
impl ChangePublisher for Neighbour {
    async fn publish(&self, changes: &[AccessChange]) {
        let Some(revocations) = self.0.get() else { return };
        changes.iter().filter_map(|change| serde_json::to_string(change).ok()).for_each(|json| revocations.tell(&json));
    }
}

/// User management with the people of the demo.
pub(super) async fn start(database: &str, port: u16, neighbour: Neighbour) -> anyhow::Result<Server> {
    let server = Server::beside(&settings(database, port)?, neighbour).await?;
    let users = server.users();
    let hash = users.hash_password(PASSWORD.to_owned().into()).await?;
    for company in Company::ALL {
        users.import_company(company.id(), company.name()).await?;
    }
    for person in PEOPLE {
        let imported = ImportedUser {
            id: Some(person.id()),
            email: person.email(),
            name: Some(person.name.to_owned()),
            role: person.role,
            password_hash: Some(hash.clone()),
        };
        users.import_user(person.company.id(), imported).await?;
    }
    for company in Company::ALL {
        add_teams(users, company).await?;
    }
    Ok(server)
}

/// Who sells, and who supports. They are there after the first start.
async fn add_teams(users: &UserManagement, company: Company) -> anyhow::Result<()> {
    let person = |login: &str| company.people().find(|person| person.login == login);
    let id = |login: &&str| person(login).map(Person::id);
    let Some(admin) = person("admin") else { return Ok(()) };
    let (company, client) = (company.id(), Client::default());
    let caller = Caller { company, user: admin.id(), role: admin.role, session: None, client };
    for (name, logins) in [("Sales", ["manager", "sales"].as_slice()), ("Service", ["support"].as_slice())] {
        let member_ids = Some(logins.iter().filter_map(id).collect());
        let team = NewTeam { manager_id: id(&"manager"), member_ids, ..NewTeam::named(name) };
        match users.teams(&caller).create(team).await {
            Ok(_) | Err(user_management::Error::Conflict(Conflict::TeamNameTaken)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Mounts the token endpoint.
pub(super) fn mount(app: &mut web::ServiceConfig, users: UserManagement) {
    app.app_data(Data::new(users));
    app.route(TOKEN_PATH, web::post().to(token));
}

async fn token(users: Data<UserManagement>, form: Form<HashMap<String, String>>) -> HttpResponse {
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    if field("grant_type") != "password" {
        return refused("unsupported_grant_type", "the demo knows grant_type=password only");
    }
    let (email, password) = (field("username").trim().to_owned(), field("password").into());
    let login = Login { email, password, company: None, code: None, device: None };
    match users.login(login, &Client::default()).await {
        Ok(session) => uncached(HttpResponse::Ok()).json(json!({
            "access_token": session.access_token,
            "token_type": "Bearer",
            "expires_in": session.expires_in,
        })),
        Err(user_management::Error::Refused(refusal)) => refused("invalid_grant", &refusal.to_string()),
        Err(error) => {
            tracing::error!(%error, "nobody can log in");
            uncached(HttpResponse::ServiceUnavailable()).finish()
        }
    }
}

fn refused(error: &str, description: &str) -> HttpResponse {
    uncached(HttpResponse::BadRequest()).json(json!({ "error": error, "error_description": description }))
}

fn uncached(mut response: HttpResponseBuilder) -> HttpResponseBuilder {
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    response
}

/// Adds a login to the document.
pub(super) fn documented(mut document: OpenApi) -> OpenApi {
    let flow = Flow::Password(Password::new(TOKEN_PATH, Scopes::new()));
    let scheme =
        OAuth2::with_description([flow], format!("The people of the demo; the password is always `{PASSWORD}`."));
    document.components.get_or_insert_default().add_security_scheme(SCHEME, SecurityScheme::OAuth2(scheme));
    document.security.get_or_insert_default().push(SecurityRequirement::new(SCHEME, [""; 0]));
    document
}
