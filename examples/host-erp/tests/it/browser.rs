//! A user of the ERP's web app.

use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, Error, HttpResponse};
use futures_util::future::LocalBoxFuture;
use host_erp::Erp;
use host_erp::tables::employee;
use host_erp::web::{SESSION, Site};
use serde_json::Value;

type Handler = dyn Fn(TestRequest) -> LocalBoxFuture<'static, HttpResponse>;

/// Sends requests to an app, in a session or without one.
#[derive(Clone)]
pub struct Browser {
    handler: Rc<Handler>,
    session: Option<String>,
}

impl Browser {
    /// A client of the ERP's app without a session.
    pub async fn new(erp: &Erp) -> Self {
        let site = Site::new(erp.clone());
        // An answer is read to its end, so it has one.
        site.stop();
        Self::before(init_service(App::new().configure(site.routes())).await, TestRequest::to_request)
    }

    /// In front of another app; `finish` makes the kind of request that it takes.
    pub fn before<S, R: 'static, B>(app: S, finish: fn(TestRequest) -> R) -> Self
    where
        S: Service<R, Response = ServiceResponse<B>, Error = Error> + 'static,
        B: MessageBody + 'static,
    {
        let app = Rc::new(app);
        let handler = move |request: TestRequest| -> LocalBoxFuture<'static, HttpResponse> {
            let app = Rc::clone(&app);
            Box::pin(async move {
                let answer: HttpResponse<BoxBody> = match app.call(finish(request)).await {
                    Ok(response) => response.into_parts().1.map_into_boxed_body(),
                    Err(error) => HttpResponse::from_error(error),
                };
                answer
            })
        };
        Self { handler: Rc::new(handler), session: None }
    }

    /// The same app, with this session.
    pub fn with_session(&self, session: impl Into<String>) -> Self {
        Self { session: Some(session.into()), ..self.clone() }
    }

    /// The same app, for a user who has just logged in.
    pub async fn log_in(&self, erp: &Erp, employee: &employee::Model) -> anyhow::Result<Self> {
        Ok(self.with_session(erp.log_in(employee).await?))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[], Some(("application/json", body.to_string()))).await
    }

    /// Any request.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, String)>,
    ) -> Answer {
        let mut request = TestRequest::default().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
        if let Some(session) = &self.session {
            request = request.insert_header((SESSION, session.as_str()));
        }
        for header in headers {
            request = request.insert_header(*header);
        }
        if let Some((content_type, body)) = body {
            request = request.insert_header((CONTENT_TYPE, content_type)).set_payload(body);
        }
        let (response, body) = (self.handler)(request).await.into_parts();
        let text = to_bytes(body).await.map(|body| String::from_utf8_lossy(&body).into_owned()).expect("a whole body");
        let request = format!("{method} {path}");
        Answer { request, status: response.status().as_u16(), headers: response.headers().clone(), text }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub request: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The same, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text);
        self
    }

    /// The body of an answer that went well.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {} {}", self.request, self.status, self.text);
        self.json()
    }

    /// The CRM's problem with this status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let (request, problem) = (self.request.clone(), self.expect(status));
        assert_eq!(problem.header("content-type"), "application/problem+json", "{request}: {}", problem.text);
        let problem = problem.json();
        assert_eq!(problem["code"], code, "{request}: {problem}");
        let path = request.split(['?', ' ']).nth(1);
        assert_eq!(problem["instance"].as_str(), path, "{request}: {problem}");
        problem
    }

    /// The ERP's own line of text, with this status.
    #[track_caller]
    pub fn refused_by_erp(self, status: u16, words: &str) {
        let answer = self.expect(status);
        assert!(answer.header("content-type").starts_with("text/plain"), "{answer:?}");
        assert_eq!(answer.text, format!("ERP: {words}\n"), "{}", answer.request);
    }

    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().expect("text").to_owned()).unwrap_or_default()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{}: {error}: {}", self.request, self.text))
    }
}
