//! Certificates for servers that speak TLS, and for their clients.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

use crate::{Error, service::data};

/// An authority made for this value alone, with a certificate for a server at `localhost` or `127.0.0.1` and one for a
/// client whose common name is `cattlegrid`. All files are PEM.
pub struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// Makes them.
    ///
    /// # Errors
    ///
    /// [`Error::Certificate`], or the files cannot be written.
    pub fn new() -> Result<Self, Error> {
        let certificates = Self { folder: data()? };
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters
            .distinguished_name
            .push(DnType::CommonName, "Authority of a test");
        let authority = CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)?;
        certificates.write("ca.pem", &authority.pem())?;
        for (name, hosts) in [
            ("server", &["localhost", "127.0.0.1"][..]),
            ("client", &["cattlegrid"]),
        ] {
            let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
            let mut parameters = CertificateParams::new(hosts)?;
            parameters
                .distinguished_name
                .push(DnType::CommonName, "cattlegrid");
            let key = KeyPair::generate()?;
            let certificate = parameters.signed_by(&key, &authority)?;
            certificates.write(&format!("{name}.pem"), &certificate.pem())?;
            certificates.write(&format!("{name}.key"), &key.serialize_pem())?;
        }
        Ok(certificates)
    }

    /// The authority's certificate, which a client trusts.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The client's certificate and its key.
    pub fn client(&self) -> (PathBuf, PathBuf) {
        let file = |name| self.folder.path().join(name);
        (file("client.pem"), file("client.key"))
    }

    /// The certificate and its key of a server that a test is itself.
    pub fn own_server(&self) -> (PathBuf, PathBuf) {
        let file = |name| self.folder.path().join(name);
        (file("server.pem"), file("server.key"))
    }

    /// The authority's certificate, the server's, and its key, as arguments.
    pub fn server(&self) -> [String; 3] {
        ["ca.pem", "server.pem", "server.key"]
            .map(|name| self.folder.path().join(name).display().to_string())
    }

    /// A copy of the server's files in `folder`.
    pub(crate) fn copy_server(&self, folder: &Path) -> Result<[PathBuf; 3], Error> {
        let copies = ["ca.pem", "server.pem", "server.key"].map(|name| folder.join(name));
        for (file, copy) in self.server().iter().zip(&copies) {
            fs::copy(file, copy).map_err(Error::file(file))?;
        }
        Ok(copies)
    }

    fn write(&self, name: &str, pem: &str) -> Result<(), Error> {
        let file = self.folder.path().join(name);
        fs::write(&file, pem).map_err(Error::file(&file))
    }
}
