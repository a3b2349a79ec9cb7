//! A deadline for every request.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use tokio::time::{Instant, timeout_at};

use crate::problem::{ApiError, Code};
use crate::service::Limits;
use crate::timeout::WaitGuard;

/// The deadline of a request, measured from its start.
#[derive(Clone, Copy, Debug)]
struct Due(Instant);

/// The deadline of this request, the same at every call. The first call sets it, according to the [limits](Limits::of)
/// of the request.
#[must_use]
pub fn deadline_of(request: &HttpRequest) -> Instant {
    deadline_within(request, Limits::of(request).request_time)
}

/// The deadline of this request, which is `limit` from now unless it is set.
pub(super) fn deadline_within(request: &HttpRequest, limit: Duration) -> Instant {
    if let Some(Due(at)) = request.extensions().get() {
        return *at;
    }
    let at = Instant::now() + limit;
    request.extensions_mut().insert(Due(at));
    at
}

/// The state of a running request, shared with the middleware around it.
#[derive(Default)]
struct Progress {
    has_own_deadline: Cell<bool>,
    /// The request as its handler has it. Before that, the router needs exclusive access to it.
    request: RefCell<Option<HttpRequest>>,
}

/// Middleware: answers with 503 if the handler misses the deadline, and drops the handler, which rolls back an open
/// transaction.
///
/// # Errors
/// The error of the inner service.
pub async fn request_timeout<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let due = deadline_of(request.request());
    let progress = Rc::new(Progress::default());
    request.extensions_mut().insert(Rc::downgrade(&progress));
    let mut answer = std::pin::pin!(next.call(request));
    // Dropped before the answer is sent, so that its connections return to the pool first.
    let mut waiting = WaitGuard::default();
    let outcome = match timeout_at(due, answer.as_mut()).await {
        Err(_) if progress.has_own_deadline.get() => Ok(answer.await),
        outcome => outcome,
    };
    waiting.is_answered = outcome.is_ok();
    match (outcome, progress.request.take()) {
        (Ok(outcome), _) => Ok(outcome?.map_into_left_body()),
        // Returned as a response and not as an error: an error would lose the headers of outer middleware.
        (Err(_), Some(request)) => Ok(ServiceResponse::from_err(timed_out(), request).map_into_right_body()),
        (Err(_), None) => Err(timed_out().into()),
    }
}

/// The answer to a request that missed its deadline.
#[must_use]
pub fn timed_out() -> ApiError {
    let detail = "the answer took too long; whether the request had an effect is not known, unless it only reads";
    ApiError::unavailable(Code::DeadlineExceeded, detail, None)
}

fn progress(request: &HttpRequest) -> Option<Rc<Progress>> {
    request.extensions().get::<Weak<Progress>>()?.upgrade()
}

/// Tells the middleware that the request has reached its handler. Extractors call it, so that a late answer is counted
/// under its route.
pub fn request_arrived(request: &HttpRequest) {
    if let Some(progress) = progress(request) {
        progress.request.replace(Some(request.clone()));
    }
}

/// Removes the deadline for a file transfer. Each of its waits for the database must then have a timeout.
pub(crate) fn use_own_deadline(request: &HttpRequest) {
    if let Some(progress) = progress(request) {
        progress.has_own_deadline.set(true);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpRequest, HttpResponse, web};

    use super::{Limits, request_arrived, request_timeout, use_own_deadline};

    async fn never(request: HttpRequest) -> HttpResponse {
        request_arrived(&request);
        std::future::pending().await
    }

    async fn later(request: HttpRequest) -> HttpResponse {
        request_arrived(&request);
        use_own_deadline(&request);
        tokio::time::sleep(Duration::from_millis(200)).await;
        HttpResponse::Ok().finish()
    }

    #[actix_web::test]
    async fn a_handler_without_a_deadline_is_answered_in_time() {
        let limits = Limits { request_time: Duration::from_millis(20), ..Limits::default() };
        let scope = web::scope("")
            .route("/never/{id}", web::get().to(never))
            .route("/later/{id}", web::get().to(later))
            .wrap(from_fn(request_timeout));
        let app = init_service(App::new().app_data(limits).service(scope)).await;
        let late = call_service(&app, TestRequest::get().uri("/never/1").to_request()).await;
        assert_eq!(late.status(), 503);
        assert!(late.headers().contains_key("retry-after"));
        assert_eq!(late.request().match_pattern().as_deref(), Some("/never/{id}"), "outer middleware knows the route");
        let long = call_service(&app, TestRequest::get().uri("/later/1").to_request()).await;
        assert_eq!(long.status(), 200);
    }
}
