//! The ERP's errors: a line of text.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, ResponseError};
use crm_core::Error;
use sea_orm::{DbErr, SqlErr};

/// The reason of a refusal.
#[derive(Debug)]
pub(super) enum Refusal {
    NotLoggedIn,
    NoSuchPage,
    Unreadable(String),
    Forbidden,
    Taken,
    /// An error of the CRM about the customer.
    Customer(Error),
    Trouble,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLoggedIn => f.write_str("ERP: log in first"),
            Self::NoSuchPage => f.write_str("ERP: no such page"),
            Self::Unreadable(why) => write!(f, "ERP: the form cannot be read: {why}"),
            Self::Forbidden => f.write_str("ERP: that is not your job"),
            Self::Taken => f.write_str("ERP: there is an invoice with this number"),
            Self::Customer(error) => write!(f, "ERP: {error}"),
            Self::Trouble => f.write_str("ERP: call the administrator"),
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotLoggedIn => StatusCode::UNAUTHORIZED,
            Self::NoSuchPage => StatusCode::NOT_FOUND,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Taken | Self::Customer(_) => StatusCode::CONFLICT,
            Self::Trouble => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).content_type(ContentType::plaintext()).body(format!("{self}\n"))
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        let error = match error.downcast::<Error>() {
            Ok(Error::Forbidden { .. }) => return Self::Forbidden,
            Ok(error @ (Error::Conflict(_) | Error::Invalid(_))) => return Self::Customer(error),
            Ok(error) => error.into(),
            Err(error) => error,
        };
        match error.downcast_ref::<DbErr>().and_then(DbErr::sql_err) {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Taken,
            _ => {
                tracing::error!(error = &*error, "the ERP is in trouble");
                Self::Trouble
            }
        }
    }
}
