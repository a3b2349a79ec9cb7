//! A deadline for every request.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use tokio::time::{Instant, timeout_at};

use crate::base::problem::{ApiError, Code};
use crate::base::service::Service;
use crate::base::timeout::WaitGuard;

/// The deadline of a request, measured from its start with the limits of the service.
#[derive(Clone, Copy, Debug)]
struct Due(Instant);

/// The deadline of this request, the same at every call.
///
/// # Errors
/// [`Code::Internal`] if the routes are mounted without their service.
pub(crate) fn deadline_of(request: &HttpRequest) -> Result<Instant, ApiError> {
    if let Some(Due(at)) = request.extensions().get() {
        return Ok(*at);
    }
    let at = Instant::now() + Service::of(request)?.limits().request_time;
    request.extensions_mut().insert(Due(at));
    Ok(at)
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
pub(crate) async fn request_timeout<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let due = deadline_of(request.request())?;
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
pub(crate) fn timed_out() -> ApiError {
    let detail = "the answer took too long; whether the request had an effect is not known, unless it only reads";
    ApiError::unavailable(Code::DeadlineExceeded, detail, None)
}

fn progress(request: &HttpRequest) -> Option<Rc<Progress>> {
    request.extensions().get::<Weak<Progress>>()?.upgrade()
}

/// Notifies the middleware that the request has reached its handler.
pub(crate) fn request_arrived(request: &HttpRequest) {
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
    use crm_core::Crm;
    use crm_core::actor::Actor;
    use crm_core::sea_orm::DatabaseConnection;

    use super::{request_arrived, request_timeout, use_own_deadline};
    use crate::base::auth::{AuthError, Authenticator};
    use crate::base::service::{Limits, Service};

    struct Anonymous;

    #[async_trait::async_trait(?Send)]
    impl Authenticator for Anonymous {
        async fn authenticate(&self, _: &HttpRequest) -> Result<Actor, AuthError> {
            Err(AuthError::Missing)
        }
    }

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
        let service = Service::new(Crm::default(), DatabaseConnection::default(), Anonymous).with_limits(limits);
        let scope = web::scope("")
            .route("/never/{id}", web::get().to(never))
            .route("/later/{id}", web::get().to(later))
            .wrap(from_fn(request_timeout));
        let app = init_service(App::new().app_data(web::Data::new(service)).service(scope)).await;
        let late = call_service(&app, TestRequest::get().uri("/never/1").to_request()).await;
        assert_eq!(late.status(), 503);
        assert!(late.headers().contains_key("retry-after"));
        assert_eq!(late.request().match_pattern().as_deref(), Some("/never/{id}"), "outer middleware knows the route");
        let long = call_service(&app, TestRequest::get().uri("/later/1").to_request()).await;
        assert_eq!(long.status(), 200);
    }
}
