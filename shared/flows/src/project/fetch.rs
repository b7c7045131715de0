//! Fetches an order as it is now, driving the platform's adapter.

use crate::World;
use crate::config::StoreDocument;
use causeway_domain::ports::{Clock as _, Effect, Freshness, Http as _, Secrets as _};
use causeway_domain::{Fault, Order, OrderId};
use causeway_platforms::{Answer, Fetch, FetchContext, adapter};

/// More rounds than any platform needs; a guard against an adapter that never has enough.
const MAX_ROUNDS: usize = 40;

/// The order, or `None` if the platform does not have it (any more).
pub(crate) async fn fetch<W: World>(
    world: &W,
    document: &StoreDocument,
    order: &OrderId,
) -> Result<Option<Order>, Fault> {
    let platform = document.store.platform.as_str();
    let adapter = adapter(platform).ok_or_else(|| {
        Fault::reject(
            format!("platform {platform:?} is not built into this version"),
            "deploy a version that has it, or correct the store's configuration",
        )
    })?;
    let credentials =
        world.secrets().get(&document.store.api_credentials, Freshness::Cached).await?;
    let connection = document.store.connection(&document.id);
    let mut answers: Vec<Answer> = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let cx = FetchContext {
            connection: &connection,
            credentials: &credentials.current,
            now: world.clock().now(),
            nonce: world.random(),
        };
        match adapter.fetch_order(&cx, order, &answers)? {
            Fetch::Found(order) => return Ok(Some(*order)),
            Fetch::Gone => return Ok(None),
            Fetch::Ask(calls) => {
                let sent = calls.into_iter().map(|call| async move {
                    let name = call.name;
                    let answer = world.http().send(call).await;
                    answer.map_err(|error| error.fault(Effect::Read, name))
                });
                for answer in futures::future::join_all(sent).await {
                    answers.push(answer?);
                }
            }
        }
    }
    Err(Fault::reject(
        format!("{platform} order {order}: still incomplete after {MAX_ROUNDS} rounds"),
        "report it with the order's id",
    ))
}
