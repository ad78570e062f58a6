//! What is decided over one connection, many questions at a time.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::Future;
use std::time::Duration;

use super::link::{Failure, Link};
use crate::rate::gcra;
use crate::{Claim, Quota, Rate, RateKey, SpentId};

/// Something to do over a connection.
pub(super) trait Work: 'static {
    type Question: Send + Sync + 'static;
    type Answer: Send + 'static;

    /// Decides all of it, and gives as many answers as there are questions. Once it returns they hold.
    fn decide<L: Link>(
        link: &mut L,
        questions: &[&Self::Question],
    ) -> impl Future<Output = Result<Vec<Self::Answer>, Failure>> + Send;
}

/// Claims of ids, and looks at them.
pub(super) struct Ids;

pub(super) enum AboutId {
    Claim { id: SpentId, ttl: Duration },
    Look { id: SpentId },
}

impl Work for Ids {
    type Question = AboutId;
    /// To a look, what a claim would have got.
    type Answer = Claim;

    async fn decide<L: Link>(link: &mut L, questions: &[&AboutId]) -> Result<Vec<Claim>, Failure> {
        // Why sorted: batches that take rows in one order do not wait for each other in a circle.
        let mut claims = BTreeMap::new();
        let mut looks = Vec::new();
        for question in questions {
            match question {
                AboutId::Claim { id, ttl } => {
                    claims
                        .entry(*id.as_bytes())
                        .or_insert_with(|| (*id, micros(*ttl)));
                }
                AboutId::Look { id } => looks.push(*id),
            }
        }
        let claims: Vec<_> = claims.into_values().collect();
        let mut free = if claims.is_empty() {
            HashSet::default()
        } else {
            link.claim(&claims).await?
        };
        let spent = if looks.is_empty() {
            HashSet::default()
        } else {
            link.look(&looks).await?
        };
        let answer = |is_spent| if is_spent { Claim::Spent } else { Claim::First };
        Ok(questions
            .iter()
            .map(|question| match question {
                // Why it is taken out: of several claims of one id in a batch, the first has it.
                AboutId::Claim { id, .. } => answer(!free.remove(id)),
                AboutId::Look { id } => answer(spent.contains(id)),
            })
            .collect())
    }
}

/// The longest time for which an id is kept; nobody will see its end.
const LONGEST: i64 = 100 * 365 * 86_400 * 1_000_000;

/// Whole microseconds, rounded up.
fn micros(ttl: Duration) -> i64 {
    i64::try_from(ttl.as_nanos().div_ceil(1000)).map_or(LONGEST, |micros| micros.min(LONGEST))
}

/// Steps of rate limiters.
pub(super) struct Steps;

impl Work for Steps {
    type Question = (RateKey, Quota);
    type Answer = Rate;

    async fn decide<L: Link>(
        link: &mut L,
        questions: &[&(RateKey, Quota)],
    ) -> Result<Vec<Rate>, Failure> {
        let keys: BTreeMap<_, _> = questions
            .iter()
            .map(|(key, _)| (*key.as_bytes(), *key))
            .collect();
        let keys: Vec<_> = keys.into_values().collect();
        let mut rates = link.begin_steps(&keys).await?;
        let mut changed = HashMap::new();
        let answers = questions
            .iter()
            .map(|(key, quota)| {
                let (rate, whole_at) =
                    gcra::step(*quota, rates.whole_at.get(key).copied(), rates.now);
                if let Rate::Within { .. } = rate {
                    rates.whole_at.insert(*key, whole_at);
                    changed.insert(*key, whole_at);
                }
                rate
            })
            .collect();
        let mut changed: Vec<_> = changed.into_iter().collect();
        changed.sort_unstable_by_key(|(key, _)| *key.as_bytes());
        link.end_steps(&changed).await?;
        Ok(answers)
    }
}

/// Deleting what has expired. The answer says whether there may be more.
pub(super) struct Sweep;

/// The most rows of a table that are deleted at once.
const SWEPT_AT_ONCE: u32 = 1000;

impl Work for Sweep {
    type Question = ();
    type Answer = bool;

    async fn decide<L: Link>(link: &mut L, _: &[&()]) -> Result<Vec<bool>, Failure> {
        Ok(vec![link.sweep(SWEPT_AT_ONCE).await?])
    }
}
