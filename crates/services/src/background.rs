//! A program that runs in the background and ends with its owner.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, BufRead, BufReader},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::{LazyLock, mpsc},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{Error, find};

/// How long a program that was asked to end may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A command for `program` whose process is killed when this process ends, however that comes about.
///
/// On Linux, with `setpriv` of util-linux; without it, only what drops a [`Background`] ends the process.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    ending_with_its_owner(program.as_ref(), "KILL")
}

/// Like [`command`], for a program to which something else than SIGKILL is sent.
pub(crate) fn ending_with_its_owner(program: &OsStr, signal: &str) -> Command {
    match find("setpriv") {
        Some(setpriv) if cfg!(target_os = "linux") => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", signal, "--"]).arg(program);
            command
        }
        _ => Command::new(program),
    }
}

/// A child process, killed when it is dropped.
pub struct Background {
    child: Child,
    program: PathBuf,
    /// Kept open, so that the child may go on writing
    _lines: Option<BufReader<ChildStdout>>,
    /// What a quiet child writes to, read only if something goes wrong
    log: Option<File>,
}

impl Background {
    /// Starts the program and waits for the first line that it prints.
    ///
    /// # Errors
    ///
    /// The program cannot be started, or its output cannot be read.
    pub fn start(mut command: Command) -> Result<(Self, String), Error> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let program = program_of(&command);
        let mut child = spawn(command).map_err(Error::file(&program))?;
        let mut output = child.stdout.take().map(BufReader::new);
        let mut line = String::new();
        if let Some(output) = &mut output {
            output.read_line(&mut line).map_err(Error::file(&program))?;
        }
        let background = Self {
            child,
            program,
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
    pub fn quiet(mut command: Command) -> Result<Self, Error> {
        let log = tempfile::tempfile().map_err(Error::file("a temporary file"))?;
        let copy = || log.try_clone().map_err(Error::file("a temporary file"));
        command.stdin(Stdio::null()).stdout(copy()?).stderr(copy()?);
        let program = program_of(&command);
        let child = spawn(command).map_err(Error::file(&program))?;
        Ok(Self {
            child,
            program,
            _lines: None,
            log: Some(log),
        })
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the program has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// What a quiet program has said so far.
    pub fn said(&self) -> String {
        // Why an empty text on failure: this is for people to read after another, which must not be hidden.
        self.log
            .as_ref()
            .and_then(|log| read(log).ok())
            .unwrap_or_default()
    }

    /// Waits until `ready`.
    ///
    /// # Errors
    ///
    /// [`Error::DidNotStart`] if the program ends, or takes longer than a minute, which on a busy machine a database does
    /// not.
    pub fn wait_until(&mut self, ready: impl Fn() -> bool) -> Result<(), Error> {
        let start = Instant::now();
        while !ready() {
            if self.has_ended() || start.elapsed() > 6 * PATIENCE {
                return Err(Error::DidNotStart {
                    program: self.program.clone(),
                    said: self.said(),
                });
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Ends the program with SIGKILL.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn kill(mut self) -> Result<ExitStatus, Error> {
        self.signal(Signal::KILL)?;
        self.child.wait().map_err(Error::file(&self.program))
    }

    /// Asks the program to end with SIGTERM, waits until it did, and ends it with SIGKILL after ten seconds.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn terminate(self) -> Result<ExitStatus, Error> {
        self.end_with(Signal::TERM)
    }

    pub(crate) fn end_with(mut self, signal: Signal) -> Result<ExitStatus, Error> {
        self.signal(signal)?;
        let start = Instant::now();
        while !self.has_ended() && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(20));
        }
        self.kill()
    }

    /// Stops the program's processes where they are (SIGSTOP): its own, and those that it has started itself.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn pause(&mut self) -> Result<(), Error> {
        // Why first the one that could start others.
        self.signal(Signal::STOP)?;
        self.signal_children(Signal::STOP);
        Ok(())
    }

    /// Lets them go on (SIGCONT).
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn resume(&mut self) -> Result<(), Error> {
        self.signal_children(Signal::CONT);
        self.signal(Signal::CONT)
    }

    /// Sends a signal; nothing happens if the program has ended.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn signal(&mut self, signal: Signal) -> Result<(), Error> {
        // Why: after the child has been waited for, its number may be anybody's.
        if self.has_ended() {
            return Ok(());
        }
        kill_process(Pid::from_child(&self.child), signal)
            .map_err(|errno| Error::file(&self.program)(errno.into()))
    }

    fn signal_children(&self, signal: Signal) {
        for child in children(self.id()) {
            // Why: a child may end at any time.
            let _ = kill_process(child, signal);
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Why: the process may have ended by itself, and then there is nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is in a file that another process writes to. Why not from where it is: both share that.
fn read(log: &File) -> io::Result<String> {
    let mut bytes = vec![0; usize::try_from(log.metadata()?.len()).unwrap_or(0)];
    log.read_exact_at(&mut bytes, 0)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The program behind `setpriv`, for people to read.
fn program_of(command: &Command) -> PathBuf {
    command
        .get_args()
        .skip_while(|argument| *argument != "--")
        .nth(1)
        .filter(|_| Path::new(command.get_program()).ends_with("setpriv"))
        .unwrap_or(command.get_program())
        .into()
}

/// The processes that this one has started, as Linux lists them; nothing elsewhere.
fn children(parent: u32) -> Vec<Pid> {
    let parent_of = |status: &str| -> Option<u32> {
        // Why the last: the name before it is in parentheses, and may hold any.
        status
            .rsplit_once(')')?
            .1
            .split_whitespace()
            .nth(1)?
            .parse()
            .ok()
    };
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let process = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            (parent_of(&status) == Some(parent)).then(|| Pid::from_raw(process))?
        })
        .collect()
}

type Order = (Command, mpsc::Sender<io::Result<Child>>);

/// The thread that starts all processes.
///
/// Why one: Linux counts the thread that started a process as its owner, and a test's ends with the test.
static SPAWNER: LazyLock<mpsc::Sender<Order>> = LazyLock::new(|| {
    let (orders, todo) = mpsc::channel::<Order>();
    thread::spawn(move || {
        for (mut command, done) in todo {
            // Why: whoever gave the order may have gone.
            let _ = done.send(command.spawn());
        }
    });
    orders
});

fn spawn(command: Command) -> io::Result<Child> {
    let (done, child) = mpsc::channel();
    let gone = || io::Error::other("the thread that starts processes has ended");
    SPAWNER.send((command, done)).map_err(|_| gone())?;
    child.recv().map_err(|_| gone())?
}
