//! One question to a provider, and its answer.

use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::Clock;
use hyper::body::Bytes;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::breaker::Breaker;
use crate::provider::{Remote, Statement};
use crate::question::Question;
use crate::reply::{Denial, Reply};
use crate::transport::{Failure, Transport};
use crate::{Broken, ConfigError, Roots, Unreachable};

/// Why there is no statement.
pub(crate) enum NoStatement {
    Unreachable(Unreachable),
    Denied(Denial),
}

impl From<Broken> for NoStatement {
    fn from(why: Broken) -> Self {
        Self::Denied(why.into())
    }
}

/// A provider, and the way to its endpoint.
pub(crate) struct Asking {
    remote: Arc<dyn Remote>,
    transport: Transport,
    breaker: Breaker,
}

impl Asking {
    /// Its connections must come about within `connect_timeout`.
    ///
    /// # Errors
    /// [`ConfigError::Proxy`], [`ConfigError::Tls`]
    pub(crate) fn new(
        remote: Arc<dyn Remote>,
        roots: &Roots,
        connect_timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            transport: Transport::to(remote.endpoint().clone(), roots, connect_timeout)?,
            breaker: Breaker::new(clock),
            remote,
        })
    }

    /// Whether the provider has answered lately.
    pub(crate) fn is_answered(&self) -> bool {
        self.breaker.answers()
    }

    /// What the provider says.
    pub(crate) async fn ask(
        &self,
        question: &Question<'_>,
        deadline: Instant,
    ) -> Result<Statement, NoStatement> {
        let leave = self
            .breaker
            .admit()
            .ok_or(NoStatement::Unreachable(Unreachable::LeftAlone))?;
        let answer = timeout_at(deadline, self.answer(question))
            .await
            .unwrap_or(Err(Failure::Unreachable(Unreachable::Timeout)));
        let (status, body) = match answer {
            Err(Failure::Unreachable(why)) => {
                leave.unanswered();
                return Err(NoStatement::Unreachable(why));
            }
            Err(Failure::Broken(why)) => {
                leave.answered();
                return Err(why.into());
            }
            Ok(answer) => {
                leave.answered();
                answer
            }
        };
        match self.remote.read(&Reply::parse(&body)?) {
            // Why: another status may say why not, but never that somebody passed.
            Ok(_) if status != 200 => Err(Broken::Status(status).into()),
            said => said.map_err(NoStatement::Denied),
        }
    }

    /// The answer; that of a second attempt, where the first had none and the provider knows a repetition when it sees one.
    async fn answer(&self, question: &Question<'_>) -> Result<(u16, Bytes), Failure> {
        let request = self.remote.request(question);
        let statuses = self.remote.statuses();
        match self.transport.post(&request, statuses).await {
            Err(Failure::Unreachable(_)) if question.idempotency_key.is_some() => {
                self.transport.post(&request, statuses).await
            }
            decided => decided,
        }
    }

    /// A name for one question, if it may be asked twice. None where there is no randomness: then it is not.
    pub(crate) fn idempotency_key(&self) -> Option<Uuid> {
        let mut bytes = [0; 16];
        let random = self.remote.may_be_asked_again() && getrandom::fill(&mut bytes).is_ok();
        random.then(|| uuid::Builder::from_random_bytes(bytes).into_uuid())
    }
}
