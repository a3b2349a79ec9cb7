//! The settings: the company, users and teams, the audit trail, jobs.

mod ai;
mod audit;
mod capture_forms;
mod company;
mod custom_fields;
mod jobs;
mod lead_rules;
mod lead_scoring;
mod lead_statuses;
mod losses;
mod pipelines;
mod rates;
mod response_targets;
mod suppressions;
mod teams;
mod users;
mod working_hours;

use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::web::ServiceConfig;
use crm_core::actor::{Action, Resource};
use crm_core::{Error, Violation};
use crm_web::problem::{ApiError, Code};
use secrecy::SecretString;

use crate::accounts::{Accounts, AccountsError};
use crate::base::language::Language;
use crate::customers::{Choice, Faults};
use crate::web::{Frame, Visit, message};
pub(crate) use audit::{label as changed_field, midnight};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .configure(company::routes)
        .configure(ai::routes)
        .configure(custom_fields::routes)
        .configure(pipelines::routes)
        .configure(lead_scoring::routes)
        .configure(losses::routes)
        .configure(rates::routes)
        .configure(capture_forms::routes)
        .configure(lead_statuses::routes)
        .configure(lead_rules::routes)
        .configure(suppressions::routes)
        .configure(users::routes)
        .configure(teams::routes)
        .configure(audit::routes)
        .configure(jobs::routes);
}

/// A page of the settings in their menu.
struct Tab {
    name: &'static str,
    path: &'static str,
    icon: &'static str,
    is_here: bool,
}

/// What is around a page of the settings.
struct Around {
    frame: Frame,
    tabs: Vec<Tab>,
    /// What has been done, if the page comes after a form.
    done: Option<String>,
}

impl Around {
    fn of(visit: &Visit, here: &'static str) -> Self {
        let may = |resource, action| visit.actor().reach(resource, action).is_some();
        let has_accounts = visit.frame.console.accounts.is_some() && visit.token().is_some();
        let tabs = [
            ("company", "settings", "building-2", may(Resource::Settings, Action::Read)),
            ("fields", "settings/custom-fields", "columns-3", may(Resource::CustomFields, Action::Read)),
            ("pipelines", "settings/pipelines", "square-kanban", may(Resource::Pipelines, Action::Read)),
            ("lead-scoring", "settings/lead-scoring", "sparkles", may(Resource::LeadScoring, Action::Read)),
            ("losses", "settings/lost-reasons", "frown", may(Resource::Settings, Action::Read)),
            ("rates", "settings/currency-rates", "circle-dollar-sign", may(Resource::Settings, Action::Read)),
            ("capture-forms", "settings/capture-forms", "send", may(Resource::CaptureForms, Action::Read)),
            ("lead-statuses", "settings/lead-statuses", "user-plus", may(Resource::LeadStatuses, Action::Read)),
            ("suppressions", "settings/do-not-contact", "eye-off", may(Resource::Suppressions, Action::Read)),
            (
                "lead-rules",
                "settings/lead-assignment-rules",
                "arrow-right-left",
                may(Resource::LeadAssignmentRules, Action::Read),
            ),
            ("users", "settings/users", "users", may(Resource::Users, Action::Read)),
            ("teams", "settings/teams", "users-round", has_accounts && may(Resource::Users, Action::Read)),
            ("audit", "settings/audit", "history", may(Resource::Audit, Action::Read)),
            ("jobs", "settings/jobs", "list-checks", may(Resource::Jobs, Action::Read)),
        ];
        let tabs = tabs.into_iter().filter(|(.., is_shown)| *is_shown);
        let tabs = tabs.map(|(name, path, icon, _)| Tab { name, path, icon, is_here: name == here });
        let language = visit.frame.language();
        let done = visit.query.get("done").and_then(|what| language.known(&format!("settings-done-{what}")));
        Self { frame: visit.frame.clone().within("settings"), tabs: tabs.collect(), done }
    }
}

/// The port of users and teams, with the token of the visitor.
pub(crate) struct Port<'v> {
    pub visit: &'v Visit,
    pub accounts: &'v dyn Accounts,
    pub token: &'v SecretString,
}

impl<'v> Port<'v> {
    /// Nothing where the host manages users.
    pub(crate) fn of(visit: &'v Visit) -> Option<Self> {
        Some(Self { visit, accounts: visit.frame.console.accounts.as_deref()?, token: visit.token()? })
    }

    /// The same, or an error for pages that are not there without it.
    pub(crate) fn required(visit: &'v Visit) -> Result<Self, ApiError> {
        Self::of(visit).ok_or_else(|| ApiError::new(Code::NotFound, "the host manages users"))
    }

    /// The page for an error that is no fault of a form. A refused token ends the session, because the log-in page
    /// sends back those who still have one.
    pub(crate) async fn failed(&self, error: AccountsError) -> ApiError {
        match error {
            AccountsError::TokenRefused => match self.visit.end_session().await {
                Ok(()) => ApiError::new(Code::TokenInvalid, "user management refuses the access token"),
                Err(failure) => failure,
            },
            AccountsError::WrongSecret => ApiError::new(Code::Invalid, "the password or the code is wrong"),
            AccountsError::Forbidden => ApiError::new(Code::Forbidden, "user management does not allow this"),
            AccountsError::NotFound => ApiError::new(Code::NotFound, "user management has no such record"),
            AccountsError::Stale => ApiError::new(Code::VersionMismatch, "the record has changed"),
            AccountsError::Conflict(violation) => {
                ApiError::new(Code::named(&violation.code).unwrap_or(Code::Conflict), violation.detail)
            }
            AccountsError::Invalid(_) => ApiError::new(Code::Invalid, "user management does not take these values"),
            AccountsError::TooManyRequests { retry_after } => {
                let failure = ApiError::new(Code::RateLimited, "there were too many requests to user management");
                match retry_after {
                    Some(seconds) => failure.with_header(RETRY_AFTER, HeaderValue::from(seconds)),
                    None => failure,
                }
            }
            AccountsError::Unavailable => {
                ApiError::unavailable(Code::IdentityUnavailable, "user management is not available", None)
            }
        }
    }

    /// What is wrong with the values of a form; the page for another error.
    pub(crate) async fn faults(&self, error: AccountsError) -> Result<Faults, ApiError> {
        match error.violations() {
            Ok(violations) => faults(Error::Invalid(violations), self.visit.frame.language()),
            Err(error) => Err(self.failed(error).await),
        }
    }
}

/// What is wrong with the values of a form, conflicts without a field among it.
fn faults(error: Error, language: Language) -> Result<Faults, ApiError> {
    match error {
        Error::Conflict(conflict) => Ok(Faults::of_conflict(conflict, language)),
        error => Faults::of(error, language),
    }
}

/// The words for a conflict that no form shows.
fn words(language: Language, code: &str, detail: String) -> String {
    message(language, &Violation { pointer: String::new(), code: code.to_owned(), detail })
}

/// Choices from the names of an enumeration, whose labels begin with `group`.
pub(crate) fn choices(frame: &Frame, group: &str, names: &[&str], chosen: &str) -> Vec<Choice> {
    let choice =
        |name: &&str| Choice { value: (*name).to_owned(), label: frame.named(group, name), is_chosen: *name == chosen };
    names.iter().map(choice).collect()
}
