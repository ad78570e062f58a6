//! A program that runs in the background and ends with its owner.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use xshell::{Shell, cmd};

use crate::error::Error;

/// How long a program that was asked to end may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A child process, ended when it is dropped.
pub(crate) struct Background {
    child: Child,
    end: Signal,
    /// Kept open, so that the child may go on writing
    _lines: Option<BufReader<ChildStdout>>,
    /// What a quiet child writes to, read only if something goes wrong
    log: Option<File>,
}

/// How a program is told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGKILL, for what leaves nothing behind
    Kill,
    /// SIGTERM
    Terminate,
    /// SIGINT
    Interrupt,
}

impl Background {
    /// Starts the program and waits for the first line that it prints.
    ///
    /// # Errors
    ///
    /// The program cannot be started, or its output cannot be read.
    pub(crate) fn start(command: &mut Command) -> Result<(Self, String), Error> {
        let program = PathBuf::from(command.get_program());
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Error::file(&program))?;
        let mut output = child.stdout.take().map(BufReader::new);
        let mut line = String::new();
        if let Some(output) = &mut output {
            output.read_line(&mut line).map_err(Error::file(&program))?;
        }
        let background = Self {
            child,
            end: Signal::Kill,
            _lines: output,
            log: None,
        };
        Ok((background, line))
    }

    /// Starts the program and keeps what it says to itself.
    ///
    /// # Errors
    ///
    /// The program cannot be started.
    pub(crate) fn quiet(command: &mut Command, end: Signal) -> Result<Self, Error> {
        let program = PathBuf::from(command.get_program());
        let log = tempfile::tempfile().map_err(Error::file("a temporary file"))?;
        let copy = || log.try_clone().map_err(Error::file("a temporary file"));
        let child = command
            .stdin(Stdio::null())
            .stdout(copy()?)
            .stderr(copy()?)
            .spawn()
            .map_err(Error::file(&program))?;
        Ok(Self {
            child,
            end,
            _lines: None,
            log: Some(log),
        })
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the program has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// What a quiet program has said so far.
    pub(crate) fn said(&mut self) -> String {
        let mut text = String::new();
        if let Some(log) = &mut self.log {
            // Why: this is for people to read after a failure, which must not be hidden by another.
            let _ = log.rewind().and_then(|()| log.read_to_string(&mut text));
        }
        text
    }

    /// Asks the program to end, and waits until it did or had time enough.
    fn ask_to_end(&mut self, signal: &str) {
        let id = self.id().to_string();
        let asked =
            Shell::new().and_then(|shell| cmd!(shell, "kill -s {signal} {id}").quiet().run());
        let start = Instant::now();
        while asked.is_ok() && !self.has_ended() && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        match self.end {
            Signal::Kill => {}
            Signal::Terminate => self.ask_to_end("TERM"),
            Signal::Interrupt => self.ask_to_end("INT"),
        }
        // Why: the process may have ended by itself, and then there is nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
