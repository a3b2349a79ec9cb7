//! A sound request for every operation of the document.

use crm_core::actor::Role;
use crm_core::ids::{CompanyId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::contract::{Operation, document};
use super::support::{Api, Call, Caller, text};
use crate::auth_support::PASSWORD;

/// A password that keeps the rules.
pub const OTHER: &str = "a quite different password 8";

/// Who may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Everybody,
    Members,
    Admins,
    Services,
}

/// Makes the record that an operation is about, in a company; its id.
type Record = for<'a> fn(&'a Api, CompanyId) -> std::pin::Pin<Box<dyn Future<Output = String> + 'a>>;

#[derive(Clone, Copy)]
pub struct Case {
    pub operation: &'static str,
    pub who: Who,
    pub record: Option<Record>,
    body: Option<fn() -> Value>,
    /// The status for those who may, if it is not a success: the request is sound, the state is not.
    pub status: Option<u16>,
}

const fn case(operation: &'static str, who: Who) -> Case {
    Case { operation, who, record: None, body: None, status: None }
}

impl Case {
    const fn about(self, record: Record) -> Self {
        Self { record: Some(record), ..self }
    }

    const fn with(self, body: fn() -> Value) -> Self {
        Self { body: Some(body), ..self }
    }

    const fn answered(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    pub fn of(operation: &str) -> Self {
        let found = CASES.iter().find(|case| case.operation == operation);
        *found.unwrap_or_else(|| panic!("{operation} has no case"))
    }

    pub fn document(&self) -> &'static Operation {
        let found = document().operations.iter().find(|operation| operation.id == self.operation);
        found.unwrap_or_else(|| panic!("the document has no {}", self.operation))
    }

    pub fn path(&self, id: &str) -> String {
        let path = &self.document().path;
        match path.split_once('{') {
            Some((head, tail)) => format!("{head}{id}{}", tail.split_once('}').map_or("", |(_, tail)| tail)),
            None => path.clone(),
        }
    }

    pub fn body(&self) -> Option<Value> {
        self.body.map(|body| body())
    }

    /// The request, about the record with this id.
    pub fn call(&self, caller: &Caller, id: &str) -> Call {
        let call = caller.call(self.document().method, self.path(id));
        match self.body() {
            Some(body) if self.document().takes_json() => call.json(&body),
            Some(body) => {
                let fields: Vec<_> = body.as_object().into_iter().flatten().collect();
                let fields: Vec<_> =
                    fields.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default())).collect();
                call.form(&fields)
            }
            None => call,
        }
    }

    /// The id of a fresh record of a company, if the operation is about one.
    pub async fn fresh(&self, api: &Api, company: CompanyId) -> String {
        match self.record {
            Some(make) => make(api, company).await,
            None => String::new(),
        }
    }
}

fn unique(text: &str) -> String {
    format!("{text} {}", Uuid::now_v7().simple())
}

fn address() -> String {
    format!("{}@example.com", Uuid::now_v7().simple())
}

async fn admin_of(api: &Api, company: CompanyId) -> Caller {
    api.with_token(&api.member(company, Role::Admin).await.1)
}

async fn posted(api: &Api, company: CompanyId, path: &str, body: Value) -> String {
    text(&admin_of(api, company).await.post(path).json(&body).await.ok(), "/id")
}

const USER: Record = |api, company| {
    Box::pin(async move {
        let user = api.world.add_user(&address(), None).await;
        api.world.add_member(company, user, Role::Viewer).await;
        user.to_string()
    })
};
const INVITED: Record =
    |api, company| Box::pin(async move { posted(api, company, "/api/users", json!({ "email": address() })).await });
const SECURED: Record = |api, company| {
    Box::pin(async move {
        let id = USER(api, company).await;
        let user: Uuid = id.parse().expect("an id");
        api.world.set("um_users", ("id", user), "totp_confirmed_at", api.world.now()).await;
        id
    })
};
const TEAM: Record = |api, company| {
    Box::pin(async move { posted(api, company, "/api/teams", json!({ "name": unique("Sales") })).await })
};
const KEY: Record = |api, company| {
    Box::pin(async move { posted(api, company, "/api/api-keys", json!({ "name": "Shop", "role": "viewer" })).await })
};
/// A session of the company's administrator.
const SESSION: Record = |api, company| {
    Box::pin(async move {
        let token = api.member(company, Role::Admin).await.1;
        text(&api.with_token(&token).get("/api/auth/me").await.ok(), "/session")
    })
};

use Who::{Admins, Everybody, Members, Services};

/// Every operation.
pub const CASES: &[Case] = &[
    case("listApiKeys", Admins),
    case("createApiKey", Admins).with(|| json!({ "name": "Shop", "role": "viewer" })),
    case("getApiKey", Admins).about(KEY),
    case("renameApiKey", Admins).about(KEY).with(|| json!({ "name": unique("Shop") })),
    case("revokeApiKey", Admins).about(KEY),
    case("listAuditEntries", Admins),
    case("acceptInvitation", Everybody).with(|| json!({ "token": "unknown", "password": OTHER })).answered(422),
    case("forgotPassword", Everybody).with(|| json!({ "email": address() })),
    case("login", Everybody).with(|| json!({ "email": crate::auth_support::ANN, "password": PASSWORD })),
    case("logout", Members),
    case("logoutAll", Members),
    case("getMe", Members),
    case("updateMe", Members).with(|| json!({ "locale": "de-DE" })),
    case("changePassword", Members).with(|| json!({ "currentPassword": PASSWORD, "newPassword": OTHER })),
    case("refresh", Everybody).answered(401),
    case("register", Admins).with(|| json!({ "email": address(), "password": OTHER })),
    case("resetPassword", Everybody).with(|| json!({ "token": "unknown", "password": OTHER })).answered(422),
    case("beginSecondFactor", Members),
    case("disableSecondFactor", Members).with(|| json!({ "password": PASSWORD })).answered(409),
    case("confirmSecondFactor", Members).with(|| json!({ "code": "123456" })).answered(409),
    case("listSessions", Members),
    case("endSession", Members).about(SESSION).answered(404),
    case("switchCompany", Members).with(|| json!({ "companyId": Uuid::now_v7() })).answered(422),
    case("getCompany", Members),
    case("renameCompany", Admins).with(|| json!({ "name": unique("Acme") })),
    case("listDirectoryCompanies", Services),
    case("listDirectoryTeams", Services),
    case("listDirectoryUsers", Services),
    case("listSignIns", Members),
    case("listTeams", Members),
    case("createTeam", Admins).with(|| json!({ "name": unique("Sales") })),
    case("getTeam", Members).about(TEAM),
    case("updateTeam", Admins).about(TEAM).with(|| json!({ "name": unique("Sales") })),
    case("deleteTeam", Admins).about(TEAM),
    case("listUsers", Members),
    case("createUser", Admins).with(|| json!({ "email": address() })),
    case("getUser", Members).about(USER),
    case("updateUser", Admins).about(USER).with(|| json!({ "name": "Bob" })),
    case("deleteUser", Admins).about(USER),
    case("resendInvitation", Admins).about(INVITED),
    case("resetPasswordOf", Admins).about(USER),
    case("resetSecondFactorOf", Admins).about(SECURED),
    case("getLiveness", Everybody),
    case("getReadiness", Everybody),
    case("getStartup", Everybody),
    case("getMetrics", Everybody),
    case("getKeys", Everybody),
    case("getConfiguration", Everybody),
    case("introspectToken", Services).with(|| json!({ "token": "garbage" })),
    case("revokeToken", Services).with(|| json!({ "token": "garbage" })),
    case("issueToken", Everybody).with(|| json!({ "grant_type": "implicit" })).answered(400),
];

/// A fresh user of Acme in a role: for what ends the session or changes the account.
pub async fn stranger(api: &Api, role: Role) -> (UserId, Caller) {
    let (user, token) = api.fresh(api.acme, role).await;
    (user, api.with_token(&token))
}
