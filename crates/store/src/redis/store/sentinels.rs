//! The master that sentinels agree on.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::{ServerErrorKind, Value};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::connection::Connection;
use super::dialler::Dialler;
use super::failure::Failure;
use super::votes::most;
use crate::servers::Host;

/// How long lies between two looks whether the master is still one.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Sentinels, and the name that they have for the master.
#[derive(Clone)]
pub(super) struct Sentinels {
    pub(super) hosts: Vec<Host>,
    pub(super) master: String,
}

impl Sentinels {
    /// A connection to the master.
    pub(super) async fn connect(&self, dialler: &Dialler) -> Result<Connection, Failure> {
        let host = self.elected(dialler).await?;
        let connection = dialler.connect(&host).await?;
        check_role(&connection).await?;
        Ok(connection)
    }

    /// Where most of the sentinels say that the master is.
    async fn elected(&self, dialler: &Dialler) -> Result<Host, Failure> {
        let mut answers = JoinSet::new();
        // Why a half: the master itself is to be reached in the same time.
        let patience = dialler.timeout() / 2;
        for sentinel in &self.hosts {
            let (dialler, sentinel, master) =
                (dialler.clone(), sentinel.clone(), self.master.clone());
            answers.spawn(async move {
                let answer = timeout(patience, ask(&dialler, &sentinel, &master)).await;
                answer.unwrap_or_else(|_| {
                    Err(Failure::Silent {
                        server: sentinel.to_string(),
                        timeout: patience,
                    })
                })
            });
        }
        let (host, votes) = most(answers, self.hosts.len()).await?;
        if votes > self.hosts.len() / 2 {
            Ok(host)
        } else {
            Err(Failure::Undecided {
                master: self.master.clone(),
            })
        }
    }

    /// Closes the connection when the sentinels have elected another master.
    ///
    /// Why: one that is cut from them does not know that it was replaced, and would claim once more what the next one
    /// claims, too.
    pub(super) async fn watch(self, dialler: Arc<Dialler>, watched: Weak<Connection>) {
        loop {
            sleep(BETWEEN_LOOKS).await;
            let elected = self.elected(&dialler).await;
            let Some(connection) = watched.upgrade().filter(|watched| watched.is_open()) else {
                return;
            };
            // Why not if they are silent: that says nothing against it.
            if elected.is_ok_and(|host| host.to_string() != connection.server()) {
                connection.close();
                return;
            }
        }
    }
}

impl fmt::Display for Sentinels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the master `{}`", self.master)
    }
}

/// Where `sentinel` says that the master is.
async fn ask(dialler: &Dialler, sentinel: &Host, master: &str) -> Result<Host, Failure> {
    let connection = dialler.reach(sentinel).await?;
    let mut question = redis::cmd("SENTINEL");
    question.arg("get-master-addr-by-name").arg(master);
    let mut answer = connection.send(&question).await?;
    // Why only then: most sentinels know no users, and refuse those who say who they are.
    if matches!(&answer, Value::ServerError(error) if error.code() == "NOAUTH") {
        dialler.log_in(&connection).await?;
        answer = connection.send(&question).await?;
    }
    if let Value::ServerError(error) = &answer {
        return Err(Failure::refused(connection.server(), error));
    }
    redis::from_redis_value::<(String, u16)>(answer)
        .map(|(name, port)| Host { name, port })
        .map_err(|_| Failure::NoSuchMaster {
            sentinel: sentinel.to_string(),
            master: master.to_owned(),
        })
}

/// Why: until they have noticed that it came back as a replica, sentinels may send to a server that is no master.
async fn check_role(connection: &Connection) -> Result<(), Failure> {
    let server = || connection.server().to_owned();
    match connection.send(&redis::cmd("ROLE")).await? {
        Value::Array(role) => match role.first() {
            Some(Value::BulkString(name)) if name == b"master" => Ok(()),
            _ => Err(Failure::ReadOnly { server: server() }),
        },
        // Why it is let pass: a replica refuses writes anyway.
        Value::ServerError(error) if error.kind() == Some(ServerErrorKind::NoPerm) => Ok(()),
        Value::ServerError(error) => Err(Failure::refused(&server(), &error)),
        _ => Err(Failure::Unclear { server: server() }),
    }
}
