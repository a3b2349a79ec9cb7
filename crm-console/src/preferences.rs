//! The choices of a browser: language and theme.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use crm_web::problem::ApiError;

use crate::base::language::Language;
use crate::session::cookie::{self, remembered};
use crate::web::{Form, Prefix, Theme, console, is_secure, local_path, see_other};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config.route("/preferences", web::post().to(choose));
}

async fn choose(request: HttpRequest, form: Form) -> Result<HttpResponse, ApiError> {
    let (is_secure, prefix) = (is_secure(&console(&request)?, &request), Prefix::of(&request));
    let back = local_path(&prefix, form.0.text("here")).map_or_else(|| format!("{}/", prefix.0), str::to_owned);
    let mut answer = see_other(back);
    let choices = [
        form.0.get("theme").and_then(Theme::named).map(|theme| (cookie::THEME, theme.name())),
        form.0.get("language").and_then(Language::of).map(|language| (cookie::LANGUAGE, language.code())),
    ];
    for (name, value) in choices.into_iter().flatten() {
        let cookie = remembered(name, value.to_owned(), is_secure);
        answer.add_cookie(&cookie).map_err(ApiError::internal)?;
    }
    Ok(answer)
}
