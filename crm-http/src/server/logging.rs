//! Logging: one line per request, and the id of the request on every other.
//!
//! No query strings, no bodies, no names: a CRM is full of personal data.

use std::io::IsTerminal;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use tracing::{Span, field};
use tracing_actix_web::RootSpanBuilder;
use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};
use crate::request::RequestId;

/// Starts to log. Does nothing if somebody logs already.
pub fn init(config: &LogConfig) {
    let filter = EnvFilter::builder().parse_lossy(&config.level);
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter);
    let _ = match config.format {
        LogFormat::Json => subscriber.json().flatten_event(true).with_span_list(false).try_init(),
        LogFormat::Pretty => subscriber.with_ansi(std::io::stdout().is_terminal()).try_init(),
    };
}

/// The span of a request, in which everything it logs is.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestSpan;

struct Began {
    at: Instant,
    is_probe: bool,
}

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = RequestId::of(request.request());
        let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
        let is_probe = route.starts_with("/health") || route == "/metrics";
        request.extensions_mut().insert(Began { at: Instant::now(), is_probe });
        tracing::info_span!(
            "request",
            request_id = id.as_str(),
            http.method = %request.method(),
            http.route = route,
            company.id = field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(_span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        let extensions = outcome.as_ref().ok().map(|response| response.request().extensions());
        let began = extensions.as_ref().and_then(|extensions| extensions.get::<Began>());
        let millis = began.map(|began| began.at.elapsed().as_secs_f64() * 1000.0);
        // Probes come every few seconds, and say nothing new while all is well.
        if began.is_some_and(|began| began.is_probe) && status.is_success() {
            tracing::debug!(http.status = status.as_u16(), millis, "answered");
        } else {
            tracing::info!(http.status = status.as_u16(), millis, "answered");
        }
    }
}
