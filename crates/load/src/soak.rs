//! A fleet under a steady load for a while, with failures.

use std::{
    fmt,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use cattlegrid_services::{Cut, Redis, Service};
use tokio::time::sleep;

use crate::{Account, Crowd, Error, Fleet, Samples, samples::Growth};

/// People at the balancer, who send everything once; and people at the nodes, who send it on three connections at once.
const PEOPLE: usize = 6;
const EAGER: usize = 3;
/// How long each rests between one pass and the next.
const PAUSE: Duration = Duration::from_millis(40);
/// How long something stays broken, and how long nothing is after it has been mended.
const BROKEN: Duration = Duration::from_secs(3);
const QUIET: Duration = Duration::from_secs(12);
/// How long after everything is mended what was asked before may still come to an end.
const AFTERMATH: Duration = Duration::from_secs(4);
/// How many of those that passed are tried again at the end.
const AGAIN: usize = 1000;
/// What is said while nothing is broken.
const EXPECTED: [&str; 3] = ["success", "spent-key", "already-seen-response"];

/// Time for the balancer to notice, and limits that nobody reaches, so that the store is asked for them, too.
const SETTINGS: &str = "\
limits.drain_time = \"2s\"
rate_limits.issue.total = \"1000000/1m\"
rate_limits.answer.site = \"1000000/1m\"
";

/// What is made to fail, in turn.
#[derive(Clone, Copy, Debug)]
enum Failure {
    /// The second node is killed, and started again.
    NodeKilled,
    /// The first node's wire to the store passes nothing on.
    NodeCut,
    /// The store is killed, and started again with what it had.
    StoreKilled,
    /// The store stops where it is.
    StorePaused,
    /// The second node is asked to end, and started again.
    NodeRestarted,
}

const FAILURES: [Failure; 5] = [
    Failure::NodeKilled,
    Failure::NodeCut,
    Failure::StoreKilled,
    Failure::StorePaused,
    Failure::NodeRestarted,
];

/// What came of it.
pub struct Soak {
    account: Arc<Account>,
    failures: usize,
    /// Of the two nodes that lived through it all.
    growth: [Growth; 2],
}

impl Soak {
    /// Three nodes of `program` on one Redis, behind a balancer, for `time`.
    ///
    /// # Errors
    ///
    /// What does not start, or nobody gets through any more.
    pub async fn run(program: &Path, time: Duration) -> Result<Self, Error> {
        let mut stand = Stand::start(program)?;
        let account = Arc::new(Account::default());
        let mut crowd = Crowd::new(stand.fleet.keyring()?, &account, PAUSE);
        (0..PEOPLE).for_each(|_| crowd.add(stand.fleet.person()));
        (0..EAGER).for_each(|number| crowd.add_eager(stand.fleet.person_at_nodes(number)));
        crowd.some_pass().await?;

        let (start, mut failures) = (Instant::now(), 0);
        let nodes = [&stand.fleet.nodes[0], &stand.fleet.nodes[2]];
        let mut samples = [Samples::of(nodes[0])?, Samples::of(nodes[1])?];
        for failure in FAILURES.iter().cycle() {
            watch(&mut samples, QUIET).await?;
            if start.elapsed() > time {
                break;
            }
            println!("{:>5} s  {failure:?}", start.elapsed().as_secs());
            account.disturb(true);
            stand.break_it(*failure)?;
            watch(&mut samples, BROKEN).await?;
            stand.mend(*failure)?;
            crowd.some_pass().await?;
            watch(&mut samples, AFTERMATH).await?;
            account.disturb(false);
            failures += 1;
        }

        let passed = crowd.send_home().await;
        let mut person = stand.fleet.person_at_nodes(0);
        for passed in passed.iter().step_by(passed.len() / AGAIN + 1) {
            person.again(passed, &account).await;
        }
        Ok(Self {
            account,
            failures,
            growth: [samples[0].growth(), samples[1].growth()],
        })
    }

    /// Whether nothing was accepted twice, nothing failed that was not made to, and nothing grew.
    pub fn is_good(&self) -> bool {
        self.account.accepted_twice() == 0
            && self.account.beyond(&EXPECTED).is_empty()
            && self.growth.iter().all(Growth::is_flat)
    }
}

impl fmt::Display for Soak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            account,
            failures,
            growth,
        } = self;
        writeln!(f, "{account}")?;
        writeln!(f, "failures made: {failures}")?;
        writeln!(f, "keys and tokens accepted once: {}", account.accepted(1))?;
        writeln!(
            f,
            "keys and tokens accepted twice: {}",
            account.accepted_twice()
        )?;
        writeln!(
            f,
            "the node that was cut, over the second half: {}",
            growth[0]
        )?;
        writeln!(
            f,
            "the node that was left alone, over the second half: {}",
            growth[1]
        )
    }
}

/// All that a soak needs, and breaks.
struct Stand {
    fleet: Fleet,
    wire: Cut,
    store: Service,
}

impl Stand {
    fn start(program: &Path) -> Result<Self, Error> {
        // Why always: what it has said yes to, it has on the disk.
        let store = Redis::with(&["--appendonly", "yes", "--appendfsync", "always"])?;
        let wire = Cut::new(store.address())?;
        let cut = format!("redis://{}", wire.address());
        let stores = [&cut, store.url(), store.url()];
        Ok(Self {
            fleet: Fleet::start(program, &stores, SETTINGS)?,
            wire,
            store,
        })
    }

    fn break_it(&mut self, failure: Failure) -> Result<(), Error> {
        match failure {
            Failure::NodeKilled => self.fleet.nodes[1].kill()?,
            Failure::NodeCut => self.wire.cut(),
            Failure::StoreKilled => self.store.kill()?,
            Failure::StorePaused => self.store.pause()?,
            Failure::NodeRestarted => self.fleet.nodes[1].stop()?,
        }
        Ok(())
    }

    fn mend(&mut self, failure: Failure) -> Result<(), Error> {
        match failure {
            Failure::NodeKilled | Failure::NodeRestarted => self.fleet.nodes[1].restart()?,
            Failure::NodeCut => self.wire.heal(),
            Failure::StoreKilled => self.store.restart()?,
            Failure::StorePaused => self.store.resume()?,
        }
        Ok(())
    }
}

/// Takes a sample each second, for so long.
async fn watch(samples: &mut [Samples], time: Duration) -> Result<(), Error> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        sleep(Duration::from_secs(1)).await;
        samples.iter_mut().try_for_each(Samples::take)?;
    }
    Ok(())
}
