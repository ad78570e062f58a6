//! A program that runs in the background and ends with its owner.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::error::Error;

/// A child process, ended when it is dropped.
pub(crate) struct Background {
    child: Child,
    /// Kept open, so that the child may go on writing
    output: Option<BufReader<ChildStdout>>,
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
        let output = child.stdout.take().map(BufReader::new);
        let mut background = Self { child, output };
        let mut line = String::new();
        if let Some(output) = &mut background.output {
            output.read_line(&mut line).map_err(Error::file(&program))?;
        }
        Ok((background, line))
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Why: the process may have ended by itself, and then there is nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
