//! The page of thanks, for visitors without JavaScript whose form has no page of its own.

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT_LANGUAGE;

const ENGLISH: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Thank you</title>\
     <meta name=\"viewport\" content=\"width=device-width\"><h1>Thank you</h1><p>Your message has arrived.</p></html>";

const GERMAN: &str = "<!doctype html><html lang=\"de\"><meta charset=\"utf-8\"><title>Vielen Dank</title>\
     <meta name=\"viewport\" content=\"width=device-width\"><h1>Vielen Dank</h1><p>Ihre Nachricht ist angekommen.</p></html>";

/// The page in the visitor's language.
pub(super) fn thanks(request: &HttpRequest) -> &'static str {
    let wanted = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if wanted.trim_start().to_ascii_lowercase().starts_with("de") { GERMAN } else { ENGLISH }
}
