//! The users of the example: they log in by a password that the page shows.

use actix_web::HttpRequest;
use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use crm_console::DemoUser;
use crm_console::login::{Credentials, Ended, FormLogin, Login, LoginError, Renewal, Tokens, Way};
use crm_core::actor::{Actor, Role};
use crm_core::ids::{CompanyId, UserId};
use crm_web::auth::{AuthError, Authenticator, bearer_token};
use secrecy::ExposeSecret;
use uuid::Uuid;

const NAMESPACE: Uuid = Uuid::from_u128(0x2f0b_7a39_5a1c_4d2e_9a53_0c3c_8e9d_2b17);
const PASSWORD: &str = "demo";

/// A company of the example.
pub struct Company {
    pub name: &'static str,
    pub domain: &'static str,
}

pub const COMPANIES: [Company; 2] =
    [Company { name: "Acme", domain: "acme.example" }, Company { name: "Globex", domain: "globex.example" }];

impl Company {
    pub fn id(&self) -> CompanyId {
        CompanyId::from_foreign(NAMESPACE, self.domain)
    }
}

/// The users of each company: their first and last names, and their roles.
pub const PEOPLE: [(&str, &str, Role); 5] = [
    ("Ada", "Lindqvist", Role::Admin),
    ("Max", "Okafor", Role::Manager),
    ("Sam", "Rivera", Role::SalesRep),
    ("Sue", "Tanaka", Role::Support),
    ("Vic", "Moreau", Role::Viewer),
];

/// A user: the company, and the place among its people.
pub fn actor(company: &Company, (first, last, role): (&str, &str, Role)) -> Actor {
    let email = address(company, first);
    let actor = Actor::user(company.id(), UserId::from_foreign(NAMESPACE, &email), role);
    actor.with_profile(Some(format!("{first} {last}")), Some(email))
}

fn address(company: &Company, first: &str) -> String {
    format!("{}@{}", first.to_lowercase(), company.domain)
}

fn with_address(email: &str) -> Option<Actor> {
    let all = COMPANIES.iter().flat_map(|company| PEOPLE.map(|person| (company, person)));
    let mut named = all.filter(|(company, (first, ..))| address(company, first) == email);
    named.next().map(|(company, person)| actor(company, person))
}

/// One button for each user.
pub fn buttons() -> Vec<DemoUser> {
    let all = COMPANIES.iter().flat_map(|company| PEOPLE.map(|person| (company, person)));
    let button = |(company, (first, last, role)): (&Company, (&str, &str, Role))| DemoUser {
        label: format!("{first} {last}, {} at {}", role.as_str().replace('_', " "), company.name),
        email: address(company, first),
        password: PASSWORD.to_owned(),
    };
    all.map(button).collect()
}

/// Log-in and authentication within this process: the token is the e-mail address.
pub struct Demo;

#[async_trait]
impl FormLogin for Demo {
    async fn log_in(&self, credentials: Credentials) -> Result<Tokens, LoginError> {
        let known = with_address(&credentials.email).is_some();
        if !known || credentials.password.expose_secret() != PASSWORD {
            return Err(LoginError::Refused);
        }
        Ok(Tokens {
            access_token: credentials.email.into(),
            expires_at: Utc::now() + TimeDelta::hours(8),
            refresh_token: None,
            id_token: None,
            device: None,
            company_name: None,
        })
    }
}

#[async_trait]
impl Login for Demo {
    fn way(&self) -> Way<'_> {
        Way::Form(self)
    }

    async fn refresh(&self, _: Renewal<'_>) -> Result<Tokens, LoginError> {
        Err(LoginError::Refused)
    }

    async fn log_out(&self, _: Ended<'_>) -> Option<String> {
        None
    }
}

#[async_trait(?Send)]
impl Authenticator for Demo {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
        let token = bearer_token(request.headers())?;
        with_address(token).ok_or(AuthError::Invalid("there is no such user"))
    }
}
