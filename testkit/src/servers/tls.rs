//! Certificates of a private authority.

use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::ServerError;
use crate::scratch;

/// The certificate and key of a local server, and the authority that a client has to trust.
pub(crate) struct Certificates {
    /// The authority's certificate.
    pub authority: PathBuf,
    /// The server's certificate, for `localhost`.
    pub certificate: PathBuf,
    /// The server's key.
    pub key: PathBuf,
}

impl Certificates {
    /// Creates an authority, and a certificate signed by it.
    pub fn make() -> Result<Self, ServerError> {
        let [authority, certificate, key] = made().map_err(|error| ServerError::failed("no certificates", error))?;
        let directory = scratch()?.join(format!("tls-{}", uuid::Uuid::new_v4().simple()));
        let failed = |error| ServerError::failed("the directory of certificates", error);
        fs::create_dir(&directory).map_err(failed)?;
        let write = |name: &str, text: String| {
            let path = directory.join(name);
            fs::write(&path, text).map(|()| path).map_err(failed)
        };
        Ok(Self {
            authority: write("authority.pem", authority)?,
            certificate: write("certificate.pem", certificate)?,
            key: write("key.pem", key)?,
        })
    }
}

/// The authority's certificate, the server's and the server's key.
fn made() -> Result<[String; 3], rcgen::Error> {
    let mut params = CertificateParams::new([])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "The authority of the tests");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(["localhost".to_owned()])?.signed_by(&key, &authority)?;
    Ok([authority.pem(), certificate.pem(), key.serialize_pem()])
}
