//! Logging: one line per request, and the id of the request in every other line.
//!
//! No query strings, no bodies, no names: a CRM is full of personal data.

use std::io::IsTerminal;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::body::{BodySize, EitherBody, MessageBody};
use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use tracing::{Span, field};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use super::json_lines::{Fields, Lines};
use crate::request_id::RequestId;
use crate::settings::{LogConfig, LogFormat};

/// The number of lines that wait to be written before requests wait for them. None is lost.
const WAITING: usize = 10_000;

/// Writes the last lines of the log when it is dropped, at the end of the program.
#[derive(Debug)]
#[must_use = "the last lines are lost with it"]
pub struct LogGuard {
    _writer: WorkerGuard,
}

/// Starts to log. Does nothing if a logger is installed. Lines are written by a separate thread, so that no request
/// waits for the terminal or the pipe.
pub fn init_logging(config: &LogConfig) -> LogGuard {
    let filter = EnvFilter::builder().parse_lossy(&config.level);
    let output = NonBlockingBuilder::default().lossy(false).buffered_lines_limit(WAITING);
    let (output, guard) = output.thread_name("log").finish(std::io::stdout());
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(output);
    let _ = match config.format {
        LogFormat::Json => subscriber.fmt_fields(Fields).event_format(Lines).try_init(),
        LogFormat::Pretty => subscriber.with_ansi(std::io::stdout().is_terminal()).try_init(),
    };
    LogGuard { _writer: guard }
}

/// The span of a request, which contains everything that the request logs.
pub(super) fn span(request: &HttpRequest, method: &'static str) -> Span {
    tracing::info_span!(
        "request",
        request_id = RequestId::of(request).as_str(),
        http.method = method,
        http.route = field::Empty,
        company.id = field::Empty,
    )
}

/// Logs the line of a request.
pub(super) fn answered(span: &Span, route: &str, status: StatusCode, took: Duration) {
    let (_entered, millis) = (span.enter(), took.as_secs_f64() * 1000.0);
    let is_probe = route.starts_with("/health") || route == "/metrics";
    // Probes come every few seconds; successful ones are not interesting.
    if is_probe && status.is_success() {
        tracing::debug!(http.status = status.as_u16(), millis, "answered");
    } else {
        tracing::info!(http.status = status.as_u16(), millis, "answered");
    }
}

/// A streamed body that logs in the span of its request.
#[derive(Debug)]
pub struct InSpan<B> {
    body: Pin<Box<B>>,
    span: Span,
}

/// Puts a streamed body into the span of its request.
pub(super) fn in_span<B: MessageBody>(body: B, span: Span) -> EitherBody<B, InSpan<B>> {
    match body.size() {
        BodySize::Stream => EitherBody::right(InSpan { body: Box::pin(body), span }),
        _ => EitherBody::left(body),
    }
}

impl<B: MessageBody> MessageBody for InSpan<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let Self { body, span } = self.get_mut();
        let _entered = span.enter();
        body.as_mut().poll_next(context)
    }
}
