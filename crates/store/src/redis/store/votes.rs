//! What most of several servers say.

use tokio::task::JoinSet;

/// The answer that more than half of `voters` give, as soon as they have; else the one that most have given.
///
/// Why not the first that comes: a server that is cut from the others tells what was so yesterday.
pub(super) async fn most<T: PartialEq + 'static>(
    mut answers: JoinSet<Option<T>>,
    voters: usize,
) -> Option<T> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    while let Some(answer) = answers.join_next().await {
        let Ok(Some(answer)) = answer else {
            continue;
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
        .map(|(answer, _)| answer)
}
