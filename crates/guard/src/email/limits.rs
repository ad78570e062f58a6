//! How often letters go out.

use cattlegrid_store::Store;

use super::EmailAddress;
use crate::AddressBlock;
use crate::rate_limit::{Decision, Limiter};

/// The limits on letters: by the client that asks for them, and by the address that gets them.
///
/// The store has keyed hashes of both and learns neither. Addresses that most mail servers deliver to one person
/// (`ada+1@…`, `Ada@…`) count as one.
#[derive(Debug)]
pub struct LetterLimits<S> {
    by_client: Limiter<S>,
    by_address: Limiter<S>,
}

impl<S: Store> LetterLimits<S> {
    /// The two limits; `10/1h` and `3/1h` do for most sites.
    pub const fn new(by_client: Limiter<S>, by_address: Limiter<S>) -> Self {
        Self {
            by_client,
            by_address,
        }
    }

    /// Takes a step for a letter, the first one as any other: of the client, and if there was one, of the address.
    ///
    /// What is decided of the address holds for one that nobody has an account with as for any, so it may be told.
    pub async fn check(&self, client: AddressBlock, address: &EmailAddress) -> Decision {
        // Why in this order: else a single client could take what is meant for whoever owns the address.
        let decision = self.by_client.check(client).await;
        if decision.is_refusal() {
            return decision;
        }
        self.by_address.check(address.mailbox()).await
    }
}
