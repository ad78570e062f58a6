//! Whose certificates are trusted.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};

use crate::ConfigError;

/// The authorities that vouch for a provider's server: those of the system, or those of a file and no others.
#[derive(Clone, Default)]
pub struct Roots(Option<Arc<RootCertStore>>);

impl Roots {
    /// The system's, which its administrator updates and can add to.
    pub fn system() -> Self {
        Self::default()
    }

    /// Those of a PEM file, for a server in a private network with an authority of its own.
    ///
    /// # Errors
    /// [`ConfigError::Roots`] when the file cannot be read, or has no certificate.
    pub fn of_pem_file(path: &Path) -> Result<Self, ConfigError> {
        let wrong = |source: Box<dyn std::error::Error + Send + Sync>| ConfigError::Roots {
            path: path.to_owned(),
            source,
        };
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| wrong(plain(error)))?;
        if certificates.is_empty() {
            return Err(wrong("there is no certificate in it".into()));
        }
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots
                .add(certificate)
                .map_err(|error| wrong(error.into()))?;
        }
        Ok(Self(Some(Arc::new(roots))))
    }

    /// Those of a file; none for the system's.
    pub(crate) fn of_file(&self) -> Option<Arc<RootCertStore>> {
        self.0.clone()
    }
}

/// Why: rustls wraps what the system said into words of its own.
fn plain(error: pem::Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        pem::Error::Io(error) => error.into(),
        error => error.into(),
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("Roots(system)"),
            Some(roots) => write!(f, "Roots({} of a file)", roots.len()),
        }
    }
}
