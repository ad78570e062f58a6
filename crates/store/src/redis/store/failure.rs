//! What Redis can fail with, in the words of whoever runs it.

use std::sync::Arc;
use std::time::Duration;

use redis::{RedisError, ServerError};

use crate::StoreError;

/// Why a server did not do what it was asked for.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{server} cannot be reached: {cause}")]
    Unreachable {
        server: String,
        cause: Arc<std::io::Error>,
    },
    #[error("{server} did not answer within {timeout:?}; see whether it runs and can be reached")]
    Silent { server: String, timeout: Duration },
    #[error("{server} closed the connection before it answered")]
    Lost { server: String },
    #[error("the file of the password cannot be read: {cause}")]
    PasswordFile { cause: Arc<std::io::Error> },
    #[error(
        "{server} knows no such user or password; correct those in the URL, or those of the server"
    )]
    WrongPassword { server: String },
    #[error("{server} asks for a password; give one in the URL, or by `password_file`")]
    NoPassword { server: String },
    #[error(
        "{server} does not let this user do it ({said}); give the user the commands and keys that the store needs"
    )]
    Forbidden { server: String, said: String },
    #[error(
        "{server} is a read-only replica; name the master, or reach it as `redis+sentinel:` or `redis+cluster:`"
    )]
    ReadOnly { server: String },
    #[error("{server} has no memory left and may evict nothing; raise its `maxmemory`")]
    OutOfMemory { server: String },
    #[error("{server} is loading its data; it answers when it is done")]
    Loading { server: String },
    #[error("{server} takes no writes, as it cannot save them ({said}); see its log")]
    CannotSave { server: String, said: String },
    #[error("{server} takes no writes, as it has fewer replicas than its `min-replicas-to-write`")]
    NoReplicas { server: String },
    #[error(
        "the cluster is down ({said}); see whether a master is lost that no replica stands in for"
    )]
    ClusterDown { said: String },
    #[error("{server} is no node of a cluster; reach it as `redis:`")]
    Alone { server: String },
    #[error("the server is a node of a cluster; reach it as `redis+cluster:`")]
    Clustered,
    #[error("no node of the cluster is known to have the slot; see whether all slots are assigned")]
    NoMaster,
    #[error(
        "no server says where the master is; see whether those in the URL run and can be reached"
    )]
    Nobody,
    #[error(
        "no more than half of the sentinels agree on where `{master}` is; see whether they run and can be reached"
    )]
    Undecided { master: String },
    #[error("the sentinel {sentinel} knows no master `{master}`; name it as the sentinels do")]
    NoSuchMaster { sentinel: String, master: String },
    #[error(
        "only {acknowledged} of {wanted} replicas have taken the claim in time; see why the others lag, or lower `wait`"
    )]
    TooFewReplicas { acknowledged: i64, wanted: u32 },
    #[error("{limit} commands are on their way already; Redis is slower than what it is asked for")]
    Crowded { limit: usize },
    #[error("{server} refused: {said}")]
    Refused { server: String, said: String },
    #[error("{server} answered with something else than Redis does")]
    Unclear { server: String },
}

impl Failure {
    /// What `error`, an answer of `server`, means.
    pub(super) fn refused(server: &str, error: &ServerError) -> Self {
        let server = server.to_owned();
        let said = error.details().unwrap_or_default().to_owned();
        match error.code() {
            "WRONGPASS" => Self::WrongPassword { server },
            "NOAUTH" => Self::NoPassword { server },
            "NOPERM" => Self::Forbidden { server, said },
            "READONLY" => Self::ReadOnly { server },
            "OOM" => Self::OutOfMemory { server },
            "LOADING" => Self::Loading { server },
            "MISCONF" => Self::CannotSave { server, said },
            "NOREPLICAS" => Self::NoReplicas { server },
            "CLUSTERDOWN" => Self::ClusterDown { said },
            // Why by its text: these have no code of their own.
            "ERR" if said.contains("cluster support disabled") => Self::Alone { server },
            "ERR" if said.contains("without any password configured") => {
                Self::WrongPassword { server }
            }
            code => Self::Refused {
                server,
                said: format!("{code} {said}"),
            },
        }
    }

    /// What became of a connection to `server` that failed with `error`.
    pub(super) fn broken(server: &str, error: &RedisError) -> Self {
        let server = server.to_owned();
        if error.kind() == redis::ErrorKind::Parse {
            Self::Unclear { server }
        } else {
            Self::Lost { server }
        }
    }

    /// Whether another connection, perhaps to another server, may fare better than this one.
    pub(super) fn ends_connection(&self) -> bool {
        matches!(
            self,
            Self::ReadOnly { .. } | Self::WrongPassword { .. } | Self::NoPassword { .. }
        )
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable(Box::new(failure))
    }
}
