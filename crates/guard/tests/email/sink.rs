//! A mail server that keeps what it is sent.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cattlegrid_guard::email::Transport;
use cattlegrid_guard::email::lettre::transport::smtp::authentication::Credentials;
use cattlegrid_guard::email::lettre::transport::smtp::client::{
    Certificate, CertificateStore, Tls, TlsParameters,
};
use cattlegrid_guard::email::lettre::{AsyncSmtpTransport, Tokio1Executor};
use cattlegrid_services::Certificates;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A letter that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) encrypted: bool,
    pub(crate) credentials: Option<String>,
    pub(crate) to: Vec<String>,
    pub(crate) text: String,
}

impl Arrived {
    /// The head's fields, as they stand there.
    pub(crate) fn head(&self) -> Vec<&str> {
        let (head, _) = self.text.split_once("\r\n\r\n").unwrap();
        head.split("\r\n").collect()
    }

    /// The field's value.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let start = format!("{name}: ");
        self.head()
            .into_iter()
            .find_map(|line| line.strip_prefix(&start))
    }
}

/// How much of the conversation is encrypted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    None,
    Starttls,
    FromTheStart,
}

/// A mail server of its own for one test.
pub(crate) struct Sink {
    address: SocketAddr,
    certificates: Arc<Certificates>,
    state: Arc<State>,
}

struct State {
    encryption: Encryption,
    tls: TlsAcceptor,
    /// What it says to the next letters instead of taking them.
    refusals: Mutex<VecDeque<&'static str>>,
    connections: Mutex<usize>,
    arrived: Mutex<Vec<Arrived>>,
}

impl Sink {
    pub(crate) async fn start(encryption: Encryption) -> Self {
        Self::refusing(encryption, &[]).await
    }

    /// One that says this to the first letters.
    pub(crate) async fn refusing(encryption: Encryption, refusals: &[&'static str]) -> Self {
        let certificates = Arc::new(Certificates::new().unwrap());
        let state = Arc::new(State {
            encryption,
            tls: acceptor(&certificates),
            refusals: Mutex::new(refusals.iter().copied().collect()),
            connections: Mutex::new(0),
            arrived: Mutex::new(Vec::new()),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *shared.connections.lock().unwrap() += 1;
                let state = Arc::clone(&shared);
                // Why its end does not matter: a client may go at any time.
                tokio::spawn(async move { state.serve(stream).await.ok() });
            }
        });
        Self {
            address,
            certificates,
            state,
        }
    }

    /// To it, trusting nobody but who signed its certificate.
    pub(crate) fn transport(&self) -> Transport {
        let ca = std::fs::read(self.certificates.authority()).unwrap();
        self.transport_trusting(&ca)
    }

    /// To it, trusting this authority alone.
    pub(crate) fn transport_trusting(&self, ca: &[u8]) -> Transport {
        let tls = TlsParameters::builder("localhost".to_owned())
            .certificate_store(CertificateStore::None)
            .add_root_certificate(Certificate::from_pem(ca).unwrap())
            .build()
            .unwrap();
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1");
        let builder = builder.port(self.address.port());
        let builder = match self.state.encryption {
            Encryption::None => builder,
            Encryption::Starttls => builder
                .tls(Tls::Required(tls))
                .credentials(Credentials::new("shop".to_owned(), "sesame".to_owned())),
            Encryption::FromTheStart => builder.tls(Tls::Wrapper(tls)),
        };
        builder.build().into()
    }

    /// Its URL, without TLS.
    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The letters that arrived so far.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.state.arrived.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }

    /// Waits until something holds.
    pub(crate) async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let wait = async {
            while !holds(self) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait)
            .await
            .unwrap();
    }
}

fn acceptor(certificates: &Certificates) -> TlsAcceptor {
    let (certificate, key) = certificates.own_server();
    let chain = CertificateDer::pem_file_iter(certificate).unwrap();
    let chain: Vec<_> = chain.map(Result::unwrap).collect();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key).unwrap())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

impl State {
    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        match self.encryption {
            Encryption::FromTheStart => {
                self.talk(self.tls.accept(stream).await?, true, true)
                    .await?;
            }
            Encryption::None => {
                self.talk(stream, false, true).await?;
            }
            Encryption::Starttls => {
                // Why: it goes on as if from the start, without a second greeting (RFC 3207, 4.2).
                if let Some(plain) = self.talk(stream, false, true).await? {
                    self.talk(self.tls.accept(plain).await?, true, false)
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// Talks until the client goes, or wants the stream back to encrypt it.
    async fn talk<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: T,
        encrypted: bool,
        greets: bool,
    ) -> std::io::Result<Option<T>> {
        let mut stream = BufReader::new(stream);
        let (mut to, mut credentials) = (Vec::new(), None);
        if greets {
            stream.write_all(b"220 sink\r\n").await?;
        }
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            let line = line.trim_end();
            let reply = match line.split([' ', ':']).next().unwrap() {
                "EHLO" if self.encryption == Encryption::Starttls && !encrypted => {
                    "250-sink\r\n250 STARTTLS"
                }
                "EHLO" => "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN",
                "STARTTLS" => {
                    stream.write_all(b"220 go on\r\n").await?;
                    return Ok(Some(stream.into_inner()));
                }
                "AUTH" => {
                    credentials = line.rsplit(' ').next().map(str::to_owned);
                    "235 welcome"
                }
                "MAIL" => {
                    let refusal = self.refusals.lock().unwrap().pop_front();
                    refusal.unwrap_or("250 ok")
                }
                "RCPT" => {
                    to.push(line.to_owned());
                    "250 ok"
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let text = letter(&mut stream).await?;
                    let (to, credentials) = (std::mem::take(&mut to), credentials.clone());
                    let arrived = Arrived {
                        encrypted,
                        credentials,
                        to,
                        text,
                    };
                    self.arrived.lock().unwrap().push(arrived);
                    "250 ok"
                }
                "QUIT" => "221 bye",
                _ => "502 what?",
            };
            stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        }
    }
}

async fn letter(stream: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let start = text.len();
        stream.read_line(&mut text).await?;
        if matches!(&text[start..], ".\r\n" | "") {
            text.truncate(start);
            return Ok(text);
        }
    }
}
