//! The document, and Swagger UI that shows it.

#[cfg(feature = "swagger-ui")]
mod pages;

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, ContentEncoding, ETag, Encoding, EntityTag, Header, HeaderValue,
    VARY,
};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;
use utoipa::openapi::OpenApi;

use crate::etag;
use crate::problem::ApiError;
use crate::request::head_as_get;
use crate::request::limit_addresses;

/// The path of the document.
pub const DOCUMENT: &str = "/openapi.json";
/// The path of the pages.
pub const PAGES: &str = "/docs/";

/// Mounts `document` at `/openapi.json` and, with the feature `swagger-ui`, Swagger UI at `/docs`, below wherever it is
/// called.
///
/// A server URL of the document that is a path is resolved relative to where the document is mounted, so it is right
/// for routes that are mounted in the same scope. Behind a proxy that removes a prefix,
/// give the document a server with a full URL.
pub fn configure_docs(document: OpenApi) -> impl FnOnce(&mut web::ServiceConfig) {
    Document::new(document).configure()
}

/// A document, and the form in which it was last sent. Cheap to clone.
#[derive(Clone)]
pub struct Document(Arc<Inner>);

struct Inner {
    document: LazyLock<OpenApi, Box<dyn FnOnce() -> OpenApi + Send>>,
    /// Rendered once. If the document is mounted at several paths, it is rendered again when another path is requested.
    written: RwLock<Option<Written>>,
}

/// A document as it is sent from one mount path.
#[derive(Clone)]
struct Written {
    mount: Arc<str>,
    plain: Bytes,
    gzipped: Bytes,
    /// Weak, because the compressed and the plain body share the tag.
    tag: EntityTag,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").finish_non_exhaustive()
    }
}

impl Document {
    /// The document as it is; it is rendered when it is first asked for.
    #[must_use]
    pub fn new(document: OpenApi) -> Self {
        Self::lazily(|| document)
    }

    /// The document that `make` returns; it is called when the document is first asked for, so that a start need not wait.
    #[must_use]
    pub fn lazily(make: impl FnOnce() -> OpenApi + Send + 'static) -> Self {
        Self(Arc::new(Inner { document: LazyLock::new(Box::new(make)), written: RwLock::default() }))
    }

    /// Mounts the document as [`configure_docs`] does.
    pub fn configure(self) -> impl FnOnce(&mut web::ServiceConfig) {
        move |config| {
            let resource = web::resource(DOCUMENT).wrap(from_fn(head_as_get)).wrap(from_fn(limit_addresses));
            config.service(resource.app_data(Data::new(self)).route(web::get().to(get_document)));
            #[cfg(feature = "swagger-ui")]
            pages::mount(config);
        }
    }

    fn at(&self, mount: &str) -> Result<Written, ApiError> {
        let written = self.0.written.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(written) = written.filter(|written| *written.mount == *mount) {
            return Ok(written);
        }
        let plain = Bytes::from(self.relative_to(mount).to_json().map_err(ApiError::internal)?);
        let gzipped = gzip(&plain).map_err(ApiError::internal)?.into();
        let tag = EntityTag::new_weak(etag::digest(&plain));
        let written = Written { mount: mount.into(), plain, gzipped, tag };
        *self.0.written.write().unwrap_or_else(PoisonError::into_inner) = Some(written.clone());
        Ok(written)
    }

    fn relative_to(&self, mount: &str) -> OpenApi {
        let mut document = OpenApi::clone(&self.0.document);
        for server in document.servers.iter_mut().flatten().filter(|server| server.url.starts_with('/')) {
            server.url = match format!("{mount}{}", server.url).trim_end_matches('/') {
                "" => "/".to_owned(),
                path => path.to_owned(),
            };
        }
        document
    }
}

async fn get_document(request: HttpRequest, document: Data<Document>) -> Result<HttpResponse, ApiError> {
    let written = document.at(request.path().strip_suffix(DOCUMENT).unwrap_or_default())?;
    let is_known = etag::is_known(&request, &written.tag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(ETag(written.tag));
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("public, max-age=60")));
    response.insert_header((VARY, HeaderValue::from_static("accept-encoding")));
    if is_known {
        return Ok(response.finish());
    }
    response.content_type("application/json");
    if takes_gzip(&request) {
        response.insert_header((CONTENT_ENCODING, ContentEncoding::Gzip));
        return Ok(response.body(written.gzipped));
    }
    Ok(response.body(written.plain))
}

fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    encoder.finish()
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let offered = [Encoding::identity(), Encoding::gzip()];
    AcceptEncoding::parse(request).is_ok_and(|accepted| accepted.negotiate(offered.iter()) == Some(Encoding::gzip()))
}

/// True for the paths of Swagger UI, where it is mounted at the root.
#[cfg(feature = "server")]
pub(crate) fn is_page(path: &str) -> bool {
    path.starts_with(PAGES)
}
