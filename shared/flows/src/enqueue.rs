//! Every nudge goes to the queue of the worker that looks at its subject.

use crate::World;
use causeway_domain::ports::{Queue as _, QueueRole};
use causeway_domain::{Fault, Nudge};
use std::time::Duration;

/// Enqueues all, each on its own queue. `Ok` means every one is durably stored; on `Err` some may be.
pub(crate) async fn enqueue<W: World>(world: &W, nudges: &[Nudge]) -> Result<(), Fault> {
    for role in [QueueRole::Orders, QueueRole::Refunds, QueueRole::Settlements] {
        let own: Vec<Nudge> =
            nudges.iter().filter(|nudge| nudge.subject.queue() == role).cloned().collect();
        if !own.is_empty() {
            world.queue().send(role, &own, Duration::ZERO).await?;
        }
    }
    Ok(())
}
