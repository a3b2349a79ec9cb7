//! The page of invitations and of new passwords.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY};
use actix_web::{HttpResponse, web};

/// Nothing but the page's own files, and no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// The path of the page, its type, and the file.
const FILES: [(&str, &str, &str); 3] = [
    ("/account", "text/html; charset=utf-8", include_str!("pages/account.html")),
    ("/account.css", "text/css; charset=utf-8", include_str!("pages/account.css")),
    ("/account.js", "text/javascript; charset=utf-8", include_str!("pages/account.js")),
];

pub(super) fn mount(config: &mut web::ServiceConfig) {
    for (path, kind, text) in FILES {
        config.route(path, web::get().to(move || file(kind, text)));
    }
}

async fn file(kind: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static(kind)))
        .insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)))
        .insert_header((REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")))
        .body(text)
}
