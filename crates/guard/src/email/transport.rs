//! The way that letters go.

use std::fmt;
use std::path::Path;

use lettre::transport::smtp;
use lettre::transport::smtp::response::Code;
use lettre::{AsyncFileTransport, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::Error;

/// The way that letters go: to a mail server, or into a folder.
pub struct Transport(Way);

enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(AsyncFileTransport<Tokio1Executor>),
}

impl Transport {
    /// To the mail server that `url` names, over one connection for each letter.
    ///
    /// | | |
    /// |---|---|
    /// | `smtps://user:password@mail.example` | TLS from the start, port 465 unless said otherwise. Best. |
    /// | `smtp://user:password@mail.example?tls=required` | `STARTTLS` and nothing without it, port 587 unless said otherwise |
    /// | `smtp://localhost:25` | no TLS: for a server on the same machine |
    ///
    /// User and password are percent-encoded, and may be left out. A path is the name that this machine says it has
    /// (`EHLO`). Certificates are checked against the system's. Whatever else is to be set can be set on
    /// [lettre's own transport](AsyncSmtpTransport), of which this can be made, too.
    ///
    /// # Errors
    /// [`Error::Mail`] when it names none.
    pub fn smtp(url: &str) -> Result<Self, Error> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
        let builder = builder.map_err(|error| Error::mail("its URL", &error))?;
        Ok(builder.build().into())
    }

    /// Into files `*.eml` in a folder, which is made if it is missing. For development: the letters have links that work.
    ///
    /// # Errors
    /// [`Error::Mail`] when the folder cannot be made.
    pub fn folder(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        std::fs::create_dir_all(path).map_err(|error| Error::mail("its folder", &error))?;
        Ok(Self(Way::Folder(AsyncFileTransport::new(path))))
    }

    /// Hands over a letter.
    pub(super) async fn send(&self, letter: &Message) -> Result<(), Failure> {
        let (to, bytes) = (letter.envelope(), letter.formatted());
        match &self.0 {
            Way::Smtp(smtp) => smtp
                .send_raw(to, &bytes)
                .await
                .map(drop)
                .map_err(Failure::from),
            Way::Folder(folder) => {
                let sent = folder.send_raw(to, &bytes).await;
                sent.map(drop)
                    .map_err(|error| Failure::Folder(error.to_string()))
            }
        }
    }
}

impl From<AsyncSmtpTransport<Tokio1Executor>> for Transport {
    fn from(smtp: AsyncSmtpTransport<Tokio1Executor>) -> Self {
        Self(Way::Smtp(smtp))
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Why no more: there is a password in it.
        f.write_str(match self.0 {
            Way::Smtp(_) => "Transport(smtp)",
            Way::Folder(_) => "Transport(folder)",
        })
    }
}

/// Why a letter was not handed over. It says nothing of whom it is for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It may be taken another time.
    #[error("the mail server says {0}, and may take it another time")]
    ForNow(Code),
    /// It will not be taken.
    #[error("the mail server says {0}")]
    ForGood(Code),
    /// No conversation came about.
    #[error("there is no talking to the mail server: {0}")]
    Connection(String),
    /// What it said is no SMTP.
    #[error("what answers is no mail server")]
    NotSmtp,
    /// It took too long.
    #[error("the mail server takes too long")]
    Timeout,
    /// A file was not written.
    #[error("the folder of letters: {0}")]
    Folder(String),
}

impl Failure {
    /// Whether another attempt may go better.
    pub(super) const fn may_pass(&self) -> bool {
        matches!(self, Self::ForNow(_) | Self::Connection(_) | Self::Timeout)
    }
}

impl From<smtp::Error> for Failure {
    fn from(error: smtp::Error) -> Self {
        match error.status() {
            // Why not the server's words: they repeat the address.
            Some(code) if error.is_transient() => Self::ForNow(code),
            Some(code) => Self::ForGood(code),
            None if error.is_response() => Self::NotSmtp,
            None if error.is_timeout() => Self::Timeout,
            None => Self::Connection(error.to_string()),
        }
    }
}
