//! TLS to the servers of a shared store: rustls with ring, whatever else the process uses.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::OpenError;
use crate::servers::{Identity, Tls};

/// What `tls` asks for, its files read.
///
/// # Errors
/// [`OpenError::File`] when one of them cannot be read or does not have what it should.
pub(crate) fn client_config(tls: &Tls) -> Result<ClientConfig, OpenError> {
    let system = Path::new("the system's certificates");
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(system, error))?;
    let builder = match &tls.ca {
        Some(file) => builder.with_root_certificates(authorities(file)?),
        None => builder
            .with_platform_verifier()
            .map_err(|error| wrong(system, error))?,
    };
    match &tls.identity {
        None => Ok(builder.with_no_client_auth()),
        Some(Identity { certificate, key }) => {
            let chain = certificates(certificate)?;
            let private =
                PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, plain(error)))?;
            builder
                .with_client_auth_cert(chain, private)
                .map_err(|error| wrong(certificate, error))
        }
    }
}

/// The certificates that `tls` trusts, for a driver that makes its own configuration of them: those of its file, or else
/// the system's. All else that it names is read, too, and found to be of use.
///
/// # Errors
/// As [`client_config`].
#[cfg(feature = "mysql")]
pub(crate) fn trusted(tls: &Tls) -> Result<Vec<CertificateDer<'static>>, OpenError> {
    client_config(tls)?;
    match &tls.ca {
        Some(file) => certificates(file),
        None => Ok(rustls_native_certs::load_native_certs().certs),
    }
}

fn authorities(file: &Path) -> Result<RootCertStore, OpenError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|error| wrong(file, error))?;
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, OpenError> {
    let found = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(file, plain(error)))?;
    if found.is_empty() {
        return Err(wrong(
            file,
            "there is no certificate in it; give a PEM file",
        ));
    }
    Ok(found)
}

/// Why: rustls wraps what the system said into words of its own.
fn plain(error: pem::Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        pem::Error::Io(error) => error.into(),
        error => error.into(),
    }
}

fn wrong(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> OpenError {
    OpenError::File {
        path: path.to_owned(),
        source: source.into(),
    }
}
