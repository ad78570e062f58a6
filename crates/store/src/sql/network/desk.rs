//! A queue, and connections that take from it what has gathered while they were busy.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::line::Line;
use super::link::Driver;
use super::work::{Sweep, Work};
use crate::chance::jitter;
use crate::sql::ask::{Ask, unavailable};

/// How many questions may wait; more are refused at once.
pub(super) const QUEUE: usize = 4096;

/// The most questions that are decided together.
const BATCH: usize = 512;

/// How often expired rows are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// How long to leave the database to others between two batches of expired rows.
const SWEEP_BREAK: Duration = Duration::from_millis(20);

pub(super) type Question<W> = Ask<<W as Work>::Question, <W as Work>::Answer>;

/// Where the clerks of a desk take questions from.
struct Counter<W: Work> {
    queue: Mutex<mpsc::Receiver<Question<W>>>,
    /// How many of them are connected.
    open: watch::Sender<usize>,
}

impl<W: Work> Counter<W> {
    /// What has gathered, once there is something.
    async fn next(&self) -> Vec<Question<W>> {
        let mut asked = Vec::new();
        if self.queue.lock().await.recv_many(&mut asked, BATCH).await == 0 {
            // Why: nobody can ask any more, and the clerks are about to be sent home.
            std::future::pending::<()>().await;
        }
        asked.retain(|ask| !ask.is_abandoned());
        asked
    }

    /// Waits until one of them is connected.
    async fn is_open(&self) {
        // Why its result is of no interest: it fails when the desk is closed, which ends this as well.
        drop(self.open.subscribe().wait_for(|open| *open > 0).await);
    }

    /// Refuses whatever is asked, for ever.
    async fn refuse(&self, why: &str) {
        loop {
            refuse(self.next().await, why);
        }
    }
}

fn refuse<Q, A>(asked: Vec<Ask<Q, A>>, why: &str) {
    for ask in asked {
        ask.answer(Err(unavailable(why)));
    }
}

/// Opens a desk with so many lines to the database; they are clerks among `clerks`.
pub(super) fn open<D: Driver, W: Work>(
    clerks: &mut JoinSet<()>,
    lines: impl Iterator<Item = Line<D>>,
) -> mpsc::Sender<Question<W>> {
    let (sender, queue) = mpsc::channel(QUEUE);
    let counter = Arc::new(Counter {
        queue: Mutex::new(queue),
        open: watch::Sender::new(0),
    });
    for line in lines {
        clerks.spawn(serve::<D, W>(line, Arc::clone(&counter)));
    }
    sender
}

/// Decides what is asked, as long as there is a connection, and whenever there is one again.
async fn serve<D: Driver, W: Work>(mut line: Line<D>, counter: Arc<Counter<W>>) {
    loop {
        if let Err(why) = line.connect().await {
            wait(line.pause(), &counter, &why).await;
            continue;
        }
        counter.open.send_modify(|open| *open += 1);
        let why = serve_connected(&mut line, &counter).await;
        counter.open.send_modify(|open| *open -= 1);
        tracing::warn!(why, "lost a connection to the database");
    }
}

/// Serves until the connection fails, and says why it did.
async fn serve_connected<D: Driver, W: Work>(line: &mut Line<D>, counter: &Counter<W>) -> String {
    loop {
        let mut asked = counter.next().await;
        if asked.is_empty() {
            continue;
        }
        // Why: it may have ended while there was nothing to do, and nothing was sent over it yet.
        if let Err(why) = line.connect().await {
            refuse(asked, &why);
            return why;
        }
        asked.retain(|ask| !ask.is_abandoned());
        let questions: Vec<_> = asked.iter().map(|ask| &ask.question).collect();
        match line.run::<W>(&questions).await {
            Ok(answers) => {
                for (ask, answer) in asked.into_iter().zip(answers) {
                    ask.answer(Ok(answer));
                }
            }
            Err(why) => {
                refuse(asked, &why);
                return why;
            }
        }
    }
}

/// Waits before the next attempt to connect. What is asked meanwhile is left to the other clerks; as long as none is
/// connected, it is refused at once.
async fn wait<W: Work>(pause: Duration, counter: &Counter<W>, why: &str) {
    let mut pause = pin!(sleep(pause));
    tokio::select! {
        biased;
        () = &mut pause => return,
        () = counter.is_open() => {}
        () = counter.refuse(why) => {}
    }
    pause.await;
}

/// Deletes expired rows, now and then.
pub(super) async fn sweep<D: Driver>(mut line: Line<D>) {
    loop {
        // Why: nodes that started together should not come together.
        sleep(SWEEP_EVERY / 2 + jitter(SWEEP_EVERY)).await;
        while let Ok(true) = sweep_once(&mut line).await.inspect_err(|why| {
            tracing::warn!(why, "could not delete expired rows; will try again");
        }) {
            sleep(SWEEP_BREAK).await;
        }
    }
}

async fn sweep_once<D: Driver>(line: &mut Line<D>) -> Result<bool, String> {
    line.connect().await?;
    Ok(line.run::<Sweep>(&[&()]).await?.contains(&true))
}
