//! The file that a request sends.

use std::io::{Read, Seek};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use crm_core::actor::{Action, Resource};
use crm_core::customers::ImportFormat;
use futures_util::future::{LocalBoxFuture, ready};

use crm_web::problem::ApiError;
use crm_web::request::{Caller, Upload};

/// What is read twice by a preview.
pub(in super::super) trait Source: Read + Seek + Send {}

impl<S: Read + Seek + Send> Source for S {}

/// The file of an import. The file of a caller without the right to import is not read; the core refuses the request.
pub(in super::super) struct ImportFile(Option<Upload>);

impl FromRequest for ImportFile {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let may = |caller: &Caller, resource| caller.actor().reach(resource, Action::Import).is_some();
        let may_none = |caller: Caller| !may(&caller, Resource::Customers) && !may(&caller, Resource::Leads);
        if Caller::known(request).is_some_and(may_none) {
            return Box::pin(ready(Ok(Self(None))));
        }
        let upload = Upload::from_request(request, payload);
        Box::pin(async move { Ok(Self(Some(upload.await?))) })
    }
}

/// What a form with a file has.
pub(in super::super) struct ImportParts {
    pub file: Box<dyn Source>,
    pub name: String,
    pub format: Option<ImportFormat>,
    pub mapping: Option<String>,
}

impl ImportFile {
    pub fn parts(self) -> ImportParts {
        match self.0 {
            Some(Upload { file, name, media_type, mapping }) => {
                let format = media_type.as_deref().and_then(ImportFormat::of_media_type);
                ImportParts { file: Box::new(file), name: name.unwrap_or_default(), format, mapping }
            }
            None => ImportParts { file: Box::new(std::io::empty()), name: String::new(), format: None, mapping: None },
        }
    }
}
