//! A server that can be killed, paused and started again.

use std::{
    net::{SocketAddr, TcpStream},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::{Background, Error, Port};

/// A server that was started, on a port that stays its own while it is down. It ends when this is dropped.
pub struct Service {
    url: String,
    recipe: Recipe,
    process: Option<Background>,
    port: Port,
    /// Why: only held.
    also: Vec<Port>,
    _data: TempDir,
}

/// How a server is started, again and again, and how it is asked to end.
pub(crate) struct Recipe {
    pub(crate) command: Box<dyn Fn() -> Command + Send + Sync>,
    /// What the caller wants beyond that
    pub(crate) arguments: Vec<String>,
    pub(crate) is_ready: fn(SocketAddr) -> bool,
    pub(crate) stop: Signal,
    /// What ends it at once and leaves nothing behind; SIGKILL, if that is true of it.
    pub(crate) discard: Signal,
}

impl Recipe {
    /// For a server that is ready when it listens, ends at SIGTERM and leaves nothing behind at SIGKILL.
    pub(crate) fn new(
        arguments: &[&str],
        command: impl Fn() -> Command + Send + Sync + 'static,
    ) -> Self {
        Self {
            command: Box::new(command),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            is_ready: listens,
            stop: Signal::TERM,
            discard: Signal::KILL,
        }
    }
}

/// Whether something listens there.
pub(crate) fn listens(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}

/// Waits until something holds, for a minute at most.
pub(crate) fn until(or: Error, mut holds: impl FnMut() -> bool) -> Result<(), Error> {
    let start = Instant::now();
    while !holds() {
        if start.elapsed() > Duration::from_secs(60) {
            return Err(or);
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// A folder for a server's files.
pub(crate) fn data() -> Result<TempDir, Error> {
    tempfile::tempdir().map_err(Error::file("a temporary folder"))
}

impl Service {
    pub(crate) fn start(
        url: String,
        port: Port,
        data: TempDir,
        recipe: Recipe,
    ) -> Result<Self, Error> {
        let mut service = Self {
            url,
            recipe,
            process: None,
            port,
            also: Vec::new(),
            _data: data,
        };
        service.restart()?;
        Ok(service)
    }

    /// Keeps a further port for as long as the service is there.
    pub(crate) fn holding(mut self, port: Port) -> Self {
        self.also.push(port);
        self
    }

    /// The URL by which a node finds it, if it is a store; that of its root, if it speaks HTTP.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens, when it runs.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The id of its process; for `PostgreSQL`, of the one that started the others. None while it is down.
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Background::id)
    }

    /// What it has written so far to standard output and standard error, since it was last started.
    pub fn said(&self) -> String {
        self.process
            .as_ref()
            .map_or_else(String::new, Background::said)
    }

    /// Has it read its configuration again (SIGHUP).
    ///
    /// # Errors
    ///
    /// [`Error::Down`], or the system's.
    pub fn reload(&mut self) -> Result<(), Error> {
        self.running()?.signal(Signal::HUP)
    }

    /// Ends it with SIGKILL. Nothing happens if it is down.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.process
            .take()
            .map_or(Ok(()), |process| process.kill().map(drop))
    }

    /// Ends it in order, as an operator does. Nothing happens if it is down.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn stop(&mut self) -> Result<(), Error> {
        let signal = self.recipe.stop;
        self.process
            .take()
            .map_or(Ok(()), |process| process.end_with(signal).map(drop))
    }

    /// Stops it where it is (SIGSTOP): its connections stay open, and nobody answers.
    ///
    /// # Errors
    ///
    /// [`Error::Down`], or the system's.
    pub fn pause(&mut self) -> Result<(), Error> {
        self.running()?.pause()
    }

    /// Lets a paused server go on (SIGCONT).
    ///
    /// # Errors
    ///
    /// [`Error::Down`], or the system's.
    pub fn resume(&mut self) -> Result<(), Error> {
        self.running()?.resume()
    }

    /// Starts it again at the same address, after ending it in order if it runs, and waits until it is ready. The
    /// databases have their data again; Redis and Memcached start empty, unless arguments tell Redis to keep its own.
    ///
    /// # Errors
    ///
    /// [`Error::DidNotStart`], or the system's.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop()?;
        let mut command = (self.recipe.command)();
        command.args(&self.recipe.arguments);
        let mut process = Background::quiet(command)?;
        let address = self.address();
        process.wait_until(|| (self.recipe.is_ready)(address))?;
        self.process = Some(process);
        Ok(())
    }

    fn running(&mut self) -> Result<&mut Background, Error> {
        let address = self.address();
        self.process.as_mut().ok_or(Error::Down(address))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Why: what was paused would not hear the signal. What fails here is left to the process's own end.
            let _ = process.resume();
            let _ = process.end_with(self.recipe.discard);
        }
    }
}
