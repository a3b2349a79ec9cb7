//! A visitor of a page with a form: who is let in, and what their browser is told.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, HeaderValue, VARY,
};
use actix_web::{HttpRequest, HttpResponse};
use crm_core::capture_forms::OpenCaptureForm;

use crm_web::limits::Allowance;
use crm_web::problem::{ApiError, Code};
use crm_web::request::{BrowserOrigin, FromQuery, NoParameters, RequestId, expect_well_formed, request_arrived};
use crm_web::service::Service;

/// A request for a form.
pub(super) struct FormVisit<'v> {
    request: &'v HttpRequest,
    service: &'v Service,
    allowance: Option<Allowance<'v>>,
    /// The origin of the page, once it is allowed.
    allowed: Option<HeaderValue>,
}

impl<'v> FormVisit<'v> {
    pub fn new(request: &'v HttpRequest, service: &'v Service) -> Self {
        request_arrived(request);
        let allowance = service.rate_limits().map(|limits| Allowance::new(limits, request));
        Self { request, service, allowance, allowed: None }
    }

    /// The form with this key, if the page may send it.
    pub async fn open(&mut self, key: &str) -> Result<OpenCaptureForm, ApiError> {
        if let Some(allowance) = &mut self.allowance {
            allowance.count_address().await?;
        }
        expect_well_formed(self.request.uri())?;
        NoParameters::from_query(self.request.query_string())?;
        let (crm, id) = (self.service.crm(), RequestId::of(self.request));
        let form = crm.capture_form(self.service.database(), key, id.as_str()).await?;
        let form = form.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such form, or it has ended"))?;
        if let Some(origin) = BrowserOrigin::of(self.request).origin().filter(|origin| !self.is_own(origin)) {
            if !origin.to_str().is_ok_and(|origin| form.allows(origin)) {
                let detail = "the form is not for pages of this origin";
                return Err(ApiError::new(Code::OriginNotAllowed, detail));
            }
            self.allowed = Some(origin.clone());
        }
        Ok(form)
    }

    /// Whether it is a page of this service, such as that of the documentation: that needs no permission.
    fn is_own(&self, origin: &HeaderValue) -> bool {
        let host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
        host == Some(self.request.connection_info().host())
    }

    /// Counts a submission.
    pub async fn count(&mut self, form: &OpenCaptureForm) -> Result<(), ApiError> {
        match &mut self.allowance {
            Some(allowance) => allowance.form(form.id()).await,
            None => Ok(()),
        }
    }

    /// Adds to the answer what the browser of the page needs to read it.
    pub fn answer(self, outcome: Result<HttpResponse, ApiError>) -> HttpResponse {
        let mut response = outcome.unwrap_or_else(HttpResponse::from_error);
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = self.allowed {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after, x-request-id"));
        }
        if let Some(allowance) = &self.allowance {
            allowance.write(headers);
        }
        response
    }
}
