//! One connection, and the few commands of Memcached's text protocol
//! ([protocol.txt](https://github.com/memcached/memcached/blob/master/doc/protocol.txt)) that a store needs.
//!
//! Why no driver: those there are connect by IPv4 alone or look names up once, take as much memory as a reply asks for,
//! cannot ask for settings, or take any reply to an `add` for success.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::expiry::Expiry;
use crate::servers::{Host, Login};

/// Longer than any line of a server that answers what it was asked, in bytes.
const LONGEST_LINE: u64 = 4096;
/// Longer than any value that a store writes, in bytes.
const LONGEST_VALUE: usize = 64;
/// More than there are statistics and settings.
const MOST_STATISTICS: usize = 1000;

/// A connection that is used by one caller at a time.
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    /// Whether every command has had its whole reply: if not, the next one would read another's.
    in_step: bool,
}

/// What a key holds.
pub(super) struct Held {
    pub(super) value: String,
    /// What [`Connection::replace`] compares.
    pub(super) unique: u64,
}

impl Connection {
    /// Connects, logs in if there is a login, and sees that a Memcached server answers.
    pub(super) async fn open(host: &Host, login: &Login) -> io::Result<Self> {
        let stream = TcpStream::connect((host.name.as_str(), host.port)).await?;
        stream.set_nodelay(true)?;
        let mut this = Self {
            stream: BufReader::new(stream),
            in_step: true,
        };
        if let (Some(user), Some(password)) = (&login.user, login.password()?) {
            let length = user.len() + 1 + password.len();
            // Why a `set`: it is how the text protocol logs in. The key means nothing.
            let command = format!("set login 0 0 {length}\r\n{user} {}\r\n", password.as_str());
            this.store(&Zeroizing::new(command), &[]).await?;
        }
        this.send("version\r\n").await?;
        match this.line().await? {
            line if line.starts_with("VERSION ") => this.in_step = true,
            line => return Err(this.refused(&line)),
        }
        Ok(this)
    }

    /// Whether the next command can be trusted to get its own reply.
    pub(super) fn is_fit(&self) -> bool {
        let closed_or_more = || self.stream.get_ref().try_read(&mut [0]);
        self.in_step
            && self.stream.buffer().is_empty()
            && closed_or_more().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Stores a value for a key that has none. False if it has one.
    pub(super) async fn add(&mut self, key: &str, expiry: Expiry, value: &str) -> io::Result<bool> {
        let command = format!("add {key} 0 {expiry} {}\r\n{value}\r\n", value.len());
        self.store(&command, &["NOT_STORED"]).await
    }

    /// Stores a value for a key that still holds what it held. False if it does not.
    pub(super) async fn replace(
        &mut self,
        key: &str,
        expiry: Expiry,
        value: &str,
        unique: u64,
    ) -> io::Result<bool> {
        let length = value.len();
        let command = format!("cas {key} 0 {expiry} {length} {unique}\r\n{value}\r\n");
        self.store(&command, &["EXISTS", "NOT_FOUND"]).await
    }

    /// Stores a value, whatever the key holds.
    pub(super) async fn set(&mut self, key: &str, expiry: Expiry, value: &str) -> io::Result<()> {
        let command = format!("set {key} 0 {expiry} {}\r\n{value}\r\n", value.len());
        self.store(&command, &[]).await.map(drop)
    }

    /// What the key holds, if anything.
    pub(super) async fn get(&mut self, key: &str) -> io::Result<Option<Held>> {
        self.send(&format!("gets {key}\r\n")).await?;
        let line = self.line().await?;
        if line == "END" {
            self.in_step = true;
            return Ok(None);
        }
        let Some((length, unique)) = read_head(&line, key) else {
            return Err(self.refused(&line));
        };
        let mut value = vec![0; length];
        self.stream.read_exact(&mut value).await?;
        let value = String::from_utf8(value).map_err(|_| astray("no text"))?;
        if !self.line().await?.is_empty() || self.line().await? != "END" {
            return Err(astray("more than was asked for"));
        }
        self.in_step = true;
        Ok(Some(Held { value, unique }))
    }

    /// One of the server's `stats`, or of its `stats settings`.
    pub(super) async fn statistic(
        &mut self,
        command: &str,
        name: &str,
    ) -> io::Result<Option<String>> {
        self.send(&format!("{command}\r\n")).await?;
        let mut found = None;
        for _ in 0..MOST_STATISTICS {
            let line = self.line().await?;
            match line.strip_prefix("STAT ").and_then(|it| it.split_once(' ')) {
                Some((given, value)) if given == name => found = Some(value.to_owned()),
                Some(_) => {}
                None if line == "END" => {
                    self.in_step = true;
                    return Ok(found);
                }
                None => return Err(self.refused(&line)),
            }
        }
        Err(astray("statistics without end"))
    }

    async fn store(&mut self, command: &str, not_stored: &[&str]) -> io::Result<bool> {
        self.send(command).await?;
        let line = self.line().await?;
        let is_stored = line == "STORED";
        if !is_stored && !not_stored.contains(&line.as_str()) {
            return Err(self.refused(&line));
        }
        self.in_step = true;
        Ok(is_stored)
    }

    async fn send(&mut self, command: &str) -> io::Result<()> {
        self.in_step = false;
        self.stream.write_all(command.as_bytes()).await
    }

    /// The next line, without its end.
    async fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.stream).take(LONGEST_LINE);
        bounded.read_until(b'\n', &mut line).await?;
        match line.strip_suffix(b"\r\n") {
            Some(line) => String::from_utf8(line.to_vec()).map_err(|_| astray("no text")),
            None if line.len() < LONGEST_LINE as usize => Err(io::ErrorKind::UnexpectedEof.into()),
            None => Err(astray("a line without end")),
        }
    }

    /// What a server that does not do as asked says.
    fn refused(&mut self, line: &str) -> io::Error {
        // Why: of these alone it is known that nothing follows.
        self.in_step = line.starts_with("SERVER_ERROR ");
        io::Error::other(format!("the server says {line:?}"))
    }
}

/// A value's length and its `cas unique`, from `VALUE key flags length unique`.
fn read_head(line: &str, key: &str) -> Option<(usize, u64)> {
    let mut parts = line.strip_prefix("VALUE ")?.split(' ');
    let (given, _flags, length, unique) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let length = length
        .parse()
        .ok()
        .filter(|&length| length <= LONGEST_VALUE)?;
    (given == key && parts.next().is_none())
        .then(|| unique.parse().ok().map(|unique| (length, unique)))?
}

fn astray(what: &str) -> io::Error {
    let why = format!("the server sends {what}, as Memcached does not; see what listens there");
    io::Error::new(io::ErrorKind::InvalidData, why)
}
