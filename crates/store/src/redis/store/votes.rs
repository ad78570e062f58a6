//! What most of several servers say.

use tokio::task::JoinSet;

use super::failure::Failure;

/// The answer that more than half of `voters` give, as soon as they have; else the one that most have given; each with
/// how many have. If none has given any, why one of them has not.
///
/// Why not the first that comes: a server that is cut from the others tells what was so yesterday.
pub(super) async fn most<T: PartialEq + 'static>(
    mut answers: JoinSet<Result<T, Failure>>,
    voters: usize,
) -> Result<(T, usize), Failure> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    let mut failure = Failure::Nobody;
    while let Some(answer) = answers.join_next().await {
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(reason)) => {
                failure = reason;
                continue;
            }
            Err(_cancelled) => continue,
        };
        match counts.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, count)) => *count += 1,
            None => counts.push((answer, 1)),
        }
        if counts.iter().any(|(_, count)| *count > voters / 2) {
            break;
        }
    }
    counts
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .ok_or(failure)
}
