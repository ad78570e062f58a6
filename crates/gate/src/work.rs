//! Work: what a machine has to compute, before an answer is heard or instead of one.

use crate::challenge::work::{Solution, WorkSeed};
use crate::content::{SealedToken, SealedWork};
use crate::exchange::{Attempt, DoneWork, Solved, WorkSet};
use crate::store::Store;
use crate::{Action, ChallengeKey, Earns, Gate, Hostname, Refusal, Site, WorkKey};

impl<S: Store> Gate<S> {
    /// New work for a page of `site`. Writes nothing anywhere.
    ///
    /// # Errors
    /// [`Refusal::NoWork`] when the site asks for none, [`Refusal::NoEntropy`] when there is no randomness.
    pub fn set_work(&self, site: &Site, action: Option<Action>) -> Result<WorkSet, Refusal> {
        let work = site.work().ok_or(Refusal::NoWork)?;
        let seed = WorkSeed::from_bytes(self.random()?);
        let puzzles = work.puzzles(&seed);
        let content = SealedWork {
            site: site.id(),
            expires: self.clock.now().saturating_add(site.challenge_ttl()),
            seed,
            action,
        };
        let expires_at = content.expires;
        let sealed = content.encode().ok_or(Refusal::TooLong)?;
        let sealed = self
            .works
            .seal(self.random()?, sealed)
            .ok_or(Refusal::TooLong)?;
        Ok(WorkSet {
            key: WorkKey(sealed),
            puzzles,
            expires_at,
        })
    }

    /// Judges the solutions of a page on `host`. Spends nothing, and is work for a processor: up to some milliseconds.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`], [`Refusal::ExpiredKey`], [`Refusal::WrongSite`], [`Refusal::WrongSolution`], and
    /// [`Refusal::NoWork`] when the site has stopped asking for work.
    pub fn judge_work(
        &self,
        key: &WorkKey,
        solutions: &[Solution],
        host: Option<&Hostname>,
    ) -> Result<DoneWork, Refusal> {
        let opened = self.works.open(&key.0).ok_or(Refusal::UnknownKey)?;
        let sealed = SealedWork::decode(&opened.content).map_err(|_| Refusal::UnknownKey)?;
        let site = self.sites.by_id(sealed.site).ok_or(Refusal::UnknownKey)?;
        if sealed.expires <= self.clock.now() {
            return Err(Refusal::ExpiredKey);
        }
        if !site.allows(host) {
            return Err(Refusal::WrongSite);
        }
        let work = site.work_under(opened.secret).ok_or(Refusal::NoWork)?;
        if !work.is_done(&sealed.seed, solutions) {
            return Err(Refusal::WrongSolution);
        }
        Ok(DoneWork {
            id: opened.id,
            site: sealed.site,
            expires: sealed.expires,
            hostname: host.cloned(),
            action: sealed.action,
        })
    }

    /// Spends done work for a token.
    ///
    /// # Errors
    /// [`Refusal::NoWork`] when the site wants an answer as well, [`Refusal::SpentKey`],
    /// [`Refusal::StoreUnavailable`].
    pub async fn earn(&self, work: DoneWork) -> Result<Solved, Refusal> {
        let site = self.sites.by_id(work.site).ok_or(Refusal::UnknownKey)?;
        if site.earns() != Some(Earns::Token) {
            return Err(Refusal::NoWork);
        }
        let now = self.clock.now();
        let solved = self.token(&SealedToken {
            site: work.site,
            expires: now.saturating_add(site.token_ttl()),
            solved: now,
            hostname: work.hostname,
            action: work.action,
            data: None,
            score: None,
        })?;
        self.spend(work.id, work.expires, now, Refusal::SpentKey)
            .await?;
        Ok(solved)
    }

    /// Spends done work for an attempt at a challenge of the same site, and judges that.
    ///
    /// # Errors
    /// As [`Gate::answer`], and [`Refusal::SpentKey`] also when the work is spent. A challenge of another site is
    /// [`Refusal::UnknownKey`].
    pub async fn answer_after(
        &self,
        work: DoneWork,
        key: &ChallengeKey,
        attempt: Attempt<'_>,
    ) -> Result<Solved, Refusal> {
        let live = self.live(key)?;
        if live.site.id() != work.site {
            return Err(Refusal::UnknownKey);
        }
        let now = self.clock.now();
        self.spend(work.id, work.expires, now, Refusal::SpentKey)
            .await?;
        self.judge(live, attempt).await
    }
}
